//! Weights spread evenly over an interval.

use duet_units::parameters;

parameters! {
    /// Numbers spread evenly over an interval.
    ///
    /// # Equations
    /// ```text
    /// w ~ U(low, high)
    /// ```
    pub struct Uniform {
        /// Lower end.
        pub low: f64;
        /// Upper end.
        pub high: f64;
    }
    relations { low <= high; }
}
