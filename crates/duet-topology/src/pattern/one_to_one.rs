//! Unit i to unit i.

use super::{Connect, Ends};
use duet_random::Key;
use duet_units::parameters;

parameters! {
    /// Unit i of the source population feeds unit i of the target population.
    pub default struct OneToOne {}
}

impl Connect for OneToOne {
    fn fits(&self, ends: Ends) -> Result<(), String> {
        if ends.n_pre == ends.n_post {
            Ok(())
        } else {
            Err("both populations must have the same size".to_owned())
        }
    }

    fn sources(&self, ends: Ends, _: Key) -> Option<Vec<Vec<u32>>> {
        Some((0..ends.n_post as u32).map(|i| vec![i]).collect())
    }

    fn most_synapses(&self, ends: Ends) -> u128 {
        ends.n_post as u128
    }
}
