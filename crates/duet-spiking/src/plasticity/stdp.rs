//! Pair-based spike-timing-dependent plasticity.

use super::{PairRule, TraceKind};
use duet_kernels::math::{exp, pow};
use duet_units::{Range, Time, parameters};

parameters! {
    /// A synapse grows when its source fires before its target, and shrinks when it fires after.
    ///
    /// # Equations
    /// ```text
    /// at a postsynaptic spike:   w -> w + a_plus  (1 - w/w_max)^mu_plus  · x      dx/dt = -x / tau_plus
    /// at a presynaptic arrival:  w -> w - a_minus (w/w_max)^mu_minus     · y      dy/dt = -y / tau_minus
    /// ```
    /// x grows by 1 at every presynaptic arrival, y at every postsynaptic spike. `nearest`: they are set to 1, so that a
    /// spike pairs with the latest earlier spike of the other end only (NEST's `stdp_nn_symm_synapse`, and
    /// `apre = Apre` in Brian; without it NEST's `stdp_synapse`, `apre += Apre`). `once`: moreover only the first arrival
    /// after a postsynaptic spike shrinks the synapse, as in Masquelier, Guyonneau & Thorpe 2008.
    ///
    /// # Behaviour
    /// One pair at lag t_post - t_pre = s changes w by a_plus exp(-s/tau_plus) for s > 0 and by -a_minus exp(s/tau_minus)
    /// for s < 0; spikes at the same instant form no pair. mu = 0 (additive) drives weights to their bounds, mu = 1
    /// (multiplicative) to a middle. Uncorrelated spikes at rates r_pre and r_post let w drift by
    /// r_pre r_post (a_plus tau_plus - a_minus tau_minus).
    ///
    /// # References
    /// - Bi & Poo 1998, J. Neurosci. 18:10464; Song, Miller & Abbott 2000, Nat. Neurosci. 3:919
    /// - Gütig et al. 2003, J. Neurosci. 23:3697 (mu); Morrison, Diesmann & Gerstner 2008, Biol. Cybern. 98:459
    ///
    /// # Example
    /// Twenty milliseconds after its source the target fires: 0.005 · exp(-1) = 0.00184.
    /// ```
    /// use duet_spiking::plasticity::{PairRule, Stdp};
    /// assert!((Stdp::default().window(0.5, 20.0) - 0.001_839_397_205_86).abs() < 1e-12);
    /// ```
    pub default struct Stdp {
        /// Growth by a pair at lag 0+.
        pub a_plus: f64 = 0.005;
        /// Shrinkage by a pair at lag 0-.
        pub a_minus: f64 = 0.005_25;
        /// Time constant of the presynaptic trace.
        pub tau_plus: Time = Time::new(20.0), in Range::POSITIVE;
        /// Time constant of the postsynaptic trace.
        pub tau_minus: Time = Time::new(20.0), in Range::POSITIVE;
        /// How growth depends on the weight: 0 additive, 1 multiplicative.
        pub mu_plus: f64 = 0.0, in Range::NON_NEGATIVE;
        /// How shrinkage depends on the weight.
        pub mu_minus: f64 = 0.0, in Range::NON_NEGATIVE;
        /// Smallest weight.
        pub w_min: f64 = 0.0;
        /// Largest weight.
        pub w_max: f64 = 1.0;
        /// Whether a spike pairs with the nearest earlier spike only, rather than with all.
        pub nearest: bool = false;
        /// Whether only the first arrival after a postsynaptic spike shrinks the synapse; y is then set to 1 whatever `nearest`.
        pub once: bool = false;
    }
    relations { w_min < w_max; }
}

impl Stdp {
    /// Mean drift in 1/s for independent Poisson trains at `r_pre` and `r_post` Hz (mu = 0, away from the bounds).
    pub fn poisson_drift(&self, r_pre: f64, r_post: f64) -> f64 {
        // Seconds, so that rates in Hz cancel. With `nearest` only the gap since the latest spike counts, which
        // shortens the window by the rate of the spikes that replace it.
        let (plus, minus) = (self.tau_plus.get() / 1000.0, self.tau_minus.get() / 1000.0);
        let reach = |tau: f64, rate: f64| 1.0 / (1.0 / tau + rate);
        let grows = if self.nearest { reach(plus, r_pre) } else { plus };
        let shrinks = match (self.once, self.nearest) {
            (true, _) => reach(minus, r_pre + r_post),
            (false, true) => reach(minus, r_post),
            (false, false) => minus,
        };
        r_pre * r_post * (self.a_plus * grows - self.a_minus * shrinks)
    }
}

/// x^mu, exact for the two common cases.
fn dependence(x: f64, mu: f64) -> f64 {
    if mu == 0.0 {
        1.0
    } else if mu == 1.0 {
        x
    } else {
        pow(x.max(0.0), mu)
    }
}

impl PairRule for Stdp {
    fn pre_trace(&self) -> TraceKind {
        TraceKind { tau: self.tau_plus.get(), nearest: self.nearest }
    }

    fn post_trace(&self) -> TraceKind {
        TraceKind { tau: self.tau_minus.get(), nearest: self.nearest || self.once }
    }

    fn pre_own_trace(&self) -> Option<TraceKind> {
        self.once.then(|| TraceKind { tau: self.tau_minus.get(), nearest: true })
    }

    fn on_pre(&self, weight: f64, post: f64, own: f64) -> f64 {
        // Both traces decay alike, so the larger one is of the later spike: another arrival has paired already.
        if self.once && own > post {
            return weight;
        }
        (weight - self.a_minus * dependence(weight / self.w_max, self.mu_minus) * post)
            .clamp(self.w_min, self.w_max)
    }

    fn on_post(&self, weight: f64, pre: f64, _: f64, pace: f64) -> f64 {
        let step = self.a_plus * pace * dependence(1.0 - weight / self.w_max, self.mu_plus);
        (weight + step * pre).clamp(self.w_min, self.w_max)
    }

    fn most(&self) -> Option<f64> {
        Some(self.w_min.abs().max(self.w_max.abs()))
    }

    fn window(&self, weight: f64, lag: f64) -> f64 {
        let change = if lag > 0.0 {
            self.a_plus
                * dependence(1.0 - weight / self.w_max, self.mu_plus)
                * exp(-lag / self.tau_plus.get())
        } else if lag < 0.0 {
            -self.a_minus * dependence(weight / self.w_max, self.mu_minus) * exp(lag / self.tau_minus.get())
        } else {
            0.0
        };
        (weight + change).clamp(self.w_min, self.w_max) - weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_applied_to_one_pair_is_the_window() {
        let stdp = Stdp::default();
        for lag in [1.0, 5.0, 50.0] {
            let decayed = exp(-lag / 20.0);
            assert!((stdp.on_post(0.5, decayed, 0.0, 1.0) - 0.5 - stdp.window(0.5, lag)).abs() < 1e-15);
            assert!((stdp.on_pre(0.5, decayed, 0.0) - 0.5 - stdp.window(0.5, -lag)).abs() < 1e-15);
        }
        assert_eq!(stdp.window(0.5, 0.0), 0.0);
    }

    #[test]
    fn bounds_and_weight_dependence() {
        let stdp = Stdp { a_plus: 2.0, mu_plus: 1.0, ..Stdp::default() };
        assert_eq!(stdp.on_post(0.75, 0.5, 0.0, 1.0), 1.0); // 0.75 + 2 · 0.25 · 0.5
        assert_eq!(stdp.on_post(0.9, 10.0, 0.0, 1.0), 1.0);
        assert_eq!(Stdp { a_minus: 5.0, ..Stdp::default() }.on_pre(0.5, 1.0, 0.0), 0.0);
    }

    #[test]
    fn only_the_first_arrival_after_a_spike_shrinks_the_synapse() {
        let stdp = Stdp { once: true, ..Stdp::default() };
        let ago = |ms: f64| exp(-ms / 20.0);
        // The target fired 5 ms ago; the last arrival was 8 ms ago, then 3 ms ago, then at the same instant.
        let first = stdp.on_pre(0.5, ago(5.0), ago(8.0));
        assert_eq!(first, 0.5 + stdp.window(0.5, -5.0));
        assert_eq!(stdp.on_pre(0.5, ago(5.0), ago(3.0)), 0.5);
        assert_eq!(stdp.on_pre(0.5, ago(5.0), ago(5.0)), first);
        assert!(stdp.post_trace().nearest && !stdp.pre_trace().nearest);
    }
}
