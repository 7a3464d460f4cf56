//! Data of one's own, in the format of MNIST.

use super::Source;
use crate::four_files::FourFiles;
use crate::known::FILES;
use crate::{Dataset, Places, TaskError, check_path};
use duet_random::Key;
use duet_units::{Range, parameters};
use std::path::PathBuf;

parameters! {
    /// Images and labels of your own, in four files of the IDX format that MNIST made common.
    ///
    /// # Behaviour
    /// Files hold unsigned bytes, plain or gzipped, and are known by their contents; `.gz` behind a name may be left out.
    /// Bytes 0 to 255 become values from 0 to 1. `folder` is looked for beside the scenario and then in the data
    /// folders (`duet data list` shows them); a path that leads out of these is refused. Sizes are checked against what
    /// the files really hold, and every label against `classes`.
    ///
    /// # References
    /// - Y. LeCun, C. Cortes & C. J. C. Burges (1998). The MNIST database of handwritten digits, section "File formats".
    ///
    /// # Example
    /// ```
    /// use duet_random::Key;
    /// use duet_tasks::{Idx, Places, Task};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Scenario { task: Task }
    ///
    /// let folder = tempfile::tempdir().unwrap();
    /// std::fs::create_dir(folder.path().join("letters")).unwrap();
    /// for (name, sizes, bytes) in [
    ///     ("train-images-idx3-ubyte", vec![2, 1, 2], vec![0, 0, 0, 255]),
    ///     ("train-labels-idx1-ubyte", vec![2], vec![0, 1]),
    ///     ("t10k-images-idx3-ubyte", vec![1, 1, 2], vec![0, 204]),
    ///     ("t10k-labels-idx1-ubyte", vec![1], vec![0]),
    /// ] {
    ///     let file = Idx::new(sizes, bytes).unwrap().encode();
    ///     std::fs::write(folder.path().join("letters").join(name), file).unwrap();
    /// }
    /// let scenario: Scenario = toml::from_str("task.idx = { folder = 'letters', classes = 2 }").unwrap();
    /// let places = Places { scenario: Some(folder.path().into()), ..Places::default() };
    /// let data = scenario.task.load(&Key::new(0), &places).unwrap();
    /// assert_eq!(data.train.pixels.example(1), [0.0, 1.0]);
    /// ```
    pub struct IdxFiles {
        /// The folder that holds the files, relative to the scenario's folder or to a data folder.
        pub folder: String;
        /// The number of classes: labels run from 0 to one less.
        pub classes: usize, in Range::between(1.0, 256.0);
        /// The file of training images.
        pub images: String = FILES[0].to_owned();
        /// The file of training labels.
        pub labels: String = FILES[1].to_owned();
        /// The file of test images.
        pub test_images: String = FILES[2].to_owned();
        /// The file of test labels.
        pub test_labels: String = FILES[3].to_owned();
        /// How many training examples to use, the first ones of the file; all if left out.
        pub train: Option<usize>, in Range::at_least(1.0);
        /// How many test examples to use, the first ones of the file; all if left out.
        pub test: Option<usize>, in Range::at_least(1.0);
    }
}

impl IdxFiles {
    fn names(&self) -> [&str; 4] {
        [&self.images, &self.labels, &self.test_images, &self.test_labels]
    }

    fn locate(&self, places: &Places) -> Result<Vec<PathBuf>, TaskError> {
        let folders = places.candidates(&self.folder)?;
        for name in self.names() {
            check_path(name)?;
        }
        places.find(&folders, &self.names())?.ok_or_else(|| TaskError::Missing {
            task: "idx",
            files: self.names().join(", "),
            looked: folders,
            how_to_get: "put them there".to_owned(),
        })
    }
}

impl Source for IdxFiles {
    fn shape(&self) -> Option<Vec<usize>> {
        None
    }

    fn classes(&self) -> Vec<String> {
        (0..self.classes).map(|class| class.to_string()).collect()
    }

    fn examples(&self) -> Option<(usize, usize)> {
        self.train.zip(self.test)
    }

    fn check(&self, places: &Places) -> Result<(), TaskError> {
        self.locate(places).map(|_| ())
    }

    fn load(&self, _key: Key, places: &Places) -> Result<Dataset, TaskError> {
        let files = FourFiles {
            files: self.locate(places)?,
            published: None,
            classes: self.classes,
            train: self.train,
            test: self.test,
        };
        let (shape, train, test) = files.load()?;
        let credit = format!("files of your own in {}", self.folder);
        Ok(Dataset::new("idx", shape, Source::classes(self), (train, test), &credit))
    }
}

#[cfg(test)]
mod tests {
    use super::{FILES, IdxFiles, Source};
    use crate::{Dataset, Idx, Places, TaskError};
    use duet_random::Key;
    use std::path::Path;

    const GOOD: [(&[usize], &[u8]); 4] =
        [(&[3, 2, 1], &[0, 1, 2, 3, 4, 255]), (&[3], &[0, 1, 2]), (&[1, 2, 1], &[9, 9]), (&[1], &[2])];

    /// Loads the good files with one of them replaced.
    fn with(which: usize, sizes: &[usize], bytes: &[u8], task: &IdxFiles) -> Result<Dataset, TaskError> {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("own");
        std::fs::create_dir(&folder).unwrap();
        for (i, (good_sizes, good_bytes)) in GOOD.into_iter().enumerate() {
            let (sizes, bytes) = if i == which { (sizes, bytes) } else { (good_sizes, good_bytes) };
            let file = Idx::new(sizes.to_vec(), bytes.to_vec()).unwrap();
            std::fs::write(folder.join(FILES[i]), file.encode()).unwrap();
        }
        let places = Places { scenario: Some(root.path().into()), ..Places::default() };
        task.check(&places)?;
        task.load(Key::new(0), &places)
    }

    fn task() -> IdxFiles {
        toml::from_str("folder = 'own'\nclasses = 3").unwrap()
    }

    #[test]
    fn good_files_load() {
        let data = with(4, &[], &[], &task()).unwrap();
        assert_eq!((data.train.labels(), data.test.labels()), (&[0, 1, 2][..], &[2][..]));
        assert_eq!(data.shape, [2, 1]);
        assert_eq!(data.train.pixels.example(2), [4.0 * (1.0 / 255.0), 1.0]);
        let first_two = with(4, &[], &[], &IdxFiles { train: Some(2), ..task() }).unwrap();
        assert_eq!((first_two.train.len(), first_two.train.pixels.len()), (2, 2));
    }

    #[test]
    fn files_that_do_not_fit_together_are_refused() {
        let refuse = |which, sizes: &[usize], bytes: &[u8]| with(which, sizes, bytes, &task()).unwrap_err();
        let label = refuse(1, &[3], &[0, 1, 3]);
        assert!(matches!(label, TaskError::Label { index: 2, found: 3, classes: 3, .. }), "{label}");
        assert!(matches!(refuse(1, &[2], &[0, 1]), TaskError::Count { found: 2, expected: 3, .. }));
        assert!(matches!(refuse(1, &[3, 1], &[0, 1, 2]), TaskError::Dimensions { .. }));
        assert!(matches!(refuse(0, &[6], &[0; 6]), TaskError::Dimensions { .. }));
        assert!(matches!(refuse(2, &[1, 1, 2], &[9, 9]), TaskError::Dimensions { .. }));
        let greedy = with(4, &[], &[], &IdxFiles { test: Some(2), ..task() }).unwrap_err();
        assert!(
            matches!(greedy, TaskError::TooFew { split: "test", asked: 2, available: 1, .. }),
            "{greedy}"
        );
    }

    #[test]
    fn paths_are_checked_and_missing_files_named() {
        let places = Places { scenario: Some("/nowhere".into()), data: vec!["/data".into()], system: None };
        for bad in ["../x", "/etc", "con", "~", "C:\\x"] {
            let folder = IdxFiles { folder: bad.to_owned(), ..task() };
            assert!(matches!(folder.check(&places), Err(TaskError::Path { .. })), "{bad}");
            let file = IdxFiles { test_labels: bad.to_owned(), ..task() };
            assert!(matches!(file.check(&places), Err(TaskError::Path { .. })), "{bad}");
        }
        let Err(TaskError::Missing { looked, .. }) = task().check(&places) else { panic!("found nowhere") };
        assert_eq!(looked, [Path::new("/nowhere/own"), Path::new("/data/own")]);
    }
}
