//! Cells that compete without a teacher, as a learner.

use super::spiking::{NO_NUMBERS, RECORDED_CELLS, costs, failure, features, labels};
use super::{Answer, Ask, Failure, Learner, Presentation, Spent, UnitActivity, largest};
use duet_random::Key;
use duet_spiking::diehl_cook::DiehlCookNet;
use duet_spiking::{SpikingError, SpikingSide};
use duet_tasks::{Dataset, Split};
use duet_topology::Network;

/// A [`DiehlCookNet`]; labels say what its cells answered to, and nothing else.
pub struct DiehlCookLearner {
    net: DiehlCookNet,
    populations: Vec<(String, Option<usize>)>,
    dt_ms: f64,
    values: Vec<f32>,
    spent: Spent,
}

impl DiehlCookLearner {
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
        let net = DiehlCookNet::new(network, side, data.classes.len(), present_ms, key)
            .map_err(|error| error.to_string())?;
        let features = features(data, net.inputs())?;
        let populations = network.populations.values().map(|own| (own.name.clone(), Some(own.size)));
        Ok(Self {
            net,
            populations: populations.collect(),
            dt_ms: side.dt.get(),
            values: vec![0.0; features],
            spent: Spent::default(),
        })
    }

    /// What `see` makes of the first `count` examples.
    fn each(
        &mut self,
        data: &Split,
        count: usize,
        mut see: impl FnMut(&duet_spiking::diehl_cook::Seen),
    ) -> Result<(), Failure> {
        for example in 0..count {
            data.pixels.copy_example(example, &mut self.values);
            let seen = self.net.answer(&self.values, example as u64);
            see(&seen.map_err(|error: SpikingError| failure(&error))?);
        }
        Ok(())
    }
}

impl Learner for DiehlCookLearner {
    fn fit(&mut self, epoch: usize, data: &Split, order: &[u32]) -> Result<(), Failure> {
        let labels = labels(data)?;
        self.net.take_activity();
        self.net.begin_epoch();
        for &example in order {
            data.pixels.copy_example(example as usize, &mut self.values);
            let moment = ((epoch as u64) << 32) | u64::from(example);
            let learned = self.net.learn(&self.values, labels[example as usize], moment);
            learned.map_err(|error| failure(&error))?;
        }
        let activity = self.net.take_activity();
        let cells = self.populations.last().and_then(|own| own.1).unwrap_or(1);
        // Some examples are shown more than once; both layers are stepped all the while.
        let simulated_ms = activity.updates as f64 / (2 * cells) as f64 * self.dt_ms;
        self.spent = self.spent.and(Spent { simulated_ms, ..Spent::of(&activity, 0.0) });
        Ok(())
    }

    fn take_spent(&mut self) -> Spent {
        std::mem::take(&mut self.spent)
    }

    fn answer(&mut self, data: &Split, count: usize, ask: Ask) -> Result<Answer, Failure> {
        self.net.take_activity();
        let mut answer = Answer::default();
        let (mut shown, mut active) = (0, Vec::new());
        self.each(data, count, |seen| {
            answer.classes.push(largest(&seen.scores));
            shown += seen.shown;
            active.resize(seen.spikes.len(), false);
            active.iter_mut().zip(&seen.spikes).for_each(|(active, &n)| *active |= n > 0.0);
        })?;
        let cells = self.populations.last().map_or("", |own| own.0.as_str());
        if ask != Ask::Answers && !active.is_empty() {
            let silent = active.iter().filter(|active| !**active).count() as f64 / active.len() as f64;
            answer.units.push((format!("{cells}.silent"), silent));
        }
        let activity = self.net.take_activity();
        answer.cost = costs(&self.populations, self.net.present_ms(), &activity);
        answer.cost.push(super::Cost {
            metric: "showings_per_inference".to_owned(),
            value: shown as f64 / count.max(1) as f64,
            unit: "1",
            definition: "how often an example was shown until it drew enough spikes, mean over the test examples",
        });
        Ok(answer)
    }

    fn loss_words(&self) -> (&'static str, &'static str) {
        ("1", "nothing is made small")
    }

    fn network(&self) -> Network {
        self.net.network()
    }

    fn set_network(&mut self, network: &Network) -> Result<(), String> {
        self.net.set_network(network).map_err(|error| error.to_string())
    }

    fn activity(&mut self, data: &Split, count: usize) -> Result<UnitActivity, Failure> {
        let (mut all, per_step) = (Vec::new(), self.dt_ms / self.net.present_ms());
        self.each(data, count, |seen| all.extend(seen.spikes.iter().map(|n| n * per_step)))?;
        let cells = self.populations.last().map_or(String::new(), |own| own.0.clone());
        Ok(UnitActivity::from([(cells, all)]))
    }

    fn save(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.net.save()).unwrap_or_default()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        let state = postcard::from_bytes(state).map_err(|error| error.to_string())?;
        self.net.restore(state).map_err(|error| error.to_string())
    }

    fn record(&mut self, values: &[f32], moment: u64) -> Option<Presentation> {
        let recording = self.net.record(values, moment, RECORDED_CELLS).ok()?;
        let present_ms = self.net.present_ms();
        let (levels, at_work) = (vec![None; self.populations.len()], (0..self.populations.len()).collect());
        Some(Presentation { recording, levels, bare: Vec::new(), at_work, present_ms, dt_ms: self.dt_ms })
    }
}
