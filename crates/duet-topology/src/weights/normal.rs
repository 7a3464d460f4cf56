//! Normally distributed weights.

use duet_units::{Range, parameters};

parameters! {
    /// Normally distributed numbers.
    ///
    /// # Equations
    /// ```text
    /// w ~ N(mean, std^2)
    /// ```
    pub struct Normal {
        /// Mean.
        pub mean: f64 = 0.0;
        /// Standard deviation.
        pub std: f64, in Range::NON_NEGATIVE;
    }
}
