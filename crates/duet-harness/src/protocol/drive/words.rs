//! What a run of `drive` says in sentences.

use super::Drive;
use crate::scenario::Scenario;
use duet_record::format::number;
use duet_record::{Diagnosis, Metric, Severity, SharedFact};
use duet_spiking::SpikingSide;
use duet_topology::Network;
use indexmap::IndexMap;

type Numbers = IndexMap<String, Metric>;

fn value(metrics: &Numbers, population: &str, what: &str) -> Option<f64> {
    metrics.get(&format!("{population}.{what}")).and_then(|metric| metric.value)
}

/// What each population of a side did.
pub(super) fn verdict(label: &str, network: &Network, metrics: &Numbers) -> Vec<String> {
    let several = network.populations.len() > 1;
    let of = |population: &duet_topology::Population| {
        let name = &population.name;
        let who = if several { format!("{label}, {name}") } else { label.to_owned() };
        let get = |what| value(metrics, name, what);
        match (get("spikes"), get("first_spike")) {
            (Some(1.0), Some(first)) => format!("{who}: one spike, after {} ms.", number(first)),
            (Some(spikes), Some(first)) if population.size == 1 => {
                format!("{who}: {} spikes, the first after {} ms.", number(spikes), number(first))
            }
            (Some(_), Some(_)) => {
                format!("{who}: {} Hz per cell.", get("rate").map_or("n/a".to_owned(), number))
            }
            _ => format!(
                "{who} stays silent, between {} and {} mV.",
                get("v_min").map_or("n/a".to_owned(), number),
                get("v_peak").map_or("n/a".to_owned(), number)
            ),
        }
    };
    network.populations.values().map(of).collect()
}

/// A side that nothing drives.
pub(super) fn diagnoses(
    name: &str,
    side: &SpikingSide,
    network: &Network,
    metrics: &Numbers,
) -> Vec<Diagnosis> {
    let is_silent =
        network.populations.keys().all(|population| value(metrics, population, "spikes") == Some(0.0));
    if !is_silent || !side.stimulus.is_empty() {
        return Vec::new();
    }
    let words = "it has no stimulus, and nothing fires".to_owned();
    vec![Diagnosis { severity: Severity::Note, side: name.to_owned(), words }]
}

/// Whether the sides share their stimuli.
pub(super) fn shared(scenario: &Scenario, drive: &Drive) -> Vec<SharedFact> {
    let mut stimuli =
        scenario.side.values().filter_map(|side| side.spiking.as_ref()).map(|side| &side.stimulus);
    let first = stimuli.next();
    let same = stimuli.all(|other| Some(other) == first);
    let words = if same { "the same for every side" } else { "each side has its own" };
    vec![
        SharedFact { what: "time".to_owned(), words: format!("{} from rest", drive.duration), same: true },
        SharedFact { what: "stimuli".to_owned(), words: words.to_owned(), same },
    ]
}

/// What a side is, in a sentence.
pub(super) fn summary(side: &SpikingSide) -> String {
    let mut stimuli: Vec<&str> = side.stimulus.values().map(|stimulus| stimulus.source.name()).collect();
    stimuli.dedup();
    let driven = if stimuli.is_empty() { "nothing".to_owned() } else { stimuli.join(", ") };
    format!("Membranes ({}) in steps of {}, driven by: {driven}.", side.neuron.name(), side.dt)
}
