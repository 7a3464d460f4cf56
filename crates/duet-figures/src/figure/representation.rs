//! How alike the hidden layers of the sides are.

use duet_record::format::number;
use duet_record::{Metrics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::canvas::{Align, Area, Canvas};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::measure;
use crate::theme::Theme;

parameters! {
    /// Likeness of the hidden layers of every two sides, and how many dimensions and units each uses.
    ///
    /// # Behaviour
    /// A table for each hidden population: the likeness of two sides above the diagonal by CKA, below it by RSA, on the diagonal nothing
    /// but the side itself. Beside it, each side's effective dimension and sparseness. Means over seeds. Needs
    /// `panel.representation`.
    pub default struct Representation {}
}

const NAME: &str = "representation";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const ROW: f64 = 34.0;
const HEAD: f64 = 60.0;

struct Layer {
    population: String,
    /// `[row][column]`: CKA above the diagonal, RSA below.
    alike: Vec<Vec<Option<f64>>>,
    /// Dimension and sparseness of every side.
    own: Vec<[Option<f64>; 2]>,
}

impl Draw for Representation {
    const NEEDS: &[Needs] = &[Needs::Representation];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let metrics = run.metrics().needed(NAME, "metrics.json with SIDE.representation")?;
        let layers = read(&cast, &metrics);
        (!layers.is_empty()).then_some(()).needed(NAME, "metrics.json with SIDE.representation")?;
        let each = HEAD + ROW * cast.len() as f64 + 16.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "Do the hidden layers see things alike?".into(),
            note: "Above the diagonal: linear CKA without bias. Below: RSA, the correlation of dissimilarities. 1: alike up to a \
                   rotation (CKA) or a scale (RSA); 0: strangers. Means over seeds, the same test examples for all."
                .into(),
            caption: "How alike the sides' hidden layers are, and how many dimensions and units each of them uses.".into(),
            alt: layers.iter().map(|layer| alt(&cast, layer)).collect::<Vec<_>>().join(" "),
        };
        let drawing =
            sheet.draw(theme, each * layers.len() as f64, csv(&cast, &layers)?, |canvas, top| {
                for (index, layer) in layers.iter().enumerate() {
                    table(canvas, theme, top + index as f64 * each, &cast, layer);
                }
            })?;
        Ok(vec![drawing])
    }
}

fn read(cast: &[Actor], metrics: &Metrics) -> Vec<Layer> {
    let mut populations: Vec<&str> = Vec::new();
    for paths in metrics.sides.values() {
        let found =
            paths.keys().filter_map(|path| path.strip_prefix("representation.")?.strip_suffix(".dimension"));
        for population in found {
            if !populations.contains(&population) {
                populations.push(population);
            }
        }
    }
    let layer = |population: &str| {
        let pair = |a: &Actor, b: &Actor, what: &str| {
            let of = |a: &str, b: &str| metrics.pairs.get(&format!("{a} - {b}"));
            let found = of(&a.name, &b.name).or_else(|| of(&b.name, &a.name))?;
            found.get(&format!("{population}.{what}"))?.value
        };
        let cell = |row: usize, column: usize| match row.cmp(&column) {
            std::cmp::Ordering::Less => pair(&cast[row], &cast[column], "cka"),
            std::cmp::Ordering::Greater => pair(&cast[row], &cast[column], "rsa"),
            std::cmp::Ordering::Equal => None,
        };
        let own = |actor: &Actor| {
            ["dimension", "sparseness"]
                .map(|what| metrics.get(&actor.name, &format!("representation.{population}.{what}"))?.value)
        };
        Layer {
            population: population.to_owned(),
            alike: (0..cast.len())
                .map(|row| (0..cast.len()).map(|column| cell(row, column)).collect())
                .collect(),
            own: cast.iter().map(own).collect(),
        }
    };
    populations.into_iter().map(layer).collect()
}

fn table(canvas: &mut Canvas<'_>, theme: &Theme, top: f64, cast: &[Actor], layer: &Layer) {
    let names = 128.0;
    let own = 172.0;
    let cell = (FULL - names - own) / cast.len().max(1) as f64;
    let x = |column: usize| MARGIN + names + column as f64 * cell;
    let title = format!("Population {}", layer.population);
    canvas.text((MARGIN, top + 16.0), &title, theme.label, theme.ink, Align::Left);
    let head = top + HEAD - 12.0;
    for (column, actor) in cast.iter().enumerate() {
        // Two lines for a long name, the lower one at the table.
        let lines = measure::wrap(&actor.label, theme.tick - 1.0, cell - 4.0, 2);
        for (line, label) in lines.iter().rev().enumerate() {
            let at = (x(column) + cell / 2.0, head - line as f64 * (theme.tick + 2.0));
            canvas.text(at, label, theme.tick - 1.0, actor.color, Align::Center);
        }
    }
    let wide = [x(cast.len()) + own * 0.26, x(cast.len()) + own * 0.76];
    for (at, words) in wide.into_iter().zip(["dimensions", "sparseness"]) {
        canvas.text((at, head), words, theme.tick, theme.muted, Align::Center);
    }
    for (row, actor) in cast.iter().enumerate() {
        let y = top + HEAD + row as f64 * ROW;
        let middle = y + ROW / 2.0 + 0.36 * theme.label;
        let lines = measure::wrap(&actor.label, theme.tick, names - 8.0, 2);
        for (line, label) in lines.iter().enumerate() {
            let below = line as f64 - 0.5 * (lines.len() - 1) as f64;
            let at = (MARGIN, middle + below * (theme.tick + 1.0));
            canvas.text(at, label, theme.tick, theme.ink, Align::Left);
        }
        for (column, alike) in layer.alike[row].iter().enumerate() {
            let area = Area { x: x(column) + 1.5, y: y + 1.5, w: cell - 3.0, h: ROW - 3.0 };
            let Some(value) = alike else {
                canvas.rect_alpha(area, theme.grid, if row == column { 0.9 } else { 0.25 });
                continue;
            };
            let strength = value.clamp(0.0, 1.0);
            let fill = theme.diverging[0];
            canvas.rect_alpha(area, fill, 0.08 + 0.62 * strength);
            let place = (area.x + area.w / 2.0, middle);
            canvas.text(place, &format!("{value:.2}"), theme.label, theme.ink, Align::Center);
        }
        for (at, value) in wide.into_iter().zip(layer.own[row]) {
            let words = value.map_or_else(|| "none".to_owned(), |value| format!("{value:.2}"));
            canvas.text((at, middle), &words, theme.label, theme.ink, Align::Center);
        }
    }
}

fn alt(cast: &[Actor], layer: &Layer) -> String {
    let mut words = Vec::new();
    for (a, first) in cast.iter().enumerate() {
        for (b, second) in cast.iter().enumerate().skip(a + 1) {
            let of = |value: Option<f64>| value.map_or_else(|| "not measured".to_owned(), number);
            let (cka, rsa) = (of(layer.alike[a][b]), of(layer.alike[b][a]));
            words.push(format!("{} and {}: CKA {cka}, RSA {rsa}", first.label, second.label));
        }
    }
    format!("Likeness of population {}. {}.", layer.population, words.join("; "))
}

fn csv(cast: &[Actor], layers: &[Layer]) -> Result<String, FigureError> {
    let (mut texts, mut numbers) = ([const { Vec::new() }; 3], [const { Vec::new() }; 2]);
    for layer in layers {
        for (a, first) in cast.iter().enumerate() {
            for (b, second) in cast.iter().enumerate().skip(a + 1) {
                let row = [&layer.population, &first.name, &second.name];
                texts.iter_mut().zip(row).for_each(|(column, text)| column.push(text.clone()));
                let row = [layer.alike[a][b], layer.alike[b][a]];
                numbers.iter_mut().zip(row).for_each(|(column, x)| column.push(x.unwrap_or(f64::NAN)));
            }
        }
    }
    let mut table = Table::new();
    for (name, column) in ["population", "side", "other"].into_iter().zip(texts) {
        table = table.with_texts(name, column)?;
    }
    for (name, column) in ["cka", "rsa"].into_iter().zip(numbers) {
        table = table.with_numbers(name, column)?;
    }
    Ok(table.to_csv())
}
