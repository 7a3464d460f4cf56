//! How wrong a batch of outputs is, and which way is better.

mod binary_cross_entropy;
mod cross_entropy;
mod mae;
mod mse;
mod softmax_twice;

pub use binary_cross_entropy::BinaryCrossEntropy;
pub use cross_entropy::CrossEntropy;
pub use mae::Mae;
pub use mse::Mse;
pub use softmax_twice::SoftmaxTwice;

use crate::{GradientError, Logits};
use duet_kernels::Real;
use duet_units::choice;

choice! {
    /// What training makes small.
    pub enum Loss: "loss" {
        CrossEntropy(CrossEntropy) = "cross_entropy",
        BinaryCrossEntropy(BinaryCrossEntropy) = "binary_cross_entropy",
        Mse(Mse) = "mse",
        Mae(Mae) = "mae",
        SoftmaxTwice(SoftmaxTwice) = "softmax_twice",
    }
}

/// What the outputs of a batch should have been.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Targets<'a, T> {
    /// The right class of each example.
    Classes(&'a [u32]),
    /// The right value of each output, `values[example * outputs + output]`.
    Values(&'a [T]),
}

impl Loss {
    /// The mean loss of a batch; writes its derivative by each output into `gradient` (same layout as the outputs).
    ///
    /// Nothing is allocated. The loss is NaN or infinite if an output is.
    ///
    /// # Errors
    /// [`GradientError::Length`] if targets or gradient do not fit the outputs, [`GradientError::Label`] for a class
    /// that does not exist, [`GradientError::Target`] for a value that is no probability where the loss needs one,
    /// [`GradientError::Empty`] without examples.
    pub fn evaluate<T: Real>(
        &self,
        outputs: Logits<'_, T>,
        targets: Targets<'_, T>,
        gradient: &mut [T],
    ) -> Result<f64, GradientError> {
        match (self, targets) {
            (Self::CrossEntropy(loss), Targets::Classes(classes)) => {
                loss.evaluate(outputs, classes, gradient)
            }
            (Self::CrossEntropy(loss), Targets::Values(rows)) => {
                loss.evaluate_values(outputs, rows, gradient)
            }
            (Self::BinaryCrossEntropy(loss), Targets::Classes(classes)) => {
                loss.evaluate_classes(outputs, classes, gradient)
            }
            (Self::BinaryCrossEntropy(loss), Targets::Values(values)) => {
                loss.evaluate(outputs, values, gradient)
            }
            (Self::Mse(loss), Targets::Classes(classes)) => loss.evaluate_classes(outputs, classes, gradient),
            (Self::Mse(loss), Targets::Values(values)) => loss.evaluate(outputs.values(), values, gradient),
            (Self::Mae(loss), Targets::Classes(classes)) => loss.evaluate_classes(outputs, classes, gradient),
            (Self::Mae(loss), Targets::Values(values)) => loss.evaluate(outputs.values(), values, gradient),
            (Self::SoftmaxTwice(loss), Targets::Classes(classes)) => {
                loss.evaluate(outputs, classes, gradient)
            }
            (Self::SoftmaxTwice(loss), Targets::Values(rows)) => {
                loss.evaluate_values(outputs, rows, gradient)
            }
        }
    }

    /// Whether it squashes the outputs itself, so that the output population needs the activation `identity`.
    pub fn takes_logits(&self) -> bool {
        match self {
            Self::CrossEntropy(_) | Self::BinaryCrossEntropy(_) | Self::SoftmaxTwice(_) => true,
            Self::Mse(_) | Self::Mae(_) => false,
        }
    }

    /// Its unit and its definition, as a report writes them beside a number.
    pub fn words(&self) -> (&'static str, &'static str) {
        match self {
            Self::CrossEntropy(CrossEntropy { label_smoothing: 0.0 }) => {
                ("nats", "cross-entropy of softmax(logits) and the label, mean over examples")
            }
            Self::CrossEntropy(_) => {
                ("nats", "cross-entropy of softmax(logits) and the smoothed label, mean over examples")
            }
            Self::BinaryCrossEntropy(_) => {
                ("nats", "cross-entropy of sigmoid(logit) and yes or no, mean over outputs and examples")
            }
            Self::Mse(_) => (
                "1",
                "squared difference between outputs and the one-hot label, mean over outputs and examples",
            ),
            Self::Mae(_) => (
                "1",
                "absolute difference between outputs and the one-hot label, mean over outputs and examples",
            ),
            Self::SoftmaxTwice(_) => (
                "nats",
                "cross-entropy of softmax(softmax(logits)) and the label, a defect shown on purpose, mean over examples",
            ),
        }
    }
}

/// Checks that classes and gradient fit a batch of outputs, before anything is written.
fn check_batch<T: Real>(
    outputs: Logits<'_, T>,
    classes: &[u32],
    gradient: &[T],
) -> Result<(), GradientError> {
    check_length("the labels", outputs.examples(), classes.len())?;
    check_length("the gradient", outputs.values().len(), gradient.len())?;
    if classes.is_empty() {
        return Err(GradientError::Empty);
    }
    match classes.iter().position(|&label| label as usize >= outputs.classes()) {
        Some(example) => {
            Err(GradientError::Label { example, label: classes[example], classes: outputs.classes() })
        }
        None => Ok(()),
    }
}

/// Checks that target values and gradient fit the outputs, before anything is written.
fn check_values<T>(outputs: &[T], targets: &[T], gradient: &[T]) -> Result<(), GradientError> {
    check_length("the target values", outputs.len(), targets.len())?;
    check_length("the gradient", outputs.len(), gradient.len())?;
    if outputs.is_empty() { Err(GradientError::Empty) } else { Ok(()) }
}

/// How far the probabilities of a row may be from 1: what single precision loses in a row of some thousand classes.
const ROW_TOLERANCE: f64 = 1e-5;

/// The same for rows of probabilities: nothing below 0, and each row sums to 1.
fn check_rows<T: Real>(outputs: Logits<'_, T>, rows: &[T], gradient: &[T]) -> Result<(), GradientError> {
    check_values(outputs.values(), rows, gradient)?;
    for (example, row) in rows.chunks_exact(outputs.classes()).enumerate() {
        let sum: f64 = row.iter().map(|t| t.to_f64()).sum();
        let bad = row.iter().find(|&&t| t < T::ZERO);
        let words = match bad {
            Some(bad) => format!("{} is no probability", bad.to_f64()),
            None if (sum - 1.0).abs() <= ROW_TOLERANCE => continue,
            None => format!("its probabilities sum to {sum}, not to 1"),
        };
        return Err(GradientError::Target { example, words });
    }
    Ok(())
}

/// Checks that a list is as long as it must be.
fn check_length(what: &'static str, expected: usize, got: usize) -> Result<(), GradientError> {
    if expected == got { Ok(()) } else { Err(GradientError::Length { what, expected, got }) }
}

/// Classes as values: 1 at the right output and 0 at the others.
fn one_hot<T: Real>(classes: &[u32], outputs: usize) -> impl Iterator<Item = T> + '_ {
    let row = move |&label| (0..outputs).map(move |k| if k == label as usize { T::ONE } else { T::ZERO });
    classes.iter().flat_map(row)
}

#[cfg(test)]
mod tests {
    use super::{BinaryCrossEntropy, CrossEntropy, Loss, Mae, Mse, SoftmaxTwice, Targets};
    use crate::{GradientError, Logits, check_gradient};

    const OUTPUTS: [f64; 6] = [0.3, -1.2, 0.7, 2.0, 0.1, -0.4];

    /// One of each kind, and a smoothed one.
    fn all() -> Vec<Loss> {
        vec![
            Loss::CrossEntropy(CrossEntropy::default()),
            Loss::CrossEntropy(CrossEntropy { label_smoothing: 0.1 }),
            Loss::BinaryCrossEntropy(BinaryCrossEntropy {}),
            Loss::Mse(Mse {}),
            Loss::Mae(Mae {}),
            Loss::SoftmaxTwice(SoftmaxTwice {}),
        ]
    }

    #[test]
    fn every_kind_is_tried() {
        use duet_units::{Describe, Shape};
        let Shape::Choice { entries, .. } = Loss::shape() else { panic!("a choice") };
        for entry in entries {
            assert!(all().iter().any(|loss| loss.name() == entry.name), "{}", entry.name);
        }
    }

    #[test]
    fn gradients_agree_with_differences() {
        let targets: [Targets<'_, f64>; 3] = [
            Targets::Classes(&[2, 0]),
            Targets::Values(&[0.0, 1.0, 0.0, 0.2, 0.3, 0.5]),
            Targets::Values(&[0.5, 0.25, 0.25, 0.0, 0.0, 1.0]),
        ];
        for loss in all() {
            for targets in targets {
                let value = |z: &[f64], gradient: &mut [f64]| {
                    loss.evaluate(Logits::new(z, 3).unwrap(), targets, gradient).unwrap()
                };
                let mut gradient = [0.0; 6];
                value(&OUTPUTS, &mut gradient);
                let check = check_gradient(|z| value(z, &mut [0.0; 6]), &gradient, &OUTPUTS, 1e-6);
                assert!(check.max_relative < 1e-6, "{} {targets:?} {check:?}", loss.name());
            }
        }
    }

    #[test]
    fn a_class_and_its_one_hot_row_give_the_same_bits() {
        let (classes, rows) = ([2, 0], [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]);
        for loss in all() {
            let (mut by_class, mut by_row) = ([0.0; 6], [0.0; 6]);
            let outputs = Logits::new(&OUTPUTS, 3).unwrap();
            let a = loss.evaluate(outputs, Targets::Classes(&classes), &mut by_class).unwrap();
            let b = loss.evaluate(outputs, Targets::Values(&rows), &mut by_row).unwrap();
            assert_eq!((a, by_class), (b, by_row), "{}", loss.name());
        }
    }

    #[test]
    fn single_precision_agrees_with_double() {
        let single = OUTPUTS.map(|z| z as f32);
        for loss in all() {
            let (mut f64s, mut f32s) = ([0.0; 6], [0.0; 6]);
            let classes = [1, 1];
            let a = loss.evaluate(Logits::new(&OUTPUTS, 3).unwrap(), Targets::Classes(&classes), &mut f64s);
            let b = loss.evaluate(Logits::new(&single, 3).unwrap(), Targets::Classes(&classes), &mut f32s);
            assert!((a.unwrap() - b.unwrap()).abs() < 1e-6, "{}", loss.name());
            for (a, b) in f64s.iter().zip(f32s) {
                assert!((a - f64::from(b)).abs() < 1e-6, "{}: {f64s:?} {f32s:?}", loss.name());
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let outputs = Logits::new(&OUTPUTS, 3).unwrap();
        let length = |what, expected, got| GradientError::Length { what, expected, got };
        for loss in all() {
            let refused = |classes: &[u32], room: usize| {
                loss.evaluate(outputs, Targets::Classes(classes), &mut vec![0.0; room]).unwrap_err()
            };
            assert_eq!(refused(&[0], 6), length("the labels", 2, 1));
            assert_eq!(refused(&[0, 1], 5), length("the gradient", 6, 5));
            assert_eq!(refused(&[0, 3], 6), GradientError::Label { example: 1, label: 3, classes: 3 });
            let refused = |values: &[f64], room: usize| {
                loss.evaluate(outputs, Targets::Values(values), &mut vec![0.0; room]).unwrap_err()
            };
            assert_eq!(refused(&[0.0; 5], 6), length("the target values", 6, 5));
            assert_eq!(refused(&[0.0; 6], 7), length("the gradient", 6, 7));
            let nothing = Logits::<f64>::new(&[], 3).unwrap();
            for targets in [Targets::Classes(&[]), Targets::Values(&[])] {
                assert_eq!(loss.evaluate(nothing, targets, &mut []).unwrap_err(), GradientError::Empty);
            }
        }
    }

    #[test]
    fn rows_that_are_no_probabilities_are_refused() {
        let outputs = Logits::new(&OUTPUTS, 3).unwrap();
        for loss in all() {
            if !matches!(loss, Loss::CrossEntropy(_) | Loss::SoftmaxTwice(_)) {
                continue;
            }
            let words = |second: [f64; 3]| {
                let rows = [0.0, 1.0, 0.0, second[0], second[1], second[2]];
                loss.evaluate(outputs, Targets::Values(&rows), &mut [0.0; 6]).unwrap_err().to_string()
            };
            let target = "target of example 1: ";
            assert_eq!(words([0.5, 0.5, 0.5]), format!("{target}its probabilities sum to 1.5, not to 1"));
            assert_eq!(words([1.5, -0.5, 0.0]), format!("{target}-0.5 is no probability"));
            assert_eq!(
                words([f64::NAN, 0.0, 0.0]),
                format!("{target}its probabilities sum to NaN, not to 1")
            );
        }
    }

    #[test]
    fn a_value_that_is_not_finite_shows_in_the_loss() {
        for bad in [f64::NAN, f64::INFINITY] {
            for place in 0..3 {
                let mut z = [0.0, 1.0, 2.0];
                z[place] = bad;
                for loss in all() {
                    let value =
                        loss.evaluate(Logits::new(&z, 3).unwrap(), Targets::Classes(&[0]), &mut [0.0; 3]);
                    assert!(!value.unwrap().is_finite(), "{} {place}", loss.name());
                }
            }
        }
    }
}
