//! The numbers of many examples, one example after the other.

/// How the numbers are kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// As they are.
    F32(Vec<f32>),
    /// As bytes: a number is `byte * scale`. Fashion-MNIST takes 47 MB this way and 188 MB as [`Values::F32`].
    U8 {
        /// The bytes.
        bytes: Vec<u8>,
        /// What one unit of a byte means.
        scale: f32,
    },
}

/// The inputs of a set of examples, each with the same number of features; every value lies in [0, 1].
///
/// ```
/// use duet_tasks::Pixels;
///
/// // Two examples of two features, 0 to 16 as shipped with the digits.
/// let pixels = Pixels::from_u8(2, vec![0, 16, 4, 8], 1.0 / 16.0);
/// assert_eq!((pixels.len(), pixels.features()), (2, 2));
/// assert_eq!(pixels.example(1), [0.25, 0.5]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    features: usize,
    values: Values,
}

impl Pixels {
    /// Examples from numbers; example `i` is `values[i * features..][..features]`.
    ///
    /// # Panics
    /// If `features` is 0 or does not divide the number of values.
    pub fn from_f32(features: usize, values: Vec<f32>) -> Self {
        Self::checked(features, values.len());
        Self { features, values: Values::F32(values) }
    }

    /// Examples from bytes, laid out in the same way; a value is `byte * scale`.
    ///
    /// # Panics
    /// If `features` is 0 or does not divide the number of bytes.
    pub fn from_u8(features: usize, bytes: Vec<u8>, scale: f32) -> Self {
        Self::checked(features, bytes.len());
        Self { features, values: Values::U8 { bytes, scale } }
    }

    fn checked(features: usize, values: usize) {
        assert!(
            features > 0 && values.is_multiple_of(features),
            "{values} values are not whole examples of {features} features"
        );
    }

    /// The number of examples.
    pub fn len(&self) -> usize {
        let values = match &self.values {
            Values::F32(values) => values.len(),
            Values::U8 { bytes, .. } => bytes.len(),
        };
        values / self.features
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of values of one example.
    pub fn features(&self) -> usize {
        self.features
    }

    /// All values as they are kept, for code that reads many examples at once.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// A copy of the examples at these indices, in this order.
    ///
    /// # Panics
    /// If there is no such example.
    #[must_use]
    pub fn pick(&self, which: &[u32]) -> Self {
        fn rows<T: Copy>(all: &[T], features: usize, which: &[u32]) -> Vec<T> {
            which.iter().flat_map(|&i| &all[i as usize * features..][..features]).copied().collect()
        }
        let values = match &self.values {
            Values::F32(values) => Values::F32(rows(values, self.features, which)),
            Values::U8 { bytes, scale } => {
                Values::U8 { bytes: rows(bytes, self.features, which), scale: *scale }
            }
        };
        Self { features: self.features, values }
    }

    /// Writes example `i` into `out`.
    ///
    /// # Panics
    /// If `i` is not below [`Pixels::len`], or `out` is not [`Pixels::features`] long.
    pub fn copy_example(&self, i: usize, out: &mut [f32]) {
        let range = i * self.features..(i + 1) * self.features;
        match &self.values {
            Values::F32(values) => out.copy_from_slice(&values[range]),
            Values::U8 { bytes, scale } => {
                assert_eq!(out.len(), self.features, "room for one example");
                for (out, &byte) in out.iter_mut().zip(&bytes[range]) {
                    *out = f32::from(byte) * scale;
                }
            }
        }
    }

    /// Example `i` as numbers.
    ///
    /// # Panics
    /// If `i` is not below [`Pixels::len`].
    pub fn example(&self, i: usize) -> Vec<f32> {
        let mut out = vec![0.0; self.features];
        self.copy_example(i, &mut out);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Pixels;

    #[test]
    fn bytes_and_numbers_read_alike() {
        let bytes = Pixels::from_u8(3, (0..6).collect(), 0.5);
        let numbers = Pixels::from_f32(3, vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5]);
        assert_eq!((bytes.len(), numbers.len()), (2, 2));
        for i in 0..2 {
            assert_eq!(bytes.example(i), numbers.example(i));
        }
        assert!(Pixels::from_f32(4, vec![]).is_empty());
    }

    // 255 * (1/255) in f32 must not come out just above 1.
    #[test]
    fn scaled_bytes_stay_within_zero_and_one() {
        for (top, scale) in [(255, 1.0 / 255.0), (16, 1.0 / 16.0)] {
            let pixels = Pixels::from_u8(1, (0..=top).collect(), scale);
            let values: Vec<f32> = (0..pixels.len()).map(|i| pixels.example(i)[0]).collect();
            assert_eq!((values[0], values[values.len() - 1]), (0.0, 1.0));
            assert!(values.is_sorted());
        }
    }

    #[test]
    #[should_panic(expected = "not whole examples")]
    fn half_an_example_is_refused() {
        Pixels::from_f32(2, vec![0.0; 3]);
    }
}
