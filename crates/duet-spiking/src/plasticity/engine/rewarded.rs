//! Pairs of spikes that wait for a reward.

use super::incoming;
use crate::plasticity::{RewardStdp, Trace, TraceKind};
use duet_kernels::Real;
use duet_kernels::math::exp;
use duet_topology::Wiring;

/// State of the rule of reward: every synapse has its eligibility, and the step at which it was last looked at.
///
/// Between two spikes of its ends and two rewards, eligibility and dopamine only decay, so that the change of the weight
/// is an integral in closed form. A silent synapse costs nothing; a reward looks at all of them.
pub(crate) struct Rewarded {
    rule: RewardStdp,
    dt: f64,
    pre: Trace,
    post: Trace,
    incoming: Vec<Vec<(u32, u32)>>,
    pub(crate) dendritic: bool,
    /// (eligibility, step) of every synapse.
    eligible: Vec<(f64, u64)>,
    /// Dopamine above the tonic level at the step of the last reward, and that step.
    dopamine: (f64, u64),
}

impl Rewarded {
    pub(crate) fn new(
        rule: &RewardStdp,
        wiring: &Wiring,
        (n_pre, n_post): (usize, usize),
        dt: f64,
        dendritic: bool,
    ) -> Self {
        let trace = |tau: f64, size| Trace::new(TraceKind { tau, nearest: false }, size, dt);
        Self {
            rule: rule.clone(),
            dt,
            pre: trace(rule.tau_plus.get(), n_pre),
            post: trace(rule.tau_minus.get(), n_post),
            incoming: incoming(wiring, n_pre, n_post),
            dendritic,
            eligible: vec![(0.0, 0); wiring.weights(n_pre, n_post)],
            dopamine: (0.0, 0),
        }
    }

    /// Brings the weights at these positions up to date.
    pub(crate) fn catch_up<T: Real>(
        &mut self,
        weights: &mut [T],
        positions: impl IntoIterator<Item = usize>,
        now: u64,
    ) {
        for position in positions {
            let (eligibility, then) = self.eligible[position];
            if then == now {
                continue;
            }
            self.eligible[position].1 = now;
            if eligibility == 0.0 {
                continue;
            }
            let since = |step: u64| (now - step) as f64 * self.dt;
            let dopamine =
                self.dopamine.0 * exp((since(then) - since(self.dopamine.1)) / self.rule.tau_d.get());
            let weight = weights[position].to_f64() + self.rule.change(eligibility, dopamine, since(then));
            weights[position] = T::from_f64(weight.clamp(self.rule.w_min, self.rule.w_max));
            self.eligible[position].0 = eligibility * exp(-since(then) / self.rule.tau_c.get());
        }
    }

    /// Handles the spikes that the synapses see at step `now`, as a pair rule does; what changes is the eligibility.
    pub(crate) fn step<T: Real>(
        &mut self,
        weights: &mut [T],
        wiring: &Wiring,
        pre: &[u32],
        post: &[u32],
        now: u64,
    ) {
        for &cell in post {
            let row = std::mem::take(&mut self.incoming[cell as usize]);
            self.catch_up(weights, row.iter().map(|&(_, position)| position as usize), now);
            for &(source, position) in &row {
                self.eligible[position as usize].0 += self.rule.a_plus * self.pre.read(source as usize, now);
            }
            self.incoming[cell as usize] = row;
        }
        let n_post = self.incoming.len();
        for &cell in pre {
            let row = wiring.row(cell as usize, n_post);
            self.catch_up(weights, row.clone(), now);
            for position in row {
                let trace = self.post.read(wiring.target(position, n_post), now);
                self.eligible[position].0 -= self.rule.a_minus * trace;
            }
        }
        pre.iter().for_each(|&cell| self.pre.add(cell as usize, now));
        post.iter().for_each(|&cell| self.post.add(cell as usize, now));
    }

    /// A reward at step `now`: dopamine jumps.
    pub(crate) fn reward<T: Real>(&mut self, weights: &mut [T], amount: f64, now: u64) {
        self.catch_up(weights, 0..weights.len(), now);
        let (level, then) = self.dopamine;
        let decayed = level * exp(-((now - then) as f64) * self.dt / self.rule.tau_d.get());
        self.dopamine = (decayed + amount, now);
    }

    /// Ends a presentation: every weight up to date, nothing eligible, no dopamine.
    pub(crate) fn settle<T: Real>(&mut self, weights: &mut [T], now: u64) {
        self.catch_up(weights, 0..weights.len(), now);
        self.pre.clear();
        self.post.clear();
        self.eligible.fill((0.0, 0));
        self.dopamine = (0.0, 0);
    }
}
