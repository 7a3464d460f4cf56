//! Every target has the same number of sources.

use super::{Connect, Ends, per_target};
use duet_random::Key;
use duet_units::{Range, parameters};

parameters! {
    /// Every target receives exactly k synapses from sources drawn at random.
    ///
    /// # Behaviour
    /// All targets get the same mean input, which is what mean-field theory of balanced networks assumes.
    ///
    /// # References
    /// - Brunel 2000, Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons
    pub struct FixedInDegree {
        /// Synapses per target.
        pub k: usize, in Range::at_least(1.0);
        /// Within one population: whether a unit may feed itself.
        pub autapses: bool = false;
        /// Whether a source may be drawn more than once for one target.
        pub multapses: bool = false;
    }
}

impl Connect for FixedInDegree {
    fn fits(&self, ends: Ends) -> Result<(), String> {
        let candidates = ends.n_pre - usize::from(ends.same && !self.autapses);
        if candidates == 0 {
            return Err("there is no unit to draw from (a unit may not feed itself)".to_owned());
        }
        if self.k > candidates && !self.multapses {
            return Err(format!(
                "k = {} is more than the {candidates} sources that a target can have; allow multapses or lower k",
                self.k
            ));
        }
        Ok(())
    }

    fn sources(&self, ends: Ends, key: Key) -> Option<Vec<Vec<u32>>> {
        let n = ends.n_pre as u64;
        Some(per_target(ends, key, |post, stream| {
            let own = ends.same && !self.autapses;
            if self.multapses {
                let mut drawn = Vec::with_capacity(self.k);
                while drawn.len() < self.k {
                    let pre = stream.below(n) as u32;
                    if !(own && pre == post) {
                        drawn.push(pre);
                    }
                }
                return drawn;
            }
            // Floyd's sampling without replacement: k draws, whatever n is. The target itself is cut out of the
            // numbering, so that no draw is thrown away.
            let candidates = n - u64::from(own);
            let mut taken = vec![0_u64; candidates.div_ceil(64) as usize];
            for j in candidates - self.k as u64..candidates {
                let pick = stream.below(j + 1);
                let is_taken = taken[pick as usize / 64] >> (pick % 64) & 1 == 1;
                let pick = if is_taken { j } else { pick };
                taken[pick as usize / 64] |= 1 << (pick % 64);
            }
            let mut sources = Vec::with_capacity(self.k);
            for (word, &bits) in taken.iter().enumerate() {
                let mut bits = bits;
                while bits != 0 {
                    let pick = 64 * word as u32 + bits.trailing_zeros();
                    sources.push(pick + u32::from(own && pick >= post));
                    bits &= bits - 1;
                }
            }
            sources
        }))
    }

    fn most_synapses(&self, ends: Ends) -> u128 {
        self.k as u128 * ends.n_post as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_k_distinct_sources_and_every_source_is_as_likely() {
        let ends = Ends { n_pre: 20, n_post: 4000, same: false };
        let pattern = FixedInDegree { k: 5, autapses: false, multapses: false };
        let mut counts = [0_u32; 20];
        for sources in pattern.sources(ends, Key::new(2)).unwrap() {
            assert_eq!(sources.len(), 5);
            assert!(sources.windows(2).all(|pair| pair[0] < pair[1]), "distinct and sorted");
            sources.iter().for_each(|&pre| counts[pre as usize] += 1);
        }
        // Binomial with n = 4000, p = 1/4: mean 1000, standard deviation 27.4.
        assert!(counts.iter().all(|&count| (f64::from(count) - 1000.0).abs() < 5.0 * 27.4), "{counts:?}");
    }

    #[test]
    fn all_others_when_k_is_all_others() {
        let ends = Ends { n_pre: 4, n_post: 4, same: true };
        let pattern = FixedInDegree { k: 3, autapses: false, multapses: false };
        assert_eq!(pattern.sources(ends, Key::new(2)).unwrap()[1], [0, 2, 3]);
        assert!(FixedInDegree { k: 4, ..pattern.clone() }.fits(ends).is_err());
        let many = FixedInDegree { k: 9, autapses: false, multapses: true };
        assert!(many.fits(ends).is_ok());
        assert!(many.sources(ends, Key::new(2)).unwrap()[1].iter().all(|&pre| pre != 1));
    }
}
