//! What is left of a signal on a passive cable.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::{Rgb, Theme};

parameters! {
    /// How much of a steady signal is left along a passive cable, beside exp(-x/lambda), and how much of oscillations.
    ///
    /// # Behaviour
    /// Distance in length constants. Dots: the cable in compartments; line: the closed form with its end; dashed: a cable without
    /// end. Dashed in the side's colour are oscillations on the longest cable, which fade sooner the faster they are. An
    /// artificial connection is a level line at its weight: it has no length. Needs a run of `protocol.cable` with a passive cable.
    pub default struct Attenuation {}
}

const NAME: &str = "attenuation";
const NEEDS: &str = "traces/SIDE/profile.csv";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const HEIGHT: f64 = 330.0;

struct Fading {
    actor: Actor,
    profile: Table,
    frequencies: Option<Table>,
}

impl Attenuation {
    pub(crate) fn draw(run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let (mut cables, mut levels) = (Vec::new(), Vec::new());
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        for actor in cast(run, theme)? {
            let read = |name: &str| match run.trace(&actor.name, name, &[]) {
                Ok(table) => Ok(Some(table)),
                Err(error) if error.is_missing() => Ok(None),
                Err(error) => Err(error),
            };
            let (profile, frequencies) = (read("profile")?, read("frequencies")?);
            let velocity = metrics.get(&actor.name, "velocity");
            match (profile, metrics.get(&actor.name, "left").and_then(|metric| metric.value)) {
                (Some(profile), _) => cables.push(Fading { actor, profile, frequencies }),
                (None, Some(weight)) if velocity.is_some_and(|metric| metric.value.is_none()) => {
                    levels.push((actor, weight));
                }
                _ => {}
            }
        }
        (!cables.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        let entries = key(theme, &cables, &levels)?;
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "How much of a steady signal is left?".into(),
            note: "As a share of the voltage at the beginning. Markers: in compartments; lines: in closed form.".into(),
            caption: "After one length constant 37 % are left; the end holds the voltage up (sealed) or pulls it down (killed)."
                .into(),
            alt: alt(&cables, &levels)?,
        };
        let csv = csv(&cables)?;
        let mut fault = None;
        let drawing = sheet.draw(theme, above + HEIGHT, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let area = Area { x: MARGIN, y: top + above, w: FULL, h: HEIGHT - 6.0 };
            fault = curves(canvas, theme, area, &cables, &levels).err();
        })?;
        fault.map_or(Ok(vec![drawing]), Err)
    }
}

fn curves(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    area: Area,
    cables: &[Fading],
    levels: &[(Actor, f64)],
) -> Result<(), FigureError> {
    let mut far = 0.0_f64;
    for cable in cables {
        far = far.max(end(cable)?);
    }
    // Beyond, nothing is left to be seen.
    let far = far.min(5.0);
    // A weight may turn the sign: then it lies below.
    let (low, high) = range(levels.iter().map(|level| level.1)).unwrap_or((0.0, 1.0));
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear("Distance (length constants)", 0.0, far, 8),
        Axis::nice("V(x) / V(0)", low.min(0.0), high.max(1.0), 5),
    );
    plot.axes(canvas);
    for (actor, weight) in levels {
        let y = plot.y(*weight);
        canvas.line((plot.area.x, y), (plot.area.right(), y), Pen::new(actor.color, 2.2));
    }
    let longest = longest(cables)?;
    for (at, cable) in cables.iter().enumerate() {
        let line =
            |table: &Table, y: &str, keep: &dyn Fn(usize) -> bool| -> Result<Vec<(f64, f64)>, FigureError> {
                let (xs, ys) = (table.numbers("x_lambda")?, table.numbers(y)?);
                let kept = (0..xs.len()).filter(|&at| keep(at) && xs[at] <= far);
                Ok(kept.map(|at| (plot.x(xs[at]), plot.y(ys[at]))).collect())
            };
        if let Some(table) = cable.frequencies.as_ref().filter(|_| at == longest) {
            let hertz = table.numbers("frequency_Hz")?;
            for (rank, frequency) in frequencies(table)?.into_iter().enumerate() {
                let points = line(table, "left", &|at| hertz[at] == frequency)?;
                canvas.polyline(&points, oscillation(cable.actor.color, rank));
            }
        }
        canvas.polyline(&line(&cable.profile, "closed_form", &|_| true)?, Pen::new(cable.actor.color, 1.8));
        let dashed = Pen::new(theme.ink, 1.2).alpha(0.8).dashed(5.0, 4.0);
        canvas.polyline(&line(&cable.profile, "no_end", &|_| true)?, dashed);
        let every = cable.profile.rows().div_ceil(30).max(1);
        for place in line(&cable.profile, "left", &|at| at % every == 0)? {
            canvas.marker(place, 3.2, cable.actor.marker, cable.actor.color);
        }
    }
    Ok(())
}

fn key(
    theme: &Theme,
    cables: &[Fading],
    levels: &[(Actor, f64)],
) -> Result<Vec<(Swatch, String)>, FigureError> {
    let mut entries = Vec::new();
    for Fading { actor, .. } in cables {
        let swatch = Swatch::LineMarker(Pen::new(actor.color, 1.8), actor.marker);
        entries.push((swatch, actor.label.clone()));
    }
    entries.push((Swatch::Line(Pen::new(theme.ink, 1.2).dashed(5.0, 4.0)), "exp(−x/λ): no end".to_owned()));
    for (actor, _) in levels {
        entries.push((Swatch::Line(Pen::new(actor.color, 2.2)), actor.label.clone()));
    }
    let shown = &cables[longest(cables)?];
    if let Some(table) = &shown.frequencies {
        for (rank, frequency) in frequencies(table)?.into_iter().enumerate() {
            let words = format!("{}: {} Hz", shown.actor.label, number(frequency));
            entries.push((Swatch::Line(oscillation(shown.actor.color, rank)), words));
        }
    }
    Ok(entries)
}

/// Where a cable ends, in length constants.
fn end(cable: &Fading) -> Result<f64, FigureError> {
    Ok(range(cable.profile.numbers("x_lambda")?.iter().copied()).map_or(1.0, |(_, high)| high))
}

/// The first of the longest cables: oscillations are drawn on it alone, or nothing could be told apart.
fn longest(cables: &[Fading]) -> Result<usize, FigureError> {
    let mut best = (0, f64::NEG_INFINITY);
    for (at, cable) in cables.iter().enumerate() {
        let end = end(cable)?;
        if end > best.1 {
            best = (at, end);
        }
    }
    Ok(best.0)
}

fn frequencies(table: &Table) -> Result<Vec<f64>, FigureError> {
    let mut seen = Vec::new();
    for &frequency in table.numbers("frequency_Hz")? {
        if !seen.contains(&frequency) {
            seen.push(frequency);
        }
    }
    Ok(seen)
}

/// The pen of the oscillation at a rank: the faster, the shorter its dashes.
fn oscillation(color: Rgb, rank: usize) -> Pen {
    let (dash, gap) = [(9.0, 3.0), (4.0, 3.0), (1.5, 2.5)][rank % 3];
    Pen::new(color, 1.2).dashed(dash, gap)
}

fn alt(cables: &[Fading], levels: &[(Actor, f64)]) -> Result<String, FigureError> {
    let mut words = vec!["Share of a steady signal over the distance.".to_owned()];
    for cable in cables {
        let left = cable.profile.numbers("left")?.last().copied().unwrap_or(f64::NAN);
        let far = cable.profile.numbers("x_lambda")?.last().copied().unwrap_or(f64::NAN);
        words.push(format!(
            "{}: {} after {} length constants.",
            cable.actor.label,
            number(left),
            number(far)
        ));
    }
    words.extend(
        levels.iter().map(|(actor, weight)| format!("{}: {} everywhere.", actor.label, number(*weight))),
    );
    Ok(words.join(" "))
}

fn csv(cables: &[Fading]) -> Result<String, FigureError> {
    const NAMES: [&str; 4] = ["x_lambda", "left", "closed_form", "no_end"];
    let mut sides = Vec::new();
    let mut columns = [const { Vec::new() }; 4];
    for cable in cables {
        sides.extend(std::iter::repeat_n(cable.actor.name.clone(), cable.profile.rows()));
        for (column, name) in columns.iter_mut().zip(NAMES) {
            column.extend_from_slice(cable.profile.numbers(name)?);
        }
    }
    let mut table = Table::new().with_texts("side", sides)?;
    for (column, name) in columns.into_iter().zip(NAMES) {
        table = table.with_numbers(name, column)?;
    }
    Ok(table.to_csv())
}
