//! The exponential linear unit.

use super::Curve;
use duet_kernels::{Real, math};
use duet_units::{Range, parameters};

parameters! {
    /// The drive where it is positive; below zero it levels off at `-alpha`.
    ///
    /// # Equations
    /// ```text
    /// f(x)  = x for x > 0, else alpha (exp(x) - 1)
    /// f'(x) = 1 for x > 0, else f(x) + alpha
    /// ```
    ///
    /// # Behaviour
    /// Negative values pull the mean activity towards zero, and no unit dies as with `relu`.
    ///
    /// # References
    /// - Clevert, Unterthiner & Hochreiter (2016), Fast and accurate deep network learning by exponential linear units.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Elu};
    ///
    /// let elu = Elu { alpha: 2.0 };
    /// assert_eq!(elu.value(-(2.0_f64.ln())), -1.0); // 2 (1/2 - 1)
    /// assert_eq!(elu.slope(-(2.0_f64.ln()), -1.0), 1.0);
    /// ```
    pub default struct Elu {
        /// Depth of the plateau below zero.
        pub alpha: f64 = 1.0, in Range::POSITIVE;
    }
}

impl<T: Real> Curve<T> for Elu {
    #[inline]
    fn value(&self, x: T) -> T {
        if x > T::ZERO { x } else { T::from_f64(self.alpha * math::exp_m1(x.to_f64())) }
    }

    #[inline]
    fn slope(&self, x: T, y: T) -> T {
        if x > T::ZERO { T::ONE } else { y + T::from_f64(self.alpha) }
    }
}
