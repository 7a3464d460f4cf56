//! The figure a teacher shows first: what each side reaches, beside what it costs.

use duet_record::format::number;
use duet_record::{Metrics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use super::{accuracy, cost};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::clean;
use crate::rows::{self, Columns, ROW, Row};
use crate::theme::Theme;

parameters! {
    /// Accuracy and cost of all sides at a glance.
    ///
    /// # Behaviour
    /// One row per side: accuracy on test data with its 95 % interval at the left, the operations that one answer
    /// costs at the right. Good and cheap is right at the left and left at the right. Without a cost
    /// (`..._per_inference`) in the metrics, the accuracy stands alone.
    pub default struct Comparison {}
}

impl Draw for Comparison {
    const NEEDS: &[Needs] = &[Needs::Metrics];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let name = "comparison";
        let metrics = run.metrics().needed(name, "metrics.json")?;
        let cast = cast(run, theme)?;
        let mut left = accuracy::rows(name, &metrics, &cast)?;
        // At a glance, test data alone.
        left.iter_mut().for_each(|row| row.ring = None);
        let shown: Vec<&Actor> = cast.iter().filter(|actor| accuracy::has(&metrics, actor)).collect();
        let right = operations(&metrics, &cast, &shown);
        let has_cost = right.iter().any(|row| row.value.is_some());
        let mut alt = accuracy::alt("Accuracy on test data.", &left);
        if has_cost {
            alt = format!("{alt} {}", accuracy::alt("Operations per answer.", &right));
        }
        let sheet = Sheet {
            name: name.into(),
            title: if has_cost {
                "What does each side reach, and at what cost?"
            } else {
                "What does each side reach?"
            }
            .into(),
            note: accuracy::interval_note(&metrics, &cast),
            caption: "Each dot is one seed, the shaded bar the 95 % interval, a dashed line a target.".into(),
            alt,
        };
        let csv = csv(&shown, &left, &right)?;
        let height = 24.0 + rows::height(left.len()) + 6.0;
        let drawing = sheet
            .draw(theme, height, csv, |canvas, top| body(canvas, theme, top, &left, &right, has_cost))?;
        Ok(vec![drawing])
    }
}

fn body(canvas: &mut Canvas<'_>, theme: &Theme, top: f64, left: &[Row], right: &[Row], has_cost: bool) {
    let room = WIDTH - 2.0 * MARGIN;
    let h = rows::height(left.len());
    let y = top + 20.0;
    let columns = Columns::of(left, theme, 150.0);
    let width = if has_cost { 0.56 * room } else { room };
    heading(canvas, theme, MARGIN + columns.names, top, "How good? Right is better");
    rows::draw(canvas, theme, Area { x: MARGIN, y, w: width, h }, columns, accuracy::axis(left), left, false);
    if has_cost {
        let gap = 14.0;
        let x = MARGIN + width + gap;
        heading(canvas, theme, x, top, "How costly? Left is cheaper");
        let columns = Columns { names: 0.0, words: Columns::of(right, theme, 150.0).words };
        let area = Area { x, y, w: room - width - gap, h };
        let axis = cost::axis(right, "Operations per answer");
        rows::draw(canvas, theme, area, columns, axis, right, true);
    }
    for at in 1..left.len() {
        // One line across both panels: a row is a side.
        let y = y + 12.0 + at as f64 * ROW;
        canvas.line((MARGIN, y), (MARGIN + room, y), Pen::new(theme.grid, 1.0));
    }
}

fn heading(canvas: &mut Canvas<'_>, theme: &Theme, x: f64, top: f64, words: &str) {
    canvas.text((x, top + 16.0), words, theme.label, theme.muted, Align::Left);
}

/// For each side shown its operations per inference: multiply-adds and synaptic operations, one and the other where it has both.
fn operations(metrics: &Metrics, cast: &[Actor], shown: &[&Actor]) -> Vec<Row> {
    let items = cost::items(metrics, cast);
    let is_one =
        |what: &str| (what.contains("adds") || what.contains("operations")) && !what.contains("effective");
    shown
        .iter()
        .map(|actor| {
            let own: Vec<_> = items
                .iter()
                .filter(|item| cast[item.side].name == actor.name && is_one(&item.what))
                .collect();
            let value =
                own.iter().map(|item| item.metric.value).sum::<Option<f64>>().filter(|_| !own.is_empty());
            let words = match (own.as_slice(), value) {
                ([], _) => ("n/a".to_owned(), "no operations counted".to_owned()),
                ([item], Some(value)) => (number(value), item.what.clone()),
                (all, Some(value)) => {
                    let products = all.iter().find(|item| item.what.contains("adds"));
                    let products = products.and_then(|item| item.metric.value).unwrap_or_default();
                    (number(value), format!("with {} products", number(products)))
                }
                (all, None) => {
                    let why = all.iter().find_map(|item| item.metric.why_null.as_deref());
                    ("n/a".to_owned(), clean(why.unwrap_or("not measured")))
                }
            };
            let seeds = own.first().map_or(0, |item| item.metric.values.len());
            let sum =
                |seed: usize| own.iter().map(|item| *item.metric.values.get(seed)?).sum::<Option<f64>>();
            // What one kind has in common for all seeds moves the interval of the other and leaves its width.
            let varying = own.iter().filter_map(|item| item.metric.ci95).filter(|[low, high]| low < high);
            let interval = match (varying.collect::<Vec<_>>().as_slice(), value) {
                ([[low, high]], Some(value)) => {
                    Some([value - 0.5 * (high - low), value + 0.5 * (high - low)])
                }
                _ => own.first().filter(|_| own.len() == 1).and_then(|item| item.metric.ci95),
            };
            Row {
                name: actor.label.clone(),
                color: actor.color,
                marker: actor.marker,
                value,
                interval,
                seeds: (0..seeds).filter_map(sum).collect(),
                ring: None,
                target: None,
                words,
            }
        })
        .collect()
}

fn csv(shown: &[&Actor], left: &[Row], right: &[Row]) -> Result<String, FigureError> {
    let numbers = |rows: &[Row]| rows.iter().map(|row| row.value.unwrap_or(f64::NAN)).collect();
    let table = Table::new()
        .with_texts("side", shown.iter().map(|actor| actor.name.clone()).collect())?
        .with_numbers("test_accuracy", numbers(left))?
        .with_numbers("operations_per_inference", numbers(right))?
        .with_texts("operation", right.iter().map(|row| row.words.1.clone()).collect())?;
    Ok(table.to_csv())
}
