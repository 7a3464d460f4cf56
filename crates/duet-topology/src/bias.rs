//! How the biases of a projection's targets are drawn.

use duet_random::{Key, Stream};
use duet_units::{choice, parameters};

use crate::weights::{Constant, Given, Normal, Uniform};

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
        Given(Given) = "given",
    }
}

impl Bias {
    /// Draws the biases of so many targets, or kernels, each from its own stream.
    pub fn draw(&self, key: Key, targets: usize) -> Vec<f64> {
        let sample = |stream: &mut Stream| match self {
            Self::Zero(_) | Self::Given(_) => 0.0,
            Self::Constant(constant) => constant.0,
            Self::Uniform(uniform) => stream.uniform_in(uniform.low, uniform.high),
            Self::Normal(normal) => normal.mean + normal.std * stream.normal(),
        };
        match self {
            Self::Given(given) if given.0.len() == targets => given.0.clone(),
            _ => (0..targets).map(|target| sample(&mut key.stream("bias", target as u64))).collect(),
        }
    }

    /// Why there cannot be so many such biases, one for each `of` them ("units"), in words, or nothing.
    ///
    /// # Errors
    /// A sentence with the values found and allowed.
    pub fn fits(&self, expected: usize, of: &str) -> Result<(), String> {
        match self {
            Self::Given(given) => given.fits_count(expected, of),
            _ => Ok(()),
        }
    }
}
