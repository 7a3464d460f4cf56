//! The network that is shown examples.

use super::DiehlCook;
use super::cells::Cells;
use super::synapses::Synapses;
use crate::decode::{OutputSpikes, Tuning};
use crate::encode::SpikeTrain;
use crate::{Activity, Credit, Encode, Recording, SpikingError, SpikingSide};
use duet_kernels::math::exp;
use duet_random::Key;
use duet_topology::{Network, Wiring};
use serde::{Deserialize, Serialize};

/// An example is shown again at most so many times.
const MOST_AGAIN: usize = 20;

/// A network of [`DiehlCook`]'s cells.
pub struct DiehlCookNet {
    rule: DiehlCook,
    encode: Encode,
    network: Network,
    /// The places of the input and of the cells among the network's populations.
    places: [usize; 2],
    cells: Cells,
    synapses: Synapses,
    dt: f64,
    steps: usize,
    key: Key,
    tuning: Tuning,
    activity: Activity,
    train: SpikeTrain,
    values: Vec<f32>,
    fired: Vec<u32>,
    spikes: OutputSpikes,
}

/// What the cells did with an example.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// One score per class, by what the cells answered to in training.
    pub scores: Vec<f64>,
    /// Spikes of every cell.
    pub spikes: Vec<f64>,
    /// How often the example was shown.
    pub shown: usize,
}

/// Everything that learning has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiehlCookState {
    weights: Vec<f32>,
    theta: Vec<f32>,
    tuning: Tuning,
}

impl DiehlCookNet {
    /// Compiles a side with `learning.diehl_cook`.
    ///
    /// # Errors
    /// [`SpikingError::Invalid`] when it does not fit: [`SpikingSide::problems`] says everything at once.
    pub fn new(
        network: &Network,
        side: &SpikingSide,
        classes: usize,
        present_ms: f64,
        key: Key,
    ) -> Result<Self, SpikingError> {
        let invalid = |path: &str, words: &str| SpikingError::Invalid {
            path: path.to_owned(),
            words: words.to_owned(),
        };
        let Some(Credit::DiehlCook(rule)) = &side.learning else {
            return Err(invalid("learning", "there is no learning.diehl_cook"));
        };
        let Some((_, projection)) = network.projections.first().filter(|_| network.projections.len() == 1)
        else {
            return Err(invalid(
                "learning.diehl_cook",
                "there must be one projection, from the input to the cells",
            ));
        };
        if !matches!(projection.wiring, Wiring::Full) || projection.from == projection.to {
            return Err(invalid("learning.diehl_cook", "the input must reach all cells"));
        }
        let places = [projection.from, projection.to];
        let [inputs, cells] = places.map(|place| network.populations[place].size);
        let dt = side.dt.get();
        let steps = ((present_ms / dt).round() as usize).max(1);
        let weights =
            side.initial_network(network, key).projections[0].weights.iter().map(|&w| w as f32).collect();
        let mut synapses = Synapses::new(rule, weights, cells, (dt, steps));
        synapses.normalise();
        Ok(Self {
            rule: rule.clone(),
            encode: side.encode.clone(),
            network: network.clone(),
            places,
            cells: Cells::new(rule, cells, dt),
            synapses,
            dt,
            steps,
            key: key.child("encode"),
            tuning: Tuning::new(cells, classes),
            activity: Activity {
                spikes: vec![0; network.populations.len()],
                events: vec![0; 2],
                ..Activity::default()
            },
            train: SpikeTrain::default(),
            values: vec![0.0; inputs],
            fired: Vec::new(),
            spikes: OutputSpikes { count: vec![0.0; cells], first: vec![f64::INFINITY; cells] },
        })
    }

    /// Numbers that an example has.
    pub fn inputs(&self) -> usize {
        self.values.len()
    }

    /// Time that an example is shown for, in ms.
    pub fn present_ms(&self) -> f64 {
        self.steps as f64 * self.dt
    }

    /// Begins an epoch: what the cells answer to is taken anew.
    pub fn begin_epoch(&mut self) {
        self.tuning = Tuning::new(self.spikes.count.len(), self.tuning.classes());
    }

    /// Shows a training example; synapses learn, and the label says what the cells answered to. `moment` names the draw of the input.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] when a potential is no longer finite.
    pub fn learn(&mut self, values: &[f32], label: u32, moment: u64) -> Result<Seen, SpikingError> {
        let seen = self.show(values, ("train", moment), true, |_, _| {})?;
        self.tuning.add(&seen.spikes, label);
        self.synapses.normalise();
        Ok(seen)
    }

    /// Shows an example; nothing learns.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] when a potential is no longer finite.
    pub fn answer(&mut self, values: &[f32], moment: u64) -> Result<Seen, SpikingError> {
        self.show(values, ("test", moment), false, |_, _| {})
    }

    /// Shows an example and keeps every spike of its last showing, and the potentials of the first `kept` cells.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] when a potential is no longer finite.
    pub fn record(&mut self, values: &[f32], moment: u64, kept: usize) -> Result<Recording, SpikingError> {
        let kept = kept.min(self.cells.v.len());
        let (dt, [input, cells]) = (self.dt, self.places);
        let mut recording =
            Recording { spikes: Vec::new(), times: Vec::new(), v: Vec::new(), scores: Vec::new() };
        let mut rows = vec![Vec::new(); kept];
        let seen = self.show(values, ("test", moment), false, |net, step| {
            if step == 0 {
                recording.spikes.clear();
                recording.times.clear();
                rows.iter_mut().for_each(Vec::clear);
            }
            let time = (step + 1) as f64 * dt;
            recording.times.push(time);
            recording.spikes.extend(net.train.at(step).iter().map(|&cell| (time, input, cell)));
            recording.spikes.extend(net.fired.iter().map(|&cell| (time, cells, cell)));
            rows.iter_mut().zip(&net.cells.v).for_each(|(row, &v)| row.push(f64::from(v)));
        })?;
        recording.v = vec![(cells, (0..kept as u32).collect(), rows)];
        recording.scores = seen.scores;
        Ok(recording)
    }

    fn show(
        &mut self,
        values: &[f32],
        (purpose, moment): (&str, u64),
        learns: bool,
        mut observe: impl FnMut(&Self, usize),
    ) -> Result<Seen, SpikingError> {
        let mut shown = 0;
        loop {
            let brighter = 1.0 + 0.5 * shown as f32;
            self.values.iter_mut().zip(values).for_each(|(own, &x)| *own = brighter * x);
            let mut stream = self.key.child(&shown.to_string()).stream(purpose, moment);
            self.encode.encode(&self.values, self.dt, self.steps, &mut stream, &mut self.train);
            self.present(learns, &mut observe);
            shown += 1;
            if !self.cells.v.iter().all(|v| v.is_finite()) {
                let population = self.network.populations[self.places[1]].name.clone();
                return Err(SpikingError::Diverged { time_ms: self.present_ms(), population, what: "v" });
            }
            let spikes: f64 = self.spikes.count.iter().sum();
            if spikes >= self.rule.least_spikes as f64 || shown > MOST_AGAIN {
                break;
            }
        }
        self.activity.examples += 1;
        let scores = self.tuning.scores(&self.spikes);
        Ok(Seen { scores, spikes: self.spikes.count.clone(), shown })
    }

    /// One showing of what is encoded, from rest.
    fn present(&mut self, learns: bool, observe: &mut impl FnMut(&Self, usize)) {
        self.spikes.count.fill(0.0);
        self.spikes.first.fill(f64::INFINITY);
        self.cells.rest();
        self.synapses.begin();
        if learns {
            let keep = exp(-self.present_ms() / self.rule.tau_theta.get()) as f32;
            self.cells.theta.iter_mut().for_each(|theta| *theta *= keep);
        }
        let rise = self.rule.theta_plus.get() as f32;
        let (mut fired, mut own) = (std::mem::take(&mut self.fired), 0);
        for step in 0..self.steps {
            let now = step as u32;
            self.cells.step(now, &mut fired);
            for &input in self.train.at(step) {
                self.synapses.arrive(input as usize, now, learns, &mut self.cells.g_e);
            }
            if learns && !fired.is_empty() {
                self.synapses.fire(&fired, now);
                fired.iter().for_each(|&cell| self.cells.theta[cell as usize] += rise);
            }
            for &cell in &fired {
                self.spikes.count[cell as usize] += 1.0;
                self.spikes.first[cell as usize] = self.spikes.first[cell as usize].min(step as f64);
            }
            own += fired.len() as u64;
            std::mem::swap(&mut self.fired, &mut fired);
            observe(self, step);
            std::mem::swap(&mut self.fired, &mut fired);
        }
        self.fired = fired;
        let (cells, inputs) = (self.cells.v.len() as u64, self.train.len() as u64);
        let held_back = std::mem::take(&mut self.cells.held_back);
        self.activity.spikes[self.places[0]] += inputs;
        self.activity.spikes[self.places[1]] += own;
        self.activity.events[0] += inputs * cells;
        // To the inhibitory cells, and from them to all others.
        self.activity.events[1] += own + held_back * cells.saturating_sub(1);
        self.activity.updates += 2 * cells * self.steps as u64;
    }

    /// What the presentations since the last call took; clears the counters. Events are those from the input, then those among the cells.
    pub fn take_activity(&mut self) -> Activity {
        let (spikes, events) = (vec![0; self.activity.spikes.len()], vec![0; 2]);
        std::mem::replace(&mut self.activity, Activity { spikes, events, ..Activity::default() })
    }

    /// How far every cell's threshold has risen, in mV.
    pub fn theta(&self) -> impl Iterator<Item = f64> + '_ {
        self.cells.theta.iter().map(|&theta| f64::from(theta))
    }

    /// The network as it has become.
    pub fn network(&self) -> Network {
        let mut network = self.network.clone();
        network.projections[0].weights = self.synapses.weights.iter().map(|&w| f64::from(w)).collect();
        network
    }

    /// Takes the weights of a network of the same shape; thresholds and what the cells answer to stay.
    ///
    /// # Errors
    /// [`SpikingError::StateMismatch`] when it is of another shape.
    pub fn set_network(&mut self, network: &Network) -> Result<(), SpikingError> {
        let given = network.projections.first().map_or(&[][..], |(_, projection)| &projection.weights);
        let (found, expected) = (given.len(), self.synapses.weights.len());
        if found != expected {
            return Err(SpikingError::StateMismatch { what: "the weights".to_owned(), found, expected });
        }
        self.synapses.weights.iter_mut().zip(given).for_each(|(own, &w)| *own = w as f32);
        Ok(())
    }

    /// Everything that learning has changed.
    pub fn save(&self) -> DiehlCookState {
        let (weights, theta) = (self.synapses.weights.clone(), self.cells.theta.clone());
        DiehlCookState { weights, theta, tuning: self.tuning.clone() }
    }

    /// Takes over a saved state.
    ///
    /// # Errors
    /// [`SpikingError::StateMismatch`] when it belongs to another network; nothing is changed then.
    pub fn restore(&mut self, state: DiehlCookState) -> Result<(), SpikingError> {
        let lengths = [
            ("the weights", state.weights.len(), self.synapses.weights.len()),
            ("the thresholds", state.theta.len(), self.cells.theta.len()),
        ];
        for (what, found, expected) in lengths {
            if found != expected {
                return Err(SpikingError::StateMismatch { what: what.to_owned(), found, expected });
            }
        }
        (self.synapses.weights, self.cells.theta, self.tuning) = (state.weights, state.theta, state.tuning);
        Ok(())
    }
}
