//! What single inputs do to their target.

use duet_record::format::number;
use duet_record::{Physics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::clean;
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// What every input does alone and all do together, and how that depends on where the target stands.
    ///
    /// # Behaviour
    /// One row per side. Artificial: what an input adds to the drive, over the drive at which it comes. Biological: the course of the
    /// free membrane (thick: all inputs together; grey: the sum of what each does alone), and the peak of the synaptic current
    /// over the potential at which the membrane is held. Where inputs fire in a train, the share of its weight that each spike passes on
    /// takes the second panel. Needs a run of `protocol.psp`.
    pub default struct Psp {}
}

const NAME: &str = "psp";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const ROW: f64 = 250.0;
/// Strokes that tell inputs apart, in print too: dash and gap, none for a solid line.
const STROKES: [Option<(f64, f64)>; 4] = [None, Some((8.0, 4.0)), Some((2.0, 3.0)), Some((12.0, 3.0))];

/// A named curve.
struct Curve {
    name: String,
    points: Vec<(f64, f64)>,
}

/// One side and what was measured of it.
struct Row<'c> {
    actor: &'c Actor,
    held: Vec<Curve>,
    course: Vec<Curve>,
    released: Vec<Curve>,
    /// The unit of the current.
    unit: String,
}

impl Draw for Psp {
    const NEEDS: &[Needs] = &[Needs::Psp];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        let mut rows = Vec::new();
        for actor in &cast {
            let table = |name: &str| run.trace(&actor.name, name, &["input"]);
            let held = curves(&table("held").needed(NAME, "traces/SIDE/held.csv")?, "held", "response")?;
            let released =
                curves(&table("released").needed(NAME, "traces/SIDE/released.csv")?, "spike", "released")?;
            let course = match actor.physics {
                Some(Physics::Biological) => {
                    curves(&table("psp").needed(NAME, "traces/SIDE/psp.csv")?, "time", "deflection")?
                }
                _ => Vec::new(),
            };
            let measured = metrics.sides.get(&actor.name).into_iter().flatten();
            let current = measured
                .filter(|(path, _)| path.contains(".psc["))
                .map(|(_, metric)| metric.unit.clone())
                .next();
            rows.push(Row { actor, held, course, released, unit: current.unwrap_or_else(|| "pA".into()) });
        }
        let inputs: Vec<String> =
            rows.first().map_or(Vec::new(), |row| row.held.iter().map(|c| c.name.clone()).collect());
        (!inputs.is_empty()).then_some(()).needed(NAME, "traces/SIDE/held.csv")?;
        let train = rows.iter().flat_map(|row| &row.released).any(|curve| curve.points.len() > 1);
        if train {
            // The course of a train is read spike by spike, of one input at a time.
            let alone = |curve: &Curve| !matches!(curve.name.as_str(), "together" | "sum");
            rows.iter_mut().for_each(|row| row.course.retain(alone));
        }
        let entries = key(theme, &inputs, !train && rows.iter().any(|row| !row.course.is_empty()));
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let title = if train {
            "What does each spike of a train pass on?"
        } else {
            "What does one input do to its target?"
        };
        let sheet = Sheet {
            name: NAME.into(),
            title: title.into(),
            note: if train {
                "Every input alone, spike after spike; a biological side's membrane is free."
            } else {
                "Every input alone and all at once; biological sides free, and held at a potential."
            }
            .into(),
            caption: "A weight adds the same wherever the unit stands. Open channels drive the membrane towards their reversal \
                      potential: the current shrinks and turns there, and inputs together do less than the sum of them."
                .into(),
            alt: alt(&rows),
        };
        let csv = csv(&rows)?;
        let drawing = sheet.draw(theme, above + rows.len() as f64 * ROW, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            for (at, row) in rows.iter().enumerate() {
                let y = top + above + at as f64 * ROW;
                row.draw(canvas, theme, y, train);
            }
        })?;
        Ok(vec![drawing])
    }
}

impl Row<'_> {
    fn draw(&self, canvas: &mut Canvas<'_>, theme: &Theme, y: f64, train: bool) {
        let label = &self.actor.label;
        let free = !self.course.is_empty();
        let panels = usize::from(free) + usize::from(!train || !free) + usize::from(train);
        let pitch = FULL / panels as f64;
        let mut places =
            (0..panels).map(|at| Area { x: MARGIN + at as f64 * pitch, y, w: pitch - 14.0, h: ROW - 6.0 });
        let mut panel = |curves: &[Curve], x: &str, y: String, dots: bool| {
            if let Some(area) = places.next() {
                self.panel(canvas, theme, area, curves, (x, y), dots);
            }
        };
        if free {
            panel(
                &self.course,
                "time after the first spike (ms)",
                format!("{label}: potential (mV from rest)"),
                false,
            );
        }
        if !train && free {
            panel(
                &self.held,
                "membrane held at (mV)",
                format!("peak synaptic current ({})", self.unit),
                true,
            );
        }
        if !free {
            panel(
                &self.held,
                "drive of the unit when the input comes",
                format!("{label}: change of the drive"),
                true,
            );
        }
        if train {
            panel(&self.released, "spike of the train", "share of the weight passed on".into(), true);
        }
    }

    fn panel(
        &self,
        canvas: &mut Canvas<'_>,
        theme: &Theme,
        area: Area,
        curves: &[Curve],
        (x_title, y_title): (&str, String),
        dots: bool,
    ) {
        let all = || curves.iter().flat_map(|curve| curve.points.iter().copied());
        let (left, right) = range(all().map(|point| point.0)).unwrap_or((0.0, 1.0));
        // A course ends a step before a whole millisecond.
        let right = if dots { right } else { right.ceil() };
        let (low, high) = range(all().map(|point| point.1).chain([0.0])).unwrap_or((0.0, 1.0));
        // A line at the lowest tick would lie on the axis.
        let low = if low < 0.0 { low - 0.02 * (high - low) } else { low };
        let wanted = if area.w > 500.0 { 8 } else { 5 };
        let plot = Plot::inside(
            theme,
            area,
            Axis::linear(x_title, left, right, wanted),
            Axis::nice(y_title, low, high, 5),
        );
        plot.axes(canvas);
        for at in [plot.y.holds(0.0).then(|| plot.y(0.0))].into_iter().flatten() {
            canvas.line((plot.area.x, at), (plot.area.right(), at), Pen::new(theme.muted, 0.8));
        }
        for (curve, pen) in curves.iter().zip(self.pens(theme, curves)) {
            let points: Vec<(f64, f64)> = curve.points.iter().map(|&(x, y)| (plot.x(x), plot.y(y))).collect();
            canvas.polyline(&points, pen);
            if dots && points.len() <= 60 {
                points.iter().for_each(|&point| canvas.disc(point, 2.0, pen.color, 1.0));
            }
        }
    }

    /// Inputs in the side's colour, each with a stroke of its own; all together thick, the sum in grey.
    fn pens(&self, theme: &Theme, curves: &[Curve]) -> Vec<Pen> {
        let mut inputs = 0;
        let mut pen = |curve: &Curve| match curve.name.as_str() {
            "together" => Pen::new(theme.ink, 2.4),
            "sum" => Pen::new(theme.muted, 1.6).dashed(4.0, 3.0),
            _ => {
                inputs += 1;
                stroke(Pen::new(self.actor.color, 1.8), inputs - 1)
            }
        };
        curves.iter().map(&mut pen).collect()
    }
}

fn stroke(pen: Pen, input: usize) -> Pen {
    STROKES[input % STROKES.len()].map_or(pen, |(dash, gap)| pen.dashed(dash, gap))
}

/// The curves of a table, in its order.
fn curves(table: &Table, x: &str, y: &str) -> Result<Vec<Curve>, FigureError> {
    let (names, x, y) = (table.texts("input")?, table.numbers(x)?, table.numbers(y)?);
    let mut curves: Vec<Curve> = Vec::new();
    for ((name, &x), &y) in names.iter().zip(x).zip(y) {
        if curves.last().is_none_or(|curve| curve.name != *name) {
            curves.push(Curve { name: name.clone(), points: Vec::new() });
        }
        if let Some(curve) = curves.last_mut().filter(|_| x.is_finite() && y.is_finite()) {
            curve.points.push((x, y));
        }
    }
    Ok(curves)
}

fn key(theme: &Theme, inputs: &[String], free: bool) -> Vec<(Swatch, String)> {
    let named =
        |(at, name): (usize, &String)| (Swatch::Line(stroke(Pen::new(theme.muted, 2.0), at)), clean(name));
    let mut entries: Vec<(Swatch, String)> = inputs.iter().enumerate().map(named).collect();
    if free && inputs.len() > 1 {
        entries.push((Swatch::Line(Pen::new(theme.ink, 2.4)), "all at once".to_owned()));
        let sum = Pen::new(theme.muted, 1.6).dashed(4.0, 3.0);
        entries.push((Swatch::Line(sum), "sum of what each does alone".to_owned()));
    }
    entries
}

fn alt(rows: &[Row<'_>]) -> String {
    let one = |row: &Row<'_>| {
        let of = |curve: &Curve| {
            let (low, high) = range(curve.points.iter().map(|point| point.1)).unwrap_or((f64::NAN, f64::NAN));
            format!("{} from {} to {}", clean(&curve.name), number(low), number(high))
        };
        let held: Vec<String> = row.held.iter().map(of).collect();
        format!("{}: {}.", row.actor.label, held.join(", "))
    };
    format!(
        "What inputs do over the state of their target. {}",
        rows.iter().map(one).collect::<Vec<_>>().join(" ")
    )
}

fn csv(rows: &[Row<'_>]) -> Result<String, FigureError> {
    let (mut sides, mut panels, mut names, mut xs, mut ys) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        for (panel, curves) in [("potential", &row.course), ("held", &row.held), ("released", &row.released)]
        {
            for curve in curves {
                for &(x, y) in &curve.points {
                    sides.push(row.actor.name.clone());
                    panels.push(panel.to_owned());
                    names.push(curve.name.clone());
                    xs.push(x);
                    ys.push(y);
                }
            }
        }
    }
    let table = Table::new()
        .with_texts("side", sides)?
        .with_texts("panel", panels)?
        .with_texts("input", names)?
        .with_numbers("x", xs)?
        .with_numbers("y", ys)?;
    Ok(table.to_csv())
}
