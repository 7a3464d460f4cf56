//! Truth tables as squares: what a unit says at the corners, and between them.

use duet_record::format::number;
use duet_record::{Metrics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::theme::Theme;

parameters! {
    /// Logic gates of two inputs as squares: the answer at every corner, and where it changes between them.
    ///
    /// # Behaviour
    /// A row of squares per side, a column per gate. A corner is a pattern of the two inputs: filled where the gate is to
    /// say 1, hollow where 0, crossed out where the side says something else. The shaded area is where the unit says 1; its
    /// border is the decision line. Below each column: how many patterns it gets right, and how many the best single unit
    /// can. Needs a run of `protocol.truth_table` with two inputs.
    pub default struct TruthTable {}
}

const NAME: &str = "truth_table";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PAD: f64 = 13.0;
const HEAD: f64 = 44.0;
const FOOT: f64 = 48.0;

/// One corner of a gate's square.
struct Corner {
    x: (f64, f64),
    wanted: bool,
    answered: bool,
}

struct Gate {
    name: String,
    corners: Vec<Corner>,
    /// (row, first column, last column) of every stretch of the grid where the unit says 1.
    stretches: Vec<(usize, usize, usize)>,
    grid: usize,
}

struct Row<'c> {
    actor: &'c Actor,
    gates: Vec<Gate>,
}

impl Draw for TruthTable {
    const NEEDS: &[Needs] = &[Needs::Truth];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let metrics = run.metrics().needed(NAME, "metrics.json")?;
        let rows = cast.iter().map(|actor| row(run, actor)).collect::<Result<Vec<_>, _>>()?;
        (!rows.is_empty()).then_some(()).needed(NAME, "traces/SIDE/truth.csv")?;
        let columns = rows.iter().map(|row| row.gates.len()).max().unwrap_or(1).max(1);
        let pitch = (FULL / columns as f64).min(190.0);
        let square = pitch - 18.0;
        let tall = HEAD + square + FOOT;
        let entries = [
            (Swatch::Dot(theme.ink), "the gate says 1".to_owned()),
            (Swatch::Ring(theme.ink), "the gate says 0".to_owned()),
            (Swatch::Box(theme.muted, 0.35), "the unit says 1".to_owned()),
        ];
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "Which gates can a threshold be?".into(),
            note: "Each square: first input across, second input up, from 0 to 1.".into(),
            caption: "The border of the shaded area is the decision line; one threshold draws one straight line, and no line \
                      parts the corners of XOR."
                .into(),
            alt: alt(&rows),
        };
        let csv = csv(&rows)?;
        let drawing = sheet.draw(theme, above + rows.len() as f64 * tall, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            for (at, row) in rows.iter().enumerate() {
                let y = top + above + at as f64 * tall;
                let heading = measure::fit(&row.actor.label, theme.label, FULL);
                canvas.text((MARGIN, y + 14.0), &heading, theme.label, row.actor.color, Align::Left);
                for (column, gate) in row.gates.iter().enumerate() {
                    let area = Area { x: MARGIN + column as f64 * pitch, y: y + HEAD, w: square, h: square };
                    draw_gate(canvas, theme, area, row.actor, gate, &metrics);
                }
            }
        })?;
        Ok(vec![drawing])
    }
}

fn row<'c>(run: &Run, actor: &'c Actor) -> Result<Row<'c>, FigureError> {
    let truth = run.trace(&actor.name, "truth", &["gate"]).needed(NAME, "traces/SIDE/truth.csv")?;
    let regions = run.trace(&actor.name, "regions", &[]).needed(NAME, "traces/SIDE/regions.csv")?;
    let (x1, x2) = (truth.numbers("x1")?, truth.numbers("x2")?);
    let (wanted, answered) = (truth.numbers("wanted")?, truth.numbers("answered")?);
    let mut gates: Vec<Gate> = Vec::new();
    for (at, name) in truth.texts("gate")?.iter().enumerate() {
        let corner = Corner { x: (x1[at], x2[at]), wanted: wanted[at] > 0.5, answered: answered[at] > 0.5 };
        if let Some(gate) = gates.last_mut().filter(|gate| gate.name == *name) {
            gate.corners.push(corner);
            continue;
        }
        let says = regions.numbers(name)?;
        let grid = (1..=says.len()).find(|side| side * side >= says.len()).unwrap_or(1);
        gates.push(Gate {
            name: name.clone(),
            corners: vec![corner],
            stretches: stretches(says, grid),
            grid,
        });
    }
    Ok(Row { actor, gates })
}

fn stretches(says: &[f64], grid: usize) -> Vec<(usize, usize, usize)> {
    let mut found = Vec::new();
    for (row, line) in says.chunks(grid).enumerate() {
        let mut from = None;
        for (column, &one) in line.iter().chain(std::iter::once(&0.0)).enumerate() {
            match (from, one > 0.5) {
                (None, true) => from = Some(column),
                (Some(first), false) => {
                    found.push((row, first, column - 1));
                    from = None;
                }
                _ => {}
            }
        }
    }
    found
}

fn draw_gate(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    area: Area,
    actor: &Actor,
    gate: &Gate,
    metrics: &Metrics,
) {
    let name = measure::fit(&gate.name.to_uppercase(), theme.label, area.w);
    canvas.text((area.x + area.w / 2.0, area.y - 8.0), &name, theme.label, theme.ink, Align::Center);
    let inner = Area { x: area.x + PAD, y: area.y + PAD, w: area.w - 2.0 * PAD, h: area.h - 2.0 * PAD };
    canvas.rect(area, theme.wash);
    let cell = inner.w / (gate.grid.max(2) - 1) as f64;
    for &(row, first, last) in &gate.stretches {
        let x = inner.x + first as f64 * cell - cell / 2.0;
        let y = inner.bottom() - row as f64 * cell - cell / 2.0;
        // A little taller than a row: no seams.
        let w = (last - first + 1) as f64 * cell;
        canvas.rect(Area { x, y: y - 0.15, w, h: cell + 0.3 }, theme.wash.toward(actor.color, 0.35));
    }
    canvas.frame(area, Pen::new(theme.grid, 1.0));
    for corner in &gate.corners {
        let at = (inner.x + corner.x.0 * inner.w, inner.bottom() - corner.x.1 * inner.h);
        canvas.disc(at, 6.5, theme.paper, 1.0);
        canvas.disc(at, 5.2, theme.ink, 1.0);
        if !corner.wanted {
            canvas.disc(at, 3.6, theme.paper, 1.0);
        }
        if corner.wanted != corner.answered {
            for slope in [1.0, -1.0] {
                let reach = 8.5;
                canvas.line(
                    (at.0 - reach, at.1 - reach * slope),
                    (at.0 + reach, at.1 + reach * slope),
                    Pen::new(theme.diverging[1], 2.2),
                );
            }
        }
    }
    let right = gate.corners.iter().filter(|corner| corner.wanted == corner.answered).count();
    let middle = area.x + area.w / 2.0;
    let words = format!("{right} of {}", gate.corners.len());
    canvas.text((middle, area.bottom() + 16.0), &words, theme.label, theme.ink, Align::Center);
    let best =
        metrics.get(&actor.name, &format!("{}.best_single_unit", gate.name)).and_then(|metric| metric.value);
    if let Some(best) = best {
        let words = measure::fit(&format!("best single unit {}", number(best)), theme.tick, area.w + 14.0);
        canvas.text((middle, area.bottom() + 32.0), &words, theme.tick, theme.muted, Align::Center);
    }
}

fn alt(rows: &[Row<'_>]) -> String {
    let gate = |gate: &Gate| {
        let right = gate.corners.iter().filter(|corner| corner.wanted == corner.answered).count();
        format!("{} {right} of {}", gate.name.to_uppercase(), gate.corners.len())
    };
    let one = |row: &Row<'_>| {
        format!("{}: {}.", row.actor.label, row.gates.iter().map(gate).collect::<Vec<_>>().join(", "))
    };
    format!("Right answers of each gate. {}", rows.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(rows: &[Row<'_>]) -> Result<String, FigureError> {
    let all = || {
        rows.iter().flat_map(|row| {
            row.gates.iter().flat_map(move |gate| gate.corners.iter().map(move |c| (row, gate, c)))
        })
    };
    let bit = |bit: bool| f64::from(u8::from(bit));
    let table = Table::new()
        .with_texts("side", all().map(|(row, ..)| row.actor.name.clone()).collect())?
        .with_texts("gate", all().map(|(_, gate, _)| gate.name.clone()).collect())?
        .with_numbers("x1", all().map(|(.., corner)| corner.x.0).collect())?
        .with_numbers("x2", all().map(|(.., corner)| corner.x.1).collect())?
        .with_numbers("wanted", all().map(|(.., corner)| bit(corner.wanted)).collect())?
        .with_numbers("answered", all().map(|(.., corner)| bit(corner.answered)).collect())?;
    Ok(table.to_csv())
}

#[cfg(test)]
mod tests {
    use super::stretches;

    #[test]
    fn neighbours_become_one_stretch() {
        assert_eq!(
            stretches(&[1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 1.0], 3),
            [(0, 0, 1), (1, 1, 2), (2, 0, 0), (2, 2, 2)]
        );
    }
}
