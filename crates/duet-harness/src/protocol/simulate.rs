//! `protocol.simulate`: a network of spiking cells at scale.

mod course;
mod measure;
mod record;
mod words;

use super::{Conduct, Findings, Stage};
use crate::HarnessError;
use crate::checkpoint::Keeper;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use course::Course;
use duet_kernels::Real;
use duet_random::Key;
use duet_record::{RunFolder, SideTiming};
use duet_spiking::SpikingSide;
use duet_spiking::network::{self, Engine};
use duet_topology::Sketch;
use duet_units::{Describe, Problem, Range, Shape, Time, parameters};
use serde::{Deserialize, Serialize};

parameters! {
    /// A network of any size runs by itself, driven by its stimuli, on all threads; statistics are kept while it runs.
    ///
    /// # Equations
    /// ```text
    /// rate       = spikes after the transient / (cells · time)                              Hz
    /// cv         = mean over cells with five spikes and more of sd / mean of their intervals
    /// synchrony  = variance / mean of the population's spikes in windows of 3 ms            1: independent Poisson cells
    /// rhythm     = frequency above 2 Hz at which the power of the population's activity is largest
    /// ```
    /// # Behaviour
    /// Synapses that stay as they are drawn are stored in two or four bytes each, so networks of hundreds of millions fit a
    /// laptop. Synapses can learn by rules on pairs of spikes with bounds (stdp, triplet_stdp, vogels), at twenty bytes each; protocol.drive
    /// is for smaller networks, in which everything can be watched and can learn. Spikes are the same for
    /// any number of threads. The run folder has all spikes of the first seed in `traces/SIDE/spikes.bin`, a readable
    /// sample of them, the activity of every population in bins, and rate and CV of cells. A run that is stopped goes on
    /// with `duet resume`, spike for spike. Metrics of each population: `rate`, `rate_sd` (over its cells), `silent` (the share of
    /// cells without a spike), `cv`, `synchrony`, `rhythm`; of each projection that learns `weight` and `weight_sd`; of the whole side `rate`, `cv`, `spikes` and `events`, the spikes times
    /// the synapses that each went through.
    ///
    /// # References
    /// - Brette et al. 2007, J. Comput. Neurosci. 23:349 (the field's benchmark networks)
    /// - Morrison et al. 2005, Neural Comput. 17:1776 (distributed simulation on a grid)
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Simulate;
    /// let simulate: Simulate = toml::from_str("duration = '1 s'\ntransient = '100 ms'").unwrap();
    /// assert_eq!(simulate.steps("0.1 ms".parse().unwrap()), 10_000);
    /// ```
    pub struct Simulate {
        /// How long.
        pub duration: Time, in Range::POSITIVE;
        /// How much of the beginning statistics leave out.
        pub transient: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// Width of the bins of activity.
        pub bin: Time = Time::new(1.0), in Range::POSITIVE;
        /// How many cells of each population are drawn in a raster: the first so many.
        pub sample: usize = 100, in Range::between(1.0, 10_000.0);
        /// How long the raster is; it begins after the transient.
        pub window: Time = Time::new(300.0), in Range::POSITIVE;
        /// How exact the cells' numbers are: `single` is faster, and statistics do not tell the difference.
        pub precision: Precision = Precision::Single;
    }
    relations { transient < duration; }
}

/// How exact the numbers of a cell's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits, seven digits.
    Single,
    /// 64 bits, sixteen digits.
    Double,
}

impl Describe for Precision {
    fn shape() -> Shape {
        Shape::Text { allowed: &["single", "double"] }
    }

    fn show(&self) -> String {
        match self {
            Self::Single => "\"single\"".to_owned(),
            Self::Double => "\"double\"".to_owned(),
        }
    }
}

impl Simulate {
    /// How long in steps.
    pub fn steps(&self, dt: Time) -> u64 {
        steps(self.duration, dt)
    }
}

/// A time in whole steps, at least one.
fn steps(time: Time, dt: Time) -> u64 {
    ((time.get() / dt.get()).round() as u64).max(1)
}

/// The sides that are simulated.
fn sides(scenario: &Scenario) -> impl Iterator<Item = (&str, &SpikingSide)> {
    scenario.side.iter().filter_map(|(name, side)| Some((name.as_str(), side.spiking.as_ref()?)))
}

/// The network under a seed, with nothing drawn.
pub(super) fn sketch(scenario: &Scenario, seed: u64) -> Result<Sketch, HarnessError> {
    let sketch = scenario.network().sketch(Key::new(seed).child("network"));
    sketch.map_err(|error| HarnessError::Side { side: "network".to_owned(), words: error.to_string() })
}

/// Everything of a scenario that the engine for networks at scale cannot do.
pub(super) fn at_scale_problems(scenario: &Scenario) -> Vec<Problem> {
    let Ok(sketch) = sketch(scenario, scenario.seed) else {
        let words = "a network at scale is drawn row by row; weights that depend on each other and moving windows cannot be";
        return vec![Problem::new("projection", words).hint("protocol.drive draws networks as a whole")];
    };
    let of_side = |(name, side): (&str, &SpikingSide)| {
        let problem = |(path, words)| Problem::new(format!("side.{name}.spiking.{path}"), words);
        network::refusals(&sketch, side).into_iter().map(problem).collect::<Vec<_>>()
    };
    sides(scenario).flat_map(of_side).collect()
}

impl Conduct for Simulate {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, side) in &scenario.side {
            if side.spiking.is_none() {
                let words = "protocol.simulate runs cells; an artificial side has none and no time";
                problems.push(
                    Problem::new(format!("side.{name}"), words)
                        .hint("protocol.learn puts an artificial side beside a spiking one"),
                );
            }
        }
        problems.extend(at_scale_problems(scenario));
        for (name, side) in sides(scenario) {
            if self.bin.get() < side.dt.get() {
                let words = format!("bin = {} is shorter than the time step of side `{name}`", self.bin);
                problems.push(Problem::new("protocol.simulate.bin", words));
            }
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        let times = [("duration", self.duration), ("transient", self.transient), ("bin", self.bin)];
        times.into_iter().filter_map(|(what, time)| super::rounding(what, time, spiking.dt)).collect()
    }

    fn first_metric(&self, _scenario: &Scenario) -> Option<String> {
        Some("rate".to_owned())
    }

    fn draws_by_itself(&self) -> bool {
        true
    }

    fn bytes(&self, scenario: &Scenario, threads: usize) -> Option<(String, u128)> {
        let sketch = sketch(scenario, scenario.seed).ok()?;
        let needs = sides(scenario).map(|(_, side)| network::Needs::new(&sketch, side, threads));
        let most = needs.max_by_key(|needs| needs.bytes)?;
        let what = format!("a network of {} cells and up to {} synapses", most.cells, most.synapses);
        Some((what, most.bytes))
    }

    fn rehearse(&self, _stage: &Stage<'_>) -> Result<(), HarnessError> {
        // Everything that does not fit together is told from the description.
        Ok(())
    }

    fn lets_learn(&self, side: &Side) -> bool {
        side.spiking.as_ref().is_some_and(SpikingSide::learns)
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let resolved = stage.scenario.resolved();
        let mut findings = Findings::default();
        for (name, side) in sides(stage.scenario) {
            let mut courses = Vec::new();
            for (index, &seed) in stage.seeds.iter().enumerate() {
                let sketch = sketch(stage.scenario, seed)?;
                let keeper = Keeper::new(folder, name, seed, &resolved);
                let plan = course::Plan { simulate: self, name, side, seed, is_first: index == 0 };
                let course = match self.precision {
                    Precision::Single => {
                        Course::run::<f32>(&plan, &sketch, &keeper, stage.pool, folder, progress)
                    }
                    Precision::Double => {
                        Course::run::<f64>(&plan, &sketch, &keeper, stage.pool, folder, progress)
                    }
                }?;
                if index == 0 {
                    record::write(folder, &plan, &sketch, &course)?;
                    findings.timing.insert(name.to_owned(), course.timing());
                    findings.metrics.network = measure::of_network(&course);
                }
                courses.push(course);
            }
            let names: Vec<&str> = stage.networks[0].populations.keys().map(String::as_str).collect();
            let metrics = measure::metrics(self, side.dt.get(), &names, &courses);
            let label = stage.scenario.side[name].label(name);
            findings.verdicts.push(words::verdict(label, &names, &metrics));
            findings.diagnoses.extend(words::diagnoses(name, &names, &metrics));
            findings.metrics.sides.insert(name.to_owned(), metrics);
        }
        findings.shared = words::shared(self, stage.scenario);
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        side.spiking.as_ref().map(words::summary)
    }
}

impl Course {
    /// What it took, for the manifest.
    fn timing(&self) -> SideTiming {
        let biological_s = self.biological_s();
        SideTiming {
            build_s: Some(self.build_s),
            simulate_s: Some(self.simulate_s),
            biological_s: Some(biological_s),
            real_time_factor: Some(self.simulate_s / biological_s),
            ..SideTiming::default()
        }
    }
}

/// The engine of a side.
fn build<T: Real>(
    plan: &course::Plan<'_>,
    sketch: &Sketch,
    pool: &rayon::ThreadPool,
) -> Result<Engine<T>, HarnessError> {
    let key = Key::new(plan.seed).child("side");
    pool.install(|| Engine::new(sketch, plan.side, key, pool.current_num_threads()))
        .map_err(|error| Stage::refused(plan.name, error.to_string()))
}
