//! When a spike passes where, and how its velocity grows with the diameter.

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
    /// The time at which a spike passes each place of an axon, and its velocity over the diameter.
    ///
    /// # Behaviour
    /// Left: the slope of a line is 1/velocity; a spike that runs evenly makes a straight one. An artificial connection lies
    /// on zero: over any distance it takes one product and no time. Right, where other diameters were tried: both axes
    /// logarithmic, with the square-root law through the thickest bare axon (dashed) and proportion through the thickest one in
    /// myelin (dotted). Needs a run of `protocol.cable` with an excitable cable.
    pub default struct Conduction {}
}

const NAME: &str = "conduction";
const NEEDS: &str = "traces/SIDE/arrivals.csv";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const HEIGHT: f64 = 350.0;

struct Axon {
    actor: Actor,
    /// Distance in mm, time in ms.
    arrivals: Vec<(f64, f64)>,
    /// Diameter in um, velocity in m/s.
    velocities: Vec<(f64, f64)>,
    velocity: Option<f64>,
    exponent: Option<f64>,
}

impl Draw for Conduction {
    const NEEDS: &[Needs] = &[Needs::Arrivals];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let (mut axons, mut instant) = (Vec::new(), Vec::new());
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        for actor in cast(run, theme)? {
            let value = |path: &str| metrics.get(&actor.name, path).and_then(|metric| metric.value);
            let (velocity, exponent, weight) = (value("velocity"), value("velocity_exponent"), value("left"));
            let arrivals = match run.trace(&actor.name, "arrivals", &[]) {
                Ok(table) => table,
                Err(error) if error.is_missing() => {
                    let artificial =
                        metrics.get(&actor.name, "delay").is_some_and(|delay| delay.value.is_none());
                    if artificial && weight.is_some() {
                        instant.push(actor);
                    }
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let velocities = run.trace(&actor.name, "velocities", &[]).needed(NAME, NEEDS)?;
            axons.push(Axon {
                arrivals: points(&arrivals, "x_um", "arrival_ms", 1000.0)?,
                velocities: points(&velocities, "diameter_um", "velocity_m_s", 1.0)?,
                actor,
                velocity,
                exponent,
            });
        }
        (!axons.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        let entries = key(theme, &axons, &instant);
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "When does the spike pass, and how fast does it run?".into(),
            note: "Left: the moment at which the membrane rises through 0 mV. Right: velocity over the middle of the way.".into(),
            caption: "A bare axon four times as thick is twice as fast; in myelin the velocity grows in proportion.".into(),
            alt: alt(&axons, &instant),
        };
        let csv = csv(&axons)?;
        let both = axons.iter().any(|axon| axon.velocities.len() > 1);
        let drawing = sheet.draw(theme, above + HEIGHT, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let width = if both { FULL / 2.0 - 12.0 } else { FULL };
            let left = Area { x: MARGIN, y: top + above, w: width, h: HEIGHT - 6.0 };
            passing(canvas, theme, left, &axons, &instant);
            if both {
                diameters(canvas, theme, Area { x: left.right() + 24.0, ..left }, &axons);
            }
        })?;
        Ok(vec![drawing])
    }
}

/// Finite pairs of two columns, the first divided.
fn points(table: &Table, x: &str, y: &str, per: f64) -> Result<Vec<(f64, f64)>, FigureError> {
    let pairs = table.numbers(x)?.iter().zip(table.numbers(y)?).map(|(x, y)| (x / per, *y));
    Ok(pairs.filter(|(x, y)| x.is_finite() && y.is_finite()).collect())
}

fn passing(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, axons: &[Axon], instant: &[Actor]) {
    let all = || axons.iter().flat_map(|axon| axon.arrivals.iter().copied());
    let (_, far) = range(all().map(|point| point.0)).unwrap_or((0.0, 1.0));
    let (_, late) = range(all().map(|point| point.1)).unwrap_or((0.0, 1.0));
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear("Distance (mm)", 0.0, far, 6),
        Axis::nice("Arrival (ms)", 0.0, late, 5),
    );
    plot.axes(canvas);
    for axon in axons {
        let line: Vec<(f64, f64)> = axon.arrivals.iter().map(|&(x, t)| (plot.x(x), plot.y(t))).collect();
        canvas.polyline(&line, Pen::new(axon.actor.color, 2.0));
        for &place in line.iter().step_by(line.len().div_ceil(7).max(1)) {
            canvas.marker(place, 3.4, axon.actor.marker, axon.actor.color);
        }
    }
    for actor in instant {
        let y = plot.y(0.0);
        canvas.line((plot.area.x, y), (plot.area.right(), y), Pen::new(actor.color, 2.4));
    }
}

fn diameters(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, axons: &[Axon]) {
    let all = || axons.iter().flat_map(|axon| axon.velocities.iter().copied());
    let (thin, thick) = range(all().map(|point| point.0)).unwrap_or((1.0, 10.0));
    let (slow, fast) = range(all().map(|point| point.1)).unwrap_or((1.0, 10.0));
    let plot = Plot::inside(
        theme,
        area,
        Axis::log("Diameter (µm)", thin, thick),
        Axis::log("Velocity (m/s)", slow, fast),
    );
    plot.axes(canvas);
    for axon in axons {
        let thickest = axon.velocities.iter().copied().max_by(|a, b| a.0.total_cmp(&b.0));
        let thinnest = axon.velocities.iter().map(|point| point.0).fold(f64::INFINITY, f64::min);
        if let (Some((d, v)), true) = (thickest, axon.velocities.len() > 1) {
            let proportion = axon.exponent.is_some_and(|exponent| exponent > 0.75);
            let law = |at: f64| if proportion { v * at / d } else { v * (at / d).sqrt() };
            let pen = Pen::new(theme.ink, 1.2).alpha(0.8);
            let pen = if proportion { pen.dashed(1.5, 3.0) } else { pen.dashed(5.0, 4.0) };
            canvas.line((plot.x(thinnest), plot.y(law(thinnest))), (plot.x(d), plot.y(v)), pen);
        }
        for &(d, v) in &axon.velocities {
            canvas.marker((plot.x(d), plot.y(v)), 4.5, axon.actor.marker, axon.actor.color);
        }
    }
}

fn key(theme: &Theme, axons: &[Axon], instant: &[Actor]) -> Vec<(Swatch, String)> {
    let mut entries: Vec<(Swatch, String)> = Vec::new();
    for Axon { actor, velocity, .. } in axons {
        let speed = velocity.map_or("no spike comes through".to_owned(), |v| format!("{v:.2} m/s"));
        let swatch = Swatch::LineMarker(Pen::new(actor.color, 2.0), actor.marker);
        entries.push((swatch, format!("{}: {speed}", actor.label)));
    }
    for actor in instant {
        entries
            .push((Swatch::Line(Pen::new(actor.color, 2.4)), format!("{}: no length, no time", actor.label)));
    }
    let laws =
        axons.iter().filter(|axon| axon.velocities.len() > 1).map(|axon| axon.exponent.unwrap_or(0.0) > 0.75);
    let laws: Vec<bool> = laws.collect();
    let pen = Pen::new(theme.ink, 1.2);
    if laws.contains(&false) {
        entries.push((Swatch::Line(pen.dashed(5.0, 4.0)), "square root of the diameter".to_owned()));
    }
    if laws.contains(&true) {
        entries.push((Swatch::Line(pen.dashed(1.5, 3.0)), "in proportion to the diameter".to_owned()));
    }
    entries
}

fn alt(axons: &[Axon], instant: &[Actor]) -> String {
    let one = |axon: &Axon| match axon.velocity {
        Some(velocity) => {
            let exponent = axon.exponent.map_or(String::new(), |exponent| {
                format!(", growing with diameter to the power {exponent:.2}")
            });
            format!("{}: {} m/s{exponent}.", axon.actor.label, number(velocity))
        }
        None => format!("{}: no spike comes through.", axon.actor.label),
    };
    let none = instant.iter().map(|actor| format!("{}: no time.", actor.label));
    format!("Conduction. {}", axons.iter().map(one).chain(none).collect::<Vec<_>>().join(" "))
}

fn csv(axons: &[Axon]) -> Result<String, FigureError> {
    let (mut kinds, mut sides, mut xs, mut ys) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for axon in axons {
        for (kind, points) in [("arrival", &axon.arrivals), ("velocity", &axon.velocities)] {
            for &(x, y) in points {
                kinds.push(kind.to_owned());
                sides.push(axon.actor.name.clone());
                xs.push(x);
                ys.push(y);
            }
        }
    }
    let table = Table::new()
        .with_texts("kind", kinds)?
        .with_texts("side", sides)?
        .with_numbers("distance_mm_or_diameter_um", xs)?
        .with_numbers("arrival_ms_or_velocity_m_s", ys)?;
    Ok(table.to_csv())
}
