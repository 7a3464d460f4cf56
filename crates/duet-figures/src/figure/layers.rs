//! How far the error reaches, and which units take part, layer by layer.

use duet_record::format::number;
use duet_record::{History, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::{Rgb, Theme};

parameters! {
    /// Gradient of every projection and share of dead and saturated units over the epochs, for each side that has them.
    ///
    /// # Behaviour
    /// At the left the length of the gradient at the last update of each epoch, on a logarithmic axis: lines that lie
    /// decades below the others belong to layers that the error hardly reaches (vanishing), lines that climb out of the
    /// panel to a training that is about to diverge (exploding). At the right the share of units that are 0 for every
    /// test example (dead, solid) or active only where their activation is flat (saturated, dashed). Sides without
    /// gradients have no such drawing.
    pub default struct Layers {}
}

/// A value per epoch, mean over seeds.
struct Curve {
    /// The projection or population.
    place: String,
    /// What was measured there.
    what: String,
    points: Vec<(f64, f64)>,
}

const NORM: &str = "gradient_norm";
const HEIGHT: f64 = 300.0;

impl Draw for Layers {
    const NEEDS: &[Needs] = &[Needs::History];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let name = "layers";
        let history = run.history().needed(name, "history.csv")?;
        let sides: Vec<(Actor, Vec<Curve>)> = cast(run, theme)?
            .into_iter()
            .map(|actor| (curves(&history, &actor.name), actor))
            .filter(|(curves, _)| curves.iter().any(|curve| curve.what == NORM))
            .map(|(curves, actor)| (actor, curves))
            .collect();
        if sides.is_empty() {
            let needs = "the gradient of any projection".to_owned();
            return Err(FigureError::NotRecorded { figure: name, needs });
        }
        sides.iter().map(|(actor, curves)| one(actor, curves, sides.len(), theme)).collect()
    }
}

fn curves(history: &History, side: &str) -> Vec<Curve> {
    let mut curves: Vec<Curve> = Vec::new();
    // Rows come seed by seed: sums first, then means.
    let mut counts: Vec<Vec<f64>> = Vec::new();
    for row in history.rows.iter().filter(|row| row.side == side) {
        let (Some((place, what)), Some(value)) = (row.metric.rsplit_once('.'), row.value) else { continue };
        if !matches!(what, NORM | "dead" | "saturated") {
            continue;
        }
        let found = curves.iter().position(|curve| curve.place == place && curve.what == what);
        let at = found.unwrap_or_else(|| {
            curves.push(Curve { place: place.to_owned(), what: what.to_owned(), points: Vec::new() });
            counts.push(Vec::new());
            curves.len() - 1
        });
        let epoch = f64::from(row.epoch);
        if let Some(known) = curves[at].points.iter().position(|point| point.0 == epoch) {
            curves[at].points[known].1 += value;
            counts[at][known] += 1.0;
        } else {
            curves[at].points.push((epoch, value));
            counts[at].push(1.0);
        }
    }
    for (curve, counts) in curves.iter_mut().zip(&counts) {
        curve.points.iter_mut().zip(counts).for_each(|(point, count)| point.1 /= count);
        // A later seed may have gone on for longer than an earlier one.
        curve.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    curves
}

fn one(actor: &Actor, curves: &[Curve], sides: usize, theme: &Theme) -> Result<Drawing, FigureError> {
    let norms: Vec<&Curve> = curves.iter().filter(|curve| curve.what == NORM).collect();
    let shares: Vec<&Curve> = curves.iter().filter(|curve| curve.what != NORM).collect();
    let mut populations: Vec<&str> = Vec::new();
    for curve in &shares {
        if !populations.contains(&curve.place.as_str()) {
            populations.push(&curve.place);
        }
    }
    let shade = |at: usize, of: usize| shade(actor.color, at, of);
    let half = (WIDTH - 2.0 * MARGIN - 24.0) / 2.0;
    let line = |(at, place): (usize, &str), of: usize| {
        let pen = Pen::new(shade(at, of), 2.0);
        (Swatch::LineMarker(pen, theme.marker(at)), place.to_owned())
    };
    let left_key: Vec<(Swatch, String)> =
        (norms.iter().enumerate()).map(|(at, curve)| line((at, curve.place.as_str()), norms.len())).collect();
    let mut right_key: Vec<(Swatch, String)> =
        (populations.iter().enumerate()).map(|(at, place)| line((at, place), populations.len())).collect();
    right_key.push((Swatch::Line(Pen::new(theme.muted, 2.0)), "dead".into()));
    right_key.push((Swatch::Line(Pen::new(theme.muted, 1.4).dashed(5.0, 3.5)), "saturated".into()));
    let keys = legend::height(theme, half, &left_key).max(legend::height(theme, half, &right_key)) + 6.0;
    let sheet = Sheet {
        name: if sides == 1 { "layers".into() } else { format!("layers-{}", actor.name) },
        title: format!("Does the error reach every layer? {}", actor.label),
        note: "Mean over the seeds that still learn. Gradients belong to the last update of an epoch, shares to the test examples.".into(),
        caption: "Left: length of each projection's gradient. Right: units that are 0 for every test example (dead) or active only where their activation is flat (saturated).".into(),
        alt: alt(actor, curves),
    };
    let csv = csv(actor, curves)?;
    sheet.draw(theme, keys + HEIGHT, csv, |canvas, top| {
        legend(canvas, theme, (MARGIN, top - 6.0), half, &left_key);
        legend(canvas, theme, (MARGIN + half + 24.0, top - 6.0), half, &right_key);
        let area = |x: f64| Area { x, y: top + keys, w: half, h: HEIGHT };
        let points = || curves.iter().flat_map(|curve| curve.points.iter());
        let (first, last) = range(points().map(|point| point.0)).unwrap_or((0.0, 1.0));
        let epochs = || Axis::whole("Epoch", first, last, 5);
        let (low, high) =
            range(norms.iter().flat_map(|curve| curve.points.iter().map(|p| p.1))).unwrap_or((0.1, 1.0));
        let plot =
            Plot::inside(theme, area(MARGIN), epochs(), Axis::log("Length of the gradient", low, high));
        plot.axes(canvas);
        for (at, curve) in norms.iter().enumerate() {
            trace(canvas, &plot, curve, Pen::new(shade(at, norms.len()), 2.0), theme, at);
        }
        let high =
            range(shares.iter().flat_map(|curve| curve.points.iter().map(|p| p.1))).map_or(1.0, |r| r.1);
        // Never so narrow that one unit of a thousand looks like a landslide.
        let y = Axis::nice("Units (%)", 0.0, high.max(0.1), 5).percent();
        let plot = Plot::inside(theme, area(MARGIN + half + 24.0), epochs(), y);
        plot.axes(canvas);
        for curve in &shares {
            let at = populations.iter().position(|place| *place == curve.place).unwrap_or(0);
            let color = shade(at, populations.len());
            let pen = if curve.what == "dead" {
                Pen::new(color, 2.0)
            } else {
                Pen::new(color, 1.4).dashed(5.0, 3.5)
            };
            trace(canvas, &plot, curve, pen, theme, at);
        }
    })
}

/// The side's own colour, lighter towards the output.
fn shade(color: Rgb, at: usize, of: usize) -> Rgb {
    let part = at as f64 / of.max(2) as f64;
    color.toward(Rgb(0, 0, 0), 0.35 * (1.0 - part)).toward(Rgb(255, 255, 255), 0.45 * part)
}

fn trace(canvas: &mut Canvas<'_>, plot: &Plot<'_>, curve: &Curve, pen: Pen, theme: &Theme, at: usize) {
    let line: Vec<(f64, f64)> = curve.points.iter().map(|&(x, y)| (plot.x(x), plot.y(y))).collect();
    canvas.polyline(&line, pen);
    let stride = line.len().div_ceil(8).max(1);
    for place in line.iter().rev().step_by(stride) {
        canvas.marker(*place, 3.4, theme.marker(at), pen.color);
    }
}

fn alt(actor: &Actor, curves: &[Curve]) -> String {
    let mut parts = vec![format!("Gradients and idle units of {}, layer by layer.", actor.label)];
    for curve in curves {
        if let Some((epoch, value)) = curve.points.last() {
            let what = if curve.what == NORM { "gradient" } else { &curve.what };
            parts.push(format!("{}: {what} {} at epoch {}.", curve.place, number(*value), number(*epoch)));
        }
    }
    parts.join(" ")
}

fn csv(actor: &Actor, curves: &[Curve]) -> Result<String, FigureError> {
    let rows = || curves.iter().flat_map(|curve| curve.points.iter().map(move |point| (curve, point)));
    let table = Table::new()
        .with_texts("side", rows().map(|_| actor.name.clone()).collect())?
        .with_texts("place", rows().map(|(curve, _)| curve.place.clone()).collect())?
        .with_texts("metric", rows().map(|(curve, _)| curve.what.clone()).collect())?
        .with_numbers("epoch", rows().map(|(_, point)| point.0).collect())?
        .with_numbers("mean", rows().map(|(_, point)| point.1).collect())?;
    Ok(table.to_csv())
}
