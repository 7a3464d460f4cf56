//! Mean absolute error.

use super::{check_batch, check_values, one_hot};
use crate::{GradientError, Logits};
use duet_kernels::Real;
use duet_units::parameters;

parameters! {
    /// The distance between outputs and targets, averaged over examples *and* outputs.
    ///
    /// # Equations
    /// ```text
    /// L       = 1/(N K) sum_n sum_k |y_nk - t_nk|
    /// dL/dy_k = sign(y_k - t_k) / (N K),     0 where y_k = t_k
    /// ```
    ///
    /// # Behaviour
    /// A far miss pulls no harder than a near one, so single wrong targets do little harm: the best constant answer is
    /// the median of the targets, where `mse` gives their mean. Because the slope does not shrink near the target, a
    /// fixed learning rate ends in a jitter of its own size; let it fall (`schedule.cosine`). The mean runs over all
    /// N K numbers, as PyTorch's `L1Loss` does by default. For a class the target is 1 at its output and 0 at the
    /// others: prefer `cross_entropy` there.
    ///
    /// # References
    /// - Laplace (1774), Memoire sur la probabilite des causes par les evenements (the median as the best answer).
    /// - Bishop (2006), Pattern Recognition and Machine Learning, section 1.5.5.
    /// - The definition of `torch.nn.L1Loss`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::Mae;
    ///
    /// // (|3 - 1| + |0 - 1|) / 2
    /// let mut gradient = [0.0; 2];
    /// assert_eq!(Mae {}.evaluate(&[3.0, 0.0], &[1.0, 1.0], &mut gradient)?, 1.5);
    /// assert_eq!(gradient, [0.5, -0.5]);
    /// # Ok::<(), duet_gradient::GradientError>(())
    /// ```
    pub default struct Mae {}
}

impl Mae {
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
        Ok(distances(outputs, targets.iter().copied(), gradient))
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
        Ok(distances(outputs.values(), one_hot(classes, outputs.classes()), gradient))
    }
}

fn distances<T: Real>(outputs: &[T], targets: impl Iterator<Item = T>, gradient: &mut [T]) -> f64 {
    let count = outputs.len() as f64;
    let slope = T::from_f64(1.0 / count);
    let mut total = 0.0;
    for ((&y, t), g) in outputs.iter().zip(targets).zip(gradient) {
        let error = y - t;
        total += error.abs().to_f64();
        // Times zero, so that a NaN stays one.
        *g = if error > T::ZERO {
            slope
        } else if error < T::ZERO {
            -slope
        } else {
            T::ZERO * error
        };
    }
    total / count
}

#[cfg(test)]
mod tests {
    use super::Mae;
    use crate::Logits;

    #[test]
    fn a_class_is_a_one_among_zeros() {
        let outputs = [0.5, -1.0, 2.0, 0.25, 0.0, 1.0];
        let (mut by_class, mut by_value) = ([0.0; 6], [0.0; 6]);
        let a = Mae {}.evaluate_classes(Logits::new(&outputs, 3).unwrap(), &[0, 2], &mut by_class).unwrap();
        let b = Mae {}.evaluate(&outputs, &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0], &mut by_value).unwrap();
        assert_eq!((a, by_class), (b, by_value));
        // (0.5 + 1 + 2 + 0.25 + 0 + 0) / 6
        assert_eq!(a, 0.625);
        let sixth = 1.0 / 6.0;
        assert_eq!(by_class, [-sixth, -sixth, sixth, sixth, 0.0, 0.0]);
    }

    /// The gradient of the mean distance to a set of numbers vanishes at their median, not at their mean.
    #[test]
    fn the_median_is_the_best_constant() {
        let targets = [0.0_f64, 1.0, 2.0, 3.0, 100.0];
        let slope = |y: f64| {
            let mut gradient = [0.0; 5];
            Mae {}.evaluate(&[y; 5], &targets, &mut gradient).unwrap();
            gradient.iter().sum::<f64>()
        };
        assert_eq!(slope(2.0), 0.0);
        assert!(slope(1.9) < 0.0 && slope(2.1) > 0.0);
    }

    #[test]
    fn a_nan_has_no_slope() {
        let mut gradient = [0.0_f32];
        assert!(Mae {}.evaluate(&[f32::NAN], &[0.0], &mut gradient).unwrap().is_nan());
        assert!(gradient[0].is_nan());
    }
}
