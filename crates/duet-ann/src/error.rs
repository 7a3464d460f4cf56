//! What can go wrong when a network is compiled, taught or asked.

use core::fmt;
use duet_gradient::GradientError;
use duet_topology::TopologyError;
use thiserror::Error;

/// Why an artificial network was not made, or stopped.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AnnError {
    /// The populations have no order in which they could be computed.
    #[error(transparent)]
    Order(#[from] TopologyError),
    /// There is nothing to compile.
    #[error("the network has no populations")]
    NoPopulations,
    /// A second population is fed by nothing; only the input may be.
    #[error("population `{population}` is fed by nothing, but the input is `{input}`: give it a projection")]
    NotFed {
        /// The population without input.
        population: String,
        /// The first population without input, which receives the examples.
        input: String,
    },
    /// A second population feeds nothing; only the output may.
    #[error("population `{population}` feeds nothing, but the output is `{output}`: it would never learn")]
    DeadEnd {
        /// The population without targets.
        population: String,
        /// The last population without targets, which gives the answers.
        output: String,
    },
    /// The side's settings contradict each other; [`crate::AnnSide::problems`] lists everything at once.
    #[error("{path}: {words}")]
    Side {
        /// Dotted keys below the side.
        path: String,
        /// What is wrong there.
        words: String,
    },
    /// The side sets something for a population that does not exist, or that computes nothing.
    #[error("population.{name}: {words}")]
    Override {
        /// The name given.
        name: String,
        /// What is wrong with it.
        words: &'static str,
    },
    /// A rule without a teacher was to learn from labels.
    #[error("{rule} has no teacher: it learns from inputs alone, in a single layer")]
    NoTeacher {
        /// The rule.
        rule: &'static str,
    },
    /// A rule that needs a teacher was to learn without one.
    #[error("{rule} needs a teacher: hebb, oja, sanger and bcm learn from inputs alone")]
    HasTeacher {
        /// The rule.
        rule: &'static str,
    },
    /// A rule on a single layer got another network.
    #[error("a local rate rule changes one layer: {words}")]
    NotOneLayer {
        /// What is in the way.
        words: &'static str,
    },
    /// A projection's weights do not fit its populations.
    #[error("projection `{projection}`: {what} has {got} numbers, not {expected}")]
    Shape {
        /// The projection.
        projection: String,
        /// Which of its lists.
        what: &'static str,
        /// Its length as the populations have it.
        expected: usize,
        /// Its length.
        got: usize,
    },
    /// Weights of another network.
    #[error("this network was not compiled from one like that: {what} differs")]
    OtherNetwork {
        /// What differs.
        what: String,
    },
    /// Inputs of the wrong length.
    #[error("{what}: expected {expected}, got {got}")]
    Inputs {
        /// Which numbers.
        what: &'static str,
        /// How many there should be.
        expected: usize,
        /// How many there are.
        got: usize,
    },
    /// An example that does not exist.
    #[error("example {index} does not exist: there are {examples}")]
    NoExample {
        /// The index asked for.
        index: u32,
        /// How many examples there are.
        examples: usize,
    },
    /// A label that does not fit, or a saved optimizer of another kind.
    #[error(transparent)]
    Gradient(#[from] GradientError),
    /// Training ran away. If it showed in the activity, the parameters are those before the update named.
    #[error("diverged in epoch {epoch}, at update {step}: {place} is not finite")]
    Diverged {
        /// The epoch, counted from 1.
        epoch: u64,
        /// The update, counted from 1 since training began.
        step: u64,
        /// The first place, in the order of computation, that holds an infinity or a NaN.
        place: Place,
    },
    /// An answer that is no number.
    #[error("{place} is not finite")]
    NotFinite {
        /// The first place, in the order of computation, that holds an infinity or a NaN.
        place: Place,
    },
}

/// Where in a network something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The activations of a population.
    Population(String),
    /// The weights or biases of a projection.
    Projection(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Population(name) => write!(f, "the activity of population `{name}`"),
            Self::Projection(name) => write!(f, "the weight matrix of projection `{name}`"),
        }
    }
}
