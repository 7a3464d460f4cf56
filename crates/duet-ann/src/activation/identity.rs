//! The identity.

use super::Curve;
use duet_kernels::Real;
use duet_units::parameters;

parameters! {
    /// The drive itself.
    ///
    /// # Equations
    /// ```text
    /// f(x)  = x
    /// f'(x) = 1
    /// ```
    ///
    /// # Behaviour
    /// For outputs: the loss `cross_entropy` wants raw scores, and a regression wants unbounded ones. Hidden layers of
    /// identities compute nothing that a single layer could not.
    ///
    /// # References
    /// - Widrow & Hoff (1960), Adaptive switching circuits.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Identity};
    ///
    /// assert_eq!(Identity {}.value(-2.5), -2.5);
    /// ```
    pub default struct Identity {}
}

impl<T: Real> Curve<T> for Identity {
    fn value(&self, x: T) -> T {
        x
    }

    fn slope(&self, _x: T, _y: T) -> T {
        T::ONE
    }

    fn times_slopes(&self, _drives: &[T], _values: &[T], _deltas: &mut [T]) {}
}
