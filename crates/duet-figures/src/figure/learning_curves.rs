//! Accuracy and loss over epochs.

use std::collections::BTreeMap;

use duet_record::{History, Metrics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::words;
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// Accuracy and loss over the epochs of training.
    ///
    /// # Behaviour
    /// One panel holds the accuracy of all sides, or R^2 where numbers are asked for: solid lines for test data, dashed
    /// lines for training data, dotted lines for validation data, the mean over seeds with a band from the smallest to
    /// the largest. Losses are defined differently on each side, so each side has a panel of its own for it. A gap
    /// between the dashed and the solid line is overfitting. A curve ends where its last seed stopped.
    pub default struct LearningCurves {}
}

/// What was measured after one epoch, over all seeds.
struct Point {
    epoch: u32,
    mean: f64,
    low: f64,
    high: f64,
    seeds: usize,
}

/// Side index, split and metric of a curve.
type Key = (usize, String, String);

impl Draw for LearningCurves {
    const NEEDS: &[Needs] = &[Needs::History];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let name = "learning_curves";
        let history = run.history().needed(name, "history.csv")?;
        let cast = cast(run, theme)?;
        let curves = curves(&history, &cast);
        if curves.is_empty() {
            return Err(FigureError::NotRecorded { figure: name, needs: "a metric over epochs".into() });
        }
        let metrics = run.metrics().unwrap_or_default();
        let seeds = curves.values().flatten().map(|point| point.seeds).max().unwrap_or(1);
        let band = match seeds {
            1 => "One seed.".to_owned(),
            n => format!("Mean over {n} seeds; the band reaches from the smallest to the largest."),
        };
        let main = MAIN.into_iter().find(|main| curves.keys().any(|(_, _, metric)| metric == main.0));
        let panels = side_panels(&curves, &cast, &metrics);
        let grid = Grid::new(main.is_some(), panels.len());
        let points = curves.values().map(Vec::len).max().unwrap_or(0);
        let validated = curves.keys().any(|(_, split, _)| split == "validation");
        let key = key(&cast, theme, (seeds > 1, validated), points);
        let sheet = Sheet {
            name: name.into(),
            title: "How fast does each side learn?".into(),
            note: band,
            caption: "What all sides are judged by shares one panel. Each side's loss is defined by its own learning rule, so losses have \
                      panels of their own and can be compared in shape only."
                .into(),
            alt: alt(&curves, &cast),
        };
        let csv = csv(&curves, &cast)?;
        let room = WIDTH - 2.0 * MARGIN;
        let legend_height = legend::height(theme, room, &key) + 8.0;
        let drawing = sheet.draw(theme, legend_height + grid.height, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), room, &key);
            let top = top + legend_height;
            if let Some((metric, title)) = main {
                let shown: Vec<(&Key, &Vec<Point>)> =
                    curves.iter().filter(|(key, _)| key.2 == metric).collect();
                panel(canvas, theme, grid.main(top), title, &shown, &cast, metric == "accuracy");
            }
            for (at, (side, metric, title)) in panels.iter().enumerate() {
                let shown: Vec<(&Key, &Vec<Point>)> =
                    curves.iter().filter(|(key, _)| key.0 == *side && key.2 == *metric).collect();
                panel(canvas, theme, grid.small(top, at), title, &shown, &cast, false);
            }
        })?;
        Ok(vec![drawing])
    }
}

/// The metrics that all sides share, with the titles of their panel. The first that was measured is shown large.
const MAIN: [(&str, &str); 2] = [("accuracy", "Accuracy (%)"), ("r2", R2)];
const R2: &str = "R² (lower values stand at −1)";

/// Where the panels lie: the main metric large at the left with the others stacked at the right; above the others where
/// they are many; the others alone without it.
struct Grid {
    small: usize,
    large: bool,
    height: f64,
}

const FULL: f64 = WIDTH - 2.0 * MARGIN;
/// Height of the large panel.
const LARGE: f64 = 340.0;
/// Height of a row of small panels.
const SMALL: f64 = 185.0;

impl Grid {
    fn new(large: bool, small: usize) -> Self {
        let mut grid = Self { small, large, height: 0.0 };
        let rows = small.div_ceil(grid.columns()) as f64;
        grid.height = match (large, grid.is_beside()) {
            (true, true) => LARGE.max(SMALL * rows),
            (true, false) => LARGE + SMALL * rows,
            (false, _) => SMALL * rows,
        };
        grid
    }

    fn is_beside(&self) -> bool {
        self.large && (1..=3).contains(&self.small)
    }

    fn columns(&self) -> usize {
        match (self.is_beside(), self.large) {
            (true, _) => 1,
            (false, true) => 3,
            (false, false) => self.small.clamp(1, 2),
        }
    }

    fn main(&self, top: f64) -> Area {
        let (w, h) = if self.is_beside() { (0.58 * FULL, self.height) } else { (FULL, LARGE) };
        Area { x: MARGIN, y: top, w, h }
    }

    fn small(&self, top: f64, at: usize) -> Area {
        if self.is_beside() {
            let h = self.height / self.small as f64;
            return Area { x: MARGIN + 0.61 * FULL, y: top + at as f64 * h, w: 0.39 * FULL, h };
        }
        let columns = self.columns();
        let top = if self.large { top + LARGE } else { top };
        let pitch = FULL / columns as f64;
        let (row, column) = ((at / columns) as f64, (at % columns) as f64);
        Area { x: MARGIN + column * pitch, y: top + row * SMALL, w: pitch - 14.0, h: SMALL }
    }
}

fn curves(history: &History, cast: &[Actor]) -> BTreeMap<Key, Vec<Point>> {
    let mut values: BTreeMap<Key, BTreeMap<u32, Vec<f64>>> = BTreeMap::new();
    // What belongs to one population, projection or class has figures of its own.
    let is_shown = |metric: &str| metric == "loss" || MAIN.iter().any(|main| main.0 == metric);
    for row in history.rows.iter().filter(|row| is_shown(&row.metric)) {
        if let (Some(side), Some(value)) = (cast.iter().position(|actor| actor.name == row.side), row.value) {
            let key = (side, row.split.clone(), row.metric.clone());
            values.entry(key).or_default().entry(row.epoch).or_default().push(value);
        }
    }
    let point = |(epoch, values): (u32, Vec<f64>)| {
        let (low, high) = range(values.iter().copied()).unwrap_or((0.0, 0.0));
        Point {
            epoch,
            mean: values.iter().sum::<f64>() / values.len() as f64,
            low,
            high,
            seeds: values.len(),
        }
    };
    values.into_iter().map(|(key, epochs)| (key, epochs.into_iter().map(point).collect())).collect()
}

/// (side, metric, title) of every panel that belongs to one side.
fn side_panels(
    curves: &BTreeMap<Key, Vec<Point>>,
    cast: &[Actor],
    metrics: &Metrics,
) -> Vec<(usize, String, String)> {
    let mut panels: Vec<(usize, String, String)> = Vec::new();
    for (side, _, metric) in curves.keys().filter(|key| MAIN.iter().all(|main| main.0 != key.2)) {
        if panels.iter().any(|panel| panel.0 == *side && panel.1 == *metric) {
            continue;
        }
        let actor = &cast[*side];
        let known =
            ["test", "train"].iter().find_map(|split| metrics.get(&actor.name, &format!("{split}_{metric}")));
        let unit = known.map_or("", |metric| metric.unit.as_str());
        let unit = if matches!(unit, "" | "1") { String::new() } else { format!(" ({unit})") };
        panels.push((*side, metric.clone(), format!("{}: {}{unit}", actor.label, words(metric))));
    }
    panels
}

fn panel(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    area: Area,
    title: &str,
    curves: &[(&Key, &Vec<Point>)],
    cast: &[Actor],
    percent: bool,
) {
    let points = || curves.iter().flat_map(|(_, points)| points.iter());
    let (first, last) = range(points().map(|point| f64::from(point.epoch))).unwrap_or((0.0, 1.0));
    let (low, high) = range(points().flat_map(|point| [point.low, point.high])).unwrap_or((0.0, 1.0));
    // R^2 has no lower end, and what lies below -1 says only that nothing is learned yet.
    let low = if title == R2 { low.max(-1.0) } else { low };
    let x = Axis::whole("Epoch", first, last, if percent { 8 } else { 5 });
    let y = Axis::nice(title, low, high, if percent { 5 } else { 3 });
    let y = if percent { y.percent() } else { y };
    let plot = Plot::inside(theme, area, x, y);
    plot.axes(canvas);
    let place = |epoch: u32, value: f64| (plot.x(f64::from(epoch)), plot.y(value));
    for ((side, split, _), points) in curves {
        if split != "test" {
            continue;
        }
        if let [only] = points.as_slice() {
            let (low, high) = (place(only.epoch, only.low), place(only.epoch, only.high));
            canvas.line(low, high, Pen::new(cast[*side].color, 7.0).alpha(0.25));
        } else {
            let upper = points.iter().map(|point| place(point.epoch, point.high));
            let lower = points.iter().rev().map(|point| place(point.epoch, point.low));
            canvas.polygon(&upper.chain(lower).collect::<Vec<_>>(), cast[*side].color, 0.14);
        }
    }
    for ((side, split, _), points) in curves {
        let actor = &cast[*side];
        let line: Vec<(f64, f64)> = points.iter().map(|point| place(point.epoch, point.mean)).collect();
        let pen = pen(actor, split);
        canvas.polyline(&line, pen);
        // Markers tell the sides apart without colour: on every epoch where there are few, else on about eight.
        let stride = line.len().div_ceil(8).max(1);
        for at in line.iter().rev().step_by(stride) {
            if split == "test" {
                canvas.marker(*at, 3.6, actor.marker, actor.color);
            } else if line.len() == 1 {
                canvas.ring(*at, 5.5, Pen::new(actor.color, 1.5));
            }
        }
    }
}

fn pen(actor: &Actor, split: &str) -> Pen {
    match split {
        "test" => Pen::new(actor.color, 2.0),
        "validation" => Pen::new(actor.color, 1.3).dashed(1.6, 2.6),
        _ => Pen::new(actor.color, 1.3).dashed(5.0, 3.5),
    }
}

/// `points`: the most points of a curve; lines need two.
fn key(
    cast: &[Actor],
    theme: &Theme,
    (band, validated): (bool, bool),
    points: usize,
) -> Vec<(Swatch, String)> {
    let mut entries: Vec<(Swatch, String)> = cast
        .iter()
        .map(|actor| (Swatch::LineMarker(Pen::new(actor.color, 2.0), actor.marker), actor.label.clone()))
        .collect();
    if points > 1 {
        entries.push((Swatch::Line(Pen::new(theme.muted, 2.0)), "test data".into()));
        entries.push((Swatch::Line(Pen::new(theme.muted, 1.3).dashed(5.0, 3.5)), "training data".into()));
        if validated {
            let dotted = Pen::new(theme.muted, 1.3).dashed(1.6, 2.6);
            entries.push((Swatch::Line(dotted), "validation data".into()));
        }
    } else {
        entries.push((Swatch::Ring(theme.muted), "training data".into()));
    }
    if band {
        entries.push((Swatch::Box(theme.muted, 0.2), "all seeds (test)".into()));
    }
    entries
}

fn alt(curves: &BTreeMap<Key, Vec<Point>>, cast: &[Actor]) -> String {
    let mut parts = vec!["Learning curves.".to_owned()];
    for ((side, split, metric), points) in curves {
        if let (Some(first), Some(last), "test") = (points.first(), points.last(), split.as_str()) {
            let number = duet_record::format::number;
            parts.push(format!(
                "{}, test {metric}: {} at epoch {}, {} at epoch {}.",
                cast[*side].label,
                number(first.mean),
                first.epoch,
                number(last.mean),
                last.epoch
            ));
        }
    }
    parts.join(" ")
}

fn csv(curves: &BTreeMap<Key, Vec<Point>>, cast: &[Actor]) -> Result<String, FigureError> {
    let rows = || curves.iter().flat_map(|(key, points)| points.iter().map(move |point| (key, point)));
    let number = |pick: &dyn Fn(&Point) -> f64| rows().map(|(_, point)| pick(point)).collect::<Vec<f64>>();
    let table = Table::new()
        .with_texts("side", rows().map(|(key, _)| cast[key.0].name.clone()).collect())?
        .with_texts("split", rows().map(|(key, _)| key.1.clone()).collect())?
        .with_texts("metric", rows().map(|(key, _)| key.2.clone()).collect())?
        .with_numbers("epoch", number(&|point| f64::from(point.epoch)))?
        .with_numbers("mean", number(&|point| point.mean))?
        .with_numbers("low", number(&|point| point.low))?
        .with_numbers("high", number(&|point| point.high))?
        .with_numbers("seeds", number(&|point| point.seeds as f64))?;
    Ok(table.to_csv())
}
