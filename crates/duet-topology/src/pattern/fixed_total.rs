//! A fixed number of synapses, scattered at random.

use super::{Connect, Ends};
use duet_kernels::math::ln_1p;
use duet_random::Key;
use duet_units::{Range, parameters};

parameters! {
    /// Exactly n synapses between ends drawn at random, several on one pair allowed.
    ///
    /// # Behaviour
    /// The rule of the cortical microcircuit: in- and out-degrees vary, the total does not.
    ///
    /// # References
    /// - Potjans & Diesmann 2014, The cell-type specific cortical microcircuit
    pub struct FixedTotal {
        /// Number of synapses.
        pub n: usize, in Range::at_least(1.0);
        /// Within one population: whether a unit may feed itself.
        pub autapses: bool = false;
    }
}

impl FixedTotal {
    /// How many synapses, drawn with repeats, leave a pair of units connected with a probability: ln(1 - p) / ln(1 - 1/(n_pre n_post)).
    ///
    /// Two units onto one, each connected with probability 3/4: ln(1/4) / ln(1/2) = 2 synapses.
    /// ```
    /// use duet_topology::pattern::FixedTotal;
    /// assert!((FixedTotal::synapses(0.75, 2.0, 1.0) - 2.0).abs() < 1e-15);
    /// ```
    pub fn synapses(probability: f64, n_pre: f64, n_post: f64) -> f64 {
        ln_1p(-probability) / ln_1p(-1.0 / (n_pre * n_post))
    }
}

impl Connect for FixedTotal {
    fn fits(&self, ends: Ends) -> Result<(), String> {
        if ends.same && !self.autapses && ends.n_pre == 1 {
            return Err("a single unit may not feed itself".to_owned());
        }
        Ok(())
    }

    fn sources(&self, ends: Ends, key: Key) -> Option<Vec<Vec<u32>>> {
        let mut stream = key.stream("wiring", 0);
        let mut sources = vec![Vec::new(); ends.n_post];
        let mut left = self.n;
        while left > 0 {
            let (pre, post) =
                (stream.below(ends.n_pre as u64) as u32, stream.below(ends.n_post as u64) as usize);
            if self.autapses || !ends.same || pre as usize != post {
                sources[post].push(pre);
                left -= 1;
            }
        }
        sources.iter_mut().for_each(|list| list.sort_unstable());
        Some(sources)
    }

    fn most_synapses(&self, _: Ends) -> u128 {
        self.n as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The share of pairs that are connected at least once is the probability asked for, within four standard errors.
    #[test]
    fn as_many_synapses_as_a_probability_means() {
        let (n_pre, n_post, p) = (300, 200, 0.1);
        let n = FixedTotal::synapses(p, 300.0, 200.0).round() as usize;
        let ends = Ends { n_pre, n_post, same: false };
        let mut sources = FixedTotal { n, autapses: false }.sources(ends, Key::new(1)).unwrap();
        sources.iter_mut().for_each(Vec::dedup);
        let pairs = (n_pre * n_post) as f64;
        let share = sources.iter().map(Vec::len).sum::<usize>() as f64 / pairs;
        assert!((share - p).abs() < 4.0 * (p * (1.0 - p) / pairs).sqrt(), "{share}");
    }

    #[test]
    fn the_total_is_kept() {
        let ends = Ends { n_pre: 7, n_post: 7, same: true };
        let sources = FixedTotal { n: 500, autapses: false }.sources(ends, Key::new(1)).unwrap();
        assert_eq!(sources.iter().map(Vec::len).sum::<usize>(), 500);
        assert!(sources.iter().enumerate().all(|(post, list)| !list.contains(&(post as u32))));
    }
}
