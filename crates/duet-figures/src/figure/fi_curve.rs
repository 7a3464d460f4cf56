//! What units and cells make of a steady input.

use duet_record::format::{number, with_unit};
use duet_record::{Metrics, Physics, Run, Table};
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
    /// The rate of a cell under a steady current, and beside it the answer of a unit to a steady input.
    ///
    /// # Behaviour
    /// Cells with inputs in the same unit share a panel: the measured rate (markers), the closed form (line) where there is
    /// one, and the rheobase (tick below). Artificial units have a panel each: the activation (solid) and its derivative
    /// (dashed), on common axes. Needs a run of `protocol.fi_curve`.
    pub default struct FiCurve {}
}

const NAME: &str = "fi_curve";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 206.0;
const CELL: f64 = 300.0;

/// One side: inputs, answers, and the line beside them.
struct Curve {
    actor: Actor,
    input: Vec<f64>,
    answer: Vec<f64>,
    beside: Vec<f64>,
    /// Rheobase and its unit, where it was found.
    rheobase: Option<f64>,
    unit: String,
}

impl FiCurve {
    pub(crate) fn draw(run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        let (mut units, mut cells) = (Vec::new(), Vec::new());
        for actor in cast(run, theme)? {
            let table = run.trace(&actor.name, NAME, &[]).needed(NAME, "traces/SIDE/fi_curve.csv")?;
            let column = |name: &str| table.numbers(name).map(<[f64]>::to_vec);
            let input = column("input")?;
            let is_cell = actor.physics == Some(Physics::Biological);
            let (answer, beside) = if is_cell {
                (column("rate")?, column("closed_form").unwrap_or_default())
            } else {
                (column("value")?, column("slope")?)
            };
            let (rheobase, unit) = rheobase(&metrics, &actor.name);
            let curve = Curve { actor, input, answer, beside, rheobase, unit };
            if is_cell { cells.push(curve) } else { units.push(curve) }
        }
        (units.len() + cells.len() > 0).then_some(()).needed(NAME, "traces/SIDE/fi_curve.csv")?;
        let groups = by_unit(&cells);
        let columns = units.len().clamp(1, 4);
        let rows = units.len().div_ceil(columns) as f64;
        let entries = key(theme, &units, &cells);
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "What comes out when the input is steady?".into(),
            note: "One cell or unit of every side, held at each input, from rest.".into(),
            caption: "A cell is silent up to its rheobase and cannot exceed one spike per refractory period. Where a unit's slope is \
                      zero nothing can be learned by gradients."
                .into(),
            alt: alt(&units, &cells),
        };
        let csv = csv(&units, &cells)?;
        let height = above + rows * PANEL + groups.len() as f64 * CELL;
        let drawing = sheet.draw(theme, height, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let mut y = top + above;
            for group in &groups {
                rates(canvas, theme, Area { x: MARGIN, y, w: FULL, h: CELL - 4.0 }, group);
                y += CELL;
            }
            let seen = units.iter().flat_map(|curve| curve.answer.iter().chain(&curve.beside).copied());
            let (low, high) = range(seen).unwrap_or((0.0, 1.0));
            // Unbounded units are cut at twice the bounded ones' height, so that all shapes can be seen.
            let (low, high) = (low.max(-1.5), high.min(2.5));
            let pitch = FULL / columns as f64;
            for (at, curve) in units.iter().enumerate() {
                let x = MARGIN + (at % columns) as f64 * pitch;
                let y = y + (at / columns) as f64 * PANEL;
                unit(canvas, theme, Area { x, y, w: pitch - 10.0, h: PANEL - 4.0 }, curve, (low, high));
            }
        })?;
        Ok(vec![drawing])
    }
}

/// The rheobase of a side and its unit, from whatever population it stands at.
pub(super) fn rheobase(metrics: &Metrics, side: &str) -> (Option<f64>, String) {
    let own = metrics.sides.get(side).into_iter().flatten();
    let found = own.into_iter().find(|(path, _)| path.ends_with(".rheobase")).map(|(_, metric)| metric);
    (
        found.and_then(|metric| metric.value),
        found.map_or_else(|| "1".to_owned(), |metric| metric.unit.clone()),
    )
}

/// Curves with inputs in the same unit, in the order of the sides.
fn by_unit(cells: &[Curve]) -> Vec<Vec<&Curve>> {
    let mut groups: Vec<Vec<&Curve>> = Vec::new();
    for curve in cells {
        match groups.iter_mut().find(|group| group[0].unit == curve.unit) {
            Some(group) => group.push(curve),
            None => groups.push(vec![curve]),
        }
    }
    groups
}

/// The unit in which a current is read: nA where pA would be thousands; and how many of its own unit make one.
fn shown_unit(curve: &Curve) -> (f64, String) {
    let (_, high) = range(curve.input.iter().copied()).unwrap_or((0.0, 1.0));
    match curve.unit.as_str() {
        "pA" if high > 2000.0 => (1000.0, "nA".to_owned()),
        "uA/cm2" => (1.0, "µA/cm²".to_owned()),
        unit => (1.0, unit.to_owned()),
    }
}

/// What a panel's input is called, in the unit of its first curve.
fn input_axis(group: &[&Curve]) -> (f64, String) {
    let (per, unit) = shown_unit(group[0]);
    let words = if unit == "1" { "Input (no unit)".to_owned() } else { format!("Injected current ({unit})") };
    (per, words)
}

fn rates(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, group: &[&Curve]) {
    let (per, words) = input_axis(group);
    let inputs = group.iter().flat_map(|curve| curve.input.iter().map(|x| x / per));
    let (from, to) = range(inputs).unwrap_or((0.0, 1.0));
    let answers = group.iter().flat_map(|curve| curve.answer.iter().chain(&curve.beside).copied());
    let (_, high) = range(answers).unwrap_or((0.0, 1.0));
    let (x, y) = (Axis::linear(words, from, to, 10), Axis::nice("Firing rate (Hz)", 0.0, high.max(1.0), 5));
    let plot = Plot::inside(theme, area, x, y);
    plot.axes(canvas);
    for curve in group {
        let color = curve.actor.color;
        let scaled: Vec<f64> = curve.input.iter().map(|x| x / per).collect();
        // Markers that would hide each other are thinned; the numbers are all in the CSV.
        let apart = (scaled.len() as f64 * 11.0 / plot.area.w).ceil().max(1.0) as usize;
        for (&x, &y) in scaled.iter().zip(&curve.answer).step_by(apart) {
            canvas.marker((plot.x(x), plot.y(y)), 3.0, curve.actor.marker, color);
        }
        line(canvas, &plot, &scaled, &curve.beside, Pen::new(theme.ink, 1.2));
        if let Some(rheobase) = curve.rheobase.map(|rheobase| rheobase / per) {
            let x = plot.x(rheobase);
            canvas.line((x, plot.area.bottom()), (x, plot.area.bottom() - 16.0), Pen::new(color, 2.0));
        }
    }
}

fn unit(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, curve: &Curve, (low, high): (f64, f64)) {
    let (from, to) = range(curve.input.iter().copied()).unwrap_or((0.0, 1.0));
    let y = Axis::linear(measure::fit(&curve.actor.label, theme.label, area.w - 40.0), low, high, 4);
    let plot = Plot::inside(theme, area, Axis::linear("z", from, to, 4), y);
    plot.axes(canvas);
    if plot.x.holds(0.0) {
        let x = plot.x(0.0);
        canvas.line((x, plot.area.y), (x, plot.area.bottom()), Pen::new(theme.muted, 0.6).alpha(0.6));
    }
    line(canvas, &plot, &curve.input, &curve.beside, Pen::new(theme.muted, 1.5).dashed(4.0, 3.0));
    line(canvas, &plot, &curve.input, &curve.answer, Pen::new(curve.actor.color, 2.2));
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

fn key(theme: &Theme, units: &[Curve], cells: &[Curve]) -> Vec<(Swatch, String)> {
    let mut entries: Vec<(Swatch, String)> = cells
        .iter()
        .map(|curve| {
            let swatch = Swatch::Marker(curve.actor.marker, curve.actor.color);
            let tick = curve.rheobase.map_or(String::new(), |rheobase| {
                let (per, unit) = shown_unit(curve);
                format!(", from {} (tick)", with_unit(rheobase / per, &unit))
            });
            (swatch, format!("{}{tick}", curve.actor.label))
        })
        .collect();
    if cells.iter().any(|curve| !curve.beside.is_empty()) {
        entries.push((Swatch::Line(Pen::new(theme.ink, 1.3)), "closed form".to_owned()));
    }
    if !units.is_empty() {
        entries.push((Swatch::Line(Pen::new(theme.ink, 2.2)), "f(z)".to_owned()));
        entries.push((Swatch::Line(Pen::new(theme.muted, 1.5).dashed(4.0, 3.0)), "f′(z)".to_owned()));
    }
    entries
}

fn alt(units: &[Curve], cells: &[Curve]) -> String {
    let one = |curve: &Curve| {
        let (low, high) = range(curve.answer.iter().copied()).unwrap_or((f64::NAN, f64::NAN));
        format!("{}: from {} to {}.", curve.actor.label, number(low), number(high))
    };
    format!("Answers to a steady input. {}", cells.iter().chain(units).map(one).collect::<Vec<_>>().join(" "))
}

fn csv(units: &[Curve], cells: &[Curve]) -> Result<String, FigureError> {
    let mut sides = Vec::new();
    let (mut input, mut answer, mut beside) = (Vec::new(), Vec::new(), Vec::new());
    for curve in cells.iter().chain(units) {
        for (at, &z) in curve.input.iter().enumerate() {
            sides.push(curve.actor.name.clone());
            input.push(z);
            answer.push(curve.answer.get(at).copied().unwrap_or(f64::NAN));
            beside.push(curve.beside.get(at).copied().unwrap_or(f64::NAN));
        }
    }
    let table = Table::new()
        .with_texts("side", sides)?
        .with_numbers("input", input)?
        .with_numbers("answer", answer)?
        .with_numbers("slope_or_closed_form", beside)?;
    Ok(table.to_csv())
}
