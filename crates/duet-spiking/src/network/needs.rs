//! What a network will need, before anything is drawn.

use super::place::Places;
use crate::SpikingSide;
use duet_topology::Sketch;

/// Cells, synapses and bytes of a network at scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Number of cells.
    pub cells: usize,
    /// Number of synapses, at most.
    pub synapses: u128,
    /// Bytes while it is built and run, at most.
    pub bytes: u128,
}

/// Bytes of a cell: its state, what arrives, its statistics.
const PER_CELL: u128 = 160;
/// Bytes of a row: where it begins, and its stretches by delay.
const PER_ROW: u128 = 12;
/// A stretch of synapses that share a delay.
const PER_STRETCH: u128 = 4;
/// A synapse that learns: target, weight, the way back, and what it is drawn into.
const PER_PLASTIC: u128 = 4 + 8 + 8 + 16;
/// A shard's sums and bookkeeping.
const PER_SHARD: u128 = 1 << 20;

impl Needs {
    /// Of a side on so many threads.
    pub fn new(sketch: &Sketch, side: &SpikingSide, threads: usize) -> Self {
        let sizes: Vec<usize> = sketch.populations.values().map(|population| population.size).collect();
        let ways = vec![2; sizes.len()];
        let mut shards = threads.max(1);
        while Places::most_places(&sizes, &ways, shards) > super::rows::PLACES {
            shards *= 2;
        }
        let shards = shards as u128;
        let cells: usize = sizes.iter().sum();
        let (mut synapses, mut bytes, mut building) = (0, cells as u128 * PER_CELL + shards * PER_SHARD, 0);
        for outline in &sketch.projections {
            let most = outline.pattern.most_synapses(outline.ends);
            let weight = if outline.constant_weight().is_some() { 0 } else { 2 };
            let rows = outline.ends.n_pre as u128 * shards;
            let stretches = match (&outline.delay, outline.constant_delay()) {
                (None, _) | (_, Some(_)) => rows,
                // Delays spread over at most a few hundred steps, and no row has more stretches than synapses.
                (Some(_), None) => most.min(rows * (50.0 / side.dt.get()).max(1.0) as u128 / 4),
            };
            synapses += most;
            if side.is_plastic(&outline.name) {
                bytes += most * PER_PLASTIC + rows * PER_ROW;
                continue;
            }
            bytes += most * (2 + weight) + rows * PER_ROW + stretches * PER_STRETCH;
            // Lists by target are turned around while both lie in memory.
            if !outline.is_by_source() {
                building = building.max(most * (8 + weight));
            }
        }
        Self { cells, synapses, bytes: bytes + building }
    }
}
