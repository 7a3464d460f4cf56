//! Spike-timing-dependent plasticity by triplets of spikes.

use super::{PairRule, TraceKind};
use duet_kernels::math::exp;
use duet_units::{Range, Time, parameters};

parameters! {
    /// Pairs of spikes change a synapse, and the more so the more the end that fires last has fired before.
    ///
    /// # Equations
    /// ```text
    /// at a presynaptic arrival:  w -> w - o1 (a2_minus + a3_minus r2)
    /// at a postsynaptic spike:   w -> w + r1 (a2_plus  + a3_plus  o2)
    /// source:  dr1/dt = -r1 / tau_plus,    dr2/dt = -r2 / tau_x      both grow by 1 at an arrival
    /// target:  do1/dt = -o1 / tau_minus,   do2/dt = -o2 / tau_y      both grow by 1 at a spike
    /// ```
    /// All are read before the spike at hand is added (`nearest`: they are set to 1 instead of growing by 1).
    ///
    /// | fit to all pairs and triplets | a2_plus | a3_plus | a2_minus | a3_minus | tau_x | tau_y |
    /// |---|---|---|---|---|---|---|
    /// | visual cortex (the defaults) | 5e-10 | 0.0062 | 0.007 | 0.00023 | 101 ms | 125 ms |
    /// | visual cortex, minimal | 0 | 0.0065 | 0.0071 | 0 | - | 114 ms |
    /// | hippocampus | 0.0061 | 0.0067 | 0.0016 | 0.0014 | 946 ms | 27 ms |
    /// | hippocampus, minimal | 0.0053 | 0.008 | 0.0035 | 0 | - | 40 ms |
    ///
    /// tau_plus = 16.8 ms and tau_minus = 33.7 ms in all of them.
    ///
    /// # Behaviour
    /// What pairs cannot explain: growth needs a target that fires fast. Pairs at 0.1 Hz with the source first leave a
    /// cortical synapse as it is; at 50 Hz the same pairs strengthen it, whatever the order. Under independent Poisson
    /// trains the minimal rule is a BCM rule: the drift changes sign where the target's rate crosses
    /// a2_minus tau_minus / (a3_plus tau_plus tau_y).
    ///
    /// # References
    /// - Pfister & Gerstner 2006, J. Neurosci. 26:9673, eqs. 2 to 4 and table 4
    /// - Sjöström, Turrigiano & Nelson 2001, Neuron 32:1149; Wang et al. 2005, Nat. Neurosci. 8:187 (the data)
    /// - Bienenstock, Cooper & Munro 1982, J. Neurosci. 2:32
    ///
    /// # Example
    /// At a postsynaptic spike r1 = 0.5 and o2 = 2 add 0.5 · (0.0061 + 0.0067 · 2) = 0.00975.
    /// ```
    /// use duet_spiking::plasticity::{PairRule, TripletStdp};
    /// let rule = TripletStdp { a2_plus: 0.0061, a3_plus: 0.0067, ..TripletStdp::default() };
    /// assert!((rule.on_post(0.5, 0.5, 2.0, 1.0) - 0.509_75).abs() < 1e-15);
    /// ```
    pub default struct TripletStdp {
        /// Growth by a pair at lag 0+.
        pub a2_plus: f64 = 5e-10;
        /// Growth by a triplet post-pre-post with no time between.
        pub a3_plus: f64 = 0.006_2;
        /// Shrinkage by a pair at lag 0-.
        pub a2_minus: f64 = 0.007;
        /// Shrinkage by a triplet pre-post-pre with no time between.
        pub a3_minus: f64 = 0.000_23;
        /// Time constant of the source's trace that the target reads, r1.
        pub tau_plus: Time = Time::new(16.8), in Range::POSITIVE;
        /// Time constant of the target's trace that the source reads, o1.
        pub tau_minus: Time = Time::new(33.7), in Range::POSITIVE;
        /// Time constant of the source's trace that it reads itself, r2.
        pub tau_x: Time = Time::new(101.0), in Range::POSITIVE;
        /// Time constant of the target's trace that it reads itself, o2.
        pub tau_y: Time = Time::new(125.0), in Range::POSITIVE;
        /// Smallest weight.
        pub w_min: f64 = 0.0;
        /// Largest weight.
        pub w_max: f64 = 1.0;
        /// Whether every trace remembers the nearest earlier spike only, rather than all.
        pub nearest: bool = false;
    }
    relations { w_min < w_max; }
}

impl TripletStdp {
    /// Mean drift in 1/s for independent Poisson trains at `r_pre` and `r_post` Hz, away from the bounds.
    pub fn poisson_drift(&self, r_pre: f64, r_post: f64) -> f64 {
        // The mean of a trace in units of its train's rate: seconds, so that rates in Hz cancel.
        let reach = |tau: Time, rate: f64| {
            let tau = tau.get() / 1000.0;
            if self.nearest { 1.0 / (1.0 / tau + rate) } else { tau }
        };
        let (r1, r2) = (r_pre * reach(self.tau_plus, r_pre), r_pre * reach(self.tau_x, r_pre));
        let (o1, o2) = (r_post * reach(self.tau_minus, r_post), r_post * reach(self.tau_y, r_post));
        r_post * r1 * (self.a2_plus + self.a3_plus * o2) - r_pre * o1 * (self.a2_minus + self.a3_minus * r2)
    }

    /// The target's rate in Hz at which the drift is zero when all spikes count, where a source fires at `r_pre` Hz: the
    /// sliding threshold of BCM, which only the minimal rule has independent of the source.
    pub fn threshold(&self, r_pre: f64) -> f64 {
        let [plus, minus, x, y] =
            [self.tau_plus, self.tau_minus, self.tau_x, self.tau_y].map(|tau| tau.get() / 1000.0);
        ((self.a2_minus + self.a3_minus * x * r_pre) * minus - self.a2_plus * plus)
            / (self.a3_plus * plus * y)
    }
}

impl PairRule for TripletStdp {
    fn pre_trace(&self) -> TraceKind {
        TraceKind { tau: self.tau_plus.get(), nearest: self.nearest }
    }

    fn post_trace(&self) -> TraceKind {
        TraceKind { tau: self.tau_minus.get(), nearest: self.nearest }
    }

    fn pre_own_trace(&self) -> Option<TraceKind> {
        (self.a3_minus != 0.0).then(|| TraceKind { tau: self.tau_x.get(), nearest: self.nearest })
    }

    fn post_own_trace(&self) -> Option<TraceKind> {
        (self.a3_plus != 0.0).then(|| TraceKind { tau: self.tau_y.get(), nearest: self.nearest })
    }

    fn on_pre(&self, weight: f64, post: f64, own: f64) -> f64 {
        (weight - post * (self.a2_minus + self.a3_minus * own)).clamp(self.w_min, self.w_max)
    }

    fn on_post(&self, weight: f64, pre: f64, own: f64, pace: f64) -> f64 {
        (weight + pace * pre * (self.a2_plus + self.a3_plus * own)).clamp(self.w_min, self.w_max)
    }

    fn most(&self) -> Option<f64> {
        Some(self.w_min.abs().max(self.w_max.abs()))
    }

    fn window(&self, weight: f64, lag: f64) -> f64 {
        let change = if lag > 0.0 {
            self.a2_plus * exp(-lag / self.tau_plus.get())
        } else if lag < 0.0 {
            -self.a2_minus * exp(lag / self.tau_minus.get())
        } else {
            0.0
        };
        (weight + change).clamp(self.w_min, self.w_max) - weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minimal() -> TripletStdp {
        TripletStdp {
            a2_plus: 0.0,
            a3_plus: 0.006_5,
            a2_minus: 0.007_1,
            a3_minus: 0.0,
            tau_y: Time::new(114.0),
            ..TripletStdp::default()
        }
    }

    #[test]
    fn the_minimal_rule_is_a_bcm_rule() {
        let rule = minimal();
        let theta = rule.threshold(10.0);
        assert_eq!(theta, rule.threshold(50.0), "whatever the source does");
        assert!(rule.poisson_drift(10.0, theta).abs() < 1e-15);
        assert!(rule.poisson_drift(10.0, 0.9 * theta) < 0.0 && rule.poisson_drift(10.0, 1.1 * theta) > 0.0);
    }

    #[test]
    fn a_rule_without_triplets_is_the_pair_rule() {
        let pairs = crate::plasticity::Stdp::default();
        let rule = TripletStdp {
            a2_plus: pairs.a_plus,
            a2_minus: pairs.a_minus,
            a3_plus: 0.0,
            a3_minus: 0.0,
            tau_plus: pairs.tau_plus,
            tau_minus: pairs.tau_minus,
            ..TripletStdp::default()
        };
        assert!(rule.pre_own_trace().is_none() && rule.post_own_trace().is_none());
        assert_eq!(rule.on_post(0.5, 0.3, 9.0, 1.0), pairs.on_post(0.5, 0.3, 9.0, 1.0));
        assert_eq!(rule.on_pre(0.5, 0.3, 9.0), pairs.on_pre(0.5, 0.3, 9.0));
        for nearest in [false, true] {
            let (a, b) = (
                TripletStdp { nearest, ..rule.clone() }.poisson_drift(7.0, 13.0),
                crate::plasticity::Stdp { nearest, ..pairs.clone() }.poisson_drift(7.0, 13.0),
            );
            assert!((a - b).abs() < 1e-15, "{a} {b}");
        }
    }
}
