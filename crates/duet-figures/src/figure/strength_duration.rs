//! How strong a pulse must be, by its length.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::unit_words;
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// The strength-duration curve: the weakest pulse that makes a cell fire, over its length, on logarithmic axes.
    ///
    /// # Behaviour
    /// Markers are measured; the solid line is Lapicque's closed form where the cell is a leaky integrate-and-fire one; the
    /// dotted line is Weiss's law through the cell's own rheobase and chronaxie. The level dashes are the rheobase and
    /// twice the rheobase, which the curve passes at the chronaxie. Cells with inputs in the same unit share a panel. Needs
    /// a run of `protocol.strength_duration`.
    pub default struct StrengthDuration {}
}

const NAME: &str = "strength_duration";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 330.0;

/// One side's curve.
struct Curve {
    actor: Actor,
    duration: Vec<f64>,
    threshold: Vec<f64>,
    weiss: Vec<f64>,
    lapicque: Vec<f64>,
    rheobase: Option<f64>,
    chronaxie: Option<f64>,
    unit: String,
}

impl Draw for StrengthDuration {
    const NEEDS: &[Needs] = &[Needs::StrengthDuration];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        let mut curves = Vec::new();
        for actor in cast(run, theme)? {
            let table =
                run.trace(&actor.name, NAME, &[]).needed(NAME, "traces/SIDE/strength_duration.csv")?;
            let column = |name: &str| table.numbers(name).map(<[f64]>::to_vec);
            let own = metrics.sides.get(&actor.name);
            let metric =
                |end: &str| own.into_iter().flatten().find(|(path, _)| path.ends_with(end)).map(|(_, m)| m);
            let rheobase = metric(".rheobase");
            curves.push(Curve {
                duration: column("duration_ms")?,
                threshold: column("threshold")?,
                weiss: column("weiss")?,
                lapicque: column("lapicque").unwrap_or_default(),
                rheobase: rheobase.and_then(|metric| metric.value),
                chronaxie: metric(".chronaxie").and_then(|metric| metric.value),
                unit: rheobase.map_or_else(|| "1".to_owned(), |metric| metric.unit.clone()),
                actor,
            });
        }
        (!curves.is_empty()).then_some(()).needed(NAME, "traces/SIDE/strength_duration.csv")?;
        let mut groups: Vec<Vec<&Curve>> = Vec::new();
        for curve in &curves {
            match groups.iter_mut().find(|group| group[0].unit == curve.unit) {
                Some(group) => group.push(curve),
                None => groups.push(vec![curve]),
            }
        }
        let entries = key(theme, &curves);
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "How strong must a pulse be?".into(),
            note: "The weakest rectangular pulse from rest that makes the cell fire, found by bisection.".into(),
            caption: "A short pulse must bring a fixed charge (slope −1); a long one need only hold the membrane at threshold. Both \
                      axes are logarithmic."
                .into(),
            alt: alt(&curves),
        };
        let csv = csv(&curves)?;
        let drawing = sheet.draw(theme, above + groups.len() as f64 * PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            for (at, group) in groups.iter().enumerate() {
                let y = top + above + at as f64 * PANEL;
                panel(canvas, theme, Area { x: MARGIN, y, w: FULL, h: PANEL - 4.0 }, group);
            }
        })?;
        Ok(vec![drawing])
    }
}

fn panel(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, group: &[&Curve]) {
    let (from, to) =
        range(group.iter().flat_map(|curve| curve.duration.iter().copied())).unwrap_or((1.0, 10.0));
    let seen = group.iter().flat_map(|curve| curve.threshold.iter().copied().chain(curve.rheobase));
    let (low, high) = range(seen).unwrap_or((1.0, 10.0));
    // The tall end of the axis decides: 90 nA is easier to read than 90 000 pA.
    let (per, unit) = match group[0].unit.as_str() {
        "pA" if high > 10_000.0 => (1000.0, "Threshold current (nA)".to_owned()),
        "1" => (1.0, "Threshold input (no unit)".to_owned()),
        unit => (1.0, format!("Threshold current ({})", unit_words(unit))),
    };
    let (low, high) = (low / per, high / per);
    let plot = Plot::inside(
        theme,
        area,
        Axis::log("Duration of the pulse (ms)", from, to),
        Axis::log(unit, low, high),
    );
    plot.axes(canvas);
    plot.x_grid(canvas);
    for (at, curve) in group.iter().enumerate() {
        let color = curve.actor.color;
        let line = |y: &[f64]| -> Vec<(f64, f64)> {
            let scaled = curve.duration.iter().zip(y).map(|(x, y)| (*x, y / per));
            scaled.filter(|(_, y)| plot.y.holds(*y)).map(|(x, y)| (plot.x(x), plot.y(y))).collect()
        };
        canvas.polyline(&line(&curve.weiss), Pen::new(color, 1.4).dashed(1.5, 3.0));
        canvas.polyline(&line(&curve.lapicque), Pen::new(theme.ink, 1.3));
        if let (Some(rheobase), Some(chronaxie)) = (curve.rheobase.map(|i| i / per), curve.chronaxie) {
            let (left, right) = (plot.area.x, plot.area.right());
            let pen = Pen::new(color, 1.0).alpha(0.6).dashed(6.0, 4.0);
            canvas.line((left, plot.y(rheobase)), (right, plot.y(rheobase)), pen);
            if plot.x.holds(chronaxie) && plot.y.holds(2.0 * rheobase) {
                let corner = (plot.x(chronaxie), plot.y(2.0 * rheobase));
                canvas.line((left, corner.1), corner, pen);
                canvas.line(corner, (corner.0, plot.area.bottom()), pen);
                let words = format!("{} ms", number(chronaxie));
                // Left and right of their lines in turn, so that two that are near do not meet.
                let y = plot.area.bottom() - 6.0 - 16.0 * (at / 2) as f64;
                let width = measure::width(&words, theme.tick);
                let x = if at % 2 == 0 { corner.0 - 5.0 - width } else { corner.0 + 5.0 };
                canvas.rect_alpha(
                    Area { x: x - 2.0, y: y - 11.0, w: width + 4.0, h: 14.0 },
                    theme.paper,
                    0.9,
                );
                canvas.text((x, y), &words, theme.tick, theme.ink, Align::Left);
            }
        }
        for (&x, &y) in curve.duration.iter().zip(&curve.threshold).filter(|(_, y)| y.is_finite()) {
            let radius = theme.nested(at, group.len());
            canvas.marker((plot.x(x), plot.y(y / per)), radius, curve.actor.marker, color);
        }
    }
}

fn key(theme: &Theme, curves: &[Curve]) -> Vec<(Swatch, String)> {
    let mut entries: Vec<(Swatch, String)> = curves
        .iter()
        .map(|curve| (Swatch::Marker(curve.actor.marker, curve.actor.color), curve.actor.label.clone()))
        .collect();
    if curves.iter().any(|curve| !curve.lapicque.is_empty()) {
        entries.push((Swatch::Line(Pen::new(theme.ink, 1.3)), "Lapicque, closed form".to_owned()));
    }
    entries.push((Swatch::Line(Pen::new(theme.muted, 1.4).dashed(1.5, 3.0)), "Weiss".to_owned()));
    let dashes = Pen::new(theme.muted, 1.0).dashed(6.0, 4.0);
    entries.push((Swatch::Line(dashes), "rheobase; twice the rheobase, at the chronaxie".to_owned()));
    entries
}

fn alt(curves: &[Curve]) -> String {
    let shown = |value: Option<f64>| value.map_or("n/a".to_owned(), number);
    let one = |curve: &Curve| {
        format!(
            "{}: rheobase {} {}, chronaxie {} ms.",
            curve.actor.label,
            shown(curve.rheobase),
            curve.unit,
            shown(curve.chronaxie)
        )
    };
    format!("Strength-duration curves. {}", curves.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(curves: &[Curve]) -> Result<String, FigureError> {
    let rows = || curves.iter().flat_map(|curve| (0..curve.duration.len()).map(move |at| (curve, at)));
    let numbers = |of: &dyn Fn(&Curve) -> &Vec<f64>| -> Vec<f64> {
        rows().map(|(curve, at)| of(curve).get(at).copied().unwrap_or(f64::NAN)).collect()
    };
    let table = Table::new()
        .with_texts("side", rows().map(|(curve, _)| curve.actor.name.clone()).collect())?
        .with_numbers("duration_ms", numbers(&|curve| &curve.duration))?
        .with_numbers("threshold", numbers(&|curve| &curve.threshold))?
        .with_numbers("lapicque", numbers(&|curve| &curve.lapicque))?
        .with_numbers("weiss", numbers(&|curve| &curve.weiss))?;
    Ok(table.to_csv())
}
