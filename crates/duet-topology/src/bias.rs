//! How the biases of a projection's targets are drawn.

use duet_random::Stream;
use duet_units::{choice, parameters};

use crate::weights::{Constant, Normal, Uniform};

parameters! {
    /// Every bias starts at zero.
    pub default struct Zero {}
}

choice! {
    /// How the biases of a projection's targets are drawn.
    pub enum Bias: "bias" {
        Zero(Zero) = "zero",
        Constant(Constant) = "constant",
        Uniform(Uniform) = "uniform",
        Normal(Normal) = "normal",
    }
}

impl Bias {
    /// Draws one bias.
    pub fn sample(&self, stream: &mut Stream) -> f64 {
        match self {
            Self::Zero(_) => 0.0,
            Self::Constant(constant) => constant.0,
            Self::Uniform(uniform) => stream.uniform_in(uniform.low, uniform.high),
            Self::Normal(normal) => normal.mean + normal.std * stream.normal(),
        }
    }
}
