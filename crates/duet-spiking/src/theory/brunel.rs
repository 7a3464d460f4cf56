//! Brunel's network of excitatory and inhibitory cells that all see the same, in theory.
//!
//! ```text
//! mu     = j c_e tau_m (nu_ext + nu (1 - g gamma))
//! sigma² = j² c_e tau_m (nu_ext + nu (1 + g² gamma))
//! nu_ext = eta nu_thr,    nu_thr = v_th / (j c_e tau_m)          the input whose mean alone reaches threshold
//! strong coupling:  nu = (nu_ext - nu_thr) / (g gamma - 1)
//! ```
//!
//! # Behaviour
//! For g < 1/gamma (4) excitation wins and cells fire near their ceiling; beyond, inhibition holds them at low rates that grow
//! with the input in nearly a straight line.
//!
//! # References
//! - Brunel 2000, J. Comput. Neurosci. 8:183, equations 3-5, 21 and 23

use super::mean_field::{Input, Source};
use super::{MeanField, Siegert};

/// Brunel's model A: excitatory and inhibitory cells with the same inputs.
///
/// nu_thr = 20 mV / (0.1 mV · 1000 · 0.02 s) = 10 Hz, and for g = 5 and eta = 2: (20 - 10)/(5/4 - 1) = 40 Hz.
/// ```
/// use duet_spiking::theory::Brunel;
/// let network = Brunel { g: 5.0, eta: 2.0, ..Brunel::default() };
/// assert!((network.nu_thr() - 10.0).abs() < 1e-12);
/// assert!((network.mean_field().balanced().unwrap()[0] - 40.0).abs() < 1e-9);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Brunel {
    /// The cell.
    pub cell: Siegert,
    /// Jump of the potential by an excitatory spike, in mV.
    pub j: f64,
    /// Excitatory synapses on a cell, as many again from outside.
    pub c_e: f64,
    /// Inhibitory synapses over excitatory ones.
    pub gamma: f64,
    /// Strength of inhibitory synapses over that of excitatory ones.
    pub g: f64,
    /// External rate over the one that reaches threshold.
    pub eta: f64,
}

impl Default for Brunel {
    /// The paper's values, at g = 5 and eta = 2: asynchronous and irregular.
    fn default() -> Self {
        let cell = Siegert { tau_m: 20.0, t_ref: 2.0, v_th: 20.0, v_reset: 10.0, tau_s: 0.0 };
        Self { cell, j: 0.1, c_e: 1000.0, gamma: 0.25, g: 5.0, eta: 2.0 }
    }
}

impl Brunel {
    /// The external rate in Hz at each synapse that would hold the mean potential at threshold.
    pub fn nu_thr(&self) -> f64 {
        1000.0 * self.cell.v_th / (self.j * self.c_e * self.cell.tau_m)
    }

    /// The network as one population: all of its cells see the same.
    pub fn mean_field(&self) -> MeanField {
        let input = |from, in_degree, weight| Input { to: 0, from, in_degree, weight };
        let inputs = vec![
            input(Source::External(self.eta * self.nu_thr()), self.c_e, self.j),
            input(Source::Population(0), self.c_e, self.j),
            input(Source::Population(0), self.gamma * self.c_e, -self.g * self.j),
        ];
        MeanField { cells: vec![self.cell], inputs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With g gamma and eta held, stronger coupling (more synapses of the same strength) draws the rate to the limit.
    #[test]
    fn strong_coupling_reaches_the_balanced_limit() {
        let off = |c_e: f64| {
            let base = Brunel::default();
            // The external rate at each synapse stays that of 1000 synapses: its sum grows with them.
            let network = Brunel { c_e, eta: 2.0 * c_e / 1000.0, ..base }.mean_field();
            let balanced = network.balanced().unwrap()[0];
            (network.rates().unwrap()[0] - balanced).abs() / balanced
        };
        // The mean stays within a few sigma of threshold, which is one over the root of the number of synapses of it.
        let offs = [256_000.0, 4_096_000.0].map(off);
        assert!(offs[0] > 2.0 * offs[1] && offs[1] < 0.01, "{offs:?}");
    }

    #[test]
    fn dominant_inhibition_leaves_one_fixed_point() {
        let points = Brunel::default().mean_field().fixed_points();
        assert!(points.len() == 1 && points[0].stable, "{points:?}");
    }
}
