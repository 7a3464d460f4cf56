//! Membrane potentials of single cells.

use duet_record::format::number;
use duet_record::{Column, Run, ShownPopulation, Table};
use duet_units::{Range, parameters};

use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::FigureError;
use crate::escape::clean;
use crate::legend::{LINE, Swatch, legend};
use crate::measure;
use crate::plot::{BELOW, Plot};
use crate::presentation::{Presentation, presentations};
use crate::theme::Theme;

parameters! {
    /// Membrane potentials of a few cells during one presentation.
    ///
    /// # Behaviour
    /// One drawing per side that recorded potentials, one strip per cell: those that fired most of each population.
    /// The dashed line is the threshold, the dotted line the reset; a stroke above the threshold marks a spike, which
    /// the model itself does not draw: it only resets.
    pub default struct Membrane {
        /// Cells shown of each population.
        pub cells: usize = 3, in Range::between(1.0, 12.0);
    }
}

/// One cell's strip.
struct Trace<'p> {
    population: &'p ShownPopulation,
    cell: String,
    points: Vec<(f64, f64)>,
    spikes: Vec<f64>,
}

const STRIP: f64 = 74.0;
const STRIP_GAP: f64 = 12.0;

impl Membrane {
    pub(crate) fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let needs = "traces/SIDE/POPULATION.v.csv with spikes.csv and shown.json";
        let shows = presentations(run, theme, "membrane", needs)?;
        let mut recorded = Vec::new();
        for show in &shows {
            let mut traces = Vec::new();
            for (at, population) in show.shown.populations.iter().enumerate() {
                match run.voltages(&show.actor.name, &population.name) {
                    Ok(table) => traces.extend(busiest(&table, population, &show.spikes[at], self.cells)?),
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
    let cells: Vec<String> = traces
        .iter()
        .map(|trace| format!("{} {}: {} spikes", trace.population.name, trace.cell, trace.spikes.len()))
        .collect();
    let sheet = Sheet {
        name: show.drawing_name("membrane", sides),
        title: format!("What happens inside single cells? {label}"),
        note: show.words(),
        caption:
            "Those cells of each population that fired most. Potential in mV, every strip with its own range."
                .into(),
        alt: format!(
            "Membrane potentials of {label} over {} ms. {}.",
            number(show.end_ms()),
            cells.join(", ")
        ),
    };
    let strips = traces.len() as f64 * (STRIP + STRIP_GAP);
    let height = LINE + 10.0 + strips + BELOW;
    sheet.draw(theme, height, csv(traces)?, |canvas, top| {
        legend(canvas, theme, (MARGIN, top - 4.0), WIDTH - 2.0 * MARGIN, &key(show, theme));
        let names = traces.iter().map(|trace| trace.population.name.as_str());
        let left = measure::widest(names.chain(["cell 0000"]), theme.label).min(130.0) + 14.0;
        let mut y = top + LINE + 10.0;
        for (at, trace) in traces.iter().enumerate() {
            let area = Area { x: MARGIN + left + 44.0, y, w: WIDTH - 2.0 * MARGIN - left - 52.0, h: STRIP };
            let last = at + 1 == traces.len();
            strip(canvas, theme, area, show, trace, (left, last));
            y += STRIP + STRIP_GAP;
        }
    })
}

fn strip(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    area: Area,
    show: &Presentation,
    trace: &Trace<'_>,
    (names, last): (f64, bool),
) {
    let population = trace.population;
    let middle = area.y + area.h / 2.0;
    let name = measure::fit(&population.name, theme.label, names - 10.0);
    canvas.text((MARGIN, middle - 2.0), &name, theme.label, theme.ink, Align::Left);
    let cell = measure::fit(&format!("cell {}", clean(&trace.cell)), theme.tick, names - 10.0);
    canvas.text((MARGIN, middle + 13.0), &cell, theme.tick, theme.muted, Align::Left);
    canvas.rect(area, theme.wash);
    let levels = [population.v_th_mv, population.v_reset_mv, population.e_l_mv].into_iter().flatten();
    let (low, high) = range(trace.points.iter().map(|(_, v)| *v).chain(levels)).unwrap_or((-70.0, -50.0));
    // Room for the spikes above the threshold.
    let (low, high) = (low - 0.06 * (high - low), high + 0.28 * (high - low));
    let x = Axis::linear("Time since the example appeared (ms)", 0.0, show.end_ms(), 8);
    let y = Axis::linear("", low, high, 3);
    let plot = Plot::framed(theme, area, x, y);
    for (value, label) in &plot.y.ticks {
        let y = plot.y(*value);
        canvas.line((area.x, y), (area.right(), y), Pen::new(theme.grid, 1.0));
        canvas.text(
            (area.x - 6.0, y + 0.36 * theme.tick),
            label,
            theme.tick - 1.0,
            theme.muted,
            Align::Right,
        );
    }
    for (level, dash, gap) in [(population.v_reset_mv, 1.5, 3.0), (population.v_th_mv, 6.0, 3.5)] {
        if let Some(level) = level.filter(|level| level.is_finite()) {
            let y = plot.y(level);
            canvas.line(
                (area.x, y),
                (area.right(), y),
                Pen::new(theme.ink, 1.0).alpha(0.65).dashed(dash, gap),
            );
        }
    }
    let line: Vec<(f64, f64)> = trace.points.iter().map(|(time, v)| (plot.x(*time), plot.y(*v))).collect();
    canvas.polyline(&thinned(&line), Pen::new(show.actor.color, 1.4));
    let foot =
        population.v_th_mv.filter(|level| level.is_finite()).map_or(area.y + 14.0, |level| plot.y(level));
    for time in &trace.spikes {
        let x = plot.x(*time);
        canvas.line((x, area.y + 3.0), (x, foot.max(area.y + 6.0)), Pen::new(show.actor.color, 1.6));
    }
    if last {
        plot.x_axis(canvas);
    }
}

/// At most four points per pixel column: first, lowest, highest, last. What the eye sees stays.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    for column in points.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let mut kept = vec![0, column.len() - 1];
        let by_height = |&a: &usize, &b: &usize| column[a].1.total_cmp(&column[b].1);
        kept.extend((0..column.len()).min_by(by_height));
        kept.extend((0..column.len()).max_by(by_height));
        kept.sort_unstable();
        kept.dedup();
        out.extend(kept.into_iter().map(|at| column[at]));
    }
    out
}

fn key(show: &Presentation, theme: &Theme) -> Vec<(Swatch, String)> {
    let pen = Pen::new(theme.ink, 1.0).alpha(0.65);
    vec![
        (Swatch::Line(Pen::new(show.actor.color, 1.4)), "membrane potential (mV)".into()),
        (Swatch::Line(pen.dashed(6.0, 3.5)), "threshold".into()),
        (Swatch::Line(pen.dashed(1.5, 3.0)), "reset".into()),
        (Swatch::Bar(show.actor.color), "spike".into()),
    ]
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

#[cfg(test)]
mod tests {
    use super::thinned;

    #[test]
    fn thinning_keeps_the_extremes() {
        let points: Vec<(f64, f64)> =
            (0..1000).map(|i| (f64::from(i) / 100.0, if i == 555 { 9.0 } else { 0.0 })).collect();
        let kept = thinned(&points);
        assert!(kept.len() <= 40 && kept.contains(&(5.55, 9.0)));
        assert_eq!(kept.first(), points.first());
        assert_eq!(kept.last(), points.last());
        assert!(thinned(&[]).is_empty());
    }
}
