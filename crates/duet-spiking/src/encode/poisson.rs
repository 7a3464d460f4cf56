//! Poisson spikes.

use super::{Renewal, SpikeTrain, length_factor};
use crate::decode::OutputSpikes;
use duet_random::Stream;
use duet_units::{Frequency, Range, Time, parameters};

parameters! {
    /// A value becomes a Poisson spike train whose rate is proportional to it.
    ///
    /// # Equations
    /// ```text
    /// drive = value · rate_max;   intervals ~ t_ref + Exp(drive), independent
    /// rate = drive / (1 + drive t_ref);   CV = 1 / (1 + drive t_ref)
    /// ```
    /// # Behaviour
    /// Without t_ref counts in T have mean and variance rate · T (Fano factor 1), intervals a coefficient of variation of
    /// 1. To know a rate to 1 % takes 10,000 spikes. Two spikes may fall into one step; both count. A dead time t_ref, the
    /// refractory period, makes the train slower and more regular.
    ///
    /// # References
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 1.4
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_spiking::encode::{Encode, Poisson, SpikeTrain};
    /// let encode = Encode::Poisson(Poisson::default());
    /// let mut train = SpikeTrain::default();
    /// encode.encode(&[0.0, 1.0], 1.0, 1000, &mut Key::new(1).stream("doc", 0), &mut train);
    /// assert!((0..1000).all(|step| !train.at(step).contains(&0))); // nothing stays silent
    /// assert!((train.len() as f64 - 200.0).abs() < 4.0 * 200.0_f64.sqrt()); // 200 Hz for 1 s
    /// ```
    pub default struct Poisson {
        /// Rate at value 1, before t_ref.
        pub rate_max: Frequency = Frequency::new(200.0), in Range::POSITIVE;
        /// Dead time after a spike.
        pub t_ref: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// Euclidean length to which every example is scaled first; without it values are used as they are.
        pub length: Option<f64> = None, in Range::POSITIVE;
    }
}

impl Poisson {
    /// The process that a value becomes, where examples are not scaled.
    pub fn process(&self, value: f64) -> Renewal {
        Renewal { drive: value * self.rate_max.get(), t_ref: self.t_ref.get(), order: 1 }
    }

    pub(super) fn encode(
        &self,
        values: &[f32],
        dt: f64,
        steps: usize,
        stream: &mut Stream,
        train: &mut SpikeTrain,
    ) {
        let scale = length_factor(values, self.length);
        let mut events = Vec::new();
        for (cell, &value) in values.iter().enumerate() {
            let process = self.process(f64::from(value) * scale);
            process.spikes(dt, steps, stream, |step| events.push((step, cell as u32)));
        }
        train.sort_in(&mut events, steps);
    }

    pub(super) fn read_back(&self, spikes: &OutputSpikes, elapsed: f64) -> Vec<f64> {
        let value =
            |count: &f64| Renewal::drive_of(1000.0 * count / elapsed, self.t_ref.get()) / self.rate_max.get();
        spikes.count.iter().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_random::Key;

    #[test]
    fn counts_have_fano_factor_one() {
        let encoder = Poisson { rate_max: Frequency::new(40.0), ..Poisson::default() };
        let mut train = SpikeTrain::default();
        let count = |entity| {
            encoder.encode(&[1.0], 1.0, 1000, &mut Key::new(5).stream("test", entity), &mut train);
            train.len() as f64
        };
        let counts: Vec<f64> = (0..2000).map(count).collect();
        let n = counts.len() as f64;
        let mean = counts.iter().sum::<f64>() / n;
        let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0);
        assert!((mean - 40.0).abs() < 4.0 * (40.0 / n).sqrt(), "{mean}");
        assert!((variance / 40.0 - 1.0).abs() < 4.0 * (2.0 / n).sqrt(), "{variance}");
    }
}
