//! Neuron models: one per file, and the seam through which the engine sees them.

mod lif;
mod threshold;

pub use lif::{Lif, LifGroup};
pub use threshold::{Adaptive, ThresholdAdaptation};

use duet_kernels::Real;
use duet_units::choice;

choice! {
    /// The equation of a membrane.
    pub enum Neuron: "neuron" {
        Lif(Lif) = "lif",
    }
}

/// A way into a cell: where the arrivals of one kind of synapse are collected.
#[derive(Clone, Debug, PartialEq)]
pub enum Receptor {
    /// Arrivals move the membrane.
    Delta,
    /// Arrivals move a current that decays with `tau` ms.
    Exponential {
        /// Time constant in ms.
        tau: f64,
    },
}

/// What a group is built from, besides the model's own parameters.
#[derive(Clone, Debug)]
pub struct Build<'a> {
    /// Number of cells.
    pub size: usize,
    /// Time step in ms.
    pub dt: f64,
    /// The ways in; arrivals come in the same order.
    pub receptors: &'a [Receptor],
    /// What one unit of weight and of bias means, in mV (delta) or pA.
    pub unit: f64,
    /// Whether biases are voltages (every receptor is a delta synapse) rather than currents.
    pub bias_is_voltage: bool,
}

/// The potentials that a figure draws, in mV.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Threshold.
    pub v_th: f64,
    /// Reset potential.
    pub v_reset: f64,
    /// Resting (leak) potential.
    pub e_l: f64,
}

/// The cells of one population: the seam between the engine and a neuron model. One virtual call per population and
/// phase of a step; inside, everything is monomorphic and laid out as one array per variable.
pub trait Group<T: Real>: Send {
    /// Number of cells.
    fn size(&self) -> usize;
    /// Puts every cell to rest: resting potential, no current, not refractory.
    fn rest(&mut self);
    /// Integrates from t - dt to t, then adds what arrives at t. `arrivals[r][i]` is the summed dimensionless weight at
    /// receptor r of cell i, `bias[i]` its constant drive.
    fn integrate(&mut self, arrivals: &[Vec<T>], bias: &[T]);
    /// The cells at or above threshold, ascending. `shift[i]` (mV) raises the threshold of cell i; empty means none.
    fn crossed(&self, shift: &[T], cells: &mut Vec<u32>);
    /// Makes a cell fire: reset and refractory period.
    fn fire(&mut self, cell: usize);
    /// Puts one cell's membrane to rest (strong, brief inhibition).
    fn silence(&mut self, cell: usize);
    /// Distance from threshold, in units of the distance from rest to threshold: -1 at rest, 0 at threshold.
    fn distance(&self, shift: &[T], out: &mut [T]);
    /// Membrane potential of a cell, in mV.
    fn v(&self, cell: usize) -> f64;
    /// The potentials that a figure draws.
    fn levels(&self) -> Levels;
}

impl Neuron {
    /// Builds a group of cells at rest.
    pub fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        match self {
            Self::Lif(lif) => Box::new(LifGroup::new(lif, build)),
        }
    }

    /// The membrane time constant in ms, where the model has one: what dt is held against.
    pub fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        match self {
            Self::Lif(lif) => Some(("tau_m", lif.tau_m.get())),
        }
    }

    /// The refractory period in ms.
    pub fn refractory_period(&self) -> f64 {
        match self {
            Self::Lif(lif) => lif.t_ref.get(),
        }
    }
}
