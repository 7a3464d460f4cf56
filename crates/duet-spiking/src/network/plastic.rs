//! Synapses that learn, in a network at scale: the part of a projection that ends on one shard.
//!
//! Weights are kept in full and rounded to quanta when they are passed on. A shard has all synapses of its cells, hears all
//! spikes, and changes a weight by what its two ends did: so weights do not depend on the number of shards. A target finds its
//! synapses by a list of its own, so no spike is searched for.

use super::place::Places;
use super::quanta::Quantum;
use super::rows::Sums;
use super::synapses::steps;
use crate::Plasticity;
use crate::plasticity::engine::Pairs;
use duet_kernels::Real;
use duet_topology::{Outline, Row, Wiring};
use serde::{Deserialize, Serialize};

/// Synapses of one projection that learn.
pub(crate) struct Plastic<T> {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Where the sums of the targets' way in begin.
    start: usize,
    quantum: Quantum,
    pub(crate) delay: u64,
    /// From all sources to the shard's own cells.
    wiring: Wiring,
    weights: Vec<T>,
    pairs: Pairs<T>,
    /// Sources whose spikes arrive, by step modulo its length.
    due: Vec<Vec<u32>>,
    /// Of this step: whose spikes have arrived, and which targets fired.
    arrived: Vec<u32>,
    fired: Vec<u32>,
}

/// What a projection has learned: weights and traces by target, traces by source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Learned {
    weights: Vec<f64>,
    targets: Vec<f64>,
    sources: Vec<f64>,
}

impl<T: Real> Plastic<T> {
    /// Draws the part of a projection on a shard; `None` where the rule is not one on pairs of spikes.
    pub(crate) fn new(
        outline: &Outline,
        rule: &Plasticity,
        (places, shard): (&Places, usize),
        (start, quantum): (usize, Quantum),
        dt: f64,
    ) -> Option<Self> {
        let (n_pre, n_local) = (outline.ends.n_pre, places.count(outline.to, shard));
        let mut synapses: Vec<(u32, u32, f64)> = Vec::new();
        let mut row = Row::default();
        let constant = outline.constant_weight();
        let weight = |row: &Row, k: usize| constant.unwrap_or_else(|| row.weights[k]);
        if let Some(degrees) = outline.out_degrees() {
            for (source, &degree) in (0_u32..).zip(&degrees) {
                outline.row_of_source(source, degree, &mut row);
                for (k, &target) in row.partners.iter().enumerate() {
                    let (home, local) = places.find(outline.to, target as usize);
                    if home == shard {
                        synapses.push((source, local as u32, weight(&row, k)));
                    }
                }
            }
        } else {
            let sources = outline.sources();
            for local in 0..n_local {
                let target = places.cell(outline.to, shard, local);
                outline.row_of_target(target as u32, sources.as_ref().map(|all| &*all[target]), &mut row);
                let of = |(k, &source): (usize, &u32)| (source, local as u32, weight(&row, k));
                synapses.extend(row.partners.iter().enumerate().map(of));
            }
        }
        // By source, then by target; several synapses of a pair as they were drawn.
        synapses.sort_by_key(|&(source, local, _)| (source, local));
        let mut offsets = vec![0; n_pre + 1];
        synapses.iter().for_each(|synapse| offsets[synapse.0 as usize + 1] += 1);
        (0..n_pre).for_each(|source| offsets[source + 1] += offsets[source]);
        let targets = synapses.iter().map(|synapse| synapse.1).collect();
        let wiring = Wiring::Sparse { offsets, targets };
        let delay = match (&outline.delay, outline.constant_delay()) {
            (Some(_), Some(delay)) => steps(delay, dt),
            _ => 1,
        };
        Some(Self {
            from: outline.from,
            to: outline.to,
            start,
            quantum,
            delay: u64::from(delay),
            weights: synapses.iter().map(|synapse| T::from_f64(synapse.2)).collect(),
            pairs: rule.pairs(&wiring, (n_pre, n_local), dt, false)?,
            wiring,
            due: Vec::new(),
            arrived: Vec::new(),
            fired: Vec::new(),
        })
    }

    /// Room for spikes under way.
    pub(crate) fn set_slots(&mut self, slots: usize) {
        self.due = vec![Vec::new(); slots];
    }

    /// Adds the synapses of every source to its out-degree.
    pub(crate) fn count(&self, out_degrees: &mut [u32]) {
        let degree = |source: usize| self.wiring.row(source, 0).len() as u32;
        out_degrees.iter_mut().enumerate().for_each(|(source, sum)| *sum += degree(source));
    }

    /// Bytes that the synapses take.
    pub(crate) fn bytes(&self) -> usize {
        self.weights.len() * (size_of::<T>() + 4 + 8)
    }

    /// Notes that a source fired at a step, unless that has arrived already.
    pub(crate) fn schedule(&mut self, source: u32, step: u64, now: u64) {
        let (due, slots) = (step + self.delay, self.due.len() as u64);
        if due > now {
            self.due[(due % slots) as usize].push(source);
        }
    }

    /// Adds what arrives now, with the weights as they are.
    pub(crate) fn deliver(&mut self, now: u64, sums: &mut Sums) {
        let slot = (now % self.due.len() as u64) as usize;
        self.arrived.clear();
        std::mem::swap(&mut self.arrived, &mut self.due[slot]);
        // Boxes are read shard by shard: any order gives the same sums, one gives the same traces.
        self.arrived.sort_unstable();
        let Wiring::Sparse { offsets, targets } = &self.wiring else { return };
        for &source in &self.arrived {
            let row = offsets[source as usize]..offsets[source as usize + 1];
            for (&target, weight) in targets[row.clone()].iter().zip(&self.weights[row]) {
                sums.add(self.start + target as usize, self.quantum.of(weight.to_f64()));
            }
        }
    }

    /// Notes which of the targets fired in this step.
    pub(crate) fn hear(&mut self, fired: &[u32]) {
        self.fired.extend_from_slice(fired);
    }

    /// Lets weights follow what arrived and who fired.
    pub(crate) fn learn(&mut self, now: u64) {
        self.pairs.step(&mut self.weights, &self.wiring, &self.arrived, &self.fired, now);
        self.fired.clear();
    }

    /// Forgets what is under way.
    pub(crate) fn clear(&mut self) {
        self.due.iter_mut().for_each(Vec::clear);
        self.arrived.clear();
        self.fired.clear();
    }

    /// The weights onto a target, by source.
    pub(crate) fn onto(&self, local: usize) -> impl Iterator<Item = f64> + '_ {
        self.pairs.incoming(local).iter().map(|&(_, position)| self.weights[position as usize].to_f64())
    }

    /// Adds what a target's synapses have learned; the first shard adds what is known of the sources.
    pub(crate) fn save(&self, local: Option<usize>, learned: &mut Learned) {
        match local {
            Some(local) => {
                learned.weights.extend(self.onto(local));
                self.pairs.save_target(local, &mut learned.targets);
            }
            None => self.pairs.save_sources(&mut learned.sources),
        }
    }

    /// Takes what [`Plastic::save`] gave, in the same order.
    pub(crate) fn restore_target(
        &mut self,
        local: usize,
        weights: &mut dyn Iterator<Item = f64>,
        traces: &mut dyn Iterator<Item = f64>,
    ) {
        for &(_, position) in self.pairs.incoming(local) {
            self.weights[position as usize] = T::from_f64(weights.next().unwrap_or(0.0));
        }
        self.pairs.restore_target(local, traces);
    }

    /// The same for what is known of the sources: every shard follows all of them.
    pub(crate) fn restore_sources(&mut self, traces: &[f64]) {
        self.pairs.restore_sources(&mut traces.iter().copied());
    }
}

impl Learned {
    /// Numbers of weights and traces: what a state of the same network has.
    pub(crate) fn sizes(&self) -> [usize; 3] {
        [self.weights.len(), self.targets.len(), self.sources.len()]
    }

    pub(crate) fn parts(&self) -> (&[f64], &[f64], &[f64]) {
        (&self.weights, &self.targets, &self.sources)
    }
}
