//! From spikes to arrivals: what reaches each target at this instant, with the weights as they are now.

use crate::normalise::Normaliser;
use crate::plasticity::engine::Learning;
use crate::release::{Release, Resources};
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
    /// What the synapses of each source have in store; `None` where they always pass on all of their weight.
    pub(crate) stores: Option<Stores>,
}

/// What the synapses of every source have in store. All synapses of a source with one delay have seen the same train, so they
/// share one state, brought up to date when a spike arrives.
#[derive(Clone)]
pub(crate) struct Stores {
    model: Release,
    /// The state right after the last spike, and the step of that; 0 before the first.
    sources: Vec<(Resources, u64)>,
}

impl Stores {
    pub(crate) fn new(model: &Release, sources: usize) -> Self {
        Self { model: model.clone(), sources: vec![(Resources::default(), 0); sources] }
    }

    /// As before the first spike.
    pub(crate) fn rest(&mut self) {
        self.sources.fill((Resources::default(), 0));
    }

    /// The share of the weight that a spike arriving now passes on.
    pub(crate) fn release(&mut self, source: usize, now: u64, dt: f64) -> f64 {
        let (resources, last) = &mut self.sources[source];
        let since = (*last > 0).then(|| (now - *last) as f64 * dt);
        *last = now;
        self.model.release(resources, since)
    }

    /// What every source has: u, x, the step of its last spike.
    pub(crate) fn save(&self) -> Vec<f64> {
        self.sources.iter().flat_map(|(resources, last)| [resources.u, resources.x, *last as f64]).collect()
    }

    /// Takes what [`Stores::save`] gave; `false` where it is of another number of sources.
    pub(crate) fn restore(&mut self, saved: &[f64]) -> bool {
        for (source, own) in self.sources.iter_mut().zip(saved.chunks_exact(3)) {
            *source = (Resources { u: own[0], x: own[1] }, own[2] as u64);
        }
        saved.len() == 3 * self.sources.len()
    }
}

impl<T: Real> Link<T> {
    /// Adds what the synapses with this delay of one spiking source pass on to its targets' arrivals.
    pub(crate) fn add_row(&mut self, bucket: usize, pre: usize, now: u64, dt: f64, arrivals: &mut [T]) {
        match self.delays[bucket].stores.as_mut().map(|stores| stores.release(pre, now, dt)) {
            None => self.spread(bucket, pre, arrivals, |weight| weight),
            Some(share) => {
                let share = T::from_f64(share);
                self.spread(bucket, pre, arrivals, |weight| share * weight);
            }
        }
    }

    fn spread(&mut self, bucket: usize, pre: usize, arrivals: &mut [T], passed: impl Fn(T) -> T) {
        match (&self.delays[bucket].rows, &self.wiring) {
            (None, Wiring::Full) => {
                let row = &self.weights[pre * self.n_post..(pre + 1) * self.n_post];
                for (arrival, &weight) in arrivals.iter_mut().zip(row) {
                    *arrival += passed(weight);
                }
                self.events += row.len() as u64;
            }
            (None, Wiring::Sparse { offsets, targets }) => {
                let row = offsets[pre]..offsets[pre + 1];
                for (&target, &weight) in targets[row.clone()].iter().zip(&self.weights[row.clone()]) {
                    arrivals[target as usize] += passed(weight);
                }
                self.events += row.len() as u64;
            }
            // Refused when the side is compiled.
            (None, Wiring::Convolution(_) | Wiring::AveragePool(_) | Wiring::MaxPool(_)) => {}
            (Some((offsets, positions)), wiring) => {
                let row = &positions[offsets[pre]..offsets[pre + 1]];
                for &position in row {
                    arrivals[wiring.target(position as usize, self.n_post)] +=
                        passed(self.weights[position as usize]);
                }
                self.events += row.len() as u64;
            }
        }
    }
}
