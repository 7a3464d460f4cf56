//! Neuron models: one per file, and the seam through which the engine sees them.
//!
//! A model is a struct of parameters that implements [`Model`]. Most models are differential equations: they implement
//! [`Membrane`] and let [`OdeGroup`] make cells of it. A model with a closed-form step implements [`Group`] itself.

mod adex;
mod eif;
mod fitzhugh_nagumo;
mod flow;
mod held;
mod hodgkin_huxley;
mod inlets;
mod integrate_and_fire;
mod izhikevich;
mod leaky;
mod lif;
mod lif_group;
mod mcculloch_pitts;
mod membrane;
mod morris_lecar;
mod ode;
mod poisson;
mod precise;
mod receptor;
mod relaxing;
mod rest;
mod threshold;
mod traub_miles;

pub use adex::Adex;
pub use eif::Eif;
pub use fitzhugh_nagumo::FitzhughNagumo;
pub use flow::Flow;
pub use hodgkin_huxley::{Currents, HodgkinHuxley, Squid};
pub use integrate_and_fire::{IntegrateAndFire, Reset, Subtract, Zero};
pub use izhikevich::Izhikevich;
pub use lif::Lif;
pub use lif_group::LifGroup;
pub use mcculloch_pitts::McCullochPitts;
pub use membrane::{Firing, Membrane, Variable};
pub use morris_lecar::MorrisLecar;
pub use ode::OdeGroup;
pub use poisson::Poisson;
pub use receptor::{Block, Drive, Kinetics, Receptor};
pub use threshold::{Adaptive, ThresholdAdaptation};
pub use traub_miles::TraubMiles;

use crate::integrator::Method;
use duet_kernels::Real;
use duet_kernels::membrane::input;
use duet_random::Key;
use duet_units::choice;

/// One line per model: the table from which scenarios, checks, `duet explain`, the book and the engine follow.
macro_rules! neurons {
    ($($model:ident = $word:literal),+ $(,)?) => {
        choice! {
            /// The equation of a membrane.
            pub enum Neuron: "neuron" { $($model($model) = $word),+ }
        }

        impl Neuron {
            /// Builds a group of cells at rest.
            pub fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
                match self {
                    $(Self::$model(model) => model.group(build)),+
                }
            }

            /// What the engine asks of a model.
            fn model(&self) -> &dyn Model {
                match self {
                    $(Self::$model(model) => model),+
                }
            }
        }
    };
}

neurons! {
    Lif = "lif",
    Eif = "eif",
    Adex = "adex",
    Izhikevich = "izhikevich",
    FitzhughNagumo = "fitzhugh_nagumo",
    MorrisLecar = "morris_lecar",
    IntegrateAndFire = "integrate_and_fire",
    McCullochPitts = "mcculloch_pitts",
    Poisson = "poisson",
    HodgkinHuxley = "hodgkin_huxley",
    TraubMiles = "traub_miles",
}

/// Whole steps for which a spike holds a cell. 16 bits count them, which [`SpikingSide::roundings`](crate::SpikingSide::roundings)
/// says of a period that is longer.
pub(crate) fn held_steps(t_ref: f64, dt: f64) -> u16 {
    (t_ref / dt).round() as u16
}

/// What a neuron model is to the engine; implemented by its parameters.
pub trait Model {
    /// Builds cells at rest.
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>>
    where
        Self: Sized;

    /// The unit of the current that it takes.
    fn input_unit(&self) -> InputUnit {
        InputUnit::Current
    }

    /// Its fastest time constant in ms, where it has one: what dt is held against.
    fn shortest_time_constant(&self) -> Option<(&'static str, f64)>;

    /// The refractory period in ms.
    fn refractory_period(&self) -> f64 {
        0.0
    }

    /// Where spikes cannot come in this way: what to choose instead.
    fn refuses(&self, _receptor: &Receptor) -> Option<&'static str> {
        None
    }

    /// Whether a step with these receptors has a closed form.
    fn is_exact(&self, _receptors: &[Receptor]) -> bool {
        false
    }

    /// Whether its spikes have a time inside their step.
    fn has_spike_times(&self) -> bool {
        true
    }

    /// The current at which it begins to fire again and again, in its own unit, where that is known in closed form.
    fn rheobase(&self) -> Option<f64> {
        None
    }

    /// The rate in Hz under a constant current in its own unit, where that is known in closed form.
    fn rate(&self, _current: f64) -> Option<f64> {
        None
    }

    /// The same under white noise around this current, of a strength in the square of its unit times ms (the area under
    /// the noise's autocorrelation).
    fn rate_in_noise(&self, _current: f64, _strength: f64) -> Option<f64> {
        None
    }

    /// What else can be recorded, computed from the variables: currents through channels.
    fn derived(&self) -> &'static [Variable] {
        &[]
    }

    /// The values of [`Model::derived`], from those of the variables.
    fn derive(&self, _variables: &[f64]) -> Vec<f64> {
        Vec::new()
    }
}

/// The unit of the current that a membrane takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputUnit {
    /// A current into a whole cell, in pA.
    Current,
    /// A current per membrane area, in uA/cm2.
    Density,
    /// A number: models without units.
    Number,
}

impl InputUnit {
    /// The unit as it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Current => "pA",
            Self::Density => "uA/cm2",
            Self::Number => "1",
        }
    }

    /// The unit of a conductance in such a membrane.
    pub fn of_conductance(self) -> &'static str {
        match self {
            Self::Current => "nS",
            Self::Density => "mS/cm2",
            Self::Number => "1",
        }
    }
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
    /// What one unit of weight and of bias means: mV (delta), a current or a conductance in the model's unit.
    pub unit: f64,
    /// Whether biases are voltages (every receptor is a delta synapse) rather than currents.
    pub bias_is_voltage: bool,
    /// How a step is approximated; `None` for the model's own way: exact where it can be, else fourth-order Runge-Kutta.
    pub method: Option<Method>,
    /// Whether spikes of an exact step are found inside it.
    pub precise: bool,
    /// What the cells draw from, where they draw.
    pub key: Key,
}

impl Build<'_> {
    /// Cells that nothing feeds.
    pub fn cells(size: usize, dt: f64) -> Self {
        Self {
            size,
            dt,
            receptors: &[],
            unit: 1.0,
            bias_is_voltage: false,
            method: None,
            precise: false,
            key: Key::new(0),
        }
    }
}

/// What acts on the cells of a group during one step.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a, T> {
    /// Summed dimensionless weights arriving at the end of the step, per receptor and cell.
    pub arrivals: &'a [Vec<T>],
    /// Constant drive of every cell, in units of weight; empty means none.
    pub bias: &'a [T],
    /// Current injected into every cell during the step, in the model's unit; empty means none.
    pub current: &'a [T],
    /// How far each threshold is raised, in mV; empty means not at all.
    pub shift: &'a [T],
}

impl<'a, T> Input<'a, T> {
    /// A constant drive and nothing else.
    pub fn constant(bias: &'a [T]) -> Self {
        Self { arrivals: &[], bias, current: &[], shift: &[] }
    }

    /// As kernels take it.
    fn of_numbers(&self) -> input::Input<'a, T> {
        let arriving = input::Arriving::Numbers(self.arrivals);
        input::Input { arriving, bias: self.bias, current: self.current }
    }
}

/// The potentials that a figure draws, in mV.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Levels {
    /// Threshold.
    pub v_th: f64,
    /// Reset potential, where the model has one.
    pub v_reset: Option<f64>,
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
    /// Names the draws to come, for cells that fire by chance.
    fn draw_from(&mut self, _key: Key) {}
    /// Integrates from t - dt to t, then adds what arrives at t.
    fn integrate(&mut self, input: &Input<'_, T>);
    /// [`Group::integrate`] and [`Group::crossed`] in one go over the cells, from sums of quanta, where thresholds do not move;
    /// `false`, and nothing is done, where there is no such way.
    fn advance(&mut self, _input: &mut input::Input<'_, T>, _fired: &mut Vec<u32>) -> bool {
        false
    }
    /// The cells that fire, ascending; one that fired more than once inside the step stands there as often.
    fn crossed(&self, shift: &[T], cells: &mut Vec<u32>);
    /// Makes a cell fire: reset and refractory period.
    fn fire(&mut self, cell: usize);
    /// Puts one cell's membrane to rest (strong, brief inhibition).
    fn silence(&mut self, cell: usize);
    /// Distance from threshold, in units of the distance from rest to threshold: -1 at rest, 0 at threshold.
    fn distance(&self, shift: &[T], out: &mut [T]);
    /// Membrane potential of a cell, in mV.
    fn v(&self, cell: usize) -> f64;
    /// The model's variables, the potential first.
    fn variables(&self) -> &'static [Variable];
    /// A variable of a cell.
    fn value(&self, variable: usize, cell: usize) -> f64;
    /// Sets a variable of a cell: initial conditions.
    fn set(&mut self, variable: usize, cell: usize, value: f64);
    /// Adds everything that a cell carries from one step to the next, for a checkpoint: exact, since every `f32` and `u32` is
    /// an `f64` too.
    fn save(&self, cell: usize, state: &mut Vec<f64>);
    /// Puts a cell where [`Group::save`] found it.
    fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>);
    /// The current or conductance at a receptor of a cell, in the unit of its weights; 0 for a delta synapse.
    fn synaptic(&self, receptor: usize, cell: usize) -> f64;
    /// How long before the end of the step the cell's spike was, in ms: 0 on the grid.
    fn before_end(&self, _cell: usize) -> f64 {
        0.0
    }
    /// The potentials that a figure draws.
    fn levels(&self) -> Levels;
    /// dx/dt of a state under a constant current alone; whether the cells have such equations.
    fn derivative(&self, _state: &[f64], _current: f64, _slope: &mut [f64]) -> bool {
        false
    }
}

impl Neuron {
    /// The unit of the current that it takes.
    pub fn input_unit(&self) -> InputUnit {
        self.model().input_unit()
    }

    /// The variable of a name.
    pub fn variable(&self, name: &str) -> Option<Variable> {
        self.variables().iter().find(|variable| variable.name == name).copied()
    }

    /// What else can be recorded, computed from the variables.
    pub fn derived(&self) -> &'static [Variable] {
        self.model().derived()
    }

    /// The values of [`Neuron::derived`], from those of the variables.
    pub fn derive(&self, variables: &[f64]) -> Vec<f64> {
        self.model().derive(variables)
    }

    /// The model's variables, the potential first.
    pub fn variables(&self) -> &'static [Variable] {
        self.group::<f64>(&Build::cells(1, 1.0)).variables()
    }

    /// Its fastest time constant in ms, where it has one: what dt is held against.
    pub fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        self.model().shortest_time_constant()
    }

    /// The refractory period in ms.
    pub fn refractory_period(&self) -> f64 {
        self.model().refractory_period()
    }

    /// Where spikes cannot come in this way: what to choose instead.
    pub fn refuses(&self, receptor: &Receptor) -> Option<&'static str> {
        self.model().refuses(receptor)
    }

    /// Whether a step with these receptors has a closed form.
    pub fn is_exact(&self, receptors: &[Receptor]) -> bool {
        self.model().is_exact(receptors)
    }

    /// Whether its spikes have a time inside their step.
    pub fn has_spike_times(&self) -> bool {
        self.model().has_spike_times()
    }

    /// The current at which it begins to fire again and again, in its own unit, where that is known in closed form.
    pub fn rheobase(&self) -> Option<f64> {
        self.model().rheobase()
    }

    /// The rate in Hz under a constant current in its own unit, where that is known in closed form.
    pub fn rate(&self, current: f64) -> Option<f64> {
        self.model().rate(current)
    }

    /// The same under white noise around this current, of a strength in the square of its unit times ms (the area under
    /// the noise's autocorrelation).
    pub fn rate_in_noise(&self, current: f64, strength: f64) -> Option<f64> {
        self.model().rate_in_noise(current, strength)
    }
}
