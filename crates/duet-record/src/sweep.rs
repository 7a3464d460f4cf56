//! A sweep of one scenario over values of its fields: `sweep.json`, and a row per point in `rows/`.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::manifest::json_bytes;
use crate::metrics::Metrics;

/// All of `sweep.json`: what is varied, and every point of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// The scenario's name: the folder is called `STEM-sweep`.
    pub stem: String,
    /// The scenario's title.
    pub title: String,
    /// BLAKE3 of the scenario with every default written out, before anything is varied.
    pub scenario: String,
    /// What is varied, in the order of the command line.
    pub varied: Vec<Varied>,
    /// A value per varied field, for every point.
    pub points: Vec<Vec<f64>>,
    /// Side -> what it is called.
    pub sides: IndexMap<String, String>,
    /// The metric that the figure shows.
    pub metric: String,
    /// The one side that the figure shows; all unless given.
    #[serde(default)]
    pub metric_of: Option<String>,
    /// Which part this is of how many, from 1; the whole unless given.
    #[serde(default)]
    pub shard: Option<[usize; 2]>,
}

/// A field that is varied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Varied {
    /// Its path in the scenario.
    pub path: String,
    /// The unit of its values; empty for a pure number.
    pub unit: String,
    /// Whether it holds whole numbers.
    pub whole: bool,
    /// Whether its values have equal ratios.
    pub log: bool,
    /// Whether its values are drawn by chance.
    pub random: bool,
}

/// What came out of one point: all of `rows/NUMBER.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    /// The point, from 1.
    pub point: usize,
    /// Why it came to nothing.
    #[serde(default)]
    pub why: Option<String>,
    /// Side -> path of the metric -> what was measured.
    #[serde(default)]
    pub sides: IndexMap<String, IndexMap<String, SweepCell>>,
}

/// A metric at one point.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepCell {
    /// The mean over seeds; null where there is none.
    pub value: Option<f64>,
    /// Its 95 % interval.
    #[serde(default)]
    pub ci95: Option<[f64; 2]>,
    /// Its unit.
    pub unit: String,
}

impl Sweep {
    /// The file's bytes.
    pub fn to_json(&self) -> Vec<u8> {
        json_bytes(self)
    }

    /// The points that this part computes, from 0: every n-th, beginning with its own number.
    ///
    /// ```
    /// # use duet_record::Sweep;
    /// # let text = r#"{"stem":"s","title":"t","scenario":"","varied":[],"points":[[1],[2],[3],[4],[5]],"sides":{},"metric":"m"}"#;
    /// # let mut sweep: Sweep = serde_json::from_str(text).unwrap();
    /// sweep.shard = Some([2, 3]);
    /// assert_eq!(sweep.own().collect::<Vec<_>>(), [1, 4]);
    /// ```
    pub fn own(&self) -> impl Iterator<Item = usize> + use<> {
        let [part, of] = self.shard.unwrap_or([1, 1]);
        (part.saturating_sub(1)..self.points.len()).step_by(of.max(1))
    }
}

impl Varied {
    /// Path and unit: `side.s.spiking.dt (ms)`.
    pub fn title(&self) -> String {
        if self.unit.is_empty() { self.path.clone() } else { format!("{} ({})", self.path, self.unit) }
    }

    /// Its path and a value of it, as they stand on a command line.
    pub fn words(&self, value: f64) -> String {
        let space = if self.unit.is_empty() { "" } else { " " };
        format!("{} = {value}{space}{}", self.path, self.unit)
    }
}

impl SweepRow {
    /// The row of a point that was measured.
    pub fn measured(point: usize, metrics: &Metrics) -> Self {
        let cell = |metric: &crate::Metric| SweepCell {
            value: metric.value,
            ci95: metric.ci95,
            unit: metric.unit.clone(),
        };
        let side = |(side, own): (&String, &IndexMap<String, crate::Metric>)| {
            (side.clone(), own.iter().map(|(path, metric)| (path.clone(), cell(metric))).collect())
        };
        Self { point, why: None, sides: metrics.sides.iter().map(side).collect() }
    }

    /// The row of a point that came to nothing.
    pub fn failed(point: usize, why: String) -> Self {
        Self { point, why: Some(why), sides: IndexMap::new() }
    }

    /// The file's bytes.
    pub fn to_json(&self) -> Vec<u8> {
        json_bytes(self)
    }

    /// A metric at this point.
    pub fn get(&self, side: &str, path: &str) -> Option<&SweepCell> {
        self.sides.get(side)?.get(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Metric;

    #[test]
    fn a_row_keeps_every_bit_of_its_numbers() {
        let mut metrics = Metrics::default();
        let metric =
            Metric::over_seeds(vec![0.1 + 0.2, 1e-300], "Hz", "d").with_ci95(1.0 / 3.0, 2.0 / 3.0, "t");
        metrics.sides.entry("a".into()).or_default().insert("rate".into(), metric.clone());
        let row = SweepRow::measured(7, &metrics);
        let back: SweepRow = serde_json::from_slice(&row.to_json()).unwrap();
        assert_eq!(back, row);
        let cell = back.get("a", "rate").unwrap();
        assert_eq!((cell.value, cell.ci95, cell.unit.as_str()), (metric.value, metric.ci95, "Hz"));
        assert!(back.get("a", "rat").is_none());
    }

    #[test]
    fn values_are_told_with_their_units() {
        let varied = |unit: &str| Varied {
            path: "a.b".into(),
            unit: unit.into(),
            whole: false,
            log: false,
            random: false,
        };
        assert_eq!((varied("ms").title(), varied("").title()), ("a.b (ms)".into(), "a.b".into()));
        assert_eq!(
            (varied("ms").words(0.5), varied("").words(2.0)),
            ("a.b = 0.5 ms".into(), "a.b = 2".into())
        );
    }
}
