//! What a run of `simulate` says in sentences.

use super::{Simulate, sides};
use crate::scenario::Scenario;
use duet_record::format::number;
use duet_record::{Diagnosis, Metric, Severity, SharedFact};
use duet_spiking::SpikingSide;
use indexmap::IndexMap;

type Numbers = IndexMap<String, Metric>;

fn value(metrics: &Numbers, path: &str) -> Option<f64> {
    metrics.get(path).and_then(|metric| metric.value)
}

/// What the populations of a side did.
pub(super) fn verdict(label: &str, names: &[&str], metrics: &Numbers) -> String {
    let of = |name: &&str| {
        let cv =
            value(metrics, &format!("{name}.cv")).map_or(String::new(), |cv| format!(" (CV {})", number(cv)));
        let rate = value(metrics, &format!("{name}.rate")).map_or("n/a".to_owned(), number);
        format!("{name} {rate} Hz{cv}")
    };
    format!("{label}: {}.", names.iter().map(of).collect::<Vec<_>>().join(", "))
}

/// What looks wrong: a network that is silent, or fires as fast as it can.
pub(super) fn diagnoses(name: &str, names: &[&str], metrics: &Numbers) -> Vec<Diagnosis> {
    let mut diagnoses = Vec::new();
    let mut say = |words: String| {
        diagnoses.push(Diagnosis { severity: Severity::Note, side: name.to_owned(), words });
    };
    for population in names {
        match value(metrics, &format!("{population}.rate")) {
            Some(0.0) => say(format!(
                "no cell of {population} fires: give it more input (stimulus.poisson), stronger excitation, or less inhibition"
            )),
            Some(rate) if rate > 300.0 => say(format!(
                "{population} fires at {} Hz, close to what its refractory period allows: inhibition does not hold it",
                number(rate)
            )),
            _ => {}
        }
    }
    diagnoses
}

/// What the sides share.
pub(super) fn shared(simulate: &Simulate, scenario: &Scenario) -> Vec<SharedFact> {
    let mut stimuli = sides(scenario).map(|(_, side)| &side.stimulus);
    let first = stimuli.next();
    let same = stimuli.all(|other| Some(other) == first);
    let words = if same { "the same for every side" } else { "each side has its own" };
    vec![
        SharedFact {
            what: "time".to_owned(),
            words: format!("{} from the beginning", simulate.duration),
            same: true,
        },
        SharedFact { what: "stimuli".to_owned(), words: words.to_owned(), same },
    ]
}

/// What a side is, in a sentence.
pub(super) fn summary(side: &SpikingSide) -> String {
    format!("A network of spiking cells ({}) in steps of {}.", side.neuron.name(), side.dt)
}
