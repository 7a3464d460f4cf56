//! What keeps a neuron's incoming weights in proportion, whatever the rule that changes them: one way per file.

mod engine;
mod scaling;

pub(crate) use engine::Normaliser;
pub use scaling::Scaling;

use duet_units::choice;

choice! {
    /// What acts on a neuron's incoming weights as a whole, at stated moments while it learns.
    pub enum Normalise: "normalise" {
        Scaling(Scaling) = "scaling",
    }
}
