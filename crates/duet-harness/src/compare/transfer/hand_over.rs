//! The moment at which weights change hands.

use super::{Balance, Report, balanced};
use crate::learner::{self, Failure, Learner};
use crate::scenario::Side;
use duet_random::Key;
use duet_tasks::Dataset;
use duet_topology::Network;

/// Training examples whose activations decide the scales.
const SCALED_BY: usize = 1000;

/// Test examples for which the units of both sides are held against each other.
const COMPARED: usize = 200;

/// A side as it is when it has learned.
#[derive(Clone, Copy)]
pub struct Giver<'a> {
    /// The side.
    pub side: &'a Side,
    /// Its network, as it has become.
    pub network: &'a Network,
}

/// What a side has been given.
pub struct Taken {
    /// The network that it begins with.
    pub network: Network,
    lambda: Vec<f64>,
    giver: Box<dyn Learner>,
}

impl Taken {
    /// Hands the weights of `giver` over to `side`, scaled as it asks; `key` is that of all sides under the seed.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite or a side does not fit.
    pub fn new(
        side: &Side,
        giver: Giver<'_>,
        data: &Dataset,
        present_ms: f64,
        key: Key,
    ) -> Result<Self, Failure> {
        let misfit = |words: String| Failure { diverged: false, words };
        let mut own = learner::build(giver.side, giver.network, data, present_ms, key).map_err(misfit)?;
        // A side that begins with weights of its own would begin with those again.
        own.set_network(giver.network).map_err(misfit)?;
        let (network, lambda) = match (&giver.side.ann, &side.spiking) {
            (Some(_), Some(spiking)) => {
                let normalise = side.from.as_ref().and_then(|from| from.normalise.as_ref());
                let percentile = normalise.map(|Balance::Percentile(percentile)| percentile);
                let activity = own.activity(&data.train, data.train.len().min(SCALED_BY))?;
                balanced(giver.network, spiking, &activity, percentile)
            }
            _ => (giver.network.clone(), vec![1.0; giver.network.populations.len()]),
        };
        Ok(Self { network, lambda, giver: own })
    }

    /// What units do on both sides for the first test examples.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    pub fn report(&mut self, taker: &mut dyn Learner, data: &Dataset) -> Result<Report, Failure> {
        let count = data.test.len().min(COMPARED);
        let given = self.giver.activity(&data.test, count)?;
        let taken = taker.activity(&data.test, count)?;
        let populations = &self.network.populations;
        let name = |index: usize| populations[index].name.as_str();
        let inputs: Vec<&str> = self.network.ends().0.into_iter().map(name).collect();
        let lambda = |of: &str| populations.get_index_of(of).map_or(1.0, |index| self.lambda[index]);
        Ok(Report::new(&given, &taken, &inputs, lambda))
    }
}
