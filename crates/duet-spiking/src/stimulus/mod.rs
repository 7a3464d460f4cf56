//! What is done to cells from outside: one stimulus per file.
//!
//! A current is held constant over a step, at the value that it has in the step's middle: exact for a step or a pulse whose
//! ends lie on the grid, second order in dt for what changes smoothly. Spikes from outside arrive at the end of a step, as
//! all spikes do.

mod amplitude;
mod injection;
mod noise;
mod poisson;
mod pulses;
mod ramp;
mod sine;
mod spikes;
mod step;

pub use amplitude::{Amplitude, expected};
pub(crate) use injection::{Injection, common_current};
pub use noise::Noise;
pub use poisson::Poisson;
pub use pulses::Pulses;
pub use ramp::Ramp;
pub use sine::Sine;
pub(crate) use spikes::GivenSpikes;
pub use spikes::Spikes;
pub use step::Step;

use crate::Synapse;
use crate::neuron::InputUnit;
use duet_topology::Names;
use duet_units::{Describe, Field, Page, Problem, Shape, choice};
use serde::{Deserialize, Serialize};
use std::ops::Range;

choice! {
    /// What is done to a cell.
    pub enum Source: "stimulus" {
        Step(Step) = "step",
        Ramp(Ramp) = "ramp",
        Sine(Sine) = "sine",
        Pulses(Pulses) = "pulses",
        Noise(Noise) = "noise",
        Poisson(Poisson) = "poisson",
        Spikes(Spikes) = "spikes",
    }
}

/// A stimulus of a side: `[side.NAME.spiking.stimulus.NAME]`, with `to` and the name of one [`Source`] beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stimulus {
    /// The populations that it acts on.
    pub to: Names,
    /// The first and the last of the cells that it acts on; all of them unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cells: Option<Vec<usize>>,
    /// The synapse through which spikes come in; the side's own unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synapse: Option<Synapse>,
    /// What is done. (The keys are checked before this is read, so nothing is overlooked.)
    #[serde(flatten)]
    pub source: Source,
}

impl Describe for Stimulus {
    fn shape() -> Shape {
        let Shape::Choice { kind, entries } = Source::shape() else { unreachable!("a choice") };
        let field = |name, doc, shape, required| Field {
            name,
            doc,
            shape,
            required,
            default: None,
            default_number: None,
        };
        let to = "The populations that it acts on: a name, or a list of names.";
        let cells = "The first and the last of each population's cells that it acts on, counted from 0: [0, 49] are \
             fifty. All of them unless given.";
        let synapse =
            "The synapse through which `poisson` and `spikes` come in; the side's own unless given.";
        let page = Page {
            doc: "Something done to cells from outside: a current, or spikes that come from nowhere in the network.\n\n\
                  Beside `to` it names exactly one stimulus. Several stimuli of a population add up.\n\n\
                  # Behaviour\n\
                  A current is given in the unit of the model that it drives: pA or nA for a cell, uA/cm2 for a patch of \
                  membrane, a bare number for a model without units. It is held constant over a time step, at the value \
                  that it has in the step's middle.\n",
            fields: vec![
                field("to", to, Names::shape(), true),
                field("cells", cells, Vec::<usize>::shape(), false),
                field("synapse", synapse, Synapse::shape(), false),
            ],
            relations: Vec::new(),
        };
        Shape::Tagged { page, kind, entries }
    }

    fn show(&self) -> String {
        format!("{{ to = {}, {} = {{ ... }} }}", self.to.show(), self.source.name())
    }
}

impl Source {
    /// Whether spikes come in, rather than a current.
    pub fn is_spikes(&self) -> bool {
        matches!(self, Self::Poisson(_) | Self::Spikes(_))
    }

    /// Its currents, each with its key: what must be in the unit of the model.
    fn amplitudes(&self) -> Vec<(&'static str, Amplitude)> {
        let optional = |key, amplitude: Option<Amplitude>| amplitude.map(|amplitude| (key, amplitude));
        match self {
            Self::Step(step) => vec![("amplitude", step.amplitude)],
            Self::Ramp(ramp) => vec![("from", ramp.from), ("to", ramp.to)],
            Self::Sine(sine) => {
                std::iter::once(("amplitude", sine.amplitude)).chain(optional("mean", sine.mean)).collect()
            }
            Self::Pulses(pulses) => vec![("amplitude", pulses.amplitude)],
            Self::Noise(noise) => {
                std::iter::once(("sigma", noise.sigma)).chain(optional("mean", noise.mean)).collect()
            }
            Self::Poisson(_) | Self::Spikes(_) => Vec::new(),
        }
    }

    /// Its times in ms, each with its key: what is rounded to steps.
    pub(crate) fn times(&self) -> Vec<(&'static str, f64)> {
        let ends = |start: &duet_units::Time, stop: &Option<duet_units::Time>| {
            let stop = stop.map(|stop| ("stop", stop.get()));
            std::iter::once(("start", start.get())).chain(stop).collect::<Vec<_>>()
        };
        match self {
            Self::Step(step) => ends(&step.start, &step.stop),
            Self::Sine(sine) => ends(&sine.start, &sine.stop),
            Self::Noise(noise) => ends(&noise.start, &noise.stop),
            Self::Poisson(poisson) => ends(&poisson.start, &poisson.stop),
            Self::Pulses(pulses) => vec![
                ("start", pulses.start.get()),
                ("width", pulses.width.get()),
                ("period", pulses.period.get()),
            ],
            Self::Spikes(spikes) => spikes.times.iter().map(|time| ("times", time.get())).collect(),
            Self::Ramp(_) => Vec::new(),
        }
    }
}

impl Stimulus {
    /// Those of so many cells that it acts on.
    pub fn span(&self, size: usize) -> Range<usize> {
        match self.cells.as_deref() {
            Some(&[first, last]) => first..last + 1,
            _ => 0..size,
        }
    }

    /// Cells that one of its populations does not have.
    pub(crate) fn beyond(&self, population: &str, size: usize) -> Option<Problem> {
        let last = self.span(size).end;
        (last > size).then(|| {
            let words = format!("population `{population}` has no cell {}: it has {size}", last - 1);
            Problem::new("cells", words).hint("cells are counted from 0")
        })
    }

    /// What does not fit the model of one of its populations.
    pub(crate) fn misfit(&self, population: &str, unit: InputUnit, model: &str) -> Option<Problem> {
        let (key, amplitude) =
            self.source.amplitudes().into_iter().find(|(_, amplitude)| amplitude.unit() != unit)?;
        let words = format!(
            "{key} = {} does not suit population `{population}`: {model} takes {}",
            amplitude.show(),
            expected(unit)
        );
        Some(Problem::new(format!("{}.{key}", self.source.name()), words))
    }

    /// What does not fit the time step, or each other.
    pub(crate) fn problems(&self, dt: f64) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.to.0.is_empty() {
            problems.push(Problem::new("to", "the list is empty"));
        }
        let is_pair = |cells: &[usize]| matches!(cells, &[first, last] if first <= last);
        if let Some(cells) = self.cells.as_deref().filter(|cells| !is_pair(cells)) {
            let words = format!("{cells:?} is not the first and the last of some cells");
            problems.push(Problem::new("cells", words).hint("cells = [0, 49] are the first fifty"));
        }
        if self.synapse.is_some() && !self.source.is_spikes() {
            let words = format!("a {} is a current and needs no synapse", self.source.name());
            problems.push(Problem::new("synapse", words).hint("leave `synapse` out"));
        }
        if let Source::Spikes(spikes) = &self.source {
            problems.extend(spikes.problem(dt));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_stands_beside_its_target() {
        let text = "to = ['a', 'b']\nstep = { amplitude = '1 nA', start = '5 ms' }";
        let stimulus: Stimulus = toml::from_str(text).unwrap();
        assert_eq!((stimulus.to.0.len(), stimulus.source.name()), (2, "step"));
        assert_eq!(toml::from_str::<Stimulus>(&toml::to_string(&stimulus).unwrap()).unwrap(), stimulus);
        let one: Stimulus =
            toml::from_str("to = 'a'\npoisson = { rate = '1 kHz' }\nsynapse.delta = {}").unwrap();
        assert_eq!(one.synapse.as_ref().map(Synapse::name), Some("delta"));
        assert_eq!(toml::from_str::<Stimulus>(&toml::to_string(&one).unwrap()).unwrap(), one);
    }

    #[test]
    fn cells_are_a_first_and_a_last() {
        let stimulus = |cells: &str| -> Stimulus {
            toml::from_str(&format!("to = 'a'\ncells = {cells}\nstep = {{ amplitude = '1 nA' }}")).unwrap()
        };
        assert_eq!((stimulus("[3, 5]").span(9), stimulus("[3, 5]").problems(0.1)), (3..6, Vec::new()));
        assert!(stimulus("[3, 8]").beyond("a", 9).is_none());
        assert_eq!(
            stimulus("[3, 9]").beyond("a", 9).unwrap().words,
            "population `a` has no cell 9: it has 9"
        );
        for wrong in ["[]", "[3]", "[5, 3]", "[1, 2, 3]"] {
            assert_eq!(stimulus(wrong).problems(0.1)[0].path, "cells", "{wrong}");
        }
    }

    #[test]
    fn the_unit_must_be_the_models() {
        let stimulus: Stimulus =
            toml::from_str("to = 'a'\nramp = { from = '0 pA', to = '1 uA/cm2', stop = '1 s' }").unwrap();
        let problem = stimulus.misfit("a", InputUnit::Current, "lif").unwrap();
        assert_eq!(problem.path, "ramp.to");
        assert!(problem.words.contains("takes a current such as"), "{}", problem.words);
        assert!(stimulus.misfit("a", InputUnit::Number, "izhikevich").is_some());
    }
}
