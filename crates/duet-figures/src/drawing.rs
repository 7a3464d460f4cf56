//! A finished drawing, and the sheet that every figure begins with: title, notes, body.

use crate::canvas::{Align, Canvas, draw};
use crate::error::FigureError;
use crate::measure;
use crate::theme::Theme;

/// Width of every drawing, CSS pixels: two columns of a report, half a slide.
pub(crate) const WIDTH: f64 = 760.0;
/// Free margin at the left and right.
pub(crate) const MARGIN: f64 = 20.0;

/// One drawing with the data behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Name of its files, without extension: "accuracy", "raster-stdp".
    pub name: String,
    /// The question it answers.
    pub title: String,
    /// How to read it.
    pub caption: String,
    /// What it shows, for those who cannot see it.
    pub alt: String,
    /// The drawing: a self-contained SVG document.
    pub svg: String,
    /// The numbers behind it.
    pub csv: String,
}

/// What a drawing says around its body.
pub(crate) struct Sheet {
    pub(crate) name: String,
    pub(crate) title: String,
    /// Small print under the title: what the intervals are, how much was measured.
    pub(crate) note: String,
    pub(crate) caption: String,
    pub(crate) alt: String,
}

const NOTE_LINE: f64 = 16.0;
/// Free margin at the bottom.
const FOOT: f64 = 6.0;

impl Sheet {
    /// Draws title and notes, then the body: `sketch` is given the top of a body of `height`.
    pub(crate) fn draw(
        self,
        theme: &Theme,
        height: f64,
        csv: String,
        sketch: impl FnOnce(&mut Canvas<'_>, f64),
    ) -> Result<Drawing, FigureError> {
        let room = WIDTH - 2.0 * MARGIN;
        let titles = measure::wrap(&self.title, theme.title, room, 2);
        let notes = measure::wrap(&self.note, theme.tick, room, 3);
        let title_line = theme.title + 6.0;
        let top = 16.0 + titles.len() as f64 * title_line + notes.len() as f64 * NOTE_LINE + 12.0;
        let svg = draw(&self.name, (WIDTH, top + height + FOOT), &self.alt, |canvas| {
            let mut y = 16.0;
            for line in &titles {
                canvas.text((MARGIN, y + theme.title), line, theme.title, theme.ink, Align::Left);
                y += title_line;
            }
            for line in &notes {
                canvas.text((MARGIN, y + theme.tick + 2.0), line, theme.tick, theme.muted, Align::Left);
                y += NOTE_LINE;
            }
            sketch(canvas, top);
        })?;
        Ok(Drawing { name: self.name, title: self.title, caption: self.caption, alt: self.alt, svg, csv })
    }
}
