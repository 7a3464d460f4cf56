//! Keys to colours and strokes, outside the data.

use crate::canvas::{Align, Area, Canvas, Pen};
use crate::measure;
use crate::theme::{Marker, Rgb, Theme};

/// What stands in front of a legend's words.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Swatch {
    /// A line.
    Line(Pen),
    /// A marker.
    Marker(Marker, Rgb),
    /// A line with a marker on it.
    LineMarker(Pen, Marker),
    /// A filled box.
    Box(Rgb, f64),
    /// A hollow circle.
    Ring(Rgb),
    /// A small dot.
    Dot(Rgb),
    /// A short upright stroke.
    Bar(Rgb),
}

const SWATCH: f64 = 24.0;
const GAP: f64 = 7.0;
const BETWEEN: f64 = 20.0;
/// Height of one line of a legend.
pub(crate) const LINE: f64 = 21.0;

/// Height of a legend whose lines are at most `room` wide.
pub(crate) fn height(theme: &Theme, room: f64, entries: &[(Swatch, String)]) -> f64 {
    places(theme, (0.0, 0.0), room, entries).last().map_or(0.0, |(_, (_, y))| y + LINE)
}

/// Words, cut to the room, and the left top of each entry.
fn places(
    theme: &Theme,
    (left, top): (f64, f64),
    room: f64,
    entries: &[(Swatch, String)],
) -> Vec<(String, (f64, f64))> {
    let (mut x, mut y) = (left, top);
    let mut places = Vec::new();
    for (_, words) in entries {
        let words = measure::fit(words, theme.tick, room - SWATCH - GAP);
        let width = SWATCH + GAP + measure::width(&words, theme.tick);
        if x > left && x + width > left + room {
            (x, y) = (left, y + LINE);
        }
        places.push((words, (x, y)));
        x += width + BETWEEN;
    }
    places
}

/// Draws the entries in lines of at most `room`, the first line's middle at `top` + 10.
pub(crate) fn legend(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    at: (f64, f64),
    room: f64,
    entries: &[(Swatch, String)],
) {
    for ((swatch, _), (words, (x, y))) in entries.iter().zip(places(theme, at, room, entries)) {
        let middle = y + 10.0;
        draw_swatch(canvas, *swatch, (x, middle));
        canvas.text(
            (x + SWATCH + GAP, middle + 0.36 * theme.tick),
            &words,
            theme.tick,
            theme.ink,
            Align::Left,
        );
    }
}

fn draw_swatch(canvas: &mut Canvas<'_>, swatch: Swatch, (x, y): (f64, f64)) {
    let center = (x + SWATCH / 2.0, y);
    match swatch {
        Swatch::Line(pen) => canvas.line((x, y), (x + SWATCH, y), pen),
        Swatch::Marker(marker, color) => canvas.marker(center, 5.0, marker, color),
        Swatch::LineMarker(pen, marker) => {
            canvas.line((x, y), (x + SWATCH, y), pen);
            canvas.marker(center, 4.0, marker, pen.color);
        }
        Swatch::Box(color, alpha) => {
            canvas.rect_alpha(Area { x: x + 2.0, y: y - 6.0, w: SWATCH - 4.0, h: 12.0 }, color, alpha);
        }
        Swatch::Ring(color) => canvas.ring(center, 4.0, Pen::new(color, 1.5)),
        Swatch::Bar(color) => canvas.line((center.0, y - 7.0), (center.0, y + 7.0), Pen::new(color, 1.6)),
        Swatch::Dot(color) => canvas.disc(center, 2.5, color, 0.6),
    }
}
