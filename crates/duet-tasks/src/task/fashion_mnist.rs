//! Fashion-MNIST.

use super::Source;
use crate::dataset::names;
use crate::known::FASHION_MNIST;
use crate::{Dataset, Places, TaskError};
use duet_random::Key;
use duet_units::{Range, parameters};

parameters! {
    /// Fashion-MNIST: 60,000 pictures of clothes, 28 x 28 pixels in ten kinds, to learn from and 10,000 to be tested on.
    ///
    /// # Behaviour
    /// The data are not part of the program: on Debian and Ubuntu `apt-get install dataset-fashion-mnist` puts them where
    /// they are found; `duet data import` takes in the four files from anywhere else. They are looked for in `folder` if
    /// it is given, else in `fashion_mnist` below the data folders, else where that package puts them, and their BLAKE3
    /// hashes must be those of the published files. Harder than MNIST, and better at telling learners apart: a
    /// perceptron reaches 0.84, a network with one hidden layer 0.88, a convolutional one 0.92.
    ///
    /// # References
    /// - Xiao, Rasul & Vollgraf (2017). Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms.
    ///   arXiv:1708.07747.
    ///
    /// # Example
    /// ```
    /// use duet_tasks::{FashionMnist, Places, Task};
    ///
    /// let task = Task::FashionMnist(FashionMnist::default());
    /// assert_eq!(task.classes()[9], "Ankle boot");
    /// let message = task.check(&Places::default()).unwrap_err().to_string();
    /// assert!(message.contains("apt-get install dataset-fashion-mnist"));
    /// ```
    pub default struct FashionMnist {
        /// The folder that holds the four files, relative to the scenario's folder or to a data folder.
        pub folder: Option<String> = None;
        /// How many training images to use, the first ones; all if left out.
        pub train: Option<usize> = None, in Range::between(1.0, 60_000.0);
        /// How many test images to use, the first ones; all if left out.
        pub test: Option<usize> = None, in Range::between(1.0, 10_000.0);
    }
}

impl Source for FashionMnist {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![28, 28])
    }

    fn classes(&self) -> Vec<String> {
        names(&FASHION_MNIST.classes)
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((self.train.unwrap_or(60_000), self.test.unwrap_or(10_000)))
    }

    fn check(&self, places: &Places) -> Result<(), TaskError> {
        FASHION_MNIST.locate(self.folder.as_deref(), places).map(|_| ())
    }

    fn load(&self, _key: Key, places: &Places) -> Result<Dataset, TaskError> {
        FASHION_MNIST.load(self.folder.as_deref(), (self.train, self.test), places)
    }
}

#[cfg(test)]
mod tests {
    use super::{FashionMnist, Source};
    use crate::known::FILES;
    use crate::{Idx, Places, TaskError};
    use duet_random::Key;
    use std::fs;

    #[test]
    fn other_contents_are_refused_by_size_and_by_hash() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("fashion_mnist");
        fs::create_dir(&folder).unwrap();
        let places = Places { data: vec![root.path().into()], ..Places::default() };
        let write = |which: usize, sizes: &[usize]| {
            let bytes = vec![0; sizes.iter().product()];
            fs::write(folder.join(FILES[which]), Idx::new(sizes.to_vec(), bytes).unwrap().encode()).unwrap();
        };
        for which in 0..3 {
            write(which, &[10]);
        }
        let load = || FashionMnist::default().load(Key::new(0), &places).unwrap_err();
        assert!(matches!(load(), TaskError::Missing { .. }));
        write(3, &[10]);
        let error = load();
        assert!(matches!(error, TaskError::Dimensions { .. }), "{error}");
        write(1, &[60_000]);
        let error = load();
        assert!(matches!(error, TaskError::Checksum { .. }), "{error}");
    }

    // Where the package is installed; elsewhere there is nothing to test. Counts from the data's own description.
    #[test]
    fn the_installed_package_is_whole() {
        let task = FashionMnist { train: Some(1000), ..FashionMnist::default() };
        let places = Places { system: Some("/usr/share/datasets".into()), ..Places::default() };
        if task.check(&places).is_err() {
            return;
        }
        let data = task.load(Key::new(0), &places).unwrap();
        assert_eq!((data.train.len(), data.test.len()), (1000, 10_000));
        assert_eq!(data.test.counts(10), [1000; 10]);
        assert_eq!(data.train.labels()[0], 9);
        assert_eq!(data.train.pixels.features(), 784);
    }
}
