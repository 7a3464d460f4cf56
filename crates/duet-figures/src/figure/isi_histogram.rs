//! How long cells wait between spikes.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::{Range, parameters};

use super::{Draw, Needs};
use crate::axis::{Axis, range, round_step};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::cast;
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::Theme;
use crate::trains::{Trains, trains};

parameters! {
    /// Histograms of the intervals between spikes, with their coefficient of variation.
    ///
    /// # Behaviour
    /// One panel per side and population that recorded spikes: intervals of all its cells as a density, and over it the
    /// exponential of the same mean, which is what a Poisson process has. The CV is the mean over cells with at least 3
    /// spikes of standard deviation over mean. All panels share the axis of time, which ends where 1 % of all intervals are
    /// left. Drawn where a population has 20 intervals or more.
    pub default struct IsiHistogram {
        /// Number of bins at most; their width is 1, 2 or 5 times a power of ten.
        pub bins: usize = 60, in Range::between(2.0, 500.0);
    }
}

const NAME: &str = "isi_histogram";
const NEEDS: &str = "20 intervals between spikes of any population in traces/SIDE/spikes.csv";
const FEWEST: usize = 20;
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 218.0;
/// More panels than this say nothing to the eye.
const MOST: usize = 12;

struct Panel {
    title: String,
    side: String,
    population: String,
    color: crate::theme::Rgb,
    mean: f64,
    cv: Option<f64>,
    intervals: Vec<f64>,
    /// Share of intervals per ms in every bin.
    density: Vec<f64>,
}

impl Draw for IsiHistogram {
    const NEEDS: &[Needs] = &[Needs::Spikes];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let mut panels: Vec<Panel> = Vec::new();
        for actor in &cast {
            let all = trains(run, actor)?;
            panels.extend(all.iter().filter_map(|trains| panel(trains, all.len())));
        }
        (!panels.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        let left_out = panels.len().saturating_sub(MOST);
        panels.truncate(MOST);
        let reach = reach(&panels);
        // Round, so that no bin holds more steps of time than its neighbour.
        let bin = round_step(reach / self.bins as f64);
        let bins = (reach / bin).ceil().max(1.0) as usize;
        let end = bins as f64 * bin;
        for panel in &mut panels {
            panel.density = density(&panel.intervals, bin, bins);
        }
        let columns = panels.len().clamp(1, 2);
        let rows = panels.len().div_ceil(columns) as f64;
        let entries = vec![
            (Swatch::Box(theme.muted, 0.5), "intervals, measured".to_owned()),
            (
                Swatch::Line(Pen::new(theme.ink, 1.4).dashed(4.0, 3.0)),
                "exponential of the same mean".to_owned(),
            ),
        ];
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let note = if left_out > 0 {
            format!("First seed. The first {MOST} populations; {left_out} more fired.")
        } else {
            "First seed. Intervals of all cells of a population.".to_owned()
        };
        let sheet = Sheet {
            name: NAME.into(),
            title: "How regular are the spikes?".into(),
            note,
            caption: "CV: standard deviation of the intervals over their mean, 0 for a clock and 1 for a Poisson process, whose \
                      intervals follow the dashed line."
                .into(),
            alt: alt(&panels),
        };
        let csv = csv(&panels, bin)?;
        let drawing = sheet.draw(theme, above + rows * PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let pitch = FULL / columns as f64;
            for (at, panel) in panels.iter().enumerate() {
                let x = MARGIN + (at % columns) as f64 * pitch;
                let y = top + above + (at / columns) as f64 * PANEL;
                histogram(canvas, theme, Area { x, y, w: pitch - 14.0, h: PANEL - 6.0 }, panel, (bin, end));
            }
        })?;
        Ok(vec![drawing])
    }
}

fn panel(trains: &Trains<'_>, populations: usize) -> Option<Panel> {
    let of_cell = |cell: &Vec<f64>| cell.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<f64>>();
    let cells: Vec<Vec<f64>> = trains.cells.iter().map(of_cell).collect();
    let intervals: Vec<f64> = cells.iter().flatten().copied().collect();
    (intervals.len() >= FEWEST).then(|| {
        let cvs: Vec<f64> = cells.iter().filter_map(|intervals| cv(intervals)).collect();
        Panel {
            title: trains.title(populations),
            side: trains.actor.name.clone(),
            population: trains.population.clone(),
            color: trains.actor.color,
            mean: mean(&intervals),
            cv: (!cvs.is_empty()).then(|| mean(&cvs)),
            intervals,
            density: Vec::new(),
        }
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Of one cell; it needs two intervals.
fn cv(intervals: &[f64]) -> Option<f64> {
    let mean = mean(intervals);
    let square = intervals.iter().map(|interval| (interval - mean) * (interval - mean)).sum::<f64>();
    (intervals.len() > 1 && mean > 0.0).then(|| (square / intervals.len() as f64).sqrt() / mean)
}

/// The interval that 1 % of all are longer than, and somewhat more.
fn reach(panels: &[Panel]) -> f64 {
    let mut all: Vec<f64> = panels.iter().flat_map(|panel| panel.intervals.iter().copied()).collect();
    all.sort_by(f64::total_cmp);
    let at = (all.len().saturating_sub(1)) * 99 / 100;
    let end = all.get(at).copied().unwrap_or(1.0) * 1.1;
    if end > 0.0 { end } else { 1.0 }
}

fn density(intervals: &[f64], bin: f64, bins: usize) -> Vec<f64> {
    let mut density = vec![0.0; bins];
    let each = 1.0 / (intervals.len() as f64 * bin);
    for interval in intervals {
        // A clock's intervals differ in their last bits only, which must not part them.
        if let Some(height) = density.get_mut((interval / bin + 1e-9) as usize) {
            *height += each;
        }
    }
    density
}

fn histogram(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, panel: &Panel, (bin, end): (f64, f64)) {
    let (_, high) = range(panel.density.iter().copied()).unwrap_or((0.0, 1.0));
    let cv = panel.cv.map_or("CV n/a (needs 3 spikes)".to_owned(), |cv| {
        format!("CV {}", number((cv * 1000.0).round() / 1000.0))
    });
    let words = ": density (1/ms)";
    let room = area.w - 44.0 - measure::width(words, theme.label);
    let title = measure::fit(&panel.title, theme.label, room.max(40.0)) + words;
    let top = high.max(1.0 / panel.mean).max(1e-9);
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear("Interval between spikes (ms)", 0.0, end, 6),
        Axis::nice(title, 0.0, top, 4),
    );
    plot.axes(canvas);
    for (at, &height) in panel.density.iter().enumerate().filter(|(_, height)| **height > 0.0) {
        let (x, y) = (plot.x(at as f64 * bin), plot.y(height));
        let w = plot.x((at + 1) as f64 * bin) - x;
        let pale = theme.paper.toward(panel.color, 0.55);
        canvas.rect(Area { x, y, w: w.max(0.4), h: plot.area.bottom() - y }, pale);
    }
    let line: Vec<(f64, f64)> = (0..=120)
        .map(|k| f64::from(k) / 120.0 * end)
        .map(|t| (plot.x(t), plot.y(libm::exp(-t / panel.mean) / panel.mean)))
        .collect();
    canvas.polyline(&line, Pen::new(theme.ink, 1.4).dashed(4.0, 3.0));
    canvas.text((plot.area.right() - 4.0, plot.area.y + 16.0), &cv, theme.label, theme.ink, Align::Right);
}

fn alt(panels: &[Panel]) -> String {
    let one = |panel: &Panel| {
        let cv = panel.cv.map_or("n/a".to_owned(), number);
        format!(
            "{}: {} intervals, mean {} ms, CV {cv}.",
            panel.title,
            number(panel.intervals.len() as f64),
            number(panel.mean)
        )
    };
    format!(
        "Histograms of the intervals between spikes. {}",
        panels.iter().map(one).collect::<Vec<_>>().join(" ")
    )
}

fn csv(panels: &[Panel], bin: f64) -> Result<String, FigureError> {
    let rows =
        || panels.iter().flat_map(|panel| panel.density.iter().enumerate().map(move |row| (panel, row)));
    let table = Table::new()
        .with_texts("side", rows().map(|(panel, _)| panel.side.clone()).collect())?
        .with_texts("population", rows().map(|(panel, _)| panel.population.clone()).collect())?
        .with_numbers("from_ms", rows().map(|(_, (at, _))| at as f64 * bin).collect())?
        .with_numbers("to_ms", rows().map(|(_, (at, _))| (at + 1) as f64 * bin).collect())?
        .with_numbers("density_per_ms", rows().map(|(_, (_, &height))| height).collect())?
        .with_numbers("cv", rows().map(|(panel, _)| panel.cv.unwrap_or(f64::NAN)).collect())?;
    Ok(table.to_csv())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_has_one_bin_and_no_variation() {
        let intervals = vec![0.1 + 0.2; 30];
        assert!(cv(&intervals).unwrap() < 1e-12);
        assert_eq!(density(&intervals, 0.1, 5).iter().filter(|height| **height > 0.0).count(), 1);
        assert_eq!((cv(&[1.0]), cv(&[0.0, 0.0])), (None, None));
    }
}
