//! Paths of optimizers down a bowl, and how fast they lose height.

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
    /// The way of every optimizer down the same bowl, and the loss along it.
    ///
    /// # Behaviour
    /// One small map per side: lines of equal loss around the minimum (a cross), and the path from the ring to the
    /// filled marker. Below, the loss of all sides against the step, on a logarithmic axis: a straight line is a loss
    /// that shrinks by the same share at every step. A path that leaves the map goes on outside it. Needs a run of
    /// `protocol.descend`.
    pub default struct Descent {}
}

const NAME: &str = "descent";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const MAP: f64 = 172.0;
const HEAD: f64 = 24.0;
const CURVES: f64 = 280.0;

/// A side's path.
struct Walk<'c> {
    actor: &'c Actor,
    w1: Vec<f64>,
    w2: Vec<f64>,
    loss: Vec<f64>,
}

struct Bowl {
    flat: f64,
    steep: f64,
    turned: f64,
}

impl Draw for Descent {
    const NEEDS: &[Needs] = &[Needs::Path];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let table = run.bowl().needed(NAME, "traces/bowl.csv")?;
        let read =
            |name: &str| table.numbers(name).ok().and_then(|cells| cells.first().copied()).unwrap_or(1.0);
        let bowl = Bowl { flat: read("flat"), steep: read("steep"), turned: read("turned") };
        let cast = cast(run, theme)?;
        let mut walks = Vec::new();
        for actor in &cast {
            let table = run.trace(&actor.name, "path", &[]).needed(NAME, "traces/SIDE/path.csv")?;
            let column = |name: &str| table.numbers(name).map(<[f64]>::to_vec);
            (table.rows() > 0).then_some(()).needed(NAME, "a step in traces/SIDE/path.csv")?;
            walks.push(Walk { actor, w1: column("w1")?, w2: column("w2")?, loss: column("loss")? });
        }
        (!walks.is_empty()).then_some(()).needed(NAME, "traces/SIDE/path.csv")?;
        let entries: Vec<(Swatch, String)> = walks
            .iter()
            .map(|walk| {
                (
                    Swatch::LineMarker(Pen::new(walk.actor.color, 2.0), walk.actor.marker),
                    walk.actor.label.clone(),
                )
            })
            .collect();
        let columns = walks.len().clamp(1, 4);
        let rows = walks.len().div_ceil(columns) as f64;
        let key = legend::height(theme, FULL, &entries) + 6.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "Which way down, and how fast?".into(),
            note: format!(
                "Curvature {} along the valley, {} across it. Lines of equal loss; × is the minimum, the ring the start.",
                number(bowl.flat),
                number(bowl.steep)
            ),
            caption: "All sides start at the same place. First seed.".into(),
            alt: alt(&walks),
        };
        let csv = csv(&walks)?;
        let drawing = sheet.draw(theme, rows * (MAP + HEAD) + key + CURVES, csv, |canvas, top| {
            let span = span(&walks);
            let pitch = FULL / columns as f64;
            for (at, walk) in walks.iter().enumerate() {
                let x = MARGIN + (at % columns) as f64 * pitch;
                let y = top + (at / columns) as f64 * (MAP + HEAD);
                let room = pitch - 12.0;
                let heading = measure::fit(&walk.actor.label, theme.label, room);
                canvas.text((x, y + 12.0), &heading, theme.label, theme.ink, Align::Left);
                map(canvas, theme, Area { x, y: y + 18.0, w: room, h: MAP - 4.0 }, &bowl, walk, span);
            }
            let below = top + rows * (MAP + HEAD) + 4.0;
            legend(canvas, theme, (MARGIN, below), FULL, &entries);
            curves(canvas, theme, Area { x: MARGIN, y: below + key, w: FULL, h: CURVES - 8.0 }, &walks);
        })?;
        Ok(vec![drawing])
    }
}

/// Half the width of a map: every path that stays near is seen whole.
fn span(walks: &[Walk<'_>]) -> f64 {
    let start = walks.first().map_or(1.0, |walk| walk.w1[0].abs().max(walk.w2[0].abs()));
    if start > 0.0 { 1.25 * start } else { 1.0 }
}

fn map(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, bowl: &Bowl, walk: &Walk<'_>, span: f64) {
    canvas.rect(area, theme.wash);
    // Equal scales on both axes: the ellipses keep their shape.
    let scale = area.w.max(area.h) / (2.0 * span);
    let (cx, cy) = (area.x + area.w / 2.0, area.y + area.h / 2.0);
    let place = |w1: f64, w2: f64| (cx + w1 * scale, cy - w2 * scale);
    let angle = bowl.turned.to_radians();
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    let far = area.w.max(area.h) / scale;
    for level in 1..=9 {
        // Heights grow with the square, so that lines are evenly spaced along an axis.
        let reach = far * f64::from(level) / 9.0;
        let (along, across) = (reach, reach * (bowl.flat / bowl.steep).sqrt());
        let ring: Vec<(f64, f64)> = (0..=96)
            .map(|k| {
                let t = f64::from(k) * core::f64::consts::TAU / 96.0;
                let (u, v) = (along * libm::cos(t), across * libm::sin(t));
                place(cos * u - sin * v, sin * u + cos * v)
            })
            .collect();
        clipped(canvas, area, &ring, Pen::new(theme.muted, 0.7).alpha(0.55));
    }
    let path: Vec<(f64, f64)> = walk.w1.iter().zip(&walk.w2).map(|(&a, &b)| place(a, b)).collect();
    clipped(canvas, area, &path, Pen::new(walk.actor.color, 1.6));
    let inside =
        |at: (f64, f64)| (area.x..=area.right()).contains(&at.0) && (area.y..=area.bottom()).contains(&at.1);
    for &at in path.iter().filter(|&&at| inside(at)) {
        canvas.disc(at, 1.7, walk.actor.color, 1.0);
    }
    for (dx, dy) in [(1.0, 1.0), (1.0, -1.0)] {
        let arm = 4.0;
        canvas.line((cx - arm * dx, cy - arm * dy), (cx + arm * dx, cy + arm * dy), Pen::new(theme.ink, 1.4));
    }
    if let (Some(&first), Some(&last)) = (path.first(), path.last()) {
        canvas.ring(first, 4.5, Pen::new(theme.ink, 1.4));
        if inside(last) {
            canvas.marker(last, 4.0, walk.actor.marker, walk.actor.color);
        }
    }
    canvas.frame(area, Pen::new(theme.grid, 1.0));
}

/// Draws what of a line lies inside an area.
fn clipped(canvas: &mut Canvas<'_>, area: Area, line: &[(f64, f64)], pen: Pen) {
    for pair in line.windows(2) {
        if let Some((from, to)) = cut(area, pair[0], pair[1]) {
            canvas.line(from, to, pen);
        }
    }
}

/// The part of a segment inside an area (Liang and Barsky 1984).
fn cut(area: Area, from: (f64, f64), to: (f64, f64)) -> Option<((f64, f64), (f64, f64))> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    let edges = [
        (-dx, from.0 - area.x),
        (dx, area.right() - from.0),
        (-dy, from.1 - area.y),
        (dy, area.bottom() - from.1),
    ];
    for (toward, room) in edges {
        if toward == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if toward < 0.0 {
            enter = enter.max(room / toward);
        } else {
            leave = leave.min(room / toward);
        }
    }
    (enter <= leave).then(|| {
        let at = |t: f64| (from.0 + t * dx, from.1 + t * dy);
        (at(enter), at(leave))
    })
}

fn curves(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, walks: &[Walk<'_>]) {
    let start = walks.first().map_or(1.0, |walk| walk.loss[0]);
    let (low, high) =
        range(walks.iter().flat_map(|walk| walk.loss.iter().copied())).unwrap_or((start, start));
    // Beyond these nothing is to be seen: the bottom is reached, or the path is lost.
    let (low, high) = (low.max(1e-8 * start), high.min(1e3 * start));
    let steps = walks.iter().map(|walk| walk.loss.len()).max().unwrap_or(1);
    let x = Axis::whole("Step", 0.0, (steps - 1) as f64, 8);
    let plot = Plot::inside(theme, area, x, Axis::log("Loss", low, high));
    plot.axes(canvas);
    for walk in walks {
        let seen = walk.loss.iter().take_while(|&&loss| loss <= high && loss >= low);
        let line: Vec<(f64, f64)> =
            seen.enumerate().map(|(step, &loss)| (plot.x(step as f64), plot.y(loss))).collect();
        canvas.polyline(&line, Pen::new(walk.actor.color, 1.8));
        let stride = line.len().div_ceil(7).max(1);
        for &at in line.iter().rev().step_by(stride) {
            canvas.marker(at, 3.4, walk.actor.marker, walk.actor.color);
        }
    }
}

fn alt(walks: &[Walk<'_>]) -> String {
    let one = |walk: &Walk<'_>| {
        let (first, last) = (walk.loss.first().copied(), walk.loss.last().copied());
        format!(
            "{}: loss {} at the start, {} after {} steps.",
            walk.actor.label,
            number(first.unwrap_or(f64::NAN)),
            number(last.unwrap_or(f64::NAN)),
            walk.loss.len().saturating_sub(1)
        )
    };
    format!("Paths down a bowl. {}", walks.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(walks: &[Walk<'_>]) -> Result<String, FigureError> {
    let all = |read: &dyn Fn(&Walk<'_>) -> Vec<f64>| walks.iter().flat_map(read).collect::<Vec<f64>>();
    let table = Table::new()
        .with_texts(
            "side",
            walks.iter().flat_map(|walk| walk.loss.iter().map(|_| walk.actor.name.clone())).collect(),
        )?
        .with_numbers("step", all(&|walk| (0..walk.loss.len()).map(|step| step as f64).collect()))?
        .with_numbers("w1", all(&|walk| walk.w1.clone()))?
        .with_numbers("w2", all(&|walk| walk.w2.clone()))?
        .with_numbers("loss", all(&|walk| walk.loss.clone()))?;
    Ok(table.to_csv())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_the_edge() {
        let area = Area { x: 0.0, y: 0.0, w: 10.0, h: 10.0 };
        assert_eq!(cut(area, (-5.0, 5.0), (5.0, 5.0)), Some(((0.0, 5.0), (5.0, 5.0))));
        assert_eq!(cut(area, (5.0, 5.0), (5.0, 25.0)), Some(((5.0, 5.0), (5.0, 10.0))));
        assert_eq!(cut(area, (-5.0, -5.0), (-1.0, 20.0)), None);
        assert_eq!(cut(area, (2.0, 3.0), (4.0, 5.0)), Some(((2.0, 3.0), (4.0, 5.0))));
    }
}
