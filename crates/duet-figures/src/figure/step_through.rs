//! A small network with every number of one step on it.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;
use indexmap::IndexMap;

use super::{Draw, Needs};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::measure;
use crate::theme::Theme;

parameters! {
    /// A small network with the numbers of one forward pass, one backward pass and one update on it.
    ///
    /// # Behaviour
    /// Units are boxes, from the input at the left to the output at the right: y, z and delta = dL/dz. Every connection
    /// carries its weight and, below it, its slope dL/dw; its width is the size of that slope, its colour the sign. One
    /// drawing per side. Needs a run of `protocol.step_through`.
    pub default struct StepThrough {}
}

const NAME: &str = "step_through";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const BOX: f64 = 106.0;
const TALL: f64 = 62.0;
const PITCH: f64 = 120.0;

struct Unit {
    population: String,
    index: usize,
    z: f64,
    y: f64,
    delta: f64,
}

struct Synapse {
    from: String,
    pre: Option<usize>,
    to: String,
    post: usize,
    value: f64,
    gradient: f64,
}

/// A side's step.
struct Step {
    units: Vec<Unit>,
    synapses: Vec<Synapse>,
    csv: String,
}

impl Draw for StepThrough {
    const NEEDS: &[Needs] = &[Needs::Step];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let mut drawings = Vec::new();
        for actor in &cast(run, theme)? {
            let step = Step::read(run, actor)?;
            drawings.push(step.draw(actor, theme)?);
        }
        Ok(drawings)
    }
}

impl Step {
    fn read(run: &Run, actor: &Actor) -> Result<Self, FigureError> {
        let units = run
            .trace(&actor.name, "units", &["population", "activation"])
            .needed(NAME, "traces/SIDE/units.csv")?;
        let table = run
            .trace(&actor.name, "synapses", &["projection", "from", "to"])
            .needed(NAME, "traces/SIDE/synapses.csv")?;
        let number = |table: &Table, name: &str, row: usize| -> Result<f64, FigureError> {
            Ok(table.numbers(name)?[row])
        };
        let index = |value: f64| value as usize;
        let read = |row: usize| -> Result<Unit, FigureError> {
            Ok(Unit {
                population: units.texts("population")?[row].clone(),
                index: index(number(&units, "unit", row)?),
                z: number(&units, "z", row)?,
                y: number(&units, "y", row)?,
                delta: number(&units, "delta", row)?,
            })
        };
        let synapse = |row: usize| -> Result<Synapse, FigureError> {
            let pre = number(&table, "pre", row)?;
            Ok(Synapse {
                from: table.texts("from")?[row].clone(),
                pre: pre.is_finite().then_some(index(pre)),
                to: table.texts("to")?[row].clone(),
                post: index(number(&table, "post", row)?),
                value: number(&table, "value", row)?,
                gradient: number(&table, "gradient", row)?,
            })
        };
        Ok(Self {
            units: (0..units.rows()).map(read).collect::<Result<_, _>>()?,
            synapses: (0..table.rows()).map(synapse).collect::<Result<_, _>>()?,
            csv: table.to_csv(),
        })
    }

    /// Populations in the order of computation, with their numbers of units.
    fn layers(&self) -> IndexMap<&str, usize> {
        let mut layers = IndexMap::new();
        for unit in &self.units {
            *layers.entry(unit.population.as_str()).or_insert(0) += 1;
        }
        layers
    }

    fn draw(&self, actor: &Actor, theme: &Theme) -> Result<Drawing, FigureError> {
        let layers = self.layers();
        let tallest = layers.values().copied().max().unwrap_or(1);
        let height = 30.0 + tallest as f64 * PITCH + 34.0;
        let sheet = Sheet {
            name: format!("{NAME}-{}", actor.name),
            title: "What does one example do to every weight?".into(),
            note: format!("{}: one example, before the update. Box: y, z and δ = dL/dz; b is the bias. Connection: weight w, slope dL/dw.", actor.label),
            caption: "δ flows from the right to the left through the same weights by which y flowed to the right; the slope of \
                      a weight is the y at its beginning times the δ at its end."
                .into(),
            alt: self.alt(actor),
        };
        sheet.draw(theme, height, self.csv.clone(), |canvas, top| {
            self.sketch(canvas, theme, top, &layers, tallest);
        })
    }

    fn sketch(
        &self,
        canvas: &mut Canvas<'_>,
        theme: &Theme,
        top: f64,
        layers: &IndexMap<&str, usize>,
        tallest: usize,
    ) {
        let count = layers.len();
        let gap = if count > 1 { (FULL - BOX) / (count - 1) as f64 } else { 0.0 };
        let middle = top + 30.0 + tallest as f64 * PITCH / 2.0;
        let place = |population: &str, unit: usize| {
            let (layer, _, &size) = layers.get_full(population)?;
            let y = middle + (unit as f64 - (size - 1) as f64 / 2.0) * PITCH;
            Some((MARGIN + layer as f64 * gap, y))
        };
        for (layer, (population, _)) in layers.iter().enumerate() {
            let name = measure::fit(population, theme.label, gap.max(BOX));
            let x = MARGIN + layer as f64 * gap + BOX / 2.0;
            canvas.text((x, top + 12.0), &name, theme.label, theme.ink, Align::Center);
        }
        let most = self.synapses.iter().map(|synapse| synapse.gradient.abs()).fold(1e-300, f64::max);
        for synapse in &self.synapses {
            let Some(pre) = synapse.pre else { continue };
            let (Some(from), Some(to)) = (place(&synapse.from, pre), place(&synapse.to, synapse.post)) else {
                continue;
            };
            let (from, to) = ((from.0 + BOX, from.1), (to.0, to.1));
            let width = 0.8 + 4.0 * synapse.gradient.abs() / most;
            let color = theme.diverging[usize::from(synapse.gradient >= 0.0)];
            canvas.line(from, to, Pen::new(color, width).alpha(0.55));
        }
        // Each label stands on its line, at the first place where it hides no other.
        let mut taken: Vec<Area> = Vec::new();
        for synapse in &self.synapses {
            let Some(pre) = synapse.pre else { continue };
            let (Some(from), Some(to)) = (place(&synapse.from, pre), place(&synapse.to, synapse.post)) else {
                continue;
            };
            let (above, below) =
                (format!("w {}", short(synapse.value)), format!("∂ {}", short(synapse.gradient)));
            let wide = measure::widest([above.as_str(), below.as_str()], theme.tick) + 8.0;
            let area = |along: f64| {
                let (x, y) = (from.0 + BOX + along * (to.0 - from.0 - BOX), from.1 + along * (to.1 - from.1));
                Area { x: x - wide / 2.0, y: y - 16.0, w: wide, h: 32.0 }
            };
            let free = |area: &Area| taken.iter().all(|other| !overlap(*other, *area));
            let places = [0.3, 0.7, 0.5, 0.4, 0.6, 0.24, 0.76, 0.2, 0.8, 0.15, 0.85];
            let area = places.into_iter().map(area).find(free).unwrap_or_else(|| area(0.5));
            taken.push(area);
            canvas.rect_alpha(area, theme.paper, 0.9);
            let x = area.x + wide / 2.0;
            canvas.text((x, area.y + 13.0), &above, theme.tick, theme.ink, Align::Center);
            let color = theme.diverging[usize::from(synapse.gradient >= 0.0)];
            canvas.text((x, area.y + 27.0), &below, theme.tick, color, Align::Center);
        }
        for unit in &self.units {
            let Some((x, y)) = place(&unit.population, unit.index) else { continue };
            self.unit(canvas, theme, (x, y), unit);
        }
        let words = [
            (theme.diverging[1], "slope above 0: the update makes the weight smaller"),
            (theme.diverging[0], "slope below 0: larger"),
        ];
        let mut x = MARGIN;
        let y = middle + tallest as f64 * PITCH / 2.0 + 18.0;
        for (color, words) in words {
            canvas.line((x, y - 4.0), (x + 24.0, y - 4.0), Pen::new(color, 3.0).alpha(0.55));
            canvas.text((x + 31.0, y), words, theme.tick, theme.muted, Align::Left);
            x += 31.0 + measure::width(words, theme.tick) + 20.0;
        }
    }

    fn unit(&self, canvas: &mut Canvas<'_>, theme: &Theme, (x, y): (f64, f64), unit: &Unit) {
        let area = Area { x, y: y - TALL / 2.0, w: BOX, h: TALL };
        canvas.rect(area, theme.wash);
        canvas.frame(area, Pen::new(theme.muted, 1.0));
        let bias = self.synapses.iter().find(|synapse| {
            synapse.pre.is_none() && synapse.to == unit.population && synapse.post == unit.index
        });
        let mut lines = vec![(format!("y{} {}", unit.index, short(unit.y)), theme.ink)];
        if unit.z.is_finite() {
            lines.push((format!("z {}", short(unit.z)), theme.muted));
        }
        if unit.delta.is_finite() {
            lines.push((format!("δ {}", short(unit.delta)), theme.diverging[usize::from(unit.delta >= 0.0)]));
        }
        if let Some(bias) = bias {
            lines.push((format!("b {}", short(bias.value)), theme.muted));
        }
        let pitch = 14.0;
        let first = y - (lines.len() as f64 - 1.0) / 2.0 * pitch + 4.0;
        for (at, (words, color)) in lines.iter().enumerate() {
            canvas.text((x + BOX / 2.0, first + at as f64 * pitch), words, theme.tick, *color, Align::Center);
        }
    }

    fn alt(&self, actor: &Actor) -> String {
        let units = self.units.iter().filter(|unit| unit.delta.is_finite());
        let one = |unit: &Unit| {
            format!("{} {}: y {}, delta {}.", unit.population, unit.index, number(unit.y), number(unit.delta))
        };
        format!("{}: every number of one step. {}", actor.label, units.map(one).collect::<Vec<_>>().join(" "))
    }
}

/// Whether two areas have a point in common.
fn overlap(a: Area, b: Area) -> bool {
    a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom()
}

/// Four digits after the point at most, with a true minus sign.
fn short(x: f64) -> String {
    let text = format!("{:.4}", x.abs());
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if x < 0.0 && text != "0" { format!("−{text}") } else { text.to_owned() }
}
