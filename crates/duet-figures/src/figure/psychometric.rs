//! How right and how fast decisions are, against the evidence there is.

use duet_record::format::{number, percent};
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
    /// Share of right answers and the time to an answer, against the strength of the evidence.
    ///
    /// # Behaviour
    /// Markers are means over seeds; lines on the left are the likeliest Weibull curves, lines on the right join the markers.
    /// The axis of the evidence is logarithmic, so what was asked without any evidence stands in the note. A side that answers
    /// at once has no times. Needs a run of `protocol.decide`.
    pub default struct Psychometric {}
}

const NAME: &str = "psychometric";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 330.0;

struct Curve<'c> {
    actor: &'c Actor,
    /// (coherence, correct, time in ms)
    asked: Vec<(f64, f64, f64)>,
    fit: Vec<(f64, f64)>,
}

impl Curve<'_> {
    /// Whether its answers take time.
    fn has_time(&self) -> bool {
        self.asked.iter().any(|asked| asked.2 > 0.0)
    }

    fn with_evidence(&self) -> impl Iterator<Item = &(f64, f64, f64)> {
        self.asked.iter().filter(|asked| asked.0 > 0.0)
    }
}

impl Draw for Psychometric {
    const NEEDS: &[Needs] = &[Needs::Decisions];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let curves = cast.iter().map(|actor| read(run, actor)).collect::<Result<Vec<_>, _>>()?;
        (!curves.is_empty()).then_some(()).needed(NAME, "traces/SIDE/decisions.csv")?;
        let entries: Vec<(Swatch, String)> = curves
            .iter()
            .map(|curve| {
                let pen = Pen::new(curve.actor.color, 1.8);
                (Swatch::LineMarker(pen, curve.actor.marker), curve.actor.label.clone())
            })
            .collect();
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "How right, and how fast, with more evidence?".into(),
            note: note(&curves),
            caption: "Left: markers are measured, lines the likeliest Weibull curves; dashed: chance. Right: mean time to an answer."
                .into(),
            alt: alt(&curves),
        };
        let csv = csv(&curves)?;
        let drawing = sheet.draw(theme, above + PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let half = FULL / 2.0;
            let area = Area { x: MARGIN, y: top + above, w: half - 14.0, h: PANEL - 6.0 };
            correct(canvas, theme, area, &curves);
            times(canvas, theme, Area { x: MARGIN + half + 6.0, w: half - 6.0, ..area }, &curves);
        })?;
        Ok(vec![drawing])
    }
}

fn read<'c>(run: &Run, actor: &'c Actor) -> Result<Curve<'c>, FigureError> {
    let trace = |name: &str, file: &'static str| run.trace(&actor.name, name, &[]).needed(NAME, file);
    let asked = trace("decisions", "traces/SIDE/decisions.csv")?;
    let fit = trace("fit", "traces/SIDE/fit.csv")?;
    let rows = asked.numbers("correct")?.iter().zip(asked.numbers("time_ms")?);
    let asked = asked.numbers("coherence")?.iter().zip(rows);
    let fit = fit.numbers("coherence")?.iter().zip(fit.numbers("correct")?);
    Ok(Curve {
        actor,
        asked: asked.map(|(&coherence, (&correct, &time))| (coherence, correct, time)).collect(),
        fit: fit.map(|(&coherence, &correct)| (coherence, correct)).collect(),
    })
}

fn evidence(curves: &[Curve<'_>]) -> Axis {
    let all = curves.iter().flat_map(|curve| curve.with_evidence().map(|asked| asked.0));
    let (low, high) = range(all).unwrap_or((0.01, 1.0));
    Axis::log("Coherence of the evidence (%)", low, high).percent()
}

fn correct(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, curves: &[Curve<'_>]) {
    let lowest = range(curves.iter().flat_map(|curve| curve.with_evidence().map(|asked| asked.1)));
    let low = lowest.map_or(0.5, |(low, _)| low.min(0.5));
    let y = Axis::nice("Right answers (%)", if low < 0.48 { low } else { 0.5 }, 1.0, 5).percent();
    let plot = Plot::inside(theme, area, evidence(curves), y);
    plot.axes(canvas);
    let chance = plot.y(0.5);
    let (left, right) = (plot.area.x, plot.area.right());
    canvas.line((left, chance), (right, chance), Pen::new(theme.muted, 1.2).dashed(4.0, 3.0));
    for curve in curves {
        let line: Vec<(f64, f64)> =
            curve.fit.iter().map(|point| (plot.x(point.0), plot.y(point.1))).collect();
        canvas.polyline(&line, Pen::new(curve.actor.color, 1.8));
        for asked in curve.with_evidence().filter(|asked| asked.1.is_finite()) {
            canvas.marker((plot.x(asked.0), plot.y(asked.1)), 4.5, curve.actor.marker, curve.actor.color);
        }
    }
}

fn times(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, curves: &[Curve<'_>]) {
    let timed = || curves.iter().filter(|curve| curve.has_time());
    let all = timed().flat_map(|curve| curve.with_evidence().map(|asked| asked.2));
    let high = range(all).map_or(1.0, |(_, high)| high);
    let y = Axis::nice("Time to an answer (ms)", 0.0, high, 5);
    let plot = Plot::inside(theme, area, evidence(curves), y);
    plot.axes(canvas);
    for curve in timed() {
        let points: Vec<(f64, f64)> = curve
            .with_evidence()
            .filter(|asked| asked.2.is_finite())
            .map(|asked| (plot.x(asked.0), plot.y(asked.2)))
            .collect();
        canvas.polyline(&points, Pen::new(curve.actor.color, 1.8));
        for at in points {
            canvas.marker(at, 4.5, curve.actor.marker, curve.actor.color);
        }
    }
}

fn note(curves: &[Curve<'_>]) -> String {
    let of = |curve: &Curve<'_>| {
        let label = format!("“{}”", curve.actor.label);
        let Some((_, correct, time)) = curve.asked.iter().find(|asked| asked.0 == 0.0) else {
            return if curve.has_time() { String::new() } else { format!(" {label} answers at once.") };
        };
        let pace =
            if curve.has_time() { format!("after {} ms", number(*time)) } else { "at once".to_owned() };
        format!(" At coherence 0 {label} chooses 1 in {} of its answers, {pace}.", percent(*correct))
    };
    format!("Means over seeds.{}", curves.iter().map(of).collect::<String>())
}

fn alt(curves: &[Curve<'_>]) -> String {
    let one = |curve: &Curve<'_>| {
        let points: Vec<String> = curve
            .asked
            .iter()
            .map(|(coherence, correct, time)| {
                format!("{} right after {} ms at {}", percent(*correct), number(*time), percent(*coherence))
            })
            .collect();
        format!("{}: {}.", curve.actor.label, points.join(", "))
    };
    format!("Answers against coherence. {}", curves.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(curves: &[Curve<'_>]) -> Result<String, FigureError> {
    let names = curves.iter().flat_map(|curve| curve.asked.iter().map(|_| curve.actor.name.clone()));
    let all = |read: fn(&(f64, f64, f64)) -> f64| -> Vec<f64> {
        curves.iter().flat_map(|curve| curve.asked.iter().map(read)).collect()
    };
    let table = Table::new()
        .with_texts("side", names.collect())?
        .with_numbers("coherence", all(|asked| asked.0))?
        .with_numbers("correct", all(|asked| asked.1))?
        .with_numbers("time_ms", all(|asked| asked.2))?;
    Ok(table.to_csv())
}
