//! Why data could not be had.

use std::path::{Path, PathBuf};

/// Why a task has no data. Every message names the place, what was found and what was expected, in one line.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// A path in a scenario that could leave the scenario's folder or a data folder.
    #[error("the path `{path}` is refused: {why}")]
    Path {
        /// The path as written, shortened to what a message can hold.
        path: String,
        /// The rule that it breaks.
        why: &'static str,
    },
    /// The files of a data set are nowhere.
    #[error("no data for `{task}`: looked for {files} in {}; to get it: {how_to_get}", listed(looked))]
    Missing {
        /// The task's name.
        task: &'static str,
        /// The names of the files looked for.
        files: String,
        /// The folders looked into, in order.
        looked: Vec<PathBuf>,
        /// What to install or do.
        how_to_get: String,
    },
    /// No folder is known to put data into.
    #[error("no folder to keep data in: set NEURODUET_DATA, XDG_DATA_HOME or HOME")]
    NoDataFolder,
    /// The file system said no.
    #[error("{doing} {}: {source}", file.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// The file or folder.
        file: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A folder, a pipe or a device where a file belongs.
    #[error("{}: not a regular file", file.display())]
    NotAFile {
        /// Its path.
        file: PathBuf,
    },
    /// The first four bytes are not those of an IDX file of unsigned bytes.
    #[error("{}: found the magic number {found:02x?}, expected {expected}", file.display())]
    Magic {
        /// The file.
        file: PathBuf,
        /// The first four bytes.
        found: [u8; 4],
        /// What they should be.
        expected: String,
    },
    /// Dimensions that make no sense, are too large, or are not those of this data set.
    #[error("{}: found the dimensions {found}, expected {expected}", file.display())]
    Dimensions {
        /// The file.
        file: PathBuf,
        /// The dimensions in the header, as "60000 x 28 x 28".
        found: String,
        /// What they should be.
        expected: String,
    },
    /// The file ends before its header says so.
    #[error("{}: truncated: found {found} bytes, expected {expected}", file.display())]
    Truncated {
        /// The file.
        file: PathBuf,
        /// Its real (decompressed) length.
        found: u64,
        /// The length that the header asks for.
        expected: u64,
    },
    /// The file goes on after its header says that it ends.
    #[error("{}: found more than the expected {expected} bytes", file.display())]
    Overlong {
        /// The file.
        file: PathBuf,
        /// The length that the header asks for.
        expected: u64,
    },
    /// The compression is damaged.
    #[error("{}: found {found}, expected a whole compressed stream", file.display())]
    Gzip {
        /// The file.
        file: PathBuf,
        /// What the decompressor met.
        found: String,
    },
    /// A file is damaged, or holds something else than it should.
    #[error("{}: found {found}, expected {expected}", file.display())]
    Contents {
        /// The file, or the archive and a file in it.
        file: PathBuf,
        /// What is wrong.
        found: String,
        /// What it should hold.
        expected: String,
    },
    /// Other bytes than those published.
    #[error(
        "{}: found BLAKE3 {found}, expected {expected} (the published file; data of your own are read by `task.csv`, `task.npy` and `task.idx`)",
        file.display()
    )]
    Checksum {
        /// The file.
        file: PathBuf,
        /// The hash of its decompressed bytes.
        found: String,
        /// The hash of the published file.
        expected: String,
    },
    /// Contents that belong to no data set known here.
    #[error(
        "{}: a file of {found}, none of the files of {expected}; data of your own need no import: put them beside the \
         scenario and name them in `task.csv`, `task.npy` or `task.idx`", file.display()
    )]
    Unknown {
        /// The file.
        file: PathBuf,
        /// Its length.
        found: String,
        /// The data sets known.
        expected: String,
    },
    /// Another process is importing.
    #[error("another import into {} is going on; try again when it is done", folder.display())]
    Busy {
        /// The data folder.
        folder: PathBuf,
    },
    /// A place in a table where something else belongs.
    #[error("{}, line {line}{column}: found {found}, expected {expected}", file.display())]
    Cell {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The column's number and name, as ", column 3 (petal length)"; empty where the whole line is meant.
        column: String,
        /// What stands there.
        found: String,
        /// What should.
        expected: String,
    },
    /// A setting of the scenario that does not fit its data, or another setting.
    #[error("task.{setting}: {words}")]
    Setting {
        /// The task and the key, as `csv.label`.
        setting: &'static str,
        /// What does not fit.
        words: String,
    },
    /// A file larger than is read.
    #[error("{}: larger than {} MiB; {hint}", file.display(), limit >> 20)]
    LargeFile {
        /// The file.
        file: PathBuf,
        /// The largest size that is read.
        limit: u64,
        /// What to do.
        hint: &'static str,
    },
    /// A label outside the classes.
    #[error("{}: found the label {found} at index {index}, expected less than {classes}", file.display())]
    Label {
        /// The file of labels.
        file: PathBuf,
        /// Which label, from 0.
        index: usize,
        /// Its value.
        found: u8,
        /// The number of classes.
        classes: usize,
    },
    /// Not one label per image.
    #[error("{}: found {found} labels, expected {expected}: one for each image in {}", file.display(), images.display())]
    Count {
        /// The file of labels.
        file: PathBuf,
        /// The file of images.
        images: PathBuf,
        /// The number of labels.
        found: usize,
        /// The number of images.
        expected: usize,
    },
    /// More examples asked for than there are.
    #[error("{split} = {asked}, but {} holds {available} examples", file.display())]
    TooFew {
        /// `train` or `test`.
        split: &'static str,
        /// How many the scenario wants.
        asked: usize,
        /// How many there are.
        available: usize,
        /// The file of images.
        file: PathBuf,
    },
    /// A generated task that would not fit.
    #[error("`{task}` would take {bytes} bytes, at most {limit} are allowed")]
    TooLarge {
        /// The task's name.
        task: &'static str,
        /// What it would take.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
}

impl TaskError {
    /// For `map_err` after a call to the file system.
    pub(crate) fn io(doing: &'static str, file: &Path) -> impl Fn(std::io::Error) -> Self {
        move |source| Self::Io { doing, file: file.to_owned(), source }
    }
}

/// Folders as a message shows them.
fn listed(folders: &[PathBuf]) -> String {
    if folders.is_empty() {
        return "no folder (none is set)".to_owned();
    }
    folders.iter().map(|folder| folder.display().to_string()).collect::<Vec<_>>().join(", ")
}
