//! Which class was answered for which.

use duet_record::format::{number, percent};
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::FigureError;
use crate::escape::clean;
use crate::measure;
use crate::theme::{Rgb, Theme};

parameters! {
    /// Confusion matrices: true class against answered class, counted over the test set.
    ///
    /// # Behaviour
    /// One panel per side. A row is a true class, a column an answer, the diagonal what was right. The number is a
    /// count, summed over seeds; the shade is its share of the row. A column "none" appears where a side gave no
    /// answer, such as an output layer that stayed silent.
    pub default struct Confusion {}
}

/// Counts of one side: `counts[row][column]`.
struct Matrix {
    actor: Actor,
    rows: Vec<String>,
    columns: Vec<String>,
    counts: Vec<Vec<f64>>,
}

impl Draw for Confusion {
    const NEEDS: &[Needs] = &[Needs::Confusion];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let name = "confusion";
        let classes =
            run.story().ok().and_then(|story| story.task).map(|task| task.classes).unwrap_or_default();
        let mut matrices = Vec::new();
        for actor in cast(run, theme)? {
            match run.confusion(&actor.name) {
                Ok(table) => matrices.push(matrix(actor, &table, &classes)?),
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error.into()),
            }
        }
        if matrices.is_empty() {
            return Err(FigureError::NotRecorded { figure: name, needs: "traces/SIDE/confusion.csv".into() });
        }
        let alt = alt(&matrices);
        let sheet = Sheet {
            name: name.into(),
            title: "Which classes are taken for which?".into(),
            note: "Counts over the test set, summed over seeds; the shade is the share of the true class."
                .into(),
            caption: "Rows are true classes, columns are answers; the diagonal is right.".into(),
            alt,
        };
        let csv = csv(&matrices)?;
        let across = matrices.len().min(2);
        let full = WIDTH - 2.0 * MARGIN;
        let width = (full - 28.0 * (across as f64 - 1.0)) / across as f64;
        let fits = |matrix: &Matrix| (width - row_labels(matrix, theme)) / matrix.columns.len().max(1) as f64;
        let cell = matrices.iter().map(fits).fold(40.0, f64::min).max(1.5);
        let geometry: Vec<Geometry> =
            matrices.iter().map(|matrix| Geometry::of(matrix, theme, cell, width)).collect();
        let heights: Vec<f64> =
            geometry.chunks(across).map(|row| row.iter().map(|g| g.height).fold(0.0, f64::max)).collect();
        let drawing = sheet.draw(theme, heights.iter().sum::<f64>() + 8.0, csv, |canvas, top| {
            let mut y = top;
            for (at, (matrix, geometry)) in matrices.iter().zip(&geometry).enumerate() {
                let x = MARGIN + (at % across) as f64 * (width + 28.0);
                panel(canvas, theme, (x, y), matrix, geometry);
                if at % across == across - 1 {
                    y += heights[at / across];
                }
            }
        })?;
        Ok(vec![drawing])
    }
}

fn matrix(actor: Actor, table: &Table, classes: &[String]) -> Result<Matrix, FigureError> {
    let (truth, answered, count) = (table.texts("true")?, table.texts("answered")?, table.numbers("count")?);
    let mut rows = classes.to_vec();
    let mut columns = classes.to_vec();
    for (names, cells) in [(&mut rows, truth), (&mut columns, answered)] {
        for cell in cells {
            if !names.contains(cell) {
                names.push(cell.clone());
            }
        }
    }
    let mut counts = vec![vec![0.0; columns.len()]; rows.len()];
    for ((truth, answered), count) in truth.iter().zip(answered).zip(count) {
        let at =
            (rows.iter().position(|name| name == truth), columns.iter().position(|name| name == answered));
        if let ((Some(row), Some(column)), true) = (at, count.is_finite()) {
            counts[row][column] += count;
        }
    }
    Ok(Matrix { actor, rows, columns, counts })
}

impl Matrix {
    fn total(&self) -> f64 {
        self.counts.iter().flatten().sum()
    }

    fn right(&self) -> f64 {
        let diagonal = self.rows.iter().enumerate().filter_map(|(row, name)| {
            self.columns.iter().position(|column| column == name).map(|column| self.counts[row][column])
        });
        diagonal.sum()
    }
}

impl Matrix {
    /// The commonest mistake: true class, answer, count; the first of equals.
    fn worst(&self) -> Option<(&str, &str, f64)> {
        let cells = self.rows.iter().zip(&self.counts).flat_map(|(row, counts)| {
            self.columns
                .iter()
                .zip(counts)
                .map(move |(column, count)| (row.as_str(), column.as_str(), *count))
        });
        let mistakes = cells.filter(|(row, column, count)| row != column && *count > 0.0);
        // `max_by` would take the last of equals.
        mistakes.reduce(|best, next| if best.2 >= next.2 { best } else { next })
    }
}

/// Sizes of a panel.
struct Geometry {
    cell: f64,
    labels: f64,
    /// Room for the heading.
    room: f64,
    turned: bool,
    below: f64,
    height: f64,
}

const HEAD: f64 = 46.0;
const BAR: f64 = 46.0;

impl Geometry {
    /// `cell` and the `width` of a panel are shared by all panels.
    fn of(matrix: &Matrix, theme: &Theme, cell: f64, width: f64) -> Self {
        let widths: Vec<f64> =
            matrix.columns.iter().map(|name| measure::width(shown(name), theme.tick)).collect();
        let turned = widths.windows(2).any(|pair| f64::midpoint(pair[0], pair[1]) + 3.0 > cell);
        let widest = widths.iter().copied().fold(0.0, f64::max);
        let below = if turned { widest.min(90.0) + 12.0 } else { 20.0 } + 18.0;
        let height = HEAD + matrix.rows.len().max(1) as f64 * cell + below + BAR;
        let labels = row_labels(matrix, theme);
        Self { cell, labels, room: width - labels, turned, below, height }
    }
}

/// Room for the names of the rows and the axis' title.
fn row_labels(matrix: &Matrix, theme: &Theme) -> f64 {
    measure::widest(matrix.rows.iter().map(|name| shown(name)), theme.tick).min(90.0) + 8.0 + 18.0
}

/// A class without a name is "no answer".
fn shown(name: &str) -> &str {
    if name.is_empty() { "none" } else { name }
}

fn panel(canvas: &mut Canvas<'_>, theme: &Theme, (left, top): (f64, f64), matrix: &Matrix, g: &Geometry) {
    let x0 = left + g.labels;
    let y0 = top + HEAD;
    let (rows, columns) = (matrix.rows.len() as f64, matrix.columns.len() as f64);
    let total = matrix.total();
    let share =
        if total > 0.0 { percent(matrix.right() / total) + " right" } else { "nothing counted".into() };
    let head = measure::fit(&matrix.actor.label, theme.label, g.room);
    canvas.text((x0, top + 18.0), &head, theme.label, theme.ink, Align::Left);
    canvas.text((x0, top + 35.0), &share, theme.tick, theme.muted, Align::Left);
    canvas.rect(
        Area { x: x0 - 0.8, y: y0 - 0.8, w: columns * g.cell + 0.8, h: rows * g.cell + 0.8 },
        theme.grid,
    );
    for (r, counts) in matrix.counts.iter().enumerate() {
        let sum: f64 = counts.iter().sum();
        for (c, count) in counts.iter().enumerate() {
            let part = if sum > 0.0 { count / sum } else { 0.0 };
            let ground = if *count > 0.0 { shade(theme, matrix, part) } else { theme.paper };
            let area = Area {
                x: x0 + c as f64 * g.cell,
                y: y0 + r as f64 * g.cell,
                w: g.cell - 0.8,
                h: g.cell - 0.8,
            };
            canvas.rect(area, ground);
            let words = number(*count);
            let size = theme.tick - 1.0;
            if *count != 0.0 && g.cell > size + 3.0 && measure::width(&words, size) < g.cell - 1.0 {
                let at = (area.x + area.w / 2.0, area.y + area.h / 2.0 + 0.36 * size);
                canvas.text(at, &words, size, theme.on(ground), Align::Center);
            }
        }
    }
    labels(canvas, theme, (left, x0, y0), matrix, g);
    let bar_top = y0 + rows * g.cell + g.below;
    color_bar(canvas, theme, (x0, bar_top), (columns * g.cell).clamp(180.0, 220.0), matrix);
}

/// A single wrong answer must still be seen against none.
fn shade(theme: &Theme, matrix: &Matrix, part: f64) -> Rgb {
    theme.sequential(matrix.actor.color, 0.1 + 0.9 * part)
}

fn labels(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    (left, x0, y0): (f64, f64, f64),
    matrix: &Matrix,
    g: &Geometry,
) {
    // With cells smaller than a letter every second, third ... class is named.
    let stride = ((theme.tick + 1.0) / g.cell).ceil().max(1.0) as usize;
    let (rows, columns) = (matrix.rows.len() as f64, matrix.columns.len() as f64);
    for (r, name) in matrix.rows.iter().enumerate().step_by(stride) {
        let at = (x0 - 6.0, y0 + (r as f64 + 0.5) * g.cell + 0.36 * theme.tick);
        let words = measure::fit(shown(name), theme.tick, g.labels - 24.0);
        canvas.text(at, &words, theme.tick, theme.muted, Align::Right);
    }
    let bottom = y0 + rows * g.cell;
    for (c, name) in matrix.columns.iter().enumerate().step_by(if g.turned { stride } else { 1 }) {
        let middle = x0 + (c as f64 + 0.5) * g.cell;
        if g.turned {
            let words = measure::fit(shown(name), theme.tick, 90.0);
            canvas.text_up(
                (middle + 0.36 * theme.tick, bottom + 6.0),
                &words,
                theme.tick,
                theme.muted,
                Align::Right,
            );
        } else {
            canvas.text((middle, bottom + 16.0), &clean(shown(name)), theme.tick, theme.muted, Align::Center);
        }
    }
    canvas.text_up(
        (left + 11.0, y0 + rows * g.cell / 2.0),
        "True class",
        theme.label,
        theme.ink,
        Align::Center,
    );
    let below = bottom + g.below - 4.0;
    canvas.text(
        (x0 + columns * g.cell / 2.0, below),
        "Answered class",
        theme.label,
        theme.ink,
        Align::Center,
    );
}

fn color_bar(canvas: &mut Canvas<'_>, theme: &Theme, (x, y): (f64, f64), width: f64, matrix: &Matrix) {
    let bar = Area { x, y: y + 8.0, w: width, h: 9.0 };
    canvas.color_bar(bar, 40, |part| shade(theme, matrix, part));
    canvas.frame(bar, Pen::new(theme.grid, 0.8));
    let size = theme.tick - 1.0;
    canvas.text((x, y + 30.0), "0", size, theme.muted, Align::Left);
    canvas.text((x + width, y + 30.0), "100", size, theme.muted, Align::Right);
    canvas.text((x + width / 2.0, y + 30.0), "% of the true class", size, theme.muted, Align::Center);
}

fn alt(matrices: &[Matrix]) -> String {
    let of_side = |matrix: &Matrix| {
        let total = matrix.total();
        let share = if total > 0.0 { percent(matrix.right() / total) } else { "n/a".into() };
        let worst = matrix.worst().map_or(String::new(), |(row, column, count)| {
            let (row, column) = (clean(shown(row)), clean(shown(column)));
            format!(", most often {row} taken for {column} ({} times)", number(count))
        });
        format!(" {}: {share} of {} answers right{worst}.", matrix.actor.label, number(total))
    };
    "Confusion matrices.".to_owned() + &matrices.iter().map(of_side).collect::<String>()
}

fn csv(matrices: &[Matrix]) -> Result<String, FigureError> {
    let (mut sides, mut truth, mut answered, mut count) = (vec![], vec![], vec![], vec![]);
    for matrix in matrices {
        for (row, counts) in matrix.rows.iter().zip(&matrix.counts) {
            for (column, cell) in matrix.columns.iter().zip(counts) {
                sides.push(matrix.actor.name.clone());
                truth.push(row.clone());
                answered.push(column.clone());
                count.push(*cell);
            }
        }
    }
    let table = Table::new()
        .with_texts("side", sides)?
        .with_texts("true", truth)?
        .with_texts("answered", answered)?
        .with_numbers("count", count)?;
    Ok(table.to_csv())
}
