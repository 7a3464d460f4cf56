//! Scenarios read, changed and checked: everything that can be wrong with them is told before anything runs.

use crate::arguments::Changes;
use crate::error::{CliError, Worst};
use crate::shell;
use duet_harness::builtin::Source;
use duet_harness::scenario::only_sides;
use duet_harness::{Checked, Document, Origin, Override, check};
use std::path::Path;

/// A scenario that is ready to run.
pub struct Job {
    /// The scenario.
    pub checked: Checked,
    /// Where it comes from.
    pub origin: Origin,
}

/// Reads and checks all scenarios.
///
/// # Errors
/// [`CliError`] after every problem of every scenario has been told.
pub fn prepare(sources: &[Source], changes: &Changes) -> Result<Vec<Job>, CliError> {
    let overrides = changes.overrides()?;
    let mut worst = Worst::default();
    let mut jobs = Vec::new();
    for source in sources {
        match checked(source, &overrides, &changes.sides) {
            Ok(checked) => jobs.push(Job { checked, origin: origin(source, changes) }),
            Err(error) => worst.note(&error),
        }
    }
    worst.end().map(|()| jobs)
}

/// Reads and checks one scenario.
///
/// # Errors
/// [`CliError`] with every problem of the scenario.
pub fn checked(source: &Source, overrides: &[Override], sides: &[String]) -> Result<Checked, CliError> {
    Ok(check(document(source, sides)?, overrides)?)
}

/// Reads one scenario, with these sides alone where some are named.
///
/// # Errors
/// [`CliError`] for a file that cannot be read, or a side that is not there.
pub fn document(source: &Source, sides: &[String]) -> Result<Document, CliError> {
    let mut document = source.document()?;
    if !sides.is_empty() {
        only_sides(&mut document, sides)?;
    }
    Ok(document)
}

fn origin(source: &Source, changes: &Changes) -> Origin {
    let argument = shell::path(Path::new(&source.argument()));
    Origin {
        stem: source.stem(),
        command: format!("duet run {argument}{}", changes.words()),
        folder: source.folder(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_knows_the_command_that_makes_it_again() {
        let source = Source::File("my runs/a.toml".into());
        let changes = Changes { seed: Some(3), ..Changes::default() };
        let origin = origin(&source, &changes);
        assert_eq!(origin.command, "duet run 'my runs/a.toml' --seed 3");
        assert_eq!((origin.stem.as_str(), origin.folder), ("a", Some("my runs".into())));
    }
}
