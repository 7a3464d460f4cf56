//! Watts and Strogatz's ring with shortcuts.

use super::{Connect, Ends};
use duet_random::Key;
use duet_units::{Range, parameters};
use std::collections::BTreeSet;

parameters! {
    /// A ring in which every unit feeds its k nearest neighbours, some of these links rewired at random.
    ///
    /// # Equations
    /// ```text
    /// ring: unit i and units i ± 1 ... i ± k/2;   each link keeps its near end and gets a random far end with probability p
    /// ```
    /// # Behaviour
    /// p = 0: clustered, long paths. p = 1: random, short paths, no clusters. Around p = 0.01 paths are already short
    /// while clusters remain: the small world. Links run both ways.
    ///
    /// # References
    /// - Watts & Strogatz 1998, Collective dynamics of 'small-world' networks
    pub struct SmallWorld {
        /// Neighbours per unit; even.
        pub k: usize, in Range::at_least(2.0);
        /// Probability that a link is rewired.
        pub p: f64, in Range::UNIT;
    }
}

impl Connect for SmallWorld {
    fn fits(&self, ends: Ends) -> Result<(), String> {
        if !ends.same {
            return Err(
                "a small world is made of one population: `from` and `to` must be the same".to_owned()
            );
        }
        if !self.k.is_multiple_of(2) || self.k >= ends.n_pre {
            return Err(format!("k = {} must be even and smaller than the population", self.k));
        }
        Ok(())
    }

    fn sources(&self, ends: Ends, key: Key) -> Option<Vec<Vec<u32>>> {
        let n = ends.n_pre;
        let mut neighbors: Vec<BTreeSet<u32>> = vec![BTreeSet::default(); n];
        for i in 0..n {
            for d in 1..=self.k / 2 {
                neighbors[i].insert(((i + d) % n) as u32);
                neighbors[(i + d) % n].insert(i as u32);
            }
        }
        // As in the paper: one round per distance, in each round one link per unit.
        let mut stream = key.stream("wiring", 0);
        for d in 1..=self.k / 2 {
            for i in 0..n {
                let far = ((i + d) % n) as u32;
                if !stream.bernoulli(self.p) || neighbors[i].len() >= n - 1 || !neighbors[i].contains(&far) {
                    continue;
                }
                let new = loop {
                    let pick = stream.below(n as u64) as u32;
                    if pick as usize != i && !neighbors[i].contains(&pick) {
                        break pick;
                    }
                };
                neighbors[i].remove(&far);
                neighbors[far as usize].remove(&(i as u32));
                neighbors[i].insert(new);
                neighbors[new as usize].insert(i as u32);
            }
        }
        Some(neighbors.into_iter().map(|set| set.into_iter().collect()).collect())
    }

    fn most_synapses(&self, ends: Ends) -> u128 {
        self.k as u128 * ends.n_post as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clustering, path_length};

    #[test]
    fn clusters_and_paths_of_the_paper() {
        // S36 of the course (n = 1000, k = 10): C(0.1)/C(0) = 0.722, L(0.1)/L(0) = 0.087.
        let ends = Ends { n_pre: 1000, n_post: 1000, same: true };
        let at = |p| SmallWorld { k: 10, p }.sources(ends, Key::new(1)).unwrap();
        let (ring, world) = (at(0.0), at(0.1));
        assert_eq!(world.iter().map(Vec::len).sum::<usize>(), 10_000, "rewiring keeps the number of links");
        let c = clustering(&world).unwrap() / clustering(&ring).unwrap();
        let l = path_length(&world).unwrap() / path_length(&ring).unwrap();
        assert!((c - 0.722).abs() < 0.03, "{c}");
        assert!((l - 0.087).abs() < 0.006, "{l}");
    }
}
