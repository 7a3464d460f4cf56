//! What is left of the first task when the next has been learned.

use super::pupil::Pupil;
use super::{Curve, Probe, Subject, needs_classes, share_right};
use crate::learner::{Ask, Failure};
use crate::scenario::Scenario;
use duet_tasks::{Dataset, Split};
use duet_units::{Problem, Range, parameters};

parameters! {
    /// The classes are learned in groups, one after the other; after each group all groups are asked for.
    ///
    /// # Equations
    /// ```text
    /// task k of K: the classes from (k - 1) C / K to k C / K, rounded down
    /// lost = mean over the tasks but the last of (right answers when it was learned - right answers in the end)
    /// ```
    /// # Behaviour
    /// Whoever follows the error of what is shown now forgets what is not: weights are shared, and the outputs of absent classes are only
    /// ever told to be silent. `replay` shows a share of the earlier groups' examples again in every epoch, which is the
    /// oldest remedy. Every side begins anew; all see the same examples in the same order.
    ///
    /// # References
    /// - `McCloskey` & Cohen 1989, Psychol. Learn. Motiv. 24:109; van de Ven & Tolias 2019, arXiv:1904.07734 (class-incremental split tasks)
    ///
    /// # Example
    /// ```
    /// use duet_harness::panel::Forgetting;
    /// let panel: Forgetting = toml::from_str("tasks = 5").unwrap();
    /// assert_eq!((panel.replay, panel.group(10, 1)), (0.1, 2..4));
    /// ```
    pub default struct Forgetting {
        /// Groups of classes.
        pub tasks: usize = 2, in Range::between(2.0, 1000.0);
        /// How often the examples of a group are shown.
        pub epochs: usize = 10, in Range::between(1.0, 1_000_000.0);
        /// Share of the earlier groups' examples that are shown again, in a second course; 0 for none, and no second course.
        pub replay: f64 = 0.1, in Range::UNIT;
    }
}

impl Forgetting {
    /// The classes of a group, from 0.
    pub fn group(&self, classes: usize, task: usize) -> std::ops::Range<usize> {
        task * classes / self.tasks..(task + 1) * classes / self.tasks
    }

    /// The right answers to every group after each one was learned, `[task][stage]`.
    fn course(&self, subject: &Subject<'_>, replay: f64) -> Result<Vec<Vec<f64>>, Failure> {
        let data = subject.data;
        let classes = data.classes.len();
        let groups: Vec<Vec<u32>> =
            (0..self.tasks).map(|task| members(&data.train, &self.group(classes, task))).collect();
        let asked: Vec<Split> = (0..self.tasks)
            .map(|task| data.test.pick(&members(&data.test, &self.group(classes, task))))
            .collect();
        let mut pupil = Pupil::new(subject.beginning, subject.name)?;
        let mut right = vec![Vec::with_capacity(self.tasks); self.tasks];
        for task in 0..self.tasks {
            for epoch in 0..self.epochs {
                let epoch = task * self.epochs + epoch;
                let mut order = groups[task].clone();
                for (earlier, group) in groups[..task].iter().enumerate() {
                    let key = subject.key.child("replay").child(&earlier.to_string());
                    let mut again = key.stream("examples", epoch as u64).permutation(group.len());
                    again.truncate((replay * group.len() as f64).round() as usize);
                    order.extend(again.into_iter().map(|place| group[place as usize]));
                }
                subject.key.stream("task order", epoch as u64).shuffle(&mut order);
                pupil.learn(epoch, &order)?;
            }
            let learner = pupil.now()?;
            for (right, split) in right.iter_mut().zip(&asked) {
                let answer = learner.answer(split, split.len(), Ask::Answers)?;
                right.push(share_right(&answer.classes, split.labels()));
            }
        }
        Ok(right)
    }
}

/// The examples of some classes.
fn members(split: &Split, classes: &std::ops::Range<usize>) -> Vec<u32> {
    let is_one = |label: &u32| classes.contains(&(*label as usize));
    split.labels().iter().zip(0..).filter(|(label, _)| is_one(label)).map(|(_, place)| place).collect()
}

impl Probe for Forgetting {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems: Vec<Problem> = needs_classes(scenario).into_iter().collect();
        if let Some(classes) =
            scenario.task.as_ref().and_then(duet_tasks::Task::outputs).filter(|&n| n < self.tasks)
        {
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
                let classes = classes_words(subject.data, &self.group(subject.data.classes.len(), task));
                let definition = format!(
                    "share of the test examples of {classes} answered correctly after so many groups of classes{shown}"
                );
                curves.push(curve(format!("task_{}", task + 1), points, definition));
            }
            let last = self.tasks - 1;
            let lost =
                course[..last].iter().enumerate().map(|(task, right)| right[task] - right[last]).sum::<f64>()
                    / last as f64;
            let definition = format!(
                "right answers to a group when it was learned less those in the end, mean over the groups but the last{shown}"
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
