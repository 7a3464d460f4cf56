//! A synaptic current or conductance that rises and falls with one time constant.

use super::{Kinetic, second_response};
use crate::neuron::{Kinetics, Receptor};
use duet_kernels::math::exp;
use duet_units::{Range, Time, Voltage, parameters};

parameters! {
    /// A spike makes a current rise to its weight and fall again, both with one time constant.
    ///
    /// # Equations
    /// ```text
    /// I(t) = w (t/tau) exp(1 - t/tau)      t after every arrival; the sum over all of them
    /// with e_rev: the same course in nS, g(t), and I = g(t) (e_rev - V)
    /// ```
    /// # Behaviour
    /// The current begins with a slope and peaks at w after tau; its charge is w e tau. Weights are currents, or
    /// conductances where `e_rev` is given. A current is integrated exactly together with a leaky membrane, tau = tau_m
    /// included: V begins with a curve, and peaks later than after an exponential current of the same tau.
    ///
    /// # References
    /// - Rall 1967, J. Neurophysiol. 30:1138 (the course)
    /// - Rotter & Diesmann 1999, Biol. Cybern. 81:381 (its exact step)
    ///
    /// # Example
    /// Where tau = tau_m = 10 ms the potential is (w e / c_m tau) t²/2 exp(-t/tau); 100 pA on 250 pF give, at its peak
    /// after 2 tau, (100 e / 2500) · 200 · exp(-2) = 2.9430 mV.
    /// ```
    /// use duet_spiking::synapse::Alpha;
    /// use duet_units::Time;
    /// let synapse = Alpha { tau: Time::new(10.0), e_rev: None };
    /// assert!((synapse.peak_time(10.0) - 20.0).abs() < 1e-12);
    /// assert!((synapse.response(100.0, 250.0, 10.0, 20.0) - 2.943_035_529_37).abs() < 1e-9);
    /// ```
    pub default struct Alpha {
        /// Time constant; the peak comes this long after an arrival.
        pub tau: Time = Time::new(2.0), in Range::POSITIVE;
        /// Reversal potential: with it, arrivals open channels.
        pub e_rev: Option<Voltage> = None;
    }
}

impl Alpha {
    /// The potential (mV, above rest) `t` ms after one spike of weight `w` pA.
    pub fn response(&self, w: f64, c_m: f64, tau_m: f64, t: f64) -> f64 {
        w * exp(1.0) / self.tau.get() * second_response(c_m, tau_m, self.tau.get(), t)
    }

    /// When the potential peaks after a spike, in ms.
    ///
    /// V' = 0 reads t q(kt) = tau_m with k = 1/tau - 1/tau_m and q(y) = (exp(y) - 1 - y)/y², which grows with t; there is no
    /// closed form but Lambert's W, so the root is bracketed and halved to the last bit.
    pub fn peak_time(&self, tau_m: f64) -> f64 {
        let k = 1.0 / self.tau.get() - 1.0 / tau_m;
        let late = |t: f64| t * super::alpha_step::remainder(k * t) > tau_m;
        let (mut low, mut high) = (0.0, tau_m);
        while !late(high) {
            (low, high) = (high, 2.0 * high);
        }
        loop {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                return middle;
            }
            if late(middle) { high = middle } else { low = middle }
        }
    }
}

impl Kinetic for Alpha {
    fn receptor(&self) -> Receptor {
        Receptor::of(Kinetics::Alpha { tau: self.tau.get() }, self.e_rev)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_potential_is_flat_at_its_peak() {
        for (tau, tau_m) in [(2.0, 10.0), (10.0, 10.0), (10.0, 10.0 + 1e-9), (30.0, 2.0), (0.1, 20.0)] {
            let synapse = Alpha { tau: Time::new(tau), e_rev: None };
            let peak = synapse.peak_time(tau_m);
            let v = |t: f64| synapse.response(100.0, 250.0, tau_m, t);
            assert!(v(peak) > v(0.99 * peak) && v(peak) > v(1.01 * peak), "{tau} {tau_m}: {peak}");
            // dV/dt from both sides of the peak vanishes to the order of the curvature.
            let step = 1e-4 * peak;
            assert!((v(peak + step) - v(peak - step)).abs() < 1e-7 * v(peak), "{tau} {tau_m}");
        }
    }

    #[test]
    fn the_limit_of_equal_time_constants_is_smooth() {
        let at = |tau: f64| {
            let synapse = Alpha { tau: Time::new(tau), e_rev: None };
            [synapse.peak_time(10.0), synapse.response(100.0, 250.0, 10.0, 7.0)]
        };
        for near in [10.0 + 1e-7, 10.0 - 1e-7, 10.0 + 1e-13] {
            for (near, limit) in at(near).into_iter().zip(at(10.0)) {
                assert!((near / limit - 1.0).abs() < 1e-7, "{near} {limit}");
            }
        }
    }
}
