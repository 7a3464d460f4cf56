//! How a run tells somebody what it is doing, and how it is told to stop.

use crate::protocol::learn::Epoch;
use std::path::Path;

/// Somebody who watches a run. Calls come from several threads.
pub trait Progress: Sync {
    /// The run folder is there; `total` epochs lie ahead over all sides and seeds.
    fn begin(&self, _folder: &Path, _total: usize) {}
    /// Something to know that is no error.
    fn warn(&self, _words: &str) {}
    /// A side has finished an epoch under one seed.
    fn epoch(&self, _side: &str, _seed: u64, _epoch: usize, _of: usize, _row: &Epoch, _pace: &Pace) {}
    /// A side has been simulated so far under one seed, in ms of its own time.
    fn simulated(&self, _side: &str, _seed: u64, _done_ms: f64, _of_ms: f64, _pace: &SimulationPace) {}
    /// A side has learned enough under one seed, after fewer epochs than it might.
    fn stopped_early(&self, _side: &str, _seed: u64, _epoch: usize) {}
    /// Whether the run is to stop at the next chance, after writing a checkpoint.
    fn stopped(&self) -> bool {
        false
    }
}

/// How fast a side learns under one seed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pace {
    /// Training examples per second of learning, in the epoch just done.
    pub examples_per_s: f64,
    /// Seconds that the epochs ahead will take if they go on like those done.
    pub left_s: f64,
}

/// How fast a side is simulated under one seed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct SimulationPace {
    /// Seconds of the clock per second of simulated time.
    pub real_time_factor: f64,
    /// Seconds that are left if it goes on like this.
    pub left_s: f64,
}

/// Nobody watches.
pub struct Silent;

impl Progress for Silent {}
