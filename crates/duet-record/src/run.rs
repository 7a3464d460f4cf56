//! Reading a run folder.

use std::path::{Path, PathBuf};

use crate::error::RecordError;
use crate::folder::both_names;
use crate::history::History;
use crate::manifest::Manifest;
use crate::metrics::Metrics;
use crate::shown::Shown;
use crate::story::Story;
use crate::sweep::{Sweep, SweepRow};
use crate::table::Table;
use crate::topology::TopologySketch;
use crate::weights::WeightMatrix;
use crate::{hash, layout, npy, whole};

/// A run folder, finished or not. Nothing is read before it is asked for.
///
/// Every reader fails with [`RecordError::Missing`] where the run did not record the file
/// ([`RecordError::is_missing`]), with [`RecordError::Corrupt`] where its contents are wrong, and with
/// [`RecordError::Io`] where the system refuses.
#[derive(Clone, Debug)]
pub struct Run {
    path: PathBuf,
}

impl Run {
    /// Opens `NAME` or, if only that exists, `NAME.part`.
    ///
    /// # Errors
    /// [`RecordError::NotARun`] if the folder does not exist or holds none of a run's files.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let (part, name) = both_names(path);
        let given_part = path.extension().is_some_and(|extension| extension == "part");
        let found = if given_part || !name.is_dir() { part } else { name };
        let refuse = |why| Err(RecordError::NotARun { path: path.to_owned(), why });
        if !found.is_dir() {
            return refuse(if path.exists() { "it is not a folder" } else { "there is no such folder" });
        }
        let files = [layout::MANIFEST, layout::METRICS, layout::STORY, layout::SWEEP];
        if !files.iter().any(|file| found.join(file).is_file()) {
            return refuse("it holds no manifest.json, metrics.json or story.json");
        }
        Ok(Self { path: found })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Version, hashes and timing.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn manifest(&self) -> Result<Manifest, RecordError> {
        whole::read_json(&self.path.join(layout::MANIFEST))
    }

    /// All metrics and targets.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn metrics(&self) -> Result<Metrics, RecordError> {
        Metrics::read(&self.path.join(layout::METRICS))
    }

    /// Metrics over epochs.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn history(&self) -> Result<History, RecordError> {
        History::read(&self.path.join(layout::HISTORY))
    }

    /// What the report says in words.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn story(&self) -> Result<Story, RecordError> {
        whole::read_json(&self.path.join(layout::STORY))
    }

    /// Populations and projections.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn topology(&self) -> Result<TopologySketch, RecordError> {
        whole::read_json(&self.path.join(layout::TOPOLOGY))
    }

    /// The example whose presentation is recorded.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn shown(&self, side: &str) -> Result<Shown, RecordError> {
        whole::read_json(&self.path.join(layout::shown(side)))
    }

    /// Spikes of the shown example: `time_ms` and `index` (numbers), `population` (text).
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn spikes(&self, side: &str) -> Result<Table, RecordError> {
        self.table(&layout::spikes(side), &["time_ms", "index"], &["population"])
    }

    /// Membrane potentials of the shown example: `time_ms`, then a column (mV) per recorded cell.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn voltages(&self, side: &str, population: &str) -> Result<Table, RecordError> {
        self.table(&layout::voltages(side, population), &["time_ms"], &[])
    }

    /// A recorded variable: `time_ms`, then a column per recorded cell.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn variable(&self, side: &str, population: &str, variable: &str) -> Result<Table, RecordError> {
        self.table(&layout::variable(side, population, variable), &["time_ms"], &[])
    }

    /// Counts over the test set: `true` and `answered` (text), `count` (numbers).
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn confusion(&self, side: &str) -> Result<Table, RecordError> {
        self.table(&layout::confusion(side), &["count"], &["true", "answered"])
    }

    /// A table that a protocol recorded of a side; its columns hold numbers but for those named in `texts`.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn trace(&self, side: &str, name: &str, texts: &[&str]) -> Result<Table, RecordError> {
        self.table(&layout::trace(side, name), &[], texts)
    }

    /// The bowl that `protocol.descend` goes down.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn bowl(&self) -> Result<Table, RecordError> {
        self.table(layout::BOWL, &["flat", "steep", "turned"], &[])
    }

    /// The weights that a side starts from: its own where it replaces the common ones.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn initial_weights(&self, side: &str, projection: &str) -> Result<WeightMatrix, RecordError> {
        match WeightMatrix::read(&self.path.join(layout::initial_weights_of(side, projection))) {
            Err(error) if error.is_missing() => {
                WeightMatrix::read(&self.path.join(layout::initial_weights(projection)))
            }
            other => other,
        }
    }

    /// The weights that a side ends with.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn final_weights(&self, side: &str, projection: &str) -> Result<WeightMatrix, RecordError> {
        WeightMatrix::read(&self.path.join(layout::final_weights(side, projection)))
    }

    /// The biases that a side ends with.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn final_bias(&self, side: &str, projection: &str) -> Result<Vec<f64>, RecordError> {
        let path = self.path.join(layout::final_bias(side, projection));
        npy::read_list(&whole::read(&path)?).map_err(|what| RecordError::corrupt(&path, what))
    }

    /// Whether it is a sweep: many runs in one table.
    pub fn is_sweep(&self) -> bool {
        self.path.join(layout::SWEEP).is_file()
    }

    /// What a sweep varies, and all its points.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn sweep(&self) -> Result<Sweep, RecordError> {
        whole::read_json(&self.path.join(layout::SWEEP))
    }

    /// What came out of a point of a sweep, from 1.
    ///
    /// # Errors
    /// As for every reader of [`Run`].
    pub fn sweep_row(&self, point: usize) -> Result<SweepRow, RecordError> {
        whole::read_json(&self.path.join(layout::row(point)))
    }

    /// Holds every file against the manifest's hashes.
    ///
    /// # Errors
    /// [`RecordError::Corrupt`] or [`RecordError::Missing`] names the first file that does not agree.
    pub fn verify(&self) -> Result<(), RecordError> {
        hash::check(&self.path, &self.manifest()?.files)
    }

    /// Writes a drawing or the report, whole or not at all. Nothing else of a run can be changed. A loss of power may
    /// take it until [`Run::settle_drawn`] is done.
    ///
    /// # Errors
    /// [`RecordError::BadPath`] if the path is neither `report.html` nor below `figures/`, [`RecordError::Io`] if
    /// writing fails.
    pub fn write_drawn(&self, relative: &str, bytes: impl AsRef<[u8]>) -> Result<(), RecordError> {
        let below_figures = relative.split_once('/').is_some_and(|(top, _)| top == layout::FIGURES);
        if relative != layout::REPORT && !below_figures {
            return Err(RecordError::BadPath {
                path: relative.into(),
                why: "only `report.html` and `figures/` are drawn after a run",
            });
        }
        whole::put(&self.path, Path::new(relative), bytes.as_ref())
    }

    /// Brings drawings to the disk.
    ///
    /// # Errors
    /// [`RecordError::Io`] if the system refuses.
    pub fn settle_drawn(&self, files: &[String]) -> Result<(), RecordError> {
        whole::settle(&self.path, &files.iter().cloned().collect())
    }

    fn table(&self, relative: &str, numbers: &[&str], texts: &[&str]) -> Result<Table, RecordError> {
        let path = self.path.join(relative);
        let table = Table::read(&path, texts)?;
        let corrupt = |error: RecordError| RecordError::corrupt(&path, error.to_string());
        for name in numbers {
            table.numbers(name).map_err(corrupt)?;
        }
        for name in texts {
            table.texts(name).map_err(corrupt)?;
        }
        Ok(table)
    }
}
