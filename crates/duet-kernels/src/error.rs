//! What can go wrong here.

use thiserror::Error;

use crate::CpuLevel;

/// `NEURODUET_CPU` asks for a level that there is not.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LevelError {
    /// No level has this name.
    #[error("NEURODUET_CPU is \"{word}\"; it takes \"baseline\", \"avx2\" or \"avx512\"")]
    Unknown {
        /// What the variable holds.
        word: String,
    },
    /// This processor lacks the instructions.
    #[error("NEURODUET_CPU is \"{asked}\", but this processor has no more than \"{available}\"")]
    Unavailable {
        /// The level asked for.
        asked: CpuLevel,
        /// The highest level of this processor.
        available: CpuLevel,
    },
}
