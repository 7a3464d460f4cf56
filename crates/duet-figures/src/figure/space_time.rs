//! The voltage along a cable over time, as a picture.

use duet_record::format::number;
use duet_record::{Column, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::Axis;
use crate::canvas::Area;
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::heat::{self, Heat};
use crate::plot::{ABOVE, BELOW, Plot};
use crate::theme::Theme;

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

struct Picture {
    actor: Actor,
    /// Times in ms, places in um, voltages in mV.
    heat: Heat,
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
        pictures.retain(|Picture { heat, .. }| heat.times.len() > 1 && heat.rows.len() > 1);
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
    Ok(Picture { actor, heat: Heat { times, rows: rows.collect() } })
}

fn one(picture: &Picture, several: bool, theme: &Theme) -> Result<Drawing, FigureError> {
    let (label, heat) = (&picture.actor.label, &picture.heat);
    let name = if several { format!("{NAME}-{}", picture.actor.name) } else { NAME.to_owned() };
    let (low, high) = heat.ends();
    let (end, length) =
        (heat.times.last().copied().unwrap_or(1.0), heat.rows.last().map_or(1.0, |row| row.0));
    let sheet = Sheet {
        name,
        title: format!("How does the signal travel? {label}"),
        note: format!("Voltage along {} for {} ms after the beginning is raised.", span(length), number(end)),
        caption: "A stain that fades is a passive signal; a stripe is a spike, the steeper the faster."
            .into(),
        alt: format!("Voltage of {label} over place and time, from {} to {} mV.", number(low), number(high)),
    };
    let csv = csv(heat)?;
    sheet.draw(theme, HEIGHT + ABOVE + BELOW, csv, |canvas, top| {
        let (unit, per) = if length >= 20_000.0 { ("cm", 1e4) } else { ("mm", 1e3) };
        let rows = heat.rows.iter().map(|(x, values)| (x / per, values.clone())).collect();
        let heat = Heat { times: heat.times.clone(), rows };
        let y = Axis::linear(format!("Distance ({unit})"), 0.0, length / per, 5);
        let x = Axis::linear("Time (ms)", 0.0, end, 8);
        let area =
            Area { x: MARGIN + 40.0, y: top + ABOVE, w: WIDTH - 2.0 * MARGIN - 40.0 - heat::KEY, h: HEIGHT };
        let plot = Plot::framed(theme, area, x, y);
        // Grid lines would shine through where the picture is pale: the picture lies over them.
        plot.axes(canvas);
        heat.draw(canvas, theme, &plot, picture.actor.color);
        heat.key(canvas, theme, area, picture.actor.color, "V (mV)");
    })
}

/// A length in the unit that suits it.
fn span(um: f64) -> String {
    if um >= 20_000.0 { format!("{} cm", number(um / 1e4)) } else { format!("{} mm", number(um / 1e3)) }
}

fn csv(heat: &Heat) -> Result<String, FigureError> {
    let mut table = Table::new().with_numbers("time_ms", heat.times.clone())?;
    for (x, values) in &heat.rows {
        table = table.with_numbers(&x.to_string(), values.clone())?;
    }
    Ok(table.to_csv())
}
