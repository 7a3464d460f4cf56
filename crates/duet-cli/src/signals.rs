//! SIGINT, SIGTERM and SIGHUP: the run is asked to stop, and made to when it takes too long.
//!
//! The first signal sets a flag that the run looks at between epochs; it then writes its checkpoints and ends. If an epoch
//! takes longer than the grace, the process ends anyway: checkpoints are written whole or not at all, so the last one
//! stands. A second signal ends it at once.

use crate::{output, shell};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

#[cfg(unix)]
mod unix;

/// The first signal caught; 0 for none. Signals belong to the process, so does this.
static CAUGHT: AtomicI32 = AtomicI32::new(0);

/// Whether the last words have been said: the run and the listener may come to them at the same moment.
static SAID: AtomicBool = AtomicBool::new(false);

/// What a process that ends on the spot must know.
static WORK: Mutex<Work> = Mutex::new(Work { folder: None, scratch: None });

struct Work {
    folder: Option<PathBuf>,
    scratch: Option<PathBuf>,
}

/// Begins to listen. Where there are no such signals, or the system refuses, the process ends as it would without.
pub fn listen() {
    #[cfg(unix)]
    unix::listen();
}

/// Whether a signal has asked the run to stop.
pub fn caught() -> bool {
    CAUGHT.load(Ordering::Relaxed) != 0
}

/// The exit code of a run that was stopped: 128 and the signal's number.
pub fn exit_code() -> u8 {
    match CAUGHT.load(Ordering::Relaxed) {
        0 => 130,
        signal => u8::try_from(128 + signal).unwrap_or(130),
    }
}

/// Names the run folder in the making, so that [`farewell`] can say how to go on.
pub fn working_in(folder: &Path) {
    WORK.lock().unwrap_or_else(PoisonError::into_inner).folder = Some(folder.to_owned());
}

/// Names a temporary folder: it is removed at the end, and nothing in it is worth resuming.
pub fn scratch(folder: &Path) {
    WORK.lock().unwrap_or_else(PoisonError::into_inner).scratch = Some(folder.to_owned());
}

/// Says the last words of a run that was stopped, once.
pub fn say_farewell(folder: Option<&Path>) {
    if !SAID.swap(true, Ordering::Relaxed) {
        output::tell(&farewell(folder));
    }
}

/// The last words of a run that was stopped.
pub fn farewell(folder: Option<&Path>) -> String {
    match folder {
        Some(folder) => {
            let name = folder.with_extension("");
            let name = if folder.extension().is_some_and(|end| end == "part") { &name } else { folder };
            format!("stopped; go on with: duet resume {}", shell::path(name))
        }
        None => "stopped".to_owned(),
    }
}
