//! The plane of a cell with two variables, and its course in time.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::{Axis, range};
use crate::canvas::{Align, Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::escape::clean;
use crate::legend::{self, Swatch, legend};
use crate::measure;
use crate::plot::Plot;
use crate::theme::{Marker, Rgb, Theme};

parameters! {
    /// The phase plane: nullclines, flow, fixed points and courses; beside it the first variable over time.
    ///
    /// # Behaviour
    /// A row per side. Two coloured lines are the nullclines, arrows point where the flow goes (all are equally long),
    /// a filled circle is a stable fixed point, an open one is unstable, an open circle with a dot a saddle. The dark line is the
    /// cell's own course, grey ones begin at the other states asked for. A reset is a jump, dotted. Needs a run of
    /// `protocol.phase_plane`.
    pub default struct PhasePlane {}
}

const NAME: &str = "phase_plane";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const ROW: f64 = 346.0;
/// Room for a side's name above its panels.
const HEAD: f64 = 18.0;
/// Share of the width that the plane takes.
const PLANE: f64 = 0.56;
/// Half of an arrow, in pixels.
const HALF: f64 = 6.5;

/// One side.
struct Portrait {
    actor: Actor,
    /// Name and unit of each variable.
    axes: [(String, String); 2],
    /// The variable and the points of each piece.
    nullclines: Vec<(usize, Vec<(f64, f64)>)>,
    /// x, y, dx, dy.
    arrows: Vec<[f64; 4]>,
    /// Kind and place.
    points: Vec<(String, f64, f64)>,
    /// Time and state, the cell's own course first.
    courses: Vec<Vec<(f64, f64, f64)>>,
}

impl Draw for PhasePlane {
    const NEEDS: &[Needs] = &[Needs::Portraits];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let mut portraits = Vec::new();
        for actor in cast(run, theme)? {
            portraits.push(read(run, actor)?);
        }
        (!portraits.is_empty()).then_some(()).needed(NAME, "traces/SIDE/nullclines.csv")?;
        let entries = key(theme, &portraits[0]);
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "Where does a cell come to rest, and where does it go round?".into(),
            note: "The cell of every side under a constant input: its plane (left) and its course in time (right).".into(),
            caption: "Nothing moves where the two nullclines cross. A cell whose only crossing is unstable has nowhere to rest.".into(),
            alt: alt(&portraits),
        };
        let csv = csv(&portraits)?;
        let drawing = sheet.draw(theme, above + portraits.len() as f64 * ROW, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            for (at, portrait) in portraits.iter().enumerate() {
                let y = top + above + at as f64 * ROW;
                let (w, h) = (FULL * PLANE, ROW - HEAD - 8.0);
                let label = measure::fit(&portrait.actor.label, theme.label, FULL);
                canvas.text((MARGIN, y + 12.0), &label, theme.label, theme.ink, Align::Left);
                let y = y + HEAD;
                plane(canvas, theme, Area { x: MARGIN, y, w: w - 10.0, h }, portrait);
                time(canvas, theme, Area { x: MARGIN + w, y, w: FULL - w, h }, portrait);
            }
        })?;
        Ok(vec![drawing])
    }
}

fn read(run: &Run, actor: Actor) -> Result<Portrait, FigureError> {
    let table = |name: &str, texts: &[&str], file: &'static str| {
        run.trace(&actor.name, name, texts).needed(NAME, file)
    };
    let axes = table("axes", &["variable", "unit"], "traces/SIDE/axes.csv")?;
    let axis = |at: usize| -> Result<(String, String), FigureError> {
        let text = |column| {
            axes.texts(column).map(|cells| cells.get(at).map_or_else(String::new, |cell| clean(cell)))
        };
        Ok((text("variable")?, text("unit")?))
    };
    let lines = table("nullclines", &["variable"], "traces/SIDE/nullclines.csv")?;
    let of = lines.texts("variable")?;
    let second = axes.texts("variable")?.get(1).cloned().unwrap_or_default();
    let places = lines.numbers("x")?.iter().zip(lines.numbers("y")?);
    let mut nullclines: Vec<(usize, Vec<(f64, f64)>)> = Vec::new();
    let mut last = f64::NAN;
    for ((of, &piece), (&x, &y)) in of.iter().zip(lines.numbers("piece")?).zip(places) {
        if piece != last {
            nullclines.push((usize::from(*of == second), Vec::new()));
            last = piece;
        }
        if let Some((_, points)) = nullclines.last_mut() {
            points.push((x, y));
        }
    }
    let flow = table("flow", &[], "traces/SIDE/flow.csv")?;
    let [x, y, dx, dy] = ["x", "y", "dx", "dy"].map(|column| flow.numbers(column));
    let (x, y, dx, dy) = (x?, y?, dx?, dy?);
    let fixed = table("fixed_points", &["kind"], "traces/SIDE/fixed_points.csv")?;
    let places = fixed.numbers("x")?.iter().zip(fixed.numbers("y")?);
    let points =
        fixed.texts("kind")?.iter().zip(places).map(|(kind, (&x, &y))| (clean(kind), x, y)).collect();
    let steps = table("courses", &[], "traces/SIDE/courses.csv")?;
    let states = steps.numbers("x")?.iter().zip(steps.numbers("y")?);
    let mut courses: Vec<Vec<(f64, f64, f64)>> = Vec::new();
    let mut last = f64::NAN;
    for ((&course, &time), (&x, &y)) in
        steps.numbers("course")?.iter().zip(steps.numbers("time_ms")?).zip(states)
    {
        if course != last {
            courses.push(Vec::new());
            last = course;
        }
        if let Some(points) = courses.last_mut() {
            points.push((time, x, y));
        }
    }
    let arrows = (0..flow.rows()).map(|at| [x[at], y[at], dx[at], dy[at]]).collect();
    Ok(Portrait { axes: [axis(0)?, axis(1)?], nullclines, arrows, points, courses, actor })
}

/// The colours of the nullclines of the first and the second variable.
fn colors(theme: &Theme) -> [Rgb; 2] {
    theme.diverging
}

fn title((name, unit): &(String, String)) -> String {
    if unit == "1" || unit.is_empty() { name.clone() } else { format!("{name} ({unit})") }
}

fn plane(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, portrait: &Portrait) {
    // The field of arrows is half a cell narrower than the plane on every side.
    let axis = |at: usize| {
        let mut places: Vec<f64> = portrait.arrows.iter().map(|arrow| arrow[at]).collect();
        places.sort_by(f64::total_cmp);
        places.dedup();
        let (low, high) = range(places.iter().copied()).unwrap_or((0.0, 1.0));
        let half = 0.5 * (high - low) / (places.len().max(2) - 1) as f64;
        (low - half, high + half)
    };
    let (x, y) = (axis(0), axis(1));
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear(title(&portrait.axes[0]), x.0, x.1, 6),
        Axis::linear(title(&portrait.axes[1]), y.0, y.1, 6),
    );
    plot.axes(canvas);
    let (wide, high) = (plot.area.w / (x.1 - x.0), plot.area.h / (y.1 - y.0));
    for &[x, y, dx, dy] in &portrait.arrows {
        arrow(canvas, theme, (plot.x(x), plot.y(y)), (dx * wide, -dy * high));
    }
    for (variable, points) in &portrait.nullclines {
        let line: Vec<(f64, f64)> = points.iter().map(|point| (plot.x(point.0), plot.y(point.1))).collect();
        canvas.polyline(&line, Pen::new(colors(theme)[*variable], 2.2));
    }
    for (at, course) in portrait.courses.iter().enumerate().rev() {
        let pen = if at == 0 { Pen::new(theme.ink, 1.7) } else { Pen::new(theme.muted, 1.2) };
        let inside = |point: &(f64, f64, f64)| plot.x.holds(point.1) && plot.y.holds(point.2);
        let place = |point: &(f64, f64, f64)| (plot.x(point.1), plot.y(point.2));
        let mut piece = Vec::new();
        for pair in course.windows(2) {
            // A way is short from step to step; what crosses a fifth of the plane at once and backwards is a reset.
            let is_jump = pair[0].1 - pair[1].1 > 0.2 * (x.1 - x.0);
            if inside(&pair[0]) && inside(&pair[1]) && !is_jump {
                if piece.is_empty() {
                    piece.push(place(&pair[0]));
                }
                piece.push(place(&pair[1]));
            } else {
                canvas.polyline(&std::mem::take(&mut piece), pen);
                if is_jump {
                    canvas.line(place(&pair[0]), place(&pair[1]), Pen { width: 0.9, ..pen }.dashed(1.5, 3.0));
                }
            }
        }
        canvas.polyline(&piece, pen);
        if let Some(start) = course.first().filter(|start| inside(start)) {
            canvas.disc(place(start), 2.6, pen.color, 1.0);
        }
    }
    for (kind, x, y) in &portrait.points {
        let center = (plot.x(*x), plot.y(*y));
        canvas.disc(center, 5.5, theme.ink, 1.0);
        if !kind.starts_with("stable") {
            canvas.disc(center, 3.8, theme.paper, 1.0);
        }
        if kind == "saddle" {
            canvas.disc(center, 1.6, theme.ink, 1.0);
        }
    }
}

/// An arrow of fixed length around a place.
fn arrow(canvas: &mut Canvas<'_>, theme: &Theme, (x, y): (f64, f64), (dx, dy): (f64, f64)) {
    let length = (dx * dx + dy * dy).sqrt();
    if !(length > 0.0 && length.is_finite()) {
        return;
    }
    let (dx, dy) = (dx / length, dy / length);
    let at = |along: f64, across: f64| (x + along * dx - across * dy, y + along * dy + across * dx);
    let pen = Pen::new(theme.muted, 0.9).alpha(0.55);
    canvas.line(at(-HALF, 0.0), at(HALF, 0.0), pen);
    canvas.polyline(&[at(HALF - 3.2, -2.2), at(HALF, 0.0), at(HALF - 3.2, 2.2)], pen);
}

fn time(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, portrait: &Portrait) {
    let all = || portrait.courses.iter().flatten();
    let (from, to) = range(all().map(|point| point.0)).unwrap_or((0.0, 1.0));
    let (low, high) = range(all().map(|point| point.1)).unwrap_or((0.0, 1.0));
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear("Time (ms)", from, to, 4),
        Axis::nice(title(&portrait.axes[0]), low, high, 5),
    );
    plot.axes(canvas);
    for (at, course) in portrait.courses.iter().enumerate().rev() {
        let pen = if at == 0 { Pen::new(theme.ink, 1.7) } else { Pen::new(theme.muted, 1.2) };
        let line: Vec<(f64, f64)> = course.iter().map(|point| (plot.x(point.0), plot.y(point.1))).collect();
        canvas.polyline(&line, pen);
    }
}

fn key(theme: &Theme, portrait: &Portrait) -> Vec<(Swatch, String)> {
    let [x, y] = colors(theme).map(|color| Swatch::Line(Pen::new(color, 2.2)));
    let [of_x, of_y] = portrait.axes.each_ref().map(|(name, _)| format!("d{name}/dt = 0"));
    let mut entries = vec![
        (x, of_x),
        (y, of_y),
        (Swatch::Marker(Marker::Circle, theme.ink), "stable fixed point".to_owned()),
        (Swatch::Ring(theme.ink), "unstable".to_owned()),
        (Swatch::Line(Pen::new(theme.ink, 1.7)), "the cell's course".to_owned()),
    ];
    if portrait.courses.len() > 1 {
        entries.push((Swatch::Line(Pen::new(theme.muted, 1.2)), "from elsewhere".to_owned()));
    }
    entries
}

fn alt(portraits: &[Portrait]) -> String {
    let point = |(kind, x, y): &(String, f64, f64)| format!("{kind} at ({}, {})", number(*x), number(*y));
    let one = |portrait: &Portrait| {
        let points: Vec<String> = portrait.points.iter().map(point).collect();
        let points = if points.is_empty() { "no fixed point".to_owned() } else { points.join(", ") };
        format!("{}: {points}.", portrait.actor.label)
    };
    format!("Phase planes. {}", portraits.iter().map(one).collect::<Vec<_>>().join(" "))
}

/// The nullclines, the fixed points and the courses, a row per point.
fn csv(portraits: &[Portrait]) -> Result<String, FigureError> {
    let (mut sides, mut what) = (Vec::new(), Vec::new());
    let (mut times, mut xs, mut ys) = (Vec::new(), Vec::new(), Vec::new());
    let mut add = |side: &str, kind: String, (time, x, y): (f64, f64, f64)| {
        sides.push(side.to_owned());
        what.push(kind);
        times.push(time);
        xs.push(x);
        ys.push(y);
    };
    for portrait in portraits {
        let side = portrait.actor.name.as_str();
        for (variable, points) in &portrait.nullclines {
            let kind = format!("nullcline of {}", portrait.axes[*variable].0);
            points.iter().for_each(|&(x, y)| add(side, kind.clone(), (f64::NAN, x, y)));
        }
        portrait.points.iter().for_each(|(kind, x, y)| add(side, kind.clone(), (f64::NAN, *x, *y)));
        for (at, course) in portrait.courses.iter().enumerate() {
            course.iter().for_each(|&point| add(side, format!("course {at}"), point));
        }
    }
    let table = Table::new()
        .with_texts("side", sides)?
        .with_texts("what", what)?
        .with_numbers("time_ms", times)?
        .with_numbers("x", xs)?
        .with_numbers("y", ys)?;
    Ok(table.to_csv())
}
