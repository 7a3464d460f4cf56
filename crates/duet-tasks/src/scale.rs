//! Features of any size brought to [0, 1].

/// The smallest and the largest value of each feature, of the training part alone: what a learner is told about the test
/// part must not depend on the test part.
///
/// ```text
/// x -> (x - low) / (high - low)    0 where low = high    then clipped to [0, 1]
/// ```
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    ranges: Vec<(f64, f64)>,
}

impl Scale {
    /// From finite values in rows of `features`.
    pub(crate) fn of(features: usize, values: impl Iterator<Item = f64>) -> Self {
        let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); features];
        for (i, value) in values.enumerate() {
            let (low, high) = &mut ranges[i % features];
            *low = low.min(value);
            *high = high.max(value);
        }
        Self { ranges }
    }

    /// The `i`-th value of rows of the same kind; values beyond the training part's are clipped.
    pub(crate) fn apply(&self, i: usize, value: f64) -> f32 {
        let (low, high) = self.ranges[i % self.ranges.len()];
        if high <= low {
            return 0.0;
        }
        let span = high - low;
        // Halves of finite numbers have a finite difference, where the numbers themselves may not.
        let scaled = if span.is_finite() {
            (value - low) / span
        } else {
            (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)
        };
        scaled.clamp(0.0, 1.0) as f32
    }

    /// Rows of the same kind.
    pub(crate) fn rows(&self, values: impl Iterator<Item = f64>) -> Vec<f32> {
        values.enumerate().map(|(i, value)| self.apply(i, value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;
    use proptest::prelude::*;

    #[test]
    fn each_feature_by_its_own_range() {
        let scale = Scale::of(2, [1.0, -4.0, 3.0, -4.0, 2.0, -4.0].into_iter());
        assert_eq!(scale.rows([1.0, -4.0, 2.5, 7.0, 9.0, -9.0].into_iter()), [0.0, 0.0, 0.75, 0.0, 1.0, 0.0]);
    }

    proptest! {
        #[test]
        fn always_between_zero_and_one(values in prop::collection::vec(any::<f64>(), 1..20), other in any::<f64>()) {
            let finite = |value: &f64| value.is_finite();
            let values: Vec<f64> = values.into_iter().filter(finite).collect();
            prop_assume!(!values.is_empty() && other.is_finite());
            let scale = Scale::of(1, values.iter().copied());
            let scaled = scale.rows(values.iter().copied().chain([other]));
            prop_assert!(scaled.iter().all(|x| (0.0..=1.0).contains(x)), "{scaled:?}");
        }
    }
}
