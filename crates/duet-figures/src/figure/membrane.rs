//! Membrane potentials of single cells, with what goes in and what moves inside.

mod panels;
mod strip;

use duet_record::format::number;
use duet_record::{Column, Run, ShownPopulation, Table};
use duet_units::{Range, parameters};

use super::{Draw, Needs};
use crate::canvas::{Area, Pen};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::FigureError;
use crate::legend::{LINE, Swatch, legend};
use crate::measure;
use crate::plot::BELOW;
use crate::presentation::{Presentation, presentations};
use crate::theme::Theme;
use panels::{Panel, panels};
pub(super) use strip::thinned;

parameters! {
    /// Membrane potentials of a few cells during one presentation or under their stimuli.
    ///
    /// # Behaviour
    /// One drawing per side that recorded potentials, one strip per cell: those that fired most of each population.
    /// The dashed line is the threshold, the dotted line the reset; a stroke above the threshold marks a spike, which a model
    /// that resets does not draw itself. Below the potential stand the other variables that were recorded, those of one unit
    /// together (gates, currents), and last the injected current.
    pub default struct Membrane {
        /// Cells shown of each population.
        pub cells: usize = 3, in Range::between(1.0, 12.0);
    }
}

/// One cell: its potential, its spikes, and the panels below.
pub(super) struct Trace<'p> {
    population: &'p ShownPopulation,
    cell: String,
    points: Vec<(f64, f64)>,
    spikes: Vec<f64>,
    panels: Vec<Panel>,
}

const STRIP_GAP: f64 = 12.0;

/// Height of a potential's strip: a driven cell stands alone, an example has many.
fn strip_height(show: &Presentation) -> f64 {
    if show.shown.example.is_none() { 130.0 } else { 74.0 }
}

impl Draw for Membrane {
    const NEEDS: &[Needs] = &[Needs::Voltages, Needs::Spikes];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let needs = "traces/SIDE/POPULATION.v.csv with spikes.csv and shown.json";
        let shows = presentations(run, theme, "membrane", needs)?;
        let mut recorded = Vec::new();
        for show in &shows {
            let mut traces = Vec::new();
            for (at, population) in show.shown.populations.iter().enumerate() {
                match run.voltages(&show.actor.name, &population.name) {
                    Ok(table) => {
                        let mut own = busiest(&table, population, &show.spikes[at], self.cells)?;
                        for trace in &mut own {
                            trace.panels = panels(run, &show.actor.name, population, &trace.cell)?;
                        }
                        traces.extend(own);
                    }
                    Err(error) if error.is_missing() => {}
                    Err(error) => return Err(error.into()),
                }
            }
            if !traces.is_empty() {
                recorded.push((show, traces));
            }
        }
        if recorded.is_empty() {
            return Err(FigureError::NotRecorded { figure: "membrane", needs: needs.into() });
        }
        recorded.iter().map(|(show, traces)| one(show, recorded.len(), traces, theme)).collect()
    }
}

/// The recorded cells that fired most, in the order of their index.
fn busiest<'p>(
    table: &Table,
    population: &'p ShownPopulation,
    spikes: &[(f64, usize)],
    most: usize,
) -> Result<Vec<Trace<'p>>, FigureError> {
    let times = table.numbers("time_ms")?;
    let mut traces: Vec<Trace<'p>> = Vec::new();
    for (name, column) in table.columns().filter(|(name, _)| *name != "time_ms") {
        let Column::Numbers(values) = column else { continue };
        let of_cell = spikes.iter().filter(|(_, cell)| name.parse() == Ok(*cell)).map(|(time, _)| *time);
        let points = times.iter().copied().zip(values.iter().copied());
        traces.push(Trace {
            population,
            cell: name.to_owned(),
            points: points.filter(|(time, v)| time.is_finite() && v.is_finite()).collect(),
            spikes: of_cell.collect(),
            panels: Vec::new(),
        });
    }
    let mut order: Vec<usize> = (0..traces.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(traces[at].spikes.len()));
    order.truncate(most);
    let mut at = 0;
    traces.retain(|_| {
        at += 1;
        order.contains(&(at - 1))
    });
    Ok(traces)
}

fn one(
    show: &Presentation,
    sides: usize,
    traces: &[Trace<'_>],
    theme: &Theme,
) -> Result<Drawing, FigureError> {
    let label = &show.actor.label;
    let is_driven = show.shown.example.is_none();
    let cells: Vec<String> = traces
        .iter()
        .map(|trace| format!("{} {}: {} spikes", trace.population.name, trace.cell, trace.spikes.len()))
        .collect();
    let question = if is_driven { "What does the membrane do?" } else { "What happens inside single cells?" };
    let sheet = Sheet {
        name: show.drawing_name("membrane", sides),
        title: format!("{question} {label}"),
        note: show.words(),
        caption:
            "Those cells of each population that fired most. Potentials in the unit that stands beside them, every strip with its own range."
                .into(),
        alt: format!(
            "Membrane potentials of {label} over {} ms. {}.",
            number(show.end_ms()),
            cells.join(", ")
        ),
    };
    let height_of = |trace: &Trace<'_>| {
        strip_height(show)
            + trace.panels.iter().map(|panel| panel.height() + STRIP_GAP).sum::<f64>()
            + STRIP_GAP
    };
    let strips: f64 = traces.iter().map(height_of).sum();
    let height = LINE + 10.0 + strips + BELOW;
    sheet.draw(theme, height, csv(traces)?, |canvas, top| {
        legend(canvas, theme, (MARGIN, top - 4.0), WIDTH - 2.0 * MARGIN, &key(show, traces, theme));
        let names = traces.iter().map(|trace| trace.population.name.as_str());
        let cells = measure::width("cell 000, mV", theme.tick);
        let left = measure::widest(names, theme.label).max(cells).min(130.0) + 14.0;
        let row =
            |y: f64, h: f64| Area { x: MARGIN + left + 44.0, y, w: WIDTH - 2.0 * MARGIN - left - 52.0, h };
        let mut y = top + LINE + 10.0;
        for (at, trace) in traces.iter().enumerate() {
            let last = at + 1 == traces.len();
            let height = strip_height(show);
            strip::draw(canvas, theme, row(y, height), show, trace, (left, last && trace.panels.is_empty()));
            y += height + STRIP_GAP;
            for (at, panel) in trace.panels.iter().enumerate() {
                let is_lowest = last && at + 1 == trace.panels.len();
                panel.draw(canvas, theme, row(y, panel.height()), show, (left, is_lowest));
                y += panel.height() + STRIP_GAP;
            }
        }
    })
}

/// What the axis of time is called.
fn time_words(show: &Presentation) -> &'static str {
    if show.shown.example.is_some() { "Time since the example appeared (ms)" } else { "Time (ms)" }
}

fn key(show: &Presentation, traces: &[Trace<'_>], theme: &Theme) -> Vec<(Swatch, String)> {
    let pen = Pen::new(theme.ink, 1.0).alpha(0.65);
    let is_bare = traces.iter().all(|trace| trace.population.is_bare);
    let potential = if is_bare { "membrane potential" } else { "membrane potential (mV)" };
    let mut entries = vec![(Swatch::Line(Pen::new(show.actor.color, 1.4)), potential.into())];
    if traces.iter().any(|trace| trace.population.v_th_mv.is_some()) {
        entries.push((Swatch::Line(pen.dashed(6.0, 3.5)), "threshold".into()));
    }
    if traces.iter().any(|trace| trace.population.v_reset_mv.is_some()) {
        entries.push((Swatch::Line(pen.dashed(1.5, 3.0)), "reset".into()));
        entries.push((Swatch::Bar(show.actor.color), "spike".into()));
    }
    entries
}

fn csv(traces: &[Trace<'_>]) -> Result<String, FigureError> {
    let rows = || traces.iter().flat_map(|trace| trace.points.iter().map(move |point| (trace, point)));
    let table = Table::new()
        .with_texts("population", rows().map(|(trace, _)| trace.population.name.clone()).collect())?
        .with_texts("cell", rows().map(|(trace, _)| trace.cell.clone()).collect())?
        .with_numbers("time_ms", rows().map(|(_, (time, _))| *time).collect())?
        .with_numbers("v_mV", rows().map(|(_, (_, v))| *v).collect())?;
    Ok(table.to_csv())
}
