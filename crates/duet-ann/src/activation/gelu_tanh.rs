//! The approximation of `gelu` by a tanh.

use super::Curve;
use core::f64::consts::FRAC_2_PI;
use duet_kernels::{Real, math};
use duet_units::parameters;

parameters! {
    /// `gelu` with a tanh in place of the error function.
    ///
    /// # Equations
    /// ```text
    /// u(x)  = sqrt(2 / pi) (x + 0.044715 x^3)
    /// f(x)  = x (1 + tanh u) / 2
    /// f'(x) = (1 + tanh u) / 2 + x (1 - tanh^2 u) u' / 2,    u' = sqrt(2 / pi) (1 + 3 * 0.044715 x^2)
    /// ```
    ///
    /// # Behaviour
    /// Within 0.0005 of `gelu` everywhere; the form that GPT-2 was trained with. Computed in f64.
    ///
    /// # References
    /// - Hendrycks & Gimpel (2016), Gaussian error linear units, arXiv:1606.08415.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Gelu, GeluTanh};
    ///
    /// let difference: f64 = GeluTanh {}.value(1.0) - Gelu {}.value(1.0);
    /// assert!(difference != 0.0 && difference.abs() < 5e-4);
    /// assert_eq!(GeluTanh {}.slope(0.0_f64, 0.0), 0.5);
    /// ```
    pub default struct GeluTanh {}
}

const CUBIC: f64 = 0.044_715;

impl<T: Real> Curve<T> for GeluTanh {
    fn value(&self, x: T) -> T {
        let x = x.to_f64();
        T::from_f64(0.5 * x * (1.0 + bend(x)))
    }

    fn slope(&self, x: T, _y: T) -> T {
        let x = x.to_f64();
        let t = bend(x);
        let flat = (1.0 - t) * (1.0 + t);
        // Where the tanh is saturated, the growing factor beside it must not overflow.
        let turn = if flat == 0.0 {
            0.0
        } else {
            0.5 * x * flat * math::sqrt(FRAC_2_PI) * (1.0 + 3.0 * CUBIC * x * x)
        };
        T::from_f64(0.5 * (1.0 + t) + turn)
    }
}

fn bend(x: f64) -> f64 {
    math::tanh(math::sqrt(FRAC_2_PI) * (x + CUBIC * x * x * x))
}
