//! One field: a line per side, with intervals.

use duet_record::format::number;

use super::{Course, NAME, Shown};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::FigureError;
use crate::escape::clean;
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::Theme;

const FULL: f64 = WIDTH - 2.0 * MARGIN;
const HEIGHT: f64 = 340.0;
/// Between the bars of two sides at one point.
const APART: f64 = 5.0;

pub(super) fn draw(shown: &Shown, theme: &Theme) -> Result<Drawing, FigureError> {
    let values = shown.values(0);
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let lost: Vec<f64> =
        order.iter().filter(|&&point| is_lost(shown, point)).map(|&point| values[point]).collect();
    let mut entries: Vec<(Swatch, String)> = shown
        .courses
        .iter()
        .map(|course| (Swatch::LineMarker(Pen::new(course.color, 1.8), course.marker), course.label.clone()))
        .collect();
    if !lost.is_empty() {
        entries.push((Swatch::Ring(theme.ink), "came to nothing (table.csv says why)".into()));
    }
    let above = legend::height(theme, FULL, &entries) + 4.0;
    let has_bars = shown.courses.iter().any(|course| order.iter().any(|&point| course.ci95(point).is_some()));
    let bars = if has_bars { "; bars are 95 % intervals" } else { "" };
    let field = shown.field(0);
    let sheet = Sheet {
        name: NAME.into(),
        title: format!("What does {field} do to {}?", shown.metric),
        note: format!(
            "{}: {} points, each the mean over its seeds{bars}.",
            clean(&shown.sweep.title),
            values.len()
        ),
        caption: "One scenario run at every value of one field; everything else is the same.".into(),
        alt: alt(shown, &order, &values),
    };
    let csv = shown.csv(&shown.courses.iter().collect::<Vec<_>>())?;
    sheet.draw(theme, above + HEIGHT, csv, |canvas, top| {
        legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
        let plot = plot(shown, theme, &values, Area { x: MARGIN, y: top + above, w: FULL, h: HEIGHT });
        plot.axes(canvas);
        let sides = shown.courses.len();
        for (at, course) in shown.courses.iter().enumerate() {
            // Side by side, so that no bar hides another.
            let shift = if has_bars { APART * (at as f64 - (sides - 1) as f64 / 2.0) } else { 0.0 };
            line(canvas, &plot, course, (&order, &values), (theme.nested(at, sides), shift));
        }
        for x in &lost {
            canvas.ring((plot.x(*x), plot.area.y + 8.0), 4.0, Pen::new(theme.ink, 1.5));
        }
    })
}

/// Whether no side has a number at a point.
fn is_lost(shown: &Shown, point: usize) -> bool {
    shown.courses.iter().all(|course| course.value(point).is_none())
}

fn plot<'t>(shown: &Shown, theme: &'t Theme, values: &[f64], outer: Area) -> Plot<'t> {
    let varied = &shown.sweep.varied[0];
    let (from, to) = range(values.iter().copied()).unwrap_or((0.0, 1.0));
    let title = clean(&varied.title());
    let pad = 0.02 * (to - from);
    let x = match (varied.log && from > 0.0, varied.whole) {
        (true, _) => Axis::log(title, from, to),
        (false, true) => Axis::whole(title, from - pad, to + pad, 8),
        (false, false) => Axis::linear(title, from - pad, to + pad, 8),
    };
    let reached = shown.courses.iter().flat_map(|course| {
        let point = |point| {
            [course.value(point), course.ci95(point).map(|ci| ci[0]), course.ci95(point).map(|ci| ci[1])]
        };
        (0..values.len()).flat_map(point).flatten()
    });
    let (low, high) = range(reached).unwrap_or((0.0, 1.0));
    Plot::inside(theme, outer, x, Axis::nice(shown.title.clone(), low, high, 6))
}

fn line(
    canvas: &mut Canvas<'_>,
    plot: &Plot<'_>,
    course: &Course,
    (order, values): (&[usize], &[f64]),
    (radius, shift): (f64, f64),
) {
    // A point that came to nothing breaks the line: nothing is known there.
    let place = |&point: &usize| Some((plot.x(values[point]) + shift, plot.y(course.value(point)?)));
    for &point in order {
        if let Some([low, high]) = course.ci95(point) {
            let x = plot.x(values[point]) + shift;
            let pen = Pen::new(course.color, 1.4);
            canvas.line((x, plot.y(low)), (x, plot.y(high)), pen);
            for y in [plot.y(low), plot.y(high)] {
                canvas.line((x - 3.0, y), (x + 3.0, y), pen);
            }
        }
    }
    for known in order.split(|point| course.value(*point).is_none()) {
        let points: Vec<(f64, f64)> = known.iter().filter_map(place).collect();
        canvas.polyline(&points, Pen::new(course.color, 1.8));
    }
    for point in order.iter().filter_map(place) {
        canvas.marker(point, radius + 0.6, course.marker, course.color);
    }
}

fn alt(shown: &Shown, order: &[usize], values: &[f64]) -> String {
    let told = shown.courses.iter().map(|course| {
        let known: Vec<usize> =
            order.iter().copied().filter(|&point| course.value(point).is_some()).collect();
        let at = |point: Option<&usize>| {
            let point = point.copied().unwrap_or(0);
            let value = course.value(point).unwrap_or(f64::NAN);
            format!("{} at {}", number(value), number(values[point]))
        };
        format!("{}: from {} to {}", course.label, at(known.first()), at(known.last()))
    });
    format!("{} over {}. {}.", shown.title, shown.field(0), told.collect::<Vec<_>>().join("; "))
}
