//! The fast inhibitory synapse.

use super::Kinetic;
use crate::neuron::{Kinetics, Receptor};
use duet_units::{Range, Time, Voltage, parameters};

parameters! {
    /// GABA_A receptors: GABA opens channels for chloride.
    ///
    /// # Equations
    /// ```text
    /// dg/dt = -g / tau          g -> g + w   at every arrival
    /// I = g (e_rev - V)
    /// ```
    /// # Behaviour
    /// e_rev lies near the resting potential, so a spike moves a resting membrane little. It opens a leak all the same: what
    /// other synapses do meanwhile is divided (shunting inhibition). Below e_rev it depolarises. Weights are conductances, so they are
    /// positive: that it inhibits lies in e_rev.
    ///
    /// # References
    /// - Brunel & Wang 2001, J. Comput. Neurosci. 11:63 (the defaults)
    /// - Koch, Poggio & Torre 1983, PNAS 80:2799 (shunting)
    ///
    /// # Example
    /// 1 nS at -60 mV draws 1 · (-70 + 60) = -10 pA, and nothing at -70 mV.
    /// ```
    /// use duet_spiking::synapse::{GabaA, Kinetic};
    /// let receptor = GabaA::default().receptor();
    /// assert_eq!((receptor.current(1.0, -60.0), receptor.current(1.0, -70.0)), (-10.0, 0.0));
    /// ```
    pub default struct GabaA {
        /// Decay time constant.
        pub tau: Time = Time::new(5.0), in Range::POSITIVE;
        /// Reversal potential: chloride's.
        pub e_rev: Voltage = Voltage::new(-70.0);
    }
}

impl Kinetic for GabaA {
    fn receptor(&self) -> Receptor {
        Receptor::of(Kinetics::Exponential { tau: self.tau.get() }, Some(self.e_rev))
    }
}
