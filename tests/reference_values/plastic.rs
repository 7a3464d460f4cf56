//! Plastic synapses between two populations that are driven from outside, as a simulation.

use super::common_step::steps;
use super::figure::Trouble;
use super::single_cell::check;
use duet_random::Key;
use duet_spiking::{DelaySite, Plasticity, Simulation, SpikingProjection, SpikingSide};
use duet_topology::NetworkSpec;
use duet_units::Time;
use std::collections::BTreeMap;

/// Synapses from cell i to cell i.
#[derive(Clone, Debug)]
pub struct Plastic {
    pub rule: Plasticity,
    pub synapses: usize,
    /// Weight at the start.
    pub w0: f64,
    /// Time step and delay in ms.
    pub dt: f64,
    pub delay: f64,
    pub site: DelaySite,
}

impl Plastic {
    /// The weights after some steps; `pre` and `post` name the cells that fire in a step, counted from 1.
    pub fn weights_after<'t>(
        &self,
        steps: i64,
        pre: impl Fn(i64) -> &'t [u32],
        post: impl Fn(i64) -> &'t [u32],
    ) -> Result<Vec<f64>, Trouble> {
        let Self { rule, synapses, w0, dt, delay, site } = self;
        let spec: NetworkSpec = toml::from_str(&format!(
            "population.pre.size = {synapses}\npopulation.post.size = {synapses}\n\
             [projection.link]\nfrom = 'pre'\nto = 'post'\npattern.one_to_one = {{}}\n\
             weights.constant = {w0:?}\ndelay.constant = '{delay} ms'"
        ))
        .map_err(Trouble::refused)?;
        let link = SpikingProjection { delay_site: *site, ..SpikingProjection::default() };
        let side = SpikingSide {
            dt: Time::new(*dt),
            plasticity: rule.clone(),
            projection: [("link".to_owned(), link)].into_iter().collect(),
            ..SpikingSide::default()
        };
        check(spec.problems().into_iter().chain(side.problems(&spec)))?;
        let network = spec.realize(Key::new(0)).map_err(Trouble::refused)?;
        let mut simulation =
            Simulation::<f64>::new(&network, &side, &[0, 1], 1, Key::new(0)).map_err(Trouble::refused)?;
        simulation.set_learning(true);
        for step in 1..=steps {
            simulation.step(&[(0, pre(step)), (1, post(step))]);
        }
        Ok(simulation.weights(0).collect())
    }
}

/// The spikes of cell 0, by step.
#[derive(Clone, Debug)]
pub struct Train(BTreeMap<i64, Vec<u32>>);

impl Train {
    /// Times in ms, moved by `lead` steps.
    pub fn new(times: &[f64], dt: f64, lead: i64) -> Result<Self, Trouble> {
        let mut train = BTreeMap::<i64, Vec<u32>>::new();
        for &time in times {
            train.entry(steps(time, dt)? + lead).or_default().push(0);
        }
        Ok(Self(train))
    }

    pub fn at(&self, step: i64) -> &[u32] {
        self.0.get(&step).map_or(&[], Vec::as_slice)
    }

    /// The step of the last spike, or 0.
    pub fn last(&self) -> i64 {
        self.0.keys().last().copied().unwrap_or(0)
    }
}
