//! The 8 x 8 digits that come with the program.

use super::Source;
use crate::dataset::names;
use crate::{Dataset, Idx, Pixels, Places, Split, TaskError};
use duet_random::Key;
use duet_units::{Range, parameters};
use std::path::Path;

/// Training examples; the other 360 are the test set.
const TRAIN: usize = 1437;
const TEST: usize = 360;

parameters! {
    /// Handwritten digits of 8 x 8 pixels, built into the program: 1,437 to learn from and 360 to be tested on.
    ///
    /// # Behaviour
    /// Pixels count the ink in 4 x 4 blocks of the scan, 0 to 16, and are scaled to [0, 1]. A perceptron reaches about
    /// 0.95, an artificial 64-64-10 network 0.97, a hundred spiking cells that compete without a teacher 0.93; so a good score
    /// alone does not show that a hidden layer learns.
    ///
    /// Which digits are for training and which for the test never changes, whatever the scenario's seed: the order comes
    /// from a fixed key of its own. So every seed and every scenario is scored on the same 360 digits, and scores can be
    /// compared; what differs between seeds is the learner. (Where a score is to be generalized to other digits, mind
    /// that 360 of them leave a standard error of about 0.01.) The test set also stays the same when `train` is smaller.
    ///
    /// # References
    /// - E. Alpaydin and C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI Machine Learning Repository,
    ///   test part; CC BY 4.0; as shipped with scikit-learn.
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{Digits, Places, Task};
    ///
    /// let data = Task::Digits(Digits::default()).load(&Key::new(0), &Places::default()).unwrap();
    /// assert_eq!((data.train.len(), data.test.len()), (1437, 360));
    /// assert_eq!(data.test.counts(10), [33, 38, 38, 32, 35, 31, 40, 38, 40, 35]);
    /// ```
    pub default struct Digits {
        /// How many of the 1,437 training digits to use.
        pub train: usize = TRAIN, in Range::between(1.0, TRAIN as f64);
        /// How many of the 360 test digits to use.
        pub test: usize = TEST, in Range::between(1.0, TEST as f64);
    }
}

const IMAGES: &[u8] = include_bytes!("../../assets/digits-images-idx3-ubyte.gz");
const LABELS: &[u8] = include_bytes!("../../assets/digits-labels-idx1-ubyte.gz");

/// The order of all digits; the first `TRAIN` are for training. A key of its own, not the scenario's.
fn order() -> Vec<u32> {
    Key::new(0).child("digits").stream("split", 0).permutation(TRAIN + TEST)
}

/// The digits with these numbers.
fn pick(images: &Idx, labels: &Idx, which: &[u32]) -> Split {
    let bytes = which.iter().flat_map(|&i| &images.bytes()[i as usize * 64..][..64]).copied().collect();
    Split::of_classes(
        Pixels::from_u8(64, bytes, 1.0 / 16.0),
        which.iter().map(|&i| u32::from(labels.bytes()[i as usize])).collect(),
    )
}

impl Source for Digits {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![8, 8])
    }

    fn classes(&self) -> Vec<String> {
        names(&["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((self.train, self.test))
    }

    fn load(&self, _key: Key, _places: &Places) -> Result<Dataset, TaskError> {
        let images = Idx::decode(IMAGES, Path::new("the built-in images"))?;
        let labels = Idx::decode(LABELS, Path::new("the built-in labels"))?;
        let order = order();
        let (train, test) = order.split_at(TRAIN);
        // A table built in code can ask for more than the range allows; a scenario cannot.
        let (train, test) = (&train[..self.train.min(TRAIN)], &test[..self.test.min(TEST)]);
        let parts = (pick(&images, &labels, train), pick(&images, &labels, test));
        let credit = "E. Alpaydin and C. Kaynak: Optical Recognition of Handwritten Digits, UCI Machine Learning \
                      Repository (1998), test part, CC BY 4.0; as shipped with scikit-learn";
        Ok(Dataset::new("digits", vec![8, 8], self.classes(), parts, credit))
    }
}

#[cfg(test)]
mod tests {
    use super::{Digits, IMAGES, LABELS, Source, TRAIN, order};
    use crate::{Dataset, Idx, Places};
    use duet_random::Key;
    use std::path::Path;

    fn load(digits: &Digits, seed: u64) -> Dataset {
        digits.load(Key::new(seed), &Places::default()).unwrap()
    }

    // Counts and first image as scikit-learn's load_digits gives them.
    #[test]
    fn the_data_are_those_of_scikit_learn() {
        let images = Idx::decode(IMAGES, Path::new("images")).unwrap();
        let labels = Idx::decode(LABELS, Path::new("labels")).unwrap();
        assert_eq!((images.sizes(), labels.sizes()), (&[1797, 8, 8][..], &[1797][..]));
        assert_eq!(images.bytes().iter().max(), Some(&16));
        let mut counts = [0; 10];
        for &label in labels.bytes() {
            counts[usize::from(label)] += 1;
        }
        assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
        #[rustfmt::skip]
        let first = [
            0, 0,  5, 13,  9,  1, 0, 0,
            0, 0, 13, 15, 10, 15, 5, 0,
            0, 3, 15,  2,  0, 11, 8, 0,
            0, 4, 12,  0,  0,  8, 8, 0,
            0, 5,  8,  0,  0,  9, 8, 0,
            0, 4, 11,  0,  1, 12, 7, 0,
            0, 2, 14,  5, 10, 12, 0, 0,
            0, 0,  6, 13, 10,  0, 0, 0,
        ];
        assert_eq!((&images.bytes()[..64], labels.bytes()[0]), (&first[..], 0));
    }

    // From an independent program in Python. Never to move: published scores stand on it.
    #[test]
    fn the_split_is_fixed_disjoint_and_complete() {
        let order = order();
        assert_eq!(order[..5], [608, 1428, 511, 223, 1697]);
        assert_eq!(order[TRAIN..TRAIN + 5], [25, 1151, 1038, 1124, 572]);
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1797).collect::<Vec<u32>>());
        let data = load(&Digits::default(), 1);
        assert_eq!(data, load(&Digits::default(), 2));
        let counts = data.train.counts(10).into_iter().zip(data.test.counts(10)).map(|(a, b)| a + b);
        assert_eq!(counts.collect::<Vec<_>>(), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
    }

    #[test]
    fn fewer_training_digits_leave_the_test_as_it_is() {
        let all = load(&Digits::default(), 1);
        let some = load(&Digits { train: 100, ..Digits::default() }, 1);
        assert_eq!(some.test, all.test);
        assert_eq!(some.train.labels(), &all.train.labels()[..100]);
        assert_eq!(some.train.pixels.example(99), all.train.pixels.example(99));
        assert_eq!(
            load(&Digits { test: 10, ..Digits::default() }, 1).test.labels(),
            &all.test.labels()[..10]
        );
    }
}
