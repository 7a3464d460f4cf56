//! Which rhythms a network at scale has.

use duet_record::format::number;
use duet_record::{Metrics, Run, Table, TopologySketch};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::crowd::{Crowd, Population, crowds};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// Power of the activity of each population against frequency.
    ///
    /// # Behaviour
    /// One drawing per side of a run of `protocol.simulate`, one panel per population. Power is relative to that of as many cells
    /// that fire as often, each independent of the others, which have 1 at all frequencies: what rises above it is done
    /// together. The ring is the largest power above 2 Hz, with its frequency: the metric `rhythm`. Drawn where there is half a
    /// second after the transient.
    pub default struct Spectrum {}
}

const NAME: &str = "spectrum";
const NEEDS: &str =
    "traces/SIDE/spectrum.csv with half a second of activity after the transient (protocol.simulate does)";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 190.0;
/// Below this no rhythm is looked for, in Hz: it is drift.
const SLOWEST: f64 = 2.0;

/// One population.
struct Panel<'c> {
    population: &'c Population,
    /// (frequency in Hz, power relative to that of independent cells).
    power: Vec<(f64, f64)>,
    /// Power of independent cells in spikes/s: their number times their rate.
    independent: f64,
}

impl Draw for Spectrum {
    const NEEDS: &[Needs] = &[Needs::Rhythms];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        let topology = match run.topology() {
            Ok(topology) => topology,
            Err(error) if error.is_missing() => TopologySketch::default(),
            Err(error) => return Err(error.into()),
        };
        let crowds = crowds(run, theme)?;
        let mut shows = Vec::new();
        for crowd in &crowds {
            let table = match run.trace(&crowd.actor.name, NAME, &[]) {
                Ok(table) => table,
                Err(error) if error.is_missing() => continue,
                Err(error) => return Err(error.into()),
            };
            let panels = panels(crowd, &table, &metrics, &topology)?;
            if panels.iter().any(|panel| panel.peak().is_some()) {
                shows.push((crowd, panels));
            }
        }
        (!shows.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        shows.iter().map(|(crowd, panels)| one(crowd, panels, shows.len(), theme)).collect()
    }
}

fn panels<'c>(
    crowd: &'c Crowd,
    table: &Table,
    metrics: &Metrics,
    topology: &TopologySketch,
) -> Result<Vec<Panel<'c>>, FigureError> {
    let frequencies = table.numbers("frequency_Hz")?;
    let one = |population: &'c Population| {
        let power = table.numbers(&population.name)?;
        let size = topology.populations.iter().find(|own| own.name == population.name).map(|own| own.size);
        let rate = metrics.get(&crowd.actor.name, &format!("{}.rate", population.name));
        // The spectrum is the first seed's, so the rate is too.
        let rate = rate.and_then(|metric| metric.values.first().copied().flatten());
        let independent = rate.zip(size).map_or(0.0, |(rate, size)| rate * size as f64);
        let relative =
            frequencies.iter().zip(power).map(|(&frequency, &power)| (frequency, power / independent));
        // A silent population has no power, and nothing to compare it with.
        let seen =
            |&(frequency, power): &(f64, f64)| frequency.is_finite() && power.is_finite() && power > 0.0;
        Ok(Panel { population, power: relative.filter(seen).collect(), independent })
    };
    crowd.populations.iter().map(one).collect()
}

impl Panel<'_> {
    fn peak(&self) -> Option<(f64, f64)> {
        let above = self.power.iter().copied().filter(|(frequency, _)| *frequency > SLOWEST);
        above.max_by(|a, b| a.1.total_cmp(&b.1))
    }

    fn draw(&self, canvas: &mut Canvas<'_>, theme: &Theme, area: Area, highest: f64) {
        let all = self.power.iter().map(|point| point.1).chain([1.0]);
        let (least, most) = range(all).unwrap_or((1.0, 10.0));
        let words = ": relative power (1)";
        let room = area.w - 44.0 - measure::width(words, theme.label);
        let title = measure::fit(&self.population.label, theme.label, room.max(40.0)) + words;
        let x = Axis::linear("Frequency (Hz)", 0.0, highest, 5);
        let plot = Plot::inside(theme, area, x, Axis::log(title, least, most));
        plot.axes(canvas);
        let y = plot.y(1.0);
        canvas.line((plot.area.x, y), (plot.area.right(), y), dashed(theme));
        let line: Vec<(f64, f64)> = self.power.iter().map(|&(f, power)| (plot.x(f), plot.y(power))).collect();
        canvas.polyline(&line, Pen::new(self.population.color, 1.5));
        if let Some((frequency, power)) = self.peak() {
            let (x, y) = (plot.x(frequency), plot.y(power));
            canvas.ring((x, y), 4.5, Pen::new(theme.ink, 1.4));
            let is_left = x > plot.area.x + 0.75 * plot.area.w;
            let (x, align) = if is_left { (x - 9.0, Align::Right) } else { (x + 9.0, Align::Left) };
            let words = format!("{} Hz", number(frequency));
            let w = measure::width(&words, theme.label);
            let left = if is_left { x - w } else { x };
            let ground = Area { x: left - 2.0, y: y - 10.0, w: w + 4.0, h: 14.0 };
            canvas.rect_alpha(ground, theme.paper, 0.8);
            canvas.text((x, y + 1.0), &words, theme.label, theme.ink, align);
        } else {
            let at = (plot.area.x + plot.area.w / 2.0, plot.area.y + plot.area.h / 2.0);
            canvas.text(at, "no spike", theme.tick, theme.muted, Align::Center);
        }
    }
}

fn dashed(theme: &Theme) -> Pen {
    Pen::new(theme.ink, 1.2).dashed(4.0, 3.0)
}

fn one(crowd: &Crowd, panels: &[Panel<'_>], sides: usize, theme: &Theme) -> Result<Drawing, FigureError> {
    let mut key = crowd.key(theme);
    key.push((Swatch::Line(dashed(theme)), "independent cells at the same rate".to_owned()));
    let above = legend::height(theme, FULL, &key) + 4.0;
    let columns = panels.len().clamp(1, 2);
    let rows = panels.len().div_ceil(columns) as f64;
    let (_, highest) =
        range(panels.iter().flat_map(|panel| &panel.power).map(|point| point.0)).unwrap_or((0.0, 500.0));
    let sheet = Sheet {
        name: crowd.drawing_name(NAME, sides),
        title: format!("Which rhythms does the network have? {}", crowd.actor.label),
        note: crowd.note("Mean over stretches of half a second after the transient."),
        caption: "Power is relative to that of independent cells: number of cells times rate, the dashed line. The ring marks the largest \
                  above 2 Hz. A line that keeps to the dashed one is of cells that know nothing of each other."
            .into(),
        alt: alt(crowd, panels),
    };
    sheet.draw(theme, above + rows * PANEL, csv(panels)?, |canvas, top| {
        legend(canvas, theme, (MARGIN, top - 6.0), FULL, &key);
        let pitch = FULL / columns as f64;
        for (at, panel) in panels.iter().enumerate() {
            let x = MARGIN + (at % columns) as f64 * pitch;
            let y = top + above + (at / columns) as f64 * PANEL;
            panel.draw(canvas, theme, Area { x, y, w: pitch - 14.0, h: PANEL - 6.0 }, highest);
        }
    })
}

fn alt(crowd: &Crowd, panels: &[Panel<'_>]) -> String {
    let one = |panel: &Panel<'_>| {
        let peak = panel.peak().map_or("no spike".to_owned(), |(frequency, power)| {
            let power = number((power * 10.0).round() / 10.0);
            format!("most power at {} Hz, {power} times that of independent cells", number(frequency))
        });
        format!("{}: {peak}.", panel.population.label)
    };
    let all: Vec<String> = panels.iter().map(one).collect();
    format!("Power spectra of the populations of {}. {}", crowd.actor.label, all.join(" "))
}

fn csv(panels: &[Panel<'_>]) -> Result<String, FigureError> {
    let rows = || panels.iter().flat_map(|panel| panel.power.iter().map(move |row| (panel, row)));
    let table = Table::new()
        .with_texts("population", rows().map(|(panel, _)| panel.population.name.clone()).collect())?
        .with_numbers("frequency_Hz", rows().map(|(_, row)| row.0).collect())?
        .with_numbers("relative_power", rows().map(|(_, row)| row.1).collect())?
        .with_numbers("power_spikes_per_s", rows().map(|(panel, row)| row.1 * panel.independent).collect())?;
    Ok(table.to_csv())
}
