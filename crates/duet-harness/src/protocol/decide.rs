//! `protocol.decide`: how right and how fast, with more and less evidence for one of two choices.

mod look;
mod network;
mod space;

pub use network::Choices;

use super::trials::Trials;
use super::{Conduct, Findings, Stage, rounding, unless_stopped};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use crate::story;
use duet_random::Key;
use duet_record::{Equations, Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_spiking::theory::weibull::Answers;
use duet_spiking::theory::wong_wang::Question;
use duet_spiking::theory::{Decision, Weibull, WongWang};
use duet_units::{Frequency, Problem, Range, Time, parameters};
use indexmap::IndexMap;

/// Points of a fitted curve.
const POINTS: usize = 101;

parameters! {
    /// Noisy evidence for one of two choices is shown again and again, weak and strong, and every side says which it is.
    ///
    /// # Equations
    /// ```text
    /// evidence for 1 and 2: mu_0 (1 + c) and mu_0 (1 - c)                c: coherence
    /// biological: two populations that compete, page of the attractor below; the first whose rate crosses the threshold wins
    /// a network of cells: the first of two populations whose rate crosses the threshold
    /// artificial: x_1,2 = j_ext mu_0 (1 ± c) + sigma/sqrt(2) xi_1,2; the larger wins: right(c) = Phi(2 j_ext mu_0 c / sigma)
    /// right(c) = right answers / answers;  the curve beside it: 1 - 1/2 e^(-(c/alpha)^beta), the likeliest one
    /// ```
    ///
    /// # Behaviour
    /// Both sides see the same two currents with the same noise. The artificial one compares them once, at once. The biological
    /// one adds them up until one population has won: that takes time, the more the weaker the evidence, and makes far
    /// weaker evidence enough. alpha is the coherence at which 81.6 % of the answers are right. A trial without an answer
    /// counts neither as right nor as wrong; at c = 0 population 1 counts as right.
    ///
    /// # References
    /// - Wong & Wang 2006, J. Neurosci. 26:1314; Roitman & Shadlen 2002, J. Neurosci. 22:9475
    ///
    /// # Example
    /// One look, sigma = 20 pA, 0.52 pA/Hz · 30 Hz = 15.6 pA: at c = 0.512 the difference is 0.79872 of its noise, and
    /// Phi(0.79872) = 0.7878.
    /// ```
    /// use duet_harness::protocol::Decide;
    /// let decide: Decide = toml::from_str("trials = 2000").unwrap();
    /// assert!((decide.one_look(0.512) - 0.7878).abs() < 1e-4);
    /// ```
    pub default struct Decide {
        /// Strengths of the evidence; 0 is none.
        pub coherences: Vec<f64> = vec![0.0, 0.032, 0.064, 0.128, 0.256, 0.512], in Range::UNIT;
        /// Trials at each.
        pub trials: usize = 1000, in Range::between(1.0, 1e6);
        /// Rate of the evidence for either choice at coherence 0.
        pub mu_0: Frequency = Frequency::new(30.0), in Range::POSITIVE;
        /// The rate whose crossing is an answer.
        pub threshold: Frequency = Frequency::new(15.0), in Range::POSITIVE;
        /// Time before the evidence.
        pub before: Time = Time::new(500.0), in Range::NON_NEGATIVE;
        /// How long the evidence is shown at most.
        pub most: Time = Time::new(2000.0), in Range::POSITIVE;
        /// The fraction of open receptors from which both populations start.
        pub start: f64 = 0.1, in Range::UNIT;
        /// The two populations of a biological side, and the noise of both sides.
        pub attractor: WongWang = WongWang::default();
        /// The choices of a network of cells, which then decides instead of the attractor.
        pub network: Option<Choices> = None;
    }
}

/// The answers of one side at one coherence under one seed.
#[derive(Clone, Debug)]
struct Asked {
    coherence: f64,
    trials: u64,
    answers: Vec<Decision>,
}

impl Asked {
    fn right(&self) -> usize {
        self.answers.iter().filter(|answer| answer.choice == 0).count()
    }

    /// The share of right answers; NaN where there is no answer.
    fn correct(&self) -> f64 {
        self.right() as f64 / self.answers.len() as f64
    }

    /// The mean time to an answer in ms; NaN where there is no answer.
    fn time(&self) -> f64 {
        self.answers.iter().map(|answer| answer.time).sum::<f64>() / self.answers.len() as f64
    }

    fn counted(&self) -> Answers {
        let (given, right) = (self.answers.len() as u64, self.right() as u64);
        Answers { evidence: self.coherence, given, right }
    }
}

fn fit(asked: &[Asked]) -> Option<Weibull> {
    Weibull::fit(&asked.iter().map(Asked::counted).collect::<Vec<_>>())
}

impl Decide {
    fn question(&self, dt: Time) -> Question {
        Question {
            mu_0: self.mu_0.get(),
            threshold: self.threshold.get(),
            dt: dt.get(),
            before: self.before.get(),
            most: self.most.get(),
            start: self.start,
        }
    }

    /// Every coherence under one seed.
    fn ask(&self, side: &Side, seed: u64) -> Vec<Asked> {
        let trials = self.trials as u64;
        let of = |(at, &coherence): (usize, &f64)| {
            let key = Key::new(seed).child("decide").child(&at.to_string());
            let answers = match &side.spiking {
                Some(spiking) => {
                    let question = self.question(spiking.dt);
                    self.attractor.trials(&question, coherence, key, trials).into_iter().flatten().collect()
                }
                None => self.looks(coherence, key),
            };
            Asked { coherence, trials, answers }
        };
        self.coherences.iter().enumerate().map(of).collect()
    }

    fn metrics(&self, seeds: &[Vec<Asked>], has_time: bool) -> IndexMap<String, Metric> {
        let mut metrics = IndexMap::new();
        let mut add = |name: String, unit: &str, words: &str, values: Vec<f64>, why: &str| {
            let metric = over_seeds(values, unit, words);
            let metric = if metric.values.contains(&None) { metric.with_why_null(why) } else { metric };
            metrics.insert(name, metric);
        };
        let fits: Vec<Option<Weibull>> = seeds.iter().map(|asked| fit(asked)).collect();
        let of = |read: fn(&Weibull) -> f64| -> Vec<f64> {
            fits.iter().map(|fit| fit.as_ref().map_or(f64::NAN, read)).collect()
        };
        let why = "the answers have no likeliest curve: all are right, or at too few coherences, or too many are wrong";
        let words = "coherence at which 81.6 % of the answers are right, from the likeliest Weibull curve";
        add("alpha".to_owned(), "1", words, of(|fit| fit.alpha), why);
        add("beta".to_owned(), "1", "steepness of the likeliest Weibull curve", of(|fit| fit.beta), why);
        for (at, coherence) in self.coherences.iter().enumerate() {
            let none = "no trial ended with an answer";
            let all = |read: &dyn Fn(&Asked) -> f64| seeds.iter().map(|asked| read(&asked[at])).collect();
            let words = "share of right answers";
            add(format!("correct[{coherence}]"), "1", words, all(&Asked::correct), none);
            if has_time {
                let words = "time from the beginning of the evidence to the answer, mean over the answers";
                add(format!("time[{coherence}]"), "ms", words, all(&Asked::time), none);
                let answered = |asked: &Asked| asked.answers.len() as f64 / asked.trials as f64;
                let words = "share of the trials that end with an answer";
                add(format!("answered[{coherence}]"), "1", words, all(&answered), none);
            }
        }
        metrics
    }

    fn write(&self, folder: &RunFolder, name: &str, seeds: &[Vec<Asked>]) -> Result<(), HarnessError> {
        let mean = |read: &dyn Fn(&Asked) -> f64| -> Vec<f64> {
            let of = |at: usize| seeds.iter().map(|asked| read(&asked[at])).sum::<f64>() / seeds.len() as f64;
            (0..self.coherences.len()).map(of).collect()
        };
        let table = Table::new()
            .with_numbers("coherence", self.coherences.clone())?
            .with_numbers("correct", mean(&Asked::correct))?
            .with_numbers("time_ms", mean(&Asked::time))?;
        folder.write(layout::trace(name, "decisions"), table.to_csv())?;
        // One curve for the answers of all seeds together.
        let pooled = |at: usize| seeds.iter().map(move |asked| asked[at].counted());
        let counted: Vec<Answers> = (0..self.coherences.len()).flat_map(pooled).collect();
        let curve = Weibull::fit(&counted);
        let shown = self.coherences.iter().copied().filter(|&coherence| coherence > 0.0);
        let (least, most) = (shown.clone().fold(1.0, f64::min), shown.fold(0.0, f64::max));
        let points = if curve.is_some() && most > least { POINTS } else { 0 };
        let ratio = |k: usize| duet_kernels::math::pow(most / least, k as f64 / (POINTS - 1) as f64);
        let coherences: Vec<f64> = (0..points).map(|k| least * ratio(k)).collect();
        let correct = coherences.iter().filter_map(|&c| Some(curve?.correct(c))).collect();
        let table = Table::new().with_numbers("coherence", coherences)?.with_numbers("correct", correct)?;
        folder.write(layout::trace(name, "fit"), table.to_csv())?;
        Ok(())
    }

    /// What a side did, in a sentence.
    fn verdict(&self, label: &str, metrics: &IndexMap<String, Metric>, has_time: bool) -> String {
        let value = |path: &str| metrics.get(path).and_then(|metric| metric.value);
        let weakest = self.coherences.iter().copied().filter(|&c| c > 0.0).fold(f64::INFINITY, f64::min);
        let strongest = self.coherences.iter().copied().fold(0.0, f64::max);
        let right = |c: f64| value(&format!("correct[{c}]")).map_or("n/a".to_owned(), format::percent);
        let time = |c: f64| value(&format!("time[{c}]")).map_or("n/a".to_owned(), format::number);
        let threshold = value("alpha").map_or("no threshold was found".to_owned(), |alpha| {
            format!("81.6 % of the answers are right at a coherence of {}", format::percent(alpha))
        });
        let pace = if has_time {
            format!(", after {} and {} ms", time(weakest), time(strongest))
        } else {
            ", at once".to_owned()
        };
        format!(
            "{label}: {} of the answers are right at a coherence of {} and {} at {}{pace}; {threshold}.",
            right(weakest),
            format::percent(weakest),
            right(strongest),
            format::percent(strongest)
        )
    }
}

impl Conduct for Decide {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let is_silent = !self.coherences.iter().any(|&coherence| coherence > 0.0);
        let silent = is_silent.then(|| {
            let words = "there must be at least one coherence above 0";
            let problem = Problem::new("protocol.decide.coherences", words);
            problem.hint("write coherences = [0.0, 0.032, 0.064, 0.128]")
        });
        if let Some(choices) = &self.network {
            return silent.into_iter().chain(choices.problems(scenario, self.mu_0.get())).collect();
        }
        let mut problems = Vec::new();
        let network = scenario.network();
        let sizes: Vec<usize> = network
            .population
            .values()
            .map(|population| population.extent().map_or(0, |extent| extent.units))
            .collect();
        if sizes != [2] || !network.projection.is_empty() {
            let words = "protocol.decide needs one population of two units, one for each choice, and no projection: how they compete stands in protocol.decide.attractor";
            let hint = "a network of cells decides with network = { populations = [...], evidence = [...] }";
            problems.push(Problem::new("population", words).hint(hint));
        }
        problems.extend(silent);
        for (name, side) in &scenario.side {
            let Some(spiking) = &side.spiking else { continue };
            for (what, tau) in [("tau_noise", self.attractor.tau_noise), ("tau_s", self.attractor.tau_s)] {
                if spiking.dt > tau {
                    let words = format!("a step of {} is longer than {what} = {tau}", spiking.dt);
                    let hint = "take a quarter of it or less";
                    problems.push(Problem::new(format!("side.{name}.spiking.dt"), words).hint(hint));
                }
            }
        }
        problems
    }

    fn roundings(&self, side: &Side) -> Vec<String> {
        let Some(spiking) = &side.spiking else { return Vec::new() };
        let own = [("before", self.before), ("most", self.most)];
        let own = own.into_iter().filter_map(|(what, time)| rounding(what, time, spiking.dt));
        own.chain(self.network.iter().flat_map(|choices| choices.roundings(spiking.dt))).collect()
    }

    fn headline(&self) -> Option<&'static str> {
        Some("alpha")
    }

    fn draws_by_itself(&self) -> bool {
        self.network.is_some()
    }

    fn bytes(&self, scenario: &Scenario, threads: usize) -> Option<(String, u128)> {
        self.network.as_ref().and_then(|_| Trials::bytes(scenario, threads))
    }

    fn rehearse(&self, _stage: &Stage<'_>) -> Result<(), HarnessError> {
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
            let mut seeds = Vec::new();
            for &seed in stage.seeds {
                unless_stopped(progress, folder)?;
                seeds.push(match (&self.network, &side.spiking) {
                    (Some(choices), Some(cells)) => {
                        choices.ask(self, (name, cells), (stage, seed), (folder, progress))?
                    }
                    _ => stage.pool.install(|| self.ask(side, seed)),
                });
            }
            self.write(folder, name, &seeds)?;
            let mut metrics = self.metrics(&seeds, side.spiking.is_some());
            if let Some(spiking) = side.spiking.as_ref().filter(|_| self.network.is_none()) {
                metrics.extend(self.rests());
                self.write_space(folder, name, spiking.dt, stage.seeds[0])?;
            }
            findings.verdicts.push(self.verdict(side.label(name), &metrics, side.spiking.is_some()));
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let what = if self.network.is_some() { "spike trains" } else { "currents" };
        let words = format!(
            "two {what} of {} ± c times that at {} trials for each coherence, and the strength of their noise",
            self.mu_0, self.trials
        );
        findings.shared = vec![SharedFact { what: "evidence".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        if let Some(choices) = &self.network {
            let names = choices.populations.join("” and “");
            return Some(format!(
                "A network of cells; of “{names}”, whose rate comes to {} first has answered.",
                self.threshold
            ));
        }
        Some(match &side.spiking {
            Some(spiking) => format!(
                "Two populations, each a rate and a fraction of open receptors, compete in steps of {}.",
                spiking.dt
            ),
            None => "Two numbers are compared once; the larger is the answer.".to_owned(),
        })
    }

    fn equations(&self, side: &Side) -> Option<Vec<Equations>> {
        if self.network.is_some() {
            return None;
        }
        let own = || story::table_equations(&self.attractor, "attractor", "protocol.decide");
        Some(side.spiking.iter().map(|_| own()).collect())
    }
}

#[cfg(test)]
mod tests;
