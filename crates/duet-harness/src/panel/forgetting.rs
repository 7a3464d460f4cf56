//! What is left of the first task when the next has been learned.

use super::pupil::Pupil;
use super::{Curve, Probe, Subject, needs_classes, numbers, relabelled, share_right};
use crate::learner::{Ask, Failure};
use crate::scenario::Scenario;
use duet_tasks::{Dataset, Split};
use duet_units::{Problem, Range, parameters};
use serde::{Deserialize, Serialize};

parameters! {
    /// Tasks are learned one after the other; after each one all are asked for.
    ///
    /// # Equations
    /// ```text
    /// split:    task k of K has the classes from (k - 1) C / K to k C / K, rounded down
    /// permuted: task k of K has all classes, and the numbers of every example in an order of its own; the first in the usual one
    /// lost = mean over the tasks but the last of (right answers when it was learned - right answers in the end)
    /// ```
    /// # Behaviour
    /// Whoever follows the error of what is shown now forgets what is not: weights are shared, and with `split` the outputs of absent
    /// classes are only ever told to be silent. With `permuted` nothing is told to be silent, and less is lost. `replay` shows a share of
    /// the earlier tasks' examples again in every epoch, which is the oldest remedy. Every side begins anew; all see the same
    /// examples in the same order.
    ///
    /// # References
    /// - `McCloskey` & Cohen 1989, Psychol. Learn. Motiv. 24:109; van de Ven & Tolias 2019, arXiv:1904.07734 (class-incremental split tasks)
    /// - Goodfellow et al. 2013, arXiv:1312.6211; Kirkpatrick et al. 2017, PNAS 114:3521 (permuted pixels)
    ///
    /// # Example
    /// ```
    /// use duet_harness::panel::Forgetting;
    /// let panel: Forgetting = toml::from_str("tasks = 5").unwrap();
    /// assert_eq!((panel.replay, panel.group(10, 1)), (0.1, 2..4));
    /// ```
    pub default struct Forgetting {
        /// What is new in the next task: other classes, `split`, or another order of an example's numbers, `permuted`.
        pub kind: Kind = Kind::Split;
        /// How many tasks.
        pub tasks: usize = 2, in Range::between(2.0, 1000.0);
        /// How often the examples of a task are shown.
        pub epochs: usize = 10, in Range::between(1.0, 1_000_000.0);
        /// Share of the earlier tasks' examples that are shown again, in a second course; 0 for none, and no second course.
        pub replay: f64 = 0.1, in Range::UNIT;
    }
}

/// What a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Some of the classes.
    Split,
    /// All of them, with the numbers of examples in another order.
    Permuted,
}

impl duet_units::Describe for Kind {
    fn shape() -> duet_units::Shape {
        duet_units::Shape::Text { allowed: &["split", "permuted"] }
    }

    fn show(&self) -> String {
        match self {
            Self::Split => "\"split\"".into(),
            Self::Permuted => "\"permuted\"".into(),
        }
    }
}

impl Forgetting {
    /// The classes of a task, from 0.
    pub fn group(&self, classes: usize, task: usize) -> std::ops::Range<usize> {
        match self.kind {
            Kind::Split => task * classes / self.tasks..(task + 1) * classes / self.tasks,
            Kind::Permuted => 0..classes,
        }
    }

    /// Where the numbers of an example come from in a task; `None` where they stay.
    fn order(&self, subject: &Subject<'_>, task: usize) -> Option<Vec<u32>> {
        if self.kind == Kind::Split || task == 0 {
            return None;
        }
        let mut stream = subject.key.child("order").stream("numbers", task as u64);
        Some(stream.permutation(subject.data.train.pixels.features()))
    }

    /// The right answers to every task after each one was learned, `[task][stage]`.
    fn course(&self, subject: &Subject<'_>, replay: f64) -> Result<Vec<Vec<f64>>, Failure> {
        let data = subject.data;
        let tasks = 0..self.tasks;
        let group = |task| self.group(data.classes.len(), task);
        let groups: Vec<Vec<u32>> = tasks.clone().map(|task| members(&data.train, &group(task))).collect();
        let orders: Vec<Option<Vec<u32>>> = tasks.clone().map(|task| self.order(subject, task)).collect();
        let asked = tasks.clone().map(|task| {
            let places: Vec<(usize, u32)> =
                members(&data.test, &group(task)).into_iter().map(|place| (task, place)).collect();
            turned(&data.test, &places, &orders)
        });
        let asked: Vec<Split> = asked.collect();
        let mut pupil = Pupil::new(subject.beginning, subject.name)?;
        let mut right = vec![Vec::with_capacity(self.tasks); self.tasks];
        for task in tasks {
            for epoch in 0..self.epochs {
                let epoch = task * self.epochs + epoch;
                let mut shown: Vec<(usize, u32)> = groups[task].iter().map(|&place| (task, place)).collect();
                for (earlier, group) in groups[..task].iter().enumerate() {
                    let key = subject.key.child("replay").child(&earlier.to_string());
                    let mut again = key.stream("examples", epoch as u64).permutation(group.len());
                    again.truncate((replay * group.len() as f64).round() as usize);
                    shown.extend(again.into_iter().map(|place| (earlier, group[place as usize])));
                }
                subject.key.stream("task order", epoch as u64).shuffle(&mut shown);
                match self.kind {
                    Kind::Split => {
                        let order: Vec<u32> = shown.into_iter().map(|(_, place)| place).collect();
                        pupil.learn(epoch, &data.train, &order)?;
                    }
                    Kind::Permuted => {
                        let examples = turned(&data.train, &shown, &orders);
                        let order: Vec<u32> = (0..shown.len() as u32).collect();
                        pupil.learn(epoch, &examples, &order)?;
                    }
                }
            }
            let learner = pupil.now()?;
            for (right, split) in right.iter_mut().zip(&asked) {
                let answer = learner.answer(split, split.len(), Ask::Answers)?;
                right.push(share_right(&answer.classes, split.labels()));
            }
        }
        Ok(right)
    }

    /// What a task asks, in words.
    fn asks(&self, data: &Dataset, task: usize) -> String {
        match (self.kind, task) {
            (Kind::Split, _) => {
                let classes = classes_words(data, &self.group(data.classes.len(), task));
                format!("of {classes} answered correctly after so many groups of classes")
            }
            (Kind::Permuted, 0) => "answered correctly after so many orders of their numbers".into(),
            (Kind::Permuted, _) => {
                let nth = task + 1;
                format!("with their numbers in order {nth} answered correctly after so many orders")
            }
        }
    }
}

/// Examples of a split, each with its numbers in the order of its task.
fn turned(split: &Split, shown: &[(usize, u32)], orders: &[Option<Vec<u32>>]) -> Split {
    let places: Vec<u32> = shown.iter().map(|&(_, place)| place).collect();
    let picked = split.pick(&places);
    if orders.iter().all(Option::is_none) {
        return picked;
    }
    let mut values = numbers(&picked, picked.len());
    let features = picked.pixels.features().max(1);
    let mut usual = vec![0.0; features];
    for (values, &(task, _)) in values.chunks_exact_mut(features).zip(shown) {
        if let Some(order) = &orders[task] {
            usual.copy_from_slice(values);
            values.iter_mut().zip(order).for_each(|(value, &from)| *value = usual[from as usize]);
        }
    }
    relabelled(&picked, picked.len(), values)
}

/// The examples of some classes.
fn members(split: &Split, classes: &std::ops::Range<usize>) -> Vec<u32> {
    let is_one = |label: &u32| classes.contains(&(*label as usize));
    split.labels().iter().zip(0..).filter(|(label, _)| is_one(label)).map(|(_, place)| place).collect()
}

impl Probe for Forgetting {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems: Vec<Problem> = needs_classes(scenario).into_iter().collect();
        let classes = scenario.task.as_ref().and_then(duet_tasks::Task::outputs);
        if let Some(classes) = classes.filter(|&n| self.kind == Kind::Split && n < self.tasks) {
            problems.push(Problem::new(
                "tasks",
                format!("{} groups are asked for, and the task has {classes} classes", self.tasks),
            ));
        }
        problems
    }

    fn ask(&self, subject: &mut Subject<'_>) -> Result<Vec<Curve>, Failure> {
        let mut curves = Vec::new();
        let with = [("", 0.0), ("replay_", self.replay)];
        for (prefix, replay) in with.into_iter().filter(|(prefix, replay)| prefix.is_empty() || *replay > 0.0)
        {
            let course = self.course(subject, replay)?;
            let shown = if replay > 0.0 {
                format!(", with {} % of earlier examples shown again", 100.0 * replay)
            } else {
                String::new()
            };
            let curve = |name: String, points, definition| Curve {
                panel: "forgetting",
                name: format!("{prefix}{name}"),
                unit: Some(""),
                points,
                definition,
                has_area: false,
            };
            for (task, right) in course.iter().enumerate() {
                let points =
                    right.iter().enumerate().map(|(stage, &right)| ((stage + 1) as f64, right)).collect();
                let asks = self.asks(subject.data, task);
                let definition = format!("share of the test examples {asks}{shown}");
                curves.push(curve(format!("task_{}", task + 1), points, definition));
            }
            let last = self.tasks - 1;
            let lost =
                course[..last].iter().enumerate().map(|(task, right)| right[task] - right[last]).sum::<f64>()
                    / last as f64;
            let definition = format!(
                "right answers to a task when it was learned less those in the end, mean over the tasks but the last{shown}"
            );
            curves.push(Curve::number("forgetting", format!("{prefix}lost"), Some(lost), &definition));
        }
        Ok(curves)
    }
}

/// "0 to 4".
fn classes_words(data: &Dataset, group: &std::ops::Range<usize>) -> String {
    let name = |class: usize| data.classes.get(class).cloned().unwrap_or_default();
    if group.len() < 2 {
        name(group.start)
    } else {
        format!("{} to {}", name(group.start), name(group.end - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_tasks::Pixels;

    /// Two examples of three numbers: the second is shown in the order of the second task.
    #[test]
    fn numbers_come_from_where_the_order_of_the_task_says() {
        let pixels = Pixels::from_f32(3, vec![0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
        let split = Split::of_classes(pixels, vec![7, 8]);
        let orders = [None, Some(vec![2, 0, 1])];
        let shown = turned(&split, &[(0, 0), (1, 1), (1, 0)], &orders);
        assert_eq!(numbers(&shown, 3), [0.1, 0.2, 0.3, 0.6, 0.4, 0.5, 0.3, 0.1, 0.2]);
        assert_eq!(shown.labels(), [7, 8, 7]);
        assert_eq!(turned(&split, &[(0, 1)], &[None]).labels(), [8]);
    }
}
