//! What can go wrong when a spiking side is built or run.

/// Why a spiking side cannot be built, or had to stop.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SpikingError {
    /// The side contradicts the network; [`crate::SpikingSide::problems`] lists everything at once.
    #[error("{path}: {words}")]
    Invalid {
        /// Dotted keys of the first problem.
        path: String,
        /// What is wrong there.
        words: String,
    },
    /// A membrane, weight or current is no longer a finite number.
    #[error("diverged at t = {time_ms} ms in population `{population}`: {what} is not finite")]
    Diverged {
        /// Simulated time since the start of the presentation, in ms.
        time_ms: f64,
        /// Where it was seen first.
        population: String,
        /// Which variable.
        what: &'static str,
    },
    /// A weight is no longer a finite number after an epoch of gradient descent.
    #[error("diverged in epoch {epoch}: a weight is not finite; try a smaller rate, or clip the gradient")]
    Unlearned {
        /// The epoch, from 1.
        epoch: usize,
    },
    /// A voltage along a cable is no longer a finite number.
    #[error("diverged at t = {time_ms} ms, {x_um} um down the cable: V is not finite")]
    CableDiverged {
        /// Simulated time since the signal set out, in ms.
        time_ms: f64,
        /// The place nearest to the beginning where it was seen first, in um.
        x_um: f64,
    },
    /// A saved state does not belong to this network.
    #[error("the saved state does not fit this network: {what} has {found} numbers, expected {expected}")]
    StateMismatch {
        /// Which part.
        what: String,
        /// How many numbers it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
}
