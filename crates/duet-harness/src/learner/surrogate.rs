//! A spiking side that learns by gradients through its spikes.

use super::spiking::{costs, failure, labels};
use super::{
    Answer, Anytime, Ask, Failure, Learner, Presentation, Spent, SpikingLearner, UnitActivity, largest,
};
use duet_random::Key;
use duet_spiking::gradient::SurrogateNet;
use duet_spiking::{Credit, SpikingSide};
use duet_tasks::{Dataset, Split};
use duet_topology::Network;

/// A [`SurrogateNet`] in single precision; where its spikes are looked at one by one, the engine's own network with its weights.
pub struct SurrogateLearner {
    net: SurrogateNet<f32>,
    engine: SpikingLearner,
    classes: usize,
    present_ms: f64,
    loss_words: (&'static str, &'static str),
    /// What learning from one example takes.
    per_example: Spent,
    batch: usize,
    spent: Spent,
}

impl SurrogateLearner {
    /// Compiles the side.
    ///
    /// # Errors
    /// A sentence when it does not fit the network or the task.
    pub fn new(
        side: &SpikingSide,
        network: &Network,
        data: &Dataset,
        present_ms: f64,
        key: Key,
    ) -> Result<Self, String> {
        let Some(Credit::Surrogate(rule)) = &side.learning else {
            return Err("the side has no learning.surrogate".to_owned());
        };
        let own = side.initial_network(network, key);
        let engine = SpikingLearner::new(side, &own, data, present_ms, key)?;
        let classes = data.classes.len();
        let net = SurrogateNet::new(&own, side, classes, present_ms).map_err(|error| error.to_string())?;
        let per_example = per_example(&own, (present_ms / side.dt.get()).round().max(1.0), present_ms);
        let (loss_words, batch, spent) = (rule.loss.words(), rule.batch, Spent::default());
        Ok(Self { net, engine, classes, present_ms, loss_words, per_example, batch, spent })
    }

    /// The engine's network with the weights of now.
    fn engine(&mut self) -> &mut SpikingLearner {
        // Both come from the same network, so that the weights of one fit the other.
        let taken = self.engine.set_network(&self.net.network());
        debug_assert_eq!(taken, Ok(()));
        &mut self.engine
    }
}

/// Forward, the gradient, and the way back, which ends above the input: in every step for all synapses but those of the first layer,
/// whose input stays the same. Spikes are numbers here, and what is multiplied by 0 is counted too.
fn per_example(network: &Network, steps: f64, present_ms: f64) -> Spent {
    let inputs = network.ends().0;
    let (first, upper): (Vec<_>, Vec<_>) =
        network.projections.values().partition(|projection| inputs.contains(&projection.from));
    let synapses =
        |of: &[&duet_topology::Projection]| of.iter().map(|p| network.synapses_of(p)).sum::<u64>() as f64;
    let all: usize = network.populations.values().map(|population| population.size).sum();
    let held: usize = inputs.iter().map(|&input| network.populations[input].size).sum();
    Spent {
        multiply_adds: 2.0 * synapses(&first) + 3.0 * steps * synapses(&upper),
        neuron_updates: steps * (all - held) as f64,
        simulated_ms: present_ms,
        ..Spent::default()
    }
}

impl Learner for SurrogateLearner {
    fn fit(&mut self, epoch: usize, data: &Split, order: &[u32]) -> Result<(), Failure> {
        let copy = |example: usize, x: &mut [f32]| data.pixels.copy_example(example, x);
        self.net.fit(epoch, order, labels(data)?, copy).map_err(|error| failure(&error))?;
        let (n, one) = (order.len() as f64, self.per_example);
        self.spent = self.spent.and(Spent {
            updates: order.len().div_ceil(self.batch) as f64,
            multiply_adds: n * one.multiply_adds,
            neuron_updates: n * one.neuron_updates,
            simulated_ms: n * one.simulated_ms,
            ..Spent::default()
        });
        Ok(())
    }

    fn take_spent(&mut self) -> Spent {
        std::mem::take(&mut self.spent)
    }

    fn answer(&mut self, data: &Split, count: usize, ask: Ask) -> Result<Answer, Failure> {
        let labels = &labels(data)?[..count];
        let copy = |example: usize, x: &mut [f32]| data.pixels.copy_example(example, x);
        let answered = self.net.answer(labels, copy).map_err(|error| failure(&error))?;
        let mut answer = Answer {
            classes: answered.scores.chunks_exact(self.classes).map(largest).collect(),
            loss: Some(answered.loss),
            ..Answer::default()
        };
        if ask != Ask::Answers {
            for (population, active) in &answered.active {
                let silent = active.iter().filter(|&&examples| examples == 0).count();
                answer.units.push((format!("{population}.silent"), silent as f64 / active.len() as f64));
            }
        }
        if ask == Ask::Everything {
            answer.cost = costs(&self.engine.populations, self.present_ms, &answered.activity);
        }
        Ok(answer)
    }

    fn gradient_norms(&self) -> Vec<(String, f64)> {
        self.net.gradient_norms()
    }

    fn loss_words(&self) -> (&'static str, &'static str) {
        self.loss_words
    }

    fn network(&self) -> Network {
        self.net.network()
    }

    fn set_network(&mut self, network: &Network) -> Result<(), String> {
        self.net.set_network(network).map_err(|error| error.to_string())
    }

    fn activity(&mut self, data: &Split, count: usize) -> Result<UnitActivity, Failure> {
        self.engine().activity(data, count)
    }

    fn answer_in_time(
        &mut self,
        data: &Split,
        count: usize,
        at_ms: &[f64],
    ) -> Result<Option<Anytime>, Failure> {
        self.engine().answer_in_time(data, count, at_ms)
    }

    fn input_gradient(&mut self, data: &Split, count: usize) -> Result<Option<Vec<f64>>, Failure> {
        let copy = |example: usize, x: &mut [f32]| data.pixels.copy_example(example, x);
        self.net.input_gradient(&labels(data)?[..count], copy).map(Some).map_err(|error| failure(&error))
    }

    fn save(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.net.save()).unwrap_or_default()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        let state = postcard::from_bytes(state).map_err(|error| error.to_string())?;
        self.net.restore(state).map_err(|error| error.to_string())
    }

    fn record(&mut self, values: &[f32], moment: u64) -> Option<Presentation> {
        self.engine().record(values, moment)
    }
}
