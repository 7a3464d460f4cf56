//! The electrical synapse.

use super::Kinetic;
use crate::neuron::Receptor;
use duet_units::parameters;

parameters! {
    /// A gap junction: a hole between two cells, through which current flows as long as their potentials differ.
    ///
    /// # Equations
    /// ```text
    /// into the target:   I = w (V_source - V_target)        into the source:   the same with the other sign
    /// ```
    /// # Behaviour
    /// It passes no spikes: nothing is released, nothing is delayed, and it works both ways, so every synapse of the projection is one
    /// junction that both of its cells feel. Two cells are drawn together: a step in one arrives in the other divided by 1 + g_l/w
    /// (the coupling coefficient). Weights are conductances. The current of a step comes from the potentials at the end of the step
    /// before, the same for both cells, so no charge is lost; the error is first order in dt. Cells whose model only stamps a spike, as
    /// `lif`, pass on no spikelet.
    ///
    /// # References
    /// - Bennett & Zukin 2004, Neuron 41:495
    /// - Hahne et al. 2015, Front. Neuroinform. 9:22 (what a simulator that iterates does instead)
    ///
    /// # Example
    /// 10 nS of leak and a junction of 5 nS: the coupling coefficient is 5 / 15.
    /// ```
    /// assert!((duet_spiking::synapse::Gap::coupling(10.0, 5.0) - 1.0 / 3.0).abs() < 1e-15);
    /// ```
    pub default struct Gap {}
}

impl Gap {
    /// The share of a steady depolarisation that reaches a passive neighbour with leak `g_l` through a junction of `w` nS.
    pub fn coupling(g_l: f64, w: f64) -> f64 {
        w / (g_l + w)
    }
}

impl Kinetic for Gap {
    fn receptor(&self) -> Receptor {
        Receptor::Gap
    }
}
