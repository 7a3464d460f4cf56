//! How much of its weight a synapse passes on, by what it has sent before: one model per file.

mod saturating;
mod tsodyks_markram;

pub use saturating::Saturating;
pub use tsodyks_markram::TsodyksMarkram;

use duet_units::choice;

choice! {
    /// What a synapse releases at a spike.
    pub enum Release: "release" {
        TsodyksMarkram(TsodyksMarkram) = "tsodyks_markram",
        Saturating(Saturating) = "saturating",
    }
}

impl Release {
    /// A bound on the share that is passed on.
    pub fn most(&self) -> f64 {
        match self {
            Self::TsodyksMarkram(_) => 1.0,
            Self::Saturating(model) => model.first(),
        }
    }

    /// What of the weight is passed on at a spike; `since` is the time since the source's last one in ms, `None` for its first.
    pub fn release(&self, resources: &mut Resources, since: Option<f64>) -> f64 {
        match self {
            Self::TsodyksMarkram(model) => model.release(resources, since),
            Self::Saturating(model) => model.release(resources, since),
        }
    }
}

/// What a sending cell has, right after its last spike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resources {
    /// The share of it that the spike used; 0 for models without facilitation of their own.
    pub u: f64,
    /// The share that is left.
    pub x: f64,
}

impl Default for Resources {
    fn default() -> Self {
        Self { u: 0.0, x: 1.0 }
    }
}
