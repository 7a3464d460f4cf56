//! What a unit answers to each pattern while it learns, and the threshold that slides among the answers.

use duet_record::format::number;
use duet_record::{Column, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::{Rgb, Theme};

parameters! {
    /// The answers of each side's first unit to every pattern over the presentations, and its sliding threshold.
    ///
    /// # Behaviour
    /// One panel per side, one line per pattern, from dark to light in the patterns' order; the dashed line is the threshold theta of
    /// `learning.bcm`. An answer above it makes its synapses grow, one below it makes them shrink. A unit that chooses ends
    /// with one line high and all others at 0. A side whose weights run away is drawn as far as the panel reaches. First
    /// seed. Needs a run of `protocol.adapt` with `inputs.patterns`.
    pub default struct Selectivity {}
}

const NAME: &str = "selectivity";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const HEAD: f64 = 22.0;
const PANEL: f64 = 230.0;

struct Panel<'c> {
    actor: &'c Actor,
    presentation: Vec<f64>,
    /// Each pattern's answers.
    answers: Vec<Vec<f64>>,
    /// None where it never moves from 0.
    theta: Option<Vec<f64>>,
}

impl Draw for Selectivity {
    const NEEDS: &[Needs] = &[Needs::Answers];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let panels = cast.iter().map(|actor| read(run, actor)).collect::<Result<Vec<_>, _>>()?;
        let patterns = panels.iter().map(|panel| panel.answers.len()).max().unwrap_or(0);
        (patterns > 0).then_some(()).needed(NAME, "traces/SIDE/answers.csv")?;
        let mut entries: Vec<(Swatch, String)> = (0..patterns)
            .map(|k| (Swatch::Line(pen(theme, theme.ink, k, patterns)), format!("pattern {}", k + 1)))
            .collect();
        entries.push((Swatch::Line(threshold(theme)), "threshold θ".into()));
        let key = legend::height(theme, FULL, &entries) + 6.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "Which pattern does a unit choose?".into(),
            note: "First seed, first unit. Each line is the answer to one pattern, asked without learning, in the side's colour."
                .into(),
            caption: "Above the threshold a synapse grows, below it shrinks, and the threshold follows the mean square of the \
                      answers."
                .into(),
            alt: alt(&panels),
        };
        let csv = csv(&panels)?;
        let row = HEAD + PANEL;
        let span = span(&panels);
        let drawing = sheet.draw(theme, key + panels.len() as f64 * row, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top), FULL, &entries);
            for (at, panel) in panels.iter().enumerate() {
                let y = top + key + at as f64 * row;
                let label = measure::fit(&panel.actor.label, theme.label, FULL);
                canvas.text((MARGIN, y + 14.0), &label, theme.label, theme.ink, Align::Left);
                answers(canvas, theme, Area { x: MARGIN, y: y + HEAD, w: FULL, h: PANEL - 8.0 }, panel, span);
            }
        })?;
        Ok(vec![drawing])
    }
}

fn read<'c>(run: &Run, actor: &'c Actor) -> Result<Panel<'c>, FigureError> {
    let table = run.trace(&actor.name, "answers", &[]).needed(NAME, "traces/SIDE/answers.csv")?;
    let unit = table.numbers("unit")?;
    let first = |list: &[f64]| -> Vec<f64> {
        list.iter().zip(unit).filter(|(_, unit)| **unit < 1.5).map(|(x, _)| *x).collect()
    };
    let answers = table.columns().filter(|(name, _)| name.starts_with("pattern"));
    let numbers = answers.filter_map(|(_, column)| match column {
        Column::Numbers(list) => Some(first(list)),
        Column::Texts(_) => None,
    });
    let theta = first(table.numbers("theta")?);
    Ok(Panel {
        actor,
        presentation: first(table.numbers("presentation")?),
        answers: numbers.collect(),
        theta: theta.iter().any(|&theta| theta != 0.0).then_some(theta),
    })
}

/// Patterns go from the full colour to a light one, and from whole lines to dashed ones.
fn pen(theme: &Theme, color: Rgb, pattern: usize, patterns: usize) -> Pen {
    let share = pattern as f64 / patterns.max(2) as f64;
    let pen = Pen::new(color.toward(theme.paper, 0.7 * share), 2.0);
    if pattern == 0 { pen } else { pen.dashed(10.0, 1.5 + 1.5 * pattern as f64) }
}

fn threshold(theme: &Theme) -> Pen {
    Pen::new(theme.ink, 1.3).dashed(2.0, 3.0)
}

/// A side that runs away is seen as far as ten times the number of patterns, which no rule that settles reaches.
fn far(panel: &Panel<'_>) -> f64 {
    10.0 * panel.answers.len().max(1) as f64
}

/// The answers that all panels have room for: sides are compared by eye.
fn span(panels: &[Panel<'_>]) -> (f64, f64) {
    let of = |panel: &Panel<'_>| {
        let far = far(panel);
        let all = panel.answers.iter().chain(&panel.theta).flatten().copied();
        all.filter(move |y| y.abs() <= far).collect::<Vec<f64>>()
    };
    let (low, high) = range(panels.iter().flat_map(of)).unwrap_or((0.0, 1.0));
    (low.min(0.0), 1.04 * high.max(1.0))
}

fn answers(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, panel: &Panel<'_>, (low, high): (f64, f64)) {
    let last = panel.presentation.last().copied().unwrap_or(1.0).max(1.0);
    let far = far(panel);
    let x = Axis::whole("Presentations", 0.0, last, 8);
    let plot = Plot::inside(theme, area, x, Axis::linear("Answer y", low, high, 4));
    plot.axes(canvas);
    let zero = plot.y(0.0);
    canvas.line((plot.area.x, zero), (plot.area.right(), zero), Pen::new(theme.muted, 1.0));
    let line = |list: &[f64]| -> Vec<(f64, f64)> {
        let seen = panel.presentation.iter().zip(list).take_while(|(_, y)| y.abs() <= far);
        seen.map(|(&t, &y)| (plot.x(t), plot.y(y))).collect()
    };
    for (k, list) in panel.answers.iter().enumerate() {
        canvas.polyline(&line(list), pen(theme, panel.actor.color, k, panel.answers.len()));
    }
    if let Some(theta) = &panel.theta {
        canvas.polyline(&line(theta), threshold(theme));
    }
}

fn alt(panels: &[Panel<'_>]) -> String {
    let one = |panel: &Panel<'_>| {
        let ends: Vec<String> =
            panel.answers.iter().map(|list| number(list.last().copied().unwrap_or(f64::NAN))).collect();
        format!("{}: answers {} at the end.", panel.actor.label, ends.join(", "))
    };
    format!("Answers to patterns while learning. {}", panels.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(panels: &[Panel<'_>]) -> Result<String, FigureError> {
    let mut rows: Vec<(String, f64, f64, f64)> = Vec::new();
    for panel in panels {
        for (k, list) in panel.answers.iter().enumerate() {
            for (t, y) in panel.presentation.iter().zip(list) {
                rows.push((panel.actor.name.clone(), (k + 1) as f64, *t, *y));
            }
        }
    }
    let table = Table::new()
        .with_texts("side", rows.iter().map(|row| row.0.clone()).collect())?
        .with_numbers("pattern", rows.iter().map(|row| row.1).collect())?
        .with_numbers("presentation", rows.iter().map(|row| row.2).collect())?
        .with_numbers("answer", rows.iter().map(|row| row.3).collect())?;
    Ok(table.to_csv())
}
