//! Incoming weights as images: what each unit looks for.

use duet_record::format::number;
use duet_record::{Table, WeightMatrix};

use super::{Projection, beginnings};
use crate::axis::range;
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::Actor;
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::FigureError;
use crate::measure;
use crate::theme::{Rgb, Theme};

/// A block of images with one scale.
struct Group<'p> {
    words: String,
    color: Rgb,
    weights: &'p WeightMatrix,
    /// Largest magnitude: the ends of the colour map.
    most: f64,
}

const GAP: f64 = 30.0;
const SEAM: f64 = 3.0;
const HEAD: f64 = 26.0;
const BAR: f64 = 44.0;

pub(super) fn draw(
    projection: &Projection<'_>,
    shape: (usize, usize),
    most_units: usize,
    cast: &[Actor],
    theme: &Theme,
) -> Result<Drawing, FigureError> {
    let groups = groups(projection, cast, theme);
    let n_post = projection.learned[0].after.n_post();
    let units = chosen(n_post, most_units);
    let name = &projection.sketch.name;
    let all = if units.len() < n_post {
        format!("{} of {} units, evenly spread", units.len(), number(n_post as f64))
    } else {
        format!("all {} units", units.len())
    };
    let sheet = Sheet {
        name: format!("weights-{name}"),
        title: format!("What does each unit look for? {name}"),
        note: format!("Incoming weights as images, {all}. First seed; every block has its own scale."),
        caption: format!(
            "Each small image shows the weights from {} to one unit of {}.",
            projection.sketch.from, projection.sketch.to
        ),
        alt: alt(name, &groups, units.len(), shape),
    };
    let csv = csv(&groups, &units, shape)?;
    let across = groups.len().clamp(1, 3);
    let room = WIDTH - 2.0 * MARGIN;
    let width = ((room - GAP * (across as f64 - 1.0)) / across as f64).min(330.0);
    let columns = columns(units.len());
    let image = (width - SEAM * (columns as f64 - 1.0)) / columns as f64;
    // Images keep their proportions inside a square tile's width.
    let tall = image * shape.0 as f64 / shape.1 as f64;
    let rows = units.len().div_ceil(columns);
    let block = HEAD + rows as f64 * (tall + SEAM) + BAR;
    let height = groups.len().div_ceil(across) as f64 * block;
    sheet.draw(theme, height, csv, |canvas, top| {
        for (at, group) in groups.iter().enumerate() {
            let x = MARGIN + (at % across) as f64 * (width + GAP);
            let y = top + (at / across) as f64 * block;
            let heading = measure::fit(&group.words, theme.label, width);
            canvas.text((x, y + 14.0), &heading, theme.label, theme.ink, Align::Left);
            canvas.rect(Area { x, y: y + 18.0, w: width, h: 2.0 }, group.color);
            let origin = (x, y + HEAD);
            pixels(canvas, theme, origin, group, &units, (columns, image, tall), shape);
            color_bar(canvas, theme, (x, y + HEAD + rows as f64 * (tall + SEAM) + 6.0), width, group.most);
        }
    })
}

/// Before (once where the sides share it), then after, side by side.
fn groups<'p>(projection: &'p Projection<'_>, cast: &[Actor], theme: &Theme) -> Vec<Group<'p>> {
    let learned = &projection.learned;
    let shared = beginnings(learned);
    let mut groups = Vec::new();
    let mut push = |words: String, color: Rgb, weights: &'p WeightMatrix| {
        let (low, high) = range(weights.values().iter().copied()).unwrap_or((0.0, 0.0));
        groups.push(Group { words, color, weights, most: low.abs().max(high.abs()) });
    };
    for members in &shared {
        let words = match members.as_slice() {
            [one] if learned.len() > 1 => format!("Before: {}", cast[learned[*one].side].label),
            _ => "Before learning".to_owned(),
        };
        if let Some(before) = &learned[members[0]].before {
            push(words, theme.muted, before);
        }
    }
    for side in learned {
        push(format!("After: {}", cast[side.side].label), cast[side.side].color, &side.after);
    }
    groups
}

/// Evenly spread indices, at most `most`.
fn chosen(n: usize, most: usize) -> Vec<usize> {
    let count = n.min(most);
    (0..count).map(|at| at * n / count).collect()
}

/// About square, or five across for few.
fn columns(units: usize) -> usize {
    (1..=units).find(|side| side * side >= units).unwrap_or(1).clamp(1, 10)
}

fn pixels(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    (x0, y0): (f64, f64),
    group: &Group<'_>,
    units: &[usize],
    (columns, image, tall): (usize, f64, f64),
    (rows, across): (usize, usize),
) {
    let (w, h) = (image / across as f64, tall / rows as f64);
    // Drawn colour by colour, so that each of the 33 becomes one path.
    let mut by_color: Vec<(Rgb, Vec<Area>)> = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let (left, top) =
            (x0 + (at % columns) as f64 * (image + SEAM), y0 + (at / columns) as f64 * (tall + SEAM));
        for pre in 0..rows * across {
            let weight = group.weights.get(*unit, pre);
            let color = theme.signed(if group.most > 0.0 { weight / group.most } else { 0.0 });
            let area = Area { x: left + (pre % across) as f64 * w, y: top + (pre / across) as f64 * h, w, h };
            match by_color.iter_mut().find(|(known, _)| *known == color) {
                Some((_, areas)) => areas.push(area),
                None => by_color.push((color, vec![area])),
            }
        }
    }
    for (color, areas) in by_color {
        for area in areas {
            canvas.rect(area, color);
        }
    }
    for at in 0..units.len() {
        let (left, top) =
            (x0 + (at % columns) as f64 * (image + SEAM), y0 + (at / columns) as f64 * (tall + SEAM));
        canvas.frame(
            Area { x: left, y: top, w: image, h: tall },
            Pen::new(theme.muted.toward(theme.paper, 0.55), 0.6),
        );
    }
}

fn color_bar(canvas: &mut Canvas<'_>, theme: &Theme, (x, y): (f64, f64), width: f64, most: f64) {
    if most == 0.0 {
        canvas.text((x, y + 10.0), "every weight is 0", theme.tick, theme.muted, Align::Left);
        return;
    }
    let bar = Area { x, y, w: width.min(220.0), h: 9.0 };
    canvas.color_bar(bar, 33, |part| theme.signed(2.0 * part - 1.0));
    canvas.frame(bar, Pen::new(theme.grid, 0.8));
    let size = theme.tick - 1.0;
    let base = bar.bottom() + 13.0;
    canvas.text((bar.x, base), &number(three_digits(-most)), size, theme.muted, Align::Left);
    canvas.text((bar.x + bar.w / 2.0, base), "weight", size, theme.muted, Align::Center);
    canvas.text((bar.right(), base), &number(three_digits(most)), size, theme.muted, Align::Right);
}

/// Ends of a scale need no fourth digit.
fn three_digits(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

fn alt(name: &str, groups: &[Group<'_>], units: usize, (rows, columns): (usize, usize)) -> String {
    let scales: Vec<String> = groups
        .iter()
        .map(|group| format!("{}: from {} to {}", group.words, number(-group.most), number(group.most)))
        .collect();
    format!(
        "Incoming weights of {units} units of {name} as images of {rows} by {columns}. {}.",
        scales.join(", ")
    )
}

fn csv(
    groups: &[Group<'_>],
    units: &[usize],
    (rows, columns): (usize, usize),
) -> Result<String, FigureError> {
    let cells = || {
        let of_group = groups.iter().flat_map(move |group| units.iter().map(move |unit| (group, *unit)));
        of_group.flat_map(move |(group, unit)| (0..rows * columns).map(move |pre| (group, unit, pre)))
    };
    let table = Table::new()
        .with_texts("block", cells().map(|(group, _, _)| group.words.clone()).collect())?
        .with_numbers("unit", cells().map(|(_, unit, _)| unit as f64).collect())?
        .with_numbers("row", cells().map(|(_, _, pre)| (pre / columns) as f64).collect())?
        .with_numbers("column", cells().map(|(_, _, pre)| (pre % columns) as f64).collect())?
        .with_numbers("weight", cells().map(|(group, unit, pre)| group.weights.get(unit, pre)).collect())?;
    Ok(table.to_csv())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_spread_evenly() {
        assert_eq!(chosen(4, 25), [0, 1, 2, 3]);
        assert_eq!(chosen(64, 4), [0, 16, 32, 48]);
        assert!(chosen(0, 4).is_empty());
        assert_eq!((columns(25), columns(10), columns(1), columns(0)), (5, 4, 1, 1));
    }
}
