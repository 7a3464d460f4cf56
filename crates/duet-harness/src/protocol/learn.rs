//! `protocol.learn`: every side learns the same examples in the same order and answers the same questions.

mod conduct;
mod hidden_space;
mod words;

use crate::checkpoint::{Checkpoint, Keeper};
use crate::learner::{self, Cost, Failure, Learner, Presentation};
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use crate::statistics::Confusion;
use duet_random::Key;
use duet_tasks::Dataset;
use duet_topology::Network;
use duet_units::{Problem, Range, Time, parameters};
use serde::{Deserialize, Serialize};
use std::time::Instant;

parameters! {
    /// Every side learns the same examples in the same order and answers the same questions.
    ///
    /// # Behaviour
    /// For every seed the network is drawn once and each side begins with its weights. An epoch shows every training
    /// example once, in an order that all sides share. Before the first epoch and after each one, every side answers the
    /// test set, and as many training examples as there are test examples, without learning.
    ///
    /// # References
    /// - Dror et al. 2018, ACL P18-1128 (why the same seeds and examples: differences are compared pair by pair)
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Learn;
    /// let learn: Learn = toml::from_str("epochs = 3").unwrap();
    /// assert_eq!(learn.present.get(), 50.0);
    /// ```
    pub struct Learn {
        /// Times that every training example is shown; 0 only asks questions.
        pub epochs: usize, in Range::between(0.0, 1_000_000.0);
        /// How long a side that lives in time sees each example.
        pub present: Time = Time::new(50.0), in Range::POSITIVE;
    }
}

/// What one side did under one seed. Everything in it is the same for any number of threads, but for `timing`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// Epochs done.
    pub epochs: usize,
    /// Accuracies and losses after every epoch; the first row is before learning.
    pub history: Vec<Epoch>,
    /// Wall-clock seconds of every epoch.
    pub timing: Vec<f64>,
    /// Wall-clock seconds of building the side.
    pub build_s: f64,
}

/// One row of a course.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Accuracy on the first training examples, as many as the test set has.
    pub train_accuracy: Option<f64>,
    /// Accuracy on the test set.
    pub test_accuracy: Option<f64>,
    /// Loss on the same training examples.
    pub train_loss: Option<f64>,
    /// Loss on the test set.
    pub test_loss: Option<f64>,
}

/// A finished course with its last answers.
pub struct Outcome {
    /// The course.
    pub course: Course,
    /// Counts over the test set at the end.
    pub confusion: Confusion,
    /// What one answer costs at the end.
    pub cost: Vec<Cost>,
    /// The network as it has become (first seed only).
    pub network: Option<Network>,
    /// One presentation in full, where the side has time (first seed only).
    pub presentation: Option<(usize, u32, Presentation)>,
    /// The loss's unit and definition.
    pub loss_words: (&'static str, &'static str),
}

/// What every side under one seed shares.
pub struct Shared<'a> {
    /// The seed.
    pub seed: u64,
    /// Whether it is the first, whose network and presentation are kept.
    pub first: bool,
    /// The network as drawn.
    pub network: &'a Network,
    /// The data.
    pub data: &'a Dataset,
}

impl Learn {
    /// Everything about the scenario that this protocol cannot work with.
    pub fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let at = "protocol.learn";
        let Some(task) = &scenario.task else {
            return vec![
                Problem::new("task", "protocol.learn needs a task").hint("add for example [task.digits]"),
            ];
        };
        let mut problems = Vec::new();
        let network = scenario.network();
        let (fed, feeds): (Vec<&String>, Vec<&String>) = {
            let projections = || network.projection.values();
            let other = |names: &[String], own: &String| names.iter().any(|name| name != own);
            let is_fed =
                |name: &&String| projections().any(|p| p.to.0.contains(*name) && other(&p.from.0, name));
            let is_feeding =
                |name: &&String| projections().any(|p| p.from.0.contains(*name) && other(&p.to.0, name));
            (
                network.population.keys().filter(|name| !is_fed(name)).collect(),
                network.population.keys().filter(|name| !is_feeding(name)).collect(),
            )
        };
        for (what, found) in
            [("that nothing feeds (the input)", &fed), ("that feeds nothing (the output)", &feeds)]
        {
            if found.len() != 1 {
                let names: Vec<&str> = found.iter().map(|name| name.as_str()).collect();
                let listed = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                problems.push(Problem::new(
                    "population",
                    format!("{at} needs exactly one population {what}; there are: {listed}"),
                ));
            }
        }
        if let ([input], Some(shape)) = (fed.as_slice(), task.shape()) {
            let units = network.population[*input].extent().map_or(0, |size| size.units);
            let features: usize = shape.iter().product();
            if units != features {
                problems.push(
                    Problem::new(
                        format!("population.{input}"),
                        format!(
                            "the input has {units} units, but an example of task.{} has {features} numbers",
                            task.name()
                        ),
                    )
                    .hint(format!("write shape = {shape:?}")),
                );
            }
        }
        if let ([output], Some(classes)) = (feeds.as_slice(), task.outputs()) {
            let units = network.population[*output].extent().map_or(0, |size| size.units);
            for (name, side) in &scenario.side {
                let votes = side
                    .spiking
                    .as_ref()
                    .is_some_and(|s| matches!(s.decode, duet_spiking::Decode::ClassVote(_)));
                if units != classes && !votes {
                    problems.push(
                        Problem::new(format!("population.{output}"), format!("the output has {units} units, but task.{} has {classes} classes (side `{name}` reads one unit per class)", task.name()))
                            .hint(format!("write size = {classes}")),
                    );
                    break;
                }
            }
        }
        if let Some((train, _)) = task.examples() {
            for (name, side) in &scenario.side {
                let Some(duet_ann::Learning::Backprop(backprop)) = side.ann.as_ref().map(|ann| &ann.learning)
                else {
                    continue;
                };
                if let Some(batch) = backprop.batch.filter(|&batch| batch > train) {
                    problems.push(Problem::new(
                        format!("side.{name}.ann.learning.backprop.batch"),
                        format!("batch = {batch} is larger than the training set of {train} examples"),
                    ));
                }
            }
        }
        problems
    }

    /// Takes one side under one seed through its course, from where the keeper's checkpoint left off.
    ///
    /// # Errors
    /// [`Stop::Failed`] when a number is no longer finite or the side does not fit, [`Stop::Asked`] when told to stop.
    pub fn run(
        &self,
        name: &str,
        side: &Side,
        shared: &Shared<'_>,
        keeper: &Keeper<'_>,
        progress: &dyn Progress,
    ) -> Result<Outcome, Stop> {
        let began = Instant::now();
        let key = Key::new(shared.seed);
        let failed = |epoch: usize| move |failure: Failure| Stop::Failed { epoch, failure };
        let built = learner::build(side, shared.network, shared.data, self.present.get(), key.child("side"));
        let mut learner =
            built.map_err(|words| Stop::Failed { epoch: 0, failure: Failure { diverged: false, words } })?;
        let mut course = Course::default();
        if let Some(checkpoint) = keeper.load().map_err(Stop::Broken)? {
            learner.restore(&checkpoint.learner).map_err(|words| Stop::Broken(keeper.broken(&words)))?;
            course = checkpoint.course;
        } else {
            course.build_s = began.elapsed().as_secs_f64();
            course.history.push(examine(learner.as_mut(), shared.data).map_err(failed(0))?.0);
        }
        while course.epochs < self.epochs {
            if progress.stopped() {
                keeper.save(&Checkpoint { course, learner: learner.save() }).map_err(Stop::Broken)?;
                return Err(Stop::Asked);
            }
            let began = Instant::now();
            let order =
                key.child("order").stream("epoch", course.epochs as u64).permutation(shared.data.train.len());
            learner.fit(course.epochs, &shared.data.train, &order).map_err(failed(course.epochs + 1))?;
            course.epochs += 1;
            let (row, ..) = examine(learner.as_mut(), shared.data).map_err(failed(course.epochs))?;
            course.timing.push(began.elapsed().as_secs_f64());
            progress.epoch(name, shared.seed, course.epochs, self.epochs, &row);
            course.history.push(row);
            if keeper.due() && course.epochs < self.epochs {
                keeper
                    .save(&Checkpoint { course: course.clone(), learner: learner.save() })
                    .map_err(Stop::Broken)?;
            }
        }
        // A finished course is kept too, so that a resumed run does not repeat it.
        keeper.save(&Checkpoint { course: course.clone(), learner: learner.save() }).map_err(Stop::Broken)?;
        let (_, confusion, cost) = examine(learner.as_mut(), shared.data).map_err(failed(course.epochs))?;
        let presentation = if shared.first { show(learner.as_mut(), shared.data) } else { None };
        let network = shared.first.then(|| learner.network());
        Ok(Outcome { course, confusion, cost, network, presentation, loss_words: learner.loss_words() })
    }
}

/// Why a course ended early.
pub enum Stop {
    /// Somebody asked.
    Asked,
    /// A number is no longer finite, or the side does not fit.
    Failed {
        /// The epoch, from 1; 0 before learning.
        epoch: usize,
        /// Where and what.
        failure: Failure,
    },
    /// A checkpoint cannot be read or written.
    Broken(crate::HarnessError),
}

/// Answers the test set, and as many training examples.
fn examine(learner: &mut dyn Learner, data: &Dataset) -> Result<(Epoch, Confusion, Vec<Cost>), Failure> {
    let count = data.test.len().min(data.train.len());
    let train = learner.answer(&data.train, count)?;
    let test = learner.answer(&data.test, data.test.len())?;
    let count_answers = |labels: &[u32], answers: &[u32]| {
        let mut confusion = Confusion::new(data.classes.len());
        confusion.add(labels, answers);
        confusion
    };
    let confusion = count_answers(&data.test.labels, &test.classes);
    let row = Epoch {
        train_accuracy: count_answers(&data.train.labels[..count], &train.classes).accuracy(),
        test_accuracy: confusion.accuracy(),
        train_loss: train.loss,
        test_loss: test.loss,
    };
    Ok((row, confusion, test.cost))
}

/// The first test example that is not blank, shown in full.
fn show(learner: &mut dyn Learner, data: &Dataset) -> Option<(usize, u32, Presentation)> {
    let visible = |&i: &usize| data.test.pixels.example(i).iter().any(|&x| x > 0.0);
    let example = (0..data.test.len()).find(visible)?;
    let presentation = learner.record(&data.test.pixels.example(example), example as u64)?;
    let answer = learner::largest(&presentation.recording.scores);
    Some((example, answer, presentation))
}
