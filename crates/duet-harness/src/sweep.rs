//! One scenario over many values of its fields: a table, and a figure.
//!
//! ```text
//! --vary ... ─> values ─> points ─> Plan ─> rows/ (side by side, each kept when done) ─> table.csv, figures/sweep
//!                                                  shards on other machines ─> merge ─┘
//! ```
//!
//! A sweep is a folder like a run's: `NAME.part` until it is whole. What a row says depends on the scenario and its point
//! alone, so that threads, parts and interruptions change no byte of the table.

mod merge;
mod plan;
mod points;
mod table;
mod values;
mod work;

pub use merge::merge;
pub use plan::{Plan, Wish};
pub use points::MOST_POINTS;
pub use values::{Values, Vary};

use crate::run::Options;
use crate::scenario::Document;
use crate::{HarnessError, preflight};
use duet_figures::FigureError;
use duet_kernels::CpuLevel;
use duet_record::{Manifest, Reopened, Run, RunFolder, Sweep, SweepRow, layout};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Instant;
use work::Work;

/// Somebody who watches a sweep. Calls come from several threads.
pub trait SweepProgress: Sync {
    /// The folder is there; so many points lie ahead, of so many.
    fn begin(&self, _folder: &Path, _todo: usize, _of: usize) {}
    /// Something to know of a point that is no error.
    fn warn(&self, _point: usize, _words: &str) {}
    /// A point is done.
    fn done(&self, _sweep: &Sweep, _row: &SweepRow) {}
    /// Whether the sweep is to stop.
    fn stopped(&self) -> bool {
        false
    }
}

/// A finished sweep.
#[derive(Debug)]
pub struct Swept {
    /// Its folder.
    pub folder: PathBuf,
    /// What it was.
    pub sweep: Sweep,
    /// Its points that came to nothing, from 1, and why.
    pub failed: Vec<(usize, String)>,
    /// Why there is no figure although there should be.
    pub figures: Result<(), FigureError>,
}

/// What a resumed sweep must know beside its scenario.
#[derive(Default, Serialize, Deserialize)]
struct Beginning {
    folder: Option<PathBuf>,
}

const BEGINNING: &str = "checkpoints/sweep.json";

/// Carries out a plan into a new folder.
///
/// # Errors
/// [`HarnessError`]; its folder `NAME.part` is kept and can be resumed.
pub fn sweep(plan: &Plan, options: &Options, watch: &dyn SweepProgress) -> Result<Swept, HarnessError> {
    let began = Instant::now();
    let (sweep, resolved) = (&plan.sweep, &plan.resolved);
    let base = Document::parse(layout::RESOLVED, resolved.clone())?;
    let beginning = serde_json::to_vec(&Beginning { folder: plan.folder.clone() }).unwrap_or_default();
    let stem = match sweep.shard {
        None => format!("{}-sweep", sweep.stem),
        Some([part, of]) => format!("{}-sweep-{part}of{of}", sweep.stem),
    };
    let files: [(&str, &[u8]); 4] = [
        (layout::SCENARIO, plan.text.as_bytes()),
        (layout::RESOLVED, resolved.as_bytes()),
        (layout::SWEEP, &sweep.to_json()),
        (BEGINNING, &beginning),
    ];
    let folder = RunFolder::begin(&options.out, &stem, &files)?;
    carry_on(sweep, base, plan.folder.clone(), folder, options, watch, began)
}

/// Whether a folder, with or without `.part`, is a sweep's.
pub fn is_sweep(path: &Path) -> bool {
    Run::open(path).is_ok_and(|run| run.is_sweep())
}

/// Goes on with a sweep that was stopped: points that are done stay as they are. A finished one is left alone.
///
/// # Errors
/// [`HarnessError`], as [`sweep`].
pub fn resume_sweep(
    path: &Path,
    options: &Options,
    watch: &dyn SweepProgress,
) -> Result<Swept, HarnessError> {
    let began = Instant::now();
    let folder = match RunFolder::reopen(path)? {
        Reopened::Finished(folder) => {
            let run = Run::open(&folder)?;
            let sweep = run.sweep()?;
            let failed = failed(&rows(&run, &sweep)?);
            return Ok(Swept { folder, sweep, failed, figures: Ok(()) });
        }
        Reopened::Unfinished(folder) => folder,
    };
    let sweep = Run::open(folder.path())?.sweep()?;
    let damaged =
        |file: &str, words: String| HarnessError::Checkpoint { file: folder.path().join(file), words };
    let resolved = String::from_utf8(folder.read(layout::RESOLVED)?)
        .map_err(|error| damaged(layout::RESOLVED, error.to_string()))?;
    if blake3::hash(resolved.as_bytes()).to_hex().as_str() != sweep.scenario {
        return Err(damaged(
            layout::RESOLVED,
            "this is another scenario than the one that the sweep began with".into(),
        ));
    }
    if sweep.points.iter().any(|point| point.len() != sweep.varied.len()) {
        return Err(damaged(
            layout::SWEEP,
            "a point has more or fewer values than there are varied fields".into(),
        ));
    }
    let beginning: Beginning = serde_json::from_slice(&folder.read(BEGINNING)?)
        .map_err(|error| damaged(BEGINNING, error.to_string()))?;
    let base = Document::parse(layout::RESOLVED, resolved)?;
    carry_on(&sweep, base, beginning.folder, folder, options, watch, began)
}

fn carry_on(
    sweep: &Sweep,
    base: Document,
    data: Option<PathBuf>,
    folder: RunFolder,
    options: &Options,
    watch: &dyn SweepProgress,
    began: Instant,
) -> Result<Swept, HarnessError> {
    let is_missing = |point: &usize| !folder.path().join(layout::row(point + 1)).is_file();
    let todo: Vec<usize> = sweep.own().filter(is_missing).collect();
    watch.begin(folder.path(), todo.len(), sweep.own().count());
    Work { sweep, base, data, folder: &folder, watch }.carry_out(&todo, options.threads)?;
    finish(sweep, folder, options.threads, options.figures, began)
}

/// Table and figure of a sweep whose rows are all there. A part has neither: they are the whole's.
fn finish(
    sweep: &Sweep,
    folder: RunFolder,
    threads: usize,
    figures: bool,
    began: Instant,
) -> Result<Swept, HarnessError> {
    let rows = rows(&Run::open(folder.path())?, sweep)?;
    let mut drawn = Ok(());
    if sweep.shard.is_none() {
        folder.write(layout::TABLE, table::table(sweep, &rows)?.to_csv())?;
        if figures {
            drawn = duet_figures::render_sweep(folder.path()).map(|_| ());
        }
    }
    let manifest = Manifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("NEURODUET_COMMIT").map(str::to_owned),
        cpu: CpuLevel::from_env()?.to_string(),
        threads,
        total_s: began.elapsed().as_secs_f64(),
        peak_rss_mb: preflight::peak_rss_mb(),
        ..Manifest::default()
    };
    let folder = folder.finish(manifest)?;
    Ok(Swept { folder, sweep: sweep.clone(), failed: failed(&rows), figures: drawn })
}

/// The rows of this part, read back, so that a resumed sweep and an uninterrupted one see the same.
fn rows(run: &Run, sweep: &Sweep) -> Result<Vec<SweepRow>, HarnessError> {
    let row = |point: usize| {
        let row = run.sweep_row(point + 1)?;
        if row.point == point + 1 {
            return Ok(row);
        }
        let file = run.path().join(layout::row(point + 1));
        Err(HarnessError::Checkpoint {
            file,
            words: format!("this is point {}, not {}", row.point, point + 1),
        })
    };
    sweep.own().map(row).collect()
}

fn failed(rows: &[SweepRow]) -> Vec<(usize, String)> {
    rows.iter().filter_map(|row| Some((row.point, row.why.clone()?))).collect()
}
