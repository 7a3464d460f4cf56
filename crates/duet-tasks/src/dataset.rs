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
    /// The name of each class; label `k` means `classes[k]`.
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
}

/// Examples with their labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Split {
    /// The inputs.
    pub pixels: Pixels,
    /// The class of each example.
    pub labels: Vec<u32>,
}

impl Split {
    /// The number of examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// How many examples each of `classes` classes has. Labels outside are not counted.
    pub fn counts(&self, classes: usize) -> Vec<usize> {
        let mut counts = vec![0; classes];
        for &label in &self.labels {
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
    format!(
        "{} training and {} test examples of {} values in {classes} classes",
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
        let split = |labels: Vec<u32>| Split { pixels: Pixels::from_f32(1, vec![0.0; labels.len()]), labels };
        let train = split([0, 1, 1].repeat(1000));
        assert_eq!(train.counts(3), [1000, 2000, 0]);
        let data = Dataset::new("x", vec![1], names(&["a", "b", "c"]), (train, split(vec![2])), "nobody");
        assert_eq!(data.summary, "3,000 training and 1 test examples of 1 values in 3 classes");
        assert!(!data.test.is_empty());
    }
}
