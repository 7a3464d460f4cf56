//! A picture of values over two axes, the darker the higher, with its key.

use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::measure;
use crate::plot::Plot;
use crate::theme::{Rgb, Theme};

/// Shades; so few that a row is drawn in few strokes.
const SHADES: usize = 40;
/// Room that the key takes beside the picture.
pub(crate) const KEY: f64 = 96.0;

/// Values at every time, place by place.
pub(crate) struct Heat {
    /// Where columns lie on the horizontal axis, ascending.
    pub(crate) times: Vec<f64>,
    /// Where rows lie on the vertical axis, ascending, with their values.
    pub(crate) rows: Vec<(f64, Vec<f64>)>,
}

impl Heat {
    /// Lowest and highest value.
    pub(crate) fn ends(&self) -> (f64, f64) {
        range(self.rows.iter().flat_map(|row| row.1.iter().copied())).unwrap_or((0.0, 1.0))
    }

    /// The picture inside a plot's frame.
    pub(crate) fn draw(&self, canvas: &mut Canvas<'_>, theme: &Theme, plot: &Plot<'_>, color: Rgb) {
        let (low, high) = self.ends();
        let shade = |v: f64| {
            let part = if high > low { (v - low) / (high - low) } else { 0.0 };
            (part.clamp(0.0, 1.0) * SHADES as f64).round() as usize
        };
        // Where a value's stroke begins: half-way from its neighbour.
        let edge = |values: &[f64], at: usize| {
            if at == 0 { values[0] } else { f64::midpoint(values[at - 1], values[at]) }
        };
        let places: Vec<f64> = self.rows.iter().map(|row| row.0).collect();
        for (at, (_, values)) in self.rows.iter().enumerate() {
            // Every stroke reaches to the upper edge and is painted over by the row above: no seams.
            let bottom = if at == 0 { plot.area.bottom() } else { plot.y(edge(&places, at)) };
            let (y, h) = (plot.area.y, bottom - plot.area.y);
            let mut begin = 0;
            // Neighbours of one shade are one stroke.
            while begin < values.len() {
                let own = shade(values[begin]);
                let run = values[begin..].iter().take_while(|&&v| shade(v) == own).count();
                let left = if begin == 0 { plot.area.x } else { plot.x(edge(&self.times, begin)) };
                let is_last = begin + run == values.len();
                let right = if is_last { plot.area.right() } else { plot.x(edge(&self.times, begin + run)) };
                let color = theme.sequential(color, own as f64 / SHADES as f64);
                canvas.rect(Area { x: left, y, w: right - left, h }, color);
                begin += run;
            }
        }
        canvas.frame(plot.area, Pen::new(theme.muted, 1.0));
    }

    /// The key from shade to value, beside the picture.
    pub(crate) fn key(&self, canvas: &mut Canvas<'_>, theme: &Theme, area: Area, color: Rgb, title: &str) {
        let (low, high) = self.ends();
        let bar = Area { x: area.right() + 24.0, y: area.y, w: 14.0, h: area.h };
        for step in 0..SHADES {
            let shade = theme.sequential(color, (step + 1) as f64 / SHADES as f64);
            canvas.rect(Area { h: bar.h * (SHADES - step) as f64 / SHADES as f64, ..bar }, shade);
        }
        canvas.frame(bar, Pen::new(theme.muted, 1.0));
        let axis = Axis::linear("", low, high, 4);
        for (value, label) in &axis.ticks {
            let y = bar.bottom() - axis.place(*value) * bar.h;
            canvas.line((bar.right(), y), (bar.right() + 4.0, y), Pen::new(theme.muted, 1.0));
            canvas.text(
                (bar.right() + 7.0, y + 0.36 * theme.tick),
                label,
                theme.tick,
                theme.muted,
                Align::Left,
            );
        }
        let title = measure::fit(title, theme.label, 70.0);
        canvas.text((bar.x, bar.y - 10.0), &title, theme.label, theme.ink, Align::Left);
    }
}
