//! What one answer costs.

use duet_record::format::{number, with_unit};
use duet_record::{Metric, Metrics, Run, Table};
use duet_units::parameters;

use super::accuracy;
use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::{clean, words};
use crate::rows::{self, Columns, Row};
use crate::theme::Theme;

parameters! {
    /// What one answer costs on each side: operations, spikes and whatever else was counted per inference.
    ///
    /// # Behaviour
    /// One row per side and cost. Costs are all metrics whose name ends in `_per_inference`
    /// (`multiply_adds_per_inference`, `synaptic_operations_per_inference`, `spikes_per_inference` ...); those with one
    /// unit share an axis, which is logarithmic where the largest is more than thirty times the smallest.
    /// A multiply-add and a synaptic operation are not the same amount of work: a synaptic operation is one addition.
    pub default struct Cost {}
}

const SUFFIX: &str = "_per_inference";

/// One cost of one side.
pub(super) struct Item<'m> {
    pub(super) side: usize,
    /// "multiply-adds".
    pub(super) what: String,
    pub(super) metric: &'m Metric,
}

impl Draw for Cost {
    const NEEDS: &[Needs] = &[Needs::Metrics];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let name = "cost";
        let metrics = run.metrics().needed(name, "metrics.json")?;
        let cast = cast(run, theme)?;
        let items = items(&metrics, &cast);
        if items.is_empty() {
            return Err(FigureError::NotRecorded {
                figure: name,
                needs: "a metric `..._per_inference`".into(),
            });
        }
        let groups = groups(&items);
        let panels: Vec<(String, Vec<Row>)> = groups
            .iter()
            .map(|(unit, items)| (unit.clone(), items.iter().map(|item| row(item, &cast)).collect()))
            .collect();
        let of_panel = |(_, rows): &(String, Vec<Row>)| accuracy::alt("", rows);
        let alt = "Cost of one answer.".to_owned() + &panels.iter().map(of_panel).collect::<String>();
        let sheet = Sheet {
            name: name.into(),
            title: "What does one answer cost?".into(),
            note: "Mean over the test set and over seeds; each dot is one seed.".into(),
            caption: "A multiply-add multiplies and adds; a synaptic operation is one spike arriving at one synapse, \
                      one addition."
                .into(),
            alt,
        };
        let csv = csv(&items, &cast)?;
        let heights: Vec<f64> = panels.iter().map(|(_, rows)| rows::height(rows.len()) + 12.0).collect();
        let drawing = sheet.draw(theme, heights.iter().sum(), csv, |canvas, top| {
            let mut y = top;
            for ((unit, rows), height) in panels.iter().zip(&heights) {
                let area = Area { x: MARGIN, y, w: WIDTH - 2.0 * MARGIN, h: *height };
                let columns = Columns::of(rows, theme, 190.0);
                if rows.iter().all(|row| row.value.is_none()) {
                    canvas.text(
                        (MARGIN, y + 4.0),
                        "nothing was measured",
                        theme.tick,
                        theme.muted,
                        Align::Left,
                    );
                }
                rows::draw(canvas, theme, area, columns, axis(rows, &title(unit)), rows, true);
                y += height;
            }
        })?;
        Ok(vec![drawing])
    }
}

/// Every cost, sides outermost.
pub(super) fn items<'m>(metrics: &'m Metrics, cast: &[Actor]) -> Vec<Item<'m>> {
    let mut items = Vec::new();
    for (side, actor) in cast.iter().enumerate() {
        for (path, metric) in metrics.sides.get(&actor.name).into_iter().flatten() {
            if let Some(what) = path.strip_suffix(SUFFIX) {
                items.push(Item { side, what: words(what), metric });
            }
        }
    }
    items
}

/// Items of one unit together; counts of anything ("1", "operations", "spikes") are one unit.
fn groups<'i, 'm>(items: &'i [Item<'m>]) -> Vec<(String, Vec<&'i Item<'m>>)> {
    let mut groups: Vec<(String, Vec<&Item<'_>>)> = Vec::new();
    for item in items {
        let unit = unit(item.metric);
        match groups.iter_mut().find(|(known, _)| *known == unit) {
            Some((_, members)) => members.push(item),
            None => groups.push((unit, vec![item])),
        }
    }
    // What several sides have stands together.
    for (_, members) in &mut groups {
        let names: Vec<String> = members.iter().map(|item| item.what.clone()).collect();
        members.sort_by_key(|item| names.iter().position(|name| *name == item.what));
    }
    groups
}

/// The physical unit of a cost, or "" for a count.
fn unit(metric: &Metric) -> String {
    let unit = clean(&metric.unit);
    let physical =
        ["J", "mJ", "uJ", "µJ", "nJ", "pJ", "s", "ms", "us", "µs", "W", "mW"].contains(&unit.as_str());
    if physical { unit } else { String::new() }
}

fn title(unit: &str) -> String {
    if unit.is_empty() { "Count per inference".into() } else { format!("Per inference ({unit})") }
}

fn row(item: &Item<'_>, cast: &[Actor]) -> Row {
    let actor = &cast[item.side];
    let metric = item.metric;
    let small = match (metric.value, metric.ci95) {
        (None, _) => clean(metric.why_null.as_deref().unwrap_or("not measured")),
        (_, Some([low, high])) if low < high => format!("{} to {}", number(low), number(high)),
        _ => String::new(),
    };
    Row {
        name: format!("{}: {}", actor.label, item.what),
        color: actor.color,
        marker: actor.marker,
        value: metric.value,
        interval: metric.ci95,
        seeds: metric.values.iter().flatten().copied().collect(),
        ring: None,
        target: None,
        words: (metric.value.map_or("n/a".into(), |value| with_unit(value, &unit(metric))), small),
    }
}

/// From zero, or logarithmic where the range demands it.
pub(super) fn axis(rows: &[Row], title: &str) -> Axis {
    let values = || rows.iter().flat_map(|row| row.value.into_iter().chain(row.seeds.iter().copied()));
    let positive = range(values().filter(|value| *value > 0.0));
    match positive {
        Some((low, high)) if high > 30.0 * low => Axis::log(format!("{title}, logarithmic"), low, high),
        _ => {
            let high = range(values().chain(rows.iter().flat_map(|row| row.interval.into_iter().flatten())));
            Axis::nice(title, 0.0, high.map_or(1.0, |(_, high)| high.max(0.0)), 5)
        }
    }
}

fn csv(items: &[Item<'_>], cast: &[Actor]) -> Result<String, FigureError> {
    let bound = |at: usize| items.iter().map(|item| item.metric.ci95.map_or(f64::NAN, |ci| ci[at])).collect();
    let table = Table::new()
        .with_texts("side", items.iter().map(|item| cast[item.side].name.clone()).collect())?
        .with_texts("cost", items.iter().map(|item| item.what.clone()).collect())?
        .with_texts("unit", items.iter().map(|item| item.metric.unit.clone()).collect())?
        .with_numbers("value", items.iter().map(|item| item.metric.value.unwrap_or(f64::NAN)).collect())?
        .with_numbers("ci95_low", bound(0))?
        .with_numbers("ci95_high", bound(1))?;
    Ok(table.to_csv())
}
