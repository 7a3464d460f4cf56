//! What rewired links make of a ring.

use duet_record::format::number;
use duet_record::{Physics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::{Marker, Rgb, Theme};

parameters! {
    /// Clustering, path length and wiring of a ring against the share of its links that are rewired, and how soon a signal is everywhere.
    ///
    /// # Behaviour
    /// The axis of p is logarithmic; the ring itself, p = 0, is what all curves are relative to and stands at the left edge,
    /// apart. Above: C(p)/C(0), L(p)/L(0), and the length of all links relative to the largest. Below: the time
    /// until a signal has been everywhere, relative to the ring, with L(p)/L(0) beside it; a side whose signal does not get
    /// everywhere on every seed has no marker there. Means over seeds. Needs a run of `protocol.small_world`.
    pub default struct SmallWorld {}
}

const NAME: &str = "small_world";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 290.0;

struct Side<'c> {
    actor: &'c Actor,
    reach: Vec<f64>,
}

/// What is drawn, over the probabilities.
struct Line {
    label: String,
    color: Rgb,
    marker: Option<Marker>,
    /// Relative to what the label says.
    values: Vec<f64>,
}

impl Draw for SmallWorld {
    const NEEDS: &[Needs] = &[Needs::Graphs];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let first = cast.first().needed(NAME, "traces/SIDE/small_world.csv")?;
        let table = read(run, first)?;
        let p = table.numbers("p")?.to_vec();
        let column = |name: &str| -> Result<Vec<f64>, FigureError> { Ok(table.numbers(name)?.to_vec()) };
        let mut sides = Vec::new();
        for actor in &cast {
            sides.push(Side { actor, reach: read(run, actor)?.numbers("reach")?.to_vec() });
        }
        let relative = |values: Vec<f64>, to: Option<f64>| -> Vec<f64> {
            values.iter().map(|value| value / to.unwrap_or(f64::NAN)).collect()
        };
        let (clustering, path, wiring) = (column("clustering")?, column("path_length")?, column("wiring")?);
        let line = |label: &str, color: Rgb, marker: Marker, values: Vec<f64>| Line {
            label: label.to_owned(),
            color,
            marker: Some(marker),
            values,
        };
        let [low, high] = theme.diverging;
        let to_ring = |values: &[f64]| relative(values.to_vec(), values.first().copied());
        let most = wiring.iter().copied().reduce(f64::max);
        let graph = vec![
            line("clustering C(p)/C(0)", low, Marker::Circle, to_ring(&clustering)),
            line("path length L(p)/L(0)", high, Marker::Square, to_ring(&path)),
            line("wiring W(p)", theme.muted, Marker::Triangle, relative(wiring.clone(), most)),
        ];
        let mut spread: Vec<Line> = sides
            .iter()
            .map(|side| {
                let values = to_ring(&side.reach);
                line(&side.actor.label, side.actor.color, side.actor.marker, values)
            })
            .collect();
        spread.push(Line {
            marker: None,
            ..line("path length L(p)/L(0)", theme.ink, Marker::Square, to_ring(&path))
        });
        let keys = [keys_of(&graph), keys_of(&spread)];
        let above = keys.each_ref().map(|entries| legend::height(theme, FULL, entries) + 4.0);
        let sheet = Sheet {
            name: NAME.into(),
            title: "How few random links make a small world?".into(),
            note: note(&sides, &clustering, &path, &wiring),
            caption: "Above: paths shorten long before clusters thin out, and the small world lies between. Below: how soon a signal \
                      that starts at one place has been everywhere."
                .into(),
            alt: alt(&p, &graph, &spread),
        };
        let csv = csv(&table, &sides)?;
        let height = above[0] + above[1] + 2.0 * PANEL;
        let drawing = sheet.draw(theme, height, csv, |canvas, top| {
            let mut y = top - 6.0;
            for (at, lines) in [&graph, &spread].into_iter().enumerate() {
                legend(canvas, theme, (MARGIN, y), FULL, &keys[at]);
                y += above[at];
                let area = Area { x: MARGIN, y, w: FULL, h: PANEL - 10.0 };
                let title = [
                    "Relative to the ring; wiring to its largest",
                    "Time to everywhere, relative to the ring",
                ][at];
                panel(canvas, theme, area, (&p, lines), title);
                y += PANEL;
            }
        })?;
        Ok(vec![drawing])
    }
}

fn read(run: &Run, actor: &Actor) -> Result<Table, FigureError> {
    run.trace(&actor.name, NAME, &[]).needed(NAME, "traces/SIDE/small_world.csv")
}

fn pen(line: &Line) -> Pen {
    let pen = Pen::new(line.color, 1.8);
    if line.marker.is_none() { pen.dashed(5.0, 3.0) } else { pen }
}

fn keys_of(lines: &[Line]) -> Vec<(Swatch, String)> {
    let swatch = |line: &Line| match line.marker {
        Some(marker) => Swatch::LineMarker(pen(line), marker),
        None => Swatch::Line(pen(line)),
    };
    lines.iter().map(|line| (swatch(line), line.label.clone())).collect()
}

/// One panel over log p; what holds for the ring itself stands a little left of it.
fn panel(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, (p, lines): (&[f64], &[Line]), title: &str) {
    let (low, high) = range(p.iter().copied().filter(|p| *p > 0.0)).unwrap_or((0.001, 1.0));
    // A third of a decade below the smallest: the place of p = 0.
    let ring = low / 2.2;
    let mut x = Axis::log("Share of the links that are rewired, p", ring, high);
    x.ticks.retain(|(value, _)| *value >= 0.99 * low);
    x.ticks.insert(0, (ring, "0".to_owned()));
    // What coincides stays visible: the first lines are drawn broader.
    let top = range(lines.iter().flat_map(|line| line.values.iter().copied()))
        .map_or(1.0, |(_, high)| high.max(1.0));
    let plot = Plot::inside(theme, area, x, Axis::nice(title, 0.0, top, 5));
    plot.axes(canvas);
    for (below, line) in (0..lines.len()).rev().zip(lines) {
        let broader = below as f64;
        let place = |(&p, &value): (&f64, &f64)| (plot.x(if p > 0.0 { p } else { ring }), plot.y(value));
        let known = || p.iter().zip(&line.values).filter(|(_, value)| value.is_finite());
        let rewired: Vec<(f64, f64)> = known().filter(|(p, _)| **p > 0.0).map(place).collect();
        canvas.polyline(&rewired, Pen { width: 1.6 + 0.9 * broader, ..pen(line) });
        if let Some(marker) = line.marker {
            known().map(place).for_each(|at| canvas.marker(at, 4.0 + 1.2 * broader, marker, line.color));
        }
    }
}

fn note(sides: &[Side<'_>], clustering: &[f64], path: &[f64], wiring: &[f64]) -> String {
    let ring = |values: &[f64]| number(values.first().copied().unwrap_or(f64::NAN));
    let reach = |side: &Side<'_>| {
        let unit = if side.actor.physics == Some(Physics::Biological) { "ms" } else { "passes" };
        format!("{} {} {unit}", side.actor.label, ring(&side.reach))
    };
    let reaches: Vec<String> = sides.iter().map(reach).collect();
    format!(
        "Means over seeds. On the ring: C {}, L {} links, a link {} units long; everywhere after: {}.",
        ring(clustering),
        ring(path),
        ring(wiring),
        reaches.join(", ")
    )
}

fn alt(p: &[f64], graph: &[Line], spread: &[Line]) -> String {
    let one = |line: &Line| {
        let points: Vec<String> = p
            .iter()
            .zip(&line.values)
            .map(|(p, value)| format!("{} at {}", number(*value), number(*p)))
            .collect();
        format!("{}: {}.", line.label, points.join(", "))
    };
    let lines: Vec<String> =
        graph.iter().chain(spread.iter().filter(|l| l.marker.is_some())).map(one).collect();
    format!("Measures of a ring against the share of rewired links. {}", lines.join(" "))
}

fn csv(table: &Table, sides: &[Side<'_>]) -> Result<String, FigureError> {
    let mut all = Table::new();
    for name in ["p", "clustering", "path_length", "wiring"] {
        all = all.with_numbers(name, table.numbers(name)?.to_vec())?;
    }
    for side in sides {
        all = all.with_numbers(&format!("reach {}", side.actor.name), side.reach.clone())?;
    }
    Ok(all.to_csv())
}
