//! Everything about one side's plane.

use super::course::Course;
use super::nullcline::{Piece, nullcline};
use super::plane::{FixedPoint, Kind, Plane};
use super::{PhasePlane, Scan};
use crate::HarnessError;
use crate::protocol::Stage;
use crate::protocol::probe::Probe;
use duet_record::{Metric, RunFolder, Table, format, layout};
use duet_spiking::SpikingSide;
use duet_spiking::neuron::{Flow, Variable};
use indexmap::IndexMap;

/// Arrows along each axis.
const ARROWS: (usize, usize) = (19, 15);
/// Bisections for a bifurcation.
const HALVINGS: usize = 40;

/// The input at which the last resting state is lost, and what became of it.
struct Bifurcation {
    input: Option<f64>,
    /// Whether the fixed point is still there, and unstable (Hopf), or gone (saddle-node).
    is_hopf: bool,
}

pub(super) struct Portrait {
    variables: [Variable; 2],
    unit: &'static str,
    duration: f64,
    /// Of each variable.
    nullclines: [Vec<Piece>; 2],
    arrows: Vec<[f64; 4]>,
    points: Vec<FixedPoint>,
    /// The cell's own course first.
    courses: Vec<Course>,
    bifurcation: Option<Bifurcation>,
}

impl Portrait {
    pub(super) fn paint(
        phase_plane: &PhasePlane,
        stage: &Stage<'_>,
        name: &str,
        side: &SpikingSide,
    ) -> Result<Self, HarnessError> {
        let neuron = side.neuron_of(&phase_plane.population);
        let no_plane = || Stage::refused(name, format!("{} cells have no plane", neuron.name()));
        let flow = neuron.flow().ok_or_else(no_plane)?;
        let variables: [Variable; 2] = flow.variables().try_into().map_err(|_| no_plane())?;
        let plane = of_input(phase_plane, &flow, phase_plane.input_of(name));
        // Stimuli would move the nullclines while the cell is on its way.
        let still = SpikingSide { stimulus: IndexMap::new(), ..side.clone() };
        let probe = Probe::new(stage, name, &still, &phase_plane.population)?;
        let starts = phase_plane.starts.iter().map(|start| Some((start.x.get(), start.y.get())));
        let courses = std::iter::once(None)
            .chain(starts)
            .map(|start| Course::run(phase_plane, &probe, start))
            .collect::<Result<_, _>>()?;
        let place = |at: usize, of: usize, axis| Plane::place(axis, 2 * at + 1, 2 * of);
        let arrow = |at: usize| {
            let (x, y) = (place(at % ARROWS.0, ARROWS.0, plane.x), place(at / ARROWS.0, ARROWS.1, plane.y));
            let [dx, dy] = plane.at(x, y);
            [x, y, dx, dy]
        };
        Ok(Self {
            variables,
            unit: neuron.input_unit().symbol(),
            duration: phase_plane.duration.get(),
            nullclines: [nullcline(&plane, 0), nullcline(&plane, 1)],
            arrows: (0..ARROWS.0 * ARROWS.1).map(arrow).collect(),
            points: plane.fixed_points(),
            courses,
            bifurcation: phase_plane.bifurcation.get(name).map(|scan| bifurcation(phase_plane, &flow, scan)),
        })
    }

    /// Everything measured.
    pub(super) fn metrics(&self) -> IndexMap<String, Metric> {
        let count = |of: &dyn Fn(&Kind) -> bool| {
            self.points.iter().map(FixedPoint::kind).filter(|kind| of(kind)).count() as f64
        };
        let mut metrics = IndexMap::new();
        let mut add = |path: String, value: f64, unit: &str, definition: &str| {
            metrics.insert(path, Metric::new(value, unit, definition));
        };
        let all = "states inside the plane in which nothing moves";
        add("fixed_points".to_owned(), self.points.len() as f64, "1", all);
        let stable = "fixed points that small pushes do not leave: resting states";
        add("stable_points".to_owned(), count(&|kind| kind.is_stable()), "1", stable);
        let saddle = "fixed points that are left along one line and reached along another";
        add("saddles".to_owned(), count(&|kind| *kind == Kind::Saddle), "1", saddle);
        for (at, point) in self.points.iter().enumerate() {
            let kind = point.kind().words();
            let [x, y] = self.variables;
            let where_ =
                format!("where the nullclines cross; a {kind}, the points are counted from the left");
            add(format!("{}[{}]", x.name, at + 1), point.x, x.unit, &where_);
            add(format!("{}[{}]", y.name, at + 1), point.y, y.unit, &where_);
            let trace = "trace of the Jacobian at the point; stable below 0";
            add(format!("trace[{}]", at + 1), point.trace, "1/ms", trace);
            let determinant = "determinant of the Jacobian at the point; below 0 a saddle";
            add(format!("determinant[{}]", at + 1), point.determinant, "1/ms2", determinant);
            let growth = "largest real part of an eigenvalue: how fast a small push grows";
            add(format!("growth[{}]", at + 1), point.growth(), "1/ms", growth);
        }
        let own = &self.courses[0];
        add("spikes".to_owned(), own.spikes.len() as f64, "1", "spikes from the cell's own beginning");
        let keeps = f64::from(u8::from(own.keeps_firing(self.duration)));
        add(
            "keeps_firing".to_owned(),
            keeps,
            "1",
            "1 where two spikes or more fall into the second half, else 0",
        );
        let swing =
            "distance between the highest and the lowest value of the first variable in the second half";
        add("swing".to_owned(), own.high - own.low, self.variables[0].unit, swing);
        if let Some(found) = &self.bifurcation {
            let definition = "input at which the last resting state is lost, found by bisection";
            let none = "the number of resting states does not fall to zero among these inputs";
            let metric = found.input.map_or_else(
                || Metric::null(none, self.unit, definition),
                |input| Metric::new(input, self.unit, definition),
            );
            metrics.insert("bifurcation".to_owned(), metric);
        }
        metrics
    }

    /// What the plane says, in a sentence.
    pub(super) fn verdict(&self, label: &str) -> String {
        let [x, y] = self.variables;
        let one = |point: &FixedPoint| {
            let (at_x, at_y) = (format::with_unit(point.x, x.unit), format::with_unit(point.y, y.unit));
            format!("a {} at {} = {at_x}, {} = {at_y}", point.kind().words(), x.name, y.name)
        };
        let points: Vec<String> = self.points.iter().map(one).collect();
        let points = if points.is_empty() { "no fixed point".to_owned() } else { points.join("; ") };
        let points = points.replace("a unstable", "an unstable");
        let own = &self.courses[0];
        let does = match own.spikes.len() {
            _ if own.keeps_firing(self.duration) => "it keeps firing",
            0 => "it does not fire",
            1 => "it fires once and rests",
            _ => "it fires a few times and rests",
        };
        let lost = self.bifurcation.as_ref().and_then(|found| Some((found.input?, found.is_hopf)));
        let lost = lost.map_or(String::new(), |(input, is_hopf)| {
            let how = if is_hopf { "turns unstable (Hopf)" } else { "vanishes (saddle-node)" };
            format!("; its resting state {how} at an input of {}", format::with_unit(input, self.unit))
        });
        format!("{label}: {points}; {does}{lost}.")
    }

    /// The tables of a side: nullclines, flow, fixed points and courses.
    pub(super) fn write(&self, folder: &RunFolder, name: &str) -> Result<(), HarnessError> {
        let [x, y] = self.variables.map(|variable| variable.name.to_owned());
        let pieces = || {
            let numbered = self
                .nullclines
                .iter()
                .zip([&x, &y])
                .flat_map(|(pieces, of)| pieces.iter().map(move |piece| (of, piece)));
            numbered.enumerate().flat_map(|(at, (of, piece))| piece.iter().map(move |point| (at, of, point)))
        };
        let nullclines = Table::new()
            .with_texts("variable", pieces().map(|(_, of, _)| of.clone()).collect())?
            .with_numbers("piece", pieces().map(|(at, ..)| at as f64).collect())?
            .with_numbers("x", pieces().map(|(_, _, point)| point.0).collect())?
            .with_numbers("y", pieces().map(|(_, _, point)| point.1).collect())?;
        let arrows = |column: usize| self.arrows.iter().map(|arrow| arrow[column]).collect::<Vec<f64>>();
        let flow = Table::new()
            .with_numbers("x", arrows(0))?
            .with_numbers("y", arrows(1))?
            .with_numbers("dx", arrows(2))?
            .with_numbers("dy", arrows(3))?;
        let points = |of: fn(&FixedPoint) -> f64| self.points.iter().map(of).collect::<Vec<f64>>();
        let kinds = self.points.iter().map(|point| point.kind().words().to_owned()).collect();
        let fixed = Table::new()
            .with_texts("kind", kinds)?
            .with_numbers("x", points(|point| point.x))?
            .with_numbers("y", points(|point| point.y))?
            .with_numbers("trace", points(|point| point.trace))?
            .with_numbers("determinant", points(|point| point.determinant))?;
        let steps = || {
            let all = self.courses.iter().enumerate();
            all.flat_map(|(at, course)| course.points.iter().map(move |point| (at as f64, *point)))
        };
        let courses = Table::new()
            .with_numbers("course", steps().map(|(at, _)| at).collect())?
            .with_numbers("time_ms", steps().map(|(_, point)| point.0).collect())?
            .with_numbers("x", steps().map(|(_, point)| point.1).collect())?
            .with_numbers("y", steps().map(|(_, point)| point.2).collect())?;
        // The names and units of the axes, for whoever draws them.
        let axes = Table::new()
            .with_texts("variable", vec![x, y])?
            .with_texts("unit", self.variables.map(|variable| variable.unit.to_owned()).to_vec())?;
        for (table, content) in [
            ("nullclines", nullclines),
            ("flow", flow),
            ("fixed_points", fixed),
            ("courses", courses),
            ("axes", axes),
        ] {
            folder.write(layout::trace(name, table), content.to_csv())?;
        }
        Ok(())
    }
}

/// The plane under an input.
fn of_input<'a>(phase_plane: &PhasePlane, flow: &'a Flow, current: f64) -> Plane<'a> {
    let (x, y) = (&phase_plane.x, &phase_plane.y);
    Plane { flow, current, x: (x.from.get(), x.to.get()), y: (y.from.get(), y.to.get()) }
}

/// Where the last stable point is lost between two inputs.
fn bifurcation(phase_plane: &PhasePlane, flow: &Flow, scan: &Scan) -> Bifurcation {
    let points = |current: f64| of_input(phase_plane, flow, current).fixed_points();
    let rests = |current: f64| points(current).iter().any(|point| point.kind().is_stable());
    let (from, to, last) = (scan.from.get(), scan.to.get(), scan.points - 1);
    let inputs: Vec<f64> = (0..scan.points).map(|at| Plane::place((from, to), at, last)).collect();
    let lost = inputs.windows(2).find(|pair| rests(pair[0]) && !rests(pair[1]));
    let Some(&[mut resting, mut restless]) = lost.and_then(|pair| <&[f64; 2]>::try_from(pair).ok()) else {
        return Bifurcation { input: None, is_hopf: false };
    };
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(resting, restless);
        if rests(middle) { resting = middle } else { restless = middle }
    }
    let is_hopf = points(resting).len() == points(restless).len();
    Bifurcation { input: Some(f64::midpoint(resting, restless)), is_hopf }
}
