//! The recorded spikes of a side, cell by cell.

use duet_record::Run;

use crate::cast::Actor;
use crate::error::FigureError;
use crate::escape::clean;

/// The trains of one population.
pub(crate) struct Trains<'c> {
    pub(crate) actor: &'c Actor,
    /// Cleaned.
    pub(crate) population: String,
    /// Spike times in ms since the recording began, rising, of every cell that fired.
    pub(crate) cells: Vec<Vec<f64>>,
    /// The last spike of the side, in ms since the recording began.
    pub(crate) end: f64,
}

/// The populations of a side that fired, in the order in which they did first; none where no spikes were recorded.
pub(crate) fn trains<'c>(run: &Run, actor: &'c Actor) -> Result<Vec<Trains<'c>>, FigureError> {
    let table = match run.spikes(&actor.name) {
        Ok(table) => table,
        Err(error) if error.is_missing() => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let from = match run.shown(&actor.name) {
        Ok(shown) if shown.from_ms.is_finite() => shown.from_ms,
        Ok(_) => 0.0,
        Err(error) if error.is_missing() => 0.0,
        Err(error) => return Err(error.into()),
    };
    let (times, names, cells) =
        (table.numbers("time_ms")?, table.texts("population")?, table.numbers("index")?);
    let end = times.iter().copied().filter(|time| time.is_finite()).fold(from, f64::max) - from;
    let mut spikes: indexmap::IndexMap<&str, Vec<(f64, f64)>> = indexmap::IndexMap::new();
    for ((&time, name), &cell) in times.iter().zip(names).zip(cells) {
        if time.is_finite() && cell.is_finite() {
            spikes.entry(name).or_default().push((cell, time - from));
        }
    }
    let of_population = |(name, mut spikes): (&str, Vec<(f64, f64)>)| {
        spikes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        let cells = spikes.chunk_by(|a, b| a.0 == b.0);
        let cells = cells.map(|cell| cell.iter().map(|spike| spike.1).collect()).collect();
        Trains { actor, population: clean(name), cells, end }
    };
    Ok(spikes.into_iter().map(of_population).collect())
}

impl Trains<'_> {
    /// "Label, population", and the label alone where it is enough.
    pub(crate) fn title(&self, populations: usize) -> String {
        if populations > 1 {
            format!("{}, {}", self.actor.label, self.population)
        } else {
            self.actor.label.clone()
        }
    }
}
