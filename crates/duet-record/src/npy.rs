//! The `.npy` format: magic, version, a header in Python's words, numbers. Any header is read; of the numbers, a matrix
//! or a list of doubles.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. Written by hand because the
//! crates that read it bring a parser generator along, and a C compiler with it.

const MAGIC: &[u8] = b"\x93NUMPY";

/// A matrix as it lies in the file.
#[derive(Debug, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// Whether one column (not one row) is contiguous.
    pub(crate) column_major: bool,
    pub(crate) values: Vec<f64>,
}

/// Version 1.0, little-endian doubles, column-major; the numbers begin at a multiple of 64 bytes.
pub(crate) fn write(rows: usize, columns: usize, values: &[f64]) -> Vec<u8> {
    let mut bytes = header("<f8", true, &[rows, columns]);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// A list of doubles: one axis.
pub(crate) fn write_list(values: &[f64]) -> Vec<u8> {
    let mut bytes = header("<f8", false, &[values.len()]);
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// Everything before the numbers, whose type is `descr` ("<f8", "<f4").
pub(crate) fn header(descr: &str, column_major: bool, shape: &[usize]) -> Vec<u8> {
    let order = if column_major { "True" } else { "False" };
    let axes: Vec<String> = shape.iter().map(usize::to_string).collect();
    // Python writes a tuple of one with a comma.
    let axes = if axes.len() == 1 { format!("{},", axes[0]) } else { axes.join(", ") };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': ({axes}), }}");
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    // A handful of numbers of at most 20 digits keeps the header far below 65,536 bytes.
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes
}

/// What the header of a `.npy` file says. None of it has been held against the numbers yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The type of a number, as NumPy writes it: `<f8`.
    pub descr: String,
    /// Whether the first axis is the fastest.
    pub fortran_order: bool,
    /// The size along each axis.
    pub shape: Vec<u64>,
    /// How many bytes stand before the numbers.
    pub length: usize,
}

impl Header {
    /// How many bytes the whole header has, from the first twelve bytes of the file.
    ///
    /// # Errors
    /// A sentence if these are not the beginning of a `.npy` file.
    pub fn announced(start: &[u8]) -> Result<usize, String> {
        let rest =
            start.strip_prefix(MAGIC).ok_or("not a .npy file: the first six bytes are not its magic")?;
        match rest {
            [1, _, a, b, ..] => Ok(MAGIC.len() + 4 + usize::from(u16::from_le_bytes([*a, *b]))),
            [2 | 3, _, a, b, c, d, ..] => {
                Ok((MAGIC.len() + 6).saturating_add(u32::from_le_bytes([*a, *b, *c, *d]) as usize))
            }
            [version, ..] if !(1..=3).contains(version) => {
                Err(format!("version {version} of the .npy format, where 1 to 3 are known"))
            }
            _ => Err(format!("cut short inside the header, at {} bytes", start.len())),
        }
    }

    /// Reads the header at the beginning of a file.
    ///
    /// # Errors
    /// A sentence if there is none.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let length = Self::announced(bytes)?;
        let text =
            bytes.get(..length).ok_or(format!("cut short inside the header, at {} bytes", bytes.len()))?;
        let text = &text[MAGIC.len() + if bytes[MAGIC.len()] == 1 { 4 } else { 6 }..];
        let text = std::str::from_utf8(text).map_err(|_| "the header is not text")?;
        let fortran_order = match field(text, "fortran_order")? {
            "True" => true,
            "False" => false,
            other => return Err(format!("fortran_order is {other}, neither True nor False")),
        };
        let descr = field(text, "descr")?.trim_matches(['\'', '"']).to_owned();
        Ok(Self { descr, fortran_order, shape: shape(field(text, "shape")?)?, length })
    }
}

/// Reads a matrix. Every announced size is held against the bytes there are before anything is made of it.
pub(crate) fn read(bytes: &[u8]) -> Result<Matrix, String> {
    let header = Header::read(bytes)?;
    if header.descr != "<f8" {
        return Err(format!("numbers of type {}, where '<f8' is due", header.descr));
    }
    let &[rows, columns] = header.shape.as_slice() else {
        return Err(format!("{} axes, where a weight matrix has 2", header.shape.len()));
    };
    let data = &bytes[header.length..];
    if rows.checked_mul(columns).and_then(|n| n.checked_mul(8)) != Some(data.len() as u64) {
        return Err(format!("{rows} x {columns} doubles announced, {} bytes found", data.len()));
    }
    let (rows, columns) = (rows as usize, columns as usize);
    Ok(Matrix { rows, columns, column_major: header.fortran_order, values: doubles(data) })
}

/// Reads a list of doubles, as carefully.
pub(crate) fn read_list(bytes: &[u8]) -> Result<Vec<f64>, String> {
    let header = Header::read(bytes)?;
    if header.descr != "<f8" {
        return Err(format!("numbers of type {}, where '<f8' is due", header.descr));
    }
    let &[length] = header.shape.as_slice() else {
        return Err(format!("{} axes, where a list has 1", header.shape.len()));
    };
    let data = &bytes[header.length..];
    if length.checked_mul(8) != Some(data.len() as u64) {
        return Err(format!("{length} doubles announced, {} bytes found", data.len()));
    }
    Ok(doubles(data))
}

fn doubles(data: &[u8]) -> Vec<f64> {
    let (numbers, _) = data.as_chunks::<8>();
    numbers.iter().map(|number| f64::from_le_bytes(*number)).collect()
}

/// What stands after `'name':` in a Python dictionary, up to the next comma outside parentheses.
fn field<'a>(header: &'a str, name: &str) -> Result<&'a str, String> {
    let missing = || format!("the header has no `{name}`");
    let at = header.find(&format!("'{name}'")).ok_or_else(missing)?;
    let value =
        header[at + name.len() + 2..].trim_start().strip_prefix(':').ok_or_else(missing)?.trim_start();
    let end = if value.starts_with('(') { value.find(')').map(|at| at + 1) } else { value.find([',', '}']) };
    Ok(value[..end.ok_or_else(missing)?].trim())
}

fn shape(text: &str) -> Result<Vec<u64>, String> {
    let inner = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')).unwrap_or(text);
    let axes = inner.split(',').map(str::trim).filter(|axis| !axis.is_empty());
    axes.map(|axis| axis.parse().map_err(|_| format!("the shape {text} is not made of whole numbers")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What NumPy 2 writes for `[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]` held by rows ("False") or by columns ("True").
    fn from_numpy(fortran_order: &str, values: [f64; 6]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00v\x00".to_vec();
        bytes.extend(
            format!("{{'descr': '<f8', 'fortran_order': {fortran_order}, 'shape': (2, 3), }}").bytes(),
        );
        bytes.resize(127, b' ');
        bytes.push(b'\n');
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        bytes
    }

    #[test]
    fn numpy_s_own_bytes_are_read_and_written() {
        let by_rows = read(&from_numpy("False", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])).unwrap();
        assert_eq!((by_rows.rows, by_rows.columns, by_rows.column_major), (2, 3, false));
        assert_eq!(by_rows.values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let columns = [1.0, 4.0, 2.0, 5.0, 3.0, 6.0];
        assert_eq!(write(2, 3, &columns), from_numpy("True", columns));
    }

    #[test]
    fn lists_have_one_axis() {
        let list = write_list(&[0.5, -1.0]);
        assert!(list.windows(13).any(|part| part == b"'shape': (2,)") && list.len() == 128 + 16);
        assert_eq!(read_list(&list).unwrap(), [0.5, -1.0]);
        assert!(read(&list).unwrap_err().contains("1 axes") && read_list(&write(1, 1, &[2.0])).is_err());
        for length in 0..list.len() {
            assert!(read_list(&list[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn every_truncation_is_an_error_and_no_flipped_header_bit_panics() {
        let bytes = from_numpy("False", [1.0; 6]);
        for length in 0..bytes.len() {
            assert!(read(&bytes[..length]).is_err(), "{length}");
        }
        for bit in 0..8 * 128 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // A flip may turn one legal header into another; it must never panic or ask for memory.
            let _ = read(&flipped);
        }
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused_before_anything_is_made_of_them() {
        let with = |shape: &str| {
            let text = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
            let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
            bytes.extend((text.len() as u16).to_le_bytes());
            bytes.extend(text.as_bytes());
            bytes.extend([0; 16]);
            read(&bytes)
        };
        assert!(with("(1, 2)").is_ok());
        for (shape, words) in [
            ("(9, 9)", "9 x 9 doubles announced, 16 bytes found"),
            ("(4294967296, 4294967296)", "announced"),
            ("(2,)", "1 axes"),
            ("(-1, 2)", "not made of whole numbers"),
            ("(1, 2, 1)", "3 axes"),
        ] {
            let error = with(shape).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
