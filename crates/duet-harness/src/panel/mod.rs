//! Panels: what is asked of every side beyond its answers, with the same knobs for all. One per file.
//!
//! A panel is written against [`Learner`] alone, so it asks the same of numbers and of spikes. What it draws by chance (noise, cells to
//! silence) it draws from a key that all sides under one seed share.

mod data_efficiency;
mod forgetting;
mod latency;
mod pupil;
mod representation;
mod robustness;

pub use data_efficiency::DataEfficiency;
pub use forgetting::Forgetting;
pub use latency::Latency;
pub use pupil::Beginning;
pub use representation::{Representation, cka, dimension, rsa, sparseness};
pub use robustness::Robustness;

use crate::learner::{Ask, Failure, Learner, UnitActivity};
use crate::scenario::Scenario;
use duet_random::Key;
use duet_tasks::{Dataset, Split, Targets};
use duet_topology::Network;
use duet_units::{Problem, choice};

choice! {
    /// What is asked of every side when it has learned.
    pub enum Panel: "panel" {
        Latency(Latency) = "latency",
        Robustness(Robustness) = "robustness",
        DataEfficiency(DataEfficiency) = "data_efficiency",
        Forgetting(Forgetting) = "forgetting",
        Representation(Representation) = "representation",
    }
}

/// A side that has learned, and what it may be asked with.
pub struct Subject<'a> {
    /// The side's name.
    pub name: &'a str,
    /// The side.
    pub learner: &'a mut dyn Learner,
    /// The data.
    pub data: &'a Dataset,
    /// What all sides under the seed draw from.
    pub key: Key,
    /// What it began with, for panels that let it learn anew.
    pub beginning: Beginning<'a>,
    /// What a panel saw of its units and other sides are to be held against.
    pub seen: Seen,
}

/// What hidden units do for some test examples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// How many examples.
    pub examples: usize,
    /// What the units do.
    pub units: UnitActivity,
}

/// What a knob does to a number, under one seed.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// The panel.
    pub panel: &'static str,
    /// The knob, or what is measured: "weight_noise".
    pub name: String,
    /// The unit of the knob, behind its number: " ms", or nothing; `None` for a single number that no knob belongs to.
    pub unit: Option<&'static str>,
    /// Settings of the knob, and what came of each.
    pub points: Vec<(f64, f64)>,
    /// What came, in words.
    pub definition: String,
    /// Whether the area under the curve says something.
    pub has_area: bool,
}

/// A panel, as `protocol.learn` sees it.
pub trait Probe {
    /// Everything about the scenario that it cannot work with; paths below the panel.
    fn problems(&self, scenario: &Scenario) -> Vec<Problem>;

    /// Asks a side; what the side cannot be asked is left out.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    fn ask(&self, subject: &mut Subject<'_>) -> Result<Vec<Curve>, Failure>;
}

impl Panel {
    /// The panel behind the name.
    pub fn probe(&self) -> &dyn Probe {
        match self {
            Self::Latency(panel) => panel,
            Self::Robustness(panel) => panel,
            Self::DataEfficiency(panel) => panel,
            Self::Forgetting(panel) => panel,
            Self::Representation(panel) => panel,
        }
    }
}

impl Curve {
    /// A single number.
    fn number(panel: &'static str, name: String, value: Option<f64>, definition: &str) -> Self {
        let points = vec![(0.0, value.unwrap_or(f64::NAN))];
        Self { panel, name, unit: None, points, definition: definition.to_owned(), has_area: false }
    }

    /// The area under the curve, as a share of what it would be if the first value lasted; `None` of fewer than two points.
    ///
    /// ```
    /// use duet_harness::panel::Curve;
    /// let points = vec![(0.0, 0.9), (1.0, 0.9), (3.0, 0.0)];
    /// let curve = Curve { panel: "", name: String::new(), unit: Some(""), points, definition: String::new(), has_area: true };
    /// // 0.9 and then a triangle of 2 by 0.9, of 3 by 0.9.
    /// assert!((curve.area().unwrap() - 2.0 / 3.0).abs() < 1e-15);
    /// ```
    pub fn area(&self) -> Option<f64> {
        let (first, last) = (self.points.first()?, self.points.last()?);
        let width = (last.0 - first.0).abs();
        let strips =
            self.points.windows(2).map(|pair| (pair[1].0 - pair[0].0).abs() * 0.5 * (pair[0].1 + pair[1].1));
        let sum: f64 = strips.sum();
        (width > 0.0 && first.1 > 0.0).then(|| sum / (width * first.1))
    }
}

impl Subject<'_> {
    /// The share of right answers to the first `count` examples of a split.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    pub fn accuracy(&mut self, split: &Split, count: usize) -> Result<f64, Failure> {
        let answer = self.learner.answer(split, count, Ask::Answers)?;
        Ok(share_right(&answer.classes, split.labels()))
    }

    /// What `ask` says while the network is another one; afterwards it is what it was.
    ///
    /// # Errors
    /// Those of `ask`, and a [`Failure`] when the network does not fit.
    pub fn with_network<R>(
        &mut self,
        network: &Network,
        ask: impl FnOnce(&mut Self) -> Result<R, Failure>,
    ) -> Result<R, Failure> {
        let misfit = |words: String| Failure { diverged: false, words };
        let own = self.learner.network();
        self.learner.set_network(network).map_err(misfit)?;
        let said = ask(self);
        self.learner.set_network(&own).map_err(misfit)?;
        said
    }
}

/// The share of answers that are right.
pub fn share_right(answers: &[u32], labels: &[u32]) -> f64 {
    let right = answers.iter().zip(labels).filter(|(answer, label)| answer == label).count();
    right as f64 / answers.len().max(1) as f64
}

/// The problem of a panel that judges answers under a task that has no classes.
fn needs_classes(scenario: &Scenario) -> Option<Problem> {
    scenario.task.as_ref().is_some_and(duet_tasks::Task::has_values).then(|| {
        Problem::new("", "panels count right answers, and this task asks for numbers")
            .hint("leave the panel out")
    })
}

/// A split with the same labels and other numbers.
fn relabelled(split: &Split, count: usize, values: Vec<f32>) -> Split {
    let pixels = duet_tasks::Pixels::from_f32(split.pixels.features(), values);
    let labels = match &split.targets {
        Targets::Classes(labels) => labels[..count].to_vec(),
        Targets::Values { .. } => Vec::new(),
    };
    Split::of_classes(pixels, labels)
}

/// The numbers of the first `count` examples.
fn numbers(split: &Split, count: usize) -> Vec<f32> {
    let features = split.pixels.features();
    let mut values = vec![0.0; count * features];
    for (example, values) in values.chunks_exact_mut(features.max(1)).enumerate() {
        split.pixels.copy_example(example, values);
    }
    values
}
