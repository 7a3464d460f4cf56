//! How a cell comes to answer a pattern, and earlier and earlier.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// When in the pattern a cell fires, how often outside it, what it hears of it, and which synapses it kept.
    ///
    /// # Behaviour
    /// From above, all of the first seed: the time from the beginning of each pattern to the first spike in it, over the run;
    /// spikes outside patterns per second; the last pattern and as long a time after it, a row for each of a sample of the
    /// afferents, with the cell's spikes as lines from top to bottom; and the weight at the end of every afferent with the
    /// pattern, by when it first fires in it. Needs a run of `protocol.detect_pattern`.
    pub default struct Detection {}
}

const NAME: &str = "detection";
/// What a run must have recorded.
const NEEDS: &str = "traces/SIDE/detection.csv, latest.csv, carriers.csv";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
/// Heights of the panels.
const PANELS: [f64; 4] = [210.0, 170.0, 270.0, 200.0];
/// Bins of the false alarms.
const BINS: usize = 30;

struct Seen<'c> {
    actor: &'c Actor,
    /// Hits: when (s), and how long after the pattern's beginning (ms).
    hits: Vec<(f64, f64)>,
    /// False alarms, s.
    alarms: Vec<f64>,
    /// The cell's spikes in the last pattern, ms.
    cell: Vec<f64>,
    /// First spike within the pattern (ms) and weight.
    carriers: Vec<(f64, f64)>,
}

/// The drawn afferents: time, row and whether it carries the pattern.
type Spikes = Vec<(f64, f64, bool)>;

impl Draw for Detection {
    const NEEDS: &[Needs] = &[Needs::Detection];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let mut spikes = Spikes::new();
        let mut sides = Vec::new();
        for actor in &cast {
            sides.push(read(run, actor, &mut spikes)?);
        }
        (!sides.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        let entries: Vec<(Swatch, String)> = sides
            .iter()
            .map(|side| {
                (
                    Swatch::LineMarker(Pen::new(side.actor.color, 1.8), side.actor.marker),
                    side.actor.label.clone(),
                )
            })
            .collect();
        let key = legend::height(theme, FULL, &entries) + 6.0;
        let last = |side: &Seen<'_>| {
            side.hits.iter().map(|hit| hit.0).chain(side.alarms.iter().copied()).fold(0.0, f64::max)
        };
        let end = sides.iter().map(last).fold(0.0, f64::max);
        let sheet = Sheet {
            name: NAME.into(),
            title: "Does the cell find the pattern?".into(),
            note: "First seed. In the third panel the afferents with the pattern stand above, by when they first fire in it."
                .into(),
            caption: "Nobody tells the cell where the pattern is. Synapses from afferents that fire just before it grow, so it \
                      comes to fire at the pattern only, and earlier each time, until it answers the pattern's first spikes."
                .into(),
            alt: alt(&sides),
        };
        let csv = csv(&sides)?;
        let drawing = sheet.draw(theme, key + PANELS.iter().sum::<f64>(), csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top), FULL, &entries);
            let mut y = top + key;
            let mut panel = |height: f64| {
                let area = Area { x: MARGIN, y, w: FULL, h: height - 8.0 };
                y += height;
                area
            };
            latencies(canvas, theme, panel(PANELS[0]), &sides, end);
            alarms(canvas, theme, panel(PANELS[1]), &sides, end);
            pattern(canvas, theme, panel(PANELS[2]), &sides, &spikes);
            weights(canvas, theme, panel(PANELS[3]), &sides);
        })?;
        Ok(vec![drawing])
    }
}

fn read<'c>(run: &Run, actor: &'c Actor, spikes: &mut Spikes) -> Result<Seen<'c>, FigureError> {
    let table = |name: &str, texts: &[&str]| run.trace(&actor.name, name, texts).needed(NAME, NEEDS);
    let judged = table("detection", &["worth"])?;
    let (time, since, worth) =
        (judged.numbers("time_ms")?, judged.numbers("since_ms")?, judged.texts("worth")?);
    let of = |what: &'static str| (0..time.len()).filter(move |&k| worth[k] == what);
    let hits = of("hit").map(|k| (time[k] / 1000.0, since[k])).collect();
    let alarms = of("false_alarm").map(|k| time[k] / 1000.0).collect();
    let latest = table("latest", &["who"])?;
    let (time, row, who) = (latest.numbers("time_ms")?, latest.numbers("row")?, latest.texts("who")?);
    let cell = (0..time.len()).filter(|&k| who[k] == "cell").map(|k| time[k]).collect();
    // All sides saw the same.
    if spikes.is_empty() {
        let afferents = (0..time.len()).filter(|&k| who[k] != "cell");
        spikes.extend(afferents.map(|k| (time[k], row[k], who[k] == "with")));
    }
    let carriers = table("carriers", &[])?;
    let carriers = carriers
        .numbers("first_ms")?
        .iter()
        .copied()
        .zip(carriers.numbers("weight")?.iter().copied())
        .collect();
    Ok(Seen { actor, hits, alarms, cell, carriers })
}

fn latencies(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, sides: &[Seen<'_>], end: f64) {
    let most = sides.iter().flat_map(|side| side.hits.iter().map(|hit| hit.1)).fold(10.0, f64::max);
    let y = Axis::nice("First spike after the pattern began (ms)", 0.0, most, 4);
    let plot = Plot::inside(theme, area, Axis::linear("Time (s)", 0.0, end, 6), y);
    plot.axes(canvas);
    for side in sides {
        for &(time, since) in &side.hits {
            canvas.disc((plot.x(time), plot.y(since)), 2.0, side.actor.color, 0.7);
        }
    }
}

fn alarms(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, sides: &[Seen<'_>], end: f64) {
    let width = end / BINS as f64;
    let rates = |side: &Seen<'_>| -> Vec<f64> {
        let mut counts = vec![0.0; BINS];
        for time in &side.alarms {
            counts[((time / width) as usize).min(BINS - 1)] += 1.0 / width;
        }
        counts
    };
    let rates: Vec<Vec<f64>> = sides.iter().map(rates).collect();
    let (_, most) = range(rates.iter().flatten().copied()).unwrap_or((0.0, 1.0));
    let y = Axis::nice("Spikes outside patterns (per second)", 0.0, most.max(1.0), 4);
    let plot = Plot::inside(theme, area, Axis::linear("Time (s)", 0.0, end, 6), y);
    plot.axes(canvas);
    for (side, rates) in sides.iter().zip(&rates) {
        let point = |(bin, rate): (usize, &f64)| (plot.x((bin as f64 + 0.5) * width), plot.y(*rate));
        canvas.polyline(
            &rates.iter().enumerate().map(point).collect::<Vec<_>>(),
            Pen::new(side.actor.color, 1.8),
        );
    }
}

fn pattern(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, sides: &[Seen<'_>], spikes: &Spikes) {
    let rows = spikes.iter().map(|spike| spike.1 + 1.0).fold(1.0, f64::max);
    let with = spikes.iter().filter(|spike| spike.2).map(|spike| spike.1 + 1.0).fold(0.0, f64::max);
    let end = spikes.iter().map(|spike| spike.0).fold(1.0, f64::max).ceil();
    let mut y =
        Axis::linear("Afferents: a row each (blue ground: with the pattern, while it lasts)", 0.0, rows, 1);
    y.ticks.clear();
    let plot =
        Plot::inside(theme, area, Axis::linear("Time since the last pattern began (ms)", 0.0, end, 6), y);
    let area = plot.area;
    let row = area.h / rows;
    let ground = Area { w: plot.x(end / 2.0) - area.x, h: with * row, ..area };
    canvas.rect(ground, theme.wash.toward(theme.sides[0], 0.12));
    plot.axes(canvas);
    for &(time, at, _) in spikes {
        let (x, y) = (plot.x(time), area.y + (at + 0.5) * row);
        canvas.line((x, y - 0.7 * row), (x, y + 0.7 * row), Pen::new(theme.ink, 1.0).alpha(0.75));
    }
    for side in sides {
        for &time in &side.cell {
            let x = plot.x(time);
            canvas.line((x, area.y), (x, area.bottom()), Pen::new(side.actor.color, 2.0));
        }
    }
}

fn weights(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, sides: &[Seen<'_>]) {
    let all = || sides.iter().flat_map(|side| side.carriers.iter().copied());
    let (_, late) = range(all().map(|carrier| carrier.0)).unwrap_or((0.0, 1.0));
    let (low, high) = range(all().map(|carrier| carrier.1)).unwrap_or((0.0, 1.0));
    let x = Axis::linear("First spike of the afferent in the pattern (ms)", 0.0, late, 6);
    let plot = Plot::inside(theme, area, x, Axis::nice("Weight at the end", low.min(0.0), high.max(0.1), 4));
    plot.axes(canvas);
    for side in sides {
        for &(first, weight) in &side.carriers {
            canvas.disc((plot.x(first), plot.y(weight)), 2.0, side.actor.color, 0.35);
        }
    }
}

fn alt(sides: &[Seen<'_>]) -> String {
    let one = |side: &Seen<'_>| {
        let at = |hit: Option<&(f64, f64)>| hit.map_or("n/a".to_owned(), |hit| number(hit.1));
        format!(
            "{}: {} hits, the first after {} ms and the last after {} ms; {} spikes outside patterns.",
            side.actor.label,
            side.hits.len(),
            at(side.hits.first()),
            at(side.hits.last()),
            side.alarms.len()
        )
    };
    format!("A cell and a pattern that recurs. {}", sides.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(sides: &[Seen<'_>]) -> Result<String, FigureError> {
    let rows = || {
        sides.iter().flat_map(|side| {
            let alarms = side.alarms.iter().map(|&time| (time, f64::NAN));
            side.hits.iter().copied().chain(alarms).map(|row| (side.actor.name.clone(), row))
        })
    };
    let table = Table::new()
        .with_texts("side", rows().map(|row| row.0).collect())?
        .with_numbers("time_s", rows().map(|row| row.1.0).collect())?
        .with_numbers("latency_ms", rows().map(|row| row.1.1).collect())?;
    Ok(table.to_csv())
}
