//! The Gaussian error linear unit.

use super::Curve;
use core::f64::consts::{FRAC_1_SQRT_2, PI};
use duet_kernels::{Real, math};
use duet_units::parameters;

parameters! {
    /// The drive, weighted by the probability that a standard normal number lies below it.
    ///
    /// # Equations
    /// ```text
    /// P(x)  = (1 + erf(x / sqrt(2))) / 2
    /// f(x)  = x P(x)
    /// f'(x) = P(x) + x exp(-x^2 / 2) / sqrt(2 pi)
    /// ```
    ///
    /// # Behaviour
    /// Like a smooth `relu` with a shallow dip (to -0.17, near -0.75); used in transformers. Computed in f64 through
    /// the error function; `gelu_tanh` is the common approximation.
    ///
    /// # References
    /// - Hendrycks & Gimpel (2016), Gaussian error linear units, arXiv:1606.08415.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Gelu};
    ///
    /// // P(1) = 0.841344746...
    /// assert!((Gelu {}.value(1.0_f64) - 0.841_344_746_068_543).abs() < 1e-15);
    /// assert_eq!(Gelu {}.slope(0.0_f64, 0.0), 0.5);
    /// ```
    pub default struct Gelu {}
}

impl<T: Real> Curve<T> for Gelu {
    fn value(&self, x: T) -> T {
        let x = x.to_f64();
        T::from_f64(x * below(x))
    }

    fn slope(&self, x: T, _y: T) -> T {
        let x = x.to_f64();
        T::from_f64(below(x) + x * math::exp(-0.5 * x * x) / math::sqrt(2.0 * PI))
    }
}

/// The probability that a standard normal number lies below `x`, exact in the lower tail too.
fn below(x: f64) -> f64 {
    0.5 * math::erfc(-x * FRAC_1_SQRT_2)
}
