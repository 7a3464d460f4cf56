//! Arrays as `.npz`: a zip archive of `.npy` files, stored without compression, as `numpy.savez` writes it.
//!
//! Formats: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html> and PKWARE's APPNOTE 6.3,
//! sections 4.3.7 (local header), 4.3.12 (directory), 4.3.16 (end).

use crate::npy;
use crate::{NamedArray, RecordError};

/// 1 January 1980, the zip format's zero: a file's bytes must not depend on when it was written.
const DATE: u16 = 1 << 5 | 1;
/// Version 2.0 of the format is needed to extract.
const VERSION: u16 = 20;
/// Names are UTF-8.
const UTF8: u16 = 1 << 11;

/// The archive's bytes, one file `NAME.npy` for each array; `numpy.load` reads it.
///
/// # Errors
/// [`RecordError::TooLarge`] beyond 4 GiB or 65,535 arrays, which the plain zip format cannot hold.
pub fn to_npz(arrays: &[NamedArray]) -> Result<Vec<u8>, RecordError> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for array in arrays {
        let (single, numbers) = array.bytes();
        let mut file = npy::header(if single { "<f4" } else { "<f8" }, false, &array.shape);
        file.extend(numbers);
        let name = format!("{}.npy", array.name);
        let (offset, size) = (short(archive.len())?, short(file.len())?);
        // Common to both headers: version, flags, method "stored", time, date, checksum, sizes, lengths of name and extra.
        let mut facts = Vec::new();
        for number in [VERSION, UTF8, 0, 0, DATE] {
            facts.extend(number.to_le_bytes());
        }
        for number in [crc32(&file), size, size] {
            facts.extend(number.to_le_bytes());
        }
        facts.extend((name.len() as u16).to_le_bytes());
        facts.extend(0_u16.to_le_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend(name.as_bytes());
        archive.extend(&file);
        directory.extend(b"PK\x01\x02");
        directory.extend(VERSION.to_le_bytes());
        directory.extend(&facts);
        // No comment, first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let (offset, size) = (short(archive.len())?, short(directory.len())?);
    let count = u16::try_from(arrays.len()).map_err(|_| too_large(format!("{} arrays", arrays.len())))?;
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(count.to_le_bytes());
    archive.extend(count.to_le_bytes());
    archive.extend(size.to_le_bytes());
    archive.extend(offset.to_le_bytes());
    archive.extend([0; 2]);
    Ok(archive)
}

fn short(length: usize) -> Result<u32, RecordError> {
    u32::try_from(length).map_err(|_| too_large(format!("{length} bytes")))
}

fn too_large(what: String) -> RecordError {
    RecordError::TooLarge { format: "npz", what }
}

/// CRC-32 as zip has it: polynomial 0xEDB88320, reflected.
fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut remainder = byte as u32;
            let mut bit = 0;
            while bit < 8 {
                remainder = if remainder & 1 == 1 { 0xedb8_8320 ^ (remainder >> 1) } else { remainder >> 1 };
                bit += 1;
            }
            table[byte] = remainder;
            byte += 1;
        }
        table
    };
    !bytes.iter().fold(!0, |crc: u32, &byte| TABLE[((crc ^ u32::from(byte)) & 0xff) as usize] ^ (crc >> 8))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(name: &str, shape: &[usize], values: &[f64]) -> NamedArray {
        NamedArray { name: name.into(), shape: shape.to_vec(), values: values.to_vec() }
    }

    /// The check value of the CRC catalogue.
    #[test]
    fn checksum_of_the_digits() {
        assert_eq!((crc32(b"123456789"), crc32(b"")), (0xcbf4_3926, 0));
    }

    /// Reads an archive as the format's description says: from its end to the directory, and from there to each file.
    fn entries(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
        let short = |at: usize| usize::from(u16::from_le_bytes([archive[at], archive[at + 1]]));
        let long = |at: usize| u32::from_le_bytes(archive[at..at + 4].try_into().unwrap());
        let end = archive.len() - 22;
        assert_eq!(&archive[end..end + 4], b"PK\x05\x06");
        let (count, mut at) = (short(end + 10), long(end + 16) as usize);
        assert_eq!(at + long(end + 12) as usize, end);
        let mut entries = Vec::new();
        for _ in 0..count {
            assert_eq!(&archive[at..at + 4], b"PK\x01\x02");
            let (crc, size, name_length) = (long(at + 16), long(at + 24) as usize, short(at + 28));
            let local = long(at + 42) as usize;
            let name = &archive[at + 46..at + 46 + name_length];
            assert_eq!(&archive[local..local + 4], b"PK\x03\x04");
            // Version to extra length are the same in both headers.
            assert_eq!(archive[local + 4..local + 30], archive[at + 6..at + 32]);
            assert_eq!(&archive[local + 30..local + 30 + name_length], name);
            let data = &archive[local + 30 + name_length..][..size];
            assert_eq!(crc32(data), crc);
            entries.push((String::from_utf8(name.to_vec()).unwrap(), data.to_vec()));
            at += 46 + name_length;
        }
        entries
    }

    #[test]
    fn every_array_is_found_again() {
        let arrays =
            [array("a-b.weight", &[2, 2], &[1.0, 2.0, 3.0, 0.5]), array("a-b.bias", &[2], &[0.1, -1.0])];
        let entries = entries(&to_npz(&arrays).unwrap());
        assert_eq!(
            entries.iter().map(|entry| entry.0.as_str()).collect::<Vec<_>>(),
            ["a-b.weight.npy", "a-b.bias.npy"]
        );
        let single: Vec<u8> = [1.0_f32, 2.0, 3.0, 0.5].iter().flat_map(|value| value.to_le_bytes()).collect();
        assert!(entries[0].1.ends_with(&single) && entries[0].1.len() == 128 + 16);
        let header = String::from_utf8_lossy(&entries[0].1[10..128]).into_owned();
        assert!(
            header.starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"),
            "{header}"
        );
        assert_eq!(npy::read_list(&entries[1].1).unwrap(), [0.1, -1.0]);
    }

    #[test]
    fn nothing_is_an_archive_too() {
        assert_eq!(entries(&to_npz(&[]).unwrap()), []);
    }
}
