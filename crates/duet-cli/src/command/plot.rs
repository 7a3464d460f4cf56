//! `duet plot`: figures and report of finished runs, drawn again.

use crate::error::{CliError, Worst};
use crate::output;
use clap::Args;
use duet_harness::sweep::is_sweep;
use std::path::{Path, PathBuf};

const EXAMPLE: &str = "\
Example:
  duet plot runs/digits

Figures and report are a pure function of the rest of the folder: drawn again they are the same,
byte for byte.";

/// Draw the figures and the report of a run again
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Run folders, or those of sweeps
    #[arg(required = true)]
    run: Vec<PathBuf>,
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    let mut worst = Worst::default();
    for run in &arguments.run {
        match one(run) {
            Err(error @ CliError::Figures(_)) => worst.note(&error),
            other => other?,
        }
    }
    worst.end()
}

fn one(run: &Path) -> Result<(), CliError> {
    let draw = if is_sweep(run) { duet_figures::render_sweep } else { duet_figures::render };
    let rendered = draw(run)?;
    rendered.skipped.iter().for_each(|skipped| output::warn(&skipped.why));
    for file in &rendered.files {
        output::line(rendered.folder.join(file))?;
    }
    Ok(())
}
