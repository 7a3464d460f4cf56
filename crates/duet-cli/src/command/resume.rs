//! `duet resume`: an unfinished run or sweep taken up again.

use super::run::show;
use super::sweep::{self, SweepWatch};
use crate::arguments::Manner;
use crate::error::CliError;
use crate::watch::{Kind, Watch};
use crate::{output, signals};
use clap::Args;
use duet_harness::sweep::{is_sweep, resume_sweep};
use duet_harness::{HarnessError, Options};
use duet_kernels::CpuLevel;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Example:
  duet resume runs/digits

The finished run is the same, byte for byte, as one that was never stopped.";

/// Go on with a run that was stopped, from its last checkpoints; or with a sweep, from its last points
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// The run's or sweep's folder, with or without `.part`
    run: PathBuf,
    #[command(flatten)]
    manner: Manner,
    /// Draw no figures and write no report (`duet plot` does it later)
    #[arg(long)]
    no_figures: bool,
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    CpuLevel::from_env().map_err(HarnessError::from)?;
    let quiet = arguments.manner.quiet;
    let options = Options {
        // The run has its place already.
        out: PathBuf::new(),
        threads: usize::from(arguments.manner.threads),
        figures: !arguments.no_figures,
    };
    signals::listen();
    if is_sweep(&arguments.run) {
        let watch = SweepWatch::new(quiet);
        return sweep::show(resume_sweep(&arguments.run, &options, &watch)?, quiet);
    }
    let watch = Watch::new(Kind::Resumed, quiet);
    let finished = duet_harness::resume(&arguments.run, &options, &watch);
    watch.end();
    let finished = finished?;
    if !watch.has_begun() && !quiet {
        output::tell(&format!("{} is finished: there is nothing to resume", finished.folder.display()));
    }
    show(finished, &watch, quiet)
}
