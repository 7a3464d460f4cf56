//! How much spike counts vary, and what that costs.

use duet_record::format::number;
use duet_record::{Physics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// Variance of spike counts against their mean, and the error of a rate against the spikes that it is read from.
    ///
    /// # Behaviour
    /// Left, one marker per side and number shown; on the dashed line the Fano factor is 1. Right, the relative error of sums
    /// over more and more counts; the dashed line is 1 / sqrt(n), the dotted one 1 %. Both of the last population. A side whose
    /// counts do not vary has no place on the right; artificial sides have none at all: their error is 0 at once. First seed.
    /// Needs a run of `protocol.repeat`.
    pub default struct Variability {}
}

const NAME: &str = "variability";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 330.0;

/// One spiking side.
struct Counts<'c> {
    actor: &'c Actor,
    /// (number shown, mean, variance).
    points: Vec<[f64; 3]>,
    /// (spikes, relative error).
    precision: Vec<(f64, f64)>,
}

impl Draw for Variability {
    const NEEDS: &[Needs] = &[Needs::Counts];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let spiking = |actor: &&Actor| actor.physics != Some(Physics::Artificial);
        let sides =
            cast.iter().filter(spiking).map(|actor| read(run, actor)).collect::<Result<Vec<_>, _>>()?;
        (!sides.is_empty()).then_some(()).needed(NAME, "traces/SIDE/variability.csv")?;
        let mut entries: Vec<(Swatch, String)> = sides
            .iter()
            .map(|side| (Swatch::Marker(side.actor.marker, side.actor.color), side.actor.label.clone()))
            .collect();
        entries.push((Swatch::Line(dashed(theme)), "Poisson: variance = mean, error = 1/√n".to_owned()));
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let exact: Vec<&str> = cast
            .iter()
            .filter(|actor| actor.physics == Some(Physics::Artificial))
            .map(|actor| actor.label.as_str())
            .collect();
        let exact = if exact.is_empty() { String::new() } else { format!(" {}: exact.", exact.join(", ")) };
        let sheet = Sheet {
            name: NAME.into(),
            title: "How exactly does a spike count tell a number?".into(),
            note: format!("First seed. Left: counts of single cells in a window. Right: sums of 1, 4, 16 ... counts.{exact}"),
            caption: "With a Fano factor of 1 an error of 1 % takes 10 000 spikes; counts that vary less need fewer.".into(),
            alt: alt(&sides),
        };
        let csv = csv(&sides)?;
        let drawing = sheet.draw(theme, above + PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let half = FULL / 2.0;
            let area = Area { x: MARGIN, y: top + above, w: half - 16.0, h: PANEL - 6.0 };
            variances(canvas, theme, area, &sides);
            errors(canvas, theme, Area { x: MARGIN + half + 8.0, w: half - 8.0, ..area }, &sides);
        })?;
        Ok(vec![drawing])
    }
}

fn dashed(theme: &Theme) -> Pen {
    Pen::new(theme.ink, 1.3).dashed(4.0, 3.0)
}

/// The rows of the last population.
fn read<'c>(run: &Run, actor: &'c Actor) -> Result<Counts<'c>, FigureError> {
    let table = |name: &str, file: &str| run.trace(&actor.name, name, &["population"]).needed(NAME, file);
    let counts = table(NAME, "traces/SIDE/variability.csv")?;
    let precision = table("precision", "traces/SIDE/precision.csv")?;
    let of_last = |table: &Table, population: Option<&String>| -> Result<Vec<usize>, FigureError> {
        let names = table.texts("population")?;
        Ok((0..names.len()).filter(|&row| Some(&names[row]) == population).collect())
    };
    let last = counts.texts("population")?.last();
    let (value, mean, variance) =
        (counts.numbers("value")?, counts.numbers("mean")?, counts.numbers("variance")?);
    let (spikes, error) = (precision.numbers("spikes")?, precision.numbers("relative_error")?);
    Ok(Counts {
        actor,
        points: of_last(&counts, last)?
            .into_iter()
            .map(|row| [value[row], mean[row], variance[row]])
            .collect(),
        precision: of_last(&precision, last)?.into_iter().map(|row| (spikes[row], error[row])).collect(),
    })
}

fn variances(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, sides: &[Counts<'_>]) {
    let all = || sides.iter().flat_map(|side| &side.points);
    let (_, widest) = range(all().map(|point| point[1])).unwrap_or((0.0, 1.0));
    let (_, highest) = range(all().map(|point| point[2])).unwrap_or((0.0, 1.0));
    let (x, y) = (widest.max(1e-9) * 1.05, highest.max(widest).max(1e-9) * 1.05);
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear("Mean count in a window", 0.0, x, 5),
        Axis::linear("Variance of the count", 0.0, y, 5),
    );
    plot.axes(canvas);
    let end = x.min(y);
    canvas.line((plot.x(0.0), plot.y(0.0)), (plot.x(end), plot.y(end)), dashed(theme));
    for side in sides {
        let line: Vec<(f64, f64)> = side
            .points
            .iter()
            .filter(|point| point[1].is_finite() && point[2].is_finite())
            .map(|point| (plot.x(point[1]), plot.y(point[2])))
            .collect();
        canvas.polyline(&line, Pen::new(side.actor.color, 1.2).alpha(0.5));
        line.iter().for_each(|&at| canvas.marker(at, 4.6, side.actor.marker, side.actor.color));
    }
}

fn errors(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, sides: &[Counts<'_>]) {
    let seen = |point: &&(f64, f64)| point.0 > 0.0 && point.1 > 0.0;
    let all = || sides.iter().flat_map(|side| side.precision.iter().filter(seen));
    let (low, high) = range(all().map(|point| point.0)).unwrap_or((1.0, 1e4));
    let (least, most) = range(all().map(|point| point.1)).unwrap_or((0.01, 1.0));
    let plot = Plot::inside(
        theme,
        area,
        Axis::log("Spikes counted", low, high.max(1e4)),
        Axis::log("Relative error of the rate", least.min(0.01), most),
    );
    plot.axes(canvas);
    let line: Vec<(f64, f64)> = (0..=60)
        .map(|k| libm::pow(10.0, f64::from(k) * 0.1))
        .filter(|&n| plot.x.holds(n) && plot.y.holds(1.0 / n.sqrt()))
        .map(|n| (plot.x(n), plot.y(1.0 / n.sqrt())))
        .collect();
    canvas.polyline(&line, dashed(theme));
    let y = plot.y(0.01);
    canvas.line((plot.area.x, y), (plot.area.right(), y), Pen::new(theme.ink, 1.0).dashed(1.5, 3.0));
    canvas.text((plot.area.x + 6.0, y - 5.0), "1 %", theme.tick, theme.muted, Align::Left);
    for side in sides {
        let line: Vec<(f64, f64)> =
            side.precision.iter().filter(seen).map(|point| (plot.x(point.0), plot.y(point.1))).collect();
        canvas.polyline(&line, Pen::new(side.actor.color, 1.2).alpha(0.5));
        line.iter().for_each(|&at| canvas.marker(at, 4.6, side.actor.marker, side.actor.color));
    }
}

fn alt(sides: &[Counts<'_>]) -> String {
    let one = |side: &Counts<'_>| {
        let last = side.points.last().map_or("no counts".to_owned(), |point| {
            format!("a variance of {} at a mean count of {}", number(point[2]), number(point[1]))
        });
        format!("{}: {last}.", side.actor.label)
    };
    format!("Variance of spike counts. {}", sides.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(sides: &[Counts<'_>]) -> Result<String, FigureError> {
    let (mut names, mut what) = (Vec::new(), Vec::new());
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for side in sides {
        let counts = side.points.iter().map(|point| ("variance_of_mean", point[1], point[2]));
        let errors = side.precision.iter().map(|point| ("error_of_spikes", point.0, point.1));
        for (kind, first, second) in counts.chain(errors) {
            names.push(side.actor.name.clone());
            what.push(kind.to_owned());
            x.push(first);
            y.push(second);
        }
    }
    let table = Table::new().with_texts("side", names)?.with_texts("what", what)?;
    Ok(table.with_numbers("x", x)?.with_numbers("y", y)?.to_csv())
}
