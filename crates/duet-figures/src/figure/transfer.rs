//! Whether spikes say what activations said.

use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// What the units of a side do that took its weights from another one, against what they did there, layer by layer.
    ///
    /// # Behaviour
    /// One drawing for each side that took weights over. A dot is a unit and a test example under the first seed (of many, every
    /// so-manieth); on the dashed line both say the same. Activations are in units of what one spike per step stands for;
    /// what lies right of 1 cannot be said by spikes. Needs a side with `from`.
    pub default struct Transfer {}
}

const NAME: &str = "transfer";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 320.0;

struct Layer {
    population: String,
    /// (there, here)
    points: Vec<(f64, f64)>,
    correlation: Option<f64>,
}

impl Draw for Transfer {
    const NEEDS: &[Needs] = &[Needs::Transfer];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let mut drawings = Vec::new();
        for actor in &cast(run, theme)? {
            match run.trace(&actor.name, NAME, &["population"]) {
                Ok(table) => drawings.push(one(run, theme, actor, &table)?),
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error.into()),
            }
        }
        (!drawings.is_empty()).then_some(()).needed(NAME, "traces/SIDE/transfer.csv")?;
        Ok(drawings)
    }
}

fn one(run: &Run, theme: &Theme, actor: &Actor, table: &Table) -> Result<Drawing, FigureError> {
    let (given, taken) = (table.numbers("given")?, table.numbers("taken")?);
    let metrics = run.metrics().needed(NAME, "metrics.json")?;
    let mut layers: Vec<Layer> = Vec::new();
    for (row, population) in table.texts("population")?.iter().enumerate() {
        if layers.last().is_none_or(|layer| layer.population != *population) {
            let path = format!("{population}.transfer_correlation");
            let correlation = metrics.get(&actor.name, &path).and_then(|metric| metric.value);
            layers.push(Layer { population: population.clone(), points: Vec::new(), correlation });
        }
        if let Some(layer) = layers.last_mut() {
            layer.points.push((given[row], taken[row]));
        }
    }
    let correlation = |layer: &Layer| {
        let r = layer.correlation.map_or_else(|| "not defined".to_owned(), |r| format!("{r:.4}"));
        format!("{}: correlation {r}", layer.population)
    };
    let said: Vec<String> = layers.iter().map(correlation).collect();
    let sheet = Sheet {
        name: format!("{NAME}_{}", duet_record::layout::file_name(&actor.name)),
        title: format!("Do the units of “{}” say what they said before?", actor.label),
        note: format!("{} (mean over seeds). On the dashed line nothing is lost.", said.join("; ")),
        caption: "A dot is a unit and an example: its activation on the side that learned, and its rate or activation here.".into(),
        alt: format!("Units of {} before and after their weights were handed over. {}.", actor.label, said.join("; ")),
    };
    let csv = table.to_csv();
    let columns = layers.len().clamp(1, 2);
    let height = layers.len().div_ceil(columns) as f64 * PANEL;
    sheet.draw(theme, height, csv, |canvas, top| {
        let wide = FULL / columns as f64;
        for (index, layer) in layers.iter().enumerate() {
            let (row, column) = ((index / columns) as f64, (index % columns) as f64);
            let area =
                Area { x: MARGIN + column * wide, y: top + row * PANEL, w: wide - 8.0, h: PANEL - 8.0 };
            scatter(canvas, theme, area, actor, layer);
        }
    })
}

fn scatter(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, actor: &Actor, layer: &Layer) {
    let (low, high) = range(layer.points.iter().map(|point| point.0)).unwrap_or((0.0, 1.0));
    let (_, most) = range(layer.points.iter().map(|point| point.1)).unwrap_or((0.0, 1.0));
    let x = Axis::nice("Activation there (one spike per step = 1)", low.min(0.0), high.max(1.0), 5);
    let title = format!("{}: what a unit does here", layer.population);
    let plot = Plot::inside(theme, area, x, Axis::nice(title, 0.0, most.max(1.0), 4));
    plot.axes(canvas);
    for &(there, here) in &layer.points {
        canvas.disc((plot.x(there), plot.y(here)), 2.2, actor.color, 0.35);
    }
    let same = [(0.0_f64, 0.0_f64), (1.0, 1.0)].map(|(x, y)| (plot.x(x), plot.y(y)));
    canvas.line(same[0], same[1], Pen::new(theme.ink, 1.4).dashed(5.0, 3.0));
}
