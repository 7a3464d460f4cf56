//! A network of integrate-and-fire cells laid out in time, and the credit of every weight.
//!
//! # Equations
//! Layer by layer, within a step and without delay; a read-out of leaky sums that do not fire:
//! ```text
//! v(t) = keep(t) (beta v(t-1) + W x(t) + R s(t-1)) - v_th s(t-1)    keep = 1: reset.subtract
//! v(t) = keep(t) (beta v(t-1) + W x(t) + R s(t-1))                  keep = 1 - s(t-1): reset.zero
//! s(t) = 1 if v(t) > v_th, else 0        ds/dv = h((v - v_th) / v_th) / v_th
//! y(t) = kappa y(t-1) + V s(t)
//! ```
//! Back through time, with the error e(t) = dE/dy(t) given and dy, ds, dv the derivatives of E:
//! ```text
//! dy(t) = e(t) + kappa dy(t+1)           dV = sum of s(t) dy(t)
//! ds(t) = V dy(t), or W dx of the layer above, + R (keep(t+1) dv(t+1))
//! dv(t) = ds(t) h / v_th + beta keep(t+1) dv(t+1)
//! dW    = sum of x(t) keep(t) dv(t)      dR = sum of s(t-1) keep(t) dv(t)
//! ```
//! That a spike resets its cell is not differentiated, as in the published code, unless `through_reset` says so: then ds(t) also
//! has - v_th dv(t+1), or - (beta v(t) + W x(t+1) + R s(t)) dv(t+1).
//!
//! Forward in time (e-prop) a synapse keeps its trace eps and its eligibility, and the error of the moment is enough:
//! ```text
//! eps(t) = keep(t) (beta eps(t-1) + x(t)) - what went through the reset    el(t) = h eps(t) / v_th
//! dW     = sum over t of (V e(t)) times (el, low-pass filtered by kappa)
//! ```
//! # Behaviour
//! Without recurrent synapses both are the same sum in another order. With them, e-prop leaves out what a spike did to other cells'
//! later spikes. Everything is f64 and spelled out: faster code is held against this.
//!
//! # References
//! - Neftci, Mostafa & Zenke 2019, IEEE Signal Process. Mag. 36:51 (surrogate gradients)
//! - Bellec et al. 2020, Nat. Commun. 11:3625 (e-prop)

use super::Surrogate;
use crate::neuron::{IntegrateAndFire, Reset};

/// A layer of cells.
#[derive(Clone, Debug)]
pub struct Layer {
    /// The weights from what it receives: `[input * cells + cell]`.
    pub weights: Vec<f64>,
    /// Those among its own cells, a step later: `[from * cells + to]`; empty where there are none.
    pub recurrent: Vec<f64>,
}

/// A network in time.
///
/// ```
/// use duet_spiking::gradient::{Layer, Surrogate, Unrolled, surrogate::Triangle};
/// use duet_spiking::neuron::IntegrateAndFire;
/// // One cell without leak, one step: v = 0.5 · 1 is half a threshold below, h = 0.5, and y = 2 · 0. An error of 3 in y is
/// // worth 3 · 2 to the spike, and 6 · 0.5 to the weight.
/// let network = Unrolled {
///     layers: vec![Layer { weights: vec![0.5], recurrent: vec![] }],
///     cell: IntegrateAndFire::default(), dt: 1.0, surrogate: Surrogate::Triangle(Triangle::default()),
///     through_reset: false, readout: vec![2.0], kappa: 0.0,
/// };
/// let trace = network.run(&[vec![1.0]]);
/// let gradient = network.backward(&trace, &[vec![3.0]]);
/// assert_eq!((gradient.layers[0].weights[0], gradient.readout[0]), (3.0, 0.0));
/// ```
#[derive(Clone, Debug)]
pub struct Unrolled {
    /// From the input upwards.
    pub layers: Vec<Layer>,
    /// What all cells are.
    pub cell: IntegrateAndFire,
    /// Time step in ms.
    pub dt: f64,
    /// What stands in for the derivative of a spike.
    pub surrogate: Surrogate,
    /// Whether the reset is differentiated too.
    pub through_reset: bool,
    /// From the last layer's spikes: `[cell * outputs + output]`.
    pub readout: Vec<f64>,
    /// The share of an output that is left after a step.
    pub kappa: f64,
}

/// Everything that happened: `[step][unit]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// What each layer received; the first, the input.
    pub received: Vec<Vec<Vec<f64>>>,
    /// Potentials of each layer.
    pub v: Vec<Vec<Vec<f64>>>,
    /// Spikes of each layer.
    pub s: Vec<Vec<Vec<f64>>>,
    /// The outputs.
    pub y: Vec<Vec<f64>>,
}

/// dE by every weight, in the shapes of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// Of each layer.
    pub layers: Vec<LayerGradient>,
    /// Of the read-out.
    pub readout: Vec<f64>,
}

/// dE by the weights of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerGradient {
    /// Of what it receives.
    pub weights: Vec<f64>,
    /// Of those among its cells.
    pub recurrent: Vec<f64>,
}

/// `sum[j] += x[i] w[i][j]`.
fn forward(w: &[f64], x: &[f64], sum: &mut [f64]) {
    for (row, &x) in w.chunks_exact(sum.len()).zip(x) {
        sum.iter_mut().zip(row).for_each(|(sum, w)| *sum += x * w);
    }
}

/// `sum[i] += w[i][j] d[j]`.
fn backward(w: &[f64], d: &[f64], sum: &mut [f64]) {
    for (row, sum) in w.chunks_exact(d.len()).zip(sum) {
        *sum += row.iter().zip(d).map(|(w, d)| w * d).sum::<f64>();
    }
}

/// `sum[i][j] += x[i] d[j]`; nothing where there are no weights.
fn outer(x: &[f64], d: &[f64], sum: &mut [f64]) {
    for (row, &x) in sum.chunks_exact_mut(d.len()).zip(x) {
        row.iter_mut().zip(d).for_each(|(sum, d)| *sum += x * d);
    }
}

impl Unrolled {
    /// The course of a presentation of `input[step][unit]`.
    pub fn run(&self, input: &[Vec<f64>]) -> Trace {
        self.run_with(input, |x| f64::from(u8::from(x > 0.0)))
    }

    /// The same with what a cell sends for x = (v - v_th) / v_th.
    fn run_with(&self, input: &[Vec<f64>], send: impl Fn(f64) -> f64) -> Trace {
        let (beta, v_th) = (self.cell.beta(self.dt), self.cell.v_th);
        let (mut received, mut all_v, mut all_s) = (vec![input.to_vec()], Vec::new(), Vec::new());
        for (index, layer) in self.layers.iter().enumerate() {
            let x: &[Vec<f64>] = &received[index];
            let cells = self.cells(index, x);
            let (mut v, mut s) = (Vec::<Vec<f64>>::new(), Vec::<Vec<f64>>::new());
            for x in x {
                let none = vec![0.0; cells];
                let (last_v, last_s) = (v.last().unwrap_or(&none), s.last().unwrap_or(&none));
                let mut next: Vec<f64> = last_v.iter().map(|v| beta * v + self.cell.i_e).collect();
                forward(&layer.weights, x, &mut next);
                forward(&layer.recurrent, last_s, &mut next);
                for (next, &s) in next.iter_mut().zip(last_s) {
                    *next = match self.cell.reset {
                        Reset::Subtract(_) => *next - v_th * s,
                        Reset::Zero(_) => *next * (1.0 - s),
                    };
                }
                s.push(next.iter().map(|v| send((v - v_th) / v_th)).collect());
                v.push(next);
            }
            received.push(s.clone());
            all_v.push(v);
            all_s.push(s);
        }
        let mut y = Vec::<Vec<f64>>::new();
        let outputs = self.readout.len() / self.layers.last().map_or(1, |_| all_s[all_s.len() - 1][0].len());
        for s in &received[self.layers.len()] {
            let mut next =
                y.last().map_or_else(|| vec![0.0; outputs], |y| y.iter().map(|y| self.kappa * y).collect());
            forward(&self.readout, s, &mut next);
            y.push(next);
        }
        received.truncate(self.layers.len());
        Trace { received, v: all_v, s: all_s, y }
    }

    /// Cells of a layer that receives this.
    fn cells(&self, layer: usize, x: &[Vec<f64>]) -> usize {
        self.layers[layer].weights.len() / x.first().map_or(1, Vec::len).max(1)
    }

    /// ds/dv of every cell.
    fn slopes(&self, v: &[f64]) -> Vec<f64> {
        let v_th = self.cell.v_th;
        v.iter().map(|v| self.surrogate.derivative((v - v_th) / v_th) / v_th).collect()
    }

    /// What of a step's sum a cell keeps, from its spike in the step before.
    fn keep(&self, s: f64) -> f64 {
        match self.cell.reset {
            Reset::Subtract(_) => 1.0,
            Reset::Zero(_) => 1.0 - s,
        }
    }

    /// dv(t+1)/ds(t) by the reset: what is taken from a cell for its spike.
    fn taken(&self, layer: usize, trace: &Trace, t: usize) -> Vec<f64> {
        let (v, s) = (&trace.v[layer][t], &trace.s[layer][t]);
        if !self.through_reset {
            return vec![0.0; v.len()];
        }
        match self.cell.reset {
            Reset::Subtract(_) => vec![self.cell.v_th; v.len()],
            Reset::Zero(_) => {
                let beta = self.cell.beta(self.dt);
                let mut sum: Vec<f64> = v.iter().map(|v| beta * v + self.cell.i_e).collect();
                forward(&self.layers[layer].weights, &trace.received[layer][t + 1], &mut sum);
                forward(&self.layers[layer].recurrent, s, &mut sum);
                sum
            }
        }
    }

    /// Nothing yet.
    fn nothing(&self) -> Gradient {
        let of = |layer: &Layer| LayerGradient {
            weights: vec![0.0; layer.weights.len()],
            recurrent: vec![0.0; layer.recurrent.len()],
        };
        Gradient { layers: self.layers.iter().map(of).collect(), readout: vec![0.0; self.readout.len()] }
    }

    /// The gradient, back through time, of an error with `error[step][output]` = dE/dy.
    pub fn backward(&self, trace: &Trace, error: &[Vec<f64>]) -> Gradient {
        let (steps, beta) = (error.len(), self.cell.beta(self.dt));
        let mut gradient = self.nothing();
        // What every spike of the layer in hand is worth.
        let last = &trace.s[self.layers.len() - 1];
        let mut ds: Vec<Vec<f64>> = last.iter().map(|s| vec![0.0; s.len()]).collect();
        let mut dy = vec![0.0; error[0].len()];
        for t in (0..steps).rev() {
            dy.iter_mut().zip(&error[t]).for_each(|(dy, e)| *dy = e + self.kappa * *dy);
            outer(&last[t], &dy, &mut gradient.readout);
            backward(&self.readout, &dy, &mut ds[t]);
        }
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let (received, v, s) = (&trace.received[index], &trace.v[index], &trace.s[index]);
            let own = &mut gradient.layers[index];
            let mut below: Vec<Vec<f64>> = received.iter().map(|x| vec![0.0; x.len()]).collect();
            let cells = s[0].len();
            let mut later = vec![0.0; cells];
            for t in (0..steps).rev() {
                if t + 1 < steps {
                    let kept: Vec<f64> = later.iter().zip(&s[t]).map(|(d, &s)| self.keep(s) * d).collect();
                    backward(&layer.recurrent, &kept, &mut ds[t]);
                    let taken = self.taken(index, trace, t);
                    ds[t].iter_mut().zip(&taken).zip(&later).for_each(|((ds, taken), d)| *ds -= taken * d);
                    later = kept.iter().map(|d| beta * d).collect();
                }
                let slopes = self.slopes(&v[t]);
                for ((d, slope), ds) in later.iter_mut().zip(&slopes).zip(&ds[t]) {
                    *d += slope * ds;
                }
                let none = vec![0.0; cells];
                let before = if t > 0 { &s[t - 1] } else { &none };
                let kept: Vec<f64> = later.iter().zip(before).map(|(d, &s)| self.keep(s) * d).collect();
                outer(&received[t], &kept, &mut own.weights);
                outer(before, &kept, &mut own.recurrent);
                backward(&layer.weights, &kept, &mut below[t]);
            }
            ds = below;
        }
        gradient
    }

    /// The gradient by what every synapse kept as time went on. Credit reaches the read-out and the layer below it; layers
    /// further down have none.
    pub fn forward_in_time(&self, trace: &Trace, error: &[Vec<f64>]) -> Gradient {
        let (beta, index) = (self.cell.beta(self.dt), self.layers.len() - 1);
        let (v, s, received) = (&trace.v[index], &trace.s[index], &trace.received[index]);
        let cells = s[0].len();
        let mut gradient = self.nothing();
        // Of the read-out a trace per cell, of the layer a trace, the last eligibility and its filtered course per synapse.
        let mut filtered_s = vec![0.0; cells];
        let count = self.layers[index].weights.len() + self.layers[index].recurrent.len();
        let (mut eps, mut eligibility, mut filtered) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
        let none = vec![0.0; cells];
        for (t, e) in error.iter().enumerate() {
            filtered_s.iter_mut().zip(&s[t]).for_each(|(f, s)| *f = self.kappa * *f + s);
            outer(&filtered_s, e, &mut gradient.readout);
            let mut signal = vec![0.0; cells];
            backward(&self.readout, e, &mut signal);
            let before = if t > 0 { &s[t - 1] } else { &none };
            let taken = if t > 0 { self.taken(index, trace, t - 1) } else { none.clone() };
            let slopes = self.slopes(&v[t]);
            let senders =
                received[t].iter().chain(before.iter().take(self.layers[index].recurrent.len() / cells));
            let own = &mut gradient.layers[index];
            for (from, &x) in senders.enumerate() {
                for to in 0..cells {
                    let at = from * cells + to;
                    eps[at] = self.keep(before[to]) * (beta * eps[at] + x) - taken[to] * eligibility[at];
                    eligibility[at] = slopes[to] * eps[at];
                    filtered[at] = self.kappa * filtered[at] + eligibility[at];
                    let of = own.weights.len();
                    let sum = if at < of { &mut own.weights[at] } else { &mut own.recurrent[at - of] };
                    *sum += signal[to] * filtered[at];
                }
            }
        }
        gradient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::surrogate::{FastSigmoid, Triangle};
    use crate::neuron::{Build, Group, Input, Model, Subtract, Zero};
    use duet_random::Key;
    use duet_units::Time;

    const STEPS: usize = 12;

    fn numbers(name: &str, n: usize, scale: f64) -> Vec<f64> {
        let mut x = vec![0.0; n];
        Key::new(7).stream(name, 0).fill_normal(&mut x);
        x.iter().map(|x| scale * x).collect()
    }

    /// 5 inputs, layers of so many cells, 2 outputs.
    fn network(layers: &[usize], is_recurrent: bool, reset: Reset, through_reset: bool) -> Unrolled {
        let mut inputs = 5;
        let layer = |(index, &cells): (usize, &usize)| {
            let n = std::mem::replace(&mut inputs, cells);
            Layer {
                weights: numbers(&format!("w{index}"), n * cells, 1.2 / (n as f64).sqrt()),
                recurrent: numbers(
                    "r",
                    if is_recurrent { cells * cells } else { 0 },
                    0.5 / (cells as f64).sqrt(),
                ),
            }
        };
        Unrolled {
            layers: layers.iter().enumerate().map(layer).collect(),
            cell: IntegrateAndFire { tau_m: Some(Time::new(6.0)), v_th: 0.7, reset, i_e: 0.05 },
            dt: 1.0,
            surrogate: Surrogate::FastSigmoid(FastSigmoid { k: 2.0 }),
            through_reset,
            readout: numbers("v", layers[layers.len() - 1] * 2, 0.7),
            kappa: 0.8,
        }
    }

    fn input() -> Vec<Vec<f64>> {
        numbers("x", 5 * STEPS, 1.0).chunks(5).map(<[f64]>::to_vec).collect()
    }

    /// (y - a wish) of every step: the derivative of half the sum of squares.
    fn error(trace: &Trace) -> Vec<Vec<f64>> {
        let wish = numbers("wish", 2 * STEPS, 1.0);
        let of = |(y, wish): (&Vec<f64>, &[f64])| y.iter().zip(wish).map(|(y, w)| y - w).collect();
        trace.y.iter().zip(wish.chunks(2)).map(of).collect()
    }

    fn resets() -> [Reset; 2] {
        [Reset::Subtract(Subtract {}), Reset::Zero(Zero {})]
    }

    fn all(gradient: &Gradient) -> Vec<f64> {
        let of = |layer: &LayerGradient| [layer.weights.clone(), layer.recurrent.clone()].concat();
        gradient.layers.iter().flat_map(of).chain(gradient.readout.iter().copied()).collect()
    }

    /// With cells that send what the shape is the slope of, the gradient is one, and finite differences find the same.
    #[test]
    fn of_smooth_spikes_it_is_the_slope_of_the_error() {
        let soft = |x: f64| 0.5 + x / (1.0 + 2.0 * x.abs());
        let x = input();
        for reset in resets() {
            let mut network = network(&[4, 3], true, reset, true);
            let run = |network: &Unrolled| network.run_with(&x, soft);
            let loss =
                |network: &Unrolled| 0.5 * error(&run(network)).iter().flatten().map(|e| e * e).sum::<f64>();
            let trace = run(&network);
            let gradient = all(&network.backward(&trace, &error(&trace)));
            let mut found = Vec::new();
            let counts = [(0, 20), (1, 16), (2, 12), (3, 9), (4, 6)];
            for (list, i) in counts.into_iter().flat_map(|(list, n)| (0..n).map(move |i| (list, i))) {
                const STEP: f64 = 1e-5;
                let mut moved = |by: f64| {
                    let weight = match list {
                        0 | 2 => &mut network.layers[list / 2].weights[i],
                        1 | 3 => &mut network.layers[list / 2].recurrent[i],
                        _ => &mut network.readout[i],
                    };
                    *weight += by;
                    loss(&network)
                };
                let (above, below) = (moved(STEP), moved(-2.0 * STEP));
                moved(STEP);
                found.push((above - below) / (2.0 * STEP));
            }
            let largest = gradient.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            for (i, (g, f)) in gradient.iter().zip(&found).enumerate() {
                assert!(
                    (g - f).abs() < 1e-7 * largest,
                    "{}, weight {i}: {g} or {f}",
                    network.cell.reset.name()
                );
            }
            assert!(found.len() == gradient.len() && largest > 0.1);
        }
    }

    /// e-prop leaves nothing out where no cell hears of its own layer, and something where one does.
    #[test]
    fn forward_in_time_is_the_same_without_recurrence() {
        for (reset, through_reset) in resets().into_iter().flat_map(|r| [(r.clone(), false), (r, true)]) {
            let compare = |is_recurrent: bool| {
                let network = network(&[9], is_recurrent, reset.clone(), through_reset);
                let trace = network.run(&input());
                assert!(trace.s[0].iter().flatten().sum::<f64>() > 15.0, "cells fire");
                let error = error(&trace);
                (all(&network.backward(&trace, &error)), all(&network.forward_in_time(&trace, &error)))
            };
            let (back, forward) = compare(false);
            let largest = back.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            assert!(back.iter().zip(&forward).all(|(b, f)| (b - f).abs() < 1e-13 * largest) && largest > 0.1);
            let (back, forward) = compare(true);
            assert!(back.iter().zip(&forward).any(|(b, f)| (b - f).abs() > 1e-3 * largest));
        }
    }

    /// What is unrolled is what the engine steps.
    #[test]
    fn its_cells_are_those_of_the_engine() {
        for reset in resets() {
            let network = network(&[6], false, reset, false);
            let x = input();
            let trace = network.run(&x);
            let mut group: Box<dyn Group<f64>> = network.cell.group(&Build::cells(6, 1.0));
            for (t, x) in x.iter().enumerate() {
                let mut drive = vec![0.0; 6];
                forward(&network.layers[0].weights, x, &mut drive);
                group.integrate(&Input { current: &drive, ..Input::constant(&[]) });
                let mut fired = Vec::new();
                group.crossed(&[], &mut fired);
                fired.iter().for_each(|&cell| group.fire(cell as usize));
                for cell in 0..6 {
                    assert!((group.v(cell) - trace.v[0][t][cell]).abs() < 1e-14, "step {t}, cell {cell}");
                    assert_eq!(fired.contains(&(cell as u32)), trace.s[0][t][cell] == 1.0);
                }
            }
        }
    }

    /// A silent layer outside the triangle learns nothing: no credit, rather than a wrong one.
    #[test]
    fn beyond_the_triangle_there_is_no_credit() {
        let mut network = network(&[4], false, Reset::Subtract(Subtract {}), false);
        network.surrogate = Surrogate::Triangle(Triangle::default());
        network.layers[0].weights.fill(-3.0);
        let trace = network.run(&vec![vec![1.0; 5]; STEPS]);
        let gradient = network.backward(&trace, &error(&trace));
        assert!(gradient.layers[0].weights.iter().all(|&g| g == 0.0));
    }
}
