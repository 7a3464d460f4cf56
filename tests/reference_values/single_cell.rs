//! One cell and the spike trains that drive it, as a simulation.

use super::common_step::steps;
use super::figure::Trouble;
use duet_random::Key;
use duet_spiking::neuron::Receptor;
use duet_spiking::{Integrator, Neuron, Simulation, SpikingProjection, SpikingSide, Synapse, WeightUnit};
use duet_topology::{Network, NetworkSpec};
use duet_units::{Conductance, Current, Problem, Time, Voltage};
use serde::Deserialize;
use std::fmt::Write;

/// A cell at rest that is fed by spike generators.
#[derive(Clone, Debug)]
pub struct Cell {
    pub neuron: Neuron,
    /// The model's own way unless given.
    pub integrator: Option<Integrator>,
    /// Time step in ms.
    pub dt: f64,
    /// Variables at t = 0 that are not at rest: their place in the model's list, and their value.
    pub initial: Vec<(usize, f64)>,
    pub inputs: Vec<Input>,
    /// An injected current in the model's unit, if there is one.
    pub course: Option<Course>,
}

/// A current in pieces. During a step it is what it is at the step's beginning.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// Where no piece says otherwise.
    base: f64,
    pieces: Vec<Piece>,
}

/// `value + slope (t - from)` from one time to another, in ms.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Piece {
    from: f64,
    to: Option<f64>,
    value: f64,
    slope: f64,
    bounds: Bounds,
}

/// Whether the ends of a piece belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
enum Bounds {
    #[serde(rename = "open")]
    Open,
    #[serde(rename = "closed")]
    Closed,
    #[serde(rename = "left closed")]
    LeftClosed,
    #[serde(rename = "right closed")]
    RightClosed,
}

impl Course {
    /// The current at a time; of pieces that overlap the last one says.
    fn at(&self, time: f64) -> f64 {
        let holds = |piece: &&Piece| {
            let end = piece.to.unwrap_or(f64::INFINITY);
            let left = matches!(piece.bounds, Bounds::Closed | Bounds::LeftClosed) && time == piece.from;
            let right = matches!(piece.bounds, Bounds::Closed | Bounds::RightClosed) && time == end;
            (time > piece.from && time < end) || left || right
        };
        let piece = self.pieces.iter().rev().find(holds);
        piece.map_or(self.base, |piece| piece.value + piece.slope * (time - piece.from))
    }
}

/// A generator and its synapse.
#[derive(Clone, Debug)]
pub struct Input {
    /// When the generator fires, in ms.
    pub times: Vec<f64>,
    /// In pA, in mV for delta synapses, in nS where the synapse opens channels.
    pub weight: f64,
    /// In ms.
    pub delay: f64,
    pub synapse: Synapse,
}

/// What the cell did.
#[derive(Clone, Debug)]
pub struct Run {
    dt: f64,
    /// Every variable at every step, from t = 0 on.
    states: Vec<Vec<f64>>,
    /// In ms; inside the step where the method locates spikes.
    pub spikes: Vec<f64>,
}

impl Run {
    /// The potential at a time on the grid, in mV; `None` beyond the end.
    pub fn v(&self, time: f64) -> Option<f64> {
        self.value(0, time)
    }

    /// A variable at the end.
    pub fn last(&self, variable: usize) -> Option<f64> {
        self.states.last()?.get(variable).copied()
    }

    /// A variable at a time on the grid; `None` beyond the end.
    pub fn value(&self, variable: usize, time: f64) -> Option<f64> {
        self.states.get(usize::try_from(steps(time, self.dt).ok()?).ok()?)?.get(variable).copied()
    }
}

impl Cell {
    /// A cell that nothing feeds.
    pub fn alone(neuron: Neuron, dt: f64) -> Self {
        Self { neuron, integrator: None, dt, initial: Vec::new(), inputs: Vec::new(), course: None }
    }

    /// Runs from t = 0 for `time` ms.
    pub fn run(&self, time: f64) -> Result<Run, Trouble> {
        self.run_until(time, |_| false)
    }

    /// Runs until it has fired `spikes` times, at most for `time` ms.
    pub fn run_for_spikes(&self, spikes: usize, time: f64) -> Result<Run, Trouble> {
        self.run_until(time, |run| run.spikes.len() >= spikes)
    }

    fn run_until(&self, time: f64, enough: impl Fn(&Run) -> bool) -> Result<Run, Trouble> {
        // Before its first step the engine cannot fire anything, and what it fires then arrives at the second. So t = 0 is put
        // there, and the cell is made to begin anew.
        const LEAD: i64 = 2;
        let dt = self.dt;
        let last = LEAD + (time / dt).round() as i64;
        let (network, side) = describe(self)?;
        let index = |name: &str| network.populations.get_index_of(name).ok_or_else(|| Trouble::refused(name));
        let target = index("cell")?;
        let sources: Vec<usize> =
            (0..self.inputs.len()).map(|i| index(&format!("input{i}"))).collect::<Result<_, _>>()?;
        let mut trains = Vec::new();
        for input in &self.inputs {
            trains.push(
                input.times.iter().map(|&at| Ok(LEAD + steps(at, dt)?)).collect::<Result<Vec<_>, _>>()?,
            );
        }
        if let Some(early) = trains.iter().flatten().find(|&&step| step < 1) {
            return Err(Trouble::OffGrid((early - LEAD) as f64 * dt));
        }
        let mut simulation = Simulation::<f64>::new(&network, &side, &sources, target, Key::new(0))
            .map_err(Trouble::refused)?;
        let variables = simulation.variables(target).len();
        let state = |simulation: &Simulation<f64>| -> Vec<f64> {
            (0..variables).map(|k| simulation.value(target, k, 0).unwrap_or(f64::NAN)).collect()
        };
        let rest = state(&simulation);
        let mut run = Run { dt, states: Vec::new(), spikes: Vec::new() };
        for step in 1..=last {
            // A generator may fire more than once at an instant.
            let fired: Vec<Vec<u32>> = trains
                .iter()
                .map(|train| train.iter().filter(|&&at| at == step).map(|_| 0).collect())
                .collect();
            let injected: Vec<(usize, &[u32])> =
                sources.iter().copied().zip(fired.iter().map(Vec::as_slice)).collect();
            if let Some(course) = self.course.as_ref().filter(|_| step > LEAD) {
                // Not added up: the last bit decides at a strict inequality.
                simulation.inject(target, 0, course.at((step - LEAD - 1) as f64 * dt));
            }
            simulation.step(&injected);
            if step == LEAD {
                let begin = rest.iter().copied().enumerate().chain(self.initial.iter().copied());
                begin.for_each(|(variable, value)| simulation.set(target, variable, 0, value));
            }
            if step >= LEAD {
                run.states.push(state(&simulation));
            }
            if step > LEAD && !simulation.spikes(target).is_empty() {
                let late = simulation.time() - simulation.spike_time(target, 0);
                run.spikes.push((step - LEAD) as f64 * dt - late);
                if enough(&run) {
                    break;
                }
            }
        }
        simulation.check().map_err(Trouble::refused)?;
        Ok(run)
    }
}

/// The cell and its generators in the words of a scenario.
fn describe(cell: &Cell) -> Result<(Network, SpikingSide), Trouble> {
    let mut text = "[population.cell]\nsize = 1\n".to_owned();
    let mut side = SpikingSide {
        dt: Time::new(cell.dt),
        neuron: cell.neuron.clone(),
        integrator: cell.integrator.clone(),
        weight_unit: weight_unit(&cell.inputs),
        ..SpikingSide::default()
    };
    for (i, Input { weight, delay, synapse, .. }) in cell.inputs.iter().enumerate() {
        let name = format!("input{i}");
        let _ = write!(
            text,
            "[population.{name}]\nsize = 1\n[projection.{name}]\nfrom = '{name}'\nto = 'cell'\n\
             weights.constant = {weight:?}\ndelay.constant = '{delay} ms'\n"
        );
        let own = SpikingProjection { synapse: Some(synapse.clone()), ..SpikingProjection::default() };
        side.projection.insert(name, own);
    }
    let spec: NetworkSpec = toml::from_str(&text).map_err(Trouble::refused)?;
    check(spec.problems().into_iter().chain(side.problems(&spec)))?;
    Ok((spec.realize(Key::new(0)).map_err(Trouble::refused)?, side))
}

/// One unit of what the synapses take. Synapses of different kinds at one cell share the bare number 1.
fn weight_unit(inputs: &[Input]) -> Option<WeightUnit> {
    let unit = |input: &Input| match input.synapse.receptor() {
        Receptor::Delta => WeightUnit::Voltage(Voltage::new(1.0)),
        Receptor::Current(_) => WeightUnit::Current(Current::new(1.0)),
        Receptor::Conductance { .. } | Receptor::Gap => WeightUnit::Conductance(Conductance::new(1.0)),
    };
    let first = unit(inputs.first()?);
    inputs.iter().all(|input| unit(input) == first).then_some(first)
}

/// The first problem with a description is a refusal.
pub fn check(problems: impl IntoIterator<Item = Problem>) -> Result<(), Trouble> {
    match problems.into_iter().next() {
        Some(problem) => Err(Trouble::refused(format!("{}: {}", problem.path, problem.words))),
        None => Ok(()),
    }
}
