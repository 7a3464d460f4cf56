//! One rate for all of training.

use duet_units::parameters;

parameters! {
    /// The optimizer's own rate from the first update to the last.
    ///
    /// # Equations
    /// ```text
    /// rate(t) = rate
    /// ```
    ///
    /// # Behaviour
    /// The simplest thing that works. With small batches the weights end in a jitter whose size grows with the rate;
    /// a rate that falls (`step`, `cosine`) lets them settle.
    ///
    /// # References
    /// - Robbins & Monro (1951), A stochastic approximation method (why a constant rate does not settle).
    ///
    /// # Example
    /// ```
    /// use duet_gradient::Schedule;
    ///
    /// assert_eq!(Schedule::default().rate(0.1, 100.0), 0.1);
    /// ```
    pub default struct Constant {}
}
