//! Spikes that arrive at random.

use duet_random::{Key, Stream};
use duet_units::{Frequency, Range, Time, parameters};

parameters! {
    /// Spikes that arrive at random times, an independent train at every cell.
    ///
    /// # Equations
    /// ```text
    /// spikes in a step ~ Poisson(rate dt),   each as large as weight units of network weight
    /// ```
    /// # Behaviour
    /// The background of a network model: many weak sources outside, taken together. Through a synapse with time constant
    /// tau, mean and variance of what arrives are rate tau w and rate tau w^2 / 2. With `independent = false` all cells
    /// get the same train, and fire together.
    ///
    /// # References
    /// - Brunel 2000, J. Comput. Neurosci. 8:183
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 1.4
    ///
    /// # Example
    /// A thousand sources of 8 Hz are one of 8 kHz: 0.8 spikes in a step of 0.1 ms.
    /// ```
    /// use duet_spiking::stimulus::Poisson;
    /// let poisson: Poisson = toml::from_str("rate = '8 kHz'\nweight = 1.5").unwrap();
    /// assert!((poisson.per_step(0.1) - 0.8).abs() < 1e-15);
    /// ```
    pub struct Poisson {
        /// Spikes per second at each cell.
        pub rate: Frequency, in Range::between(0.0, 1e9);
        /// Weight of each spike, in the side's unit of weight.
        pub weight: f64 = 1.0;
        /// Whether every cell gets a train of its own.
        pub independent: bool = true;
        /// When it begins.
        pub start: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// When it ends; without it, never.
        pub stop: Option<Time> = None, in Range::NON_NEGATIVE;
    }
    relations { start < stop; }
}

impl Poisson {
    /// Mean number of spikes in a step of `dt` ms.
    pub fn per_step(&self, dt: f64) -> f64 {
        self.rate.get() * dt / 1000.0
    }
}

/// The trains of a population's cells.
pub(crate) struct PoissonTrains {
    poisson: Poisson,
    dt: f64,
    key: Key,
    /// One for each cell, or one for all.
    streams: Vec<Stream>,
}

impl PoissonTrains {
    pub(crate) fn new(poisson: &Poisson, dt: f64, cells: usize, key: Key) -> Self {
        let trains = if poisson.independent { cells } else { 1 };
        let streams = (0..trains).map(|train| key.stream("poisson", train as u64)).collect();
        Self { poisson: poisson.clone(), dt, key, streams }
    }

    /// Back to the beginning: the same trains again.
    pub(crate) fn rest(&mut self) {
        for (train, stream) in self.streams.iter_mut().enumerate() {
            *stream = self.key.stream("poisson", train as u64);
        }
    }

    /// Calls with every cell's summed weight that arrives at the end of a step (counted from 0).
    pub(crate) fn arrive(&mut self, step: u64, cells: usize, mut add: impl FnMut(usize, f64)) {
        let t = (step as f64 + 0.5) * self.dt;
        if t < self.poisson.start.get() || self.poisson.stop.is_some_and(|stop| t >= stop.get()) {
            return;
        }
        let (mean, weight) = (self.poisson.per_step(self.dt), self.poisson.weight);
        if self.poisson.independent {
            for (cell, stream) in self.streams.iter_mut().enumerate() {
                add(cell, stream.poisson(mean) as f64 * weight);
            }
        } else {
            let sum = self.streams[0].poisson(mean) as f64 * weight;
            (0..cells).for_each(|cell| add(cell, sum));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trains_are_independent_or_one_for_all() {
        let counts = |independent: bool| {
            let poisson: Poisson =
                toml::from_str(&format!("rate = '500 Hz'\nweight = 2.0\nindependent = {independent}"))
                    .unwrap();
            let mut trains = PoissonTrains::new(&poisson, 0.1, 50, Key::new(1));
            let mut sums = vec![0.0; 50];
            for step in 0..10_000 {
                trains.arrive(step, 50, |cell, weight| sums[cell] += weight);
            }
            sums
        };
        let own = counts(true);
        let mean = own.iter().sum::<f64>() / 50.0;
        // 500 spikes of weight 2, and a standard error of 2 sqrt(500 / 50).
        assert!((mean - 1000.0).abs() < 4.0 * 2.0 * 10.0_f64.sqrt(), "{mean}");
        let variance = own.iter().map(|n| (n - mean) * (n - mean)).sum::<f64>() / 49.0;
        assert!((0.5..1.7).contains(&(variance / 2000.0)), "a Fano factor of one: {variance}");
        let same = counts(false);
        assert!(same.iter().all(|sum| *sum == same[0]));
    }
}
