//! From spikes to arrivals: what reaches each target at this instant, with the weights as they are now.

use crate::normalise::Normaliser;
use crate::plasticity::engine::Learning;
use duet_kernels::Real;
use duet_topology::Wiring;

/// The synapses of one projection, compiled for delivery.
pub(crate) struct Link<T> {
    pub(crate) name: String,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Which of the target's receptors the synapses reach; `None` where the target has no cells of its own.
    pub(crate) receptor: Option<usize>,
    pub(crate) n_post: usize,
    pub(crate) wiring: Wiring,
    /// Dimensionless, in the wiring's order.
    pub(crate) weights: Vec<T>,
    pub(crate) bias: Option<Vec<T>>,
    pub(crate) delays: Vec<Bucket>,
    pub(crate) learning: Option<Learning<T>>,
    pub(crate) normalise: Option<Normaliser>,
    /// Synaptic events so far.
    pub(crate) events: u64,
}

/// The synapses that share one delay.
pub(crate) struct Bucket {
    /// In steps, at least 1.
    pub(crate) delay: usize,
    /// The synapses of each source, as (offsets, positions); `None` means all.
    pub(crate) rows: Option<(Vec<usize>, Vec<u32>)>,
}

impl<T: Real> Link<T> {
    /// Adds the synapses with this delay of one spiking source to its targets' arrivals.
    pub(crate) fn add_row(&mut self, bucket: usize, pre: usize, arrivals: &mut [T]) {
        match (&self.delays[bucket].rows, &self.wiring) {
            (None, Wiring::Full) => {
                let row = &self.weights[pre * self.n_post..(pre + 1) * self.n_post];
                for (arrival, &weight) in arrivals.iter_mut().zip(row) {
                    *arrival += weight;
                }
                self.events += row.len() as u64;
            }
            (None, Wiring::Sparse { offsets, targets }) => {
                let row = offsets[pre]..offsets[pre + 1];
                for (&target, &weight) in targets[row.clone()].iter().zip(&self.weights[row.clone()]) {
                    arrivals[target as usize] += weight;
                }
                self.events += row.len() as u64;
            }
            // Refused when the side is compiled.
            (None, Wiring::Convolution(_) | Wiring::AveragePool(_) | Wiring::MaxPool(_)) => {}
            (Some((offsets, positions)), wiring) => {
                let row = &positions[offsets[pre]..offsets[pre + 1]];
                for &position in row {
                    arrivals[wiring.target(position as usize, self.n_post)] +=
                        self.weights[position as usize];
                }
                self.events += row.len() as u64;
            }
        }
    }
}
