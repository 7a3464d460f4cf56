//! What one thread works on: some cells of every population, and all synapses that end at them.

use super::background::{self, Background};
use super::place::Places;
use super::plastic::Plastic;
use super::rows::{Rows, Sums, Visit};
use crate::deliver::Stores;
use crate::neuron::{Group, Input};
use crate::stimulus::{GivenSpikes, Source};
use duet_kernels::membrane::input::{Arriving, Drawn};
use duet_kernels::{BLOCK, PoissonBlocks, Real, membrane};
use std::ops::Range;

/// A spike: when, in steps, and whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spike {
    /// The step at whose end it is, counted from 1.
    pub step: u64,
    /// The cell, counted over all populations.
    pub id: u32,
}

/// How many visits ahead rows are asked for.
const AHEAD: usize = 12;

/// How many spikes ahead it is asked where rows are, and then what stretches they have.
const HEADS_AHEAD: usize = 4;
const STRETCHES_AHEAD: usize = 2;

/// Some cells of every population, and all synapses that end at them.
pub(crate) struct Shard<T> {
    pub(crate) index: usize,
    pub(crate) now: u64,
    /// How far in the noise this trial lies from the first, in steps.
    pub(crate) apart: u64,
    pub(crate) dt: f64,
    pub(crate) parts: Vec<Part<T>>,
    /// One sum per place: the parts' ways in, one after the other.
    pub(crate) sums: Sums,
    pub(crate) rows: Vec<Rows>,
    /// What the sources of each of the rows have in store; `None` where they always pass on all of the weight. Every shard
    /// follows all sources: they hear the same spikes.
    pub(crate) stores: Vec<Option<Stores>>,
    /// Synapses that learn, projection by projection: the same ones on every shard.
    pub(crate) plastic: Vec<Plastic<T>>,
    /// The rows that a spike of a population is sent along.
    pub(crate) outgoing: Vec<Vec<u32>>,
    /// What is due, by step modulo its length.
    pub(crate) due: Vec<Vec<Visit>>,
    /// The same of rows that are sets: those of a step are counted together.
    pub(crate) sets_due: Vec<Vec<Visit>>,
    /// The same of rows with stores, and the share that is passed on.
    pub(crate) shares_due: Vec<Vec<(Visit, f64)>>,
    /// Spikes since they were last taken.
    pub(crate) fired: Vec<Spike>,
    pub(crate) scratch: Vec<u32>,
}

/// The cells of one population that a shard holds.
pub(crate) struct Part<T> {
    pub(crate) population: usize,
    pub(crate) size: usize,
    pub(crate) cells: Cells<T>,
}

/// What fires.
pub(crate) enum Cells<T> {
    /// Membranes.
    Membranes(Box<Membranes<T>>),
    /// Cells without any input that fire by chance.
    Chance { blocks: PoissonBlocks, first: u32, stride: u32, counts: Vec<u8> },
}

/// Membranes, and what reaches them.
pub(crate) struct Membranes<T> {
    pub(crate) group: Box<dyn Group<T>>,
    /// Where the sums of each way in begin, and what a quantum is there.
    pub(crate) ways: Vec<(usize, T)>,
    pub(crate) arrivals: Vec<Vec<T>>,
    pub(crate) bias: Vec<T>,
    /// Currents from outside, and where the cells stand that each reaches; `current` is empty where there are none.
    pub(crate) currents: Vec<(Source, Range<usize>)>,
    pub(crate) current: Vec<T>,
    pub(crate) backgrounds: Vec<Background>,
    /// What the backgrounds drew, one each.
    pub(crate) drawn: Vec<Drawn<T>>,
    pub(crate) given: Vec<(usize, GivenSpikes)>,
    /// Weights that arrive at all cells alike, per way.
    pub(crate) constant: Vec<T>,
}

impl<T: Real> Shard<T> {
    /// One step, in the order of the crate's documentation: integrate, add what arrives, fire.
    pub(crate) fn step(&mut self, places: &Places) {
        self.now += 1;
        self.deliver();
        for part in &mut self.parts {
            self.scratch.clear();
            match &mut part.cells {
                Cells::Membranes(membranes) => {
                    membranes.step((self.now - 1, self.apart), self.dt, &mut self.sums, &mut self.scratch);
                }
                Cells::Chance { blocks, first, stride, counts } => {
                    blocks.draw(self.now + self.apart, *first, *stride, counts);
                    let fired = counts[..part.size].iter().zip(0..);
                    fired.for_each(|(&n, cell)| {
                        self.scratch.extend(std::iter::repeat_n(cell, usize::from(n)));
                    });
                }
            }
            let id = |&local: &u32| {
                let cell = places.cell(part.population, self.index, local as usize);
                Spike { step: self.now, id: places.id(part.population, cell) }
            };
            self.fired.extend(self.scratch.iter().map(id));
            let into = self.plastic.iter_mut().filter(|plastic| plastic.to == part.population);
            into.for_each(|plastic| plastic.hear(&self.scratch));
        }
        self.plastic.iter_mut().for_each(|plastic| plastic.learn(self.now));
    }

    /// Adds the synapses that are due now.
    fn deliver(&mut self) {
        let slot = (self.now % self.due.len() as u64) as usize;
        let visits = std::mem::take(&mut self.due[slot]);
        for (index, &visit) in visits.iter().enumerate() {
            if let Some(&later) = visits.get(index + AHEAD) {
                self.rows[later.rows as usize].prefetch(later);
            }
            self.rows[visit.rows as usize].add(visit, &mut self.sums);
        }
        self.due[slot] = visits;
        self.due[slot].clear();
        let visits = &self.sets_due[slot];
        if !visits.is_empty() {
            for (index, rows) in (0..).zip(&self.rows).filter(|(_, rows)| rows.span.is_some()) {
                rows.add_sets(visits.iter().copied().filter(|visit| visit.rows == index), &mut self.sums);
            }
        }
        self.sets_due[slot].clear();
        for &(visit, share) in &self.shares_due[slot] {
            self.rows[visit.rows as usize].add_share(visit, share, &mut self.sums);
        }
        self.shares_due[slot].clear();
        self.plastic.iter_mut().for_each(|plastic| plastic.deliver(self.now, &mut self.sums));
    }

    /// Notes when the synapses of spikes are due. What is due already has been delivered.
    pub(crate) fn schedule(&mut self, spikes: &[Spike], places: &Places) {
        let slots = self.due.len();
        for (index, spike) in spikes.iter().enumerate() {
            self.expect(spikes.get(index + HEADS_AHEAD), places, Rows::prefetch_head);
            self.expect(spikes.get(index + STRETCHES_AHEAD), places, Rows::prefetch_stretches);
            let (population, cell) = places.who(spike.id);
            let from = self.plastic.iter_mut().filter(|plastic| plastic.from == population);
            from.for_each(|plastic| plastic.schedule(cell as u32, spike.step, self.now));
            let first = (spike.step % slots as u64) as usize;
            for &rows in &self.outgoing[population] {
                let stores = self.stores[rows as usize].as_mut();
                let share = stores.map(|stores| stores.release(cell, spike.step, self.dt));
                self.rows[rows as usize].each(rows, cell, |delay, visit| {
                    if spike.step + u64::from(delay) > self.now {
                        // No delay goes round more than once.
                        let slot = first + usize::from(delay);
                        let slot = if slot < slots { slot } else { slot - slots };
                        match share {
                            Some(share) => self.shares_due[slot].push((visit, share)),
                            None if visit.is_set => self.sets_due[slot].push(visit),
                            None => self.due[slot].push(visit),
                        }
                    }
                });
            }
        }
    }

    /// Asks for something of all rows that a spike will be sent along.
    #[inline]
    fn expect(&self, spike: Option<&Spike>, places: &Places, prefetch: impl Fn(&Rows, usize)) {
        let Some(spike) = spike else { return };
        let (population, cell) = places.who(spike.id);
        self.outgoing[population].iter().for_each(|&rows| prefetch(&self.rows[rows as usize], cell));
    }

    /// Forgets what is due, and goes on after this step.
    pub(crate) fn go_to(&mut self, now: u64) {
        self.now = now;
        self.due.iter_mut().chain(&mut self.sets_due).for_each(Vec::clear);
        self.shares_due.iter_mut().for_each(Vec::clear);
        self.plastic.iter_mut().for_each(Plastic::clear);
        self.sums.clear();
        for part in &mut self.parts {
            if let Cells::Membranes(membranes) = &mut part.cells {
                for (_, given) in &mut membranes.given {
                    given.rest();
                    if let Some(last) = now.checked_sub(1) {
                        given.arriving(last);
                    }
                }
            }
        }
    }
}

impl<T: Real> Membranes<T> {
    fn step(&mut self, (step, apart): (u64, u64), dt: f64, sums: &mut Sums, fired: &mut Vec<u32>) {
        self.constant.fill(T::ZERO);
        for (background, drawn) in self.backgrounds.iter_mut().zip(&mut self.drawn) {
            background.draw(step, apart, drawn, &mut self.constant);
        }
        for (way, spikes) in &mut self.given {
            self.constant[*way] += T::from_f64(spikes.arriving(step));
        }
        if !self.currents.is_empty() {
            background::currents(&self.currents, step, dt, &mut self.current);
        }
        let arriving = Arriving::Quanta {
            sums: sums.lent(),
            ways: &self.ways,
            drawn: &self.drawn,
            constant: &self.constant,
        };
        let mut input = membrane::input::Input { arriving, bias: &self.bias, current: &self.current };
        if !self.group.advance(&mut input, fired) {
            for (way, arrivals) in self.arrivals.iter_mut().enumerate() {
                input.arriving.take(way, 0, arrivals);
            }
            let input =
                Input { arrivals: &self.arrivals, bias: &self.bias, current: &self.current, shift: &[] };
            self.group.integrate(&input);
            self.group.crossed(&[], fired);
        }
        for &cell in &*fired {
            self.group.fire(cell as usize);
        }
    }
}

/// Places that a way into so many cells takes.
pub(crate) fn padded(cells: usize) -> usize {
    cells.next_multiple_of(BLOCK)
}
