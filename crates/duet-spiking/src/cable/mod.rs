//! Neurites with a length: passive cables, axons that carry spikes, and one solver for all of them.
//!
//! # Equations
//! ```text
//! c_m dV/dt = d/(4 r_i) d2V/dx2 - I_membrane(V) + I_injected            per area; d: diameter
//! lambda^2 d2V/dx2 = tau_m dV/dt + V - e_l                              where the membrane is passive
//! lambda = sqrt(d/4 · r_m/r_i)        tau_m = r_m c_m
//! ```
//! Space is cut into cylinders between nodes ([`Compartments`]), time into steps of the trapezoidal rule; errors fall with the
//! square of both.

mod compartments;
mod fibre;
mod front;
mod neurite;
mod passive;
mod rall;

pub use compartments::{Compartments, Cylinder};
pub use fibre::{End, Fibre, FibreMembrane, Myelin, Passive};
pub use front::Front;
pub use neurite::Neurite;
pub use passive::Electrotonic;
pub use rall::{equivalent_diameter, three_halves};
