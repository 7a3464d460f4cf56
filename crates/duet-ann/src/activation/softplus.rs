//! Softplus.

use super::Curve;
use super::sigmoid::sigmoid;
use duet_kernels::{Real, math};
use duet_units::parameters;

parameters! {
    /// A `relu` with a rounded corner.
    ///
    /// # Equations
    /// ```text
    /// f(x)  = ln(1 + exp(x)) = max(x, 0) + ln(1 + exp(-|x|))
    /// f'(x) = 1 / (1 + exp(-x))
    /// ```
    ///
    /// # Behaviour
    /// Always positive and always with some slope, so no unit dies. It resembles the rate of a neuron that noise
    /// carries across threshold.
    ///
    /// # References
    /// - Dugas, Bengio, Belisle, Nadeau & Garcia (2001), Incorporating second-order functional knowledge.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Softplus};
    ///
    /// assert!((Softplus {}.value(3.0_f64.ln()) - 4.0_f64.ln()).abs() < 1e-15); // ln(1 + 3)
    /// assert_eq!(Softplus {}.value(1000.0), 1000.0);
    /// ```
    pub default struct Softplus {}
}

impl<T: Real> Curve<T> for Softplus {
    #[inline]
    fn value(&self, x: T) -> T {
        let corner = math::ln_1p((-x.abs()).exp().to_f64());
        x.max(T::ZERO) + T::from_f64(corner)
    }

    #[inline]
    fn slope(&self, x: T, _y: T) -> T {
        sigmoid(x)
    }
}
