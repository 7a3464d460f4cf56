//! Every possible synapse exists with the same probability.

use super::{Connect, Ends, Table, per_target};
use duet_random::Key;
use duet_units::{Range, parameters};

parameters! {
    /// Every possible synapse exists with the same probability, independently of all others.
    ///
    /// # Equations
    /// ```text
    /// P(pre -> post) = p
    /// ```
    /// # Behaviour
    /// In-degrees vary binomially around p · n_pre, and that spread widens the distribution of firing rates.
    ///
    /// # References
    /// - Erdős & Rényi 1959; Gilbert 1959
    pub struct FixedProbability {
        /// Probability of a synapse; between lists of populations also a table, a row for each target with a number for each source.
        pub p: Table<f64>, in Range::UNIT;
        /// Within one population: whether a unit may feed itself.
        pub autapses: bool = false;
    }
}

impl Connect for FixedProbability {
    fn sources(&self, ends: Ends, key: Key) -> Option<Vec<Vec<u32>>> {
        let allowed = |pre: u32, post: u32| self.autapses || !ends.same || pre != post;
        let p = self.p.one();
        Some(per_target(ends, key, |post, stream| {
            // One draw per candidate, taken or not, keeps every candidate at its own place in the stream.
            let mut sources = Vec::new();
            stream.coins(p, ends.n_pre, |pre| {
                if allowed(pre as u32, post) {
                    sources.push(pre as u32);
                }
            });
            sources
        }))
    }

    fn most_synapses(&self, ends: Ends) -> u128 {
        // Six standard deviations above the mean.
        let (n, p) = (ends.n_pre as f64 * ends.n_post as f64, self.p.one());
        (p * n + 6.0 * (n * p * (1.0 - p)).sqrt()).min(n).ceil() as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_synapses_is_p() {
        let ends = Ends { n_pre: 300, n_post: 200, same: false };
        let pattern = FixedProbability { p: Table::One(0.1), autapses: false };
        let count = pattern.sources(ends, Key::new(1)).unwrap().iter().map(Vec::len).sum::<usize>() as f64;
        let (mean, sd) = (6000.0, (60_000.0_f64 * 0.09).sqrt());
        assert!((count - mean).abs() < 5.0 * sd, "{count}");
        let all = FixedProbability { p: Table::One(1.0), autapses: false };
        let same = Ends { n_pre: 4, n_post: 4, same: true };
        assert_eq!(all.sources(same, Key::new(1)).unwrap()[2], [0, 1, 3]);
    }
}
