//! How much of its weight a synapse passes on, by what it has sent before: one model per file.

mod tsodyks_markram;

pub use tsodyks_markram::{Resources, TsodyksMarkram};

use duet_units::choice;

choice! {
    /// Short-term plasticity: what a synapse releases at a spike.
    pub enum Release: "release" {
        TsodyksMarkram(TsodyksMarkram) = "tsodyks_markram",
    }
}

impl Release {
    /// What of the weight is passed on at a spike; `since` is the time since the source's last one in ms, `None` for its first.
    pub fn release(&self, resources: &mut Resources, since: Option<f64>) -> f64 {
        match self {
            Self::TsodyksMarkram(model) => model.release(resources, since),
        }
    }
}
