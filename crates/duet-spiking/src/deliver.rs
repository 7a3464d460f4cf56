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
            (None, Wiring::Convolution(_) | Wiring::AveragePool(_) | Wiring::MaxPool(_)) => {
                let mut events = 0;
                self.visit(pre, |target, weight| {
                    arrivals[target] += passed(weight);
                    events += 1;
                });
                self.events += events;
            }
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

    /// All synapses of a source: the target and the weight of each.
    pub(crate) fn visit(&self, pre: usize, mut visit: impl FnMut(usize, T)) {
        match &self.wiring {
            Wiring::Full => {
                let row = &self.weights[pre * self.n_post..][..self.n_post];
                row.iter().enumerate().for_each(|(target, &weight)| visit(target, weight));
            }
            Wiring::Sparse { offsets, targets } => {
                let row = offsets[pre]..offsets[pre + 1];
                let synapses = targets[row.clone()].iter().zip(&self.weights[row]);
                synapses.for_each(|(&target, &weight)| visit(target as usize, weight));
            }
            Wiring::Convolution(window) => {
                let (places, inputs) = (window.places(), window.input[0] * window.input[1]);
                let kernels = self.n_post / places;
                let channel = pre / inputs * window.area();
                window.seen_by(pre % inputs, |place, cell| {
                    let weights = &self.weights[(channel + cell) * kernels..][..kernels];
                    for (kernel, &weight) in weights.iter().enumerate() {
                        visit(kernel * places + place, weight);
                    }
                });
            }
            Wiring::AveragePool(window) => {
                let (places, inputs) = (window.places(), window.input[0] * window.input[1]);
                let share = T::from_f64(1.0 / window.area() as f64);
                window.seen_by(pre % inputs, |place, _| visit(pre / inputs * places + place, share));
            }
            // A maximum cannot be added up spike by spike; refused when the side is checked and when it is compiled.
            Wiring::MaxPool(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{SpikingNet, SpikingSide};
    use duet_random::Key;
    use duet_topology::NetworkSpec;

    /// A spike, or a number that is held, reaches through a moving window what the definition of convolution and of the mean says.
    #[test]
    fn windows_are_what_their_definition_says() {
        let spec: NetworkSpec = toml::from_str(
            "population = { x.shape = [2, 5, 6], c.shape = [3, 3, 3], p.shape = [3, 1, 3], y.size = 1 }
             [projection.xc]
             from = 'x'
             to = 'c'
             pattern.conv2d = { kernel = [3, 2], stride = [2, 2], padding = [1, 0] }
             weights.normal = { std = 0.5 }
             bias.uniform = { low = -1.0, high = 1.0 }
             [projection.cp]
             from = 'c'
             to = 'p'
             pattern.average_pool2d = { kernel = [2, 1] }
             [projection.py]
             from = 'p'
             to = 'y'
             weights.constant = 1.0",
        )
        .unwrap();
        let network = spec.realize(Key::new(4)).unwrap();
        let mut x = vec![0.0; 60];
        Key::new(5).stream("x", 0).fill_normal(&mut x);
        let (w, bias) =
            (&network.projections["xc"].weights, network.projections["xc"].bias.as_ref().unwrap());
        // z[k, i, j] = b[k] + sum of w[c, r, q, k] x[c, 2 i + r - 1, 2 j + q]
        let mut expected = Vec::new();
        for (k, i, j) in (0..27).map(|n| (n / 9, n / 3 % 3, n % 3)) {
            let mut z = bias[k];
            for (c, r, q) in (0..12).map(|n| (n / 6, n / 2 % 3, n % 2)) {
                if let Some(row) = (2 * i + r).checked_sub(1).filter(|&row| row < 5) {
                    z += w[((c * 3 + r) * 2 + q) * 3 + k] * x[(c * 5 + row) * 6 + 2 * j + q];
                }
            }
            expected.push(z);
        }
        let side: SpikingSide = toml::from_str(
            "neuron.integrate_and_fire = {}\nsynapse.delta = {}\nencode.constant_current = {}\ndecode.membrane = {}",
        )
        .unwrap();
        let mut net = SpikingNet::<f64>::new(&network, &side, 1, 2.0, Key::new(0)).unwrap();
        let values: Vec<f32> = x.iter().map(|&x| x as f32).collect();
        let recording = net.record(&values, 0, 27);
        let (population, _, rows) = &recording.v[0];
        assert_eq!(*population, 1);
        for (cell, (row, z)) in rows.iter().zip(&expected).enumerate() {
            assert!((row[0] - z).abs() < 1e-6, "cell {cell}: {} or {z}", row[0]);
        }
        // What fired in step 1 is pooled in step 2: the mean of two rows of a channel.
        let fired = |cell: usize| f64::from(u8::from(expected[cell] > 1.0));
        let (_, _, pooled) = &recording.v[1];
        for (cell, row) in pooled.iter().enumerate() {
            let (k, j) = (cell / 3, cell % 3);
            let mean = 0.5 * (fired(k * 9 + j) + fired(k * 9 + 3 + j));
            assert!(row[0] == 0.0 && (row[1] - mean).abs() < 1e-12, "{cell}: {row:?} or {mean}");
        }
        assert!((0..27).any(|cell| fired(cell) == 1.0));
        let activity = net.take_activity();
        assert_eq!(activity.products, network.synapses_of(&network.projections["xc"]));
    }
}
