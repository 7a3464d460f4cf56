//! How weights learn: one way of assigning credit per file.

mod backprop;
mod perceptron;
mod stale_gradient;

pub use backprop::Backprop;
pub(crate) use backprop::assign_credit;
pub use perceptron::Perceptron;
pub use stale_gradient::StaleGradient;

use duet_units::choice;

choice! {
    /// How an artificial side learns.
    pub enum Learning: "learning" {
        Backprop(Backprop) = "backprop",
        Perceptron(Perceptron) = "perceptron",
        StaleGradient(StaleGradient) = "stale_gradient",
    }
}

impl Learning {
    /// The descent that carries it out in a network of so many outputs.
    pub(crate) fn descent(&self, outputs: usize) -> Backprop {
        match self {
            Self::Backprop(backprop) => backprop.clone(),
            Self::Perceptron(perceptron) => perceptron.descent(outputs),
            Self::StaleGradient(stale) => stale.repaired(),
        }
    }

    /// Whether the output's error is taken as it is, without the slope of its activation.
    pub(crate) fn ignores_slope(&self) -> bool {
        matches!(self, Self::Perceptron(_))
    }

    /// Whether the first gradient is kept and taken for ever.
    pub(crate) fn keeps_first_gradient(&self) -> bool {
        matches!(self, Self::StaleGradient(_))
    }
}
