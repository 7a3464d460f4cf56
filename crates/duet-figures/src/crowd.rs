//! The populations of a network at scale, in the same looks in every figure: who excites and who inhibits.

use duet_record::Run;

use crate::cast::{Actor, cast};
use crate::error::FigureError;
use crate::escape::clean;
use crate::legend::Swatch;
use crate::theme::{Rgb, Theme};

/// More populations than this say nothing to the eye.
const MOST: usize = 16;

/// One population.
pub(crate) struct Population {
    /// Its name in the run's files, as it stands there.
    pub(crate) name: String,
    /// The same, cleaned.
    pub(crate) label: String,
    /// Whether it inhibits, where that is known.
    pub(crate) inhibitory: Option<bool>,
    pub(crate) color: Rgb,
}

/// The populations of a side.
pub(crate) struct Crowd {
    pub(crate) actor: Actor,
    pub(crate) populations: Vec<Population>,
    /// How many more there are.
    pub(crate) left_out: usize,
}

/// The sides of a run that say what populations they have.
pub(crate) fn crowds(run: &Run, theme: &Theme) -> Result<Vec<Crowd>, FigureError> {
    let mut crowds = Vec::new();
    for actor in cast(run, theme)? {
        match run.shown(&actor.name) {
            Ok(shown) => {
                let left_out = shown.populations.len().saturating_sub(MOST);
                let named = shown.populations.into_iter().take(MOST);
                let populations =
                    named.map(|own| Population::new(&own.name, own.inhibitory, theme)).collect();
                crowds.push(Crowd { actor, populations, left_out });
            }
            Err(error) if error.is_missing() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(crowds)
}

impl Population {
    fn new(name: &str, inhibitory: Option<bool>, theme: &Theme) -> Self {
        Self { name: name.to_owned(), label: clean(name), inhibitory, color: color(inhibitory, theme) }
    }
}

/// As weights are drawn: what excites like a positive one, what inhibits like a negative one.
fn color(inhibitory: Option<bool>, theme: &Theme) -> Rgb {
    inhibitory.map_or(theme.muted, |inhibits| theme.diverging[usize::from(!inhibits)])
}

impl Crowd {
    /// The key to the colours.
    pub(crate) fn key(&self, theme: &Theme) -> Vec<(Swatch, String)> {
        [(Some(false), "excitatory"), (Some(true), "inhibitory"), (None, "neither, or not known")]
            .into_iter()
            .filter(|(kind, _)| self.populations.iter().any(|population| population.inhibitory == *kind))
            .map(|(kind, words)| (Swatch::Box(color(kind, theme), 1.0), words.to_owned()))
            .collect()
    }

    /// "First seed.", and how many populations are not shown.
    pub(crate) fn note(&self, words: &str) -> String {
        match self.left_out {
            0 => format!("First seed. {words}"),
            more => format!("First seed. {words} The first {MOST} populations; there are {more} more."),
        }
    }

    /// Name of the side's drawing of a figure: the figure's alone where there is one side only.
    pub(crate) fn drawing_name(&self, figure: &str, sides: usize) -> String {
        if sides == 1 { figure.to_owned() } else { format!("{figure}-{}", self.actor.name) }
    }
}
