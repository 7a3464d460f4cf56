//! How irregularly a cell fires under noise, and what it shares with others.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::fi_curve::rheobase;
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
    /// The CV of intervals against the mean drive, and the correlation of spike counts against that of the noise.
    ///
    /// # Behaviour
    /// Left, one line per side; on the dotted line intervals are as irregular as a Poisson train's. Right, one line for each
    /// input that two sides or more have in common, through the sides in the order of what their cells share; on the dashed
    /// line spikes would share all that the input shares. Where no noise is shared there is no right panel. First seed.
    /// Needs a run of `protocol.fi_curve` in which noise acts.
    pub default struct Fluctuations {}
}

const NAME: &str = "fluctuations";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 340.0;

/// One side: its inputs and the CV under each.
struct Curve {
    actor: Actor,
    unit: String,
    input: Vec<f64>,
    cv: Vec<f64>,
}

/// Correlations under one input: (of the noise, of the counts), in rising order.
struct Line {
    input: String,
    points: Vec<(f64, f64)>,
}

impl Fluctuations {
    pub(crate) fn draw(run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        let (mut curves, mut lines) = (Vec::new(), Vec::new());
        for actor in cast(run, theme)? {
            let table = match run.trace(&actor.name, "fi_curve", &[]) {
                Err(error) if error.is_missing() => continue,
                table => table?,
            };
            let (Ok(input), Ok(cv)) = (table.numbers("input"), table.numbers("cv")) else { continue };
            add_shared(run, &actor.name, &mut lines)?;
            let (_, unit) = rheobase(&metrics, &actor.name);
            curves.push(Curve { actor, unit, input: input.to_vec(), cv: cv.to_vec() });
        }
        (!curves.is_empty()).then_some(()).needed(NAME, "traces/SIDE/fi_curve.csv with cv")?;
        lines.retain(|line: &Line| line.points.len() > 1);
        for line in &mut lines {
            line.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
        let entries = key(theme, &curves, &lines);
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "What do fluctuations make of a cell?".into(),
            note: "First seed. Noise around a steady input.".into(),
            caption: "Where the mean input alone would not fire the cell, fluctuations do, and its intervals are irregular. Cells pass on \
                      less than they share, and the less the more slowly they fire."
                .into(),
            alt: alt(&curves, &lines),
        };
        let csv = csv(&curves, &lines)?;
        let drawing = sheet.draw(theme, above + PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let half = FULL / 2.0;
            let width = if lines.is_empty() { FULL } else { half - 16.0 };
            let area = Area { x: MARGIN, y: top + above, w: width, h: PANEL - 6.0 };
            irregularity(canvas, theme, area, &curves);
            if !lines.is_empty() {
                correlations(canvas, theme, Area { x: MARGIN + half + 8.0, w: half - 8.0, ..area }, &lines);
            }
        })?;
        Ok(vec![drawing])
    }
}

/// Adds what a side says of shared noise, where it was measured.
fn add_shared(run: &Run, side: &str, lines: &mut Vec<Line>) -> Result<(), FigureError> {
    let table = match run.trace(side, "shared_noise", &["input"]) {
        Err(error) if error.is_missing() => return Ok(()),
        table => table?,
    };
    let (inputs, given) = (table.texts("input")?, table.numbers("input_correlation")?);
    for ((input, &given), &found) in inputs.iter().zip(given).zip(table.numbers("correlation")?) {
        if !(given.is_finite() && found.is_finite()) {
            continue;
        }
        let input = clean(input);
        match lines.iter_mut().find(|line| line.input == input) {
            Some(line) => line.points.push((given, found)),
            None => lines.push(Line { input, points: vec![(given, found)] }),
        }
    }
    Ok(())
}

fn dotted(theme: &Theme) -> Pen {
    Pen::new(theme.ink, 1.0).dashed(1.5, 3.0)
}

fn dashed(theme: &Theme) -> Pen {
    Pen::new(theme.ink, 1.3).dashed(4.0, 3.0)
}

/// Inputs are no sides: their lines are all in ink, and their markers tell them apart.
fn pen(theme: &Theme) -> Pen {
    Pen::new(theme.muted, 1.4)
}

fn irregularity(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, curves: &[Curve]) {
    let inputs = || curves.iter().flat_map(|curve| curve.input.iter().copied());
    let (from, to) = range(inputs()).unwrap_or((0.0, 1.0));
    let (_, high) = range(curves.iter().flat_map(|curve| curve.cv.iter().copied())).unwrap_or((0.0, 1.0));
    let unit = &curves[0].unit;
    let words = match unit.as_str() {
        _ if curves.iter().any(|curve| curve.unit != *unit) => "Mean input (each side's own unit)".to_owned(),
        "1" => "Mean input (no unit)".to_owned(),
        "uA/cm2" => "Mean input (µA/cm²)".to_owned(),
        unit => format!("Mean input ({unit})"),
    };
    let x = Axis::linear(words, from, to, 6);
    let y = Axis::linear("CV of the intervals", 0.0, 1.05 * high.max(1.0), 5);
    let plot = Plot::inside(theme, area, x, y);
    plot.axes(canvas);
    let y = plot.y(1.0);
    canvas.line((plot.area.x, y), (plot.area.right(), y), dotted(theme));
    for curve in curves {
        let points: Vec<(f64, f64)> = curve
            .input
            .iter()
            .zip(&curve.cv)
            .filter(|(_, cv)| cv.is_finite())
            .map(|(&x, &cv)| (plot.x(x), plot.y(cv)))
            .collect();
        canvas.polyline(&points, Pen::new(curve.actor.color, 1.8));
        points.iter().for_each(|&at| canvas.marker(at, 3.8, curve.actor.marker, curve.actor.color));
    }
}

fn correlations(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, lines: &[Line]) {
    let all = || lines.iter().flat_map(|line| &line.points);
    let (_, widest) = range(all().map(|point| point.0)).unwrap_or((0.0, 1.0));
    let (low, high) = range(all().map(|point| point.1)).unwrap_or((0.0, 1.0));
    let end = widest.max(high).max(0.05) * 1.05;
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear("Correlation of the noise", 0.0, end, 5),
        Axis::linear("Correlation of spike counts", low.min(0.0), end, 5),
    );
    plot.axes(canvas);
    canvas.line((plot.x(0.0), plot.y(0.0)), (plot.x(end), plot.y(end)), dashed(theme));
    for (index, line) in lines.iter().enumerate() {
        let points: Vec<(f64, f64)> =
            line.points.iter().map(|point| (plot.x(point.0), plot.y(point.1))).collect();
        canvas.polyline(&points, pen(theme));
        points.iter().for_each(|&at| canvas.marker(at, 4.4, theme.marker(index), theme.ink));
    }
}

fn key(theme: &Theme, curves: &[Curve], lines: &[Line]) -> Vec<(Swatch, String)> {
    let side = |curve: &Curve| {
        let pen = Pen::new(curve.actor.color, 1.8);
        (Swatch::LineMarker(pen, curve.actor.marker), curve.actor.label.clone())
    };
    let mut entries: Vec<(Swatch, String)> = curves.iter().map(side).collect();
    entries.push((Swatch::Line(dotted(theme)), "a Poisson train".to_owned()));
    for (index, line) in lines.iter().enumerate() {
        let words = format!("right: at {}", line.input);
        entries.push((Swatch::Marker(theme.marker(index), theme.ink), words));
    }
    if !lines.is_empty() {
        entries.push((Swatch::Line(dashed(theme)), "all that is shared".to_owned()));
    }
    entries
}

fn alt(curves: &[Curve], lines: &[Line]) -> String {
    let curve = |curve: &Curve| {
        let seen: Vec<f64> = curve.cv.iter().copied().filter(|cv| cv.is_finite()).collect();
        match (seen.first(), seen.last()) {
            (Some(&first), Some(&last)) => {
                format!("{}: a CV from {} to {}.", curve.actor.label, number(first), number(last))
            }
            _ => format!("{}: too few spikes.", curve.actor.label),
        }
    };
    let line = |line: &Line| {
        let last = line.points.last().map_or((f64::NAN, f64::NAN), |&point| point);
        format!(
            "At {}: counts correlated by {} where the noise is by {}.",
            line.input,
            number(last.1),
            number(last.0)
        )
    };
    let words: Vec<String> = curves.iter().map(curve).chain(lines.iter().map(line)).collect();
    format!("Irregularity and correlation under noise. {}", words.join(" "))
}

fn csv(curves: &[Curve], lines: &[Line]) -> Result<String, FigureError> {
    let (mut what, mut of) = (Vec::new(), Vec::new());
    let (mut x, mut y) = (Vec::new(), Vec::new());
    let mut add = |kind: &str, name: &str, at: f64, value: f64| {
        what.push(kind.to_owned());
        of.push(name.to_owned());
        x.push(at);
        y.push(value);
    };
    for curve in curves {
        let rows = curve.input.iter().zip(&curve.cv);
        rows.for_each(|(&input, &cv)| add("cv_of_input", &curve.actor.name, input, cv));
    }
    for line in lines {
        line.points.iter().for_each(|point| add("correlation_of_correlation", &line.input, point.0, point.1));
    }
    let table = Table::new().with_texts("what", what)?.with_texts("side_or_input", of)?;
    Ok(table.with_numbers("x", x)?.with_numbers("y", y)?.to_csv())
}
