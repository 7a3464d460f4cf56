//! Arguments that several subcommands share.

use crate::error::CliError;
use crate::shell;
use clap::Args;
use clap::builder::RangedI64ValueParser;
use duet_harness::Override;
use duet_harness::builtin::{self, Source};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Values of a scenario, changed from the command line.
#[derive(Args, Debug, Default)]
pub struct Changes {
    /// First seed, instead of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = RangedI64ValueParser::<u64>::new().range(0..))]
    pub seed: Option<u64>,
    /// Number of seeds, instead of the scenario's
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = RangedI64ValueParser::<u64>::new().range(1..=1000))]
    pub seeds: Option<u64>,
    /// Only these sides, and the targets that ask for no other: --sides backprop,local
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub sides: Vec<String>,
    /// Replace one value of the scenario: --set protocol.learn.epochs=3 (repeatable)
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
}

impl Changes {
    /// The changes as the harness takes them; `--set` has the last word.
    ///
    /// # Errors
    /// [`CliError`] for a `--set` that is not of the form PATH=VALUE.
    pub fn overrides(&self) -> Result<Vec<Override>, CliError> {
        let seed = self.seed.map(|n| format!("seed={n}"));
        let seeds = self.seeds.map(|n| format!("seeds={n}"));
        let all = seed.into_iter().chain(seeds).chain(self.set.iter().cloned());
        Ok(all.map(|text| Override::parse(&text)).collect::<Result<_, _>>()?)
    }

    /// The same changes as words of a command line, each after a space.
    pub fn words(&self) -> String {
        let seed = self.seed.map(|n| format!(" --seed {n}"));
        let seeds = self.seeds.map(|n| format!(" --seeds {n}"));
        let sides = self.sides.join(",");
        let sides = (!sides.is_empty()).then(|| format!(" --sides {}", shell::quoted(&sides)));
        let set = self.set.iter().map(|text| format!(" --set {}", shell::quoted(text)));
        seed.into_iter().chain(seeds).chain(sides).chain(set).collect()
    }
}

/// How a run is carried out; changes nothing in its numbers.
#[derive(Args, Debug, Default)]
pub struct Manner {
    /// Threads; 0 means one per processor. Results never depend on it
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = RangedI64ValueParser::<u16>::new().range(0..=1024))]
    pub threads: u16,
    /// Say nothing but warnings and errors
    #[arg(long, short)]
    pub quiet: bool,
}

/// The scenarios that the arguments mean, in their order.
///
/// # Errors
/// [`CliError`] for the first argument that means nothing.
pub fn sources(arguments: &[PathBuf]) -> Result<Vec<Source>, CliError> {
    let mut sources = Vec::new();
    for argument in arguments {
        sources.extend(meant(argument.as_os_str())?);
    }
    Ok(sources)
}

fn meant(argument: &OsStr) -> Result<Vec<Source>, CliError> {
    match argument.to_str() {
        Some(text) => Ok(builtin::find(text)?),
        // A name that is no Unicode can only be a file's.
        None if Path::new(argument).is_file() => Ok(vec![Source::File(argument.into())]),
        None => Err(CliError::Usage {
            words: format!("there is no file {}, and its name is not valid UTF-8", argument.display()),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_words_that_a_shell_reads_back() {
        let changes = Changes {
            seed: Some(3),
            seeds: Some(2),
            sides: vec!["a b".into(), "c".into()],
            set: vec!["protocol.learn.present=5 ms".into()],
        };
        let words = " --seed 3 --seeds 2 --sides 'a b,c' --set 'protocol.learn.present=5 ms'";
        assert_eq!(changes.words(), words);
        let paths: Vec<String> = changes.overrides().unwrap().into_iter().map(|set| set.path).collect();
        assert_eq!(paths, ["seed", "seeds", "protocol.learn.present"]);
        assert_eq!(Changes::default().words(), "");
    }
}
