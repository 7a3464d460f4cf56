//! The artificial side: layers, activations, backpropagation.
//!
//! An [`Ann`] is compiled from a realised [`Network`](duet_topology::Network) and the side's settings, [`AnnSide`]. Its
//! layers are the network's populations in the order in which they feed each other; any directed graph without circles
//! will do, skip connections included. It learns from [`Examples`], answers, tells its costs, and writes its weights
//! back into a network that the spiking side can run.
//!
//! ```
//! use duet_ann::{Ann, AnnSide, Examples, Pixels};
//! use duet_random::Key;
//! use duet_topology::NetworkSpec;
//!
//! let spec: NetworkSpec = toml::from_str("
//!     population.input.size = 2
//!     population.hidden.size = 8
//!     population.output.size = 2
//!     projection.a = { from = 'input', to = 'hidden', weights.he = {}, bias.zero = {} }
//!     projection.b = { from = 'hidden', to = 'output', weights.xavier = {}, bias.zero = {} }
//! ")?;
//! let side: AnnSide = toml::from_str("
//!     activation.tanh = {}
//!     learning.backprop = { batch = 4, optimizer.adam = { rate = 0.05 } }
//!     population.output.activation.identity = {}
//! ")?;
//! let mut ann = Ann::<f32>::new(&spec.realize(Key::new(7))?, &side)?;
//!
//! // Exclusive or: four examples of two numbers each.
//! let inputs = Pixels::F32(&[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
//! let examples = Examples::new(inputs, 2, &[0, 1, 1, 0])?;
//! for _ in 0..200 {
//!     ann.fit(&examples, &[0, 1, 2, 3])?;
//! }
//! assert_eq!(ann.evaluate(&examples)?.correct, 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod activation;
mod ann;
mod answer;
mod batch_norm;
mod cost;
mod error;
mod examine;
mod examples;
mod fused;
mod lanes;
mod learning;
mod link;
mod pass;
mod plan;
mod principal;
#[cfg(test)]
mod samples;
mod side;
mod team;
mod trace;
mod train;
mod workspace;

pub use activation::{
    Activation, Curve, Elu, Gelu, GeluTanh, Identity, LeakyRelu, Relu, Sigmoid, Silu, Softplus, Step, Tanh,
};
pub use ann::{Ann, AnnState};
pub use batch_norm::BatchNorm;
pub use cost::{Cost, LayerSummary};
pub use error::{AnnError, Place};
pub use examine::{Examined, Look, UnitShares};
pub use examples::{Examples, Pixels};
pub use learning::{
    Backprop, Bcm, Hebb, Hopfield, HopfieldMemory, Learning, Oja, Perceptron, RateLayer, Sanger, Separation,
    StaleGradient, largest_load, one_step_error, overlap, separable_share,
};
pub use principal::{Component, principal_components};
pub use side::{AnnPopulation, AnnSide, Standardize};
pub use trace::{LayerTrace, ProjectionTrace, Trace};
pub use train::EpochReport;

/// The matrices that it takes and gives.
pub use nalgebra::DMatrix;
