//! What was recorded in full, one example's presentation or a drive: `traces/SIDE/shown.json`.

use serde::{Deserialize, Serialize};

/// One population during the presentation; potentials are null where the cells have none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownPopulation {
    /// Its name.
    pub name: String,
    /// Number of cells.
    pub size: usize,
    /// Threshold, mV.
    #[serde(rename = "v_th_mV", default)]
    pub v_th_mv: Option<f64>,
    /// Reset potential, mV.
    #[serde(rename = "v_reset_mV", default)]
    pub v_reset_mv: Option<f64>,
    /// Resting (leak reversal) potential, mV.
    #[serde(rename = "e_l_mV", default)]
    pub e_l_mv: Option<f64>,
    /// Whether its potentials are bare numbers instead of mV.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_bare: bool,
    /// Whether its spikes hold others back or drive them, where that is known and the same for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inhibitory: Option<bool>,
    /// The variables recorded, where the author could choose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variables: Vec<ShownVariable>,
}

/// A variable recorded of a population: `traces/SIDE/POPULATION.VARIABLE.csv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownVariable {
    /// Its name: `v`, `m`; `input` is the injected current.
    pub name: String,
    /// Its unit; "1" for a number.
    pub unit: String,
}

/// What was shown, for how long, and what was answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Position of the example in the test set; null where cells were driven and no example was shown.
    #[serde(default)]
    pub example: Option<usize>,
    /// Its class.
    pub label: Option<usize>,
    /// The class that was answered; null where nothing was.
    pub answer: Option<usize>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// When the recording begins, ms.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub from_ms: f64,
    /// When the presentation ends, ms.
    pub present_ms: f64,
    /// Time step, ms.
    pub dt_ms: f64,
    /// The input, `input_shape`'s last index fastest.
    pub input: Vec<f64>,
    /// Shape of the input, outermost first.
    pub input_shape: Vec<usize>,
    /// The populations, in the network's order.
    pub populations: Vec<ShownPopulation>,
}

/// From the beginning, which goes without saying.
#[allow(clippy::trivially_copy_pass_by_ref)] // serde hands a reference
fn is_zero(time: &f64) -> bool {
    *time == 0.0
}

impl Shown {
    /// The file's bytes.
    pub fn to_json(&self) -> Vec<u8> {
        crate::manifest::json_bytes(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn potentials_carry_their_unit_in_the_name() {
        let population = ShownPopulation {
            name: "a".into(),
            size: 2,
            v_th_mv: Some(-50.0),
            v_reset_mv: None,
            e_l_mv: None,
            is_bare: false,
            inhibitory: None,
            variables: Vec::new(),
        };
        let text = serde_json::to_string(&population).unwrap();
        assert_eq!(text, r#"{"name":"a","size":2,"v_th_mV":-50.0,"v_reset_mV":null,"e_l_mV":null}"#);
        assert_eq!(serde_json::from_str::<ShownPopulation>(&text).unwrap(), population);
    }
}
