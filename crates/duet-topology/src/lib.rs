//! Network descriptions and their realisation: who connects to whom, with what weight and delay.
//!
//! A [`NetworkSpec`] names populations and projections and says nothing about neurons or learning. [`NetworkSpec::realize`]
//! draws it once, from one key, into a [`Network`]: the lingua franca from which both engines compile and to which both
//! write their weights back.
//!
//! Weights and biases are *dimensionless*; a spiking side says what one unit means (`weight_unit = "30 pA"`). A number
//! depends only on the seed, the projection's name, the target unit and the position of the draw, so a network is the
//! same for any number of threads, and stays the same when another projection is added beside it.
//!
//! ```
//! use duet_random::Key;
//! use duet_topology::NetworkSpec;
//!
//! let spec: NetworkSpec = toml::from_str(r#"
//!     [population.input]
//!     shape = [8, 8]
//!     [population.output]
//!     size = 10
//!     [projection.input-output]
//!     from = "input"
//!     to = "output"
//!     weights.he = {}
//!     bias.zero = {}
//! "#).unwrap();
//! assert!(spec.problems().is_empty());
//! let network = spec.realize(Key::new(7)).unwrap();
//! assert_eq!(network.projections["input-output"].weights.len(), 640);
//! ```
#![forbid(unsafe_code)]

mod bias;
mod delay;
mod error;
mod measure;
mod network;
mod order;
mod outline;
pub mod pattern;
mod realize;
mod spec;
pub mod weights;
mod window;
mod wiring;

pub use bias::Bias;
pub use delay::{Delay, Delays};
pub use error::TopologyError;
pub use measure::{clustering, path_length};
pub use network::{Network, Population, Projection};
pub use outline::{Outline, Row, Sketch};
pub use pattern::Pattern;
pub use spec::{Names, NetworkSpec, PopulationSpec, ProjectionSpec, Size};
pub use weights::Weights;
pub use window::Window;
pub use wiring::Wiring;
