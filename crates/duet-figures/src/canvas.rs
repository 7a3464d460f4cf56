//! A sheet to draw on, in CSS pixels from the top left. Plotters' SVG backend does the writing.

use plotters::backend::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontTransform, RGBAColor, RGBColor, ShapeStyle, TextStyle};

use crate::error::FigureError;
use crate::escape::clean;
use crate::font;
use crate::measure::LINE_HEIGHT;
use crate::theme::{Marker, Rgb};
use crate::tidy::{SCALE, TOP, tidy};

/// A rectangle: left, top, width, height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
}

impl Area {
    pub(crate) fn right(self) -> f64 {
        self.x + self.w
    }

    pub(crate) fn bottom(self) -> f64 {
        self.y + self.h
    }
}

/// A line's looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    pub(crate) color: Rgb,
    pub(crate) width: f64,
    pub(crate) alpha: f64,
    /// Lengths of dash and gap; `None` draws through.
    pub(crate) dash: Option<(f64, f64)>,
}

impl Pen {
    pub(crate) fn new(color: Rgb, width: f64) -> Self {
        Self { color, width, alpha: 1.0, dash: None }
    }

    pub(crate) fn dashed(self, dash: f64, gap: f64) -> Self {
        Self { dash: Some((dash, gap)), ..self }
    }

    pub(crate) fn alpha(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }
}

/// Where a text stands, seen from its point on the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

pub(crate) struct Canvas<'a> {
    backend: SVGBackend<'a>,
    /// The first thing that went wrong; drawing goes on, and [`draw`] reports it.
    fault: Option<String>,
}

/// Draws a sheet of `width` by `height` pixels on white and returns its SVG.
pub(crate) fn draw(
    name: &str,
    (width, height): (f64, f64),
    alt: &str,
    sketch: impl FnOnce(&mut Canvas<'_>),
) -> Result<String, FigureError> {
    let fail = |what: String| FigureError::Drawing { figure: name.to_owned(), what };
    if !font::register() {
        return Err(fail("the embedded font cannot be read".into()));
    }
    let mut raw = String::new();
    let size = ((width * SCALE).round() as u32, (height * SCALE).round() as u32);
    let mut canvas = Canvas { backend: SVGBackend::with_string(&mut raw, size), fault: None };
    canvas.rect(Area { x: 0.0, y: 0.0, w: width, h: height }, Rgb(255, 255, 255));
    sketch(&mut canvas);
    let closed = canvas.backend.present().map_err(|error| error.to_string());
    let fault = canvas.fault.take();
    drop(canvas);
    match (fault, closed) {
        (Some(what), _) | (None, Err(what)) => Err(fail(what)),
        (None, Ok(())) => Ok(tidy(&raw, alt)),
    }
}

impl Canvas<'_> {
    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), pen: Pen) {
        match pen.dash {
            None => {
                let result = self.backend.draw_line(units(from), units(to), &shape(pen));
                self.note(result);
            }
            Some((dash, gap)) => {
                for (from, to) in dashes(&[from, to], dash, gap) {
                    self.line(from, to, Pen { dash: None, ..pen });
                }
            }
        }
    }

    pub(crate) fn polyline(&mut self, points: &[(f64, f64)], pen: Pen) {
        match pen.dash {
            None if points.len() > 1 => {
                let result = self.backend.draw_path(points.iter().map(|point| units(*point)), &shape(pen));
                self.note(result);
            }
            None => {}
            Some((dash, gap)) => {
                for (from, to) in dashes(points, dash, gap) {
                    self.line(from, to, Pen { dash: None, ..pen });
                }
            }
        }
    }

    pub(crate) fn polygon(&mut self, points: &[(f64, f64)], fill: Rgb, alpha: f64) {
        let style = shape(Pen::new(fill, 1.0).alpha(alpha)).filled();
        let result = self.backend.fill_polygon(points.iter().map(|point| units(*point)), &style);
        self.note(result);
    }

    pub(crate) fn rect(&mut self, area: Area, fill: Rgb) {
        self.rect_alpha(area, fill, 1.0);
    }

    pub(crate) fn rect_alpha(&mut self, area: Area, fill: Rgb, alpha: f64) {
        let style = shape(Pen::new(fill, 1.0).alpha(alpha)).filled();
        let (from, to) = (units((area.x, area.y)), units((area.right(), area.bottom())));
        if to.0 > from.0 && to.1 > from.1 {
            let result = self.backend.draw_rect(from, to, &style, true);
            self.note(result);
        }
    }

    /// The outline of a rectangle.
    pub(crate) fn frame(&mut self, area: Area, pen: Pen) {
        let (x, y, r, b) = (area.x, area.y, area.right(), area.bottom());
        for (from, to) in [((x, y), (r, y)), ((r, y), (r, b)), ((r, b), (x, b)), ((x, b), (x, y))] {
            self.line(from, to, pen);
        }
    }

    /// A bar whose colour runs from `color(0)` to `color(1)` in so many steps.
    pub(crate) fn color_bar(&mut self, area: Area, steps: u32, color: impl Fn(f64) -> Rgb) {
        for step in 0..steps {
            let x = area.x + area.w * f64::from(step) / f64::from(steps);
            // Each step reaches to the end and is painted over by the next: no seams.
            self.rect(Area { x, w: area.right() - x, ..area }, color(f64::from(step) / f64::from(steps - 1)));
        }
    }

    pub(crate) fn disc(&mut self, center: (f64, f64), radius: f64, fill: Rgb, alpha: f64) {
        let style = shape(Pen::new(fill, 1.0).alpha(alpha)).filled();
        let result = self.backend.draw_circle(units(center), (radius * SCALE).round() as u32, &style, true);
        self.note(result);
    }

    pub(crate) fn ring(&mut self, center: (f64, f64), radius: f64, pen: Pen) {
        let result =
            self.backend.draw_circle(units(center), (radius * SCALE).round() as u32, &shape(pen), false);
        self.note(result);
    }

    /// A side's marker with a thin white edge, so that neighbours stay apart.
    pub(crate) fn marker(&mut self, center: (f64, f64), radius: f64, marker: Marker, fill: Rgb) {
        self.marker_shape(center, radius + 1.0, marker, Rgb(255, 255, 255));
        self.marker_shape(center, radius, marker, fill);
    }

    fn marker_shape(&mut self, (x, y): (f64, f64), r: f64, marker: Marker, fill: Rgb) {
        match marker {
            Marker::Circle => self.disc((x, y), r, fill, 1.0),
            Marker::Square => {
                let half = 0.9 * r;
                self.polygon(
                    &[(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)],
                    fill,
                    1.0,
                );
            }
            Marker::Triangle => {
                self.polygon(
                    &[(x, y - 1.2 * r), (x + 1.1 * r, y + 0.8 * r), (x - 1.1 * r, y + 0.8 * r)],
                    fill,
                    1.0,
                );
            }
            Marker::Diamond => {
                let r = 1.25 * r;
                self.polygon(&[(x, y - r), (x + r, y), (x, y + r), (x - r, y)], fill, 1.0);
            }
        }
    }

    /// A text whose baseline begins, is centred or ends at `at`.
    pub(crate) fn text(&mut self, at: (f64, f64), text: &str, size: f64, color: Rgb, align: Align) {
        let style = text_style(size, color, align);
        let top = units((at.0, at.1 - TOP * size));
        let result = self.backend.draw_text(&clean(text), &style, top);
        self.note(result);
    }

    /// As [`Canvas::text`], turned to read upwards.
    pub(crate) fn text_up(&mut self, at: (f64, f64), text: &str, size: f64, color: Rgb, align: Align) {
        let mut style = text_style(size, color, align);
        style.font = style.font.transform(FontTransform::Rotate270);
        let top = units((at.0 - TOP * size, at.1));
        let result = self.backend.draw_text(&clean(text), &style, top);
        self.note(result);
    }

    fn note<E: std::fmt::Display>(&mut self, result: Result<(), E>) {
        if let (Err(error), None) = (result, &self.fault) {
            self.fault = Some(error.to_string());
        }
    }
}

fn units((x, y): (f64, f64)) -> (i32, i32) {
    // Whatever is not finite or absurdly far out is held at the edge of the numbers instead of wrapping around.
    ((x * SCALE).round() as i32, (y * SCALE).round() as i32)
}

fn shape(pen: Pen) -> ShapeStyle {
    let Rgb(r, g, b) = pen.color;
    ShapeStyle {
        color: RGBAColor(r, g, b, pen.alpha),
        filled: false,
        stroke_width: (pen.width * SCALE).round() as u32,
    }
}

fn text_style(size: f64, color: Rgb, align: Align) -> TextStyle<'static> {
    let h_pos = match align {
        Align::Left => HPos::Left,
        Align::Center => HPos::Center,
        Align::Right => HPos::Right,
    };
    let style = TextStyle::from((font::FAMILY, size * SCALE * LINE_HEIGHT));
    let ink = RGBColor(color.0, color.1, color.2);
    TextStyle { color: ink.to_backend_color(), pos: Pos::new(h_pos, VPos::Top), ..style }
}

/// The dashes of a polyline.
fn dashes(points: &[(f64, f64)], dash: f64, gap: f64) -> Vec<((f64, f64), (f64, f64))> {
    let mut out = Vec::new();
    let (mut left, mut on) = (dash, true);
    for pair in points.windows(2) {
        let ((x1, y1), (x2, y2)) = (pair[0], pair[1]);
        let length = ((x2 - x1).powi(2) + (y2 - y1).powi(2)).sqrt();
        if !length.is_finite() || length <= 0.0 {
            continue;
        }
        let at = |distance: f64| (x1 + (x2 - x1) * distance / length, y1 + (y2 - y1) * distance / length);
        let mut done = 0.0;
        while done < length {
            let step = left.min(length - done);
            if on {
                out.push((at(done), at(done + step)));
            }
            done += step;
            left -= step;
            if left <= 1e-9 {
                on = !on;
                left = if on { dash } else { gap };
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_go_round_corners() {
        let found = dashes(&[(0.0, 0.0), (3.0, 0.0), (3.0, 3.0)], 2.0, 2.0);
        assert_eq!(found, [((0.0, 0.0), (2.0, 0.0)), ((3.0, 1.0), (3.0, 3.0))]);
        assert!(dashes(&[(0.0, 0.0), (0.0, 0.0)], 2.0, 2.0).is_empty());
    }

    #[test]
    fn names_are_escaped_and_stripped() {
        let svg = draw("x", (100.0, 50.0), "<alt>", |canvas| {
            canvas.text((5.0, 20.0), "<script>\u{202e}&\n", 12.0, Rgb(0, 0, 0), Align::Left);
        })
        .unwrap();
        assert!(svg.contains("&lt;script&gt;&amp; </text>") && !svg.contains('\u{202e}'), "{svg}");
        assert!(svg.contains("y=\"200\""), "the baseline is where it was asked for: {svg}");
    }
}
