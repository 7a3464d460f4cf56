//! Credit through spikes: what a weight did to an error that came after threshold crossings.
//!
//! A spike is a step of the potential; its derivative is zero, and nowhere it is not. [`Surrogate`] stands in for it.
//! [`Unrolled`] is a network laid out in time, one layer and step after the other: [`Unrolled::backward`] goes back through time,
//! [`Unrolled::forward_in_time`] keeps what every synapse needs as time goes on (e-prop). [`Batched`] is the same for many examples at
//! once, and [`SurrogateNet`] a network that learns with it.

mod batch;
mod descent;
mod net;
pub mod surrogate;
mod unrolled;

pub use batch::Batched;
pub use descent::SurrogateDescent;
pub use net::{Answered, SurrogateNet, SurrogateState};
pub use surrogate::Surrogate;
pub use unrolled::{Gradient, Layer, Trace, Unrolled};
