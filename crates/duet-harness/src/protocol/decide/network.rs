//! A network of cells decides: two of its populations are the choices.

use super::{Asked, Decide};
use crate::HarnessError;
use crate::progress::Progress;
use crate::protocol::simulate::{at_scale_problems, sketch};
use crate::protocol::trials::Trials;
use crate::protocol::{Stage, rounding};
use crate::scenario::Scenario;
use duet_random::Key;
use duet_record::RunFolder;
use duet_spiking::SpikingSide;
use duet_spiking::network::{Engine, MOST_PER_STEP};
use duet_spiking::stimulus::Source;
use duet_spiking::theory::Decision;
use duet_topology::Sketch;
use duet_units::{Frequency, Problem, Range, Time, parameters};

parameters! {
    /// Two populations of a spiking network are the choices; evidence is the rate of the spikes that reach them from outside.
    ///
    /// # Equations
    /// ```text
    /// rates of the evidence:  max(0, mu_0 (1 ± c) + sigma xi_1,2)        drawn anew every hold
    /// rate of a population:   its spikes of the last window / (cells · window), looked at every slide
    /// ```
    ///
    /// # Behaviour
    /// The first population whose rate reaches the threshold has answered. The network is drawn once; every trial begins at rest,
    /// with noise of its own, and runs `before` without evidence. The rates that the two stimuli have in the scenario do not
    /// count. Trials are shared out over all threads and are the same for any number of them.
    ///
    /// # References
    /// - Wang 2002, Neuron 36:955
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Choices;
    /// let choices: Choices = toml::from_str("populations = ['a', 'b']\nevidence = ['to_a', 'to_b']").unwrap();
    /// // 40 Hz, a coherence of a half, one standard deviation up and down.
    /// assert_eq!(choices.rates(40.0, 0.5, [1.0, -1.0]), [64.0, 16.0]);
    /// ```
    pub struct Choices {
        /// The population that answers 1, and the one that answers 2.
        pub populations: Vec<String>;
        /// The `poisson` stimuli that are the evidence for either.
        pub evidence: Vec<String>;
        /// Standard deviation of the evidence.
        pub sigma: Frequency = Frequency::new(4.0), in Range::NON_NEGATIVE;
        /// How long a rate of the evidence is held.
        pub hold: Time = Time::new(50.0), in Range::POSITIVE;
        /// How long spikes are counted for a rate.
        pub window: Time = Time::new(50.0), in Range::POSITIVE;
        /// How often rates are looked at.
        pub slide: Time = Time::new(5.0), in Range::POSITIVE;
    }
}

impl Choices {
    /// The evidence for either choice in Hz: coherence, and two normal numbers.
    pub fn rates(&self, mu_0: f64, coherence: f64, noise: [f64; 2]) -> [f64; 2] {
        let sigma = self.sigma.get();
        [(1.0 + coherence, noise[0]), (1.0 - coherence, noise[1])]
            .map(|(of, xi)| (mu_0 * of + sigma * xi).max(0.0))
    }

    /// Everything that does not fit a scenario.
    pub(super) fn problems(&self, scenario: &Scenario, mu_0: f64) -> Vec<Problem> {
        let (network, at) = (scenario.network(), |field: &str| format!("protocol.decide.network.{field}"));
        let mut problems = Vec::new();
        let mut two = |field: &str, names: &[String], known: Vec<&String>, what: &str| {
            if names.len() != 2 || names[0] == names[1] {
                let words = format!("a decision is between two {what}s, and {} are named", names.len());
                problems.push(Problem::new(at(field), words));
            } else if let Some(name) = names.iter().find(|name| !known.contains(name)) {
                let known: Vec<&str> = known.iter().map(|name| name.as_str()).collect();
                let words = format!("there is no {what} `{name}`");
                problems.push(Problem::new(at(field), words).hint(format!("it has: {}", known.join(", "))));
            }
        };
        two("populations", &self.populations, network.population.keys().collect(), "population");
        for side in scenario.side.values().filter_map(|side| side.spiking.as_ref()) {
            two("evidence", &self.evidence, side.stimulus.keys().collect(), "stimulus");
        }
        for (name, side) in &scenario.side {
            let Some(side) = &side.spiking else {
                let words = "a network of cells decides here; an artificial side has none";
                let hint = "leave out protocol.decide.network to put one look beside a reduced attractor";
                problems.push(Problem::new(format!("side.{name}"), words).hint(hint));
                continue;
            };
            for (stimulus, what) in &side.stimulus {
                let path = format!("side.{name}.spiking.stimulus.{stimulus}");
                match &what.source {
                    Source::Poisson(poisson) if poisson.start.get() == 0.0 && poisson.stop.is_none() => {}
                    Source::Poisson(_) => {
                        let words = "under protocol.decide a stimulus neither starts nor stops: trials do";
                        problems.push(Problem::new(path, words).hint("leave out start and stop"));
                    }
                    _ => {
                        let words =
                            "under protocol.decide stimuli are poisson: every trial draws its own noise";
                        problems.push(Problem::new(path, words).hint("a constant current is neuron.lif.i_e"));
                    }
                }
            }
            let (dt, most) = (side.dt.get(), (2.0 * mu_0 + 8.0 * self.sigma.get()) / 1000.0);
            if most * dt > MOST_PER_STEP {
                let words =
                    format!("evidence of up to {} spikes in a step is more than {MOST_PER_STEP}", most * dt);
                problems.push(Problem::new("protocol.decide.mu_0", words));
            }
            if self.slide.get() < dt {
                let words = format!("slide = {} is shorter than the time step of side `{name}`", self.slide);
                problems.push(Problem::new(at("slide"), words));
            }
        }
        if self.window < self.slide {
            let words = format!("window = {} is shorter than slide = {}", self.window, self.slide);
            problems.push(Problem::new(at("window"), words));
        }
        problems.extend(at_scale_problems(scenario));
        problems
    }

    /// What of it is rounded to steps, and the counting of spikes to whole slides.
    pub(super) fn roundings(&self, dt: Time) -> Vec<String> {
        let times = [("network.hold", self.hold), ("network.slide", self.slide)];
        let to_steps = times.into_iter().filter_map(|(what, time)| rounding(what, time, dt));
        let slides = self.window.get() / self.slide.get();
        let used = slides.floor() * self.slide.get();
        let is_off = (slides - slides.round()).abs() > 1e-6;
        let window = is_off.then(|| {
            format!(
                "network.window = {} is not a multiple of slide = {}; {used} ms is used",
                self.window, self.slide
            )
        });
        to_steps.chain(window).collect()
    }

    /// Every coherence under one seed.
    pub(super) fn ask(
        &self,
        decide: &Decide,
        (name, side): (&str, &SpikingSide),
        (stage, seed): (&Stage<'_>, u64),
        (folder, progress): (&RunFolder, &dyn Progress),
    ) -> Result<Vec<Asked>, HarnessError> {
        let trials = decide.trials;
        let sizes = self.sizes(&sketch(stage.scenario, seed)?);
        let trial = Trial { choices: self, decide, sizes, key: Key::new(seed).child("decide") };
        let all = Trials {
            count: trials * decide.coherences.len(),
            longest: decide.before.get() + decide.most.get(),
        };
        let answers = all.run((name, side), (stage, seed), (folder, progress), |engine, number| {
            trial.run(engine, number as u64, decide.coherences[number / trials])
        })?;
        let asked = decide.coherences.iter().zip(answers.chunks(trials)).map(|(&coherence, answers)| Asked {
            coherence,
            trials: trials as u64,
            answers: answers.iter().flatten().copied().collect(),
        });
        Ok(asked.collect())
    }

    /// The indices of the choices, and how many cells they have.
    fn sizes(&self, sketch: &Sketch) -> [(usize, usize); 2] {
        let find = |name: &String| {
            let index = sketch.populations.get_index_of(name).unwrap_or_default();
            (index, sketch.populations[index].size)
        };
        [find(&self.populations[0]), find(&self.populations[1])]
    }
}

/// What all trials share.
struct Trial<'a> {
    choices: &'a Choices,
    decide: &'a Decide,
    sizes: [(usize, usize); 2],
    key: Key,
}

impl Trial<'_> {
    /// One trial; `None` where no population came up to the threshold in time.
    fn run(
        &self,
        engine: &mut Engine<f32>,
        trial: u64,
        coherence: f64,
    ) -> Result<Option<Decision>, duet_spiking::SpikingError> {
        let (choices, decide, dt) = (self.choices, self.decide, engine.dt());
        let steps = |time: Time| ((time.get() / dt).round() as u64).max(1);
        choices.evidence.iter().for_each(|name| engine.set_rate(name, 0.0));
        let (slide, hold) = (steps(choices.slide), steps(choices.hold));
        let bins = (steps(choices.window) / slide).max(1) as usize;
        // The spikes of the choices in the last bins; what came before the evidence is in the first windows.
        let mut recent = vec![[0_u32; 2]; bins];
        let before = (decide.before.get() / dt).round() as u64;
        for _ in 0..before / slide {
            recent.rotate_left(1);
            recent[bins - 1] = self.count(engine, slide);
        }
        engine.advance(before % slide);
        let mut evidence = self.key.stream("evidence", trial);
        let (mut shown, mut held) = (0, 0);
        while shown < steps(decide.most) {
            let (mut spikes, mut left) = ([0; 2], slide);
            while left > 0 {
                if held == 0 {
                    let noise = [evidence.normal(), evidence.normal()];
                    let rates = choices.rates(decide.mu_0.get(), coherence, noise);
                    choices.evidence.iter().zip(rates).for_each(|(name, rate)| engine.set_rate(name, rate));
                    held = hold;
                }
                let now = left.min(held);
                let more = self.count(engine, now);
                spikes.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
                (left, held) = (left - now, held - now);
            }
            recent.rotate_left(1);
            recent[bins - 1] = spikes;
            shown += slide;
            engine.check()?;
            let rate = |choice: usize| {
                let spikes: u32 = recent.iter().map(|bin| bin[choice]).sum();
                f64::from(spikes) / (self.sizes[choice].1 as f64 * bins as f64 * slide as f64 * dt) * 1000.0
            };
            let (first, second) = (rate(0), rate(1));
            if first.max(second) >= decide.threshold.get() {
                return Ok(Some(Decision { choice: usize::from(second > first), time: shown as f64 * dt }));
            }
        }
        Ok(None)
    }

    /// Goes on for so many steps and counts the spikes of both choices.
    fn count(&self, engine: &mut Engine<f32>, steps: u64) -> [u32; 2] {
        let mut counts = [0; 2];
        for spike in engine.advance(steps) {
            let (population, _) = engine.who(spike.id);
            for (count, (choice, _)) in counts.iter_mut().zip(self.sizes) {
                *count += u32::from(population == choice);
            }
        }
        counts
    }
}
