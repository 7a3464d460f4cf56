//! A current that fluctuates.

use super::Amplitude;
use duet_kernels::math::{exp, exp_m1};
use duet_random::{Key, Stream};
use duet_units::{Range, Time, parameters};

parameters! {
    /// A current that fluctuates around a mean, different for every cell or in part the same.
    ///
    /// # Equations
    /// ```text
    /// with tau (Ornstein-Uhlenbeck):  dI = -(I - mean)/tau dt + sigma sqrt(2/tau) dW,   I(0) ~ N(mean, sigma)
    /// without (white, in steps):      I ~ N(mean, sigma), drawn anew every hold
    /// with shared = c:                I - mean = sqrt(1 - c) (a cell's own) + sqrt(c) (all cells')
    /// ```
    /// The Ornstein-Uhlenbeck process is advanced exactly, so its statistics do not depend on dt.
    /// # Behaviour
    /// What thousands of synapses sum to. The standard deviation is `sigma`, the power at low frequencies 2 sigma^2 tau,
    /// or sigma^2 hold. A cell whose mean drive is below threshold then fires irregularly, on fluctuations; above it the
    /// mean sets the rate and the noise only makes the intervals vary. Zero before `start` and after `stop`. Cells that
    /// share inputs share fluctuations: with `shared` the currents of any two cells of a population have this correlation.
    ///
    /// # References
    /// - Uhlenbeck & Ornstein 1930, Phys. Rev. 36:823; Gillespie 1996, Phys. Rev. E 54:2084 (the exact step)
    /// - Gerstner et al. 2014, Neuronal Dynamics, section 8.1
    /// - de la Rocha, Doiron, Shea-Brown, Josic & Reyes 2007, Nature 448:802 (a shared part)
    ///
    /// # Example
    /// One time constant keeps exp(-1) of a deviation, and fresh noise of variance 1 - exp(-2) restores the rest.
    /// ```
    /// use duet_spiking::stimulus::Noise;
    /// let noise: Noise = toml::from_str("mean = '200 pA'\nsigma = '50 pA'\ntau = '5 ms'").unwrap();
    /// let (keep, fresh) = noise.exact_step(5.0);
    /// assert!((keep - 0.367_879_441_171_442_3).abs() < 1e-15);
    /// assert!((fresh - 50.0 * (1.0 - keep * keep).sqrt()).abs() < 1e-12);
    /// ```
    pub struct Noise {
        /// What it fluctuates around, in the unit of `sigma`; zero unless given.
        pub mean: Option<Amplitude> = None;
        /// Standard deviation.
        pub sigma: Amplitude, in Range::NON_NEGATIVE;
        /// Correlation time; without it the noise is white.
        pub tau: Option<Time> = None, in Range::POSITIVE;
        /// How long a value of white noise is held.
        pub hold: Time = Time::new(1.0), in Range::POSITIVE;
        /// Share of the variance that all cells of a population have in common: the correlation of two cells' currents.
        pub shared: f64 = 0.0, in Range::UNIT;
        /// When it begins.
        pub start: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// When it ends; without it, never.
        pub stop: Option<Time> = None, in Range::NON_NEGATIVE;
    }
    relations { start < stop; }
}

impl Noise {
    /// Of a step of `dt` ms: the share of a deviation that is left, and the standard deviation of the fresh noise.
    pub fn exact_step(&self, dt: f64) -> (f64, f64) {
        let sigma = self.sigma.get();
        self.tau.map_or((0.0, sigma), |tau| {
            let tau = tau.get();
            (exp(-dt / tau), sigma * (-exp_m1(-2.0 * dt / tau)).sqrt())
        })
    }
}

/// Numbers that are drawn ahead for every cell: by the hundred they cost a quarter.
const AHEAD: usize = 128;

/// The noise of a population's cells, each with a stream of its own.
pub(crate) struct NoisyCurrent {
    noise: Noise,
    dt: f64,
    keep: f64,
    fresh: f64,
    /// Steps from one renewal to the next.
    hold: u64,
    /// How much of a cell's own deviation, and of the shared one, is in its current.
    parts: (f64, f64),
    /// Deviation from the mean of every cell; the last is the one that all share, where there is one.
    deviations: Vec<f64>,
    /// What draws the next ones.
    streams: Vec<Stream>,
    /// Drawn ahead, a row per renewal, of which so many are used up.
    ahead: Vec<f64>,
    used: usize,
}

impl NoisyCurrent {
    pub(crate) fn new(noise: &Noise, dt: f64, cells: usize, key: Key) -> Self {
        let (keep, fresh) = noise.exact_step(dt);
        let count = cells + usize::from(noise.shared > 0.0);
        let parts = ((1.0 - noise.shared).sqrt(), noise.shared.sqrt());
        let (deviations, ahead) = (vec![0.0; count], vec![0.0; AHEAD * count]);
        let hold = if noise.tau.is_some() { 1.0 } else { (noise.hold.get() / dt).round().max(1.0) };
        let streams = (0..count).map(|cell| Self::stream(key, cell, cells)).collect();
        let mut current = Self {
            noise: noise.clone(),
            dt,
            keep,
            fresh,
            hold: hold as u64,
            parts,
            deviations,
            streams,
            ahead,
            used: 0,
        };
        current.begin();
        current
    }

    /// What draws a cell's deviations, and behind the last cell's the shared ones.
    fn stream(key: Key, cell: usize, cells: usize) -> Stream {
        if cell < cells { key.stream("noise", cell as u64) } else { key.stream("shared noise", 0) }
    }

    /// Back to the beginning: the same noise again.
    pub(crate) fn rest(&mut self) {
        self.streams.iter_mut().for_each(|stream| stream.seek(0));
        self.begin();
    }

    fn begin(&mut self) {
        self.used = AHEAD;
        self.renew(0.0, self.noise.sigma.get());
    }

    /// Keeps a share of every deviation and adds fresh noise of a standard deviation.
    fn renew(&mut self, keep: f64, fresh: f64) {
        let count = self.deviations.len();
        if self.used == AHEAD {
            let mut drawn = [0.0; AHEAD];
            for (cell, stream) in self.streams.iter_mut().enumerate() {
                stream.fill_normal(&mut drawn);
                self.ahead.chunks_exact_mut(count).zip(drawn).for_each(|(row, x)| row[cell] = x);
            }
            self.used = 0;
        }
        let row = &self.ahead[self.used * count..][..count];
        self.used += 1;
        self.deviations
            .iter_mut()
            .zip(row)
            .for_each(|(deviation, x)| *deviation = keep * *deviation + fresh * x);
    }

    /// Adds the current of a step (counted from 0) to every cell's, then moves on.
    pub(crate) fn add(&mut self, step: u64, now: &mut [f64]) {
        let t = (step as f64 + 0.5) * self.dt;
        let (cells, shared) = self.deviations.split_at(now.len());
        if t >= self.noise.start.get() && self.noise.stop.is_none_or(|stop| t < stop.get()) {
            let mean = self.noise.mean.map_or(0.0, Amplitude::get);
            let common = mean + shared.first().map_or(0.0, |deviation| self.parts.1 * deviation);
            now.iter_mut().zip(cells).for_each(|(now, deviation)| *now += common + self.parts.0 * deviation);
        }
        if self.hold == 1 || (step + 1).is_multiple_of(self.hold) {
            self.renew(self.keep, self.fresh);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean, standard deviation and correlation over `lag` steps of 400 cells over 200 steps.
    fn statistics(noise: &Noise, dt: f64, lag: usize) -> (f64, f64, f64) {
        let mut current = NoisyCurrent::new(noise, dt, 400, Key::new(3));
        let mut rows = Vec::new();
        for step in 0..200 {
            let mut now = vec![0.0; 400];
            current.add(step, &mut now);
            rows.push(now);
        }
        let all: Vec<f64> = rows.iter().flatten().copied().collect();
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / all.len() as f64;
        let pairs = rows.iter().zip(&rows[lag..]).flat_map(|(a, b)| a.iter().zip(b));
        let products: Vec<f64> = pairs.map(|(a, b)| (a - mean) * (b - mean)).collect();
        let covariance = products.iter().sum::<f64>() / products.len() as f64;
        (mean, variance.sqrt(), covariance / variance)
    }

    #[test]
    fn an_ornstein_uhlenbeck_current_has_its_moments_for_any_dt() {
        let noise: Noise = toml::from_str("mean = 3.0\nsigma = 2.0\ntau = '5 ms'").unwrap();
        for (dt, lag) in [(1.0, 5), (0.5, 10)] {
            let (mean, sigma, correlation) = statistics(&noise, dt, lag);
            // 400 independent cells of about 20 correlation times each: a standard error of 0.03 or less.
            assert!((mean - 3.0).abs() < 0.1 && (sigma - 2.0).abs() < 0.1, "{dt}: {mean} {sigma}");
            assert!((correlation - exp(-1.0)).abs() < 0.05, "{dt}: {correlation}");
        }
    }

    #[test]
    fn white_noise_is_held_and_then_drawn_anew() {
        let noise: Noise = toml::from_str("sigma = 2.0\nhold = '1 ms'").unwrap();
        let mut current = NoisyCurrent::new(&noise, 0.25, 1, Key::new(3));
        let values: Vec<f64> = (0..8)
            .map(|step| {
                let mut now = [0.0];
                current.add(step, &mut now);
                now[0]
            })
            .collect();
        assert!(values[..4].iter().all(|v| *v == values[0]) && values[4..].iter().all(|v| *v == values[4]));
        assert_ne!(values[0], values[4]);
        let (_, sigma, correlation) = statistics(&noise, 0.25, 4);
        assert!((sigma - 2.0).abs() < 0.1 && correlation.abs() < 0.05, "{sigma} {correlation}");
    }

    /// Two cells' currents have the correlation that was asked for, and each the variance that it has without.
    #[test]
    fn a_shared_part_correlates_cells_and_leaves_each_as_it_is() {
        for shared in [0.25, 1.0] {
            let noise: Noise =
                toml::from_str(&format!("sigma = 2.0\nhold = '1 ms'\nshared = {shared}")).unwrap();
            let mut current = NoisyCurrent::new(&noise, 1.0, 2, Key::new(3));
            let (mut products, mut squares, n) = (0.0, 0.0, 40_000);
            for step in 0..n {
                let mut now = [0.0; 2];
                current.add(step, &mut now);
                products += now[0] * now[1];
                squares += 0.5 * (now[0] * now[0] + now[1] * now[1]);
            }
            // Four standard errors of a variance of 4: 4 · 4 sqrt(2 / 40 000).
            assert!((squares / n as f64 - 4.0).abs() < 0.12, "{squares}");
            assert!((products / squares - shared).abs() < 0.02, "{shared}: {}", products / squares);
        }
    }
}
