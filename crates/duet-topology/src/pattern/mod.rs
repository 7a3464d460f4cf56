//! Who is connected to whom: one connection pattern per file.

mod explicit;
mod fixed_in_degree;
mod fixed_probability;
mod fixed_total;
mod full;
mod one_to_one;
mod small_world;

pub use explicit::Explicit;
pub use fixed_in_degree::FixedInDegree;
pub use fixed_probability::FixedProbability;
pub use fixed_total::FixedTotal;
pub use full::Full;
pub use one_to_one::OneToOne;
pub use small_world::SmallWorld;

use duet_random::{Key, Stream};
use duet_units::choice;
use rayon::prelude::*;

choice! {
    /// Who is connected to whom.
    pub enum Pattern: "pattern" {
        Full(Full) = "full",
        OneToOne(OneToOne) = "one_to_one",
        FixedProbability(FixedProbability) = "fixed_probability",
        FixedInDegree(FixedInDegree) = "fixed_in_degree",
        FixedTotal(FixedTotal) = "fixed_total",
        SmallWorld(SmallWorld) = "small_world",
        Explicit(Explicit) = "explicit",
    }
}

/// The two ends of a projection, as a pattern sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Units in the source population.
    pub n_pre: usize,
    /// Units in the target population.
    pub n_post: usize,
    /// Whether both are the same population, so that a unit could feed itself.
    pub same: bool,
}

/// A connection pattern: the sorted sources of every target.
pub trait Connect {
    /// Why the pattern cannot connect these ends, in words, or nothing.
    ///
    /// # Errors
    /// A sentence with the values found and allowed.
    fn fits(&self, _ends: Ends) -> Result<(), String> {
        Ok(())
    }

    /// The sources of each target, ascending; `None` means all of them. A source listed twice makes two synapses.
    fn sources(&self, ends: Ends, key: Key) -> Option<Vec<Vec<u32>>>;

    /// An upper bound on the number of synapses.
    fn most_synapses(&self, ends: Ends) -> u128;
}

impl Pattern {
    fn inner(&self) -> &dyn Connect {
        match self {
            Self::Full(pattern) => pattern,
            Self::OneToOne(pattern) => pattern,
            Self::FixedProbability(pattern) => pattern,
            Self::FixedInDegree(pattern) => pattern,
            Self::FixedTotal(pattern) => pattern,
            Self::SmallWorld(pattern) => pattern,
            Self::Explicit(pattern) => pattern,
        }
    }

    /// Why the pattern cannot connect populations of these sizes, in words, or nothing.
    ///
    /// # Errors
    /// A sentence with the values found and allowed.
    pub fn fits(&self, n_pre: usize, n_post: usize, same: bool) -> Result<(), String> {
        self.inner().fits(Ends { n_pre, n_post, same })
    }

    /// The sources of each target, ascending; `None` means all of them.
    pub fn sources(&self, n_pre: usize, n_post: usize, same: bool, key: Key) -> Option<Vec<Vec<u32>>> {
        self.inner().sources(Ends { n_pre, n_post, same }, key)
    }

    /// An upper bound on the number of synapses.
    pub fn most_synapses(&self, n_pre: usize, n_post: usize) -> u128 {
        self.inner().most_synapses(Ends { n_pre, n_post, same: false })
    }
}

/// Draws the sources of every target from the target's own stream, in parallel.
fn per_target(ends: Ends, key: Key, draw: impl Fn(u32, &mut Stream) -> Vec<u32> + Sync) -> Vec<Vec<u32>> {
    let one = |target: usize| {
        let mut sources = draw(target as u32, &mut key.stream("wiring", target as u64));
        sources.sort_unstable();
        sources
    };
    (0..ends.n_post).into_par_iter().map(one).collect()
}
