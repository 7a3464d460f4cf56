//! The leaky rectifier.

use super::Curve;
use duet_kernels::Real;
use duet_units::{Range, parameters};

parameters! {
    /// The drive where it is positive, and a small part of it below zero.
    ///
    /// # Equations
    /// ```text
    /// f(x)  = x for x > 0, else slope * x
    /// f'(x) = 1 for x > 0, else slope
    /// ```
    ///
    /// # Behaviour
    /// A `relu` whose silent units still feel the gradient, so that they can come back.
    ///
    /// # References
    /// - Maas, Hannun & Ng (2013), Rectifier nonlinearities improve neural network acoustic models, ICML.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, LeakyRelu};
    ///
    /// assert_eq!(LeakyRelu { slope: 0.25 }.value(-2.0), -0.5);
    /// ```
    pub default struct LeakyRelu {
        /// Slope below zero.
        pub slope: f64 = 0.01, in Range::BELOW_ONE;
    }
}

impl<T: Real> Curve<T> for LeakyRelu {
    #[inline]
    fn value(&self, x: T) -> T {
        if x > T::ZERO { x } else { T::from_f64(self.slope) * x }
    }

    #[inline]
    fn slope(&self, x: T, _y: T) -> T {
        if x > T::ZERO { T::ONE } else { T::from_f64(self.slope) }
    }
}
