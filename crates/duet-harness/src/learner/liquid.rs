//! A spiking side of which nothing learns, read by an artificial layer that does.

use super::spiking::{NO_NUMBERS, RECORDED_CELLS, bare, costs, failure};
use super::{AnnLearner, Answer, Ask, Failure, Learner, Presentation, Spent, UnitActivity};
use duet_ann::AnnSide;
use duet_random::Key;
use duet_spiking::{Activity, Reservoir, SpikingSide};
use duet_tasks::{Dataset, Pixels, Split};
use duet_topology::Network;

/// What some examples left behind: the same whenever they are shown, so they are shown once.
struct Ripples {
    purpose: &'static str,
    shown: Split,
    states: Split,
    activity: Activity,
}

/// A [`Reservoir`] and the layer over it. Every example is shown once; the layer learns from what was left behind.
pub struct LiquidLearner {
    reservoir: Reservoir<f32>,
    layer: AnnLearner,
    network: Network,
    dt_ms: f64,
    bare: Vec<usize>,
    values: Vec<f32>,
    seen: Vec<Ripples>,
}

impl LiquidLearner {
    /// Compiles the side.
    ///
    /// # Errors
    /// A sentence when it does not fit the network or the task.
    pub fn new(
        (side, layer): (&SpikingSide, &AnnSide),
        network: &Network,
        data: &Dataset,
        present_ms: f64,
        key: Key,
    ) -> Result<Self, String> {
        if data.classes.is_empty() {
            return Err(NO_NUMBERS.to_owned());
        }
        let reservoir = Reservoir::new(network, side, present_ms, key).map_err(|error| error.to_string())?;
        let features: usize = data.shape.iter().product();
        if reservoir.inputs() != features {
            let inputs = reservoir.inputs();
            return Err(format!("the input takes {inputs} numbers, but an example has {features}"));
        }
        // The layer is what is left of the network: its output, and the population that feeds it.
        let mut read = network.clone();
        let reached: Vec<usize> = network.ends().1;
        let feeding =
            |index: usize| network.projections.values().any(|p| p.from == index && reached.contains(&p.to));
        for index in (0..network.populations.len()).rev() {
            if !reached.contains(&index) && !feeding(index) {
                read = read.without(index);
            }
        }
        // It reads what is there; its loops and its delays are the liquid's.
        read.projections.retain(|_, projection| projection.from != projection.to);
        read.projections.values_mut().for_each(|projection| projection.delays = None);
        let states = Dataset { shape: vec![reservoir.cells()], ..data.clone() };
        let layer = AnnLearner::new(layer, &read, &states, key.child("read_out"))?;
        let bare = bare(side, network);
        let (dt_ms, network) = (side.dt.get(), network.clone());
        Ok(Self { reservoir, layer, network, dt_ms, bare, values: vec![0.0; features], seen: Vec::new() })
    }

    /// Shows the first `count` examples of a split, unless they were; returns where it is kept what they left behind.
    fn show(&mut self, data: &Split, count: usize, purpose: &'static str) -> Result<usize, Failure> {
        let same =
            |seen: &Ripples| seen.purpose == purpose && seen.states.len() == count && seen.shown == *data;
        if let Some(index) = self.seen.iter().position(same) {
            return Ok(index);
        }
        self.reservoir.take_activity();
        let mut states = Vec::with_capacity(count * self.reservoir.cells());
        for example in 0..count {
            data.pixels.copy_example(example, &mut self.values);
            self.reservoir
                .state(&self.values, (purpose, example as u64), &mut states)
                .map_err(|error| failure(&error))?;
        }
        let labels = data.labels().get(..count).unwrap_or_default().to_vec();
        let states = Split::of_classes(Pixels::from_f32(self.reservoir.cells(), states), labels);
        let activity = self.reservoir.take_activity();
        self.seen.push(Ripples { purpose, shown: data.clone(), states, activity });
        Ok(self.seen.len() - 1)
    }
}

impl Learner for LiquidLearner {
    fn fit(&mut self, epoch: usize, data: &Split, order: &[u32]) -> Result<(), Failure> {
        let index = self.show(data, data.len(), "train")?;
        self.layer.fit(epoch, &self.seen[index].states, order)
    }

    fn take_spent(&mut self) -> Spent {
        // What the circuit took, once for every example, is part of what answers take.
        self.layer.take_spent()
    }

    fn set_threads(&mut self, threads: usize) {
        self.layer.set_threads(threads);
    }

    fn answer(&mut self, data: &Split, count: usize, ask: Ask) -> Result<Answer, Failure> {
        let index = self.show(data, count, "test")?;
        let Ripples { states, activity, .. } = &self.seen[index];
        let mut answer = self.layer.answer(states, count, ask)?;
        // The layer's units are those of the output: the liquid's are cells.
        answer.units.clear();
        if !answer.cost.is_empty() {
            let populations: Vec<_> =
                self.reservoir.populations().into_iter().map(|(name, size)| (name, Some(size))).collect();
            answer.cost.extend(costs(&populations, self.reservoir.present_ms(), activity));
        }
        Ok(answer)
    }

    fn loss_words(&self) -> (&'static str, &'static str) {
        self.layer.loss_words()
    }

    fn network(&self) -> Network {
        let mut network = self.network.clone();
        for (name, learned) in self.layer.network().projections {
            if let Some(own) = network.projections.get_mut(&name) {
                (own.weights, own.bias) = (learned.weights, learned.bias);
            }
        }
        network
    }

    fn set_network(&mut self, network: &Network) -> Result<(), String> {
        let mut own = self.layer.network();
        for (name, projection) in &mut own.projections {
            if let Some(given) = network.projections.get(name) {
                (projection.weights, projection.bias) = (given.weights.clone(), given.bias.clone());
            }
        }
        self.layer.set_network(&own)
    }

    fn activity(&mut self, data: &Split, count: usize) -> Result<UnitActivity, Failure> {
        let index = self.show(data, count, "test")?;
        self.layer.activity(&self.seen[index].states, count)
    }

    fn save(&self) -> Vec<u8> {
        self.layer.save()
    }

    fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        self.layer.restore(state)
    }

    fn record(&mut self, values: &[f32], moment: u64) -> Option<Presentation> {
        let mut recording = self.reservoir.record(values, moment, RECORDED_CELLS);
        let mut state = Vec::new();
        self.reservoir.state(values, ("test", moment), &mut state).ok()?;
        let shown = Split::of_classes(Pixels::from_f32(state.len(), state), vec![0]);
        let answer = self.layer.answer(&shown, 1, Ask::Answers).ok()?;
        // One score is all that a layer says here: that of its answer.
        let class = answer.classes.first().copied().unwrap_or_default() as usize;
        recording.scores = (0..=class).map(|k| f64::from(u8::from(k == class))).collect();
        // The output's place in the network stays empty: it has no cells here.
        let output = self.network.ends().1.first().copied().unwrap_or_default();
        let place = |population: &mut usize| *population += usize::from(*population >= output);
        recording.spikes.iter_mut().for_each(|spike| place(&mut spike.1));
        recording.v.iter_mut().for_each(|of| place(&mut of.0));
        let mut levels = self.reservoir.levels();
        levels.insert(output.min(levels.len()), None);
        let at_work =
            (0..self.network.populations.len()).filter(|&population| population != output).collect();
        let present_ms = self.reservoir.present_ms();
        let bare = self.bare.clone();
        Some(Presentation { recording, levels, bare, at_work, present_ms, dt_ms: self.dt_ms })
    }
}
