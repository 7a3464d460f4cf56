//! Cells that each prefer a value of their own.

use super::{Renewal, SpikeTrain};
use crate::decode::OutputSpikes;
use duet_kernels::math::exp;
use duet_random::Stream;
use duet_units::{Frequency, Range, parameters};

parameters! {
    /// A value is told by several cells, each of which fires most for a value of its own.
    ///
    /// # Equations
    /// ```text
    /// c_k = k / (cells - 1)                                   preferred value of cell k of a group, k = 0 ... cells - 1
    /// rate_k = rate_max exp(-(value - c_k)^2 / (2 width^2))   Poisson spikes
    /// read back:  the x in [0, 1] with the largest likelihood, sum_k (n_k ln rate_k(x) - T rate_k(x))
    /// ```
    /// # Behaviour
    /// Which cells fire says more than how much: a value is known after few spikes, and a value of zero is a message as loud
    /// as any other. The price is a group of cells for each number. All of a group are shown the same number, side by side
    /// in the input population.
    ///
    /// # References
    /// - Georgopoulos, Schwartz & Kettner 1986, Science 233:1416
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 3.3 (Gaussian tuning, maximum likelihood)
    ///
    /// # Example
    /// ```
    /// use duet_spiking::encode::Population;
    /// let code = Population::default();
    /// assert_eq!(code.rate(0, 0.0), 200.0);
    /// assert!((code.rate(2, 0.0) - 200.0 * (-0.5 * (2.0_f64 / 7.0 / 0.15).powi(2)).exp()).abs() < 1e-12);
    /// ```
    pub default struct Population {
        /// Cells for each number.
        pub cells: usize = 8, in Range::between(2.0, 1000.0);
        /// Width (standard deviation) of the tuning curves.
        pub width: f64 = 0.15, in Range::between(1e-3, 1e3);
        /// Rate at a cell's preferred value.
        pub rate_max: Frequency = Frequency::new(200.0), in Range::POSITIVE;
    }
}

/// Values that are tried in reading back.
const TRIED: usize = 401;

impl Population {
    fn preferred(&self, cell: usize) -> f64 {
        (cell % self.cells) as f64 / (self.cells - 1) as f64
    }

    /// The rate in Hz of a cell that is shown a value.
    pub fn rate(&self, cell: usize, value: f64) -> f64 {
        let off = (value - self.preferred(cell)) / self.width;
        self.rate_max.get() * exp(-0.5 * off * off)
    }

    pub(super) fn encode(
        &self,
        values: &[f32],
        dt: f64,
        steps: usize,
        stream: &mut Stream,
        train: &mut SpikeTrain,
    ) {
        let mut events = Vec::new();
        for (cell, &value) in values.iter().enumerate() {
            let process = Renewal { drive: self.rate(cell, f64::from(value)), t_ref: 0.0, order: 1 };
            process.spikes(dt, steps, stream, |step| events.push((step, cell as u32)));
        }
        train.sort_in(&mut events, steps);
    }

    pub(super) fn read_back(&self, spikes: &OutputSpikes, elapsed: f64) -> Vec<f64> {
        let tried = |at: usize| at as f64 / (TRIED - 1) as f64;
        let expected: Vec<f64> = (0..TRIED)
            .map(|at| (0..self.cells).map(|cell| self.rate(cell, tried(at))).sum::<f64>() * elapsed / 1000.0)
            .collect();
        let most_likely = |counts: &[f64]| {
            // ln rate is a square of the distance, so spikes enter by their number and their mean preferred value.
            let total: f64 = counts.iter().sum();
            let centre = counts.iter().enumerate().map(|(k, n)| n * self.preferred(k)).sum::<f64>();
            let centre = if total > 0.0 { centre / total } else { 0.5 };
            let likelihood = |at: usize| {
                let off = (tried(at) - centre) / self.width;
                -0.5 * total * off * off - expected[at]
            };
            let better = |best: usize, at: usize| if likelihood(at) > likelihood(best) { at } else { best };
            tried((0..TRIED).reduce(better).unwrap_or_default())
        };
        spikes.count.chunks_exact(self.cells).map(most_likely).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Encode;
    use duet_random::Key;

    /// The error stays near the Cramér-Rao bound 1 / sqrt(T sum rate'^2 / rate), where tuning curves cover the value.
    #[test]
    fn reading_back_is_as_good_as_can_be() {
        let code = Population { cells: 11, ..Population::default() };
        let (value, dt, steps) = (0.43, 0.1, 4000);
        let fisher: f64 = (0..code.cells)
            .map(|k| code.rate(k, value) * ((value - code.preferred(k)) / (code.width * code.width)).powi(2))
            .sum::<f64>()
            * 0.4;
        let trials = 1000;
        let mut squares = 0.0;
        for trial in 0..trials {
            let mut train = SpikeTrain::default();
            let mut stream = Key::new(4).stream("test", trial);
            let shown = vec![value as f32; code.cells];
            Encode::Population(code.clone()).encode(&shown, dt, steps, &mut stream, &mut train);
            let mut spikes = OutputSpikes { count: vec![0.0; code.cells], ..OutputSpikes::default() };
            (0..steps).flat_map(|step| train.at(step)).for_each(|&cell| spikes.count[cell as usize] += 1.0);
            squares += (code.read_back(&spikes, 400.0)[0] - value).powi(2);
        }
        let efficiency = 1.0 / (fisher * squares / trials as f64);
        // Standard error of a mean square: sqrt(2 / n).
        assert!((efficiency - 1.0).abs() < 4.0 * (2.0 / trials as f64).sqrt() + 0.02, "{efficiency}");
    }
}
