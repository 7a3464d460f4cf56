//! A population: a box with its name, shape and size.

use duet_record::format::number;
use duet_record::{PopulationSketch, Role};

use super::Node;
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::measure;
use crate::presentation::image_shape;
use crate::theme::Theme;

pub(super) fn draw(canvas: &mut Canvas<'_>, theme: &Theme, node: &Node<'_>, top: f64) {
    let area = Area { y: node.area.y + top, ..node.area };
    let population = node.population;
    canvas.rect(area, theme.wash);
    canvas.frame(area, Pen::new(theme.muted, 1.2));
    let middle = area.x + area.w / 2.0;
    let role = match population.role {
        Role::Input => " (input)",
        Role::Output => " (output)",
        Role::Hidden => "",
    };
    let role = if matches!(population.name.as_str(), "input" | "output") { "" } else { role };
    // The outermost boxes stand at the margin: half of a wider name may reach into it.
    let room = area.w + 36.0;
    let whole = format!("{}{role}", population.name);
    let name = if measure::width(&whole, theme.label) <= room { &whole } else { &population.name };
    let name = measure::fit(name, theme.label, room);
    canvas.text((middle, area.y - 8.0), &name, theme.label, theme.ink, Align::Center);
    let size = number(population.size as f64);
    let full = format!("{size} units");
    let size = if measure::width(&full, theme.tick) <= area.w - 6.0 { full } else { size };
    let mut text = |up: f64, words: &str, color| {
        let words = measure::fit(words, theme.tick, area.w - 6.0);
        canvas.text((middle, area.bottom() - up), &words, theme.tick, color, Align::Center);
    };
    text(8.0, &size, theme.ink);
    if population.shape.len() > 1 {
        let shape: Vec<String> = population.shape.iter().map(usize::to_string).collect();
        let wide = shape.join(" × ");
        let fits = measure::width(&wide, theme.tick) <= area.w - 6.0;
        text(23.0, &if fits { wide } else { shape.join("×") }, theme.muted);
    }
    icon(canvas, theme, (middle, area.y + 44.0), f64::min(1.0, (area.w - 10.0) / 64.0), population);
}

/// A picture of the shape: a grid for an image, cells otherwise; 64 pixels wide times `scale`.
fn icon(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    (x, y): (f64, f64),
    scale: f64,
    population: &PopulationSketch,
) {
    if let Some((rows, columns)) = image_shape(&population.shape) {
        let (rows, columns) = (rows.min(8), columns.min(8));
        let cell = scale * 60.0 / rows.max(columns).max(4) as f64;
        let (x0, y0) = (x - cell * columns as f64 / 2.0, y - cell * rows as f64 / 2.0);
        for at in 0..rows * columns {
            let (row, column) = ((at / columns) as f64, (at % columns) as f64);
            let area = Area { x: x0 + column * cell, y: y0 + row * cell, w: 0.87 * cell, h: 0.87 * cell };
            canvas.rect(area, theme.muted.toward(theme.paper, 0.55));
        }
        return;
    }
    // Up to five rows of five; three small dots stand for the rest.
    let shown = population.size.min(25);
    let across = if shown > 10 { 5 } else { shown.div_ceil(2).clamp(1, 5) };
    let rows = shown.div_ceil(across) as f64;
    let pitch = scale * 12.5;
    let more = population.size > shown;
    let x0 = x - pitch * (across as f64 - 1.0) / 2.0;
    let y0 = y - pitch * (rows - 1.0) / 2.0 - if more { 4.0 } else { 0.0 };
    for at in 0..shown {
        let (row, column) = ((at / across) as f64, (at % across) as f64);
        let place = (x0 + column * pitch, y0 + row * pitch);
        canvas.disc(place, scale * 4.2, theme.muted.toward(theme.paper, 0.35), 1.0);
    }
    if more {
        for step in [-6.0, 0.0, 6.0] {
            canvas.disc((x + step, y0 + pitch * rows - 1.0), 1.3, theme.muted, 1.0);
        }
    }
}
