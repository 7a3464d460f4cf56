//! The slope of the fast sigmoid x / (1 + k |x|).

use duet_units::{Range, parameters};

parameters! {
    /// The slope of a sigmoid without exponential: SuperSpike's.
    ///
    /// # Equations
    /// ```text
    /// h(x) = 1 / (1 + k |x|)^2
    /// ```
    /// # Behaviour
    /// 1 at the threshold whatever k is; a larger k sends less credit through cells that are far from theirs.
    ///
    /// # References
    /// - Zenke & Ganguli 2018, Neural Comput. 30:1514
    ///
    /// # Example
    /// ```
    /// use duet_spiking::gradient::{Surrogate, surrogate::FastSigmoid};
    /// // A tenth of a threshold away with k = 25: 1 / 3.5^2.
    /// let h = Surrogate::FastSigmoid(FastSigmoid::default()).derivative(-0.1_f64);
    /// assert!((h - 1.0 / 12.25).abs() < 1e-15);
    /// ```
    pub default struct FastSigmoid {
        /// Steepness.
        pub k: f64 = 25.0, in Range::POSITIVE;
    }
}
