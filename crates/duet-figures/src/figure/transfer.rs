//! What units and cells make of a steady drive.

use duet_record::format::number;
use duet_record::{Physics, Run, Table};
use duet_units::parameters;

use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// The answer of a unit to a steady drive, and its slope; the rate of a cell under a steady current.
    ///
    /// # Behaviour
    /// One panel per side. Artificial: the activation (solid) and its derivative (dashed). Biological: the measured rate
    /// (dots), and the closed form (dashed) where there is one. Artificial panels share their axes. Needs a run of
    /// `protocol.transfer`.
    pub default struct Transfer {}
}

const NAME: &str = "transfer";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 206.0;
const CELL: f64 = 270.0;

/// One side: drives, answers, and the dashed line beside them.
struct Curve<'c> {
    actor: &'c Actor,
    drive: Vec<f64>,
    answer: Vec<f64>,
    dashed: Vec<f64>,
}

impl Transfer {
    pub(crate) fn draw(run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let (mut units, mut cells) = (Vec::new(), Vec::new());
        for actor in &cast {
            let table = run.trace(&actor.name, NAME, &[]).needed(NAME, "traces/SIDE/transfer.csv")?;
            let column = |name: &str| table.numbers(name).map(<[f64]>::to_vec);
            let drive = column("drive")?;
            if actor.physics == Some(Physics::Biological) {
                let dashed = column("closed_form").unwrap_or_default();
                cells.push(Curve { actor, drive, answer: column("rate")?, dashed });
            } else {
                units.push(Curve { actor, drive, answer: column("value")?, dashed: column("slope")? });
            }
        }
        (units.len() + cells.len() > 0).then_some(()).needed(NAME, "traces/SIDE/transfer.csv")?;
        let columns = units.len().clamp(1, 4);
        let rows = units.len().div_ceil(columns) as f64;
        let entries = key(theme, !units.is_empty(), !cells.is_empty());
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "What comes out when the drive is z?".into(),
            note: "One unit or cell of every side, held at each drive.".into(),
            caption: "Where the slope is zero nothing can be learned by gradients. A cell's rate begins at its rheobase and \
                      cannot exceed one spike per refractory period."
                .into(),
            alt: alt(&units, &cells),
        };
        let csv = csv(&units, &cells)?;
        let height = above + rows * PANEL + cells.len() as f64 * CELL;
        let drawing = sheet.draw(theme, height, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let top = top + above;
            let seen = units.iter().flat_map(|curve| curve.answer.iter().chain(&curve.dashed).copied());
            let (low, high) = range(seen).unwrap_or((0.0, 1.0));
            // Unbounded units are cut at twice the bounded ones' height, so that all shapes can be seen.
            let (low, high) = (low.max(-1.5), high.min(2.5));
            let pitch = FULL / columns as f64;
            for (at, curve) in units.iter().enumerate() {
                let x = MARGIN + (at % columns) as f64 * pitch;
                let y = top + (at / columns) as f64 * PANEL;
                panel(canvas, theme, Area { x, y, w: pitch - 10.0, h: PANEL - 4.0 }, curve, (low, high));
            }
            for (at, curve) in cells.iter().enumerate() {
                let y = top + rows * PANEL + at as f64 * CELL;
                cell(canvas, theme, Area { x: MARGIN, y, w: FULL, h: CELL - 4.0 }, curve);
            }
        })?;
        Ok(vec![drawing])
    }
}

fn ends(curve: &Curve<'_>) -> (f64, f64) {
    range(curve.drive.iter().copied()).unwrap_or((0.0, 1.0))
}

fn panel(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, curve: &Curve<'_>, (low, high): (f64, f64)) {
    let (from, to) = ends(curve);
    let y = Axis::linear(measure::fit(&curve.actor.label, theme.label, area.w - 40.0), low, high, 4);
    let plot = Plot::inside(theme, area, Axis::linear("z", from, to, 4), y);
    plot.axes(canvas);
    let zero = (plot.x(0.0), plot.y(0.0));
    if plot.x.holds(0.0) {
        canvas.line(
            (zero.0, plot.area.y),
            (zero.0, plot.area.bottom()),
            Pen::new(theme.muted, 0.6).alpha(0.6),
        );
    }
    line(canvas, &plot, &curve.drive, &curve.dashed, Pen::new(theme.muted, 1.5).dashed(4.0, 3.0));
    line(canvas, &plot, &curve.drive, &curve.answer, Pen::new(curve.actor.color, 2.2));
}

/// What of a curve lies on both axes, in pieces; a jump is drawn as one.
fn line(canvas: &mut Canvas<'_>, plot: &Plot<'_>, x: &[f64], y: &[f64], pen: Pen) {
    let mut piece = Vec::new();
    for (&x, &y) in x.iter().zip(y) {
        if plot.y.holds(y) {
            piece.push((plot.x(x), plot.y(y)));
        } else if !piece.is_empty() {
            canvas.polyline(&std::mem::take(&mut piece), pen);
        }
    }
    canvas.polyline(&piece, pen);
}

fn cell(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, curve: &Curve<'_>) {
    let (from, to) = ends(curve);
    let (_, high) = range(curve.answer.iter().chain(&curve.dashed).copied()).unwrap_or((0.0, 1.0));
    let title = format!("{}: rate (Hz)", curve.actor.label);
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear("z, in units of network weight", from, to, 10),
        Axis::nice(title, 0.0, high.max(1.0), 5),
    );
    plot.axes(canvas);
    for (&x, &y) in curve.drive.iter().zip(&curve.answer) {
        canvas.disc((plot.x(x), plot.y(y)), 2.3, curve.actor.color, 1.0);
    }
    line(canvas, &plot, &curve.drive, &curve.dashed, Pen::new(theme.ink, 1.3).dashed(4.0, 3.0));
}

fn key(theme: &Theme, units: bool, cells: bool) -> Vec<(Swatch, String)> {
    let mut entries = Vec::new();
    if units {
        entries.push((Swatch::Line(Pen::new(theme.ink, 2.2)), "f(z)".to_owned()));
        entries.push((Swatch::Line(Pen::new(theme.muted, 1.5).dashed(4.0, 3.0)), "f′(z)".to_owned()));
    }
    if cells {
        entries.push((Swatch::Dot(theme.ink), "rate, measured".to_owned()));
        entries
            .push((Swatch::Line(Pen::new(theme.ink, 1.3).dashed(4.0, 3.0)), "rate, closed form".to_owned()));
    }
    entries
}

fn alt(units: &[Curve<'_>], cells: &[Curve<'_>]) -> String {
    let one = |curve: &Curve<'_>| {
        let (low, high) = range(curve.answer.iter().copied()).unwrap_or((f64::NAN, f64::NAN));
        format!("{}: from {} to {}.", curve.actor.label, number(low), number(high))
    };
    format!("Answers to a steady drive. {}", units.iter().chain(cells).map(one).collect::<Vec<_>>().join(" "))
}

fn csv(units: &[Curve<'_>], cells: &[Curve<'_>]) -> Result<String, FigureError> {
    let all = || units.iter().chain(cells);
    let mut sides = Vec::new();
    let (mut drive, mut answer, mut dashed) = (Vec::new(), Vec::new(), Vec::new());
    for curve in all() {
        for (at, &z) in curve.drive.iter().enumerate() {
            sides.push(curve.actor.name.clone());
            drive.push(z);
            answer.push(curve.answer.get(at).copied().unwrap_or(f64::NAN));
            dashed.push(curve.dashed.get(at).copied().unwrap_or(f64::NAN));
        }
    }
    let table = Table::new()
        .with_texts("side", sides)?
        .with_numbers("drive", drive)?
        .with_numbers("answer", answer)?
        .with_numbers("slope_or_closed_form", dashed)?;
    Ok(table.to_csv())
}
