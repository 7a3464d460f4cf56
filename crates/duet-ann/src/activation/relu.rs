//! The rectified linear unit.

use super::Curve;
use duet_kernels::{Real, elementwise};
use duet_units::parameters;

parameters! {
    /// The drive where it is positive, else nothing.
    ///
    /// # Equations
    /// ```text
    /// f(x)  = max(x, 0)
    /// f'(x) = 1 for x > 0, else 0 (at 0 too)
    /// ```
    ///
    /// # Behaviour
    /// The common choice for hidden layers. Active units pass gradients on undiminished however deep the network is;
    /// about half the units are silent for a given input. A unit that is silent for every input has no gradient and
    /// never learns again ("dead"). It is also the closest relative of a spiking neuron's rate, which is zero below
    /// threshold.
    ///
    /// # References
    /// - Nair & Hinton (2010), Rectified linear units improve restricted Boltzmann machines, ICML.
    /// - Glorot, Bordes & Bengio (2011), Deep sparse rectifier neural networks, AISTATS.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Curve, Relu};
    ///
    /// assert_eq!(Relu {}.value(-2.5), 0.0);
    /// assert_eq!(Relu {}.slope(0.0, 0.0), 0.0);
    /// ```
    pub default struct Relu {}
}

impl<T: Real> Curve<T> for Relu {
    #[inline]
    fn value(&self, x: T) -> T {
        x.max(T::ZERO) // in this order a NaN stays one
    }

    #[inline]
    fn slope(&self, x: T, _y: T) -> T {
        if x > T::ZERO { T::ONE } else { T::ZERO }
    }

    fn forgets_drive(&self) -> bool {
        true
    }

    fn apply(&self, drives: &mut [T]) {
        elementwise::rectify(drives);
    }

    fn times_slopes(&self, _drives: &[T], values: &[T], deltas: &mut [T]) {
        elementwise::gate(values, deltas);
    }
}
