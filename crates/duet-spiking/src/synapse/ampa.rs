//! The fast excitatory synapse.

use super::Kinetic;
use crate::neuron::{Kinetics, Receptor};
use duet_units::{Range, Time, Voltage, parameters};

parameters! {
    /// AMPA receptors: glutamate opens channels for sodium and potassium at once, and briefly.
    ///
    /// # Equations
    /// ```text
    /// dg/dt = -g / tau          g -> g + w   at every arrival
    /// I = g (e_rev - V)
    /// ```
    /// # Behaviour
    /// The current is inward below e_rev, zero at it and outward above: what a spike does depends on where the membrane is, as no
    /// weight of an artificial unit does. Weights are conductances. The rise, well below a millisecond, is taken as a jump.
    ///
    /// # References
    /// - Brunel & Wang 2001, J. Comput. Neurosci. 11:63 (the defaults)
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 5.8
    ///
    /// # Example
    /// 1 nS at -65 mV draws 1 · (0 + 65) = 65 pA; one time constant later 65 / e.
    /// ```
    /// use duet_spiking::synapse::{Ampa, Kinetic};
    /// assert_eq!(Ampa::default().receptor().current(1.0, -65.0), 65.0);
    /// ```
    pub default struct Ampa {
        /// Decay time constant.
        pub tau: Time = Time::new(2.0), in Range::POSITIVE;
        /// Reversal potential.
        pub e_rev: Voltage = Voltage::new(0.0);
    }
}

impl Kinetic for Ampa {
    fn receptor(&self) -> Receptor {
        Receptor::of(Kinetics::Exponential { tau: self.tau.get() }, Some(self.e_rev))
    }
}
