//! What is to be kept of a simulation: which variables of which cells, how often.

use crate::scenario::{Record, Scenario};
use duet_spiking::neuron::Variable;
use duet_spiking::{Neuron, Simulation, SpikingSide};
use duet_topology::Network;
use duet_units::{Problem, Time};

/// Cells kept of a population unless the author says otherwise.
const CELLS: usize = 3;
/// Samples kept of a variable unless the author says otherwise.
const SAMPLES: u64 = 20_000;
/// Numbers that a trace may hold: a CSV of about half a gigabyte.
const MOST_NUMBERS: u64 = 50_000_000;
/// The name of the injected current among variables.
const INPUT: &str = "input";
/// The name of a projection's only variable.
const WEIGHT: &str = "weight";

/// What is to be kept of a side.
#[derive(Default)]
pub(in crate::protocol) struct Plan {
    /// Populations whose spikes are kept.
    pub(super) spikes: Vec<usize>,
    pub(super) traces: Vec<Wanted>,
}

/// A variable of the first cells of a population, or of the first synapses of a projection.
pub(super) struct Wanted {
    /// Whose: the population's or the projection's name.
    pub(super) owner: String,
    /// Which population, or which projection.
    index: usize,
    pub(super) variable: String,
    from: Origin,
    pub(super) unit: &'static str,
    /// How many cells or synapses.
    pub(super) count: usize,
    /// In steps.
    pub(super) every: u64,
}

/// Where a value comes from.
enum Origin {
    /// A variable of the model, by its place.
    Variable(usize),
    /// What the model derives from its variables, by its place.
    Derived(usize, Neuron),
    /// The injected current.
    Input,
    /// The weight of a synapse.
    Weight,
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
}

impl Wanted {
    /// The value of one cell or synapse as it is now.
    pub(super) fn value(&self, simulation: &Simulation<f64>, at: usize) -> Option<f64> {
        match &self.from {
            Origin::Variable(place) => simulation.value(self.index, *place, at),
            Origin::Derived(place, neuron) => {
                let all = 0..simulation.variables(self.index).len();
                let state: Option<Vec<f64>> =
                    all.map(|variable| simulation.value(self.index, variable, at)).collect();
                neuron.derive(&state?).get(*place).copied()
            }
            Origin::Input => simulation.injected(self.index, at),
            Origin::Weight => simulation.weights(self.index).nth(at),
        }
    }

    /// Whether it belongs to a population.
    pub(super) fn is_of(&self, population: usize) -> bool {
        self.index == population && !matches!(self.from, Origin::Weight)
    }
}

impl Plan {
    /// What the scenario's tables ask of a side that goes through so many steps, and what is kept anyway. `is_driven` says
    /// that the protocol injects a current of its own.
    pub(in crate::protocol) fn new(
        scenario: &Scenario,
        name: &str,
        (side, is_driven): (&SpikingSide, bool),
        network: &Network,
        steps: u64,
    ) -> Self {
        let records = || scenario.record.iter().filter(|record| record.is_of(name));
        let any_spikes = records().any(|record| record.spikes.is_some());
        let any_variables = records().any(|record| !record.variables.is_empty());
        let every = |record: Option<&Record>| {
            let chosen = record.and_then(|record| record.every);
            let steps =
                chosen.map_or(steps.div_ceil(SAMPLES), |every| (every.get() / side.dt.get()).round() as u64);
            steps.max(1)
        };
        let sample = |record: Option<&Record>| record.and_then(|record| record.sample).unwrap_or(CELLS);
        let mut plan = Self::default();
        for (index, population) in network.populations.values().enumerate() {
            let own = || records().filter(|record| record.is_about(&population.name));
            if !any_spikes || own().any(|record| record.spikes.is_some()) {
                plan.spikes.push(index);
            }
            let mut want = |variable: &str, record: Option<&Record>| {
                let Some(unit) = unit_of(side, is_driven, &population.name, variable) else { return };
                if plan.traces.iter().any(|known| known.is_of(index) && known.variable == variable) {
                    return;
                }
                plan.traces.push(Wanted {
                    owner: population.name.clone(),
                    index,
                    variable: variable.to_owned(),
                    from: Origin::of(side.neuron_of(&population.name), variable),
                    unit,
                    count: sample(record).min(population.size),
                    every: every(record),
                });
            };
            for record in own() {
                let with_v = record.variables.iter().any(|v| v == "v").then_some(INPUT);
                for variable in record.variables.iter().map(String::as_str).chain(with_v) {
                    want(variable, Some(record));
                }
            }
            if !any_variables {
                want("v", None);
                want(INPUT, None);
            }
        }
        for (index, projection) in network.projections.values().enumerate() {
            let described = projection.name.split(':').next();
            for record in records().filter(|record| record.projection.as_deref() == described) {
                plan.traces.push(Wanted {
                    owner: projection.name.clone(),
                    index,
                    variable: WEIGHT.to_owned(),
                    from: Origin::Weight,
                    unit: "1",
                    count: sample(Some(record)).min(projection.weights.len()),
                    every: every(Some(record)),
                });
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
pub(in crate::protocol) fn problems(
    scenario: &Scenario,
    name: &str,
    (side, is_driven): (&SpikingSide, bool),
    steps: u64,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, record) in scenario.record.iter().enumerate().filter(|(_, record)| record.is_of(name)) {
        let at = format!("record[{index}]");
        if let Some(population) = &record.population {
            let found = unknown_variables(scenario, name, (side, is_driven), population, record);
            problems.extend(found.into_iter().map(|problem| problem.below(&at)));
        }
        let Some(every) = record.every else { continue };
        let rows = (steps as f64 * side.dt.get() / Time::get(every)).ceil() as u64;
        let numbers = rows.min(steps).saturating_mul(record.sample.unwrap_or(CELLS) as u64);
        if numbers > MOST_NUMBERS {
            let words = format!("every = {every} keeps {numbers} numbers, more than {MOST_NUMBERS}");
            problems
                .push(Problem::new(format!("{at}.every"), words).hint("sample less often, or fewer cells"));
        }
    }
    problems
}

/// Variables that neither the side's model nor, where the table is for all, any other side's has.
fn unknown_variables(
    scenario: &Scenario,
    name: &str,
    (side, is_driven): (&SpikingSide, bool),
    population: &str,
    record: &Record,
) -> Vec<Problem> {
    let neuron = side.neuron_of(population);
    let mut problems = Vec::new();
    for (at, variable) in record.variables.iter().enumerate() {
        let has = |side: &SpikingSide| unit_of(side, is_driven, population, variable).is_some();
        let others = || scenario.side.values().filter_map(|side| side.spiking.as_ref()).any(has);
        if has(side) || (record.side.is_none() && others()) {
            continue;
        }
        let known: Vec<&str> =
            neuron.variables().iter().chain(neuron.derived()).map(|known| known.name).collect();
        let words = format!("the {} of side `{name}` has no variable `{variable}`", neuron.name());
        let hint = format!("it has: {}, and {INPUT} where a current is injected", known.join(", "));
        problems.push(Problem::new(format!("variables[{at}]"), words).hint(hint));
    }
    problems
}
