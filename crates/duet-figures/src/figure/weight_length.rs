//! How long weights become, and which way they turn.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::Theme;

parameters! {
    /// The length of every unit's weights over the presentations, and their angle to the principal component of its number.
    ///
    /// # Behaviour
    /// Above, the length on a logarithmic axis: a straight line upwards is growth by the same share at every presentation, a
    /// flat one is a rule that has come to rest. Below, the angle, from 90 degrees (at right angles) to 0 (along it). Units
    /// of one side share its colour; a second, third ... unit is dashed. First seed. Needs a run of `protocol.adapt`.
    pub default struct WeightLength {}
}

const NAME: &str = "weight_length";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 250.0;

/// One unit's course.
struct Course<'c> {
    actor: &'c Actor,
    /// Sides that are drawn first have wider lines: where lines lie on each other, all are seen.
    width: f64,
    /// From 0.
    unit: usize,
    presentation: Vec<f64>,
    norm: Vec<f64>,
    angle: Vec<f64>,
}

impl Draw for WeightLength {
    const NEEDS: &[Needs] = &[Needs::Adaptation];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let mut courses = Vec::new();
        for (at, actor) in cast.iter().enumerate() {
            let width = 2.0 + 1.3 * (cast.len() - 1 - at).min(4) as f64;
            courses.extend(read(run, actor, width)?);
        }
        (!courses.is_empty()).then_some(()).needed(NAME, "traces/SIDE/adaptation.csv")?;
        let several = courses.iter().any(|course| course.unit > 0);
        let entries: Vec<(Swatch, String)> = courses
            .iter()
            .map(|course| {
                let label = &course.actor.label;
                let words =
                    if several { format!("{label}, unit {}", course.unit + 1) } else { label.clone() };
                (Swatch::Line(pen(course)), words)
            })
            .collect();
        let key = legend::height(theme, FULL, &entries) + 6.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "How long do the weights become, and which way do they turn?".into(),
            note: "First seed. |w| is the length of a unit's weights; its axis is logarithmic. An angle of 0° is along the \
                   principal component, 90° at right angles to it."
                .into(),
            caption: "All sides see the same inputs in the same order. A line that rises without end is a rule that nothing \
                      holds."
                .into(),
            alt: alt(&courses),
        };
        let csv = csv(&courses)?;
        let drawing = sheet.draw(theme, key + 2.0 * PANEL, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top), FULL, &entries);
            let panel = |k: f64| Area { x: MARGIN, y: top + key + k * PANEL, w: FULL, h: PANEL - 8.0 };
            let mut plots =
                [lengths(theme, panel(0.0), &courses), angles(theme, panel(1.0), &courses, several)];
            // The two time axes stand below each other.
            let left = plots.iter().map(|plot| plot.area.x).fold(0.0, f64::max);
            for plot in &mut plots {
                plot.area.w -= left - plot.area.x;
                plot.area.x = left;
                plot.axes(canvas);
            }
            let [length, angle] = plots;
            if length.y.holds(1.0) {
                let (from, to, y) = (length.area.x, length.area.right(), length.y(1.0));
                canvas.line((from, y), (to, y), Pen::new(theme.muted, 1.0).dashed(2.0, 3.0));
            }
            lines(canvas, &length, &courses, |course| &course.norm);
            lines(canvas, &angle, &courses, |course| &course.angle);
        })?;
        Ok(vec![drawing])
    }
}

fn read<'c>(run: &Run, actor: &'c Actor, width: f64) -> Result<Vec<Course<'c>>, FigureError> {
    let table = run.trace(&actor.name, "adaptation", &[]).needed(NAME, "traces/SIDE/adaptation.csv")?;
    let (presentation, unit) = (table.numbers("presentation")?, table.numbers("unit")?);
    let (norm, angle) = (table.numbers("norm")?, table.numbers("angle")?);
    let units = unit.iter().copied().fold(0.0, f64::max) as usize;
    let of = |k: usize| {
        let mut course =
            Course { actor, width, unit: k, presentation: Vec::new(), norm: Vec::new(), angle: Vec::new() };
        for at in (0..table.rows()).filter(|&at| unit[at] as usize == k + 1) {
            course.presentation.push(presentation[at]);
            course.norm.push(norm[at]);
            course.angle.push(angle[at]);
        }
        course
    };
    Ok((0..units.min(table.rows())).map(of).collect())
}

fn pen(course: &Course<'_>) -> Pen {
    let pen = Pen::new(course.actor.color, course.width);
    match course.unit {
        0 => pen,
        k => pen.dashed(7.0 / k as f64 + 1.0, 4.0),
    }
}

fn presentations(courses: &[Course<'_>]) -> Axis {
    let last = courses.iter().filter_map(|course| course.presentation.last()).copied().fold(1.0, f64::max);
    Axis::whole("Presentations", 0.0, last, 8)
}

fn lengths<'t>(theme: &'t Theme, area: Area, courses: &[Course<'_>]) -> Plot<'t> {
    let positive = courses.iter().flat_map(|course| course.norm.iter().copied().filter(|&norm| norm > 0.0));
    let (low, high) = range(positive).unwrap_or((0.1, 1.0));
    Plot::inside(theme, area, presentations(courses), Axis::log("Length of the weights, |w|", low, high))
}

fn angles<'t>(theme: &'t Theme, area: Area, courses: &[Course<'_>], several: bool) -> Plot<'t> {
    let title = if several {
        "Angle of unit k to principal component k (degrees)"
    } else {
        "Angle to the first principal component (degrees)"
    };
    let mut axis = Axis::linear(title, 0.0, 90.0, 3);
    axis.ticks = [0.0, 30.0, 60.0, 90.0].map(|degrees| (degrees, number(degrees))).to_vec();
    Plot::inside(theme, area, presentations(courses), axis)
}

fn lines<'a>(
    canvas: &mut Canvas<'_>,
    plot: &Plot<'_>,
    courses: &'a [Course<'_>],
    read: impl Fn(&'a Course<'_>) -> &'a [f64],
) {
    for course in courses {
        let points = course.presentation.iter().zip(read(course)).filter(|(_, y)| y.is_finite());
        let line: Vec<(f64, f64)> = points.map(|(&t, &y)| (plot.x(t), plot.y(y))).collect();
        canvas.polyline(&line, pen(course));
        // The marker at the end tells sides apart without colour.
        if let Some(&last) = line.last() {
            canvas.marker(last, 4.0, course.actor.marker, course.actor.color);
        }
    }
}

fn alt(courses: &[Course<'_>]) -> String {
    let one = |course: &Course<'_>| {
        let last = |list: &[f64]| number(list.last().copied().unwrap_or(f64::NAN));
        format!(
            "{}, unit {}: length {} after {} presentations, {} degrees from its component.",
            course.actor.label,
            course.unit + 1,
            last(&course.norm),
            last(&course.presentation),
            last(&course.angle)
        )
    };
    format!("Lengths and angles of weights. {}", courses.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(courses: &[Course<'_>]) -> Result<String, FigureError> {
    let all = |read: &dyn Fn(&Course<'_>) -> Vec<f64>| courses.iter().flat_map(read).collect::<Vec<f64>>();
    let sides =
        courses.iter().flat_map(|course| course.norm.iter().map(|_| course.actor.name.clone())).collect();
    let table = Table::new()
        .with_texts("side", sides)?
        .with_numbers("unit", all(&|course| vec![(course.unit + 1) as f64; course.norm.len()]))?
        .with_numbers("presentation", all(&|course| course.presentation.clone()))?
        .with_numbers("norm", all(&|course| course.norm.clone()))?
        .with_numbers("angle_deg", all(&|course| course.angle.clone()))?;
    Ok(table.to_csv())
}
