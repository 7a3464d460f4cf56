//! The cell with the most spikes gives the answer.

use super::OutputSpikes;
use duet_units::parameters;

parameters! {
    /// One output cell per class; the one that fired most often gives the answer.
    ///
    /// # Equations
    /// ```text
    /// answer = argmax_k n_k            (the lowest class wins a tie)
    /// ```
    /// # Behaviour
    /// Precision grows with time: with few spikes ties are common.
    ///
    /// # References
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 1.2 (spike-count rate)
    ///
    /// # Example
    /// ```
    /// use duet_spiking::decode::{OutputSpikes, SpikeCount};
    /// let spikes = OutputSpikes { count: vec![1.0, 4.0, 0.0], first: vec![5.0, 9.0, f64::INFINITY] };
    /// assert_eq!(SpikeCount::default().scores(&spikes), [1.0, 4.0, 0.0]);
    /// ```
    pub default struct SpikeCount {}
}

impl SpikeCount {
    /// A score per class: the spike counts.
    pub fn scores(&self, spikes: &OutputSpikes) -> Vec<f64> {
        spikes.count.clone()
    }
}
