//! `protocol.phase_plane`: a cell of two variables as a flow in a plane.

mod course;
mod nullcline;
mod plane;
mod portrait;

use super::probe::{Probe, unknown_population};
use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_record::{Metrics, RunFolder, SharedFact};
use duet_spiking::SpikingSide;
use duet_spiking::initial::{Constant, Initial, Level};
use duet_spiking::neuron::Variable;
use duet_spiking::stimulus::{Amplitude, expected};
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;
use portrait::Portrait;

parameters! {
    /// A part of an axis, in the unit of its variable.
    pub struct Span {
        /// Where it begins.
        pub from: Level;
        /// Where it ends.
        pub to: Level;
    }
}

parameters! {
    /// A state to begin from.
    pub struct Start {
        /// The first variable.
        pub x: Level;
        /// The second variable.
        pub y: Level;
    }
}

parameters! {
    /// Inputs among which a resting state is lost.
    pub struct Scan {
        /// The weakest, at which the cell rests.
        pub from: Amplitude;
        /// The strongest.
        pub to: Amplitude;
        /// How many are tried before the place is found by bisection.
        pub points: usize = 41, in Range::between(2.0, 1000.0);
    }
}

parameters! {
    /// The cell of every side under a constant input: where nothing moves, where everything goes, and how it gets there.
    ///
    /// # Equations
    /// ```text
    /// dx/dt = f(x, y, I),  dy/dt = g(x, y, I)
    /// nullclines:    f = 0 and g = 0          fixed points: where they cross
    /// Jacobian J     of (f, g) at a fixed point, eigenvalues (T ± sqrt(T² - 4 D)) / 2 from trace T and determinant D
    /// D < 0 saddle;  T < 0 stable, T > 0 unstable;  T² < 4 D focus (it spirals), else node
    /// ```
    /// # Behaviour
    /// A stable fixed point is a resting state. A cell whose only fixed point is unstable has nowhere to rest and fires for
    /// ever. `bifurcation` finds the input at which the last resting state is lost: by a change of stability (Hopf: the
    /// oscillation begins with a frequency of its own) or by meeting a saddle and vanishing (saddle-node: it begins as slowly
    /// as one likes). A reset is a jump from the threshold back across the plane. The cell's own beginning is its rest
    /// without input, or the side's `initial`; `starts` adds others. Stimuli of the side do not act. An artificial unit has
    /// no state between two inputs: a point, not a plane.
    ///
    /// # References
    /// - FitzHugh 1961, Biophys. J. 1:445
    /// - Izhikevich 2007, Dynamical Systems in Neuroscience, chapter 4; Gerstner et al. 2014, Neuronal Dynamics, chapter 4
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::PhasePlane;
    /// let text = "population = 'cell'\nduration = '100 ms'\nx = { from = -2.5, to = 2.5 }\ny = { from = -1, to = 4 }\ninput.fhn = 2.0";
    /// let plane: PhasePlane = toml::from_str(text).unwrap();
    /// assert_eq!(plane.x.to.get(), 2.5);
    /// ```
    pub struct PhasePlane {
        /// Whose cell.
        pub population: String;
        /// How long it is watched.
        pub duration: Time, in Range::POSITIVE;
        /// The part of the first variable's axis that is shown and searched.
        pub x: Span;
        /// The same of the second variable.
        pub y: Span;
        /// The constant input of each side, by its name; none unless given.
        pub input: IndexMap<String, Amplitude> = IndexMap::new();
        /// States to begin from, besides the cell's own beginning.
        pub starts: Vec<Start> = Vec::new();
        /// Sides whose bifurcation is looked for, and where.
        pub bifurcation: IndexMap<String, Scan> = IndexMap::new();
    }
}

impl PhasePlane {
    /// The constant input of a side.
    fn input_of(&self, name: &str) -> f64 {
        self.input.get(name).map_or(0.0, |input| input.get())
    }

    fn no_side(scenario: &Scenario, path: String, name: &str) -> Problem {
        let known: Vec<&str> = scenario.side.keys().map(String::as_str).collect();
        let hint = format!("the sides are: {}", known.join(", "));
        Problem::new(path, format!("there is no side `{name}`")).hint(hint)
    }

    /// Ends of axes and states in another unit than the variable's.
    fn level_problems(&self, variables: &[Variable]) -> Vec<Problem> {
        let mut levels = Vec::new();
        for (axis, key, span) in [(0, "x", &self.x), (1, "y", &self.y)] {
            levels.push((axis, format!("{key}.from"), span.from));
            levels.push((axis, format!("{key}.to"), span.to));
        }
        for (index, start) in self.starts.iter().enumerate() {
            levels.push((0, format!("starts[{index}].x"), start.x));
            levels.push((1, format!("starts[{index}].y"), start.y));
        }
        let mut problems = Vec::new();
        for (axis, path, level) in levels {
            let found = Initial::Constant(Constant(level)).problems(variables[axis]);
            let place = format!("protocol.phase_plane.{path}");
            problems.extend(found.into_iter().map(|problem| Problem { path: place.clone(), ..problem }));
        }
        problems
    }

    /// What of a side cannot be put into a plane.
    fn side_problems(&self, name: &str, side: &SpikingSide) -> Vec<Problem> {
        let neuron = side.neuron_of(&self.population);
        let mut problems = Vec::new();
        let count = neuron.variables().len();
        if count != 2 || neuron.flow().is_none() {
            let words = format!("{} cells have {}, no plane", neuron.name(), variables(count));
            let hint = "models with two are fitzhugh_nagumo, morris_lecar, izhikevich and adex";
            problems.push(Problem::new(format!("side.{name}.spiking.neuron"), words).hint(hint));
            return problems;
        }
        problems.extend(self.level_problems(neuron.variables()));
        let unit = neuron.input_unit();
        let of_scan = self.bifurcation.get(name);
        let inputs = [
            ("input", self.input.get(name).copied()),
            ("bifurcation", of_scan.map(|scan| scan.from)),
            ("bifurcation", of_scan.map(|scan| scan.to)),
        ];
        for (key, input) in inputs {
            if let Some(input) = input.filter(|input| input.unit() != unit) {
                let words = format!("{input} is in another unit: {} takes {}", neuron.name(), expected(unit));
                problems.push(Problem::new(format!("protocol.phase_plane.{key}.{name}"), words));
            }
        }
        problems
    }
}

/// So many variables, in words.
fn variables(count: usize) -> String {
    if count == 1 { "one variable".to_owned() } else { format!("{count} variables") }
}

impl Conduct for PhasePlane {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(problem) = unknown_population(scenario, "phase_plane", &self.population) {
            return vec![problem];
        }
        for (key, span) in [("x", &self.x), ("y", &self.y)] {
            if span.from.get() >= span.to.get() {
                let words = format!("from = {} must be below to = {}", span.from, span.to);
                problems.push(Problem::new(format!("protocol.phase_plane.{key}"), words));
            }
        }
        for (key, name) in (self.input.keys().map(|name| ("input", name)))
            .chain(self.bifurcation.keys().map(|name| ("bifurcation", name)))
            .filter(|(_, name)| !scenario.side.contains_key(*name))
        {
            problems.push(Self::no_side(scenario, format!("protocol.phase_plane.{key}.{name}"), name));
        }
        for (name, scan) in self.bifurcation.iter().filter(|(_, scan)| scan.from.get() >= scan.to.get()) {
            let words = format!("from = {} must be below to = {}", scan.from, scan.to);
            problems.push(Problem::new(format!("protocol.phase_plane.bifurcation.{name}"), words));
        }
        for (name, side) in &scenario.side {
            match &side.spiking {
                None => problems.push(
                    Problem::new(
                        format!("side.{name}"),
                        "protocol.phase_plane needs cells; an artificial unit has no state: a point, not a plane",
                    )
                    .hint("give it a `spiking` table, or leave it out"),
                ),
                Some(spiking) => problems.extend(self.side_problems(name, spiking)),
            }
        }
        problems.dedup();
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        super::rounding("duration", self.duration, spiking.dt).into_iter().collect()
    }

    fn headline(&self) -> Option<&'static str> {
        Some("fixed_points")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        Probe::rehearse(stage, &self.population)
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (name, side) in &stage.scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            unless_stopped(progress, folder)?;
            let portrait = Portrait::paint(self, stage, name, spiking)?;
            portrait.write(folder, name)?;
            findings.verdicts.push(portrait.verdict(side.label(name)));
            findings.metrics.sides.insert(name.clone(), portrait.metrics());
        }
        let words = "a constant input to each side, from the moment at which the cell is watched".to_owned();
        findings.shared = vec![SharedFact { what: "inputs".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let spiking = side.spiking.as_ref()?;
        let neuron = spiking.neuron_of(&self.population).name();
        Some(format!("One membrane ({neuron}) in steps of {}, watched for {}.", spiking.dt, self.duration))
    }
}

#[cfg(test)]
mod tests;
