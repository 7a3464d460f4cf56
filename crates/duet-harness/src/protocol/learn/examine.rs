//! Which examples a course learns from and is examined on, and the examination after every epoch.

use super::course::Epoch;
use crate::compare::energy;
use crate::learner::{self, Answer, Ask, Cost, Failure, Learner, Presentation};
use crate::statistics::{Confusion, r_squared};
use duet_random::{Key, Stream};
use duet_tasks::{Dataset, Split, Targets};

/// The examples of one course. All sides under one seed have the same.
pub struct Sets<'a> {
    data: &'a Dataset,
    held_out: Option<HeldOut>,
}

/// What a validation set changes.
struct HeldOut {
    validation: Split,
    /// The training examples that are left to learn from, by their place, rising.
    learned: Vec<u32>,
    /// The first of those, as many as the test set has.
    glimpse: Split,
}

/// How many of `train` examples are held out.
pub fn validation_size(share: f64, train: usize) -> usize {
    (share * train as f64).round() as usize
}

impl<'a> Sets<'a> {
    /// Holds a share of the training set out, drawn from the key.
    pub fn new(data: &'a Dataset, share: f64, key: Key) -> Self {
        let size = validation_size(share, data.train.len());
        if size == 0 {
            return Self { data, held_out: None };
        }
        let mut drawn = key.stream("examples", 0).permutation(data.train.len());
        let mut learned = drawn.split_off(size.min(data.train.len()));
        learned.sort_unstable();
        drawn.sort_unstable();
        let glimpse = &learned[..learned.len().min(data.test.len())];
        let held_out =
            HeldOut { validation: data.train.pick(&drawn), glimpse: data.train.pick(glimpse), learned };
        Self { data, held_out: Some(held_out) }
    }

    /// How many training examples an epoch shows.
    pub fn learned_from(&self) -> usize {
        self.held_out.as_ref().map_or(self.data.train.len(), |held_out| held_out.learned.len())
    }

    /// The order of one epoch: places in the training set.
    pub fn order(&self, mut stream: Stream) -> Vec<u32> {
        match &self.held_out {
            None => stream.permutation(self.data.train.len()),
            Some(HeldOut { learned, .. }) => {
                let mut order = learned.clone();
                stream.shuffle(&mut order);
                order
            }
        }
    }
}

/// What an examination found.
pub struct Examination {
    /// The row of the course.
    pub row: Epoch,
    /// Counts over the test set, where classes are asked for.
    pub confusion: Option<Confusion>,
    /// What an answer costs, if that was asked.
    pub cost: Vec<Cost>,
}

/// Answers the test set, as many training examples, and the validation set.
pub fn examine(learner: &mut dyn Learner, sets: &Sets<'_>, ask: Ask) -> Result<Examination, Failure> {
    let data = sets.data;
    let (train, seen) = match &sets.held_out {
        None => (&data.train, data.test.len().min(data.train.len())),
        Some(held_out) => (&held_out.glimpse, held_out.glimpse.len()),
    };
    let classes = data.classes.len();
    let train = Judged::new(train, seen, classes, learner.answer(train, seen, Ask::Answers)?);
    let test_answer = learner.answer(&data.test, data.test.len(), ask)?;
    let test = Judged::new(&data.test, data.test.len(), classes, test_answer);
    let validation = match &sets.held_out {
        None => None,
        Some(HeldOut { validation: split, .. }) => {
            let answer = learner.answer(split, split.len(), Ask::Answers)?;
            Some(Judged::new(split, split.len(), classes, answer))
        }
    };
    let mut row = Epoch::default();
    let shown = [("train", Some(&train)), ("test", Some(&test)), ("validation", validation.as_ref())];
    let shown = || shown.iter().filter_map(|&(split, judged)| Some((split, judged?)));
    shown().for_each(|(split, judged)| row.push(split, "accuracy", judged.accuracy()));
    shown().for_each(|(split, judged)| row.push(split, "loss", judged.answer.loss));
    shown().for_each(|(split, judged)| row.push(split, "r2", judged.r2));
    if let Some(confusion) = &test.confusion {
        row.push("test", "macro_precision", confusion.macro_precision());
        row.push("test", "macro_recall", confusion.macro_recall());
        row.push("test", "macro_f1", confusion.macro_f1());
    }
    for (path, share) in &test.answer.units {
        row.push("test", path, Some(*share));
    }
    // Before the first update there is no gradient.
    for (projection, norm) in learner.gradient_norms() {
        row.push("train", format!("{projection}.gradient_norm"), (norm > 0.0).then_some(norm));
    }
    let mut cost = test.answer.cost;
    cost.extend(energy::costs(&cost));
    Ok(Examination { row, confusion: test.confusion, cost })
}

/// Answers held against what was right.
struct Judged {
    answer: Answer,
    confusion: Option<Confusion>,
    r2: Option<f64>,
}

impl Judged {
    fn new(split: &Split, count: usize, classes: usize, answer: Answer) -> Self {
        match &split.targets {
            Targets::Classes(labels) => {
                let mut confusion = Confusion::new(classes);
                confusion.add(&labels[..count], &answer.classes);
                Self { answer, confusion: Some(confusion), r2: None }
            }
            Targets::Values { outputs, values } => {
                let r2 = r_squared(*outputs, &values[..count * outputs], &answer.values);
                Self { answer, confusion: None, r2 }
            }
        }
    }

    fn accuracy(&self) -> Option<f64> {
        self.confusion.as_ref().and_then(Confusion::accuracy)
    }
}

/// The first test example that is not blank, shown in full.
pub fn show(learner: &mut dyn Learner, data: &Dataset) -> Option<(usize, u32, Presentation)> {
    let visible = |&i: &usize| data.test.pixels.example(i).iter().any(|&x| x > 0.0);
    let example = (0..data.test.len()).find(visible)?;
    let presentation = learner.record(&data.test.pixels.example(example), example as u64)?;
    let answer = learner::largest(&presentation.recording.scores);
    Some((example, answer, presentation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_tasks::{Places, Task, Xor};

    #[test]
    fn nothing_is_both_learned_and_held_out() {
        let data = Task::Xor(Xor { repeats: 25 }).load(&Key::new(1), &Places::default()).unwrap();
        let key = Key::new(3).child("validation");
        let sets = Sets::new(&data, 0.1, key);
        let held_out = sets.held_out.as_ref().unwrap();
        assert_eq!((held_out.validation.len(), held_out.learned.len(), held_out.glimpse.len()), (10, 90, 4));
        let order = sets.order(Key::new(3).stream("epoch", 0));
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert!(sorted == held_out.learned && order != sorted);
        let left: Vec<u32> = (0..100).filter(|i| !sorted.contains(i)).collect();
        assert_eq!(data.train.pick(&left), held_out.validation);
        // Another seed holds out others; no share holds out none.
        assert_ne!(Sets::new(&data, 0.1, Key::new(4)).held_out.unwrap().learned, held_out.learned);
        assert_eq!(Sets::new(&data, 0.0, key).order(Key::new(3).stream("epoch", 0)).len(), 100);
    }
}
