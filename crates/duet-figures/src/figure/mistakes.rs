//! A line that moves after every mistake, and the mistakes of every epoch.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// The line that every side draws between two classes, after each mistake; and its mistakes, epoch by epoch.
    ///
    /// # Behaviour
    /// One square per side with the training points (filled: class 1, hollow: class 0). Lines grow from pale to strong in
    /// the order in which they were drawn; the last one is thick. Below, mistakes per epoch; a side that has come to an end
    /// stops at zero. First seed. Needs a run of `protocol.count_mistakes`.
    pub default struct Mistakes {}
}

const NAME: &str = "mistakes";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const HEAD: f64 = 26.0;
const CURVES: f64 = 230.0;
/// Of more lines than this only some are drawn, evenly spread.
const MOST_LINES: usize = 60;

struct Learned<'c> {
    actor: &'c Actor,
    points: Vec<(f64, f64, bool)>,
    lines: Vec<[f64; 3]>,
    mistakes: Vec<f64>,
}

impl Draw for Mistakes {
    const NEEDS: &[Needs] = &[Needs::Mistakes];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let sides = cast.iter().map(|actor| read(run, actor)).collect::<Result<Vec<_>, _>>()?;
        (!sides.is_empty()).then_some(()).needed(NAME, "traces/SIDE/lines.csv")?;
        let columns = sides.len().clamp(1, 3);
        let pitch = FULL / columns as f64;
        let square = (pitch - 16.0).min(330.0);
        let rows = sides.len().div_ceil(columns) as f64;
        let entries: Vec<(Swatch, String)> = sides
            .iter()
            .map(|side| {
                (
                    Swatch::LineMarker(Pen::new(side.actor.color, 2.0), side.actor.marker),
                    side.actor.label.clone(),
                )
            })
            .collect();
        let key = legend::height(theme, FULL, &entries) + 6.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "How does the line move, and when does it stop?".into(),
            note: "First seed. First input across, second up, from 0 to 1. Pale lines are early, the thick one is the last.".into(),
            caption: "The perceptron moves its line after a mistake and only then; the gradient moves it after every example, \
                      and the lines shown are those after its mistakes."
                .into(),
            alt: alt(&sides),
        };
        let csv = csv(&sides)?;
        let drawing =
            sheet.draw(theme, rows * (square + HEAD + 8.0) + key + CURVES, csv, |canvas, top| {
                for (at, side) in sides.iter().enumerate() {
                    let x = MARGIN + (at % columns) as f64 * pitch;
                    let y = top + (at / columns) as f64 * (square + HEAD + 8.0);
                    let words =
                        format!("{}: {} mistakes", side.actor.label, number(side.mistakes.iter().sum()));
                    canvas.text(
                        (x, y + 14.0),
                        &measure::fit(&words, theme.label, pitch - 12.0),
                        theme.label,
                        theme.ink,
                        Align::Left,
                    );
                    plane(canvas, theme, Area { x, y: y + HEAD, w: square, h: square }, side);
                }
                let below = top + rows * (square + HEAD + 8.0) + 4.0;
                legend(canvas, theme, (MARGIN, below), FULL, &entries);
                curves(canvas, theme, Area { x: MARGIN, y: below + key, w: FULL, h: CURVES - 8.0 }, &sides);
            })?;
        Ok(vec![drawing])
    }
}

fn read<'c>(run: &Run, actor: &'c Actor) -> Result<Learned<'c>, FigureError> {
    let table = |name: &str, file: &str| run.trace(&actor.name, name, &[]).needed(NAME, file);
    let points = table("points", "traces/SIDE/points.csv")?;
    let lines = table("lines", "traces/SIDE/lines.csv")?;
    let mistakes = table(NAME, "traces/SIDE/mistakes.csv")?;
    let (x1, x2, class) = (points.numbers("x1")?, points.numbers("x2")?, points.numbers("class")?);
    let (w1, w2, bias) = (lines.numbers("w1")?, lines.numbers("w2")?, lines.numbers("bias")?);
    Ok(Learned {
        actor,
        points: (0..points.rows()).map(|at| (x1[at], x2[at], class[at] > 0.5)).collect(),
        lines: (0..lines.rows()).map(|at| [w1[at], w2[at], bias[at]]).collect(),
        mistakes: mistakes.numbers("mistakes")?.to_vec(),
    })
}

fn plane(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, side: &Learned<'_>) {
    canvas.rect(area, theme.wash);
    let place = |x: f64, y: f64| (area.x + x * area.w, area.bottom() - y * area.h);
    let count = side.lines.len();
    let shown = count.min(MOST_LINES);
    for k in 0..shown {
        let at = if shown > 1 { k * (count - 1) / (shown - 1) } else { 0 };
        let last = at + 1 == count;
        let age = (at + 1) as f64 / count as f64;
        let pen = if last {
            Pen::new(side.actor.color, 3.0)
        } else {
            Pen::new(side.actor.color, 1.1).alpha(0.12 + 0.5 * age)
        };
        if let Some((from, to)) = across(side.lines[at]) {
            canvas.line(place(from.0, from.1), place(to.0, to.1), pen);
        }
    }
    for &(x, y, one) in &side.points {
        let at = place(x, y);
        canvas.disc(at, 3.6, theme.ink, 1.0);
        if !one {
            canvas.disc(at, 2.4, theme.paper, 1.0);
        }
    }
    canvas.frame(area, Pen::new(theme.grid, 1.0));
}

/// Where the line `w1 x + w2 y + b = 0` enters and leaves the unit square.
fn across([w1, w2, b]: [f64; 3]) -> Option<((f64, f64), (f64, f64))> {
    let inside = |t: f64| (-1e-9..=1.0 + 1e-9).contains(&t);
    let mut ends: Vec<(f64, f64)> = Vec::new();
    for edge in [0.0, 1.0] {
        if w2 != 0.0 {
            ends.push((edge, -(b + w1 * edge) / w2));
        }
        if w1 != 0.0 {
            ends.push((-(b + w2 * edge) / w1, edge));
        }
    }
    ends.retain(|end| inside(end.0) && inside(end.1));
    let first = *ends.first()?;
    let far = |end: &(f64, f64)| (end.0 - first.0).abs() + (end.1 - first.1).abs();
    let last = ends.iter().copied().max_by(|a, b| far(a).total_cmp(&far(b)))?;
    (far(&last) > 1e-9).then_some((first, last))
}

fn curves(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, sides: &[Learned<'_>]) {
    let epochs = sides.iter().map(|side| side.mistakes.len()).max().unwrap_or(1);
    let (_, most) = range(sides.iter().flat_map(|side| side.mistakes.iter().copied())).unwrap_or((0.0, 1.0));
    let x = Axis::whole("Epoch", 1.0, epochs.max(2) as f64, 8);
    let plot = Plot::inside(theme, area, x, Axis::nice("Mistakes in the epoch", 0.0, most.max(1.0), 4));
    plot.axes(canvas);
    for side in sides {
        let line: Vec<(f64, f64)> =
            side.mistakes.iter().enumerate().map(|(at, &n)| (plot.x((at + 1) as f64), plot.y(n))).collect();
        canvas.polyline(&line, Pen::new(side.actor.color, 1.8));
        let stride = line.len().div_ceil(12).max(1);
        for &at in line.iter().rev().step_by(stride) {
            canvas.marker(at, 3.4, side.actor.marker, side.actor.color);
        }
    }
}

fn alt(sides: &[Learned<'_>]) -> String {
    let one = |side: &Learned<'_>| {
        format!(
            "{}: {} mistakes in {} epochs.",
            side.actor.label,
            number(side.mistakes.iter().sum()),
            side.mistakes.len()
        )
    };
    format!("Lines between two classes. {}", sides.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(sides: &[Learned<'_>]) -> Result<String, FigureError> {
    let all = || sides.iter().flat_map(|side| side.mistakes.iter().enumerate().map(move |row| (side, row)));
    let table = Table::new()
        .with_texts("side", all().map(|(side, _)| side.actor.name.clone()).collect())?
        .with_numbers("epoch", all().map(|(_, (at, _))| (at + 1) as f64).collect())?
        .with_numbers("mistakes", all().map(|(_, (_, &n))| n).collect())?;
    Ok(table.to_csv())
}

#[cfg(test)]
mod tests {
    use super::across;

    #[test]
    fn a_line_crosses_the_square_where_it_should() {
        assert_eq!(across([1.0, 0.0, -0.5]), Some(((0.5, 0.0), (0.5, 1.0))));
        assert_eq!(across([1.0, 1.0, -1.0]), Some(((0.0, 1.0), (1.0, 0.0))));
        assert_eq!(across([1.0, 1.0, 5.0]), None);
        assert_eq!(across([0.0, 0.0, 0.0]), None);
    }
}
