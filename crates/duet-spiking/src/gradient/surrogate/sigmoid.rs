//! The slope of the logistic function 1 / (1 + exp(-k x)).

use duet_units::{Range, parameters};

parameters! {
    /// The slope of a logistic function.
    ///
    /// # Equations
    /// ```text
    /// h(x) = k exp(-k |x|) / (1 + exp(-k |x|))^2
    /// ```
    /// # Behaviour
    /// k/4 at the threshold; falls off exponentially. Large at the default k: credit through several layers grows by it.
    ///
    /// # References
    /// - Zenke & Vogels 2021, Neural Comput. 33:899
    ///
    /// # Example
    /// ```
    /// use duet_spiking::gradient::{Surrogate, surrogate::Sigmoid};
    /// // At the threshold, with k = 25.
    /// assert_eq!(Surrogate::Sigmoid(Sigmoid::default()).derivative(0.0_f64), 6.25);
    /// ```
    pub default struct Sigmoid {
        /// Steepness.
        pub k: f64 = 25.0, in Range::POSITIVE;
    }
}
