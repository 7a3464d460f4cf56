//! The subcommands: one file each, with its arguments, its help and what it does.

mod check;
mod compare;
mod data;
mod explain;
mod export;
mod list;
mod plot;
mod resume;
mod run;
mod schema;
mod summary;
mod sweep;
mod verify;

use crate::error::CliError;
use clap::{Parser, Subcommand};

const AFTER_HELP: &str = "\
Example:
  duet run digits          runs the built-in scenario `digits` into runs/digits
  duet list                shows what can stand in a scenario
  duet explain lif         shows the equations and parameters of a model

Exit codes: 0 done, 1 a target is missed (verify), 2 wrong command line or scenario, 3 files,
4 too big for this machine, 5 diverged, 70 internal error, 129/130/143 stopped by a signal.";

/// One network, two physics: what does a brain do differently from a neural network?
#[derive(Parser, Debug)]
#[command(name = "duet", version, after_help = AFTER_HELP, disable_help_subcommand = true, max_term_width = 100)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(run::Arguments),
    Resume(resume::Arguments),
    Sweep(sweep::Arguments),
    Check(check::Arguments),
    List(list::Arguments),
    Explain(explain::Arguments),
    Compare(compare::Arguments),
    Plot(plot::Arguments),
    Summary(summary::Arguments),
    Export(export::Arguments),
    Verify(verify::Arguments),
    Schema(schema::Arguments),
    Data(data::Arguments),
}

/// Carries out the command line of this process and gives its exit code.
pub fn carry_out() -> u8 {
    let line = match CommandLine::try_parse() {
        Ok(line) => line,
        Err(error) => {
            // Help goes to stdout with 0, mistakes to stderr with 2; a closed pipe changes neither.
            let _ = error.print();
            return u8::try_from(error.exit_code()).unwrap_or(2);
        }
    };
    match line.command.carry_out() {
        Ok(()) => 0,
        Err(error) => {
            error.tell();
            error.exit_code()
        }
    }
}

impl Command {
    fn carry_out(&self) -> Result<(), CliError> {
        match self {
            Self::Run(arguments) => run::carry_out(arguments),
            Self::Resume(arguments) => resume::carry_out(arguments),
            Self::Sweep(arguments) => sweep::carry_out(arguments),
            Self::Check(arguments) => check::carry_out(arguments),
            Self::List(arguments) => list::carry_out(arguments),
            Self::Explain(arguments) => explain::carry_out(arguments),
            Self::Compare(arguments) => compare::carry_out(arguments),
            Self::Plot(arguments) => plot::carry_out(arguments),
            Self::Summary(arguments) => summary::carry_out(arguments),
            Self::Export(arguments) => export::carry_out(arguments),
            Self::Verify(arguments) => verify::carry_out(arguments),
            Self::Schema(arguments) => schema::carry_out(arguments),
            Self::Data(arguments) => data::carry_out(arguments),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn every_subcommand_has_an_example_and_every_argument_its_words() {
        for command in CommandLine::command().get_subcommands() {
            let name = command.get_name();
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.contains(&format!("duet {name}")), "{name} has no example");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{name} {}", argument.get_id());
            }
        }
    }
}
