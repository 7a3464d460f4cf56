//! A fixed number of synapses, scattered at random.

use super::{Connect, Ends, Table};
use duet_kernels::math::ln_1p;
use duet_random::Key;
use duet_units::{Range, parameters};
use rayon::prelude::*;

parameters! {
    /// Exactly n synapses between ends drawn at random, several on one pair allowed.
    ///
    /// # Equations
    /// ```text
    /// every synapse: source and target uniform over all allowed pairs;   n of them
    /// n = ln(1 - p) / ln(1 - 1/(n_pre n_post))      if every pair is to be connected at least once with probability p
    /// ```
    /// # Behaviour
    /// The rule of the cortical microcircuit: in- and out-degrees vary, the total does not. The number of synapses that each
    /// source sends out is drawn first, then every source's targets from a stream of its own, so that large networks can be
    /// drawn row by row.
    ///
    /// # References
    /// - Potjans & Diesmann 2014, The cell-type specific cortical microcircuit
    pub struct FixedTotal {
        /// Number of synapses; between lists of populations also a table, a row for each target with a number for each source.
        pub n: Table<usize>, in Range::NON_NEGATIVE;
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

    fn out_degrees(&self, ends: Ends, key: Key) -> Option<Vec<u32>> {
        /// Draws that share a stream: a matter of the file format, not of speed.
        const CHUNK: usize = 1 << 20;
        let count = |chunk: usize| {
            let mut stream = key.stream("sources", chunk as u64);
            let mut counts = vec![0_u32; ends.n_pre];
            let mut left = CHUNK.min(self.n.one() - chunk * CHUNK);
            let mut drawn = [0; 1024];
            while left > 0 {
                let drawn = &mut drawn[..left.min(1024)];
                stream.fill_below(ends.n_pre as u64, drawn);
                drawn.iter().for_each(|&source| counts[source as usize] += 1);
                left -= drawn.len();
            }
            counts
        };
        let add = |mut sum: Vec<u32>, counts: Vec<u32>| {
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            sum
        };
        let chunks = (0..self.n.one().div_ceil(CHUNK)).into_par_iter();
        Some(chunks.map(count).reduce(|| vec![0; ends.n_pre], add))
    }

    fn targets(&self, ends: Ends, key: Key, source: u32, degree: u32, targets: &mut Vec<u32>) {
        let mut stream = key.stream("wiring", u64::from(source));
        // A unit that may not feed itself is cut out of the numbering, so that no draw is thrown away.
        let own = ends.same && !self.autapses;
        let candidates = ends.n_post as u64 - u64::from(own);
        let mut drawn = vec![0; degree as usize];
        stream.fill_below(candidates, &mut drawn);
        targets.extend(drawn.into_iter().map(|pick| {
            let pick = pick as u32;
            pick + u32::from(own && pick >= source)
        }));
    }

    fn most_synapses(&self, _: Ends) -> u128 {
        self.n.one() as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(pattern: &FixedTotal, ends: Ends) -> Vec<Vec<u32>> {
        let degrees = pattern.out_degrees(ends, Key::new(1)).unwrap();
        let row = |(source, &degree): (usize, &u32)| {
            let mut row = Vec::new();
            pattern.targets(ends, Key::new(1), source as u32, degree, &mut row);
            row
        };
        degrees.iter().enumerate().map(row).collect()
    }

    /// The share of pairs that are connected at least once is the probability asked for, within four standard errors.
    #[test]
    fn as_many_synapses_as_a_probability_means() {
        let (n_pre, n_post, p) = (300, 200, 0.1);
        let n = FixedTotal::synapses(p, 300.0, 200.0).round() as usize;
        let ends = Ends { n_pre, n_post, same: false };
        let mut rows = rows(&FixedTotal { n: Table::One(n), autapses: false }, ends);
        rows.iter_mut().for_each(|row| {
            row.sort_unstable();
            row.dedup();
        });
        let pairs = (n_pre * n_post) as f64;
        let share = rows.iter().map(Vec::len).sum::<usize>() as f64 / pairs;
        assert!((share - p).abs() < 4.0 * (p * (1.0 - p) / pairs).sqrt(), "{share}");
    }

    #[test]
    fn the_total_is_kept() {
        let ends = Ends { n_pre: 7, n_post: 7, same: true };
        let rows = rows(&FixedTotal { n: Table::One(500), autapses: false }, ends);
        assert_eq!(rows.iter().map(Vec::len).sum::<usize>(), 500);
        assert!(rows.iter().enumerate().all(|(pre, list)| !list.contains(&(pre as u32))));
    }

    #[test]
    fn every_pair_is_as_likely() {
        let ends = Ends { n_pre: 6, n_post: 6, same: true };
        let mut counts = [[0_u32; 6]; 6];
        let rows = rows(&FixedTotal { n: Table::One(30_000), autapses: false }, ends);
        for (pre, row) in rows.iter().enumerate() {
            row.iter().for_each(|&post| counts[pre][post as usize] += 1);
        }
        // 30 pairs share 30,000: mean 1000, standard deviation 31.1.
        let off = |(pre, post): (usize, usize)| (f64::from(counts[pre][post]) - 1000.0).abs();
        let pairs = (0..36).map(|i| (i / 6, i % 6)).filter(|(pre, post)| pre != post);
        assert!(pairs.map(off).fold(0.0, f64::max) < 5.0 * 31.1, "{counts:?}");
    }
}
