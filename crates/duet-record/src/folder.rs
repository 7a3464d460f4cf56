//! Writing a run folder: `NAME.part` while it grows, `NAME` when it is whole.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::RecordError;
use crate::manifest::Manifest;
use crate::{hash, layout, whole};

/// A run folder that is being written. Dropped unfinished, it stays where it is, for a resume to take up.
#[derive(Debug)]
pub struct RunFolder {
    part: PathBuf,
    name: PathBuf,
    /// Files that are written but may not be on the disk yet.
    unsettled: Mutex<BTreeSet<String>>,
}

/// What [`RunFolder::reopen`] found.
#[derive(Debug)]
pub enum Reopened {
    /// An unfinished run, ready to be carried on.
    Unfinished(RunFolder),
    /// A finished run: there is nothing to resume.
    Finished(PathBuf),
}

impl RunFolder {
    /// Makes `parent` where needed and in it `NAME.part`, where NAME is the first of `stem`, `stem-2`, `stem-3` ...
    /// of which neither form exists. Two processes never get the same one.
    ///
    /// # Errors
    /// [`RecordError::BadPath`] if the stem is not one plain name, [`RecordError::Io`] if the folder cannot be made.
    pub fn create(parent: &Path, stem: &str) -> Result<Self, RecordError> {
        make_parent(parent, stem)?;
        for attempt in 1_u64.. {
            let name =
                if attempt == 1 { parent.join(stem) } else { parent.join(format!("{stem}-{attempt}")) };
            let part = with_part(&name);
            if exists(&name) || exists(&part) {
                continue;
            }
            match fs::create_dir(&part) {
                Ok(()) if exists(&name) => {
                    // Another run of this name was renamed between the two looks. The folder is ours and empty.
                    fs::remove_dir(&part).map_err(|source| RecordError::io("removing", &part, source))?;
                }
                Ok(()) => return Ok(Self { part, name, unsettled: Mutex::default() }),
                Err(source) if source.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(RecordError::io("creating", &part, source)),
            }
        }
        unreachable!("a file system holds fewer than 2^64 names")
    }

    /// As [`RunFolder::create`], with its first files in it from the beginning: at no moment is there a `NAME.part` without
    /// them, so whoever finds one can resume it.
    ///
    /// # Errors
    /// As for [`RunFolder::create`] and [`RunFolder::write`]; nothing is left then.
    pub fn begin(parent: &Path, stem: &str, files: &[(&str, &[u8])]) -> Result<Self, RecordError> {
        make_parent(parent, stem)?;
        let scratch = parent.join(whole::temporary_name());
        let begun = Self::gather(parent, stem, &scratch, files);
        if begun.is_err() {
            // The error to report is the first one.
            let _ = fs::remove_dir_all(&scratch);
        }
        begun
    }

    /// Writes the files into a folder of no name and moves it to the first name that is free.
    fn gather(
        parent: &Path,
        stem: &str,
        scratch: &Path,
        files: &[(&str, &[u8])],
    ) -> Result<Self, RecordError> {
        fs::create_dir(scratch).map_err(|source| RecordError::io("creating", scratch, source))?;
        for (relative, bytes) in files {
            whole::put(scratch, Path::new(relative), bytes)?;
        }
        let unsettled: BTreeSet<String> = files.iter().map(|(relative, _)| (*relative).to_owned()).collect();
        for attempt in 1_u64.. {
            let name =
                if attempt == 1 { parent.join(stem) } else { parent.join(format!("{stem}-{attempt}")) };
            let part = with_part(&name);
            if exists(&name) || exists(&part) {
                continue;
            }
            let renaming = |source| RecordError::io("renaming", scratch, source);
            match fs::rename(scratch, &part) {
                // Another run of this name was renamed between the two looks: on to the next name.
                Ok(()) if exists(&name) => fs::rename(&part, scratch).map_err(renaming)?,
                Ok(()) => return Ok(Self { part, name, unsettled: Mutex::new(unsettled) }),
                // Somebody else's folder has appeared, which is never empty.
                Err(_) if exists(&part) => {}
                Err(source) => return Err(renaming(source)),
            }
        }
        unreachable!("a file system holds fewer than 2^64 names")
    }

    /// Takes up an unfinished run, named as `NAME` or as `NAME.part`, and clears away half-written files. A run that
    /// was stopped between its last two steps is finished here.
    ///
    /// # Errors
    /// [`RecordError::NotARun`] if there is no such folder, [`RecordError::Io`] if it cannot be read.
    pub fn reopen(path: &Path) -> Result<Reopened, RecordError> {
        let (part, name) = both_names(path);
        if !part.is_dir() {
            let finished = name.join(layout::MANIFEST).is_file();
            return if finished {
                Ok(Reopened::Finished(name))
            } else {
                Err(RecordError::NotARun {
                    path: path.to_owned(),
                    why: "there is no folder NAME.part to resume",
                })
            };
        }
        for relative in whole::list(&part)? {
            let file = relative.rsplit('/').next().unwrap_or(&relative);
            if whole::is_temporary(file) {
                let file = part.join(&relative);
                fs::remove_file(&file).map_err(|source| RecordError::io("removing", &file, source))?;
            }
        }
        let folder = Self { part, name, unsettled: Mutex::default() };
        // The manifest is written last, so with it the run is whole but for its name.
        if folder.part.join(layout::MANIFEST).is_file() {
            return folder.close().map(Reopened::Finished);
        }
        Ok(Reopened::Unfinished(folder))
    }

    /// Where the run is being written: `NAME.part`.
    pub fn path(&self) -> &Path {
        &self.part
    }

    /// Where the run will lie when it is whole: `NAME`.
    pub fn final_path(&self) -> &Path {
        &self.name
    }

    /// Writes a file, whole or not at all, replacing an earlier one of the same path in this run. A process that is
    /// killed loses nothing; against a loss of power it is safe when the next [`RunFolder::write_safely`] returns, or
    /// [`RunFolder::finish`].
    ///
    /// # Errors
    /// [`RecordError::BadPath`] if the path is absolute or leaves the folder, [`RecordError::Io`] if writing fails;
    /// the earlier file is then still there.
    pub fn write(&self, relative: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Result<(), RecordError> {
        let relative = relative.as_ref();
        whole::put(&self.part, relative, bytes.as_ref())?;
        // `put` takes UTF-8 paths only.
        self.unsettled().insert(relative.to_string_lossy().into_owned());
        Ok(())
    }

    /// Writes a file that a run goes on from, such as a checkpoint: it and everything written before it are on the disk
    /// when this returns.
    ///
    /// # Errors
    /// As for [`RunFolder::write`].
    pub fn write_safely(
        &self,
        relative: impl AsRef<Path>,
        bytes: impl AsRef<[u8]>,
    ) -> Result<(), RecordError> {
        self.settle()?;
        whole::write(&self.part, relative.as_ref(), bytes.as_ref())
    }

    /// Brings everything written so far to the disk. Whoever comes while that happens waits for it.
    fn settle(&self) -> Result<(), RecordError> {
        let mut unsettled = self.unsettled();
        whole::settle(&self.part, &unsettled)?;
        unsettled.clear();
        Ok(())
    }

    fn unsettled(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.unsettled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a file of this run back: a checkpoint.
    ///
    /// # Errors
    /// [`RecordError::Missing`] if there is none, [`RecordError::Io`] if reading fails.
    pub fn read(&self, relative: impl AsRef<Path>) -> Result<Vec<u8>, RecordError> {
        whole::check_inside(relative.as_ref())?;
        whole::read(&self.part.join(relative))
    }

    /// Writes the manifest with the hash of every file, deletes the checkpoints and gives the folder its name.
    ///
    /// # Errors
    /// [`RecordError::Io`] if a step fails, [`RecordError::NameTaken`] if NAME has appeared meanwhile; the run then
    /// stays in `NAME.part`.
    pub fn finish(self, mut manifest: Manifest) -> Result<PathBuf, RecordError> {
        manifest.files = hash::all(&self.part)?;
        // Last, and on the disk after all others: with it the run is whole but for its name.
        self.write_safely(layout::MANIFEST, manifest.to_json())?;
        self.close()
    }

    fn close(self) -> Result<PathBuf, RecordError> {
        let checkpoints = self.part.join(layout::CHECKPOINTS);
        match fs::remove_dir_all(&checkpoints) {
            Err(source) if source.kind() != ErrorKind::NotFound => {
                return Err(RecordError::io("removing", &checkpoints, source));
            }
            _ => {}
        }
        if exists(&self.name) {
            return Err(RecordError::NameTaken { path: self.name, part: self.part });
        }
        let rename = |source| RecordError::io("renaming", &self.part, source);
        fs::rename(&self.part, &self.name).map_err(rename)?;
        if let Some(parent) = self.name.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            whole::sync_folder(parent).map_err(rename)?;
        }
        Ok(self.name)
    }
}

/// Makes the folder that runs lie in, after a look at the run's name.
fn make_parent(parent: &Path, stem: &str) -> Result<(), RecordError> {
    let plain = Path::new(stem);
    whole::check_inside(plain)?;
    if plain.components().count() != 1 || stem.ends_with('/') {
        return Err(RecordError::BadPath { path: plain.to_owned(), why: "a run's name is a single word" });
    }
    fs::create_dir_all(parent).map_err(|source| RecordError::io("creating", parent, source))
}

/// Also true of a dangling link, which `Path::exists` overlooks.
fn exists(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn with_part(name: &Path) -> PathBuf {
    let mut part = OsString::from(name);
    part.push(".part");
    PathBuf::from(part)
}

/// (`NAME.part`, `NAME`) from either.
pub(crate) fn both_names(path: &Path) -> (PathBuf, PathBuf) {
    // Collecting the components drops a trailing slash, which would otherwise end up before ".part".
    let path: PathBuf = path.components().collect();
    if path.extension().is_some_and(|extension| extension == "part") {
        let name = path.with_extension("");
        (path, name)
    } else {
        (with_part(&path), path)
    }
}
