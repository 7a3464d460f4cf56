//! `protocol.learn`: every side learns the same examples in the same order and answers the same questions.

mod conduct;
mod course;
mod examine;
mod health;
mod hidden_space;
mod problems;
mod words;

pub use course::{Best, Course, Epoch, Measured};

use crate::checkpoint::{Checkpoint, Keeper};
use crate::compare::transfer::{self, Giver, Taken};
use crate::learner::{self, Ask, Cost, Failure, Presentation};
use crate::panel::{Beginning, Curve, Seen, Subject};
use crate::progress::{Pace, Progress};
use crate::scenario::{Scenario, Side};
use crate::statistics::Confusion;
use duet_random::Key;
use duet_tasks::Dataset;
use duet_topology::Network;
use duet_units::{Range, Time, parameters};
use examine::{Examination, Sets, examine, show};
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
    /// How many training examples an epoch shows.
    pub learned_from: usize,
    /// Counts over the test set at the end, where classes are asked for.
    pub confusion: Option<Confusion>,
    /// The names of the classes.
    pub classes: Vec<String>,
    /// What one answer costs at the end.
    pub cost: Vec<Cost>,
    /// The network as it has become (of the first seed, and where another side takes its weights).
    pub network: Option<Network>,
    /// One presentation in full, where the side has time (first seed only).
    pub presentation: Option<(usize, u32, Presentation)>,
    /// What its units do beside those of the side that handed over its weights, where one did.
    pub transfer: Option<transfer::Report>,
    /// What came of the panels.
    pub curves: Vec<Curve>,
    /// What hidden units do, where a panel holds it against other sides.
    pub seen: Seen,
    /// The loss's unit and definition.
    pub loss_words: (&'static str, &'static str),
}

/// What every side under one seed shares.
pub struct Shared<'a> {
    /// The seed.
    pub seed: u64,
    /// Whether it is the first, whose network and presentation are kept.
    pub first: bool,
    /// Whether another side takes the weights over.
    pub hands_over: bool,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The side whose weights are taken over, if one's are.
    pub giver: Option<Giver<'a>>,
    /// The network as drawn.
    pub network: &'a Network,
    /// The data.
    pub data: &'a Dataset,
    /// Threads that are left for one side, where there are fewer sides and seeds than threads.
    pub threads: usize,
}

impl Learn {
    /// The epochs that a side learns for: none where it keeps the weights that it was given.
    pub fn epochs_of(&self, side: &Side) -> usize {
        if side.from.as_ref().is_some_and(|from| !from.learn) { 0 } else { self.epochs }
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
        let (data, present_ms, own) = (shared.data, self.present.get(), key.child("side"));
        let take = |giver: Giver<'_>| Taken::new(side, giver, data, present_ms, own);
        let mut taken = shared.giver.map(take).transpose().map_err(failed(0))?;
        let network = taken.as_ref().map_or(shared.network, |taken| &taken.network);
        let built = learner::build(side, network, data, present_ms, own);
        let mut learner =
            built.map_err(|words| Stop::Failed { epoch: 0, failure: Failure { diverged: false, words } })?;
        let epochs = self.epochs_of(side);
        learner.set_threads(shared.threads);
        let sets = Sets::new(shared.data, self.validation, key.child("validation"));
        let stop = self.stop_early.as_ref();
        let (mut course, mut best) =
            if let Some(checkpoint) = keeper.load::<Checkpoint>().map_err(Stop::Broken)? {
                learner.restore(&checkpoint.learner).map_err(|words| Stop::Broken(keeper.broken(&words)))?;
                (checkpoint.course, checkpoint.best)
            } else {
                let mut course = Course { build_s: began.elapsed().as_secs_f64(), ..Course::default() };
                let row = examine(learner.as_mut(), &sets, Ask::Units).map_err(failed(0))?.row;
                let is_best = course.push(row, stop) && self.keep == Keep::Best;
                (course, is_best.then(|| learner.save()))
            };
        let before = course.timing.len();
        while course.epochs < epochs && !course.has_waited(stop) {
            if progress.stopped() {
                keeper.save(&Checkpoint { course, learner: learner.save(), best }).map_err(Stop::Broken)?;
                return Err(Stop::Asked);
            }
            let began = Instant::now();
            let order = sets.order(key.child("order").stream("epoch", course.epochs as u64));
            learner.fit(course.epochs, &shared.data.train, &order).map_err(failed(course.epochs + 1))?;
            let fitted = began.elapsed().as_secs_f64();
            course.spent = course.spent.and(learner.take_spent());
            course.epochs += 1;
            let row = examine(learner.as_mut(), &sets, Ask::Units).map_err(failed(course.epochs))?.row;
            course.timing.push(began.elapsed().as_secs_f64());
            let own = &course.timing[before..];
            let pace = Pace {
                examples_per_s: order.len() as f64 / fitted.max(1e-9),
                left_s: own.iter().sum::<f64>() / own.len() as f64 * (epochs - course.epochs) as f64,
            };
            progress.epoch(name, shared.seed, course.epochs, epochs, &row, &pace);
            if course.push(row, stop) && self.keep == Keep::Best {
                best = Some(learner.save());
            }
            if keeper.due() && course.epochs < epochs {
                let (course, best) = (course.clone(), best.clone());
                keeper.save(&Checkpoint { course, learner: learner.save(), best }).map_err(Stop::Broken)?;
            }
        }
        if course.epochs < epochs {
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
        let report = |taken: &mut Taken| taken.report(learner.as_mut(), data);
        let transfer = taken.as_mut().map(report).transpose().map_err(failed(course.epochs))?;
        let (mut curves, mut seen) = (Vec::new(), Seen::default());
        for panel in &shared.scenario.panel {
            let (scenario, network) = (shared.scenario, shared.network);
            let beginning = Beginning { scenario, network, data, present_ms, key: own };
            let mut subject =
                Subject { name, learner: learner.as_mut(), data, key: key.child("panel"), beginning, seen };
            curves.extend(panel.probe().ask(&mut subject).map_err(failed(course.epochs))?);
            seen = subject.seen;
        }
        let network = (shared.first || shared.hands_over).then(|| learner.network());
        let (classes, loss_words) = (shared.data.classes.clone(), learner.loss_words());
        Ok(Outcome {
            course,
            kept,
            learned_from: sets.learned_from(),
            confusion,
            classes,
            cost,
            network,
            presentation,
            transfer,
            curves,
            seen,
            loss_words,
        })
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
