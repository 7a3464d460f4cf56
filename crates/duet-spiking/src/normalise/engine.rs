//! When rows are normalised, and which weights belong to one.

use super::{Normalise, Scaling};
use crate::plasticity::engine::incoming;
use duet_kernels::Real;
use duet_topology::Wiring;

/// What one projection needs in order to be normalised.
pub(crate) struct Normaliser {
    scaling: Scaling,
    dt: f64,
    /// Steps from one moment to the next.
    every: u64,
    incoming: Vec<Vec<(u32, u32)>>,
    /// Steps since the last moment, and the spikes of every target in them. They go on from presentation to presentation.
    pub(crate) elapsed: u64,
    pub(crate) counts: Vec<u32>,
}

impl Normaliser {
    pub(crate) fn new(
        normalise: &Normalise,
        wiring: &Wiring,
        (n_pre, n_post): (usize, usize),
        dt: f64,
    ) -> Self {
        let Normalise::Scaling(scaling) = normalise;
        Self {
            scaling: scaling.clone(),
            dt,
            every: ((scaling.every.get() / dt).round() as u64).max(1),
            incoming: incoming(wiring, n_pre, n_post),
            elapsed: 0,
            counts: vec![0; n_post],
        }
    }

    /// Counts a step and the spikes in it; true at a moment, when [`Normaliser::act`] is to follow.
    pub(crate) fn step(&mut self, spikes: &[u32]) -> bool {
        spikes.iter().for_each(|&cell| self.counts[cell as usize] += 1);
        self.elapsed += 1;
        self.elapsed >= self.every
    }

    /// Scales the rows.
    pub(crate) fn act<T: Real>(&mut self, weights: &mut [T]) {
        let seconds = self.elapsed as f64 * self.dt / 1000.0;
        for (row, count) in self.incoming.iter().zip(&mut self.counts) {
            let factor = T::from_f64(self.scaling.factor(f64::from(*count) / seconds));
            row.iter().for_each(|&(_, position)| weights[position as usize] *= factor);
            *count = 0;
        }
        self.elapsed = 0;
    }
}
