//! What is kept of a simulation: which variables of which cells, how often.

use crate::HarnessError;
use crate::scenario::Scenario;
use duet_record::{RunFolder, ShownVariable, Table, layout};
use duet_spiking::neuron::Variable;
use duet_spiking::{Neuron, Simulation, SpikingSide};
use duet_topology::Network;
use duet_units::Problem;

/// Cells kept of a population unless the author says otherwise.
const CELLS: usize = 3;
/// Samples kept of a variable unless the author says otherwise.
const SAMPLES: u64 = 20_000;
/// Numbers that a trace may hold: a CSV of about half a gigabyte.
const MOST_NUMBERS: u64 = 50_000_000;
/// The name of the injected current among variables.
pub(crate) const INPUT: &str = "input";

/// What is to be kept of a side.
pub(crate) struct Plan {
    /// Populations whose spikes are kept.
    spikes: Vec<usize>,
    traces: Vec<Wanted>,
}

/// A variable of the first cells of a population.
struct Wanted {
    population: usize,
    variable: String,
    from: Origin,
    unit: &'static str,
    cells: usize,
    /// In steps.
    every: u64,
}

/// Where a value comes from.
enum Origin {
    /// A variable of the model, by its place.
    Variable(usize),
    /// What the model derives from its variables, by its place.
    Derived(usize, Neuron),
    /// The injected current.
    Input,
}

impl Origin {
    fn of(neuron: &Neuron, variable: &str) -> Self {
        let place = |list: &[Variable]| list.iter().position(|known| known.name == variable);
        match (place(neuron.variables()), place(neuron.derived())) {
            (Some(place), _) => Self::Variable(place),
            (None, Some(place)) => Self::Derived(place, neuron.clone()),
            (None, None) => Self::Input,
        }
    }

    fn value(&self, simulation: &Simulation<f64>, population: usize, cell: usize) -> Option<f64> {
        match self {
            Self::Variable(place) => simulation.value(population, *place, cell),
            Self::Derived(place, neuron) => {
                let all = 0..simulation.variables(population).len();
                let state: Option<Vec<f64>> = all.map(|at| simulation.value(population, at, cell)).collect();
                neuron.derive(&state?).get(*place).copied()
            }
            Self::Input => simulation.injected(population, cell),
        }
    }
}

impl Plan {
    /// Nothing is kept.
    pub(crate) fn nothing() -> Self {
        Self { spikes: Vec::new(), traces: Vec::new() }
    }

    /// What the scenario's tables ask of a side that goes through so many steps, and what is kept anyway. `is_driven` says
    /// that the protocol injects a current of its own.
    pub(crate) fn new(
        scenario: &Scenario,
        name: &str,
        (side, is_driven): (&SpikingSide, bool),
        network: &Network,
        steps: u64,
    ) -> Self {
        let records = || scenario.record.iter().filter(|record| record.is_of(name));
        let (any_spikes, any_variables) =
            (records().any(|r| r.spikes.is_some()), records().any(|r| !r.variables.is_empty()));
        let mut plan = Self::nothing();
        for (index, population) in network.populations.values().enumerate() {
            let own = || records().filter(|record| record.population == population.name);
            if !any_spikes || own().any(|record| record.spikes.is_some()) {
                plan.spikes.push(index);
            }
            let mut want = |variable: &str, sample: usize, every: Option<f64>| {
                let steps_between = every.map_or_else(
                    || steps.div_ceil(SAMPLES),
                    |every| (every / side.dt.get()).round().max(1.0) as u64,
                );
                let known = plan.traces.iter().any(|t| t.population == index && t.variable == variable);
                let unit = unit_of(side, is_driven, &population.name, variable);
                if let (false, Some(unit)) = (known, unit) {
                    plan.traces.push(Wanted {
                        population: index,
                        variable: variable.to_owned(),
                        from: Origin::of(side.neuron_of(&population.name), variable),
                        unit,
                        cells: sample.min(population.size),
                        every: steps_between.max(1),
                    });
                }
            };
            for record in own() {
                let (sample, every) =
                    (record.sample.unwrap_or(CELLS), record.every.map(duet_units::Time::get));
                let with_v = record.variables.iter().any(|v| v == "v").then_some(INPUT);
                for variable in record.variables.iter().map(String::as_str).chain(with_v) {
                    want(variable, sample, every);
                }
            }
            if !any_variables {
                want("v", CELLS, None);
                want(INPUT, CELLS, None);
            }
        }
        plan
    }
}

/// The unit of a variable of a population; `None` where it has no such variable.
fn unit_of(side: &SpikingSide, is_driven: bool, population: &str, variable: &str) -> Option<&'static str> {
    let neuron = side.neuron_of(population);
    if variable == INPUT {
        let has_current =
            is_driven || side.stimuli_of(population).any(|(_, stimulus)| !stimulus.source.is_spikes());
        return has_current.then(|| neuron.input_unit().symbol());
    }
    neuron
        .variables()
        .iter()
        .chain(neuron.derived())
        .find(|known| known.name == variable)
        .map(|known| known.unit)
}

/// Variables that a model does not have, and traces that would be too long.
pub(crate) fn problems(
    scenario: &Scenario,
    name: &str,
    (side, is_driven): (&SpikingSide, bool),
    steps: u64,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, record) in scenario.record.iter().enumerate().filter(|(_, record)| record.is_of(name)) {
        let neuron = side.neuron_of(&record.population);
        for (at, variable) in record.variables.iter().enumerate() {
            let has = |side: &SpikingSide| unit_of(side, is_driven, &record.population, variable).is_some();
            // A table for every side may name what only some have.
            let others = || scenario.side.values().filter_map(|side| side.spiking.as_ref()).any(has);
            if !has(side) && (record.side.is_some() || !others()) {
                let known = neuron.variables().iter().chain(neuron.derived());
                let known: Vec<&str> = known.map(|known| known.name).collect();
                let words = format!("the {} of side `{name}` has no variable `{variable}`", neuron.name());
                problems.push(
                    Problem::new(format!("record[{index}].variables[{at}]"), words).hint(format!(
                        "it has: {}, and {INPUT} where a current is injected",
                        known.join(", ")
                    )),
                );
            }
        }
        let Some(every) = record.every else { continue };
        let rows = (steps as f64 * side.dt.get() / every.get()).ceil() as u64;
        let size = scenario.population.get(&record.population).and_then(|p| p.extent().ok());
        let cells = record.sample.unwrap_or(CELLS).min(size.map_or(1, |size| size.units)) as u64;
        let numbers = rows.min(steps).saturating_mul(cells);
        if numbers > MOST_NUMBERS {
            let words = format!("every = {every} keeps {numbers} numbers, more than {MOST_NUMBERS}");
            problems.push(
                Problem::new(format!("record[{index}].every"), words)
                    .hint("sample less often, or fewer cells"),
            );
        }
    }
    problems
}

/// What is being kept.
pub(crate) struct Recording {
    plan: Plan,
    /// Steps at which potentials are asked for.
    pub(crate) at: Vec<u64>,
    /// Of each trace: times, and a column for each cell.
    traces: Vec<(Vec<f64>, Vec<Vec<f64>>)>,
}

impl Recording {
    pub(crate) fn new(plan: Plan, at: Vec<u64>) -> Self {
        let traces = plan.traces.iter().map(|wanted| (Vec::new(), vec![Vec::new(); wanted.cells])).collect();
        Self { plan, at, traces }
    }

    /// Takes a sample of every trace whose turn it is.
    pub(crate) fn observe(&mut self, step: u64, dt: f64, simulation: &Simulation<f64>) {
        for (wanted, (times, columns)) in self.plan.traces.iter().zip(&mut self.traces) {
            if !step.is_multiple_of(wanted.every) {
                continue;
            }
            times.push(step as f64 * dt);
            for (cell, column) in columns.iter_mut().enumerate() {
                let value = wanted.from.value(simulation, wanted.population, cell);
                column.push(value.unwrap_or(f64::NAN));
            }
        }
    }

    /// The variables kept of a population.
    pub(crate) fn variables(&self, population: usize) -> Vec<ShownVariable> {
        let own = self.plan.traces.iter().filter(|wanted| wanted.population == population);
        own.map(|wanted| ShownVariable { name: wanted.variable.clone(), unit: wanted.unit.to_owned() })
            .collect()
    }

    /// Writes spikes and traces of a side; `trains` gives the spike times of the cells of a population.
    pub(crate) fn write<'t>(
        &self,
        folder: &RunFolder,
        side: &str,
        names: &[&str],
        trains: impl Fn(usize) -> &'t Vec<Vec<f64>>,
    ) -> Result<(), HarnessError> {
        let mut spikes: Vec<(f64, usize, usize)> = Vec::new();
        for &population in &self.plan.spikes {
            for (cell, train) in trains(population).iter().enumerate() {
                spikes.extend(train.iter().map(|&time| (time, population, cell)));
            }
        }
        spikes.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let table = Table::new()
            .with_numbers("time_ms", spikes.iter().map(|spike| spike.0).collect())?
            .with_texts("population", spikes.iter().map(|spike| names[spike.1].to_owned()).collect())?
            .with_numbers("index", spikes.iter().map(|spike| spike.2 as f64).collect())?;
        folder.write(layout::spikes(side), table.to_csv())?;
        for (wanted, (times, columns)) in self.plan.traces.iter().zip(&self.traces) {
            let mut table = Table::new().with_numbers("time_ms", times.clone())?;
            for (cell, column) in columns.iter().enumerate() {
                table = table.with_numbers(&cell.to_string(), column.clone())?;
            }
            let path = layout::variable(side, names[wanted.population], &wanted.variable);
            folder.write(path, table.to_csv())?;
        }
        Ok(())
    }
}
