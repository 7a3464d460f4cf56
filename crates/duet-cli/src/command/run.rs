//! `duet run`: scenarios into run folders.

use crate::arguments::{Changes, Manner, sources};
use crate::error::{CliError, Worst};
use crate::jobs::{Job, prepare};
use crate::watch::{Kind, Watch};
use crate::{output, signals, summary};
use clap::Args;
use duet_harness::{Finished, HarnessError, Options};
use duet_kernels::CpuLevel;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Example:
  duet run digits --seeds 1 --set protocol.learn.epochs=5

The run folder is written as NAME.part and gets its name when it is whole; its path is the last
line on stdout. A run that was stopped goes on with `duet resume`.";

/// Run scenarios; each leaves a run folder with numbers, figures and a report
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// A file, a folder of them, or the name of a built-in scenario (see `duet list scenarios`)
    #[arg(required = true)]
    scenario: Vec<PathBuf>,
    /// Where run folders are made
    #[arg(long, value_name = "DIR", default_value = "runs")]
    out: PathBuf,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    manner: Manner,
    /// Draw no figures and write no report (`duet plot` does it later)
    #[arg(long)]
    no_figures: bool,
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    CpuLevel::from_env().map_err(HarnessError::from)?;
    let jobs = prepare(&sources(&arguments.scenario)?, &arguments.changes)?;
    let options = Options {
        out: arguments.out.clone(),
        threads: usize::from(arguments.manner.threads),
        figures: !arguments.no_figures,
    };
    signals::listen();
    let mut worst = Worst::default();
    for job in &jobs {
        if signals::caught() {
            return Err(CliError::Stopped { folder: None });
        }
        match one(job, &options, arguments.manner.quiet) {
            // The next scenario may still be done.
            Err(error @ (CliError::Harness(_) | CliError::Figures(_))) => worst.note(&error),
            other => other?,
        }
    }
    worst.end()
}

fn one(job: &Job, options: &Options, quiet: bool) -> Result<(), CliError> {
    let watch = Watch::new(Kind::Run, quiet);
    let finished = duet_harness::run(&job.checked, &job.origin, options, &watch);
    watch.end();
    show(finished?, &watch, quiet)
}

/// Tells how a run came out, and prints its folder as the last word.
pub fn show(finished: Finished, watch: &Watch, quiet: bool) -> Result<(), CliError> {
    summary::tell(&finished.folder, watch, quiet)?;
    output::line(&finished.folder)?;
    Ok(finished.figures?)
}
