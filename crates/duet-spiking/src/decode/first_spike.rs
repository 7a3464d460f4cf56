//! The cell that fires first gives the answer.

use super::OutputSpikes;
use duet_units::parameters;

parameters! {
    /// One output cell per class; the one that fires first gives the answer.
    ///
    /// # Equations
    /// ```text
    /// answer = argmin_k t_k            (silent cells come last)
    /// ```
    /// # Behaviour
    /// The answer is known at the first output spike, long before rates could be told apart.
    ///
    /// # References
    /// - Thorpe, Delorme & Van Rullen 2001, Neural Netw. 14:715
    ///
    /// # Example
    /// The score is 1 / (1 + step of the first spike), so the earliest is largest and silence is 0.
    /// ```
    /// use duet_spiking::decode::{FirstSpike, OutputSpikes};
    /// let spikes = OutputSpikes { count: vec![1.0, 4.0, 0.0], first: vec![4.0, 9.0, f64::INFINITY] };
    /// assert_eq!(FirstSpike::default().scores(&spikes), [0.2, 0.1, 0.0]);
    /// ```
    pub default struct FirstSpike {}
}

impl FirstSpike {
    /// A score per class, larger for earlier first spikes.
    pub fn scores(&self, spikes: &OutputSpikes) -> Vec<f64> {
        spikes.first.iter().map(|step| 1.0 / (1.0 + step)).collect()
    }
}
