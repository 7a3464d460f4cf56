//! What is done with every side: one protocol per file.
//!
//! [`Conduct`] is the seam between a protocol and the harness. The harness finds, checks, draws the networks, loads the
//! data, makes the folder, judges the targets and writes the report; a protocol says what it cannot work with, carries
//! itself out, and hands back what it found.

mod adapt;
pub(crate) mod cable;
mod convergence;
mod count_mistakes;
mod decide;
mod descend;
mod detect_pattern;
mod drive;
mod fi_curve;
mod gradient_check;
pub mod learn;
mod pairing;
mod phase_plane;
mod probe;
mod psp;
mod recall;
mod remember;
mod repeat;
mod reversal;
mod reward;
mod simulate;
mod small_world;
mod step_through;
mod strength_duration;
mod transmit;
mod trials;
mod truth_table;

pub use adapt::{Adapt, Cloud, Inputs, Patterns};
pub use cable::Cable;
pub use convergence::Convergence;
pub use count_mistakes::CountMistakes;
pub use decide::{Choices, Decide};
pub use descend::Descend;
pub use detect_pattern::DetectPattern;
pub use drive::Drive;
pub use fi_curve::{FiCurve, InputRange};
pub use gradient_check::GradientCheck;
pub use learn::Learn;
pub use pairing::{Lags, Pairing, Reward};
pub use phase_plane::{PhasePlane, Scan, Span, Start};
pub use psp::Psp;
pub use recall::{CellRecall, Recall};
pub use remember::Remember;
pub use repeat::Repeat;
pub use reversal::Reversal;
pub use reward::{After, DistalReward};
pub use simulate::{Precision, Simulate};
pub use small_world::SmallWorld;
pub use step_through::{StepThrough, Worked};
pub use strength_duration::StrengthDuration;
pub use transmit::Transmit;
pub use truth_table::TruthTable;

use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_record::{Diagnosis, Equations, History, Metrics, RunFolder, SharedFact, SideTiming};
use duet_tasks::Dataset;
use duet_topology::Network;
use duet_units::{Problem, Time, choice};
use indexmap::IndexMap;

/// One line per protocol: the table from which scenarios, checks, `duet explain`, the book and the harness follow.
macro_rules! protocols {
    ($($kind:ident($protocol:ident) = $word:literal),+ $(,)?) => {
        choice! {
            /// What is done with every side.
            pub enum Protocol: "protocol" { $($kind($protocol) = $word),+ }
        }

        impl Protocol {
            /// The protocol behind the name.
            pub fn conduct(&self) -> &dyn Conduct {
                match self {
                    $(Self::$kind(protocol) => protocol),+
                }
            }
        }
    };
}

protocols! {
    Learn(Learn) = "learn",
    Descend(Descend) = "descend",
    StepThrough(StepThrough) = "step_through",
    GradientCheck(GradientCheck) = "gradient_check",
    TruthTable(TruthTable) = "truth_table",
    CountMistakes(CountMistakes) = "count_mistakes",
    Pairing(Pairing) = "pairing",
    Reward(DistalReward) = "reward",
    Repeat(Repeat) = "repeat",
    Transmit(Transmit) = "transmit",
    Adapt(Adapt) = "adapt",
    Drive(Drive) = "drive",
    Simulate(Simulate) = "simulate",
    FiCurve(FiCurve) = "fi_curve",
    StrengthDuration(StrengthDuration) = "strength_duration",
    Convergence(Convergence) = "convergence",
    PhasePlane(PhasePlane) = "phase_plane",
    Reversal(Reversal) = "reversal",
    Cable(Cable) = "cable",
    Psp(Psp) = "psp",
    Recall(Recall) = "recall",
    DetectPattern(DetectPattern) = "detect_pattern",
    Decide(Decide) = "decide",
    Remember(Remember) = "remember",
    SmallWorld(SmallWorld) = "small_world",
}

/// A protocol, as the harness sees it.
pub trait Conduct {
    /// Everything about the scenario that this protocol cannot work with. The network and the sides are sound by themselves.
    fn problems(&self, scenario: &Scenario) -> Vec<Problem>;

    /// What of the protocol is rounded on this side, each with the value used.
    fn roundings(&self, _side: &Side) -> Vec<String> {
        Vec::new()
    }

    /// Whether sides change their weights by their own rules: a report then shows the rules.
    fn learns(&self) -> bool {
        false
    }

    /// The same of one side, where the protocol leaves it to the side.
    fn lets_learn(&self, _side: &Side) -> bool {
        self.learns()
    }

    /// Whether no unit and no cell is at work, but numbers and encoders alone: a report then shows no models of them.
    fn only_encodes(&self, _scenario: &Scenario) -> bool {
        false
    }

    /// The equations at work on a side where they are the protocol's own, and neither units nor cells of the scenario are.
    fn equations(&self, _side: &Side) -> Option<Vec<Equations>> {
        None
    }

    /// The path of the metric that stands first in reports and at the command line; the test accuracy unless given.
    fn headline(&self) -> Option<&'static str> {
        None
    }

    /// The same where it depends on the scenario.
    fn first_metric(&self, _scenario: &Scenario) -> Option<String> {
        self.headline().map(str::to_owned)
    }

    /// Whether it keeps what `[[record]]` asks for.
    fn records(&self) -> bool {
        false
    }

    /// How many times each side under each seed tells its progress; 0 where it is over at once.
    fn epochs(&self) -> usize {
        0
    }

    /// How many sides tell their progress.
    fn courses(&self, scenario: &Scenario) -> usize {
        scenario.side.len()
    }

    /// Whether it draws the network by itself, for networks too large to be kept in full: a stage then has populations and no
    /// projections.
    fn draws_by_itself(&self) -> bool {
        false
    }

    /// What it will need, in bytes, where it draws the network by itself; with what it is, in words.
    fn bytes(&self, _scenario: &Scenario, _threads: usize) -> Option<(String, u128)> {
        None
    }

    /// Builds everything that may not fit together, before a folder is made.
    ///
    /// # Errors
    /// [`HarnessError::Side`] when a side does not fit.
    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError>;

    /// Does it, and writes what it records beyond its findings (traces, weights, checkpoints) into the folder.
    ///
    /// # Errors
    /// [`HarnessError`]; the folder is then kept unfinished.
    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError>;

    /// What a side is under this protocol, in a sentence; the story has its own unless given.
    fn summary(&self, _side: &Side) -> Option<String> {
        None
    }

    /// What it did to a side, in sentences for the report.
    fn notes(&self, _side: &Side) -> Vec<String> {
        Vec::new()
    }
}

/// Everything that is drawn and loaded before a protocol begins.
pub struct Stage<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The seeds, in order; there is at least one.
    pub seeds: &'a [u64],
    /// The network as drawn under each seed.
    pub networks: &'a [Network],
    /// The data: one per seed for generated tasks, else one for all; none without a task.
    pub data: &'a [Dataset],
    /// Threads to work with.
    pub pool: &'a rayon::ThreadPool,
}

impl Stage<'_> {
    /// The data under the seed at an index; `None` without a task.
    pub fn data_of(&self, index: usize) -> Option<&Dataset> {
        self.data.get(index).or_else(|| self.data.last())
    }

    /// The error of a side that does not fit.
    pub fn refused(side: &str, words: impl Into<String>) -> HarnessError {
        HarnessError::Side { side: side.to_owned(), words: words.into() }
    }
}

/// What a protocol found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Everything measured, without targets.
    pub metrics: Metrics,
    /// Metrics over epochs, where there are such.
    pub history: Option<History>,
    /// Wall-clock seconds of every side, under the first seed.
    pub timing: IndexMap<String, SideTiming>,
    /// What the sides share beyond the network, in the report's table.
    pub shared: Vec<SharedFact>,
    /// The answer to the scenario's question, in sentences with numbers.
    pub verdicts: Vec<String>,
    /// What was noticed.
    pub diagnoses: Vec<Diagnosis>,
    /// A page of worked numbers for a side, shown below its equations.
    pub worked: IndexMap<String, Equations>,
}

/// What is wrong with a side whose rule could not learn from the labels of this protocol.
fn untaught(protocol: &str, name: &str, side: &Side) -> Option<Problem> {
    let (at, layer) = match (&side.ann, &side.read_out) {
        (Some(ann), _) => ("ann", ann),
        (None, layer) => ("read_out", layer.as_ref()?),
    };
    let learning = &layer.learning;
    (!learning.has_teacher()).then(|| {
        let rule = learning.name();
        let words = format!(
            "protocol.{protocol} teaches by labels, and {rule} has no teacher: it learns from inputs alone"
        );
        Problem::new(format!("side.{name}.{at}.learning"), words)
            .hint("take learning.backprop here, or the rule under protocol.adapt (hopfield: protocol.recall)")
    })
}

/// Goes on, unless somebody asked to stop.
///
/// # Errors
/// [`HarnessError::Stopped`] with the folder, which is then kept unfinished.
pub(crate) fn unless_stopped(progress: &dyn Progress, folder: &RunFolder) -> Result<(), HarnessError> {
    if progress.stopped() {
        return Err(HarnessError::Stopped { folder: folder.path().to_owned() });
    }
    Ok(())
}

/// A time that is no whole number of a side's steps, with the time used.
fn present_rounding(present: Time, side: &Side) -> Vec<String> {
    side.spiking.iter().filter_map(|spiking| rounding("present", present, spiking.dt)).collect()
}

/// A time that is no whole number of steps, with the time used, in a sentence.
fn rounding(what: &str, time: Time, dt: Time) -> Option<String> {
    let steps = time.get() / dt.get();
    let used = steps.round().max(f64::from(u8::from(time.get() > 0.0))) * dt.get();
    let is_off = (steps - steps.round()).abs() > 1e-6;
    is_off.then(|| format!("{what} = {time} is not a multiple of dt = {dt}; {used} ms is used"))
}
