//! A synaptic current or conductance that jumps and decays.

use super::Kinetic;
use crate::neuron::{Kinetics, Receptor};
use duet_kernels::math::{exp, exp_m1, ln};
use duet_units::{Range, Time, Voltage, parameters};

parameters! {
    /// A spike makes a current jump by its weight; the current then decays exponentially.
    ///
    /// # Equations
    /// ```text
    /// dI/dt = -I / tau      I -> I + w   at every arrival
    /// with e_rev: the same course in nS, g(t), and I = g(t) (e_rev - V)
    /// ```
    /// # Behaviour
    /// The membrane answers with a difference of exponentials that peaks at tau_m tau / (tau_m - tau) · ln(tau_m / tau).
    /// Weights are currents, or conductances where `e_rev` is given. A current is integrated exactly together with a leaky
    /// membrane, tau = tau_m included.
    ///
    /// # References
    /// - Rotter & Diesmann 1999, Biol. Cybern. 81:381
    ///
    /// # Example
    /// 100 pA on 250 pF with tau_m = 10 ms and tau = 2 ms, one millisecond after the spike:
    /// (100 / 250) · (10 · 2 / 8) · (exp(-0.1) - exp(-0.5)) = 0.2983 mV.
    /// ```
    /// use duet_spiking::synapse::Exponential;
    /// use duet_units::Time;
    /// let synapse = Exponential { tau: Time::new(2.0), e_rev: None };
    /// assert!((synapse.response(100.0, 250.0, 10.0, 1.0) - 0.298_306_758_323).abs() < 1e-9);
    /// ```
    pub default struct Exponential {
        /// Decay time constant of the current.
        pub tau: Time = Time::new(5.0), in Range::POSITIVE;
        /// Reversal potential: with it, arrivals open channels.
        pub e_rev: Option<Voltage> = None;
    }
}

/// The potential (mV) that a current decaying from 1 pA with `tau` leaves on a membrane after `h` ms.
///
/// This is the off-diagonal element of the joint propagator of current and membrane (Rotter & Diesmann 1999),
/// (1/c_m) ∫₀ʰ exp(-(h-s)/tau_m) exp(-s/tau) ds = (h/c_m) exp(-h/tau_m) (eᵈ - 1)/d with d = h/tau_m - h/tau.
/// The form has no cancellation, so it holds for tau_m near tau and at tau_m = tau.
pub fn membrane_response(c_m: f64, tau_m: f64, tau: f64, h: f64) -> f64 {
    let d = h / tau_m - h / tau;
    if d > 500.0 {
        // The same with the factors multiplied out, where one of them would overflow.
        return h / c_m * (exp(-h / tau) - exp(-h / tau_m)) / d;
    }
    let share = if d == 0.0 { 1.0 } else { exp_m1(d) / d };
    h / c_m * exp(-h / tau_m) * share
}

impl Exponential {
    /// The potential (mV, above rest) `t` ms after one spike of weight `w` pA.
    pub fn response(&self, w: f64, c_m: f64, tau_m: f64, t: f64) -> f64 {
        w * membrane_response(c_m, tau_m, self.tau.get(), t)
    }

    /// When the potential peaks after a spike, in ms: tau_m tau / (tau_m - tau) · ln(tau_m / tau), or tau_m where equal.
    pub fn peak_time(&self, tau_m: f64) -> f64 {
        let tau = self.tau.get();
        // ln(tau_m / tau) / (1 / tau - 1 / tau_m), written so that the limit tau_m = tau is smooth.
        let x = (tau_m - tau) / tau;
        let share = if x == 0.0 { 1.0 } else { duet_kernels::math::ln_1p(x) / x };
        if x.abs() < 0.5 { tau_m * share } else { tau_m * tau / (tau_m - tau) * ln(tau_m / tau) }
    }
}

impl Kinetic for Exponential {
    fn receptor(&self) -> Receptor {
        Receptor::of(Kinetics::Exponential { tau: self.tau.get() }, self.e_rev)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fine Riemann sum of the convolution, independent of the closed form.
    fn by_quadrature(c_m: f64, tau_m: f64, tau: f64, h: f64) -> f64 {
        let n = 200_000;
        let ds = h / n as f64;
        (0..n).map(|k| (k as f64 + 0.5) * ds).map(|s| exp(-(h - s) / tau_m - s / tau)).sum::<f64>() * ds / c_m
    }

    #[test]
    fn the_propagator_is_the_convolution() {
        for (tau_m, tau) in [(10.0, 2.0), (10.0, 10.0), (10.0, 10.0 + 1e-9), (2.0, 30.0), (20.0, 0.1)] {
            let (exact, sum) =
                (membrane_response(250.0, tau_m, tau, 3.0), by_quadrature(250.0, tau_m, tau, 3.0));
            assert!((exact / sum - 1.0).abs() < 1e-8, "{tau_m} {tau}: {exact} {sum}");
        }
    }

    #[test]
    fn the_limit_of_equal_time_constants_is_smooth() {
        let at = |tau| membrane_response(250.0, 10.0, tau, 7.0);
        assert!((at(10.0 + 1e-6) / at(10.0) - 1.0).abs() < 1e-6);
        let peak = |tau| Exponential { tau: Time::new(tau), e_rev: None }.peak_time(10.0);
        assert_eq!(peak(10.0), 10.0);
        assert!((peak(10.0 + 1e-6) / 10.0 - 1.0).abs() < 1e-6);
        assert!((peak(2.0) - 4.023_594_781_09).abs() < 1e-9);
    }
}
