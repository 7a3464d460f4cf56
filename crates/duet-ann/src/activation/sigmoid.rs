//! The logistic sigmoid.

use super::Curve;
use duet_kernels::Real;
use duet_units::parameters;

parameters! {
    /// A smooth step from 0 to 1.
    ///
    /// # Equations
    /// ```text
    /// f(x)  = 1 / (1 + exp(-x))
    /// f'(x) = f(x) (1 - f(x))
    /// ```
    ///
    /// # Behaviour
    /// Reads as a probability, or as a firing rate between silence and saturation. Its slope is 1/4 at most, so a
    /// gradient loses at least that factor in every layer; deep networks of sigmoids learn slowly.
    ///
    /// # References
    /// - Rumelhart, Hinton & Williams (1986), Learning representations by back-propagating errors.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Sigmoid};
    ///
    /// // 1 / (1 + 1/3)
    /// assert!((Sigmoid {}.value(3.0_f64.ln()) - 0.75).abs() < 1e-15);
    /// assert_eq!(Sigmoid {}.slope(3.0_f64.ln(), 0.75), 0.1875);
    /// ```
    pub default struct Sigmoid {}
}

impl<T: Real> Curve<T> for Sigmoid {
    #[inline]
    fn value(&self, x: T) -> T {
        sigmoid(x)
    }

    #[inline]
    fn slope(&self, _x: T, y: T) -> T {
        y * (T::ONE - y)
    }
}

/// 1 / (1 + exp(-x)); the exponent is never positive, so nothing overflows.
#[inline]
pub(super) fn sigmoid<T: Real>(x: T) -> T {
    let e = (-x.abs()).exp();
    let upper = T::ONE / (T::ONE + e);
    if x < T::ZERO { e * upper } else { upper }
}
