//! Labelled examples, as tasks keep them: numbers, or bytes that become numbers only while they are gathered.

use crate::AnnError;
use duet_kernels::{Real, elementwise};

/// The inputs of many examples, one after the other: `[example * features + feature]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pixels<'a> {
    /// Numbers.
    F32(&'a [f32]),
    /// Bytes, each of which stands for `byte * scale`. A large image set stays a quarter of the size in memory.
    U8 {
        /// The bytes.
        bytes: &'a [u8],
        /// What one step of a byte is worth; 1/255 maps to `[0, 1]`.
        scale: f32,
    },
}

/// What the right answers are.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Truth<'a> {
    /// The class of each example.
    Classes(&'a [u32]),
    /// `values[example * outputs + output]`.
    Values { outputs: usize, values: &'a [f32] },
}

/// Inputs and, for each example, the right class or the right numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Examples<'a> {
    pixels: Pixels<'a>,
    features: usize,
    truth: Truth<'a>,
    count: usize,
}

impl<'a> Examples<'a> {
    /// As many examples as labels, each of `features` numbers.
    ///
    /// # Errors
    /// [`AnnError::Inputs`] if the pixels are more or fewer than that.
    pub fn new(pixels: Pixels<'a>, features: usize, labels: &'a [u32]) -> Result<Self, AnnError> {
        Self::with(pixels, features, labels.len(), Truth::Classes(labels))
    }

    /// Examples of `features` numbers, to each of which the answer is a row of `outputs` numbers:
    /// `values[example * outputs + output]`. For losses that take values, such as `mse`.
    ///
    /// # Errors
    /// [`AnnError::Inputs`] if the values are no whole rows, or the pixels are more or fewer than the rows ask for.
    pub fn with_values(
        pixels: Pixels<'a>,
        features: usize,
        outputs: usize,
        values: &'a [f32],
    ) -> Result<Self, AnnError> {
        let examples = values.len() / outputs.max(1);
        if examples * outputs != values.len() {
            let what = "the numbers in the last row of target values";
            return Err(AnnError::Inputs { what, expected: outputs, got: values.len() - examples * outputs });
        }
        Self::with(pixels, features, examples, Truth::Values { outputs, values })
    }

    fn with(
        pixels: Pixels<'a>,
        features: usize,
        examples: usize,
        truth: Truth<'a>,
    ) -> Result<Self, AnnError> {
        let got = match pixels {
            Pixels::F32(numbers) => numbers.len(),
            Pixels::U8 { bytes, .. } => bytes.len(),
        };
        match examples.checked_mul(features) {
            Some(expected) if expected == got => Ok(Self { pixels, features, truth, count: examples }),
            expected => {
                let expected = expected.unwrap_or(usize::MAX);
                Err(AnnError::Inputs { what: "the numbers in all examples", expected, got })
            }
        }
    }

    /// How many examples there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// How many numbers an example has.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The right classes; none where the answers are numbers.
    pub fn labels(&self) -> &'a [u32] {
        match self.truth {
            Truth::Classes(labels) => labels,
            Truth::Values { .. } => &[],
        }
    }

    /// Writes the right answer of example `index` down as that of place `i` of a batch: its class into `labels`, or its
    /// numbers into `values`, which are empty for classes.
    pub(crate) fn read_truth<T: Real>(
        &self,
        index: usize,
        i: usize,
        labels: &mut [u32],
        values: &mut Vec<T>,
    ) {
        match self.truth {
            Truth::Classes(classes) => {
                values.clear();
                labels[i] = classes[index];
            }
            Truth::Values { outputs, values: all } => {
                values.resize((i + 1) * outputs, T::ZERO);
                let row = &all[index * outputs..(index + 1) * outputs];
                for (value, &number) in values[i * outputs..].iter_mut().zip(row) {
                    *value = T::from_f64(f64::from(number));
                }
            }
        }
    }

    /// Copies example `index` into `row`, which is as long as its features.
    ///
    /// # Panics
    /// If there is no such example.
    pub fn read<T: Real>(&self, index: usize, row: &mut [T]) {
        let range = index * self.features..(index + 1) * self.features;
        match self.pixels {
            Pixels::F32(numbers) => {
                for (x, &number) in row.iter_mut().zip(&numbers[range]) {
                    *x = T::from_f64(f64::from(number));
                }
            }
            Pixels::U8 { bytes, scale } => elementwise::scale_bytes(&bytes[range], scale, row),
        }
    }

    /// The bytes of example `index`, if that is how examples are kept.
    pub(crate) fn bytes(&self, index: usize) -> Option<&'a [u8]> {
        match self.pixels {
            Pixels::U8 { bytes, .. } => Some(&bytes[index * self.features..(index + 1) * self.features]),
            Pixels::F32(_) => None,
        }
    }

    /// Tells the processor that example `index` will be read soon.
    pub(crate) fn prefetch(&self, index: usize) {
        if let Some(bytes) = self.bytes(index) {
            duet_kernels::prefetch(bytes);
        }
        if let Truth::Classes(labels) = self.truth {
            duet_kernels::prefetch(&labels[index..=index]);
        }
    }

    /// Checks that a network with `inputs` input units and `outputs` output units can read the examples at these
    /// indices and be held against their answers.
    pub(crate) fn check(&self, inputs: usize, outputs: usize, order: &[u32]) -> Result<(), AnnError> {
        if self.features != inputs {
            let what = "the numbers of an example, one for each input unit";
            return Err(AnnError::Inputs { what, expected: inputs, got: self.features });
        }
        if let Truth::Values { outputs: got, .. } = self.truth
            && got != outputs
        {
            let what = "the target values of an example, one for each output unit";
            return Err(AnnError::Inputs { what, expected: outputs, got });
        }
        match order.iter().find(|&&index| index as usize >= self.len()) {
            Some(&index) => Err(AnnError::NoExample { index, examples: self.len() }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Examples, Pixels};
    use crate::AnnError;

    #[test]
    fn bytes_and_numbers_read_alike() {
        let bytes = [0, 51, 255, 102, 1, 2];
        let numbers = bytes.map(|byte| f32::from(byte) / 255.0);
        let as_bytes = Pixels::U8 { bytes: &bytes, scale: 1.0 / 255.0 };
        let as_bytes = Examples::new(as_bytes, 3, &[4, 5]).unwrap();
        let as_numbers = Examples::new(Pixels::F32(&numbers), 3, &[4, 5]).unwrap();
        assert_eq!((as_bytes.len(), as_bytes.features(), as_bytes.labels()), (2, 3, [4, 5].as_slice()));
        for example in 0..2 {
            let (mut a, mut b) = ([0.0_f64; 3], [0.0_f64; 3]);
            as_bytes.read(example, &mut a);
            as_numbers.read(example, &mut b);
            for (a, b) in a.iter().zip(b) {
                assert!((a - b).abs() < 1e-7);
            }
        }
        let mut white = [0.0_f32; 3];
        as_bytes.read(0, &mut white);
        assert_eq!(white[2], 1.0);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let error = Examples::new(Pixels::F32(&[0.0; 5]), 3, &[0, 1]).unwrap_err();
        assert_eq!(error, AnnError::Inputs { what: "the numbers in all examples", expected: 6, got: 5 });
        assert!(Examples::new(Pixels::F32(&[]), usize::MAX, &[0, 1]).is_err());
        let rows = |values| Examples::with_values(Pixels::F32(&[0.0; 6]), 3, 2, values);
        assert_eq!(rows(&[0.0; 4]).unwrap().len(), 2);
        assert!(rows(&[0.0; 3]).is_err() && rows(&[0.0; 6]).is_err());
        assert!(rows(&[0.0; 4]).unwrap().check(3, 2, &[0, 1]).is_ok());
        assert!(rows(&[0.0; 4]).unwrap().check(3, 1, &[]).is_err());
        let examples = Examples::new(Pixels::F32(&[0.0; 6]), 3, &[0, 1]).unwrap();
        assert!(examples.check(2, 2, &[]).is_err());
        assert_eq!(
            examples.check(3, 2, &[1, 2, 9]).unwrap_err(),
            AnnError::NoExample { index: 2, examples: 2 }
        );
    }
}
