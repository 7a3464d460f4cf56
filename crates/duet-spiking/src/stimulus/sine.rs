//! A current that swings.

use super::Amplitude;
use duet_kernels::math::sin;
use duet_units::{Frequency, Range, Time, parameters};
use std::f64::consts::TAU;

parameters! {
    /// A current that swings around a mean.
    ///
    /// # Equations
    /// ```text
    /// I(t) = mean + amplitude sin(2 pi (frequency (t - start) + phase / 360))   for start <= t < stop,   else 0
    /// ```
    /// # Behaviour
    /// A passive membrane follows with the amplitude R amplitude / sqrt(1 + (2 pi f tau_m)^2) and lags behind: it is a
    /// low-pass filter. Membranes with slow currents of their own prefer a frequency (resonance). Strong swings lock
    /// spikes to their phase.
    ///
    /// # References
    /// - Koch 1999, Biophysics of Computation, section 1.2
    /// - Gerstner et al. 2014, Neuronal Dynamics, section 1.3
    ///
    /// # Example
    /// 10 Hz: a quarter of a period is 25 ms.
    /// ```
    /// use duet_spiking::stimulus::Sine;
    /// let sine: Sine = toml::from_str("amplitude = 2.0\nmean = 1.0\nfrequency = '10 Hz'").unwrap();
    /// let values = [0.0, 25.0, 50.0, 75.0].map(|t| sine.at(t));
    /// assert!(values.iter().zip([1.0, 3.0, 1.0, -1.0]).all(|(a, b)| (a - b).abs() < 1e-12));
    /// ```
    pub struct Sine {
        /// How far it swings to either side.
        pub amplitude: Amplitude;
        /// What it swings around, in the unit of `amplitude`; zero unless given.
        pub mean: Option<Amplitude> = None;
        /// How often.
        pub frequency: Frequency, in Range::POSITIVE;
        /// Where in the period it begins, in degrees.
        pub phase: f64 = 0.0, in Range::between(-360.0, 360.0);
        /// When it begins.
        pub start: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// When it ends; without it, never.
        pub stop: Option<Time> = None, in Range::NON_NEGATIVE;
    }
    relations { start < stop; }
}

impl Sine {
    /// The current at a time in ms, in the unit of `amplitude`.
    pub fn at(&self, t: f64) -> f64 {
        if t < self.start.get() || self.stop.is_some_and(|stop| t >= stop.get()) {
            return 0.0;
        }
        let turns = self.frequency.get() * (t - self.start.get()) / 1000.0 + self.phase / 360.0;
        // Whole turns change nothing, and without them the sine of a late time loses no digits.
        self.mean.map_or(0.0, Amplitude::get) + self.amplitude.get() * sin(TAU * (turns - turns.floor()))
    }
}
