//! Progress on a terminal: one bar per side.

use super::plan::Plan;
use super::words;
use duet_harness::protocol::learn::Epoch;
use duet_harness::{Pace, SimulationPace};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

const TEMPLATE: &str = "{prefix} [{bar:30}] {pos}/{len} epochs  {msg}  {eta} left";
/// Of simulated time the engine itself knows what is left.
const SIMULATED: &str = "{prefix} [{bar:30}] {msg}";
/// The time left counts down between epochs.
const TICK: Duration = Duration::from_millis(500);

/// One bar per side, over all its seeds.
pub struct Bars {
    all: MultiProgress,
    sides: Vec<Side>,
}

struct Side {
    name: String,
    bar: ProgressBar,
    /// Epochs, or microseconds of simulated time, done under each seed.
    done: Mutex<Vec<(u64, usize)>>,
    /// Epochs ahead of each seed that has not stopped early.
    epochs: usize,
    seeds: usize,
}

impl Side {
    /// What is done under all seeds, once so much is done under one of them.
    fn done(&self, seed: u64, so_far: usize) -> u64 {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        match done.iter_mut().find(|(own, _)| *own == seed) {
            Some((_, own)) => *own = so_far,
            None => done.push((seed, so_far)),
        }
        done.iter().map(|&(_, own)| own as u64).sum()
    }
}

impl Bars {
    /// Bars at zero.
    pub fn new(plan: &Plan) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(if plan.simulates { SIMULATED } else { TEMPLATE })
            .map_or_else(|_| ProgressStyle::default_bar(), |style| style.progress_chars("=> "));
        let widest = plan.sides.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let side = |name: &String| {
            // A bar of no length would be a full one; a simulation's gets its length with its first word.
            let length = plan.epochs.saturating_mul(plan.seeds.len()).max(usize::from(plan.simulates)) as u64;
            let bar = all.add(ProgressBar::new(length).with_style(style.clone()));
            bar.set_prefix(format!("{name:widest$}"));
            if plan.simulates {
                bar.set_message("connecting cells");
            }
            bar.enable_steady_tick(TICK);
            let (epochs, seeds) = (plan.epochs, plan.seeds.len());
            Side { name: name.clone(), bar, done: Mutex::default(), epochs, seeds }
        };
        let sides = plan.sides.iter().map(side).collect();
        Self { all, sides }
    }

    /// Moves a side's bar.
    pub fn epoch(&self, side: &str, seed: u64, epoch: usize, row: &Epoch, pace: &Pace) {
        let Some(side) = self.sides.iter().find(|own| own.name == side) else { return };
        let position = side.done(seed, epoch);
        let accuracy = row.get("test", "accuracy").map(|value| format!("test {value:.3}  "));
        let score = accuracy.or_else(|| row.get("test", "r2").map(|value| format!("test R^2 {value:.3}  ")));
        let rate = words::rate(pace.examples_per_s);
        side.bar.set_message(format!("{}{rate} examples/s", score.unwrap_or_default()));
        // Epochs that an earlier process has done say nothing about this one's speed.
        let jump = position > side.bar.position() + 1;
        side.bar.set_position(position);
        if jump {
            side.bar.reset_eta();
        }
    }

    /// Moves the bar of a side that is simulated.
    pub fn simulated(&self, side: &str, seed: u64, done_ms: f64, of_ms: f64, pace: &SimulationPace) {
        let Some(side) = self.sides.iter().find(|own| own.name == side) else { return };
        // Whole microseconds: steps can be shorter than a millisecond.
        let position = side.done(seed, (done_ms * 1000.0).round() as usize);
        let all_ms = of_ms * side.seeds.max(1) as f64;
        let all_done_ms = position as f64 / 1000.0;
        let left = pace.left_s
            + pace.real_time_factor * (all_ms - all_done_ms - (of_ms - done_ms)).max(0.0) / 1000.0;
        side.bar.set_length((all_ms * 1000.0).round() as u64);
        side.bar.set_position(position);
        side.bar.set_message(format!(
            "{}  {}  {} left",
            words::simulated(all_done_ms, all_ms),
            words::factor(pace.real_time_factor),
            words::time(left)
        ));
    }

    /// Takes the epochs that a side will not need off its bar.
    pub fn stopped_early(&self, side: &str, _seed: u64, epoch: usize) {
        if let Some(side) = self.sides.iter().find(|own| own.name == side) {
            let length = side.bar.length().unwrap_or(0);
            side.bar.set_length(length.saturating_sub(side.epochs.saturating_sub(epoch) as u64));
        }
    }

    /// Says something above the bars.
    pub fn aside(&self, say: impl FnOnce()) {
        self.all.suspend(say);
    }

    /// Leaves the bars as they stand.
    pub fn end(&self) {
        self.sides.iter().for_each(|side| side.bar.abandon());
    }
}
