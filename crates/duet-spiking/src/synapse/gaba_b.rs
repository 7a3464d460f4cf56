//! The slow inhibitory synapse.

use super::Kinetic;
use crate::neuron::{Kinetics, Receptor};
use duet_units::{Range, Time, Voltage, parameters};

parameters! {
    /// GABA_B receptors: GABA opens potassium channels by way of a messenger inside the cell, late and for long.
    ///
    /// # Equations
    /// ```text
    /// g(t) = w (exp(-t/tau_decay) - exp(-t/tau_rise)) / h    h brings the peak to w
    /// I = g (e_rev - V)
    /// ```
    /// # Behaviour
    /// The potential falls for about a tenth of a second and stays low for several. e_rev is potassium's, well below rest, so
    /// it hyperpolarises where GABA_A only shunts. Every spike counts alike here; in tissue the messenger cascade (four
    /// molecules to open a channel; Destexhe & Sejnowski 1995) makes bursts count more than single spikes. Weights are conductances.
    ///
    /// # References
    /// - Dutar & Nicoll 1988, Nature 332:156; Otis, De Koninck & Mody 1993, J. Physiol. 463:391 (the course)
    /// - Destexhe & Sejnowski 1995, PNAS 92:9515 (what is left out)
    ///
    /// # Example
    /// With the defaults the peak comes after 60 · 200 / 140 · ln(200 / 60) = 103.2 ms; 1 nS at -65 mV then draws -25 pA.
    /// ```
    /// use duet_spiking::synapse::{GabaB, Kinetic};
    /// let gaba_b = GabaB::default();
    /// assert!((gaba_b.peak_time() - 103.197_668_9).abs() < 1e-6);
    /// assert_eq!(gaba_b.receptor().current(1.0, -65.0), -25.0);
    /// ```
    pub default struct GabaB {
        /// Time constant of the rise.
        pub tau_rise: Time = Time::new(60.0), in Range::POSITIVE;
        /// Time constant of the fall.
        pub tau_decay: Time = Time::new(200.0), in Range::POSITIVE;
        /// Reversal potential: potassium's.
        pub e_rev: Voltage = Voltage::new(-90.0);
    }
    relations { tau_rise < tau_decay; }
}

impl GabaB {
    /// When the conductance peaks after a spike, in ms.
    pub fn peak_time(&self) -> f64 {
        Kinetics::peak_of_two(self.tau_rise.get(), self.tau_decay.get())
    }
}

impl Kinetic for GabaB {
    fn receptor(&self) -> Receptor {
        let (rise, decay) = (self.tau_rise.get(), self.tau_decay.get());
        Receptor::of(Kinetics::BiExponential { rise, decay }, Some(self.e_rev))
    }
}
