//! The registry of tasks.

mod cifar10;
mod csv_file;
mod digits;
mod fashion_mnist;
mod idx_files;
mod linear_map;
mod mnist;
mod npy_file;
mod separable;
mod stripes;
mod temporal_xor;
mod two_moons;
mod xor;

pub use cifar10::Cifar10;
pub use csv_file::{CsvFile, Delimiter};
pub use digits::Digits;
pub use fashion_mnist::FashionMnist;
pub use idx_files::IdxFiles;
pub use linear_map::LinearMap;
pub use mnist::Mnist;
pub use npy_file::NpyFile;
pub use separable::Separable;
pub use stripes::Stripes;
pub use temporal_xor::TemporalXor;
pub use two_moons::TwoMoons;
pub use xor::Xor;

use crate::{Dataset, Places, TaskError};
use duet_random::{Key, Stream};
use duet_units::choice;

choice! {
    /// What is to be learned: inputs with labels.
    pub enum Task: "task" {
        Digits(Digits) = "digits",
        Xor(Xor) = "xor",
        TwoMoons(TwoMoons) = "two_moons",
        Separable(Separable) = "separable",
        Stripes(Stripes) = "stripes",
        TemporalXor(TemporalXor) = "temporal_xor",
        LinearMap(LinearMap) = "linear_map",
        Idx(IdxFiles) = "idx",
        Csv(CsvFile) = "csv",
        Npy(NpyFile) = "npy",
        Mnist(Mnist) = "mnist",
        FashionMnist(FashionMnist) = "fashion_mnist",
        Cifar10(Cifar10) = "cifar10",
    }
}

/// What every task can say and do.
trait Source {
    /// The shape of one example, if it is known before loading.
    fn shape(&self) -> Option<Vec<usize>>;

    /// The names of the classes; none where numbers are asked for, or if only the data can tell.
    fn classes(&self) -> Vec<String>;

    /// How many numbers an answer has, if that is known before loading.
    fn outputs(&self) -> Option<usize> {
        Some(self.classes().len())
    }

    /// How many training and test examples there will be, if that is known before loading.
    fn examples(&self) -> Option<(usize, usize)>;

    /// Whether the key decides what is learned from and what is tested on.
    fn depends_on_seed(&self) -> bool {
        false
    }

    /// What can be said to be wrong before anything is read.
    fn check(&self, _places: &Places) -> Result<(), TaskError> {
        Ok(())
    }

    fn load(&self, key: Key, places: &Places) -> Result<Dataset, TaskError>;
}

impl Task {
    fn source(&self) -> &dyn Source {
        match self {
            Self::Digits(task) => task,
            Self::Xor(task) => task,
            Self::TwoMoons(task) => task,
            Self::Separable(task) => task,
            Self::Stripes(task) => task,
            Self::TemporalXor(task) => task,
            Self::LinearMap(task) => task,
            Self::Idx(task) => task,
            Self::Csv(task) => task,
            Self::Npy(task) => task,
            Self::Mnist(task) => task,
            Self::FashionMnist(task) => task,
            Self::Cifar10(task) => task,
        }
    }

    /// The shape of one example, slowest dimension first; `None` if only the data can tell (`idx`, `csv`, `npy`).
    pub fn shape(&self) -> Option<Vec<usize>> {
        self.source().shape()
    }

    /// Whether the key decides what is learned from and what is tested on: such a task differs from seed to seed.
    pub fn depends_on_seed(&self) -> bool {
        self.source().depends_on_seed()
    }

    /// The names of the classes; none where numbers are asked for, or if only the data can tell (`csv`, `npy`).
    pub fn classes(&self) -> Vec<String> {
        self.source().classes()
    }

    /// How many numbers an answer has, one score per class or one per number asked for; `None` if only the data can tell
    /// (`csv`, `npy`).
    pub fn outputs(&self) -> Option<usize> {
        self.source().outputs()
    }

    /// Whether numbers are asked for, rather than classes.
    pub fn has_values(&self) -> bool {
        matches!(self, Self::LinearMap(_))
    }

    /// How many training and test examples there will be; `None` if only the data can tell (`idx`, `csv`, `npy`).
    pub fn examples(&self) -> Option<(usize, usize)> {
        self.source().examples()
    }

    /// Says what is wrong as far as that shows without reading any data: a path that is refused, files that are
    /// nowhere, a size that would not fit.
    ///
    /// # Errors
    /// The error that [`Task::load`] would return.
    pub fn check(&self, places: &Places) -> Result<(), TaskError> {
        self.source().check(places)
    }

    /// Reads or generates the data. Only tasks that depend on the seed use the key.
    ///
    /// # Errors
    /// [`TaskError`] if files are missing or damaged, a path is refused, or the data would be too large.
    pub fn load(&self, key: &Key, places: &Places) -> Result<Dataset, TaskError> {
        self.source().check(places)?;
        self.source().load(*key, places)
    }
}

/// Labels with equally many of each class (give or take one), in random order, so that every stretch of them is mixed.
fn balanced(examples: usize, classes: usize, mut stream: Stream) -> Vec<u32> {
    let mut labels: Vec<u32> = (0..examples).map(|i| (i % classes) as u32).collect();
    stream.shuffle(&mut labels);
    labels
}

#[cfg(test)]
mod tests {
    use super::Task;
    use crate::{Dataset, Places};
    use duet_random::Key;
    use duet_units::{Describe, Shape};

    #[derive(serde::Deserialize)]
    struct Holder {
        task: Task,
    }

    fn task(text: &str) -> Task {
        toml::from_str::<Holder>(text).expect(text).task
    }

    fn load(task: &Task, seed: u64) -> Dataset {
        task.load(&Key::new(seed), &Places::default()).unwrap()
    }

    #[test]
    fn every_page_has_its_parts() {
        let Shape::Choice { entries, .. } = Task::shape_of() else { panic!("a choice") };
        for entry in entries {
            let page = entry.page();
            let summary = page.summary();
            assert!(summary.ends_with('.') && summary.len() < 160, "{}: {summary}", entry.name);
            for section in ["Behaviour", "References", "Example"] {
                assert!(page.section(section).is_some(), "{} lacks # {section}", entry.name);
            }
            assert!(page.fields.iter().all(|field| !field.doc.is_empty()), "{}", entry.name);
        }
    }

    impl Task {
        fn shape_of() -> Shape {
            <Self as Describe>::shape()
        }
    }

    #[test]
    fn what_is_announced_is_what_comes() {
        for text in [
            "task.digits = { train = 100, test = 50 }",
            "task.xor = { repeats = 3 }",
            "task.two_moons = { train = 31, test = 20 }",
            "task.stripes = { size = 6, train = 11, test = 8 }",
            "task.temporal_xor = { train = 12, test = 8 }",
            "task.linear_map = { inputs = 3, outputs = 2, train = 9, test = 4 }",
        ] {
            let task = task(text);
            task.check(&Places::default()).unwrap();
            let data = load(&task, 5);
            assert_eq!(data.name, task.name());
            assert_eq!(Some(data.shape.clone()), task.shape(), "{text}");
            assert_eq!(data.classes, task.classes(), "{text}");
            assert_eq!(Some(data.outputs()), task.outputs(), "{text}");
            assert_eq!(data.train.targets.outputs().is_some(), task.has_values(), "{text}");
            assert_eq!(Some((data.train.len(), data.test.len())), task.examples(), "{text}");
            assert!(!data.credit.is_empty() && !data.summary.is_empty());
            for split in [&data.train, &data.test] {
                assert_eq!(split.pixels.len(), split.len());
                assert_eq!(split.pixels.features(), data.shape.iter().product::<usize>());
                assert!(split.labels().iter().all(|&label| (label as usize) < data.classes.len()));
                let mut values = (0..split.len()).flat_map(|i| split.pixels.example(i));
                assert!(values.all(|value| (0.0..=1.0).contains(&value)), "{text}");
            }
        }
    }

    #[test]
    fn generated_tasks_follow_their_key_and_are_balanced() {
        for text in [
            "task.two_moons = { train = 101, test = 40 }",
            "task.stripes = { size = 8, train = 101, test = 40 }",
        ] {
            let task = task(text);
            let data = load(&task, 1);
            assert_eq!(data, load(&task, 1));
            assert_ne!(data.train, load(&task, 2).train);
            assert_ne!(data.train.pixels.example(0), data.test.pixels.example(0));
            assert_eq!(data.train.counts(2), [51, 50]);
            assert_eq!(data.test.counts(2), [20, 20]);
            assert!(!data.train.labels().is_sorted());
        }
    }

    #[test]
    fn nonsense_is_refused_when_read() {
        for text in [
            "task.digits = { train = 0 }",
            "task.digits = { train = 1438 }",
            "task.digits = { test = 361 }",
            "task.xor = { repeats = 0 }",
            "task.two_moons = { train = 10 }",
            "task.two_moons = { train = -1, test = 10 }",
            "task.two_moons = { train = 1000000000000, test = 10 }",
            "task.two_moons = { train = 10, test = 10, noise = nan }",
            "task.stripes = { size = 1, train = 10, test = 10 }",
            "task.temporal_xor = { early = 0.2, late = 0.3 }",
            "task.linear_map = { inputs = 0, outputs = 1, train = 10, test = 10 }",
            "task.mnist = { train = 60001 }",
            "task.mnist = { color = true }",
            "task.idx = { folder = 'x' }",
            "task.cifar = {}",
        ] {
            assert!(toml::from_str::<Holder>(text).is_err(), "{text}");
        }
    }
}
