//! A coin for every step.

use super::SpikeTrain;
use crate::decode::OutputSpikes;
use duet_random::Stream;
use duet_units::{Frequency, Range, parameters};

parameters! {
    /// In each step a cell fires with a probability proportional to its value.
    ///
    /// # Equations
    /// ```text
    /// p = min(1, value · rate_max · dt);   a spike in a step with probability p, independently
    /// ```
    /// # Behaviour
    /// What most software calls a Poisson train. It is one in the limit of short steps; with p not small it is more
    /// regular: the Fano factor of counts is 1 - p, the CV of intervals sqrt(1 - p), and no two spikes share a step.
    ///
    /// # References
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 1.4 (Poisson spikes from a coin for each step)
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_spiking::encode::{Bernoulli, Encode, SpikeTrain};
    /// use duet_units::Frequency;
    /// let encoder = Bernoulli { rate_max: Frequency::new(40.0) };
    /// assert_eq!(encoder.fano(1.0, 1.0), 0.96); // p = 0.04 in steps of 1 ms
    /// let mut train = SpikeTrain::default();
    /// let mut stream = Key::new(1).stream("doc", 0);
    /// Encode::Bernoulli(encoder).encode(&[1.0], 1.0, 10_000, &mut stream, &mut train);
    /// assert!((train.len() as f64 - 400.0).abs() < 4.0 * (0.96_f64 * 400.0).sqrt());
    /// ```
    pub default struct Bernoulli {
        /// Rate at value 1.
        pub rate_max: Frequency = Frequency::new(200.0), in Range::POSITIVE;
    }
}

impl Bernoulli {
    /// Probability of a spike in a step of `dt` ms.
    fn probability(&self, value: f64, dt: f64) -> f64 {
        (value * self.rate_max.get() * dt / 1000.0).clamp(0.0, 1.0)
    }

    /// The Fano factor of counts: variance n p (1 - p) over mean n p.
    pub fn fano(&self, value: f64, dt: f64) -> f64 {
        1.0 - self.probability(value, dt)
    }

    pub(super) fn encode(
        &self,
        values: &[f32],
        dt: f64,
        steps: usize,
        stream: &mut Stream,
        train: &mut SpikeTrain,
    ) {
        let cells: Vec<f64> = values.iter().map(|&value| self.probability(f64::from(value), dt)).collect();
        train.begin();
        for _ in 0..steps {
            for (cell, &probability) in cells.iter().enumerate() {
                // Every cell draws in every step, so that one value never shifts the draws of another.
                if stream.uniform() < probability {
                    train.cells.push(cell as u32);
                }
            }
            train.end_step();
        }
    }

    pub(super) fn read_back(&self, spikes: &OutputSpikes, elapsed: f64) -> Vec<f64> {
        spikes.count.iter().map(|count| 1000.0 * count / elapsed / self.rate_max.get()).collect()
    }
}
