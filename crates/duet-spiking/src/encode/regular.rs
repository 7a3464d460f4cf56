//! Evenly spaced spikes.

use super::{SpikeTrain, length_factor};
use crate::decode::OutputSpikes;
use duet_random::Stream;
use duet_units::{Frequency, Range, parameters};

parameters! {
    /// A value becomes evenly spaced spikes whose rate is proportional to it, beginning at a random phase.
    ///
    /// # Equations
    /// ```text
    /// rate = value · rate_max;   p = rate · dt per step;   spike whenever phase + k p passes a whole number
    /// ```
    /// # Behaviour
    /// The count of spikes is within one of rate · T, so few spikes carry much: in 50 ms evenly spaced spikes are worth two
    /// to three points of accuracy over Poisson spikes. At most one spike per step.
    ///
    /// # References
    /// - Gerstner et al. 2014, Neuronal Dynamics, section 7.6 (what a rate code is)
    ///
    /// # Example
    /// A value of 0.5 at up to 100 Hz is 50 Hz: five spikes in 100 ms, 20 ms apart.
    /// ```
    /// use duet_random::Key;
    /// use duet_spiking::encode::{Encode, Regular, SpikeTrain};
    /// use duet_units::Frequency;
    /// let encode = Encode::Regular(Regular { rate_max: Frequency::new(100.0), length: None });
    /// let mut train = SpikeTrain::default();
    /// encode.encode(&[0.5], 1.0, 100, &mut Key::new(1).stream("doc", 0), &mut train);
    /// let times: Vec<usize> = (0..100).filter(|&step| !train.at(step).is_empty()).collect();
    /// assert_eq!(times.len(), 5);
    /// assert!(times.windows(2).all(|pair| pair[1] - pair[0] == 20));
    /// ```
    pub default struct Regular {
        /// Rate at value 1.
        pub rate_max: Frequency = Frequency::new(200.0), in Range::POSITIVE;
        /// Euclidean length to which every example is scaled first; without it values are used as they are.
        pub length: Option<f64> = None, in Range::POSITIVE;
    }
}

impl Regular {
    pub(super) fn encode(
        &self,
        values: &[f32],
        dt: f64,
        steps: usize,
        stream: &mut Stream,
        train: &mut SpikeTrain,
    ) {
        let scale = length_factor(values, self.length) * self.rate_max.get() * dt / 1000.0;
        // (phase, spikes per step) of every cell; every cell draws its phase, so that one pixel's value never shifts the
        // phase of another.
        let mut cells: Vec<(f64, f64)> =
            values.iter().map(|&x| (stream.uniform(), (f64::from(x) * scale).clamp(0.0, 1.0))).collect();
        train.begin();
        for _ in 0..steps {
            for (cell, (phase, per_step)) in cells.iter_mut().enumerate() {
                *phase += *per_step;
                if *phase >= 1.0 {
                    *phase -= 1.0;
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
