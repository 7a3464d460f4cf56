//! How much the cells of a population differ: their rates, and how regular each is.

use duet_record::format::number;
use duet_record::{Bound, Metrics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::crowd::{Crowd, crowds};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::{BELOW, Plot};
use crate::theme::{Marker, Rgb, Theme};

parameters! {
    /// Rates of the cells of each population, and the CV of their intervals, beside what was published.
    ///
    /// # Behaviour
    /// One drawing per side of a run of `protocol.simulate`, one row per population. The box holds the middle half of the cells, the
    /// line reaches from the 5th to the 95th percentile, the marker is the mean of all cells over all seeds. A dashed line is
    /// the value that a target `SIDE.POPULATION.rate` or `.cv` asks for, the band around it the tolerance; where it asks for a
    /// bound, the band is what is allowed. A target for the whole side has a row of its own.
    pub default struct Rates {}
}

const NAME: &str = "rates";
const NEEDS: &str = "traces/SIDE/cells.csv and shown.json (protocol.simulate does)";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const ROW: f64 = 38.0;
/// Room for a mean in words.
const WORDS: f64 = 52.0;
const HEADING: f64 = 18.0;

/// How the values of cells are spread: percentiles 5, 25, 50, 75 and 95.
struct Spread {
    percentiles: [f64; 5],
    cells: usize,
}

/// One quantity of one population.
struct Entry {
    spread: Option<Spread>,
    mean: Option<f64>,
    bound: Option<Bound>,
}

struct Row {
    name: String,
    label: String,
    color: Rgb,
    /// Rate and CV.
    entries: [Entry; 2],
}

/// Name in metrics, column of the table, words on the axis.
const QUANTITIES: [(&str, &str, &str); 2] =
    [("rate", "rate_Hz", "Rate of each cell (Hz)"), ("cv", "cv", "CV of each cell's intervals (1)")];

impl Draw for Rates {
    const NEEDS: &[Needs] = &[Needs::Cells];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        let mut shows = Vec::new();
        for crowd in crowds(run, theme)? {
            match run.trace(&crowd.actor.name, "cells", &["population"]) {
                Ok(table) => shows.push((rows(&crowd, &table, &metrics, theme)?, crowd)),
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error.into()),
            }
        }
        (!shows.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        shows.iter().map(|(rows, crowd)| one(rows, crowd, shows.len(), theme)).collect()
    }
}

fn rows(crowd: &Crowd, table: &Table, metrics: &Metrics, theme: &Theme) -> Result<Vec<Row>, FigureError> {
    let side = &crowd.actor.name;
    let names = table.texts("population")?;
    let columns = [table.numbers(QUANTITIES[0].1)?, table.numbers(QUANTITIES[1].1)?];
    let entry = |path: &str, values: Vec<f64>| {
        let full = format!("{side}.{path}");
        let target = metrics.targets.iter().find(|target| target.metric == full);
        Entry {
            spread: Spread::of(values),
            mean: metrics.get(side, path).and_then(|metric| metric.value),
            bound: target.and_then(duet_record::TargetResult::bound),
        }
    };
    let mut rows: Vec<Row> = Vec::new();
    for population in &crowd.populations {
        let of = |which: usize| {
            let who = (0..names.len()).filter(|&row| names[row] == population.name);
            entry(
                &format!("{}.{}", population.name, QUANTITIES[which].0),
                who.map(|row| columns[which][row]).collect(),
            )
        };
        let (name, label) = (population.name.clone(), population.label.clone());
        rows.push(Row { name, label, color: population.color, entries: [of(0), of(1)] });
    }
    let whole = QUANTITIES.map(|(path, _, _)| entry(path, Vec::new()));
    if whole.iter().any(|entry| entry.bound.is_some()) {
        rows.push(Row {
            name: String::new(),
            label: "all cells".to_owned(),
            color: theme.muted,
            entries: whole,
        });
    }
    Ok(rows)
}

impl Spread {
    /// Of the numbers there are: a cell that fires too rarely has no CV.
    fn of(values: Vec<f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.into_iter().filter(|value| value.is_finite()).collect();
        values.sort_by(f64::total_cmp);
        (!values.is_empty()).then(|| Self {
            percentiles: [0.05, 0.25, 0.5, 0.75, 0.95].map(|part| percentile(&values, part)),
            cells: values.len(),
        })
    }
}

/// Of rising values, in a straight line between neighbours.
fn percentile(values: &[f64], part: f64) -> f64 {
    let place = part * (values.len() - 1) as f64;
    let (below, rest) = (place.floor() as usize, place.fract());
    let above = values[(below + 1).min(values.len() - 1)];
    values[below] + rest * (above - values[below])
}

impl Entry {
    /// From where to where the mean may lie, on an axis that ends at `end`, and the line in it.
    fn band(&self, end: f64) -> Option<(f64, f64, f64)> {
        self.bound.map(|bound| match bound {
            Bound::Value { value, within } => (value - within, value + within, value),
            Bound::AtLeast(least) => (least, end, least),
            Bound::AtMost(most) => (0.0, most, most),
        })
    }

    /// Everything that has to fit.
    fn reach(&self) -> f64 {
        let spread = self.spread.as_ref().map_or(0.0, |spread| spread.percentiles[4]);
        let (_, band, line) = self.band(0.0).unwrap_or_default();
        spread.max(self.mean.unwrap_or(0.0)).max(band).max(line)
    }

    fn words(&self) -> String {
        self.mean.map_or("n/a".to_owned(), |mean| {
            if mean < 99.95 { format!("{mean:.2}") } else { number(mean.round()) }
        })
    }
}

fn one(rows: &[Row], crowd: &Crowd, sides: usize, theme: &Theme) -> Result<Drawing, FigureError> {
    let mut key = crowd.key(theme);
    key.push((Swatch::Box(theme.muted, 0.4), "middle half of cells".to_owned()));
    key.push((Swatch::Line(Pen::new(theme.muted, 1.4)), "5 to 95 %".to_owned()));
    key.push((Swatch::Marker(Marker::Circle, theme.muted), "mean".to_owned()));
    if rows.iter().flat_map(|row| &row.entries).any(|entry| entry.bound.is_some()) {
        key.push((Swatch::Line(target_pen(theme)), "target".to_owned()));
    }
    let above = legend::height(theme, FULL, &key) + 4.0;
    let spreads = rows.iter().flat_map(|row| &row.entries).filter_map(|entry| entry.spread.as_ref());
    let most = spreads.map(|spread| spread.cells).max().unwrap_or(0);
    let sheet = Sheet {
        name: crowd.drawing_name(NAME, sides),
        title: format!("How fast, and how regularly, do the cells fire? {}", crowd.actor.label),
        note: crowd.note(&format!("Boxes: {} cells of each population at most. Means: all cells and seeds.", number(most as f64))),
        caption: "CV: standard deviation of a cell's intervals over their mean, 0 for a clock and 1 for a Poisson process; only cells \
                  with enough spikes have one."
            .into(),
        alt: alt(rows, crowd),
    };
    let body = above + HEADING + rows.len() as f64 * ROW + BELOW;
    sheet.draw(theme, body, csv(rows)?, |canvas, top| {
        legend(canvas, theme, (MARGIN, top - 6.0), FULL, &key);
        let y = top + above + HEADING;
        let names = measure::widest(rows.iter().map(|row| row.label.as_str()), theme.label).min(120.0) + 12.0;
        for (at, row) in rows.iter().enumerate() {
            let middle = y + (at as f64 + 0.5) * ROW + 0.36 * theme.label;
            let name = measure::fit(&row.label, theme.label, names - 10.0);
            canvas.text((MARGIN, middle), &name, theme.label, theme.ink, Align::Left);
        }
        let pitch = (FULL - names) / 2.0;
        for (which, (_, _, title)) in QUANTITIES.iter().enumerate() {
            let x = MARGIN + names + which as f64 * pitch;
            let area = Area { x, y, w: pitch - WORDS - 16.0, h: rows.len() as f64 * ROW };
            panel(canvas, theme, area, title, rows, which);
        }
    })
}

fn panel(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, title: &str, rows: &[Row], which: usize) {
    let (_, high) = range(rows.iter().map(|row| row.entries[which].reach())).unwrap_or((0.0, 1.0));
    let axis = Axis::nice(title, 0.0, high.max(1e-9), 4);
    let end = axis.ticks.last().map_or(high, |tick| tick.0);
    let plot = Plot::framed(theme, area, axis, Axis::linear("", 0.0, 1.0, 1));
    plot.x_grid(canvas);
    plot.x_axis(canvas);
    let words = area.right() + 10.0;
    canvas.text((words, area.y - 6.0), "mean", theme.tick, theme.muted, Align::Left);
    for (at, row) in rows.iter().enumerate() {
        let (entry, middle) = (&row.entries[which], area.y + (at as f64 + 0.5) * ROW);
        if at > 0 {
            let y = area.y + at as f64 * ROW;
            canvas.line((area.x, y), (area.right(), y), Pen::new(theme.grid, 1.0));
        }
        if let Some((low, high, _)) = entry.band(end) {
            let (x, y) = (plot.x(low), middle - 0.5 * ROW + 2.0);
            canvas.rect_alpha(Area { x, y, w: plot.x(high) - x, h: ROW - 4.0 }, theme.ink, 0.1);
        }
        if let Some(Spread { percentiles: [p5, p25, p50, p75, p95], .. }) = entry.spread {
            canvas.line((plot.x(p5), middle), (plot.x(p95), middle), Pen::new(row.color, 1.4));
            let x = plot.x(p25);
            let inside = Area { x, y: middle - 7.0, w: (plot.x(p75) - x).max(1.5), h: 14.0 };
            canvas.rect(inside, theme.paper.toward(row.color, 0.4));
            canvas.line((plot.x(p50), middle - 7.0), (plot.x(p50), middle + 7.0), Pen::new(row.color, 1.6));
        }
        if let Some((_, _, line)) = entry.band(end) {
            let (x, half) = (plot.x(line), 0.5 * ROW - 2.0);
            canvas.line((x, middle - half), (x, middle + half), target_pen(theme));
        }
        if let Some(mean) = entry.mean {
            canvas.marker((plot.x(mean), middle), 4.2, Marker::Circle, row.color);
        }
        canvas.text(
            (words, middle + 0.36 * theme.label),
            &entry.words(),
            theme.label,
            theme.ink,
            Align::Left,
        );
    }
}

fn target_pen(theme: &Theme) -> Pen {
    Pen::new(theme.ink, 1.4).dashed(4.0, 3.0)
}

fn alt(rows: &[Row], crowd: &Crowd) -> String {
    let one = |row: &Row| {
        let target = |entry: &Entry| match entry.bound {
            Some(Bound::Value { value, within }) => {
                format!(" (asked for: {} ± {})", number(value), number(within))
            }
            Some(Bound::AtLeast(least)) => format!(" (asked for: at least {})", number(least)),
            Some(Bound::AtMost(most)) => format!(" (asked for: at most {})", number(most)),
            None => String::new(),
        };
        let [rate, cv] = &row.entries;
        format!("{}: {} Hz{}, CV {}{}.", row.label, rate.words(), target(rate), cv.words(), target(cv))
    };
    let all: Vec<String> = rows.iter().map(one).collect();
    format!("Rates and regularity of the cells of {}. {}", crowd.actor.label, all.join(" "))
}

fn csv(rows: &[Row]) -> Result<String, FigureError> {
    let all = || {
        rows.iter().flat_map(|row| {
            row.entries.iter().zip(QUANTITIES).map(move |(entry, quantity)| (row, entry, quantity.1))
        })
    };
    let mut table = Table::new()
        .with_texts("population", all().map(|(row, _, _)| row.name.clone()).collect())?
        .with_texts("what", all().map(|(_, _, what)| what.to_owned()).collect())?
        .with_numbers("mean", all().map(|(_, entry, _)| entry.mean.unwrap_or(f64::NAN)).collect())?;
    for (at, name) in ["p5", "p25", "median", "p75", "p95"].into_iter().enumerate() {
        let value = |entry: &Entry| entry.spread.as_ref().map_or(f64::NAN, |spread| spread.percentiles[at]);
        table = table.with_numbers(name, all().map(|(_, entry, _)| value(entry)).collect())?;
    }
    let cells = |entry: &Entry| entry.spread.as_ref().map_or(0.0, |spread| spread.cells as f64);
    let band = |entry: &Entry| entry.band(f64::NAN).unwrap_or((f64::NAN, f64::NAN, f64::NAN));
    let table = table
        .with_numbers("cells", all().map(|(_, entry, _)| cells(entry)).collect())?
        .with_numbers("target_low", all().map(|(_, entry, _)| band(entry).0).collect())?
        .with_numbers("target_high", all().map(|(_, entry, _)| band(entry).1).collect())?;
    Ok(table.to_csv())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_lie_on_straight_lines_between_cells() {
        let spread = Spread::of(vec![4.0, f64::NAN, 0.0, 1.0, 3.0, 2.0]).unwrap();
        assert_eq!((spread.percentiles, spread.cells), ([0.2, 1.0, 2.0, 3.0, 3.8], 5));
        assert_eq!(Spread::of(vec![7.0]).unwrap().percentiles, [7.0; 5]);
        assert!(Spread::of(vec![f64::NAN]).is_none());
    }
}
