//! What can go wrong with a run folder, said so that a person can act on it.

use std::io;
use std::path::{Path, PathBuf};

/// An error of a run folder. Every variant names the file, what was being done, and what is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The operating system refused.
    #[error("{}", io_words(doing, path, source))]
    Io {
        /// What was being done, as a verb: "writing", "creating", "reading".
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The operating system's word.
        source: io::Error,
    },
    /// A file that this run folder does not have (not every run records everything).
    #[error("{}: there is no such file in this run", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The path is not a run folder.
    #[error("{}: not a run folder ({why})", path.display())]
    NotARun {
        /// The path as given.
        path: PathBuf,
        /// What is missing or in the way.
        why: &'static str,
    },
    /// The contents of a file are not what they must be.
    #[error("{}: {what}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the place where one is known.
        what: String,
    },
    /// A path that would leave the run folder, or that no file can have.
    #[error("`{}` cannot be written into a run folder: {why}", path.display())]
    BadPath {
        /// The path as given.
        path: PathBuf,
        /// Which rule it breaks.
        why: &'static str,
    },
    /// A finished folder of this name has appeared meanwhile; nothing of it was touched.
    #[error("{}: already exists; the finished run was left in {}", path.display(), part.display())]
    NameTaken {
        /// The name that is taken.
        path: PathBuf,
        /// Where the run lies instead.
        part: PathBuf,
    },
    /// A file that is there already, and stays as it is.
    #[error("{}: this file exists already; remove it, or name another", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// More than a file of this format can hold.
    #[error("{format} cannot hold this: {what}")]
    TooLarge {
        /// The format.
        format: &'static str,
        /// What is too large.
        what: String,
    },
    /// Columns of a table that do not fit together.
    #[error("column `{column}`: {why}")]
    BadTable {
        /// The column.
        column: String,
        /// What does not fit.
        why: String,
    },
}

impl RecordError {
    /// Whether the file is simply not there: "not recorded", which is no fault of the folder.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing { .. })
    }

    pub(crate) fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        if doing == "reading" && source.kind() == io::ErrorKind::NotFound {
            return Self::Missing { path: path.to_owned() };
        }
        Self::Io { doing, path: path.to_owned(), source }
    }

    pub(crate) fn corrupt(path: &Path, what: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), what: what.into() }
    }
}

fn io_words(doing: &str, path: &Path, source: &io::Error) -> String {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    match source.kind() {
        StorageFull | QuotaExceeded => format!("disk full while {doing} {}", path.display()),
        FileTooLarge => format!("file size limit reached while {doing} {}", path.display()),
        _ => format!("{}: {doing} failed: {source}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_called_one() {
        let full = RecordError::io("writing", Path::new("a/b.csv"), io::ErrorKind::StorageFull.into());
        assert_eq!(full.to_string(), "disk full while writing a/b.csv");
    }

    #[test]
    fn a_missing_file_is_told_apart_from_a_broken_one() {
        let error = RecordError::io("reading", Path::new("x"), io::ErrorKind::NotFound.into());
        assert!(error.is_missing());
        assert!(!RecordError::corrupt(Path::new("x"), "y").is_missing());
    }
}
