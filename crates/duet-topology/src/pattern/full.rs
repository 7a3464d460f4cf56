//! Every source to every target.

use super::{Connect, Ends};
use duet_random::Key;
use duet_units::parameters;

parameters! {
    /// Every unit of the source population feeds every unit of the target population.
    ///
    /// # Behaviour
    /// The dense layer of artificial networks; n_pre · n_post synapses.
    pub default struct Full {
        /// Within one population: whether a unit also feeds itself.
        pub autapses: bool = false;
    }
}

impl Connect for Full {
    fn sources(&self, ends: Ends, _: Key) -> Option<Vec<Vec<u32>>> {
        let others = |target| (0..ends.n_pre as u32).filter(|&pre| pre != target).collect();
        (ends.same && !self.autapses).then(|| (0..ends.n_post as u32).map(others).collect())
    }

    fn most_synapses(&self, ends: Ends) -> u128 {
        ends.n_pre as u128 * ends.n_post as u128
    }
}
