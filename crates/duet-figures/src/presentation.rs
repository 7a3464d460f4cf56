//! The one example whose presentation a side recorded: what was shown, and who fired when.

use duet_record::format::number;
use duet_record::{Run, Shown};

use crate::cast::{Actor, cast};
use crate::error::FigureError;
use crate::escape::clean;
use crate::theme::Theme;

/// Spikes of one population: (time in ms, index of the cell).
pub(crate) type Spikes = Vec<(f64, usize)>;

/// A recorded presentation.
pub(crate) struct Presentation {
    pub(crate) actor: Actor,
    pub(crate) shown: Shown,
    /// In the order of `shown.populations`.
    pub(crate) spikes: Vec<Spikes>,
}

/// The presentations of all sides that recorded one.
pub(crate) fn presentations(
    run: &Run,
    theme: &Theme,
    figure: &'static str,
    needs: &str,
) -> Result<Vec<Presentation>, FigureError> {
    let mut found = Vec::new();
    for actor in cast(run, theme)? {
        let shown = match run.shown(&actor.name) {
            Ok(shown) => shown,
            Err(error) if error.is_missing() => continue,
            Err(error) => return Err(error.into()),
        };
        let table = match run.spikes(&actor.name) {
            Ok(table) => table,
            Err(error) if error.is_missing() => continue,
            Err(error) => return Err(error.into()),
        };
        let (times, names, cells) =
            (table.numbers("time_ms")?, table.texts("population")?, table.numbers("index")?);
        let mut spikes = vec![Spikes::new(); shown.populations.len()];
        for ((time, name), cell) in times.iter().zip(names).zip(cells) {
            let population = shown.populations.iter().position(|population| population.name == *name);
            if let (Some(at), true) = (population, time.is_finite() && *cell >= 0.0) {
                spikes[at].push((*time, *cell as usize));
            }
        }
        found.push(Presentation { actor, shown, spikes });
    }
    if found.is_empty() {
        return Err(FigureError::NotRecorded { figure, needs: needs.to_owned() });
    }
    Ok(found)
}

impl Presentation {
    /// "Test example 17, a 3, was answered with 3." in one sentence.
    pub(crate) fn words(&self) -> String {
        let Some(example) = self.shown.example else {
            let (from, end) = (self.shown.from_ms, self.shown.present_ms);
            return match from {
                0.0 => format!("{} ms from rest. First seed.", number(end)),
                _ => format!("From {} to {} ms of the run. First seed.", number(from), number(end)),
            };
        };
        let class = |index: usize| {
            self.shown.classes.get(index).map_or_else(|| index.to_string(), |name| clean(name))
        };
        let truth = self.shown.label.map_or(String::new(), |label| format!(" (class {})", class(label)));
        let answer = match self.shown.answer {
            None => "no answer was given".to_owned(),
            Some(answer) if self.shown.label == Some(answer) => {
                format!("answered {}, which is right", class(answer))
            }
            Some(answer) => format!("answered {}", class(answer)),
        };
        format!("Test example {example}{truth}, {answer}. First seed.")
    }

    /// Beginning of the time axis, ms.
    pub(crate) fn begin_ms(&self) -> f64 {
        if self.shown.from_ms.is_finite() { self.shown.from_ms } else { 0.0 }
    }

    /// End of the time axis, ms: the presentation's length, or a later spike.
    pub(crate) fn end_ms(&self) -> f64 {
        let last = self.spikes.iter().flatten().map(|(time, _)| *time).fold(0.0, f64::max);
        let length = if self.shown.present_ms.is_finite() { self.shown.present_ms } else { 0.0 };
        length.max(last).max(f64::MIN_POSITIVE)
    }

    /// Name of the side's drawing of a figure: the figure's alone where there is one side only.
    pub(crate) fn drawing_name(&self, figure: &str, sides: usize) -> String {
        if sides == 1 { figure.to_owned() } else { format!("{figure}-{}", self.actor.name) }
    }
}

/// Rows and columns of a shape that is an image: two axes, others of length one left out.
pub(crate) fn image_shape(shape: &[usize]) -> Option<(usize, usize)> {
    let long: Vec<usize> = shape.iter().copied().filter(|length| *length != 1).collect();
    match long.as_slice() {
        [rows, columns] => Some((*rows, *columns)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_axes_make_an_image() {
        assert_eq!(image_shape(&[8, 8]), Some((8, 8)));
        assert_eq!(image_shape(&[1, 28, 28]), Some((28, 28)));
        assert_eq!(image_shape(&[64]), None);
        assert_eq!(image_shape(&[3, 8, 8]), None);
    }
}
