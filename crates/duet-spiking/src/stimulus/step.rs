//! A current that is switched on.

use super::Amplitude;
use duet_units::{Range, Time, parameters};

parameters! {
    /// A constant current, switched on at `start` and off at `stop`.
    ///
    /// # Equations
    /// ```text
    /// I(t) = amplitude   for start <= t < stop,   else 0
    /// ```
    /// # Behaviour
    /// The stimulus of most experiments. A membrane charges with its time constant; above the rheobase it fires, a cell
    /// that adapts first fast and then slower. Without `stop` it stays on. From rest, two cells under the same step tell
    /// apart what they do at its beginning from what they do in the long run.
    ///
    /// # References
    /// - Hodgkin & Huxley 1952, J. Physiol. 117:500
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 5.4
    ///
    /// # Example
    /// ```
    /// use duet_spiking::stimulus::Step;
    /// let step: Step = toml::from_str("amplitude = '0.5 nA'\nstart = '10 ms'\nstop = '20 ms'").unwrap();
    /// assert_eq!([9.9, 10.0, 19.9, 20.0].map(|t| step.at(t)), [0.0, 500.0, 500.0, 0.0]); // pA
    /// ```
    pub struct Step {
        /// The current while it is on.
        pub amplitude: Amplitude;
        /// When it is switched on.
        pub start: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// When it is switched off; without it, never.
        pub stop: Option<Time> = None, in Range::NON_NEGATIVE;
    }
    relations { start < stop; }
}

impl Step {
    /// The current at a time in ms, in the unit of `amplitude`.
    pub fn at(&self, t: f64) -> f64 {
        let on = t >= self.start.get() && self.stop.is_none_or(|stop| t < stop.get());
        if on { self.amplitude.get() } else { 0.0 }
    }
}
