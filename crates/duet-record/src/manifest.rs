//! Version, hashes, and the only wall-clock facts of a run: `manifest.json`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// Wall-clock times of one side (first seed), in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SideTiming {
    /// Building the network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub build_s: Option<f64>,
    /// Each epoch of training.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub epoch_s: Vec<f64>,
    /// The simulation, where the protocol is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub simulate_s: Option<f64>,
    /// Simulated biological time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub biological_s: Option<f64>,
    /// `simulate_s / biological_s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub real_time_factor: Option<f64>,
}

/// All of `manifest.json`. [`crate::RunFolder::finish`] fills in `files`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the program.
    pub version: String,
    /// Commit it was built from, where known.
    pub commit: Option<String>,
    /// CPU feature level: "baseline", "avx2", "avx512" ...
    pub cpu: String,
    /// Threads used.
    pub threads: usize,
    /// Path -> BLAKE3 hash (hexadecimal) of every file but the manifest and what is drawn from the rest.
    #[serde(default)]
    pub files: IndexMap<String, String>,
    /// Side -> wall-clock times.
    #[serde(default)]
    pub timing: IndexMap<String, SideTiming>,
    /// Wall-clock time of the whole run, s.
    pub total_s: f64,
    /// Largest resident memory, MB, where the system tells.
    #[serde(default)]
    pub peak_rss_mb: Option<f64>,
}

/// Indented JSON, closed by a line end.
pub(crate) fn json_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    // Our types have text keys and no failing `Serialize`, so writing them to memory cannot fail.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

impl Manifest {
    /// The file's bytes.
    pub fn to_json(&self) -> Vec<u8> {
        json_bytes(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_form_is_the_documented_one() {
        let mut manifest = Manifest {
            version: "0.1.0".into(),
            cpu: "avx2".into(),
            threads: 2,
            total_s: 1.5,
            ..Manifest::default()
        };
        let timing = SideTiming { build_s: Some(0.1), epoch_s: vec![0.2, 0.3], ..SideTiming::default() };
        manifest.timing.insert("backprop".into(), timing);
        let json: serde_json::Value = serde_json::from_slice(&manifest.to_json()).unwrap();
        assert_eq!(json["timing"]["backprop"]["epoch_s"][1], 0.3);
        assert!(json["timing"]["backprop"].get("simulate_s").is_none());
        assert_eq!(serde_json::from_value::<Manifest>(json).unwrap(), manifest);
    }
}
