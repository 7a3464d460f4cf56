//! Binary cross-entropy of sigmoids.

use super::{check_batch, check_values, one_hot};
use crate::{GradientError, Logits};
use duet_kernels::{Real, math};
use duet_units::parameters;

parameters! {
    /// How surprised the network is when each output answers a yes-or-no question of its own.
    ///
    /// # Equations
    /// ```text
    /// p_k     = 1 / (1 + exp(-z_k))
    /// L       = -1/(N K) sum_n sum_k [t_nk ln p_nk + (1 - t_nk) ln(1 - p_nk)]
    /// dL/dz_k = (p_k - t_k) / (N K)
    /// ```
    ///
    /// # Behaviour
    /// For questions that do not exclude each other (a picture may show a dog *and* a ball), or a single yes or no. An
    /// untrained network starts near ln 2 = 0.693, whatever K is. The loss takes logits: the output population has the
    /// activation `identity`, because the sigmoid belongs to the loss. Targets are numbers from 0 to 1; a class is a
    /// yes at its own output and a no at all others, and then K - 1 easy noes outvote the one yes at first, so
    /// `cross_entropy` learns classes faster. Written with ln(1 + exp(-|z|)), no finite score overflows. The mean runs
    /// over all N K numbers, as PyTorch's `BCEWithLogitsLoss` does by default.
    ///
    /// # References
    /// - Cox (1958), The regression analysis of binary sequences.
    /// - Goodfellow, Bengio & Courville (2016), Deep Learning, section 6.2.2.2.
    /// - The definition of `torch.nn.BCEWithLogitsLoss`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{BinaryCrossEntropy, Logits};
    ///
    /// // p = (3/4, 1/2); the answers are no and yes: -(ln(1/4) + ln(1/2)) / 2 = 3/2 ln 2
    /// let z = [3.0_f64.ln(), 0.0];
    /// let mut gradient = [0.0; 2];
    /// let loss = BinaryCrossEntropy {}.evaluate(Logits::new(&z, 2)?, &[0.0, 1.0], &mut gradient)?;
    /// assert!((loss - 1.5 * 2.0_f64.ln()).abs() < 1e-15);
    /// assert!((gradient[0] - 0.375).abs() < 1e-15 && (gradient[1] + 0.25).abs() < 1e-15);
    /// # Ok::<(), duet_gradient::GradientError>(())
    /// ```
    pub default struct BinaryCrossEntropy {}
}

impl BinaryCrossEntropy {
    /// The mean loss of a batch; writes its derivative by each logit into `gradient` (same layout).
    ///
    /// `targets[example * outputs + output]` is from 0 (no) to 1 (yes). Nothing is allocated; the mean is summed in f64.
    ///
    /// # Errors
    /// [`GradientError::Length`], [`GradientError::Empty`], or [`GradientError::Target`] for a target outside `[0, 1]`.
    pub fn evaluate<T: Real>(
        &self,
        logits: Logits<'_, T>,
        targets: &[T],
        gradient: &mut [T],
    ) -> Result<f64, GradientError> {
        check_values(logits.values(), targets, gradient)?;
        if let Some(at) = targets.iter().position(|t| !(T::ZERO..=T::ONE).contains(t)) {
            let words = format!("{} is not from 0 (no) to 1 (yes)", targets[at].to_f64());
            return Err(GradientError::Target { example: at / logits.classes(), words });
        }
        Ok(surprise(logits.values(), targets.iter().copied(), gradient))
    }

    /// The same with classes: yes at the right output, no at the others.
    ///
    /// # Errors
    /// [`GradientError::Length`], [`GradientError::Label`] or [`GradientError::Empty`].
    pub fn evaluate_classes<T: Real>(
        &self,
        logits: Logits<'_, T>,
        classes: &[u32],
        gradient: &mut [T],
    ) -> Result<f64, GradientError> {
        check_batch(logits, classes, gradient)?;
        Ok(surprise(logits.values(), one_hot(classes, logits.classes()), gradient))
    }
}

fn surprise<T: Real>(logits: &[T], targets: impl Iterator<Item = T>, gradient: &mut [T]) -> f64 {
    let count = logits.len() as f64;
    let scale = T::from_f64(1.0 / count);
    let mut total = 0.0;
    for ((&z, t), slope) in logits.iter().zip(targets).zip(gradient) {
        // The smaller of p and 1 - p, as e / (1 + e), keeps its digits; so does the larger, 1 / (1 + e).
        let e = (-z.abs()).exp();
        let (less, more) = (e / (T::ONE + e), T::ONE / (T::ONE + e));
        let (yes, no) = if z > T::ZERO { (more, less) } else { (less, more) };
        // p - t, without a difference of nearly equal numbers where t is 0 or 1.
        *slope = ((T::ONE - t) * yes - t * no) * scale;
        // -ln p = max(-z, 0) + ln(1 + e), and -ln(1 - p) = max(z, 0) + ln(1 + e)
        let (z, t) = (z.to_f64(), t.to_f64());
        total += t * (-z).max(0.0) + (1.0 - t) * z.max(0.0) + math::ln_1p(e.to_f64());
    }
    total / count
}

#[cfg(test)]
#[allow(clippy::unreadable_literal)] // digits stand as the reference prints them
mod tests {
    use super::BinaryCrossEntropy;
    use crate::{GradientError, Logits};
    use core::f64::consts::LN_2;
    use duet_kernels::Real;

    /// PyTorch 2.15.0, f64: `BCEWithLogitsLoss()(z, t)` and `z.grad`.
    #[test]
    fn agrees_with_pytorch() {
        let z = [0.3, -1.2, 0.7, 2.0, 0.1, -0.4];
        let t = [0.0, 1.0, 0.5, 0.2, 1.0, 0.9];
        let mut gradient = [0.0; 6];
        let logits = Logits::new(&z, 3).unwrap();
        let loss = BinaryCrossEntropy {}.evaluate(logits, &t, &mut gradient).unwrap();
        assert!((loss / 1.0525272807014188 - 1.0).abs() < 1e-14, "{loss}");
        for (got, want) in gradient.iter().zip([
            0.09574041946860984,
            -0.12808746391650294,
            0.028031295361361026,
            0.11346617966298038,
            -0.07917013542017666,
            -0.083114610018742,
        ]) {
            assert!((got - want).abs() < 1e-15, "{got} {want}");
        }
    }

    #[test]
    fn knowing_nothing_costs_ln_2() {
        for outputs in [1, 10] {
            let zeros = vec![0.0; outputs];
            let logits = Logits::new(&zeros, outputs).unwrap();
            let loss = BinaryCrossEntropy {}.evaluate_classes(logits, &[0], &mut vec![0.0; outputs]).unwrap();
            assert!((loss - LN_2).abs() < 1e-15);
        }
    }

    /// With two classes, the difference of whose logits is z, the two losses are one.
    #[test]
    fn one_question_is_a_cross_entropy_of_two_classes() {
        for z in [-30.0_f64, -2.0, 0.0, 0.5, 40.0] {
            for class in [0, 1] {
                let (mut one, mut two) = ([0.0], [0.0; 2]);
                let yes = f64::from(class);
                let binary =
                    BinaryCrossEntropy {}.evaluate(Logits::new(&[z], 1).unwrap(), &[yes], &mut one).unwrap();
                let softmax = crate::CrossEntropy::default()
                    .evaluate(Logits::new(&[0.0, z], 2).unwrap(), &[class], &mut two)
                    .unwrap();
                assert!((binary - softmax).abs() <= 1e-15 * binary, "{z} {class}: {binary} {softmax}");
                assert!((one[0] - two[1]).abs() <= 1e-15 * one[0].abs(), "{z} {class}");
            }
        }
    }

    #[test]
    fn huge_scores_stay_finite() {
        fn extreme<T: Real>() {
            for (z, t, want) in [(1e4, 1.0, 0.0), (1e4, 0.0, 1e4), (-1e4, 1.0, 1e4), (-1e4, 0.0, 0.0)] {
                let z = [T::from_f64(z)];
                let mut gradient = [T::ZERO];
                let logits = Logits::new(&z, 1).unwrap();
                let loss = BinaryCrossEntropy {}.evaluate(logits, &[T::from_f64(t)], &mut gradient).unwrap();
                assert_eq!(loss, want);
                assert_eq!(gradient[0].abs().to_f64(), if want == 0.0 { 0.0 } else { 1.0 });
            }
        }
        extreme::<f32>();
        extreme::<f64>();
    }

    #[test]
    fn a_target_that_is_no_probability_is_refused() {
        for (bad, shown) in [(1.5, "1.5"), (-0.25, "-0.25"), (f64::NAN, "NaN")] {
            let logits = Logits::new(&[0.0, 0.0], 1).unwrap();
            let refused = BinaryCrossEntropy {}.evaluate(logits, &[0.5, bad], &mut [0.0; 2]).unwrap_err();
            let words = format!("{shown} is not from 0 (no) to 1 (yes)");
            assert_eq!(refused, GradientError::Target { example: 1, words });
        }
    }
}
