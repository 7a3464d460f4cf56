//! The voltage along a cable over time, as a picture.

use duet_record::format::number;
use duet_record::{Column, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::measure;
use crate::plot::{ABOVE, BELOW, Plot};
use crate::theme::{Rgb, Theme};

parameters! {
    /// V(x, t): the voltage at every place of a cable and every moment, as darkness.
    ///
    /// # Behaviour
    /// One picture per side with a cable: time to the right, distance upwards, the darker the further above rest. A passive
    /// signal is a stain that spreads and fades; a spike is a stripe, and its slope is the velocity. Needs a run of
    /// `protocol.cable`.
    pub default struct SpaceTime {}
}

const NAME: &str = "space_time";
const NEEDS: &str = "traces/SIDE/space_time.csv";
const HEIGHT: f64 = 250.0;
/// Shades; so few that a row is drawn in few strokes.
const SHADES: usize = 40;

struct Picture {
    actor: Actor,
    times: Vec<f64>,
    /// Places in um, ascending, with the voltage at every time.
    rows: Vec<(f64, Vec<f64>)>,
}

impl Draw for SpaceTime {
    const NEEDS: &[Needs] = &[Needs::SpaceTime];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let mut pictures = Vec::new();
        for actor in cast(run, theme)? {
            match run.trace(&actor.name, NAME, &[]) {
                Ok(table) => pictures.push(picture(actor, &table)?),
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error.into()),
            }
        }
        pictures.retain(|picture| picture.times.len() > 1 && picture.rows.len() > 1);
        (!pictures.is_empty()).then_some(()).needed(NAME, NEEDS)?;
        let several = pictures.len() > 1;
        pictures.iter().map(|picture| one(picture, several, theme)).collect()
    }
}

fn picture(actor: Actor, table: &Table) -> Result<Picture, FigureError> {
    let times = table.numbers("time_ms")?.to_vec();
    let rows = table.columns().filter_map(|(name, column)| match column {
        Column::Numbers(values) => Some((name.parse().ok()?, values.clone())),
        Column::Texts(_) => None,
    });
    Ok(Picture { actor, times, rows: rows.collect() })
}

fn one(picture: &Picture, several: bool, theme: &Theme) -> Result<Drawing, FigureError> {
    let label = &picture.actor.label;
    let name = if several { format!("{NAME}-{}", picture.actor.name) } else { NAME.to_owned() };
    let all = picture.rows.iter().flat_map(|row| row.1.iter().copied());
    let (low, high) = range(all).unwrap_or((0.0, 1.0));
    let (end, length) =
        (picture.times.last().copied().unwrap_or(1.0), picture.rows.last().map_or(1.0, |row| row.0));
    let sheet = Sheet {
        name,
        title: format!("How does the signal travel? {label}"),
        note: format!("Voltage along {} for {} ms after the beginning is raised.", span(length), number(end)),
        caption: "A stain that fades is a passive signal; a stripe is a spike, the steeper the faster."
            .into(),
        alt: format!("Voltage of {label} over place and time, from {} to {} mV.", number(low), number(high)),
    };
    let csv = csv(picture)?;
    sheet.draw(theme, HEIGHT + ABOVE + BELOW, csv, |canvas, top| {
        let (unit, per) = if length >= 20_000.0 { ("cm", 1e4) } else { ("mm", 1e3) };
        let y = Axis::linear(format!("Distance ({unit})"), 0.0, length / per, 5);
        let x = Axis::linear("Time (ms)", 0.0, end, 8);
        let area =
            Area { x: MARGIN + 40.0, y: top + ABOVE, w: WIDTH - 2.0 * MARGIN - 40.0 - 96.0, h: HEIGHT };
        let plot = Plot::framed(theme, area, x, y);
        // Grid lines would shine through where the picture is pale: the picture lies over them.
        plot.axes(canvas);
        image(canvas, theme, &plot, picture, per, (low, high));
        canvas.frame(area, Pen::new(theme.muted, 1.0));
        bar(canvas, theme, area, picture.actor.color, (low, high));
    })
}

/// A length in the unit that suits it.
fn span(um: f64) -> String {
    if um >= 20_000.0 { format!("{} cm", number(um / 1e4)) } else { format!("{} mm", number(um / 1e3)) }
}

fn image(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    plot: &Plot<'_>,
    picture: &Picture,
    per: f64,
    (low, high): (f64, f64),
) {
    let shade = |v: f64| {
        let part = if high > low { (v - low) / (high - low) } else { 0.0 };
        (part.clamp(0.0, 1.0) * SHADES as f64).round() as usize
    };
    // Where a value's stroke begins: half-way from its neighbour.
    let edge = |values: &[f64], at: usize| {
        if at == 0 { values[0] } else { f64::midpoint(values[at - 1], values[at]) }
    };
    let places: Vec<f64> = picture.rows.iter().map(|row| row.0 / per).collect();
    for (at, (_, values)) in picture.rows.iter().enumerate() {
        // Every stroke reaches to the upper edge and is painted over by the row above: no seams.
        let (y, h) = (plot.area.y, plot.y(edge(&places, at)) - plot.area.y);
        let mut begin = 0;
        // Neighbours of one shade are one stroke.
        while begin < values.len() {
            let own = shade(values[begin]);
            let run = values[begin..].iter().take_while(|&&v| shade(v) == own).count();
            let left = plot.x(edge(&picture.times, begin));
            let is_last = begin + run == values.len();
            let right = if is_last { plot.area.right() } else { plot.x(edge(&picture.times, begin + run)) };
            let color = theme.sequential(picture.actor.color, own as f64 / SHADES as f64);
            canvas.rect(Area { x: left, y, w: right - left, h }, color);
            begin += run;
        }
    }
}

/// The key from shade to voltage, beside the picture.
fn bar(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, color: Rgb, (low, high): (f64, f64)) {
    let bar = Area { x: area.right() + 24.0, y: area.y, w: 14.0, h: area.h };
    for step in 0..SHADES {
        let shade = theme.sequential(color, (step + 1) as f64 / SHADES as f64);
        canvas.rect(Area { h: bar.h * (SHADES - step) as f64 / SHADES as f64, ..bar }, shade);
    }
    canvas.frame(bar, Pen::new(theme.muted, 1.0));
    let axis = Axis::linear("", low, high, 4);
    for (value, label) in &axis.ticks {
        let y = bar.bottom() - axis.place(*value) * bar.h;
        canvas.line((bar.right(), y), (bar.right() + 4.0, y), Pen::new(theme.muted, 1.0));
        canvas.text((bar.right() + 7.0, y + 0.36 * theme.tick), label, theme.tick, theme.muted, Align::Left);
    }
    let title = measure::fit("V (mV)", theme.label, 70.0);
    canvas.text((bar.x, bar.y - 10.0), &title, theme.label, theme.ink, Align::Left);
}

fn csv(picture: &Picture) -> Result<String, FigureError> {
    let mut table = Table::new().with_numbers("time_ms", picture.times.clone())?;
    for (x, values) in &picture.rows {
        table = table.with_numbers(&x.to_string(), values.clone())?;
    }
    Ok(table.to_csv())
}
