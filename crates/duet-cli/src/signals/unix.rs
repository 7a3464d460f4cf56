//! The listener on Unix.

use super::{CAUGHT, WORK, exit_code, say_farewell};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fs;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

/// How long a run may take to its next checkpoint. Two seconds are promised.
const GRACE: Duration = Duration::from_millis(1300);

pub fn listen() {
    let mut wanted = vec![SIGINT, SIGTERM];
    // `nohup duet run ...` ignores SIGHUP on purpose.
    if !is_ignored(SIGHUP) {
        wanted.push(SIGHUP);
    }
    let Ok(mut signals) = Signals::new(wanted) else { return };
    let obey = move || {
        for signal in signals.forever() {
            if CAUGHT.compare_exchange(0, signal, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                // Without a thread there is no grace.
                if thread::Builder::new().spawn(|| leave_after(GRACE)).is_err() {
                    leave_after(Duration::ZERO);
                }
            } else {
                leave_after(Duration::ZERO);
            }
        }
    };
    // Without a thread signals do what they do by default: they end the process.
    let _ = thread::Builder::new().name("signals".into()).spawn(obey);
}

fn leave_after(grace: Duration) {
    thread::sleep(grace);
    let work = WORK.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(scratch) = &work.scratch {
        // Best effort: the run may still be writing there.
        let _ = fs::remove_dir_all(scratch);
        say_farewell(None);
    } else {
        say_farewell(work.folder.as_deref());
    }
    std::process::exit(i32::from(exit_code()));
}

/// Whether this process was started with the signal ignored, as far as the system tells.
fn is_ignored(signal: i32) -> bool {
    let Ok(status) = fs::read_to_string("/proc/self/status") else { return false };
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    mask & (1 << (signal - 1)) != 0
}
