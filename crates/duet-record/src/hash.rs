//! Hashes of the files that a run is judged by.

use std::fs::File;
use std::path::Path;

use indexmap::IndexMap;

use crate::error::RecordError;
use crate::{layout, whole};

/// BLAKE3 of every file below `root` but the manifest itself, what is drawn from the rest, and checkpoints.
pub(crate) fn all(root: &Path) -> Result<IndexMap<String, String>, RecordError> {
    let mut hashes = IndexMap::new();
    for relative in whole::list(root)? {
        if !is_left_out(&relative) {
            let hash = one(&root.join(&relative))?;
            hashes.insert(relative, hash);
        }
    }
    Ok(hashes)
}

fn one(path: &Path) -> Result<String, RecordError> {
    let fail = |source| RecordError::io("reading", path, source);
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path).map_err(fail)?).map_err(fail)?;
    Ok(hasher.finalize().to_hex().to_string())
}

fn is_left_out(relative: &str) -> bool {
    relative == layout::MANIFEST
        || relative == layout::REPORT
        || relative
            .split_once('/')
            .is_some_and(|(top, _)| top == layout::FIGURES || top == layout::CHECKPOINTS)
}

/// Holds the files below `root` against the hashes of a manifest.
pub(crate) fn check(root: &Path, expected: &IndexMap<String, String>) -> Result<(), RecordError> {
    let found = all(root)?;
    for (relative, hash) in expected {
        match found.get(relative) {
            None => return Err(RecordError::Missing { path: root.join(relative) }),
            Some(now) if now != hash => {
                let what = format!("changed since the run: BLAKE3 {now}, the manifest says {hash}");
                return Err(RecordError::corrupt(&root.join(relative), what));
            }
            Some(_) => {}
        }
    }
    match found.keys().find(|relative| !expected.contains_key(*relative)) {
        Some(stranger) => Err(RecordError::corrupt(
            &root.join(stranger),
            "not part of the run: the manifest does not list it",
        )),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawings_and_checkpoints_are_left_out() {
        for out in ["manifest.json", "report.html", "figures/a.svg", "checkpoints/3"] {
            assert!(is_left_out(out), "{out}");
        }
        for kept in ["metrics.json", "traces/figures/x.csv", "figures.csv", "a/manifest.json"] {
            assert!(!is_left_out(kept), "{kept}");
        }
    }
}
