//! `protocol.pairing`: how a synapse changes with the order of two spikes.

mod findings;
mod pairs;

use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_record::{RunFolder, layout};
use duet_spiking::Plasticity;
use duet_units::{Frequency, Problem, Range, Time, parameters};
use pairs::{Course, measure};
use rayon::prelude::*;

parameters! {
    /// The two ends of a synapse are made to fire at one lag, again and again, and its change is measured.
    ///
    /// # Equations
    /// ```text
    /// pair k:  t_pre = k / frequency,  t_post = t_pre + lag, both as the synapse sees them,  k = 1 ... pairs
    /// dw(lag) = w after the last pair - w before the first
    /// order   = sum |dw(s) - dw(-s)| / sum (|dw(s)| + |dw(-s)|) over all lags s > 0 tried with either sign
    /// tau     = time constant of the exponential through |dw| over the lags of one sign (least squares of the logarithm)
    /// ```
    ///
    /// # Behaviour
    /// The experiment that found spike-timing-dependent plasticity. Both cells fire because they are made to, so nothing but
    /// the rule acts; every lag has a synapse of its own with the first weight of the projection. The closed form beside
    /// each measurement uses neither engine nor time steps. An artificial side with a rule on rates sees each pair as one
    /// presentation with both ends at 1, whatever the lag. With `frequencies` the pairs are repeated at each of them. For a
    /// rule that waits for rewards, `reward` gives one after every pair.
    ///
    /// # References
    /// - Bi & Poo 1998, J. Neurosci. 18:10464; Markram, Lübke, Frotscher & Sakmann 1997, Science 275:213
    /// - Sjöström, Turrigiano & Nelson 2001, Neuron 32:1149 (frequency)
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Pairing;
    /// let text = "projection = 'a-b'\nlags = { from = '-10 ms', to = '10 ms', points = 3 }";
    /// let pairing: Pairing = toml::from_str(text).unwrap();
    /// assert_eq!(pairing.lags.all(), [-10.0, 0.0, 10.0]);
    /// ```
    pub struct Pairing {
        /// The projection whose synapse is measured.
        pub projection: String;
        /// The lags t_post - t_pre.
        pub lags: Lags = Lags::default();
        /// Number of pairs.
        pub pairs: usize = 60, in Range::between(1.0, 100_000.0);
        /// Pairs per second.
        pub frequency: Frequency = Frequency::new(1.0), in Range::POSITIVE;
        /// Frequencies to try one after the other instead, each with all lags.
        pub frequencies: Vec<Frequency> = Vec::new(), in Range::POSITIVE;
        /// What follows every pair.
        pub reward: Option<Reward> = None;
    }
}

parameters! {
    /// Lags from low to high, evenly spaced. A lag is positive where the source fires first.
    pub default struct Lags {
        /// The lowest.
        pub from: Time = Time::new(-80.0);
        /// The highest.
        pub to: Time = Time::new(80.0);
        /// How many.
        pub points: usize = 65, in Range::between(2.0, 10_000.0);
    }
    relations { from < to; }
}

parameters! {
    /// A reward after every pair.
    pub default struct Reward {
        /// Time from the later spike of the pair.
        pub after: Time = Time::new(1000.0), in Range::NON_NEGATIVE;
        /// How far dopamine jumps.
        pub amount: f64 = 1.0;
    }
}

impl Lags {
    /// All of them, in ms.
    pub fn all(&self) -> Vec<f64> {
        let (from, to, last) = (self.from.get(), self.to.get(), (self.points - 1) as f64);
        // To a millionth of a ms, so that they read as they were meant.
        let lag = |k: usize| ((from + (to - from) * (k as f64 / last)) * 1e6).round() / 1e6;
        // Adding 0 turns -0 into 0.
        (0..self.points).map(|k| lag(k) + 0.0).collect()
    }
}

impl Pairing {
    /// The frequencies in Hz.
    fn tried(&self) -> Vec<f64> {
        if self.frequencies.is_empty() {
            vec![self.frequency.get()]
        } else {
            self.frequencies.iter().map(|f| f.get()).collect()
        }
    }

    /// The key behind `dw` of a lag at a frequency.
    fn key(&self, lag: f64, frequency: f64) -> String {
        let lag = Time::new(lag);
        if self.frequencies.is_empty() {
            format!("[{lag}]")
        } else {
            format!("[{lag}, {}]", Frequency::new(frequency))
        }
    }

    fn side_problem(&self, side: &Side) -> Option<Problem> {
        let refused = |words: String, hint: &str| Some(Problem::new("", words).hint(hint));
        if let Some(ann) = &side.ann {
            return ann.learning.has_teacher().then(|| {
                let words =
                    format!("protocol.pairing has no error for learning.{} to follow", ann.learning.name());
                Problem::new("", words)
                    .hint("a rule on what both ends do, such as learning.hebb, can be paired")
            });
        }
        match side.spiking.as_ref()?.plasticity_of(&self.projection) {
            Plasticity::ThreeFactor(_) => refused(
                "protocol.pairing has no error for plasticity.three_factor to follow".to_owned(),
                "choose a rule on pairs of spikes, or reward_stdp",
            ),
            _ => None,
        }
    }

    /// Whether a side's rule waits for rewards.
    fn waits(&self, side: &Side) -> bool {
        let rule = side.spiking.as_ref().map(|spiking| spiking.plasticity_of(&self.projection));
        matches!(rule, Some(Plasticity::RewardStdp(_)))
    }
}

impl Conduct for Pairing {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let at = |key: &str| format!("protocol.pairing.{key}");
        match scenario.projection.get(&self.projection) {
            None => {
                let known: Vec<&str> = scenario.projection.keys().map(String::as_str).collect();
                let words = format!("there is no projection `{}`", self.projection);
                let hint = crate::scenario::nearest(&self.projection, known.iter().copied())
                    .unwrap_or_else(|| format!("the projections are: {}", known.join(", ")));
                problems.push(Problem::new(at("projection"), words).hint(hint));
            }
            Some(projection) if projection.weights.is_none() || projection.to.0.len() != 1 => {
                problems.push(Problem::new(
                    at("projection"),
                    "a projection with weights between two populations can be paired",
                ));
            }
            Some(_) => {}
        }
        let longest = self.lags.from.get().abs().max(self.lags.to.get().abs());
        for frequency in self.tried() {
            let period = 1000.0 / frequency;
            if longest >= period {
                let words = format!(
                    "pairs at {} come every {}, but the lags reach {}",
                    Frequency::new(frequency),
                    Time::new(period),
                    Time::new(longest)
                );
                let hint = "choose lags shorter than the time from pair to pair";
                problems.push(Problem::new(at("lags"), words).hint(hint));
            }
        }
        if self.reward.is_some() && !scenario.side.values().any(|side| self.waits(side)) {
            let words = "no side has a rule that waits for a reward";
            problems.push(Problem::new(at("reward"), words).hint("plasticity.reward_stdp does"));
        }
        for (name, side) in &scenario.side {
            problems.extend(self.side_problem(side).map(|problem| problem.below(&format!("side.{name}"))));
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        let dt = spiking.dt.get();
        let off = |ms: f64| (ms / dt - (ms / dt).round()).abs() > 1e-6;
        let used = |ms: f64| Time::new(((ms / dt).round() * dt * 1e6).round() / 1e6);
        let mut words = Vec::new();
        if let Some(&lag) = self.lags.all().iter().find(|&&lag| off(lag)) {
            let (from, to) = (Time::new(lag), used(lag));
            words.push(format!("the lags are no multiples of dt = {}; {to} is used for {from}", spiking.dt));
        }
        for frequency in self.tried().into_iter().filter(|frequency| off(1000.0 / frequency)) {
            words.push(format!(
                "pairs at {} do not come in whole steps of {}; every {} is used",
                Frequency::new(frequency),
                spiking.dt,
                used(1000.0 / frequency)
            ));
        }
        words
    }

    fn learns(&self) -> bool {
        true
    }

    fn headline(&self) -> Option<&'static str> {
        Some("order")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        let shortest = Self { pairs: 1, lags: Lags { points: 2, ..self.lags.clone() }, ..self.clone() };
        for (name, side) in &stage.scenario.side {
            measure(&shortest, side, &stage.networks[0], 1000.0)
                .map_err(|words| Stage::refused(name, words))?;
        }
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let jobs: Vec<(&String, &Side, f64)> = stage
            .scenario
            .side
            .iter()
            .flat_map(|(name, side)| self.tried().into_iter().map(move |frequency| (name, side, frequency)))
            .collect();
        let carry = |&(name, side, frequency): &(&String, &Side, f64)| {
            measure(self, side, &stage.networks[0], frequency).map_err(|words| Stage::refused(name, words))
        };
        let courses: Vec<Course> =
            stage.pool.install(|| jobs.par_iter().map(carry).collect::<Result<Vec<_>, _>>())?;
        unless_stopped(progress, folder)?;
        let mut findings = Findings::default();
        for ((name, side), courses) in stage.scenario.side.iter().zip(courses.chunks(self.tried().len())) {
            folder.write(layout::trace(name, "pairing"), findings::table(courses)?.to_csv())?;
            findings.metrics.sides.insert(name.clone(), self.metrics(courses));
            findings.verdicts.extend(self.verdict(side.label(name), courses));
            findings.diagnoses.extend(findings::diagnosis(name, courses));
        }
        findings.shared = self.shared();
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        Some(match (&side.ann, &side.spiking) {
            (Some(ann), _) => format!(
                "Each pair is one presentation with both ends at 1; the weight follows {}.",
                ann.learning.name()
            ),
            (_, Some(spiking)) => format!(
                "Both ends of the synapse are made to fire, in steps of {}; the weight follows {}.",
                spiking.dt,
                spiking.plasticity_of(&self.projection).name().replace('_', " ")
            ),
            (None, None) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Document, check};

    fn scenario(side: &str, protocol: &str) -> Result<Scenario, String> {
        let text = format!(
            "title = 't'\nquestion = 'q?'\nseed = 1\npopulation = {{ a.size = 1, b.size = 1 }}\n\
             projection.p = {{ from = 'a', to = 'b', weights.constant = 0.5, delay.constant = '3 ms' }}\n\
             [side.s.{side}\n[protocol.pairing]\n{protocol}"
        );
        let checked = check(Document::parse("t", text).unwrap(), &[]).map_err(|error| error.to_string())?;
        Ok(checked.scenario)
    }

    fn course(side: &str, protocol: &str, frequency: f64) -> Course {
        let scenario = scenario(side, protocol).unwrap();
        let network = scenario.network().realize(duet_random::Key::new(1)).unwrap();
        let crate::protocol::Protocol::Pairing(pairing) = &scenario.protocol else { panic!("pairing") };
        measure(pairing, &scenario.side["s"], &network, frequency).unwrap()
    }

    #[test]
    fn every_rule_at_either_site_is_measured_as_its_closed_form_says() {
        let protocol = "projection = 'p'\nlags = { from = '-30 ms', to = '30 ms', points = 13 }\npairs = 8";
        for site in ["axon", "dendrite"] {
            for rule in [
                "stdp = { mu_plus = 1.0, mu_minus = 0.5 }",
                "triplet_stdp = { nearest = true }",
                "triplet_stdp = {}",
                "hebb = {}",
                "vogels = { negative = false }",
                "competition = {}",
                "fixed = {}",
            ] {
                let side = format!(
                    "spiking]\ndt = '0.5 ms'\nprojection.p = {{ delay_site = '{site}', plasticity.{rule} }}"
                );
                let course = course(&side, protocol, 20.0);
                assert_eq!(course.lags.len(), 13);
                for (got, want) in course.measured.iter().zip(&course.closed_form) {
                    assert!((got - want).abs() < 1e-12, "{rule}, {site}: {got} {want}");
                }
            }
        }
    }

    #[test]
    fn a_rule_on_rates_sees_no_order() {
        let protocol = "projection = 'p'\nlags = { from = '-20 ms', to = '20 ms', points = 5 }\npairs = 10";
        let course = course("ann]\nlearning.hebb = { rate = 0.02 }", protocol, 2.0);
        for dw in course.measured {
            assert!((dw - 0.2).abs() < 1e-15, "{dw}: 10 presentations of 0.02 · 1 · 1");
        }
    }

    #[test]
    fn a_late_reward_still_finds_its_synapse() {
        let protocol = "projection = 'p'\nlags = { from = '-20 ms', to = '20 ms', points = 5 }\npairs = 3\n\
                        reward = { after = '700 ms', amount = 0.4 }";
        let rule = "reward_stdp = { tau_c = '400 ms', tonic = 0.01 }";
        let course = course(&format!("spiking]\ndt = '1 ms'\nplasticity.{rule}"), protocol, 2.0);
        for (got, want) in course.measured.iter().zip(&course.closed_form) {
            assert!((got - want).abs() < 1e-12, "{got} {want}");
        }
        assert!(course.measured[4] > 1e-4 && course.measured[0] < -1e-4, "{:?}", course.measured);
    }

    #[test]
    fn what_cannot_be_paired_is_refused_by_name() {
        let lif = "spiking]\nplasticity.stdp = {}";
        for (side, protocol, words) in [
            (lif, "projection = 'q'", "there is no projection `q`"),
            (
                lif,
                "projection = 'p'\nfrequency = '20 Hz'",
                "pairs at 20 Hz come every 50 ms, but the lags reach 80 ms",
            ),
            (lif, "projection = 'p'\nreward = {}", "no side has a rule that waits for a reward"),
            (
                "spiking]\nplasticity.three_factor = {}",
                "projection = 'p'",
                "has no error for plasticity.three_factor",
            ),
            ("ann]", "projection = 'p'", "has no error for learning.backprop"),
            (lif, "projection = 'p'\nlags = { from = '5 ms', to = '-5 ms' }", "from"),
        ] {
            let error = scenario(side, protocol).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
    }
}
