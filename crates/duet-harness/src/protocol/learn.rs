//! `protocol.learn`: every side learns the same examples in the same order and answers the same questions.

mod conduct;
mod course;
mod examine;
mod health;
mod words;

pub use course::{Best, Course, Epoch, Measured};

use crate::checkpoint::{Checkpoint, Keeper};
use crate::learner::{self, Ask, Cost, Failure, Presentation};
use crate::progress::{Pace, Progress};
use crate::scenario::{Scenario, Side};
use crate::statistics::Confusion;
use duet_gradient::Loss;
use duet_random::Key;
use duet_tasks::{Dataset, Task};
use duet_topology::Network;
use duet_units::{Problem, Range, Time, parameters};
use examine::{Examination, Sets, examine, show, validation_size};
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
    /// `validation` holds a share of the training set out, drawn once for a seed and the same for all sides. It is never
    /// learned from, so it may decide what the test set must not: when to stop (`stop_early`), and which epoch's
    /// weights to keep (`keep = "best"`).
    ///
    /// # References
    /// - Prechelt 1998, Early stopping - but when? Neural Networks: Tricks of the Trade, LNCS 1524
    /// - Dror et al. 2018, ACL P18-1128 (why the same seeds and examples: differences are compared pair by pair)
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Learn;
    /// let learn: Learn = toml::from_str("epochs = 3").unwrap();
    /// assert_eq!(learn.present.get(), 50.0);
    /// let text = "epochs = 100\nvalidation = 0.1\nstop_early = { patience = 3 }\nkeep = 'best'";
    /// let learn: Learn = toml::from_str(text).unwrap();
    /// assert_eq!(learn.stop_early.unwrap().min_delta, 0.0);
    /// ```
    pub struct Learn {
        /// Times that every training example is shown; 0 only asks questions.
        pub epochs: usize, in Range::between(0.0, 1_000_000.0);
        /// How long a side that lives in time sees each example.
        pub present: Time = Time::new(50.0), in Range::POSITIVE;
        /// Share of the training set that is held out to judge by, and never learned from; 0 for none.
        pub validation: f64 = 0.0, in Range::BELOW_ONE;
        /// When a side has learned enough, each on its own; needs a validation set. Left out: after all epochs.
        pub stop_early: Option<StopEarly>;
        /// Which weights a side ends with: those of the "last" epoch, or of the epoch with the smallest validation loss, the "best".
        pub keep: Keep = Keep::Last;
    }
}

parameters! {
    /// Stops a side when its validation loss no longer falls.
    pub default struct StopEarly {
        /// Epochs in a row without a smaller validation loss after which the side stops.
        pub patience: usize = 5, in Range::between(1.0, 1_000_000.0);
        /// How much smaller the loss must be to count as smaller.
        pub min_delta: f64 = 0.0, in Range::NON_NEGATIVE;
    }
}

/// Which weights a side ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Those of the last epoch.
    Last,
    /// Those of the epoch with the smallest validation loss, the earliest of equals.
    Best,
}

impl duet_units::Describe for Keep {
    fn shape() -> duet_units::Shape {
        duet_units::Shape::Text { allowed: &["last", "best"] }
    }

    fn show(&self) -> String {
        match self {
            Self::Last => "\"last\"".to_owned(),
            Self::Best => "\"best\"".to_owned(),
        }
    }
}

/// A finished course with its last answers.
pub struct Outcome {
    /// The course.
    pub course: Course,
    /// The epoch whose state the side ended with.
    pub kept: usize,
    /// Counts over the test set at the end, where classes are asked for.
    pub confusion: Option<Confusion>,
    /// The names of the classes.
    pub classes: Vec<String>,
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
        if let [output] = feeds.as_slice() {
            let units = network.population[*output].extent().map_or(0, |size| size.units);
            let outputs = task.outputs();
            for (name, side) in &scenario.side {
                let votes = side
                    .spiking
                    .as_ref()
                    .is_some_and(|s| matches!(s.decode, duet_spiking::Decode::ClassVote(_)));
                if units != outputs && !votes {
                    let asked = if task.has_values() {
                        format!("asks for {outputs} numbers")
                    } else {
                        format!("has {outputs} classes (side `{name}` reads one unit per class)")
                    };
                    let words = format!("the output has {units} units, but task.{} {asked}", task.name());
                    problems.push(
                        Problem::new(format!("population.{output}"), words)
                            .hint(format!("write size = {outputs}")),
                    );
                    break;
                }
            }
        }
        for (name, side) in &scenario.side {
            let found = self.side_problems(side, task);
            problems.extend(found.into_iter().map(|problem| problem.below(&format!("side.{name}"))));
        }
        problems.extend(self.validation_problems(scenario, task).into_iter().map(|p| p.below(at)));
        problems
    }

    /// Whether a side can learn this task.
    fn side_problems(&self, side: &Side, task: &Task) -> Vec<Problem> {
        let mut problems = Vec::new();
        if side.spiking.is_some() && task.has_values() {
            let words =
                format!("a spiking side answers with a class, but task.{} asks for numbers", task.name());
            problems.push(
                Problem::new("spiking", words).hint("take an artificial side, or a task that has classes"),
            );
        }
        let backprop = match side.ann.as_ref().map(|ann| &ann.learning) {
            Some(duet_ann::Learning::Backprop(backprop)) => backprop,
            Some(other) if task.has_values() => {
                let words =
                    format!("{} learns classes, but task.{} asks for numbers", other.name(), task.name());
                problems
                    .push(Problem::new("ann.learning", words).hint("take learning.backprop with loss.mse"));
                return problems;
            }
            _ => return problems,
        };
        if task.has_values() && !judges_numbers(&backprop.loss) {
            let words =
                format!("{} judges classes, but task.{} asks for numbers", backprop.loss.name(), task.name());
            problems.push(Problem::new("ann.learning.backprop.loss", words).hint("write loss.mse = {}"));
        }
        if let Some((train, _)) = task.examples() {
            let learned = train - validation_size(self.validation, train).min(train);
            if let Some(batch) = backprop.batch.filter(|&batch| batch > learned) {
                let rest = if learned < train { " that the validation set leaves" } else { "" };
                problems.push(Problem::new(
                    "ann.learning.backprop.batch",
                    format!("batch = {batch} is larger than the training set of {learned} examples{rest}"),
                ));
            }
        }
        problems
    }

    /// Whether there is a validation set for what needs one.
    fn validation_problems(&self, scenario: &Scenario, task: &Task) -> Vec<Problem> {
        let mut problems = Vec::new();
        let needs = [("stop_early", self.stop_early.is_some()), ("keep", self.keep == Keep::Best)];
        let needs = || needs.iter().filter(|(_, wanted)| *wanted).map(|(key, _)| *key);
        if self.validation == 0.0 {
            problems.extend(needs().map(|key| {
                let what = if key == "keep" { "keep = \"best\"" } else { key };
                Problem::new(key, format!("{what} goes by the validation loss, but nothing is held out"))
                    .hint("add validation = 0.1 to protocol.learn")
            }));
            return problems;
        }
        if let Some((train, _)) = task.examples() {
            let size = validation_size(self.validation, train);
            if size == 0 || size >= train {
                let words = format!(
                    "validation = {} of {train} training examples is {size}; at least 1 must be held out and 1 learned from",
                    self.validation
                );
                problems.push(Problem::new("validation", words));
            }
        }
        for (name, side) in &scenario.side {
            let votes =
                |s: &duet_spiking::SpikingSide| matches!(s.decode, duet_spiking::Decode::ClassVote(_));
            if side.spiking.as_ref().is_some_and(votes) {
                problems.extend(needs().map(|key| {
                    let words = format!(
                        "side `{name}` reads its answer by decode.class_vote, which has no loss to go by"
                    );
                    Problem::new(key, words).hint("leave it out, or take decode.spike_count")
                }));
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
        let sets = Sets::new(shared.data, self.validation, key.child("validation"));
        let stop = self.stop_early.as_ref();
        let (mut course, mut best) = match keeper.load().map_err(Stop::Broken)? {
            Some(checkpoint) => {
                learner.restore(&checkpoint.learner).map_err(|words| Stop::Broken(keeper.broken(&words)))?;
                (checkpoint.course, checkpoint.best)
            }
            None => {
                let mut course = Course { build_s: began.elapsed().as_secs_f64(), ..Course::default() };
                let row = examine(learner.as_mut(), &sets, Ask::Units).map_err(failed(0))?.row;
                let is_best = course.push(row, stop) && self.keep == Keep::Best;
                (course, is_best.then(|| learner.save()))
            }
        };
        let before = course.timing.len();
        while course.epochs < self.epochs && !course.has_waited(stop) {
            if progress.stopped() {
                keeper.save(&Checkpoint { course, learner: learner.save(), best }).map_err(Stop::Broken)?;
                return Err(Stop::Asked);
            }
            let began = Instant::now();
            let order = sets.order(key.child("order").stream("epoch", course.epochs as u64));
            learner.fit(course.epochs, &shared.data.train, &order).map_err(failed(course.epochs + 1))?;
            let fitted = began.elapsed().as_secs_f64();
            course.epochs += 1;
            let row = examine(learner.as_mut(), &sets, Ask::Units).map_err(failed(course.epochs))?.row;
            course.timing.push(began.elapsed().as_secs_f64());
            let own = &course.timing[before..];
            let pace = Pace {
                examples_per_s: order.len() as f64 / fitted.max(1e-9),
                left_s: own.iter().sum::<f64>() / own.len() as f64 * (self.epochs - course.epochs) as f64,
            };
            progress.epoch(name, shared.seed, course.epochs, self.epochs, &row, &pace);
            if course.push(row, stop) && self.keep == Keep::Best {
                best = Some(learner.save());
            }
            if keeper.due() && course.epochs < self.epochs {
                let (course, best) = (course.clone(), best.clone());
                keeper.save(&Checkpoint { course, learner: learner.save(), best }).map_err(Stop::Broken)?;
            }
        }
        if course.epochs < self.epochs {
            progress.stopped_early(name, shared.seed, course.epochs);
        }
        // A finished course is kept too, so that a resumed run does not repeat it.
        if keeper.is_worth_keeping() {
            let (course, best) = (course.clone(), best.clone());
            keeper.save(&Checkpoint { course, learner: learner.save(), best }).map_err(Stop::Broken)?;
        }
        let kept = course.kept(self.keep);
        if let Some(best) = best.filter(|_| kept < course.epochs) {
            learner.restore(&best).map_err(|words| Stop::Broken(keeper.broken(&words)))?;
        }
        let Examination { confusion, cost, .. } =
            examine(learner.as_mut(), &sets, Ask::Everything).map_err(failed(course.epochs))?;
        let presentation = if shared.first { show(learner.as_mut(), shared.data) } else { None };
        let network = shared.first.then(|| learner.network());
        let (classes, loss_words) = (shared.data.classes.clone(), learner.loss_words());
        Ok(Outcome { course, kept, confusion, classes, cost, network, presentation, loss_words })
    }
}

/// Whether a loss can hold outputs against any numbers.
fn judges_numbers(loss: &Loss) -> bool {
    matches!(loss, Loss::Mse(_) | Loss::Mae(_))
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
