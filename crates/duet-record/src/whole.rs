//! Files that appear whole or not at all, and reading that trusts only the file system.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::error::RecordError;

/// No text file of a run is larger; a larger one is refused before it is read.
const LARGEST: u64 = 1 << 30;

/// Writes `bytes` to `root/relative`, on the disk when this returns: temporary file in the same folder, write, fsync,
/// rename, fsync of the folder.
pub(crate) fn write(root: &Path, relative: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let folder = replace(root, relative, bytes, write_synced)?;
    sync_folder(&folder).map_err(|source| RecordError::io("writing", &root.join(relative), source))
}

/// The same without waiting for the disk: every process sees the file whole or not at all, but a loss of power may take
/// it until [`settle`] is done.
pub(crate) fn put(root: &Path, relative: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let plain = |path: &Path, bytes: &[u8]| created(path)?.write_all(bytes);
    replace(root, relative, bytes, plain).map(|_| ())
}

/// Brings files below `root` to the disk, and the folders that name them. Side by side: a journal commits many for the
/// price of one, so fifteen files take the time of two.
pub(crate) fn settle(root: &Path, files: &BTreeSet<String>) -> Result<(), RecordError> {
    let sync = |path: &PathBuf| {
        File::open(path)
            .and_then(|file| file.sync_all())
            .map_err(|source| RecordError::io("writing", path, source))
    };
    let mut paths: BTreeSet<PathBuf> = files.iter().map(|file| root.join(file)).collect();
    if cfg!(unix) {
        let folders = files.iter().flat_map(|file| Path::new(file).ancestors().skip(1));
        paths.extend(folders.map(|folder| root.join(folder)));
    }
    side_by_side(&paths.into_iter().collect::<Vec<_>>(), sync)
}

/// Threads that wait for the disk; they do nothing else.
const WAITING: usize = 8;

fn side_by_side(
    paths: &[PathBuf],
    sync: impl Fn(&PathBuf) -> Result<(), RecordError> + Sync,
) -> Result<(), RecordError> {
    let sync = &sync;
    let share = paths.len().div_ceil(WAITING).max(1);
    thread::scope(|scope| {
        let begin = |part| {
            let all = move || -> Result<(), RecordError> { <[PathBuf]>::iter(part).try_for_each(sync) };
            // A machine that has no thread to give does it here.
            thread::Builder::new().spawn_scoped(scope, all).map_err(|_| all())
        };
        let begun: Vec<_> = paths.chunks(share).map(begin).collect();
        let end = |begun: Result<thread::ScopedJoinHandle<'_, _>, Result<(), RecordError>>| match begun {
            Ok(handle) => handle.join().unwrap_or(Ok(())),
            Err(done) => done,
        };
        begun.into_iter().map(end).fold(Ok(()), Result::and)
    })
}

/// Puts a file in its place by way of a temporary one, and names its folder.
fn replace(
    root: &Path,
    relative: &Path,
    bytes: &[u8],
    write: impl Fn(&Path, &[u8]) -> std::io::Result<()>,
) -> Result<PathBuf, RecordError> {
    check_inside(relative)?;
    let target = root.join(relative);
    let folder = target.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(|source| RecordError::io("creating", folder, source))?;
    let temporary = folder.join(temporary_name());
    let written = write(&temporary, bytes).and_then(|()| fs::rename(&temporary, &target));
    if let Err(source) = written {
        // The error to report is the first one; a temporary file that cannot be removed is swept up by `reopen`.
        let _ = fs::remove_file(&temporary);
        return Err(RecordError::io("writing", &target, source));
    }
    Ok(folder.to_owned())
}

/// Writes a file that does not exist yet, whole or not at all.
///
/// # Errors
/// [`RecordError::Exists`] if there is one of this name, which is left as it is; [`RecordError::Io`] if writing fails.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    stream_new(path, |file| file.write_all(bytes).map_err(|source| RecordError::io("writing", path, source)))
}

/// As [`write_new`], for what comes piece by piece; where `write` fails there is no file.
pub(crate) fn stream_new(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), RecordError>,
) -> Result<(), RecordError> {
    let exists = || RecordError::Exists { path: path.to_owned() };
    if path.symlink_metadata().is_ok() {
        return Err(exists());
    }
    let fail = |source| RecordError::io("writing", path, source);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let temporary = folder.join(temporary_name());
    let written = created(&temporary).map_err(fail).and_then(|file| {
        let mut file = BufWriter::new(file);
        write(&mut file)?;
        file.into_inner().map_err(|error| fail(error.into_error()))?.sync_all().map_err(fail)
    });
    // A link, unlike a rename, never replaces what has appeared meanwhile.
    let linked = written.and_then(|()| match fs::hard_link(&temporary, path) {
        Err(source) if source.kind() == std::io::ErrorKind::AlreadyExists => Err(exists()),
        linked => linked.map_err(fail),
    });
    let _ = fs::remove_file(&temporary);
    linked?;
    sync_folder(folder).map_err(fail)
}

fn write_synced(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = created(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn created(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

/// Makes a rename durable. Only Unix can open a folder as a file; elsewhere the rename itself has to do.
pub(crate) fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

pub(crate) fn temporary_name() -> String {
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
    fn what_was_put_can_be_settled() {
        let root = tempfile::tempdir().unwrap();
        let files: BTreeSet<String> = (0..30).map(|n| format!("a/{}/{n}.txt", n % 3)).collect();
        for file in &files {
            put(root.path(), Path::new(file), b"x").unwrap();
        }
        settle(root.path(), &files).unwrap();
        settle(root.path(), &BTreeSet::new()).unwrap();
        assert_eq!(list(root.path()).unwrap(), files.into_iter().collect::<Vec<_>>());
        // One that is gone is an error, whichever thread meets it.
        for n in [0, 9] {
            let mut files: BTreeSet<String> = (1..9).map(|n| format!("a/{}/{n}.txt", n % 3)).collect();
            files.insert(format!("a/0/{n}-gone.txt"));
            let error = settle(root.path(), &files).unwrap_err();
            assert!(error.to_string().contains("gone"), "{error}");
        }
    }

    #[test]
    fn what_exists_is_never_replaced() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("w.npz");
        write_new(&file, b"one").unwrap();
        let error = write_new(&file, b"two").unwrap_err();
        assert!(error.to_string().contains("exists already"), "{error}");
        assert_eq!(read(&file).unwrap(), b"one");
        assert_eq!(list(root.path()).unwrap(), ["w.npz"]);
        assert!(write_new(&root.path().join("nowhere/w.npz"), b"x").is_err());
    }

    #[test]
    fn temporary_names_are_recognized() {
        assert!(is_temporary(&temporary_name()));
        for other in ["a.tmp", ".tmp", ".x.tmp", "metrics.json"] {
            assert!(!is_temporary(other));
        }
    }
}
