//! Everything that a report says and no number holds: `story.json`.

use serde::{Deserialize, Serialize};

/// The kind of physics a side runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Physics {
    /// Numbers, layers, gradients.
    Artificial,
    /// Membranes, spikes, local plasticity.
    Biological,
}

/// How much a diagnosis matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Puts a result in doubt.
    Warning,
}

/// The task.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskStory {
    /// Its name in the registry.
    pub name: String,
    /// What it asks, in a sentence.
    pub summary: String,
    /// Whose data it is, and under which licence.
    pub credit: String,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Number of training examples.
    pub train: usize,
    /// Number of test examples.
    pub test: usize,
}

/// One parameter of a model, printed with its unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name: `tau_m`.
    pub name: String,
    /// Its value, with unit: "20 ms".
    pub value: String,
    /// What it is.
    pub doc: String,
}

/// A model, rule or layer in use.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Equations {
    /// Its name in the registry: "lif".
    pub name: String,
    /// What kind of thing it is: "neuron".
    pub kind: String,
    /// Its equations, as plain text with line breaks.
    pub text: String,
    /// Its parameters.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
}

/// One population in the table of the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerStory {
    /// The population.
    pub population: String,
    /// Its extent along each axis.
    pub shape: Vec<usize>,
    /// What its units compute, on each side in the order of [`Story::sides`]: an activation, a neuron model, or "input".
    pub units: Vec<String>,
    /// Free numbers of the projections that feed it: weights and biases.
    pub parameters: u64,
    /// Multiplications with addition of one answer in those projections, one per synapse.
    pub multiply_adds: u64,
}

/// One side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideStory {
    /// Its name in the scenario.
    pub name: String,
    /// What people call it; the name where the scenario gives no label.
    pub label: String,
    /// Which physics.
    pub physics: Physics,
    /// What it is, in a sentence or two.
    pub summary: String,
    /// The models and rules in use.
    #[serde(default)]
    pub equations: Vec<Equations>,
    /// What to keep in mind.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Something that the sides share, or in which they differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedFact {
    /// What: "training data".
    pub what: String,
    /// In words: "the same 1 500 images in the same order".
    pub words: String,
    /// Whether it is the same on all sides.
    pub same: bool,
}

/// Something noticed about a side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// How much it matters.
    pub severity: Severity,
    /// The side's name.
    pub side: String,
    /// What was noticed and what it means.
    pub words: String,
}

/// All of `story.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// The scenario's title.
    pub title: String,
    /// The question it asks.
    pub question: String,
    /// The command that makes this run again.
    pub command: String,
    /// The first seed.
    pub seed: u64,
    /// How many seeds.
    pub seeds: usize,
    /// Version of the program.
    pub version: String,
    /// CPU feature level.
    pub cpu: String,
    /// The task, where the protocol has one.
    #[serde(default)]
    pub task: Option<TaskStory>,
    /// The sides, in the scenario's order.
    pub sides: Vec<SideStory>,
    /// The populations in the order of computation.
    #[serde(default)]
    pub network: Vec<LayerStory>,
    /// What the sides share and in which they differ.
    #[serde(default)]
    pub shared: Vec<SharedFact>,
    /// The answer to the question, in sentences with numbers.
    #[serde(default)]
    pub verdicts: Vec<String>,
    /// What was noticed.
    #[serde(default)]
    pub diagnoses: Vec<Diagnosis>,
    /// The metric that is shown first, by its path behind the side; the test accuracy where a protocol names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headline: Option<String>,
    /// The figures asked for, as they stand in the resolved scenario: `{"learning_curves": {}}`.
    #[serde(default)]
    pub figures: Vec<serde_json::Value>,
}

impl Story {
    /// The file's bytes.
    pub fn to_json(&self) -> Vec<u8> {
        crate::manifest::json_bytes(self)
    }

    /// The path of the metric that is shown first.
    pub fn headline(&self) -> &str {
        self.headline.as_deref().unwrap_or("test_accuracy")
    }

    /// The side of this name.
    pub fn side(&self, name: &str) -> Option<&SideStory> {
        self.sides.iter().find(|side| side.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_survives_the_round_trip() {
        let text = r#"{"title":"t","question":"q","command":"duet run x","seed":7,"seeds":5,"version":"0.1.0",
            "cpu":"avx2","sides":[{"name":"a","label":"A","physics":"biological","summary":"s",
            "equations":[{"name":"lif","kind":"neuron","text":"dv/dt","parameters":
            [{"name":"tau_m","value":"20 ms","doc":"time constant"}]}],"notes":["n"]}],
            "diagnoses":[{"severity":"warning","side":"a","words":"silent"}],"figures":[{"raster":{}}]}"#;
        let story: Story = serde_json::from_str(text).unwrap();
        assert_eq!(story.side("a").unwrap().physics, Physics::Biological);
        assert_eq!(story.diagnoses[0].severity, Severity::Warning);
        let back: Story = serde_json::from_slice(&story.to_json()).unwrap();
        assert_eq!(back, story);
    }
}
