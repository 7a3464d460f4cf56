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
    fn epoch(&self, _side: &str, _seed: u64, _epoch: usize, _of: usize, _row: &Epoch) {}
    /// Whether the run is to stop at the next chance, after writing a checkpoint.
    fn stopped(&self) -> bool {
        false
    }
}

/// Nobody watches.
pub struct Silent;

impl Progress for Silent {}
