//! Which data sets are here, and how the others come here.

use crate::Places;
use crate::known::{ALL, Known};
use std::path::PathBuf;

/// One line of `duet data list`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataStatus {
    /// The task's name.
    pub name: &'static str,
    /// The files it is made of; each may have `.gz` behind its name.
    pub files: Vec<&'static str>,
    /// Whether all of them are there. Their contents are checked when they are loaded.
    pub present: bool,
    /// The folder that holds them, or where they would be put.
    pub place: Option<PathBuf>,
    /// What to type to have them.
    pub how_to_get: &'static str,
}

/// The state of every data set that lives in files, in the order of `duet list tasks`.
pub fn available(places: &Places) -> Vec<DataStatus> {
    ALL.iter().map(|known| status(known, places)).collect()
}

fn status(known: &Known, places: &Places) -> DataStatus {
    let found = known.locate(None, places).ok();
    let here = found.as_ref().and_then(|files| files[0].parent()).map(PathBuf::from);
    DataStatus {
        name: known.name,
        files: known.files.iter().map(|file| file.name).collect(),
        present: found.is_some(),
        place: here.or_else(|| places.data.first().map(|data| data.join(known.name))),
        how_to_get: known.how_to_get,
    }
}
