//! Why a command ended, and with which exit code.

use crate::{output, signals};
use duet_figures::FigureError;
use duet_harness::HarnessError;
use duet_record::RecordError;
use std::io;
use std::path::PathBuf;

/// Why a command did not end with 0.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// From a scenario file to a run folder.
    #[error(transparent)]
    Harness(HarnessError),
    /// Drawing.
    #[error(transparent)]
    Figures(#[from] FigureError),
    /// A run folder.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A command line that means nothing.
    #[error("{words}")]
    Usage {
        /// What is wrong, and what would be right.
        words: String,
    },
    /// Stdout takes nothing more (a full disk), although its reader is still there.
    #[error("cannot write to standard output: {source}")]
    Output {
        /// The system's word.
        source: io::Error,
    },
    /// A folder for passing results.
    #[error("cannot make a temporary folder: {source}")]
    Temporary {
        /// The system's word.
        source: io::Error,
    },
    /// Stopped by a signal; what is named can be resumed.
    #[error("{}", signals::farewell(folder.as_deref()))]
    Stopped {
        /// The run folder, if there is one.
        folder: Option<PathBuf>,
    },
    /// Nobody reads stdout any more: no error, and nothing more to do.
    #[error("standard output is closed")]
    NobodyReads,
    /// Everything has been said already.
    #[error("exit code {0}")]
    Told(u8),
}

impl From<HarnessError> for CliError {
    fn from(error: HarnessError) -> Self {
        match error {
            HarnessError::Stopped { folder } => Self::Stopped { folder: Some(folder) },
            other => Self::Harness(other),
        }
    }
}

impl CliError {
    /// The process's exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Stopped { .. } => signals::exit_code(),
            Self::Harness(error) => error.exit_code(),
            Self::Figures(_) | Self::Record(_) | Self::Output { .. } | Self::Temporary { .. } => 3,
            Self::Usage { .. } => 2,
            Self::NobodyReads => 0,
            Self::Told(code) => *code,
        }
    }

    /// Says it on stderr, unless there is nothing to say.
    pub fn tell(&self) {
        match self {
            Self::NobodyReads | Self::Told(_) => {}
            Self::Stopped { folder } => signals::say_farewell(folder.as_deref()),
            other => output::tell(&format!("error: {other}")),
        }
    }
}

/// The exit code of several things done in a row: that of the first that failed.
#[derive(Debug, Default)]
pub struct Worst(Option<u8>);

impl Worst {
    /// Tells an error and remembers its code.
    pub fn note(&mut self, error: &CliError) {
        error.tell();
        self.0.get_or_insert(error.exit_code());
    }

    /// The end of the command.
    ///
    /// # Errors
    /// [`CliError::Told`] with the first code noted.
    pub fn end(self) -> Result<(), CliError> {
        self.0.map_or(Ok(()), |code| Err(CliError::Told(code)))
    }
}
