//! What a spike does to its target: one kinetic per file.

mod delta;
mod exponential;
mod unit;

pub use delta::Delta;
pub use exponential::{Exponential, membrane_response};
pub use unit::WeightUnit;

use duet_units::choice;

choice! {
    /// What a spike does to its target.
    pub enum Synapse: "synapse" {
        Delta(Delta) = "delta",
        Exponential(Exponential) = "exponential",
    }
}
