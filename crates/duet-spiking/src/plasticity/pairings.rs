//! What a train of pairs does to a synapse, without a simulation.

use super::{PairRule, RewardStdp, TraceKind};
use duet_kernels::math::exp;

/// A source and a target that fire again and again at one lag: the protocol of the experiments on spike timing.
///
/// Between regular spikes every trace is a geometric series, so the weight after each spike follows from a closed form of
/// the traces and from the rule. Nothing of the engine is used.
///
/// ```
/// use duet_spiking::plasticity::{Pairings, Stdp};
/// let pairings = Pairings { lag: 20.0, period: 1000.0, count: 60 };
/// let change = pairings.after(&Stdp::default(), 0.5) - 0.5;
/// assert!((change - 60.0 * 0.005 * (-1.0_f64).exp()).abs() < 1e-12);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pairings {
    /// t_post - t_pre in ms, as the synapse sees them; shorter than the period.
    pub lag: f64,
    /// Time from pair to pair in ms.
    pub period: f64,
    /// Number of pairs.
    pub count: usize,
}

impl Pairings {
    /// The weight after all pairs.
    pub fn after(&self, rule: &dyn PairRule, mut weight: f64) -> f64 {
        for pair in 0..self.count {
            if self.lag > 0.0 {
                weight = self.arrival(rule, weight, pair);
                weight = self.fire(rule, weight, pair);
            } else {
                weight = self.fire(rule, weight, pair);
                weight = self.arrival(rule, weight, pair);
            }
        }
        weight
    }

    /// How much a rule that waits for rewards changes the weight when, so many ms after the later spike of each pair, a
    /// reward of some amount follows and in the end all has decayed; away from the bounds.
    pub fn rewarded(&self, rule: &RewardStdp, after: f64, amount: f64) -> f64 {
        let kind = |tau| TraceKind { tau, nearest: false };
        // When the ends of a pair fire, counted from its later spike.
        let (pre_at, post_at) = ((-self.lag).min(0.0), self.lag.min(0.0));
        let both = 1.0 / (1.0 / rule.tau_c.get() + 1.0 / rule.tau_d.get());
        let mut change = 0.0;
        for pair in 0..self.count {
            let growth = rule.a_plus * self.seen_by_target(kind(rule.tau_plus.get()), pair);
            let loss = rule.a_minus * self.seen_by_source(kind(rule.tau_minus.get()), pair);
            for (at, mark) in [(post_at, growth), (pre_at, -loss)] {
                // A mark fades until the rewards that come later, the dopamine of earlier ones until the mark.
                let marked = pair as f64 * self.period + at;
                let earlier = ((marked - after) / self.period).floor() + 1.0;
                let earlier = (earlier.max(0.0) as usize).min(self.count);
                let next = earlier as f64 * self.period + after - marked;
                let latest = self.period - next;
                let met = self.series(rule.tau_c.get(), self.count - earlier, next)
                    + self.series(rule.tau_d.get(), earlier, latest);
                change += mark * (amount * both * met + rule.tonic * rule.tau_c.get());
            }
        }
        change / 1000.0
    }

    fn arrival(&self, rule: &dyn PairRule, weight: f64, pair: usize) -> f64 {
        if !rule.learns_on_pre() {
            return weight;
        }
        let own = rule.pre_own_trace().map_or(0.0, |kind| self.level(kind, pair, self.period));
        rule.on_pre(weight, self.seen_by_source(rule.post_trace(), pair), own)
    }

    fn fire(&self, rule: &dyn PairRule, weight: f64, pair: usize) -> f64 {
        let pre = self.seen_by_target(rule.pre_trace(), pair);
        let own = rule.post_own_trace().map_or(0.0, |kind| self.level(kind, pair, self.period));
        match rule.row_length() {
            None => rule.on_post(weight, pre, own, 1.0),
            // A row of one synapse.
            Some(_) if pre == 0.0 => weight,
            Some(length) => match rule.on_post(weight, 1.0, own, 1.0) {
                0.0 => 0.0,
                moved => length * moved.signum(),
            },
        }
    }

    /// The source's trace at the target's spike of a pair. At lag 0 the partner does not count: traces are read before the
    /// spikes of the instant are added.
    fn seen_by_target(&self, kind: TraceKind, pair: usize) -> f64 {
        if self.lag > 0.0 {
            self.level(kind, pair + 1, self.lag)
        } else {
            self.level(kind, pair, self.period + self.lag)
        }
    }

    /// The target's trace at the source's arrival of a pair.
    fn seen_by_source(&self, kind: TraceKind, pair: usize) -> f64 {
        if self.lag < 0.0 {
            self.level(kind, pair + 1, -self.lag)
        } else {
            self.level(kind, pair, self.period - self.lag)
        }
    }

    /// A trace after so many spikes, the latest of them `age` ms ago.
    fn level(&self, kind: TraceKind, spikes: usize, age: f64) -> f64 {
        if kind.nearest && spikes > 0 { exp(-age / kind.tau) } else { self.series(kind.tau, spikes, age) }
    }

    /// Sum of so many exponentials, a period apart, the nearest `age` ms away.
    fn series(&self, tau: f64, terms: usize, age: f64) -> f64 {
        if terms == 0 {
            return 0.0;
        }
        let rest = |span: f64| exp(-span / tau);
        rest(age) * (1.0 - rest(terms as f64 * self.period)) / (1.0 - rest(self.period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plasticity::TripletStdp;

    /// Against the sum over all earlier spikes, written out.
    #[test]
    fn the_series_is_the_sum_over_all_earlier_spikes() {
        let rule = TripletStdp { w_min: -10.0, w_max: 10.0, ..TripletStdp::default() };
        for (lag, period) in [(10.0, 100.0), (-10.0, 25.0), (7.0, 20.0), (0.0, 50.0)] {
            let n = 12;
            let pre: Vec<f64> = (0..n).map(|k| f64::from(k) * period).collect();
            let post: Vec<f64> = pre.iter().map(|t| t + lag).collect();
            let trace = |train: &[f64], tau: f64, now: f64| -> f64 {
                train.iter().filter(|&&t| t < now).map(|t| exp((t - now) / tau)).sum()
            };
            let mut expected = 0.0;
            for &t in &pre {
                expected -= trace(&post, 33.7, t) * (0.007 + 0.000_23 * trace(&pre, 101.0, t));
            }
            for &t in &post {
                expected += trace(&pre, 16.8, t) * (5e-10 + 0.006_2 * trace(&post, 125.0, t));
            }
            let got = Pairings { lag, period, count: 12 }.after(&rule, 0.0);
            assert!((got - expected).abs() < 1e-14, "lag {lag}: {got} {expected}");
        }
    }
}
