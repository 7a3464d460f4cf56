//! The four IDX files of a data set: images and labels to learn from, images and labels to be tested on.

use crate::{Idx, Pixels, Split, TaskError, idx};
use std::path::{Path, PathBuf};

/// What the four files must hold.
pub(crate) struct FourFiles<'a> {
    /// Training images, training labels, test images, test labels.
    pub(crate) files: Vec<PathBuf>,
    /// The published sizes and hashes, in the same order, where they are known.
    pub(crate) published: Option<[(&'a [usize], &'a str); 4]>,
    /// The number of classes.
    pub(crate) classes: usize,
    /// How many training examples to use; the first ones of the file.
    pub(crate) train: Option<usize>,
    /// How many test examples to use.
    pub(crate) test: Option<usize>,
}

impl FourFiles<'_> {
    /// Reads and checks all four. Returns the shape of one image, the training part and the test part.
    pub(crate) fn load(&self) -> Result<(Vec<usize>, Split, Split), TaskError> {
        let (shape, train) = self.split(0, "train", self.train)?;
        let (test_shape, test) = self.split(2, "test", self.test)?;
        if shape != test_shape {
            return Err(TaskError::Dimensions {
                file: self.files[2].clone(),
                found: format!("N x {}", idx::shown(&test_shape)),
                expected: format!("N x {}, as in {}", idx::shown(&shape), self.files[0].display()),
            });
        }
        Ok((shape, train, test))
    }

    fn split(
        &self,
        first: usize,
        split: &'static str,
        use_only: Option<usize>,
    ) -> Result<(Vec<usize>, Split), TaskError> {
        let (images_file, labels_file) = (&self.files[first], &self.files[first + 1]);
        // Labels first: they are small, and most mistakes show there.
        let labels = self.read(first + 1, |sizes| match sizes {
            [_] => Ok(()),
            _ => Err(wrong_sizes(labels_file, sizes, "one dimension, for labels")),
        })?;
        let labels = labels.into_bytes();
        if let Some(index) = labels.iter().position(|&label| usize::from(label) >= self.classes) {
            let found = labels[index];
            return Err(TaskError::Label { file: labels_file.clone(), index, found, classes: self.classes });
        }
        let images = self.read(first, |sizes| match sizes {
            [] | [_] => Err(wrong_sizes(images_file, sizes, "two dimensions or more, for images")),
            [examples, ..] if *examples != labels.len() => Err(TaskError::Count {
                file: labels_file.clone(),
                images: images_file.clone(),
                found: labels.len(),
                expected: *examples,
            }),
            _ => Ok(()),
        })?;
        let used = use_only.unwrap_or(labels.len());
        if used > labels.len() {
            let file = images_file.clone();
            return Err(TaskError::TooFew { split, asked: used, available: labels.len(), file });
        }
        let shape = images.sizes()[1..].to_vec();
        let features = shape.iter().product::<usize>();
        let mut bytes = images.into_bytes();
        bytes.truncate(used * features);
        bytes.shrink_to_fit();
        let labels = labels[..used].iter().map(|&label| u32::from(label)).collect();
        Ok((shape, Split::of_classes(Pixels::from_u8(features, bytes, 1.0 / 255.0), labels)))
    }

    /// Reads one file whose sizes are those published, if there are any, and pass `check`.
    fn read(
        &self,
        which: usize,
        check: impl FnOnce(&[usize]) -> Result<(), TaskError>,
    ) -> Result<Idx, TaskError> {
        let file = &self.files[which];
        let published = self.published.map(|published| published[which]);
        let read = Idx::read_if(file, |found| match published {
            Some((sizes, _)) if found != sizes => Err(wrong_sizes(file, found, &idx::shown(sizes))),
            _ => check(found),
        })?;
        let Some((_, digest)) = published else { return Ok(read) };
        let found = read.digest();
        if found != digest {
            return Err(TaskError::Checksum { file: file.clone(), found, expected: digest.to_owned() });
        }
        Ok(read)
    }
}

fn wrong_sizes(file: &Path, found: &[usize], expected: &str) -> TaskError {
    TaskError::Dimensions { file: file.to_owned(), found: idx::shown(found), expected: expected.to_owned() }
}
