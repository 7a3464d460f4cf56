//! Just enough of the ZIP format to take one file out of an archive such as NumPy's `.npz`.
//!
//! A directory at the end lists the files; each has a short header of its own before its bytes, which are stored as they
//! are or deflated. Names are only compared, never used as paths. Offsets and sizes are held against the archive's own
//! length before anything is read, and checksums are compared. Format: PKWARE, APPNOTE.TXT 6.3.

use crate::TaskError;
use crate::unpack::Unpacked;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

/// The record at the end without its comment, and the longest comment.
const END: usize = 22;
const LONGEST_COMMENT: usize = 0xffff;

/// An archive of arrays lists a handful of names.
const DIRECTORY_LIMIT: u64 = 1 << 20;

/// A file in the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listed {
    name: Vec<u8>,
    encrypted: bool,
    method: u16,
    crc: u32,
    packed: u64,
    length: u64,
    offset: u64,
}

/// A file as it is unpacked.
pub(crate) struct Entry {
    /// Its bytes.
    pub(crate) input: Unpacked<'static>,
    sum: Rc<RefCell<Crc>>,
    listed: Listed,
}

impl Entry {
    /// To be called when everything has been read: compares length and checksum.
    pub(crate) fn finish(mut self) -> Result<(), TaskError> {
        self.input.skip(1)?;
        let (length, crc) = (u64::from(self.sum.borrow().amount()), self.sum.borrow().sum());
        // The sum counts bytes modulo 2^32, as the archive does.
        if (length, crc) == (self.listed.length, self.listed.crc) {
            return Ok(());
        }
        let found = format!("{length} bytes with the checksum {crc:08x}");
        let expected =
            format!("{} bytes with {:08x}, as the archive lists", self.listed.length, self.listed.crc);
        Err(TaskError::Contents { file: self.input.file().to_owned(), found, expected })
    }
}

/// Opens the file of this name.
pub(crate) fn open(archive: &Path, name: &str) -> Result<Entry, TaskError> {
    if !archive.metadata().map_err(TaskError::io("reading", archive))?.is_file() {
        return Err(TaskError::NotAFile { file: archive.to_owned() });
    }
    let file = File::open(archive).map_err(TaskError::io("reading", archive))?;
    entry(BufReader::new(file), archive, name)
}

fn entry<R: Read + Seek + 'static>(mut input: R, archive: &Path, name: &str) -> Result<Entry, TaskError> {
    let mut reader = Reader { input: &mut input, archive };
    let all = reader.directory()?;
    let mut named = all.iter().filter(|listed| listed.name == name.as_bytes());
    let (Some(listed), None) = (named.next(), named.next()) else {
        let count = all.iter().filter(|listed| listed.name == name.as_bytes()).count();
        let names: Vec<String> = all.iter().take(20).map(|listed| shown(&listed.name)).collect();
        let found = if count > 1 { format!("{name} {count} times") } else { names.join(", ") };
        return Err(damaged(archive, if found.is_empty() { "no files" } else { &found }, name));
    };
    let inside = archive.join(name);
    let (method, encrypted) = (listed.method, listed.encrypted);
    if encrypted || !matches!(method, 0 | 8) {
        let found = if encrypted { "encryption".to_owned() } else { format!("compression method {method}") };
        return Err(damaged(&inside, &found, "stored or deflated bytes"));
    }
    reader.seek_to(listed)?;
    let packed = BufReader::new(input.take(listed.packed));
    let sum = Rc::new(RefCell::new(Crc::new()));
    let input = match method {
        0 => Unpacked::packed(Summed { input: packed, sum: sum.clone() }, &inside),
        _ => Unpacked::packed(Summed { input: DeflateDecoder::new(packed), sum: sum.clone() }, &inside),
    };
    Ok(Entry { input, sum, listed: listed.clone() })
}

struct Reader<'a, R> {
    input: &'a mut R,
    archive: &'a Path,
}

impl<R: Read + Seek> Reader<'_, R> {
    fn failed(&self) -> impl Fn(io::Error) -> TaskError {
        TaskError::io("reading", self.archive)
    }

    fn read(&mut self, offset: u64, length: usize) -> Result<Vec<u8>, TaskError> {
        let mut bytes = vec![0; length];
        self.input.seek(SeekFrom::Start(offset)).map_err(self.failed())?;
        self.input.read_exact(&mut bytes).map_err(self.failed())?;
        Ok(bytes)
    }

    /// All files of the archive.
    fn directory(&mut self) -> Result<Vec<Listed>, TaskError> {
        let length = self.input.seek(SeekFrom::End(0)).map_err(self.failed())?;
        let tail_length = length.min((END + LONGEST_COMMENT) as u64);
        let tail = self.read(length - tail_length, tail_length as usize)?;
        let is_end = |at: &usize| {
            let record = &tail[*at..];
            record.starts_with(b"PK\x05\x06") && END + usize::from(short(record, 20)) == record.len()
        };
        let Some(at) = (0..(tail.len() + 1).saturating_sub(END)).rev().find(is_end) else {
            return Err(damaged(self.archive, "no directory at its end", "a whole ZIP archive"));
        };
        let end = &tail[at..];
        let (size, offset) = (u64::from(long(end, 12)), u64::from(long(end, 16)));
        let begins = length - (tail.len() - at) as u64;
        if size > DIRECTORY_LIMIT || offset.checked_add(size).is_none_or(|sum| sum > begins) {
            let found = format!("a directory of {size} bytes at {offset}");
            let expected = format!("one of at most {DIRECTORY_LIMIT} bytes, before {begins}");
            return Err(damaged(self.archive, &found, &expected));
        }
        let mut rest = self.read(offset, size as usize)?;
        let mut files = Vec::new();
        while !rest.is_empty() {
            let Some((listed, length)) = listed(&rest) else {
                return Err(damaged(self.archive, "a damaged directory", "a whole ZIP archive"));
            };
            files.push(listed);
            rest.drain(..length);
        }
        Ok(files)
    }

    /// Goes to the first byte of a file.
    fn seek_to(&mut self, listed: &Listed) -> Result<(), TaskError> {
        const HEADER: usize = 30;
        let length = self.input.seek(SeekFrom::End(0)).map_err(self.failed())?;
        let outside = |reader: &Self| {
            let found = format!("{} outside the archive's {length} bytes", shown(&listed.name));
            damaged(reader.archive, &found, "a whole ZIP archive")
        };
        if listed.offset.checked_add(HEADER as u64).is_none_or(|end| end > length) {
            return Err(outside(self));
        }
        let header = self.read(listed.offset, HEADER)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(damaged(self.archive, "a file without its header", "a whole ZIP archive"));
        }
        let names = u64::from(short(&header, 26)) + u64::from(short(&header, 28));
        let start = listed.offset + HEADER as u64 + names;
        if start.checked_add(listed.packed).is_none_or(|end| end > length) {
            return Err(outside(self));
        }
        self.input.seek(SeekFrom::Start(start)).map_err(self.failed())?;
        Ok(())
    }
}

/// One line of the directory, and how long it is.
fn listed(bytes: &[u8]) -> Option<(Listed, usize)> {
    const HEADER: usize = 46;
    if bytes.len() < HEADER || !bytes.starts_with(b"PK\x01\x02") {
        return None;
    }
    let lengths = [28, 30, 32].map(|at| usize::from(short(bytes, at)));
    let length = HEADER + lengths.iter().sum::<usize>();
    if length > bytes.len() {
        return None;
    }
    let listed = Listed {
        name: bytes[HEADER..HEADER + lengths[0]].to_vec(),
        encrypted: short(bytes, 8) & 1 == 1,
        method: short(bytes, 10),
        crc: long(bytes, 16),
        packed: u64::from(long(bytes, 20)),
        length: u64::from(long(bytes, 24)),
        offset: u64::from(long(bytes, 42)),
    };
    // All bits set stand for a size beyond 4 GiB, written elsewhere.
    let small = [listed.packed, listed.length, listed.offset].iter().all(|size| *size < u64::from(u32::MAX));
    small.then_some((listed, length))
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn shown(name: &[u8]) -> String {
    name.escape_ascii().take(60).map(char::from).collect()
}

fn damaged(file: &Path, found: &str, expected: &str) -> TaskError {
    TaskError::Contents { file: file.to_owned(), found: found.to_owned(), expected: expected.to_owned() }
}

/// Sums up what passes.
struct Summed<R> {
    input: R,
    sum: Rc<RefCell<Crc>>,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.sum.borrow_mut().update(&buffer[..read]);
        Ok(read)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Entry, entry};
    use crate::TaskError;
    use flate2::{Compression, Crc, write::DeflateEncoder};
    use proptest::prelude::*;
    use std::io::{Cursor, Write};
    use std::path::Path;

    /// An archive of files, every other one deflated.
    pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let (mut bytes, mut directory) = (Vec::new(), Vec::new());
        for (i, (name, body)) in files.iter().enumerate() {
            let mut sum = Crc::new();
            sum.update(body);
            let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(body).unwrap();
            let (method, packed) =
                if i % 2 == 0 { (0_u16, body.to_vec()) } else { (8, encoder.finish().unwrap()) };
            let offset = bytes.len() as u32;
            let mut common = vec![20, 0, 0, 0];
            common.extend(method.to_le_bytes());
            common.extend([0; 4]);
            for number in [sum.sum(), packed.len() as u32, body.len() as u32, name.len() as u32] {
                common.extend(number.to_le_bytes());
            }
            bytes.extend(b"PK\x03\x04");
            bytes.extend(&common);
            bytes.extend(name.bytes());
            bytes.extend(packed);
            directory.extend(b"PK\x01\x02\x14\0");
            directory.extend(&common);
            directory.extend([0; 10]);
            directory.extend(offset.to_le_bytes());
            directory.extend(name.bytes());
        }
        let offset = bytes.len() as u32;
        bytes.extend(&directory);
        bytes.extend(b"PK\x05\x06\0\0\0\0");
        bytes.extend([files.len() as u16; 2].iter().flat_map(|count| count.to_le_bytes()));
        bytes.extend((directory.len() as u32).to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }

    fn read(bytes: &[u8], name: &str) -> Result<Vec<u8>, TaskError> {
        let mut entry: Entry = entry(Cursor::new(bytes.to_vec()), Path::new("a.npz"), name)?;
        let bytes = entry.input.take(10_000)?;
        entry.finish()?;
        Ok(bytes)
    }

    #[test]
    fn stored_and_deflated_files_come_out() {
        let long = [7; 3000];
        let files: [(&str, &[u8]); 3] = [("a.npy", b"abc"), ("b.npy", &long), ("empty", b"")];
        let bytes = archive(&files);
        for (name, body) in files {
            assert_eq!(read(&bytes, name).unwrap(), body);
        }
        let words = |bytes: &[u8], name| read(bytes, name).unwrap_err().to_string();
        assert!(words(&bytes, "c.npy").contains("found a.npy, b.npy, empty, expected c.npy"));
        assert!(words(&archive(&[("a", b"1"), ("a", b"2")]), "a").contains("a 2 times"));
        assert!(words(&archive(&[]), "a").contains("no files"));
        // A comment at the end, even one that looks like the end.
        let mut commented = bytes.clone();
        let at = commented.len() - 2;
        commented[at] = 26;
        commented.extend(b"PK\x05\x06 and what else is said");
        commented.truncate(at + 2 + 26);
        assert_eq!(read(&commented, "b.npy").unwrap(), long);
    }

    #[test]
    fn every_truncation_and_every_flip_is_found_or_harmless() {
        let body: Vec<u8> = (0..200).map(|i| (i * i) as u8).collect();
        let bytes = archive(&[("a", &body), ("b", &body)]);
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length], "b").is_err(), "{length}");
        }
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            for name in ["a", "b"] {
                // Dates and versions do not matter; the bytes do.
                if let Ok(read) = read(&flipped, name) {
                    assert_eq!(read, body, "bit {bit}");
                }
            }
        }
    }

    #[test]
    fn sizes_that_cannot_be_are_refused_before_anything_is_read() {
        let bytes = archive(&[("a", b"abc")]);
        let at = bytes.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        for (place, words) in
            [(at + 20, "outside"), (at + 42, "outside"), (bytes.len() - 10, "a directory of")]
        {
            let mut huge = bytes.clone();
            huge[place..place + 4].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
            let error = read(&huge, "a").unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(noise in prop::collection::vec(any::<u8>(), 1..60), at in any::<prop::sample::Index>()) {
            let _ = read(&noise, "a");
            let mut bytes = archive(&[("x", b"abc"), ("a", &[1; 90])]);
            let at = at.index(bytes.len());
            for (byte, noise) in bytes[at..].iter_mut().zip(&noise) {
                *byte = *noise;
            }
            let _ = read(&bytes, "a");
        }
    }
}
