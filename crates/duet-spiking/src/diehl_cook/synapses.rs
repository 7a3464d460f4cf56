//! The synapses from the input, and what spikes do to them.

use super::DiehlCook;
use duet_kernels::math::exp;

/// Never, as a step.
pub(super) const NEVER: u32 = u32::MAX;

/// Weights `[input * cells + cell]`; traces are read off the steps of last spikes.
pub(super) struct Synapses {
    pub(super) weights: Vec<f32>,
    cells: usize,
    /// The step of the last spike of every input and of every cell in the example in hand.
    pre: Vec<u32>,
    post: Vec<u32>,
    /// The cells that have fired in it, and those whose weights have changed since they were last normalised.
    fired: Vec<u32>,
    changed: Vec<bool>,
    /// exp(-k dt/tau) for the three traces.
    plus: Vec<f32>,
    minus: Vec<f32>,
    again: Vec<f32>,
    rate_minus: f32,
    rate_plus: f32,
    w_max: f32,
    sum: f32,
}

impl Synapses {
    pub(super) fn new(rule: &DiehlCook, weights: Vec<f32>, cells: usize, (dt, steps): (f64, usize)) -> Self {
        let inputs = weights.len() / cells;
        let table = |tau: f64| (0..=steps).map(|k| exp(-(k as f64) * dt / tau) as f32).collect();
        Self {
            weights,
            cells,
            pre: vec![NEVER; inputs],
            post: vec![NEVER; cells],
            fired: Vec::new(),
            changed: vec![true; cells],
            plus: table(rule.tau_plus.get()),
            minus: table(rule.tau_minus.get()),
            again: table(rule.tau_y.get()),
            rate_minus: rule.rate_minus as f32,
            rate_plus: rule.rate_plus as f32,
            w_max: rule.w_max as f32,
            sum: (rule.sum * inputs as f64) as f32,
        }
    }

    /// Begins an example: no spike has been seen.
    pub(super) fn begin(&mut self) {
        self.pre.fill(NEVER);
        for &cell in &self.fired {
            self.post[cell as usize] = NEVER;
        }
        self.fired.clear();
    }

    /// An input spike arrives: its weights to the conductances, and down where a cell has fired before.
    pub(super) fn arrive(&mut self, input: usize, step: u32, learns: bool, g_e: &mut [f32]) {
        let row = &mut self.weights[input * self.cells..][..self.cells];
        g_e.iter_mut().zip(&*row).for_each(|(g, w)| *g += w);
        if learns {
            for &cell in &self.fired {
                let trace = self.minus[(step - self.post[cell as usize]) as usize];
                let w = &mut row[cell as usize];
                *w = (*w - self.rate_minus * trace).max(0.0);
            }
            self.pre[input] = step;
        }
    }

    /// Cells fire: up with the weights of inputs that fired before, if the cell itself has fired before too.
    pub(super) fn fire(&mut self, fired: &[u32], step: u32) {
        for &cell in fired {
            let last = std::mem::replace(&mut self.post[cell as usize], step);
            if last == NEVER {
                self.fired.push(cell);
            }
            self.changed[cell as usize] = true;
            if last != NEVER {
                let rate = self.rate_plus * self.again[(step - last) as usize];
                let column = self.weights[cell as usize..].iter_mut().step_by(self.cells);
                for (w, &pre) in column.zip(&self.pre) {
                    if pre != NEVER {
                        *w = (*w + rate * self.plus[(step - pre) as usize]).min(self.w_max);
                    }
                }
            }
        }
    }

    /// Brings the weights of every cell that has fired back to their sum: only theirs have changed.
    pub(super) fn normalise(&mut self) {
        for cell in 0..self.cells {
            if !std::mem::take(&mut self.changed[cell]) {
                continue;
            }
            let own = || self.weights[cell..].iter().step_by(self.cells);
            let sum: f64 = own().map(|&w| f64::from(w)).sum();
            if sum > 0.0 {
                let factor = (f64::from(self.sum) / sum) as f32;
                self.weights[cell..].iter_mut().step_by(self.cells).for_each(|w| *w *= factor);
            }
        }
    }
}
