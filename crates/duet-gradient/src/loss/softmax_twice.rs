//! A softmax before a cross-entropy: a common mistake, as a loss that can be run and looked at.

use super::{check_batch, check_rows};
use crate::{GradientError, Logits};
use duet_kernels::{Real, math};
use duet_units::parameters;

parameters! {
    /// The cross-entropy of the softmax of a softmax: what PyTorch computes for a network that ends in a softmax layer.
    ///
    /// # Equations
    /// ```text
    /// p       = softmax(z)                                          the layer that should not be there
    /// q       = softmax(p)                                          the one inside the loss
    /// L       = -(1/N) sum_n ln q_{n, label(n)}
    /// dL/dz_k = p_k (d_k - sum_j p_j d_j) / N,     d_k = q_k - [k = label]
    /// ```
    ///
    /// # Behaviour
    /// A defect, kept so that it can be run beside its repair. PyTorch's `CrossEntropyLoss` takes logits and applies the
    /// softmax itself; given probabilities it applies a second one and says nothing. Probabilities lie between 0 and 1,
    /// so the second softmax cannot become sure: a perfect answer still costs ln(e + K - 1) - 1 (1.461 for ten classes
    /// instead of 0), and the worst costs just 1 more. The gradient is K times smaller than that of `cross_entropy`
    /// where all outputs are equal, as they are at first, and it vanishes where the network is sure, right *or wrong*.
    /// Training still works, slowly (Adam, which rescales gradients, hides much of it), and the probabilities come out
    /// wrong. The loss takes logits: the output population has the activation `identity`, because both softmaxes belong
    /// to the loss. A loss that starts near ln K and stops falling at 1.461 is how to recognise it.
    ///
    /// # References
    /// - The definition of `torch.nn.CrossEntropyLoss` ("input is expected to contain the unnormalized logits").
    /// - Goodfellow, Bengio & Courville (2016), Deep Learning, section 6.2.2.3 (why logits).
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{Logits, SoftmaxTwice};
    ///
    /// // p = (3/4, 1/4), q_0 = 1 / (1 + exp(-1/2)) = 0.622459: the right class, 1, costs -ln(0.377541) = 0.974077.
    /// let z = [3.0_f64.ln(), 0.0];
    /// let mut gradient = [0.0; 2];
    /// let loss = SoftmaxTwice {}.evaluate(Logits::new(&z, 2)?, &[1], &mut gradient)?;
    /// assert!((loss - 0.974_077).abs() < 1e-6);
    /// // d = (0.622459, -0.622459), sum p d = 0.311230; 3/4 * (0.622459 - 0.311230)
    /// assert!((gradient[0] - 0.233_422).abs() < 1e-6 && (gradient[1] + 0.233_422).abs() < 1e-6);
    /// # Ok::<(), duet_gradient::GradientError>(())
    /// ```
    pub default struct SoftmaxTwice {}
}

impl SoftmaxTwice {
    /// The mean loss of a batch; writes its derivative by each logit into `gradient` (same layout as the logits).
    ///
    /// `classes[example]` is the right class. Nothing is allocated; the mean is summed in f64.
    ///
    /// # Errors
    /// [`GradientError::Length`], [`GradientError::Label`] or [`GradientError::Empty`].
    pub fn evaluate<T: Real>(
        &self,
        logits: Logits<'_, T>,
        classes: &[u32],
        gradient: &mut [T],
    ) -> Result<f64, GradientError> {
        check_batch(logits, classes, gradient)?;
        let target = |example: usize, k: usize| {
            if classes[example] as usize == k { T::ONE } else { T::ZERO }
        };
        Ok(twice(logits, target, gradient))
    }

    /// The same with a row of probabilities for each example, `targets[example * classes + class]`.
    ///
    /// # Errors
    /// [`GradientError::Length`], [`GradientError::Empty`], or [`GradientError::Target`] for a row that does not sum to 1.
    pub fn evaluate_values<T: Real>(
        &self,
        logits: Logits<'_, T>,
        targets: &[T],
        gradient: &mut [T],
    ) -> Result<f64, GradientError> {
        check_rows(logits, targets, gradient)?;
        Ok(twice(logits, |example, k| targets[example * logits.classes() + k], gradient))
    }
}

fn twice<T: Real>(logits: Logits<'_, T>, target: impl Fn(usize, usize) -> T, gradient: &mut [T]) -> f64 {
    let examples = logits.examples() as f64;
    let share = T::from_f64(1.0 / examples);
    let mut total = 0.0;
    let rows = logits.values().chunks_exact(logits.classes());
    for (example, (z, slope)) in rows.zip(gradient.chunks_exact_mut(logits.classes())).enumerate() {
        slope.copy_from_slice(z);
        let (_, sum) = crate::logits::exponentials(slope);
        for p in slope.iter_mut() {
            *p /= sum;
        }
        // Probabilities are small: their exponentials need no shift.
        let mut second = T::ZERO;
        for &p in slope.iter() {
            second += p.exp();
        }
        let log_sum = math::ln(second.to_f64());
        let mut mean = T::ZERO;
        for (k, &p) in slope.iter().enumerate() {
            let t = target(example, k);
            mean += p * (p.exp() / second - t);
            total += t.to_f64() * (log_sum - p.to_f64());
        }
        for (k, p) in slope.iter_mut().enumerate() {
            *p = *p * (p.exp() / second - target(example, k) - mean) * share;
        }
    }
    total / examples
}

#[cfg(test)]
#[allow(clippy::unreadable_literal)] // digits stand as the reference prints them
mod tests {
    use super::SoftmaxTwice;
    use crate::{CrossEntropy, Logits};
    use duet_kernels::{Real, math};

    fn one(z: &[f64], label: u32) -> (f64, Vec<f64>) {
        let mut gradient = vec![0.0; z.len()];
        let loss =
            SoftmaxTwice {}.evaluate(Logits::new(z, z.len()).unwrap(), &[label], &mut gradient).unwrap();
        (loss, gradient)
    }

    /// PyTorch 2.15.0, f64: `CrossEntropyLoss()(softmax(z, 1), labels)` and `z.grad`, on the logits of `softmax_ce.a`.
    #[test]
    fn agrees_with_pytorch() {
        let z = [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 2.0, -1.0, 0.5];
        let mut gradient = [0.0; 9];
        let logits = Logits::new(&z, 3).unwrap();
        let loss = SoftmaxTwice {}.evaluate(logits, &[2, 0, 1], &mut gradient).unwrap();
        assert!((loss / 1.1146682075923013 - 1.0).abs() < 1e-14, "{loss}");
        for (got, want) in gradient.iter().zip([
            0.015717706225358605,
            0.0461849216893647,
            -0.06190262791472331,
            -0.07407407407407407,
            0.037037037037037035,
            0.037037037037037035,
            0.023307837916875566,
            -0.015276508831710488,
            -0.008031329085165063,
        ]) {
            assert!((got - want).abs() < 1e-15, "{got} {want}");
        }
    }

    /// ln(e + K - 1) - 1 at best, 1 more at worst.
    #[test]
    fn a_perfect_answer_still_costs() {
        for classes in [2_u32, 10, 100] {
            let mut sure = vec![0.0; classes as usize];
            sure[1] = 800.0;
            let floor = math::ln(core::f64::consts::E + f64::from(classes) - 1.0) - 1.0;
            assert!((one(&sure, 1).0 - floor).abs() < 1e-14);
            assert!((one(&sure, 0).0 - (floor + 1.0)).abs() < 1e-14);
            if classes == 10 {
                assert!((floor - 1.461).abs() < 5e-4);
            }
        }
    }

    #[test]
    fn at_equal_outputs_the_gradient_is_smaller_by_the_number_of_classes() {
        for classes in [2_usize, 10, 100] {
            let equal = vec![0.5; classes];
            let mut right = vec![0.0; classes];
            let logits = Logits::new(&equal, classes).unwrap();
            let once = CrossEntropy::default().evaluate(logits, &[1], &mut right).unwrap();
            let (twice, slopes) = one(&equal, 1);
            assert!((twice - once).abs() < 1e-14); // ln K both
            for (small, large) in slopes.iter().zip(&right) {
                assert!((small * classes as f64 / large - 1.0).abs() < 1e-12, "{classes}: {small} {large}");
            }
        }
    }

    /// Sure and wrong, `cross_entropy` pulls with all its force and this with none.
    #[test]
    fn it_does_not_learn_from_a_confident_mistake() {
        let z = [30.0, 0.0, 0.0];
        let mut right = [0.0; 3];
        CrossEntropy::default().evaluate(Logits::new(&z, 3).unwrap(), &[1], &mut right).unwrap();
        assert!((right[0] - 1.0).abs() < 1e-12);
        assert!(one(&z, 1).1.iter().all(|slope| slope.abs() < 1e-12));
    }

    #[test]
    fn huge_scores_stay_finite() {
        fn extreme<T: Real>() {
            let z = [T::from_f64(1e4), T::ZERO, T::from_f64(-1e4)];
            for label in 0..3 {
                let mut gradient = [T::ZERO; 3];
                let loss =
                    SoftmaxTwice {}.evaluate(Logits::new(&z, 3).unwrap(), &[label], &mut gradient).unwrap();
                assert!(loss.is_finite() && gradient.iter().all(|g| g.is_finite()));
            }
        }
        extreme::<f32>();
        extreme::<f64>();
    }
}
