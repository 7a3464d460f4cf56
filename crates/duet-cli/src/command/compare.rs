//! `duet compare`: finished runs side by side.

use crate::error::CliError;
use crate::output;
use crate::table::aligned;
use clap::Args;
use duet_harness::statistics::{interval_over_seeds, mean};
use duet_record::format::number;
use duet_record::{Metric, Metrics, Run, Story};
use std::path::{Path, PathBuf};

const EXAMPLE: &str = "\
Example:
  duet compare runs/digits runs/digits-2
  duet compare runs/digits runs/digits-2 --metric latency

Without --metric: what each side reached, what an answer costs and what learning took. Of two runs
under the same seeds the last column is the second less the first, seed by seed, with the 95 %
interval of that difference; what is not the same in both stands on stderr.";

/// Lay finished runs side by side
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Run folders, two or more
    #[arg(required = true, num_args = 2..)]
    run: Vec<PathBuf>,
    /// Only metrics whose path contains these letters; `.` for all
    #[arg(long, value_name = "PART")]
    metric: Option<String>,
    /// Comma-separated, for other programs: every number in full
    #[arg(long)]
    csv: bool,
}

/// A run and what is read of it.
struct Column {
    name: String,
    metrics: Metrics,
    story: Story,
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    let columns = arguments.run.iter().map(|run| read(run)).collect::<Result<Vec<_>, _>>()?;
    warn_of_differences(&columns);
    let paired = match columns.as_slice() {
        [a, b] => (a.story.seed, a.story.seeds) == (b.story.seed, b.story.seeds),
        _ => false,
    };
    let mut head = vec!["metric".to_owned()];
    head.extend(columns.iter().map(|column| column.name.clone()));
    if paired {
        head.push("difference, seed by seed".to_owned());
    }
    let mut rows = vec![head];
    for (side, path) in paths(&columns, arguments.metric.as_deref()) {
        let found: Vec<Option<&Metric>> =
            columns.iter().map(|column| column.metrics.get(&side, &path)).collect();
        let mut row = vec![format!("{side}.{path}")];
        row.extend(found.iter().map(|metric| cell(*metric, arguments.csv)));
        if paired {
            row.push(difference(&found, arguments.csv));
        }
        rows.push(row);
    }
    if rows.len() == 1 {
        let asked = arguments.metric.as_deref().unwrap_or("shown");
        return Err(CliError::Usage { words: format!("no metric of these runs has {asked} in its path") });
    }
    if arguments.csv {
        rows.iter().try_for_each(|row| {
            output::line(row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(","))
        })
    } else {
        aligned(&rows, None).into_iter().try_for_each(output::line)
    }
}

fn read(folder: &Path) -> Result<Column, CliError> {
    let run = Run::open(folder)?;
    let name = folder
        .file_name()
        .map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned());
    Ok(Column { name, metrics: run.metrics()?, story: run.story()? })
}

/// What makes a comparison of runs less than one: said, and left to the reader.
fn warn_of_differences(columns: &[Column]) {
    let Some((first, others)) = columns.split_first() else { return };
    for other in others {
        let (a, b) = (&first.story, &other.story);
        let task = |story: &Story| story.task.as_ref().map(|task| (task.name.clone(), task.train, task.test));
        let mut apart = Vec::new();
        if task(a) != task(b) {
            apart.push("the task");
        }
        if (a.seed, a.seeds) != (b.seed, b.seeds) {
            apart.push("the seeds");
        }
        if a.version != b.version {
            apart.push("the program's version");
        }
        if !apart.is_empty() {
            output::warn(&format!("{} and {} differ in {}", first.name, other.name, apart.join(", ")));
        }
    }
}

/// Sides and paths in the order in which the runs have them.
fn paths(columns: &[Column], part: Option<&str>) -> Vec<(String, String)> {
    let mut paths: Vec<(String, String)> = Vec::new();
    for column in columns {
        let headline = column.story.headline();
        for (side, metrics) in &column.metrics.sides {
            for path in metrics.keys() {
                let is_asked = match part {
                    Some(part) => path.contains(part) || part == ".",
                    None => {
                        path == headline || path.ends_with("_per_inference") || path.starts_with("learning.")
                    }
                };
                let place = (side.clone(), path.clone());
                if is_asked && !paths.contains(&place) {
                    paths.push(place);
                }
            }
        }
    }
    paths.sort_by_key(|(side, _)| columns.iter().find_map(|column| column.metrics.sides.get_index_of(side)));
    paths
}

fn cell(metric: Option<&Metric>, full: bool) -> String {
    let Some(metric) = metric else { return String::new() };
    match (metric.value, metric.ci95) {
        (None, _) => {
            if full {
                String::new()
            } else {
                "none".to_owned()
            }
        }
        (Some(value), _) if full => value.to_string(),
        (Some(value), Some([low, high])) if low < high => {
            format!("{} ({} to {})", number(value), number(low), number(high))
        }
        (Some(value), _) => number(value),
    }
}

/// The second less the first, where both have a number for every seed.
fn difference(found: &[Option<&Metric>], full: bool) -> String {
    let [Some(a), Some(b)] = found else { return String::new() };
    let pairs = a.values.iter().zip(&b.values).map(|(a, b)| Some((*b)? - (*a)?));
    let Some(values) = pairs.collect::<Option<Vec<f64>>>() else { return String::new() };
    let Some(center) = mean(&values).filter(|_| a.values.len() == b.values.len()) else {
        return String::new();
    };
    match interval_over_seeds(&values) {
        _ if full => center.to_string(),
        Some(((low, high), _)) if low < high => {
            format!("{} ({} to {})", number(center), number(low), number(high))
        }
        Some(_) => number(center),
        None => format!("{}, one seed: not enough to say more", number(center)),
    }
}

/// A field as RFC 4180 wants it.
fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}
