//! A chart of rows: a name, a dot with its interval and each seed's value, and the number in words.

use crate::axis::Axis;
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::measure;
use crate::plot::{BELOW, Plot};
use crate::theme::{Marker, Rgb, Theme};

/// One row.
pub(crate) struct Row {
    /// Who or what.
    pub(crate) name: String,
    pub(crate) color: Rgb,
    pub(crate) marker: Marker,
    pub(crate) value: Option<f64>,
    pub(crate) interval: Option<[f64; 2]>,
    /// Each seed's value.
    pub(crate) seeds: Vec<f64>,
    /// A second value, drawn as a ring: training data.
    pub(crate) ring: Option<f64>,
    /// A value asked for: line, and band of the tolerance.
    pub(crate) target: Option<(f64, f64, String)>,
    /// The number in words, and what belongs to it in small print.
    pub(crate) words: (String, String),
}

/// Height of a row.
pub(crate) const ROW: f64 = 58.0;

/// Widths of the columns left and right of the axis.
#[derive(Clone, Copy)]
pub(crate) struct Columns {
    pub(crate) names: f64,
    pub(crate) words: f64,
}

impl Columns {
    /// As wide as the rows need, within reason.
    pub(crate) fn of(rows: &[Row], theme: &Theme, most: f64) -> Self {
        let names = measure::widest(rows.iter().map(|row| row.name.as_str()), theme.label) + 14.0;
        let big = measure::widest(rows.iter().map(|row| row.words.0.as_str()), theme.label);
        let small = measure::widest(rows.iter().map(|row| row.words.1.as_str()), theme.tick);
        Self { names: names.min(most), words: (big.max(small) + 14.0).min(most) }
    }
}

/// Height of a chart of so many rows.
pub(crate) fn height(rows: usize) -> f64 {
    12.0 + rows as f64 * ROW + BELOW
}

/// Draws the rows below each other over one axis; `stems` draws a line from the axis' low end to the dot (amounts).
pub(crate) fn draw(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    outer: Area,
    columns: Columns,
    axis: Axis,
    rows: &[Row],
    stems: bool,
) {
    let area = Area {
        x: outer.x + columns.names,
        y: outer.y + 12.0,
        w: (outer.w - columns.names - columns.words).max(60.0),
        h: rows.len() as f64 * ROW,
    };
    let plot = Plot::framed(theme, area, axis, Axis::linear("", 0.0, 1.0, 1));
    plot.x_grid(canvas);
    plot.x_axis(canvas);
    for (at, row) in rows.iter().enumerate() {
        let middle = area.y + (at as f64 + 0.5) * ROW;
        if at > 0 {
            let y = area.y + at as f64 * ROW;
            canvas.line((outer.x, y), (outer.right(), y), Pen::new(theme.grid, 1.0));
        }
        name(canvas, theme, outer.x, columns.names - 12.0, middle, &row.name);
        target(canvas, theme, &plot, middle, row);
        marks(canvas, &plot, middle, row, stems);
        let left = area.right() + 12.0;
        let room = columns.words - 12.0;
        let (big, small) = (&row.words.0, &row.words.1);
        let lift = if small.is_empty() { 0.36 * theme.label } else { -2.0 };
        canvas.text(
            (left, middle + lift),
            &measure::fit(big, theme.label, room),
            theme.label,
            theme.ink,
            Align::Left,
        );
        canvas.text(
            (left, middle + 15.0),
            &measure::fit(small, theme.tick, room),
            theme.tick,
            theme.muted,
            Align::Left,
        );
    }
}

fn name(canvas: &mut Canvas<'_>, theme: &Theme, left: f64, room: f64, middle: f64, name: &str) {
    let lines = measure::wrap(name, theme.label, room, 3);
    let line = theme.label + 3.5;
    let first = middle - line * (lines.len() as f64 - 1.0) / 2.0 + 0.36 * theme.label;
    for (at, words) in lines.iter().enumerate() {
        canvas.text((left, first + at as f64 * line), words, theme.label, theme.ink, Align::Left);
    }
}

fn target(canvas: &mut Canvas<'_>, theme: &Theme, plot: &Plot<'_>, middle: f64, row: &Row) {
    let Some((value, within, words)) = &row.target else { return };
    if !plot.x.holds(*value) {
        return;
    }
    let (top, bottom) = (middle - ROW / 2.0 + 3.0, middle + ROW / 2.0 - 3.0);
    let x = plot.x(*value);
    if *within > 0.0 {
        let (from, to) = (plot.x(value - within), plot.x(value + within));
        canvas.rect_alpha(Area { x: from, y: top, w: to - from, h: bottom - top }, theme.ink, 0.08);
    }
    canvas.line((x, top), (x, bottom), Pen::new(theme.ink, 1.4).dashed(4.0, 3.0));
    let width = measure::width(words, theme.tick);
    let align = if x + 5.0 + width > plot.area.right() { Align::Right } else { Align::Left };
    let x = if align == Align::Right { x - 5.0 } else { x + 5.0 };
    let left = if align == Align::Right { x - width } else { x };
    canvas.rect_alpha(Area { x: left - 2.0, y: top - 1.0, w: width + 4.0, h: 13.0 }, theme.paper, 0.8);
    canvas.text((x, top + 9.0), words, theme.tick, theme.ink, align);
}

fn marks(canvas: &mut Canvas<'_>, plot: &Plot<'_>, middle: f64, row: &Row, stems: bool) {
    // On a logarithmic axis a length means nothing.
    if let (Some(value), true) = (row.value, stems && !plot.x.is_log()) {
        canvas.line((plot.area.x, middle), (plot.x(value), middle), Pen::new(row.color, 3.0).alpha(0.35));
    }
    if let Some([low, high]) = row.interval {
        let (from, to) = (plot.x(low), plot.x(high));
        // Taller than the marker, so that a narrow interval is not hidden behind it.
        let bar = Area { x: from, y: middle - 9.0, w: (to - from).max(1.5), h: 18.0 };
        canvas.rect_alpha(bar, row.color, 0.28);
    }
    let mut seeds: Vec<f64> = row.seeds.iter().map(|value| plot.x(*value)).collect();
    seeds.sort_by(f64::total_cmp);
    let mut free_from = [f64::NEG_INFINITY; 2];
    for x in seeds {
        // A seed that would cover its neighbour goes to a second line.
        let line = usize::from(x < free_from[0] && (x >= free_from[1] || free_from[1] < free_from[0]));
        free_from[line] = x + 5.0;
        canvas.disc((x, middle + 15.0 + 5.5 * line as f64), 2.5, row.color, 0.6);
    }
    if let Some(ring) = row.ring {
        canvas.ring((plot.x(ring), middle), 4.5, Pen::new(row.color, 1.6));
    }
    if let Some(value) = row.value {
        canvas.marker((plot.x(value), middle), 4.6, row.marker, row.color);
    }
}
