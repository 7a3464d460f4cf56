//! What can go wrong between a scenario file and a finished run, and the exit code that each carries.

use crate::Diagnostic;
use std::path::PathBuf;

/// Why a scenario could not be read, checked or run.
#[derive(Debug, thiserror::Error)]
pub enum HarnessError {
    /// A command line that cannot be carried out.
    #[error("{words}")]
    Usage {
        /// What is wrong, with the value found and the values allowed.
        words: String,
    },
    /// A scenario with problems, all of them at once, each at its place.
    #[error("{}", crate::diagnostics::render(file, text, diagnostics))]
    Invalid {
        /// The file's name.
        file: String,
        /// Its text.
        text: String,
        /// What is wrong.
        diagnostics: Vec<Diagnostic>,
    },
    /// No scenario in the file.
    #[error("{file}: empty scenario; a scenario begins with title, question and seed")]
    Empty {
        /// The file's name.
        file: String,
    },
    /// Not UTF-8.
    #[error("{file}: not a text file: byte {offset} is not valid UTF-8; save the scenario as UTF-8")]
    NotText {
        /// The file's name.
        file: String,
        /// Where the first wrong byte stands, from 0.
        offset: usize,
    },
    /// A scenario file of absurd size.
    #[error("{}: file larger than {} MiB ({bytes} bytes); a scenario is a few kilobytes", file.display(), limit >> 20)]
    TooLarge {
        /// The file.
        file: PathBuf,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// A run that would not fit this machine.
    #[error("{what} needs about {} MiB, more than the {} MiB that are free; {hint}", bytes >> 20, limit >> 20)]
    TooBig {
        /// What is too big.
        what: String,
        /// Bytes needed.
        bytes: u128,
        /// Bytes there are.
        limit: u128,
        /// What to do.
        hint: String,
    },
    /// The file system refused.
    #[error("cannot read {}: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The data of a task.
    #[error(transparent)]
    Task(#[from] duet_tasks::TaskError),
    /// The run folder.
    #[error(transparent)]
    Record(#[from] duet_record::RecordError),
    /// A checkpoint that is damaged or belongs to something else.
    #[error("{}: {words}", file.display())]
    Checkpoint {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        words: String,
    },
    /// A side cannot be built or trained.
    #[error("side `{side}`: {words}")]
    Side {
        /// The side.
        side: String,
        /// What is wrong.
        words: String,
    },
    /// A number stopped being one.
    #[error("side `{side}`, seed {seed}, epoch {epoch}: {words}\nthe last good checkpoint is kept in {}", folder.display())]
    Diverged {
        /// The side.
        side: String,
        /// The seed.
        seed: u64,
        /// The epoch, from 1.
        epoch: usize,
        /// Where and what.
        words: String,
        /// The run folder.
        folder: PathBuf,
    },
    /// A state stopped being a number in a protocol that keeps no checkpoints.
    #[error("side `{side}`, seed {seed}: {words}; a smaller dt or a weaker stimulus may help")]
    NotFinite {
        /// The side.
        side: String,
        /// The seed.
        seed: u64,
        /// When, where and what.
        words: String,
    },
    /// Stopped by a signal; the run can be resumed.
    #[error("stopped; go on with: duet resume {}", folder.display())]
    Stopped {
        /// The run folder.
        folder: PathBuf,
    },
    /// A processor level that does not exist.
    #[error(transparent)]
    Level(#[from] duet_kernels::LevelError),
}

impl HarnessError {
    /// The process's exit code: 2 usage or scenario, 3 files, 4 resources, 5 diverged, 130 stopped.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. }
            | Self::Invalid { .. }
            | Self::Empty { .. }
            | Self::NotText { .. }
            | Self::Side { .. }
            | Self::Level(_) => 2,
            Self::Task(error) => match error {
                duet_tasks::TaskError::Path { .. }
                | duet_tasks::TaskError::TooFew { .. }
                | duet_tasks::TaskError::Setting { .. } => 2,
                duet_tasks::TaskError::TooLarge { .. } | duet_tasks::TaskError::LargeFile { .. } => 4,
                _ => 3,
            },
            Self::Read { .. } | Self::Record(_) | Self::Checkpoint { .. } => 3,
            Self::TooLarge { .. } | Self::TooBig { .. } => 4,
            Self::Diverged { .. } | Self::NotFinite { .. } => 5,
            Self::Stopped { .. } => 130,
        }
    }
}
