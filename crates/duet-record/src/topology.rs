//! Who connects to whom, in outline: `network/topology.json`.

use serde::{Deserialize, Serialize};

/// What a population is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Takes the task's input.
    Input,
    /// Neither.
    Hidden,
    /// Gives the answer.
    Output,
}

/// One population.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PopulationSketch {
    /// Its name.
    pub name: String,
    /// Its shape, outermost first: `[8, 8]` is 8 rows of 8.
    pub shape: Vec<usize>,
    /// Number of units: the product of the shape.
    pub size: usize,
    /// What it is for.
    pub role: Role,
}

/// One projection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectionSketch {
    /// Its name.
    pub name: String,
    /// The population it comes from.
    pub from: String,
    /// The population it goes to.
    pub to: String,
    /// The connection pattern's name: "full".
    pub pattern: String,
    /// Number of synapses.
    pub synapses: usize,
    /// Number of free numbers: fewer than synapses where weights are shared, more where there are biases.
    pub parameters: usize,
    /// Whether it adds a bias to its targets.
    pub bias: bool,
    /// The shape of its weights, targets first: `[64, 784]`; `[kernels, channels, rows, columns]` where a kernel is
    /// shared; empty where it has none.
    #[serde(default)]
    pub weight_shape: Vec<usize>,
}

/// All populations and projections.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopologySketch {
    /// The populations, in the scenario's order.
    pub populations: Vec<PopulationSketch>,
    /// The projections, in the scenario's order.
    pub projections: Vec<ProjectionSketch>,
}

impl TopologySketch {
    /// The file's bytes.
    pub fn to_json(&self) -> Vec<u8> {
        crate::manifest::json_bytes(self)
    }

    /// The population of this name.
    pub fn population(&self, name: &str) -> Option<&PopulationSketch> {
        self.populations.iter().find(|population| population.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_lower_case_words() {
        let text =
            r#"{"populations":[{"name":"a","shape":[8,8],"size":64,"role":"input"}],"projections":[]}"#;
        let sketch: TopologySketch = serde_json::from_str(text).unwrap();
        assert_eq!(sketch.population("a").unwrap().role, Role::Input);
        assert!(sketch.population("b").is_none());
        assert_eq!(serde_json::to_string(&sketch).unwrap(), text);
    }
}
