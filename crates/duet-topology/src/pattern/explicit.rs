//! Synapses listed one by one.

use super::{Connect, Ends};
use duet_random::Key;
use duet_units::parameters;

parameters! {
    /// Synapses listed one by one as `[source, target]`.
    pub struct Explicit {
        /// The synapses; units are counted from 0.
        pub pairs: Vec<Vec<usize>>;
    }
}

impl Connect for Explicit {
    fn fits(&self, ends: Ends) -> Result<(), String> {
        for pair in &self.pairs {
            match pair.as_slice() {
                [pre, post] if *pre < ends.n_pre && *post < ends.n_post => {}
                [pre, post] => {
                    return Err(format!(
                        "[{pre}, {post}] names a unit that does not exist; sources run to {}, targets to {}",
                        ends.n_pre - 1,
                        ends.n_post - 1
                    ));
                }
                other => return Err(format!("{other:?} is not a pair [source, target]")),
            }
        }
        Ok(())
    }

    fn sources(&self, ends: Ends, _: Key) -> Option<Vec<Vec<u32>>> {
        let mut sources = vec![Vec::new(); ends.n_post];
        for pair in &self.pairs {
            sources[pair[1]].push(pair[0] as u32);
        }
        sources.iter_mut().for_each(|list| list.sort_unstable());
        Some(sources)
    }

    fn most_synapses(&self, _: Ends) -> u128 {
        self.pairs.len() as u128
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_checked_and_sorted_by_target() {
        let ends = Ends { n_pre: 3, n_post: 2, same: false };
        let pattern = Explicit { pairs: vec![vec![2, 0], vec![0, 0], vec![1, 1]] };
        assert!(pattern.fits(ends).is_ok());
        assert_eq!(pattern.sources(ends, Key::new(0)).unwrap(), [vec![0, 2], vec![1]]);
        assert!(Explicit { pairs: vec![vec![0, 2]] }.fits(ends).unwrap_err().contains("targets to 1"));
        assert!(Explicit { pairs: vec![vec![0]] }.fits(ends).unwrap_err().contains("not a pair"));
    }
}
