//! What a memory gives back, as more and more patterns are stored.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

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
    /// Overlap with the stored pattern and share of bits turned over in one step, against the number of patterns per unit.
    ///
    /// # Behaviour
    /// Markers are means over seeds. The dashed line is the theory for infinitely many units, which has no free parameter:
    /// above, the overlap at which the network rests, with the fall at the capacity; below, the error of the first step,
    /// which grows smoothly. Needs a run of `protocol.recall`.
    pub default struct Recall {}
}

const NAME: &str = "recall";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 250.0;

struct Curve {
    load: Vec<f64>,
    overlap: Vec<f64>,
    error: Vec<f64>,
}

impl Draw for Recall {
    const NEEDS: &[Needs] = &[Needs::Memories];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let mut sides: Vec<(&Actor, Curve)> = Vec::new();
        for actor in &cast {
            sides.push((actor, read(run, actor, NAME)?));
        }
        let first = cast.first().needed(NAME, "traces/SIDE/recall.csv")?;
        let theory = read(run, first, "theory")?;
        let mut entries: Vec<(Swatch, String)> = sides
            .iter()
            .map(|(actor, _)| {
                (Swatch::LineMarker(Pen::new(actor.color, 1.8), actor.marker), actor.label.clone())
            })
            .collect();
        entries.push((Swatch::Line(dashed(theme)), "theory, infinitely many units".into()));
        let key = legend::height(theme, FULL, &entries) + 6.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "How many patterns does the memory hold?".into(),
            note: "Means over seeds. Overlap 1: every bit is right; 0: as good as chance. A load of 0.1 is ten patterns for \
                   a hundred units."
                .into(),
            caption: "A single step errs a little more with every pattern. The resting state holds until the capacity, \
                      and then it is gone."
                .into(),
            alt: alt(&sides),
        };
        let csv = csv(&sides)?;
        let drawing = sheet.draw(theme, key + 2.0 * PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top), FULL, &entries);
            let panel = |k: f64| Area { x: MARGIN, y: top + key + k * PANEL, w: FULL, h: PANEL - 8.0 };
            let most = sides.iter().flat_map(|(_, curve)| curve.load.iter().copied()).fold(0.0, f64::max);
            let loads = || Axis::linear("Patterns per unit", 0.0, most, 6);
            let overlap = Axis::linear("Overlap with the pattern, at rest", 0.0, 1.0, 4);
            let plot = Plot::inside(theme, panel(0.0), loads(), overlap);
            lines(canvas, theme, &plot, &sides, &theory, |curve| &curve.overlap);
            let errors = sides.iter().flat_map(|(_, curve)| curve.error.iter().copied());
            let (_, high) = range(errors.chain(theory.error.iter().copied())).unwrap_or((0.0, 0.1));
            let error = Axis::nice("Bits turned over in one step (%)", 0.0, high.max(0.001), 4).percent();
            let plot = Plot::inside(theme, panel(1.0), loads(), error);
            lines(canvas, theme, &plot, &sides, &theory, |curve| &curve.error);
        })?;
        Ok(vec![drawing])
    }
}

fn read(run: &Run, actor: &Actor, table: &str) -> Result<Curve, FigureError> {
    let table = run.trace(&actor.name, table, &[]).needed(NAME, "traces/SIDE/recall.csv, theory.csv")?;
    let column = |name: &str| table.numbers(name).map(<[f64]>::to_vec);
    Ok(Curve { load: column("load")?, overlap: column("overlap")?, error: column("one_step_error")? })
}

fn dashed(theme: &Theme) -> Pen {
    Pen::new(theme.ink, 1.4).dashed(5.0, 3.0)
}

fn lines(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    plot: &Plot<'_>,
    sides: &[(&Actor, Curve)],
    theory: &Curve,
    read: impl Fn(&Curve) -> &[f64],
) {
    plot.axes(canvas);
    let line = |curve: &Curve| -> Vec<(f64, f64)> {
        curve.load.iter().zip(read(curve)).map(|(&x, &y)| (plot.x(x), plot.y(y))).collect()
    };
    canvas.polyline(&line(theory), dashed(theme));
    for (k, (actor, curve)) in sides.iter().enumerate() {
        let (points, radius) = (line(curve), theme.nested(k, sides.len()));
        canvas.polyline(&points, Pen::new(actor.color, 0.5 * radius));
        for at in points {
            canvas.marker(at, radius, actor.marker, actor.color);
        }
    }
}

fn alt(sides: &[(&Actor, Curve)]) -> String {
    let one = |(actor, curve): &(&Actor, Curve)| {
        let points: Vec<String> = curve
            .load
            .iter()
            .zip(&curve.overlap)
            .map(|(load, overlap)| format!("{} at {}", number(*overlap), number(*load)))
            .collect();
        format!("{}: overlap {}.", actor.label, points.join(", "))
    };
    format!("Recall against patterns per unit. {}", sides.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(sides: &[(&Actor, Curve)]) -> Result<String, FigureError> {
    let all =
        |read: &dyn Fn(&Curve) -> Vec<f64>| sides.iter().flat_map(|side| read(&side.1)).collect::<Vec<f64>>();
    let names = sides.iter().flat_map(|(actor, curve)| curve.load.iter().map(|_| actor.name.clone()));
    let table = Table::new()
        .with_texts("side", names.collect())?
        .with_numbers("load", all(&|curve| curve.load.clone()))?
        .with_numbers("overlap", all(&|curve| curve.overlap.clone()))?
        .with_numbers("one_step_error", all(&|curve| curve.error.clone()))?;
    Ok(table.to_csv())
}
