//! The loops that rules do not see: which synapses a spike touches, and when.

mod pairs;
mod rewarded;
mod third;

pub(crate) use pairs::Pairs;
pub(crate) use rewarded::Rewarded;
pub(crate) use third::Third;

use duet_kernels::Real;
use duet_topology::Wiring;

/// What one projection needs in order to learn.
pub(crate) enum Learning<T> {
    /// A rule on pairs of spikes.
    Pairs(Pairs<T>),
    /// A rule on pairs of spikes that waits for a reward.
    Rewarded(Rewarded),
    /// The three-factor rule.
    Third(Third<T>),
}

impl<T: Real> Learning<T> {
    /// Brings every weight up to date, where the rule still holds changes back.
    pub(crate) fn catch_up(&mut self, weights: &mut [T], wiring: &Wiring, now: u64) {
        match self {
            Self::Pairs(_) => {}
            Self::Rewarded(rewarded) => rewarded.catch_up(weights, 0..weights.len(), now),
            Self::Third(third) => third.anchor_here(weights, wiring),
        }
    }
}

/// The synapses of each target as (source, position), ascending by source: the way back that rows do not have.
pub(crate) fn incoming(wiring: &Wiring, n_pre: usize, n_post: usize) -> Vec<Vec<(u32, u32)>> {
    let mut incoming = vec![Vec::new(); n_post];
    for pre in 0..n_pre {
        for position in wiring.row(pre, n_post) {
            incoming[wiring.target(position, n_post)].push((pre as u32, position as u32));
        }
    }
    incoming
}
