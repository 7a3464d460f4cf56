//! What a run says on stderr while it works: bars on a terminal, elsewhere one line per epoch or stretch of time.

mod bars;
mod lines;
mod plan;
mod words;

use crate::{output, signals};
use bars::Bars;
use duet_harness::protocol::learn::Epoch;
use duet_harness::{Pace, Progress, SimulationPace};
use lines::Lines;
use plan::Plan;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Somebody at the command line who watches a run.
pub struct Watch {
    quiet: bool,
    kind: Kind,
    display: OnceLock<Display>,
    warned: Mutex<Vec<String>>,
}

/// What is being watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new run.
    Run,
    /// A run that is taken up again.
    Resumed,
    /// A run in a temporary folder: there is nothing to go on with.
    Passing,
}

enum Display {
    Bars(Bars),
    Lines(Lines),
}

impl Watch {
    /// A watch on a run that has not begun.
    pub fn new(kind: Kind, quiet: bool) -> Self {
        Self { quiet, kind, display: OnceLock::new(), warned: Mutex::default() }
    }

    /// Whether the run has begun.
    pub fn has_begun(&self) -> bool {
        self.display.get().is_some()
    }

    /// Puts out what was held back, when the run has ended, well or not.
    pub fn end(&self) {
        match self.display.get() {
            Some(Display::Bars(bars)) => bars.end(),
            Some(Display::Lines(lines)) => lines.end(),
            None => {}
        }
    }

    /// Whether these words have been said as a warning already.
    pub fn has_warned(&self, words: &str) -> bool {
        self.warned.lock().unwrap_or_else(PoisonError::into_inner).iter().any(|said| said == words)
    }

    fn open(&self, plan: &Plan) -> Display {
        if io::stderr().is_terminal() && !self.quiet {
            Display::Bars(Bars::new(plan))
        } else {
            // Sides that a resumed run has behind it say nothing, so their turn would never pass.
            Display::Lines(Lines::new(plan, self.kind != Kind::Resumed))
        }
    }
}

impl Progress for Watch {
    fn begin(&self, folder: &Path, _total: usize) {
        let doing = match self.kind {
            Kind::Run => Some("writing"),
            Kind::Resumed => Some("resuming"),
            Kind::Passing => None,
        };
        if let Some(doing) = doing {
            signals::working_in(folder);
            if !self.quiet {
                output::tell(&format!("{doing} {}", folder.display()));
            }
        }
        self.display.get_or_init(|| self.open(&Plan::read(folder)));
    }

    fn warn(&self, words: &str) {
        self.warned.lock().unwrap_or_else(PoisonError::into_inner).push(words.to_owned());
        match self.display.get() {
            Some(Display::Bars(bars)) => bars.aside(|| output::warn(words)),
            _ => output::warn(words),
        }
    }

    fn epoch(&self, side: &str, seed: u64, epoch: usize, of: usize, row: &Epoch, pace: &Pace) {
        match self.display.get() {
            _ if self.quiet => {}
            Some(Display::Bars(bars)) => bars.epoch(side, seed, epoch, row, pace),
            Some(Display::Lines(lines)) => lines.epoch(side, seed, epoch, of, row, pace),
            None => {}
        }
    }

    fn simulated(&self, side: &str, seed: u64, done_ms: f64, of_ms: f64, pace: &SimulationPace) {
        match self.display.get() {
            _ if self.quiet => {}
            Some(Display::Bars(bars)) => bars.simulated(side, seed, done_ms, of_ms, pace),
            Some(Display::Lines(lines)) => lines.simulated(side, seed, done_ms, of_ms, pace),
            None => {}
        }
    }

    fn stopped_early(&self, side: &str, seed: u64, epoch: usize) {
        match self.display.get() {
            _ if self.quiet => {}
            Some(Display::Bars(bars)) => bars.stopped_early(side, seed, epoch),
            Some(Display::Lines(lines)) => lines.stopped_early(side, seed, epoch),
            None => {}
        }
    }

    fn stopped(&self) -> bool {
        signals::caught()
    }
}
