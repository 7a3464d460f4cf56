//! `protocol.convergence`: how far off a cell is, by method and time step.

mod measure;

use super::probe::{Probe, unknown_population};
use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_record::{Diagnosis, Metrics, RunFolder, Severity, SharedFact, layout};
use duet_spiking::Integrator;
use duet_spiking::SpikingSide;
use duet_spiking::stimulus::{Amplitude, expected};
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;
use measure::Course;

parameters! {
    /// One cell of every side is solved again and again, by every method and with every time step, and its error is measured.
    ///
    /// # Equations
    /// ```text
    /// error(dt)  = |rate(dt) - rate|,  or |V(dt) - V| at one time
    /// order      = slope of log error over log dt, fitted to all steps with an error to be seen
    /// reference    the closed form where the model has one, else rkf45 at the smallest step, with a tolerance of 1e-12
    /// ```
    /// # Behaviour
    /// Halve the step, and a method of first order (Euler) halves its error, one of fourth order (rk4) divides it by sixteen:
    /// on logarithmic axes a straight line, whose slope is the order. A spike that is kept on the grid is late by up to a
    /// step, whatever the method: for rates the order is 1 unless spikes are found inside the step. Too large a step does not
    /// make a small error larger, it makes another cell: another rate, silence, or no finite number. The closed form holds for
    /// `lif` without stimuli. The side's own `dt` and `integrator` are replaced by those tried.
    ///
    /// # References
    /// - Hairer, Nørsett & Wanner 1993, Solving Ordinary Differential Equations I, section II.3
    /// - Hansel, Mato, Meunier & Neltner 1998, Neural Comput. 10:467 (the order that a spike on the grid leaves)
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Convergence;
    /// let text = "population = 'cell'\nduration = '1 s'\ndt = ['1 ms', '0.1 ms']\ninput.lif = '2.5 nA'\nmethod.euler.euler = {}";
    /// let convergence: Convergence = toml::from_str(text).unwrap();
    /// assert_eq!(convergence.finest().to_string(), "0.1 ms");
    /// ```
    pub struct Convergence {
        /// Whose cell.
        pub population: String;
        /// How long it is watched.
        pub duration: Time, in Range::POSITIVE;
        /// The time steps.
        pub dt: Vec<Time>, in Range::between(0.000_1, 1000.0);
        /// The methods, each under a name of your own.
        pub method: IndexMap<String, Integrator>;
        /// The constant input of each side, by its name; none unless given.
        pub input: IndexMap<String, Amplitude> = IndexMap::new();
        /// Sides whose potential at a time is compared, instead of their rate.
        pub potential_at: IndexMap<String, Time> = IndexMap::new(), in Range::POSITIVE;
    }
}

/// The table of a side's errors in its folder.
const TABLE: &str = "convergence";
/// A rate that is off by more than this share is worth a word.
const WRONG: f64 = 0.05;

impl Convergence {
    /// The smallest step.
    pub fn finest(&self) -> Time {
        self.dt.iter().copied().reduce(|a, b| if b < a { b } else { a }).unwrap_or(Time::new(1.0))
    }

    /// The constant input of a side.
    fn input_of(&self, name: &str) -> f64 {
        self.input.get(name).map_or(0.0, |input| input.get())
    }

    /// A side as it is with another step and method.
    fn varied(&self, side: &SpikingSide, dt: Time, method: Integrator) -> SpikingSide {
        let mut side = side.clone();
        side.dt = dt;
        side.integrator = Some(method);
        if let Some(own) = side.population.get_mut(&self.population) {
            own.integrator = None;
        }
        side
    }

    /// Methods that a side's cell does not have.
    fn method_problems(&self, scenario: &Scenario, name: &str, side: &SpikingSide) -> Vec<Problem> {
        let network = scenario.network();
        let mut problems = Vec::new();
        for (method, integrator) in &self.method {
            let varied = self.varied(side, self.finest(), integrator.clone());
            let of_method =
                varied.problems(&network).into_iter().filter(|p| p.path.starts_with("integrator"));
            problems.extend(of_method.map(|problem| Problem {
                path: format!("protocol.convergence.method.{method}"),
                words: format!("side `{name}`, {}", problem.words),
                hint: Some("leave the method out, or the side".to_owned()),
            }));
        }
        let neuron = side.neuron_of(&self.population);
        if !neuron.has_spike_times() {
            let words = format!("{} cells have no equation whose solution could be missed", neuron.name());
            problems.push(Problem::new(format!("side.{name}.spiking.neuron"), words));
        }
        if let Some(input) = self.input.get(name).filter(|input| input.unit() != neuron.input_unit()) {
            let takes = expected(neuron.input_unit());
            let words = format!("{input} is in another unit: {} takes {takes}", neuron.name());
            problems.push(Problem::new(format!("protocol.convergence.input.{name}"), words));
        }
        problems
    }

    /// Times that are not on the grid of a step: an error would be seen that is none.
    fn grid_problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, time) in &self.potential_at {
            let path = format!("protocol.convergence.potential_at.{name}");
            if *time > self.duration {
                let words = format!("{time} is later than the end, {}", self.duration);
                problems.push(Problem::new(path.clone(), words));
            }
            let off = self.dt.iter().find(|dt| {
                let steps = time.get() / dt.get();
                (steps - steps.round()).abs() > 1e-6 || steps < 0.5
            });
            if let Some(dt) = off {
                let words = format!("{time} is not a multiple of dt = {dt}");
                problems.push(Problem::new(path, words).hint("choose a time that all steps meet"));
            }
        }
        problems
    }
}

impl Conduct for Convergence {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(problem) = unknown_population(scenario, "convergence", &self.population) {
            return vec![problem];
        }
        if self.dt.len() < 2 {
            let words = "an order needs two time steps at least";
            problems.push(
                Problem::new("protocol.convergence.dt", words)
                    .hint("dt = [\"1 ms\", \"0.1 ms\", \"0.01 ms\"]"),
            );
        }
        if self.method.is_empty() {
            let words = "no method is given";
            problems.push(
                Problem::new("protocol.convergence.method", words).hint("add for example `euler.euler = {}`"),
            );
        }
        let of_inputs = self.input.keys().map(|name| ("input", name));
        let of_sides = of_inputs.chain(self.potential_at.keys().map(|name| ("potential_at", name)));
        for (key, name) in of_sides.filter(|(_, name)| !scenario.side.contains_key(*name)) {
            let known: Vec<&str> = scenario.side.keys().map(String::as_str).collect();
            let hint = format!("the sides are: {}", known.join(", "));
            let path = format!("protocol.convergence.{key}.{name}");
            problems.push(Problem::new(path, format!("there is no side `{name}`")).hint(hint));
        }
        problems.extend(self.grid_problems());
        for (name, side) in &scenario.side {
            match &side.spiking {
                None => problems.push(
                    Problem::new(
                        format!("side.{name}"),
                        "protocol.convergence needs cells; an artificial unit has no time to be cut into steps",
                    )
                    .hint("protocol.descend shows the same of gradient descent, whose step is the learning rate"),
                ),
                Some(spiking) => problems.extend(self.method_problems(scenario, name, spiking)),
            }
        }
        problems
    }

    fn first_metric(&self, _scenario: &Scenario) -> Option<String> {
        self.method.keys().next().map(|method| format!("{method}.order"))
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            for method in self.method.values() {
                let varied = self.varied(spiking, self.finest(), method.clone());
                Probe::new(stage, name, &varied, &self.population)?.cell()?;
            }
        }
        Ok(())
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
            let course = Course::measure(self, stage, name, spiking)?;
            findings.verdicts.push(course.verdict(side.label(name)));
            let words = course.faults().into_iter();
            findings.diagnoses.extend(words.map(|words| Diagnosis {
                severity: Severity::Warning,
                side: name.clone(),
                words,
            }));
            folder.write(layout::trace(name, TABLE), course.table()?.to_csv())?;
            findings.metrics.sides.insert(name.clone(), course.metrics());
        }
        let steps: Vec<String> = self.dt.iter().map(ToString::to_string).collect();
        let words = format!("{}, by {}", steps.join(", "), methods(&self.method));
        findings.shared = vec![SharedFact { what: "time steps".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let neuron = side.spiking.as_ref()?.neuron_of(&self.population).name();
        let (steps, methods) = (self.dt.len(), self.method.len());
        Some(format!("One membrane ({neuron}), solved by {methods} methods with {steps} time steps each."))
    }
}

/// The methods by their names.
fn methods(method: &IndexMap<String, Integrator>) -> String {
    method.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
