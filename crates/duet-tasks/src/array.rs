//! NumPy arrays, out of `.npy` files and `.npz` archives.

use crate::idx::shown;
use crate::labelled::Numbers;
use crate::unpack::{LIMIT, Unpacked};
use crate::{TaskError, zip};
use duet_record::npy::Header;
use std::path::Path;

/// NumPy writes headers of 128 bytes; arrays of records, which are of no use here, have longer ones.
const HEADER_LIMIT: usize = 1 << 16;

/// How many numbers are turned at a time.
const AT_ONCE: usize = 1 << 13;

/// Numbers in rows and columns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Array {
    /// The size along each axis, slowest first.
    pub(crate) shape: Vec<usize>,
    /// The numbers, the last axis fastest.
    pub(crate) numbers: Numbers,
}

impl Array {
    /// Reads the array `name` of an archive.
    pub(crate) fn from_archive(archive: &Path, name: &str) -> Result<Self, TaskError> {
        let mut entry = zip::open(archive, &format!("{name}.npy"))?;
        let array = Self::read(&mut entry.input)?;
        entry.finish()?;
        Ok(array)
    }

    /// Reads a file, plain or gzipped.
    pub(crate) fn from_file(file: &Path) -> Result<Self, TaskError> {
        Self::read(&mut Unpacked::open(file)?)
    }

    /// Reads to the end. Memory grows with the numbers that arrive, never with what the header promises.
    fn read(input: &mut Unpacked) -> Result<Self, TaskError> {
        let file = input.file().to_owned();
        let wrong = |found: String, expected: &str| TaskError::Contents {
            file: file.clone(),
            found,
            expected: expected.to_owned(),
        };
        let npy = "an array that numpy.save wrote";
        let mut start = input.take(12)?;
        let announced = Header::announced(&start).map_err(|words| wrong(words, npy))?;
        if announced > HEADER_LIMIT {
            return Err(wrong(format!("a header of {announced} bytes"), npy));
        }
        start.extend(input.take(announced.saturating_sub(start.len()) as u64)?);
        // A header shorter than what has been read is none that NumPy writes: it is filled up to 64 bytes.
        if announced < start.len() {
            return Err(wrong(format!("a header of {announced} bytes"), npy));
        }
        let header = Header::read(&start).map_err(|words| wrong(words, npy))?;
        let Some(kind) = Kind::of(&header.descr) else {
            let found = format!("numbers of type {}", header.descr.escape_debug());
            return Err(wrong(found, "|b1, |i1, |u1, <i2, <u2, <i4, <u4, <i8, <u8, <f4 or <f8"));
        };
        let count = header.shape.iter().try_fold(1_u64, |product, &size| product.checked_mul(size));
        let bytes = count.and_then(|count| count.checked_mul(kind.size as u64));
        let Some(length) = bytes.filter(|bytes| (1..=LIMIT).contains(bytes) && header.shape.len() <= 8)
        else {
            return Err(TaskError::Dimensions {
                file,
                found: shown(&header.shape),
                expected: format!("at most 8, none of them 0, and at most {LIMIT} bytes in all"),
            });
        };
        let numbers = kind.numbers(input, length, header.length as u64)?;
        let shape: Vec<usize> = header.shape.iter().map(|&size| size as usize).collect();
        let numbers = if header.fortran_order { last_axis_fastest(&shape, &numbers) } else { numbers };
        Ok(Self { shape, numbers })
    }
}

/// A type of number.
struct Kind {
    size: usize,
    /// How it is kept, and how it is read.
    decode: Decode,
}

enum Decode {
    Byte,
    Single(fn(&[u8]) -> f32),
    Double(fn(&[u8]) -> f64),
}

/// The first bytes as an array; the slice is as long as the type.
fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    first.copy_from_slice(&bytes[..N]);
    first
}

impl Kind {
    fn of(descr: &str) -> Option<Self> {
        let (size, decode) = match descr {
            "|u1" | "<u1" => (1, Decode::Byte),
            "|b1" => (1, Decode::Single(|b| f32::from(u8::from(b[0] != 0)))),
            "|i1" | "<i1" => (1, Decode::Single(|b| f32::from(i8::from_le_bytes(first(b))))),
            "<i2" => (2, Decode::Single(|b| f32::from(i16::from_le_bytes(first(b))))),
            "<u2" => (2, Decode::Single(|b| f32::from(u16::from_le_bytes(first(b))))),
            "<i4" => (4, Decode::Double(|b| f64::from(i32::from_le_bytes(first(b))))),
            "<u4" => (4, Decode::Double(|b| f64::from(u32::from_le_bytes(first(b))))),
            // Beyond 2^53 neighbours become one; as inputs and labels they are no worse.
            "<i8" => (8, Decode::Double(|b| i64::from_le_bytes(first(b)) as f64)),
            "<u8" => (8, Decode::Double(|b| u64::from_le_bytes(first(b)) as f64)),
            "<f4" => (4, Decode::Single(|b| f32::from_le_bytes(first(b)))),
            "<f8" => (8, Decode::Double(|b| f64::from_le_bytes(first(b)))),
            _ => return None,
        };
        Some(Self { size, decode })
    }

    /// Exactly `length` bytes to the end of the input as numbers, all finite.
    fn numbers(&self, input: &mut Unpacked, length: u64, header: u64) -> Result<Numbers, TaskError> {
        let mut numbers = match self.decode {
            Decode::Byte => Numbers::Bytes(Vec::new()),
            Decode::Single(_) => Numbers::Singles(Vec::new()),
            Decode::Double(_) => Numbers::Doubles(Vec::new()),
        };
        let (file, expected) = (input.file().to_owned(), header + length);
        let mut read = 0;
        while read < length {
            let bytes = input.take((length - read).min((AT_ONCE * self.size) as u64))?;
            if bytes.is_empty() || !bytes.len().is_multiple_of(self.size) {
                let found = header + read + bytes.len() as u64;
                return Err(TaskError::Truncated { file, found, expected });
            }
            let before = read / self.size as u64;
            read += bytes.len() as u64;
            let finite = match (&self.decode, &mut numbers) {
                (Decode::Single(decode), Numbers::Singles(all)) => {
                    all.extend(bytes.chunks_exact(self.size).map(decode));
                    all[before as usize..].iter().position(|number| !number.is_finite())
                }
                (Decode::Double(decode), Numbers::Doubles(all)) => {
                    all.extend(bytes.chunks_exact(self.size).map(decode));
                    all[before as usize..].iter().position(|number| !number.is_finite())
                }
                (_, Numbers::Bytes(all)) => {
                    all.extend(bytes);
                    None
                }
                _ => None,
            };
            if let Some(at) = finite {
                let found = format!("NaN or infinity at index {}", before + at as u64);
                return Err(TaskError::Contents { file, found, expected: "finite numbers".to_owned() });
            }
        }
        if input.skip(1)? > 0 {
            return Err(TaskError::Overlong { file, expected });
        }
        Ok(numbers)
    }
}

/// The numbers of an array whose first axis is the fastest, with the last axis fastest.
fn last_axis_fastest(shape: &[usize], numbers: &Numbers) -> Numbers {
    match numbers {
        Numbers::Bytes(values) => Numbers::Bytes(transposed(shape, values)),
        Numbers::Singles(values) => Numbers::Singles(transposed(shape, values)),
        Numbers::Doubles(values) => Numbers::Doubles(transposed(shape, values)),
    }
}

fn transposed<T: Copy>(shape: &[usize], values: &[T]) -> Vec<T> {
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    // Counts as an odometer does, the last axis fastest, and keeps the place that this means in the file.
    let mut index = vec![0; shape.len()];
    let mut place = 0;
    let mut next = || {
        let value = values[place];
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            place += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            place -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
        value
    };
    values.iter().map(|_| next()).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::Array;
    use crate::TaskError;
    use crate::labelled::Numbers;
    use crate::unpack::Unpacked;
    use proptest::prelude::*;
    use std::path::Path;

    /// A file with this header entry for the type, order and shape.
    pub(crate) fn npy(descr: &str, fortran: bool, shape: &str, numbers: &[u8]) -> Vec<u8> {
        let order = if fortran { "True" } else { "False" };
        let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
        header.push_str(&" ".repeat((header.len() + 11).next_multiple_of(64) - header.len() - 11));
        header.push('\n');
        let length = header.len() as u16;
        [&b"\x93NUMPY\x01\x00"[..], &length.to_le_bytes(), header.as_bytes(), numbers].concat()
    }

    fn read(bytes: &[u8]) -> Result<Array, TaskError> {
        Array::read(&mut Unpacked::new(bytes, Path::new("a.npy"))?)
    }

    #[test]
    fn every_type_is_read() {
        let doubles = |numbers: &[f64]| Numbers::Doubles(numbers.to_vec());
        let singles = |numbers: &[f32]| Numbers::Singles(numbers.to_vec());
        for (descr, bytes, numbers) in [
            ("|u1", vec![1, 255], Numbers::Bytes(vec![1, 255])),
            ("|b1", vec![0, 1], singles(&[0.0, 1.0])),
            ("|i1", vec![0xff, 2], singles(&[-1.0, 2.0])),
            ("<i2", vec![0xfe, 0xff, 2, 1], singles(&[-2.0, 258.0])),
            ("<u2", vec![0xfe, 0xff, 2, 1], singles(&[65534.0, 258.0])),
            ("<i4", [(-3_i32).to_le_bytes(), 70_000_i32.to_le_bytes()].concat(), doubles(&[-3.0, 70_000.0])),
            ("<u4", [1_u32.to_le_bytes(), u32::MAX.to_le_bytes()].concat(), doubles(&[1.0, 4_294_967_295.0])),
            ("<i8", [(-3_i64).to_le_bytes(), 7_i64.to_le_bytes()].concat(), doubles(&[-3.0, 7.0])),
            ("<u8", [3_u64.to_le_bytes(), 7_u64.to_le_bytes()].concat(), doubles(&[3.0, 7.0])),
            ("<f4", [0.1_f32.to_le_bytes(), (-2.0_f32).to_le_bytes()].concat(), singles(&[0.1, -2.0])),
            ("<f8", [0.1_f64.to_le_bytes(), 1e300_f64.to_le_bytes()].concat(), doubles(&[0.1, 1e300])),
        ] {
            let array = read(&npy(descr, false, "(2,)", &bytes)).unwrap();
            assert_eq!(array, Array { shape: vec![2], numbers }, "{descr}");
        }
        for other in [">f8", "<f2", "<c8", "<U5", "|O", "|V3", "[('a', '<f8')]"] {
            let error = read(&npy(other, false, "(2,)", &[0; 16])).unwrap_err();
            assert!(matches!(error, TaskError::Contents { .. }), "{error}");
        }
    }

    // NumPy 2.4.6: np.asfortranarray(np.arange(24, dtype='u1').reshape(2, 3, 4)).tobytes('F').
    #[test]
    fn columns_first_becomes_rows_first() {
        let by_columns =
            [0, 12, 4, 16, 8, 20, 1, 13, 5, 17, 9, 21, 2, 14, 6, 18, 10, 22, 3, 15, 7, 19, 11, 23];
        let array = read(&npy("|u1", true, "(2, 3, 4)", &by_columns)).unwrap();
        assert_eq!(array.numbers, Numbers::Bytes((0..24).collect()));
        let plain = read(&npy("|u1", false, "(2, 3, 4)", &by_columns)).unwrap();
        assert_eq!(plain.numbers, Numbers::Bytes(by_columns.to_vec()));
    }

    #[test]
    fn lengths_and_headers_are_held_against_the_bytes() {
        let good = npy("<f4", false, "(3, 2)", &[0; 24]);
        for length in 0..good.len() {
            assert!(read(&good[..length]).is_err(), "{length}");
        }
        assert!(matches!(read(&good[..good.len() - 1]), Err(TaskError::Truncated { expected: 152, .. })));
        assert!(matches!(read(&[good.clone(), vec![0]].concat()), Err(TaskError::Overlong { .. })));
        for shape in [
            "(4294967296, 4294967296)",
            "(0, 2)",
            "()",
            "(1073741824, 2)",
            "(1,1,1,1,1,1,1,1,24)",
            "(-1,)",
            "6",
        ] {
            let refused = read(&npy("<f4", false, shape, &[0; 20])).is_err();
            assert!(refused, "{shape}");
        }
        // Within the limit but not there: the promise costs nothing.
        let promised = read(&npy("|u1", false, "(1073741824,)", &[0; 20])).unwrap_err();
        assert!(matches!(promised, TaskError::Truncated { .. }), "{promised}");
        let mut long = b"\x93NUMPY\x02\x00\xff\xff\xff\xff".to_vec();
        long.extend([b' '; 100]);
        assert!(read(&long).unwrap_err().to_string().contains("a header of"));
        for bad in [f64::NAN, f64::INFINITY] {
            let error = read(&npy("<f8", false, "(2,)", &[1_f64.to_le_bytes(), bad.to_le_bytes()].concat()));
            assert!(error.unwrap_err().to_string().contains("at index 1"));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(noise in prop::collection::vec(any::<u8>(), 1..60), at in any::<prop::sample::Index>()) {
            let _ = read(&noise);
            let mut bytes = npy("<i4", true, "(3, 2)", &[1; 24]);
            let at = at.index(bytes.len());
            for (byte, noise) in bytes[at..].iter_mut().zip(&noise) {
                *byte = *noise;
            }
            if let Ok(array) = read(&bytes) {
                prop_assert_eq!(array.numbers.iter().count(), array.shape.iter().product::<usize>());
            }
        }
    }
}
