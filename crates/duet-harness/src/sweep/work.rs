//! Points computed side by side, each kept as soon as it is done.

use super::SweepProgress;
use super::plan::at;
use crate::HarnessError;
use crate::progress::Progress;
use crate::run::{Options, Origin, resume, run};
use crate::scenario::Document;
use duet_record::{RunFolder, Sweep, SweepRow, layout};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// As much as a main thread has.
const STACK: usize = 8 << 20;

/// A sweep at work.
pub(super) struct Work<'a> {
    pub(super) sweep: &'a Sweep,
    /// The scenario with every default written out.
    pub(super) base: Document,
    /// The folder that relative data paths are resolved from.
    pub(super) data: Option<PathBuf>,
    pub(super) folder: &'a RunFolder,
    pub(super) watch: &'a dyn SweepProgress,
}

impl Work<'_> {
    /// Computes the points that are not there yet. A point has one thread where there are as many points as threads.
    ///
    /// # Errors
    /// [`HarnessError::Stopped`], or the first error that is none of a point's own; rows that are done are kept.
    pub(super) fn carry_out(&self, todo: &[usize], threads: usize) -> Result<(), HarnessError> {
        let threads =
            if threads > 0 { threads } else { thread::available_parallelism().map_or(1, usize::from) };
        let workers = threads.min(todo.len()).max(1);
        let each = (threads / workers).max(1);
        let (next, over, first) = (AtomicUsize::new(0), AtomicBool::new(false), Mutex::new(None));
        let work = || {
            while let Some(&point) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.point(point, each, &over) {
                    // Kept before the others are told: theirs is only that they were stopped.
                    first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    over.store(true, Ordering::Relaxed);
                    return;
                }
            }
        };
        thread::scope(|scope| -> Result<(), HarnessError> {
            for _ in 0..workers {
                let begun = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
                begun.map_err(|error| {
                    over.store(true, Ordering::Relaxed);
                    HarnessError::Usage { words: format!("cannot start {workers} threads: {error}") }
                })?;
            }
            Ok(())
        })?;
        first.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    fn point(&self, point: usize, threads: usize, over: &AtomicBool) -> Result<(), HarnessError> {
        let row = match self.row(point, threads, over) {
            // Which of several seeds is named first is chance, unless there is one thread.
            Ok(row) if row.why.is_some() && threads > 1 => self.row(point, 1, over)?,
            other => other?,
        };
        self.folder.write_safely(layout::row(row.point), row.to_json())?;
        self.tidy(point)?;
        self.watch.done(self.sweep, &row);
        Ok(())
    }

    fn row(&self, point: usize, threads: usize, over: &AtomicBool) -> Result<SweepRow, HarnessError> {
        let stopped = || HarnessError::Stopped { folder: self.folder.path().to_owned() };
        let inner = Inner { watch: self.watch, over, point: point + 1 };
        if inner.stopped() {
            return Err(stopped());
        }
        let home = self.home(point);
        let (unfinished, run_folder) = (home.join("point.part"), home.join("point"));
        let options = Options { out: home, threads, figures: false };
        let outcome = if unfinished.is_dir() || run_folder.is_dir() {
            resume(&run_folder, &options, &inner)
        } else {
            let origin =
                Origin { stem: "point".to_owned(), command: String::new(), folder: self.data.clone() };
            at(&self.base, &[], self.sweep, point)
                .and_then(|checked| run(&checked, &origin, &options, &inner))
        };
        match outcome {
            Ok(finished) => {
                let metrics = duet_record::Run::open(&finished.folder)?.metrics()?;
                Ok(SweepRow::measured(point + 1, &metrics))
            }
            Err(HarnessError::Stopped { .. }) => Err(stopped()),
            // Files and memory are this machine's affair; the rest is the point's own, anywhere.
            Err(error) if matches!(error.exit_code(), 2 | 5) => {
                self.tidy(point)?;
                Ok(SweepRow::failed(point + 1, reason(&error)))
            }
            Err(error) => Err(error),
        }
    }

    /// Where a point's own run folder lies while it is at work.
    fn home(&self, point: usize) -> PathBuf {
        self.folder.path().join(layout::CHECKPOINTS).join(format!("point-{}", point + 1))
    }

    fn tidy(&self, point: usize) -> Result<(), HarnessError> {
        let home = self.home(point);
        match fs::remove_dir_all(&home) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(HarnessError::Read { file: home, source })
            }
            _ => Ok(()),
        }
    }
}

/// Why a point came to nothing: the same words on any machine.
pub(super) fn reason(error: &HarnessError) -> String {
    let words = match error {
        HarnessError::Invalid { diagnostics, .. } => {
            let each = diagnostics.iter().map(|found| match found.path.as_str() {
                "" => found.words.clone(),
                path => format!("{path}: {}", found.words),
            });
            each.collect::<Vec<_>>().join("; ")
        }
        // Not the folder, which is gone.
        HarnessError::Diverged { side, seed, epoch, words, .. } => {
            format!("side `{side}`, seed {seed}, epoch {epoch}: {words}")
        }
        other => other.to_string(),
    };
    words.replace('\n', " ")
}

/// A point's own progress: all that matters of it is whether to stop, and what is rounded.
struct Inner<'a> {
    watch: &'a dyn SweepProgress,
    over: &'a AtomicBool,
    point: usize,
}

impl Progress for Inner<'_> {
    fn warn(&self, words: &str) {
        self.watch.warn(self.point, words);
    }

    fn stopped(&self) -> bool {
        self.watch.stopped() || self.over.load(Ordering::Relaxed)
    }
}
