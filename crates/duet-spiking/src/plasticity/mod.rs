//! How a synapse learns: one rule per file.
//!
//! A rule sees one synapse: its weight and the traces of its two ends. It never sees a matrix, a pattern or a neuron
//! model. The engine owns the loops, the traces and the bounds.

mod competition;
pub(crate) mod engine;
mod fixed;
mod hebb;
mod stdp;
mod three_factor;
mod trace;

pub use competition::Competition;
pub use fixed::Fixed;
pub use hebb::Hebb;
pub use stdp::Stdp;
pub use three_factor::ThreeFactor;
pub use trace::Trace;

use duet_units::choice;

choice! {
    /// How a synapse learns.
    pub enum Plasticity: "plasticity" {
        Fixed(Fixed) = "fixed",
        Hebb(Hebb) = "hebb",
        Stdp(Stdp) = "stdp",
        ThreeFactor(ThreeFactor) = "three_factor",
        Competition(Competition) = "competition",
    }
}

/// A rule driven by the spikes of the two ends of a synapse.
///
/// Traces are read *before* the spikes of the instant are added, so two spikes at the same instant do not form a pair.
pub trait PairRule: Send + Sync {
    /// The trace that a presynaptic spike leaves at its arrival.
    fn pre_trace(&self) -> TraceKind;
    /// The trace that a postsynaptic spike leaves.
    fn post_trace(&self) -> TraceKind;
    /// The weight after a presynaptic spike arrives, given the postsynaptic trace.
    fn on_pre(&self, weight: f64, post: f64) -> f64;
    /// The weight after a postsynaptic spike, given the presynaptic trace; `pace` shrinks the step as epochs pass.
    fn on_post(&self, weight: f64, pre: f64, pace: f64) -> f64;
    /// Whether `on_pre` ever changes a weight: where it does not, the engine skips the loop.
    fn learns_on_pre(&self) -> bool {
        true
    }
    /// The length to which a neuron's incoming weights are brought after it fired, if the rule keeps one. The traces are
    /// then also brought to length 1 before `on_post` reads them.
    fn row_length(&self) -> Option<f64> {
        None
    }
}

/// How a trace grows: by 1 per spike, so that all earlier spikes count, or to 1, so that only the latest does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceKind {
    /// Decay time constant in ms.
    pub tau: f64,
    /// Whether only the latest spike counts.
    pub nearest: bool,
}

impl Plasticity {
    /// The rule as a pair rule, if it is one.
    pub fn pair_rule(&self) -> Option<Box<dyn PairRule>> {
        match self {
            Self::Fixed(_) | Self::ThreeFactor(_) => None,
            Self::Hebb(rule) => Some(Box::new(rule.clone())),
            Self::Stdp(rule) => Some(Box::new(rule.clone())),
            Self::Competition(rule) => Some(Box::new(rule.clone())),
        }
    }

    /// The factor by which steps have shrunk at an epoch.
    pub fn pace(&self, epoch: usize) -> f64 {
        let halve_after = match self {
            Self::ThreeFactor(rule) => rule.halve_after,
            Self::Competition(rule) => rule.halve_after,
            Self::Fixed(_) | Self::Hebb(_) | Self::Stdp(_) => None,
        };
        halve_after.map_or(1.0, |epochs| 1.0 / (1.0 + epoch as f64 / epochs))
    }
}
