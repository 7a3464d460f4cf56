//! Arrays as `.safetensors`: the length of a JSON header, the header, and the numbers.
//!
//! Format: <https://huggingface.co/docs/safetensors>, "Format". Written by hand: the crate of this name reads and maps
//! files, of which nothing is needed here.

use crate::{NamedArray, RecordError};
use serde_json::{Map, Value, json};

/// The file's bytes. `about` goes into its `__metadata__`; names and texts may be any.
///
/// # Errors
/// [`RecordError::TooLarge`] for a header beyond the 100 MB that readers accept.
pub fn to_safetensors(arrays: &[NamedArray], about: &[(&str, &str)]) -> Result<Vec<u8>, RecordError> {
    const LONGEST_HEADER: usize = 100_000_000;
    let about: Map<String, Value> = about.iter().map(|&(key, text)| (key.to_owned(), text.into())).collect();
    let mut header = Map::new();
    header.insert("__metadata__".to_owned(), Value::Object(about));
    let mut data: Vec<u8> = Vec::new();
    for array in arrays {
        let (single, bytes) = array.bytes();
        let offsets = [data.len(), data.len() + bytes.len()];
        let entry = json!({
            "dtype": if single { "F32" } else { "F64" },
            "shape": array.shape,
            "data_offsets": offsets,
        });
        header.insert(array.name.clone(), entry);
        data.extend(bytes);
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    // Spaces up to a multiple of 8, so that the numbers are aligned.
    header.resize(header.len().next_multiple_of(8), b' ');
    if header.len() > LONGEST_HEADER {
        let what = format!("a header of {} bytes", header.len());
        return Err(RecordError::TooLarge { format: "safetensors", what });
    }
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(data);
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_as_the_format_says() {
        let array = |name: &str, shape: &[usize], values: &[f64]| NamedArray {
            name: name.into(),
            shape: shape.to_vec(),
            values: values.to_vec(),
        };
        // Doubles first: each array begins where the one before it ends.
        let arrays = [array("b", &[1], &[0.1]), array("\"w\"\n", &[2, 1], &[1.5, -2.0])];
        let file = to_safetensors(&arrays, &[("side", "a \"b\"")]).unwrap();
        let length = u64::from_le_bytes(file[..8].try_into().unwrap()) as usize;
        assert!(length.is_multiple_of(8) && file[8] == b'{');
        let header: Value = serde_json::from_slice(&file[8..8 + length]).unwrap();
        assert_eq!(header["__metadata__"]["side"], "a \"b\"");
        assert_eq!(header["b"], json!({"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}));
        assert_eq!(header["\"w\"\n"], json!({"dtype": "F32", "shape": [2, 1], "data_offsets": [8, 16]}));
        let data = &file[8 + length..];
        assert_eq!(data.len(), 16);
        assert_eq!(data[..8], 0.1_f64.to_le_bytes());
        assert_eq!(data[8..], [1.5_f32.to_le_bytes(), (-2.0_f32).to_le_bytes()].concat());
    }
}
