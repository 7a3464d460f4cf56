//! Spikes at given times.

use duet_units::{Problem, Range, Time, parameters};

parameters! {
    /// Spikes that arrive at given times, the same at every cell.
    ///
    /// # Equations
    /// ```text
    /// a spike of weight units of network weight arrives at each of the given times, rounded to the grid
    /// ```
    /// # Behaviour
    /// One spike shows the postsynaptic potential, two show how potentials sum, a regular train how they pile up. Two
    /// spikes at one time count twice.
    ///
    /// # References
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 5.8
    ///
    /// # Example
    /// ```
    /// use duet_spiking::stimulus::Spikes;
    /// let spikes: Spikes = toml::from_str("times = ['2 ms', '1.3 ms']\nweight = 0.5").unwrap();
    /// assert_eq!(spikes.steps(0.1), [13, 20]); // at the end of the 13th and of the 20th step
    /// ```
    pub struct Spikes {
        /// When they arrive.
        pub times: Vec<Time>, in Range::POSITIVE;
        /// Weight of each, in the side's unit of weight.
        pub weight: f64 = 1.0;
    }
}

impl Spikes {
    /// The steps at whose end they arrive, ascending; the first step is 1.
    pub fn steps(&self, dt: f64) -> Vec<u64> {
        let mut steps: Vec<u64> = self.times.iter().map(|time| (time.get() / dt).round() as u64).collect();
        steps.sort_unstable();
        steps
    }

    /// A time before the end of the first step, which the grid does not have.
    pub(super) fn problem(&self, dt: f64) -> Option<Problem> {
        let early = self.times.iter().position(|time| (time.get() / dt).round() < 1.0)?;
        let words = format!(
            "a spike at {} comes before the end of the first step, dt = {dt} ms, where the first can arrive",
            self.times[early]
        );
        Some(Problem::new(format!("spikes.times[{early}]"), words))
    }
}

/// The spikes of a population, in the order of their arrival.
pub(crate) struct GivenSpikes {
    weight: f64,
    steps: Vec<u64>,
    next: usize,
}

impl GivenSpikes {
    pub(crate) fn new(spikes: &Spikes, dt: f64) -> Self {
        Self { weight: spikes.weight, steps: spikes.steps(dt), next: 0 }
    }

    pub(crate) fn rest(&mut self) {
        self.next = 0;
    }

    /// The summed weight that arrives at the end of a step (counted from 0) at every cell.
    pub(crate) fn arriving(&mut self, step: u64) -> f64 {
        let first = self.next;
        while self.steps.get(self.next).is_some_and(|&at| at <= step + 1) {
            self.next += 1;
        }
        (self.next - first) as f64 * self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_arrive_once_and_again_after_rest() {
        let spikes: Spikes = toml::from_str("times = ['0.3 ms', '0.1 ms', '0.3 ms']\nweight = 2.0").unwrap();
        let mut given = GivenSpikes::new(&spikes, 0.1);
        for _ in 0..2 {
            let sums: Vec<f64> = (0..5).map(|step| given.arriving(step)).collect();
            assert_eq!(sums, [2.0, 0.0, 4.0, 0.0, 0.0]);
            given.rest();
        }
        assert!(spikes.problem(0.1).is_none());
        assert_eq!(spikes.problem(0.5).unwrap().path, "spikes.times[1]");
    }
}
