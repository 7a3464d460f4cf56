//! Files that appear whole or not at all, and reading that trusts only the file system.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::RecordError;

/// No text file of a run is larger; a larger one is refused before it is read.
const LARGEST: u64 = 1 << 30;

/// Writes `bytes` to `root/relative`: temporary file in the same folder, write, fsync, rename, fsync of the folder.
pub(crate) fn write(root: &Path, relative: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    check_inside(relative)?;
    let target = root.join(relative);
    let folder = target.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(|source| RecordError::io("creating", folder, source))?;
    let temporary = folder.join(temporary_name());
    let written = write_synced(&temporary, bytes).and_then(|()| fs::rename(&temporary, &target));
    if let Err(source) = written {
        // The error to report is the first one; a temporary file that cannot be removed is swept up by `reopen`.
        let _ = fs::remove_file(&temporary);
        return Err(RecordError::io("writing", &target, source));
    }
    sync_folder(folder).map_err(|source| RecordError::io("writing", &target, source))
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a rename durable. Only Unix can open a folder as a file; elsewhere the rename itself has to do.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn temporary_name() -> String {
    // Threads and processes that write into one folder must not meet in one temporary file.
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!(".{}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Whether a file name is one of [`write`]'s temporary names.
pub(crate) fn is_temporary(name: &str) -> bool {
    name.strip_prefix('.').and_then(|rest| rest.strip_suffix(".tmp")).is_some_and(|inner| {
        !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    })
}

/// A relative path that stays inside the folder it is joined to.
pub(crate) fn check_inside(relative: &Path) -> Result<(), RecordError> {
    let refuse = |why| Err(RecordError::BadPath { path: relative.to_owned(), why });
    if relative.as_os_str().is_empty() {
        return refuse("the path is empty");
    }
    for component in relative.components() {
        match component {
            Component::Normal(part) => match part.to_str() {
                None => return refuse("the path is not UTF-8"),
                Some(part) if part.contains(['\\', '\0', ':']) => {
                    return refuse("a name holds a backslash, a colon or a NUL byte");
                }
                Some(_) => {}
            },
            Component::ParentDir => return refuse("`..` would leave it"),
            Component::CurDir => return refuse("`.` is not part of a name"),
            Component::RootDir | Component::Prefix(_) => return refuse("the path is absolute"),
        }
    }
    Ok(())
}

/// Reads a whole file whose size the file system has vouched for.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, RecordError> {
    let fail = |source| RecordError::io("reading", path, source);
    let file = File::open(path).map_err(fail)?;
    let found = file.metadata().map_err(fail)?;
    if !found.is_file() {
        return Err(RecordError::corrupt(path, "not a regular file"));
    }
    if found.len() > LARGEST {
        return Err(RecordError::corrupt(path, format!("{} bytes; at most {LARGEST} are read", found.len())));
    }
    let mut bytes = Vec::with_capacity(found.len() as usize);
    file.take(LARGEST).read_to_end(&mut bytes).map_err(fail)?;
    Ok(bytes)
}

/// Reads a UTF-8 file.
pub(crate) fn read_text(path: &Path) -> Result<String, RecordError> {
    String::from_utf8(read(path)?).map_err(|error| {
        RecordError::corrupt(path, format!("not UTF-8 at byte {}", error.utf8_error().valid_up_to()))
    })
}

/// Reads a JSON file.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, RecordError> {
    serde_json::from_slice(&read(path)?).map_err(|error| RecordError::corrupt(path, error.to_string()))
}

/// All regular files below `root`, as sorted paths with forward slashes. Links are left out: they are not ours.
pub(crate) fn list(root: &Path) -> Result<Vec<String>, RecordError> {
    fn visit(folder: &Path, prefix: &str, found: &mut Vec<String>) -> Result<(), RecordError> {
        let fail = |source| RecordError::io("listing", folder, source);
        let mut entries: Vec<(String, PathBuf, fs::FileType)> = Vec::new();
        for entry in fs::read_dir(folder).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let Ok(name) = entry.file_name().into_string() else {
                return Err(RecordError::corrupt(&entry.path(), "the file's name is not UTF-8"));
            };
            entries.push((name, entry.path(), entry.file_type().map_err(fail)?));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        for (name, path, kind) in entries {
            if kind.is_dir() {
                visit(&path, &format!("{prefix}{name}/"), found)?;
            } else if kind.is_file() {
                found.push(format!("{prefix}{name}"));
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    visit(root, "", &mut found)?;
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_the_folder_are_refused() {
        for bad in ["", "/etc/passwd", "..", "a/../b", "./a", "a\\b", "C:x", "a\0b"] {
            assert!(matches!(check_inside(Path::new(bad)), Err(RecordError::BadPath { .. })), "{bad:?}");
        }
        for good in ["a", "a/b.csv", "traces/%2E./x.v.csv"] {
            assert!(check_inside(Path::new(good)).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_write_replaces_and_leaves_no_temporary_file() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), Path::new("a/b/c.txt"), b"one").unwrap();
        write(root.path(), Path::new("a/b/c.txt"), b"two").unwrap();
        assert_eq!(read(&root.path().join("a/b/c.txt")).unwrap(), b"two");
        assert_eq!(list(root.path()).unwrap(), ["a/b/c.txt"]);
    }

    #[test]
    fn temporary_names_are_recognized() {
        assert!(is_temporary(&temporary_name()));
        for other in ["a.tmp", ".tmp", ".x.tmp", "metrics.json"] {
            assert!(!is_temporary(other));
        }
    }
}
