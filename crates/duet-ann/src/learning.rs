//! How weights learn: one way of assigning credit per file.

mod backprop;
mod bcm;
mod hebb;
mod hopfield;
mod oja;
mod perceptron;
mod rate_layer;
mod sanger;
mod separability;
mod stale_gradient;

pub use backprop::Backprop;
pub(crate) use backprop::assign_credit;
pub use bcm::Bcm;
pub use hebb::Hebb;
pub use hopfield::{Hopfield, HopfieldMemory, largest_load, one_step_error, overlap};
pub use oja::Oja;
pub use perceptron::Perceptron;
pub use rate_layer::RateLayer;
pub use sanger::Sanger;
pub use separability::{Separation, separable_share};
pub use stale_gradient::StaleGradient;

use duet_units::choice;

choice! {
    /// How an artificial side learns.
    pub enum Learning: "learning" {
        Backprop(Backprop) = "backprop",
        Perceptron(Perceptron) = "perceptron",
        StaleGradient(StaleGradient) = "stale_gradient",
        Hebb(Hebb) = "hebb",
        Oja(Oja) = "oja",
        Sanger(Sanger) = "sanger",
        Bcm(Bcm) = "bcm",
        Hopfield(Hopfield) = "hopfield",
    }
}

impl Learning {
    /// The descent that carries it out in a network of so many outputs; the default's for a rule without a teacher, of which
    /// nothing but the batch size is used.
    pub(crate) fn descent(&self, outputs: usize) -> Backprop {
        match self {
            Self::Backprop(backprop) => backprop.clone(),
            Self::Perceptron(perceptron) => perceptron.descent(outputs),
            Self::StaleGradient(stale) => stale.repaired(),
            Self::Hebb(_) | Self::Oja(_) | Self::Sanger(_) | Self::Bcm(_) | Self::Hopfield(_) => {
                Backprop::default()
            }
        }
    }

    /// Whether the weights follow what is asked for. The others change by what flows through them alone ([`RateLayer`]):
    /// no labels, no errors.
    pub fn has_teacher(&self) -> bool {
        !matches!(self, Self::Hebb(_) | Self::Oja(_) | Self::Sanger(_) | Self::Bcm(_) | Self::Hopfield(_))
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
