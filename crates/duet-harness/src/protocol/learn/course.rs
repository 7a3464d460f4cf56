//! What one side did under one seed, epoch by epoch, and when it has learned enough.

use super::{Keep, StopEarly};
use crate::learner::Spent;
use serde::{Deserialize, Serialize};

/// What one side did under one seed. Everything in it is the same for any number of threads, but for `timing`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// Epochs done.
    pub epochs: usize,
    /// What was measured after every epoch; the first row is before learning.
    pub history: Vec<Epoch>,
    /// The epoch whose validation loss is the smallest so far, the earliest of equals.
    pub best: Option<Best>,
    /// Epochs since the validation loss last fell by enough.
    pub waited: usize,
    /// The validation loss that counts as the last to have fallen by enough.
    pub reference: Option<f64>,
    /// What learning has taken.
    pub spent: Spent,
    /// Wall-clock seconds of every epoch.
    pub timing: Vec<f64>,
    /// Wall-clock seconds of building the side.
    pub build_s: f64,
}

/// The epoch with the smallest validation loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// The epoch; 0 is before learning.
    pub epoch: usize,
    /// Its validation loss.
    pub loss: f64,
}

/// One row of a course: everything that was measured after one epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// In the order of `history.csv`.
    pub values: Vec<Measured>,
}

/// One number of a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The part of the data: "train", "validation", "test".
    pub split: String,
    /// What was measured: "accuracy", "loss", "hidden.dead" ...
    pub metric: String,
    /// The number.
    pub value: f64,
}

impl Epoch {
    /// Adds a number, if there is one.
    pub fn push(&mut self, split: &str, metric: impl Into<String>, value: Option<f64>) {
        if let Some(value) = value {
            self.values.push(Measured { split: split.to_owned(), metric: metric.into(), value });
        }
    }

    /// A number of this row.
    pub fn get(&self, split: &str, metric: &str) -> Option<f64> {
        let found = self.values.iter().find(|own| own.split == split && own.metric == metric);
        found.map(|own| own.value)
    }
}

impl Course {
    /// Takes the row of the epoch just done, or of epoch 0, and says whether its validation loss is the best so far.
    pub fn push(&mut self, row: Epoch, stop: Option<&StopEarly>) -> bool {
        let loss = row.get("validation", "loss").filter(|loss| loss.is_finite());
        self.history.push(row);
        let Some(loss) = loss else { return false };
        let min_delta = stop.map_or(0.0, |stop| stop.min_delta);
        if self.reference.is_none_or(|reference| loss < reference - min_delta) {
            self.reference = Some(loss);
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        let is_best = self.best.is_none_or(|best| loss < best.loss);
        if is_best {
            self.best = Some(Best { epoch: self.epochs, loss });
        }
        is_best
    }

    /// Whether patience has run out.
    pub fn has_waited(&self, stop: Option<&StopEarly>) -> bool {
        stop.is_some_and(|stop| self.waited >= stop.patience)
    }

    /// The epoch whose state the side ends with.
    pub fn kept(&self, keep: Keep) -> usize {
        match (keep, self.best) {
            (Keep::Best, Some(best)) => best.epoch,
            _ => self.epochs,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(losses: &[f64], stop: &StopEarly) -> Course {
        let mut course = Course::default();
        for (epoch, &loss) in losses.iter().enumerate() {
            course.epochs = epoch;
            let mut row = Epoch::default();
            row.push("validation", "loss", Some(loss));
            course.push(row, Some(stop));
            if course.has_waited(Some(stop)) {
                break;
            }
        }
        course
    }

    #[test]
    fn it_stops_when_nothing_has_fallen_for_long_enough() {
        let stop = StopEarly { patience: 2, min_delta: 0.0 };
        let done = course(&[1.0, 0.5, 0.6, 0.4, 0.4, 0.45, 0.1], &stop);
        assert_eq!((done.epochs, done.best), (5, Some(Best { epoch: 3, loss: 0.4 })));
        assert_eq!((done.kept(Keep::Best), done.kept(Keep::Last)), (3, 5));
    }

    #[test]
    fn small_steps_do_not_count_but_may_be_the_best() {
        let stop = StopEarly { patience: 2, min_delta: 0.1 };
        // 0.95 and 0.92 are less than 0.1 below 1.0; 0.92 is still the smallest.
        let done = course(&[1.0, 0.95, 0.92, 0.0], &stop);
        assert_eq!((done.epochs, done.waited, done.best), (2, 2, Some(Best { epoch: 2, loss: 0.92 })));
    }

    #[test]
    fn without_a_validation_loss_nothing_is_waited_for() {
        let mut course = Course::default();
        let stop = StopEarly { patience: 1, min_delta: 0.0 };
        for _ in 0..5 {
            assert!(!course.push(Epoch::default(), Some(&stop)));
        }
        assert!(!course.has_waited(Some(&stop)) && course.best.is_none());
        assert!(!course.has_waited(None));
    }
}
