//! The slope of atan(pi k x / 2) / pi.

use duet_units::{Range, parameters};

parameters! {
    /// The slope of an arc tangent: a hill with wide flanks.
    ///
    /// # Equations
    /// ```text
    /// h(x) = (k/2) / (1 + (pi k x / 2)^2)
    /// ```
    /// # Behaviour
    /// k/2 at the threshold; falls off with the square of the distance, so cells far away still receive credit.
    ///
    /// # References
    /// - Fang et al. 2021, ICCV (arXiv:2007.05785)
    ///
    /// # Example
    /// ```
    /// use duet_spiking::gradient::{Surrogate, surrogate::ArcTangent};
    /// // Half a threshold away with k = 2: 1 / (1 + (pi/2)^2).
    /// let h = Surrogate::ArcTangent(ArcTangent::default()).derivative(0.5_f64);
    /// assert!((h - 1.0 / (1.0 + 2.467_401_100_272_34)).abs() < 1e-12);
    /// ```
    pub default struct ArcTangent {
        /// Steepness.
        pub k: f64 = 2.0, in Range::POSITIVE;
    }
}
