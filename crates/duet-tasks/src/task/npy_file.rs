//! Arrays of one's own.

use super::Source;
use crate::array::Array;
use crate::idx::shown;
use crate::labelled::{Labelled, Numbers, credit};
use crate::{Dataset, Places, TaskError};
use duet_random::Key;
use duet_units::{Range, parameters};
use std::path::PathBuf;

parameters! {
    /// Arrays of your own, as NumPy saves them: images or measurements, and a label for each.
    ///
    /// # Behaviour
    /// With `file`, an `.npz` archive (`numpy.savez`, compressed or not), `images` and `labels` are names of arrays in it.
    /// Without, they are `.npy` files of their own (`numpy.save`); `.npy` may be left out. The first axis of `images` counts
    /// examples, the others are the shape of one: `(500, 28, 28)` holds 500 pictures, `(500, 4)` as many rows of four
    /// measurements. `labels` has one whole number for each example; the different ones become classes, by size.
    ///
    /// Unsigned bytes 0 to 255 become values from 0 to 1 and stay bytes in memory. All other numbers (booleans, integers of
    /// 8 to 64 bits, floats of 32 and 64 bits, little-endian) are brought to [0, 1] by the smallest and largest value *in
    /// the training part*: of each feature if an example has one axis, of all pixels together if it has more. Values of
    /// the test part beyond are clipped. Arrays in Fortran order are turned. NaN and infinity are refused.
    ///
    /// Without `test_images` the test part is drawn from the scenario's seed: `test_share` of every class, so that each
    /// seed learns from other examples. Files are looked for beside the scenario, then in the data folders.
    ///
    /// # References
    /// - NumPy enhancement proposal 1 (2007). A simple file format for NumPy arrays.
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{Places, Task};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Scenario { task: Task }
    ///
    /// // What numpy.save writes for an array of bytes.
    /// fn npy(shape: &str, bytes: &[u8]) -> Vec<u8> {
    ///     let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}");
    ///     let header = format!("{header:117}\n");
    ///     [b"\x93NUMPY\x01\x00\x76\x00", header.as_bytes(), bytes].concat()
    /// }
    /// let folder = tempfile::tempdir().unwrap();
    /// std::fs::write(folder.path().join("x.npy"), npy("(4, 1, 2)", &[0, 255, 0, 255, 255, 0, 255, 0])).unwrap();
    /// std::fs::write(folder.path().join("y.npy"), npy("(4,)", &[3, 3, 8, 8])).unwrap();
    /// let text = "task.npy = { images = 'x.npy', labels = 'y.npy', test_share = 0.5 }";
    /// let scenario: Scenario = toml::from_str(text).unwrap();
    /// let places = Places { scenario: Some(folder.path().into()), ..Places::default() };
    /// let data = scenario.task.load(&Key::new(0), &places).unwrap();
    /// assert_eq!((data.shape, data.classes), (vec![1, 2], vec!["3".to_owned(), "8".to_owned()]));
    /// assert_eq!(data.train.pixels.example(0), [0.0, 1.0]);
    /// ```
    pub default struct NpyFile {
        /// An archive, relative to the scenario's folder or to a data folder; left out where each array is a file.
        pub file: Option<String> = None;
        /// The array of inputs: its name in the archive, or its file.
        pub images: String = "images".to_owned();
        /// The array of labels: its name in the archive, or its file.
        pub labels: String = "labels".to_owned();
        /// The inputs to be tested on.
        pub test_images: Option<String> = None;
        /// The labels to be tested on.
        pub test_labels: Option<String> = None;
        /// Which share of every class is for the test; 0.2 if there are no `test_images` either.
        pub test_share: Option<f64> = None, in Range { includes_low: false, includes_high: false, ..Range::UNIT };
    }
}

/// An array, and where it was found.
struct Found {
    place: PathBuf,
    array: Array,
}

/// Inputs and labels that fit together.
struct Examples {
    shape: Vec<usize>,
    numbers: Numbers,
    labels: Vec<String>,
    images_place: PathBuf,
    labels_place: PathBuf,
}

impl NpyFile {
    /// Both names of the test part, or none.
    fn test(&self) -> Result<Option<(&str, &str)>, TaskError> {
        let wrong = |setting, words: &str| Err(TaskError::Setting { setting, words: words.to_owned() });
        match (&self.test_images, &self.test_labels, self.test_share) {
            (None, None, _) => Ok(None),
            (Some(_), Some(_), Some(_)) => {
                wrong("npy.test_share", "there are test_images already; give one of the two")
            }
            (Some(images), Some(labels), None) => Ok(Some((images, labels))),
            (Some(_), None, _) => wrong("npy.test_images", "it needs test_labels beside it"),
            (None, Some(_), _) => wrong("npy.test_labels", "it needs test_images beside it"),
        }
    }

    /// The archive, or the file of an array.
    fn place(&self, name: &str, places: &Places) -> Result<PathBuf, TaskError> {
        match &self.file {
            Some(archive) => places.file("npy", archive),
            None => places.file("npy", &format!("{}.npy", plain(name))),
        }
    }

    /// All files, each once.
    fn files(&self, places: &Places) -> Result<Vec<PathBuf>, TaskError> {
        let test = self.test()?.into_iter().flat_map(|(images, labels)| [images, labels]);
        let names = [self.images.as_str(), &self.labels].into_iter().chain(test);
        let mut files = names.map(|name| self.place(name, places)).collect::<Result<Vec<_>, _>>()?;
        files.dedup();
        Ok(files)
    }

    fn array(&self, name: &str, places: &Places) -> Result<Found, TaskError> {
        let place = self.place(name, places)?;
        if self.file.is_some() {
            let array = Array::from_archive(&place, plain(name))?;
            return Ok(Found { place: place.join(plain(name)), array });
        }
        Ok(Found { array: Array::from_file(&place)?, place })
    }

    fn examples(&self, images: &str, labels: &str, places: &Places) -> Result<Examples, TaskError> {
        // Labels first: they are small, and most mistakes show there.
        let labels = self.array(labels, places)?;
        let texts = texts(&labels)?;
        let images = self.array(images, places)?;
        let [count, shape @ ..] = images.array.shape.as_slice() else { return Err(no_examples(&images)) };
        if shape.is_empty() {
            return Err(no_examples(&images));
        }
        if *count != texts.len() {
            let (file, images) = (labels.place, images.place);
            return Err(TaskError::Count { file, images, found: texts.len(), expected: *count });
        }
        Ok(Examples {
            shape: shape.to_vec(),
            numbers: images.array.numbers,
            labels: texts,
            images_place: images.place,
            labels_place: labels.place,
        })
    }
}

/// A name without `.npy`.
fn plain(name: &str) -> &str {
    name.strip_suffix(".npy").unwrap_or(name)
}

fn no_examples(images: &Found) -> TaskError {
    TaskError::Dimensions {
        file: images.place.clone(),
        found: shown(&images.array.shape),
        expected: "two axes or more: the examples, and the shape of one".to_owned(),
    }
}

/// Labels as the names of classes. They may stand in a column, as Keras has them.
fn texts(labels: &Found) -> Result<Vec<String>, TaskError> {
    let [_, rest @ ..] = labels.array.shape.as_slice() else { return Ok(Vec::new()) };
    if rest.iter().any(|&size| size != 1) {
        let expected =
            "one axis: the class of each example (of rows with a single 1, numpy.argmax(labels, 1))";
        return Err(TaskError::Dimensions {
            file: labels.place.clone(),
            found: shown(&labels.array.shape),
            expected: expected.to_owned(),
        });
    }
    let whole = |(index, number): (usize, f64)| {
        // Whole numbers up to 2^53 are exact.
        if number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0 {
            return Ok((number as i64).to_string());
        }
        Err(TaskError::Contents {
            file: labels.place.clone(),
            found: format!("the label {number} at index {index}"),
            expected: "whole numbers".to_owned(),
        })
    };
    labels.array.numbers.iter().enumerate().map(whole).collect()
}

impl Source for NpyFile {
    fn shape(&self) -> Option<Vec<usize>> {
        None
    }

    fn classes(&self) -> Vec<String> {
        Vec::new()
    }

    fn outputs(&self) -> Option<usize> {
        None
    }

    fn examples(&self) -> Option<(usize, usize)> {
        None
    }

    fn depends_on_seed(&self) -> bool {
        self.test_images.is_none()
    }

    fn check(&self, places: &Places) -> Result<(), TaskError> {
        self.files(places).map(|_| ())
    }

    fn load(&self, key: Key, places: &Places) -> Result<Dataset, TaskError> {
        let train = self.examples(&self.images, &self.labels, places)?;
        let labelled = Labelled {
            task: "npy",
            setting: "npy.labels",
            credit: &credit(&self.files(places)?)?,
            pixels: train.shape.len() > 1,
            shape: train.shape.clone(),
        };
        let Some((images, labels)) = self.test()? else {
            let share = self.test_share.unwrap_or(0.2);
            return labelled.split((&train.numbers, &train.labels), share, key.child("npy"));
        };
        let test = self.examples(images, labels, places)?;
        if test.shape != train.shape {
            return Err(TaskError::Dimensions {
                file: test.images_place,
                found: format!("N x {}", shown(&test.shape)),
                expected: format!("N x {}, as in {}", shown(&train.shape), train.images_place.display()),
            });
        }
        if test.numbers.are_bytes() != train.numbers.are_bytes() {
            let kind =
                |numbers: &Numbers| if numbers.are_bytes() { "unsigned bytes" } else { "other numbers" };
            return Err(TaskError::Contents {
                file: test.images_place,
                found: kind(&test.numbers).to_owned(),
                expected: format!("{}, as in {}", kind(&train.numbers), train.images_place.display()),
            });
        }
        let unknown = |row: usize, found: String, expected: String| TaskError::Contents {
            file: test.labels_place.clone(),
            found: format!("{found} at index {row}"),
            expected,
        };
        labelled.parts((&train.numbers, &train.labels), (&test.numbers, &test.labels), unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::{NpyFile, Source};
    use crate::array::tests::npy;
    use crate::zip::tests::archive;
    use crate::{Dataset, Places, TaskError, Values};
    use duet_random::Key;
    use std::fs;

    fn load(files: &[(&str, Vec<u8>)], settings: &str) -> Result<Dataset, TaskError> {
        let root = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            fs::write(root.path().join(name), bytes).unwrap();
        }
        let task: NpyFile = toml::from_str(settings).expect(settings);
        let places = Places { scenario: Some(root.path().into()), ..Places::default() };
        task.check(&places)?;
        task.load(Key::new(1), &places)
    }

    fn doubles(numbers: &[f64]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn four_pictures() -> (Vec<u8>, Vec<u8>) {
        let labels = [5_i64, -1, 5, -1].iter().flat_map(|label| label.to_le_bytes()).collect::<Vec<_>>();
        (npy("|u1", false, "(4, 2, 2)", &(0..16).collect::<Vec<u8>>()), npy("<i8", false, "(4, 1)", &labels))
    }

    // The example of numpy.savez and numpy.savez_compressed, written by NumPy 2.4.6; see assets/README.md.
    #[test]
    fn archives_of_numpy_are_read() {
        for bytes in [
            include_bytes!("../../assets/numpy-savez.npz").as_slice(),
            include_bytes!("../../assets/numpy-savez-compressed.npz"),
        ] {
            let settings = "file = 'a.npz'\nimages = 'x_train'\nlabels = 'y_train'\n\
                            test_images = 'x_test'\ntest_labels = 'y_test'";
            let data = load(&[("a.npz", bytes.to_vec())], settings).unwrap();
            assert_eq!((data.shape, data.classes), (vec![2, 3], vec!["0".to_owned(), "7".to_owned()]));
            assert_eq!((data.train.labels(), data.test.labels()), (&[0, 1, 1, 0][..], &[1, 0][..]));
            // x_train = (arange(24) / 4 - 1) in Fortran order, x_test = x_train[2:] + 0.5
            let expected: Vec<f32> = (6..12).map(|i| i as f32 / 23.0).collect();
            assert_eq!(data.train.pixels.example(1), expected);
            let expected: Vec<f32> = (18..24).map(|i| (i as f32 + 2.0).min(23.0) / 23.0).collect();
            assert_eq!(data.test.pixels.example(1), expected);
        }
    }

    #[test]
    fn bytes_stay_bytes_in_files_and_in_archives() {
        let (images, labels) = four_pictures();
        let files = [("images.npy", images.clone()), ("labels.npy", labels.clone())];
        let data = load(&files, "test_share = 0.5").unwrap();
        assert_eq!(data.classes, ["-1", "5"]);
        assert_eq!((data.train.counts(2), data.test.counts(2)), (vec![1, 1], vec![1, 1]));
        assert!(matches!(data.train.pixels.values(), Values::U8 { .. }));
        let zipped = archive(&[("images.npy", &images), ("labels.npy", &labels)]);
        assert_eq!(load(&[("a.npz", zipped)], "file = 'a.npz'\ntest_share = 0.5").unwrap().test, data.test);
    }

    #[test]
    fn measurements_are_scaled_one_by_one() {
        let table = npy("<f8", false, "(4, 2)", &doubles(&[0.0, 100.0, 1.0, 300.0, 0.5, 150.0, 0.25, 200.0]));
        let labels = npy("<f8", false, "(4,)", &doubles(&[0.0, 1.0, 0.0, 1.0]));
        let settings = "images = 'x'\nlabels = 'y'\ntest_images = 'x.npy'\ntest_labels = 'y.npy'";
        let data = load(&[("x.npy", table), ("y.npy", labels)], settings).unwrap();
        assert_eq!(data.test.pixels.example(2), [0.5, 0.25]);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        let (images, labels) = four_pictures();
        let files = |images: Vec<u8>, labels: Vec<u8>| [("images.npy", images), ("labels.npy", labels)];
        let words = |images: &[u8], labels: &[u8], settings: &str| {
            load(&files(images.to_vec(), labels.to_vec()), settings).unwrap_err().to_string()
        };
        let one_hot = npy("|u1", false, "(4, 2)", &[1, 0, 0, 1, 1, 0, 0, 1]);
        assert!(words(&images, &one_hot, "").contains("numpy.argmax"));
        let halves = npy("<f8", false, "(4,)", &doubles(&[0.0, 0.5, 1.0, 1.0]));
        assert!(words(&images, &halves, "").contains("labels.npy: found the label 0.5 at index 1"));
        let three = npy("|u1", false, "(3,)", &[0, 1, 0]);
        assert!(words(&images, &three, "").contains("found 3 labels, expected 4"));
        assert!(words(&labels[..], &labels, "test_images = 'images'").contains("it needs test_labels"));
        assert!(words(&npy("|u1", false, "(4,)", &[0; 4]), &labels, "").contains("two axes or more"));
        let both = "test_images = 'images'\ntest_labels = 'labels'\ntest_share = 0.1";
        assert!(words(&images, &labels, both).contains("give one of the two"));
        let zipped = archive(&[("images.npy", &images), ("labels.npy", &labels)]);
        let absent = load(&[("a.npz", zipped)], "file = 'a.npz'\nimages = 'x'").unwrap_err().to_string();
        assert!(absent.contains("found images.npy, labels.npy, expected x.npy"), "{absent}");
        assert!(
            load(&[("a.npz", images.clone())], "file = 'a.npz'").unwrap_err().to_string().contains("ZIP")
        );
        assert!(matches!(load(&[], ""), Err(TaskError::Missing { .. })));
        assert!(matches!(load(&[], "images = '../x'"), Err(TaskError::Path { .. })));

        let test = "test_images = 'tx'\ntest_labels = 'ty'";
        let with = |test_images: Vec<u8>, test_labels: Vec<u8>| {
            let mut all = files(images.clone(), labels.clone()).to_vec();
            all.extend([("tx.npy", test_images), ("ty.npy", test_labels)]);
            load(&all, test).unwrap_err().to_string()
        };
        let label = |label: u8| npy("|u1", false, "(1,)", &[label]);
        assert!(
            with(npy("|u1", false, "(1, 4, 1)", &[0; 4]), label(5))
                .contains("found the dimensions N x 4 x 1")
        );
        assert!(with(npy("|i1", false, "(1, 2, 2)", &[0; 4]), label(5)).contains("found other numbers"));
        assert!(
            with(npy("|u1", false, "(1, 2, 2)", &[0; 4]), label(6)).contains("the label \"6\" at index 0")
        );
    }
}
