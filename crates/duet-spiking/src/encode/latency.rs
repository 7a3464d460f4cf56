//! One spike per value: the larger, the earlier.

use super::SpikeTrain;
use crate::decode::OutputSpikes;
use duet_units::{Range, Time, parameters};

parameters! {
    /// A value becomes one spike: the larger the value, the earlier it comes.
    ///
    /// # Equations
    /// ```text
    /// t = (1 - value) · window        for value > silent_below; smaller values stay silent
    /// ```
    /// # Behaviour
    /// The whole image is told in one wave of spikes, one per pixel at most: the cheapest code, and the one that noise in
    /// time hurts most.
    ///
    /// # References
    /// - Thorpe, Fize & Marlot 1996, Nature 381:520
    ///
    /// # Example
    /// In a window of 20 ms a value of 1 fires in the first step, 0.5 after 10 ms, 0 never.
    /// ```
    /// use duet_random::Key;
    /// use duet_spiking::encode::{Encode, Latency, SpikeTrain};
    /// use duet_units::Time;
    /// let encode = Encode::Latency(Latency { window: Time::new(20.0), ..Latency::default() });
    /// let mut train = SpikeTrain::default();
    /// encode.encode(&[0.0, 0.5, 1.0], 1.0, 50, &mut Key::new(1).stream("doc", 0), &mut train);
    /// assert_eq!((train.at(0), train.at(10), train.len()), (&[2][..], &[1][..], 2));
    /// ```
    pub default struct Latency {
        /// When a value close to zero would fire.
        pub window: Time = Time::new(20.0), in Range::POSITIVE;
        /// Values up to this one stay silent.
        pub silent_below: f64 = 0.0, in Range::BELOW_ONE;
    }
}

impl Latency {
    pub(super) fn encode(&self, values: &[f32], dt: f64, steps: usize, train: &mut SpikeTrain) {
        let spikes = |&value: &f32| f64::from(value) > self.silent_below;
        let step = |value: f32| ((1.0 - f64::from(value).min(1.0)) * self.window.get() / dt) as u32;
        let cells = values.iter().enumerate().filter(|(_, value)| spikes(value));
        let mut events: Vec<(u32, u32)> = cells.map(|(cell, &value)| (step(value), cell as u32)).collect();
        train.sort_in(&mut events, steps);
    }
    /// From the middle of the step in which a cell fired; a cell that has not fired yet has a value below those that have,
    /// the middle of which is the best guess.
    pub(super) fn read_back(&self, spikes: &OutputSpikes, elapsed: f64, dt: f64) -> Vec<f64> {
        let value = |time: f64| 1.0 - time / self.window.get();
        let silent = 0.5 * value(elapsed).max(self.silent_below);
        let fired = |&step: &f64| if step.is_finite() { value((step + 0.5) * dt) } else { silent };
        spikes.first.iter().map(fired).collect()
    }
}
