//! Rows of numbers with labels, from whatever file, made into a data set.

use crate::scale::Scale;
use crate::{Dataset, Pixels, Split, TaskError, stratify};
use duet_random::Key;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

/// More classes than any output layer here has; a column of measurements taken for labels has thousands.
const MOST_CLASSES: usize = 1000;

/// Numbers as they came, one example after the other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Numbers {
    Bytes(Vec<u8>),
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
}

impl Numbers {
    /// Whether they stay bytes.
    pub(crate) fn are_bytes(&self) -> bool {
        matches!(self, Self::Bytes(_))
    }

    fn len(&self) -> usize {
        match self {
            Self::Bytes(values) => values.len(),
            Self::Singles(values) => values.len(),
            Self::Doubles(values) => values.len(),
        }
    }

    /// All of them, one after the other.
    pub(crate) fn iter(&self) -> impl Iterator<Item = f64> {
        (0..self.len()).map(|i| self.at(i))
    }

    fn at(&self, i: usize) -> f64 {
        match self {
            Self::Bytes(values) => f64::from(values[i]),
            Self::Singles(values) => f64::from(values[i]),
            Self::Doubles(values) => values[i],
        }
    }
}

/// What numbers and labels belong to.
pub(crate) struct Labelled<'a> {
    /// The task's name.
    pub(crate) task: &'static str,
    /// The setting that says where the labels are.
    pub(crate) setting: &'static str,
    /// Where the data come from, by [`credit`].
    pub(crate) credit: &'a str,
    /// The shape of one example.
    pub(crate) shape: Vec<usize>,
    /// Whether all numbers of an example share one range, as pixels do, or each has its own, as measurements do.
    pub(crate) pixels: bool,
}

/// Numbers, and the label of each example.
pub(crate) type Part<'a> = (&'a Numbers, &'a [String]);

impl Labelled<'_> {
    /// A data set whose test part is drawn: a share of every class.
    pub(crate) fn split(&self, (numbers, labels): Part, share: f64, key: Key) -> Result<Dataset, TaskError> {
        let classes = self.classes(labels)?;
        let labels: Vec<u32> = labels.iter().map(|label| classes[label.as_str()]).collect();
        let names = sorted(&classes);
        let test = stratify::test_part(&labels, names.len(), share, key).map_err(|class| {
            let words = format!(
                "the class {:?} has one example, where one to learn from and one to be tested on are needed; is this \
                 where the labels are?",
                names[class]
            );
            TaskError::Setting { setting: self.setting, words }
        })?;
        let rows = |wanted: bool| (0..labels.len()).filter(|&i| test[i] == wanted).collect::<Vec<_>>();
        let (train, test) = (rows(false), rows(true));
        Ok(self.dataset(names, (numbers, &labels, &train), (numbers, &labels, &test)))
    }

    /// A data set in two given parts. `unknown` makes the error for a test label that the training part lacks, from its
    /// row, what was found and what was expected.
    pub(crate) fn parts(
        &self,
        train: Part,
        test: Part,
        unknown: impl Fn(usize, String, String) -> TaskError,
    ) -> Result<Dataset, TaskError> {
        let classes = self.classes(train.1)?;
        let names = sorted(&classes);
        let train_labels: Vec<u32> = train.1.iter().map(|label| classes[label.as_str()]).collect();
        let known = |(row, label): (usize, &String)| {
            classes.get(label.as_str()).copied().ok_or_else(|| {
                let found = format!("the label {label:?}");
                unknown(row, found, format!("one that the training part has: {}", some_of(&names)))
            })
        };
        let test_labels = test.1.iter().enumerate().map(known).collect::<Result<Vec<u32>, _>>()?;
        let rows = |labels: &[u32]| (0..labels.len()).collect::<Vec<_>>();
        let (all_train, all_test) = (rows(&train_labels), rows(&test_labels));
        Ok(self.dataset(names, (train.0, &train_labels, &all_train), (test.0, &test_labels, &all_test)))
    }

    /// The number of each class, in sorted order: by size if all labels are numbers, else by letters.
    fn classes<'l>(&self, labels: &'l [String]) -> Result<BTreeMap<&'l str, u32>, TaskError> {
        let distinct: BTreeMap<&str, u32> = labels.iter().map(|label| (label.as_str(), 0)).collect();
        let wrong = |words| TaskError::Setting { setting: self.setting, words };
        match distinct.len() {
            0 | 1 => {
                return Err(wrong("all examples have the same label; two classes are the least".to_owned()));
            }
            2..=MOST_CLASSES => {}
            many => {
                return Err(wrong(format!(
                    "{many} different labels, where at most {MOST_CLASSES} make sense; is this where the labels are?"
                )));
            }
        }
        let number = |label: &str| label.parse::<f64>().ok().filter(|number| number.is_finite());
        let mut order: Vec<&str> = distinct.keys().copied().collect();
        if let Some(mut numbers) =
            order.iter().map(|label| Some((number(label)?, *label))).collect::<Option<Vec<_>>>()
        {
            numbers.sort_by(|(a, _), (b, _)| a.total_cmp(b));
            order = numbers.into_iter().map(|(_, label)| label).collect();
        }
        Ok(order.into_iter().zip(0..).collect())
    }

    fn dataset(
        &self,
        classes: Vec<String>,
        train: (&Numbers, &[u32], &[usize]),
        test: (&Numbers, &[u32], &[usize]),
    ) -> Dataset {
        let features = self.shape.iter().product::<usize>();
        let period = if self.pixels { 1 } else { features };
        let scale = Scale::of(period, values(train.0, train.2, features));
        let split = |(numbers, labels, rows): (&Numbers, &[u32], &[usize])| {
            let pixels = match numbers {
                Numbers::Bytes(bytes) => {
                    let example = |&row: &usize| &bytes[row * features..(row + 1) * features];
                    let bytes = rows.iter().flat_map(example).copied().collect();
                    Pixels::from_u8(features, bytes, 1.0 / 255.0)
                }
                _ => Pixels::from_f32(features, scale.rows(values(numbers, rows, features))),
            };
            Split::of_classes(pixels, rows.iter().map(|&row| labels[row]).collect())
        };
        Dataset::new(self.task, self.shape.clone(), classes, (split(train), split(test)), self.credit)
    }
}

/// Files by name and hash, so that a report shows from which contents a run was made.
pub(crate) fn credit(files: &[PathBuf]) -> Result<String, TaskError> {
    let named = |file: &PathBuf| {
        let mut hasher = blake3::Hasher::new();
        let read = File::open(file).and_then(|file| hasher.update_reader(file).map(|_| ()));
        read.map_err(TaskError::io("reading", file))?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        Ok(format!("{name} (BLAKE3 {})", &hasher.finalize().to_hex()[..16]))
    };
    let files = files.iter().map(named).collect::<Result<Vec<_>, TaskError>>()?;
    Ok(format!("data of your own: {}", files.join(", ")))
}

/// The numbers of some examples.
fn values<'n>(numbers: &'n Numbers, rows: &'n [usize], features: usize) -> impl Iterator<Item = f64> + 'n {
    rows.iter().flat_map(move |&row| row * features..(row + 1) * features).map(|i| numbers.at(i))
}

/// The names of the classes in the order of their numbers.
fn sorted(classes: &BTreeMap<&str, u32>) -> Vec<String> {
    let mut names: Vec<(u32, &str)> = classes.iter().map(|(name, number)| (*number, *name)).collect();
    names.sort_unstable();
    names.into_iter().map(|(_, name)| name.to_owned()).collect()
}

/// The first names of a list.
fn some_of(names: &[String]) -> String {
    let more = if names.len() > 10 { " ..." } else { "" };
    names.iter().take(10).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ") + more
}

#[cfg(test)]
mod tests {
    use super::{Labelled, Numbers};
    use crate::TaskError;
    use duet_random::Key;

    fn labelled(pixels: bool) -> Labelled<'static> {
        Labelled { task: "csv", setting: "csv.label", credit: "t.csv", shape: vec![2], pixels }
    }

    fn texts(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|&label| label.to_owned()).collect()
    }

    #[test]
    fn numbers_sort_by_size_and_words_by_letters() {
        let names = |labels: &[&str]| {
            let labels = texts(labels);
            super::sorted(&labelled(false).classes(&labels).unwrap())
        };
        assert_eq!(names(&["10", "9", "-1", "9"]), ["-1", "9", "10"]);
        assert_eq!(names(&["b", "10", "9", "a"]), ["10", "9", "a", "b"]);
        let refuse = |labels: Vec<String>| labelled(false).classes(&labels).unwrap_err();
        assert!(matches!(refuse(texts(&["a", "a"])), TaskError::Setting { .. }));
        let many = (0..1001).map(|i| i.to_string()).collect();
        assert!(refuse(many).to_string().contains("1001 different labels"));
    }

    // The largest value stands in the test part: it must not move the scale.
    #[test]
    fn the_training_part_alone_sets_the_scale() {
        let train = Numbers::Doubles(vec![0.0, 10.0, 4.0, 10.0]);
        let test = Numbers::Doubles(vec![8.0, 3.0, -1.0, 20.0]);
        let labels = texts(&["a", "b"]);
        let unknown = |_, found, expected| TaskError::Contents { file: "t".into(), found, expected };
        let load = |pixels| labelled(pixels).parts((&train, &labels), (&test, &labels), unknown).unwrap();
        let data = load(false);
        assert_eq!([data.train.pixels.example(0), data.train.pixels.example(1)], [[0.0, 0.0], [1.0, 0.0]]);
        assert_eq!([data.test.pixels.example(0), data.test.pixels.example(1)], [[1.0, 0.0], [0.0, 0.0]]);
        let data = load(true);
        assert_eq!([data.train.pixels.example(1), data.test.pixels.example(0)], [[0.4, 1.0], [0.8, 0.3]]);
        let other = texts(&["a", "c"]);
        let error = labelled(false).parts((&train, &labels), (&test, &other), unknown).unwrap_err();
        assert!(error.to_string().contains("the label \"c\""), "{error}");
    }

    #[test]
    fn the_credit_changes_with_the_contents() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("own.csv");
        let of = |text: &str| {
            std::fs::write(&file, text).unwrap();
            super::credit(std::slice::from_ref(&file)).unwrap()
        };
        // The published hash of "abc".
        assert_eq!(of("abc"), "data of your own: own.csv (BLAKE3 6437b3ac38465133)");
        assert_ne!(of("abd"), of("abc"));
    }

    #[test]
    fn parts_are_drawn_class_by_class_and_keep_the_order() {
        let labels: Vec<String> =
            (0..40).map(|i| if i % 4 == 0 { "rare" } else { "often" }.to_owned()).collect();
        let numbers = Numbers::Bytes((0..80).collect());
        let draw = |seed| labelled(true).split((&numbers, &labels), 0.3, Key::new(seed)).unwrap();
        let data = draw(1);
        assert_eq!((data.train.counts(2), data.test.counts(2)), (vec![21, 7], vec![9, 3]));
        let firsts =
            |split: &crate::Split| (0..split.len()).map(|i| split.pixels.example(i)[0]).collect::<Vec<_>>();
        let (train, test) = (firsts(&data.train), firsts(&data.test));
        assert!(train.is_sorted() && test.is_sorted() && test.iter().all(|x| !train.contains(x)));
        assert_eq!(data, draw(1));
        assert_ne!(data.test, draw(2).test);
        let one = texts(&["a", "a", "b"]);
        let error = labelled(true).split((&Numbers::Bytes(vec![0; 6]), &one), 0.3, Key::new(1)).unwrap_err();
        assert!(error.to_string().contains("the class \"b\" has one example"), "{error}");
    }
}
