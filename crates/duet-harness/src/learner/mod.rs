//! The seam between the harness and the engines: whatever can learn a task and answer questions about it.

mod ann;
mod diehl_cook;
mod liquid;
mod spiking;
mod surrogate;

pub use ann::AnnLearner;
pub use diehl_cook::DiehlCookLearner;
pub use liquid::LiquidLearner;
pub use spiking::SpikingLearner;
pub use surrogate::SurrogateLearner;

use crate::scenario::Side;
use duet_random::Key;
use duet_spiking::{Activity, Credit, Recording};
use duet_tasks::{Dataset, Split};
use duet_topology::Network;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What a side answers to a set of examples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The class answered to each example; none where numbers are asked for.
    pub classes: Vec<u32>,
    /// The numbers answered, `[example * outputs + output]`, where numbers are asked for.
    pub values: Vec<f32>,
    /// Mean loss; `None` where the side has none.
    pub loss: Option<f64>,
    /// What one answer costs, by name, in the ledger's units.
    pub cost: Vec<Cost>,
    /// Shares of units that take no part: (`hidden.dead`, share).
    pub units: Vec<(String, f64)>,
}

/// What the units of some populations do for some examples, by name, `[example * units + unit]`: activations, or spikes per step. Left
/// out are populations that do nothing of the kind, such as cells that never fire because their potentials are the answer.
pub type UnitActivity = IndexMap<String, Vec<f64>>;

/// Answers that are asked for before all has been said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Anytime {
    /// The class answered to each example, `[time][example]`.
    pub classes: Vec<Vec<u32>>,
    /// Synaptic operations until each time, a mean per example.
    pub operations: Vec<f64>,
}

/// What learning has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spent {
    /// Changes of all weights at once, where a rule makes such.
    pub updates: f64,
    /// Multiplications with addition.
    pub multiply_adds: f64,
    /// Additions, one per spike and synapse.
    pub synaptic_operations: f64,
    /// Steps of membranes.
    pub neuron_updates: f64,
    /// The network's own time, in ms.
    pub simulated_ms: f64,
}

impl Spent {
    /// What presentations of cells took.
    pub(crate) fn of(activity: &Activity, present_ms: f64) -> Self {
        Self {
            updates: 0.0,
            multiply_adds: activity.products as f64,
            synaptic_operations: activity.events.iter().sum::<u64>() as f64,
            neuron_updates: activity.updates as f64,
            simulated_ms: activity.examples as f64 * present_ms,
        }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        Self {
            updates: self.updates + more.updates,
            multiply_adds: self.multiply_adds + more.multiply_adds,
            synaptic_operations: self.synaptic_operations + more.synaptic_operations,
            neuron_updates: self.neuron_updates + more.neuron_updates,
            simulated_ms: self.simulated_ms + more.simulated_ms,
        }
    }
}

/// How much is asked of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Answers and loss; the rest may be left out.
    Answers,
    /// Units too.
    Units,
    /// Units and costs.
    Everything,
}

/// One line of the ledger: a mean per answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Cost {
    /// The metric's name: `multiply_adds_per_inference`.
    pub metric: String,
    /// The mean per answer.
    pub value: f64,
    /// The unit.
    pub unit: &'static str,
    /// What is counted.
    pub definition: &'static str,
}

/// Stopped because a number is no longer one, or because the side does not fit the task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Whether it diverged, rather than being ill-built.
    pub diverged: bool,
    /// Where and what.
    pub words: String,
}

/// A side that can learn. One learner is one side under one seed.
pub trait Learner: Send {
    /// Learns from the training examples at `order`, in that order.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    fn fit(&mut self, epoch: usize, data: &Split, order: &[u32]) -> Result<(), Failure>;
    /// How many threads learning may use; no number depends on it, and a side may not know what to do with them.
    fn set_threads(&mut self, _threads: usize) {}
    /// Answers the first `count` examples of a split; nothing is learned.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    fn answer(&mut self, data: &Split, count: usize, ask: Ask) -> Result<Answer, Failure>;
    /// What learning has taken since the last call, or since the beginning.
    fn take_spent(&mut self) -> Spent;
    /// The length of every projection's gradient at the last update, where a side has gradients; 0 before the first.
    fn gradient_norms(&self) -> Vec<(String, f64)> {
        Vec::new()
    }
    /// The loss's unit and definition.
    fn loss_words(&self) -> (&'static str, &'static str);
    /// The network as it has become.
    fn network(&self) -> Network;
    /// Takes the weights and biases of a network of the same shape; what else learning has changed stays.
    ///
    /// # Errors
    /// A sentence when it is of another shape.
    fn set_network(&mut self, network: &Network) -> Result<(), String>;
    /// What its units do for the first `count` examples of a split; nothing is learned.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    fn activity(&mut self, data: &Split, count: usize) -> Result<UnitActivity, Failure>;
    /// What it would answer to the first `count` examples after each of so many ms; `None` where an answer takes no time.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    fn answer_in_time(
        &mut self,
        _data: &Split,
        _count: usize,
        _at_ms: &[f64],
    ) -> Result<Option<Anytime>, Failure> {
        Ok(None)
    }
    /// The derivative of the loss of each of the first `count` examples by its numbers, up to a positive factor, `[example * features +
    /// number]`; `None` for a side without such.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    fn input_gradient(&mut self, _data: &Split, _count: usize) -> Result<Option<Vec<f64>>, Failure> {
        Ok(None)
    }
    /// Everything that learning has changed.
    fn save(&self) -> Vec<u8>;
    /// Takes a saved state over.
    ///
    /// # Errors
    /// A sentence when the state is damaged or belongs to something else.
    fn restore(&mut self, state: &[u8]) -> Result<(), String>;
    /// One presentation in full, where the side has time; `moment` is the example's place in its split.
    fn record(&mut self, values: &[f32], moment: u64) -> Option<Presentation>;
}

/// What a figure of one presentation needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Presentation {
    /// Spikes and potentials.
    pub recording: Recording,
    /// Threshold, reset and rest of every population, in mV.
    pub levels: Vec<Option<duet_spiking::neuron::Levels>>,
    /// Populations whose potentials are bare numbers instead of mV.
    pub bare: Vec<usize>,
    /// Those of the network's populations that are cells here.
    pub at_work: Vec<usize>,
    /// Length of the presentation in ms.
    pub present_ms: f64,
    /// Time step in ms.
    pub dt_ms: f64,
}

/// Builds the learner of a side.
///
/// # Errors
/// A sentence when the side does not fit the network or the task.
pub fn build(
    side: &Side,
    network: &Network,
    data: &Dataset,
    present_ms: f64,
    key: Key,
) -> Result<Box<dyn Learner>, String> {
    match (&side.ann, &side.spiking) {
        (Some(ann), _) => Ok(Box::new(AnnLearner::new(ann, network, data, key)?)),
        (None, Some(spiking)) => match &side.read_out {
            Some(layer) => {
                Ok(Box::new(LiquidLearner::new((spiking, layer), network, data, present_ms, key)?))
            }
            None => match &spiking.learning {
                Some(Credit::Surrogate(_)) => {
                    Ok(Box::new(SurrogateLearner::new(spiking, network, data, present_ms, key)?))
                }
                Some(Credit::DiehlCook(_)) => {
                    Ok(Box::new(DiehlCookLearner::new(spiking, network, data, present_ms, key)?))
                }
                None => Ok(Box::new(SpikingLearner::new(spiking, network, data, present_ms, key)?)),
            },
        },
        (None, None) => Err("the side has no physics".to_owned()),
    }
}

/// The index of the largest score; the lowest of equals.
pub fn largest(scores: &[f64]) -> u32 {
    let better = |best: usize, i: usize| if scores[i] > scores[best] { i } else { best };
    (0..scores.len()).reduce(better).unwrap_or(0) as u32
}
