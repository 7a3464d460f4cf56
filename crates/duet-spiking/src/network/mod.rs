//! Networks at scale: many cells, many more synapses, several threads, and the same spikes for any number of them.
//!
//! [`crate::Simulation`] is the engine in which everything can be observed and everything can learn. This one runs the
//! field's benchmark networks: synapses that stay as they are drawn take two to four bytes each.
//!
//! - Cells are dealt in blocks of 64 to *shards*; a shard is what one thread works on, with all synapses that end at its cells.
//! - A spike notes once for each of its delays which stretch of synapses is due when; a stretch that is due is added to
//!   one small array of sums, which stays in the cache.
//! - Weights are whole numbers of a quantum, so sums do not depend on order, hence not on shards or threads.
//! - What a `release` passes on is worked out once per spike and projection, then rounded to quanta synapse by synapse.
//! - Threads meet once per shortest delay: before that, no spike can have arrived anywhere.
//! - Synapses that learn are kept in full, each with a way back from its target; a weight is rounded to quanta when it is passed on.
//! - Poisson input is drawn from (cell, step), so nothing is kept and anybody can draw it.

mod background;
mod build;
mod needs;
mod packing;
mod place;
mod plastic;
mod quanta;
mod rows;
mod run;
mod shard;
mod synapses;
mod tally;

pub use background::MOST_PER_STEP;
pub use build::refusals;
pub use needs::Needs;
pub use shard::Spike;
pub use tally::{SPIKES_FOR_CV, Tally};

use crate::deliver::Stores;
use place::Places;
use plastic::Learned;
use serde::{Deserialize, Serialize};
use shard::Shard;

/// The state of an [`Engine`] between two steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    now: u64,
    /// What the cells of each population carry, cell by cell.
    cells: Vec<Vec<f64>>,
    /// The spikes that are still on their way: step and cell.
    recent: Vec<(u64, u32)>,
    /// What the sources of rows with stores had left after the spikes before those.
    #[serde(default)]
    forgotten: Vec<Vec<f64>>,
    /// What every projection that learns has learned.
    #[serde(default)]
    learned: Vec<Learned>,
}

/// A network of spiking cells at scale. Built by [`Engine::new`], advanced by [`Engine::advance`].
pub struct Engine<T> {
    dt: f64,
    places: Places,
    populations: Vec<String>,
    shards: Vec<Shard<T>>,
    threads: usize,
    /// Shortest and longest delay, in steps.
    shortest: u64,
    longest: u64,
    /// Projections that learn, by name.
    plastic: Vec<String>,
    /// Synapses of every cell.
    out_degrees: Vec<u32>,
    now: u64,
    /// The spikes that are still on their way somewhere.
    recent: Vec<Spike>,
    /// What sources had in store before those: where a restored engine takes up their spikes again.
    forgotten: Vec<Option<Stores>>,
}
