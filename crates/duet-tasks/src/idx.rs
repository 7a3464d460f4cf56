//! The IDX format of the MNIST files: a header of big-endian sizes, then the numbers.
//!
//! ```text
//! 00 00 08 NN              unsigned bytes in NN dimensions
//! SS SS SS SS  (NN times)  the sizes, slowest dimension first
//! ..                       the bytes
//! ```

use crate::TaskError;
use crate::unpack::{LIMIT, Unpacked};
use std::path::Path;

/// More dimensions than any data set has; keeps the header small.
const MOST_DIMENSIONS: u8 = 4;

/// The contents of an IDX file of unsigned bytes.
///
/// ```
/// use duet_tasks::Idx;
/// use std::path::Path;
///
/// let bytes = [0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1];
/// let labels = Idx::decode(&bytes, Path::new("labels")).unwrap();
/// assert_eq!((labels.sizes(), labels.bytes()), (&[3][..], &[7, 2, 1][..]));
/// let short = Idx::decode(&bytes[..10], Path::new("labels")).unwrap_err();
/// assert_eq!(short.to_string(), "labels: truncated: found 10 bytes, expected 11");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    sizes: Vec<usize>,
    bytes: Vec<u8>,
}

impl Idx {
    /// From sizes, slowest dimension first, and as many bytes as their product; `None` if the numbers do not fit.
    pub fn new(sizes: Vec<usize>, bytes: Vec<u8>) -> Option<Self> {
        let dimensions = (1..=usize::from(MOST_DIMENSIONS)).contains(&sizes.len());
        let product = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
        let small = sizes.iter().all(|&size| size > 0 && u32::try_from(size).is_ok());
        (dimensions && small && product == Some(bytes.len())).then_some(Self { sizes, bytes })
    }

    /// Reads a file, plain or gzipped.
    ///
    /// # Errors
    /// [`TaskError`] with the file, what was found and what was expected.
    pub fn read(file: &Path) -> Result<Self, TaskError> {
        Self::parse(&mut Unpacked::open(file)?, |_| Ok(()))
    }

    /// Reads the bytes of a file, plain or gzipped; `name` is for messages.
    ///
    /// # Errors
    /// As [`Idx::read`].
    pub fn decode(bytes: &[u8], name: &Path) -> Result<Self, TaskError> {
        Self::parse(&mut Unpacked::new(bytes, name)?, |_| Ok(()))
    }

    /// Reads a file if its sizes pass `check`, which is asked before anything else is read.
    pub(crate) fn read_if(
        file: &Path,
        check: impl FnOnce(&[usize]) -> Result<(), TaskError>,
    ) -> Result<Self, TaskError> {
        Self::parse(&mut Unpacked::open(file)?, check)
    }

    /// The header says how much to expect and never how much to allocate: memory grows with the bytes that arrive.
    fn parse(
        input: &mut Unpacked,
        check: impl FnOnce(&[usize]) -> Result<(), TaskError>,
    ) -> Result<Self, TaskError> {
        let mut magic = [0; 4];
        let found = input.fill(&mut magic)? as u64;
        let dimensions = magic[3];
        if found == 4 && (magic[..3] != [0, 0, 8] || !(1..=MOST_DIMENSIONS).contains(&dimensions)) {
            return Err(TaskError::Magic {
                file: input.file().to_owned(),
                found: magic,
                expected: format!(
                    "00 00 08 (unsigned bytes) and the number of dimensions, 01 to {MOST_DIMENSIONS:02}"
                ),
            });
        }
        let mut header = vec![0; 4 * usize::from(dimensions)];
        let header_length = 4 + header.len() as u64;
        let truncated = |input: &Unpacked, found, expected| TaskError::Truncated {
            file: input.file().to_owned(),
            found,
            expected,
        };
        if found < 4 {
            return Err(truncated(input, found, 4));
        }
        let found = 4 + input.fill(&mut header)? as u64;
        if found < header_length {
            return Err(truncated(input, found, header_length));
        }
        let sizes: Vec<u64> = header
            .chunks_exact(4)
            .map(|four| u64::from(u32::from_be_bytes([four[0], four[1], four[2], four[3]])))
            .collect();
        let product = sizes.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
        let Some(length) = product.filter(|product| (1..=LIMIT).contains(product)) else {
            return Err(TaskError::Dimensions {
                file: input.file().to_owned(),
                found: shown(&sizes),
                expected: format!("none of them 0, and a product of at most {LIMIT}"),
            });
        };
        let sizes: Vec<usize> = sizes.into_iter().map(|size| size as usize).collect();
        check(&sizes)?;
        let bytes = input.take(length + 1)?;
        match (bytes.len() as u64).cmp(&length) {
            std::cmp::Ordering::Less => {
                Err(truncated(input, header_length + bytes.len() as u64, header_length + length))
            }
            std::cmp::Ordering::Greater => {
                Err(TaskError::Overlong { file: input.file().to_owned(), expected: header_length + length })
            }
            std::cmp::Ordering::Equal => Ok(Self { sizes, bytes }),
        }
    }

    /// The sizes, slowest dimension first: `[60000, 28, 28]`.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// The bytes, the last dimension fastest.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The file's header.
    pub(crate) fn header(&self) -> Vec<u8> {
        let sizes = self.sizes.iter().flat_map(|&size| (size as u32).to_be_bytes());
        [0, 0, 8, self.sizes.len() as u8].into_iter().chain(sizes).collect()
    }

    /// The whole file, not gzipped.
    pub fn encode(&self) -> Vec<u8> {
        let mut file = self.header();
        file.extend_from_slice(&self.bytes);
        file
    }

    /// The BLAKE3 hash of the whole file, not gzipped, in hexadecimal digits.
    pub fn digest(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.header()).update(&self.bytes);
        hasher.finalize().to_hex().to_string()
    }
}

/// Sizes as a message shows them.
pub(crate) fn shown<T: ToString>(sizes: &[T]) -> String {
    sizes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" x ")
}

#[cfg(test)]
mod tests {
    use super::Idx;
    use crate::TaskError;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use std::io::Write;
    use std::path::Path;

    fn small() -> Idx {
        Idx::new(vec![3, 2, 2], (0..12).collect()).unwrap()
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn decode(bytes: &[u8]) -> Result<Idx, TaskError> {
        Idx::decode(bytes, Path::new("file"))
    }

    #[test]
    fn plain_and_gzipped_round_trip() {
        let idx = small();
        assert_eq!(decode(&idx.encode()).unwrap(), idx);
        assert_eq!(decode(&gzipped(&idx.encode())).unwrap(), idx);
        assert_eq!(idx.digest(), blake3::hash(&idx.encode()).to_hex().to_string());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("images");
        std::fs::write(&path, idx.encode()).unwrap();
        assert_eq!(Idx::read(&path).unwrap(), idx);
        assert!(matches!(Idx::read(folder.path()), Err(TaskError::NotAFile { .. })));
        assert!(matches!(Idx::read(&folder.path().join("none")), Err(TaskError::Io { .. })));
        assert_eq!(Idx::new(vec![3, 2], vec![0; 5]), None);
        assert_eq!(Idx::new(vec![], vec![0]), None);
    }

    #[test]
    fn every_truncation_is_an_error() {
        let plain = small().encode();
        for length in 0..plain.len() {
            let Err(TaskError::Truncated { found, expected, .. }) = decode(&plain[..length]) else {
                panic!("{length} bytes accepted")
            };
            assert!(found == length as u64 && expected > found, "{found} of {expected}");
        }
        let zipped = gzipped(&plain);
        for length in 0..zipped.len() {
            let error = decode(&zipped[..length]).unwrap_err();
            assert!(
                matches!(error, TaskError::Gzip { .. })
                    || (length < 2 && matches!(error, TaskError::Truncated { .. })),
                "{length}: {error}"
            );
        }
    }

    #[test]
    fn trailing_bytes_are_an_error() {
        let mut plain = small().encode();
        plain.push(0);
        assert!(matches!(decode(&plain), Err(TaskError::Overlong { expected: 28, .. })));
        assert!(matches!(decode(&gzipped(&plain)), Err(TaskError::Overlong { .. })));
        let mut zipped = gzipped(&small().encode());
        zipped.extend(b"trailer");
        assert!(matches!(decode(&zipped), Err(TaskError::Gzip { .. })));
    }

    // The published formats of other element types (floats: 0d) and of other files.
    #[test]
    fn other_magic_numbers_are_an_error() {
        for bad in [[0, 0, 0x0d, 3], [0, 0, 8, 0], [0, 0, 8, 5], [0, 0, 8, 255], [0x89, b'P', b'N', b'G']] {
            let mut bytes = small().encode();
            bytes[..4].copy_from_slice(&bad);
            let Err(TaskError::Magic { found, .. }) = decode(&bytes) else { panic!("{bad:?} accepted") };
            assert_eq!(found, bad);
        }
    }

    #[test]
    fn absurd_sizes_are_an_error_before_anything_is_read() {
        for sizes in [[1 << 31, 28, 28], [u32::MAX; 3], [0, 28, 28], [60_000, 0, 28], [1 << 30, 2, 1]] {
            let mut bytes = vec![0, 0, 8, 3];
            bytes.extend(sizes.iter().flat_map(|size: &u32| size.to_be_bytes()));
            bytes.extend([0; 100]);
            assert!(matches!(decode(&bytes), Err(TaskError::Dimensions { .. })), "{sizes:?}");
            assert!(matches!(decode(&gzipped(&bytes)), Err(TaskError::Dimensions { .. })), "{sizes:?}");
        }
        // Within the cap but not there: the promise costs nothing.
        let mut bytes = vec![0, 0, 8, 1];
        bytes.extend((1_u32 << 30).to_be_bytes());
        assert!(matches!(decode(&bytes), Err(TaskError::Truncated { found: 8, .. })));
    }

    #[test]
    fn a_thousand_flipped_bits() {
        let plain = small().encode();
        let zipped = gzipped(&plain);
        let mut stream = duet_random::Key::new(1).stream("flips", 0);
        for _ in 0..1000 {
            for whole in [&plain, &zipped] {
                let mut bytes = whole.clone();
                let bit = stream.below(8 * bytes.len() as u64) as usize;
                bytes[bit / 8] ^= 1 << (bit % 8);
                // A plain pixel may change unseen; everything else must be found or harmless.
                if let Ok(read) = decode(&bytes) {
                    assert_eq!(read.sizes().iter().product::<usize>(), read.bytes().len());
                    assert!(whole == &plain || read == small(), "a damaged gzip stream passed");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
            let _ = decode(&gzipped(&bytes));
            let mut bytes = bytes;
            bytes.splice(0..bytes.len().min(3), [0, 0, 8]);
            if let Ok(idx) = decode(&bytes) {
                prop_assert_eq!(idx.encode(), bytes);
            }
        }
    }
}
