//! `duet check`: everything that is wrong with scenarios, without running them.

use crate::arguments::{Changes, sources};
use crate::error::{CliError, Worst};
use crate::{jobs, output};
use clap::Args;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Example:
  duet check my.toml

All problems are told at once, each with its line, what is allowed, and what was probably meant.";

/// Check scenarios without running them
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// A file, a folder of them, or the name of a built-in scenario
    #[arg(required = true)]
    scenario: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    let overrides = arguments.changes.overrides()?;
    let mut worst = Worst::default();
    for source in sources(&arguments.scenario)? {
        match jobs::checked(&source, &overrides, &arguments.changes.sides) {
            Ok(checked) => {
                checked.warnings.iter().for_each(|words| output::warn(&format!("{}: {words}", checked.name)));
                output::line(format!("{}: ok", checked.name))?;
            }
            Err(error) => worst.note(&error),
        }
    }
    worst.end()
}
