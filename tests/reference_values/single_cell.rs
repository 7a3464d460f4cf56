//! One integrate-and-fire cell and the spike trains that drive it, as a simulation.

use super::common_step::steps;
use super::figure::Trouble;
use duet_random::Key;
use duet_spiking::neuron::Lif;
use duet_spiking::synapse::Delta;
use duet_spiking::{Neuron, Simulation, SpikingProjection, SpikingSide, Synapse, WeightUnit};
use duet_topology::{Network, NetworkSpec};
use duet_units::{Current, Problem, Time, Voltage};
use std::fmt::Write;

/// A cell at rest that is fed by spike generators.
#[derive(Clone, Debug)]
pub struct Cell {
    pub lif: Lif,
    /// Time step in ms.
    pub dt: f64,
    /// Potential at t = 0 in mV; the resting potential unless given.
    pub v0: Option<f64>,
    pub inputs: Vec<Input>,
}

/// A generator and its synapse.
#[derive(Clone, Debug)]
pub struct Input {
    /// When the generator fires, in ms.
    pub times: Vec<f64>,
    /// In pA, or in mV for delta synapses.
    pub weight: f64,
    /// In ms.
    pub delay: f64,
    pub synapse: Synapse,
}

/// What the cell did.
#[derive(Clone, Debug)]
pub struct Run {
    dt: f64,
    v: Vec<f64>,
    /// In ms.
    pub spikes: Vec<f64>,
}

impl Run {
    /// The potential at a time on the grid, in mV; `None` beyond the end.
    pub fn v(&self, time: f64) -> Option<f64> {
        self.v.get(usize::try_from(steps(time, self.dt).ok()?).ok()?).copied()
    }
}

impl Cell {
    /// A cell that nothing feeds.
    pub fn alone(lif: Lif, dt: f64) -> Self {
        Self { lif, dt, v0: None, inputs: Vec::new() }
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
        let moved = self.v0.filter(|&v0| v0 != self.lif.e_l.get());
        let Some(v0) = moved else { return simulate(self, 0, time, enough) };
        // The engine starts at rest, and the first spike that can arrive does so at its second step. So t = 0 is put
        // there, and a delta synapse makes up the difference between V0 and where the cell then is.
        let free = Self::alone(self.lif.clone(), self.dt).run(2.0 * self.dt)?.v[2];
        let mut kicked = self.clone();
        let synapse = Synapse::Delta(Delta::default());
        kicked.inputs.push(Input { times: vec![-self.dt], weight: v0 - free, delay: self.dt, synapse });
        simulate(&kicked, 2, time, enough)
    }
}

/// Runs a cell whose t = 0 is the engine's step `lead`.
fn simulate(cell: &Cell, lead: i64, time: f64, enough: impl Fn(&Run) -> bool) -> Result<Run, Trouble> {
    let dt = cell.dt;
    let last = lead + (time / dt).round() as i64;
    let (network, side) = describe(cell)?;
    let index = |name: &str| network.populations.get_index_of(name).ok_or_else(|| Trouble::refused(name));
    let target = index("cell")?;
    let sources: Vec<usize> =
        (0..cell.inputs.len()).map(|i| index(&format!("input{i}"))).collect::<Result<_, _>>()?;
    let mut trains = Vec::new();
    for input in &cell.inputs {
        trains.push(input.times.iter().map(|&at| Ok(lead + steps(at, dt)?)).collect::<Result<Vec<_>, _>>()?);
    }
    // Before its first step the engine cannot fire anything.
    if let Some(early) = trains.iter().flatten().find(|&&step| step < 1) {
        return Err(Trouble::OffGrid((early - lead) as f64 * dt));
    }
    let mut simulation =
        Simulation::<f64>::new(&network, &side, &sources, target, Key::new(0)).map_err(Trouble::refused)?;
    let v = |simulation: &Simulation<f64>| simulation.v(target, 0).unwrap_or(f64::NAN);
    let mut run = Run { dt, v: Vec::new(), spikes: Vec::new() };
    if lead == 0 {
        run.v.push(v(&simulation));
    }
    for step in 1..=last {
        // A generator may fire more than once at an instant.
        let fired: Vec<Vec<u32>> =
            trains.iter().map(|train| train.iter().filter(|&&at| at == step).map(|_| 0).collect()).collect();
        let injected: Vec<(usize, &[u32])> =
            sources.iter().copied().zip(fired.iter().map(Vec::as_slice)).collect();
        simulation.step(&injected);
        if step >= lead {
            run.v.push(v(&simulation));
        }
        if step > lead && !simulation.spikes(target).is_empty() {
            run.spikes.push((step - lead) as f64 * dt);
            if enough(&run) {
                break;
            }
        }
    }
    Ok(run)
}

/// The cell and its generators in the words of a scenario.
fn describe(cell: &Cell) -> Result<(Network, SpikingSide), Trouble> {
    let mut text = "[population.cell]\nsize = 1\n".to_owned();
    let mut side = SpikingSide {
        dt: Time::new(cell.dt),
        neuron: Neuron::Lif(cell.lif.clone()),
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

/// 1 pA or 1 mV. Synapses of both kinds at one cell share the bare number 1.
fn weight_unit(inputs: &[Input]) -> Option<WeightUnit> {
    let delta = |input: &Input| matches!(input.synapse, Synapse::Delta(_));
    if inputs.iter().all(delta) {
        Some(WeightUnit::Voltage(Voltage::new(1.0)))
    } else if inputs.iter().any(delta) {
        None
    } else {
        Some(WeightUnit::Current(Current::new(1.0)))
    }
}

/// The first problem with a description is a refusal.
pub fn check(problems: impl IntoIterator<Item = Problem>) -> Result<(), Trouble> {
    match problems.into_iter().next() {
        Some(problem) => Err(Trouble::refused(format!("{}: {}", problem.path, problem.words))),
        None => Ok(()),
    }
}
