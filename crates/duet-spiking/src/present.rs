//! A network that is shown examples: encode, run, decode, learn.

use crate::decode::{OutputSpikes, Tuning};
use crate::encode::SpikeTrain;
use crate::neuron::Levels;
use crate::plasticity::engine::Learning;
use crate::simulate::Simulation;
use crate::{Decode, SpikingError, SpikingSide};
use duet_kernels::Real;
use duet_random::Key;
use duet_topology::Network;
use serde::{Deserialize, Serialize};

/// A spiking network with an input and an output, shown one example at a time. Between examples it rests.
pub struct SpikingNet<T> {
    simulation: Simulation<T>,
    side: SpikingSide,
    network: Network,
    input: usize,
    output: usize,
    steps: usize,
    classes: usize,
    key: Key,
    tuning: Tuning,
    train: SpikeTrain,
    examples: u64,
    spikes: OutputSpikes,
    /// What `decode.membrane` takes of the output's potentials; empty with other read-outs.
    potentials: Vec<f64>,
}

/// What the network did with one example.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// One score per class; the largest is the answer.
    pub scores: Vec<f64>,
    /// Mean squared difference between the output cells' rates and what the label asks for, in units of the teacher's
    /// rate; `None` without a label, or where the output cells do not answer by their spikes, one for each class.
    pub loss: Option<f64>,
}

/// What it took, since the counters were last cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// Presentations.
    pub examples: u64,
    /// Spikes of every population.
    pub spikes: Vec<u64>,
    /// Synaptic events (one spike at one synapse) of every projection.
    pub events: Vec<u64>,
    /// Membrane updates: cells times steps.
    pub updates: u64,
    /// Multiply-adds of numbers that are received as currents.
    pub products: u64,
}

/// One presentation in full, for figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// (time in ms, population, cell) of every spike, in order.
    pub spikes: Vec<(f64, usize, u32)>,
    /// Times of the samples below, in ms.
    pub times: Vec<f64>,
    /// Membrane potentials in mV: for every population with membranes, (population, cells, one row per cell).
    pub v: Vec<(usize, Vec<u32>, Vec<Vec<f64>>)>,
    /// The answer's scores.
    pub scores: Vec<f64>,
}

/// One presentation of an example to a network that rests.
pub(crate) struct Shown<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) input: usize,
    pub(crate) steps: usize,
    /// What the input spikes are drawn from: with the purpose and the moment.
    pub(crate) key: Key,
    pub(crate) purpose: &'a str,
    pub(crate) moment: u64,
}

impl Shown<'_> {
    /// How many time steps a presentation has.
    pub(crate) fn steps(present_ms: f64, side: &SpikingSide) -> Result<usize, SpikingError> {
        let steps = ((present_ms / side.dt.get()).round() as usize).max(1);
        if steps.is_multiple_of(side.steps) {
            return Ok(steps);
        }
        let words =
            format!("{steps} time steps cannot be shared out evenly over {} parts of an example", side.steps);
        Err(SpikingError::Invalid { path: "steps".to_owned(), words })
    }

    /// Shows the example, part by part; `observe` sees the network after every step.
    pub(crate) fn to<T: Real>(
        &self,
        simulation: &mut Simulation<T>,
        side: &SpikingSide,
        train: &mut SpikeTrain,
        mut observe: impl FnMut(&Simulation<T>),
    ) {
        let mut stream = self.key.stream(self.purpose, self.moment);
        simulation.rest();
        simulation.draw_from(self.key.child("cells").child(&format!("{} {}", self.purpose, self.moment)));
        let steps = self.steps / side.steps;
        for part in self.values.chunks(self.values.len().div_ceil(side.steps).max(1)) {
            if !side.encode.sends_spikes() {
                simulation.hold(self.input, part);
            }
            side.encode.encode(part, side.dt.get(), steps, &mut stream, train);
            for step in 0..steps {
                simulation.step(&[(self.input, train.at(step))]);
                observe(simulation);
            }
        }
    }
}

impl Activity {
    /// What so many presentations took; clears the counters of the simulation.
    pub(crate) fn take<T: Real>(simulation: &mut Simulation<T>, examples: u64, steps: usize) -> Self {
        let with_membranes = simulation.nodes.iter().filter(|node| node.cells.is_some());
        let cells: usize = with_membranes.map(|node| node.size).sum();
        Self {
            examples,
            spikes: simulation.nodes.iter_mut().map(|node| std::mem::take(&mut node.fired)).collect(),
            events: simulation.links.iter_mut().map(|link| std::mem::take(&mut link.events)).collect(),
            updates: examples * (steps * cells) as u64,
            products: std::mem::take(&mut simulation.products),
        }
    }
}

/// Keeps every spike and the potentials of the first `cells` cells of every population while `show` runs; `sizes` are the cells
/// with membranes of each population.
pub(crate) fn recorded<T: Real>(
    sizes: &[Option<usize>],
    cells: usize,
    show: impl FnOnce(&mut dyn FnMut(&Simulation<T>)),
) -> Recording {
    let kept = |(population, size): (usize, &Option<usize>)| {
        let cells: Vec<u32> = (0..(*size)?.min(cells) as u32).collect();
        let rows = vec![Vec::new(); cells.len()];
        Some((population, cells, rows))
    };
    let mut v: Vec<(usize, Vec<u32>, Vec<Vec<f64>>)> = sizes.iter().enumerate().filter_map(kept).collect();
    let (mut spikes, mut times) = (Vec::new(), Vec::new());
    show(&mut |simulation| {
        times.push(simulation.time());
        for population in 0..sizes.len() {
            let fired = simulation.spikes(population).iter();
            spikes.extend(fired.map(|&cell| (simulation.time(), population, cell)));
        }
        for (population, cells, rows) in &mut v {
            for (row, &cell) in rows.iter_mut().zip(&*cells) {
                row.extend(simulation.v(*population, cell as usize));
            }
        }
    });
    Recording { spikes, times, v, scores: Vec::new() }
}

/// A score for each class, from what the output has done so far.
fn scores(decode: &Decode, spikes: &OutputSpikes, potentials: &[f64], tuning: &Tuning) -> Vec<f64> {
    match decode {
        Decode::SpikeCount(decode) => decode.scores(spikes),
        Decode::FirstSpike(decode) => decode.scores(spikes),
        Decode::ClassVote(_) => tuning.scores(spikes),
        Decode::Membrane(_) => potentials.to_vec(),
        Decode::LiquidState(_) => unreachable!("refused when the network was compiled"),
    }
}

/// Everything that learning has changed, exact for both floats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpikingState {
    weights: Vec<Vec<f64>>,
    biases: Vec<Option<Vec<f64>>>,
    shifts: Vec<Vec<f64>>,
    /// Steps and spikes since rows were last normalised, of every projection that is.
    counts: Vec<Option<(u64, Vec<u32>)>>,
    tuning: Tuning,
}

impl<T: Real> SpikingNet<T> {
    /// Compiles the network. The one population that nothing feeds is the input, the one that feeds nothing the output.
    ///
    /// # Errors
    /// [`SpikingError::Invalid`] when there is not exactly one of each, when a read-out needs one output cell per class
    /// and the sizes differ, or when a rule cannot act where it was put.
    pub fn new(
        network: &Network,
        side: &SpikingSide,
        classes: usize,
        present_ms: f64,
        key: Key,
    ) -> Result<Self, SpikingError> {
        let invalid = |path: &str, words: String| SpikingError::Invalid { path: path.to_owned(), words };
        let (&[input], &[output]) = (network.ends().0.as_slice(), network.ends().1.as_slice()) else {
            return Err(invalid(
                "",
                "a task needs one population that nothing feeds and one that feeds nothing".to_owned(),
            ));
        };
        let cells = network.populations[output].size;
        if !matches!(side.decode, Decode::ClassVote(_)) && cells != classes {
            return Err(invalid(
                "decode",
                format!("{} needs one output cell per class: {classes}, not {cells}", side.decode.name()),
            ));
        }
        if matches!(side.decode, Decode::LiquidState(_)) {
            let words = "decode.liquid_state hands numbers to a layer that learns to read them".to_owned();
            return Err(invalid("decode", words));
        }
        let mut simulation = Simulation::new(network, side, &[input], output, key)?;
        let is_read = matches!(side.decode, Decode::Membrane(_));
        if is_read && let Some(cells) = &mut simulation.nodes[output].cells {
            cells.fires = false;
        }
        Ok(Self {
            simulation,
            side: side.clone(),
            network: network.clone(),
            input,
            output,
            steps: Shown::steps(present_ms, side)?,
            classes,
            key: key.child("encode"),
            tuning: Tuning::new(cells, classes),
            train: SpikeTrain::default(),
            examples: 0,
            spikes: OutputSpikes { count: vec![0.0; cells], first: vec![f64::INFINITY; cells] },
            potentials: vec![0.0; if is_read { cells } else { 0 }],
        })
    }

    /// Begins an epoch: steps shrink as the rules say, and the tuning of the output cells is taken anew.
    pub fn begin_epoch(&mut self, epoch: usize) {
        self.tuning = Tuning::new(self.spikes.count.len(), self.classes);
        for link in &mut self.simulation.links {
            let pace = self.side.plasticity_of(&link.name).pace(epoch);
            match &mut link.learning {
                Some(Learning::Pairs(pairs)) => pairs.pace = pace,
                Some(Learning::Third(third)) => third.pace = pace,
                Some(Learning::Rewarded(_)) | None => {}
            }
        }
    }

    /// Shows one training example with its label; synapses learn. `moment` names the draw of the input spikes: different
    /// for every presentation.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] when a membrane is no longer finite.
    pub fn learn(&mut self, values: &[f32], label: u32, moment: u64) -> Result<Response, SpikingError> {
        self.simulation.set_learning(true);
        self.simulation.errors.target.fill(T::ZERO);
        if let Some(target) = self.simulation.errors.target.get_mut(label as usize) {
            *target = T::ONE;
        }
        self.present(values, "train", moment, |_, _| {});
        // Resting while learning settles what the rules still hold back.
        self.simulation.check()?;
        self.simulation.rest();
        self.simulation.set_learning(false);
        self.tuning.add(&self.spikes.count, label);
        Ok(self.response(Some(label)))
    }

    /// Shows one example; nothing learns. `moment` names the draw of the input spikes.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] when a membrane is no longer finite.
    pub fn answer(
        &mut self,
        values: &[f32],
        label: Option<u32>,
        moment: u64,
    ) -> Result<Response, SpikingError> {
        self.present(values, "test", moment, |_, _| {});
        self.simulation.check()?;
        Ok(self.response(label))
    }

    /// The scores that it has for one example after each step, and the synaptic events until then; nothing learns.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] when a membrane is no longer finite.
    pub fn answer_in_time(
        &mut self,
        values: &[f32],
        moment: u64,
    ) -> Result<Vec<(Vec<f64>, u64)>, SpikingError> {
        let events =
            |simulation: &Simulation<T>| simulation.links.iter().map(|link| link.events).sum::<u64>();
        let before = events(&self.simulation);
        let mut course = Vec::with_capacity(self.steps);
        self.present(values, "test", moment, |simulation, scores| {
            course.push((scores(), events(simulation) - before));
        });
        self.simulation.check()?;
        Ok(course)
    }

    /// How often each cell of every population fires for one example, in spikes per step; nothing learns.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] when a membrane is no longer finite.
    pub fn rates(&mut self, values: &[f32], moment: u64) -> Result<Vec<Vec<f64>>, SpikingError> {
        let mut rates: Vec<Vec<f64>> = self.sizes().into_iter().map(|size| vec![0.0; size]).collect();
        let share = 1.0 / self.steps as f64;
        self.present(values, "test", moment, |simulation, _| {
            for (population, rates) in rates.iter_mut().enumerate() {
                simulation.spikes(population).iter().for_each(|&cell| rates[cell as usize] += share);
            }
        });
        self.simulation.check()?;
        Ok(rates)
    }

    /// Shows one example and keeps every spike and the potentials of the first `cells` cells of every population.
    pub fn record(&mut self, values: &[f32], moment: u64, cells: usize) -> Recording {
        let sizes: Vec<Option<usize>> =
            self.simulation.nodes.iter().map(|node| node.cells.as_ref().map(|_| node.size)).collect();
        let recording = recorded(&sizes, cells, |observe| {
            self.present(values, "test", moment, |simulation, _| observe(simulation));
        });
        Recording { scores: self.response(None).scores, ..recording }
    }

    /// `observe` sees the network after every step, and may ask for the scores so far.
    fn present(
        &mut self,
        values: &[f32],
        purpose: &str,
        moment: u64,
        mut observe: impl FnMut(&Simulation<T>, &dyn Fn() -> Vec<f64>),
    ) {
        self.spikes.count.fill(0.0);
        self.spikes.first.fill(f64::INFINITY);
        self.potentials.fill(0.0);
        let shown = Shown { values, input: self.input, steps: self.steps, key: self.key, purpose, moment };
        let (output, spikes, mut step) = (self.output, &mut self.spikes, 0_u32);
        let (decode, tuning) = (&self.side.decode, &self.tuning);
        let (steps, potentials) = (self.steps, &mut self.potentials);
        shown.to(&mut self.simulation, &self.side, &mut self.train, |simulation| {
            for &cell in simulation.spikes(output) {
                spikes.count[cell as usize] += 1.0;
                spikes.first[cell as usize] = spikes.first[cell as usize].min(f64::from(step));
            }
            if let Decode::Membrane(decode) = decode {
                let v = |cell| simulation.v(output, cell).unwrap_or_default();
                decode.see(potentials, steps, v);
            }
            step += 1;
            observe(simulation, &|| scores(decode, spikes, potentials, tuning));
        });
        self.examples += 1;
    }

    fn response(&self, label: Option<u32>) -> Response {
        let scores = scores(&self.side.decode, &self.spikes, &self.potentials, &self.tuning);
        let asked = self.side.teacher.rate.get() * self.steps as f64 * self.side.dt.get() / 1000.0;
        let counts = !matches!(self.side.decode, Decode::ClassVote(_) | Decode::Membrane(_));
        let loss = label.filter(|_| counts).map(|label| {
            let error = |(k, &n): (usize, &f64)| n / asked - f64::from(u8::from(k == label as usize));
            self.spikes.count.iter().enumerate().map(|cell| error(cell).powi(2)).sum::<f64>()
                / scores.len() as f64
        });
        Response { scores, loss }
    }

    /// What the presentations since the last call took; clears the counters.
    pub fn take_activity(&mut self) -> Activity {
        let examples = std::mem::take(&mut self.examples);
        Activity::take(&mut self.simulation, examples, self.steps)
    }

    /// The network with its weights and biases as they are now.
    pub fn network(&self) -> Network {
        let mut network = self.network.clone();
        for (projection, link) in network.projections.values_mut().zip(&self.simulation.links) {
            projection.weights = link.weights.iter().map(|weight| weight.to_f64()).collect();
            projection.bias = link.bias.as_ref().map(|bias| bias.iter().map(|b| b.to_f64()).collect());
        }
        network
    }

    /// Takes the weights and biases of a network of the same shape; what else learning has changed stays.
    ///
    /// # Errors
    /// [`SpikingError::StateMismatch`] when it is of another shape; nothing is changed then.
    pub fn set_network(&mut self, network: &Network) -> Result<(), SpikingError> {
        let numbers = |projection: &duet_topology::Projection| {
            (projection.weights.len(), projection.bias.as_ref().map_or(0, Vec::len))
        };
        for (name, own) in &self.network.projections {
            let (weights, biases) = numbers(own);
            let given = network.projections.get(name).map_or((0, 0), numbers);
            for (found, expected, what) in [(given.0, weights, "weights"), (given.1, biases, "biases")] {
                if found != expected {
                    let what = format!("the {what} of projection `{name}`");
                    return Err(SpikingError::StateMismatch { what, found, expected });
                }
            }
        }
        let numbers = |list: &[f64]| list.iter().map(|&w| T::from_f64(w)).collect::<Vec<T>>();
        for link in &mut self.simulation.links {
            if let Some(given) = network.projections.get(&link.name) {
                link.weights = numbers(&given.weights);
                link.bias = given.bias.as_deref().map(numbers);
            }
        }
        Ok(())
    }

    /// Threshold, reset and resting potential of every population; `None` where spikes come from outside.
    pub fn levels(&self) -> Vec<Option<Levels>> {
        (0..self.simulation.nodes.len()).map(|population| self.simulation.levels(population)).collect()
    }

    /// Number of cells of every population.
    pub fn sizes(&self) -> Vec<usize> {
        self.simulation.nodes.iter().map(|node| node.size).collect()
    }

    /// Time that one example is shown, in ms.
    pub fn present_ms(&self) -> f64 {
        self.steps as f64 * self.side.dt.get()
    }

    /// Everything that learning has changed. Between presentations there is nothing else to keep.
    pub fn save(&self) -> SpikingState {
        let numbers = |values: &[T]| values.iter().map(|value| value.to_f64()).collect::<Vec<_>>();
        SpikingState {
            weights: self.simulation.links.iter().map(|link| numbers(&link.weights)).collect(),
            biases: self.simulation.links.iter().map(|link| link.bias.as_deref().map(numbers)).collect(),
            shifts: self
                .simulation
                .nodes
                .iter()
                .map(|n| n.cells.as_ref().map_or(Vec::new(), |c| numbers(&c.shift)))
                .collect(),
            counts: self
                .simulation
                .links
                .iter()
                .map(|link| link.normalise.as_ref().map(|n| (n.elapsed, n.counts.clone())))
                .collect(),
            tuning: self.tuning.clone(),
        }
    }

    /// Takes over a saved state.
    ///
    /// # Errors
    /// [`SpikingError::StateMismatch`] when it belongs to another network; nothing is changed then.
    pub fn restore(&mut self, state: &SpikingState) -> Result<(), SpikingError> {
        let fits = |what: String, found: usize, expected: usize| {
            if found == expected {
                Ok(())
            } else {
                Err(SpikingError::StateMismatch { what, found, expected })
            }
        };
        fits("the list of projections".to_owned(), state.weights.len(), self.simulation.links.len())?;
        fits("the list of biases".to_owned(), state.biases.len(), self.simulation.links.len())?;
        fits("the list of populations".to_owned(), state.shifts.len(), self.simulation.nodes.len())?;
        for ((link, weights), bias) in self.simulation.links.iter().zip(&state.weights).zip(&state.biases) {
            fits(format!("projection `{}`", link.name), weights.len(), link.weights.len())?;
            let count = |bias: Option<usize>| bias.unwrap_or(0);
            fits(
                format!("the biases of `{}`", link.name),
                count(bias.as_ref().map(Vec::len)),
                count(link.bias.as_ref().map(Vec::len)),
            )?;
        }
        fits("the list of counts".to_owned(), state.counts.len(), self.simulation.links.len())?;
        for (link, counts) in self.simulation.links.iter().zip(&state.counts) {
            fits(
                format!("the counts of `{}`", link.name),
                counts.as_ref().map_or(0, |(_, counts)| counts.len()),
                link.normalise.as_ref().map_or(0, |n| n.counts.len()),
            )?;
        }
        for (node, shift) in self.simulation.nodes.iter().zip(&state.shifts) {
            fits(
                format!("population `{}`", node.name),
                shift.len(),
                node.cells.as_ref().map_or(0, |c| c.shift.len()),
            )?;
        }
        let take =
            |into: &mut [T], from: &[f64]| into.iter_mut().zip(from).for_each(|(a, &b)| *a = T::from_f64(b));
        for ((link, weights), bias) in self.simulation.links.iter_mut().zip(&state.weights).zip(&state.biases)
        {
            take(&mut link.weights, weights);
            if let (Some(own), Some(saved)) = (&mut link.bias, bias) {
                take(own, saved);
            }
        }
        for (node, shift) in self.simulation.nodes.iter_mut().zip(&state.shifts) {
            if let Some(cells) = &mut node.cells {
                take(&mut cells.shift, shift);
            }
        }
        for (link, counts) in self.simulation.links.iter_mut().zip(&state.counts) {
            if let (Some(normalise), Some((elapsed, counts))) = (&mut link.normalise, counts) {
                (normalise.elapsed, normalise.counts) = (*elapsed, counts.clone());
            }
        }
        self.tuning = state.tuning.clone();
        self.simulation.rest();
        Ok(())
    }
}
