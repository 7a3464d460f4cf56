//! `protocol.detect_pattern`: a cell, and a pattern that comes again and again.

mod afferents;
mod course;
mod score;

use super::{Conduct, Findings, Stage};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use course::{Course, Inputs};
use duet_random::Key;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, format};
use duet_spiking::{Simulation, SpikingSide};
use duet_units::{Frequency, Problem, Range, Time, parameters};
use indexmap::IndexMap;
use rayon::prelude::*;

parameters! {
    /// Many afferents fire at random; some of them, at random moments, repeat one stretch of spikes, which a cell is to find.
    ///
    /// # Equations
    /// ```text
    /// afferent j fires at rate r_j(t) + background;   r_j wanders in 0 ... rate_max, by at most rate_max / swing
    /// in a share "shown" of the intervals the carriers fire as in the pattern, each spike shifted by jitter · N(0, 1)
    /// hit: a spike within 1.2 pattern lengths of the beginning of a pattern;   false alarm: a spike anywhere else
    /// hit_rate = patterns with a hit / patterns,  latency = mean time from a pattern's beginning to its hit
    /// success  = 1 where hit_rate is 0.95 or more without a single false alarm
    /// ```
    ///
    /// # Behaviour
    /// The scores are those of the last third; all of the time is for learning, and nobody says where the pattern is. It is
    /// never shown twice in a row. Afferents are silent for one length of the pattern at most. The pattern is a stretch of the
    /// same process, so that only coincidences tell it apart, no rate. All sides see the same spikes.
    ///
    /// # References
    /// - Masquelier, Guyonneau & Thorpe 2008, PLoS ONE 3:e1377
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::DetectPattern;
    /// let detect: DetectPattern = toml::from_str("duration = '60 s'").unwrap();
    /// assert_eq!(detect.pattern.get(), 50.0);
    /// ```
    pub struct DetectPattern {
        /// How long.
        pub duration: Time, in Range::POSITIVE;
        /// Length of the pattern, and of the intervals that hold it or do not.
        pub pattern: Time = Time::new(50.0), in Range::POSITIVE;
        /// Share of the intervals that hold it.
        pub shown: f64 = 0.25, in Range { low: 0.0, high: 0.5, includes_low: false, includes_high: true };
        /// Share of the afferents that carry it, the first ones.
        pub carriers: f64 = 0.5, in Range { low: 0.0, high: 1.0, includes_low: false, includes_high: true };
        /// Standard deviation of the shift of each of its spikes.
        pub jitter: Time = Time::new(1.0), in Range::NON_NEGATIVE;
        /// The highest rate of an afferent.
        pub rate_max: Frequency = Frequency::new(90.0), in Range::POSITIVE;
        /// The shortest time from silence to the highest rate.
        pub swing: Time = Time::new(50.0), in Range::POSITIVE;
        /// Rate of the spikes that come on top, pattern or not.
        pub background: Frequency = Frequency::new(10.0), in Range::NON_NEGATIVE;
    }
    relations { pattern < duration; }
}

impl DetectPattern {
    fn simulation(
        stage: &Stage<'_>,
        name: &str,
        side: &SpikingSide,
        seed: usize,
    ) -> Result<Simulation<f64>, HarnessError> {
        let network = &stage.networks[seed];
        let projection = &network.projections[0];
        let key = Key::new(stage.seeds[seed]).child("side");
        let mut simulation = Simulation::new(network, side, &[projection.from], projection.to, key)
            .map_err(|error| Stage::refused(name, error.to_string()))?;
        simulation.set_learning(side.learns());
        Ok(simulation)
    }

    /// All sides under one seed, each with the same spikes.
    fn run(
        &self,
        stage: &Stage<'_>,
        sides: &[(&str, &SpikingSide)],
        seed: usize,
        progress: &dyn Progress,
    ) -> Result<Option<(Inputs, Vec<Course>)>, HarnessError> {
        let dt = sides[0].1.dt.get();
        let steps = ((self.duration.get() / dt).round() as u64).max(1);
        let mut simulations: Vec<Simulation<f64>> = sides
            .iter()
            .map(|&(name, side)| Self::simulation(stage, name, side, seed))
            .collect::<Result<_, _>>()?;
        let projection = &stage.networks[seed].projections[0];
        let size = stage.networks[seed].populations[projection.from].size;
        let mut inputs = Inputs::new(self, size, dt, Key::new(stage.seeds[seed]));
        let mut courses = vec![Course::default(); sides.len()];
        for step in 0..steps {
            // Only the first seed's last pattern is drawn.
            inputs.step(step, if seed == 0 { steps } else { 0 });
            for (simulation, course) in simulations.iter_mut().zip(&mut courses) {
                simulation.step(&[(projection.from, &inputs.spikes)]);
                if !simulation.spikes(projection.to).is_empty() {
                    course.spikes.push(step as f64 * dt);
                }
            }
            if step % 1024 == 0 || step + 1 == steps {
                for (simulation, (name, _)) in simulations.iter().zip(sides) {
                    simulation.check().map_err(|error| HarnessError::NotFinite {
                        side: (*name).to_owned(),
                        seed: stage.seeds[seed],
                        words: error.to_string(),
                    })?;
                }
                if progress.stopped() {
                    return Ok(None);
                }
            }
        }
        for (mut simulation, course) in simulations.into_iter().zip(&mut courses) {
            simulation.settle();
            course.weights = simulation.weights(0).collect();
            course.judged = self.judge(&course.spikes, &inputs.starts);
            course.score = Some(self.score(&course.judged, &inputs.starts));
        }
        Ok(Some((inputs, courses)))
    }

    /// Numbers of one side, one for each seed.
    fn metrics(runs: &[(Inputs, Vec<Course>)], side: usize) -> IndexMap<String, Metric> {
        let mut metrics = IndexMap::new();
        let mut add = |name: &str,
                       unit: &str,
                       words: &str,
                       read: &dyn Fn(&Inputs, &Course) -> f64,
                       why: &str| {
            let metric =
                over_seeds(runs.iter().map(|(i, courses)| read(i, &courses[side])).collect(), unit, words);
            let metric = if metric.value.is_none() { metric.with_why_null(why) } else { metric };
            metrics.insert(name.to_owned(), metric);
        };
        let score = |course: &Course| course.score.expect("scored at the end of its run");
        let none = "no pattern fell into the last third";
        add(
            "success",
            "1",
            "share of the seeds with a hit rate of 0.95 or more and no false alarm in the last third",
            &|_, c| score(c).success(),
            none,
        );
        add(
            "hit_rate",
            "1",
            "share of the patterns of the last third in which it fired",
            &|_, c| score(c).hit_rate,
            none,
        );
        add(
            "false_alarms",
            "Hz",
            "spikes outside patterns in the last third, per second",
            &|_, c| score(c).false_alarms,
            none,
        );
        add(
            "latency",
            "ms",
            "time from a pattern's beginning to its first spike, mean over the last third",
            &|_, c| score(c).latency,
            "no hit in the last third",
        );
        add("rate", "Hz", "spikes in the last third, per second", &|_, c| score(c).rate, none);
        add(
            "last_false_alarm",
            "s",
            "time of the last spike outside a pattern",
            &|_, c| score(c).last_false_alarm,
            "it never fired outside a pattern",
        );
        add(
            "w_pattern",
            "1",
            "mean weight of the afferents with the pattern, at the end",
            &|i, c| mean(&c.weights[..i.carriers()]),
            none,
        );
        add(
            "w_other",
            "1",
            "mean weight of the other afferents, at the end",
            &|i, c| mean(&c.weights[i.carriers()..]),
            "every afferent carries the pattern",
        );
        metrics
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// What a side did, in a sentence.
fn verdict(label: &str, metrics: &IndexMap<String, Metric>) -> String {
    let words = |name: &str| metrics[name].value.map_or("n/a".to_owned(), format::number);
    let percent = |name: &str| metrics[name].value.map_or("n/a".to_owned(), format::percent);
    let seeds = metrics["success"].values.len();
    let found = metrics["success"].values.iter().filter(|value| **value == Some(1.0)).count();
    format!(
        "{label}: found on {found} of {seeds} seeds; it answers {} of the patterns after {} ms, with {} false alarms a second.",
        percent("hit_rate"),
        words("latency"),
        words("false_alarms")
    )
}

impl Conduct for DetectPattern {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let network = scenario.network();
        let fits = |p: &duet_topology::ProjectionSpec| {
            let one = |names: &[String]| <[String; 1]>::try_from(names.to_vec()).ok().map(|[name]| name);
            let (from, to) = (one(&p.from.0), one(&p.to.0));
            let is_one =
                |name: &String| network.population[name].extent().is_ok_and(|extent| extent.units == 1);
            p.pattern.name() == "full" && from != to && to.is_some_and(|to| is_one(&to))
        };
        if network.population.len() != 2
            || network.projection.len() != 1
            || !network.projection.values().all(fits)
        {
            let words = "protocol.detect_pattern needs two populations, the afferents and a single cell, and one full projection from the former to the latter";
            problems.push(Problem::new("projection", words));
        }
        let mut first: Option<(&String, Time)> = None;
        for (name, side) in &scenario.side {
            let Some(spiking) = &side.spiking else {
                let words =
                    "protocol.detect_pattern shows spikes to a cell; an artificial side has none and no time";
                problems.push(
                    Problem::new(format!("side.{name}"), words).hint("protocol.learn teaches both kinds"),
                );
                continue;
            };
            match first {
                None => first = Some((name, spiking.dt)),
                Some((of, dt)) if dt != spiking.dt => {
                    let words = format!(
                        "{} is not the {dt} of side `{of}`, and all sides see the same spikes",
                        spiking.dt
                    );
                    problems.push(Problem::new(format!("side.{name}.spiking.dt"), words));
                }
                Some(_) => {}
            }
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        [("duration", self.duration), ("pattern", self.pattern)]
            .into_iter()
            .filter_map(|(what, time)| super::rounding(what, time, spiking.dt))
            .collect()
    }

    fn learns(&self) -> bool {
        true
    }

    fn headline(&self) -> Option<&'static str> {
        Some("success")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            Self::simulation(stage, name, spiking, 0)?;
        }
        Ok(())
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
        let job = |seed: usize| self.run(stage, &sides, seed, progress);
        let runs: Vec<Option<(Inputs, Vec<Course>)>> = stage
            .pool
            .install(|| (0..stage.seeds.len()).into_par_iter().map(job).collect::<Result<_, _>>())?;
        let stopped = || HarnessError::Stopped { folder: folder.path().to_owned() };
        let runs: Vec<(Inputs, Vec<Course>)> = runs.into_iter().collect::<Option<_>>().ok_or_else(stopped)?;
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        let (inputs, courses) = &runs[0];
        for (at, ((name, _), course)) in sides.iter().zip(courses).enumerate() {
            course.write(folder, name, &stage.networks[0], inputs)?;
            let metrics = Self::metrics(&runs, at);
            findings.verdicts.push(verdict(stage.scenario.side[*name].label(name), &metrics));
            findings.metrics.sides.insert((*name).to_owned(), metrics);
        }
        let words = format!(
            "every spike of {} afferents, and the pattern of {} in {} of the time",
            inputs.size(),
            self.pattern,
            format::percent(self.shown)
        );
        findings.shared = vec![SharedFact { what: "input".to_owned(), words, same: true }];
        Ok(findings)
    }
}

#[cfg(test)]
mod tests;
