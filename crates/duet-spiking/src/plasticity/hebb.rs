//! Hebb's postulate as a rule on spike traces, with bounds.

use super::{PairRule, TraceKind};
use duet_kernels::math::exp;
use duet_units::{Range, Time, parameters};

parameters! {
    /// A synapse grows whenever its target fires soon after its source did.
    ///
    /// # Equations
    /// ```text
    /// at a postsynaptic spike:   w -> min(w + rate · x, w_max)
    /// dx/dt = -x / tau,          x -> x + 1 when a presynaptic spike arrives
    /// ```
    /// For independent spike trains the mean growth is rate · tau · r_pre · r_post: the rate form of Hebb's rule.
    ///
    /// # Behaviour
    /// Growth feeds on itself: a stronger synapse makes its target fire more. Nothing ever weakens, so weights run to
    /// their bound; what Oja's and the BCM rule cure. Hebb asked that the source *take part in* firing the target, which
    /// is why the trace is read before the spikes of the same instant are added.
    ///
    /// # References
    /// - Hebb 1949, The Organization of Behavior, p. 62
    /// - Gerstner et al. 2014, Neuronal Dynamics, section 19.2
    ///
    /// # Example
    /// A trace of 0.5 at rate 0.1 adds 0.05; at the bound nothing more is added.
    /// ```
    /// use duet_spiking::plasticity::{Hebb, PairRule};
    /// let hebb = Hebb { rate: 0.1, ..Hebb::default() };
    /// assert_eq!(hebb.on_post(0.3, 0.5, 0.0, 1.0), 0.35);
    /// assert_eq!(hebb.on_post(0.99, 0.5, 0.0, 1.0), 1.0);
    /// ```
    pub default struct Hebb {
        /// Growth per pair.
        pub rate: f64 = 0.001, in Range::POSITIVE;
        /// Time constant of the presynaptic trace.
        pub tau: Time = Time::new(20.0), in Range::POSITIVE;
        /// Largest weight.
        pub w_max: f64 = 1.0, in Range::POSITIVE;
    }
}

impl PairRule for Hebb {
    fn pre_trace(&self) -> TraceKind {
        TraceKind { tau: self.tau.get(), nearest: false }
    }

    fn post_trace(&self) -> TraceKind {
        self.pre_trace()
    }

    fn on_pre(&self, weight: f64, _: f64, _: f64) -> f64 {
        weight
    }

    fn on_post(&self, weight: f64, pre: f64, _: f64, pace: f64) -> f64 {
        (weight + self.rate * pace * pre).min(self.w_max.max(weight))
    }

    fn window(&self, weight: f64, lag: f64) -> f64 {
        let growth = if lag > 0.0 { self.rate * exp(-lag / self.tau.get()) } else { 0.0 };
        growth.min((self.w_max - weight).max(0.0))
    }

    fn learns_on_pre(&self) -> bool {
        false
    }
}
