//! `protocol.reward`: one synapse of many earns rewards that come late.

mod findings;
mod place;
mod trial;

use super::{Conduct, Findings, Stage};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_record::{RunFolder, layout};
use duet_spiking::{Plasticity, SpikingSide};
use duet_units::{Problem, Range, Time, parameters};
use place::Place;
use rayon::prelude::*;
use trial::{Course, Schedule};

parameters! {
    /// One synapse of many earns rewards: whenever its source fires shortly before its target, dopamine comes seconds later.
    ///
    /// # Equations
    /// ```text
    /// a target's spike at t with 0 < t - t_pre <= window  earns  a reward at t + T,   T uniform in [after.from, after.to]
    /// t_pre = the source's last spike
    /// rank  = share of the other synapses that are weaker at the end; equally strong ones count half
    /// ```
    ///
    /// # Behaviour
    /// The reward says nothing about who earned it, and between deed and reward all cells fire many times. Every synapse
    /// hears it. The sides of `shuffled` get the rewards of the first other side under the same seed, in number and spacing, but with the
    /// intervals between them in random order: dopamine without a reason. Their rank is then as good as any, and one in
    /// twenty lies above 0.95 by chance. Cells must fire without the synapse's help, or nothing is ever earned. Stimuli
    /// stand at the sides.
    ///
    /// # References
    /// - Izhikevich 2007, Cereb. Cortex 17:2443, figures 1 and 2
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::DistalReward;
    /// let reward: DistalReward = toml::from_str("projection = 'a-b'\nduration = '100 s'").unwrap();
    /// assert_eq!((reward.source, reward.target), (0, 0));
    /// assert_eq!(reward.after.from.get(), 1000.0);
    /// ```
    pub struct DistalReward {
        /// The projection of the synapse.
        pub projection: String;
        /// How long.
        pub duration: Time, in Range::POSITIVE;
        /// The synapse's source, counted from 0.
        pub source: usize = 0;
        /// The synapse's target, counted from 0.
        pub target: usize = 0;
        /// How soon after the source the target must fire.
        pub window: Time = Time::new(20.0), in Range::POSITIVE;
        /// How long after that the reward comes.
        pub after: After = After::default();
        /// How far dopamine jumps.
        pub amount: f64 = 1.0;
        /// Sides whose rewards come at shuffled times.
        pub shuffled: Vec<String> = Vec::new();
        /// How many times the weights are looked at for the figure.
        pub looks: usize = 200, in Range::between(1.0, 100_000.0);
    }
}

parameters! {
    /// Between which two times after the deed a reward comes, all times between being equally likely.
    pub default struct After {
        /// The earliest.
        pub from: Time = Time::new(1000.0), in Range::NON_NEGATIVE;
        /// The latest.
        pub to: Time = Time::new(3000.0), in Range::NON_NEGATIVE;
    }
    relations { from <= to; }
}

impl DistalReward {
    fn steps(&self, dt: Time) -> u64 {
        ((self.duration.get() / dt.get()).round() as u64).max(1)
    }

    fn is_shuffled(&self, side: &str) -> bool {
        self.shuffled.iter().any(|name| name == side)
    }

    /// The side whose rewards the shuffled ones get.
    fn model<'s>(&self, scenario: &'s Scenario) -> Option<&'s str> {
        scenario.side.keys().map(String::as_str).find(|name| !self.is_shuffled(name))
    }

    /// What is wrong with the names of the shuffled sides.
    fn shuffled_problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let known: Vec<&str> = scenario.side.keys().map(String::as_str).collect();
        let unknown = |(index, name): (usize, &String)| {
            (!scenario.side.contains_key(name)).then(|| {
                let hint = crate::scenario::nearest(name, known.iter().copied())
                    .unwrap_or_else(|| format!("the sides are: {}", known.join(", ")));
                let at = format!("protocol.reward.shuffled[{index}]");
                Problem::new(at, format!("there is no side `{name}`")).hint(hint)
            })
        };
        let mut problems: Vec<Problem> = self.shuffled.iter().enumerate().filter_map(unknown).collect();
        if self.model(scenario).is_none() {
            let words = "every side is shuffled, and none earns the rewards";
            problems
                .push(Problem::new("protocol.reward.shuffled", words).hint("leave one side out of the list"));
        }
        problems
    }

    fn side_problem(&self, side: &Side) -> Option<Problem> {
        let Some(spiking) = &side.spiking else {
            let words = "protocol.reward waits for spikes; an artificial side has none and no time";
            return Some(Problem::new("", words).hint("make it a spiking side"));
        };
        let rule = spiking.plasticity_of(&self.projection);
        (!matches!(rule, Plasticity::RewardStdp(_))).then(|| {
            let words = format!(
                "projection `{}` has plasticity.{}, which hears no reward",
                self.projection,
                rule.name()
            );
            Problem::new("", words).hint("take plasticity.reward_stdp")
        })
    }
}

impl Conduct for DistalReward {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let Some(projection) = scenario.projection.get(&self.projection) else {
            let known: Vec<&str> = scenario.projection.keys().map(String::as_str).collect();
            let hint = crate::scenario::nearest(&self.projection, known.iter().copied())
                .unwrap_or_else(|| format!("the projections are: {}", known.join(", ")));
            let words = format!("there is no projection `{}`", self.projection);
            return vec![Problem::new("protocol.reward.projection", words).hint(hint)];
        };
        if projection.weights.is_none() || projection.from.0.len() != 1 || projection.to.0.len() != 1 {
            let words = "a projection with weights between two populations has a synapse to reward";
            problems.push(Problem::new("protocol.reward.projection", words));
        }
        problems.extend(self.shuffled_problems(scenario));
        for (name, side) in &scenario.side {
            problems.extend(self.side_problem(side).map(|problem| problem.below(&format!("side.{name}"))));
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        let times = [("duration", self.duration), ("window", self.window)];
        times.into_iter().filter_map(|(what, time)| super::rounding(what, time, spiking.dt)).collect()
    }

    fn learns(&self) -> bool {
        true
    }

    fn first_metric(&self, _scenario: &Scenario) -> Option<String> {
        Some(format!("{}.rank", self.projection))
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for network in stage.networks {
            Place::find(self, network)
                .map_err(|words| HarnessError::Side { side: "protocol.reward".to_owned(), words })?;
        }
        for (name, side) in &stage.scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            trial::simulation(spiking, &stage.networks[0], stage.seeds[0])
                .map_err(|error| Stage::refused(name, error.to_string()))?;
        }
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let seeds = stage.seeds.len();
        let all = stage.scenario.side.iter();
        let all: Vec<(&str, &SpikingSide)> =
            all.filter_map(|(name, side)| Some((name.as_str(), side.spiking.as_ref()?))).collect();
        let (shuffled, earning): (Vec<_>, Vec<_>) =
            all.iter().copied().partition(|(name, _)| self.is_shuffled(name));
        let conduct = |(name, side): (&str, &SpikingSide), seed: usize, schedule: Schedule| {
            trial::carry(self, (name, side), &stage.networks[seed], stage.seeds[seed], schedule, &|| {
                progress.stopped()
            })
        };
        let stopped = || HarnessError::Stopped { folder: folder.path().to_owned() };
        // The shuffled sides come second: what they get is known when the others are through.
        let carry =
            |sides: &[(&str, &SpikingSide)], models: &[Course]| -> Result<Vec<Course>, HarnessError> {
                let job = |job: usize| {
                    let (side, seed) = (sides[job / seeds], job % seeds);
                    let key = duet_random::Key::new(stage.seeds[seed]).child("reward");
                    let schedule = match models.get(seed) {
                        None => Schedule::earned(self, side.1.dt.get(), key),
                        Some(model) => Schedule::shuffled(&model.given, side.1.dt.get(), key),
                    };
                    conduct(side, seed, schedule)
                };
                let jobs = 0..sides.len() * seeds;
                let courses: Vec<Option<Course>> =
                    stage.pool.install(|| jobs.into_par_iter().map(job).collect::<Result<_, _>>())?;
                courses.into_iter().collect::<Option<_>>().ok_or_else(stopped)
            };
        let earned = carry(&earning, &[])?;
        let yoked = carry(&shuffled, &earned[..seeds.min(earned.len())])?;
        let mut findings = Findings::default();
        for (name, side) in &all {
            let of = |sides: &[(&str, &SpikingSide)]| sides.iter().position(|(other, _)| other == name);
            let courses = match (of(&earning), of(&shuffled)) {
                (Some(at), _) => &earned[at * seeds..(at + 1) * seeds],
                (None, Some(at)) => &yoked[at * seeds..(at + 1) * seeds],
                (None, None) => continue,
            };
            folder.write(layout::trace(name, "reward"), findings::table(&courses[0])?.to_csv())?;
            let label = stage.scenario.side[*name].label(name);
            findings.verdicts.push(findings::verdict(label, courses));
            findings.diagnoses.extend(self.diagnosis(name, side, courses));
            findings.metrics.sides.insert((*name).to_owned(), self.metrics(&stage.networks[0], courses));
        }
        findings.shared = self.shared(stage.scenario);
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let spiking = side.spiking.as_ref()?;
        Some(format!(
            "Membranes ({}) in steps of {}; the weights wait for rewards.",
            spiking.neuron.name(),
            spiking.dt
        ))
    }
}

#[cfg(test)]
mod tests;
