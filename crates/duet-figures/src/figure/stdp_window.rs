//! How a synapse changes with the order of two spikes, or with how often the pair comes.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::{Frequency, Time, parameters};

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::{Marker, Theme};

parameters! {
    /// The change of a synapse against the lag of its two spikes or, where pairs came at several frequencies, against those.
    ///
    /// # Behaviour
    /// One panel per side, all with the same axes. Against the lag: what was measured (dots) over the closed form (dashed); at
    /// positive lags the source fires first. Against the frequency: the shortest lag of either sign, source first (filled)
    /// and target first (hollow). Where a target gives a value, a bar spans its tolerance. Needs a run of
    /// `protocol.pairing`.
    pub default struct StdpWindow {}
}

const NAME: &str = "stdp_window";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 286.0;
const HEAD: f64 = 18.0;

/// What one side measured.
struct Window<'c> {
    actor: &'c Actor,
    frequency: Vec<f64>,
    lag: Vec<f64>,
    dw: Vec<f64>,
    closed_form: Vec<f64>,
    wanted: Vec<Wanted>,
}

/// A target's value for one change.
struct Wanted {
    lag: f64,
    frequency: Option<f64>,
    value: f64,
    within: f64,
}

impl Draw for StdpWindow {
    const NEEDS: &[Needs] = &[Needs::Pairing];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let mut windows = Vec::new();
        for actor in &cast {
            let table = run.trace(&actor.name, "pairing", &[]).needed(NAME, "traces/SIDE/pairing.csv")?;
            let column = |name: &str| table.numbers(name).map(<[f64]>::to_vec);
            windows.push(Window {
                actor,
                frequency: column("frequency_hz")?,
                lag: column("lag_ms")?,
                dw: column("dw")?,
                closed_form: column("closed_form")?,
                wanted: wanted(run, &actor.name),
            });
        }
        (!windows.is_empty()).then_some(()).needed(NAME, "traces/SIDE/pairing.csv")?;
        let (slowest, fastest) =
            range(windows.iter().flat_map(|w| w.frequency.iter().copied())).unwrap_or((1.0, 1.0));
        let by_frequency = slowest < fastest;
        let published = windows.iter().any(|window| !window.wanted.is_empty());
        let entries = key(theme, by_frequency, published);
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let columns = if windows.len() == 3 { 3 } else { windows.len().min(2) };
        let rows = windows.len().div_ceil(columns) as f64;
        let (title, note, caption) = if by_frequency {
            (
                "How does the change depend on how often the pair comes?",
                "The same number of pairs at every frequency; one panel per side.".to_owned(),
                "A rule on pairs alone adds up the same pairs at any frequency, as long as they do not overlap.",
            )
        } else {
            (
                "Who fired first?",
                format!("Every lag has a synapse of its own; pairs at {}.", Frequency::new(slowest)),
                "To the right of 0 the source fires before its target. Spikes at the same instant form no pair.",
            )
        };
        let sheet = Sheet {
            name: NAME.into(),
            title: title.into(),
            note,
            caption: caption.into(),
            alt: alt(&windows),
        };
        let bars =
            windows.iter().flat_map(|w| &w.wanted).flat_map(|w| [w.value - w.within, w.value + w.within]);
        let seen = windows.iter().flat_map(|w| w.dw.iter().chain(&w.closed_form).copied());
        let (low, high) = range(seen.chain(bars).chain([0.0])).unwrap_or((-1.0, 1.0));
        let csv = csv(&windows)?;
        let drawing = sheet.draw(theme, above + rows * PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let pitch = FULL / columns as f64;
            for (at, window) in windows.iter().enumerate() {
                let x = MARGIN + (at % columns) as f64 * pitch;
                let y = top + above + (at / columns) as f64 * PANEL;
                let heading = measure::fit(&window.actor.label, theme.label, pitch - 16.0);
                canvas.text((x, y + 12.0), &heading, theme.label, theme.ink, Align::Left);
                let area = Area { x, y: y + HEAD, w: pitch - 10.0, h: PANEL - HEAD - 6.0 };
                let y = Axis::nice("change of w", low, high, 6);
                if by_frequency {
                    window.against_frequency(canvas, theme, area, y);
                } else {
                    window.against_lag(canvas, theme, area, y);
                }
            }
        })?;
        Ok(vec![drawing])
    }
}

impl Window<'_> {
    fn against_lag(&self, canvas: &mut Canvas<'_>, theme: &Theme, area: Area, y: Axis) {
        let (from, to) = range(self.lag.iter().copied()).unwrap_or((-1.0, 1.0));
        let plot = Plot::inside(theme, area, Axis::linear("t_post − t_pre (ms)", from, to, 6), y);
        plot.axes(canvas);
        zeros(canvas, theme, &plot);
        for sign in [-1.0, 1.0] {
            let side: Vec<(f64, f64)> = self
                .lag
                .iter()
                .zip(&self.closed_form)
                .filter(|&(&lag, form)| lag * sign > 0.0 && form.is_finite())
                .map(|(&lag, &form)| (plot.x(lag), plot.y(form)))
                .collect();
            canvas.polyline(&side, Pen::new(theme.ink, 1.3).dashed(4.0, 3.0));
        }
        for (&lag, &dw) in self.lag.iter().zip(&self.dw) {
            canvas.disc((plot.x(lag), plot.y(dw)), 2.4, self.actor.color, 1.0);
        }
        for wanted in &self.wanted {
            bar(canvas, theme, &plot, wanted.lag, wanted);
        }
    }

    fn against_frequency(&self, canvas: &mut Canvas<'_>, theme: &Theme, area: Area, y: Axis) {
        let (_, fastest) = range(self.frequency.iter().copied()).unwrap_or((0.0, 1.0));
        let plot = Plot::inside(
            theme,
            area,
            Axis::linear("pairs per second (Hz)", -0.05 * fastest, 1.05 * fastest, 6),
            y,
        );
        plot.axes(canvas);
        zeros(canvas, theme, &plot);
        let shortest = |sign: f64| {
            self.lag.iter().copied().filter(|lag| lag * sign > 0.0).min_by(|a, b| a.abs().total_cmp(&b.abs()))
        };
        for (lag, first) in [(shortest(1.0), true), (shortest(-1.0), false)] {
            let Some(lag) = lag else { continue };
            let points: Vec<(f64, f64)> = (0..self.lag.len())
                .filter(|&k| self.lag[k] == lag)
                .map(|k| (plot.x(self.frequency[k]), plot.y(self.dw[k])))
                .collect();
            let pen = Pen::new(self.actor.color, 1.6);
            canvas.polyline(&points, if first { pen } else { pen.dashed(4.0, 3.0) });
            for wanted in self.wanted.iter().filter(|wanted| wanted.lag == lag) {
                // The two signs stand a little apart, so that bars at one frequency can be told.
                let aside = if first { 0.01 } else { -0.01 } * fastest;
                bar(canvas, theme, &plot, wanted.frequency.unwrap_or(0.0) + aside, wanted);
            }
            for &point in &points {
                if first {
                    canvas.disc(point, 4.0, self.actor.color, 1.0);
                } else {
                    canvas.disc(point, 4.0, theme.paper, 1.0);
                    canvas.ring(point, 4.0, Pen::new(self.actor.color, 1.6));
                }
            }
        }
    }
}

/// The lines of no change and of no lag.
fn zeros(canvas: &mut Canvas<'_>, theme: &Theme, plot: &Plot<'_>) {
    let pen = Pen::new(theme.muted, 0.9);
    if plot.y.holds(0.0) {
        canvas.line((plot.area.x, plot.y(0.0)), (plot.area.right(), plot.y(0.0)), pen);
    }
    if plot.x.holds(0.0) {
        canvas.line((plot.x(0.0), plot.area.y), (plot.x(0.0), plot.area.bottom()), pen);
    }
}

/// A value asked for, with its tolerance.
fn bar(canvas: &mut Canvas<'_>, theme: &Theme, plot: &Plot<'_>, at: f64, wanted: &Wanted) {
    let x = plot.x(at);
    let pen = Pen::new(theme.ink, 1.2);
    let (low, high) = (plot.y(wanted.value - wanted.within), plot.y(wanted.value + wanted.within));
    canvas.line((x, low), (x, high), pen);
    for end in [low, high] {
        canvas.line((x - 3.0, end), (x + 3.0, end), pen);
    }
    canvas.line((x - 5.0, plot.y(wanted.value)), (x + 5.0, plot.y(wanted.value)), pen);
}

/// The targets that give a value for a change of this side: `SIDE.PROJECTION.dw[LAG]` or `...dw[LAG, FREQUENCY]`.
fn wanted(run: &Run, side: &str) -> Vec<Wanted> {
    let Ok(metrics) = run.metrics() else { return Vec::new() };
    let one = |target: &duet_record::TargetResult| {
        let (_, argument) = target.metric.strip_prefix(side)?.strip_prefix('.')?.split_once(".dw[")?;
        let mut parts = argument.strip_suffix(']')?.split(", ");
        let lag = parts.next()?.parse::<Time>().ok()?.get();
        let frequency = parts.next().and_then(|text| text.parse::<Frequency>().ok()).map(Frequency::get);
        Some(Wanted { lag, frequency, value: target.value?, within: target.within.unwrap_or(0.0) })
    };
    metrics.targets.iter().filter_map(one).collect()
}

fn key(theme: &Theme, by_frequency: bool, published: bool) -> Vec<(Swatch, String)> {
    let mut entries = if by_frequency {
        vec![
            (Swatch::Marker(Marker::Circle, theme.muted), "source first".to_owned()),
            (Swatch::Ring(theme.muted), "target first".to_owned()),
        ]
    } else {
        vec![
            (Swatch::Dot(theme.ink), "measured".to_owned()),
            (Swatch::Line(Pen::new(theme.ink, 1.3).dashed(4.0, 3.0)), "closed form".to_owned()),
        ]
    };
    if published {
        entries.push((Swatch::Bar(theme.ink), "value asked for, with its tolerance".to_owned()));
    }
    entries
}

fn alt(windows: &[Window<'_>]) -> String {
    let one = |window: &Window<'_>| {
        let (low, high) = range(window.dw.iter().copied()).unwrap_or((f64::NAN, f64::NAN));
        format!("{}: from {} to {}.", window.actor.label, number(low), number(high))
    };
    format!(
        "Change of a synapse by pairs of spikes. {}",
        windows.iter().map(one).collect::<Vec<_>>().join(" ")
    )
}

fn csv(windows: &[Window<'_>]) -> Result<String, FigureError> {
    let all = |of: for<'w> fn(&'w Window<'_>) -> &'w Vec<f64>| {
        windows.iter().flat_map(|window| of(window).iter().copied()).collect::<Vec<f64>>()
    };
    let sides = windows.iter().flat_map(|w| vec![w.actor.name.clone(); w.lag.len()]).collect();
    let table = Table::new()
        .with_texts("side", sides)?
        .with_numbers("frequency_hz", all(|w| &w.frequency))?
        .with_numbers("lag_ms", all(|w| &w.lag))?
        .with_numbers("dw", all(|w| &w.dw))?
        .with_numbers("closed_form", all(|w| &w.closed_form))?;
    Ok(table.to_csv())
}
