//! An artificial side decides: one look at two noisy numbers.

use super::Decide;
use core::f64::consts::FRAC_1_SQRT_2;
use duet_kernels::math::erfc;
use duet_random::Key;
use duet_spiking::theory::Decision;

impl Decide {
    /// How often one look is right: the chance that the larger current carries the larger noisy number.
    pub fn one_look(&self, coherence: f64) -> f64 {
        let difference = 2.0 * self.attractor.j_ext.get() * self.mu_0.get() * coherence;
        let noise = self.attractor.sigma.get();
        if noise == 0.0 {
            return if difference > 0.0 { 1.0 } else { 0.5 };
        }
        0.5 * erfc(-FRAC_1_SQRT_2 * difference / noise)
    }

    /// All looks at one coherence.
    pub(super) fn looks(&self, coherence: f64, key: Key) -> Vec<Decision> {
        // The noise of the moment, as it stands in the attractor's input.
        let noise = FRAC_1_SQRT_2 * self.attractor.sigma.get() / 1000.0;
        let shown = self.attractor.stimulus(self.mu_0.get(), coherence);
        let look = |trial: u64| {
            let mut stream = key.stream("look", trial);
            let [first, second] = shown.map(|current| current + noise * stream.normal());
            // Where nothing tells them apart a coin decides.
            let coin = stream.bernoulli(0.5);
            let is_second = if first == second { coin } else { second > first };
            Decision { choice: usize::from(is_second), time: 0.0 }
        };
        (0..self.trials as u64).map(look).collect()
    }
}
