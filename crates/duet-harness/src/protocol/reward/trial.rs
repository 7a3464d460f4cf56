//! One side under one seed, from beginning to end.

use super::{DistalReward, Place};
use crate::HarnessError;
use crate::protocol::Stage;
use duet_random::{Key, Stream};
use duet_spiking::{Simulation, SpikingError, SpikingSide};
use duet_topology::Network;
use std::collections::BTreeMap;

/// What happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    /// The weights from time to time; the last look is at the end.
    pub(super) looks: Vec<Look>,
    /// Times of the rewards in ms.
    pub(super) given: Vec<f64>,
    /// Spikes of the target population.
    pub(super) spikes: u64,
}

/// The rewarded synapse among the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Look {
    /// In ms.
    pub(super) time: f64,
    pub(super) rewarded: f64,
    /// Of the others: the 5th, 50th and 95th percentile, the largest, the mean.
    pub(super) low: f64,
    pub(super) median: f64,
    pub(super) high: f64,
    pub(super) largest: f64,
    pub(super) mean: f64,
    /// Share of the others that are weaker; equals count half.
    pub(super) rank: f64,
    /// Rewards so far.
    pub(super) rewards: usize,
}

impl Look {
    /// At weights of which the one at `position` is the rewarded one; there are at least two.
    pub(super) fn at(time: f64, weights: &[f64], position: usize, rewards: usize) -> Self {
        let rewarded = weights[position];
        let mut others = weights.to_vec();
        others.remove(position);
        others.sort_by(f64::total_cmp);
        let n = others.len() as f64;
        let quantile = |share: f64| others[(share * (n - 1.0)).round() as usize];
        let count = |is: &dyn Fn(f64) -> bool| others.iter().filter(|&&w| is(w)).count() as f64;
        Self {
            time,
            rewarded,
            low: quantile(0.05),
            median: quantile(0.5),
            high: quantile(0.95),
            largest: quantile(1.0),
            mean: others.iter().sum::<f64>() / n,
            rank: (count(&|w| w < rewarded) + 0.5 * count(&|w| w == rewarded)) / n,
            rewards,
        }
    }
}

/// When rewards come.
#[derive(Debug)]
pub(super) struct Schedule {
    /// Rewards to come, by step.
    due: BTreeMap<u64, usize>,
    earning: Option<Earning>,
}

/// How rewards are earned: times in steps.
#[derive(Debug)]
struct Earning {
    window: u64,
    after: (f64, f64),
    delays: Stream,
    /// The source's last spike.
    pre: Option<u64>,
}

impl Schedule {
    /// By what the synapse's ends do.
    pub(super) fn earned(protocol: &DistalReward, dt: f64, key: Key) -> Self {
        let earning = Earning {
            window: ((protocol.window.get() / dt).round() as u64).max(1),
            after: (protocol.after.from.get() / dt, protocol.after.to.get() / dt),
            delays: key.stream("after", 0),
            pre: None,
        };
        Self { due: BTreeMap::new(), earning: Some(earning) }
    }

    /// The rewards given at these times in ms, with the intervals between them in another order.
    pub(super) fn shuffled(given: &[f64], dt: f64, key: Key) -> Self {
        let mut due = BTreeMap::new();
        let mut time = 0.0;
        for at in key.stream("intervals", 0).permutation(given.len()) {
            let at = at as usize;
            time += given[at] - if at == 0 { 0.0 } else { given[at - 1] };
            *due.entry((time / dt).round() as u64).or_insert(0) += 1;
        }
        Self { due, earning: None }
    }

    /// How many rewards come at a step at which the ends did this.
    pub(super) fn come(&mut self, step: u64, pre: bool, post: bool) -> usize {
        if let Some(earning) = &mut self.earning {
            // A source that fires at this very step has not fired before its target.
            if post && earning.pre.is_some_and(|pre| step - pre <= earning.window) {
                let (from, to) = earning.after;
                let after = from + (to - from) * earning.delays.uniform();
                *self.due.entry(step + after.round() as u64).or_insert(0) += 1;
            }
            if pre {
                earning.pre = Some(step);
            }
        }
        self.due.remove(&step).unwrap_or(0)
    }
}

/// A side, ready to go. All sides of a seed see the same random spikes.
pub(super) fn simulation(
    side: &SpikingSide,
    network: &Network,
    seed: u64,
) -> Result<Simulation<f64>, SpikingError> {
    let key = Key::new(seed).child("side");
    let mut simulation = Simulation::new(network, side, &[], network.populations.len(), key)?;
    simulation.set_learning(true);
    Ok(simulation)
}

/// Carries it out; `None` if it was stopped.
pub(super) fn carry(
    protocol: &DistalReward,
    (name, side): (&str, &SpikingSide),
    network: &Network,
    seed: u64,
    mut schedule: Schedule,
    is_stopped: &dyn Fn() -> bool,
) -> Result<Option<Course>, HarnessError> {
    let place = Place::find(protocol, network).map_err(|words| Stage::refused(name, words))?;
    let mut simulation =
        simulation(side, network, seed).map_err(|error| Stage::refused(name, error.to_string()))?;
    let last = protocol.steps(side.dt);
    let every = last.div_ceil(protocol.looks as u64);
    let mut course = Course::default();
    let look = |simulation: &Simulation<f64>, rewards: usize| {
        let weights: Vec<f64> = simulation.weights(place.projection).collect();
        Look::at(simulation.time(), &weights, place.position, rewards)
    };
    course.looks.push(look(&simulation, 0));
    for step in 1..=last {
        simulation.step(&[]);
        let fired = |(population, cell): (usize, u32)| simulation.spikes(population).contains(&cell);
        let (pre, post) = (fired(place.source), fired(place.target));
        course.spikes += simulation.spikes(place.target.0).len() as u64;
        for _ in 0..schedule.come(step, pre, post) {
            simulation.reward(protocol.amount);
            course.given.push(simulation.time());
        }
        if step % 64 == 0 || step == last {
            simulation.check().map_err(|error| HarnessError::NotFinite {
                side: name.to_owned(),
                seed,
                words: error.to_string(),
            })?;
        }
        if step % every == 0 || step == last {
            simulation.settle();
            course.looks.push(look(&simulation, course.given.len()));
        }
        if step % 4096 == 0 && is_stopped() {
            return Ok(None);
        }
    }
    Ok(Some(course))
}
