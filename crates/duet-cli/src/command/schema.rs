//! `duet schema`: what a scenario may hold, for editors.

use crate::error::CliError;
use crate::output;
use clap::Args;
use duet_harness::schema::json_schema;

const EXAMPLE: &str = "\
Example:
  duet schema > scenario.schema.json

Editors with TOML support (Taplo, Even Better TOML) complete and check scenarios with it.";

/// Print the JSON schema of scenarios
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {}

pub fn carry_out(_: &Arguments) -> Result<(), CliError> {
    output::line(format!("{:#}", json_schema()))
}
