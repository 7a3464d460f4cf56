//! `protocol.fi_curve`: what one unit makes of a steady input, in either physics.

mod artificial;
mod biological;
mod range;

pub use range::InputRange;

use super::drive::plan;
use super::probe::{Probe, unknown_population};
use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_record::{Metric, Metrics, RunFolder, SharedFact, format, layout};
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;

parameters! {
    /// One unit of every side is given a steady input, from weak to strong, and what comes out is measured.
    ///
    /// # Equations
    /// ```text
    /// biological:   rate = 1000 (n - 1) / (t_last - t_first) Hz, from the n spikes after the transient under a constant current
    /// artificial:   y = f(z) and f'(z) at an input of z
    /// with noise:   rate = 1000 n / (duration - transient) Hz, mean over cells
    ///               cv = sd of intervals / their mean;   correlation = mean over pairs of cells of cov(n_i, n_j) / var(n)
    /// rheobase:     the smallest current under which a cell fires again and again, found by bisection
    /// ```
    ///
    /// # Behaviour
    /// Both physics are asked the same question: the activation function of an artificial unit is the f-I curve of a cell.
    /// Each side has inputs in its own unit. A cell begins at rest at every input and fires twice at least, or its rate is
    /// 0. A curve that leaves zero smoothly is called type I, one that jumps type II; `onset_rate` is the rate just above
    /// the rheobase. Where the model has a closed form it is drawn beside what was measured. The cell stands alone, but its
    /// side's stimuli act: with noise this is the f-I curve under noise, and the irregularity of the intervals beside it. One
    /// train says little then: `cells` are tried side by side, each with its own noise. Where their noise is `shared` in
    /// part, it is also measured how much their spike counts in windows vary together. The closed form under white noise
    /// is Siegert's, for a threshold that is looked at all the time. `[[record]]` with `at` keeps what the cell does at one
    /// input.
    ///
    /// # References
    /// - Hodgkin 1948, J. Physiol. 107:165 (type I and type II).
    /// - Gerstner, Kistler, Naud & Paninski (2014), Neuronal Dynamics, sections 1.3 and 4.4.
    /// - Siegert 1951, Phys. Rev. 81:617 (the rate under white noise); de la Rocha et al. 2007, Nature 448:802 (correlation).
    /// - Goodfellow, Bengio & Courville (2016), Deep Learning, section 6.3.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::FiCurve;
    /// let text = "population = 'cell'\ninput.lif = { from = '0 nA', to = '5 nA', points = 6 }";
    /// let curve: FiCurve = toml::from_str(text).unwrap();
    /// let inputs: Vec<String> = curve.input["lif"].inputs().iter().map(ToString::to_string).collect();
    /// assert_eq!(inputs, ["0 pA", "1 nA", "2 nA", "3 nA", "4 nA", "5 nA"]);
    /// ```
    pub struct FiCurve {
        /// Whose unit.
        pub population: String;
        /// How long a cell is given each input.
        pub duration: Time = Time::new(1000.0), in Range::POSITIVE;
        /// How much of the beginning does not count.
        pub transient: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// How many cells are tried side by side at each input.
        pub cells: usize = 1, in Range::between(1.0, 10_000.0);
        /// Length of the windows in which spikes of several cells are counted.
        pub window: Time = Time::new(100.0), in Range::POSITIVE;
        /// The inputs of each side, by its name. An artificial side without goes from -5 to 5.
        pub input: IndexMap<String, InputRange> = IndexMap::new();
    }
    relations { transient < duration; }
}

/// The table of a side's curve in its folder, and the one of what its cells share.
const TABLE: &str = "fi_curve";
const SHARED: &str = "shared_noise";

impl FiCurve {
    /// The inputs of a side.
    fn range(&self, name: &str) -> InputRange {
        self.input.get(name).cloned().unwrap_or_default()
    }

    /// Inputs that are missing, in another unit, or of no side.
    fn input_problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let at = |name: &str| format!("protocol.fi_curve.input.{name}");
        for (name, range) in &self.input {
            let Some(side) = scenario.side.get(name) else {
                let known: Vec<&str> = scenario.side.keys().map(String::as_str).collect();
                let hint = format!("the sides are: {}", known.join(", "));
                problems.push(Problem::new(at(name), format!("there is no side `{name}`")).hint(hint));
                continue;
            };
            problems.extend(range.problems(side, &self.population).into_iter().map(|p| p.below(&at(name))));
        }
        for (name, _) in scenario
            .side
            .iter()
            .filter(|(name, side)| side.spiking.is_some() && !self.input.contains_key(*name))
        {
            let words = format!("the inputs of side `{name}` are missing");
            let hint = format!(
                "add `input.{name} = {{ from = \"0 pA\", to = \"500 pA\", points = 51 }}` in the unit of its model"
            );
            problems.push(Problem::new("protocol.fi_curve", words).hint(hint));
        }
        problems
    }
}

impl Conduct for FiCurve {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(problem) = unknown_population(scenario, "fi_curve", &self.population) {
            return vec![problem];
        }
        problems.extend(self.input_problems(scenario));
        for (index, record) in scenario.record.iter().enumerate() {
            let place = format!("record[{index}]");
            if !record.is_about(&self.population) {
                let words = format!("protocol.fi_curve drives population `{}` only", self.population);
                problems.push(Problem::new(format!("{place}.population"), words));
            }
            if record.at.is_none() {
                let words = "protocol.fi_curve tries many inputs; `at` says at which one to record";
                problems.push(Problem::new(place, words).hint("add for example `at = \"500 pA\"`"));
            }
        }
        for (name, side) in &scenario.side {
            if let Some(spiking) = &side.spiking {
                let steps = (self.duration.get() / spiking.dt.get()).round() as u64;
                problems.extend(plan::problems(scenario, name, (spiking, true), steps));
            }
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        super::rounding("duration", self.duration, spiking.dt).into_iter().collect()
    }

    fn records(&self) -> bool {
        true
    }

    fn first_metric(&self, scenario: &Scenario) -> Option<String> {
        // What all sides have stands first; under noise a cell fires at any input, now and then.
        let has_onset = |side: &Side| {
            let spiking = side.spiking.as_ref();
            spiking.is_some_and(|spiking| spiking.stimuli_of(&self.population).next().is_none())
        };
        let are_cells = scenario.side.values().all(has_onset);
        Some(format!("{}.{}", self.population, if are_cells { "rheobase" } else { "highest_output" }))
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
            unless_stopped(progress, folder)?;
            let label = side.label(name);
            let (tables, own) = match (&side.ann, &side.spiking) {
                (Some(ann), _) => {
                    let (table, own) = artificial::curve(ann, &self.population, &self.range(name))?;
                    (vec![(TABLE, table)], own)
                }
                (_, Some(spiking)) => {
                    let probe = Probe::of_cells(stage, name, spiking, (&self.population, self.cells))?;
                    biological::record(self, stage, folder, name, &probe)?;
                    biological::curve(self, stage, &probe)?
                }
                (None, None) => continue,
            };
            findings.verdicts.push(verdict(label, &own));
            for (table, rows) in tables {
                folder.write(layout::trace(name, table), rows.to_csv())?;
            }
            let metrics =
                own.into_iter().map(|(path, metric)| (format!("{}.{path}", self.population), metric));
            findings.metrics.sides.insert(name.clone(), metrics.collect());
        }
        let cells =
            if self.cells > 1 { format!(", {} cells side by side", self.cells) } else { String::new() };
        let words = format!("a steady input, from rest; each side in its own unit{cells}");
        findings.shared = vec![SharedFact { what: "inputs".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let spiking = side.spiking.as_ref()?;
        let neuron = spiking.neuron_of(&self.population).name();
        Some(format!(
            "One membrane ({neuron}) in steps of {}, each current held for {}.",
            spiking.dt, self.duration
        ))
    }
}

/// A side's curve in a sentence.
fn verdict(label: &str, metrics: &IndexMap<String, Metric>) -> String {
    let get = |path: &str| metrics.get(path);
    let value = |path: &str| get(path).and_then(|metric| metric.value);
    let shown = |path: &str| {
        let metric = get(path).filter(|metric| metric.value.is_some());
        metric.map_or("n/a".to_owned(), |metric| {
            format::with_unit(metric.value.unwrap_or(f64::NAN), &metric.unit)
        })
    };
    if get("steepest").is_some() {
        return format!("{label}: slope at most {}.", shown("steepest"));
    }
    match (value("rheobase"), value("highest_output")) {
        (Some(_), _) => format!(
            "{label} fires from {} on, at {} to begin with, and reaches {}.",
            shown("rheobase"),
            shown("onset_rate"),
            shown("highest_output")
        ),
        (None, Some(highest)) if highest > 0.0 => {
            format!("{label} fires at every input tried, at up to {}.", shown("highest_output"))
        }
        _ => format!("{label} fires at no input tried."),
    }
}

#[cfg(test)]
mod tests;
