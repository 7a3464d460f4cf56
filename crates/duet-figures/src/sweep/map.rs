//! Two fields: a map per side, the darker the more; fields drawn by chance together are dots.

use duet_record::format::number;

use super::{Course, NAME, Shown};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::FigureError;
use crate::escape::clean;
use crate::measure;
use crate::plot::{ABOVE, BELOW, Plot};
use crate::theme::Theme;

/// Room for the key beside a map.
const KEY: f64 = 90.0;
const SHADES: u32 = 40;

pub(super) fn draw(shown: &Shown, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
    // One scale for all sides: the same shade is the same number.
    let points = 0..shown.sweep.points.len();
    let all = shown.courses.iter().flat_map(|course| points.clone().filter_map(|point| course.value(point)));
    let scale = range(all).unwrap_or((0.0, 1.0));
    shown.courses.iter().map(|course| one(shown, course, scale, theme)).collect()
}

fn one(shown: &Shown, course: &Course, scale: (f64, f64), theme: &Theme) -> Result<Drawing, FigureError> {
    let several = shown.courses.len() > 1;
    let dots = shown.sweep.varied.iter().all(|varied| varied.random);
    let rows = levels(&shown.values(1)).len() as f64;
    let height = if dots { 320.0 } else { (rows * 40.0).clamp(160.0, 400.0) };
    let (x, y) = (shown.field(0), shown.field(1));
    let sheet = Sheet {
        name: if several { format!("{NAME}-{}", course.name) } else { NAME.to_owned() },
        title: format!("What do {x} and {y} do to {}? {}", shown.metric, course.label),
        note: format!("{}: {} points, each the mean over its seeds.", clean(&shown.sweep.title), shown.sweep.points.len()),
        caption: "One scenario run at every pair of values; the darker, the more, on one scale for all sides. A cross is a \
                  point that came to nothing: table.csv says why."
            .into(),
        alt: alt(shown, course),
    };
    sheet.draw(theme, ABOVE + height + BELOW, shown.csv(&[course])?, |canvas, top| {
        let title = |at: usize| clean(&shown.sweep.varied[at].title());
        let axis = |at: usize, wanted| {
            if !dots {
                return steps(title(at), &levels(&shown.values(at)));
            }
            let (low, high) = range(shown.values(at)).unwrap_or((0.0, 1.0));
            let pad = 0.03 * (high - low);
            Axis::linear(title(at), low - pad, high + pad, wanted)
        };
        let (x, y) = (axis(0, 8), axis(1, 5));
        let left =
            measure::widest(y.ticks.iter().map(|(_, label)| label.as_str()), theme.tick).max(30.0) + 12.0;
        let w = WIDTH - 2.0 * MARGIN - left - KEY;
        let plot = Plot::framed(theme, Area { x: MARGIN + left, y: top + ABOVE, w, h: height }, x, y);
        // Grid lines would shine through where the map is pale: the map lies over them.
        plot.axes(canvas);
        if dots {
            scatter(canvas, theme, &plot, shown, course, scale);
        } else {
            cells(canvas, theme, &plot, shown, course, scale);
        }
        canvas.frame(plot.area, Pen::new(theme.muted, 1.0));
        key(canvas, theme, plot.area, (&shown.unit, course), scale);
    })
}

/// The different values, ascending.
fn levels(values: &[f64]) -> Vec<f64> {
    let mut levels = values.to_vec();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    levels
}

/// An axis of equal steps, whatever lies between the values: every row and column of a map is equally readable.
fn steps(title: String, levels: &[f64]) -> Axis {
    let mut axis = Axis::linear(title, 0.0, levels.len() as f64, 2);
    axis.ticks = levels.iter().enumerate().map(|(at, level)| (at as f64 + 0.5, number(*level))).collect();
    axis
}

fn part((low, high): (f64, f64), value: f64) -> f64 {
    if high > low { (value - low) / (high - low) } else { 0.5 }
}

fn cells(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    plot: &Plot<'_>,
    shown: &Shown,
    course: &Course,
    scale: (f64, f64),
) {
    let (columns, rows) = (levels(&shown.values(0)), levels(&shown.values(1)));
    let place =
        |levels: &[f64], value: f64| levels.iter().position(|level| *level == value).unwrap_or(0) as f64;
    canvas.rect(plot.area, theme.paper);
    for (point, values) in shown.sweep.points.iter().enumerate() {
        let (column, row) = (place(&columns, values[0]), place(&rows, values[1]));
        let (left, right) = (plot.x(column), plot.x(column + 1.0));
        let (above, below) = (plot.y(row + 1.0), plot.y(row));
        let area = Area { x: left, y: above, w: right - left, h: below - above };
        let Some(value) = course.value(point) else {
            let pen = Pen::new(theme.muted, 1.4);
            let (x, y, arm) = (area.x + area.w / 2.0, area.y + area.h / 2.0, 5.0_f64.min(area.h / 3.0));
            canvas.line((x - arm, y - arm), (x + arm, y + arm), pen);
            canvas.line((x - arm, y + arm), (x + arm, y - arm), pen);
            continue;
        };
        let color = theme.sequential(course.color, part(scale, value));
        canvas.rect(area, color);
        let words = number(value);
        if measure::width(&words, theme.tick) + 8.0 <= area.w && theme.tick + 6.0 <= area.h {
            let at = (area.x + area.w / 2.0, area.y + area.h / 2.0 + 0.36 * theme.tick);
            canvas.text(at, &words, theme.tick, theme.on(color), Align::Center);
        }
    }
}

fn scatter(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    plot: &Plot<'_>,
    shown: &Shown,
    course: &Course,
    scale: (f64, f64),
) {
    for (point, values) in shown.sweep.points.iter().enumerate() {
        let (x, y) = (plot.x(values[0]), plot.y(values[1]));
        if let Some(value) = course.value(point) {
            canvas.disc((x, y), 6.0, theme.sequential(course.color, part(scale, value)), 1.0);
            canvas.ring((x, y), 6.0, Pen::new(theme.muted, 0.8));
        } else {
            let pen = Pen::new(theme.muted, 1.4);
            canvas.line((x - 4.0, y - 4.0), (x + 4.0, y + 4.0), pen);
            canvas.line((x - 4.0, y + 4.0), (x + 4.0, y - 4.0), pen);
        }
    }
}

/// From shade to number, beside the map.
fn key(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    area: Area,
    (unit, course): (&str, &Course),
    (low, high): (f64, f64),
) {
    let bar = Area { x: area.right() + 24.0, y: area.y, w: 14.0, h: area.h };
    if high > low {
        // Every shade reaches down to the end and is painted over by the next: no seams.
        for step in (1..=SHADES).rev() {
            let part = f64::from(step) / f64::from(SHADES);
            let shade =
                theme.sequential(course.color, (part * f64::from(SHADES) - 1.0) / f64::from(SHADES - 1));
            canvas.rect(Area { y: bar.bottom() - part * bar.h, h: part * bar.h, ..bar }, shade);
        }
    } else {
        canvas.rect(bar, theme.sequential(course.color, 0.5));
    }
    canvas.frame(bar, Pen::new(theme.muted, 1.0));
    let ticks = if high > low {
        let axis = Axis::linear("", low, high, 4);
        axis.ticks.iter().map(|(value, label)| (axis.place(*value), label.clone())).collect()
    } else {
        vec![(0.5, number(low))]
    };
    for (place, label) in &ticks {
        let y = bar.bottom() - place * bar.h;
        canvas.line((bar.right(), y), (bar.right() + 4.0, y), Pen::new(theme.muted, 1.0));
        canvas.text((bar.right() + 7.0, y + 0.36 * theme.tick), label, theme.tick, theme.muted, Align::Left);
    }
    // The metric's name stands in the title.
    let unit = measure::fit(unit, theme.label, KEY - 24.0);
    canvas.text((bar.x, bar.y - 10.0), &unit, theme.label, theme.ink, Align::Left);
}

fn alt(shown: &Shown, course: &Course) -> String {
    let known = (0..shown.sweep.points.len()).filter_map(|point| Some((point, course.value(point)?)));
    let words = |best: Option<(usize, f64)>| {
        best.map_or_else(String::new, |(point, value)| {
            let at = shown.sweep.points[point].iter().map(|x| number(*x)).collect::<Vec<_>>().join(", ");
            format!("{} at {at}", number(value))
        })
    };
    let by = |a: &(usize, f64), b: &(usize, f64)| a.1.total_cmp(&b.1);
    let (least, most) = (words(known.clone().min_by(by)), words(known.max_by(by)));
    let (x, y) = (shown.field(0), shown.field(1));
    format!("{} of {} over {x} and {y}: least {least}, most {most}.", shown.title, course.label)
}
