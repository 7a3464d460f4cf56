//! One frequency of pairs on one side: every lag has a synapse of its own, all in one simulation.

use super::{Pairing, Reward};
use crate::scenario::Side;
use duet_ann::{AnnSide, RateLayer};
use duet_random::Key;
use duet_spiking::plasticity::Pairings;
use duet_spiking::{DelaySite, Plasticity, Simulation, SpikingProjection, SpikingSide};
use duet_topology::{Delays, Network, NetworkSpec};

/// What pairs at one frequency did.
pub(super) struct Course {
    /// Pairs per second.
    pub(super) frequency: f64,
    /// In ms.
    pub(super) lags: Vec<f64>,
    pub(super) measured: Vec<f64>,
    pub(super) closed_form: Vec<f64>,
}

/// Pairs at a frequency on a side.
pub(super) fn measure(
    pairing: &Pairing,
    side: &Side,
    network: &Network,
    frequency: f64,
) -> Result<Course, String> {
    let lags = pairing.lags.all();
    let (measured, closed_form) = match (&side.ann, &side.spiking) {
        (Some(ann), _) => {
            let projection = network.projections.get(&pairing.projection);
            let w = projection.and_then(|projection| projection.weights.first()).copied().unwrap_or_default();
            let change = on_rates(ann, w, pairing.pairs)?;
            (vec![change; lags.len()], vec![f64::NAN; lags.len()])
        }
        (_, Some(spiking)) => {
            let own = spiking.initial_network(network, Key::new(0));
            let projection = own
                .projections
                .get(&pairing.projection)
                .ok_or_else(|| format!("there is no projection `{}`", pairing.projection))?;
            let w = projection.weights.first().copied().unwrap_or_default();
            let delay = match &projection.delays {
                Some(Delays::Constant(ms)) => *ms,
                Some(Delays::PerSynapse(_)) | None => spiking.dt.get(),
            };
            let bench = Bench::new(pairing, spiking, frequency, w, delay);
            (bench.measured().map_err(|error| error.to_string())?, bench.closed_form())
        }
        (None, None) => return Err("it has no physics".to_owned()),
    };
    Ok(Course { frequency, lags, measured, closed_form })
}

/// What a rule on rates makes of so many presentations with both ends at 1.
fn on_rates(side: &AnnSide, w: f64, pairs: usize) -> Result<f64, String> {
    let spec: NetworkSpec = toml::from_str(&format!(
        "population = {{ pre.size = 1, post.size = 1 }}\n\
         projection.pair = {{ from = 'pre', to = 'post', weights.constant = {w:?} }}"
    ))
    .map_err(|error| error.to_string())?;
    let network = spec.realize(Key::new(0)).map_err(|error| error.to_string())?;
    let mut layer = RateLayer::new(&network, side).map_err(|error| error.to_string())?;
    for _ in 0..pairs {
        layer.pair(&[1.0], &[1.0]).map_err(|error| error.to_string())?;
    }
    Ok(layer.weights(0)[0] - w)
}

/// A row of synapses with one rule, one for each lag.
struct Bench<'p> {
    rule: &'p Plasticity,
    site: DelaySite,
    reward: Option<&'p Reward>,
    dt: f64,
    /// In steps.
    lags: Vec<i64>,
    period: i64,
    delay: i64,
    pairs: usize,
    w: f64,
}

impl<'p> Bench<'p> {
    fn new(pairing: &'p Pairing, side: &'p SpikingSide, frequency: f64, w: f64, delay: f64) -> Self {
        let dt = side.dt.get();
        let steps = |ms: f64| (ms / dt).round() as i64;
        Self {
            rule: side.plasticity_of(&pairing.projection),
            site: side.own(&pairing.projection).map_or(DelaySite::Axon, |own| own.delay_site),
            reward: pairing.reward.as_ref(),
            dt,
            lags: pairing.lags.all().into_iter().map(steps).collect(),
            period: steps(1000.0 / frequency).max(1),
            delay: steps(delay).max(1),
            pairs: pairing.pairs,
            w,
        }
    }

    fn simulation(&self) -> Result<Simulation<f64>, String> {
        let (n, delay) = (self.lags.len(), self.delay as f64 * self.dt);
        let spec: NetworkSpec = toml::from_str(&format!(
            "population = {{ pre.size = {n}, post.size = {n} }}\n\
             [projection.pair]\nfrom = 'pre'\nto = 'post'\npattern.one_to_one = {{}}\n\
             weights.constant = {:?}\ndelay.constant = '{delay} ms'",
            self.w
        ))
        .map_err(|error| error.to_string())?;
        let network = spec.realize(Key::new(0)).map_err(|error| error.to_string())?;
        let pair = SpikingProjection {
            plasticity: Some(self.rule.clone()),
            delay_site: self.site,
            ..SpikingProjection::default()
        };
        let side = SpikingSide {
            dt: duet_units::Time::new(self.dt),
            projection: [("pair".to_owned(), pair)].into_iter().collect(),
            ..SpikingSide::default()
        };
        Simulation::new(&network, &side, &[0, 1], 1, Key::new(0)).map_err(|error| error.to_string())
    }

    /// The changes of the weights, by simulation.
    fn measured(&self) -> Result<Vec<f64>, String> {
        let mut simulation = self.simulation()?;
        simulation.set_learning(true);
        // The later spikes of all synapses fall together, so that a reward comes equally late for all.
        let longest = self.lags.iter().map(|lag| lag.abs()).max().unwrap_or(0);
        let first = longest + self.delay + 1;
        let (axon, dendrite) = match self.site {
            DelaySite::Axon => (self.delay, 0),
            DelaySite::Dendrite => (0, self.delay),
        };
        let mut spikes: Vec<(i64, usize, u32)> = Vec::with_capacity(2 * self.lags.len() * self.pairs);
        for pair in 0..self.pairs as i64 {
            let later = first + pair * self.period;
            for (cell, &lag) in (0..).zip(&self.lags) {
                spikes.push((later - lag.max(0) - axon, 0, cell));
                spikes.push((later + lag.min(0) - dendrite, 1, cell));
            }
        }
        spikes.sort_unstable();
        let mut spikes = spikes.into_iter().peekable();
        let last = first + (self.pairs as i64 - 1) * self.period;
        let after = self.reward.map_or(0, |reward| (reward.after.get() / self.dt).round() as i64);
        let mut rewards = (0..self.pairs as i64).map(|pair| first + pair * self.period + after).peekable();
        let (mut pre, mut post) = (Vec::new(), Vec::new());
        for step in 1..=last + self.delay + after + self.decay() {
            pre.clear();
            post.clear();
            while let Some((_, end, cell)) = spikes.next_if(|&(at, ..)| at == step) {
                if end == 0 { pre.push(cell) } else { post.push(cell) }
            }
            simulation.step(&[(0, &pre), (1, &post)]);
            if let (Some(reward), Some(_)) = (self.reward, rewards.next_if(|&at| at == step)) {
                simulation.reward(reward.amount);
            }
        }
        simulation.settle();
        Ok(simulation.weights(0).map(|w| w - self.w).collect())
    }

    /// Steps until nothing that a rule keeps for later is left: 30 time constants, e^-30 = 1e-13.
    fn decay(&self) -> i64 {
        match self.rule {
            Plasticity::RewardStdp(rule) => (30.0 * rule.tau_c.get() / self.dt).round() as i64,
            _ => 0,
        }
    }

    /// The changes by the closed form, where the rule has one.
    fn closed_form(&self) -> Vec<f64> {
        let change = |&lag: &i64| {
            let (lag, period) = (lag as f64 * self.dt, self.period as f64 * self.dt);
            let pairings = Pairings { lag, period, count: self.pairs };
            match self.rule {
                Plasticity::RewardStdp(rule) => {
                    let (after, amount) =
                        self.reward.map_or((0.0, 0.0), |reward| (reward.after.get(), reward.amount));
                    pairings.rewarded(rule, after, amount)
                }
                rule => rule.pair_rule().map_or(0.0, |rule| pairings.after(rule, self.w) - self.w),
            }
        };
        self.lags.iter().map(change).collect()
    }
}
