//! Batch normalisation of a population's drives.

use crate::lanes::filled;
use core::ops::Range;
use duet_kernels::Real;
use duet_kernels::window::Width;
use duet_units::{Range as Allowed, parameters};

parameters! {
    /// Brings every channel's drives to mean 0 and variance 1 over the batch, then scales and shifts them.
    ///
    /// # Equations
    /// ```text
    /// h = (z - mean) / sqrt(var + epsilon)         mean and (biased) variance over the batch, for each channel
    /// y = f(gamma h + beta)                        gamma begins at 1, beta at 0; both are learned
    /// while answering: running averages in place of the batch's own
    /// running <- (1 - momentum) running + momentum batch     (its variance unbiased, as PyTorch has it)
    /// ```
    ///
    /// # Behaviour
    /// A channel is one map of a population of shape `[channels, rows, columns]`, and one unit of any other. Layers learn
    /// faster and bear larger rates; biases before it have no effect. What an example gives while learning depends on who is
    /// in its batch, so a whole batch goes through at once. The nearest thing in a brain is divisive normalisation, which
    /// divides by the activity of neighbours now, not by that of other stimuli. Weights are handed over as they are: a side
    /// that takes them must normalise too.
    ///
    /// # References
    /// - Ioffe & Szegedy (2015), Batch normalization: accelerating deep network training, ICML.
    /// - Carandini & Heeger (2012), Normalization as a canonical neural computation, Nature Reviews Neuroscience 13.
    /// - The definition of `torch.nn.BatchNorm1d` and `BatchNorm2d`.
    ///
    /// # Example
    /// ```
    /// use duet_ann::BatchNorm;
    ///
    /// // Two examples of one unit, z = 1 and 3: mean 2, variance 1.
    /// let norm: BatchNorm = toml::from_str("epsilon = 0.5625").unwrap();
    /// assert_eq!(norm.normalised(&[1.0, 3.0]), [-0.8, 0.8]); // 1 / sqrt(1 + 0.5625) = 0.8
    /// ```
    pub default struct BatchNorm {
        /// Share of the batch in the running averages.
        pub momentum: f64 = 0.1, in Allowed::UNIT;
        /// Added to the variance, so that a channel that never changes is not divided by nothing.
        pub epsilon: f64 = 1e-5, in Allowed::POSITIVE;
    }
}

impl BatchNorm {
    /// The drives of one channel, normalised by their own mean and variance.
    pub fn normalised(&self, drives: &[f64]) -> Vec<f64> {
        let mut z = drives.to_vec();
        let norm = Norm { settings: self.clone(), channels: 1, parameters: 0..2, running: 0..2 };
        let (mut normed, mut widths) = (vec![0.0; z.len()], [0.0]);
        let places = Places { lanes: false, channel: |_| 0, size: 1, batch: drives.len() };
        norm.learn(&places, &[1.0, 0.0], &mut [0.0, 1.0], (&mut z, &mut normed, &mut widths));
        normed
    }
}

/// Batch normalisation of one layer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Norm {
    settings: BatchNorm,
    pub(crate) channels: usize,
    /// Place in the arena: all scales, then all shifts.
    pub(crate) parameters: Range<usize>,
    /// Place among the running averages: all means, then all variances.
    pub(crate) running: Range<usize>,
}

/// Where a layer's numbers are: the channel of every unit, and which lanes hold examples.
struct Places<F> {
    lanes: bool,
    channel: F,
    size: usize,
    batch: usize,
}

impl<F: Fn(usize) -> usize> Places<F> {
    /// Visits the index and channel of every number of every example.
    #[inline]
    fn visit(&self, mut look: impl FnMut(usize, usize)) {
        if self.lanes {
            let lanes = Width::of(self.batch).lanes();
            for (group, used) in filled(self.batch).enumerate() {
                for unit in 0..self.size {
                    let (channel, start) = ((self.channel)(unit), (group * self.size + unit) * lanes);
                    (start..start + used).for_each(|i| look(i, channel));
                }
            }
        } else {
            for example in 0..self.batch {
                for unit in 0..self.size {
                    look(example * self.size + unit, (self.channel)(unit));
                }
            }
        }
    }
}

impl Norm {
    pub(crate) fn new(settings: &BatchNorm, shape: &[usize], parameters: usize, running: usize) -> Self {
        let channels = if let [channels, _, _] = shape { *channels } else { shape.iter().product() };
        let (parameters, running) = (parameters..parameters + 2 * channels, running..running + 2 * channels);
        Self { settings: settings.clone(), channels, parameters, running }
    }

    fn places(&self, size: usize, lanes: bool, batch: usize) -> Places<impl Fn(usize) -> usize + use<>> {
        let units = size / self.channels;
        Places { lanes, channel: move |unit| unit / units, size, batch }
    }

    /// Numbers of each channel.
    fn count(&self, size: usize, batch: usize) -> f64 {
        (size / self.channels * batch) as f64
    }

    /// Normalises `z` by the batch's own mean and variance and takes them into the running averages. Keeps h and, for each
    /// channel, 1 / standard deviation.
    fn learn<T: Real, F: Fn(usize) -> usize>(
        &self,
        places: &Places<F>,
        parameters: &[T],
        running: &mut [T],
        (z, normed, widths): (&mut [T], &mut [T], &mut [T]),
    ) {
        let channels = self.channels;
        let n = self.count(places.size, places.batch);
        let mut means = vec![0.0; channels];
        places.visit(|i, channel| means[channel] += z[i].to_f64());
        means.iter_mut().for_each(|mean| *mean /= n);
        let mut variances = vec![0.0; channels];
        places.visit(|i, channel| {
            let off = z[i].to_f64() - means[channel];
            variances[channel] += off * off;
        });
        let momentum = self.settings.momentum;
        for channel in 0..channels {
            let biased = variances[channel] / n;
            let unbiased = if n > 1.0 { variances[channel] / (n - 1.0) } else { biased };
            widths[channel] = T::from_f64(1.0 / duet_kernels::math::sqrt(biased + self.settings.epsilon));
            for (place, batch) in [(channel, means[channel]), (channels + channel, unbiased)] {
                let kept = (1.0 - momentum) * running[place].to_f64();
                running[place] = T::from_f64(kept + momentum * batch);
            }
        }
        let (gamma, beta) = parameters.split_at(channels);
        let means: Vec<T> = means.into_iter().map(T::from_f64).collect();
        places.visit(|i, channel| {
            normed[i] = (z[i] - means[channel]) * widths[channel];
            z[i] = gamma[channel] * normed[i] + beta[channel];
        });
    }

    /// The forward pass while learning: `z` becomes gamma h + beta.
    pub(crate) fn forward<T: Real>(
        &self,
        (size, lanes, batch): (usize, bool, usize),
        parameters: &[T],
        running: &mut [T],
        kept: (&mut [T], &mut [T], &mut [T]),
    ) {
        let places = self.places(size, lanes, batch);
        self.learn(&places, &parameters[self.parameters.clone()], &mut running[self.running.clone()], kept);
    }

    /// The forward pass while answering: by the running averages.
    pub(crate) fn answer<T: Real>(
        &self,
        (size, lanes, batch): (usize, bool, usize),
        parameters: &[T],
        running: &[T],
        z: &mut [T],
    ) {
        let (gamma, beta) = parameters[self.parameters.clone()].split_at(self.channels);
        let (means, variances) = running[self.running.clone()].split_at(self.channels);
        let epsilon = T::from_f64(self.settings.epsilon);
        let widths: Vec<T> = variances.iter().map(|&var| T::ONE / (var + epsilon).sqrt()).collect();
        self.places(size, lanes, batch).visit(|i, channel| {
            z[i] = gamma[channel] * ((z[i] - means[channel]) * widths[channel]) + beta[channel];
        });
    }

    /// The way back while answering: the running averages do not change with the examples.
    pub(crate) fn answer_backward<T: Real>(
        &self,
        (size, lanes, batch): (usize, bool, usize),
        parameters: &[T],
        running: &[T],
        delta: &mut [T],
    ) {
        let gamma = &parameters[self.parameters.clone()];
        let variances = &running[self.running.clone()][self.channels..];
        let epsilon = T::from_f64(self.settings.epsilon);
        let scales: Vec<T> =
            variances.iter().zip(gamma).map(|(&var, &gamma)| gamma / (var + epsilon).sqrt()).collect();
        self.places(size, lanes, batch).visit(|i, channel| delta[i] *= scales[channel]);
    }

    /// From dL/d(gamma h + beta) to dL/dz, in place; `slopes` gets the gradient of gamma and beta.
    ///
    /// ```text
    /// dL/dgamma = sum delta h,   dL/dbeta = sum delta
    /// dL/dz = gamma / sd * (delta - mean(delta) - h mean(delta h))
    /// ```
    pub(crate) fn backward<T: Real>(
        &self,
        (size, lanes, batch): (usize, bool, usize),
        parameters: &[T],
        (normed, widths): (&[T], &[T]),
        (delta, slopes): (&mut [T], &mut [T]),
    ) {
        let places = self.places(size, lanes, batch);
        let mut sums = vec![0.0; 2 * self.channels];
        places.visit(|i, channel| {
            sums[channel] += delta[i].to_f64() * normed[i].to_f64();
            sums[self.channels + channel] += delta[i].to_f64();
        });
        for (slope, &sum) in slopes.iter_mut().zip(&sums) {
            *slope = T::from_f64(sum);
        }
        let n = self.count(size, batch);
        let means: Vec<T> = sums.iter().map(|&sum| T::from_f64(sum / n)).collect();
        let gamma = &parameters[self.parameters.clone()];
        places.visit(|i, channel| {
            let centred = delta[i] - means[self.channels + channel] - normed[i] * means[channel];
            delta[i] = gamma[channel] * widths[channel] * centred;
        });
    }
}
