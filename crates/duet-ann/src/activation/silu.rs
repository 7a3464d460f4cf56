//! The sigmoid-weighted linear unit.

use super::Curve;
use super::sigmoid::sigmoid;
use duet_kernels::Real;
use duet_units::parameters;

parameters! {
    /// The drive times its own sigmoid, also called swish.
    ///
    /// # Equations
    /// ```text
    /// s(x)  = 1 / (1 + exp(-x))
    /// f(x)  = x s(x)
    /// f'(x) = s(x) + f(x) (1 - s(x))
    /// ```
    ///
    /// # Behaviour
    /// A smooth `relu` that dips to -0.28 near -1.28, close to `gelu` and cheaper.
    ///
    /// # References
    /// - Elfwing, Uchibe & Doya (2018), Sigmoid-weighted linear units for neural network function approximation.
    /// - Ramachandran, Zoph & Le (2017), Searching for activation functions, arXiv:1710.05941.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Silu};
    ///
    /// let x = 3.0_f64.ln();
    /// assert!((Silu {}.value(x) - 0.75 * x).abs() < 1e-15);
    /// assert_eq!(Silu {}.slope(0.0, 0.0), 0.5);
    /// ```
    pub default struct Silu {}
}

impl<T: Real> Curve<T> for Silu {
    #[inline]
    fn value(&self, x: T) -> T {
        x * sigmoid(x)
    }

    #[inline]
    fn slope(&self, x: T, y: T) -> T {
        let s = sigmoid(x);
        s + y * (T::ONE - s)
    }
}
