//! A gallery: the potential of one cell of every side, small and side by side.

use duet_record::format::{number, with_unit};
use duet_record::{Run, Table};
use duet_units::{Range, parameters};

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::FigureError;
use crate::escape::unit_words;
use crate::measure;
use crate::plot::Plot;
use crate::presentation::presentations;
use crate::theme::Theme;

use super::membrane::thinned;

parameters! {
    /// Firing patterns: the potential of one cell of every side in a panel of its own, with the injected current below.
    ///
    /// # Behaviour
    /// All panels have the same axis of potential and each its own time, with a bar for its scale, and its own current, whose
    /// range stands beside its trace: the shape of the pattern is what is compared. A side's first cell of its first population with a recorded potential is shown. Needs a run that
    /// records potentials, such as `protocol.drive`.
    pub default struct Patterns {
        /// Panels in a row.
        pub columns: usize = 4, in Range::between(1.0, 8.0);
    }
}

const NAME: &str = "patterns";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const TITLE: f64 = 20.0;
const TRACE: f64 = 92.0;
const INPUT: f64 = 18.0;
/// Room below: the bar of time, and the range of the current.
const PITCH: f64 = TITLE + TRACE + INPUT + 42.0;
/// Free between panels.
const GAP: f64 = 14.0;

/// One side's panel.
struct Panel {
    side: String,
    label: String,
    v: Vec<(f64, f64)>,
    input: Vec<(f64, f64)>,
    /// The unit of the input.
    unit: String,
    spikes: Vec<f64>,
    /// The threshold of a model that resets, whose spikes need a stroke; `None` for a model that makes its own.
    threshold: Option<f64>,
    end: f64,
}

impl Draw for Patterns {
    const NEEDS: &[Needs] = &[Needs::Voltages, Needs::Spikes];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let needs = "traces/SIDE/POPULATION.v.csv with spikes.csv and shown.json";
        let mut panels = Vec::new();
        for show in presentations(run, theme, NAME, needs)? {
            let side = &show.actor.name;
            for (at, population) in show.shown.populations.iter().enumerate() {
                let first = |table: Table| -> Result<Vec<(f64, f64)>, FigureError> {
                    let times = table.numbers("time_ms")?;
                    let values = table.numbers("0")?;
                    let points = times.iter().copied().zip(values.iter().copied());
                    Ok(points.filter(|(t, y)| t.is_finite() && y.is_finite()).collect())
                };
                let v = match run.voltages(side, &population.name) {
                    Ok(table) => first(table)?,
                    Err(error) if error.is_missing() => continue,
                    Err(error) => return Err(error.into()),
                };
                let input = match run.variable(side, &population.name, "input") {
                    Ok(table) => first(table)?,
                    Err(error) if error.is_missing() => Vec::new(),
                    Err(error) => return Err(error.into()),
                };
                let spikes = show.spikes[at].iter().filter(|(_, cell)| *cell == 0).map(|(t, _)| *t).collect();
                let threshold = population.v_reset_mv.and(population.v_th_mv);
                let (label, side) = (show.actor.label.clone(), side.clone());
                let unit = population.variables.iter().find(|variable| variable.name == "input");
                let unit = unit.map_or_else(String::new, |variable| unit_words(&variable.unit));
                panels.push(Panel { side, label, v, input, unit, spikes, threshold, end: show.end_ms() });
                break;
            }
        }
        if panels.is_empty() {
            return Err(FigureError::NotRecorded { figure: NAME, needs: needs.into() });
        }
        let columns = self.columns.min(panels.len());
        let rows = panels.len().div_ceil(columns);
        let seen = panels.iter().flat_map(|panel| panel.v.iter().map(|(_, v)| *v));
        let (low, high) = range(seen).unwrap_or((-80.0, 40.0));
        let sheet = Sheet {
            name: NAME.into(),
            title: "Which patterns do they fire?".into(),
            note: format!(
                "Potential of one cell of every side, all from {} to {} mV; below it the injected current and its range.",
                number(low.round()),
                number(high.round())
            ),
            caption: "Same axis of potential in every panel; the bar below each is its scale of time. Where a model resets, a stroke \
                      stands for the spike that it does not draw."
                .into(),
            alt: alt(&panels),
        };
        let csv = csv(&panels)?;
        let drawing = sheet.draw(theme, rows as f64 * PITCH, csv, |canvas, top| {
            let pitch = (FULL + GAP) / columns as f64;
            for (at, panel) in panels.iter().enumerate() {
                let x = MARGIN + (at % columns) as f64 * pitch;
                let y = top + (at / columns) as f64 * PITCH;
                draw(canvas, theme, Area { x, y, w: pitch - GAP, h: PITCH }, panel, (low, high));
            }
        })?;
        Ok(vec![drawing])
    }
}

fn draw(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, panel: &Panel, (low, high): (f64, f64)) {
    let label = measure::fit(&panel.label, theme.tick, area.w);
    canvas.text((area.x, area.y + 12.0), &label, theme.tick, theme.ink, Align::Left);
    let upper = Area { x: area.x, y: area.y + TITLE, w: area.w, h: TRACE };
    canvas.rect(upper, theme.wash);
    let time = || Axis::linear("", 0.0, panel.end, 1);
    let plot = Plot::framed(theme, upper, time(), Axis::linear("", low - 3.0, high + 3.0, 2));
    let line: Vec<(f64, f64)> = panel.v.iter().map(|(t, v)| (plot.x(*t), plot.y(*v))).collect();
    canvas.polyline(&thinned(&line), Pen::new(theme.side(0), 1.1));
    if let Some(threshold) = panel.threshold {
        // Up to where the model cuts its spike off, or to the top where it fires far below.
        let top = if threshold > high - 5.0 { plot.y(threshold) } else { upper.y + 3.0 };
        for time in &panel.spikes {
            let before = panel.v.partition_point(|(t, _)| t < time);
            let foot = before.checked_sub(1).map_or(threshold, |at| panel.v[at].1);
            let x = plot.x(*time);
            canvas.line((x, plot.y(foot)), (x, top), Pen::new(theme.side(0), 1.1));
        }
    }
    let lower = Area { y: upper.bottom() + 3.0, h: INPUT, ..upper };
    if let Some((weakest, strongest)) = range(panel.input.iter().map(|(_, i)| *i).chain([0.0])) {
        let span = (strongest - weakest).max(1e-12);
        let axis = Axis::linear("", weakest - 0.08 * span, strongest + 0.08 * span, 1);
        let plot = Plot::framed(theme, lower, time(), axis);
        let line: Vec<(f64, f64)> = panel.input.iter().map(|(t, i)| (plot.x(*t), plot.y(*i))).collect();
        canvas.polyline(&thinned(&line), Pen::new(theme.ink, 1.1));
        let unit = if panel.unit == "1" { "(no unit)" } else { &panel.unit };
        let words = format!("input {} to {}", number(weakest), with_unit(strongest, unit));
        let words = if panel.input.is_empty() { String::new() } else { words };
        let words = measure::fit(&words, theme.tick - 1.0, area.w);
        canvas.text((area.x, lower.bottom() + 26.0), &words, theme.tick - 1.0, theme.ink, Align::Left);
    }
    // A bar of a round length, a fifth to a half of the panel.
    let bar = round_below(panel.end / 2.0);
    let (left, y) = (area.x, lower.bottom() + 7.0);
    let right = left + area.w * bar / panel.end;
    canvas.line((left, y), (right, y), Pen::new(theme.muted, 1.6));
    let words = format!("{} ms", number(bar));
    canvas.text((right + 5.0, y + 4.0), &words, theme.tick - 1.0, theme.muted, Align::Left);
}

/// The largest of 1, 2, 5, 10, 20, 50 ... that is not above a length.
fn round_below(length: f64) -> f64 {
    let mut bar = 1.0;
    for times in [2.0, 2.5, 2.0].into_iter().cycle().take(30) {
        if bar * times > length {
            break;
        }
        bar *= times;
    }
    bar
}

fn alt(panels: &[Panel]) -> String {
    let one = |panel: &Panel| {
        format!("{}: {} spikes in {} ms.", panel.label, panel.spikes.len(), number(panel.end))
    };
    format!("Firing patterns. {}", panels.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(panels: &[Panel]) -> Result<String, FigureError> {
    let rows = || panels.iter().flat_map(|panel| panel.v.iter().map(move |point| (panel, point)));
    let table = Table::new()
        .with_texts("side", rows().map(|(panel, _)| panel.side.clone()).collect())?
        .with_numbers("time_ms", rows().map(|(_, (time, _))| *time).collect())?
        .with_numbers("v_mV", rows().map(|(_, (_, v))| *v).collect())?;
    Ok(table.to_csv())
}

#[cfg(test)]
mod tests {
    use super::round_below;

    #[test]
    fn bars_are_round() {
        assert_eq!(
            [0.5, 1.0, 3.0, 7.0, 12.0, 49.0, 400.0].map(round_below),
            [1.0, 1.0, 2.0, 5.0, 10.0, 20.0, 200.0]
        );
    }
}
