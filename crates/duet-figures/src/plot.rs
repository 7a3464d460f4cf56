//! A framed panel: grid, ticks, titles, and the way from numbers to places on the sheet.

use crate::axis::Axis;
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::measure;
use crate::theme::Theme;

/// Two axes and the area that they span. What stands outside the area (labels, titles) is drawn by [`Plot::axes`].
pub(crate) struct Plot<'t> {
    pub(crate) area: Area,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    theme: &'t Theme,
}

/// Room below the area for tick labels and the title of x.
pub(crate) const BELOW: f64 = 44.0;
/// Room above the area for the title of y.
pub(crate) const ABOVE: f64 = 28.0;

impl<'t> Plot<'t> {
    /// A plot that fills `outer`, with room for its labels taken from it.
    pub(crate) fn inside(theme: &'t Theme, outer: Area, x: Axis, y: Axis) -> Self {
        let widest = measure::widest(y.ticks.iter().map(|(_, label)| label.as_str()), theme.tick);
        // Common least widths keep panels below each other in line.
        let left = widest.max(30.0) + 12.0;
        // Half of the last tick's label of x may stand beyond the axis.
        let half = x.ticks.last().map_or(0.0, |(_, label)| measure::width(label, theme.tick) / 2.0);
        let right = half.max(13.0) + 2.0;
        let area = Area {
            x: outer.x + left,
            y: outer.y + ABOVE,
            w: (outer.w - left - right).max(10.0),
            h: (outer.h - ABOVE - BELOW).max(10.0),
        };
        Self { area, x, y, theme }
    }

    /// A plot whose data area is given; what stands around it is the caller's to leave room for.
    pub(crate) fn framed(theme: &'t Theme, area: Area, x: Axis, y: Axis) -> Self {
        Self { area, x, y, theme }
    }

    pub(crate) fn x(&self, value: f64) -> f64 {
        self.area.x + self.x.place(value) * self.area.w
    }

    pub(crate) fn y(&self, value: f64) -> f64 {
        self.area.bottom() - self.y.place(value) * self.area.h
    }

    /// Grid, ticks, tick labels and titles: y's title lies flat above the axis, where it is read without turning.
    pub(crate) fn axes(&self, canvas: &mut Canvas<'_>) {
        let theme = self.theme;
        let area = self.area;
        for (value, label) in &self.y.ticks {
            let y = self.y(*value);
            canvas.line((area.x, y), (area.right(), y), Pen::new(theme.grid, 1.0));
            canvas.text((area.x - 8.0, y + 0.36 * theme.tick), label, theme.tick, theme.muted, Align::Right);
        }
        self.x_axis(canvas);
        let room = area.w + 8.0;
        let title = measure::fit(&self.y.title, theme.label, room);
        canvas.text((area.x, area.y - 10.0), &title, theme.label, theme.ink, Align::Left);
    }

    /// The lower axis alone.
    pub(crate) fn x_axis(&self, canvas: &mut Canvas<'_>) {
        let theme = self.theme;
        let area = self.area;
        let base = area.bottom();
        canvas.line((area.x, base), (area.right(), base), Pen::new(theme.muted, 1.0));
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in &self.x.ticks {
            let x = self.x(*value);
            canvas.line((x, base), (x, base + 4.0), Pen::new(theme.muted, 1.0));
            let half = measure::width(label, theme.tick) / 2.0;
            // A label that would touch its neighbour is left out; its tick stays.
            if x - half > free_from {
                canvas.text((x, base + 8.0 + theme.tick), label, theme.tick, theme.muted, Align::Center);
                free_from = x + half + 6.0;
            }
        }
        let title = measure::fit(&self.x.title, theme.label, area.w + 40.0);
        canvas.text((area.x + area.w / 2.0, base + 38.0), &title, theme.label, theme.ink, Align::Center);
    }

    /// Upright grid lines, for plots that are read along x.
    pub(crate) fn x_grid(&self, canvas: &mut Canvas<'_>) {
        for (value, _) in &self.x.ticks {
            let x = self.x(*value);
            canvas.line((x, self.area.y), (x, self.area.bottom()), Pen::new(self.theme.grid, 1.0));
        }
    }
}
