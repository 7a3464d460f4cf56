//! Inputs in the plane, the axes along which they vary, and the way of the weights among them.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::measure;
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// The inputs as points, their principal components as axes, and the weights of every unit as an arrow among them.
    ///
    /// # Behaviour
    /// One square per side, equal scales on both axes. Dashed lines are the principal components; a thin line is the way of the
    /// weights from the ring, where they began, and the arrow is where they ended. Weights that leave the square are drawn
    /// to its edge, and the heading says how long they became. For inputs of two numbers; first seed. Needs a run of
    /// `protocol.adapt`.
    pub default struct PrincipalAxes {}
}

const NAME: &str = "principal_axes";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const HEAD: f64 = 42.0;
/// Room for the axis below a square.
const FOOT: f64 = 50.0;

struct Panel<'c> {
    actor: &'c Actor,
    points: Vec<(f64, f64)>,
    /// Deviation and direction.
    components: Vec<(f64, (f64, f64))>,
    /// The weights of each unit, moment after moment.
    ways: Vec<Vec<(f64, f64)>>,
}

impl Draw for PrincipalAxes {
    const NEEDS: &[Needs] = &[Needs::Adaptation];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let panels = cast.iter().map(|actor| read(run, actor)).collect::<Result<Vec<_>, _>>()?;
        (!panels.is_empty()).then_some(()).needed(NAME, "traces/SIDE/inputs.csv")?;
        let columns = panels.len().clamp(1, 3);
        let pitch = (FULL + 16.0) / columns as f64;
        let square = (pitch - 16.0).min(330.0);
        let row = HEAD + square + FOOT;
        let sheet = Sheet {
            name: NAME.into(),
            title: "Which direction do the weights find?".into(),
            note: "First seed. Both axes have the same scale. Dashed: principal components of the inputs. \
                   Ring: where the weights began; arrow: where they ended."
                .into(),
            caption: "A linear unit answers with the length of an input's shadow on its arrow, times the arrow's length.".into(),
            alt: alt(&panels),
        };
        let csv = csv(&panels)?;
        let drawing =
            sheet.draw(theme, panels.len().div_ceil(columns) as f64 * row, csv, |canvas, top| {
                let span = span(&panels);
                for (at, panel) in panels.iter().enumerate() {
                    let x = MARGIN + (at % columns) as f64 * pitch;
                    let y = top + (at / columns) as f64 * row;
                    heading(canvas, theme, (x, y), square, panel);
                    plane(canvas, theme, Area { x, y: y + HEAD, w: square, h: square }, panel, span);
                }
            })?;
        Ok(vec![drawing])
    }
}

fn read<'c>(run: &Run, actor: &'c Actor) -> Result<Panel<'c>, FigureError> {
    let table = |name: &str, file: &str| run.trace(&actor.name, name, &[]).needed(NAME, file);
    let inputs = table("inputs", "traces/SIDE/inputs.csv")?;
    let components = table("components", "traces/SIDE/components.csv")?;
    let course = table("adaptation", "traces/SIDE/adaptation.csv")?;
    // A plane has two axes; for other inputs this is not the drawing.
    let plane = inputs.columns().count() == 2;
    plane.then_some(()).needed(NAME, "inputs of two numbers in traces/SIDE/inputs.csv")?;
    let pairs = |table: &Table, a: &str, b: &str| -> Result<Vec<(f64, f64)>, FigureError> {
        Ok(table.numbers(a)?.iter().copied().zip(table.numbers(b)?.iter().copied()).collect())
    };
    let deviations = components.numbers("variance")?.iter().map(|variance| variance.max(0.0).sqrt());
    let (weights, unit) = (pairs(&course, "w1", "w2")?, course.numbers("unit")?);
    let units = unit.iter().copied().fold(0.0, f64::max) as usize;
    let way = |k: usize| {
        weights.iter().zip(unit).filter(|(_, unit)| **unit as usize == k + 1).map(|(w, _)| *w).collect()
    };
    Ok(Panel {
        actor,
        points: pairs(&inputs, "x1", "x2")?,
        components: deviations.zip(pairs(&components, "x1", "x2")?).collect(),
        ways: (0..units.min(weights.len())).map(way).collect(),
    })
}

/// Half the width of a square: all inputs and an arrow of length 1 are inside.
fn span(panels: &[Panel<'_>]) -> f64 {
    let numbers =
        panels.iter().flat_map(|panel| &panel.points).flat_map(|point| [point.0.abs(), point.1.abs()]);
    1.1 * range(numbers).map_or(1.0, |(_, high)| high.max(1.0))
}

fn length(w: (f64, f64)) -> f64 {
    (w.0 * w.0 + w.1 * w.1).sqrt()
}

fn heading(canvas: &mut Canvas<'_>, theme: &Theme, (x, y): (f64, f64), room: f64, panel: &Panel<'_>) {
    let label = measure::fit(&panel.actor.label, theme.label, room);
    canvas.text((x, y + 14.0), &label, theme.label, theme.ink, Align::Left);
    let lengths: Vec<String> =
        panel.ways.iter().filter_map(|way| way.last()).map(|&w| number(length(w))).collect();
    let words = measure::fit(&format!("|w| = {}", lengths.join(" and ")), theme.tick, room);
    canvas.text((x, y + 31.0), &words, theme.tick, theme.muted, Align::Left);
}

fn plane(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, panel: &Panel<'_>, span: f64) {
    canvas.rect(area, theme.wash);
    let scale = area.w / (2.0 * span);
    let (cx, cy) = (area.x + area.w / 2.0, area.y + area.h / 2.0);
    // What lies outside is drawn where its ray leaves the square.
    let place = |w: (f64, f64)| {
        let out = (w.0.abs().max(w.1.abs()) / span).max(1.0);
        (cx + w.0 / out * scale, cy - w.1 / out * scale)
    };
    for &point in &panel.points {
        canvas.disc(place(point), 1.6, theme.muted, 0.45);
    }
    for (k, &(_, axis)) in panel.components.iter().enumerate() {
        let far = |sign: f64| place((sign * 1e9 * axis.0, sign * 1e9 * axis.1));
        let width = if k == 0 { 1.6 } else { 0.9 };
        canvas.line(far(-1.0), far(1.0), Pen::new(theme.ink, width).dashed(6.0, 4.0));
    }
    for (k, way) in panel.ways.iter().enumerate() {
        let places: Vec<(f64, f64)> = way.iter().map(|&w| place(w)).collect();
        canvas.polyline(&places, Pen::new(panel.actor.color, 1.1).alpha(0.6));
        if let (Some(&first), Some(&last)) = (places.first(), places.last()) {
            canvas.ring(first, 4.0, Pen::new(theme.ink, 1.3));
            arrow(canvas, (cx, cy), last, panel.actor.color, if k == 0 { 3.0 } else { 1.8 });
        }
    }
    canvas.frame(area, Pen::new(theme.grid, 1.0));
    let axis = Axis::linear("Input 1 (input 2 upwards)", -span, span, 4);
    Plot::framed(theme, area, axis, Axis::linear("", -span, span, 1)).x_axis(canvas);
}

fn arrow(canvas: &mut Canvas<'_>, from: (f64, f64), to: (f64, f64), color: crate::theme::Rgb, width: f64) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = length((dx, dy));
    if length < 1.0 {
        return;
    }
    let (ux, uy) = (dx / length, dy / length);
    let (head, half) = (4.0 + 2.5 * width, 2.0 + 1.4 * width);
    let neck = (to.0 - head * ux, to.1 - head * uy);
    canvas.line(from, neck, Pen::new(color, width));
    let wing = |side: f64| (neck.0 - side * half * uy, neck.1 + side * half * ux);
    canvas.polygon(&[to, wing(1.0), wing(-1.0)], color, 1.0);
}

fn alt(panels: &[Panel<'_>]) -> String {
    let one = |panel: &Panel<'_>| {
        let ends: Vec<String> = panel
            .ways
            .iter()
            .filter_map(|way| way.last())
            .map(|w| format!("({}, {})", number(w.0), number(w.1)))
            .collect();
        format!("{}: weights {}.", panel.actor.label, ends.join(" and "))
    };
    format!("Weights among their inputs. {}", panels.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(panels: &[Panel<'_>]) -> Result<String, FigureError> {
    let mut rows: Vec<(String, String, f64, (f64, f64))> = Vec::new();
    for panel in panels {
        let mut add = |what: String, k: usize, at: (f64, f64)| {
            rows.push((panel.actor.name.clone(), what, (k + 1) as f64, at));
        };
        panel
            .components
            .iter()
            .enumerate()
            .for_each(|(k, component)| add("component".into(), k, component.1));
        for (k, way) in panel.ways.iter().enumerate() {
            way.first().iter().for_each(|&&w| add("first weights".into(), k, w));
            way.last().iter().for_each(|&&w| add("last weights".into(), k, w));
        }
    }
    let table = Table::new()
        .with_texts("side", rows.iter().map(|row| row.0.clone()).collect())?
        .with_texts("what", rows.iter().map(|row| row.1.clone()).collect())?
        .with_numbers("number", rows.iter().map(|row| row.2).collect())?
        .with_numbers("x1", rows.iter().map(|row| row.3.0).collect())?
        .with_numbers("x2", rows.iter().map(|row| row.3.1).collect())?;
    Ok(table.to_csv())
}
