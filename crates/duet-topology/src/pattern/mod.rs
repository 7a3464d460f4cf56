//! Who is connected to whom: one connection pattern per file.

mod average_pool2d;
mod conv2d;
mod explicit;
mod fixed_in_degree;
mod fixed_probability;
mod fixed_total;
mod full;
mod max_pool2d;
mod one_to_one;
mod small_world;
mod table;

pub use average_pool2d::AveragePool2d;
pub use conv2d::Conv2d;
pub use explicit::Explicit;
pub use fixed_in_degree::FixedInDegree;
pub use fixed_probability::FixedProbability;
pub use fixed_total::FixedTotal;
pub use full::Full;
pub use max_pool2d::MaxPool2d;
pub use one_to_one::OneToOne;
pub use small_world::SmallWorld;
pub use table::Table;

use crate::{Size, Wiring};
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
        Conv2d(Conv2d) = "conv2d",
        AveragePool2d(AveragePool2d) = "average_pool2d",
        MaxPool2d(MaxPool2d) = "max_pool2d",
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

/// A connection pattern: the sorted sources of every target, or a window that moves.
pub trait Connect {
    /// Why the pattern cannot connect these ends, in words, or nothing.
    ///
    /// # Errors
    /// A sentence with the values found and allowed.
    fn fits(&self, _ends: Ends) -> Result<(), String> {
        Ok(())
    }

    /// The sources of each target, ascending; `None` means all of them. A source listed twice makes two synapses.
    fn sources(&self, _ends: Ends, _key: Key) -> Option<Vec<Vec<u32>>> {
        None
    }

    /// For patterns that are drawn source by source: how many synapses each source sends out. Such a pattern lists no
    /// [`Connect::sources`] but [`Connect::targets`].
    fn out_degrees(&self, _ends: Ends, _key: Key) -> Option<Vec<u32>> {
        None
    }

    /// The targets of one source, in the order drawn; a target listed twice gets two synapses.
    fn targets(&self, _ends: Ends, _key: Key, _source: u32, _degree: u32, _targets: &mut Vec<u32>) {}

    /// For patterns that move a window: the wiring between grids of these shapes, or why there is none. Such a pattern
    /// needs none of the other functions.
    fn window(&self, _from: &[usize], _to: &[usize]) -> Option<Result<Wiring, String>> {
        None
    }

    /// An upper bound on the number of synapses.
    fn most_synapses(&self, ends: Ends) -> u128 {
        ends.n_pre as u128 * ends.n_post as u128
    }
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
            Self::Conv2d(pattern) => pattern,
            Self::AveragePool2d(pattern) => pattern,
            Self::MaxPool2d(pattern) => pattern,
        }
    }

    /// The pattern between one source and one target of a projection over lists, by their places; `None` where nothing connects
    /// them.
    pub(crate) fn between(&self, source: usize, target: usize) -> Option<Self> {
        match self {
            Self::FixedTotal(pattern) => {
                let n = pattern.n.at(source, target);
                (n > 0).then(|| Self::FixedTotal(FixedTotal { n: Table::One(n), ..pattern.clone() }))
            }
            Self::FixedProbability(pattern) => {
                let p = pattern.p.at(source, target);
                let one = FixedProbability { p: Table::One(p), ..pattern.clone() };
                // A single value of 0 stays a projection without synapses, as it is written.
                (p > 0.0 || matches!(pattern.p, Table::One(_))).then_some(Self::FixedProbability(one))
            }
            _ => Some(self.clone()),
        }
    }

    /// Why the pattern's tables do not fit lists of so many populations, in words, or nothing.
    pub(crate) fn tables_fit(&self, sources: usize, targets: usize) -> Result<(), String> {
        match self {
            Self::FixedTotal(pattern) => pattern.n.fits(sources, targets),
            Self::FixedProbability(pattern) => pattern.p.fits(sources, targets),
            _ => Ok(()),
        }
    }

    /// Why the pattern cannot connect populations of these extents, in words, or nothing.
    ///
    /// # Errors
    /// A sentence with the values found and allowed.
    pub fn fits(&self, pre: &Size, post: &Size, same: bool) -> Result<(), String> {
        match self.inner().window(&pre.shape, &post.shape) {
            Some(window) => window.map(|_| ()),
            None => self.inner().fits(Ends { n_pre: pre.units, n_post: post.units, same }),
        }
    }

    /// The sources of each target, ascending; `None` means all of them.
    pub fn sources(&self, n_pre: usize, n_post: usize, same: bool, key: Key) -> Option<Vec<Vec<u32>>> {
        self.inner().sources(Ends { n_pre, n_post, same }, key)
    }

    /// How many synapses each source sends out, for patterns that are drawn source by source.
    pub fn out_degrees(&self, ends: Ends, key: Key) -> Option<Vec<u32>> {
        self.inner().out_degrees(ends, key)
    }

    /// Adds the targets of one source, in the order drawn.
    pub fn targets(&self, ends: Ends, key: Key, source: u32, degree: u32, targets: &mut Vec<u32>) {
        self.inner().targets(ends, key, source, degree, targets);
    }

    /// An upper bound on the number of synapses between populations of these sizes.
    pub fn most_synapses(&self, ends: Ends) -> u128 {
        self.inner().most_synapses(ends)
    }

    /// The wiring of a pattern that moves a window over grids of these shapes; `None` for all others.
    pub fn window(&self, from: &[usize], to: &[usize]) -> Option<Wiring> {
        self.inner().window(from, to).and_then(Result::ok)
    }

    /// Whether its synapses have weights that could be drawn; a pool's do not.
    pub fn has_weights(&self) -> bool {
        !matches!(self, Self::AveragePool2d(_) | Self::MaxPool2d(_))
    }

    /// An upper bound on the number of weights that are stored.
    pub fn most_weights(&self, pre: &Size, post: &Size) -> u128 {
        match self.inner().window(&pre.shape, &post.shape) {
            Some(Ok(wiring)) => wiring.weights(pre.units, post.units) as u128,
            Some(Err(_)) => 0,
            None => self.inner().most_synapses(Ends { n_pre: pre.units, n_post: post.units, same: false }),
        }
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
