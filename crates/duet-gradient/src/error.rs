//! What can be wrong with the numbers given to a loss or an optimizer.

use thiserror::Error;

/// Why a loss, an optimizer or a saved state was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GradientError {
    /// Two lists that belong together differ in length.
    #[error("{what}: expected {expected} numbers, got {got}")]
    Length {
        /// Which list.
        what: &'static str,
        /// Its length as the others have it.
        expected: usize,
        /// Its length as given.
        got: usize,
    },
    /// The values of a batch cannot be cut into examples.
    #[error("{values} values cannot be cut into examples of {classes}")]
    Ragged {
        /// How many values there are.
        values: usize,
        /// How many each example should have.
        classes: usize,
    },
    /// A mean over no examples was asked for.
    #[error("no examples: the mean loss of nothing is undefined")]
    Empty,
    /// A label names a class that does not exist.
    #[error("label {label} of example {example} is not below the number of classes, {classes}")]
    Label {
        /// Position in the batch.
        example: usize,
        /// The label found.
        label: u32,
        /// How many classes there are.
        classes: usize,
    },
    /// A target value that the loss has no meaning for.
    #[error("target of example {example}: {words}")]
    Target {
        /// Position in the batch.
        example: usize,
        /// What was found and what is allowed.
        words: String,
    },
    /// A saved optimizer state belongs to another optimizer.
    #[error("a saved state of {got} arrays does not fit {optimizer}, which keeps {expected}")]
    Moments {
        /// The optimizer that should have gone on.
        optimizer: &'static str,
        /// How many arrays it keeps.
        expected: usize,
        /// How many were saved.
        got: usize,
    },
}
