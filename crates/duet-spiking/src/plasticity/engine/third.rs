//! The three-factor rule, event by event.

use crate::plasticity::ThreeFactor;
use duet_kernels::Real;
use duet_kernels::math::exp;
use duet_topology::Wiring;

/// State of the three-factor rule, arranged so that only spikes cost synapse work.
///
/// A weight is needed only when its source spikes. Between two spikes of source i its trace is x_i(t) = X_i a^k, with
/// a = exp(-dt/tau) and k counted from an anchor, so the changes of all steps in between add up to
/// rate · X_i · (A_j(now) - A_j(then)) with A_j(k) = sum over steps up to k of g_j a^k, where g_j = m_j psi_j. One row
/// of A per step is kept; a source's row of weights is brought up to date when it spikes, and all rows at the end.
pub(crate) struct Third<T> {
    rate: f64,
    bound: Option<T>,
    /// a^k and a^-k for k steps after the anchor.
    decay: Vec<f64>,
    growth: Vec<f64>,
    /// X_i, and the k up to which the weights of source i are up to date.
    source: Vec<(f64, usize)>,
    /// A, one row of targets per step since the anchor; row 0 is zero.
    history: Vec<f64>,
    /// Sum of g_j since the start of the presentation, for the biases.
    total: Vec<f64>,
    /// g_j of this step, filled by the engine.
    pub(crate) signal: Vec<T>,
    /// B_jk, one row of targets j per error k, for cells that do not receive an error of their own.
    pub(crate) feedback: Option<Vec<T>>,
    pub(crate) pace: f64,
}

impl<T: Real> Third<T> {
    pub(crate) fn new(
        rule: &ThreeFactor,
        n_pre: usize,
        n_post: usize,
        dt: f64,
        feedback: Option<Vec<T>>,
    ) -> Self {
        // Differences of A lose e^span ulps, so after ten time constants (4 of 16 digits) everything is brought up to
        // date and counted anew.
        let steps = ((10.0 * rule.tau.get() / dt) as usize).clamp(2, 1 << 12);
        let power = |sign: f64| (0..=steps).map(|k| exp(sign * k as f64 * dt / rule.tau.get())).collect();
        Self {
            rate: rule.rate * dt,
            bound: rule.w_max.map(T::from_f64),
            decay: power(-1.0),
            growth: power(1.0),
            source: vec![(0.0, 0); n_pre],
            history: vec![0.0; n_post],
            total: vec![0.0; n_post],
            signal: vec![T::ZERO; n_post],
            feedback,
            pace: 1.0,
        }
    }

    /// Steps completed since the anchor.
    fn age(&self) -> usize {
        self.history.len() / self.signal.len() - 1
    }

    /// Brings the weights of one source up to date. Must come before its weights are read.
    pub(crate) fn catch_up(&mut self, weights: &mut [T], wiring: &Wiring, pre: usize) {
        let n = self.signal.len();
        let age = self.age();
        let (trace, then) = self.source[pre];
        self.source[pre].1 = age;
        if trace == 0.0 || then == age {
            return;
        }
        let step = self.rate * self.pace * trace;
        let (old, new) = (&self.history[then * n..(then + 1) * n], &self.history[age * n..(age + 1) * n]);
        let row = wiring.row(pre, n);
        match wiring {
            Wiring::Full => {
                for ((weight, &new), &old) in weights[row.clone()].iter_mut().zip(new).zip(old) {
                    *weight += T::from_f64(step * (new - old));
                }
            }
            Wiring::Sparse { targets, .. } => {
                for (weight, &target) in weights[row.clone()].iter_mut().zip(&targets[row.clone()]) {
                    *weight += T::from_f64(step * (new[target as usize] - old[target as usize]));
                }
            }
            // Refused when the side is compiled.
            Wiring::Convolution(_) | Wiring::AveragePool(_) | Wiring::MaxPool(_) => {}
        }
        if let Some(bound) = self.bound {
            weights[row].iter_mut().for_each(|weight| *weight = weight.max(-bound).min(bound));
        }
    }

    /// Adds a spike of a source that arrives in the step now beginning.
    pub(crate) fn arrive(&mut self, pre: usize) {
        self.source[pre].0 += self.growth[self.age() + 1];
    }

    /// Closes a step: `signal` holds g_j.
    pub(crate) fn close_step(&mut self, weights: &mut [T], wiring: &Wiring) {
        let n = self.signal.len();
        let last = self.history.len() - n;
        let share = self.decay[self.age() + 1];
        self.history.extend_from_within(last..);
        for ((sum, total), signal) in
            self.history[last + n..].iter_mut().zip(&mut self.total).zip(&self.signal)
        {
            let signal = signal.to_f64();
            *sum += signal * share;
            *total += signal;
        }
        // One more arrival must still find its place in the tables.
        if self.age() + 2 >= self.decay.len() {
            self.anchor_here(weights, wiring);
        }
    }

    /// Brings everything up to date and counts steps from here; traces go on.
    pub(crate) fn anchor_here(&mut self, weights: &mut [T], wiring: &Wiring) {
        for pre in 0..self.source.len() {
            self.catch_up(weights, wiring, pre);
        }
        let decayed = self.decay[self.age()];
        self.source.iter_mut().for_each(|source| *source = (source.0 * decayed, 0));
        self.history.clear();
        self.history.resize(self.signal.len(), 0.0);
    }

    /// Ends a presentation: every weight up to date, biases moved, traces gone.
    pub(crate) fn settle(&mut self, weights: &mut [T], wiring: &Wiring, bias: Option<&mut Vec<T>>) {
        self.anchor_here(weights, wiring);
        self.source.fill((0.0, 0));
        let step = self.rate * self.pace;
        if let Some(bias) = bias {
            bias.iter_mut().zip(&self.total).for_each(|(bias, &total)| *bias += T::from_f64(step * total));
        }
        self.total.fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_random::Key;
    use duet_units::Time;

    /// The lazy form against the definition, dw = rate dt g x at every step, over several anchors.
    #[test]
    fn lazy_updates_equal_the_sum_over_every_step() {
        let rule = ThreeFactor { rate: 0.01, tau: Time::new(4.0), ..ThreeFactor::default() };
        let (n_pre, n_post, dt, steps) = (3, 2, 1.0, 500);
        let mut stream = Key::new(1).stream("test", 0);
        let mut third = Third::<f64>::new(&rule, n_pre, n_post, dt, None);
        let mut lazy = vec![0.1; n_pre * n_post];
        let mut direct = lazy.clone();
        let mut x = vec![0.0; n_pre];
        for _ in 0..steps {
            for (pre, x) in x.iter_mut().enumerate() {
                *x *= exp(-dt / 4.0);
                if stream.bernoulli(0.1) {
                    third.catch_up(&mut lazy, &Wiring::Full, pre);
                    let row = pre * n_post..(pre + 1) * n_post;
                    for (a, b) in lazy[row.clone()].iter().zip(&direct[row]) {
                        assert!((a - b).abs() < 1e-12, "a weight is up to date when its source spikes");
                    }
                    third.arrive(pre);
                    *x += 1.0;
                }
            }
            for post in 0..n_post {
                third.signal[post] = stream.normal();
                for (pre, x) in x.iter().enumerate() {
                    direct[pre * n_post + post] += 0.01 * dt * third.signal[post] * x;
                }
            }
            third.close_step(&mut lazy, &Wiring::Full);
        }
        third.settle(&mut lazy, &Wiring::Full, None);
        for (a, b) in lazy.iter().zip(&direct) {
            assert!((a - b).abs() < 1e-12, "{a} {b}");
        }
    }
}
