//! The biological side as a learner.

use super::{Answer, Anytime, Ask, Cost, Failure, Learner, Presentation, Spent, UnitActivity, largest};
use duet_random::Key;
use duet_spiking::{Activity, Decode, SpikingError, SpikingNet, SpikingSide};
use duet_tasks::{Dataset, Split, Targets};
use duet_topology::Network;

/// Cells of a population whose membrane potential is recorded.
pub(super) const RECORDED_CELLS: usize = 12;

pub(super) const NO_NUMBERS: &str = "a spiking side answers with a class, but the task asks for numbers";

/// A [`SpikingNet`] in single precision.
pub struct SpikingLearner {
    net: SpikingNet<f32>,
    dt_ms: f64,
    /// Names and, of those that fire at all, sizes of the populations.
    pub(super) populations: Vec<(String, Option<usize>)>,
    bare: Vec<usize>,
    values: Vec<f32>,
    spent: Spent,
}

/// A network's populations by name, with their sizes where they send spikes: not an input that hands over numbers, not an output whose
/// potentials are read.
fn firing(side: &SpikingSide, network: &Network) -> Vec<(String, Option<usize>)> {
    let (inputs, outputs) = network.ends();
    let silent = |index: &usize| {
        inputs.contains(index) && !side.encode.sends_spikes()
            || outputs.contains(index) && matches!(side.decode, Decode::Membrane(_))
    };
    let own = |(index, population): (usize, &duet_topology::Population)| {
        (population.name.clone(), (!silent(&index)).then_some(population.size))
    };
    network.populations.values().enumerate().map(own).collect()
}

/// How many numbers an example has.
///
/// # Errors
/// A sentence when the input takes another number of them.
pub(super) fn features(data: &Dataset, inputs: usize) -> Result<usize, String> {
    let features: usize = data.shape.iter().product();
    if inputs == features {
        return Ok(features);
    }
    Err(format!("the input has {inputs} units, but an example has {features} numbers"))
}

/// The populations whose potentials are bare numbers.
pub(super) fn bare(side: &SpikingSide, network: &Network) -> Vec<usize> {
    let populations = network.populations.keys().enumerate();
    populations.filter(|(_, name)| side.is_bare(name)).map(|(index, _)| index).collect()
}

impl SpikingLearner {
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
        if data.classes.is_empty() {
            return Err(NO_NUMBERS.to_owned());
        }
        let net = SpikingNet::new(network, side, data.classes.len(), present_ms, key)
            .map_err(|error| error.to_string())?;
        let input = network.ends().0.first().map_or(0, |&input| network.populations[input].size);
        let features = features(data, input * side.steps)?;
        let populations = firing(side, network);
        let bare = bare(side, network);
        Ok(Self {
            net,
            dt_ms: side.dt.get(),
            populations,
            bare,
            values: vec![0.0; features],
            spent: Spent::default(),
        })
    }
}

/// What presentations took, a mean per answer; names and, of those that fire, sizes of the populations at work.
pub(super) fn costs(
    populations: &[(String, Option<usize>)],
    present_ms: f64,
    activity: &Activity,
) -> Vec<Cost> {
    let per = |count: u64| count as f64 / activity.examples.max(1) as f64;
    let line =
        |metric: &str, value, unit, definition| Cost { metric: metric.to_owned(), value, unit, definition };
    let mut costs = vec![
        line(
            "synaptic_operations_per_inference",
            per(activity.events.iter().sum()),
            "1",
            "synaptic events: one addition per spike and synapse, mean over the test examples",
        ),
        line(
            "spikes_per_inference",
            per(activity.spikes.iter().sum()),
            "1",
            "spikes of all populations, the input's included, mean over the test examples",
        ),
        line(
            "neuron_updates_per_inference",
            per(activity.updates),
            "1",
            "membrane updates: cells with a membrane times time steps",
        ),
    ];
    if activity.products > 0 {
        costs.push(line(
            "multiply_adds_per_inference",
            per(activity.products),
            "1",
            "multiplications with addition: one per synapse that receives a number, once for a presentation",
        ));
    }
    for ((name, size), &spikes) in populations.iter().zip(&activity.spikes) {
        let Some(size) = size else { continue };
        let rate = per(spikes) / *size as f64 / (present_ms / 1000.0);
        costs.push(line(
            &format!("{name}.rate"),
            rate,
            "Hz",
            "spikes per cell and second of presentation, mean over cells and test examples",
        ));
    }
    costs
}

/// The classes of a split: spikes are not read as numbers.
pub(super) fn labels(data: &Split) -> Result<&[u32], Failure> {
    match &data.targets {
        Targets::Classes(labels) => Ok(labels),
        Targets::Values { .. } => Err(Failure { diverged: false, words: NO_NUMBERS.to_owned() }),
    }
}

pub(super) fn failure(error: &SpikingError) -> Failure {
    Failure {
        diverged: matches!(error, SpikingError::Diverged { .. } | SpikingError::Unlearned { .. }),
        words: error.to_string(),
    }
}

impl Learner for SpikingLearner {
    fn fit(&mut self, epoch: usize, data: &Split, order: &[u32]) -> Result<(), Failure> {
        let labels = labels(data)?;
        self.net.take_activity();
        self.net.begin_epoch(epoch);
        for &example in order {
            data.pixels.copy_example(example as usize, &mut self.values);
            // Every presentation has spikes of its own, named by epoch and example.
            let moment = ((epoch as u64) << 32) | u64::from(example);
            self.net
                .learn(&self.values, labels[example as usize], moment)
                .map_err(|error| failure(&error))?;
        }
        let present_ms = self.net.present_ms();
        let activity = self.net.take_activity();
        self.spent = self.spent.and(Spent::of(&activity, present_ms));
        Ok(())
    }

    fn take_spent(&mut self) -> Spent {
        std::mem::take(&mut self.spent)
    }

    fn answer(&mut self, data: &Split, count: usize, _: Ask) -> Result<Answer, Failure> {
        let labels = labels(data)?;
        self.net.take_activity();
        let mut answer = Answer::default();
        let (mut loss, mut judged) = (0.0, 0_usize);
        for (example, &label) in labels.iter().enumerate().take(count) {
            data.pixels.copy_example(example, &mut self.values);
            let response = self
                .net
                .answer(&self.values, Some(label), example as u64)
                .map_err(|error| failure(&error))?;
            answer.classes.push(largest(&response.scores));
            if let Some(own) = response.loss {
                loss += own;
                judged += 1;
            }
        }
        answer.loss = (judged > 0).then(|| loss / judged as f64);
        let activity = self.net.take_activity();
        answer.cost = costs(&self.populations, self.net.present_ms(), &activity);
        Ok(answer)
    }

    fn loss_words(&self) -> (&'static str, &'static str) {
        (
            "1",
            "squared difference between the output cells' rates and what the label asks for, in units of the teacher's rate, mean over cells and examples",
        )
    }

    fn network(&self) -> Network {
        self.net.network()
    }

    fn set_network(&mut self, network: &Network) -> Result<(), String> {
        self.net.set_network(network).map_err(|error| error.to_string())
    }

    fn activity(&mut self, data: &Split, count: usize) -> Result<UnitActivity, Failure> {
        let firing = self.populations.iter().filter(|own| own.1.is_some());
        let mut activity: UnitActivity = firing.map(|(name, _)| (name.clone(), Vec::new())).collect();
        for example in 0..count {
            data.pixels.copy_example(example, &mut self.values);
            let rates = self.net.rates(&self.values, example as u64).map_err(|error| failure(&error))?;
            let firing = rates.iter().zip(&self.populations).filter(|(_, own)| own.1.is_some());
            for (all, (rates, _)) in activity.values_mut().zip(firing) {
                all.extend(rates);
            }
        }
        Ok(activity)
    }

    fn answer_in_time(
        &mut self,
        data: &Split,
        count: usize,
        at_ms: &[f64],
    ) -> Result<Option<Anytime>, Failure> {
        let mut answers = Anytime {
            classes: vec![Vec::with_capacity(count); at_ms.len()],
            operations: vec![0.0; at_ms.len()],
        };
        for example in 0..count {
            data.pixels.copy_example(example, &mut self.values);
            let course =
                self.net.answer_in_time(&self.values, example as u64).map_err(|error| failure(&error))?;
            for (index, at) in at_ms.iter().enumerate() {
                // What is known at the end of the step that ends then; before the first nothing is.
                let step = ((at / self.dt_ms).round() as usize).min(course.len());
                let known = step.checked_sub(1).map(|step| &course[step]);
                answers.classes[index].push(known.map_or(0, |(scores, _)| largest(scores)));
                answers.operations[index] += known.map_or(0.0, |known| known.1 as f64 / count as f64);
            }
        }
        Ok(Some(answers))
    }

    fn save(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.net.save()).unwrap_or_default()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        let state = postcard::from_bytes(state).map_err(|error| error.to_string())?;
        self.net.restore(&state).map_err(|error| error.to_string())
    }

    fn record(&mut self, values: &[f32], moment: u64) -> Option<Presentation> {
        let recording = self.net.record(values, moment, RECORDED_CELLS);
        let (mut levels, present_ms) = (self.net.levels(), self.net.present_ms());
        // Cells that never fire have no threshold to show.
        let never = levels.iter_mut().zip(&self.populations).filter(|(_, own)| own.1.is_none());
        never.for_each(|(levels, _)| *levels = None);
        let at_work = (0..self.populations.len()).collect();
        let bare = self.bare.clone();
        Some(Presentation { recording, levels, bare, at_work, present_ms, dt_ms: self.dt_ms })
    }
}
