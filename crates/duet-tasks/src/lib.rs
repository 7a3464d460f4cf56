//! Data sets and generated tasks, and the readers that bring them in.
//!
//! A [`Task`] is what a scenario names under `[task.NAME]`. It says what it will be like before anything is read, and
//! then loads into a [`Dataset`]: inputs in [0, 1] with classes or numbers to answer, in a training and a test part. Inputs in [0, 1] serve
//! both physics: an artificial network takes them as numbers, a spiking one as rates.
//!
//! ```
//! use duet_random::Key;
//! use duet_tasks::{Places, Task};
//!
//! #[derive(serde::Deserialize)]
//! struct Scenario {
//!     task: Task,
//! }
//! let scenario: Scenario = toml::from_str("[task.digits]").unwrap();
//! assert_eq!(scenario.task.shape(), Some(vec![8, 8]));
//!
//! let data = scenario.task.load(&Key::new(7), &Places::default()).unwrap();
//! assert_eq!((data.train.len(), data.test.len()), (1437, 360));
//! ```
//!
//! Nothing here trusts a file: sizes come from the bytes that arrive, never from a header; gzip checksums and, for
//! published data, BLAKE3 hashes are compared; a path in a scenario stays below the scenario's folder and the user's
//! data folders ([`Places`]).
//!
//! To add a task: one file in `src/task/` with its `parameters!` struct, whose doc comment is its page in `duet explain`
//! and the book, and one line each in the table and in the dispatch of `src/task.rs`.
#![forbid(unsafe_code)]

mod array;
mod available;
mod cifar;
mod column;
mod csv;
mod dataset;
mod error;
mod four_files;
mod idx;
mod import;
mod known;
mod labelled;
mod path;
mod pixels;
mod places;
mod scale;
mod sheet;
mod sprites;
mod staging;
mod stratify;
mod tar;
mod task;
mod unpack;
mod zip;

pub use available::{DataStatus, available};
pub use column::Column;
pub use dataset::{Dataset, Split, Targets};
pub use error::TaskError;
pub use idx::Idx;
pub use import::{Imported, import};
pub use path::check_path;
pub use pixels::{Pixels, Values};
pub use places::Places;
pub use task::{
    Cifar10, CsvFile, Delimiter, Digits, FashionMnist, IdxFiles, LinearMap, Mnist, NpyFile, Separable,
    Stripes, Task, TemporalXor, TwoMoons, Xor,
};
