//! `duet export`: the weights of a finished run, or all its spikes, in a file for other programs.

use crate::error::CliError;
use crate::output;
use clap::{Args, ValueEnum};
use duet_record::{
    RecordError, Run, Story, export_spikes, final_arrays, layout, to_npz, to_safetensors, write_new,
};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

const EXAMPLE: &str = "\
Example:
  duet export runs/digits --side backprop --format safetensors
  duet export runs/brunel --spikes

For each projection the file holds PROJECTION.weight (targets x sources, as PyTorch's Linear has it)
and PROJECTION.bias, of the first seed; single precision unless that would lose digits. With --spikes it is
a table instead, one line per spike of the first seed: time_ms,population,index.";

/// Write the weights of a run into one file, for NumPy, PyTorch and others, or all its spikes
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// The run folder
    run: PathBuf,
    /// The side; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    side: Option<String>,
    /// The format; told from the ending of --out, else npz
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// All spikes as CSV instead of weights; runs of protocol.simulate keep them
    #[arg(long, conflicts_with = "format")]
    spikes: bool,
    /// The file to write; RUN-SIDE.FORMAT or RUN-SIDE-spikes.csv unless given. An existing file is left as it is
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A zip archive of .npy files, for numpy.load
    Npz,
    /// Header and numbers, for the safetensors library
    Safetensors,
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Npz => "npz",
            Self::Safetensors => "safetensors",
        }
    }

    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension().and_then(OsStr::to_str)?;
        Self::value_variants().iter().copied().find(|format| format.ending() == ending)
    }
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    let run = Run::open(&arguments.run)?;
    let story = run.story()?;
    let side = chosen(arguments.side.as_deref(), &story)?;
    if arguments.spikes {
        let out = arguments.out.clone().unwrap_or_else(|| named(&run, &side, "-spikes.csv"));
        export_spikes(&run, &side, &out).map_err(|error| no_spikes(error, &side))?;
        return output::line(out);
    }
    let format = arguments.format.or_else(|| Format::of(arguments.out.as_deref()?)).unwrap_or(Format::Npz);
    let arrays = final_arrays(&run, &side)?;
    let bytes = match format {
        Format::Npz => to_npz(&arrays)?,
        Format::Safetensors => {
            let version = format!("neuroduet {}", story.version);
            to_safetensors(&arrays, &[("title", &story.title), ("side", &side), ("made_by", &version)])?
        }
    };
    let ending = format!(".{}", format.ending());
    let out = arguments.out.clone().unwrap_or_else(|| named(&run, &side, &ending));
    write_new(&out, &bytes)?;
    output::line(out)
}

/// The file's name where none was given.
fn named(run: &Run, side: &str, ending: &str) -> PathBuf {
    let run = run.path().file_stem().and_then(OsStr::to_str).unwrap_or("run");
    PathBuf::from(format!("{run}-{}{ending}", layout::file_name(side)))
}

/// That a run has no such file is no fault of the file.
fn no_spikes(error: RecordError, side: &str) -> CliError {
    if !error.is_missing() {
        return error.into();
    }
    let words = format!(
        "the run kept no spikes of side `{side}` as a whole; only protocol.simulate does. Spikes of what another run shows \
         lie in its {}",
        layout::spikes(side)
    );
    CliError::Usage { words }
}

/// The side meant.
fn chosen(asked: Option<&str>, story: &Story) -> Result<String, CliError> {
    let names: Vec<&str> = story.sides.iter().map(|side| side.name.as_str()).collect();
    let words = match (asked, names.as_slice()) {
        (Some(name), names) if names.contains(&name) => return Ok(name.to_owned()),
        (None, [only]) => return Ok((*only).to_owned()),
        (Some(name), _) => format!("the run has no side `{name}`; its sides are: {}", names.join(", ")),
        (None, _) => format!("which side? Add --side with one of: {}", names.join(", ")),
    };
    Err(CliError::Usage { words })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_names_the_format() {
        assert_eq!(Format::of(Path::new("a/b.npz")), Some(Format::Npz));
        assert_eq!(Format::of(Path::new("b.safetensors")), Some(Format::Safetensors));
        assert_eq!((Format::of(Path::new("b.pt")), Format::of(Path::new("npz"))), (None, None));
    }
}
