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
use std::path::Path;

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
/// use duet_record::{append_spikes, read_spikes, spikes_header};
/// let (mut bytes, mut last) = (spikes_header(0.1, 300), 0);
/// append_spikes(&mut bytes, &mut last, [(3, 7), (3, 200), (10, 0)]);
/// let (dt, cells, spikes) = read_spikes("spikes.bin".as_ref(), &bytes).unwrap();
/// assert_eq!((dt, cells, spikes), (0.1, 300, vec![(3, 7), (3, 200), (10, 0)]));
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

/// Time step in ms, number of cells, and the spikes as (step, cell).
///
/// # Errors
/// [`RecordError::Corrupt`] where the bytes are no such file, or end too early.
pub fn read_spikes(path: &Path, bytes: &[u8]) -> Result<(f64, u32, Vec<(u64, u32)>), RecordError> {
    let broken = |what: &str| RecordError::Corrupt { path: path.to_owned(), what: what.to_owned() };
    let (magic, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| broken("it ends in its header"))?;
    if magic != MAGIC {
        return Err(broken("it does not begin with DUETSPK1"));
    }
    let (dt, rest) = rest.split_first_chunk::<8>().ok_or_else(|| broken("it ends in its header"))?;
    let (cells, mut rest) = rest.split_first_chunk::<4>().ok_or_else(|| broken("it ends in its header"))?;
    let (dt, cells) = (f64::from_le_bytes(*dt), u32::from_le_bytes(*cells));
    let (mut spikes, mut step) = (Vec::new(), 0_u64);
    while !rest.is_empty() {
        let mut next = || take(&mut rest).ok_or_else(|| broken("it ends inside a step"));
        step = step.saturating_add(next()?);
        let mut cell = 0;
        for _ in 0..next()? {
            cell = next()?.saturating_add(cell);
            if cell >= u64::from(cells) {
                return Err(broken(&format!("cell {cell} of {cells}")));
            }
            spikes.push((step, cell as u32));
        }
    }
    Ok((dt, cells, spikes))
}

fn varint(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
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
            prop_assert_eq!(read_spikes("x".as_ref(), &bytes).unwrap(), (0.5, 65_536, spikes));
        }

        #[test]
        fn nothing_that_is_damaged_panics(bytes: Vec<u8>) {
            let mut whole = spikes_header(0.1, 10);
            whole.extend(&bytes);
            let _ = read_spikes("x".as_ref(), &whole);
            prop_assert!(read_spikes("x".as_ref(), &bytes).is_err());
        }
    }
}
