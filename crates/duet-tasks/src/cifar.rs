//! The binary format of CIFAR-10: records of a label and a picture, one after the other, and nothing else.
//!
//! ```text
//! LL           the label, 0 to 9
//! RR (x 1024)  red, row after row of 32
//! GG (x 1024)  green
//! BB (x 1024)  blue
//! ```

use crate::known::Published;
use crate::unpack::Unpacked;
use crate::{Pixels, Split, TaskError};
use std::path::{Path, PathBuf};

/// The shape of a picture: red, green, blue; rows; columns.
pub(crate) const SHAPE: [usize; 3] = [3, 32, 32];

/// The pixels of one colour.
pub(crate) const PLANE: usize = 32 * 32;

/// The numbers of a picture.
pub(crate) const PICTURE: usize = 3 * PLANE;

/// The bytes of a record.
pub(crate) const RECORD: usize = 1 + PICTURE;

/// The number of classes.
const CLASSES: u8 = 10;

/// Reads the published files; the last is the test part. Files that a small `train` does not reach are not read.
pub(crate) fn load(
    files: &[PathBuf],
    published: &[Published],
    (train, test): (Option<usize>, Option<usize>),
) -> Result<(Split, Split), TaskError> {
    let last = published.len() - 1;
    let part = |which: std::ops::Range<usize>, use_only: Option<usize>| {
        let all = published[which.clone()].iter().map(|file| file.sizes[0]).sum::<usize>();
        let mut missing = use_only.unwrap_or(all);
        let mut labels = Vec::with_capacity(missing.min(all));
        let mut bytes = Vec::with_capacity(missing.min(all) * PICTURE);
        for i in which {
            if missing > 0 {
                let records = read(&files[i], &published[i])?;
                let used = missing.min(records.len() / RECORD);
                append(&files[i], &records[..used * RECORD], &mut labels, &mut bytes)?;
                missing -= used;
            }
        }
        Ok(Split::of_classes(Pixels::from_u8(PICTURE, bytes, 1.0 / 255.0), labels))
    };
    Ok((part(0..last, train)?, part(last..last + 1, test)?))
}

/// A file with the published length and hash.
fn read(file: &Path, published: &Published) -> Result<Vec<u8>, TaskError> {
    let expected = published.length();
    let bytes = Unpacked::open(file)?.take(expected + 1)?;
    let found = bytes.len() as u64;
    if found < expected {
        return Err(TaskError::Truncated { file: file.to_owned(), found, expected });
    }
    if found > expected {
        return Err(TaskError::Overlong { file: file.to_owned(), expected });
    }
    let found = blake3::hash(&bytes).to_hex().to_string();
    if found != published.digest {
        let expected = published.digest.to_owned();
        return Err(TaskError::Checksum { file: file.to_owned(), found, expected });
    }
    Ok(bytes)
}

/// Takes records apart into labels and pixels.
fn append(file: &Path, records: &[u8], labels: &mut Vec<u32>, pixels: &mut Vec<u8>) -> Result<(), TaskError> {
    for (index, record) in records.chunks_exact(RECORD).enumerate() {
        let found = record[0];
        if found >= CLASSES {
            let classes = usize::from(CLASSES);
            return Err(TaskError::Label { file: file.to_owned(), index, found, classes });
        }
        labels.push(u32::from(found));
        pixels.extend_from_slice(&record[1..]);
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{PICTURE, PLANE, RECORD, load};
    use crate::TaskError;
    use crate::known::Published;
    use std::fs;
    use std::path::PathBuf;

    /// A batch whose pixels count up, each colour from another start.
    pub(crate) fn batch(labels: &[u8]) -> Vec<u8> {
        let picture = |i: usize| (0..PICTURE).map(move |p| (i * 7 + p / PLANE * 50 + p % PLANE) as u8);
        labels.iter().enumerate().flat_map(|(i, &label)| std::iter::once(label).chain(picture(i))).collect()
    }

    pub(crate) fn published(name: &'static str, images: usize, bytes: &[u8]) -> Published {
        Published {
            name,
            sizes: Box::leak(Box::new([images, RECORD])),
            header: 0,
            digest: Box::leak(blake3::hash(bytes).to_hex().to_string().into_boxed_str()),
            sprite: None,
        }
    }

    fn written(root: &tempfile::TempDir, batches: &[Vec<u8>]) -> (Vec<PathBuf>, Vec<Published>) {
        let names = ["one", "two", "test"];
        let files = names.map(|name| root.path().join(name));
        for (file, bytes) in files.iter().zip(batches) {
            fs::write(file, bytes).unwrap();
        }
        let of = |(name, bytes): (&'static str, &Vec<u8>)| published(name, bytes.len() / RECORD, bytes);
        (files.to_vec(), names.into_iter().zip(batches).map(of).collect())
    }

    #[test]
    fn pictures_come_out_channel_first_and_in_order() {
        let root = tempfile::tempdir().unwrap();
        let batches = [batch(&[3, 9]), batch(&[0, 1, 2]), batch(&[7, 7])];
        let (files, published) = written(&root, &batches);
        let (train, test) = load(&files, &published, (None, None)).unwrap();
        assert_eq!((train.labels(), test.labels()), (&[3, 9, 0, 1, 2][..], &[7, 7][..]));
        let second = train.pixels.example(1);
        assert_eq!(second[..2], [7.0 * (1.0 / 255.0), 8.0 * (1.0 / 255.0)]);
        assert_eq!([second[PLANE], second[2 * PLANE]], [57.0 * (1.0 / 255.0), 107.0 * (1.0 / 255.0)]);
        assert_eq!(train.pixels.example(2), train.pixels.example(0));

        // A small part needs the first file alone.
        fs::remove_file(&files[1]).unwrap();
        let (train, test) = load(&files, &published, (Some(2), Some(1))).unwrap();
        assert_eq!((train.labels(), test.labels()), (&[3, 9][..], &[7][..]));
        assert!(load(&files, &published, (Some(3), None)).is_err());
    }

    #[test]
    fn other_bytes_are_refused() {
        let root = tempfile::tempdir().unwrap();
        let good = batch(&[1, 2]);
        let (files, published) = written(&root, &[good.clone(), good.clone(), good.clone()]);
        let with = |bytes: &[u8]| {
            fs::write(&files[0], bytes).unwrap();
            load(&files, &published, (None, None)).unwrap_err()
        };
        assert!(matches!(with(&[]), TaskError::Truncated { found: 0, expected: 6146, .. }));
        assert!(matches!(with(&good[..6145]), TaskError::Truncated { found: 6145, .. }));
        assert!(matches!(with(&[good.clone(), vec![0]].concat()), TaskError::Overlong { .. }));
        for byte in (0..good.len()).step_by(97) {
            let mut flipped = good.clone();
            flipped[byte] ^= 1 << (byte % 8);
            assert!(matches!(with(&flipped), TaskError::Checksum { .. }), "byte {byte}");
        }
        // Published bytes with a label out of range: the hash alone does not save the reader.
        let wrong = batch(&[1, 10]);
        let (files, published) = written(&root, &[wrong, good.clone(), good]);
        let error = load(&files, &published, (None, None)).unwrap_err();
        assert!(matches!(error, TaskError::Label { index: 1, found: 10, .. }), "{error}");
    }
}
