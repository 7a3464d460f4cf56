//! Why a text is not a quantity.

/// Why a text could not be read as a quantity. Every message says what was found and what would be accepted.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum UnitError {
    /// A bare number where a unit is needed.
    #[error("`{found}` has no unit; a {dimension} is written with one of: {known}")]
    MissingUnit {
        /// The text as found.
        found: String,
        /// What is being measured.
        dimension: &'static str,
        /// Accepted unit symbols, comma-separated.
        known: String,
    },
    /// A unit that this dimension does not have.
    #[error("`{unit}` is not a unit of {dimension}{elsewhere}; use one of: {known}")]
    UnknownUnit {
        /// The unit as found.
        unit: String,
        /// What is being measured.
        dimension: &'static str,
        /// " (it is a unit of voltage)" where that is so, else empty.
        elsewhere: String,
        /// Accepted unit symbols, comma-separated.
        known: String,
    },
    /// The number in front of the unit cannot be read.
    #[error("`{found}` does not start with a number; write for example `{example}`")]
    NotANumber {
        /// The text as found.
        found: String,
        /// A well-formed quantity of this dimension.
        example: String,
    },
    /// Infinite, not a number, or beyond what 64 bits hold.
    #[error("`{found}` is not a finite number")]
    NotFinite {
        /// The text as found.
        found: String,
    },
}
