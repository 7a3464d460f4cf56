//! How a synapse learns: one rule per file.
//!
//! A rule sees one synapse: its weight and the traces of its two ends. It never sees a matrix, a pattern or a neuron
//! model. The engine owns the loops, the traces and the bounds.

mod competition;
pub(crate) mod engine;
mod fixed;
mod hebb;
mod pairings;
mod reward_stdp;
mod stdp;
mod three_factor;
mod trace;
mod triplet_stdp;
mod vogels;

pub use competition::Competition;
pub use fixed::Fixed;
pub use hebb::Hebb;
pub use pairings::Pairings;
pub use reward_stdp::RewardStdp;
pub use stdp::Stdp;
pub use three_factor::ThreeFactor;
pub use trace::Trace;
pub use triplet_stdp::TripletStdp;
pub use vogels::Vogels;

use duet_kernels::Real;
use duet_topology::Wiring;
use duet_units::choice;
use engine::Pairs;

choice! {
    /// How a synapse learns.
    pub enum Plasticity: "plasticity" {
        Fixed(Fixed) = "fixed",
        Hebb(Hebb) = "hebb",
        Stdp(Stdp) = "stdp",
        TripletStdp(TripletStdp) = "triplet_stdp",
        Vogels(Vogels) = "vogels",
        RewardStdp(RewardStdp) = "reward_stdp",
        ThreeFactor(ThreeFactor) = "three_factor",
        Competition(Competition) = "competition",
    }
}

/// A rule driven by the spikes of the two ends of a synapse.
///
/// A spike reads the other end's trace and, where the rule asks for one, a second trace of its own end. Traces are read
/// *before* the spikes of the instant are added, so two spikes at the same instant do not form a pair.
pub trait PairRule: Send + Sync {
    /// The trace that a presynaptic spike leaves at its arrival, read at postsynaptic spikes.
    fn pre_trace(&self) -> TraceKind;
    /// The trace that a postsynaptic spike leaves, read at presynaptic arrivals.
    fn post_trace(&self) -> TraceKind;
    /// A trace of the source that its own next arrival reads, for rules on more than pairs.
    fn pre_own_trace(&self) -> Option<TraceKind> {
        None
    }
    /// A trace of the target that its own next spike reads.
    fn post_own_trace(&self) -> Option<TraceKind> {
        None
    }
    /// The weight after a presynaptic spike arrives, given the target's trace and the source's own (0 without one).
    fn on_pre(&self, weight: f64, post: f64, own: f64) -> f64;
    /// The weight after a postsynaptic spike, given the source's trace and the target's own (0 without one); `pace`
    /// shrinks the step as epochs pass.
    fn on_post(&self, weight: f64, pre: f64, own: f64, pace: f64) -> f64;
    /// Closed form of the change by a single pair at lag t_post - t_pre in ms, both as the synapse sees them: what a
    /// simulation of two cells is held against.
    fn window(&self, weight: f64, lag: f64) -> f64;
    /// Whether `on_pre` ever changes a weight: where it does not, the engine skips the loop.
    fn learns_on_pre(&self) -> bool {
        true
    }
    /// The largest magnitude that a weight can come to, if the rule has a bound.
    fn most(&self) -> Option<f64> {
        None
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
    pub fn pair_rule(&self) -> Option<&dyn PairRule> {
        match self {
            Self::Fixed(_) | Self::ThreeFactor(_) | Self::RewardStdp(_) => None,
            Self::Hebb(rule) => Some(rule),
            Self::Stdp(rule) => Some(rule),
            Self::TripletStdp(rule) => Some(rule),
            Self::Vogels(rule) => Some(rule),
            Self::Competition(rule) => Some(rule),
        }
    }

    /// The largest magnitude that a weight can come to, if it is a pair rule with a bound.
    pub fn most(&self) -> Option<f64> {
        self.pair_rule().and_then(PairRule::most)
    }

    /// A pair rule with its loops, for one projection.
    pub(crate) fn pairs<T: Real>(
        &self,
        wiring: &Wiring,
        sizes: (usize, usize),
        dt: f64,
        dendritic: bool,
    ) -> Option<Pairs<T>> {
        match self {
            Self::Fixed(_) | Self::ThreeFactor(_) | Self::RewardStdp(_) => None,
            Self::Hebb(rule) => Some(Pairs::new(rule.clone(), wiring, sizes, dt, dendritic)),
            Self::Stdp(rule) => Some(Pairs::new(rule.clone(), wiring, sizes, dt, dendritic)),
            Self::TripletStdp(rule) => Some(Pairs::new(rule.clone(), wiring, sizes, dt, dendritic)),
            Self::Vogels(rule) => Some(Pairs::new(rule.clone(), wiring, sizes, dt, dendritic)),
            Self::Competition(rule) => Some(Pairs::new(rule.clone(), wiring, sizes, dt, dendritic)),
        }
    }

    /// The factor by which steps have shrunk at an epoch.
    pub fn pace(&self, epoch: usize) -> f64 {
        let halve_after = match self {
            Self::ThreeFactor(rule) => rule.halve_after,
            Self::Competition(rule) => rule.halve_after,
            Self::Fixed(_)
            | Self::Hebb(_)
            | Self::Stdp(_)
            | Self::TripletStdp(_)
            | Self::Vogels(_)
            | Self::RewardStdp(_) => None,
        };
        halve_after.map_or(1.0, |epochs| 1.0 / (1.0 + epoch as f64 / epochs))
    }
}
