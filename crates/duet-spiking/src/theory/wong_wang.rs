//! A decision between two choices, in two equations.

use super::linear::solve;
use duet_kernels::math::exprel;
use duet_random::Key;
use duet_units::{Current, Frequency, Range, Time, parameters};
use rayon::prelude::*;

parameters! {
    /// Two populations that keep themselves active and inhibit each other, each reduced to the fraction S of its open NMDA receptors.
    ///
    /// # Equations
    /// ```text
    /// dS_i/dt = -S_i/tau_s + (1 - S_i) gamma H(x_i)
    /// H(x)    = (a x - b) / (1 - e^(-d (a x - b)))
    /// x_1     = j_same S_1 - j_other S_2 + i_0 + j_ext mu_0 (1 + c) + I_1        and x_2 with the indices exchanged, and 1 - c
    /// dI_i/dt = -I_i/tau_noise + sigma sqrt(1/tau_noise) xi_i(t)                 stationary variance: sigma²/2
    /// ```
    ///
    /// # Behaviour
    /// Without a stimulus the two rest at the same low rate. A stimulus turns that rest into a saddle: the state lingers beside it,
    /// pushed by evidence and noise, and then falls to one of two attractors, one population active and the other silent. So it
    /// adds up evidence for hundreds of milliseconds with a receptor of 100 ms, and errs the more often the less evidence
    /// there is. Evidence is the coherence c: -1 all for population 2, 1 all for population 1.
    ///
    /// # References
    /// - Wong & Wang 2006, J. Neurosci. 26:1314; Wang 2002, Neuron 36:955 (the network of 2000 cells behind it)
    ///
    /// # Example
    /// At S_1 = S_2 = 0.1 and no stimulus, x = 0.02609 - 0.00497 + 0.3255 = 0.34662 nA, a x - b = -14.4126 Hz and
    /// H = -14.4126 / (1 - e^2.21954) = 1.75697 Hz. dS/dt = -1/s + 0.9 · 0.641 · 1.75697/s = 0.01359/s.
    /// ```
    /// use duet_spiking::theory::WongWang;
    /// let slope = WongWang::default().slope([0.1, 0.1], [0.0, 0.0]);
    /// assert!((1000.0 * slope[0] - 0.01359).abs() < 1e-5 && slope[0] == slope[1]);
    /// ```
    pub default struct WongWang {
        /// Slope of the transfer function, in Hz per nA.
        pub a: f64 = 270.0, in Range::POSITIVE;
        /// Where it rises: a x = b.
        pub b: Frequency = Frequency::new(108.0);
        /// How sharply it bends there.
        pub d: Time = Time::new(154.0), in Range::POSITIVE;
        /// How far a spike drives S.
        pub gamma: f64 = 0.641, in Range::POSITIVE;
        /// Time constant of the receptors.
        pub tau_s: Time = Time::new(100.0), in Range::POSITIVE;
        /// Current from a population to itself at S = 1.
        pub j_same: Current = Current::new(260.9);
        /// Current from the other population at S = 1; it is subtracted.
        pub j_other: Current = Current::new(49.7);
        /// Background current.
        pub i_0: Current = Current::new(325.5);
        /// Current by one Hz of the stimulus.
        pub j_ext: Current = Current::new(0.52);
        /// Amplitude of the noise.
        pub sigma: Current = Current::new(20.0), in Range::NON_NEGATIVE;
        /// Time constant of the noise.
        pub tau_noise: Time = Time::new(2.0), in Range::POSITIVE;
    }
}

/// What is asked of it: a stimulus, and how an answer is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Rate in Hz of the stimulus at each population without coherence.
    pub mu_0: f64,
    /// The rate in Hz whose crossing is the answer.
    pub threshold: f64,
    /// Time step in ms; shorter than the noise's time constant.
    pub dt: f64,
    /// Time in ms before the stimulus.
    pub before: f64,
    /// How long in ms the stimulus stays at most.
    pub most: f64,
    /// S of both populations at the beginning.
    pub start: f64,
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    /// The population that crossed the threshold, 0 or 1.
    pub choice: usize,
    /// When, in ms after the stimulus began.
    pub time: f64,
}

/// A state at which S stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// S of both populations.
    pub s: [f64; 2],
    /// Whether a small deviation dies out.
    pub stable: bool,
}

impl WongWang {
    /// H: the rate in Hz under a current in nA; 1/d at a x = b, where numerator and denominator vanish.
    pub fn transfer(&self, x: f64) -> f64 {
        let d = self.d.get() / 1000.0;
        1.0 / (d * exprel(-d * (self.a * x - self.b.get())))
    }

    /// The current in nA under which the rate in Hz, a positive one, is reached: by halving.
    fn inverse(&self, rate: f64) -> f64 {
        // H is never below its argument a x - b, and e^-800 is no number any more.
        let (mut low, mut high) = (-800_000.0 / self.d.get(), rate);
        for _ in 0..200 {
            let middle = f64::midpoint(low, high);
            let is_below = self.transfer((middle + self.b.get()) / self.a) < rate;
            if is_below { low = middle } else { high = middle }
        }
        (f64::midpoint(low, high) + self.b.get()) / self.a
    }

    /// The nullcline of a population: the S of the other one at which its own `s`, between 0 and 1, stays, under a current in
    /// nA beside the background.
    pub fn nullcline(&self, s: f64, current: f64) -> f64 {
        let rate = 1000.0 * s / (self.tau_s.get() * self.gamma * (1.0 - s));
        let x = self.inverse(rate);
        (self.j_same.get() * s + self.i_0.get() + 1000.0 * (current - x)) / self.j_other.get()
    }

    /// The current in nA that the stimulus adds at either population.
    pub fn stimulus(&self, mu_0: f64, coherence: f64) -> [f64; 2] {
        [1.0 + coherence, 1.0 - coherence].map(|part| self.j_ext.get() / 1000.0 * mu_0 * part)
    }

    /// The rates in Hz at a state, under currents in nA beside the background.
    pub fn rates(&self, s: [f64; 2], currents: [f64; 2]) -> [f64; 2] {
        let (same, other, i_0) = (self.j_same.get(), self.j_other.get(), self.i_0.get());
        let rate = |own: usize| {
            let x = (same * s[own] - other * s[1 - own] + i_0) / 1000.0 + currents[own];
            self.transfer(x)
        };
        [rate(0), rate(1)]
    }

    /// dS/dt in 1/ms at a state, under currents in nA.
    pub fn slope(&self, s: [f64; 2], currents: [f64; 2]) -> [f64; 2] {
        let rates = self.rates(s, currents);
        let of = |i: usize| -s[i] / self.tau_s.get() + (1.0 - s[i]) * self.gamma * rates[i] / 1000.0;
        [of(0), of(1)]
    }

    /// All states at which S stays under currents in nA, in the order of S_1: Newton's method from a grid of states.
    pub fn rests(&self, currents: [f64; 2]) -> Vec<Rest> {
        const GRID: usize = 20;
        let mut found: Vec<Rest> = Vec::new();
        for at in 0..(GRID + 1) * (GRID + 1) {
            let from = [at % (GRID + 1), at / (GRID + 1)].map(|k| k as f64 / GRID as f64);
            let Some(s) = self.newton(from, currents) else { continue };
            let is_new = |rest: &Rest| (0..2).any(|i| (rest.s[i] - s[i]).abs() > 1e-7);
            if found.iter().all(is_new) {
                let [[a, b], [c, d]] = self.jacobian(s, currents);
                found.push(Rest { s, stable: a + d < 0.0 && a * d - b * c > 0.0 });
            }
        }
        found.sort_by(|one, other| one.s[0].total_cmp(&other.s[0]));
        found
    }

    fn newton(&self, mut s: [f64; 2], currents: [f64; 2]) -> Option<[f64; 2]> {
        for _ in 0..60 {
            let slope = self.slope(s, currents);
            let rows = self.jacobian(s, currents).map(Vec::from).to_vec();
            let step = solve(rows, slope.map(|slope| -slope).to_vec())?;
            // No longer than a tenth of the plane, so that it does not leave it for a state far away.
            let length = step[0].abs().max(step[1].abs());
            let part = (0.1 / length).min(1.0);
            (0..2).for_each(|i| s[i] += part * step[i]);
            if length < 1e-13 {
                return s.iter().all(|s| (0.0..=1.0).contains(s)).then_some(s);
            }
        }
        None
    }

    /// The derivatives of the slope, by central differences.
    fn jacobian(&self, s: [f64; 2], currents: [f64; 2]) -> [[f64; 2]; 2] {
        const STEP: f64 = 1e-6;
        let along = |j: usize| {
            let (mut above, mut below) = (s, s);
            above[j] += STEP;
            below[j] -= STEP;
            let (above, below) = (self.slope(above, currents), self.slope(below, currents));
            [0, 1].map(|i| (above[i] - below[i]) / (2.0 * STEP))
        };
        let [by_first, by_second] = [along(0), along(1)];
        [[by_first[0], by_second[0]], [by_first[1], by_second[1]]]
    }

    /// One trial, by Euler steps; `None` where no threshold is crossed. `path` sees S after every step, from the first.
    ///
    /// The rates that are held against the threshold are those of the state, without the noise of the moment; the answer is
    /// stamped at the end of its step.
    pub fn decide(
        &self,
        question: &Question,
        coherence: f64,
        key: Key,
        trial: u64,
        mut path: impl FnMut([f64; 2]),
    ) -> Option<Decision> {
        let Question { dt, before, most, .. } = *question;
        let mut stream = key.stream("decision", trial);
        let (leak, kick) = (dt / self.tau_noise.get(), self.sigma.get() / 1000.0);
        let (mut s, mut noise) = ([question.start; 2], [0.0; 2]);
        let shown = self.stimulus(question.mu_0, coherence);
        // Times are whole numbers of steps, and one that is there is one step at least.
        let steps = |time: f64| (time / dt).round().max(f64::from(u8::from(time > 0.0))) as u64;
        let waiting = steps(before);
        for step in 0..waiting + steps(most) {
            let stimulus = if step < waiting { [0.0; 2] } else { shown };
            let slope = self.slope(s, [stimulus[0] + noise[0], stimulus[1] + noise[1]]);
            (0..2).for_each(|i| s[i] = (s[i] + dt * slope[i]).clamp(0.0, 1.0));
            noise = noise.map(|i| i - leak * i + leak.sqrt() * kick * stream.normal());
            path(s);
            if step < waiting {
                continue;
            }
            let rates = self.rates(s, stimulus);
            if rates.iter().any(|&rate| rate > question.threshold) {
                let choice = usize::from(rates[1] > rates[0]);
                return Some(Decision { choice, time: (step + 1 - waiting) as f64 * dt });
            }
        }
        None
    }

    /// Many trials, in parallel; each has its own random numbers, whatever the number of threads.
    pub fn trials(
        &self,
        question: &Question,
        coherence: f64,
        key: Key,
        trials: u64,
    ) -> Vec<Option<Decision>> {
        (0..trials)
            .into_par_iter()
            .map(|trial| self.decide(question, coherence, key, trial, |_| {}))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_kernels::math::exp;

    const QUESTION: Question =
        Question { mu_0: 30.0, threshold: 15.0, dt: 0.5, before: 500.0, most: 2000.0, start: 0.1 };

    #[test]
    fn the_transfer_function_has_no_hole_and_no_end() {
        let model = WongWang::default();
        let direct = |x: f64| (270.0 * x - 108.0) / (1.0 - exp(-0.154 * (270.0 * x - 108.0)));
        for x in [-0.5, 0.3, 0.45, 0.7] {
            assert!((model.transfer(x) / direct(x) - 1.0).abs() < 1e-13, "{x}");
        }
        assert!((model.transfer(0.4) - 1.0 / 0.154).abs() < 1e-12);
        assert!((model.transfer(0.4 + 1e-9) - model.transfer(0.4 - 1e-9)).abs() < 1e-6);
        assert_eq!(model.transfer(-1e6), 0.0);
        assert!((model.transfer(1e6) / 270e6 - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_stimulus_turns_rest_into_a_saddle() {
        let model = WongWang::default();
        let stable = |mu_0: f64| -> Vec<bool> {
            let rests = model.rests(model.stimulus(mu_0, 0.0));
            rests.iter().filter(|rest| (rest.s[0] - rest.s[1]).abs() < 1e-6).map(|rest| rest.stable).collect()
        };
        assert!(stable(0.0)[0]);
        assert_eq!(stable(30.0), [false]);
        // Exchanging the populations exchanges the attractors.
        let rests = model.rests(model.stimulus(30.0, 0.0));
        let ends: Vec<&Rest> = rests.iter().filter(|rest| rest.stable).collect();
        assert_eq!(ends.len(), 2);
        assert!((0..2).all(|i| (ends[0].s[i] - ends[1].s[1 - i]).abs() < 1e-9), "{ends:?}");
    }

    #[test]
    fn nullclines_cross_at_the_fixed_points() {
        let model = WongWang::default();
        let currents = model.stimulus(30.0, 0.064);
        for rest in model.rests(currents) {
            for (i, &current) in currents.iter().enumerate() {
                let other = model.nullcline(rest.s[i], current);
                assert!((other - rest.s[1 - i]).abs() < 1e-8, "{rest:?} {other}");
            }
        }
    }

    /// Without noise the trial follows the equations: it ends at the attractor that Newton's method finds.
    #[test]
    fn without_noise_evidence_decides() {
        let model = WongWang { sigma: Current::new(0.0), ..WongWang::default() };
        let question = Question { threshold: 1e9, most: 20_000.0, ..QUESTION };
        let mut last = [0.0; 2];
        assert_eq!(model.decide(&question, -0.1, Key::new(1), 0, |s| last = s), None);
        let rests = model.rests(model.stimulus(30.0, -0.1));
        let near = |rest: &Rest| (0..2).all(|i| (rest.s[i] - last[i]).abs() < 1e-9);
        assert!(last[1] > 0.5 && rests.iter().any(|rest| rest.stable && near(rest)), "{last:?} {rests:?}");
        let decision = model.decide(&QUESTION, 0.1, Key::new(1), 0, |_| {}).unwrap();
        assert!(decision.choice == 0 && decision.time > 100.0, "{decision:?}");
    }

    #[test]
    fn trials_are_the_same_for_any_number_of_threads() {
        let model = WongWang::default();
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| model.trials(&QUESTION, 0.032, Key::new(3), 24))
        };
        let first = on(1);
        assert!(first == on(3) && first.iter().any(|one| one != &first[0]));
    }

    #[test]
    fn more_evidence_makes_decisions_better_and_faster() {
        let model = WongWang::default();
        let at = |coherence: f64| {
            let all: Vec<Decision> =
                model.trials(&QUESTION, coherence, Key::new(1), 200).into_iter().flatten().collect();
            let right = all.iter().filter(|one| one.choice == 0).count() as f64 / all.len() as f64;
            (right, all.iter().map(|one| one.time).sum::<f64>() / all.len() as f64)
        };
        let ((weak, slow), (strong, fast)) = (at(0.032), at(0.256));
        assert!(strong > weak + 0.15 && fast < slow - 100.0, "{weak} {slow} {strong} {fast}");
    }
}
