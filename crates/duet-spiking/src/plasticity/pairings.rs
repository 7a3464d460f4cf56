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
        let lag = self.lag;
        // What each pair marks, and when, counted from its later spike.
        let post_at = if lag < 0.0 { lag } else { 0.0 };
        let pre_at = if lag > 0.0 { -lag } else { 0.0 };
        let marks = |pair: usize| {
            let (x, y) = if lag > 0.0 {
                (
                    self.level(kind(rule.tau_plus.get()), pair + 1, lag),
                    self.level(kind(rule.tau_minus.get()), pair, self.period - lag),
                )
            } else {
                (
                    self.level(kind(rule.tau_plus.get()), pair, self.period + lag),
                    self.level(
                        kind(rule.tau_minus.get()),
                        if lag < 0.0 { pair + 1 } else { pair },
                        if lag < 0.0 { -lag } else { self.period },
                    ),
                )
            };
            [(post_at, rule.a_plus * x), (pre_at, -rule.a_minus * y)]
        };
        let both = 1.0 / (1.0 / rule.tau_c.get() + 1.0 / rule.tau_d.get());
        let mut change = 0.0;
        for pair in 0..self.count {
            for (at, mark) in marks(pair) {
                let marked = pair as f64 * self.period + at;
                change += mark * rule.tonic * rule.tau_c.get();
                for reward in 0..self.count {
                    let given = reward as f64 * self.period + after;
                    // Whichever comes first has decayed when the other comes.
                    let apart = given - marked;
                    let decayed =
                        exp(if apart > 0.0 { -apart / rule.tau_c.get() } else { apart / rule.tau_d.get() });
                    change += mark * amount * decayed * both;
                }
            }
        }
        change / 1000.0
    }

    fn arrival(&self, rule: &dyn PairRule, weight: f64, pair: usize) -> f64 {
        if !rule.learns_on_pre() {
            return weight;
        }
        // At lag 0 the partner does not count: traces are read before the spikes of the instant are added.
        let post = if self.lag < 0.0 {
            self.level(rule.post_trace(), pair + 1, -self.lag)
        } else {
            self.level(rule.post_trace(), pair, self.period - self.lag)
        };
        let own = rule.pre_own_trace().map_or(0.0, |kind| self.level(kind, pair, self.period));
        rule.on_pre(weight, post, own)
    }

    fn fire(&self, rule: &dyn PairRule, weight: f64, pair: usize) -> f64 {
        let pre = if self.lag > 0.0 {
            self.level(rule.pre_trace(), pair + 1, self.lag)
        } else {
            self.level(rule.pre_trace(), pair, self.period + self.lag)
        };
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

    /// A trace after so many spikes, the latest of them `age` ms ago.
    fn level(&self, kind: TraceKind, spikes: usize, age: f64) -> f64 {
        if spikes == 0 {
            return 0.0;
        }
        let rest = |span: f64| exp(-span / kind.tau);
        let series = (1.0 - rest(spikes as f64 * self.period)) / (1.0 - rest(self.period));
        rest(age) * if kind.nearest { 1.0 } else { series }
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
