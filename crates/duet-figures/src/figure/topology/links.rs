//! Projections: bands to the next column, loops, and lines below.

use super::{LANE, LIST_LINE, Link, Plan, Way, words};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::drawing::{MARGIN, WIDTH};
use crate::measure;
use crate::theme::{Rgb, Theme};

const BAND: Rgb = Rgb(0x8c, 0x96, 0xa0);
/// From a box's corner to where a band begins.
const INSET: f64 = 14.0;

/// A label: its words, the ground it stands on, and whether that ground covers what it lies on.
struct Label {
    words: [String; 2],
    area: Area,
    is_on_line: bool,
}

/// Draws all projections, then their labels on top.
pub(super) fn draw(canvas: &mut Canvas<'_>, theme: &Theme, plan: &Plan<'_>, top: f64) {
    let uprights: Vec<Option<(f64, f64)>> = plan.links.iter().map(|link| gutters(plan, link)).collect();
    let mut labels: Vec<Label> = Vec::new();
    for (number, link) in plan.links.iter().enumerate() {
        let at = |index: usize| Area { y: plan.nodes[index].area.y + top, ..plan.nodes[index].area };
        let (from, to) = (at(link.from), at(link.to));
        let words = words(link.projection);
        let w = measure::widest([words[0].as_str(), words[1].as_str()], theme.tick) + 4.0;
        let (x, y) = match (link.way, uprights[number]) {
            (Way::Lane(lane), Some(ends)) => {
                let y = below(canvas, theme, (from, to), ends, lane, top + plan.floor);
                let others = uprights.iter().enumerate().filter(|(other, _)| *other != number);
                let others: Vec<f64> =
                    others.filter_map(|(_, ends)| *ends).flat_map(|(a, b)| [a, b]).collect();
                (free_place(ends, &others), y)
            }
            (Way::Loop, _) => own_loop(canvas, theme, from),
            _ => band(canvas, theme, from, to, &link.projection.pattern),
        };
        let x = (x - w / 2.0).clamp(MARGIN - 8.0, WIDTH - MARGIN - w + 8.0);
        let mut area = Area { x, y: y - 18.0, w, h: 36.0 };
        // Bands that cross meet in the middle; their labels move apart.
        while link.way == Way::Band && labels.iter().any(|other| overlap(other.area, area)) {
            area.y += 6.0;
        }
        labels.push(Label { words, area, is_on_line: link.way != Way::Loop });
    }
    for Label { words, area, is_on_line } in labels.into_iter().filter(|_| plan.labels_fit) {
        if is_on_line {
            canvas.rect_alpha(area, theme.paper, 0.88);
        }
        let middle = area.x + area.w / 2.0;
        canvas.text((middle, area.y + 15.0), &words[0], theme.tick, theme.ink, Align::Center);
        canvas.text((middle, area.y + 30.0), &words[1], theme.tick, theme.muted, Align::Center);
    }
}

/// Where on a lane from `a` to `b` a label hides no other line's upright: amid the widest stretch between two.
fn free_place((a, b): (f64, f64), uprights: &[f64]) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    let mut stops: Vec<f64> = uprights.iter().copied().filter(|x| (low..high).contains(x)).collect();
    stops.extend([low, high]);
    stops.sort_by(f64::total_cmp);
    let wider =
        |best: (f64, f64), next: (f64, f64)| if next.1 - next.0 > best.1 - best.0 { next } else { best };
    let (from, to) = stops.windows(2).map(|pair| (pair[0], pair[1])).fold((low, low), wider);
    f64::midpoint(from, to)
}

/// Names and sizes of all projections, one per line.
pub(super) fn list(canvas: &mut Canvas<'_>, theme: &Theme, plan: &Plan<'_>, top: f64) {
    let name = |link: &Link<'_>| format!("{} → {}", link.projection.from, link.projection.to);
    let names: Vec<String> = plan.links.iter().map(name).collect();
    let column = measure::widest(names.iter().map(String::as_str), theme.tick).min(340.0) + 24.0;
    for (at, (link, name)) in plan.links.iter().zip(&names).enumerate() {
        let y = top + at as f64 * LIST_LINE + theme.tick;
        canvas.text((MARGIN, y), &measure::fit(name, theme.tick, 340.0), theme.tick, theme.ink, Align::Left);
        let [pattern, synapses] = words(link.projection);
        let words =
            measure::fit(&format!("{synapses}, {pattern}"), theme.tick, WIDTH - 2.0 * MARGIN - column);
        canvas.text((MARGIN + column, y), &words, theme.tick, theme.muted, Align::Left);
    }
}

fn overlap(a: Area, b: Area) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

/// A band from side to side; returns the place of its label.
fn band(canvas: &mut Canvas<'_>, theme: &Theme, from: Area, to: Area, pattern: &str) -> (f64, f64) {
    let (x1, x2) = (from.right(), to.x);
    let curve = |y1: f64, y2: f64| {
        (0..=24).map(move |step| {
            let t = f64::from(step) / 24.0;
            (x1 + (x2 - x1) * t, y1 + (y2 - y1) * t * t * (3.0 - 2.0 * t))
        })
    };
    let upper = curve(from.y + INSET, to.y + INSET);
    let lower: Vec<(f64, f64)> = curve(from.bottom() - INSET, to.bottom() - INSET).collect();
    canvas.polygon(&upper.chain(lower.into_iter().rev()).collect::<Vec<_>>(), BAND, 0.22);
    for (start, end) in strands(pattern) {
        let inside = |area: Area, part: f64| area.y + INSET + part * (area.h - 2.0 * INSET);
        canvas.line((x1, inside(from, start)), (x2, inside(to, end)), Pen::new(BAND, 0.8).alpha(0.6));
    }
    arrow_right(canvas, theme, (x2 - 1.0, to.y + to.h / 2.0));
    (f64::midpoint(x1, x2), f64::midpoint(from.y + from.h / 2.0, to.y + to.h / 2.0))
}

/// Where strokes leave and arrive (0 top, 1 bottom), as a hint at the pattern: each to each, one to one, or some.
fn strands(pattern: &str) -> Vec<(f64, f64)> {
    let ends = [0.1, 0.3, 0.5, 0.7, 0.9];
    let all = ends
        .iter()
        .enumerate()
        .flat_map(|(i, a)| ends.iter().enumerate().map(move |(j, b)| ((i, j), (*a, *b))));
    let kept = all.filter(|((i, j), _): &((usize, usize), _)| match pattern {
        "full" => true,
        "one_to_one" => i == j,
        // Neighbourhoods: what is near goes to what is near.
        "conv2d" | "average_pool2d" | "max_pool2d" | "gaussian" | "small_world" => i.abs_diff(*j) <= 1,
        _ => (3 * i + 2 * j) % 5 < 2,
    });
    kept.map(|(_, ends)| ends).collect()
}

/// A loop under the box; its label stands below it.
fn own_loop(canvas: &mut Canvas<'_>, theme: &Theme, area: Area) -> (f64, f64) {
    let (left, right) = (area.x + 0.3 * area.w, area.x + 0.7 * area.w);
    let floor = area.bottom() + 13.0;
    let path = [(right, area.bottom()), (right, floor), (left, floor), (left, area.bottom() + 4.0)];
    canvas.polyline(&path, Pen::new(BAND, 2.0));
    arrow_up(canvas, theme, (left, area.bottom() + 1.0));
    (area.x + area.w / 2.0, floor + 20.0)
}

/// Where the two uprights of a line that runs below stand: beside the source and beside the target, in the gaps
/// between columns, where no box is. Lines of neighbouring lanes keep apart.
fn gutters(plan: &Plan<'_>, link: &Link<'_>) -> Option<(f64, f64)> {
    let Way::Lane(lane) = link.way else { return None };
    let (from, to) = (&plan.nodes[link.from], &plan.nodes[link.to]);
    let gutter = 7.0 + 4.0 * (lane % 3) as f64;
    // From the left where the way is forward, from the right where it is back.
    let is_forward = to.column > from.column;
    let arrival = if is_forward { to.area.x - gutter - 8.0 } else { to.area.right() + gutter + 8.0 };
    Some((from.area.right() + gutter, arrival))
}

/// Out at the source's right, down, along a lane below all boxes, and up to the target; returns the height of the lane.
fn below(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    (from, to): (Area, Area),
    (out, back): (f64, f64),
    lane: usize,
    floor: f64,
) -> f64 {
    let low = |area: Area| area.bottom() - 10.0 - 6.0 * (lane % 3) as f64;
    let y = floor + lane as f64 * LANE + 18.0;
    let (start, end) = (low(from), low(to));
    let edge = if back < to.x { to.x } else { to.right() };
    let path = [(from.right(), start), (out, start), (out, y), (back, y), (back, end), (edge, end)];
    canvas.polyline(&path, Pen::new(BAND, 2.0));
    if back < to.x {
        arrow_right(canvas, theme, (edge - 1.0, end));
    } else {
        arrow_left(canvas, theme, (edge + 1.0, end));
    }
    y
}

fn arrow_right(canvas: &mut Canvas<'_>, theme: &Theme, (x, y): (f64, f64)) {
    canvas.polygon(&[(x, y), (x - 9.0, y - 5.0), (x - 9.0, y + 5.0)], theme.muted, 1.0);
}

fn arrow_left(canvas: &mut Canvas<'_>, theme: &Theme, (x, y): (f64, f64)) {
    canvas.polygon(&[(x, y), (x + 9.0, y - 5.0), (x + 9.0, y + 5.0)], theme.muted, 1.0);
}

fn arrow_up(canvas: &mut Canvas<'_>, theme: &Theme, (x, y): (f64, f64)) {
    canvas.polygon(&[(x, y), (x - 5.0, y + 9.0), (x + 5.0, y + 9.0)], theme.muted, 1.0);
}
