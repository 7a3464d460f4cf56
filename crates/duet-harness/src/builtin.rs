//! The scenarios that the binary carries, and how a scenario argument is found.

use crate::HarnessError;
use crate::scenario::Document;
use include_dir::{Dir, include_dir};
use std::path::{Path, PathBuf};

static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios");

/// Where a scenario comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// One of the binary's own, by its path below `scenarios/`.
    BuiltIn(&'static str),
}

impl Source {
    /// Reads and parses it.
    ///
    /// # Errors
    /// [`HarnessError`] as [`Document::read`].
    pub fn document(&self) -> Result<Document, HarnessError> {
        match self {
            Self::File(path) => Document::read(path),
            Self::BuiltIn(path) => {
                let text =
                    SCENARIOS.get_file(path).and_then(include_dir::File::contents_utf8).unwrap_or_default();
                Document::parse(&format!("scenarios/{path}"), text.to_owned())
            }
        }
    }

    /// The folder that relative data paths are resolved from.
    pub fn folder(&self) -> Option<PathBuf> {
        match self {
            Self::File(path) => Some(path.parent().map_or_else(PathBuf::new, Path::to_owned)),
            Self::BuiltIn(_) => None,
        }
    }

    /// The scenario's name: the file's stem.
    pub fn stem(&self) -> String {
        let path = match self {
            Self::File(path) => path.as_path(),
            Self::BuiltIn(path) => Path::new(path),
        };
        path.file_stem().map_or_else(|| "run".to_owned(), |stem| stem.to_string_lossy().into_owned())
    }

    /// How a command line names it.
    pub fn argument(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::BuiltIn(path) => format!("scenarios/{path}"),
        }
    }
}

/// All built-in scenarios, by their paths below `scenarios/`, sorted.
pub fn built_in() -> Vec<&'static str> {
    fn collect(dir: &'static Dir<'static>, into: &mut Vec<&'static str>) {
        into.extend(
            dir.files()
                .filter_map(|file| file.path().to_str())
                .filter(|path| Path::new(path).extension().is_some_and(|ending| ending == "toml")),
        );
        dir.dirs().for_each(|dir| collect(dir, into));
    }
    let mut paths = Vec::new();
    collect(&SCENARIOS, &mut paths);
    paths.sort_unstable();
    paths
}

/// The scenarios that an argument means: a file, a folder (recursive), or the name of a built-in one, with or without
/// its folder and ending.
///
/// # Errors
/// [`HarnessError::Usage`] with the nearest names when nothing is meant.
pub fn find(argument: &str) -> Result<Vec<Source>, HarnessError> {
    let path = Path::new(argument);
    if path.is_file() {
        return Ok(vec![Source::File(path.to_owned())]);
    }
    if path.is_dir() {
        let mut files = Vec::new();
        collect_files(path, &mut files)?;
        if files.is_empty() {
            return Err(HarnessError::Usage { words: format!("there is no .toml file in {argument}") });
        }
        return Ok(files.into_iter().map(Source::File).collect());
    }
    let wanted = argument
        .trim_start_matches("./")
        .trim_start_matches("scenarios/")
        .trim_end_matches(".toml")
        .trim_end_matches('/');
    let name = |path: &str| path.trim_end_matches(".toml").to_owned();
    let stem = |path: &str| name(path).rsplit('/').next().unwrap_or_default().to_owned();
    let folder = |path: &str| path.starts_with(&format!("{wanted}/"));
    let exact: Vec<&str> =
        built_in().into_iter().filter(|path| name(path) == wanted || stem(path) == wanted).collect();
    let meant =
        if exact.is_empty() { built_in().into_iter().filter(|path| folder(path)).collect() } else { exact };
    if !meant.is_empty() {
        return Ok(meant.into_iter().map(Source::BuiltIn).collect());
    }
    let stems: Vec<String> = built_in().into_iter().map(stem).collect();
    let hint = crate::scenario::nearest(wanted, stems.iter().map(String::as_str))
        .unwrap_or_else(|| format!("built in are: {}", stems.join(", ")));
    Err(HarnessError::Usage {
        words: format!("there is no file, folder or built-in scenario `{argument}`; {hint}"),
    })
}

fn collect_files(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), HarnessError> {
    let read = |source| HarnessError::Read { file: folder.to_owned(), source };
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        entries.push(entry.map_err(read)?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.is_symlink() {
            collect_files(&path, into)?;
        } else if path.extension().is_some_and(|ending| ending == "toml") {
            into.push(path);
        }
    }
    Ok(())
}
