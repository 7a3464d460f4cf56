//! What a unit computes from its drive: one function of one number per file.

mod elu;
mod gelu;
mod gelu_tanh;
mod identity;
mod leaky_relu;
mod relu;
mod sigmoid;
mod silu;
mod softplus;
mod step;
mod tanh;

pub use elu::Elu;
pub use gelu::Gelu;
pub use gelu_tanh::GeluTanh;
pub use identity::Identity;
pub use leaky_relu::LeakyRelu;
pub use relu::Relu;
pub use sigmoid::Sigmoid;
pub use silu::Silu;
pub use softplus::Softplus;
pub use step::Step;
pub use tanh::Tanh;

use duet_kernels::Real;
use duet_units::choice;

choice! {
    /// What a unit computes from its drive.
    pub enum Activation: "activation" {
        Identity(Identity) = "identity",
        Relu(Relu) = "relu",
        Tanh(Tanh) = "tanh",
        Sigmoid(Sigmoid) = "sigmoid",
        Softplus(Softplus) = "softplus",
        Gelu(Gelu) = "gelu",
        GeluTanh(GeluTanh) = "gelu_tanh",
        Silu(Silu) = "silu",
        Elu(Elu) = "elu",
        LeakyRelu(LeakyRelu) = "leaky_relu",
        Step(Step) = "step",
    }
}

impl Activation {
    /// The function behind the name.
    pub fn curve<T: Real>(&self) -> &dyn Curve<T> {
        match self {
            Self::Identity(curve) => curve,
            Self::Relu(curve) => curve,
            Self::Tanh(curve) => curve,
            Self::Sigmoid(curve) => curve,
            Self::Softplus(curve) => curve,
            Self::Gelu(curve) => curve,
            Self::GeluTanh(curve) => curve,
            Self::Silu(curve) => curve,
            Self::Elu(curve) => curve,
            Self::LeakyRelu(curve) => curve,
            Self::Step(curve) => curve,
        }
    }
}

/// A function of one number with its derivative. Finite drives never overflow.
pub trait Curve<T: Real> {
    /// The activation at a drive of `x`.
    fn value(&self, x: T) -> T;

    /// The derivative at `x`, where `y` is [`Curve::value`] of `x`: many derivatives come cheaper from it.
    fn slope(&self, x: T, y: T) -> T;

    /// Whether the slope can be told from the value alone, so that the drive need not be kept: [`Curve::slope`] then gives
    /// the same for `(y, y)` as for `(x, y)`.
    fn forgets_drive(&self) -> bool {
        false
    }

    /// The activations of many units at once, in the place of their drives.
    fn apply(&self, drives: &mut [T]) {
        for x in drives {
            *x = self.value(*x);
        }
    }

    /// The activations of many units at once; `values` is as long as `drives`.
    fn values(&self, drives: &[T], values: &mut [T]) {
        for (y, &x) in values.iter_mut().zip(drives) {
            *y = self.value(x);
        }
    }

    /// Multiplies each delta by the slope of its unit: from dL/dy to dL/dx. All three are equally long.
    fn times_slopes(&self, drives: &[T], values: &[T], deltas: &mut [T]) {
        for ((delta, &x), &y) in deltas.iter_mut().zip(drives).zip(values) {
            *delta *= self.slope(x, y);
        }
    }
}

#[cfg(test)]
mod tests;
