//! Files that appear together, whole, or not at all.

use crate::TaskError;
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Files being written aside, inside the data folder; what is not published is removed.
///
/// A process that is killed leaves the folder `.import.part` behind. No reader looks there, and the next import begins by
/// removing it. Two imports at once are kept apart by a lock on the data folder.
pub(crate) struct Staging<'a> {
    data: &'a Path,
    /// Whether the data folder was made for this import, so that a failure takes it away again.
    made: bool,
    /// Held as long as files are being written.
    lock: Option<File>,
    names: Vec<&'static str>,
    open: bool,
}

impl<'a> Staging<'a> {
    /// Below this data folder. Nothing is touched before the first file.
    pub(crate) fn new(data: &'a Path) -> Self {
        Self { data, made: false, lock: None, names: Vec::new(), open: false }
    }

    fn folder(&self) -> PathBuf {
        self.data.join(".import.part")
    }

    fn open(&mut self) -> Result<(), TaskError> {
        self.made = !self.data.exists();
        fs::create_dir_all(self.data).map_err(TaskError::io("creating", self.data))?;
        // Only Unix can open a folder as a file, and not every file system can lock: where it cannot be done, it is not.
        if cfg!(unix) {
            let folder = File::open(self.data).map_err(TaskError::io("opening", self.data))?;
            if let Err(TryLockError::WouldBlock) = folder.try_lock() {
                return Err(TaskError::Busy { folder: self.data.to_owned() });
            }
            self.lock = Some(folder);
        }
        let folder = self.folder();
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(TaskError::io("removing", &folder))?;
        }
        fs::create_dir(&folder).map_err(TaskError::io("creating", &folder))?;
        self.open = true;
        Ok(())
    }

    /// Writes a file, safe on disk.
    pub(crate) fn write(&mut self, name: &'static str, bytes: &[u8]) -> Result<(), TaskError> {
        if !self.open {
            self.open()?;
        }
        let path = self.folder().join(name);
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(TaskError::io("writing", &path))?;
        self.names.push(name);
        Ok(())
    }

    /// Moves all files to their place; their names.
    pub(crate) fn publish(mut self, folder: &Path) -> Result<Vec<&'static str>, TaskError> {
        if self.open {
            let staging = self.folder();
            sync_folder(&staging)?;
            if folder.exists() {
                for name in &self.names {
                    let target = folder.join(name);
                    fs::rename(staging.join(name), &target).map_err(TaskError::io("writing", &target))?;
                }
                sync_folder(folder)?;
            } else {
                fs::rename(&staging, folder).map_err(TaskError::io("writing", folder))?;
                sync_folder(self.data)?;
            }
            self.made = false;
        }
        Ok(std::mem::take(&mut self.names))
    }
}

impl Drop for Staging<'_> {
    fn drop(&mut self) {
        // After a success it is gone or empty; after a failure nothing of it is of use. The first error is the one to
        // report, so what goes wrong here is not.
        if self.open {
            let _ = fs::remove_dir_all(self.folder());
        }
        if self.made {
            let _ = fs::remove_dir(self.data);
        }
    }
}

/// Makes a rename durable. Only Unix can open a folder as a file; elsewhere the rename itself has to do.
fn sync_folder(folder: &Path) -> Result<(), TaskError> {
    if cfg!(unix) {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(TaskError::io("writing", folder))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Staging;
    use crate::TaskError;
    use std::fs;

    #[test]
    fn files_appear_together_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        let mut staging = Staging::new(&data);
        assert!(!data.exists());
        staging.write("a", b"1").unwrap();
        drop(staging);
        assert!(!data.exists());

        let mut staging = Staging::new(&data);
        staging.write("a", b"1").unwrap();
        staging.write("b", b"2").unwrap();
        assert!(!data.join("set").exists());
        assert_eq!(staging.publish(&data.join("set")).unwrap(), ["a", "b"]);
        assert_eq!(fs::read(data.join("set/b")).unwrap(), b"2");
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1);

        // Into a folder that is there, over a file that is there.
        let mut staging = Staging::new(&data);
        staging.write("b", b"3").unwrap();
        staging.publish(&data.join("set")).unwrap();
        assert_eq!(fs::read(data.join("set/a")).unwrap(), b"1");
        assert_eq!(fs::read(data.join("set/b")).unwrap(), b"3");
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
    }

    // What a process leaves that was killed in the middle.
    #[test]
    fn remains_of_a_killed_import_are_removed_by_the_next() {
        let root = tempfile::tempdir().unwrap();
        let remains = root.path().join(".import.part");
        fs::create_dir(&remains).unwrap();
        fs::write(remains.join("a"), b"half").unwrap();
        let mut staging = Staging::new(root.path());
        staging.write("a", b"whole").unwrap();
        staging.publish(&root.path().join("set")).unwrap();
        assert!(!remains.exists());
        assert_eq!(fs::read(root.path().join("set/a")).unwrap(), b"whole");
    }

    #[cfg(unix)]
    #[test]
    fn two_imports_at_once_are_kept_apart() {
        let root = tempfile::tempdir().unwrap();
        let mut first = Staging::new(root.path());
        first.write("a", b"1").unwrap();
        let refused = Staging::new(root.path()).write("a", b"2");
        assert!(matches!(refused, Err(TaskError::Busy { .. })));
        first.publish(&root.path().join("set")).unwrap();
        assert_eq!(fs::read(root.path().join("set/a")).unwrap(), b"1");
        Staging::new(root.path()).write("a", b"2").unwrap();
    }
}
