//! Errors over time steps, by method.

use duet_record::format::number;
use duet_record::{Metrics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::clean;
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// The error of every method over the time step, on logarithmic axes: the slope is the method's order.
    ///
    /// # Behaviour
    /// A panel per side, a line per method, the later ones with smaller markers. Dashed lines have slopes 1, 2 and 4, for the
    /// eye. A ring at the upper edge is a step at which the state did not stay finite. An error of 0 is not drawn. Needs a
    /// run of `protocol.convergence`.
    pub default struct Convergence {}
}

const NAME: &str = "convergence";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 328.0;
/// Room for a side's name above its panel.
const HEAD: f64 = 18.0;
/// Slopes for the eye.
const SLOPES: [f64; 3] = [1.0, 2.0, 4.0];

/// One method on one side.
struct Line {
    method: String,
    dt: Vec<f64>,
    error: Vec<f64>,
    order: Option<f64>,
}

/// One side.
struct Panel {
    actor: Actor,
    unit: String,
    quantity: &'static str,
    lines: Vec<Line>,
}

impl Draw for Convergence {
    const NEEDS: &[Needs] = &[Needs::Errors];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        let mut panels = Vec::new();
        for actor in cast(run, theme)? {
            let table =
                run.trace(&actor.name, NAME, &["method"]).needed(NAME, "traces/SIDE/convergence.csv")?;
            panels.push(panel_of(actor, &table, &metrics)?);
        }
        (!panels.is_empty()).then_some(()).needed(NAME, "traces/SIDE/convergence.csv")?;
        let mut methods: Vec<String> = Vec::new();
        for line in panels.iter().flat_map(|panel| &panel.lines) {
            if !methods.contains(&line.method) {
                methods.push(line.method.clone());
            }
        }
        let diverges =
            panels.iter().flat_map(|panel| &panel.lines).any(|line| line.error.iter().any(|e| e.is_nan()));
        let entries = key(theme, &methods, diverges);
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let columns = panels.len().clamp(1, 2);
        let rows = panels.len().div_ceil(columns) as f64;
        let sheet = Sheet {
            name: NAME.into(),
            title: "What does a smaller step buy?".into(),
            note: "One cell of every side, solved by each method with each time step; the distance from the right answer.".into(),
            caption: "On logarithmic axes a method's error is a straight line whose slope is its order. Dashed: slopes 1, 2 and 4. \
                      An error of 0 has no place on such an axis."
                .into(),
            alt: alt(&panels),
        };
        let csv = csv(&panels)?;
        let drawing = sheet.draw(theme, above + rows * PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let pitch = FULL / columns as f64;
            for (at, panel) in panels.iter().enumerate() {
                let x = MARGIN + (at % columns) as f64 * pitch;
                let y = top + above + (at / columns) as f64 * PANEL;
                let label = measure::fit(&panel.actor.label, theme.label, pitch - 16.0);
                canvas.text((x, y + 12.0), &label, theme.label, theme.ink, Align::Left);
                let area = Area { x, y: y + HEAD, w: pitch - 12.0, h: PANEL - HEAD - 8.0 };
                errors(canvas, theme, area, panel, &methods);
            }
        })?;
        Ok(vec![drawing])
    }
}

fn panel_of(actor: Actor, table: &Table, metrics: &Metrics) -> Result<Panel, FigureError> {
    let own = metrics.sides.get(&actor.name);
    let metric = |path: &str| own.and_then(|own| own.get(path));
    let unit = metric("reference").map_or_else(String::new, |metric| metric.unit.clone());
    let (dt, error) = (table.numbers("dt_ms")?, table.numbers("error")?);
    let mut lines: Vec<Line> = Vec::new();
    for ((method, &dt), &error) in table.texts("method")?.iter().zip(dt).zip(error) {
        if lines.last().is_none_or(|line| line.method != *method) {
            let order = metric(&format!("{method}.order")).and_then(|metric| metric.value);
            lines.push(Line { method: method.clone(), dt: Vec::new(), error: Vec::new(), order });
        }
        if let Some(line) = lines.last_mut() {
            line.dt.push(dt);
            line.error.push(error);
        }
    }
    let quantity = if unit == "Hz" { "rate" } else { "potential" };
    Ok(Panel { actor, unit, quantity, lines })
}

fn errors(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, panel: &Panel, methods: &[String]) {
    let steps = panel.lines.iter().flat_map(|line| line.dt.iter().copied());
    let (from, to) = range(steps).unwrap_or((0.1, 1.0));
    let seen = panel.lines.iter().flat_map(|line| line.error.iter().copied()).filter(|error| *error > 0.0);
    let (low, high) = range(seen).unwrap_or((0.1, 1.0));
    // The guides begin above all data; what is rounding only does not decide the axis.
    let high = 4.0 * high;
    let unit = if panel.unit == "1" { String::new() } else { format!(" ({})", clean(&panel.unit)) };
    let title = format!("Error of the {}{unit}", panel.quantity);
    let (x, y) = (Axis::log("Time step (ms)", from, to), Axis::log(title, low.max(high * 1e-15), high));
    let plot = Plot::inside(theme, area, x, y);
    plot.axes(canvas);
    plot.x_grid(canvas);
    for slope in SLOPES {
        guide(canvas, theme, &plot, (from, to, high), slope);
    }
    for line in &panel.lines {
        let at = methods.iter().position(|method| *method == line.method).unwrap_or(0);
        let (color, marker) = (theme.side(at), theme.marker(at));
        let radius = theme.nested(at, methods.len());
        let mut points = Vec::new();
        for (&dt, &error) in line.dt.iter().zip(&line.error) {
            if error.is_nan() {
                canvas.ring((plot.x(dt), plot.area.y + 7.0), radius, Pen::new(color, 1.4));
            } else if plot.y.holds(error) {
                points.push((plot.x(dt), plot.y(error)));
            }
        }
        canvas.polyline(&points, Pen::new(color, 1.8));
        for point in points {
            canvas.marker(point, radius, marker, color);
        }
    }
}

/// A dashed line of this slope from the upper right down, with its slope left of its end, where no data are.
fn guide(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    plot: &Plot<'_>,
    (from, to, high): (f64, f64, f64),
    slope: f64,
) {
    let error = |dt: f64| high * libm::pow(dt / to, slope);
    let mut end = (to, high);
    let mut points = vec![(plot.x(to), plot.y(high))];
    for step in 1..=60 {
        let dt = to * libm::pow(from / to, f64::from(step) / 60.0);
        if !plot.y.holds(error(dt)) {
            break;
        }
        end = (dt, error(dt));
        points.push((plot.x(end.0), plot.y(end.1)));
    }
    canvas.polyline(&points, Pen::new(theme.muted, 1.0).dashed(4.0, 3.0).alpha(0.8));
    let place = (plot.x(end.0) - 7.0, (plot.y(end.1) + 2.0).min(plot.area.bottom() - 5.0));
    let ground = Area { x: place.0 - 9.0, y: place.1 - 10.0, w: 11.0, h: 12.0 };
    canvas.rect(ground, theme.paper);
    canvas.text(place, &number(slope), theme.tick, theme.muted, Align::Right);
}

fn key(theme: &Theme, methods: &[String], diverges: bool) -> Vec<(Swatch, String)> {
    let one = |(at, method): (usize, &String)| {
        let words = measure::fit(&clean(method), theme.tick, FULL / 2.0);
        (Swatch::LineMarker(Pen::new(theme.side(at), 1.8), theme.marker(at)), words)
    };
    let mut entries: Vec<_> = methods.iter().enumerate().map(one).collect();
    let dashes = Pen::new(theme.muted, 1.0).dashed(4.0, 3.0);
    entries.push((Swatch::Line(dashes), "slopes 1, 2, 4".to_owned()));
    if diverges {
        entries.push((Swatch::Ring(theme.muted), "no finite number".to_owned()));
    }
    entries
}

fn alt(panels: &[Panel]) -> String {
    let order = |line: &Line| {
        format!("{} of order {}", clean(&line.method), line.order.map_or("n/a".to_owned(), number))
    };
    let one = |panel: &Panel| {
        let orders: Vec<String> = panel.lines.iter().map(order).collect();
        format!("{}: {}.", panel.actor.label, orders.join(", "))
    };
    format!("Errors over time steps. {}", panels.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(panels: &[Panel]) -> Result<String, FigureError> {
    let (mut sides, mut methods) = (Vec::new(), Vec::new());
    let (mut steps, mut errors) = (Vec::new(), Vec::new());
    for panel in panels {
        for line in &panel.lines {
            for (&dt, &error) in line.dt.iter().zip(&line.error) {
                sides.push(panel.actor.name.clone());
                methods.push(line.method.clone());
                steps.push(dt);
                errors.push(error);
            }
        }
    }
    let table = Table::new()
        .with_texts("side", sides)?
        .with_texts("method", methods)?
        .with_numbers("dt_ms", steps)?
        .with_numbers("error", errors)?;
    Ok(table.to_csv())
}
