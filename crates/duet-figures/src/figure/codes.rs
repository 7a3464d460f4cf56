//! What a code makes of spikes and of time.

use duet_record::format::number;
use duet_record::{Physics, Run, Table};
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
    /// The error of a number against the spikes that told it, and the bits that it is worth against time.
    ///
    /// # Behaviour
    /// One line per spiking side, one marker per reading. Left, both axes by powers of ten: a code whose error falls with one
    /// over the root of its spikes runs along the dashed line, one that has said everything stays where it is. Right, bits
    /// against the time since the number was shown. Artificial sides pass the number on without error and have no place here.
    /// First seed. Needs a run of `protocol.transmit`.
    pub default struct Codes {}
}

const NAME: &str = "codes";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 340.0;

/// One code: (time, spikes, error, bits) at every reading.
struct Code<'c> {
    actor: &'c Actor,
    readings: Vec<[f64; 4]>,
}

impl Draw for Codes {
    const NEEDS: &[Needs] = &[Needs::Code];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let spiking = |actor: &&Actor| actor.physics != Some(Physics::Artificial);
        let codes =
            cast.iter().filter(spiking).map(|actor| read(run, actor)).collect::<Result<Vec<_>, _>>()?;
        (!codes.is_empty()).then_some(()).needed(NAME, "traces/SIDE/code.csv")?;
        let mut entries: Vec<(Swatch, String)> = codes
            .iter()
            .map(|code| {
                let pen = Pen::new(code.actor.color, 1.8);
                (Swatch::LineMarker(pen, code.actor.marker), code.actor.label.clone())
            })
            .collect();
        entries.push((Swatch::Line(dashed(theme)), "error proportional to 1/√spikes".to_owned()));
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let exact: Vec<&str> = cast
            .iter()
            .filter(|actor| actor.physics == Some(Physics::Artificial))
            .map(|actor| actor.label.as_str())
            .collect();
        let exact = if exact.is_empty() {
            String::new()
        } else {
            format!(" {}: exact at once, without a spike.", exact.join(", "))
        };
        let sheet = Sheet {
            name: NAME.into(),
            title: "What does a code make of its spikes, and of its time?".into(),
            note: format!("First seed. Numbers uniform in [0, 1].{exact}"),
            caption: "Left: error of the number read, against spikes for one number. Right: the bits that such an error leaves at \
                      least, against the time since the number was shown."
                .into(),
            alt: alt(&codes),
        };
        let csv = csv(&codes)?;
        let drawing = sheet.draw(theme, above + PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let half = FULL / 2.0;
            let area = Area { x: MARGIN, y: top + above, w: half - 16.0, h: PANEL - 6.0 };
            errors(canvas, theme, area, &codes);
            bits(canvas, theme, Area { x: MARGIN + half + 8.0, w: half - 8.0, ..area }, &codes);
        })?;
        Ok(vec![drawing])
    }
}

fn dashed(theme: &Theme) -> Pen {
    Pen::new(theme.ink, 1.3).dashed(4.0, 3.0)
}

fn read<'c>(run: &Run, actor: &'c Actor) -> Result<Code<'c>, FigureError> {
    let table = run.trace(&actor.name, "code", &[]).needed(NAME, "traces/SIDE/code.csv")?;
    let (time, spikes) = (table.numbers("time_ms")?, table.numbers("spikes")?);
    let (error, bits) = (table.numbers("error")?, table.numbers("bits")?);
    let readings = (0..table.rows()).map(|at| [time[at], spikes[at], error[at], bits[at]]).collect();
    Ok(Code { actor, readings })
}

fn errors(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, codes: &[Code<'_>]) {
    let seen = |reading: &&[f64; 4]| reading[1] > 0.0 && reading[2] > 0.0;
    let all = || codes.iter().flat_map(|code| code.readings.iter().filter(seen));
    let (low, high) = range(all().map(|reading| reading[1])).unwrap_or((1.0, 100.0));
    let (least, most) = range(all().map(|reading| reading[2])).unwrap_or((0.01, 1.0));
    let plot = Plot::inside(
        theme,
        area,
        Axis::log("Spikes for one number", low, high),
        Axis::log("Error of the number (root mean square)", least, most),
    );
    plot.axes(canvas);
    // Through an error of 1/2 at one spike: only the slope means something.
    let guide = |spikes: f64| 0.5 / spikes.sqrt();
    let line: Vec<(f64, f64)> = (0..=160)
        .map(|k| libm::pow(10.0, f64::from(k) * 0.05 - 3.0))
        .filter(|&spikes| plot.x.holds(spikes) && plot.y.holds(guide(spikes)))
        .map(|spikes| (plot.x(spikes), plot.y(guide(spikes))))
        .collect();
    canvas.polyline(&line, dashed(theme));
    for code in codes {
        let points =
            code.readings.iter().filter(seen).map(|reading| (plot.x(reading[1]), plot.y(reading[2])));
        curve(canvas, code.actor, &points.collect::<Vec<_>>());
    }
}

fn bits(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, codes: &[Code<'_>]) {
    let all = || codes.iter().flat_map(|code| &code.readings);
    let (first, last) = range(all().map(|reading| reading[0])).unwrap_or((1.0, 100.0));
    let (_, most) = range(all().map(|reading| reading[3])).unwrap_or((0.0, 1.0));
    let plot = Plot::inside(
        theme,
        area,
        Axis::log("Time since the number was shown (ms)", first, last),
        Axis::nice("Information (bits)", 0.0, most.max(1.0), 5),
    );
    plot.axes(canvas);
    for code in codes {
        let points = code.readings.iter().map(|reading| (plot.x(reading[0]), plot.y(reading[3])));
        curve(canvas, code.actor, &points.collect::<Vec<_>>());
    }
}

fn curve(canvas: &mut Canvas<'_>, actor: &Actor, points: &[(f64, f64)]) {
    canvas.polyline(points, Pen::new(actor.color, 1.8));
    points.iter().for_each(|&at| canvas.marker(at, 3.8, actor.marker, actor.color));
}

fn alt(codes: &[Code<'_>]) -> String {
    let one = |code: &Code<'_>| {
        let words = code.readings.last().map_or("nothing read".to_owned(), |last| {
            format!(
                "{} spikes, error {}, {} bits after {} ms",
                number(last[1]),
                number(last[2]),
                number(last[3]),
                number(last[0])
            )
        });
        format!("{}: {words}.", code.actor.label)
    };
    format!("Error and information of spike codes. {}", codes.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(codes: &[Code<'_>]) -> Result<String, FigureError> {
    let rows = || codes.iter().flat_map(|code| code.readings.iter().map(move |reading| (code, reading)));
    let mut table =
        Table::new().with_texts("side", rows().map(|(code, _)| code.actor.name.clone()).collect())?;
    for (at, name) in ["time_ms", "spikes", "error", "bits"].iter().enumerate() {
        table = table.with_numbers(name, rows().map(|(_, reading)| reading[at]).collect())?;
    }
    Ok(table.to_csv())
}
