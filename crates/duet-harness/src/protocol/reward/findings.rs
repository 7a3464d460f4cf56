//! From weights to metrics, sentences and diagnoses.

use super::DistalReward;
use super::trial::{Course, Look};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::scenario::Scenario;
use duet_record::{Diagnosis, Metric, Severity, SharedFact, Table, format};
use duet_spiking::SpikingSide;
use duet_topology::Network;
use indexmap::IndexMap;

/// The rank from which a synapse stands out.
const OUTSTANDING: f64 = 0.95;

/// One row per look.
pub(super) fn table(course: &Course) -> Result<Table, HarnessError> {
    let column = |of: fn(&Look) -> f64| course.looks.iter().map(of).collect::<Vec<f64>>();
    Ok(Table::new()
        .with_numbers("time_ms", column(|look| look.time))?
        .with_numbers("rewarded", column(|look| look.rewarded))?
        .with_numbers("low", column(|look| look.low))?
        .with_numbers("median", column(|look| look.median))?
        .with_numbers("high", column(|look| look.high))?
        .with_numbers("largest", column(|look| look.largest))?
        .with_numbers("rank", column(|look| look.rank))?
        .with_numbers("rewards", column(|look| look.rewards as f64))?)
}

fn last(course: &Course) -> &Look {
    course.looks.last().expect("the first look is before the first step")
}

fn stands_out(course: &Course) -> bool {
    last(course).rank >= OUTSTANDING
}

/// The mean over the seeds, in words.
fn mean(courses: &[Course], of: impl Fn(&Course) -> f64) -> String {
    format::number(courses.iter().map(of).sum::<f64>() / courses.len() as f64)
}

/// What became of the synapse, in a sentence.
pub(super) fn verdict(label: &str, courses: &[Course]) -> String {
    let outstanding = courses.iter().filter(|course| stands_out(course)).count();
    let often = match courses {
        [_] if outstanding == 1 => "is among the strongest twentieth".to_owned(),
        [_] => "is not among the strongest twentieth".to_owned(),
        _ => format!("is among the strongest twentieth under {outstanding} of {} seeds", courses.len()),
    };
    format!(
        "{label}: after {} rewards the synapse has a weight of {}, the others {} on average; it {often}.",
        mean(courses, |course| course.given.len() as f64),
        mean(courses, |course| last(course).rewarded),
        mean(courses, |course| last(course).mean)
    )
}

impl DistalReward {
    /// The metrics of a side, from its courses under all seeds.
    pub(super) fn metrics(&self, network: &Network, courses: &[Course]) -> IndexMap<String, Metric> {
        let mut metrics = IndexMap::new();
        let projection = &self.projection;
        let values = |of: &dyn Fn(&Course) -> f64| courses.iter().map(of).collect::<Vec<f64>>();
        let mut add = |name: String, unit: &str, of: &dyn Fn(&Course) -> f64, words: &str| {
            metrics.insert(name, over_seeds(values(of), unit, words));
        };
        let words =
            "share of the other synapses that are weaker than the rewarded one at the end; equals count half";
        add(format!("{projection}.rank"), "1", &|course| last(course).rank, words);
        let words = "weight of the rewarded synapse at the end";
        add(format!("{projection}.w_rewarded"), "1", &|course| last(course).rewarded, words);
        let words = "mean weight of the other synapses at the end";
        add(format!("{projection}.w_mean"), "1", &|course| last(course).mean, words);
        let words = "weight of the strongest other synapse at the end";
        add(format!("{projection}.w_largest"), "1", &|course| last(course).largest, words);
        add("rewards".to_owned(), "1", &|course| course.given.len() as f64, "rewards given");
        let target = &network.populations[network.projections[projection.as_str()].to];
        let seconds = target.size as f64 * self.duration.get() / 1000.0;
        let words = "spikes of the target population, per cell and second";
        add(format!("{}.rate", target.name), "Hz", &|course| course.spikes as f64 / seconds, words);
        // A yes or no has no interval of means.
        let words = "1 where the rank is 0.95 or more, else 0: over seeds, the share of those in which the synapse stands out";
        let outstanding = values(&|course| f64::from(u8::from(stands_out(course))));
        metrics.insert(format!("{projection}.stands_out"), Metric::over_seeds(outstanding, "1", words));
        metrics
    }

    /// A synapse that never earned anything.
    pub(super) fn diagnosis(&self, name: &str, side: &SpikingSide, courses: &[Course]) -> Option<Diagnosis> {
        if self.is_shuffled(name) || courses.iter().any(|course| !course.given.is_empty()) {
            return None;
        }
        let why = if courses.iter().all(|course| course.spikes == 0) {
            "no target ever fired: give the cells a background (stimulus.poisson, stimulus.noise)".to_owned()
        } else {
            format!(
                "its target never fired within {} of its source: go on for longer, or let both fire more often",
                self.window
            )
        };
        let words = format!(
            "The synapse earned no reward in {}: {why}. ({} in steps of {})",
            self.duration,
            side.neuron.name(),
            side.dt
        );
        Some(Diagnosis { severity: Severity::Warning, side: name.to_owned(), words })
    }

    pub(super) fn shared(&self, scenario: &Scenario) -> Vec<SharedFact> {
        let fact = |what: &str, words: String, same| SharedFact { what: what.to_owned(), words, same };
        let mut facts = vec![
            fact("time", format!("{} from rest", self.duration), true),
            fact("random spikes", "the same for every side under a seed".to_owned(), true),
        ];
        let earned = format!(
            "{} between {} and {} after the target fired within {} of the source",
            self.amount, self.after.from, self.after.to, self.window
        );
        match self.model(scenario) {
            Some(model) if !self.shuffled.is_empty() => {
                let words = format!(
                    "{earned}; {}: those of {model}, intervals in random order",
                    self.shuffled.join(", ")
                );
                facts.push(fact("rewards", words, false));
            }
            _ => facts.push(fact("rewards", earned, true)),
        }
        facts
    }
}
