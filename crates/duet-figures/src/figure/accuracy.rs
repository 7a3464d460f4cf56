//! Accuracy after training: mean, interval, every seed, target.

use duet_record::format::{number, percent};
use duet_record::{Bound, Metric, Metrics, Run, Table, TargetResult};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::clean;
use crate::legend::{self, Swatch, legend};
use crate::rows::{self, Columns, Row};
use crate::theme::Theme;

parameters! {
    /// Accuracy of each side after training, with its 95 % interval and every seed's value.
    ///
    /// # Behaviour
    /// One row per side: the marker is the mean test accuracy, the bar its 95 % interval, each dot one seed, the ring
    /// the accuracy on training data. A dashed line is drawn where the scenario sets a target. The axis does not begin
    /// at zero: read differences, not lengths.
    pub default struct Accuracy {}
}

impl Draw for Accuracy {
    const NEEDS: &[Needs] = &[Needs::Metrics];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let name = "accuracy";
        let metrics = run.metrics().needed(name, "metrics.json")?;
        let cast = cast(run, theme)?;
        let rows = rows(name, &metrics, &cast)?;
        let entries = key(&rows, theme);
        let sheet = Sheet {
            name: name.into(),
            title: "How well does each side do in the end?".into(),
            note: interval_note(&metrics, &cast),
            caption:
                "The marker is the mean; the axis does not begin at zero, so read differences, not lengths."
                    .into(),
            alt: alt("Accuracy on test data.", &rows),
        };
        let csv = csv(&metrics, &cast)?;
        let room = WIDTH - 2.0 * MARGIN;
        let above = legend::height(theme, room, &entries);
        let height = above + rows::height(rows.len());
        let drawing = sheet.draw(theme, height, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 4.0), room, &entries);
            let area = Area { x: MARGIN, y: top + above, w: room, h: rows::height(rows.len()) };
            let columns = Columns::of(&rows, theme, 190.0);
            rows::draw(canvas, theme, area, columns, axis(&rows), &rows, false);
        })?;
        Ok(vec![drawing])
    }
}

/// A row per side that has a test accuracy.
pub(super) fn rows(figure: &'static str, metrics: &Metrics, cast: &[Actor]) -> Result<Vec<Row>, FigureError> {
    let rows: Vec<Row> = cast
        .iter()
        .filter(|actor| has(metrics, actor))
        .filter_map(|actor| Some(row(actor, metrics.get(&actor.name, "test_accuracy")?, metrics)))
        .collect();
    (!rows.is_empty()).then_some(rows).needed(figure, "test_accuracy in metrics.json")
}

/// Whether a side is judged by its accuracy. Where numbers are asked for there is an R^2 instead.
pub(super) fn has(metrics: &Metrics, actor: &Actor) -> bool {
    let measured = |path: &str| metrics.get(&actor.name, path).is_some();
    measured("test_accuracy") && !measured("test_r2")
}

fn row(actor: &Actor, test: &Metric, metrics: &Metrics) -> Row {
    let path = format!("{}.test_accuracy", actor.name);
    let goal = metrics.targets.iter().find(|target| target.metric == path).and_then(goal);
    let small = match (test.value, test.ci95) {
        (None, _) => clean(test.why_null.as_deref().unwrap_or("not measured")),
        (_, Some([low, high])) => format!("{} to {}", number(tenths(low)), percent(high)),
        (_, None) => format!("n = {}", test.n),
    };
    Row {
        name: actor.label.clone(),
        color: actor.color,
        marker: actor.marker,
        value: test.value,
        interval: test.ci95,
        seeds: test.values.iter().flatten().copied().collect(),
        ring: metrics.get(&actor.name, "train_accuracy").and_then(|train| train.value),
        target: goal,
        words: (test.value.map_or("n/a".into(), percent), small),
    }
}

fn tenths(fraction: f64) -> f64 {
    (fraction * 1000.0).round() / 10.0
}

/// Value, tolerance and words of a target.
fn goal(target: &TargetResult) -> Option<(f64, f64, String)> {
    Some(match target.bound()? {
        Bound::Value { value, within } => (value, within, format!("target {}", percent(value))),
        Bound::AtLeast(least) => (least, 0.0, format!("target ≥ {}", percent(least))),
        Bound::AtMost(most) => (most, 0.0, format!("target ≤ {}", percent(most))),
    })
}

/// An axis that holds everything drawn, never beyond 0 or 100 %.
pub(super) fn axis(rows: &[Row]) -> Axis {
    let values = rows.iter().flat_map(|row| {
        let target = row.target.iter().flat_map(|(value, within, _)| [value - within, value + within]);
        row.seeds
            .iter()
            .copied()
            .chain(row.value)
            .chain(row.interval.into_iter().flatten())
            .chain(row.ring)
            .chain(target)
    });
    let (low, high) = range(values).unwrap_or((0.0, 1.0));
    let (low, high) = (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0));
    // Never so narrow that noise of a tenth of a per cent looks like a canyon.
    let spare = (0.02 - (high - low)).max(0.0) / 2.0 + 0.08 * (high - low);
    Axis::nice("Accuracy on test data (%)", (low - spare).max(0.0), (high + spare).min(1.0), 5).percent()
}

/// What the intervals range over, as the metrics name it; each wording once.
pub(super) fn interval_note(metrics: &Metrics, cast: &[Actor]) -> String {
    let mut sources: Vec<String> = Vec::new();
    for actor in cast {
        if let Some(metric) = metrics.get(&actor.name, "test_accuracy").filter(|metric| metric.ci95.is_some())
        {
            let source = clean(&metric.source);
            if !source.is_empty() && !sources.contains(&source) {
                sources.push(source);
            }
        }
    }
    if sources.is_empty() {
        "No intervals.".into()
    } else {
        format!("95 % intervals: {}.", sources.join("; "))
    }
}

fn key(rows: &[Row], theme: &Theme) -> Vec<(Swatch, String)> {
    let mut entries =
        vec![(Swatch::Marker(crate::theme::Marker::Circle, theme.muted), "mean (test data)".to_owned())];
    if rows.iter().any(|row| row.interval.is_some()) {
        entries.push((Swatch::Box(theme.muted, 0.35), "95 % interval".into()));
    }
    if rows.iter().any(|row| !row.seeds.is_empty()) {
        entries.push((Swatch::Dot(theme.muted), "one seed".into()));
    }
    if rows.iter().any(|row| row.ring.is_some()) {
        entries.push((Swatch::Ring(theme.muted), "mean (training data)".into()));
    }
    if rows.iter().any(|row| row.target.is_some()) {
        entries.push((Swatch::Line(Pen::new(theme.ink, 1.4).dashed(4.0, 3.0)), "target".into()));
    }
    entries
}

/// One sentence per row.
pub(super) fn alt(lead: &str, rows: &[Row]) -> String {
    let of_row = |row: &Row| match row.words.1.as_str() {
        "" => format!(" {}: {}.", row.name, row.words.0),
        small => format!(" {}: {} ({small}).", row.name, row.words.0),
    };
    lead.to_owned() + &rows.iter().map(of_row).collect::<String>()
}

fn csv(metrics: &Metrics, cast: &[Actor]) -> Result<String, FigureError> {
    let mut sides = Vec::new();
    let mut splits = Vec::new();
    let mut numbers: [Vec<f64>; 4] = Default::default();
    for actor in cast {
        for split in ["test", "train"] {
            let Some(metric) = metrics.get(&actor.name, &format!("{split}_accuracy")) else { continue };
            let [low, high] = metric.ci95.unwrap_or([f64::NAN; 2]);
            sides.push(actor.name.clone());
            splits.push(split.to_owned());
            let cells = [metric.value.unwrap_or(f64::NAN), low, high, metric.n as f64];
            for (column, cell) in numbers.iter_mut().zip(cells) {
                column.push(cell);
            }
        }
    }
    let [value, low, high, n] = numbers;
    let table = Table::new()
        .with_texts("side", sides)?
        .with_texts("split", splits)?
        .with_numbers("accuracy", value)?
        .with_numbers("ci95_low", low)?
        .with_numbers("ci95_high", high)?
        .with_numbers("n", n)?;
    Ok(table.to_csv())
}
