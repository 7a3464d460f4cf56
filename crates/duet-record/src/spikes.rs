//! All spikes of a large run in few bytes.
//!
//! ```text
//! DUETSPK1                     8 bytes
//! dt in ms                     8 bytes, little-endian f64
//! cells                        4 bytes, little-endian u32
//! for every step with spikes   varint steps since the last such step (the first counts from 0), varint number of spikes,
//!                              then the cells, rising: varint of the first, varints of the differences
//! ```
//! A varint holds seven bits per byte, lowest first; the highest bit says that another follows. Cells are counted over all
//! populations in the order of the network. Most spikes take two bytes.

use crate::error::RecordError;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"DUETSPK1";

/// The beginning of the file.
pub fn spikes_header(dt_ms: f64, cells: u32) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&dt_ms.to_le_bytes());
    bytes.extend_from_slice(&cells.to_le_bytes());
    bytes
}

/// Appends spikes, given as (step, cell) by step and then by cell; `last` is the step of the spikes before them, and moves on.
///
/// ```
/// use duet_record::{Spikes, append_spikes, spikes_header};
/// let (mut bytes, mut last) = (spikes_header(0.1, 300), 0);
/// append_spikes(&mut bytes, &mut last, [(3, 7), (3, 200), (10, 0)]);
/// let spikes = Spikes::begin("spikes.bin".as_ref(), &bytes[..]).unwrap();
/// assert_eq!((spikes.dt_ms, spikes.cells), (0.1, 300));
/// assert_eq!(spikes.map(Result::unwrap).collect::<Vec<_>>(), [(3, 7), (3, 200), (10, 0)]);
/// assert_eq!(bytes.len(), 20 + 5 + 3); // steps 3 and 10; 200 - 7 = 193 takes two bytes
/// ```
pub fn append_spikes(bytes: &mut Vec<u8>, last: &mut u64, spikes: impl IntoIterator<Item = (u64, u32)>) {
    let spikes: Vec<(u64, u32)> = spikes.into_iter().collect();
    for step in spikes.chunk_by(|a, b| a.0 == b.0) {
        varint(bytes, step[0].0 - *last);
        *last = step[0].0;
        varint(bytes, step.len() as u64);
        let mut before = 0;
        for &(_, cell) in step {
            varint(bytes, u64::from(cell - before));
            before = cell;
        }
    }
}

/// Spikes one after the other, from a file that may be larger than memory.
pub struct Spikes<R> {
    source: R,
    path: PathBuf,
    /// Time step, ms.
    pub dt_ms: f64,
    /// Number of cells of all populations.
    pub cells: u32,
    step: u64,
    cell: u64,
    /// How many spikes of the step are still to come.
    left: u64,
    is_over: bool,
}

impl<R: Read> Spikes<R> {
    /// Reads the header; `path` is for words. Bytes are taken one by one, so the source is best a buffer.
    ///
    /// # Errors
    /// [`RecordError::Corrupt`] where the source is no such file; [`RecordError::Io`] where it cannot be read.
    pub fn begin(path: &Path, mut source: R) -> Result<Self, RecordError> {
        let mut header = [0; 20];
        let fail = |error: io::Error| match error.kind() {
            io::ErrorKind::UnexpectedEof => RecordError::corrupt(path, "it ends in its header"),
            _ => RecordError::io("reading", path, error),
        };
        source.read_exact(&mut header).map_err(fail)?;
        let (magic, rest) = header.split_at(8);
        if magic != MAGIC {
            return Err(RecordError::corrupt(path, "it does not begin with DUETSPK1"));
        }
        let (mut dt, mut cells) = ([0; 8], [0; 4]);
        dt.copy_from_slice(&rest[..8]);
        cells.copy_from_slice(&rest[8..]);
        Ok(Self {
            source,
            path: path.to_owned(),
            dt_ms: f64::from_le_bytes(dt),
            cells: u32::from_le_bytes(cells),
            step: 0,
            cell: 0,
            left: 0,
            is_over: false,
        })
    }

    fn advance(&mut self) -> Result<Option<(u64, u32)>, RecordError> {
        while self.left == 0 {
            let Some(steps) = self.varint()? else { return Ok(None) };
            self.step = self.step.saturating_add(steps);
            self.left = self.within_step()?;
            self.cell = 0;
        }
        self.left -= 1;
        self.cell = self.within_step()?.saturating_add(self.cell);
        if self.cell >= u64::from(self.cells) {
            return Err(self.broken(&format!("cell {} of {}", self.cell, self.cells)));
        }
        Ok(Some((self.step, self.cell as u32)))
    }

    fn within_step(&mut self) -> Result<u64, RecordError> {
        self.varint()?.ok_or_else(|| self.broken("it ends inside a step"))
    }

    /// `None` where the source is at its end before the first byte.
    fn varint(&mut self) -> Result<Option<u64>, RecordError> {
        let (mut number, mut byte) = (0, [0]);
        for shift in (0..64).step_by(7) {
            match self.source.read_exact(&mut byte) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && shift == 0 => return Ok(None),
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(self.broken("it ends inside a number"));
                }
                Err(error) => return Err(RecordError::io("reading", &self.path, error)),
            }
            number |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] < 0x80 {
                return Ok(Some(number));
            }
        }
        Err(self.broken("a number of more than 64 bits"))
    }

    fn broken(&self, what: &str) -> RecordError {
        RecordError::corrupt(&self.path, what)
    }
}

impl<R: Read> Iterator for Spikes<R> {
    type Item = Result<(u64, u32), RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.advance();
        // What follows a fault means nothing.
        self.is_over = !matches!(next, Ok(Some(_)));
        next.transpose()
    }
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_in_parts_is_read_back(mut spikes: Vec<(u32, u16)>, cut: prop::sample::Index) {
            spikes.sort_unstable();
            let spikes: Vec<(u64, u32)> = spikes.iter().map(|&(s, c)| (u64::from(s), u32::from(c))).collect();
            let cut = cut.index(spikes.len() + 1);
            // A step is written at once.
            let cut = (cut..spikes.len()).find(|&at| at == 0 || spikes[at].0 != spikes[at - 1].0).unwrap_or(spikes.len());
            let (mut bytes, mut last) = (spikes_header(0.5, 65_536), 0);
            append_spikes(&mut bytes, &mut last, spikes[..cut].iter().copied());
            append_spikes(&mut bytes, &mut last, spikes[cut..].iter().copied());
            let read = Spikes::begin("x".as_ref(), &bytes[..]).unwrap();
            prop_assert_eq!((read.dt_ms, read.cells), (0.5, 65_536));
            prop_assert_eq!(read.collect::<Result<Vec<_>, _>>().unwrap(), spikes);
        }

        #[test]
        fn nothing_that_is_damaged_panics(bytes: Vec<u8>) {
            let mut whole = spikes_header(0.1, 10);
            whole.extend(&bytes);
            // No more spikes than bytes, and an end after the first fault.
            let read: Vec<_> = Spikes::begin("x".as_ref(), &whole[..]).unwrap().collect();
            prop_assert!(read.len() <= bytes.len() && read.iter().rev().skip(1).all(Result::is_ok));
            prop_assert!(Spikes::begin("x".as_ref(), &bytes[..]).is_err());
        }
    }
}
