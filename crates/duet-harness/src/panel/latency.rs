//! When an answer is known.

use super::{Curve, Probe, Subject, needs_classes, share_right};
use crate::learner::Failure;
use crate::scenario::Scenario;
use duet_units::{Problem, Range, Time, parameters};

parameters! {
    /// The share of right answers, and the operations that they took, if the network had to answer after so many ms.
    ///
    /// # Behaviour
    /// Spikes tell an answer bit by bit: it may be asked for at any time, and is better the longer one waits. An artificial side has no
    /// time: its answer is there at once or not at all, and its curve is flat.
    ///
    /// # References
    /// - Rueckauer et al. 2017, Front. Neurosci. 11:682 (accuracy against operations)
    ///
    /// # Example
    /// ```
    /// use duet_harness::panel::Latency;
    /// let panel: Latency = toml::from_str("at = ['5 ms', '50 ms']").unwrap();
    /// assert_eq!(panel.at[1].get(), 50.0);
    /// ```
    pub struct Latency {
        /// Times at which an answer is asked for.
        pub at: Vec<Time>, in Range::POSITIVE;
        /// How many of the first test examples are shown.
        pub examples: usize = 1000, in Range::at_least(1.0);
    }
}

impl Probe for Latency {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems: Vec<Problem> = needs_classes(scenario).into_iter().collect();
        if !self.at.windows(2).all(|pair| pair[0].get() < pair[1].get()) || self.at.is_empty() {
            problems
                .push(Problem::new("at", "times must be given and rise").hint("at = [\"10 ms\", \"20 ms\"]"));
        }
        problems
    }

    fn ask(&self, subject: &mut Subject<'_>) -> Result<Vec<Curve>, Failure> {
        let count = self.examples.min(subject.data.test.len());
        let times: Vec<f64> = self.at.iter().map(|at| at.get()).collect();
        let test = &subject.data.test;
        let curve = |name: &str, values: Vec<f64>, definition: &str| Curve {
            panel: "latency",
            name: name.to_owned(),
            unit: Some(" ms"),
            points: times.iter().copied().zip(values).collect(),
            definition: definition.to_owned(),
            has_area: false,
        };
        let right = "share of test examples answered correctly, if the answer had to be given then";
        let Some(answers) = subject.learner.answer_in_time(test, count, &times)? else {
            let accuracy = subject.accuracy(test, count)?;
            return Ok(vec![curve("accuracy", vec![accuracy; times.len()], right)]);
        };
        let labels = test.labels();
        let accuracies = answers.classes.iter().map(|classes| share_right(classes, labels)).collect();
        let took = "synaptic operations until then, mean over the test examples";
        Ok(vec![curve("accuracy", accuracies, right), curve("operations", answers.operations, took)])
    }
}
