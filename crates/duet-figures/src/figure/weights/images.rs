//! Incoming weights as images: what each unit looks for.

use duet_record::format::number;
use duet_record::{Table, WeightMatrix};

use super::{Picture, Projection, beginnings};
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
    picture: Picture,
    most_units: usize,
    cast: &[Actor],
    theme: &Theme,
) -> Result<Drawing, FigureError> {
    let groups = groups(projection, cast, theme);
    let n_post = projection.learned[0].after.n_post();
    let units = chosen(n_post, most_units);
    let name = &projection.sketch.name;
    let kinds = if picture.kernel { "kernels" } else { "units" };
    let all = if units.len() < n_post {
        format!("{} of {} {kinds}, evenly spread", units.len(), number(n_post as f64))
    } else {
        format!("all {} {kinds}", units.len())
    };
    let (what, side_by_side) = match (picture.kernel, picture.channels) {
        (false, _) => ("Incoming weights", String::new()),
        (true, 1) => ("Kernels", String::new()),
        (true, channels) => ("Kernels", format!(", {channels} channels side by side")),
    };
    let sketch = projection.sketch;
    let caption = if picture.kernel {
        format!("Each small image is a kernel of {} that every place of {} shares.", sketch.from, sketch.to)
    } else {
        format!("Each small image shows the weights from {} to one unit of {}.", sketch.from, sketch.to)
    };
    let sheet = Sheet {
        name: format!("weights-{name}"),
        title: format!("What does each unit look for? {name}"),
        note: format!("{what} as images, {all}{side_by_side}. First seed; every block has its own scale."),
        caption,
        alt: alt(name, &groups, &format!("{} {kinds}", units.len()), picture),
    };
    let csv = csv(&groups, &units, picture)?;
    let across = groups.len().clamp(1, 3);
    let room = WIDTH - 2.0 * MARGIN;
    let width = ((room - GAP * (across as f64 - 1.0)) / across as f64).min(330.0);
    let columns = columns(units.len(), picture);
    let image = (width - SEAM * (columns as f64 - 1.0)) / columns as f64;
    // Images keep their proportions inside a square tile's width.
    let tall = image * picture.rows as f64 / picture.across() as f64;
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
            pixels(canvas, theme, origin, group, &units, (columns, image, tall), picture);
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

/// So many beside each other that all together are about square.
fn columns(units: usize, picture: Picture) -> usize {
    let (rows, across) = (picture.rows, picture.across());
    let square = |side: &usize| side * side * across >= units * rows;
    (1..=units).find(square).unwrap_or(1).clamp(1, 10)
}

fn pixels(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    (x0, y0): (f64, f64),
    group: &Group<'_>,
    units: &[usize],
    (columns, image, tall): (usize, f64, f64),
    picture: Picture,
) {
    let (w, h) = (image / picture.across() as f64, tall / picture.rows as f64);
    // Drawn colour by colour, so that each of the 33 becomes one path.
    let mut by_color: Vec<(Rgb, Vec<Area>)> = Vec::new();
    for (at, unit) in units.iter().enumerate() {
        let (left, top) =
            (x0 + (at % columns) as f64 * (image + SEAM), y0 + (at / columns) as f64 * (tall + SEAM));
        for (row, column, pre) in picture.places() {
            let weight = group.weights.get(*unit, pre);
            let color = theme.signed(if group.most > 0.0 { weight / group.most } else { 0.0 });
            let area = Area { x: left + column as f64 * w, y: top + row as f64 * h, w, h };
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
        let pen = Pen::new(theme.muted.toward(theme.paper, 0.55), 0.6);
        let channel = image / picture.channels as f64;
        for nth in 0..picture.channels {
            canvas.frame(Area { x: left + nth as f64 * channel, y: top, w: channel, h: tall }, pen);
        }
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

fn alt(name: &str, groups: &[Group<'_>], units: &str, picture: Picture) -> String {
    let scales: Vec<String> = groups
        .iter()
        .map(|group| format!("{}: from {} to {}", group.words, number(-group.most), number(group.most)))
        .collect();
    format!(
        "Weights of {units} of {name} as images of {} by {}. {}.",
        picture.rows,
        picture.across(),
        scales.join(", ")
    )
}

fn csv(groups: &[Group<'_>], units: &[usize], picture: Picture) -> Result<String, FigureError> {
    let cells = || {
        let of_group = groups.iter().flat_map(move |group| units.iter().map(move |unit| (group, *unit)));
        of_group.flat_map(move |(group, unit)| picture.places().map(move |place| (group, unit, place)))
    };
    let table = Table::new()
        .with_texts("block", cells().map(|(group, _, _)| group.words.clone()).collect())?
        .with_numbers("unit", cells().map(|(_, unit, _)| unit as f64).collect())?
        .with_numbers("row", cells().map(|(.., (row, _, _))| row as f64).collect())?
        .with_numbers("column", cells().map(|(.., (_, column, _))| column as f64).collect())?
        .with_numbers(
            "weight",
            cells().map(|(group, unit, (.., pre))| group.weights.get(unit, pre)).collect(),
        )?;
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
        let square = Picture { channels: 1, rows: 8, columns: 8, kernel: false };
        assert_eq!([25, 10, 1, 0].map(|units| columns(units, square)), [5, 4, 1, 1]);
        assert_eq!(columns(6, Picture { channels: 3, rows: 5, columns: 5, kernel: true }), 2);
    }
}
