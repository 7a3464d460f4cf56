//! What an answer takes in joules, by published figures.
//!
//! # Equations
//! ```text
//! energy = multiply-adds · a + additions · b + neuron updates · c          a, b, c in pJ, by the model
//! break-even: the spikes per synapse and answer at which an addition each costs what one multiply-add does, a / b
//! ```
//! # Behaviour
//! No figure is a measurement of this network: each is what the operations that were counted would take on hardware that somebody
//! published figures for, and every model leaves something out. A verdict that turns over between models is none.
//!
//! # References
//! - Horowitz 2014, ISSCC: 10 (45 nm, 0.9 V: 32-bit float product 3.7 pJ, sum 0.9 pJ; a cache of 8 kB, 10 pJ for 64 bits)
//! - Davies et al. 2018, IEEE Micro 38:82, Table 2 (Loihi, 14 nm, 0.75 V)
//!
//! # Example
//! Two products and a sum of three numbers: 2 · 4.6 pJ. As spikes, 10 additions: 9 pJ.
//! ```
//! use duet_harness::compare::energy::{ARITHMETIC_45NM, Work};
//! let (products, spikes) = (Work { multiply_adds: 2.0, ..Work::default() }, Work { additions: 10.0, ..Work::default() });
//! assert!((ARITHMETIC_45NM.nanojoules(&products).unwrap() - 0.0092).abs() < 1e-15);
//! assert!((ARITHMETIC_45NM.nanojoules(&spikes).unwrap() - 0.009).abs() < 1e-15);
//! ```

use crate::learner::{Cost, Spent};
use duet_record::format::number;

/// What a side did for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Products with addition.
    pub multiply_adds: f64,
    /// Additions alone: one per spike and synapse.
    pub additions: f64,
    /// Steps of membranes.
    pub neuron_updates: f64,
}

/// Published energies, in pJ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EnergyModel {
    /// Its metric.
    pub metric: &'static str,
    /// What it prices, in a sentence: "for arithmetic alone (45 nm)".
    pub words: &'static str,
    /// Of a product with addition; `None` where the hardware has none.
    pub multiply_add: Option<f64>,
    /// Of an addition.
    pub addition: f64,
    /// Of a step of a membrane.
    pub neuron_update: f64,
    /// What is counted, from where, and what is left out.
    pub definition: &'static str,
}

/// Arithmetic alone.
pub const ARITHMETIC_45NM: EnergyModel = EnergyModel {
    metric: "energy_45nm_arithmetic_per_inference",
    words: "for arithmetic alone (45 nm)",
    multiply_add: Some(4.6),
    addition: 0.9,
    neuron_update: 0.0,
    definition: "a proxy: 4.6 pJ per multiply-add, 0.9 pJ per synaptic operation (32-bit floats, 45 nm, Horowitz 2014); leaves out \
                 memory, neuron updates and everything idle",
};

/// A 32-bit word from a memory of 8 kB.
const WORD: f64 = 5.0;

/// Arithmetic, and every weight and membrane from a small memory beside it.
pub const WITH_MEMORY_45NM: EnergyModel = EnergyModel {
    metric: "energy_45nm_with_memory_per_inference",
    words: "with a small memory (45 nm)",
    multiply_add: Some(4.6 + WORD),
    addition: 0.9 + WORD,
    neuron_update: 4.6 + 2.0 * WORD,
    definition: "a proxy: the same with 5 pJ for every 32-bit word from an 8 kB memory (Horowitz 2014): a weight per multiply-add or \
                 synaptic operation; a neuron update is a multiply-add with a word read and one written; leaves out larger \
                 memories, reuse, activations and everything idle",
};

/// A chip for spikes.
pub const LOIHI: EnergyModel = EnergyModel {
    metric: "energy_loihi_per_inference",
    words: "on Loihi",
    multiply_add: None,
    addition: 23.6,
    neuron_update: 81.0,
    definition: "a proxy: 23.6 pJ per synaptic operation, 81 pJ per neuron update (Loihi, 14 nm, Davies et al. 2018); leaves out spikes on \
                 their way between cores, input and output, and everything idle",
};

/// All of them.
pub const MODELS: [EnergyModel; 3] = [ARITHMETIC_45NM, WITH_MEMORY_45NM, LOIHI];

impl EnergyModel {
    /// The energy of some work in nJ; `None` where the hardware cannot do it.
    pub fn nanojoules(&self, work: &Work) -> Option<f64> {
        let products = match self.multiply_add {
            Some(each) => work.multiply_adds * each,
            None if work.multiply_adds > 0.0 => return None,
            None => 0.0,
        };
        Some((products + work.additions * self.addition + work.neuron_updates * self.neuron_update) / 1000.0)
    }

    /// Spikes per synapse and answer at which additions cost what one multiply-add does.
    pub fn break_even(&self) -> Option<f64> {
        self.multiply_add.map(|each| each / self.addition)
    }
}

/// What two sides' answers take, held against each other by every model that prices both; `None` where there is none, or where
/// they take the same.
///
/// `of` says a metric of the first and of the second.
pub(crate) fn verdict([first, second]: [&str; 2], of: impl Fn(&str) -> [Option<f64>; 2]) -> Option<String> {
    let ratio = |model: &EnergyModel| match of(model.metric) {
        [Some(a), Some(b)] if a > 0.0 && b > 0.0 => Some((b / a, model.words)),
        _ => None,
    };
    let ratios: Vec<(f64, &str)> = MODELS.iter().filter_map(ratio).collect();
    let list = |turned: bool| {
        let times = |&(ratio, words): &(f64, &str)| match told(if turned { 1.0 / ratio } else { ratio }) {
            1.0 => format!("as much {words}"),
            times => format!("{} times {words}", number(times)),
        };
        ratios.iter().map(times).collect::<Vec<_>>().join(", ")
    };
    let takes = |more: &str, less: &str, turned: bool| {
        format!("By published energies {more} takes more than {less}: {}.", list(turned))
    };
    match ratios.as_slice() {
        all if all.iter().all(|ratio| told(ratio.0) == 1.0) => None,
        all if all.iter().all(|ratio| ratio.0 > 1.0) => Some(takes(second, first, false)),
        all if all.iter().all(|ratio| ratio.0 < 1.0) => Some(takes(first, second, true)),
        _ => Some(format!(
            "Whether {second} or {first} takes less energy depends on the hardware: {second} takes {}.",
            list(false)
        )),
    }
}

/// Two digits of a ratio: prices are not known better.
fn told(ratio: f64) -> f64 {
    format!("{ratio:.1e}").parse().unwrap_or(ratio)
}

/// The lines of the ledger that follow from what was counted.
pub(crate) fn costs(counted: &[Cost]) -> Vec<Cost> {
    let of = |metric: &str| counted.iter().find(|cost| cost.metric == metric).map_or(0.0, |cost| cost.value);
    let work = Work {
        multiply_adds: of("multiply_adds_per_inference"),
        additions: of("synaptic_operations_per_inference"),
        neuron_updates: of("neuron_updates_per_inference"),
    };
    let line = |model: &EnergyModel| {
        let value = model.nanojoules(&work)?;
        Some(Cost { metric: model.metric.to_owned(), value, unit: "nJ", definition: model.definition })
    };
    if counted.is_empty() { Vec::new() } else { MODELS.iter().filter_map(line).collect() }
}

/// What learning took, and what that is by every model that prices it, in uJ; nothing for a side that has learned nothing.
pub(crate) fn of_learning(spent: &Spent, exposures: f64) -> Vec<Cost> {
    if *spent == Spent::default() {
        return Vec::new();
    }
    let line = |metric: &str, value: f64, unit, definition| {
        (value > 0.0).then(|| Cost { metric: format!("learning.{metric}"), value, unit, definition })
    };
    let counted = [
        line(
            "exposures",
            exposures,
            "1",
            "how often a training example was shown while learning, all epochs together",
        ),
        line(
            "updates",
            spent.updates,
            "1",
            "changes of all weights at once; rules that act at synapses make none such",
        ),
        line(
            "multiply_adds",
            spent.multiply_adds,
            "1",
            "multiplications with addition of learning: forward, the gradient, and the way back, which ends above the input",
        ),
        line(
            "synaptic_operations",
            spent.synaptic_operations,
            "1",
            "synaptic events while learning: one addition per spike and synapse; changes of weights are not counted",
        ),
        line("neuron_updates", spent.neuron_updates, "1", "membrane updates while learning"),
        line("simulated", spent.simulated_ms / 1000.0, "s", "the network's own time spent on learning"),
    ];
    let work = Work {
        multiply_adds: spent.multiply_adds,
        additions: spent.synaptic_operations,
        neuron_updates: spent.neuron_updates,
    };
    let priced = MODELS.iter().filter_map(|model| {
        let name = model.metric.strip_suffix("_per_inference").unwrap_or(model.metric);
        line(name, model.nanojoules(&work)? / 1000.0, "uJ", model.definition)
    });
    counted.into_iter().flatten().chain(priced).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(metric: &str, value: f64) -> Cost {
        Cost { metric: format!("{metric}_per_inference"), value, unit: "1", definition: "" }
    }

    /// Three inputs, two hidden cells, one output. As layers: 3 · 2 + 2 · 1 multiply-adds. As spikes in 4 steps: 5 input spikes reach
    /// 2 cells each, 3 hidden spikes reach 1; 3 cells are stepped 4 times.
    #[test]
    fn a_network_of_six_cells_by_hand() {
        let values = |counted: &[Cost]| {
            costs(counted).iter().map(|cost| (cost.metric.clone(), cost.value)).collect::<Vec<_>>()
        };
        let layers = values(&[counted("multiply_adds", 8.0)]);
        assert_eq!(layers.len(), 2, "no chip for spikes multiplies: {layers:?}");
        let near = |(_, got): &(String, f64), wanted: f64| (got - wanted).abs() < 1e-12;
        assert!(near(&layers[0], 0.0368) && near(&layers[1], 0.0768), "{layers:?}");
        let spikes = values(&[counted("synaptic_operations", 13.0), counted("neuron_updates", 12.0)]);
        assert!(near(&spikes[0], 0.0117), "13 · 0.9 pJ");
        assert!(near(&spikes[1], 0.2519), "13 · 5.9 + 12 · 14.6 pJ");
        assert!(near(&spikes[2], 1.2788), "13 · 23.6 + 12 · 81 pJ");
        assert!(costs(&[]).is_empty());
    }

    #[test]
    fn a_verdict_is_one_only_where_models_agree() {
        let by = |ratios: [f64; 2]| {
            let of = |metric: &str| match metric {
                "energy_45nm_arithmetic_per_inference" => [Some(2.0), Some(2.0 * ratios[0])],
                "energy_45nm_with_memory_per_inference" => [Some(3.0), Some(3.0 * ratios[1])],
                _ => [None, Some(1.0)],
            };
            verdict(["A", "B"], of)
        };
        let words = |a: &str, b: &str| {
            format!("{a} times for arithmetic alone (45 nm), {b} times with a small memory (45 nm).")
        };
        assert_eq!(
            by([1.5, 6.0]),
            Some(format!("By published energies B takes more than A: {}", words("1.5", "6")))
        );
        assert_eq!(
            by([0.5, 0.25]),
            Some(format!("By published energies A takes more than B: {}", words("2", "4")))
        );
        let unclear = "Whether B or A takes less energy depends on the hardware: B takes ";
        assert_eq!(by([0.5, 4.0]), Some(format!("{unclear}{}", words("0.5", "4"))));
        assert_eq!(by([1.0, 1.0]), None, "the same network twice");
        assert_eq!(verdict(["A", "B"], |_| [None, Some(1.0)]), None);
    }

    /// NeuroBench's keyword learners: 3.65e5 additions 200 times a second, or 7.85e6 multiply-adds once. Per answer the spikes take
    /// less, per second more.
    #[test]
    fn who_wins_depends_on_how_often_he_answers() {
        let spikes = ARITHMETIC_45NM.nanojoules(&Work { additions: 3.65e5, ..Work::default() }).unwrap();
        let layers = ARITHMETIC_45NM.nanojoules(&Work { multiply_adds: 7.85e6, ..Work::default() }).unwrap();
        assert!(spikes * 100.0 < layers && spikes * 200.0 > 1.5 * layers, "{spikes} and {layers} nJ");
    }
}
