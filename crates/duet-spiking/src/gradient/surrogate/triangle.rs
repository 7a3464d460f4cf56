//! A triangle of one threshold to either side.

use duet_units::{Range, parameters};

parameters! {
    /// A triangle around the threshold, and nothing beyond.
    ///
    /// # Equations
    /// ```text
    /// h(x) = height max(0, 1 - |x|)
    /// ```
    /// # Behaviour
    /// From rest to twice the threshold. A cell outside receives no credit at all, so one that is silent for good stays so; a height
    /// below 1 keeps credit from growing on its way through many steps.
    ///
    /// # References
    /// - Bellec et al. 2018, NeurIPS (arXiv:1803.09574), with height 0.3
    ///
    /// # Example
    /// ```
    /// use duet_spiking::gradient::{Surrogate, surrogate::Triangle};
    /// let triangle = Surrogate::Triangle(Triangle::default());
    /// assert_eq!([-1.0, 0.5, 2.0].map(|x: f64| triangle.derivative(x)), [0.0, 0.5, 0.0]);
    /// ```
    pub default struct Triangle {
        /// Its value at the threshold.
        pub height: f64 = 1.0, in Range::POSITIVE;
    }
}
