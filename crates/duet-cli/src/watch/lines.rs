//! Progress where there is no terminal: one plain line per epoch.
//!
//! Sides and seeds are worked on by several threads. A log is read from top to bottom, so each course is printed whole:
//! the one whose turn it is as it happens, the others when their turn comes.

use super::plan::Plan;
use super::words;
use crate::output;
use duet_harness::Pace;
use duet_harness::protocol::learn::Epoch;
use std::sync::{Mutex, PoisonError};

/// Lines in the order of the plan.
pub struct Lines {
    in_order: bool,
    queue: Mutex<Queue>,
}

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
        Self { in_order, queue: Mutex::new(Queue { courses, turn: 0 }) }
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
        let plan = Plan { sides: vec!["a".into(), "b".into()], seeds: vec![7], epochs: 2 };
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
}
