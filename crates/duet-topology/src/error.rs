//! What can go wrong when a description is realised.

/// Why a description cannot become a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopologyError {
    /// The description contradicts itself; [`crate::NetworkSpec::problems`] lists everything at once.
    #[error("{path}: {words}")]
    Invalid {
        /// Dotted keys of the first problem.
        path: String,
        /// What is wrong there.
        words: String,
    },
    /// The populations feed each other in a circle, so there is no order of layers.
    #[error("populations {names} feed each other in a circle, so they have no order of layers")]
    Cycle {
        /// The populations on the circle, comma-separated.
        names: String,
    },
}
