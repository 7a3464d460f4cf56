//! `duet sweep`: one scenario over many values of its fields.

use crate::arguments::{Changes, Manner, sources};
use crate::error::CliError;
use crate::jobs::document;
use crate::table::aligned;
use crate::{output, signals};
use clap::Args;
use duet_harness::sweep::{Plan, SweepProgress, Swept, Wish, merge, sweep};
use duet_harness::{HarnessError, Options};
use duet_kernels::CpuLevel;
use duet_record::format::number;
use duet_record::{Sweep, SweepRow, Varied};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

const EXAMPLE: &str = "\
Example:
  duet sweep xor --vary protocol.learn.epochs=5,10,20,40 --seeds 5
  duet sweep xor --vary 'side.local.spiking.weight_unit=5..20 mV:4' --vary protocol.learn.epochs=10,40

VALUES are a list (1,2,5), a grid (from..to:n, from..to:n:log) or drawn by chance (from..to~n), with
units where the field has one. Several --vary make all pairs; those by chance are drawn together.
A sweep that was stopped goes on with `duet resume`. On a cluster every job computes a part:
  duet sweep xor --vary protocol.learn.epochs=5,10,20,40 --shard 1/2
  duet sweep --merge runs/xor-sweep-1of2 runs/xor-sweep-2of2";

/// Run a scenario at many values of its fields, into one table and one figure
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// A file, or the name of a built-in scenario
    #[arg(required_unless_present = "merge")]
    scenario: Option<PathBuf>,
    /// A field and its values: --vary protocol.learn.epochs=5,10,20 (repeatable)
    #[arg(long, value_name = "PATH=VALUES", required_unless_present = "merge")]
    vary: Vec<String>,
    /// The metric that the figure shows; the scenario's first one on every side unless given
    #[arg(long, value_name = "SIDE.PATH")]
    metric: Option<String>,
    /// Compute part I of N only, into a folder of its own: every N-th point, beginning with the I-th
    #[arg(long, value_name = "I/N", value_parser = part)]
    shard: Option<[usize; 2]>,
    /// Join the folders of all parts into the whole sweep
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with_all = ["scenario", "vary", "metric", "shard", "dry_run"])]
    merge: Vec<PathBuf>,
    /// List the points and what they will take, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// Where the folder is made
    #[arg(long, value_name = "DIR", default_value = "runs")]
    out: PathBuf,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    manner: Manner,
    /// Draw no figure (`duet plot` does it later)
    #[arg(long)]
    no_figures: bool,
}

fn part(text: &str) -> Result<[usize; 2], String> {
    let numbers = text.split_once('/').and_then(|(part, of)| Some([part.parse().ok()?, of.parse().ok()?]));
    numbers
        .filter(|[part, of]| (1..=*of).contains(part))
        .ok_or_else(|| "a part is written I/N with I from 1 to N, such as 2/5".to_owned())
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    CpuLevel::from_env().map_err(HarnessError::from)?;
    let quiet = arguments.manner.quiet;
    if !arguments.merge.is_empty() {
        return show(merge(&arguments.merge, &arguments.out, !arguments.no_figures)?, quiet);
    }
    let plan = plan(arguments)?;
    if arguments.dry_run {
        return list(&plan);
    }
    let options = Options {
        out: arguments.out.clone(),
        threads: usize::from(arguments.manner.threads),
        figures: !arguments.no_figures,
    };
    signals::listen();
    let watch = SweepWatch::new(quiet);
    show(sweep(&plan, &options, &watch)?, quiet)
}

fn plan(arguments: &Arguments) -> Result<Plan, CliError> {
    let found = sources(arguments.scenario.as_slice())?;
    let [source] = found.as_slice() else {
        let words = format!("a sweep is of one scenario, and these are {}; name one of them", found.len());
        return Err(CliError::Usage { words });
    };
    let document = document(source, &arguments.changes.sides)?;
    let wish =
        Wish { vary: arguments.vary.clone(), metric: arguments.metric.clone(), shard: arguments.shard };
    let overrides = arguments.changes.overrides()?;
    Ok(Plan::new(&document, &overrides, &wish, (source.stem(), source.folder()))?)
}

/// The points as a table, and what they will take.
fn list(plan: &Plan) -> Result<(), CliError> {
    let sweep = &plan.sweep;
    let mut rows =
        vec![std::iter::once("point".to_owned()).chain(sweep.varied.iter().map(Varied::title)).collect()];
    for point in sweep.own() {
        let values = sweep.points[point].iter().map(f64::to_string);
        let refused = plan.refused[point].iter().map(|why| format!("refused: {why}"));
        rows.push(std::iter::once((point + 1).to_string()).chain(values).chain(refused).collect::<Vec<_>>());
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    rows.iter_mut().for_each(|row| row.resize(columns, String::new()));
    output::line(aligned(&rows, output::terminal_width()).join("\n"))?;
    output::line(plan.cost())
}

/// Tells how a sweep came out, and prints its folder as the last word.
pub fn show(swept: Swept, quiet: bool) -> Result<(), CliError> {
    let Swept { folder, sweep, failed, figures } = swept;
    let points = sweep.own().count();
    if !failed.is_empty() {
        let (point, why) = &failed[0];
        output::warn(&format!(
            "{} of {points} points came to nothing; the first, {point}: {why}",
            failed.len()
        ));
    }
    if !quiet && sweep.shard.is_none() && sweep.varied.len() > 2 {
        output::tell("more than two fields are varied: the table has all of it, there is no figure");
    }
    output::line(&folder)?;
    // Where nothing was measured there is nothing to draw, and the reason has been said.
    if failed.len() < points {
        figures?;
    }
    if failed.is_empty() { Ok(()) } else { Err(CliError::Told(5)) }
}

/// A line per point on stderr.
pub struct SweepWatch {
    quiet: bool,
    of: AtomicUsize,
    done: AtomicUsize,
}

impl SweepWatch {
    pub fn new(quiet: bool) -> Self {
        Self { quiet, of: AtomicUsize::new(0), done: AtomicUsize::new(0) }
    }
}

impl SweepProgress for SweepWatch {
    fn begin(&self, folder: &Path, todo: usize, of: usize) {
        signals::working_in(folder);
        self.of.store(of, Ordering::Relaxed);
        self.done.store(of - todo, Ordering::Relaxed);
        if !self.quiet && todo < of {
            output::tell(&format!("{} of {of} points are done already", of - todo));
        }
    }

    fn warn(&self, point: usize, words: &str) {
        output::warn(&format!("point {point}: {words}"));
    }

    fn done(&self, sweep: &Sweep, row: &SweepRow) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if self.quiet {
            return;
        }
        let values = sweep.points.get(row.point - 1).into_iter().flatten();
        let at: Vec<String> =
            sweep.varied.iter().zip(values).map(|(varied, value)| varied.words(*value)).collect();
        let shown = |side: &String| sweep.metric_of.as_ref().is_none_or(|only| only == side);
        let reached = sweep
            .sides
            .keys()
            .filter(|side| shown(side))
            .filter_map(|side| Some(format!("{side} {}", number(row.get(side, &sweep.metric)?.value?))));
        let reached = || format!("{} {}", sweep.metric, reached.collect::<Vec<_>>().join(", "));
        let came = row.why.clone().unwrap_or_else(reached);
        let of = self.of.load(Ordering::Relaxed);
        output::tell(&format!("{done}/{of}  {}: {came}", at.join(", ")));
    }

    fn stopped(&self) -> bool {
        signals::caught()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_numbered_from_one() {
        assert_eq!(part("2/5"), Ok([2, 5]));
        for bad in ["0/5", "6/5", "2", "a/b", "1/0", "-1/2", ""] {
            assert!(part(bad).is_err(), "{bad}");
        }
    }
}
