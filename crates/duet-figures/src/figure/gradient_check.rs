//! Backpropagation's gradient beside differences, and how the differences err.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;
use indexmap::IndexMap;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// Gradients against central differences, weight by weight, and the error over the width of the difference.
    ///
    /// # Behaviour
    /// At the left every checked weight is a dot: what backpropagation says across, what the difference says up; a right
    /// gradient puts all dots on the diagonal. At the right the error of every projection against h, both logarithmic: it
    /// falls with h squared (the thin line) and rises again when rounding takes over. Needs a run of
    /// `protocol.gradient_check`.
    pub default struct GradientCheck {}
}

const NAME: &str = "gradient_check";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const BODY: f64 = 350.0;

struct Checked<'c> {
    actor: &'c Actor,
    given: Vec<f64>,
    numerical: Vec<f64>,
    /// (h, error) of every projection.
    errors: IndexMap<String, Vec<(f64, f64)>>,
}

impl Draw for GradientCheck {
    const NEEDS: &[Needs] = &[Needs::Slopes];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let mut sides = Vec::new();
        for actor in &cast {
            let slopes =
                run.trace(&actor.name, "slopes", &["projection"]).needed(NAME, "traces/SIDE/slopes.csv")?;
            let table =
                run.trace(&actor.name, "errors", &["projection"]).needed(NAME, "traces/SIDE/errors.csv")?;
            let mut errors: IndexMap<String, Vec<(f64, f64)>> = IndexMap::new();
            let rows = table.numbers("h")?.iter().zip(table.numbers("error")?);
            for (name, (&h, &error)) in table.texts("projection")?.iter().zip(rows) {
                errors.entry(name.clone()).or_default().push((h, error));
            }
            let column = |name: &str| slopes.numbers(name).map(<[f64]>::to_vec);
            sides.push(Checked { actor, given: column("given")?, numerical: column("numerical")?, errors });
        }
        (!sides.is_empty()).then_some(()).needed(NAME, "traces/SIDE/slopes.csv")?;
        let mut entries: Vec<(Swatch, String)> = sides
            .iter()
            .map(|side| {
                (
                    Swatch::LineMarker(Pen::new(side.actor.color, 1.5), side.actor.marker),
                    side.actor.label.clone(),
                )
            })
            .collect();
        entries.push((Swatch::Line(Pen::new(theme.ink, 1.0).dashed(3.0, 3.0)), "equal; error ∝ h²".into()));
        let key = legend::height(theme, FULL, &entries) + 4.0;
        let checked: usize = sides.iter().map(|side| side.given.len()).sum();
        let sheet = Sheet {
            name: NAME.into(),
            title: "Does the gradient agree with the slope of the loss?".into(),
            note: format!("{} weights and biases checked. One line per projection at the right.", number(checked as f64)),
            caption: "Central differences know nothing of the chain rule. Their own error falls with h² until the rounding of \
                      the loss, divided by h, takes over."
                .into(),
            alt: alt(&sides),
        };
        let csv = csv(&sides)?;
        let drawing = sheet.draw(theme, key + BODY, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let y = top + key;
            let half = FULL / 2.0;
            scatter(canvas, theme, Area { x: MARGIN, y, w: half - 12.0, h: BODY - 6.0 }, &sides);
            errors(canvas, theme, Area { x: MARGIN + half + 6.0, y, w: half - 6.0, h: BODY - 6.0 }, &sides);
        })?;
        Ok(vec![drawing])
    }
}

fn scatter(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, sides: &[Checked<'_>]) {
    let all = sides.iter().flat_map(|side| side.given.iter().chain(&side.numerical).copied());
    let (low, high) = range(all).unwrap_or((-1.0, 1.0));
    let x = Axis::linear("dL/dw by backpropagation", low, high, 4);
    let plot = Plot::inside(theme, area, x, Axis::linear("dL/dw by differences", low, high, 5));
    plot.axes(canvas);
    canvas.line(
        (plot.x(low), plot.y(low)),
        (plot.x(high), plot.y(high)),
        Pen::new(theme.ink, 1.0).dashed(3.0, 3.0),
    );
    for side in sides {
        for (&given, &numerical) in side.given.iter().zip(&side.numerical) {
            canvas.disc((plot.x(given), plot.y(numerical)), 2.4, side.actor.color, 0.55);
        }
    }
}

fn errors(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, sides: &[Checked<'_>]) {
    let points = || sides.iter().flat_map(|side| side.errors.values().flatten().copied());
    let positive =
        |values: Vec<f64>| range(values.into_iter().filter(|&value| value > 0.0)).unwrap_or((1e-12, 1.0));
    let (narrow, wide) = positive(points().map(|point| point.0).collect());
    let (low, high) = positive(points().map(|point| point.1).collect());
    let plot = Plot::inside(
        theme,
        area,
        Axis::log("h, half the width of the difference", narrow, wide),
        Axis::log("Relative error", low, high),
    );
    plot.axes(canvas);
    if let Some(&(h, error)) =
        sides.first().and_then(|side| side.errors.values().next()).and_then(|curve| curve.get(1))
    {
        let square = |to: f64| error * (to / h) * (to / h);
        let end = h * (low.max(1e-300) / error).sqrt();
        canvas.line(
            (plot.x(h), plot.y(square(h))),
            (plot.x(end), plot.y(square(end))),
            Pen::new(theme.ink, 1.0).dashed(3.0, 3.0),
        );
    }
    for side in sides {
        for curve in side.errors.values() {
            let line: Vec<(f64, f64)> = curve
                .iter()
                .filter(|point| point.1 > 0.0 && point.1.is_finite())
                .map(|&(h, error)| (plot.x(h), plot.y(error)))
                .collect();
            canvas.polyline(&line, Pen::new(side.actor.color, 1.4));
            for &at in &line {
                canvas.marker(at, 2.8, side.actor.marker, side.actor.color);
            }
        }
    }
}

fn alt(sides: &[Checked<'_>]) -> String {
    let one = |side: &Checked<'_>| {
        let errors = side.errors.values().flatten().map(|point| point.1).filter(|error| *error > 0.0);
        let (least, _) = range(errors).unwrap_or((f64::NAN, f64::NAN));
        format!("{}: {} weights, least error {}.", side.actor.label, side.given.len(), number(least))
    };
    format!("Gradients against differences. {}", sides.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(sides: &[Checked<'_>]) -> Result<String, FigureError> {
    let mut rows = Vec::new();
    for side in sides {
        for (projection, curve) in &side.errors {
            rows.extend(
                curve.iter().map(|&(h, error)| (side.actor.name.clone(), projection.clone(), h, error)),
            );
        }
    }
    let table = Table::new()
        .with_texts("side", rows.iter().map(|row| row.0.clone()).collect())?
        .with_texts("projection", rows.iter().map(|row| row.1.clone()).collect())?
        .with_numbers("h", rows.iter().map(|row| row.2).collect())?
        .with_numbers("error", rows.iter().map(|row| row.3).collect())?;
    Ok(table.to_csv())
}
