//! What a hidden layer makes of the examples: where they lie in its space.

use duet_record::{Physics, Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::{Rgb, Theme};

parameters! {
    /// The test examples in the space of the last hidden layer, after learning.
    ///
    /// # Behaviour
    /// One panel per side. With two hidden units the axes are those units. With more, the first is the direction in which
    /// the output looks (from one class's weights to the other's, of two classes; else that of largest variance), and the
    /// second the one at a right angle to it along which the examples differ most. Colour is the class. A dashed line is
    /// where the artificial side's output changes its mind. In the input XOR's patterns stand crosswise; here a line parts
    /// them. First seed. It is recorded only where the scenario asks for this figure, under `protocol.learn`.
    pub default struct HiddenSpace {}
}

const NAME: &str = "hidden_space";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const TALL: f64 = 330.0;

struct Space<'c> {
    actor: &'c Actor,
    class: Vec<f64>,
    u: Vec<f64>,
    v: Vec<f64>,
    border: Option<[f64; 3]>,
}

impl Draw for HiddenSpace {
    const NEEDS: &[Needs] = &[Needs::HiddenSpace];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let classes = run.story().map(|story| story.task.map_or_else(Vec::new, |task| task.classes))?;
        let mut spaces = Vec::new();
        for actor in &cast {
            match run.trace(&actor.name, NAME, &[]) {
                Ok(table) => spaces.push(read(run, actor, &table)?),
                // A side without a hidden layer has no such space.
                Err(error) if error.is_missing() => {}
                Err(error) => return Err(error.into()),
            }
        }
        (!spaces.is_empty()).then_some(()).needed(NAME, "traces/SIDE/hidden_space.csv")?;
        let mut entries: Vec<(Swatch, String)> = classes
            .iter()
            .enumerate()
            .map(|(class, name)| {
                (Swatch::Marker(theme.marker(class), color(theme, class)), format!("class {name}"))
            })
            .collect();
        if spaces.iter().any(|space| space.border.is_some()) {
            entries.push((
                Swatch::Line(Pen::new(theme.ink, 1.4).dashed(5.0, 3.5)),
                "border of the output".into(),
            ));
        }
        let key = legend::height(theme, FULL, &entries) + 4.0;
        let columns = spaces.len().clamp(1, 2);
        let rows = spaces.len().div_ceil(columns) as f64;
        let sheet = Sheet {
            name: NAME.into(),
            title: "Where do the examples lie in the hidden layer's space?".into(),
            note: "After learning, first seed. Equal examples lie on each other.".into(),
            caption: "The output can part only what a line parts. Learning the hidden layer means moving the examples until one does."
                .into(),
            alt: format!(
                "Test examples in the space of the last hidden layer, for {}.",
                spaces.iter().map(|space| space.actor.label.as_str()).collect::<Vec<_>>().join(" and ")
            ),
        };
        let csv = csv(&spaces)?;
        let drawing = sheet.draw(theme, key + rows * TALL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            let pitch = FULL / columns as f64;
            for (at, space) in spaces.iter().enumerate() {
                let x = MARGIN + (at % columns) as f64 * pitch;
                let y = top + key + (at / columns) as f64 * TALL;
                panel(canvas, theme, Area { x, y, w: pitch - 14.0, h: TALL - 6.0 }, space);
            }
        })?;
        Ok(vec![drawing])
    }
}

fn color(theme: &Theme, class: usize) -> Rgb {
    // Not the sides' first colours: a class is no side.
    theme.side(class + 2)
}

fn read<'c>(run: &Run, actor: &'c Actor, table: &Table) -> Result<Space<'c>, FigureError> {
    let border =
        run.trace(&actor.name, "hidden_border", &[]).needed(NAME, "traces/SIDE/hidden_border.csv")?;
    let first = |name: &str| border.numbers(name).map(|cells| cells.first().copied());
    let border = match (first("a")?, first("b")?, first("c")?) {
        (Some(a), Some(b), Some(c)) => Some([a, b, c]),
        _ => None,
    };
    let column = |name: &str| table.numbers(name).map(<[f64]>::to_vec);
    Ok(Space { actor, class: column("class")?, u: column("u")?, v: column("v")?, border })
}

fn panel(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, space: &Space<'_>) {
    let wide = |values: &[f64]| {
        let (low, high) = range(values.iter().copied()).unwrap_or((0.0, 1.0));
        let room = 0.12 * (high - low).max(1e-9);
        (low - room, high + room)
    };
    let ((left, right), (low, high)) = (wide(&space.u), wide(&space.v));
    let unit = if space.actor.physics == Some(Physics::Biological) { " (Hz)" } else { "" };
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear(format!("first axis{unit}"), left, right, 4),
        Axis::linear(format!("{}: second axis{unit}", space.actor.label), low, high, 4),
    );
    plot.axes(canvas);
    if let Some([a, b, c]) = space.border {
        let mut ends: Vec<(f64, f64)> = Vec::new();
        if c != 0.0 {
            ends.extend(
                [left, right]
                    .map(|u| (u, -(a + b * u) / c))
                    .iter()
                    .filter(|end| (low..=high).contains(&end.1)),
            );
        }
        if b != 0.0 {
            ends.extend(
                [low, high]
                    .map(|v| (-(a + c * v) / b, v))
                    .iter()
                    .filter(|end| (left..=right).contains(&end.0)),
            );
        }
        if let [from, to, ..] = ends.as_slice() {
            let place = |at: &(f64, f64)| (plot.x(at.0), plot.y(at.1));
            canvas.line(place(from), place(to), Pen::new(theme.ink, 1.4).dashed(5.0, 3.5));
        }
    }
    for ((&u, &v), &class) in space.u.iter().zip(&space.v).zip(&space.class) {
        let class = class as usize;
        canvas.marker((plot.x(u), plot.y(v)), 5.0, theme.marker(class), color(theme, class));
    }
}

fn csv(spaces: &[Space<'_>]) -> Result<String, FigureError> {
    let all = |read: &dyn Fn(&Space<'_>) -> Vec<f64>| spaces.iter().flat_map(read).collect::<Vec<f64>>();
    let sides = spaces.iter().flat_map(|space| space.u.iter().map(|_| space.actor.name.clone())).collect();
    let table = Table::new()
        .with_texts("side", sides)?
        .with_numbers("class", all(&|space| space.class.clone()))?
        .with_numbers("u", all(&|space| space.u.clone()))?
        .with_numbers("v", all(&|space| space.v.clone()))?;
    Ok(table.to_csv())
}
