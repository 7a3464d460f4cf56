//! Who connects to whom.

use duet_record::format::number;
use duet_record::{PopulationSketch, ProjectionSketch, Role, Run, Table, TopologySketch};
use duet_units::parameters;

use crate::canvas::{Align, Area, Canvas, Pen};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::clean;
use crate::measure;
use crate::presentation::image_shape;
use crate::theme::{Rgb, Theme};

parameters! {
    /// The network that all sides share: populations and the projections between them.
    ///
    /// # Behaviour
    /// Input at the left, output at the right, the rest by the longest way from the input. A population is a box with
    /// its shape and size, a projection a band with its pattern and number of synapses; a projection back or onto
    /// itself runs below.
    pub default struct Topology {}
}

const BOX_W: f64 = 112.0;
const BOX_H: f64 = 118.0;
const ROW_GAP: f64 = 56.0;
/// Room for each connection that runs below.
const BACK: f64 = 44.0;

/// Where a population stands.
struct Node<'t> {
    population: &'t PopulationSketch,
    column: usize,
    area: Area,
}

impl Topology {
    pub(crate) fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let name = "topology";
        let sketch = run.topology().needed(name, "network/topology.json")?;
        if sketch.populations.is_empty() {
            return Err(FigureError::NotRecorded {
                figure: name,
                needs: "a population in network/topology.json".into(),
            });
        }
        let (nodes, bands) = place(&sketch);
        let back = sketch.projections.iter().filter(|p| runs_back(&nodes, p)).count();
        let synapses: usize =
            sketch.projections.iter().map(|projection| projection.synapses).fold(0, usize::saturating_add);
        let units: usize =
            sketch.populations.iter().map(|population| population.size).fold(0, usize::saturating_add);
        let sheet = Sheet {
            name: name.into(),
            title: "Who connects to whom?".into(),
            note: format!(
                "{} units, {} synapses. All sides start from this one network.",
                number(units as f64),
                number(synapses as f64)
            ),
            caption: "Boxes are populations, bands are projections from left to right.".into(),
            alt: alt(&sketch),
        };
        let csv = csv(&sketch)?;
        let drawing = sheet.draw(theme, bands + back as f64 * BACK + 10.0, csv, |canvas, top| {
            let shifted: Vec<Node<'_>> = nodes
                .iter()
                .map(|node| Node { area: Area { y: node.area.y + top, ..node.area }, ..*node })
                .collect();
            projections(canvas, theme, &sketch, &shifted, top + bands);
            for node in &shifted {
                population(canvas, theme, node);
            }
        })?;
        Ok(vec![drawing])
    }
}

/// Columns by the longest way from the input; the height they take.
fn place(sketch: &TopologySketch) -> (Vec<Node<'_>>, f64) {
    let n = sketch.populations.len();
    let index = |name: &str| sketch.populations.iter().position(|population| population.name == name);
    let mut column = vec![0_usize; n];
    // As many rounds as populations: a cycle must not push its members out forever.
    for _ in 0..n {
        let mut changed = false;
        for projection in &sketch.projections {
            let (Some(from), Some(to)) = (index(&projection.from), index(&projection.to)) else { continue };
            let goes_on = from != to
                && sketch.populations[to].role != Role::Input
                && sketch.populations[from].role != Role::Output
                && column[from] + 1 > column[to]
                && column[from] + 1 < n;
            if goes_on && !(to < from && column[to] > 0) {
                column[to] = column[from] + 1;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let last = column.iter().copied().max().unwrap_or(0);
    for (at, population) in sketch.populations.iter().enumerate() {
        if population.role == Role::Output && n > 1 {
            column[at] = last.max(1);
        }
    }
    // Close gaps so that every column holds somebody.
    let mut used: Vec<usize> = column.clone();
    used.sort_unstable();
    used.dedup();
    for column in &mut column {
        *column = used.iter().position(|known| known == column).unwrap_or(0);
    }
    let columns = used.len();
    let tallest = (0..columns).map(|c| column.iter().filter(|own| **own == c).count()).max().unwrap_or(1);
    let height = tallest as f64 * (BOX_H + ROW_GAP);
    let room = WIDTH - 2.0 * MARGIN;
    let width = BOX_W.min(room / columns as f64 - 24.0);
    let pitch = if columns > 1 { (room - width) / (columns as f64 - 1.0) } else { 0.0 };
    let mut nodes = Vec::new();
    let mut filled = vec![0; columns];
    for (at, population) in sketch.populations.iter().enumerate() {
        let members = column.iter().filter(|own| **own == column[at]).count();
        let start = (height - members as f64 * (BOX_H + ROW_GAP)) / 2.0;
        let y = start + f64::from(filled[column[at]]) * (BOX_H + ROW_GAP) + ROW_GAP / 2.0;
        filled[column[at]] += 1;
        let x = if columns > 1 { MARGIN + column[at] as f64 * pitch } else { MARGIN + (room - width) / 2.0 };
        nodes.push(Node { population, column: column[at], area: Area { x, y, w: width, h: BOX_H } });
    }
    (nodes, height)
}

fn find<'n, 't>(nodes: &'n [Node<'t>], name: &str) -> Option<&'n Node<'t>> {
    nodes.iter().find(|node| node.population.name == name)
}

fn runs_back(nodes: &[Node<'_>], projection: &ProjectionSketch) -> bool {
    match (find(nodes, &projection.from), find(nodes, &projection.to)) {
        (Some(from), Some(to)) => from.column >= to.column,
        _ => false,
    }
}

fn projections(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    sketch: &TopologySketch,
    nodes: &[Node<'_>],
    bottom: f64,
) {
    let mut labels: Vec<(Area, [String; 2])> = Vec::new();
    let mut lane = bottom;
    for projection in &sketch.projections {
        let (Some(from), Some(to)) = (find(nodes, &projection.from), find(nodes, &projection.to)) else {
            continue;
        };
        let bias = if projection.bias { ", bias" } else { "" };
        let words = [
            format!("{}{bias}", clean(&projection.pattern)),
            format!("{} synapses", number(projection.synapses as f64)),
        ];
        let width = measure::widest(words.iter().map(String::as_str), theme.tick) + 12.0;
        let (x, y) = if from.column < to.column {
            band(canvas, theme, from, to, &projection.pattern)
        } else {
            lane += BACK;
            returning(canvas, theme, from, to, lane - 14.0)
        };
        let mut area = Area { x: x - width / 2.0, y: y - 18.0, w: width, h: 36.0 };
        // Labels that would meet move down one after the other.
        while labels.iter().any(|(other, _)| overlaps(*other, area)) {
            area.y += 6.0;
        }
        labels.push((area, words));
    }
    for (area, words) in labels {
        canvas.rect_alpha(area, theme.paper, 0.88);
        let middle = area.x + area.w / 2.0;
        canvas.text((middle, area.y + 15.0), &words[0], theme.tick, theme.ink, Align::Center);
        canvas.text((middle, area.y + 30.0), &words[1], theme.tick, theme.muted, Align::Center);
    }
}

fn overlaps(a: Area, b: Area) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

const BAND: Rgb = Rgb(0x8c, 0x96, 0xa0);

/// A band from side to side; returns the middle for its label.
fn band(canvas: &mut Canvas<'_>, theme: &Theme, from: &Node<'_>, to: &Node<'_>, pattern: &str) -> (f64, f64) {
    let (a, b) = (from.area, to.area);
    let (x1, x2) = (a.right(), b.x);
    let inset = 14.0;
    let curve = |y1: f64, y2: f64| {
        (0..=24).map(move |step| {
            let t = f64::from(step) / 24.0;
            let s = t * t * (3.0 - 2.0 * t);
            (x1 + (x2 - x1) * t, y1 + (y2 - y1) * s)
        })
    };
    let upper = curve(a.y + inset, b.y + inset);
    let lower = curve(a.bottom() - inset, b.bottom() - inset);
    let outline: Vec<(f64, f64)> = upper.chain(lower.collect::<Vec<_>>().into_iter().rev()).collect();
    canvas.polygon(&outline, BAND, 0.22);
    for (start, end) in strands(pattern) {
        let y1 = a.y + inset + start * (a.h - 2.0 * inset);
        let y2 = b.y + inset + end * (b.h - 2.0 * inset);
        canvas.line((x1, y1), (x2, y2), Pen::new(BAND, 0.8).alpha(0.6));
    }
    let tip = (x2 - 1.0, b.y + b.h / 2.0);
    canvas.polygon(&[tip, (tip.0 - 9.0, tip.1 - 5.0), (tip.0 - 9.0, tip.1 + 5.0)], theme.muted, 1.0);
    (f64::midpoint(x1, x2), f64::midpoint(a.y + a.h / 2.0, b.y + b.h / 2.0))
}

/// Where strokes leave and arrive (0 top, 1 bottom), as a hint at the pattern: each to each, one to one, or some.
fn strands(pattern: &str) -> Vec<(f64, f64)> {
    let ends = [0.1, 0.3, 0.5, 0.7, 0.9];
    let all = ends
        .iter()
        .enumerate()
        .flat_map(|(i, a)| ends.iter().enumerate().map(move |(j, b)| ((i, j), (*a, *b))));
    let kept = all.filter(|((i, j), _)| match pattern {
        "full" => true,
        "one_to_one" => i == j,
        // Neighbourhoods: what is near goes to what is near.
        "conv2d" | "average_pool2d" | "max_pool2d" | "gaussian" | "small_world" => i.abs_diff(*j) <= 1,
        _ => (3 * i + 2 * j) % 5 < 2,
    });
    kept.map(|(_, ends)| ends).collect()
}

/// A line below the boxes and up into the target.
fn returning(canvas: &mut Canvas<'_>, theme: &Theme, from: &Node<'_>, to: &Node<'_>, y: f64) -> (f64, f64) {
    let own = from.population.name == to.population.name;
    let x1 = from.area.x + from.area.w * if own { 0.72 } else { 0.6 };
    let x2 = to.area.x + to.area.w * if own { 0.28 } else { 0.4 };
    let pen = Pen::new(BAND, 2.0);
    canvas.polyline(&[(x1, from.area.bottom()), (x1, y), (x2, y), (x2, to.area.bottom() + 3.0)], pen);
    let tip = (x2, to.area.bottom() + 1.0);
    canvas.polygon(&[tip, (tip.0 - 5.0, tip.1 + 9.0), (tip.0 + 5.0, tip.1 + 9.0)], theme.muted, 1.0);
    let middle = if own { x1.max(x2) + 70.0 } else { f64::midpoint(x1, x2) };
    (middle.clamp(MARGIN + 60.0, WIDTH - MARGIN - 60.0), y)
}

fn population(canvas: &mut Canvas<'_>, theme: &Theme, node: &Node<'_>) {
    let (area, population) = (node.area, node.population);
    canvas.rect(area, theme.wash);
    canvas.frame(area, Pen::new(theme.muted, 1.2));
    let middle = area.x + area.w / 2.0;
    let name = measure::fit(&population.name, theme.label, area.w + 20.0);
    canvas.text((middle, area.y - 8.0), &name, theme.label, theme.ink, Align::Center);
    let role = match population.role {
        Role::Input => "input",
        Role::Hidden => "hidden",
        Role::Output => "output",
    };
    if population.name != role {
        canvas.text((middle, area.bottom() + 16.0), role, theme.tick - 1.0, theme.muted, Align::Center);
    }
    let shape = population.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ");
    let size = format!("{} units", number(population.size as f64));
    let words = if population.shape.len() > 1 { [shape, size] } else { [String::new(), size] };
    canvas.text(
        (middle, area.bottom() - 23.0),
        &measure::fit(&words[0], theme.tick, area.w - 8.0),
        theme.tick,
        theme.muted,
        Align::Center,
    );
    canvas.text(
        (middle, area.bottom() - 8.0),
        &measure::fit(&words[1], theme.tick, area.w - 8.0),
        theme.tick,
        theme.ink,
        Align::Center,
    );
    icon(canvas, theme, (middle, area.y + 44.0), population);
}

/// A picture of the shape: a grid for an image, a row of cells otherwise.
fn icon(canvas: &mut Canvas<'_>, theme: &Theme, (x, y): (f64, f64), population: &PopulationSketch) {
    if let Some((rows, columns)) = image_shape(&population.shape) {
        let (rows, columns) = (rows.min(8), columns.min(8));
        let cell = 60.0 / rows.max(columns).max(4) as f64;
        let (x0, y0) = (x - cell * columns as f64 / 2.0, y - cell * rows as f64 / 2.0);
        for row in 0..rows {
            for column in 0..columns {
                let at = (x0 + column as f64 * cell, y0 + row as f64 * cell);
                canvas.rect(
                    Area { x: at.0, y: at.1, w: cell - 1.0, h: cell - 1.0 },
                    theme.muted.toward(theme.paper, 0.55),
                );
            }
        }
        return;
    }
    // Up to five rows of five; a row of small dots stands for the rest.
    let shown = population.size.min(25);
    let across = if shown > 10 { 5 } else { shown.div_ceil(2).clamp(1, 5) };
    let rows = shown.div_ceil(across.max(1));
    let pitch = 12.5;
    let y0 = y - pitch * (rows as f64 - 1.0) / 2.0 - if population.size > shown { 4.0 } else { 0.0 };
    for at in 0..shown {
        let (row, column) = ((at / across) as f64, (at % across) as f64);
        let x0 = x - pitch * (across as f64 - 1.0) / 2.0;
        canvas.disc((x0 + column * pitch, y0 + row * pitch), 4.2, theme.muted.toward(theme.paper, 0.35), 1.0);
    }
    if population.size > shown {
        for step in [-6.0, 0.0, 6.0] {
            canvas.disc((x + step, y0 + pitch * rows as f64 - 1.0), 1.3, theme.muted, 1.0);
        }
    }
}

fn alt(sketch: &TopologySketch) -> String {
    let populations =
        sketch.populations.iter().map(|p| format!("{} ({} units)", clean(&p.name), number(p.size as f64)));
    let projections = sketch.projections.iter().map(|p| {
        format!(
            "{} to {} ({}, {} synapses)",
            clean(&p.from),
            clean(&p.to),
            clean(&p.pattern),
            number(p.synapses as f64)
        )
    });
    let (populations, projections) = (populations.collect::<Vec<_>>(), projections.collect::<Vec<_>>());
    format!("Network. Populations: {}. Projections: {}.", populations.join(", "), projections.join(", "))
}

fn csv(sketch: &TopologySketch) -> Result<String, FigureError> {
    let text =
        |pick: fn(&ProjectionSketch) -> &String| sketch.projections.iter().map(|p| pick(p).clone()).collect();
    let number =
        |pick: fn(&ProjectionSketch) -> usize| sketch.projections.iter().map(|p| pick(p) as f64).collect();
    let table = Table::new()
        .with_texts("projection", text(|p| &p.name))?
        .with_texts("from", text(|p| &p.from))?
        .with_texts("to", text(|p| &p.to))?
        .with_texts("pattern", text(|p| &p.pattern))?
        .with_numbers("synapses", number(|p| p.synapses))?
        .with_numbers("parameters", number(|p| p.parameters))?;
    Ok(table.to_csv())
}
