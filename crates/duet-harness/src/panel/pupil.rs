//! A side that learns anew, from other examples than those of the run.

use crate::compare::transfer::{Giver, Taken};
use crate::learner::{self, Failure, Learner};
use crate::scenario::{Scenario, Side};
use duet_random::Key;
use duet_tasks::{Dataset, Split};
use duet_topology::Network;

/// What a pupil begins with: all of it is what the side began with in the run.
#[derive(Clone, Copy)]
pub struct Beginning<'a> {
    /// The scenario with its sides.
    pub scenario: &'a Scenario,
    /// The network as drawn.
    pub network: &'a Network,
    /// The data.
    pub data: &'a Dataset,
    /// How long a side that lives in time sees an example, in ms.
    pub present_ms: f64,
    /// The key of all sides under the seed.
    pub key: Key,
}

/// A side at its beginning, and where it takes its weights from another one, that one.
pub struct Pupil<'a> {
    from: Beginning<'a>,
    side: &'a Side,
    learner: Box<dyn Learner>,
    giver: Option<Box<Self>>,
}

impl<'a> Pupil<'a> {
    /// The side of this name, as it was before learning.
    ///
    /// # Errors
    /// [`Failure`] when it does not fit.
    pub fn new(from: Beginning<'a>, name: &str) -> Result<Self, Failure> {
        let misfit = |words: String| Failure { diverged: false, words };
        let side = &from.scenario.side[name];
        let giver =
            side.from.as_ref().map(|handed| Self::new(from, &handed.side).map(Box::new)).transpose()?;
        let built = learner::build(side, from.network, from.data, from.present_ms, from.key);
        Ok(Self { from, side, learner: built.map_err(misfit)?, giver })
    }

    /// Learns from the examples of a split at `order`; what takes its weights from another side lets that one learn.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    pub fn learn(&mut self, epoch: usize, examples: &Split, order: &[u32]) -> Result<(), Failure> {
        match &mut self.giver {
            Some(giver) => giver.learn(epoch, examples, order),
            None => self.learner.fit(epoch, examples, order),
        }
    }

    /// The learner as it is now; weights that come from another side are taken over again.
    ///
    /// # Errors
    /// [`Failure`] when a number is no longer finite.
    pub fn now(&mut self) -> Result<&mut dyn Learner, Failure> {
        if let Some(giver) = &mut self.giver {
            let network = giver.now()?.network();
            let giver = Giver { side: giver.side, network: &network };
            let Beginning { data, present_ms, key, .. } = self.from;
            let taken = Taken::new(self.side, giver, data, present_ms, key)?;
            let built = learner::build(self.side, &taken.network, data, present_ms, key);
            self.learner = built.map_err(|words| Failure { diverged: false, words })?;
        }
        Ok(self.learner.as_mut())
    }
}
