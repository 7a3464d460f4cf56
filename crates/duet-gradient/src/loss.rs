//! How wrong a batch of outputs is, and which way is better.

mod cross_entropy;
mod mse;

pub use cross_entropy::CrossEntropy;
pub use mse::Mse;

use crate::{GradientError, Logits};
use duet_kernels::Real;
use duet_units::choice;

choice! {
    /// What training makes small.
    pub enum Loss: "loss" {
        CrossEntropy(CrossEntropy) = "cross_entropy",
        Mse(Mse) = "mse",
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
    /// that does not exist, [`GradientError::NeedsClasses`] for a cross-entropy with target values,
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
            (Self::CrossEntropy(_), Targets::Values(_)) => {
                Err(GradientError::NeedsClasses { loss: self.name() })
            }
            (Self::Mse(loss), Targets::Classes(classes)) => loss.evaluate_classes(outputs, classes, gradient),
            (Self::Mse(loss), Targets::Values(values)) => loss.evaluate(outputs.values(), values, gradient),
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

/// Checks that a list is as long as it must be.
fn check_length(what: &'static str, expected: usize, got: usize) -> Result<(), GradientError> {
    if expected == got { Ok(()) } else { Err(GradientError::Length { what, expected, got }) }
}

#[cfg(test)]
mod tests {
    use super::{CrossEntropy, Loss, Mse, Targets};
    use crate::{GradientError, Logits, check_gradient};

    const OUTPUTS: [f64; 6] = [0.3, -1.2, 0.7, 2.0, 0.1, -0.4];

    #[test]
    fn gradients_agree_with_differences() {
        let losses = [Loss::CrossEntropy(CrossEntropy {}), Loss::Mse(Mse {})];
        for loss in &losses {
            let targets: &[Targets<'_, f64>] =
                &[Targets::Classes(&[2, 0]), Targets::Values(&[0.0, 1.0, 0.5, 0.2, -0.3, 1.0])];
            for &targets in targets {
                let value = |z: &[f64], gradient: &mut [f64]| {
                    loss.evaluate(Logits::new(z, 3).unwrap(), targets, gradient)
                };
                let mut gradient = [0.0; 6];
                match value(&OUTPUTS, &mut gradient) {
                    Ok(_) => {
                        let check =
                            check_gradient(|z| value(z, &mut [0.0; 6]).unwrap(), &gradient, &OUTPUTS, 1e-6);
                        assert!(check.max_relative < 1e-6, "{} {check:?}", loss.name());
                    }
                    Err(error) => assert_eq!(error, GradientError::NeedsClasses { loss: "cross_entropy" }),
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let outputs = Logits::new(&OUTPUTS, 3).unwrap();
        for loss in [Loss::CrossEntropy(CrossEntropy {}), Loss::Mse(Mse {})] {
            let refused = |classes: &[u32], room: usize| {
                loss.evaluate(outputs, Targets::Classes(classes), &mut vec![0.0; room]).unwrap_err()
            };
            let length = |what, expected, got| GradientError::Length { what, expected, got };
            assert_eq!(refused(&[0], 6), length("the labels", 2, 1));
            assert_eq!(refused(&[0, 1], 5), length("the gradient", 6, 5));
            assert_eq!(refused(&[0, 3], 6), GradientError::Label { example: 1, label: 3, classes: 3 });
            let nothing = Logits::<f64>::new(&[], 3).unwrap();
            let empty = loss.evaluate(nothing, Targets::Classes(&[]), &mut []);
            assert_eq!(empty.unwrap_err(), GradientError::Empty);
        }
        let mse = Loss::Mse(Mse {}).evaluate(outputs, Targets::Values(&[0.0; 5]), &mut [0.0; 6]);
        assert_eq!(
            mse.unwrap_err(),
            GradientError::Length { what: "the target values", expected: 6, got: 5 }
        );
    }

    #[test]
    fn a_value_that_is_not_finite_shows_in_the_loss() {
        for bad in [f64::NAN, f64::INFINITY] {
            for place in 0..3 {
                let mut z = [0.0, 1.0, 2.0];
                z[place] = bad;
                for loss in [Loss::CrossEntropy(CrossEntropy {}), Loss::Mse(Mse {})] {
                    let value =
                        loss.evaluate(Logits::new(&z, 3).unwrap(), Targets::Classes(&[0]), &mut [0.0; 3]);
                    assert!(!value.unwrap().is_finite());
                }
            }
        }
    }
}
