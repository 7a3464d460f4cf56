//! A current that fluctuates.

use super::Amplitude;
use duet_kernels::math::{exp, exp_m1};
use duet_random::{Key, NORMALS, Stream};
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

/// The noise of a population's cells, each with a stream of its own.
pub(crate) struct NoisyCurrent {
    noise: Noise,
    dt: f64,
    keep: f64,
    fresh: f64,
    key: Key,
    /// How much of a cell's own deviation, and of the shared one, is in its current.
    parts: (f64, f64),
    /// Deviation from the mean of every cell, and what draws the next.
    cells: Vec<(f64, Stream)>,
    /// The deviation that all cells share, where there is one.
    common: Option<(f64, Stream)>,
}

impl NoisyCurrent {
    pub(crate) fn new(noise: &Noise, dt: f64, cells: usize, key: Key) -> Self {
        let (keep, fresh) = noise.exact_step(dt);
        let cells = (0..cells).map(|cell| (0.0, key.stream("noise", cell as u64))).collect();
        let common = (noise.shared > 0.0).then(|| (0.0, key.stream("shared noise", 0)));
        let parts = ((1.0 - noise.shared).sqrt(), noise.shared.sqrt());
        let mut current = Self { noise: noise.clone(), dt, keep, fresh, key, parts, cells, common };
        current.rest();
        current
    }

    /// Back to the beginning: the same noise again.
    pub(crate) fn rest(&mut self) {
        let sigma = self.noise.sigma.get();
        for (cell, (deviation, stream)) in self.cells.iter_mut().enumerate() {
            *stream = self.key.stream("noise", cell as u64);
            *deviation = sigma * stream.normal();
        }
        if let Some((deviation, stream)) = &mut self.common {
            *stream = self.key.stream("shared noise", 0);
            *deviation = sigma * stream.normal();
        }
    }

    /// Adds the current of a step (counted from 0) to every cell's, then moves on.
    pub(crate) fn add(&mut self, step: u64, now: &mut [f64]) {
        let t = (step as f64 + 0.5) * self.dt;
        let on = t >= self.noise.start.get() && self.noise.stop.is_none_or(|stop| t < stop.get());
        let mean = self.noise.mean.map_or(0.0, Amplitude::get);
        let hold = ((self.noise.hold.get() / self.dt).round() as u64).max(1);
        let is_renewed = self.noise.tau.is_some() || (step + 1).is_multiple_of(hold);
        let (keep, fresh, (own, shared)) = (self.keep, self.fresh, self.parts);
        let common = mean + self.common.as_ref().map_or(0.0, |(deviation, _)| shared * deviation);
        for (now, cells) in now.chunks_mut(NORMALS).zip(self.cells.chunks_mut(NORMALS)) {
            if on {
                now.iter_mut()
                    .zip(&*cells)
                    .for_each(|(now, (deviation, _))| *now += common + own * deviation);
            }
            if is_renewed {
                let drawn = Stream::normals(cells.iter_mut().map(|(_, stream)| stream));
                for ((deviation, _), x) in cells.iter_mut().zip(drawn) {
                    *deviation = keep * *deviation + fresh * x;
                }
            }
        }
        if let Some((deviation, stream)) = self.common.as_mut().filter(|_| is_renewed) {
            *deviation = keep * *deviation + fresh * stream.normal();
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
