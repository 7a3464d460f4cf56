//! Checkpoints: everything a course needs to go on, written whole or not at all, and never believed unchecked.
//!
//! A file is `DUETCKP3`, the payload's length (8 bytes, little-endian), the BLAKE3 hash of the scenario's resolved text
//! (32), the BLAKE3 hash of all that precedes and of the payload (32), and the payload in postcard's encoding.

use crate::HarnessError;
use crate::protocol::learn::Course;
use duet_record::{RecordError, RunFolder, layout};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::time::{Duration, Instant};

const MAGIC: &[u8; 8] = b"DUETCKP3";
const HEADER: usize = 8 + 8 + 32 + 32;
/// Checkpoints are written at most this often, so that they cost little beside short epochs.
const INTERVAL: Duration = Duration::from_millis(500);

/// A course that took less than this is not worth waiting for the disk: it is repeated sooner than read.
const BRIEF: Duration = Duration::from_millis(100);

/// A course and the learner's own state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// What has been done.
    pub course: Course,
    /// What learning has changed.
    pub learner: Vec<u8>,
    /// The same after the best epoch, where that is what will be kept.
    pub best: Option<Vec<u8>>,
}

/// Keeps the checkpoint of one side under one seed.
pub struct Keeper<'a> {
    folder: &'a RunFolder,
    path: String,
    scenario: [u8; 32],
    last: Cell<Instant>,
    begun: Instant,
}

impl<'a> Keeper<'a> {
    /// A keeper for one side under one seed of the scenario with this resolved text.
    pub fn new(folder: &'a RunFolder, side: &str, seed: u64, resolved: &str) -> Self {
        let path = format!("{}/{}-{seed}.bin", layout::CHECKPOINTS, layout::file_name(side));
        Self {
            folder,
            path,
            scenario: *blake3::hash(resolved.as_bytes()).as_bytes(),
            last: Cell::new(Instant::now()),
            begun: Instant::now(),
        }
    }

    /// Whether a finished course has taken so long that it is kept.
    pub fn is_worth_keeping(&self) -> bool {
        self.begun.elapsed() >= BRIEF
    }

    /// Whether the last checkpoint is old enough for another.
    pub fn due(&self) -> bool {
        self.last.get().elapsed() >= INTERVAL
    }

    /// Writes a checkpoint; the earlier one stays until the new one is whole.
    ///
    /// # Errors
    /// [`HarnessError::Record`] when it cannot be written.
    pub fn save<C: Serialize>(&self, checkpoint: &C) -> Result<(), HarnessError> {
        let payload = postcard::to_stdvec(checkpoint).map_err(|error| self.broken(&error.to_string()))?;
        self.folder.write_safely(&self.path, seal(&payload, &self.scenario))?;
        self.last.set(Instant::now());
        Ok(())
    }

    /// The checkpoint, if there is one.
    ///
    /// # Errors
    /// [`HarnessError::Checkpoint`] when it is damaged, of another version or of another scenario.
    pub fn load<C: DeserializeOwned>(&self) -> Result<Option<C>, HarnessError> {
        let bytes = match self.folder.read(&self.path) {
            Ok(bytes) => bytes,
            Err(RecordError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let payload = open(&bytes, &self.scenario).map_err(|words| self.broken(&words))?;
        postcard::from_bytes(payload).map(Some).map_err(|error| self.broken(&error.to_string()))
    }

    /// The error that names this checkpoint.
    pub fn broken(&self, words: &str) -> HarnessError {
        HarnessError::Checkpoint { file: self.folder.path().join(&self.path), words: words.to_owned() }
    }
}

fn seal(payload: &[u8], scenario: &[u8; 32]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(scenario);
    let digest = digest(&bytes, payload);
    bytes.extend_from_slice(&digest);
    bytes.extend_from_slice(payload);
    bytes
}

fn digest(head: &[u8], payload: &[u8]) -> [u8; 32] {
    *blake3::Hasher::new().update(head).update(payload).finalize().as_bytes()
}

fn open<'b>(bytes: &'b [u8], scenario: &[u8; 32]) -> Result<&'b [u8], String> {
    if bytes.len() < HEADER {
        return Err(format!(
            "the checkpoint is cut off: {} bytes, fewer than its header of {HEADER}",
            bytes.len()
        ));
    }
    let (head, payload) = (&bytes[..48], &bytes[HEADER..]);
    if &head[..7] != b"DUETCKP" {
        return Err("this is not a checkpoint".to_owned());
    }
    if head[7] != MAGIC[7] {
        let version = char::from(head[7]);
        return Err(format!(
            "the checkpoint is of format {version:?}, but this version reads {:?} only",
            char::from(MAGIC[7])
        ));
    }
    let length = u64::from_le_bytes(head[8..16].try_into().map_err(|_| "no length")?);
    if length != payload.len() as u64 {
        return Err(format!("the checkpoint is cut off: {} of {length} bytes", payload.len()));
    }
    if digest(head, payload) != bytes[48..HEADER] {
        return Err("the checkpoint is damaged: its checksum does not match".to_owned());
    }
    if head[16..48] != scenario[..] {
        return Err("the checkpoint belongs to another scenario".to_owned());
    }
    Ok(payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cut_and_every_flipped_bit_is_found() {
        let scenario = [7; 32];
        let payload: Vec<u8> = (0..200).collect();
        let whole = seal(&payload, &scenario);
        assert_eq!(open(&whole, &scenario), Ok(payload.as_slice()));
        for length in 0..whole.len() {
            assert!(open(&whole[..length], &scenario).is_err(), "cut at {length}");
        }
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(open(&flipped, &scenario).is_err(), "bit {bit}");
        }
        assert!(open(&whole, &[8; 32]).unwrap_err().contains("another scenario"));
    }
}
