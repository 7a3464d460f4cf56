//! What units do on the side that handed over and on the one that took: does a rate say what the activation said?

use crate::learner::UnitActivity;
use crate::statistics::correlation;
use serde::{Deserialize, Serialize};

/// Above this share of one spike per step a cell says no more than "much".
const CEILING: f64 = 0.999;

/// A layer that both sides have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The population.
    pub population: String,
    /// What one spike per step, or an activation of 1, stands for on the side that handed over.
    pub lambda: f64,
    /// What a unit does there, in units of lambda; `[example * units + unit]`.
    pub given: Vec<f64>,
    /// What it does here.
    pub taken: Vec<f64>,
}

/// All such layers but the input.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// In the order of the network.
    pub layers: Vec<Layer>,
}

impl Report {
    /// Holds the activity of both sides for the same examples against each other; `lambda` says of a population by what it was scaled.
    pub fn new(
        given: &UnitActivity,
        taken: &UnitActivity,
        inputs: &[&str],
        lambda: impl Fn(&str) -> f64,
    ) -> Self {
        let both = given.iter().filter(|(name, _)| !inputs.contains(&name.as_str()));
        let layer = |(name, given): (&String, &Vec<f64>)| {
            let taken = taken.get(name)?.clone();
            let lambda = lambda(name);
            let given = given.iter().map(|y| y / lambda).collect();
            Some(Layer { population: name.clone(), lambda, given, taken })
        };
        Self { layers: both.filter_map(layer).collect() }
    }
}

impl Layer {
    /// Pearson's correlation over units and examples; `None` where one of both does not vary.
    pub fn correlation(&self) -> Option<f64> {
        correlation(&self.given, &self.taken)
    }

    /// The mean distance between what is said here and what was said there (nothing, where that is negative).
    pub fn error(&self) -> f64 {
        let apart = self.given.iter().zip(&self.taken).map(|(x, y)| (x.max(0.0) - y).abs());
        apart.sum::<f64>() / self.given.len().max(1) as f64
    }

    /// The share of units and examples that fire in every step.
    pub fn saturated(&self) -> f64 {
        self.taken.iter().filter(|&&y| y >= CEILING).count() as f64 / self.taken.len().max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_matched_by_name() {
        let of = |list: &[(&str, &[f64])]| -> UnitActivity {
            list.iter().map(|(name, values)| ((*name).to_owned(), values.to_vec())).collect()
        };
        let given = of(&[("x", &[1.0]), ("a", &[-2.0, 4.0, 8.0]), ("y", &[1.0])]);
        let taken = of(&[("x", &[1.0]), ("a", &[0.0, 0.5, 1.0])]);
        let report = Report::new(&given, &taken, &["x"], |_| 4.0);
        let [layer] = &report.layers[..] else { panic!("{report:?}") };
        assert_eq!((layer.population.as_str(), &layer.given[..]), ("a", &[-0.5, 1.0, 2.0][..]));
        // 0, 0.5 and 1 apart; one of three fires in every step.
        assert_eq!((layer.error(), layer.saturated()), (0.5, 1.0 / 3.0));
    }
}
