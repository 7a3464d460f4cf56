//! Inhibition that learns to hold its target at a rate.

use super::{PairRule, TraceKind};
use duet_kernels::math::exp;
use duet_units::{Frequency, Range, Time, parameters};

parameters! {
    /// An inhibitory synapse grows with every near coincidence and shrinks with every lone presynaptic spike.
    ///
    /// # Equations
    /// ```text
    /// at a presynaptic arrival:  s -> s + eta (y - alpha)      alpha = 2 r_target tau
    /// at a postsynaptic spike:   s -> s + eta x
    /// dx/dt = -x / tau,  x -> x + 1 at an arrival      dy/dt = -y / tau,  y -> y + 1 at a postsynaptic spike
    /// 0 <= s <= w_max;   w = -s where inhibition is a current, w = s where it is a conductance
    /// ```
    ///
    /// # Behaviour
    /// The order of the spikes does not matter. Under independent trains the strength drifts by
    /// 2 eta tau r_pre (r_post - r_target): inhibition rises where the target fires faster than `rate`, and falls where it
    /// fires slower, so each cell settles at its rate and inhibition comes to mirror excitation.
    ///
    /// # References
    /// - Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011, Science 334:1569
    ///
    /// # Example
    /// alpha = 2 · 5 Hz · 20 ms = 0.2: an arrival at y = 0.5 changes the strength by 0.01 · 0.3.
    /// ```
    /// use duet_spiking::plasticity::{PairRule, Vogels};
    /// let rule = Vogels::default();
    /// assert!((rule.on_pre(-0.1, 0.5, 0.0) + 0.103).abs() < 1e-15);
    /// ```
    pub default struct Vogels {
        /// Step.
        pub eta: f64 = 0.01, in Range::POSITIVE;
        /// Time constant of both traces.
        pub tau: Time = Time::new(20.0), in Range::POSITIVE;
        /// Rate at which the target is held.
        pub rate: Frequency = Frequency::new(5.0), in Range::NON_NEGATIVE;
        /// Largest strength.
        pub w_max: f64 = 1.0, in Range::POSITIVE;
        /// Whether weights are negative, as those of inhibitory currents are; those of conductances are positive.
        pub negative: bool = true;
    }
}

impl Vogels {
    /// Mean drift of the strength in 1/s for independent Poisson trains at `r_pre` and `r_post` Hz, away from the bounds.
    pub fn poisson_drift(&self, r_pre: f64, r_post: f64) -> f64 {
        2.0 * self.eta * self.tau.get() / 1000.0 * r_pre * (r_post - self.rate.get())
    }

    fn alpha(&self) -> f64 {
        2.0 * self.rate.get() * self.tau.get() / 1000.0
    }

    fn grown(&self, weight: f64, step: f64) -> f64 {
        let sign = if self.negative { -1.0 } else { 1.0 };
        sign * (sign * weight + step).clamp(0.0, self.w_max)
    }
}

impl PairRule for Vogels {
    fn pre_trace(&self) -> TraceKind {
        TraceKind { tau: self.tau.get(), nearest: false }
    }

    fn post_trace(&self) -> TraceKind {
        self.pre_trace()
    }

    fn on_pre(&self, weight: f64, post: f64, _: f64) -> f64 {
        self.grown(weight, self.eta * (post - self.alpha()))
    }

    fn on_post(&self, weight: f64, pre: f64, _: f64, pace: f64) -> f64 {
        self.grown(weight, self.eta * pace * pre)
    }

    fn most(&self) -> Option<f64> {
        Some(self.w_max)
    }

    fn window(&self, weight: f64, lag: f64) -> f64 {
        let pair = if lag == 0.0 { 0.0 } else { exp(-lag.abs() / self.tau.get()) };
        // The lone spike's share comes at the arrival, before or after the pair's; only a bound could tell.
        let arrival = self.grown(weight, self.eta * (if lag < 0.0 { pair } else { 0.0 } - self.alpha()));
        self.grown(arrival, if lag > 0.0 { self.eta * pair } else { 0.0 }) - weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_stays_within_its_bounds_on_either_sign() {
        let (current, conductance) = (Vogels::default(), Vogels { negative: false, ..Vogels::default() });
        assert_eq!(current.on_post(-0.5, 100.0, 0.0, 1.0), -1.0);
        assert_eq!(conductance.on_post(0.5, 100.0, 0.0, 1.0), 1.0);
        assert_eq!(conductance.on_pre(0.001, 0.0, 0.0), 0.0);
        assert_eq!(current.on_pre(-0.001, 0.0, 0.0), 0.0);
        assert_eq!(current.on_pre(-0.3, 0.7, 0.0), -conductance.on_pre(0.3, 0.7, 0.0));
        assert_eq!(current.poisson_drift(10.0, 5.0), 0.0);
    }
}
