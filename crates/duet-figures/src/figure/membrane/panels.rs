//! What is drawn below a potential: other variables, those of one unit together, and the injected current.

use super::strip::thinned;
use super::time_words;
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::drawing::MARGIN;
use crate::error::FigureError;
use crate::escape::{clean, unit_words};
use crate::measure;
use crate::plot::Plot;
use crate::presentation::Presentation;
use crate::theme::Theme;
use duet_record::{Run, ShownPopulation};

/// The name of the injected current among variables.
const INPUT: &str = "input";

/// Variables of one unit.
pub(super) struct Panel {
    unit: String,
    lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// The panels of a cell: variables in the order recorded, the injected current last.
pub(super) fn panels(
    run: &Run,
    side: &str,
    population: &ShownPopulation,
    cell: &str,
) -> Result<Vec<Panel>, FigureError> {
    let mut panels: Vec<Panel> = Vec::new();
    let others = population.variables.iter().filter(|variable| variable.name != "v");
    let (input, inner): (Vec<_>, Vec<_>) = others.partition(|variable| variable.name == INPUT);
    for variable in inner.into_iter().chain(input) {
        let table = match run.variable(side, &population.name, &variable.name) {
            Ok(table) => table,
            Err(error) if error.is_missing() => continue,
            Err(error) => return Err(error.into()),
        };
        let Ok(values) = table.numbers(cell) else { continue };
        let points = table.numbers("time_ms")?.iter().copied().zip(values.iter().copied());
        let line = (variable.name.clone(), points.filter(|(t, y)| t.is_finite() && y.is_finite()).collect());
        let same = |panel: &&mut Panel| {
            panel.unit == variable.unit && panel.lines[0].0 != INPUT && variable.name != INPUT
        };
        match panels.iter_mut().find(same) {
            Some(panel) => panel.lines.push(line),
            None => panels.push(Panel { unit: variable.unit.clone(), lines: vec![line] }),
        }
    }
    Ok(panels)
}

impl Panel {
    fn is_input(&self) -> bool {
        self.lines.iter().all(|(name, _)| name == INPUT)
    }

    pub(super) fn height(&self) -> f64 {
        if self.is_input() { 40.0 } else { 74.0 }
    }

    pub(super) fn draw(
        &self,
        canvas: &mut Canvas<'_>,
        theme: &Theme,
        area: Area,
        show: &Presentation,
        (names, is_lowest): (f64, bool),
    ) {
        let middle = area.y + area.h / 2.0;
        let what = if self.is_input() { "input".to_owned() } else { self.names() };
        let unit = match self.unit.as_str() {
            "1" => String::new(),
            unit => unit_words(unit),
        };
        // The key has all the names where they do not fit here.
        let fits = measure::width(&what, theme.label) <= names - 10.0;
        let shorter = if self.unit.contains('A') { "currents" } else { "variables" };
        let words = measure::fit(
            if fits || self.lines.len() < 2 { &what } else { shorter },
            theme.label,
            names - 10.0,
        );
        let lift = if unit.is_empty() { 4.0 } else { -2.0 };
        canvas.text((MARGIN, middle + lift), &words, theme.label, theme.ink, Align::Left);
        canvas.text((MARGIN, middle + 13.0), &unit, theme.tick, theme.muted, Align::Left);
        canvas.rect(area, theme.wash);
        let seen = self.lines.iter().flat_map(|(_, points)| points.iter().map(|(_, y)| *y));
        let (low, high) = range(seen.chain(self.is_input().then_some(0.0))).unwrap_or((0.0, 1.0));
        // Gates are shares: shown on the whole of their axis, they can be compared from cell to cell.
        let are_shares = self.unit == "1" && !self.is_input() && low >= 0.0 && (0.5..=1.0).contains(&high);
        let (low, high) = if are_shares { (0.0, 1.0) } else { (low, high) };
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, high + 0.5) };
        let margin = 0.08 * (high - low);
        // Room for the key, so that it covers no line.
        let head = if self.lines.len() > 1 { 0.36 * (high - low) } else { margin };
        let ticks = if self.is_input() { 2 } else { 4 };
        let x = Axis::linear(time_words(show), 0.0, show.end_ms(), 8);
        let plot = Plot::framed(theme, area, x, Axis::linear("", low - margin, high + head, ticks));
        for (value, label) in &plot.y.ticks {
            let y = plot.y(*value);
            canvas.line((area.x, y), (area.right(), y), Pen::new(theme.grid, 1.0));
            let place = (area.x - 6.0, y + 0.36 * theme.tick);
            canvas.text(place, label, theme.tick - 1.0, theme.muted, Align::Right);
        }
        for (at, (_, points)) in self.lines.iter().enumerate() {
            let line: Vec<(f64, f64)> = points.iter().map(|(t, y)| (plot.x(*t), plot.y(*y))).collect();
            canvas.polyline(&thinned(&line), self.pen(theme, at));
        }
        if self.lines.len() > 1 {
            self.key(canvas, theme, area);
        }
        if is_lowest {
            plot.x_axis(canvas);
        }
    }

    fn names(&self) -> String {
        self.lines.iter().map(|(name, _)| clean(name)).collect::<Vec<_>>().join(", ")
    }

    fn pen(&self, theme: &Theme, at: usize) -> Pen {
        if self.is_input() {
            return Pen::new(theme.ink, 1.4);
        }
        let pen = Pen::new(theme.side(at), 1.4);
        // Dashes tell the lines apart where colours do not.
        match at {
            0 => pen,
            1 => pen.dashed(7.0, 2.5),
            _ => pen.dashed(2.5, 2.0),
        }
    }

    /// The names of the lines, in their colours, in the right upper corner, on a ground that hides the grid.
    fn key(&self, canvas: &mut Canvas<'_>, theme: &Theme, area: Area) {
        let mut right = area.right() - 6.0;
        let widths = self.lines.iter().map(|(name, _)| measure::width(&clean(name), theme.tick) + 34.0);
        let width = widths.sum::<f64>() + 6.0;
        canvas.rect(Area { x: area.right() - width, y: area.y, w: width, h: 17.0 }, theme.wash);
        for (at, (name, _)) in self.lines.iter().enumerate().rev() {
            let name = clean(name);
            let width = measure::width(&name, theme.tick);
            let pen = self.pen(theme, at);
            canvas.text((right, area.y + 13.0), &name, theme.tick, theme.ink, Align::Right);
            let y = area.y + 9.5;
            canvas.line((right - width - 22.0, y), (right - width - 4.0, y), pen);
            right -= width + 34.0;
        }
    }
}
