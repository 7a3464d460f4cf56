//! Cross-entropy of a softmax.

use super::{check_batch, check_rows};
use crate::logits::exponentials;
use crate::{GradientError, Logits};
use duet_kernels::{Real, math};
use duet_units::{Range, parameters};

parameters! {
    /// How surprised the network is by the right class, given the softmax of its outputs.
    ///
    /// # Equations
    /// ```text
    /// p_k     = exp(z_k) / sum_j exp(z_j)
    /// L       = -(1/N) sum_n sum_k t_nk ln p_nk
    /// dL/dz_k = (p_k - t_k) / N
    /// t_k     = [k = label],     smoothed: (1 - label_smoothing) [k = label] + label_smoothing / K
    /// ```
    ///
    /// # Behaviour
    /// An untrained network of K classes starts near ln K (2.303 for ten digits); much more means that its first
    /// outputs are already confident, and wrong. The loss takes logits: the output population has the activation
    /// `identity`, because the softmax belongs to the loss. Taken together the two have the simple gradient above,
    /// which does not vanish when a confident network is wrong. The largest logit is subtracted first, so that no
    /// finite score overflows.
    ///
    /// With `label_smoothing` a share of the target is spread evenly over all K classes. The best answer is then no
    /// longer a certain one, so the logits stay bounded and the probabilities are less overconfident; the loss cannot
    /// reach 0. A target may also be a row of K probabilities (one-hot, or soft: what another network answered), which
    /// is smoothed the same way.
    ///
    /// # References
    /// - Bridle (1990), Probabilistic interpretation of feedforward classification network outputs.
    /// - Goodfellow, Bengio & Courville (2016), Deep Learning, section 6.2.2.3.
    /// - Szegedy, Vanhoucke, Ioffe, Shlens & Wojna (2016), Rethinking the inception architecture (label smoothing).
    /// - The definition of `torch.nn.CrossEntropyLoss`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{CrossEntropy, Logits};
    ///
    /// // p = (3/4, 1/4): the right class, 1, has the loss -ln(1/4).
    /// let z = [3.0_f64.ln(), 0.0];
    /// let mut gradient = [0.0; 2];
    /// let loss = CrossEntropy::default().evaluate(Logits::new(&z, 2)?, &[1], &mut gradient)?;
    /// assert!((loss - 4.0_f64.ln()).abs() < 1e-15);
    /// assert!((gradient[0] - 0.75).abs() < 1e-15 && (gradient[1] + 0.75).abs() < 1e-15);
    ///
    /// // Smoothed by 0.5 the target is (1/4, 3/4): -(1/4 ln(3/4) + 3/4 ln(1/4)) = ln 4 - 1/4 ln 3.
    /// let smoothed = CrossEntropy { label_smoothing: 0.5 };
    /// let loss = smoothed.evaluate(Logits::new(&z, 2)?, &[1], &mut gradient)?;
    /// assert!((loss - (4.0_f64.ln() - 0.25 * 3.0_f64.ln())).abs() < 1e-15);
    /// assert!((gradient[0] - 0.5).abs() < 1e-15 && (gradient[1] + 0.5).abs() < 1e-15);
    /// # Ok::<(), duet_gradient::GradientError>(())
    /// ```
    pub default struct CrossEntropy {
        /// Share of each target that is spread evenly over all classes.
        pub label_smoothing: f64 = 0.0, in Range::UNIT;
    }
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
        let smoothed = |example: usize, k: usize| self.smoothed(classes[example] as usize == k, logits);
        Ok(self.judge(logits, |example| Some(classes[example] as usize), smoothed, gradient))
    }

    /// The same with a row of probabilities for each example, `targets[example * classes + class]`.
    ///
    /// A row with a single 1 gives the bits that its class would.
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
        let classes = logits.classes();
        let single = |example: usize| {
            let row = &targets[example * classes..(example + 1) * classes];
            row.iter()
                .position(|&t| t == T::ONE)
                .filter(|_| row.iter().filter(|&&t| t != T::ZERO).count() == 1)
        };
        let keep = T::from_f64(1.0 - self.label_smoothing);
        let spread = T::from_f64(self.label_smoothing / classes as f64);
        let soft = |example: usize, k: usize| keep * targets[example * classes + k] + spread;
        Ok(self.judge(logits, single, soft, gradient))
    }

    /// The target of a class, `right` or not.
    fn smoothed<T: Real>(&self, right: bool, logits: Logits<'_, T>) -> T {
        let spread = T::from_f64(self.label_smoothing / logits.classes() as f64);
        if right { T::from_f64(1.0 - self.label_smoothing) + spread } else { spread }
    }

    /// Loss and gradient: an example with a `single` class is judged by it, unless smoothed; any other by its `soft` row.
    fn judge<T: Real>(
        &self,
        logits: Logits<'_, T>,
        single: impl Fn(usize) -> Option<usize>,
        soft: impl Fn(usize, usize) -> T,
        gradient: &mut [T],
    ) -> f64 {
        let examples = logits.examples() as f64;
        let rows = logits.values().chunks_exact(logits.classes());
        let mut total = 0.0;
        for (example, (z, slope)) in rows.zip(gradient.chunks_exact_mut(logits.classes())).enumerate() {
            total += match single(example).filter(|_| self.label_smoothing == 0.0) {
                Some(label) => by_class(z, label, examples, slope),
                None => by_row(z, |k| soft(example, k), examples, slope),
            };
        }
        total / examples
    }
}

/// One example with one right class.
fn by_class<T: Real>(z: &[T], label: usize, examples: f64, slope: &mut [T]) -> f64 {
    slope.copy_from_slice(z);
    let (largest, sum) = exponentials(slope);
    // Where the label leads, 1 - p and -ln p are small: they come from the other classes' terms, which keep their
    // digits, and not from differences with 1.
    let mut rest = T::ZERO;
    for (k, &e) in slope.iter().enumerate() {
        if k != label {
            rest += e;
        }
    }
    let scale = T::from_f64(1.0 / (sum.to_f64() * examples));
    for s in slope.iter_mut() {
        *s *= scale;
    }
    slope[label] = -(rest * scale);
    if z[label] == largest && sum.is_finite() {
        math::ln_1p(rest.to_f64())
    } else {
        math::ln(sum.to_f64()) + (largest.to_f64() - z[label].to_f64())
    }
}

/// One example with a probability for every class.
fn by_row<T: Real>(z: &[T], target: impl Fn(usize) -> T, examples: f64, slope: &mut [T]) -> f64 {
    slope.copy_from_slice(z);
    let (largest, sum) = exponentials(slope);
    let log_sum = math::ln(sum.to_f64()) + largest.to_f64();
    let share = T::from_f64(1.0 / examples);
    let (mut loss, mut whole) = (0.0, T::ZERO);
    for (k, &z) in z.iter().enumerate() {
        let t = target(k);
        whole += t;
        loss += t.to_f64() * (log_sum - z.to_f64());
    }
    // The targets sum to 1 but for rounding; with their very sum the gradient is that of the loss as computed.
    for (k, s) in slope.iter_mut().enumerate() {
        *s = (whole * (*s / sum) - target(k)) * share;
    }
    loss
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
        let mean =
            CrossEntropy::default().evaluate(Logits::new(&z, 3).unwrap(), &labels, &mut gradient).unwrap();
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
            let got = CrossEntropy::default().evaluate(one, &labels[i..=i], &mut [0.0; 3]).unwrap();
            assert!((got - want).abs() < 1e-9);
        }
        let single: Vec<f32> = z.iter().map(|&z| z as f32).collect();
        let mut slopes = [0.0_f32; 9];
        let mean =
            CrossEntropy::default().evaluate(Logits::new(&single, 3).unwrap(), &labels, &mut slopes).unwrap();
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
            let loss = CrossEntropy::default()
                .evaluate(Logits::new(&zeros, classes).unwrap(), &[1], &mut gradient)
                .unwrap();
            assert!((loss - want).abs() < 1e-9);
        }
    }

    #[test]
    fn huge_scores_stay_finite() {
        fn extreme<T: duet_kernels::Real>() {
            let z = [1e4, -1e4, 0.0].map(T::from_f64);
            for (label, want) in [(0, 0.0), (1, 2e4), (2, 1e4)] {
                let mut gradient = [T::ZERO; 3];
                let loss = CrossEntropy::default()
                    .evaluate(Logits::new(&z, 3).unwrap(), &[label], &mut gradient)
                    .unwrap();
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
        CrossEntropy::default().evaluate(Logits::new(&z, 4).unwrap(), &[3], &mut gradient).unwrap();
        assert!(gradient.iter().sum::<f64>().abs() < 1e-15);
        let p3 = math::exp(0.5) / z.iter().map(|&z| math::exp(z)).sum::<f64>();
        assert!((gradient[3] - (p3 - 1.0)).abs() < 1e-15);
    }

    /// PyTorch 2.15.0, f64: `cross_entropy(z, labels, label_smoothing=0.1)` and `z.grad`, on the logits of `softmax_ce.a`.
    #[test]
    #[allow(clippy::unreadable_literal)] // digits stand as the reference prints them
    fn smoothed_labels_agree_with_pytorch() {
        let z = [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 2.0, -1.0, 0.5];
        let mut gradient = [0.0; 9];
        let smoothed = |label_smoothing, gradient: &mut [f64]| {
            CrossEntropy { label_smoothing }.evaluate(Logits::new(&z, 3).unwrap(), &[2, 0, 1], gradient)
        };
        let loss = smoothed(0.1, &mut gradient).unwrap();
        assert!((loss - 1.5658431832565494).abs() < 1e-15, "{loss}");
        let want = [
            0.018899079945682365,
            0.07046504590715476,
            -0.0893641258528372,
            -0.2,
            0.1,
            0.1,
            0.2507545670853142,
            -0.29807358668754863,
            0.04731901960223446,
        ];
        for (got, want) in gradient.iter().zip(want) {
            assert!((got - want).abs() < 1e-15, "{got} {want}");
        }
        // A label smoothed away: every class is as right as any other.
        assert!((smoothed(1.0, &mut gradient).unwrap() - 1.4158431832565492).abs() < 1e-15);
        assert!(gradient[3..6].iter().all(|slope| slope.abs() < 1e-16));
    }

    /// PyTorch 2.15.0, f64: `cross_entropy(z, rows, label_smoothing=...)` and `z.grad`.
    #[test]
    #[allow(clippy::unreadable_literal)]
    fn rows_of_probabilities_agree_with_pytorch() {
        let z = [0.3, -1.2, 0.7, 2.0, 0.1, -0.4];
        let rows = [0.5, 0.25, 0.25, 0.1, 0.2, 0.7];
        let agrees = |label_smoothing, loss: f64, slopes: [f64; 6]| {
            let mut gradient = [0.0; 6];
            let got = CrossEntropy { label_smoothing }
                .evaluate_values(Logits::new(&z, 3).unwrap(), &rows, &mut gradient)
                .unwrap();
            assert!((got - loss).abs() < 1e-15, "{got} {loss}");
            for (got, want) in gradient.iter().zip(slopes) {
                assert!((got - want).abs() < 1e-15, "{got} {want}");
            }
        };
        let plain = [
            -0.06583487527779372,
            -0.08390720622697856,
            0.14974208150477225,
            0.35313263973124503,
            -0.03970400771182169,
            -0.31342863201942334,
        ];
        agrees(0.0, 1.774558893031486, plain);
        let smoothed = [
            -0.05750154194446039,
            -0.08807387289364524,
            0.14557541483810557,
            0.3414659730645784,
            -0.04637067437848836,
            -0.29509529868609,
        ];
        agrees(0.1, 1.747808893031486, smoothed);
    }

    /// The best smoothed answer is the smoothed target itself, and costs its entropy.
    #[test]
    fn smoothing_bounds_the_best_logits() {
        let (right, wrong) = (1.0 - 0.3 + 0.1, 0.1); // 0.3 over three classes
        let z = [math::ln(wrong), math::ln(right), math::ln(wrong)];
        let mut gradient = [0.0; 3];
        let smoothed = CrossEntropy { label_smoothing: 0.3 };
        let loss = smoothed.evaluate(Logits::new(&z, 3).unwrap(), &[1], &mut gradient).unwrap();
        let entropy = -(right * math::ln(right) + 2.0 * wrong * math::ln(wrong));
        assert!((loss - entropy).abs() < 1e-15);
        assert!(gradient.iter().all(|slope| slope.abs() < 1e-16));
    }
}
