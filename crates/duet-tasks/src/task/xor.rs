//! Exclusive or.

use super::Source;
use crate::dataset::names;
use crate::{Dataset, Pixels, Places, Split, TaskError};
use duet_random::Key;
use duet_units::{Range, parameters};

parameters! {
    /// Exclusive or: two inputs of 0 or 1, and the answer is "different" when they differ.
    ///
    /// # Behaviour
    /// The smallest task that one layer cannot learn: no line separates (0,0) and (1,1) from (0,1) and (1,0), so without
    /// a hidden layer at most three of the four come out right. With 8 hidden tanh units backprop always finds it; with 2
    /// ReLU units it fails for most seeds. Training and test set are the same four patterns: nothing is generalized.
    ///
    /// # References
    /// - Minsky & Papert (1969). Perceptrons. MIT Press.
    /// - Rumelhart, Hinton & Williams (1986). Learning representations by back-propagating errors. Nature 323: 533-536.
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{Places, Task, Xor};
    ///
    /// let data = Task::Xor(Xor::default()).load(&Key::new(0), &Places::default()).unwrap();
    /// assert_eq!(data.train.pixels.example(1), [0.0, 1.0]);
    /// assert_eq!(data.train.labels(), [0, 1, 1, 0]);
    /// ```
    pub default struct Xor {
        /// How often each pattern stands in the training set, so that an epoch can be longer than four examples.
        pub repeats: usize = 1, in Range::between(1.0, 1_000_000.0);
    }
}

fn patterns(repeats: usize) -> Split {
    Split::of_classes(
        Pixels::from_f32(2, [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0].repeat(repeats)),
        [0, 1, 1, 0].repeat(repeats),
    )
}

impl Source for Xor {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![2])
    }

    fn classes(&self) -> Vec<String> {
        names(&["same", "different"])
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((4 * self.repeats, 4))
    }

    fn load(&self, _key: Key, _places: &Places) -> Result<Dataset, TaskError> {
        let parts = (patterns(self.repeats), patterns(1));
        Ok(Dataset::new("xor", vec![2], self.classes(), parts, "a truth table"))
    }
}

#[cfg(test)]
mod tests {
    use super::patterns;

    #[test]
    fn labels_are_the_exclusive_or() {
        let split = patterns(3);
        assert_eq!(split.counts(2), [6, 6]);
        for (i, &label) in split.labels().iter().enumerate() {
            let x = split.pixels.example(i);
            assert_eq!(label, u32::from((x[0] == 1.0) ^ (x[1] == 1.0)));
        }
    }
}
