//! What a network at scale does: who fires when, and how fast its populations fire.

use std::collections::BTreeSet;

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::crowd::{Crowd, Population, crowds};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, legend};
use crate::measure;
use crate::plot::{BELOW, Plot};
use crate::theme::Theme;

parameters! {
    /// Raster of a network at scale, population above population, and below it the rates of all cells over the same time.
    ///
    /// # Behaviour
    /// One drawing per side of a run of `protocol.simulate`. Each stroke above is a spike of one of the cells sampled, cell 0 at
    /// the top; each bar below is the mean rate of all cells of a population in one bin, on an axis of its own. Time is that
    /// of the run and begins where the transient is over. Populations whose spikes excite and those whose spikes inhibit have
    /// two colours.
    pub default struct Activity {}
}

const NAME: &str = "activity";
const NEEDS: &str = "traces/SIDE/activity.csv, spikes.csv and shown.json (protocol.simulate does)";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const HEADING: f64 = 22.0;
const GAP: f64 = 3.0;
/// Between strips: the zero of one and the top of the next both have a label.
const STRIP_GAP: f64 = 15.0;
/// Between raster and rates.
const BETWEEN: f64 = 14.0;

/// What is drawn of one population.
struct Band<'c> {
    population: &'c Population,
    /// Number of cells sampled.
    sample: usize,
    /// (time in ms, index of the cell).
    spikes: Vec<(f64, f64)>,
    /// (end of the bin in ms, rate in Hz).
    rates: Vec<(f64, f64)>,
}

/// One side.
struct Show<'c> {
    crowd: &'c Crowd,
    bands: Vec<Band<'c>>,
    from: f64,
    end: f64,
    bin: f64,
}

impl Draw for Activity {
    const NEEDS: &[Needs] = &[Needs::Activity];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let crowds = crowds(run, theme)?;
        let shows = crowds.iter().map(|crowd| read(run, crowd)).collect::<Result<Vec<_>, _>>()?;
        let shows: Vec<Show<'_>> = shows.into_iter().flatten().collect();
        (!shows.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        shows.iter().map(|show| one(show, shows.len(), theme)).collect()
    }
}

/// `None` where the side has no activity in bins: another protocol's.
fn read<'c>(run: &Run, crowd: &'c Crowd) -> Result<Option<Show<'c>>, FigureError> {
    let side = &crowd.actor.name;
    let activity = match run.trace(side, "activity", &[]) {
        Ok(table) => table,
        Err(error) if error.is_missing() => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (spikes, shown) = (run.spikes(side).needed(NAME, NEEDS)?, run.shown(side)?);
    let ends = activity.numbers("time_ms")?;
    let last = ends.last().copied().unwrap_or(0.0);
    let bin = if ends.len() > 1 { ends[1] - ends[0] } else { last };
    let (from, end) = (shown.from_ms, shown.present_ms.min(last));
    let slack = 1e-6 * bin;
    let is_inside = |&(time, _): &(f64, f64)| time - bin >= from - slack && time <= end + slack;
    let (times, names, cells) =
        (spikes.numbers("time_ms")?, spikes.texts("population")?, spikes.numbers("index")?);
    let bands = crowd.populations.iter().zip(&shown.populations).map(|(population, own)| {
        let rates = ends.iter().copied().zip(activity.numbers(&population.name)?.iter().copied());
        let who = (0..times.len()).filter(|&row| names[row] == population.name);
        let spikes = who.map(|row| (times[row], cells[row]));
        Ok(Band {
            population,
            sample: own.size,
            spikes: spikes.filter(|(time, _)| (from..=end).contains(time)).collect(),
            rates: rates.filter(is_inside).collect(),
        })
    });
    Ok(Some(Show { crowd, bands: bands.collect::<Result<_, FigureError>>()?, from, end, bin }))
}

impl Show<'_> {
    /// Heights of a band of the raster and of a strip of rates: many populations share what few would have.
    fn heights(&self) -> (f64, f64) {
        let n = self.bands.len().max(1) as f64;
        ((340.0 / n).clamp(44.0, 150.0), (190.0 / n).clamp(26.0, 72.0))
    }

    fn height(&self) -> f64 {
        let (n, (band, strip)) = (self.bands.len() as f64, self.heights());
        2.0 * HEADING + n * (band + GAP + strip + STRIP_GAP) + BETWEEN + BELOW
    }
}

fn one(show: &Show<'_>, sides: usize, theme: &Theme) -> Result<Drawing, FigureError> {
    let key = show.crowd.key(theme);
    let above = legend::height(theme, FULL, &key) + 2.0;
    let (from, end) = (number(show.from), number(show.end));
    let sheet = Sheet {
        name: show.crowd.drawing_name(NAME, sides),
        title: format!("Who fires when, and how fast? {}", show.crowd.actor.label),
        note: show.crowd.note(&format!("{from} to {end} ms of the run.")),
        caption: "Each stroke is one spike of a cell that was sampled, each bar the mean rate of all cells of a population in one bin. \
                  Upright stripes in the raster are cells that fire together."
            .into(),
        alt: alt(show),
    };
    sheet.draw(theme, above + show.height(), csv(show)?, |canvas, top| {
        legend(canvas, theme, (MARGIN, top - 6.0), FULL, &key);
        body(canvas, theme, top + above, show);
    })
}

fn body(canvas: &mut Canvas<'_>, theme: &Theme, top: f64, show: &Show<'_>) {
    let (band, strip) = show.heights();
    let axes: Vec<Axis> = show.bands.iter().map(Band::axis).collect();
    let name = |band: &Band<'_>| measure::fit(&band.population.label, theme.label, 110.0);
    let names: Vec<String> = show.bands.iter().map(name).collect();
    let ticks =
        measure::widest(axes.iter().flat_map(|axis| &axis.ticks).map(|tick| tick.1.as_str()), theme.tick);
    let left = measure::widest(names.iter().map(String::as_str), theme.label) + 12.0 + ticks + 8.0;
    let (x, w) = (MARGIN + left, FULL - left - 8.0);
    let time = || Axis::linear("Time in the run (ms)", show.from, show.end, 8);
    let sample = show.bands.iter().map(|band| band.sample).max().unwrap_or(0);
    let words = format!("Spikes of {} cells of each population", number(sample as f64));
    canvas.text((x, top + 12.0), &words, theme.label, theme.ink, Align::Left);
    let mut y = top + HEADING;
    for (own, name) in show.bands.iter().zip(&names) {
        let area = Area { x, y, w, h: band };
        canvas.rect(area, theme.wash);
        canvas.text((MARGIN, y + band / 2.0 + 0.36 * theme.label), name, theme.label, theme.ink, Align::Left);
        own.strokes(canvas, theme, &Plot::framed(theme, area, time(), Axis::linear("", 0.0, 1.0, 1)));
        y += band + GAP;
    }
    y += BETWEEN;
    let words = format!("Rate of all cells (Hz), in bins of {} ms", number(show.bin));
    canvas.text((x, y + 12.0), &words, theme.label, theme.ink, Align::Left);
    y += HEADING;
    for ((own, name), axis) in show.bands.iter().zip(&names).zip(axes) {
        let area = Area { x, y, w, h: strip };
        let plot = Plot::framed(theme, area, time(), axis);
        canvas.text(
            (MARGIN, y + strip / 2.0 + 0.36 * theme.label),
            name,
            theme.label,
            theme.ink,
            Align::Left,
        );
        own.bars(canvas, theme, &plot, show.bin);
        y += strip + STRIP_GAP;
        if std::ptr::eq(own, show.bands.last().unwrap_or(own)) {
            plot.x_axis(canvas);
        }
    }
}

impl Band<'_> {
    /// From zero to a round number above the highest rate, and only these two are told.
    fn axis(&self) -> Axis {
        let (_, high) = range(self.rates.iter().map(|rate| rate.1)).unwrap_or((0.0, 1.0));
        let mut axis = Axis::nice("", 0.0, high.max(1e-9), 5);
        let last = axis.ticks.len().saturating_sub(1);
        axis.ticks = axis
            .ticks
            .into_iter()
            .enumerate()
            .filter(|(at, _)| *at == 0 || *at == last)
            .map(|(_, tick)| tick)
            .collect();
        axis
    }

    fn strokes(&self, canvas: &mut Canvas<'_>, theme: &Theme, plot: &Plot<'_>) {
        let area = plot.area;
        if self.spikes.is_empty() {
            let at = (area.x + area.w / 2.0, area.y + area.h / 2.0 + 4.0);
            canvas.text(at, "no spike of the cells sampled", theme.tick, theme.muted, Align::Center);
            return;
        }
        let step = area.h / self.sample.max(1) as f64;
        let half = (step * 0.45).clamp(1.1, 4.0);
        // Strokes that would lie on each other are drawn once: ten thousand cells have as many places as a hundred.
        let mut taken = BTreeSet::new();
        for &(time, cell) in &self.spikes {
            let (x, y) = (plot.x(time), area.y + ((cell + 0.5) * step).clamp(half, area.h - half));
            if taken.insert(((x * 4.0) as i64, (y * 4.0) as i64)) {
                canvas.line((x, y - half), (x, y + half), Pen::new(self.population.color, 1.5));
            }
        }
    }

    fn bars(&self, canvas: &mut Canvas<'_>, theme: &Theme, plot: &Plot<'_>, bin: f64) {
        let area = plot.area;
        for (value, label) in &plot.y.ticks {
            let y = plot.y(*value);
            canvas.line((area.x, y), (area.right(), y), Pen::new(theme.grid, 1.0));
            canvas.text((area.x - 7.0, y + 0.36 * theme.tick), label, theme.tick, theme.muted, Align::Right);
        }
        let fill = theme.paper.toward(self.population.color, 0.8);
        for &(end, rate) in self.rates.iter().filter(|(_, rate)| *rate > 0.0) {
            let (x, y) = (plot.x(end - bin), plot.y(rate));
            let w = (plot.x(end) - x).max(0.4);
            canvas.rect(Area { x, y, w, h: area.bottom() - y }, fill);
        }
        canvas.line((area.x, area.bottom()), (area.right(), area.bottom()), Pen::new(theme.grid, 1.0));
    }

    fn mean_rate(&self) -> f64 {
        self.rates.iter().map(|rate| rate.1).sum::<f64>() / self.rates.len().max(1) as f64
    }
}

fn alt(show: &Show<'_>) -> String {
    let one = |band: &Band<'_>| {
        let (_, high) = range(band.rates.iter().map(|rate| rate.1)).unwrap_or((0.0, 0.0));
        format!(
            "{}: {} spikes of {} cells, {} Hz on average and {} Hz at most.",
            band.population.label,
            number(band.spikes.len() as f64),
            number(band.sample as f64),
            number((band.mean_rate() * 1e3).round() / 1e3),
            number((high * 1e3).round() / 1e3)
        )
    };
    let bands: Vec<String> = show.bands.iter().map(one).collect();
    format!(
        "Raster and rates of {}, {} to {} ms. {}",
        show.crowd.actor.label,
        number(show.from),
        number(show.end),
        bands.join(" ")
    )
}

fn csv(show: &Show<'_>) -> Result<String, FigureError> {
    let rows = || {
        show.bands.iter().flat_map(|band| {
            let spikes = band.spikes.iter().map(move |row| (band, "spike_of_cell", row));
            spikes.chain(band.rates.iter().map(move |row| (band, "rate_Hz", row)))
        })
    };
    let table = Table::new()
        .with_texts("population", rows().map(|(band, _, _)| band.population.name.clone()).collect())?
        .with_numbers("time_ms", rows().map(|(_, _, row)| row.0).collect())?
        .with_texts("what", rows().map(|(_, what, _)| what.to_owned()).collect())?
        .with_numbers("value", rows().map(|(_, _, row)| row.1).collect())?;
    Ok(table.to_csv())
}
