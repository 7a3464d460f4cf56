//! A current that grows steadily.

use super::Amplitude;
use duet_units::{Range, Time, parameters};

parameters! {
    /// A current that runs in a straight line from one value to another.
    ///
    /// # Equations
    /// ```text
    /// I(t) = from + (to - from) (t - start) / (stop - start)   for start <= t < stop
    /// I(t) = 0 before start;   to after stop
    /// ```
    /// # Behaviour
    /// A slow ramp scans all currents in one trial. A cell whose sodium channels inactivate (Hodgkin and Huxley's) stays
    /// silent under a slow ramp that ends above its threshold, and fires under a fast one: it answers to change. A leaky
    /// integrate-and-fire cell has no such memory.
    ///
    /// # References
    /// - Hodgkin & Huxley 1952, J. Physiol. 117:500 (accommodation)
    /// - Gerstner et al. 2014, Neuronal Dynamics, section 2.2
    ///
    /// # Example
    /// ```
    /// use duet_spiking::stimulus::Ramp;
    /// let ramp: Ramp = toml::from_str("from = 0.0\nto = 10.0\nstart = '5 ms'\nstop = '25 ms'").unwrap();
    /// assert_eq!([4.0, 5.0, 10.0, 15.0, 30.0].map(|t| ramp.at(t)), [0.0, 0.0, 2.5, 5.0, 10.0]);
    /// ```
    pub struct Ramp {
        /// The current at `start`, in the unit of `to`.
        pub from: Amplitude;
        /// The current from `stop` on.
        pub to: Amplitude;
        /// When it begins to change.
        pub start: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// When it has arrived.
        pub stop: Time, in Range::POSITIVE;
    }
    relations { start < stop; }
}

impl Ramp {
    /// The current at a time in ms, in the unit of `to`.
    pub fn at(&self, t: f64) -> f64 {
        let (start, stop) = (self.start.get(), self.stop.get());
        let (from, to) = (self.from.get(), self.to.get());
        if t < start {
            0.0
        } else if t < stop {
            from + (to - from) * ((t - start) / (stop - start))
        } else {
            to
        }
    }
}
