//! How spikes become an answer: one read-out per file.

mod class_vote;
mod first_spike;
mod liquid_state;
mod membrane;
mod spike_count;

pub use class_vote::{ClassVote, Tuning};
pub use first_spike::FirstSpike;
pub use liquid_state::LiquidState;
pub use membrane::{Membrane, Take};
pub use spike_count::SpikeCount;

use duet_units::choice;

choice! {
    /// How the output population's spikes become an answer.
    pub enum Decode: "decode" {
        SpikeCount(SpikeCount) = "spike_count",
        FirstSpike(FirstSpike) = "first_spike",
        ClassVote(ClassVote) = "class_vote",
        LiquidState(LiquidState) = "liquid_state",
        Membrane(Membrane) = "membrane",
    }
}

/// What an output population did during one presentation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OutputSpikes {
    /// Spikes of every cell.
    pub count: Vec<f64>,
    /// Step of every cell's first spike; infinite if it stayed silent.
    pub first: Vec<f64>,
}
