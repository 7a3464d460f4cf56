//! Batteries of ions, and where a membrane rests between them.

use duet_record::format::{number, with_unit};
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::clean;
use crate::measure;
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// The Nernst potential against the ratio of concentrations, and the membrane potential against a permeability.
    ///
    /// # Behaviour
    /// Left: one line per charge (a tenfold ratio is 58 mV for one charge at 20 °C), one dot per ion. Right: the potential of
    /// Goldman, Hodgkin and Katz as one ion passes more and more easily, one dot per state of the membrane; dashed, the
    /// Nernst potentials between which it lies. The first temperature in full, others faint. Needs a run of
    /// `protocol.reversal`.
    pub default struct Reversal {}
}

const NAME: &str = "reversal";
const NEEDS: &str = "traces/SIDE/ions.csv, nernst.csv, states.csv, permeability.csv";
const HALF: f64 = (WIDTH - 2.0 * MARGIN) / 2.0;
const HEIGHT: f64 = 360.0;

struct Membrane {
    actor: Actor,
    ions: Table,
    nernst: Table,
    states: Table,
    permeability: Table,
}

impl Draw for Reversal {
    const NEEDS: &[Needs] = &[Needs::Potentials];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let mut membranes = Vec::new();
        for actor in cast(run, theme)? {
            let read = |name: &str, texts: &[&str]| run.trace(&actor.name, name, texts);
            let ions = match read("ions", &["ion"]) {
                Ok(table) => table,
                Err(error) if error.is_missing() => continue,
                Err(error) => return Err(error.into()),
            };
            let nernst = read("nernst", &[]).needed(NAME, NEEDS)?;
            let states = read("states", &["state"]).needed(NAME, NEEDS)?;
            let permeability = read("permeability", &["ion"]).needed(NAME, NEEDS)?;
            membranes.push(Membrane { actor, ions, nernst, states, permeability });
        }
        (!membranes.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        let several = membranes.len() > 1;
        membranes.iter().map(|membrane| one(membrane, several, theme)).collect()
    }
}

fn one(membrane: &Membrane, several: bool, theme: &Theme) -> Result<Drawing, FigureError> {
    let label = &membrane.actor.label;
    let temperatures = distinct(membrane.ions.numbers("temperature_degC")?);
    let own = if several { format!("{NAME}-{}", membrane.actor.name) } else { NAME.to_owned() };
    let sheet = Sheet {
        name: own,
        title: "Where do ions draw a membrane?".into(),
        note: format!(
            "{label} at {}. Every dot is one kind of ion (left) or one state of the membrane (right).{}",
            degrees(temperatures.first().copied().unwrap_or(f64::NAN)),
            temperatures.get(1).map_or(String::new(), |&other| format!(" Faint: at {}.", degrees(other)))
        ),
        caption: "Each ion alone would bring the membrane to its own potential. Together they bring it near the potential of \
                  the one that passes most easily."
            .into(),
        alt: alt(membrane)?,
    };
    let csv = csv(membrane)?;
    let varied = membrane.permeability.texts("ion")?.first().cloned();
    let mut faults = None;
    let drawing = sheet.draw(theme, HEIGHT, csv, |canvas, top| {
        let left = Area { x: MARGIN, y: top, w: HALF - 12.0, h: HEIGHT - 6.0 };
        let right = Area { x: MARGIN + HALF + 12.0, ..left };
        faults = batteries(canvas, theme, left, membrane)
            .and_then(|()| varied.map_or(Ok(()), |ion| mixture(canvas, theme, right, membrane, &ion)))
            .err();
    })?;
    faults.map_or(Ok(drawing), Err)
}

/// Rows of a table at one temperature: pairs of two columns.
fn pairs(
    table: &Table,
    x: &str,
    y: &str,
    keep: impl Fn(usize) -> bool,
) -> Result<Vec<(f64, f64)>, FigureError> {
    let (xs, ys) = (table.numbers(x)?, table.numbers(y)?);
    Ok(xs
        .iter()
        .copied()
        .zip(ys.iter().copied())
        .enumerate()
        .filter(|(at, _)| keep(*at))
        .map(|(_, pair)| pair)
        .collect())
}

fn distinct(values: &[f64]) -> Vec<f64> {
    let mut seen: Vec<f64> = Vec::new();
    for &value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

/// The Nernst potential over the ratio of concentrations.
fn batteries(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    area: Area,
    membrane: &Membrane,
) -> Result<(), FigureError> {
    let ions = &membrane.ions;
    let (inside, outside) = (ions.numbers("inside_mM")?, ions.numbers("outside_mM")?);
    let ratios: Vec<f64> = outside.iter().zip(inside).map(|(out, inside)| out / inside).collect();
    let (low, high) = range(ratios.iter().copied()).unwrap_or((0.01, 100.0));
    let (e_low, e_high) = range(ions.numbers("e_mV")?.iter().copied()).unwrap_or((-100.0, 100.0));
    let x = Axis::log("Outside / inside", low.min(0.02), high.max(50.0));
    let plot = Plot::inside(
        theme,
        area,
        x,
        Axis::nice("Nernst potential (mV)", e_low.min(-90.0), e_high.max(90.0), 6),
    );
    plot.axes(canvas);
    zero(canvas, theme, &plot);
    let temperatures = distinct(ions.numbers("temperature_degC")?);
    let lines = &membrane.nernst;
    let (charges, of_line) = (lines.numbers("valence")?, lines.numbers("temperature_degC")?);
    for (rank, temperature) in temperatures.iter().enumerate().rev() {
        for charge in distinct(charges) {
            let line =
                pairs(lines, "ratio", "e_mV", |at| charges[at] == charge && of_line[at] == *temperature)?;
            let pen = Pen::new(theme.muted, if rank == 0 { 1.5 } else { 0.9 }).alpha(if rank == 0 {
                1.0
            } else {
                0.6
            });
            let seen = clipped(&plot, &line);
            canvas.polyline(&seen, pen);
            if let (0, Some(&(x, y))) = (rank, seen.last()) {
                let words = format!("z = {}", number(charge));
                let below = if charge > 0.0 { 14.0 } else { -6.0 };
                canvas.text((x - 28.0, y + below), &words, theme.tick, theme.muted, Align::Right);
            }
        }
    }
    let (names, rows) = (ions.texts("ion")?, ions.numbers("temperature_degC")?);
    let potentials = ions.numbers("e_mV")?;
    for (at, name) in names.iter().enumerate().filter(|(at, _)| Some(&rows[*at]) == temperatures.first()) {
        let place = (plot.x(ratios[at]), plot.y(potentials[at]));
        canvas.marker(place, 5.0, membrane.actor.marker, membrane.actor.color);
        // Beside its line, which rises to the right for a positive charge and falls for a negative one; left of it where
        // the plot ends.
        let rises = potentials[at] * libm::log10(ratios[at]) > 0.0;
        let words = format!("{} {}", clean(name), millivolts(potentials[at]));
        let is_far = place.0 + 9.0 + measure::width(&words, theme.tick) > plot.area.right();
        let below = if rises == is_far { -6.0 } else { 15.0 };
        let (x, align) = if is_far { (place.0 - 9.0, Align::Right) } else { (place.0 + 9.0, Align::Left) };
        canvas.text((x, place.1 + below), &words, theme.tick, theme.ink, align);
    }
    Ok(())
}

/// The potential of the whole membrane over one permeability.
fn mixture(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    area: Area,
    membrane: &Membrane,
    varied: &str,
) -> Result<(), FigureError> {
    let table = &membrane.permeability;
    let rows = table.numbers("temperature_degC")?;
    let temperatures = distinct(rows);
    let ions = &membrane.ions;
    let (potentials, of_ion) = (ions.numbers("e_mV")?, ions.numbers("temperature_degC")?);
    let first = temperatures.first().copied().unwrap_or(f64::NAN);
    let (low, high) = range(table.numbers("permeability")?.iter().copied()).unwrap_or((0.01, 100.0));
    let levels: Vec<usize> = (0..potentials.len()).filter(|&at| of_ion[at] == first).collect();
    let seen = levels.iter().map(|&at| potentials[at]).filter(|e| e.abs() < 110.0);
    let (v_low, v_high) = range(table.numbers("v_mV")?.iter().copied().chain(seen)).unwrap_or((-90.0, 60.0));
    let plot = Plot::inside(
        theme,
        area,
        Axis::log(format!("Permeability for {}, relative", clean(varied)), low, high),
        Axis::nice("Membrane potential (mV)", v_low, v_high, 6),
    );
    plot.axes(canvas);
    zero(canvas, theme, &plot);
    for at in levels {
        if plot.y.holds(potentials[at]) {
            let y = plot.y(potentials[at]);
            let pen = Pen::new(theme.ink, 1.0).alpha(0.65).dashed(5.0, 4.0);
            canvas.line((plot.area.x, y), (plot.area.right(), y), pen);
            let words = format!("E {}", clean(&ions.texts("ion")?[at]));
            canvas.text((plot.area.right() - 3.0, y - 4.0), &words, theme.tick, theme.muted, Align::Right);
        }
    }
    for temperature in &temperatures {
        let line = pairs(table, "permeability", "v_mV", |at| rows[at] == *temperature)?;
        let line: Vec<(f64, f64)> = line.into_iter().map(|(p, v)| (plot.x(p), plot.y(v))).collect();
        let (width, alpha) = if *temperature == first { (2.2, 1.0) } else { (1.0, 0.5) };
        canvas.polyline(&line, Pen::new(membrane.actor.color, width).alpha(alpha));
    }
    let states = &membrane.states;
    let (names, of_state) = (states.texts("state")?, states.numbers("temperature_degC")?);
    let (p, v) = (states.numbers("permeability")?, states.numbers("v_mV")?);
    for (at, name) in names.iter().enumerate().filter(|(at, _)| of_state[*at] == first && p[*at].is_finite())
    {
        let place = (plot.x(p[at]), plot.y(v[at]));
        canvas.marker(place, 5.0, membrane.actor.marker, membrane.actor.color);
        let right = plot.x.place(p[at]) > 0.7;
        let (dx, dy, align) = if right { (-8.0, -6.0, Align::Right) } else { (10.0, 14.0, Align::Left) };
        let words = format!("{} {}", clean(name), millivolts(v[at]));
        canvas.text((place.0 + dx, place.1 + dy), &words, theme.tick, theme.ink, align);
    }
    Ok(())
}

fn millivolts(v: f64) -> String {
    with_unit((v * 10.0).round() / 10.0, "mV")
}

fn degrees(temperature: f64) -> String {
    with_unit(temperature, "°C")
}

fn zero(canvas: &mut Canvas<'_>, theme: &Theme, plot: &Plot<'_>) {
    if plot.y.holds(0.0) {
        let y = plot.y(0.0);
        canvas.line((plot.area.x, y), (plot.area.right(), y), Pen::new(theme.muted, 0.8));
    }
}

/// A straight line on a logarithmic axis, cut at the frame.
fn clipped(plot: &Plot<'_>, line: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let (Some(&(x0, y0)), Some(&(x1, y1))) = (line.first(), line.last()) else { return Vec::new() };
    let (l0, l1) = (libm::log10(x0), libm::log10(x1));
    let steps = 400;
    let point = |k: i32| {
        let share = f64::from(k) / f64::from(steps);
        (libm::pow(10.0, l0 + share * (l1 - l0)), y0 + share * (y1 - y0))
    };
    let inside = (0..=steps).map(point).filter(|(x, y)| plot.x.holds(*x) && plot.y.holds(*y));
    inside.map(|(x, y)| (plot.x(x), plot.y(y))).collect()
}

fn alt(membrane: &Membrane) -> Result<String, FigureError> {
    let (names, e) = (membrane.ions.texts("ion")?, membrane.ions.numbers("e_mV")?);
    let ions = names.iter().zip(e).map(|(name, e)| format!("{} {e:.1} mV", clean(name)));
    let (states, v) = (membrane.states.texts("state")?, membrane.states.numbers("v_mV")?);
    let states = states.iter().zip(v).map(|(name, v)| format!("{} {v:.1} mV", clean(name)));
    Ok(format!(
        "Nernst potentials: {}. Membrane: {}.",
        ions.collect::<Vec<_>>().join(", "),
        states.collect::<Vec<_>>().join(", ")
    ))
}

/// What was drawn: ions over their ratio, states and the curve over the permeability.
fn csv(membrane: &Membrane) -> Result<String, FigureError> {
    let Membrane { ions, states, permeability, .. } = membrane;
    let (inside, outside) = (ions.numbers("inside_mM")?, ions.numbers("outside_mM")?);
    let ratios: Vec<f64> = outside.iter().zip(inside).map(|(outside, inside)| outside / inside).collect();
    let (mut kinds, mut names, mut xs) = (Vec::new(), Vec::new(), Vec::new());
    let (mut temperatures, mut potentials) = (Vec::new(), Vec::new());
    let mut add = |kind: &str, table: &Table, name: &str, x: &[f64], y: &str| -> Result<(), FigureError> {
        kinds.extend(x.iter().map(|_| kind.to_owned()));
        names.extend_from_slice(table.texts(name)?);
        xs.extend_from_slice(x);
        temperatures.extend_from_slice(table.numbers("temperature_degC")?);
        potentials.extend_from_slice(table.numbers(y)?);
        Ok(())
    };
    add("ion", ions, "ion", &ratios, "e_mV")?;
    add("state", states, "state", states.numbers("permeability")?, "v_mV")?;
    add("curve", permeability, "ion", permeability.numbers("permeability")?, "v_mV")?;
    let table = Table::new()
        .with_texts("kind", kinds)?
        .with_texts("name", names)?
        .with_numbers("ratio_or_permeability", xs)?
        .with_numbers("temperature_degC", temperatures)?
        .with_numbers("potential_mV", potentials)?;
    Ok(table.to_csv())
}
