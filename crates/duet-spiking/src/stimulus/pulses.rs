//! A train of current pulses.

use super::Amplitude;
use duet_units::{Range, Time, parameters};

parameters! {
    /// Rectangular current pulses, one after the other.
    ///
    /// # Equations
    /// ```text
    /// I(t) = amplitude   for 0 <= t - start - k period < width,   k = 0, 1, ... (count of them),   else 0
    /// ```
    /// # Behaviour
    /// Single pulses measure thresholds: the shorter the pulse, the more current is needed (strength-duration curve).
    /// Two pulses close together measure the refractory period. Strong, short pulses make a cell fire at chosen times.
    ///
    /// # References
    /// - Lapicque 1907, J. Physiol. Pathol. Gen. 9:620
    /// - Koch 1999, Biophysics of Computation, section 6.4 (refractory period)
    ///
    /// # Example
    /// ```
    /// use duet_spiking::stimulus::Pulses;
    /// let pulses: Pulses =
    ///     toml::from_str("amplitude = '1 nA'\nwidth = '2 ms'\nperiod = '10 ms'\nstart = '5 ms'\ncount = 2").unwrap();
    /// assert_eq!([4.9, 5.0, 7.0, 15.5, 25.5].map(|t| pulses.at(t)), [0.0, 1000.0, 0.0, 1000.0, 0.0]);
    /// ```
    pub struct Pulses {
        /// The current during a pulse.
        pub amplitude: Amplitude;
        /// How long a pulse is.
        pub width: Time, in Range::POSITIVE;
        /// From the beginning of a pulse to that of the next.
        pub period: Time, in Range::POSITIVE;
        /// When the first pulse begins.
        pub start: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// How many pulses; without it there is no end.
        pub count: Option<usize> = None, in Range::between(1.0, 1e9);
    }
    relations { width <= period; }
}

impl Pulses {
    /// The current at a time in ms, in the unit of `amplitude`.
    pub fn at(&self, t: f64) -> f64 {
        let since = t - self.start.get();
        if since < 0.0 {
            return 0.0;
        }
        let pulse = (since / self.period.get()).floor();
        let is_on = since - pulse * self.period.get() < self.width.get();
        if is_on && self.count.is_none_or(|count| pulse < count as f64) { self.amplitude.get() } else { 0.0 }
    }
}
