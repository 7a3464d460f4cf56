//! The time loop.

use crate::SpikingError;
use crate::coupling::Coupling;
use crate::deliver::{Bucket, Link, Stores};
use crate::neuron::{Group, Input, Levels, Receptor, Variable};
use crate::plasticity::ThreeFactor;
use crate::plasticity::engine::Learning;
use crate::stimulus::Injection;
use duet_kernels::Real;
use duet_kernels::math::exp;
use duet_random::Key;

/// A network of spiking cells in time. Built by [`Simulation::new`] (see `compile.rs`), advanced by [`Simulation::step`].
pub struct Simulation<T> {
    pub(crate) dt: f64,
    pub(crate) now: u64,
    pub(crate) nodes: Vec<Node<T>>,
    pub(crate) links: Vec<Link<T>>,
    /// The links that are gap junctions.
    pub(crate) gaps: Vec<usize>,
    /// One unit of weight in internal units.
    pub(crate) unit: f64,
    pub(crate) errors: Errors<T>,
    pub(crate) learning: bool,
    /// Multiply-adds of held numbers so far.
    pub(crate) products: u64,
}

/// One population in time.
pub(crate) struct Node<T> {
    pub(crate) name: String,
    pub(crate) size: usize,
    /// `None` for a population whose spikes come from outside.
    pub(crate) cells: Option<Cells<T>>,
    /// The spikes of the last steps, a ring as long as the longest delay and one more.
    pub(crate) history: Vec<Vec<u32>>,
    /// Spikes so far.
    pub(crate) fired: u64,
}

/// The membranes of a population, with what was composed onto them.
pub(crate) struct Cells<T> {
    pub(crate) group: Box<dyn Group<T>>,
    /// Summed weights arriving in this step, per receptor and cell.
    pub(crate) arrivals: Vec<Vec<T>>,
    /// Summed biases of all incoming projections.
    pub(crate) bias: Vec<T>,
    /// Current injected into every cell during this step, in the model's unit; empty where there is none.
    pub(crate) current: Vec<T>,
    /// The ways in, in the order of `arrivals`.
    pub(crate) receptors: Vec<Receptor>,
    /// What gap junctions carry; only where there are such.
    pub(crate) coupling: Option<Coupling<T>>,
    /// How far each threshold is raised, in mV; empty where thresholds do not move.
    pub(crate) shift: Vec<T>,
    /// Rise per spike and fall per step of `shift`.
    pub(crate) adaptation: (T, T),
    pub(crate) winner_take_all: bool,
    /// Whether they fire at all: those whose potentials are the answer do not.
    pub(crate) fires: bool,
    /// Distance from threshold, kept where a rule needs it; else empty.
    pub(crate) distance: Vec<T>,
    /// Variables that do not begin at rest: their place in the model, and the first value of every cell.
    pub(crate) initial: Vec<(usize, Vec<f64>)>,
    /// What reaches the cells from outside; `None` where nothing does.
    pub(crate) injection: Option<Injection<T>>,
}

/// The output population's error: what a label asks for, less what the cells do.
pub(crate) struct Errors<T> {
    pub(crate) population: usize,
    /// 1 for the labelled class, 0 for the others.
    pub(crate) target: Vec<T>,
    /// Each cell's own spikes, low-passed, in units of the target rate.
    pub(crate) average: Vec<T>,
    pub(crate) decay: T,
    pub(crate) per_spike: T,
    pub(crate) error: Vec<T>,
}

impl<T: Real> Simulation<T> {
    /// Advances by one step. `injected` names the cells that fire in populations driven from outside.
    pub fn step(&mut self, injected: &[(usize, &[u32])]) {
        self.now += 1;
        self.deliver();
        self.couple();
        for (index, node) in self.nodes.iter_mut().enumerate() {
            let slot = self.now as usize % node.history.len();
            let mut spikes = std::mem::take(&mut node.history[slot]);
            spikes.clear();
            match &mut node.cells {
                Some(cells) => cells.advance(self.now - 1, &mut spikes, self.learning),
                None => injected
                    .iter()
                    .filter(|(i, _)| *i == index)
                    .for_each(|(_, cells)| spikes.extend_from_slice(cells)),
            }
            node.fired += spikes.len() as u64;
            node.history[slot] = spikes;
        }
        if self.learning {
            self.learn();
        }
    }

    /// Adds the spikes that arrive now. Spikes wait in their sender's history, so nothing is copied and a weight is read
    /// at the moment of arrival.
    fn deliver(&mut self) {
        for link in &mut self.links {
            let Some(receptor) = link.receptor else { continue };
            let target = self.nodes[link.to].cells.as_mut().expect("a receptor belongs to cells");
            let mut arrivals = std::mem::take(&mut target.arrivals[receptor]);
            let node = &self.nodes[link.from];
            for bucket in 0..link.delays.len() {
                for &pre in node.spikes_before(self.now, link.delays[bucket].delay) {
                    match &mut link.learning {
                        Some(Learning::Third(third)) if self.learning => {
                            third.catch_up(&mut link.weights, &link.wiring, pre as usize);
                            third.arrive(pre as usize);
                        }
                        Some(Learning::Rewarded(rewarded)) if self.learning => {
                            let row = link.wiring.row(pre as usize, link.n_post);
                            rewarded.catch_up(&mut link.weights, row, self.now);
                        }
                        _ => {}
                    }
                    link.add_row(bucket, pre as usize, self.now, self.dt, &mut arrivals);
                }
            }
            self.nodes[link.to].cells.as_mut().expect("as above").arrivals[receptor] = arrivals;
        }
    }

    /// Step 4 of the order: rules see what happened at this instant.
    fn learn(&mut self) {
        self.errors.update(
            self.nodes.get(self.errors.population).map_or(&[], |node| node.spikes_before(self.now, 0)),
        );
        for link in &mut self.links {
            match &mut link.learning {
                None => {}
                Some(Learning::Pairs(pairs)) => {
                    let (pre, post) =
                        seen(&self.nodes, (link.from, link.to), &link.delays, pairs.dendritic, self.now);
                    pairs.step(&mut link.weights, &link.wiring, pre, post, self.now);
                }
                Some(Learning::Rewarded(rewarded)) => {
                    let (pre, post) =
                        seen(&self.nodes, (link.from, link.to), &link.delays, rewarded.dendritic, self.now);
                    rewarded.step(&mut link.weights, &link.wiring, pre, post, self.now);
                }
                Some(Learning::Third(third)) => {
                    match &third.feedback {
                        None => third.signal.copy_from_slice(&self.errors.error),
                        Some(feedback) => {
                            let cells = self.nodes[link.to].cells.as_ref().expect("rules act on cells");
                            self.errors.mix(feedback, &mut third.signal);
                            for (signal, &distance) in third.signal.iter_mut().zip(&cells.distance) {
                                *signal *= ThreeFactor::pseudo_derivative(distance);
                            }
                        }
                    }
                    third.close_step(&mut link.weights, &link.wiring);
                }
            }
            if let Some(normalise) = &mut link.normalise
                && normalise.step(self.nodes[link.to].spikes_before(self.now, 0))
            {
                if let Some(learning) = &mut link.learning {
                    learning.catch_up(&mut link.weights, &link.wiring, self.now);
                }
                normalise.act(&mut link.weights);
            }
        }
    }

    /// A reward at this instant, heard by every synapse whose rule waits for one.
    pub fn reward(&mut self, amount: f64) {
        for link in &mut self.links {
            if let Some(Learning::Rewarded(rewarded)) = &mut link.learning {
                rewarded.reward(&mut link.weights, amount, self.now);
            }
        }
    }

    /// Brings every weight up to date: some rules hold changes back until a weight is needed.
    pub fn settle(&mut self) {
        for link in &mut self.links {
            if let Some(learning) = &mut link.learning {
                learning.catch_up(&mut link.weights, &link.wiring, self.now);
            }
        }
    }

    /// Puts everything to rest, as before the first step; weights, biases and thresholds stay as they have become.
    pub fn rest(&mut self) {
        if self.learning {
            for link in &mut self.links {
                match &mut link.learning {
                    Some(Learning::Third(third)) => {
                        third.settle(&mut link.weights, &link.wiring, link.bias.as_mut());
                    }
                    Some(Learning::Rewarded(rewarded)) => rewarded.settle(&mut link.weights, self.now),
                    Some(Learning::Pairs(pairs)) => pairs.clear(),
                    None => {}
                }
            }
        }
        self.now = 0;
        self.errors.average.fill(T::ZERO);
        for node in &mut self.nodes {
            node.history.iter_mut().for_each(Vec::clear);
            if let Some(cells) = &mut node.cells {
                cells.group.rest();
                for (variable, values) in &cells.initial {
                    values
                        .iter()
                        .enumerate()
                        .for_each(|(cell, &value)| cells.group.set(*variable, cell, value));
                }
                cells.current.clear();
                cells.arrivals.iter_mut().for_each(|arrivals| arrivals.fill(T::ZERO));
                if let Some(injection) = &mut cells.injection {
                    injection.rest();
                }
            }
        }
        for link in &mut self.links {
            link.delays.iter_mut().filter_map(|bucket| bucket.stores.as_mut()).for_each(Stores::rest);
        }
        self.set_biases();
    }

    /// Sums up the biases into every population.
    fn set_biases(&mut self) {
        self.nodes
            .iter_mut()
            .filter_map(|node| node.cells.as_mut())
            .for_each(|cells| cells.bias.fill(T::ZERO));
        for link in &self.links {
            if let (Some(bias), Some(cells)) = (&link.bias, &mut self.nodes[link.to].cells) {
                // One for each cell, or one for each kernel, whose cells stand side by side.
                let places = cells.bias.len() / bias.len().max(1);
                for (sums, &bias) in cells.bias.chunks_mut(places.max(1)).zip(bias) {
                    sums.iter_mut().for_each(|sum| *sum += bias);
                }
            }
        }
    }

    /// From now on, until rest or other numbers, a source's targets receive the weighted sum of these numbers as a constant current.
    pub(crate) fn hold(&mut self, source: usize, values: &[f32]) {
        self.set_biases();
        for link in self.links.iter().filter(|link| link.from == source) {
            let Some(cells) = &mut self.nodes[link.to].cells else { continue };
            for (pre, &value) in values.iter().enumerate() {
                if value != 0.0 {
                    let value = T::from_f64(f64::from(value));
                    link.visit(pre, |target, weight| cells.bias[target] += value * weight);
                }
            }
            self.products += link.wiring.synapses(values.len(), link.n_post);
        }
    }

    /// Names the draws to come of cells that fire by chance. Resting alone does not begin them anew.
    pub fn draw_from(&mut self, key: Key) {
        for node in &mut self.nodes {
            if let Some(cells) = &mut node.cells {
                cells.group.draw_from(key.child(&node.name));
            }
        }
    }

    /// Time since the last [`Simulation::rest`], in ms.
    pub fn time(&self) -> f64 {
        self.now as f64 * self.dt
    }

    /// The cells of a population that fired in the last step.
    pub fn spikes(&self, population: usize) -> &[u32] {
        self.nodes[population].spikes_before(self.now, 0)
    }

    /// The membrane potential of a cell in mV; `None` where spikes come from outside.
    pub fn v(&self, population: usize, cell: usize) -> Option<f64> {
        self.nodes[population].cells.as_ref().map(|cells| cells.group.v(cell))
    }

    /// The variables of a population's model, the potential first; empty where spikes come from outside.
    pub fn variables(&self, population: usize) -> &'static [Variable] {
        self.nodes[population].cells.as_ref().map_or(&[], |cells| cells.group.variables())
    }

    /// A variable of a cell; `None` where spikes come from outside.
    pub fn value(&self, population: usize, variable: usize, cell: usize) -> Option<f64> {
        self.nodes[population].cells.as_ref().map(|cells| cells.group.value(variable, cell))
    }

    /// Sets a variable of a cell: initial conditions. Nothing happens where spikes come from outside.
    pub fn set(&mut self, population: usize, variable: usize, cell: usize, value: f64) {
        if let Some(cells) = &mut self.nodes[population].cells {
            cells.group.set(variable, cell, value);
        }
    }

    /// The synaptic current into a cell if its membrane stood at `v` mV, in the unit of its model: what a voltage clamp measures. Delta
    /// synapses and gap junctions have no part in it.
    pub fn synaptic_current(&self, population: usize, cell: usize, v: f64) -> f64 {
        let Some(cells) = &self.nodes[population].cells else { return 0.0 };
        let of = |(i, receptor): (usize, &Receptor)| receptor.current(cells.group.synaptic(i, cell), v);
        cells.receptors.iter().enumerate().map(of).sum()
    }

    /// When a cell that fired in the last step crossed its threshold, in ms since rest: inside the step where the method
    /// locates spikes, else at its end.
    pub fn spike_time(&self, population: usize, cell: u32) -> f64 {
        let cells = self.nodes[population].cells.as_ref();
        self.time() - cells.map_or(0.0, |cells| cells.group.before_end(cell as usize))
    }

    /// Current injected into a cell during the steps to come, in the unit of its model, until set anew.
    pub fn inject(&mut self, population: usize, cell: usize, current: f64) {
        let node = &mut self.nodes[population];
        if let Some(cells) = &mut node.cells {
            cells.current.resize(node.size, T::ZERO);
            cells.current[cell] = T::from_f64(current);
        }
    }

    /// The current that flowed into a cell from outside during the last step, in the unit of its model; `None` where no
    /// stimulus acts and none was injected.
    pub fn injected(&self, population: usize, cell: usize) -> Option<f64> {
        let cells = self.nodes[population].cells.as_ref()?;
        let set = || cells.current.get(cell).map(|current| current.to_f64());
        cells.injection.as_ref().map(|injection| injection.current(cell)).or_else(set)
    }

    /// Refuses to go on with numbers that are none.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] with time, population and variable.
    pub fn check(&self) -> Result<(), SpikingError> {
        for node in &self.nodes {
            let Some(cells) = &node.cells else { continue };
            for (index, variable) in cells.group.variables().iter().enumerate() {
                if (0..node.size).any(|cell| !cells.group.value(index, cell).is_finite()) {
                    let (time_ms, population) = (self.time(), node.name.clone());
                    return Err(SpikingError::Diverged { time_ms, population, what: variable.name });
                }
            }
        }
        Ok(())
    }

    /// Threshold, reset and resting potential of a population.
    pub fn levels(&self, population: usize) -> Option<Levels> {
        self.nodes[population].cells.as_ref().map(|cells| cells.group.levels())
    }

    /// The dimensionless weights of a projection, in its wiring's order.
    pub fn weights(&self, projection: usize) -> impl Iterator<Item = f64> + '_ {
        self.links[projection].weights.iter().map(|weight| weight.to_f64())
    }

    /// Whether plasticity acts. Call it at rest, between presentations.
    pub fn set_learning(&mut self, learning: bool) {
        self.learning = learning;
    }
}

/// The spikes that the synapses of a projection see at this step, at their sources and at their targets.
fn seen<'n, T>(
    nodes: &'n [Node<T>],
    (from, to): (usize, usize),
    delays: &[Bucket],
    dendritic: bool,
    now: u64,
) -> (&'n [u32], &'n [u32]) {
    let delay = delays[0].delay;
    let (pre, post) = if dendritic { (0, delay) } else { (delay, 0) };
    (nodes[from].spikes_before(now, pre), nodes[to].spikes_before(now, post))
}

impl<T> Node<T> {
    /// The spikes of `delay` steps ago; none before the first step.
    pub(crate) fn spikes_before(&self, now: u64, delay: usize) -> &[u32] {
        match (now as usize).checked_sub(delay) {
            Some(step) if step > 0 => &self.history[step % self.history.len()],
            _ => &[],
        }
    }
}

impl<T: Real> Cells<T> {
    /// Steps 1 to 3 of the order: integrate, add arrivals, test the threshold. Steps count from 0.
    fn advance(&mut self, step: u64, spikes: &mut Vec<u32>, learning: bool) {
        let (rise, keep) = self.adaptation;
        let moves = learning && !self.shift.is_empty();
        if moves {
            self.shift.iter_mut().for_each(|shift| *shift *= keep);
        }
        let base = self.coupling.as_ref().map_or(&self.current, |coupling| &coupling.current);
        let current = match &mut self.injection {
            Some(injection) => injection.step(step, base, &mut self.arrivals),
            None => base,
        };
        let (arrivals, bias, shift) = (&self.arrivals, &self.bias, &self.shift);
        self.group.integrate(&Input { arrivals, bias, current, shift });
        self.arrivals.iter_mut().for_each(|arrivals| arrivals.fill(T::ZERO));
        if learning && !self.distance.is_empty() {
            self.group.distance(&self.shift, &mut self.distance);
        }
        if !self.fires {
            return;
        }
        self.group.crossed(&self.shift, spikes);
        if self.winner_take_all && !spikes.is_empty() {
            self.keep_the_winner(spikes);
        }
        for &cell in &*spikes {
            self.group.fire(cell as usize);
        }
        if moves {
            spikes.iter().for_each(|&cell| self.shift[cell as usize] += rise);
        }
    }

    /// Of the cells above threshold the furthest above fires (the lowest index of equals); all others are silenced.
    fn keep_the_winner(&mut self, spikes: &mut Vec<u32>) {
        let above = |cell: u32| {
            self.group.v(cell as usize) - self.shift.get(cell as usize).map_or(0.0, |shift| shift.to_f64())
        };
        let winner =
            spikes.iter().copied().reduce(|best, cell| if above(cell) > above(best) { cell } else { best });
        (0..self.group.size()).for_each(|cell| self.group.silence(cell));
        spikes.clear();
        spikes.extend(winner);
    }
}

impl<T: Real> Errors<T> {
    pub(crate) fn new(population: usize, size: usize, dt: f64, teacher: &crate::Teacher) -> Self {
        let decay = exp(-dt / teacher.tau.get());
        // A steady train at the target rate averages to 1.
        let per_spike = (1.0 - decay) * 1000.0 / (teacher.rate.get() * dt);
        Self {
            population,
            target: vec![T::ZERO; size],
            average: vec![T::ZERO; size],
            decay: T::from_f64(decay),
            per_spike: T::from_f64(per_spike),
            error: vec![T::ZERO; size],
        }
    }

    fn update(&mut self, spikes: &[u32]) {
        self.average.iter_mut().for_each(|average| *average *= self.decay);
        spikes.iter().for_each(|&cell| self.average[cell as usize] += self.per_spike);
        for ((error, &target), &average) in self.error.iter_mut().zip(&self.target).zip(&self.average) {
            *error = target - average;
        }
    }

    /// Every cell's own fixed mix of the errors; `feedback` has one row of cells per error.
    fn mix(&self, feedback: &[T], out: &mut [T]) {
        out.fill(T::ZERO);
        for (row, &error) in feedback.chunks_exact(out.len()).zip(&self.error) {
            for (sum, &share) in out.iter_mut().zip(row) {
                *sum += share * error;
            }
        }
    }
}
