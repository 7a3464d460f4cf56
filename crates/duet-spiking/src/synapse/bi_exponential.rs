//! A synaptic current or conductance with a rise and a fall of its own.

use super::{Kinetic, membrane_response};
use crate::neuron::{Kinetics, Receptor};
use duet_units::{Range, Time, Voltage, parameters};

parameters! {
    /// A spike makes a current rise to its weight with one time constant and fall with a longer one.
    ///
    /// # Equations
    /// ```text
    /// I(t) = w (exp(-t/tau_decay) - exp(-t/tau_rise)) / h      t after every arrival; the sum over all of them
    /// peak at t_p = tau_rise tau_decay / (tau_decay - tau_rise) · ln(tau_decay / tau_rise)
    /// h = exp(-t_p/tau_decay) (1 - tau_rise/tau_decay)         brings the peak to w
    /// with e_rev: the same course in nS, g(t), and I = g(t) (e_rev - V)
    /// ```
    /// # Behaviour
    /// As tau_rise goes to 0 it becomes the exponential, as tau_rise goes to tau_decay the alpha function. Weights are currents, or
    /// conductances where `e_rev` is given. A current is integrated exactly together with a leaky membrane.
    ///
    /// # References
    /// - Roth & van Rossum 2009, Modeling synapses, in De Schutter (ed.), Computational Modeling Methods for Neuroscientists
    /// - Rotter & Diesmann 1999, Biol. Cybern. 81:381 (the exact step)
    ///
    /// # Example
    /// With 1 ms and 2 ms the peak comes at 2 ln 2 = 1.386 ms and h = 1/2 · 1/2, so 0.5 ms after an arrival of 10 pA flow
    /// 10 · 4 (exp(-0.25) - exp(-0.5)) = 6.8908 pA.
    /// ```
    /// use duet_spiking::synapse::BiExponential;
    /// use duet_units::Time;
    /// let synapse = BiExponential { tau_rise: Time::new(1.0), tau_decay: Time::new(2.0), e_rev: None };
    /// assert!((synapse.peak_time() - 1.386_294_361_12).abs() < 1e-11);
    /// assert!((synapse.current(10.0, 0.5) - 6.890_804_9).abs() < 1e-6);
    /// ```
    pub default struct BiExponential {
        /// Time constant of the rise.
        pub tau_rise: Time = Time::new(0.5), in Range::POSITIVE;
        /// Time constant of the fall.
        pub tau_decay: Time = Time::new(5.0), in Range::POSITIVE;
        /// Reversal potential: with it, arrivals open channels.
        pub e_rev: Option<Voltage> = None;
    }
    relations { tau_rise < tau_decay; }
}

impl BiExponential {
    fn kinetics(&self) -> Kinetics {
        Kinetics::BiExponential { rise: self.tau_rise.get(), decay: self.tau_decay.get() }
    }

    /// When the course peaks after a spike, in ms.
    pub fn peak_time(&self) -> f64 {
        Kinetics::peak_of_two(self.tau_rise.get(), self.tau_decay.get())
    }

    /// The course `t` ms after one spike of weight `w`.
    pub fn current(&self, w: f64, t: f64) -> f64 {
        w * self.kinetics().course(t)
    }

    /// The potential (mV, above rest) `t` ms after one spike of weight `w` pA.
    pub fn response(&self, w: f64, c_m: f64, tau_m: f64, t: f64) -> f64 {
        let (fall, rise) = self.kinetics().jump();
        let part = |tau: Time| membrane_response(c_m, tau_m, tau.get(), t);
        w * (fall * part(self.tau_decay) + rise * part(self.tau_rise))
    }
}

impl Kinetic for BiExponential {
    fn receptor(&self) -> Receptor {
        Receptor::of(self.kinetics(), self.e_rev)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synapse::{Alpha, Exponential};

    fn with(rise: f64, decay: f64) -> BiExponential {
        BiExponential { tau_rise: Time::new(rise), tau_decay: Time::new(decay), e_rev: None }
    }

    #[test]
    fn the_peak_is_the_weight() {
        for (rise, decay) in [(0.5, 5.0), (2.0, 100.0), (4.999_999, 5.0)] {
            let synapse = with(rise, decay);
            let peak = synapse.peak_time();
            assert!((synapse.current(3.0, peak) - 3.0).abs() < 1e-8, "{rise} {decay}");
            assert!(synapse.current(3.0, 0.98 * peak) < 3.0 && synapse.current(3.0, 1.02 * peak) < 3.0);
        }
    }

    #[test]
    fn its_limits_are_the_other_two() {
        let v = |synapse: &BiExponential| synapse.response(100.0, 250.0, 10.0, 4.0);
        let exponential = Exponential { tau: Time::new(5.0), e_rev: None }.response(100.0, 250.0, 10.0, 4.0);
        assert!((v(&with(1e-7, 5.0)) / exponential - 1.0).abs() < 1e-5);
        let alpha = Alpha { tau: Time::new(5.0), e_rev: None }.response(100.0, 250.0, 10.0, 4.0);
        assert!((v(&with(5.0 - 1e-5, 5.0)) / alpha - 1.0).abs() < 1e-5);
    }
}
