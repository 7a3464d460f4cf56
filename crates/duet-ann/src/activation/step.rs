//! The threshold unit.

use super::Curve;
use duet_kernels::Real;
use duet_units::parameters;

parameters! {
    /// All or nothing: 1 at and above threshold, else 0.
    ///
    /// # Equations
    /// ```text
    /// f(x)  = 1 for x >= 0, else 0        x = sum w_i x_i + b: the threshold is theta = -b
    /// f'(x) = 0
    /// ```
    ///
    /// # Behaviour
    /// The unit of McCulloch and Pitts. Its slope is zero wherever it has one (and none at the step), so nothing can be
    /// learned through it by gradients: backpropagation leaves every weight below it as it was. The perceptron's rule
    /// does not ask for a slope. A spiking cell is its relative in time: it fires when its drive stays above threshold.
    ///
    /// # References
    /// - McCulloch & Pitts (1943), A logical calculus of the ideas immanent in nervous activity.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Step};
    ///
    /// assert_eq!(Step {}.value(1.0 + 1.0 - 1.5), 1.0); // AND of two ones
    /// assert_eq!(Step {}.value(1.0 + 0.0 - 1.5), 0.0);
    /// assert_eq!(Step {}.value(0.0), 1.0); // at threshold it fires
    /// ```
    pub default struct Step {}
}

impl<T: Real> Curve<T> for Step {
    #[inline]
    fn value(&self, x: T) -> T {
        if x >= T::ZERO {
            T::ONE
        } else if x < T::ZERO {
            T::ZERO
        } else {
            x // a NaN stays one
        }
    }

    #[inline]
    fn slope(&self, _x: T, _y: T) -> T {
        T::ZERO
    }
}
