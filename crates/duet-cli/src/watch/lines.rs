//! Progress where there is no terminal: one plain line per epoch, or per tenth of a simulated time.
//!
//! Sides and seeds are worked on by several threads. A log is read from top to bottom, so each course is printed whole:
//! the one whose turn it is as it happens, the others when their turn comes.

use super::plan::Plan;
use super::words;
use crate::output;
use duet_harness::protocol::learn::Epoch;
use duet_harness::{Pace, SimulationPace};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Lines in the order of the plan.
pub struct Lines {
    in_order: bool,
    queue: Mutex<Queue>,
    /// The simulated time that was last told of each side and seed.
    told: Mutex<Vec<Told>>,
}

struct Told {
    side: String,
    seed: u64,
    tenth: u32,
    at: Instant,
}

/// A line at least this often, however slow a simulation is.
const QUIET: Duration = Duration::from_secs(60);

struct Queue {
    courses: Vec<Course>,
    /// The course that is printed as it happens; all before it are done.
    turn: usize,
}

struct Course {
    side: String,
    seed: u64,
    held: Vec<String>,
    done: bool,
}

impl Lines {
    /// No line yet. Without `in_order` every line is printed at once.
    pub fn new(plan: &Plan, in_order: bool) -> Self {
        let course = |(side, seed)| Course { side, seed, held: Vec::new(), done: false };
        let courses = plan.jobs().into_iter().map(course).collect();
        Self { in_order, queue: Mutex::new(Queue { courses, turn: 0 }), told: Mutex::default() }
    }

    /// Says that an epoch is over.
    pub fn epoch(&self, side: &str, seed: u64, epoch: usize, of: usize, row: &Epoch, pace: &Pace) {
        let mut line = format!("{side} seed {seed} epoch {epoch}/{of}: {}", scores(row));
        line = format!("{line}, {} examples/s", words::rate(pace.examples_per_s));
        if epoch < of {
            line = format!("{line}, {} left", words::time(pace.left_s));
        }
        self.put(side, seed, line, epoch == of);
    }

    /// Says how far a simulation is: at every tenth, and after a minute without a word.
    pub fn simulated(&self, side: &str, seed: u64, done_ms: f64, of_ms: f64, pace: &SimulationPace) {
        let is_over = done_ms >= of_ms;
        if !self.is_due(side, seed, tenth(done_ms, of_ms)) && !is_over {
            return;
        }
        let mut line = format!(
            "{side} seed {seed}: {} simulated, {}",
            words::simulated(done_ms, of_ms),
            words::factor(pace.real_time_factor)
        );
        if !is_over {
            line = format!("{line}, {} left", words::time(pace.left_s));
        }
        self.put(side, seed, line, is_over);
    }

    fn is_due(&self, side: &str, seed: u64, tenth: u32) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let Some(last) = told.iter_mut().find(|last| last.seed == seed && last.side == side) else {
            told.push(Told { side: side.to_owned(), seed, tenth, at: now });
            return tenth > 0;
        };
        let is_due = tenth > last.tenth || now.duration_since(last.at) >= QUIET;
        if is_due {
            (last.tenth, last.at) = (tenth, now);
        }
        is_due
    }

    /// Says that a side has learned enough.
    pub fn stopped_early(&self, side: &str, seed: u64, epoch: usize) {
        let line =
            format!("{side} seed {seed} stops after epoch {epoch}: the validation loss no longer falls");
        self.put(side, seed, line, true);
    }

    fn put(&self, side: &str, seed: u64, line: String, last: bool) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if self.in_order {
            queue.push(side, seed, line, last).iter().for_each(|line| output::tell(line));
        } else {
            output::tell(&line);
        }
    }

    /// Puts out what is still held back.
    pub fn end(&self) {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        for line in queue.courses.iter_mut().flat_map(|course| std::mem::take(&mut course.held)) {
            output::tell(&line);
        }
    }
}

impl Queue {
    /// Takes a line in and gives back those that can be printed now.
    fn push(&mut self, side: &str, seed: u64, line: String, last: bool) -> Vec<String> {
        let found = self.courses.iter_mut().find(|course| course.seed == seed && course.side == side);
        let Some(course) = found else { return vec![line] };
        course.held.push(line);
        course.done = last;
        let mut ready = Vec::new();
        while let Some(course) = self.courses.get_mut(self.turn) {
            ready.append(&mut course.held);
            if !course.done {
                break;
            }
            self.turn += 1;
        }
        ready
    }
}

/// Whole tenths done; a hair below one counts, which sums of time steps may leave.
fn tenth(done: f64, of: f64) -> u32 {
    (10.0 * done / of + 1e-9) as u32
}

/// `train 0.951 test 0.944`, as far as there are such; R^2 where there is no accuracy.
fn scores(row: &Epoch) -> String {
    let show = |split: &str| {
        let accuracy = row.get(split, "accuracy").map(|value| format!("{split} {value:.3}"));
        accuracy.or_else(|| row.get(split, "r2").map(|value| format!("{split} R^2 {value:.3}")))
    };
    ["train", "validation", "test"].into_iter().filter_map(show).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courses_are_printed_whole_and_in_order() {
        let plan = Plan { sides: vec!["a".into(), "b".into()], seeds: vec![7], epochs: 2, simulates: false };
        let mut queue = Lines::new(&plan, true).queue.into_inner().unwrap();
        let mut push = |side, line: &str, last| queue.push(side, 7, line.into(), last).join(" ");
        assert_eq!(push("b", "b1", false), "");
        assert_eq!(push("a", "a1", false), "a1");
        assert_eq!(push("b", "b2", true), "");
        assert_eq!(push("a", "a2", true), "a2 b1 b2");
    }

    #[test]
    fn missing_accuracies_are_left_out() {
        let mut row = Epoch::default();
        row.push("test", "accuracy", Some(0.9444));
        assert_eq!(scores(&row), "test 0.944");
        let mut row = Epoch::default();
        row.push("train", "r2", Some(0.5));
        row.push("test", "r2", Some(-0.25));
        assert_eq!(scores(&row), "train R^2 0.500 test R^2 -0.250");
    }

    #[test]
    fn a_simulation_is_told_in_tenths() {
        let plan = Plan { sides: vec!["a".into()], seeds: vec![7, 8], epochs: 0, simulates: true };
        let lines = Lines::new(&plan, true);
        // Slices of 50 ms of 1.1 s: not every slice crosses a tenth, and 0.1 s + 0.2 s is not quite 0.3 s.
        let due: Vec<u32> =
            (1..=22).filter(|&k| lines.is_due("a", 7, tenth(f64::from(k) * 50.0, 1100.0))).collect();
        assert_eq!(due, [3, 5, 7, 9, 11, 14, 16, 18, 20, 22]);
        assert!(lines.is_due("a", 8, 1) && !lines.is_due("a", 8, 1), "each seed has its own");
        assert_eq!(tenth(100.0 * (0.1 + 0.2), 100.0), 3);
        assert_eq!(tenth(0.7 + 0.1, 1.0), 8);
    }
}
