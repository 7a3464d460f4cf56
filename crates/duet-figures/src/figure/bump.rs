//! A place that a ring of cells holds: the bump over time, where every trial remembers it, and how it looks.

use duet_record::format::number;
use duet_record::{Column, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::heat::{self, Heat};
use crate::plot::{ABOVE, BELOW, Plot};
use crate::theme::Theme;

parameters! {
    /// Activity of a ring of cells over time, the remembered place of every trial, and the bump's profile.
    ///
    /// # Behaviour
    /// Above, one trial: time to the right, the ring upwards, the darker the faster cells fire; the line is the place that the
    /// population vector reads. Below on the left, how far every trial's place is from the cue, with the standard deviation over the
    /// trials; on the right, the rate around the place after the cue, mean over the trials. One picture per side. Needs a run of
    /// `protocol.remember`.
    pub default struct Bump {}
}

const NAME: &str = "bump";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const ABOVE_HEIGHT: f64 = 220.0;
const BELOW_HEIGHT: f64 = 260.0;

struct Memory {
    actor: Actor,
    heat: Heat,
    /// (time in ms, place in degrees) of every window, trial by trial.
    trials: Vec<Vec<(f64, f64)>>,
    /// (distance from the place in degrees, rate in Hz)
    profile: Vec<(f64, f64)>,
    /// Place in degrees, from when to when in ms.
    cue: (f64, f64, f64),
}

impl Draw for Bump {
    const NEEDS: &[Needs] = &[Needs::Places];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let mut memories = Vec::new();
        for actor in cast(run, theme)? {
            match run.trace(&actor.name, NAME, &[]) {
                Ok(bump) => memories.push(read(run, actor, &bump)?),
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error.into()),
            }
        }
        memories.retain(|memory| memory.heat.times.len() > 1 && memory.heat.rows.len() > 1);
        (!memories.is_empty()).then_some(()).needed(NAME, "traces/SIDE/bump.csv")?;
        let several = memories.len() > 1;
        memories.iter().map(|memory| one(memory, several, theme)).collect()
    }
}

fn read(run: &Run, actor: Actor, bump: &Table) -> Result<Memory, FigureError> {
    let trace = |name: &str, file: &'static str| run.trace(&actor.name, name, &[]).needed(NAME, file);
    let places = trace("places", "traces/SIDE/places.csv")?;
    let profile = trace("bump_profile", "traces/SIDE/bump_profile.csv")?;
    let cue = trace("cue", "traces/SIDE/cue.csv")?;
    let rows = bump.columns().filter_map(|(name, column)| match column {
        Column::Numbers(values) => Some((name.parse().ok()?, values.clone())),
        Column::Texts(_) => None,
    });
    let heat = Heat { times: bump.numbers("time_ms")?.to_vec(), rows: rows.collect() };
    let mut trials: Vec<Vec<(f64, f64)>> = Vec::new();
    let columns = places.numbers("time_ms")?.iter().zip(places.numbers("place_deg")?);
    for (&trial, (&time, &place)) in places.numbers("trial")?.iter().zip(columns) {
        let index = trial.max(0.0) as usize;
        if trials.len() <= index && index < places.rows() {
            trials.resize_with(index + 1, Vec::new);
        }
        if let Some(own) = trials.get_mut(index) {
            own.push((time, place));
        }
    }
    let first = |name: &str| cue.numbers(name).map(|values| values.first().copied().unwrap_or(0.0));
    let cue = (first("cue_deg")?, first("start_ms")?, first("stop_ms")?);
    let profile =
        profile.numbers("apart_deg")?.iter().copied().zip(profile.numbers("rate_hz")?.iter().copied());
    Ok(Memory { actor, heat, trials, profile: profile.collect(), cue })
}

impl Memory {
    /// How far a place is from the cue, the shorter way around.
    fn error(&self, place: f64) -> f64 {
        (place - self.cue.0 + 180.0).rem_euclid(360.0) - 180.0
    }

    /// The end of the last window, windows being alike.
    fn end(&self) -> f64 {
        match self.heat.times[..] {
            [.., before, last] => last + 0.5 * (last - before),
            _ => 1.0,
        }
    }

    /// Standard deviation of the errors over the trials in every window after the cue's beginning, in degrees; with the time in ms.
    /// NaN where there are not two.
    fn deviations(&self) -> Vec<(f64, f64)> {
        let of = |(window, &time): (usize, &f64)| {
            let errors = self.trials.iter().filter_map(|trial| trial.get(window)).map(|at| self.error(at.1));
            let errors: Vec<f64> = errors.filter(|error| error.is_finite()).collect();
            let n = errors.len() as f64;
            let mean = errors.iter().sum::<f64>() / n;
            let squares = errors.iter().map(|error| (error - mean) * (error - mean)).sum::<f64>();
            (time, if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { f64::NAN })
        };
        self.heat.times.iter().enumerate().filter(|(_, time)| **time >= self.cue.1).map(of).collect()
    }
}

fn one(memory: &Memory, several: bool, theme: &Theme) -> Result<Drawing, FigureError> {
    let label = &memory.actor.label;
    let (place, start, stop) = memory.cue;
    let deviations = memory.deviations();
    let last = deviations.last().filter(|at| at.1.is_finite()).map_or("n/a".to_owned(), |at| number(at.1));
    let peak = range(memory.profile.iter().map(|at| at.1)).map_or(0.0, |ends| ends.1);
    let sheet = Sheet {
        name: if several { format!("{NAME}-{}", memory.actor.name) } else { NAME.to_owned() },
        title: format!("Where is the place kept? {label}"),
        note: format!(
            "The cue at {}° lasts from {} to {} ms; then nothing tells the cells where it was.",
            number(place),
            number(start),
            number(stop)
        ),
        caption: "Above: one trial, the line is the place read from all spikes. Below: every trial's error, the bold lines one standard \
                  deviation; the rate around the place, mean over trials."
            .into(),
        alt: format!(
            "Activity on the ring of {label} over {} ms; in the end the places of {} trials differ by a standard deviation of {last} \
             degrees; the bump's cells fire at up to {} Hz.",
            number(memory.end()),
            memory.trials.len(),
            number(peak)
        ),
    };
    let csv = csv(memory, &deviations)?;
    let above = ABOVE_HEIGHT + ABOVE + BELOW;
    sheet.draw(theme, above + BELOW_HEIGHT, csv, |canvas, top| {
        ring(canvas, theme, top, memory);
        let area = Area { x: MARGIN, y: top + above, w: FULL * 0.62, h: BELOW_HEIGHT - 6.0 };
        errors(canvas, theme, area, memory, &deviations);
        let right = Area { x: area.right() + 10.0, w: FULL - area.w - 10.0, ..area };
        profile(canvas, theme, right, memory);
    })
}

fn ring(canvas: &mut Canvas<'_>, theme: &Theme, top: f64, memory: &Memory) {
    let y = Axis::linear("Place on the ring (°)", 0.0, 360.0, 4);
    let x = Axis::linear("Time (ms)", 0.0, memory.end(), 8);
    let area = Area { x: MARGIN + 44.0, y: top + ABOVE, w: FULL - 44.0 - heat::KEY, h: ABOVE_HEIGHT };
    let plot = Plot::framed(theme, area, x, y);
    plot.axes(canvas);
    memory.heat.draw(canvas, theme, &plot, memory.actor.color);
    memory.heat.key(canvas, theme, area, memory.actor.color, "Rate (Hz)");
    // While the cue is on.
    let (left, right) = (plot.x(memory.cue.1), plot.x(memory.cue.2));
    canvas.rect(Area { x: left, y: area.y + 6.0, w: (right - left).max(1.0), h: 4.0 }, theme.ink);
    canvas.text((right + 5.0, area.y + 13.0), "cue", theme.tick, theme.ink, Align::Left);
    // The line breaks where the place goes around.
    let shown = memory.trials.first().map_or(&[][..], Vec::as_slice).iter();
    let shown: Vec<(f64, f64)> =
        shown.copied().filter(|at| at.0 >= memory.cue.1 && at.1.is_finite()).collect();
    for pair in shown.windows(2).filter(|pair| (pair[0].1 - pair[1].1).abs() < 180.0) {
        let at = |point: (f64, f64)| (plot.x(point.0), plot.y(point.1));
        canvas.line(at(pair[0]), at(pair[1]), Pen::new(theme.paper, 3.4));
        canvas.line(at(pair[0]), at(pair[1]), Pen::new(theme.ink, 1.6));
    }
}

fn errors(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, memory: &Memory, deviations: &[(f64, f64)]) {
    let of = |trial: &Vec<(f64, f64)>| -> Vec<(f64, f64)> {
        let shown = trial.iter().filter(|at| at.0 >= memory.cue.1 && at.1.is_finite());
        shown.map(|at| (at.0, memory.error(at.1))).collect()
    };
    let lines: Vec<Vec<(f64, f64)>> = memory.trials.iter().map(of).collect();
    let furthest = lines.iter().flatten().map(|at| at.1.abs()).fold(5.0, f64::max);
    let y = Axis::nice("Error (°)", -furthest, furthest, 6);
    let x = Axis::linear("Time (ms)", memory.cue.1, memory.end(), 5);
    let plot = Plot::inside(theme, area, x, y);
    plot.axes(canvas);
    let zero = plot.y(0.0);
    canvas.line((plot.area.x, zero), (plot.area.right(), zero), Pen::new(theme.muted, 1.0));
    // Many lines are paler.
    let alpha = (8.0 / lines.len().max(1) as f64).clamp(0.12, 0.6);
    for line in &lines {
        for pair in line.windows(2).filter(|pair| (pair[0].1 - pair[1].1).abs() < 180.0) {
            let at = |point: (f64, f64)| (plot.x(point.0), plot.y(point.1));
            canvas.line(at(pair[0]), at(pair[1]), Pen::new(memory.actor.color, 1.0).alpha(alpha));
        }
    }
    for sign in [-1.0, 1.0] {
        let known = deviations.iter().filter(|at| at.1.is_finite());
        let edge: Vec<(f64, f64)> = known.map(|at| (plot.x(at.0), plot.y(sign * at.1))).collect();
        canvas.polyline(&edge, Pen::new(theme.ink, 2.0));
    }
}

fn profile(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, memory: &Memory) {
    let high = range(memory.profile.iter().map(|at| at.1)).map_or(1.0, |ends| ends.1);
    let y = Axis::nice("Rate (Hz)", 0.0, high, 4);
    let x = Axis::linear("From the place (°)", -180.0, 180.0, 4);
    let plot = Plot::inside(theme, area, x, y);
    plot.axes(canvas);
    let points: Vec<(f64, f64)> =
        memory.profile.iter().filter(|at| at.1.is_finite()).map(|at| (plot.x(at.0), plot.y(at.1))).collect();
    canvas.polyline(&points, Pen::new(memory.actor.color, 1.8));
}

fn csv(memory: &Memory, deviations: &[(f64, f64)]) -> Result<String, FigureError> {
    let mut table = Table::new()
        .with_numbers("time_ms", deviations.iter().map(|at| at.0).collect())?
        .with_numbers("sd_deg", deviations.iter().map(|at| at.1).collect())?;
    let skipped = memory.heat.times.iter().filter(|&&time| time < memory.cue.1).count();
    for (index, trial) in memory.trials.iter().enumerate() {
        let errors: Vec<f64> = trial.iter().skip(skipped).map(|at| memory.error(at.1)).collect();
        if errors.len() == deviations.len() {
            table = table.with_numbers(&format!("trial_{}_deg", index + 1), errors)?;
        }
    }
    Ok(table.to_csv())
}
