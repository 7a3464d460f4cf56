//! The strip of one cell's potential.

use super::{Trace, time_words};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::drawing::MARGIN;
use crate::escape::clean;
use crate::measure;
use crate::plot::Plot;
use crate::presentation::Presentation;
use crate::theme::Theme;

/// The potential of one cell with its levels and spikes.
pub(super) fn draw(
    canvas: &mut Canvas<'_>,
    theme: &Theme,
    area: Area,
    show: &Presentation,
    trace: &Trace<'_>,
    (names, last): (f64, bool),
) {
    let population = trace.population;
    let middle = area.y + area.h / 2.0;
    let name = measure::fit(&population.name, theme.label, names - 10.0);
    canvas.text((MARGIN, middle - 2.0), &name, theme.label, theme.ink, Align::Left);
    let unit = if population.is_bare { "" } else { ", mV" };
    let cell = measure::fit(&format!("cell {}{unit}", clean(&trace.cell)), theme.tick, names - 4.0);
    canvas.text((MARGIN, middle + 13.0), &cell, theme.tick, theme.muted, Align::Left);
    canvas.rect(area, theme.wash);
    let levels = [population.v_th_mv, population.v_reset_mv, population.e_l_mv].into_iter().flatten();
    let (low, high) = range(trace.points.iter().map(|(_, v)| *v).chain(levels)).unwrap_or((-70.0, -50.0));
    // Room for the spikes above the threshold.
    let room = if population.v_reset_mv.is_some() { 0.28 } else { 0.06 };
    let (low, high) = (low - 0.06 * (high - low), high + room * (high - low));
    let x = Axis::linear(time_words(show), 0.0, show.end_ms(), 8);
    let y = Axis::linear("", low, high, 3);
    let plot = Plot::framed(theme, area, x, y);
    for (value, label) in &plot.y.ticks {
        let y = plot.y(*value);
        canvas.line((area.x, y), (area.right(), y), Pen::new(theme.grid, 1.0));
        canvas.text(
            (area.x - 6.0, y + 0.36 * theme.tick),
            label,
            theme.tick - 1.0,
            theme.muted,
            Align::Right,
        );
    }
    for (level, dash, gap) in [(population.v_reset_mv, 1.5, 3.0), (population.v_th_mv, 6.0, 3.5)] {
        if let Some(level) = level.filter(|level| level.is_finite()) {
            let y = plot.y(level);
            canvas.line(
                (area.x, y),
                (area.right(), y),
                Pen::new(theme.ink, 1.0).alpha(0.65).dashed(dash, gap),
            );
        }
    }
    let line: Vec<(f64, f64)> = trace.points.iter().map(|(time, v)| (plot.x(*time), plot.y(*v))).collect();
    canvas.polyline(&thinned(&line), Pen::new(show.actor.color, 1.4));
    // The stroke stands on the threshold, or on the reset where that lies above it.
    let levels = [population.v_th_mv, population.v_reset_mv].into_iter().flatten().filter(|v| v.is_finite());
    let foot = levels.reduce(f64::max).map_or(area.y + 14.0, |level| plot.y(level));
    // A model that makes its own spikes needs no stroke.
    for time in trace.spikes.iter().filter(|_| population.v_reset_mv.is_some()) {
        let x = plot.x(*time);
        canvas.line((x, area.y + 3.0), (x, foot.max(area.y + 6.0)), Pen::new(show.actor.color, 1.6));
    }
    if last {
        plot.x_axis(canvas);
    }
}

/// At most four points per pixel column: first, lowest, highest, last. What the eye sees stays.
pub(in crate::figure) fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    for column in points.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let mut kept = vec![0, column.len() - 1];
        let by_height = |&a: &usize, &b: &usize| column[a].1.total_cmp(&column[b].1);
        kept.extend((0..column.len()).min_by(by_height));
        kept.extend((0..column.len()).max_by(by_height));
        kept.sort_unstable();
        kept.dedup();
        out.extend(kept.into_iter().map(|at| column[at]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::thinned;

    #[test]
    fn thinning_keeps_the_extremes() {
        let points: Vec<(f64, f64)> =
            (0..1000).map(|i| (f64::from(i) / 100.0, if i == 555 { 9.0 } else { 0.0 })).collect();
        let kept = thinned(&points);
        assert!(kept.len() <= 40 && kept.contains(&(5.55, 9.0)));
        assert_eq!(kept.first(), points.first());
        assert_eq!(kept.last(), points.last());
        assert!(thinned(&[]).is_empty());
    }
}
