//! `[[record]]`: what of a side is kept, chosen by the author.

use super::Scenario;
use duet_spiking::stimulus::Amplitude;
use duet_units::{Describe, Problem, Range, Shape, Time, parameters};
use serde::{Deserialize, Serialize};

parameters! {
    /// What of a side is kept in the run folder, beyond what the protocol keeps anyway.
    ///
    /// # Behaviour
    /// Where no table names `spikes`, those of all populations are kept; where none names `variables`, the potentials of
    /// the first three cells of every population. A stimulus's current is kept with the potential.
    pub struct Record {
        /// The side; every spiking side unless given.
        pub side: Option<String>;
        /// The population; give this or `projection`.
        pub population: Option<String>;
        /// The projection, whose `weight` is kept while it learns.
        pub projection: Option<String>;
        /// The model's variables to keep: `v`, and what `duet explain` says of the model; `input` is the injected current. Of a
        /// projection: `weight`.
        pub variables: Vec<String> = Vec::new();
        /// Keep the spikes of all cells.
        pub spikes: Option<AllSpikes>;
        /// How many cells' (or synapses') variables are kept: the first so many; three unless given.
        pub sample: Option<usize>, in Range::between(1.0, 1e6);
        /// Time between samples of a variable; unless given, a step, or more where that would be over 20,000 samples.
        pub every: Option<Time>, in Range::POSITIVE;
        /// Where a protocol tries many inputs: the input at which to record.
        pub at: Option<Amplitude>;
    }
}

/// The word `"all"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AllSpikes {
    /// Those of all cells.
    All,
}

impl Describe for AllSpikes {
    fn shape() -> Shape {
        Shape::Text { allowed: &["all"] }
    }

    fn show(&self) -> String {
        "\"all\"".to_owned()
    }
}

impl Record {
    /// Whether it speaks of this population.
    pub fn is_about(&self, population: &str) -> bool {
        self.population.as_deref() == Some(population)
    }

    /// Whether it speaks of this side.
    pub fn is_of(&self, side: &str) -> bool {
        self.side.as_deref().is_none_or(|own| own == side)
    }
}

/// A table that speaks of nothing that there is.
fn place_problem(scenario: &Scenario, record: &Record) -> Option<Problem> {
    let unknown = |key: &str, name: &str, known: Vec<&str>| {
        let words = format!("there is no {key} `{name}`");
        Some(Problem::new(key, words).hint(format!("the {key}s are: {}", known.join(", "))))
    };
    match (&record.population, &record.projection) {
        (Some(name), None) if !scenario.population.contains_key(name) => {
            unknown("population", name, scenario.population.keys().map(String::as_str).collect())
        }
        (None, Some(name)) if !scenario.projection.contains_key(name) => {
            unknown("projection", name, scenario.projection.keys().map(String::as_str).collect())
        }
        (None, Some(_))
            if record.spikes.is_some() || record.variables.iter().any(|name| name != "weight") =>
        {
            let words = "a projection has one variable, `weight`, and no spikes";
            Some(Problem::new("projection", words).hint("write `variables = [\"weight\"]`"))
        }
        (Some(_), None) | (None, Some(_)) => None,
        (Some(_), Some(_)) => {
            Some(Problem::new("", "both `population` and `projection` are given; make two tables"))
        }
        (None, None) => Some(
            Problem::new("", "neither `population` nor `projection` is given").hint("say what is recorded"),
        ),
    }
}

/// What is wrong with the tables, whatever the protocol.
pub(super) fn problems(scenario: &Scenario) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, record) in scenario.record.iter().enumerate() {
        let mut found = Vec::new();
        found.extend(place_problem(scenario, record));
        let spiking = || scenario.side.iter().filter(|(_, side)| side.spiking.is_some());
        if let Some(name) = &record.side
            && !spiking().any(|(known, _)| known == name)
        {
            let known: Vec<&str> = spiking().map(|(name, _)| name.as_str()).collect();
            let words = format!("there is no spiking side `{name}`");
            found.push(
                Problem::new("side", words).hint(format!("the spiking sides are: {}", known.join(", "))),
            );
        }
        if record.variables.is_empty() && record.spikes.is_none() {
            found.push(
                Problem::new("", "nothing is recorded")
                    .hint("add `variables = [\"v\"]` or `spikes = \"all\"`"),
            );
        }
        if record.variables.is_empty() {
            for (key, given) in [("sample", record.sample.is_some()), ("every", record.every.is_some())] {
                if given {
                    let words = format!("`{key}` is about `variables`, and there are none");
                    found.push(Problem::new(key, words));
                }
            }
        }
        problems.extend(found.into_iter().map(|problem| problem.below(&format!("record[{index}]"))));
    }
    if !scenario.record.is_empty() && !scenario.protocol.conduct().records() {
        let words =
            format!("protocol.{} keeps what it keeps; it takes no [[record]]", scenario.protocol.name());
        problems.push(Problem::new("record", words).hint("leave the table out"));
    }
    problems
}
