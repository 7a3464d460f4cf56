//! The parts of a sweep, computed anywhere, joined into the whole.

use super::{Swept, finish};
use crate::HarnessError;
use duet_record::{Run, RunFolder, Sweep, layout};
use std::fs;
use std::path::{Path, PathBuf};

/// One part.
struct Part {
    run: Run,
    sweep: Sweep,
    number: usize,
    of: usize,
}

/// Joins parts into a new folder: the same, byte for byte, as a sweep that was never split.
///
/// # Errors
/// [`HarnessError::Usage`] where parts do not belong together, or one is missing or there twice;
/// [`HarnessError::Record`] where one is unfinished or damaged.
pub fn merge(paths: &[PathBuf], out: &Path, figures: bool) -> Result<Swept, HarnessError> {
    let parts = paths.iter().map(|path| part(path)).collect::<Result<Vec<_>, _>>()?;
    let first = parts.first().ok_or_else(|| usage("--merge: name the folders of all parts".to_owned()))?;
    let mut known: Vec<Option<&Part>> = vec![None; first.of];
    for part in &parts {
        belongs(first, part)?;
        let place = &mut known[part.number - 1];
        if let Some(other) = place.replace(part) {
            let (one, two) = (other.run.path().display(), part.run.path().display());
            return Err(usage(format!(
                "{one} and {two} are both part {} of {}; give each once",
                part.number, part.of
            )));
        }
    }
    let missing: Vec<String> = known
        .iter()
        .enumerate()
        .filter(|(_, part)| part.is_none())
        .map(|(at, _)| format!("{}/{}", at + 1, first.of))
        .collect();
    if !missing.is_empty() {
        return Err(usage(format!(
            "--merge: of {} parts these are missing: {}; compute them with `duet sweep ... --shard {}`",
            first.of,
            missing.join(", "),
            missing[0]
        )));
    }
    let sweep = Sweep { shard: None, ..first.sweep.clone() };
    let read = |file: &str| {
        let file = first.run.path().join(file);
        fs::read(&file).map_err(|source| HarnessError::Read { file, source })
    };
    let (scenario, resolved) = (read(layout::SCENARIO)?, read(layout::RESOLVED)?);
    let files: [(&str, &[u8]); 3] =
        [(layout::SCENARIO, &scenario), (layout::RESOLVED, &resolved), (layout::SWEEP, &sweep.to_json())];
    let folder = RunFolder::begin(out, &format!("{}-sweep", sweep.stem), &files)?;
    for part in &parts {
        for point in part.sweep.own() {
            folder.write(layout::row(point + 1), part.run.sweep_row(point + 1)?.to_json())?;
        }
    }
    finish(&sweep, folder, 1, figures, std::time::Instant::now())
}

fn part(path: &Path) -> Result<Part, HarnessError> {
    let run = Run::open(path)?;
    let shown = run.path().display().to_string();
    if !run.is_sweep() {
        return Err(usage(format!("{shown} is no part of a sweep: it holds no {}", layout::SWEEP)));
    }
    if !run.path().join(layout::MANIFEST).is_file() {
        return Err(usage(format!("{shown} is not finished; go on with: duet resume {shown}")));
    }
    run.verify()?;
    let sweep = run.sweep()?;
    match sweep.shard {
        Some([number, of]) if (1..=of).contains(&number) && of <= sweep.points.len() => {
            Ok(Part { run, sweep, number, of })
        }
        Some([number, of]) => Err(HarnessError::Checkpoint {
            file: run.path().join(layout::SWEEP),
            words: format!("part {number} of {of}; a part is one of 1 to {}", sweep.points.len()),
        }),
        None => Err(usage(format!("{shown} is a whole sweep, not a part: there is nothing to join"))),
    }
}

/// Refuses a part of another sweep, and says what is different.
fn belongs(first: &Part, other: &Part) -> Result<(), HarnessError> {
    let (a, b) = (&first.sweep, &other.sweep);
    let different = if a.scenario != b.scenario {
        "their scenarios"
    } else if a.varied != b.varied {
        "the fields that they vary"
    } else if a.points != b.points {
        "their points"
    } else if first.of != other.of {
        "the number of parts"
    } else if (&a.stem, &a.title, &a.sides, &a.metric, &a.metric_of)
        != (&b.stem, &b.title, &b.sides, &b.metric, &b.metric_of)
    {
        "their names or the metric that they show"
    } else {
        return Ok(());
    };
    let (one, two) = (first.run.path().display(), other.run.path().display());
    Err(usage(format!("{one} and {two} are parts of different sweeps: {different} differ")))
}

fn usage(words: String) -> HarnessError {
    HarnessError::Usage { words }
}
