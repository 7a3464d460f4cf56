//! What a task hands to a learner.

use crate::Pixels;
use crate::idx::shown;

/// Inputs and labels, in a training and a test part.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// The task's name.
    pub name: String,
    /// The shape of one example, slowest dimension first: `[28, 28]` has 28 rows of 28 pixels.
    pub shape: Vec<usize>,
    /// The name of each class; label `k` means `classes[k]`. Empty where numbers are asked for.
    pub classes: Vec<String>,
    /// What is learned from.
    pub train: Split,
    /// What is scored, never learned from.
    pub test: Split,
    /// Whose work the data is, and its license.
    pub credit: String,
    /// One sentence for a report.
    pub summary: String,
}

impl Dataset {
    /// Puts the parts together, with a summary from their sizes.
    pub(crate) fn new(
        name: &str,
        shape: Vec<usize>,
        classes: Vec<String>,
        (train, test): (Split, Split),
        credit: &str,
    ) -> Self {
        let summary = summary(&train, &test, &shape, classes.len());
        Self { name: name.to_owned(), shape, classes, train, test, credit: credit.to_owned(), summary }
    }

    /// How many numbers an answer has: one score per class, or one per number asked for.
    pub fn outputs(&self) -> usize {
        self.train.targets.outputs().unwrap_or(self.classes.len())
    }
}

/// What the right answers to a set of examples are.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// The class of each example.
    Classes(Vec<u32>),
    /// Numbers, one row per example: `values[example * outputs + output]`.
    Values {
        /// Numbers per example.
        outputs: usize,
        /// All rows, one after the other.
        values: Vec<f32>,
    },
}

impl Targets {
    /// The number of examples.
    pub fn len(&self) -> usize {
        match self {
            Self::Classes(labels) => labels.len(),
            Self::Values { outputs, values } => values.len() / (*outputs).max(1),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Numbers per example; `None` for classes.
    pub fn outputs(&self) -> Option<usize> {
        match self {
            Self::Classes(_) => None,
            Self::Values { outputs, .. } => Some(*outputs),
        }
    }

    /// Those of the examples at these indices.
    fn pick(&self, which: &[u32]) -> Self {
        let which = || which.iter().map(|&i| i as usize);
        match self {
            Self::Classes(labels) => Self::Classes(which().map(|i| labels[i]).collect()),
            Self::Values { outputs, values } => {
                let row = |i: usize| &values[i * outputs..(i + 1) * outputs];
                Self::Values { outputs: *outputs, values: which().flat_map(row).copied().collect() }
            }
        }
    }
}

/// Examples with their right answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The inputs.
    pub pixels: Pixels,
    /// The right answers.
    pub targets: Targets,
}

impl Split {
    /// Examples of classes.
    pub fn of_classes(pixels: Pixels, labels: Vec<u32>) -> Self {
        Self { pixels, targets: Targets::Classes(labels) }
    }

    /// Examples whose answers are rows of `outputs` numbers.
    pub fn of_values(pixels: Pixels, outputs: usize, values: Vec<f32>) -> Self {
        Self { pixels, targets: Targets::Values { outputs, values } }
    }

    /// The class of each example; empty where numbers are asked for.
    pub fn labels(&self) -> &[u32] {
        match &self.targets {
            Targets::Classes(labels) => labels,
            Targets::Values { .. } => &[],
        }
    }

    /// The number of examples.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// A copy of the examples at these indices, in this order.
    ///
    /// # Panics
    /// If there is no such example.
    #[must_use]
    pub fn pick(&self, which: &[u32]) -> Self {
        Self { pixels: self.pixels.pick(which), targets: self.targets.pick(which) }
    }

    /// How many examples each of `classes` classes has. Labels outside are not counted.
    pub fn counts(&self, classes: usize) -> Vec<usize> {
        let mut counts = vec![0; classes];
        for &label in self.labels() {
            if let Some(count) = counts.get_mut(label as usize) {
                *count += 1;
            }
        }
        counts
    }
}

/// Class names from text.
pub(crate) fn names(classes: &[&str]) -> Vec<String> {
    classes.iter().map(|&class| class.to_owned()).collect()
}

/// A sentence such as "60,000 training and 10,000 test examples of 28 x 28 values in 10 classes".
fn summary(train: &Split, test: &Split, shape: &[usize], classes: usize) -> String {
    let asked = match train.targets.outputs() {
        None => format!("in {classes} classes"),
        Some(1) => "with one number to predict".to_owned(),
        Some(outputs) => format!("with {outputs} numbers to predict"),
    };
    format!(
        "{} training and {} test examples of {} values {asked}",
        grouped(train.len()),
        grouped(test.len()),
        shown(shape)
    )
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Dataset, Split, names};
    use crate::Pixels;

    #[test]
    fn counts_and_summary() {
        let split =
            |labels: Vec<u32>| Split::of_classes(Pixels::from_f32(1, vec![0.0; labels.len()]), labels);
        let train = split([0, 1, 1].repeat(1000));
        assert_eq!(train.counts(3), [1000, 2000, 0]);
        let data = Dataset::new("x", vec![1], names(&["a", "b", "c"]), (train, split(vec![2])), "nobody");
        assert_eq!(data.summary, "3,000 training and 1 test examples of 1 values in 3 classes");
        assert!(!data.test.is_empty());
        assert_eq!(data.outputs(), 3);
    }

    #[test]
    fn numbers_to_predict_are_rows() {
        let pixels = |n: usize| Pixels::from_f32(1, (0..n).map(|i| i as f32).collect());
        let rows = |n: usize| Split::of_values(pixels(n), 2, (0..2 * n).map(|i| i as f32).collect());
        let data = Dataset::new("x", vec![1], Vec::new(), (rows(3), rows(1)), "nobody");
        assert_eq!(data.summary, "3 training and 1 test examples of 1 values with 2 numbers to predict");
        assert_eq!((data.outputs(), data.train.len(), data.train.labels()), (2, 3, &[][..]));
        let picked = data.train.pick(&[2, 0]);
        let expected = Split::of_values(Pixels::from_f32(1, vec![2.0, 0.0]), 2, vec![4.0, 5.0, 0.0, 1.0]);
        assert_eq!(picked, expected);
    }

    #[test]
    fn picked_examples_are_copies() {
        let pixels = Pixels::from_u8(2, vec![1, 2, 3, 4, 5, 6], 0.5);
        let picked = Split::of_classes(pixels, vec![7, 8, 9]).pick(&[2, 1]);
        assert_eq!(picked, Split::of_classes(Pixels::from_u8(2, vec![5, 6, 3, 4], 0.5), vec![9, 8]));
    }
}
