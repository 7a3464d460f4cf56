//! The hyperbolic tangent.

use super::Curve;
use duet_kernels::Real;
use duet_units::parameters;

parameters! {
    /// A smooth step from -1 to 1.
    ///
    /// # Equations
    /// ```text
    /// f(x)  = tanh(x)
    /// f'(x) = 1 - f(x)^2
    /// ```
    ///
    /// # Behaviour
    /// Zero-centred, slope 1 at the origin. Units driven beyond about 3 are saturated: their gradient is a hundredth,
    /// and in deep networks such factors multiply ("vanishing gradients").
    ///
    /// # References
    /// - LeCun, Bottou, Orr & Mueller (1998), Efficient `BackProp`.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Tanh};
    ///
    /// // tanh(ln 2) = (2 - 1/2) / (2 + 1/2)
    /// assert!((Tanh {}.value(2.0_f64.ln()) - 0.6).abs() < 1e-15);
    /// assert!((Tanh {}.slope(2.0_f64.ln(), 0.6) - 0.64).abs() < 1e-15);
    /// ```
    pub default struct Tanh {}
}

impl<T: Real> Curve<T> for Tanh {
    #[inline]
    fn value(&self, x: T) -> T {
        x.tanh()
    }

    #[inline]
    fn slope(&self, _x: T, y: T) -> T {
        (T::ONE - y) * (T::ONE + y)
    }
}
