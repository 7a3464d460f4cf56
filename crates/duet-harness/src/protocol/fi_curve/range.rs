//! The inputs that a side is given.

use crate::protocol::probe::tidy;
use crate::scenario::Side;
use duet_spiking::stimulus::{Amplitude, expected};
use duet_units::{Problem, Range, parameters};

parameters! {
    /// Evenly spaced inputs of one side, in the unit of its model.
    pub default struct InputRange {
        /// The smallest.
        pub from: Amplitude = Amplitude::Number(-5.0);
        /// The largest, in the same unit.
        pub to: Amplitude = Amplitude::Number(5.0);
        /// How many.
        pub points: usize = 201, in Range::between(2.0, 10_000.0);
        /// Inputs whose outcome becomes a metric, `rate[2 nA]` or `value[0]`; those on the grid unless given for a cell, 0 for
        /// an artificial unit.
        pub at: Vec<Amplitude> = Vec::new();
    }
}

impl InputRange {
    /// The inputs, in order.
    pub fn inputs(&self) -> Vec<Amplitude> {
        let (from, to) = (self.from.get(), self.to.get());
        let last = (self.points - 1) as f64;
        let point = |k: usize| {
            let k = k as f64;
            let input = tidy((from * (last - k) + to * k) / last);
            // What is left of 0 after the sum's rounding.
            let input = if input.abs() < 1e-12 * from.abs().max(to.abs()) { 0.0 } else { input };
            Amplitude::new(input, self.from.unit())
        };
        (0..self.points).map(point).collect()
    }

    /// The inputs that become metrics.
    pub fn named(&self) -> Vec<Amplitude> {
        if self.at.is_empty() { self.inputs() } else { self.at.clone() }
    }

    /// What does not fit a side.
    pub(super) fn problems(&self, side: &Side, population: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let neuron = side.spiking.as_ref().map(|spiking| spiking.neuron_of(population));
        let unit = neuron.map_or(duet_spiking::neuron::InputUnit::Number, duet_spiking::Neuron::input_unit);
        let model = neuron.map_or("an artificial unit", duet_spiking::Neuron::name);
        let ends = [("from".to_owned(), self.from), ("to".to_owned(), self.to)];
        let at = self.at.iter().enumerate().map(|(index, at)| (format!("at[{index}]"), *at));
        for (key, input) in ends.into_iter().chain(at).filter(|(_, input)| input.unit() != unit) {
            let words = format!("{key} = {input} is in another unit: {model} takes {}", expected(unit));
            problems.push(Problem::new(key, words));
        }
        if self.from.get() >= self.to.get() && problems.is_empty() {
            problems
                .push(Problem::new("from", format!("from = {} must be below to = {}", self.from, self.to)));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_is_made_of_round_numbers() {
        let range: InputRange = toml::from_str("from = -0.3\nto = 0.7\npoints = 11").unwrap();
        let shown: Vec<String> = range.inputs().iter().map(ToString::to_string).collect();
        assert_eq!(shown[..5], ["-0.3", "-0.2", "-0.1", "0", "0.1"]);
        let range: InputRange = toml::from_str("from = '0 uA/cm2'\nto = '20 uA/cm2'\npoints = 81").unwrap();
        assert_eq!(range.inputs()[41].to_string(), "10.25 uA/cm2");
    }
}
