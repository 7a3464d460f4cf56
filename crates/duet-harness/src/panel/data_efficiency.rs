//! How many labels it takes.

use super::pupil::Pupil;
use super::{Curve, Probe, Subject, needs_classes, share_right};
use crate::learner::{Ask, Failure};
use crate::scenario::Scenario;
use duet_units::{Problem, Range, parameters};

parameters! {
    /// The share of right answers of sides that learn anew from few labels.
    ///
    /// # Behaviour
    /// Every side begins as it began in the run and learns from the first so many of an order of training examples that all sides share, each
    /// shown as often as in `epochs`. A side that takes its weights from another one takes them from that one's first labels.
    /// Chance decides much where labels are few: look at the intervals.
    ///
    /// # References
    /// - Lake et al. 2017, Behav. Brain Sci. 40:e253 (learning from few examples)
    ///
    /// # Example
    /// ```
    /// use duet_harness::panel::DataEfficiency;
    /// let panel: DataEfficiency = toml::from_str("labels = [20, 100]").unwrap();
    /// assert_eq!(panel.epochs, 20);
    /// ```
    pub struct DataEfficiency {
        /// Numbers of labelled examples, rising.
        pub labels: Vec<usize>, in Range::at_least(1.0);
        /// How often each is shown.
        pub epochs: usize = 20, in Range::between(1.0, 1_000_000.0);
    }
}

impl Probe for DataEfficiency {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems: Vec<Problem> = needs_classes(scenario).into_iter().collect();
        if self.labels.is_empty() || !self.labels.windows(2).all(|pair| pair[0] < pair[1]) {
            problems.push(
                Problem::new("labels", "numbers of labels must be given and rise").hint("labels = [20, 100]"),
            );
        }
        let train = scenario.task.as_ref().and_then(duet_tasks::Task::examples).map(|(train, _)| train);
        if let (Some(train), Some(&most)) = (train, self.labels.last())
            && most > train
        {
            problems.push(Problem::new(
                "labels",
                format!("{most} labels are asked for, and the task has {train} to learn from"),
            ));
        }
        problems
    }

    fn ask(&self, subject: &mut Subject<'_>) -> Result<Vec<Curve>, Failure> {
        let data = subject.data;
        let order = subject.key.stream("labels", 0).permutation(data.train.len());
        let mut points = Vec::new();
        for &labels in &self.labels {
            let mut own = order[..labels.min(order.len())].to_vec();
            let mut pupil = Pupil::new(subject.beginning, subject.name)?;
            for epoch in 0..self.epochs {
                subject.key.stream("order", epoch as u64).shuffle(&mut own);
                pupil.learn(epoch, &subject.data.train, &own)?;
            }
            let answer = pupil.now()?.answer(&data.test, data.test.len(), Ask::Answers)?;
            points.push((labels as f64, share_right(&answer.classes, data.test.labels())));
        }
        Ok(vec![Curve {
            panel: "data_efficiency",
            name: "accuracy".to_owned(),
            unit: Some(""),
            points,
            definition: format!(
                "share of test examples answered correctly after learning from so many labels, each shown {} times",
                self.epochs
            ),
            has_area: false,
        }])
    }
}
