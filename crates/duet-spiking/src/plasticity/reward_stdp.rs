//! Spike-timing-dependent plasticity that a reward makes real.

use duet_kernels::math::exp;
use duet_units::{Range, Time, parameters};

parameters! {
    /// A pair of spikes only marks the synapse; dopamine that comes later turns the mark into a change.
    ///
    /// # Equations
    /// ```text
    /// at a postsynaptic spike:   c -> c + a_plus  x      dx/dt = -x / tau_plus
    /// at a presynaptic arrival:  c -> c - a_minus y      dy/dt = -y / tau_minus
    /// dc/dt = -c / tau_c         dd/dt = -d / tau_d,   d -> d + amount at a reward
    /// dw/dt = c (d + tonic)      per second, w_min <= w <= w_max
    /// ```
    ///
    /// # Behaviour
    /// The distal reward problem and its answer: a reward comes seconds after the spikes that earned it. c remembers which
    /// synapses took part, longer than chance pairs of others coincide with rewards. One pair at lag s, rewarded T later,
    /// changes w by amount · STDP(s) exp(-T / tau_c) / (1/tau_c + 1/tau_d). Bounds act when a weight is looked at: at the
    /// spikes of its ends and at rewards.
    ///
    /// # References
    /// - Izhikevich 2007, Cereb. Cortex 17:2443; Florian 2007, Neural Comput. 19:1468
    /// - Frémaux & Gerstner 2016, Front. Neural Circuits 9:85
    ///
    /// # Example
    /// A pair at lag 10 ms, rewarded after 1 s: 0.1 exp(-1/2) exp(-1) / (1/1 s + 1/0.2 s) = 0.00372.
    /// ```
    /// use duet_spiking::plasticity::RewardStdp;
    /// assert!((RewardStdp::default().window(10.0, 1000.0, 1.0) - 0.003_718_836).abs() < 1e-9);
    /// ```
    pub default struct RewardStdp {
        /// Eligibility gained by a pair at lag 0+.
        pub a_plus: f64 = 0.1;
        /// Eligibility lost by a pair at lag 0-.
        pub a_minus: f64 = 0.15;
        /// Time constant of the presynaptic trace.
        pub tau_plus: Time = Time::new(20.0), in Range::POSITIVE;
        /// Time constant of the postsynaptic trace.
        pub tau_minus: Time = Time::new(20.0), in Range::POSITIVE;
        /// Time constant of the eligibility.
        pub tau_c: Time = Time::new(1000.0), in Range::POSITIVE;
        /// Time constant of dopamine.
        pub tau_d: Time = Time::new(200.0), in Range::POSITIVE;
        /// Dopamine that is always there.
        pub tonic: f64 = 0.0;
        /// Smallest weight.
        pub w_min: f64 = 0.0;
        /// Largest weight.
        pub w_max: f64 = 1.0;
    }
    relations { w_min < w_max; }
}

impl RewardStdp {
    /// Change by one pair at lag `t_post - t_pre` in ms, rewarded by `amount` so many ms after its later spike, when all
    /// has decayed; away from the bounds.
    pub fn window(&self, lag: f64, after: f64, amount: f64) -> f64 {
        let mark = if lag > 0.0 {
            self.a_plus * exp(-lag / self.tau_plus.get())
        } else if lag < 0.0 {
            -self.a_minus * exp(lag / self.tau_minus.get())
        } else {
            0.0
        };
        let rewarded = exp(-after / self.tau_c.get()) / (1.0 / self.tau_c.get() + 1.0 / self.tau_d.get());
        mark * (amount * rewarded + self.tonic * self.tau_c.get()) / 1000.0
    }

    /// How much the weight changes within `span` ms in which nothing happens, from the eligibility and the dopamine above
    /// the tonic level at their beginning.
    pub fn change(&self, eligibility: f64, dopamine: f64, span: f64) -> f64 {
        let both = 1.0 / (1.0 / self.tau_c.get() + 1.0 / self.tau_d.get());
        let reach = |tau: f64| tau * (1.0 - exp(-span / tau)) / 1000.0;
        eligibility * (dopamine * reach(both) + self.tonic * reach(self.tau_c.get()))
    }
}
