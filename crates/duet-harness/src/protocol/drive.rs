//! `protocol.drive`: cells under their stimuli, from rest.

pub(super) mod course;
mod measure;
pub(super) mod plan;
mod recording;
mod words;

use super::{Conduct, Findings, Stage};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use course::Course;
use duet_random::Key;
use duet_record::{Metrics, RunFolder};
use duet_spiking::{Simulation, SpikingSide};
use duet_units::{Problem, Range, Time, parameters};
use indexmap::IndexMap;
use plan::Plan;
use rayon::prelude::*;

parameters! {
    /// The cells of every side are left to their stimuli for a time, from rest, and what they do is recorded.
    ///
    /// # Equations
    /// ```text
    /// rate  = 1000 n / (cells (duration - transient)) Hz, from the n spikes after the transient
    /// cv    = standard deviation / mean of the interspike intervals after the transient, pooled over cells
    /// ```
    /// # Behaviour
    /// The stimuli stand at the sides (`[side.NAME.spiking.stimulus.NAME]`), so sides may differ in their model, their
    /// stimulus or both. Metrics of each population: `spikes`, `rate`, `first_spike`, `first_interval`, `last_interval`,
    /// `cv`; and of its first cell `v_rest`, `v_peak`, `v_min` and the potential at each time of `at`, as `v[12.5 ms]`. Where
    /// there are too few spikes the metric is n/a and says why. Plasticity acts; where a side learns, each projection has `w_mean` and
    /// `w_extreme`, the share of its weights in the lowest or highest fifth of their range at the end. A state that is no longer finite stops
    /// the run. What is kept can be chosen with `[[record]]`.
    ///
    /// # References
    /// - Hodgkin & Huxley 1952, J. Physiol. 117:500 (the experiment: current in, potential out)
    /// - Gerstner, Kistler, Naud & Paninski (2014), Neuronal Dynamics, sections 1.3 and 6.1.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Drive;
    /// let drive: Drive = toml::from_str("duration = '100 ms'\nat = ['8 ms']").unwrap();
    /// assert_eq!(drive.steps("any side", "0.1 ms".parse().unwrap()), 1000);
    /// ```
    pub struct Drive {
        /// How long.
        pub duration: Time, in Range::POSITIVE;
        /// How much of the beginning rates and intervals leave out.
        pub transient: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// Sides that end earlier, by name.
        pub until: IndexMap<String, Time> = IndexMap::new(), in Range::POSITIVE;
        /// Times at which the potential of each population's first cell becomes a metric.
        pub at: Vec<Time> = Vec::new(), in Range::NON_NEGATIVE;
    }
    relations { transient < duration; }
}

impl Drive {
    /// How long a side is driven.
    pub fn duration_of(&self, side: &str) -> Time {
        self.until.get(side).copied().unwrap_or(self.duration)
    }

    /// The same in steps.
    pub fn steps(&self, side: &str, dt: Time) -> u64 {
        ((self.duration_of(side).get() / dt.get()).round() as u64).max(1)
    }

    /// One side under one seed, from beginning to end.
    fn run(
        &self,
        stage: &Stage<'_>,
        (name, side): (&str, &SpikingSide),
        seed: usize,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<Option<Course>, HarnessError> {
        let network = &stage.networks[seed];
        let key = Key::new(stage.seeds[seed]).child("side");
        let plan = Plan::new(stage.scenario, name, (side, false), network, self.steps(name, side.dt));
        let refused = |error: duet_spiking::SpikingError| Stage::refused(name, error.to_string());
        let mut simulation =
            Simulation::<f64>::new(network, side, &[], network.populations.len(), key).map_err(refused)?;
        simulation.set_learning(side.learns());
        // Only the first seed's traces are kept.
        let plan = if seed == 0 { plan } else { Plan::default() };
        let mut course = Course::new(self, side.dt.get(), network, plan);
        course.observe(0, &simulation);
        // A look at every cell after every step would cost a large network as much as the step.
        let cells: usize = network.populations.values().map(|population| population.size).sum();
        let (last, stride) = (self.steps(name, side.dt), if cells > 100 { 64 } else { 1 });
        for step in 1..=last {
            simulation.step(&[]);
            if step % stride == 0 || step == last {
                simulation.check().map_err(|error| HarnessError::NotFinite {
                    side: name.to_owned(),
                    seed: stage.seeds[seed],
                    words: error.to_string(),
                })?;
            }
            course.observe(step, &simulation);
            if step % 4096 == 0 && is_stopped() {
                return Ok(None);
            }
        }
        if side.learns() {
            simulation.settle();
            course.keep_weights(network, &simulation);
        }
        Ok(Some(course))
    }
}

impl Conduct for Drive {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, side) in &scenario.side {
            let Some(spiking) = &side.spiking else {
                let words = "protocol.drive drives cells; an artificial side has none and no time";
                problems.push(
                    Problem::new(format!("side.{name}"), words)
                        .hint("protocol.fi_curve holds an activation beside a cell"),
                );
                continue;
            };
            problems.extend(plan::problems(scenario, name, (spiking, false), self.steps(name, spiking.dt)));
        }
        for (index, _) in scenario.record.iter().enumerate().filter(|(_, record)| record.at.is_some()) {
            let words = "protocol.drive has one input, the stimuli; `at` is for protocol.fi_curve";
            problems.push(Problem::new(format!("record[{index}].at"), words).hint("leave `at` out"));
        }
        for (name, until) in &self.until {
            let at = format!("protocol.drive.until.{name}");
            if !scenario.side.contains_key(name) {
                let known: Vec<&str> = scenario.side.keys().map(String::as_str).collect();
                let hint = format!("the sides are: {}", known.join(", "));
                problems.push(Problem::new(at, format!("there is no side `{name}`")).hint(hint));
            } else if *until > self.duration || *until <= self.transient {
                let words =
                    format!("{until} does not lie between the transient and the end, {}", self.duration);
                problems.push(Problem::new(at, words));
            }
        }
        for (index, time) in self.at.iter().enumerate().filter(|(_, time)| **time > self.duration) {
            let words = format!("{time} is later than the end, {}", self.duration);
            problems.push(Problem::new(format!("protocol.drive.at[{index}]"), words));
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        let times = [("duration", self.duration), ("transient", self.transient)];
        let at = self.at.iter().map(|time| ("at", *time));
        let at = at.chain(self.until.values().map(|time| ("until", *time)));
        times
            .into_iter()
            .chain(at)
            .filter_map(|(what, time)| super::rounding(what, time, spiking.dt))
            .collect()
    }

    fn records(&self) -> bool {
        true
    }

    fn first_metric(&self, scenario: &Scenario) -> Option<String> {
        scenario.population.keys().next().map(|name| format!("{name}.spikes"))
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        let network = &stage.networks[0];
        for (name, side) in &stage.scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            let key = Key::new(stage.seeds[0]).child("side");
            Simulation::<f64>::new(network, spiking, &[], network.populations.len(), key)
                .map_err(|error| Stage::refused(name, error.to_string()))?;
        }
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
        let sides: Vec<(&str, &SpikingSide)> = stage
            .scenario
            .side
            .iter()
            .filter_map(|(name, side)| Some((name.as_str(), side.spiking.as_ref()?)))
            .collect();
        let seeds = stage.seeds.len();
        let job = |job: usize| self.run(stage, sides[job / seeds], job % seeds, &|| progress.stopped());
        let courses: Vec<Option<Course>> = stage
            .pool
            .install(|| (0..sides.len() * seeds).into_par_iter().map(job).collect::<Result<_, _>>())?;
        let stopped = || HarnessError::Stopped { folder: folder.path().to_owned() };
        let courses: Vec<Course> = courses.into_iter().collect::<Option<_>>().ok_or_else(stopped)?;
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for ((name, side), courses) in sides.iter().zip(courses.chunks(seeds)) {
            let label = stage.scenario.side[*name].label(name);
            let duration = self.duration_of(name).get();
            courses[0].write(folder, name, side, duration)?;
            let mut metrics = measure::metrics(self, duration, courses);
            metrics.extend(measure::weights(courses));
            findings.verdicts.extend(words::verdict(label, &stage.networks[0], &metrics));
            findings.diagnoses.extend(words::diagnoses(name, side, &stage.networks[0], &metrics));
            findings.metrics.sides.insert((*name).to_owned(), metrics);
        }
        findings.shared = words::shared(stage.scenario, self);
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        side.spiking.as_ref().map(words::summary)
    }
}

#[cfg(test)]
mod tests;
