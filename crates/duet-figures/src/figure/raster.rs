//! Who fired when, during one presentation.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::FigureError;
use crate::measure;
use crate::plot::{BELOW, Plot};
use crate::presentation::{Presentation, Spikes, image_shape, presentations};
use crate::theme::Theme;

parameters! {
    /// Every spike of one presentation, population above population.
    ///
    /// # Behaviour
    /// One drawing per side that recorded spikes. Time runs to the right; within a population, each cell has its own
    /// height, cell 0 at the top. Where the input is an image it stands at the left. A population without a mark was
    /// silent, and its band says so.
    pub default struct Raster {}
}

const BAND_GAP: f64 = 7.0;
const IMAGE: f64 = 112.0;

impl Draw for Raster {
    const NEEDS: &[Needs] = &[Needs::Spikes];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let shows = presentations(run, theme, "raster", "traces/SIDE/spikes.csv and shown.json")?;
        shows.iter().map(|show| one(show, shows.len(), theme)).collect()
    }
}

fn one(show: &Presentation, sides: usize, theme: &Theme) -> Result<Drawing, FigureError> {
    let heights: Vec<f64> =
        show.shown.populations.iter().map(|population| band_height(population.size)).collect();
    let bands = heights.iter().map(|height| height + BAND_GAP).sum::<f64>().max(40.0);
    let image =
        image_shape(&show.shown.input_shape).filter(|(r, c)| r * c == show.shown.input.len() && r * c > 0);
    let body = bands.max(if image.is_some() { IMAGE + 44.0 } else { 0.0 }) + BELOW;
    let counts: Vec<String> = (show.shown.populations.iter().zip(&show.spikes))
        .map(|(population, spikes)| format!("{}: {} spikes", population.name, number(spikes.len() as f64)))
        .collect();
    let sheet = Sheet {
        name: show.drawing_name("raster", sides),
        title: format!("Who fires when? {}", show.actor.label),
        note: show.words(),
        caption: "Each stroke is one spike; each cell has its own height within its population, cell 0 at the top. Where cells stand for classes, the row of the true class is shaded.".into(),
        alt: format!("Spike raster of {} over {} ms. {}.", show.actor.label, number(show.end_ms() - show.begin_ms()), counts.join(", ")),
    };
    sheet.draw(theme, body, csv(show)?, |canvas, top| {
        let mut left = MARGIN;
        if let Some(shape) = image {
            input(canvas, theme, (left, top), show, shape);
            left += IMAGE + 20.0;
        }
        let sizes: Vec<String> =
            show.shown.populations.iter().map(|population| cells(population.size)).collect();
        let names = measure::widest(
            show.shown.populations.iter().map(|population| population.name.as_str()),
            theme.label,
        );
        let names =
            names.max(measure::widest(sizes.iter().map(String::as_str), theme.tick)).min(120.0) + 14.0;
        // Room for the names of classes beside the cells that stand for them.
        let names = names + if classes_of(show).is_some() { 12.0 + class_width(show, theme) } else { 0.0 };
        let area = Area { x: left + names, y: top, w: WIDTH - MARGIN - 8.0 - left - names, h: bands };
        let title =
            if show.shown.example.is_some() { "Time since the example appeared (ms)" } else { "Time (ms)" };
        let x = Axis::linear(title, show.begin_ms(), show.end_ms(), 8);
        let plot = Plot::framed(theme, area, x, Axis::linear("", 0.0, 1.0, 1));
        let mut y = top;
        for ((population, spikes), height) in show.shown.populations.iter().zip(&show.spikes).zip(&heights) {
            let band = Area { x: area.x, y, w: area.w, h: *height };
            canvas.rect(band, theme.wash);
            let middle = y + height / 2.0;
            let name = measure::fit(&population.name, theme.label, 120.0);
            canvas.text((left, middle - 2.0), &name, theme.label, theme.ink, Align::Left);
            canvas.text((left, middle + 13.0), &cells(population.size), theme.tick, theme.muted, Align::Left);
            if classes_of(show) == Some(population.name.as_str()) {
                classes(canvas, theme, band, show);
            }
            strokes(canvas, theme, &plot, band, show, population.size, spikes);
            y += height + BAND_GAP;
        }
        plot.x_axis(canvas);
    })
}

/// Tall enough for its cells, within reason; a few cells are told apart by name, so they get room for one.
fn band_height(size: usize) -> f64 {
    if size <= FEW {
        (size as f64 * 12.0).max(38.0)
    } else {
        (size as f64 * 2.8).clamp(FEW as f64 * 5.0, 200.0)
    }
}

const FEW: usize = 20;

fn cells(size: usize) -> String {
    format!("{} {}", number(size as f64), if size == 1 { "cell" } else { "cells" })
}

/// The last population, where each of its cells stands for a class.
fn classes_of(show: &Presentation) -> Option<&str> {
    let last = show.shown.populations.last()?;
    (last.size == show.shown.classes.len() && (2..=FEW).contains(&last.size)).then_some(last.name.as_str())
}

fn class_width(show: &Presentation, theme: &Theme) -> f64 {
    measure::widest(show.shown.classes.iter().map(String::as_str), theme.tick - 1.5).min(70.0)
}

/// Names of the classes beside the cells that stand for them; the true one on a darker ground.
fn classes(canvas: &mut Canvas<'_>, theme: &Theme, band: Area, show: &Presentation) {
    let step = band.h / show.shown.classes.len().max(1) as f64;
    let size = theme.tick - 1.5;
    for (at, name) in show.shown.classes.iter().enumerate() {
        let y = band.y + at as f64 * step;
        let is_true = show.shown.label == Some(at);
        if is_true {
            canvas.rect(Area { y, h: step, ..band }, theme.grid);
        }
        let name = measure::fit(name, size, 70.0);
        let color = if is_true { theme.ink } else { theme.muted };
        canvas.text((band.x - 6.0, y + step / 2.0 + 0.36 * size), &name, size, color, Align::Right);
    }
}

fn strokes(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    plot: &Plot<'_>,
    band: Area,
    show: &Presentation,
    size: usize,
    spikes: &Spikes,
) {
    if spikes.is_empty() {
        let at = (band.x + band.w / 2.0, band.y + band.h / 2.0 + 4.0);
        canvas.text(at, "no spike", theme.tick, theme.muted, Align::Center);
        return;
    }
    let step = band.h / size.max(1) as f64;
    let half = (step * 0.4).clamp(1.5, 6.0);
    let pen = Pen::new(show.actor.color, 1.3);
    for (time, cell) in spikes {
        let x = plot.x(*time);
        let y = band.y + ((*cell as f64 + 0.5) * step).min(band.h - half);
        canvas.line((x, (y - half).max(band.y)), (x, (y + half).min(band.bottom())), pen);
    }
}

/// The input as an image, darker where it is larger.
fn input(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    (left, top): (f64, f64),
    show: &Presentation,
    (rows, columns): (usize, usize),
) {
    let (low, high) = range(show.shown.input.iter().copied()).unwrap_or((0.0, 1.0));
    let low = low.min(0.0);
    let pixel = (IMAGE / rows.max(columns) as f64).min(IMAGE / 4.0);
    let (w, h) = (pixel * columns as f64, pixel * rows as f64);
    canvas.text((left, top + 10.0), "Input", theme.label, theme.ink, Align::Left);
    let y0 = top + 18.0;
    // Sixteen greys, one after the other, so that each becomes a single path.
    for level in 0..=16_u32 {
        for (at, value) in show.shown.input.iter().enumerate() {
            let part = if high > low { (value - low) / (high - low) } else { 0.0 };
            if (part * 16.0).round() as u32 == level {
                let (row, column) = ((at / columns) as f64, (at % columns) as f64);
                let area = Area { x: left + column * pixel, y: y0 + row * pixel, w: pixel, h: pixel };
                canvas.rect(area, theme.paper.toward(theme.ink, f64::from(level) / 16.0));
            }
        }
    }
    canvas.frame(Area { x: left, y: y0, w, h }, Pen::new(theme.muted, 0.8));
    let words = if high > low {
        format!("{rows} × {columns}, white {} to black {}", number(low), number(high))
    } else {
        format!("{rows} × {columns}, all {}", number(high))
    };
    for (at, line) in measure::wrap(&words, theme.tick - 1.0, IMAGE + 8.0, 2).iter().enumerate() {
        canvas.text(
            (left, y0 + h + 14.0 + 13.0 * at as f64),
            line,
            theme.tick - 1.0,
            theme.muted,
            Align::Left,
        );
    }
}

fn csv(show: &Presentation) -> Result<String, FigureError> {
    let rows = || {
        let named = show.shown.populations.iter().zip(&show.spikes);
        named.flat_map(|(population, spikes)| spikes.iter().map(move |spike| (population, spike)))
    };
    let table = Table::new()
        .with_numbers("time_ms", rows().map(|(_, (time, _))| *time).collect())?
        .with_texts("population", rows().map(|(population, _)| population.name.clone()).collect())?
        .with_numbers("index", rows().map(|(_, (_, cell))| *cell as f64).collect())?;
    Ok(table.to_csv())
}
