//! Rules on pairs of spikes.

use super::incoming;
use crate::plasticity::{PairRule, Trace};
use duet_kernels::Real;
use duet_topology::Wiring;

/// The traces of a pair rule, and the way from a target back to its synapses.
pub(crate) struct Pairs<T> {
    rule: Box<dyn PairLoops<T>>,
    learns_on_pre: bool,
    pre: End,
    post: End,
    /// The synapses of each target as (source, position), ascending by source.
    incoming: Vec<Vec<(u32, u32)>>,
    /// Whether the delay lies in the dendrite.
    pub(crate) dendritic: bool,
    pub(crate) pace: f64,
}

/// The traces of one end of the synapses: what the other end's spikes read, and what its own next spike reads.
struct End {
    seen: Trace,
    own: Option<Trace>,
}

impl End {
    fn cells(&self) -> usize {
        self.seen.cells()
    }

    fn own(&self, cell: usize, now: u64) -> f64 {
        self.own.as_ref().map_or(0.0, |trace| trace.read(cell, now))
    }

    fn add(&mut self, cells: &[u32], now: u64) {
        for &cell in cells {
            self.seen.add(cell as usize, now);
            if let Some(own) = &mut self.own {
                own.add(cell as usize, now);
            }
        }
    }

    fn save(&self, cell: usize, state: &mut Vec<f64>) {
        self.seen.save(cell, state);
        self.own.iter().for_each(|own| own.save(cell, state));
    }

    fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        self.seen.restore(cell, state);
        self.own.iter_mut().for_each(|own| own.restore(cell, state));
    }

    fn clear(&mut self) {
        self.seen.clear();
        if let Some(own) = &mut self.own {
            own.clear();
        }
    }
}

/// A rule with its loops, compiled together: one virtual call per spike, none per synapse.
pub(crate) trait PairLoops<T>: Send + Sync {
    /// Updates a source's row, `first` the position of its first weight, at an arrival.
    fn arrival(
        &self,
        row: &mut [T],
        first: usize,
        wiring: (&Wiring, usize),
        post: &Trace,
        own: f64,
        now: u64,
    );
    /// Updates the synapses onto a target that fires.
    fn fire(&self, weights: &mut [T], row: &[(u32, u32)], pre: &Trace, own: f64, pace: f64, now: u64);
}

impl<R: PairRule, T: Real> PairLoops<T> for R {
    fn arrival(
        &self,
        row: &mut [T],
        first: usize,
        (wiring, n_post): (&Wiring, usize),
        post: &Trace,
        own: f64,
        now: u64,
    ) {
        for (position, weight) in (first..).zip(row) {
            let trace = post.read(wiring.target(position, n_post), now);
            *weight = T::from_f64(self.on_pre(weight.to_f64(), trace, own));
        }
    }

    fn fire(&self, weights: &mut [T], row: &[(u32, u32)], pre: &Trace, own: f64, pace: f64, now: u64) {
        let length = self.row_length();
        let trace = |cell: u32| pre.read(cell as usize, now);
        let scale = if length.is_some() {
            let squares: f64 = row.iter().map(|&(cell, _)| trace(cell) * trace(cell)).sum();
            if squares == 0.0 {
                return;
            }
            1.0 / squares.sqrt()
        } else {
            1.0
        };
        let mut squares = 0.0;
        for &(cell, position) in row {
            let weight = self.on_post(weights[position as usize].to_f64(), trace(cell) * scale, own, pace);
            weights[position as usize] = T::from_f64(weight);
            squares += weight * weight;
        }
        if let Some(length) = length.filter(|_| squares > 0.0) {
            let factor = T::from_f64(length / squares.sqrt());
            row.iter().for_each(|&(_, position)| weights[position as usize] *= factor);
        }
    }
}

impl<T: Real> Pairs<T> {
    pub(crate) fn new<R: PairRule + 'static>(
        rule: R,
        wiring: &Wiring,
        (n_pre, n_post): (usize, usize),
        dt: f64,
        dendritic: bool,
    ) -> Self {
        let end = |seen, own: Option<_>, size| End {
            seen: Trace::new(seen, size, dt),
            own: own.map(|kind| Trace::new(kind, size, dt)),
        };
        Self {
            learns_on_pre: rule.learns_on_pre(),
            pre: end(rule.pre_trace(), rule.pre_own_trace(), n_pre),
            post: end(rule.post_trace(), rule.post_own_trace(), n_post),
            rule: Box::new(rule),
            incoming: incoming(wiring, n_pre, n_post),
            dendritic,
            pace: 1.0,
        }
    }

    /// Handles the spikes that the synapses see at step `now`: first the targets', then the sources'; then both leave
    /// their traces.
    pub(crate) fn step(&mut self, weights: &mut [T], wiring: &Wiring, pre: &[u32], post: &[u32], now: u64) {
        for &cell in post {
            let cell = cell as usize;
            let own = self.post.own(cell, now);
            self.rule.fire(weights, &self.incoming[cell], &self.pre.seen, own, self.pace, now);
        }
        let n_post = self.incoming.len();
        for &cell in pre.iter().filter(|_| self.learns_on_pre) {
            let own = self.pre.own(cell as usize, now);
            let row = wiring.row(cell as usize, n_post);
            let first = row.start;
            self.rule.arrival(&mut weights[row], first, (wiring, n_post), &self.post.seen, own, now);
        }
        self.pre.add(pre, now);
        self.post.add(post, now);
    }

    /// The synapses of a target as (source, position).
    pub(crate) fn incoming(&self, target: usize) -> &[(u32, u32)] {
        &self.incoming[target]
    }

    /// Adds the traces of a target.
    pub(crate) fn save_target(&self, target: usize, state: &mut Vec<f64>) {
        self.post.save(target, state);
    }

    pub(crate) fn restore_target(&mut self, target: usize, state: &mut dyn Iterator<Item = f64>) {
        self.post.restore(target, state);
    }

    /// Adds the traces of all sources.
    pub(crate) fn save_sources(&self, state: &mut Vec<f64>) {
        (0..self.pre.cells()).for_each(|cell| self.pre.save(cell, state));
    }

    pub(crate) fn restore_sources(&mut self, state: &mut dyn Iterator<Item = f64>) {
        (0..self.pre.cells()).for_each(|cell| self.pre.restore(cell, state));
    }

    pub(crate) fn clear(&mut self) {
        self.pre.clear();
        self.post.clear();
    }
}
