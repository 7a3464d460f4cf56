//! Spikes more regular than Poisson's.

use super::{Renewal, SpikeTrain};
use crate::decode::OutputSpikes;
use duet_random::Stream;
use duet_units::{Frequency, Range, Time, parameters};

parameters! {
    /// A value becomes a gamma spike train: between a Poisson train and a clock, at a rate proportional to it.
    ///
    /// # Equations
    /// ```text
    /// drive = value · rate_max;   interval = t_ref + sum of order exponential times, mean 1 / drive
    /// rate = drive / (1 + drive t_ref);   CV = 1 / (sqrt(order) (1 + drive t_ref))
    /// ```
    /// # Behaviour
    /// Order 1 without t_ref is Poisson. Counts vary with a Fano factor near CV², so a rate is known `order` times as fast
    /// to the same precision; cells of the cortex lie between orders 1 and 4.
    ///
    /// # References
    /// - Cox 1962, Renewal Theory, chapters 2 and 3
    /// - Baker & Lemon 2000, J. Neurophysiol. 84:1770 (orders found in cortex)
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_spiking::encode::{Encode, Gamma, SpikeTrain};
    /// let encode = Encode::Gamma(Gamma::default()); // order 4: half the standard deviation of Poisson counts
    /// let mut train = SpikeTrain::default();
    /// encode.encode(&[0.0, 1.0], 1.0, 1000, &mut Key::new(1).stream("doc", 0), &mut train);
    /// assert!((0..1000).all(|step| !train.at(step).contains(&0)));
    /// assert!((train.len() as f64 - 200.0).abs() < 4.0 * 0.5 * 200.0_f64.sqrt());
    /// ```
    pub default struct Gamma {
        /// Rate at value 1, before t_ref.
        pub rate_max: Frequency = Frequency::new(200.0), in Range::POSITIVE;
        /// Exponential times in an interval.
        pub order: usize = 4, in Range::between(1.0, 1000.0);
        /// Dead time after a spike.
        pub t_ref: Time = Time::new(0.0), in Range::NON_NEGATIVE;
    }
}

impl Gamma {
    /// The process that a value becomes.
    pub fn process(&self, value: f64) -> Renewal {
        Renewal { drive: value * self.rate_max.get(), t_ref: self.t_ref.get(), order: self.order }
    }

    pub(super) fn encode(
        &self,
        values: &[f32],
        dt: f64,
        steps: usize,
        stream: &mut Stream,
        train: &mut SpikeTrain,
    ) {
        let mut events = Vec::new();
        for (cell, &value) in values.iter().enumerate() {
            self.process(f64::from(value)).spikes(dt, steps, stream, |step| events.push((step, cell as u32)));
        }
        train.sort_in(&mut events, steps);
    }

    pub(super) fn read_back(&self, spikes: &OutputSpikes, elapsed: f64) -> Vec<f64> {
        let value =
            |count: &f64| Renewal::drive_of(1000.0 * count / elapsed, self.t_ref.get()) / self.rate_max.get();
        spikes.count.iter().map(value).collect()
    }
}
