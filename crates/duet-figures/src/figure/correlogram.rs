//! What comes before and after a spike.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::{Range, Time, parameters};

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::cast;
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::Theme;
use crate::trains::{Trains, trains};

parameters! {
    /// Correlograms: the rate around a spike.
    ///
    /// # Behaviour
    /// One panel per side and population: the rate at which a cell fires before and after one of its own spikes, mean over
    /// the cells (auto-correlogram; a spike is not paired with itself). With `from` and `to`, one panel per side: the rate of
    /// all cells of `to` together around a spike of any cell of `from` (cross-correlogram); what lies right of zero comes
    /// after it. The dashed line is the mean rate, where the bars would be if spikes did not care. Pairs beyond the ends of
    /// the recording are made up for. Drawn where a population has 20 spikes or more.
    pub default struct Correlogram {
        /// Width of a bin.
        pub bin: Time = Time::new(1.0), in Range::POSITIVE;
        /// Longest lag.
        pub reach: Time = Time::new(50.0), in Range::POSITIVE;
        /// The population whose spikes stand at lag 0.
        pub from: Option<String> = None;
        /// The population whose rate is shown.
        pub to: Option<String> = None;
    }
    relations { bin < reach; }
}

const NAME: &str = "correlogram";
const NEEDS: &str = "20 spikes of the populations asked for in traces/SIDE/spikes.csv";
const FEWEST: usize = 20;
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 218.0;
const MOST: usize = 12;
/// How near to an edge a pair lies on it, in bins: the noise of decimal fractions.
const EDGE: f64 = 1e-9;
/// Bins on one side of zero at most.
const MOST_BINS: usize = 500;

struct Panel {
    title: String,
    side: String,
    color: crate::theme::Rgb,
    /// Hz, in the middle of every bin.
    rates: Vec<f64>,
    mean: f64,
}

/// The bins: their width and their number on one side of zero.
#[derive(Clone, Copy)]
struct Bins {
    width: f64,
    side: usize,
}

impl Bins {
    fn lag(self, at: usize) -> f64 {
        (at as f64 - self.side as f64) * self.width
    }

    /// Where a lag lies, in bins from the left edge of the first.
    fn place(self, lag: f64) -> f64 {
        lag / self.width + self.side as f64 + 0.5
    }

    /// Adds the pairs of two rising trains. Each pair counts for all that a recording of `end` ms misses of its lag; one on
    /// the edge of two bins counts half in each, so that spikes on a grid of time fill all bins alike.
    fn add(self, from: &[f64], to: &[f64], same: bool, end: f64, pairs: &mut [f64]) {
        let bins = pairs.len() as f64;
        let mut begin = 0;
        for (i, &s) in from.iter().enumerate() {
            while begin < to.len() && self.place(to[begin] - s) < -EDGE {
                begin += 1;
            }
            for (j, &t) in to.iter().enumerate().skip(begin) {
                let place = self.place(t - s);
                if place > bins + EDGE {
                    break;
                }
                if !(same && i == j) {
                    let weight = end / (end - (t - s).abs()).max(0.1 * end);
                    // Twice the same bin, unless it is an edge.
                    for bin in [place - EDGE, place + EDGE] {
                        if bin >= 0.0 && bin < bins {
                            pairs[bin as usize] += 0.5 * weight;
                        }
                    }
                }
            }
        }
    }
}

impl Draw for Correlogram {
    const NEEDS: &[Needs] = &[Needs::Spikes];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let width = self.bin.get().max(self.reach.get() / MOST_BINS as f64);
        let bins = Bins { width, side: (self.reach.get() / width).round() as usize };
        let cast = cast(run, theme)?;
        let mut panels = Vec::new();
        for actor in &cast {
            let all = trains(run, actor)?;
            match (&self.from, &self.to) {
                (None, None) => panels.extend(all.iter().filter_map(|trains| auto(trains, all.len(), bins))),
                (from, to) => {
                    let find = |name: &Option<String>| {
                        let name = name.as_ref().or(from.as_ref()).or(to.as_ref());
                        all.iter().find(|trains| Some(&trains.population) == name)
                    };
                    panels.extend(find(from).zip(find(to)).and_then(|(from, to)| cross(from, to, bins)));
                }
            }
        }
        (!panels.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        panels.truncate(MOST);
        let columns = panels.len().clamp(1, 2);
        let rows = panels.len().div_ceil(columns) as f64;
        let entries = vec![
            (Swatch::Box(theme.muted, 0.5), "rate around a spike".to_owned()),
            (Swatch::Line(Pen::new(theme.ink, 1.4).dashed(4.0, 3.0)), "mean rate".to_owned()),
        ];
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let words = match (&self.from, &self.to) {
            (None, None) => "Each cell's own spikes around one of its spikes, mean over cells.".to_owned(),
            (from, to) => {
                let name = |name: &Option<String>| {
                    crate::escape::clean(
                        name.as_ref().or(from.as_ref()).or(to.as_ref()).map_or("", String::as_str),
                    )
                };
                format!("Spikes of {} around a spike of {}.", name(to), name(from))
            }
        };
        let sheet = Sheet {
            name: NAME.into(),
            title: "What comes before and after a spike?".into(),
            note: format!("First seed. {words}"),
            caption: "A gap around zero is a refractory period, a row of peaks a rhythm, a peak at one side of zero a cause. Bars at \
                      the dashed line: nothing."
                .into(),
            alt: alt(&panels),
        };
        let csv = csv(&panels, bins)?;
        let drawing = sheet.draw(theme, above + rows * PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let pitch = FULL / columns as f64;
            for (at, panel) in panels.iter().enumerate() {
                let x = MARGIN + (at % columns) as f64 * pitch;
                let y = top + above + (at / columns) as f64 * PANEL;
                bars(canvas, theme, Area { x, y, w: pitch - 14.0, h: PANEL - 6.0 }, panel, bins);
            }
        })?;
        Ok(vec![drawing])
    }
}

fn auto(trains: &Trains<'_>, populations: usize, bins: Bins) -> Option<Panel> {
    let spikes: usize = trains.cells.iter().map(Vec::len).sum();
    (spikes >= FEWEST && trains.end > 0.0).then(|| {
        let mut pairs = vec![0.0; 2 * bins.side + 1];
        trains.cells.iter().for_each(|cell| bins.add(cell, cell, true, trains.end, &mut pairs));
        // A cell counts by its spikes, here and in the mean.
        let squares: f64 = trains.cells.iter().map(|cell| (cell.len() * cell.len()) as f64).sum();
        Panel {
            title: trains.title(populations),
            side: trains.actor.name.clone(),
            color: trains.actor.color,
            rates: pairs.iter().map(|pairs| 1000.0 * pairs / (spikes as f64 * bins.width)).collect(),
            mean: 1000.0 * squares / (spikes as f64 * trains.end),
        }
    })
}

fn cross(from: &Trains<'_>, to: &Trains<'_>, bins: Bins) -> Option<Panel> {
    let pooled = |trains: &Trains<'_>| {
        let mut all: Vec<f64> = trains.cells.concat();
        all.sort_by(f64::total_cmp);
        all
    };
    let (first, second) = (pooled(from), pooled(to));
    (first.len().min(second.len()) >= FEWEST && to.end > 0.0).then(|| {
        let mut pairs = vec![0.0; 2 * bins.side + 1];
        bins.add(&first, &second, from.population == to.population, to.end, &mut pairs);
        Panel {
            title: from.actor.label.clone(),
            side: from.actor.name.clone(),
            color: from.actor.color,
            rates: pairs.iter().map(|pairs| 1000.0 * pairs / (first.len() as f64 * bins.width)).collect(),
            mean: 1000.0 * second.len() as f64 / to.end,
        }
    })
}

fn bars(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, panel: &Panel, bins: Bins) {
    let (_, high) = range(panel.rates.iter().copied()).unwrap_or((0.0, 1.0));
    let words = ": rate (Hz)";
    let room = area.w - 44.0 - measure::width(words, theme.label);
    let title = measure::fit(&panel.title, theme.label, room.max(40.0)) + words;
    let end = (bins.side as f64 + 0.5) * bins.width;
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear("Time from a spike (ms)", -end, end, 6),
        Axis::nice(title, 0.0, high.max(panel.mean).max(1e-9), 4),
    );
    plot.axes(canvas);
    for (at, &rate) in panel.rates.iter().enumerate().filter(|(_, rate)| **rate > 0.0) {
        let (x, y) = (plot.x(bins.lag(at) - 0.5 * bins.width), plot.y(rate));
        let w = plot.x(bins.lag(at) + 0.5 * bins.width) - x;
        let pale = theme.paper.toward(panel.color, 0.55);
        canvas.rect(Area { x, y, w: w.max(0.4), h: plot.area.bottom() - y }, pale);
    }
    let y = plot.y(panel.mean);
    canvas.line((plot.area.x, y), (plot.area.right(), y), Pen::new(theme.ink, 1.4).dashed(4.0, 3.0));
}

fn alt(panels: &[Panel]) -> String {
    let one = |panel: &Panel| {
        let (low, high) = range(panel.rates.iter().copied()).unwrap_or((0.0, 0.0));
        format!(
            "{}: between {} and {} Hz, mean {} Hz.",
            panel.title,
            number(low),
            number(high),
            number(panel.mean)
        )
    };
    format!("Rates around a spike. {}", panels.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(panels: &[Panel], bins: Bins) -> Result<String, FigureError> {
    let rows = || panels.iter().flat_map(|panel| panel.rates.iter().enumerate().map(move |row| (panel, row)));
    let table = Table::new()
        .with_texts("side", rows().map(|(panel, _)| panel.side.clone()).collect())?
        .with_texts("panel", rows().map(|(panel, _)| panel.title.clone()).collect())?
        .with_numbers("lag_ms", rows().map(|(_, (at, _))| bins.lag(at)).collect())?
        .with_numbers("rate_hz", rows().map(|(_, (_, &rate))| rate).collect())?
        .with_numbers("mean_rate_hz", rows().map(|(panel, _)| panel.mean).collect())?;
    Ok(table.to_csv())
}

#[cfg(test)]
mod tests {
    use super::Bins;

    #[test]
    fn a_clock_is_a_row_of_equal_peaks() {
        let clock: Vec<f64> = (1..=100).map(|k| f64::from(k) * 10.0).collect();
        let bins = Bins { width: 2.0, side: 10 };
        let mut pairs = vec![0.0; 21];
        bins.add(&clock, &clock, true, 1000.0, &mut pairs);
        let peaks: Vec<(f64, f64)> = pairs
            .iter()
            .enumerate()
            .filter(|(_, n)| **n > 0.0)
            .map(|(at, n)| (bins.lag(at), n.round()))
            .collect();
        // 99 and 98 pairs, made up for what the recording's ends miss.
        assert_eq!(peaks, [(-20.0, 100.0), (-10.0, 100.0), (10.0, 100.0), (20.0, 100.0)]);
    }
}
