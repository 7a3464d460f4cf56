//! From a sketch and a side's table to shards.

use super::Engine;
use super::background::{Background, MOST_PER_STEP};
use super::place::Places;
use super::plastic::Plastic;
use super::quanta::{Known, Quantum, Weight};
use super::rows::{PLACES, Rows, Sums};
use super::shard::{Cells, Membranes, Part, Shard, padded};
use super::synapses::{Bundle, pack};
use crate::compile::{beginning, ways_into};
use crate::neuron::{Build, Neuron, Receptor};
use crate::stimulus::{GivenSpikes, Poisson, Source};
use crate::{DelaySite, Integrator, SpikingError, SpikingSide};
use duet_kernels::{PoissonBlocks, Real};
use duet_random::Key;
use duet_topology::{Outline, Pattern, Sketch};

impl<T: Real> Engine<T> {
    /// Draws the network and puts its cells to rest, or where the side says that they begin. `key` draws what the side itself
    /// draws. Work is split over the threads of the pool that it is called in; the network is the same for any number.
    ///
    /// # Errors
    /// [`SpikingError::Invalid`] for what this engine cannot do; [`refusals`] lists everything at once.
    pub fn new(sketch: &Sketch, side: &SpikingSide, key: Key, threads: usize) -> Result<Self, SpikingError> {
        if let Some((path, words)) = refusals(sketch, side).into_iter().next() {
            return Err(SpikingError::Invalid { path, words });
        }
        let layout = Layout::new(sketch, side, threads.max(1));
        let mut shards: Vec<Shard<T>> =
            (0..layout.places.shards).map(|shard| layout.shard(sketch, side, key, shard)).collect();
        let cells = layout.places.cells();
        let mut out_degrees = vec![0_u32; cells];
        for (population, drawn) in sketch.populations.values().enumerate() {
            let outlines = sketch.projections.iter().filter(|outline| outline.from == population);
            let outlines = outlines.filter(|outline| !side.is_plastic(&outline.name));
            let bundles: Vec<Bundle<'_>> = outlines.map(|outline| layout.bundle(outline, side)).collect();
            if !bundles.is_empty() {
                let degrees = &mut out_degrees[layout.places.id(population, 0) as usize..][..drawn.size];
                pack(population, &bundles, drawn.size, &mut shards, degrees);
            }
        }
        let learning = || sketch.projections.iter().filter(|outline| side.is_plastic(&outline.name));
        for shard in &mut shards {
            let of = |outline: &Outline| layout.plastic(outline, side, shard.index);
            shard.plastic = learning().filter_map(of).collect();
            for plastic in &shard.plastic {
                let first = layout.places.id(plastic.from, 0) as usize;
                plastic.count(&mut out_degrees[first..][..layout.places.size(plastic.from)]);
            }
        }
        let delays = shards.iter().flat_map(|shard| &shard.rows).flat_map(Rows::delays);
        let delays = delays.chain(shards.iter().flat_map(|shard| &shard.plastic).map(|p| p.delay as u16));
        let (shortest, longest) =
            delays.fold((u16::MAX, 1), |(low, high), delay| (low.min(delay), high.max(delay)));
        let shortest = if shortest == u16::MAX { 1 } else { shortest };
        for shard in &mut shards {
            shard.due = vec![Vec::new(); usize::from(longest) + usize::from(shortest) + 1];
            shard.sets_due = shard.due.clone();
            shard.shares_due = vec![Vec::new(); shard.due.len()];
            let slots = shard.due.len();
            shard.plastic.iter_mut().for_each(|plastic| plastic.set_slots(slots));
        }
        let forgotten = shards.first().map_or_else(Vec::new, |shard| shard.stores.clone());
        Ok(Self {
            dt: side.dt.get(),
            places: layout.places,
            populations: sketch.populations.keys().cloned().collect(),
            shards,
            threads: threads.max(1).min(worth(cells, shortest)),
            shortest: u64::from(shortest),
            longest: u64::from(longest),
            plastic: learning().map(|outline| outline.name.clone()).collect(),
            out_degrees,
            now: 0,
            recent: Vec::new(),
            forgotten,
        })
    }
}

/// What of a side this engine cannot do, each with its path: it runs networks whose synapses do not change.
pub fn refusals(sketch: &Sketch, side: &SpikingSide) -> Vec<(String, String)> {
    let mut refusals = Vec::new();
    let mut refuse = |path: String, words: &str| refusals.push((path, words.to_owned()));
    for outline in &sketch.projections {
        let path = |key: &str| format!("projection.{}.{key}", outline.name);
        let own = side.own(&outline.name);
        if side.is_plastic(&outline.name) {
            if side.plasticity_of(&outline.name).most().is_none() {
                let words = "in a large network synapses learn by rules on pairs of spikes that bound the weights: stdp, triplet_stdp, vogels; protocol.drive has the others";
                refuse(path("plasticity"), words);
            }
            if outline.delay.is_some() && outline.constant_delay().is_none() {
                refuse(path("delay"), "synapses that learn share one delay: delay.constant");
            }
            if own.is_some_and(|own| own.delay_site == DelaySite::Dendrite) {
                refuse(
                    path("delay_site"),
                    "in a large network delays of synapses that learn lie in the axon",
                );
            }
            if own.is_some_and(|own| own.release.is_some()) {
                refuse(path("release"), "in a large network synapses either learn or run out, not both");
            }
        }
        if own.is_some_and(|own| own.normalise.is_some()) {
            refuse(path("normalise"), "in a large network weights stay as they were drawn");
        }
        if own.is_some_and(|own| own.initial.is_some()) {
            refuse(path("initial"), "a large network takes its weights from the projection");
        }
        if side.synapse_of(&outline.name).receptor() == Receptor::Gap {
            refuse(path("synapse"), "gap junctions couple cells at every step: protocol.drive has them");
        }
        let to = &sketch.populations[outline.to].name;
        if matches!(side.neuron_of(to), Neuron::Poisson(_)) {
            refuse(path("to"), "Poisson cells of a large network take no input");
        }
    }
    for name in sketch.populations.keys() {
        let path = |key: &str| format!("population.{name}.{key}");
        let own = side.population.get(name);
        if own.is_some_and(|own| own.threshold.is_some()) {
            refuse(path("threshold"), "thresholds of a large network do not move");
        }
        if own.is_some_and(|own| own.inhibition.is_some()) {
            refuse(path("inhibition"), "cells of a large network inhibit each other by synapses alone");
        }
        if side.integrator_of(name).is_some_and(Integrator::is_precise) {
            refuse(path("integrator"), "spikes of a large network lie on the grid");
        }
    }
    for (name, stimulus) in &side.stimulus {
        let path = format!("stimulus.{name}");
        match &stimulus.source {
            Source::Noise(_) => refuse(path, "a large network takes its noise as Poisson spikes"),
            Source::Poisson(poisson) if poisson.per_step(side.dt.get()) > MOST_PER_STEP => {
                refuse(path, "more than 120 spikes in a step cannot be drawn; take a shorter dt");
            }
            Source::Spikes(_) | Source::Poisson(Poisson { independent: false, .. })
                if stimulus.cells.is_some() =>
            {
                refuse(path, "in a large network, spikes that several cells share reach a whole population");
            }
            _ => {}
        }
    }
    refusals
}

/// How many threads are worth their meetings: between two, each should have so many cells to step that a meeting of some
/// microseconds is little beside.
fn worth(cells: usize, steps: u16) -> usize {
    /// Steps of one cell: about ten microseconds of the simplest.
    const BETWEEN_MEETINGS: usize = 20_000;
    (cells * usize::from(steps) / BETWEEN_MEETINGS).max(1)
}

/// What is where.
pub(super) struct Layout {
    places: Places,
    receptors: Vec<Vec<Receptor>>,
    /// The quantum of every way into every population.
    quanta: Vec<Vec<Quantum>>,
    dt: f64,
}

impl Layout {
    fn new(sketch: &Sketch, side: &SpikingSide, threads: usize) -> Self {
        let names = sketch.populations.keys().enumerate();
        let receptors: Vec<Vec<Receptor>> = names
            .map(|(index, name)| {
                let into = sketch.projections.iter().filter(|outline| outline.to == index);
                ways_into(side, name, into.map(|outline| outline.name.as_str()))
            })
            .collect();
        let quanta = (0..receptors.len())
            .map(|population| {
                (0..receptors[population].len())
                    .map(|way| quantum(sketch, side, population, &receptors[population][way]))
                    .collect()
            })
            .collect();
        let sizes: Vec<usize> = sketch.populations.values().map(|population| population.size).collect();
        let ways: Vec<usize> = receptors.iter().map(Vec::len).collect();
        let mut shards = threads;
        while Places::most_places(&sizes, &ways, shards) > PLACES {
            shards += 1;
        }
        Self { places: Places::new(&sizes, shards), receptors, quanta, dt: side.dt.get() }
    }

    /// Where the sums of each way into each population begin on a shard.
    fn starts(&self, shard: usize) -> Vec<Vec<usize>> {
        let mut next = 0;
        let mut start = |population: usize| {
            let start = next;
            next += padded(self.places.count(population, shard));
            start
        };
        (0..self.receptors.len()).map(|p| self.receptors[p].iter().map(|_| start(p)).collect()).collect()
    }

    fn shard<T: Real>(&self, sketch: &Sketch, side: &SpikingSide, key: Key, shard: usize) -> Shard<T> {
        let starts = self.starts(shard);
        let part = |(population, name): (usize, &String)| {
            let size = self.places.count(population, shard);
            let first = self.places.first_block(population, shard) as u32;
            let blocks = (size, first, self.places.shards as u32);
            let cells = match side.neuron_of(name) {
                Neuron::Poisson(poisson) => Cells::Chance {
                    blocks: PoissonBlocks::new(
                        key.child("cells").child(name).words("poisson"),
                        (poisson.rate_under(0.0) * self.dt / 1000.0).min(MOST_PER_STEP),
                    ),
                    first,
                    stride: self.places.shards as u32,
                    counts: vec![0; padded(size)],
                },
                neuron => {
                    let part = (population, name.as_str(), shard);
                    Cells::Membranes(Box::new(self.membranes(
                        sketch,
                        side,
                        key,
                        part,
                        neuron,
                        blocks,
                        &starts[population],
                    )))
                }
            };
            Part { population, size, cells }
        };
        Shard {
            index: shard,
            now: 0,
            apart: 0,
            dt: self.dt,
            parts: sketch.populations.keys().enumerate().map(part).filter(|part| part.size > 0).collect(),
            sums: Sums::new(self.quanta.iter().flatten().all(Quantum::is_narrow)),
            rows: Vec::new(),
            stores: Vec::new(),
            plastic: Vec::new(),
            outgoing: vec![Vec::new(); sketch.populations.len()],
            due: Vec::new(),
            sets_due: Vec::new(),
            shares_due: Vec::new(),
            fired: Vec::new(),
            scratch: Vec::new(),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn membranes<T: Real>(
        &self,
        sketch: &Sketch,
        side: &SpikingSide,
        key: Key,
        (population, name, shard): (usize, &str, usize),
        neuron: &Neuron,
        blocks: (usize, u32, u32),
        starts: &[usize],
    ) -> Membranes<T> {
        let (size, receptors) = (blocks.0, &self.receptors[population]);
        let bias_is_voltage = !receptors.is_empty() && receptors.iter().all(|r| *r == Receptor::Delta);
        let build = Build {
            size,
            dt: self.dt,
            receptors,
            unit: side.unit(),
            bias_is_voltage,
            method: side.integrator_of(name).and_then(Integrator::method),
            precise: false,
            key: key.child("cells").child(name),
        };
        let mut group = neuron.group::<T>(&build);
        let cell = |local: usize| self.places.cell(population, shard, local);
        for (variable, values) in beginning(side, name, self.places.size(population), key) {
            (0..size).for_each(|local| group.set(variable, local, values[cell(local)]));
        }
        // Empty where no projection has biases.
        let mut bias = Vec::new();
        for outline in sketch.projections.iter().filter(|outline| outline.to == population) {
            if let Some(drawn) = outline.bias() {
                bias.resize(size, T::ZERO);
                let add = |(local, sum): (usize, &mut T)| *sum += T::from_f64(drawn[cell(local)]);
                bias.iter_mut().enumerate().for_each(add);
            }
        }
        let mut membranes = Membranes {
            group,
            ways: starts
                .iter()
                .zip(&self.quanta[population])
                .map(|(&start, quantum)| (start, T::from_f64(quantum.size)))
                .collect(),
            arrivals: vec![vec![T::ZERO; size]; receptors.len()],
            bias,
            currents: Vec::new(),
            current: Vec::new(),
            backgrounds: Vec::new(),
            drawn: Vec::new(),
            given: Vec::new(),
            constant: vec![T::ZERO; receptors.len()],
        };
        for (stimulus_name, stimulus) in side.stimuli_of(name) {
            let way = side.synapse_from_outside(stimulus).receptor();
            let way = receptors.iter().position(|receptor| *receptor == way);
            let span = self.places.span(population, shard, &stimulus.span(self.places.size(population)));
            let key = key.child("stimulus").child(stimulus_name).child(name);
            match (&stimulus.source, way) {
                (Source::Poisson(poisson), Some(way)) => {
                    let (background, drawn) =
                        Background::new(stimulus_name, poisson, self.dt, way, (blocks, span), key);
                    membranes.backgrounds.push(background);
                    membranes.drawn.push(drawn);
                }
                (Source::Spikes(spikes), Some(way)) => {
                    membranes.given.push((way, GivenSpikes::new(spikes, self.dt)));
                }
                // Noise was refused; every population that spikes reach has the receptor of their synapse.
                (Source::Noise(_) | Source::Poisson(_) | Source::Spikes(_), _) => {}
                (current, _) => membranes.currents.push((current.clone(), span)),
            }
        }
        if !membranes.currents.is_empty() {
            membranes.current = vec![T::ZERO; size];
        }
        membranes
    }

    fn plastic<T: Real>(&self, outline: &Outline, side: &SpikingSide, shard: usize) -> Option<Plastic<T>> {
        let way = self.way(outline, side);
        let start = self.starts(shard)[outline.to][way];
        let rule = side.plasticity_of(&outline.name);
        let into = (start, self.quanta[outline.to][way]);
        Plastic::new(outline, rule, (&self.places, shard), into, self.dt)
    }

    /// The way by which a projection's spikes come into their targets.
    fn way(&self, outline: &Outline, side: &SpikingSide) -> usize {
        let receptor = side.synapse_of(&outline.name).receptor();
        self.receptors[outline.to].iter().position(|r| *r == receptor).expect("it was listed")
    }

    fn bundle<'a>(&'a self, outline: &'a Outline, side: &'a SpikingSide) -> Bundle<'a> {
        let way = self.way(outline, side);
        let starts: Vec<usize> =
            (0..self.places.shards).map(|shard| self.starts(shard)[outline.to][way]).collect();
        let release = side.own(&outline.name).and_then(|own| own.release.as_ref());
        Bundle::new(outline, release, self.quanta[outline.to][way], &self.places, &starts, self.dt)
    }
}

/// The quantum of a way into a population.
fn quantum(sketch: &Sketch, side: &SpikingSide, population: usize, receptor: &Receptor) -> Quantum {
    let into = sketch
        .projections
        .iter()
        .filter(|outline| outline.to == population && side.synapse_of(&outline.name).receptor() == *receptor);
    let known = into.map(|outline| Known {
        weight: match side.own(&outline.name).and_then(|own| own.release.as_ref()) {
            // What a weight may come to.
            None if side.is_plastic(&outline.name) => {
                let most = side.plasticity_of(&outline.name).most();
                Weight::Bound(outline.largest_weight().max(most.unwrap_or(0.0)))
            }
            // Shares of a weight are no whole ratios: quanta as fine as they can be.
            Some(release) => Weight::Bound(outline.largest_weight() * release.most().max(1.0)),
            None => outline
                .constant_weight()
                .map_or_else(|| Weight::Bound(outline.largest_weight()), Weight::Constant),
        },
        synapses: most_onto_one(outline),
    });
    Quantum::new(&known.collect::<Vec<_>>())
}

/// A bound on the synapses of a projection that end at one cell.
fn most_onto_one(outline: &Outline) -> f64 {
    let n_pre = outline.ends.n_pre as f64;
    match &outline.pattern {
        Pattern::OneToOne(_) => 1.0,
        Pattern::FixedInDegree(pattern) => pattern.k as f64,
        Pattern::FixedTotal(_) | Pattern::Explicit(_) => {
            // Poisson around the mean: a hundred standard deviations, and a hundred, are never passed.
            let mean = outline.pattern.most_synapses(outline.ends) as f64 / outline.ends.n_post as f64;
            (mean + 100.0 * mean.sqrt() + 100.0).min(outline.pattern.most_synapses(outline.ends) as f64)
        }
        _ => n_pre,
    }
}
