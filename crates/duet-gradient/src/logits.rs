//! Scores before and after the softmax, as two types, so that one cannot be taken for the other.

use crate::GradientError;
use duet_kernels::Real;
use nalgebra::DMatrix;

/// The raw scores of a batch: any real numbers, larger means likelier.
///
/// Flat, one example after the other: `values[example * classes + class]`. That is the order of a nalgebra matrix
/// classes x examples, from which it can be made without a copy.
///
/// The loss [`CrossEntropy`](crate::CrossEntropy) takes logits and applies the softmax itself. A softmax before it, a
/// mistake that trains slowly and never says why, does not compile:
///
/// ```compile_fail
/// use duet_gradient::{CrossEntropy, Logits};
///
/// let logits = Logits::new(&[0.0_f64, 1.0], 2).unwrap();
/// let mut gradient = [0.0; 2];
/// CrossEntropy::default().evaluate(logits.softmax(), &[1], &mut gradient).unwrap();
/// ```
///
/// Without the softmax it does:
///
/// ```
/// use duet_gradient::{CrossEntropy, Logits};
///
/// let logits = Logits::new(&[0.0_f64, 1.0], 2).unwrap();
/// let mut gradient = [0.0; 2];
/// CrossEntropy::default().evaluate(logits, &[1], &mut gradient).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logits<'a, T> {
    values: &'a [T],
    classes: usize,
}

impl<'a, T: Real> Logits<'a, T> {
    /// Scores of a batch, `values[example * classes + class]`.
    ///
    /// # Errors
    /// [`GradientError::Ragged`] if the values are no whole number of examples.
    pub fn new(values: &'a [T], classes: usize) -> Result<Self, GradientError> {
        if classes == 0 || !values.len().is_multiple_of(classes) {
            return Err(GradientError::Ragged { values: values.len(), classes });
        }
        Ok(Self { values, classes })
    }

    /// All scores, flat.
    pub fn values(&self) -> &'a [T] {
        self.values
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many examples there are.
    pub fn examples(&self) -> usize {
        self.values.len() / self.classes
    }

    /// p_k = exp(z_k) / sum_j exp(z_j) for each example, safe for scores of any finite size.
    ///
    /// ```
    /// use duet_gradient::Logits;
    ///
    /// // exp(ln 3) : exp(0) = 3 : 1
    /// let p = Logits::new(&[3.0_f64.ln() + 1e4, 1e4], 2).unwrap().softmax();
    /// assert!((p.values()[0] - 0.75).abs() < 1e-11);
    /// ```
    pub fn softmax(&self) -> Probabilities<T> {
        let mut values = self.values.to_vec();
        for example in values.chunks_exact_mut(self.classes) {
            let (_, sum) = exponentials(example);
            for p in example {
                *p /= sum;
            }
        }
        Probabilities { values, classes: self.classes }
    }
}

/// A batch as a matrix, classes x examples.
impl<'a, T: Real> From<&'a DMatrix<T>> for Logits<'a, T> {
    fn from(matrix: &'a DMatrix<T>) -> Self {
        Self { values: matrix.as_slice(), classes: matrix.nrows().max(1) }
    }
}

/// The softmax of a batch of [`Logits`]: each example's values are in `[0, 1]` and add up to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Probabilities<T> {
    values: Vec<T>,
    classes: usize,
}

impl<T: Real> Probabilities<T> {
    /// All probabilities, `values[example * classes + class]`.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The batch as a matrix, classes x examples.
    pub fn into_matrix(self) -> DMatrix<T> {
        let examples = self.values.len() / self.classes;
        DMatrix::from_vec(self.classes, examples, self.values)
    }
}

/// Replaces one example's scores by exp(z - max z) and returns that maximum and their sum, which is at least 1.
///
/// Shifting by the largest score keeps every exponential in `[0, 1]`. A NaN or an infinite score makes the sum NaN.
pub(crate) fn exponentials<T: Real>(example: &mut [T]) -> (T, T) {
    let mut largest = example[0];
    for &z in &example[1..] {
        largest = largest.max(z);
    }
    let mut sum = T::ZERO;
    for z in example {
        *z = (*z - largest).exp();
        sum += *z;
    }
    (largest, sum)
}

#[cfg(test)]
mod tests {
    use super::Logits;
    use crate::GradientError;
    use nalgebra::DMatrix;
    use proptest::prelude::{prop_assert, proptest};

    /// Truth entry `softmax_ce.a`.
    #[test]
    fn softmax_agrees_with_the_reference() {
        let z = [1.0, 2.0, 3.0, 0.0, 0.0, 0.0, 2.0, -1.0, 0.5];
        let want: [f64; 9] = [
            0.090_030_573_170_4,
            0.244_728_471_055,
            0.665_240_955_775,
            0.333_333_333_333,
            0.333_333_333_333,
            0.333_333_333_333,
            0.785_597_034_589,
            0.039_112_573_270_7,
            0.175_290_392_14,
        ];
        let p = Logits::new(&z, 3).unwrap().softmax();
        for (got, want) in p.values().iter().zip(want) {
            assert!((got - want).abs() < 1e-9, "{got} {want}");
        }
        let single: Vec<f32> = z.iter().map(|&z| z as f32).collect();
        for (got, want) in Logits::new(&single, 3).unwrap().softmax().values().iter().zip(want) {
            assert!((f64::from(*got) / want - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn a_matrix_is_read_column_by_column() {
        let matrix = DMatrix::from_column_slice(2, 3, &[0.0_f64, 0.0, 5.0, 5.0, -1.0, -1.0]);
        let logits = Logits::from(&matrix);
        assert_eq!((logits.classes(), logits.examples()), (2, 3));
        assert_eq!(logits.softmax().into_matrix(), DMatrix::from_element(2, 3, 0.5));
    }

    #[test]
    fn ragged_values_are_refused() {
        let refused = |values: &[f64], classes| Logits::new(values, classes).unwrap_err();
        assert_eq!(refused(&[1.0; 5], 2), GradientError::Ragged { values: 5, classes: 2 });
        assert_eq!(refused(&[], 0), GradientError::Ragged { values: 0, classes: 0 });
    }

    proptest! {
        #[test]
        fn probabilities_add_up_and_ignore_a_shift(z in proptest::collection::vec(-1e4_f64..1e4, 4), shift in -1e4_f64..1e4) {
            let p = Logits::new(&z, 4).unwrap().softmax();
            prop_assert!((p.values().iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let shifted: Vec<f64> = z.iter().map(|z| z + shift).collect();
            let q = Logits::new(&shifted, 4).unwrap().softmax();
            for (p, q) in p.values().iter().zip(q.values()) {
                prop_assert!((p - q).abs() < 1e-10);
            }
        }
    }
}
