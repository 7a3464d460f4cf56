//! Histograms of weights, before and after.

use duet_record::Table;
use duet_record::format::number;

use super::Projection;
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::Actor;
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::FigureError;
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::{Rgb, Theme};

const BINS: usize = 40;
const PANEL: f64 = 200.0;
const BEFORE: Rgb = Rgb(0x9a, 0xa4, 0xae);

/// One panel: shares of synapses per bin, per cent.
struct Panel {
    side: usize,
    projection: usize,
    low: f64,
    high: f64,
    before: Option<Vec<f64>>,
    after: Vec<f64>,
    synapses: usize,
}

pub(super) fn draw(
    projections: &[Projection<'_>],
    cast: &[Actor],
    theme: &Theme,
) -> Result<Drawing, FigureError> {
    let panels = panels(projections);
    let mut sides: Vec<usize> = panels.iter().map(|panel| panel.side).collect();
    sides.sort_unstable();
    sides.dedup();
    let across = sides.len().clamp(1, 3);
    let per_projection = sides.len().div_ceil(across);
    let after = |side: &usize| {
        (Swatch::Line(Pen::new(cast[*side].color, 2.0)), format!("after: {}", cast[*side].label))
    };
    let key: Vec<(Swatch, String)> =
        std::iter::once((Swatch::Box(BEFORE, 0.55), "before learning".to_owned()))
            .chain(sides.iter().map(after))
            .collect();
    let sheet = Sheet {
        name: "weights".into(),
        title: "How did learning change the weights?".into(),
        note: "First seed. Weights are pure numbers; a spiking side says what one unit of weight means."
            .into(),
        caption: "Grey before, coloured after learning; the panels of one projection share their range."
            .into(),
        alt: alt(&panels, projections, cast),
    };
    let csv = csv(&panels, projections, cast)?;
    let room = WIDTH - 2.0 * MARGIN;
    let gap = 26.0;
    let width = (room - gap * (across as f64 - 1.0)) / across as f64;
    let rows = projections.len() * per_projection;
    let used = legend::height(theme, room, &key);
    sheet.draw(theme, used + rows as f64 * PANEL, csv, |canvas, top| {
        legend(canvas, theme, (MARGIN, top - 6.0), room, &key);
        for panel in &panels {
            let at = sides.iter().position(|side| *side == panel.side).unwrap_or(0);
            let row = panel.projection * per_projection + at / across;
            let x = MARGIN + (at % across) as f64 * (width + gap);
            let area = Area { x, y: top + used + row as f64 * PANEL, w: width, h: PANEL - 8.0 };
            let name = &projections[panel.projection].sketch.name;
            one(canvas, theme, area, panel, name, &cast[panel.side]);
        }
    })
}

fn panels(projections: &[Projection<'_>]) -> Vec<Panel> {
    let mut panels = Vec::new();
    for (at, projection) in projections.iter().enumerate() {
        let full = projection.sketch.pattern == "full";
        let pairs: Vec<(Vec<f64>, Vec<f64>)> =
            projection.learned.iter().map(|side| side.synapses(full)).collect();
        let all = pairs.iter().flat_map(|(before, after)| before.iter().chain(after)).copied();
        let (low, high) = range(all).unwrap_or((0.0, 1.0));
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, high + 0.5) };
        for (learned, (before, after)) in projection.learned.iter().zip(&pairs) {
            panels.push(Panel {
                side: learned.side,
                projection: at,
                low,
                high,
                before: learned.before.is_some().then(|| shares(before, low, high)),
                after: shares(after, low, high),
                synapses: after.len(),
            });
        }
    }
    panels
}

/// Per cent of the values in each of [`BINS`] equal bins.
fn shares(values: &[f64], low: f64, high: f64) -> Vec<f64> {
    let mut counts = vec![0_usize; BINS];
    let finite = values.iter().filter(|value| value.is_finite());
    for value in finite.clone() {
        let part = (value - low) / (high - low);
        counts[((part * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    let total = finite.count().max(1) as f64;
    counts.into_iter().map(|count| 100.0 * count as f64 / total).collect()
}

fn one(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, panel: &Panel, name: &str, actor: &Actor) {
    let bars = panel.before.iter().flatten().chain(&panel.after);
    let (_, most) = range(bars.copied()).unwrap_or((0.0, 1.0));
    let x = Axis::linear(format!("Weight, {name}"), panel.low, panel.high, 7);
    let y = Axis::nice("Synapses (%)", 0.0, most.max(1e-9), 3);
    let plot = Plot::inside(theme, area, x, y);
    plot.axes(canvas);
    let color = actor.color;
    let edge = |bin: usize| plot.area.x + plot.area.w * bin as f64 / BINS as f64;
    if let Some(before) = &panel.before {
        for (bin, share) in before.iter().enumerate() {
            let y = plot.y(*share);
            let bar = Area { x: edge(bin), y, w: edge(bin + 1) - edge(bin), h: plot.area.bottom() - y };
            canvas.rect_alpha(bar, BEFORE, 0.55);
        }
    }
    let mut outline = vec![(plot.area.x, plot.area.bottom())];
    for (bin, share) in panel.after.iter().enumerate() {
        outline.extend([(edge(bin), plot.y(*share)), (edge(bin + 1), plot.y(*share))]);
    }
    outline.push((plot.area.right(), plot.area.bottom()));
    canvas.polygon(&outline, color, 0.12);
    canvas.polyline(&outline, Pen::new(color, 1.8));
    if panel.low < 0.0 && panel.high > 0.0 {
        let zero = plot.x(0.0);
        canvas.line(
            (zero, plot.area.y),
            (zero, plot.area.bottom()),
            Pen::new(theme.muted, 0.8).dashed(2.0, 3.0),
        );
    }
    let note = format!("n = {}", number(panel.synapses as f64));
    canvas.text((plot.area.right(), plot.area.y - 10.0), &note, theme.tick, theme.muted, Align::Right);
}

fn alt(panels: &[Panel], projections: &[Projection<'_>], cast: &[Actor]) -> String {
    let mut parts = vec!["Histograms of weights before and after learning.".to_owned()];
    for panel in panels {
        let name = &projections[panel.projection].sketch.name;
        let label = &cast[panel.side].label;
        parts.push(format!(
            "{name} on {label}: {} synapses between {} and {}.",
            number(panel.synapses as f64),
            number(panel.low),
            number(panel.high)
        ));
    }
    parts.join(" ")
}

fn csv(panels: &[Panel], projections: &[Projection<'_>], cast: &[Actor]) -> Result<String, FigureError> {
    let rows = || panels.iter().flat_map(|panel| (0..BINS).map(move |bin| (panel, bin)));
    let edge = |panel: &Panel, bin: usize| panel.low + (panel.high - panel.low) * bin as f64 / BINS as f64;
    let before = |(panel, bin): (&Panel, usize)| panel.before.as_ref().map_or(f64::NAN, |shares| shares[bin]);
    let table = Table::new()
        .with_texts(
            "projection",
            rows().map(|(panel, _)| projections[panel.projection].sketch.name.clone()).collect(),
        )?
        .with_texts("side", rows().map(|(panel, _)| cast[panel.side].name.clone()).collect())?
        .with_numbers("weight_from", rows().map(|(panel, bin)| edge(panel, bin)).collect())?
        .with_numbers("weight_to", rows().map(|(panel, bin)| edge(panel, bin + 1)).collect())?
        .with_numbers("before_percent", rows().map(before).collect())?
        .with_numbers("after_percent", rows().map(|(panel, bin)| panel.after[bin]).collect())?;
    Ok(table.to_csv())
}
