//! Curves of panels: something measured of every side against a knob, with intervals, as small plots side by side.

use duet_record::format::number;
use duet_record::{Run, Table};

use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::Theme;

const FULL: f64 = WIDTH - 2.0 * MARGIN;
const HEIGHT: f64 = 232.0;

/// A side's curve.
struct Line<'c> {
    actor: &'c Actor,
    points: Vec<Point>,
}

/// A setting of the knob, the mean over seeds and the ends of its interval.
#[derive(Clone, Copy)]
struct Point {
    at: f64,
    value: f64,
    low: f64,
    high: f64,
}

/// All sides' curves of one name.
struct Family<'c> {
    name: String,
    lines: Vec<Line<'c>>,
}

/// How a family is shown.
pub(crate) struct Look {
    /// What the knob is, with its unit.
    pub(crate) x: &'static str,
    /// What is measured, with its unit.
    pub(crate) y: String,
    /// How settings of the knob are spread over the axis.
    pub(crate) knob: Knob,
    /// Whether what is measured is a share, from 0 to 1, in percent.
    pub(crate) is_share: bool,
}

/// How settings of a knob are spread over an axis.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knob {
    /// Equal differences, equal distances.
    Linear,
    /// The same, in percent.
    Share,
    /// Equal ratios, equal distances.
    Log,
    /// One after the other: more damage lies at smaller settings, and so to the right.
    Falling,
}

/// The curves that a panel left of every side, by name, in the order in which they were first found.
fn read<'c>(run: &Run, cast: &'c [Actor], table: &str) -> Result<Vec<Family<'c>>, FigureError> {
    let mut families: Vec<Family<'c>> = Vec::new();
    for actor in cast {
        let table = match run.trace(&actor.name, table, &["curve"]) {
            Ok(table) => table,
            Err(error) if error.is_missing() => continue,
            Err(error) => return Err(error.into()),
        };
        let columns = ["at", "value", "low", "high"].map(|name| table.numbers(name));
        let [at, value, low, high] = columns;
        let (at, value, low, high) = (at?, value?, low?, high?);
        for (row, name) in table.texts("curve")?.iter().enumerate() {
            let point = Point { at: at[row], value: value[row], low: low[row], high: high[row] };
            if !families.iter().any(|family| family.name == *name) {
                families.push(Family { name: name.clone(), lines: Vec::new() });
            }
            let Some(family) = families.iter_mut().find(|family| family.name == *name) else { continue };
            if family.lines.last().is_none_or(|line| line.actor.name != actor.name) {
                family.lines.push(Line { actor, points: Vec::new() });
            }
            if let Some(line) = family.lines.last_mut() {
                line.points.push(point);
            }
        }
    }
    Ok(families)
}

/// What stands around the curves of a panel.
pub(crate) struct Words {
    pub(crate) title: &'static str,
    pub(crate) note: &'static str,
    pub(crate) caption: &'static str,
}

/// The drawing of a panel: a plot for each of the curves that its table `traces/SIDE/NAME.csv` has.
pub(crate) fn drawing(
    run: &Run,
    theme: &Theme,
    (name, file): (&'static str, &'static str),
    words: &Words,
    look: impl Fn(&str) -> Look,
) -> Result<Vec<Drawing>, FigureError> {
    let cast = cast(run, theme)?;
    let families = read(run, &cast, name)?;
    (!families.is_empty()).then_some(()).needed(name, file)?;
    let entries = key(&cast);
    let above = legend::height(theme, FULL, &entries) + 8.0;
    let alt: Vec<String> = families.iter().map(|family| alt(family, &look(&family.name))).collect();
    let sheet = Sheet {
        name: name.into(),
        title: words.title.into(),
        note: words.note.into(),
        caption: words.caption.into(),
        alt: alt.join(" "),
    };
    let drawing = sheet.draw(theme, above + height(families.len()), csv(&families)?, |canvas, top| {
        legend(canvas, theme, (MARGIN, top), FULL, &entries);
        draw(canvas, theme, top + above, &families, &look);
    })?;
    Ok(vec![drawing])
}

/// The sides as a legend shows them.
fn key(cast: &[Actor]) -> Vec<(Swatch, String)> {
    let entry =
        |actor: &Actor| (Swatch::LineMarker(Pen::new(actor.color, 1.8), actor.marker), actor.label.clone());
    cast.iter().map(entry).collect()
}

/// How high so many small plots stand.
fn height(families: usize) -> f64 {
    families.div_ceil(columns(families)) as f64 * HEIGHT
}

fn columns(families: usize) -> usize {
    families.clamp(1, 2)
}

/// Draws all families below `top`, two in a row.
fn draw(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    top: f64,
    families: &[Family<'_>],
    look: impl Fn(&str) -> Look,
) {
    let columns = columns(families.len());
    let wide = FULL / columns as f64;
    for (index, family) in families.iter().enumerate() {
        let (row, column) = ((index / columns) as f64, (index % columns) as f64);
        let gap = if columns > 1 { 8.0 } else { 0.0 };
        let area = Area { x: MARGIN + column * wide, y: top + row * HEIGHT, w: wide - gap, h: HEIGHT - 8.0 };
        plot(canvas, theme, area, family, &look(&family.name));
    }
}

fn plot(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, family: &Family<'_>, look: &Look) {
    let points = || family.lines.iter().flat_map(|line| &line.points);
    let (low, high) = range(points().map(|point| point.at)).unwrap_or((0.0, 1.0));
    // A knob that falls is drawn against its place among the settings: more damage lies to the right.
    let settings: Vec<f64> =
        family.lines.first().map_or_else(Vec::new, |line| line.points.iter().map(|p| p.at).collect());
    let place = |at: f64| {
        if look.knob == Knob::Falling {
            settings.iter().position(|&own| own == at).unwrap_or(0) as f64
        } else {
            at
        }
    };
    let x = match look.knob {
        Knob::Falling => {
            let mut axis = Axis::linear(look.x, 0.0, settings.len().saturating_sub(1) as f64, 1);
            axis.ticks = settings.iter().enumerate().map(|(k, at)| (k as f64, number(*at))).collect();
            axis
        }
        Knob::Log => Axis::log(look.x, low, high),
        Knob::Share => Axis::linear(look.x, low, high, 5).percent(),
        Knob::Linear if settings.len() < 12 && settings.iter().all(|at| at.fract() == 0.0) => {
            Axis::whole(look.x, low, high, 5)
        }
        Knob::Linear => Axis::linear(look.x, low, high, 5),
    };
    let y = if look.is_share {
        Axis::linear(look.y.as_str(), 0.0, 1.0, 5).percent()
    } else {
        let (_, most) = range(points().map(|point| point.high)).unwrap_or((0.0, 1.0));
        Axis::nice(look.y.as_str(), 0.0, most, 4)
    };
    let plot = Plot::inside(theme, area, x, y);
    plot.axes(canvas);
    for line in &family.lines {
        let at = |point: &Point, y: f64| (plot.x(place(point.at)), plot.y(y));
        let upper = line.points.iter().map(|point| at(point, point.high));
        let lower = line.points.iter().rev().map(|point| at(point, point.low));
        if line.points.len() > 1 {
            canvas.polygon(&upper.chain(lower).collect::<Vec<_>>(), line.actor.color, 0.14);
        }
    }
    for (k, line) in family.lines.iter().enumerate() {
        let radius = theme.nested(k, family.lines.len());
        let points: Vec<(f64, f64)> =
            line.points.iter().map(|point| (plot.x(place(point.at)), plot.y(point.value))).collect();
        canvas.polyline(&points, Pen::new(line.actor.color, (0.4 * radius).max(1.2)));
        for at in points {
            canvas.marker(at, radius, line.actor.marker, line.actor.color);
        }
    }
}

/// What a screen reader says of one family.
fn alt(family: &Family<'_>, look: &Look) -> String {
    let line = |line: &Line<'_>| {
        let points: Vec<String> = line
            .points
            .iter()
            .map(|point| format!("{} at {}", number(point.value), number(point.at)))
            .collect();
        format!("{}: {}.", line.actor.label, points.join(", "))
    };
    let lines: Vec<String> = family.lines.iter().map(line).collect();
    format!("{} against {}. {}", look.y, look.x, lines.join(" "))
}

/// The table behind a figure.
fn csv(families: &[Family<'_>]) -> Result<String, FigureError> {
    let rows = || families.iter().flat_map(|family| family.lines.iter().map(move |line| (family, line)));
    let texts = |of: &dyn Fn(&Family<'_>, &Line<'_>) -> String| -> Vec<String> {
        rows().flat_map(|(family, line)| vec![of(family, line); line.points.len()]).collect()
    };
    let numbers = |of: fn(&Point) -> f64| -> Vec<f64> {
        rows().flat_map(|(_, line)| line.points.iter().map(of)).collect()
    };
    let table = Table::new()
        .with_texts("curve", texts(&|family, _| family.name.clone()))?
        .with_texts("side", texts(&|_, line| line.actor.name.clone()))?
        .with_numbers("at", numbers(|point| point.at))?
        .with_numbers("value", numbers(|point| point.value))?
        .with_numbers("low", numbers(|point| point.low))?
        .with_numbers("high", numbers(|point| point.high))?;
    Ok(table.to_csv())
}
