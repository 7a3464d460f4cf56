//! Cross-entropy of a softmax.

use super::check_batch;
use crate::logits::exponentials;
use crate::{GradientError, Logits};
use duet_kernels::{Real, math};
use duet_units::parameters;

parameters! {
    /// How surprised the network is by the right class, given the softmax of its outputs.
    ///
    /// # Equations
    /// ```text
    /// p_k     = exp(z_k) / sum_j exp(z_j)
    /// L       = -(1/N) sum_n ln p_{n, label(n)}
    /// dL/dz_k = (p_k - [k = label]) / N
    /// ```
    ///
    /// # Behaviour
    /// An untrained network of K classes starts near ln K (2.303 for ten digits); much more means that its first
    /// outputs are already confident, and wrong. The loss takes logits: the output population has the activation
    /// `identity`, because the softmax belongs to the loss. Taken together the two have the simple gradient above,
    /// which does not vanish when a confident network is wrong. The largest logit is subtracted first, so that no
    /// finite score overflows.
    ///
    /// # References
    /// - Bridle (1990), Probabilistic interpretation of feedforward classification network outputs.
    /// - Goodfellow, Bengio & Courville (2016), Deep Learning, section 6.2.2.3.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{CrossEntropy, Logits};
    ///
    /// // p = (3/4, 1/4): the right class, 1, has the loss -ln(1/4).
    /// let z = [3.0_f64.ln(), 0.0];
    /// let mut gradient = [0.0; 2];
    /// let loss = CrossEntropy {}.evaluate(Logits::new(&z, 2)?, &[1], &mut gradient)?;
    /// assert!((loss - 4.0_f64.ln()).abs() < 1e-15);
    /// assert!((gradient[0] - 0.75).abs() < 1e-15 && (gradient[1] + 0.75).abs() < 1e-15);
    /// # Ok::<(), duet_gradient::GradientError>(())
    /// ```
    pub default struct CrossEntropy {}
}

impl CrossEntropy {
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
        let examples = logits.examples() as f64;
        let mut total = 0.0;
        let rows = logits.values().chunks_exact(logits.classes());
        for ((z, slope), &label) in rows.zip(gradient.chunks_exact_mut(logits.classes())).zip(classes) {
            let label = label as usize;
            slope.copy_from_slice(z);
            let (largest, sum) = exponentials(slope);
            // Where the label leads, 1 - p and -ln p are small: they come from the other classes' terms, which keep
            // their digits, and not from differences with 1.
            let mut rest = T::ZERO;
            for (k, &e) in slope.iter().enumerate() {
                if k != label {
                    rest += e;
                }
            }
            total += if z[label] == largest && sum.is_finite() {
                math::ln_1p(rest.to_f64())
            } else {
                math::ln(sum.to_f64()) + (largest.to_f64() - z[label].to_f64())
            };
            let scale = T::from_f64(1.0 / (sum.to_f64() * examples));
            for s in slope.iter_mut() {
                *s *= scale;
            }
            slope[label] = -(rest * scale);
        }
        Ok(total / examples)
    }
}

#[cfg(test)]
mod tests {
    use super::CrossEntropy;
    use crate::Logits;
    use core::f64::consts::{LN_2, LN_10};
    use duet_kernels::math;

    /// Truth entry `softmax_ce.a`.
    #[test]
    fn agrees_with_the_reference() {
        let z = [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 2.0, -1.0, 0.5];
        let labels = [2, 0, 1];
        let mut gradient = [0.0; 9];
        let mean = CrossEntropy {}.evaluate(Logits::new(&z, 3).unwrap(), &labels, &mut gradient).unwrap();
        assert!((mean - 1.582_509_849_92).abs() < 1e-9);
        let want: [f64; 9] = [
            0.030_010_191_056_8,
            0.081_576_157_018_3,
            -0.111_586_348_075,
            -0.222_222_222_222,
            0.111_111_111_111,
            0.111_111_111_111,
            0.261_865_678_196,
            -0.320_295_808_91,
            0.058_430_130_713_3,
        ];
        for (got, want) in gradient.iter().zip(want) {
            assert!((got - want).abs() < 1e-9, "{got} {want}");
        }
        for (i, want) in [0.407_605_964_444, 1.098_612_288_67, 3.241_311_296_66].into_iter().enumerate() {
            let one = Logits::new(&z[3 * i..3 * i + 3], 3).unwrap();
            let got = CrossEntropy {}.evaluate(one, &labels[i..=i], &mut [0.0; 3]).unwrap();
            assert!((got - want).abs() < 1e-9);
        }
        let single: Vec<f32> = z.iter().map(|&z| z as f32).collect();
        let mut slopes = [0.0_f32; 9];
        let mean = CrossEntropy {}.evaluate(Logits::new(&single, 3).unwrap(), &labels, &mut slopes).unwrap();
        assert!((mean / 1.582_509_849_92 - 1.0).abs() < 1e-5);
        for (got, want) in slopes.iter().zip(want) {
            assert!((f64::from(*got) / want - 1.0).abs() < 1e-5);
        }
    }

    /// Truth entry `loss.init`.
    #[test]
    fn knowing_nothing_costs_ln_k() {
        let expected = [(2, LN_2), (10, LN_10), (100, 4.605_170_185_99)];
        for (classes, want) in expected {
            let zeros = vec![0.0; classes];
            let mut gradient = vec![0.0; classes];
            let loss =
                CrossEntropy {}.evaluate(Logits::new(&zeros, classes).unwrap(), &[1], &mut gradient).unwrap();
            assert!((loss - want).abs() < 1e-9);
        }
    }

    #[test]
    fn huge_scores_stay_finite() {
        fn extreme<T: duet_kernels::Real>() {
            let z = [1e4, -1e4, 0.0].map(T::from_f64);
            for (label, want) in [(0, 0.0), (1, 2e4), (2, 1e4)] {
                let mut gradient = [T::ZERO; 3];
                let loss =
                    CrossEntropy {}.evaluate(Logits::new(&z, 3).unwrap(), &[label], &mut gradient).unwrap();
                assert_eq!(loss, want);
                assert!(gradient.iter().all(|g| g.is_finite()));
            }
        }
        extreme::<f32>();
        extreme::<f64>();
    }

    #[test]
    fn the_slopes_of_one_example_cancel() {
        let z = [0.1, -2.0, 3.0, 0.5];
        let mut gradient = [0.0; 4];
        CrossEntropy {}.evaluate(Logits::new(&z, 4).unwrap(), &[3], &mut gradient).unwrap();
        assert!(gradient.iter().sum::<f64>().abs() < 1e-15);
        let p3 = math::exp(0.5) / z.iter().map(|&z| math::exp(z)).sum::<f64>();
        assert!((gradient[3] - (p3 - 1.0)).abs() < 1e-15);
    }
}
