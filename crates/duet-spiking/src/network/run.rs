//! The time loop.

use super::shard::{Cells, Part};
use super::{Engine, Learned, Saved, Spike, place::Places, rows::Rows, shard::Shard};
use crate::SpikingError;
use crate::deliver::Stores;
use duet_kernels::{Barrier, Real};
use std::sync::{PoisonError, RwLock};

/// Steps between the beginnings of two trials in the noise that drives them: more than any trial has.
const APART: u64 = 1 << 40;

/// What shards tell each other: two sets of boxes, one per shard, that are filled in turn. One meeting per turn is enough: whoever
/// fills a box again has met everybody who read it.
struct Exchange {
    boxes: [Vec<RwLock<Vec<Spike>>>; 2],
    barrier: Barrier,
}

/// Lets the others go when a thread does not come back.
struct Abandon<'a>(&'a Barrier);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.abandon();
        }
    }
}

impl<T: Real> Engine<T> {
    /// Goes on for so many steps and returns the spikes, by step, then by cell.
    pub fn advance(&mut self, steps: u64) -> Vec<Spike> {
        let boxes = || self.shards.iter().map(|_| RwLock::new(Vec::new())).collect();
        let share = self.shards.len().div_ceil(self.threads).max(1);
        let barrier = Barrier::new(self.shards.len().div_ceil(share));
        let exchange = Exchange { boxes: [boxes(), boxes()], barrier };
        let (places, epoch) = (&self.places, self.shortest);
        let mut spikes = Vec::new();
        std::thread::scope(|scope| {
            // The caller takes the first share; there is at least one shard.
            let (mine, others) = self.shards.split_at_mut(share);
            for theirs in others.chunks_mut(share) {
                let exchange = &exchange;
                scope.spawn(move || work(theirs, places, exchange, (steps, epoch), None));
            }
            work(mine, places, &exchange, (steps, epoch), Some(&mut spikes));
        });
        spikes.sort_unstable();
        self.now += steps;
        self.remember(&spikes);
        spikes
    }

    /// Everything that a run needs to go on, besides what it was built from.
    pub fn save(&self) -> Saved {
        let cells = (0..self.populations.len()).map(|population| {
            let mut state = Vec::new();
            for cell in 0..self.places.size(population) {
                let (shard, local) = self.places.find(population, cell);
                let part = self.shards[shard].parts.iter().find(|part| part.population == population);
                if let Some(Part { cells: Cells::Membranes(membranes), .. }) = part {
                    membranes.group.save(local, &mut state);
                }
            }
            state
        });
        let recent = self.recent.iter().map(|spike| (spike.step, spike.id)).collect();
        let forgotten = self.forgotten.iter().flatten().map(Stores::save).collect();
        let learned = (0..self.plastic.len()).map(|index| self.learned(index)).collect();
        Saved { now: self.now, cells: cells.collect(), recent, forgotten, learned }
    }

    /// Goes on from a saved state of the same network, for any number of threads.
    ///
    /// # Errors
    /// [`SpikingError::StateMismatch`] where the state is another network's; the engine is then not to be used.
    pub fn restore(&mut self, saved: &Saved) -> Result<(), SpikingError> {
        let expected = self.save().cells;
        for (index, name) in self.populations.iter().enumerate() {
            let (found, expected) = (saved.cells.get(index).map_or(0, Vec::len), expected[index].len());
            if found != expected {
                return Err(SpikingError::StateMismatch { what: name.clone(), found, expected });
            }
        }
        (self.now, self.recent) =
            (saved.now, saved.recent.iter().map(|&(step, id)| Spike { step, id }).collect());
        for (population, state) in saved.cells.iter().enumerate() {
            let mut state = state.iter().copied();
            for cell in 0..self.places.size(population) {
                let (shard, local) = self.places.find(population, cell);
                let part = self.shards[shard].parts.iter_mut().find(|part| part.population == population);
                if let Some(Part { cells: Cells::Membranes(membranes), .. }) = part {
                    membranes.group.restore(local, &mut state);
                }
            }
        }
        let expected = self.forgotten.iter().flatten().count();
        let mismatch = |found, expected| {
            let what = "what synapses have in store".to_owned();
            Err(SpikingError::StateMismatch { what, found, expected })
        };
        if saved.forgotten.len() != expected {
            return mismatch(saved.forgotten.len(), expected);
        }
        for (stores, saved) in self.forgotten.iter_mut().flatten().zip(&saved.forgotten) {
            if !stores.restore(saved) {
                return mismatch(saved.len(), stores.save().len());
            }
        }
        self.relearn(&saved.learned)?;
        for shard in &mut self.shards {
            shard.stores.clone_from(&self.forgotten);
            shard.go_to(self.now);
            shard.schedule(&self.recent, &self.places);
        }
        Ok(())
    }

    /// What a projection has learned, by target.
    fn learned(&self, index: usize) -> Learned {
        let mut learned = Learned::default();
        for cell in 0..self.places.size(self.shards[0].plastic[index].to) {
            let (shard, local) = self.places.find(self.shards[0].plastic[index].to, cell);
            self.shards[shard].plastic[index].save(Some(local), &mut learned);
        }
        self.shards[0].plastic[index].save(None, &mut learned);
        learned
    }

    /// Takes over what every projection has learned.
    fn relearn(&mut self, saved: &[Learned]) -> Result<(), SpikingError> {
        for (index, name) in self.plastic.iter().enumerate() {
            let expected = self.learned(index).sizes();
            let found = saved.get(index).map_or([0; 3], Learned::sizes);
            if found != expected {
                let what = format!("what projection `{name}` has learned");
                let (found, expected) = (found.iter().sum(), expected.iter().sum());
                return Err(SpikingError::StateMismatch { what, found, expected });
            }
        }
        for (index, learned) in saved.iter().enumerate().take(self.plastic.len()) {
            let (weights, targets, sources) = learned.parts();
            let (mut weights, mut targets) = (weights.iter().copied(), targets.iter().copied());
            let to = self.shards[0].plastic[index].to;
            for cell in 0..self.places.size(to) {
                let (shard, local) = self.places.find(to, cell);
                self.shards[shard].plastic[index].restore_target(local, &mut weights, &mut targets);
            }
            self.shards.iter_mut().for_each(|shard| shard.plastic[index].restore_sources(sources));
        }
        Ok(())
    }

    /// The projections that learn, by name.
    pub fn plastic(&self) -> &[String] {
        &self.plastic
    }

    /// The weights of a projection that learns (its place in [`Engine::plastic`]), by target, then by source.
    pub fn weights(&self, index: usize) -> Vec<f64> {
        let to = self.shards[0].plastic[index].to;
        let cells = 0..self.places.size(to);
        let onto = |cell: usize| {
            let (shard, local) = self.places.find(to, cell);
            self.shards[shard].plastic[index].onto(local)
        };
        cells.flat_map(onto).collect()
    }

    /// The rate in Hz of a `poisson` stimulus, from now on. A checkpoint does not know of it: who sets rates sets them again.
    ///
    /// # Panics
    /// If it is negative, or means more than [`MOST_PER_STEP`](super::MOST_PER_STEP) spikes in a step.
    pub fn set_rate(&mut self, stimulus: &str, rate: f64) {
        let per_step = rate * self.dt / 1000.0;
        for part in self.shards.iter_mut().flat_map(|shard| &mut shard.parts) {
            if let Cells::Membranes(membranes) = &mut part.cells {
                membranes
                    .backgrounds
                    .iter_mut()
                    .for_each(|background| background.set_mean(stimulus, per_step));
            }
        }
    }

    /// Draws other noise from now on: trials of different numbers see noise that has nothing to do with each other's. The first
    /// is number 0. As with rates, who sets it sets it again after a checkpoint.
    pub fn set_trial(&mut self, trial: u64) {
        self.shards.iter_mut().for_each(|shard| shard.apart = trial * APART);
    }

    /// Keeps the spikes that are still on their way, and what sources had in store before them.
    fn remember(&mut self, spikes: &[Spike]) {
        let (now, longest) = (self.now, self.longest);
        self.recent.extend_from_slice(spikes);
        let is_on_its_way = |spike: &Spike| spike.step + longest > now;
        if self.forgotten.iter().any(Option::is_some) {
            for spike in self.recent.iter().filter(|spike| !is_on_its_way(spike)) {
                let (population, cell) = self.places.who(spike.id);
                for &rows in &self.shards[0].outgoing[population] {
                    if let Some(stores) = &mut self.forgotten[rows as usize] {
                        stores.release(cell, spike.step, self.dt);
                    }
                }
            }
        }
        self.recent.retain(is_on_its_way);
    }

    /// Works on so many threads (at most one per shard), worth it or not. No spike depends on it.
    pub fn set_threads(&mut self, threads: usize) {
        self.threads = threads.max(1);
    }

    /// The time step in ms.
    pub fn dt(&self) -> f64 {
        self.dt
    }

    /// Steps done.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Number of cells.
    pub fn cells(&self) -> usize {
        self.places.cells()
    }

    /// Number of synapses.
    pub fn synapses(&self) -> u64 {
        self.out_degrees.iter().map(|&degree| u64::from(degree)).sum()
    }

    /// Bytes that the synapses take, without where rows begin.
    pub fn synapse_bytes(&self) -> usize {
        let rows = self.shards.iter().flat_map(|shard| &shard.rows);
        let plastic = self.shards.iter().flat_map(|shard| &shard.plastic);
        rows.map(Rows::bytes).sum::<usize>() + plastic.map(super::plastic::Plastic::bytes).sum::<usize>()
    }

    /// Bytes of what the cells carry from step to step.
    pub fn state_bytes(&self) -> usize {
        self.save().cells.iter().map(|state| state.len() * size_of::<T>()).sum()
    }

    /// How many synapses a cell has.
    pub fn out_degree(&self, id: u32) -> u32 {
        self.out_degrees[id as usize]
    }

    /// The population and the cell behind a number.
    pub fn who(&self, id: u32) -> (usize, usize) {
        self.places.who(id)
    }

    /// Names of the populations.
    pub fn populations(&self) -> &[String] {
        &self.populations
    }

    /// A variable of a cell, the potential first; `None` for cells without membrane.
    pub fn value(&self, population: usize, variable: usize, cell: usize) -> Option<f64> {
        let (shard, local) = self.places.find(population, cell);
        let part = self.shards[shard].parts.iter().find(|part| part.population == population)?;
        match &part.cells {
            Cells::Membranes(membranes) => Some(membranes.group.value(variable, local)),
            Cells::Chance { .. } => None,
        }
    }

    /// Refuses to go on with numbers that are none.
    ///
    /// # Errors
    /// [`SpikingError::Diverged`] with time, population and variable.
    pub fn check(&self) -> Result<(), SpikingError> {
        for part in self.shards.iter().flat_map(|shard| &shard.parts) {
            let Cells::Membranes(membranes) = &part.cells else { continue };
            for (index, variable) in membranes.group.variables().iter().enumerate() {
                if (0..part.size).any(|cell| !membranes.group.value(index, cell).is_finite()) {
                    let population = self.populations[part.population].clone();
                    let time_ms = self.now as f64 * self.dt;
                    return Err(SpikingError::Diverged { time_ms, population, what: variable.name });
                }
            }
        }
        Ok(())
    }
}

/// What one thread does: steps until a spike could arrive, then an exchange.
fn work<T: Real>(
    shards: &mut [Shard<T>],
    places: &Places,
    exchange: &Exchange,
    (steps, epoch): (u64, u64),
    mut keep: Option<&mut Vec<Spike>>,
) {
    let _abandon = Abandon(&exchange.barrier);
    let (mut done, mut turn) = (0, 0);
    while done < steps {
        let until = steps.min(done + epoch);
        for shard in &mut *shards {
            (done..until).for_each(|_| shard.step(places));
            let mut mine = exchange.boxes[turn][shard.index].write().unwrap_or_else(PoisonError::into_inner);
            std::mem::swap(&mut *mine, &mut shard.fired);
            shard.fired.clear();
        }
        if !exchange.barrier.wait() {
            return;
        }
        for others in &exchange.boxes[turn] {
            let spikes = others.read().unwrap_or_else(PoisonError::into_inner);
            shards.iter_mut().for_each(|shard| shard.schedule(&spikes, places));
            if let Some(keep) = &mut keep {
                keep.extend_from_slice(&spikes);
            }
        }
        (done, turn) = (until, 1 - turn);
    }
}
