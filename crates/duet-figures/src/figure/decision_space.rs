//! The plane in which two populations decide.

use duet_record::format::number;
use duet_record::{Run, Table};
use duet_units::parameters;

use super::{Draw, Needs};
use crate::axis::Axis;
use crate::canvas::{Area, Canvas, Pen};
use crate::cast::{Actor, cast};
use crate::drawing::{Drawing, MARGIN, Sheet, WIDTH};
use crate::error::{FigureError, Needed};
use crate::legend::{self, Swatch, legend};
use crate::plot::Plot;
use crate::theme::{Marker, Theme};

parameters! {
    /// The fractions of open receptors of the two populations: where each would stay, where both do, and the ways of some trials.
    ///
    /// # Behaviour
    /// One panel for every side that decides in time, under its weakest evidence. Populations 1 and 2 compete: right and low
    /// means that 1 has won. A way begins at the dot and lingers near the saddle before it falls to one side. First seed. Needs
    /// a run of `protocol.decide` with a biological side.
    pub default struct DecisionSpace {}
}

const NAME: &str = "decision_space";
const FULL: f64 = WIDTH - 2.0 * MARGIN;
const PANEL: f64 = 470.0;

type Points = Vec<(f64, f64)>;

struct Plane<'c> {
    actor: &'c Actor,
    nullclines: [Points; 2],
    rests: Vec<(bool, f64, f64)>,
    ways: Vec<Points>,
}

impl Draw for DecisionSpace {
    const NEEDS: &[Needs] = &[Needs::Ways];

    fn draw(&self, run: &Run, theme: &Theme) -> Result<Vec<Drawing>, FigureError> {
        let cast = cast(run, theme)?;
        let mut planes = Vec::new();
        for actor in &cast {
            // A side that answers at once has no such plane.
            match run.trace(&actor.name, "decision_ways", &[]) {
                Err(error) if error.is_missing() => {}
                _ => planes.push(read(run, actor)?),
            }
        }
        (!planes.is_empty()).then_some(()).needed(NAME, "traces/SIDE/decision_ways.csv")?;
        let entries = key(theme, &planes);
        let above = legend::height(theme, FULL, &entries) + 4.0;
        let sheet = Sheet {
            name: NAME.into(),
            title: "Where does a decision fall?".into(),
            note: "Fractions of open receptors of both populations under the weakest evidence for population 1. First seed.".into(),
            caption: "Where two nullclines cross nothing moves. Noise and evidence push the state past the saddle, to one of two \
                      attractors; a way ends where the rate crosses the threshold."
                .into(),
            alt: alt(&planes),
        };
        let csv = csv(&planes)?;
        let drawing = sheet.draw(theme, above + PANEL * planes.len() as f64, csv, |canvas, top| {
            legend(canvas, theme, (MARGIN, top - 6.0), FULL, &entries);
            for (at, plane) in planes.iter().enumerate() {
                let y = top + above + at as f64 * PANEL;
                // Nearly square: both axes are the same quantity.
                let w = PANEL + 30.0;
                panel(canvas, theme, Area { x: MARGIN + (FULL - w) / 2.0, y, w, h: PANEL - 6.0 }, plane);
            }
        })?;
        Ok(vec![drawing])
    }
}

fn read<'c>(run: &Run, actor: &'c Actor) -> Result<Plane<'c>, FigureError> {
    let trace = |name: &str, file: &'static str| run.trace(&actor.name, name, &[]).needed(NAME, file);
    let places = |table: &Table| -> Result<Points, FigureError> {
        Ok(table.numbers("s_1")?.iter().copied().zip(table.numbers("s_2")?.iter().copied()).collect())
    };
    let lines = trace("decision_nullclines", "traces/SIDE/decision_nullclines.csv")?;
    let of = lines.numbers("population")?.to_vec();
    let points = places(&lines)?;
    let line = |population: f64| {
        of.iter().zip(&points).filter(|(of, _)| **of == population).map(|(_, point)| *point).collect()
    };
    let fixed = trace("decision_points", "traces/SIDE/decision_points.csv")?;
    let stable = fixed.numbers("stable")?.to_vec();
    let rests = stable.iter().zip(places(&fixed)?).map(|(&stable, (x, y))| (stable == 1.0, x, y)).collect();
    let courses = trace("decision_ways", "traces/SIDE/decision_ways.csv")?;
    let mut ways: Vec<Points> = Vec::new();
    let mut last = f64::NAN;
    for (&trial, point) in courses.numbers("trial")?.iter().zip(places(&courses)?) {
        if trial != last {
            ways.push(Vec::new());
            last = trial;
        }
        if let Some(way) = ways.last_mut() {
            way.push(point);
        }
    }
    Ok(Plane { actor, nullclines: [line(1.0), line(2.0)], rests, ways })
}

fn panel(canvas: &mut Canvas<'_>, theme: &Theme, area: Area, plane: &Plane<'_>) {
    let ends = plane.rests.iter().flat_map(|rest| [rest.1, rest.2]);
    let ways = plane.ways.iter().flatten().flat_map(|point| [point.0, point.1]);
    let most = (ends.chain(ways).fold(0.5, f64::max) * 1.12).min(1.0);
    let title = format!("{}: S of population 2", plane.actor.label);
    let plot = Plot::inside(
        theme,
        area,
        Axis::linear("S of population 1 (fraction of open receptors)", 0.0, most, 6),
        Axis::linear(title, 0.0, most, 6),
    );
    plot.axes(canvas);
    let inside = |point: &&(f64, f64)| plot.x.holds(point.0) && plot.y.holds(point.1);
    let place = |point: &(f64, f64)| (plot.x(point.0), plot.y(point.1));
    for way in &plane.ways {
        let points: Points = way.iter().filter(inside).map(place).collect();
        canvas.polyline(&points, Pen::new(plane.actor.color, 1.1).alpha(0.75));
    }
    for (line, color) in plane.nullclines.iter().zip(theme.diverging) {
        // A nullcline may leave the plane and come back: a piece ends where the next point is far.
        let mut piece: Points = Vec::new();
        for point in line.iter().filter(inside).map(place) {
            let is_far = |last: &(f64, f64)| (last.0 - point.0).hypot(last.1 - point.1) > 30.0;
            if piece.last().is_some_and(is_far) {
                canvas.polyline(&std::mem::take(&mut piece), Pen::new(color, 2.2));
            }
            piece.push(point);
        }
        canvas.polyline(&piece, Pen::new(color, 2.2));
    }
    if let Some(start) = plane.ways.first().and_then(|way| way.first()).filter(inside) {
        canvas.disc(place(start), 3.2, plane.actor.color, 1.0);
    }
    for &(stable, x, y) in &plane.rests {
        let center = (plot.x(x), plot.y(y));
        canvas.disc(center, 5.5, theme.ink, 1.0);
        if !stable {
            canvas.disc(center, 3.8, theme.paper, 1.0);
        }
    }
}

fn key(theme: &Theme, planes: &[Plane<'_>]) -> Vec<(Swatch, String)> {
    let [first, second] = theme.diverging.map(|color| Swatch::Line(Pen::new(color, 2.2)));
    let mut entries = vec![
        (first, "population 1 stays".to_owned()),
        (second, "population 2 stays".to_owned()),
        (Swatch::Marker(Marker::Circle, theme.ink), "attractor".to_owned()),
        (Swatch::Ring(theme.ink), "saddle".to_owned()),
    ];
    if let Some(plane) = planes.first() {
        entries.push((Swatch::Line(Pen::new(plane.actor.color, 1.1)), "trials".to_owned()));
    }
    entries
}

fn alt(planes: &[Plane<'_>]) -> String {
    let rest = |(stable, x, y): &(bool, f64, f64)| {
        let kind = if *stable { "attractor" } else { "unstable point" };
        format!("{kind} at ({}, {})", number(*x), number(*y))
    };
    let one = |plane: &Plane<'_>| {
        let rests: Vec<String> = plane.rests.iter().map(rest).collect();
        format!("{}: {}.", plane.actor.label, rests.join(", "))
    };
    format!("Decision spaces. {}", planes.iter().map(one).collect::<Vec<_>>().join(" "))
}

fn csv(planes: &[Plane<'_>]) -> Result<String, FigureError> {
    let (mut sides, mut what, mut points) = (Vec::new(), Vec::new(), Points::new());
    for plane in planes {
        let mut add = |kind: String, point: (f64, f64)| {
            sides.push(plane.actor.name.clone());
            what.push(kind);
            points.push(point);
        };
        for (at, line) in plane.nullclines.iter().enumerate() {
            line.iter().for_each(|&point| add(format!("nullcline of population {}", at + 1), point));
        }
        for &(stable, x, y) in &plane.rests {
            add(if stable { "attractor" } else { "unstable" }.to_owned(), (x, y));
        }
        for (at, way) in plane.ways.iter().enumerate() {
            way.iter().for_each(|&point| add(format!("trial {at}"), point));
        }
    }
    let table = Table::new()
        .with_texts("side", sides)?
        .with_texts("what", what)?
        .with_numbers("s_1", points.iter().map(|point| point.0).collect())?
        .with_numbers("s_2", points.iter().map(|point| point.1).collect())?;
    Ok(table.to_csv())
}
