//! Mean squared error.

use super::{check_batch, check_values, one_hot};
use crate::{GradientError, Logits};
use duet_kernels::Real;
use duet_units::parameters;

parameters! {
    /// The squared distance between outputs and targets, averaged over examples *and* outputs.
    ///
    /// # Equations
    /// ```text
    /// L       = 1/(N K) sum_n sum_k (y_nk - t_nk)^2
    /// dL/dy_k = 2 (y_k - t_k) / (N K)
    /// ```
    ///
    /// # Behaviour
    /// The mean runs over all N K numbers, as PyTorch's `MSELoss` does by default; textbooks often sum over the outputs
    /// or take half of it, which only rescales the learning rate. For a class the target is 1 at its output and 0 at
    /// the others. With a sigmoid or tanh output the slope of the activation enters the gradient, so a unit that is
    /// saturated and wrong learns slowly: prefer `cross_entropy` for classes.
    ///
    /// # References
    /// - Bishop (2006), Pattern Recognition and Machine Learning, section 5.2.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::Mse;
    ///
    /// // ((3 - 1)^2 + (0 - 1)^2) / 2
    /// let mut gradient = [0.0; 2];
    /// assert_eq!(Mse {}.evaluate(&[3.0, 0.0], &[1.0, 1.0], &mut gradient)?, 2.5);
    /// assert_eq!(gradient, [2.0, -1.0]);
    /// # Ok::<(), duet_gradient::GradientError>(())
    /// ```
    pub default struct Mse {}
}

impl Mse {
    /// The mean loss of a batch; writes its derivative by each output into `gradient` (same layout).
    ///
    /// Nothing is allocated; the mean is summed in f64.
    ///
    /// # Errors
    /// [`GradientError::Length`] or [`GradientError::Empty`].
    pub fn evaluate<T: Real>(
        &self,
        outputs: &[T],
        targets: &[T],
        gradient: &mut [T],
    ) -> Result<f64, GradientError> {
        check_values(outputs, targets, gradient)?;
        Ok(squares(outputs, targets.iter().copied(), gradient))
    }

    /// The same with classes: the target is 1 at the right output and 0 at the others.
    ///
    /// # Errors
    /// [`GradientError::Length`], [`GradientError::Label`] or [`GradientError::Empty`].
    pub fn evaluate_classes<T: Real>(
        &self,
        outputs: Logits<'_, T>,
        classes: &[u32],
        gradient: &mut [T],
    ) -> Result<f64, GradientError> {
        check_batch(outputs, classes, gradient)?;
        Ok(squares(outputs.values(), one_hot(classes, outputs.classes()), gradient))
    }
}

fn squares<T: Real>(outputs: &[T], targets: impl Iterator<Item = T>, gradient: &mut [T]) -> f64 {
    let count = outputs.len() as f64;
    let scale = T::from_f64(2.0 / count);
    let mut total = 0.0;
    for ((&y, t), slope) in outputs.iter().zip(targets).zip(gradient) {
        let error = y - t;
        total += error.to_f64() * error.to_f64();
        *slope = scale * error;
    }
    total / count
}

#[cfg(test)]
mod tests {
    use super::Mse;
    use crate::Logits;

    #[test]
    fn a_class_is_a_one_among_zeros() {
        let outputs = [0.5, -1.0, 2.0, 0.25, 0.0, 1.0];
        let (mut by_class, mut by_value) = ([0.0; 6], [0.0; 6]);
        let a = Mse {}.evaluate_classes(Logits::new(&outputs, 3).unwrap(), &[0, 2], &mut by_class).unwrap();
        let b = Mse {}.evaluate(&outputs, &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0], &mut by_value).unwrap();
        assert_eq!((a, by_class), (b, by_value));
        // (0.25 + 1 + 4 + 0.0625 + 0 + 0) / 6
        assert!((a - 5.3125 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn the_mean_does_not_depend_on_how_often_a_batch_is_repeated() {
        let (y, t) = ([1.0_f32, 2.0, 4.0], [0.0_f32, 2.5, 1.0]);
        let once = Mse {}.evaluate(&y, &t, &mut [0.0; 3]).unwrap();
        let twice = Mse {}.evaluate(&[y, y].concat(), &[t, t].concat(), &mut [0.0; 6]).unwrap();
        assert_eq!(once, twice);
    }
}
