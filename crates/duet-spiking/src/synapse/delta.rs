//! A synapse that moves the membrane at once.

use super::Kinetic;
use crate::neuron::Receptor;
use duet_units::parameters;

parameters! {
    /// A spike moves the membrane potential by its weight, at once.
    ///
    /// # Equations
    /// ```text
    /// V -> V + w        at every arrival (discarded while the target is refractory)
    /// ```
    /// # Behaviour
    /// After one spike the potential decays from w with the membrane's own time constant. Weights are voltages. The
    /// limit of a current so brief that no charge leaks away meanwhile; the synapse of Brunel's balanced networks.
    ///
    /// # References
    /// - Brunel 2000, J. Comput. Neurosci. 8:183
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 5.8
    ///
    /// # Example
    /// A spike of 0.1 mV, 20 ms later, on a membrane of 20 ms: 0.1 mV · exp(-1).
    /// ```
    /// use duet_spiking::synapse::Delta;
    /// let v = Delta::response(0.1, 20.0, 20.0);
    /// assert!((v - 0.036_787_944_117_144_23).abs() < 1e-15);
    /// ```
    pub default struct Delta {}
}

impl Delta {
    /// The potential (mV, above rest) `t` ms after one spike of weight `w` mV, for membrane time constant `tau_m` ms.
    pub fn response(w: f64, tau_m: f64, t: f64) -> f64 {
        w * duet_kernels::math::exp(-t / tau_m)
    }
}

impl Kinetic for Delta {
    fn receptor(&self) -> Receptor {
        Receptor::Delta
    }
}
