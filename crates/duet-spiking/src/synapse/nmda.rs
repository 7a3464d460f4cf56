//! The slow excitatory synapse that asks whether the target is active.

use super::Kinetic;
use crate::neuron::{Block, Kinetics, Receptor};
use duet_units::{Concentration, Range, Time, Voltage, parameters};

parameters! {
    /// NMDA receptors: glutamate opens channels that magnesium plugs as long as the membrane is low.
    ///
    /// # Equations
    /// ```text
    /// g(t) = w (exp(-t/tau_decay) - exp(-t/tau_rise)) / h    h brings the peak to w; tau_rise = 0: w exp(-t/tau_decay)
    /// I = g B(V) (e_rev - V)        B(V) = 1 / (1 + [Mg] / 3.57 mM · exp(-0.062 V / mV))
    /// ```
    /// # Behaviour
    /// At rest almost all channels are blocked; as the membrane rises magnesium is driven out, so between about -70 and
    /// -30 mV the inward current grows although its driving force shrinks. The channel conducts only when the sender has spoken
    /// and the target is active: a coincidence detector. Without magnesium it is an ordinary slow synapse. Weights are
    /// conductances: what would flow unblocked.
    ///
    /// # References
    /// - Jahr & Stevens 1990, J. Neurosci. 10:3178 (the block)
    /// - Brunel & Wang 2001, J. Comput. Neurosci. 11:63 (the time constants)
    ///
    /// # Example
    /// 1 mM at -60 mV: 1 / (1 + exp(3.72) / 3.57) = 0.0796 of the channels are open, so 1 nS draws 0.0796 · 60 = 4.778 pA.
    /// ```
    /// use duet_spiking::synapse::{Kinetic, Nmda};
    /// let nmda = Nmda::default();
    /// assert!((nmda.open(-60.0) - 0.079_626_368_795_2).abs() < 1e-12);
    /// assert!((nmda.receptor().current(1.0, -60.0) - 4.777_582).abs() < 1e-6);
    /// ```
    pub default struct Nmda {
        /// Time constant of the rise; 0 opens at once, for a release that has the rise in its jump (`release.saturating`).
        pub tau_rise: Time = Time::new(2.0), in Range::NON_NEGATIVE;
        /// Time constant of the fall.
        pub tau_decay: Time = Time::new(100.0), in Range::POSITIVE;
        /// Reversal potential.
        pub e_rev: Voltage = Voltage::new(0.0);
        /// Magnesium outside the cell.
        pub mg: Concentration = Concentration::new(1.0), in Range::NON_NEGATIVE;
    }
    relations { tau_rise < tau_decay; }
}

impl Nmda {
    fn block(&self) -> Block {
        Block { c: self.mg.get() / 3.57, v: 1.0 / 0.062 }
    }

    /// The share of channels that magnesium leaves open at a potential in mV.
    pub fn open(&self, v: f64) -> f64 {
        self.block().open(v).0
    }

    /// Where half of the channels are blocked, in mV; `None` without magnesium.
    pub fn half_open(&self) -> Option<f64> {
        let Block { c, v } = self.block();
        (c > 0.0).then(|| v * duet_kernels::math::ln(c))
    }
}

impl Kinetic for Nmda {
    fn receptor(&self) -> Receptor {
        let (rise, decay) = (self.tau_rise.get(), self.tau_decay.get());
        let kinetics = if rise > 0.0 {
            Kinetics::BiExponential { rise, decay }
        } else {
            Kinetics::Exponential { tau: decay }
        };
        Receptor::Conductance {
            kinetics,
            e_rev: self.e_rev.get(),
            block: (self.mg.get() > 0.0).then(|| self.block()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inward_current_is_largest_between_block_and_reversal() {
        let current = |v: f64| Nmda::default().receptor().current(1.0, v);
        let largest =
            (-90..=0).map(f64::from).fold(-90.0, |best, v| if current(v) > current(best) { v } else { best });
        assert!((-35.0..-20.0).contains(&largest), "{largest} mV");
        assert_eq!(current(0.0), 0.0);
        assert!(current(20.0) < 0.0);
    }

    /// One exponential from the full weight down, as the limit of ever shorter rises.
    #[test]
    fn without_a_rise_it_opens_at_once() {
        let course = |rise: f64| match (Nmda { tau_rise: Time::new(rise), ..Nmda::default() }).receptor() {
            Receptor::Conductance { kinetics, .. } => kinetics.course(50.0),
            other => panic!("{other:?}"),
        };
        assert!((course(0.0) - duet_kernels::math::exp(-0.5)).abs() < 1e-15);
        assert!((course(0.001) - course(0.0)).abs() < 1e-4);
    }

    #[test]
    fn without_magnesium_nothing_is_blocked() {
        let nmda = Nmda { mg: Concentration::new(0.0), ..Nmda::default() };
        assert_eq!((nmda.open(-80.0), nmda.half_open()), (1.0, None));
        assert_eq!(nmda.receptor().current(1.0, -60.0), 60.0);
        assert!((Nmda::default().half_open().unwrap() + 20.525_251_545).abs() < 1e-9);
    }
}
