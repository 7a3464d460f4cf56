//! Poisson numbers: how many events, when `mean` are expected.

use crate::Stream;

/// The largest mean that [`Stream::poisson`] takes. Beyond it the logarithms in the method lose their digits.
pub const MAX_POISSON_MEAN: f64 = 1e9;

/// From here on a number is found by rejection; below, by summing probabilities.
const REJECTION_FROM: f64 = 10.0;

impl Stream {
    /// A Poisson-distributed count with the given `mean`; 0 for the mean 0.
    ///
    /// Below a mean of 10 the distribution function is inverted, with one word. From 10 on, Hörmann's transformed
    /// rejection `PTRS` takes two words a trial (about 1.1 trials).
    /// Source: Hörmann (1993), The transformed rejection method for generating Poisson random variables, Insurance:
    /// Mathematics and Economics 12: 39-45.
    ///
    /// # Panics
    /// If `mean` is negative, NaN or above [`MAX_POISSON_MEAN`].
    pub fn poisson(&mut self, mean: f64) -> u64 {
        assert!(
            (0.0..=MAX_POISSON_MEAN).contains(&mean),
            "a Poisson mean lies in [0, {MAX_POISSON_MEAN:e}], got {mean}"
        );
        if mean < REJECTION_FROM { self.poisson_inversion(mean) } else { self.poisson_rejection(mean) }
    }

    fn poisson_inversion(&mut self, mean: f64) -> u64 {
        let u = self.uniform();
        let mut count = 0_u64;
        let mut probability = libm::exp(-mean);
        let mut cumulative = probability;
        while u >= cumulative {
            count += 1;
            probability *= mean / count as f64;
            let next = cumulative + probability;
            // Rounding can leave the whole sum just below the largest u.
            if next == cumulative {
                break;
            }
            cumulative = next;
        }
        count
    }

    fn poisson_rejection(&mut self, mean: f64) -> u64 {
        let b = 0.931 + 2.53 * libm::sqrt(mean);
        let a = -0.059 + 0.02483 * b;
        let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
        let v_r = 0.9277 - 3.6224 / (b - 2.0);
        let ln_mean = libm::log(mean);
        loop {
            let u = self.uniform() - 0.5;
            let v = self.uniform();
            let us = 0.5 - u.abs();
            let k = ((2.0 * a / us + b) * u + mean + 0.43).floor();
            if us >= 0.07 && v <= v_r {
                return k as u64;
            }
            if k < 0.0 || (us < 0.013 && v > us) {
                continue;
            }
            let proposed = libm::log(v * inverse_alpha / (a / (us * us) + b));
            if proposed <= k * ln_mean - mean - libm::lgamma(k + 1.0) {
                return k as u64;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Key;

    // From an independent program in Python. Never to move.
    #[test]
    fn golden_values() {
        let mut stream = Key::new(7).stream("poisson", 0);
        let got: Vec<u64> = [0.5, 3.0, 9.5, 10.0, 250.0, 1e6].map(|mean| stream.poisson(mean)).to_vec();
        assert_eq!(got, [0, 2, 11, 4, 218, 1_001_636]);
    }

    // Mean and variance are both `mean`; the variance of the sample variance is about (mean + 2 mean^2) / n.
    #[test]
    fn moments_within_five_standard_errors() {
        for (entity, mean) in [0.01, 0.7, 4.0, 9.99, 10.0, 35.0, 1e3, 1e6, 1e9].into_iter().enumerate() {
            let n = 40_000_u32;
            let mut stream = Key::new(31).stream("poisson", entity as u64);
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..n {
                let deviation = stream.poisson(mean) as f64 - mean;
                sum += deviation;
                squares += deviation * deviation;
            }
            let n = f64::from(n);
            assert!((sum / n).abs() < 5.0 * (mean / n).sqrt(), "mean {mean}: off by {}", sum / n);
            let spread = (mean + 2.0 * mean * mean) / n;
            assert!(
                (squares / n - mean).abs() < 5.0 * spread.sqrt(),
                "mean {mean}: variance {}",
                squares / n
            );
        }
    }

    // Chi-square against the probability function, over the cells with at least 20 expected counts.
    #[test]
    fn counts_follow_the_probability_function() {
        for (entity, mean) in [0.3, 6.0, 10.0, 12.5, 60.0].into_iter().enumerate() {
            let n = 100_000_u32;
            let mut stream = Key::new(32).stream("poisson", entity as u64);
            let mut counts = [0.0; 200];
            for _ in 0..n {
                counts[stream.poisson(mean) as usize] += 1.0;
            }
            let (mut chi_square, mut cells) = (0.0, 0.0);
            let mut probability = libm::exp(-mean);
            for (k, &count) in counts.iter().enumerate() {
                if k > 0 {
                    probability *= mean / k as f64;
                }
                let expected = probability * f64::from(n);
                if expected >= 20.0 {
                    chi_square += (count - expected) * (count - expected) / expected;
                    cells += 1.0;
                }
            }
            assert!(cells > 3.0 || mean < 1.0);
            assert!(
                chi_square < cells + 5.0 * (2.0_f64 * cells).sqrt(),
                "mean {mean}: {chi_square} over {cells}"
            );
        }
    }

    #[test]
    fn a_mean_of_zero_gives_zero_and_takes_one_word() {
        let mut stream = Key::new(0).stream("poisson", 0);
        assert!((0..100).all(|_| stream.poisson(0.0) == 0));
        assert_eq!(stream.position(), 100);
    }

    #[test]
    #[should_panic(expected = "a Poisson mean lies in")]
    fn a_negative_mean_is_refused() {
        Key::new(0).stream("", 0).poisson(-1.0);
    }

    #[test]
    #[should_panic(expected = "a Poisson mean lies in")]
    fn nan_is_refused() {
        Key::new(0).stream("", 0).poisson(f64::NAN);
    }
}
