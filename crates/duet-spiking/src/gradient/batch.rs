//! The same network for a batch of examples, in the network's own precision: what [`Unrolled`](super::Unrolled) spells out, as
//! matrix products and one pass over the steps of each example.
//!
//! # Equations
//! ```text
//! z(t) = W x + b in every step for the first layer, W s(t) + b of the layer below for the others
//! logits = mean over t of y(t),   y(t) = kappa y(t-1) + V s(t) + c
//!        = V (sum of a(t) s(t)) + c (sum of a(t)),   a(t) = (1 - kappa^(T-t)) / ((1 - kappa) T),  t from 0
//! ds(t) = a(t) V^T dlogits for the last layer, W^T d(t) of the layer above for the others
//! dW = sum over t of d(t) s(t)^T, or (sum over t of d(t)) x^T for the first layer
//! ```
//! # Behaviour
//! The drive of a static input is worked out once. The read-out is linear, so its own course is not needed: what each step of it counts
//! is known before (kappa = 0 counts spikes, kappa = 1 adds them up). Examples go through in groups small enough for the
//! second-level cache; gradients of groups are added in their order, so nothing depends on who works on them.

use super::Surrogate;
use crate::neuron::{IntegrateAndFire, Reset};
use duet_kernels::Real;
use duet_kernels::matmul::{Shape, affine, outer, row_sums, transposed};
use duet_kernels::unrolled::{self, Cell};
use std::ops::Range;

/// Examples that go through all layers together, forward and back: what they leave behind fits the second-level cache.
const GROUP: usize = 8;

/// A network of layers of integrate-and-fire cells with a leaky read-out.
pub struct Batched<T> {
    /// Units of the input, of each layer, and of the output.
    sizes: Vec<usize>,
    cell: Cell<T>,
    i_e: T,
    /// What each step's spikes count in the read-out, and their sum.
    counts: Vec<T>,
    all: T,
    /// Of every layer and the read-out: weights `[from * to_size + to]`, then biases.
    parameters: Vec<T>,
    gradient: Vec<T>,
    /// What the layers did for the examples in hand.
    courses: Vec<Course<T>>,
    /// What the first layer's drives are worth, of all examples.
    totals: Vec<T>,
    logits: Vec<T>,
    scratch: Scratch<T>,
}

/// What a layer did: `[(example * steps + step) * cells + cell]`, and its counted spikes, `[example * cells + cell]`.
#[derive(Clone, Default)]
struct Course<T> {
    s: Vec<T>,
    slopes: Vec<T>,
    counted: Vec<T>,
}

/// Room that is used again and again.
#[derive(Default)]
struct Scratch<T> {
    z: Vec<T>,
    d: Vec<T>,
    below: Vec<T>,
    weights: Vec<T>,
    by_answers: Vec<T>,
}

impl<T: Real> Batched<T> {
    /// A network of these sizes (the input, at least one layer, the output) that is given `steps` steps of `dt` ms; all weights are 0.
    ///
    /// # Panics
    /// If there is no layer, a size or the steps are 0.
    pub fn new(
        sizes: &[usize],
        cell: &IntegrateAndFire,
        surrogate: &Surrogate,
        kappa: f64,
        steps: usize,
        dt: f64,
    ) -> Self {
        assert!(sizes.len() > 2 && !sizes.contains(&0) && steps > 0, "an input, a layer, an output, a step");
        let mut counts = vec![1.0 / steps as f64; steps];
        (0..steps - 1).rev().for_each(|t| counts[t] += kappa * counts[t + 1]);
        let parameters = sizes.windows(2).map(|pair| (pair[0] + 1) * pair[1]).sum();
        Self {
            sizes: sizes.to_vec(),
            cell: Cell {
                beta: T::from_f64(cell.beta(dt)),
                v_th: T::from_f64(cell.v_th),
                begins_at_zero: matches!(cell.reset, Reset::Zero(_)),
                hill: surrogate.hill(),
            },
            i_e: T::from_f64(cell.i_e),
            all: T::from_f64(counts.iter().sum()),
            counts: counts.into_iter().map(T::from_f64).collect(),
            parameters: vec![T::ZERO; parameters],
            gradient: vec![T::ZERO; parameters],
            courses: vec![Course::default(); sizes.len() - 2],
            totals: Vec::new(),
            logits: Vec::new(),
            scratch: Scratch::default(),
        }
    }

    /// All weights and biases: of every layer and the read-out `[from * to_size + to]`, then its biases.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The same, to change, beside the gradient of the last [`Batched::learn`].
    pub fn parameters_and_gradient(&mut self) -> (&mut [T], &[T]) {
        (&mut self.parameters, &self.gradient)
    }

    /// Where the weights and the biases into a layer are; the read-out is the last.
    fn place(&self, layer: usize) -> (Range<usize>, Range<usize>) {
        place(&self.sizes, layer)
    }

    fn shape(&self, layer: usize, batch: usize) -> Shape {
        Shape { n_in: self.sizes[layer], n_out: self.sizes[layer + 1], batch }
    }

    /// The answers to some examples, `[example * outputs + output]`.
    ///
    /// # Panics
    /// If `x` is not whole examples.
    pub fn answer(&mut self, x: &[T]) -> &[T] {
        let (batch, outputs) = self.begin(x);
        for (x, first) in x.chunks(GROUP * self.sizes[0]).zip((0..batch).step_by(GROUP)) {
            let last = batch.min(first + GROUP);
            self.forward(x, first * outputs..last * outputs);
        }
        &self.logits
    }

    /// Answers some examples and works out the gradient. `judge` is told which examples, and their answers, and writes the derivative
    /// of the loss by each.
    ///
    /// # Errors
    /// That of `judge`.
    ///
    /// # Panics
    /// If `x` is not whole examples.
    pub fn learn<E>(
        &mut self,
        x: &[T],
        mut judge: impl FnMut(Range<usize>, &[T], &mut [T]) -> Result<(), E>,
    ) -> Result<&[T], E> {
        let (batch, outputs) = self.begin(x);
        let top = self.courses.len();
        self.gradient.fill(T::ZERO);
        for (own, first) in x.chunks(GROUP * self.sizes[0]).zip((0..batch).step_by(GROUP)) {
            let group = first..batch.min(first + GROUP);
            let answers = group.start * outputs..group.end * outputs;
            self.forward(own, answers.clone());
            let mut by = std::mem::take(&mut self.scratch.by_answers);
            by.resize(answers.len(), T::ZERO);
            judge(group.clone(), &self.logits[answers], &mut by)?;
            self.credit_readout(&by);
            self.scratch.by_answers = by;
            for layer in (0..top).rev() {
                self.credit(layer, &group);
            }
        }
        let (w, _) = self.place(0);
        outer(self.shape(0, batch), &self.totals, x, &mut self.gradient[w]);
        Ok(&self.logits)
    }

    /// Makes room for the answers to some examples; says how many these are, and how many numbers an answer has.
    fn begin(&mut self, x: &[T]) -> (usize, usize) {
        let outputs = self.sizes[self.sizes.len() - 1];
        assert!(x.len().is_multiple_of(self.sizes[0]), "whole examples");
        let batch = x.len() / self.sizes[0];
        self.logits.resize(batch * outputs, T::ZERO);
        self.totals.resize(batch * self.sizes[1], T::ZERO);
        (batch, outputs)
    }

    /// A group of examples through all layers, to their place among the answers.
    fn forward(&mut self, x: &[T], answers: Range<usize>) {
        let (batch, steps, top) = (x.len() / self.sizes[0], self.counts.len(), self.courses.len());
        for layer in 0..top {
            let (below, here) = self.courses.split_at_mut(layer);
            // The drive of a static input is that of every step.
            let (from, columns) = below.last().map_or((x, batch), |below| (&below.s, batch * steps));
            let (n_in, cells) = (self.sizes[layer], self.sizes[layer + 1]);
            let (w, b) = place(&self.sizes, layer);
            let (w, b) = (&self.parameters[w], &self.parameters[b]);
            let z = &mut self.scratch.z;
            z.resize(columns * cells, T::ZERO);
            affine(Shape { n_in, n_out: cells, batch: columns }, w, Some(b), from, z);
            if self.i_e != T::ZERO {
                z.iter_mut().for_each(|z| *z += self.i_e);
            }
            let Course { s, slopes, counted } = &mut here[0];
            s.resize(batch * steps * cells, T::ZERO);
            slopes.resize(batch * steps * cells, T::ZERO);
            counted.resize(batch * cells, T::ZERO);
            let z = z.chunks_exact(columns / batch * cells);
            let (s, slopes) = (s.chunks_exact_mut(steps * cells), slopes.chunks_exact_mut(steps * cells));
            for (((z, s), slopes), counted) in z.zip(s).zip(slopes).zip(counted.chunks_exact_mut(cells)) {
                unrolled::fire(&self.cell, z, &self.counts, s, slopes, counted);
            }
        }
        let (w, b) = self.place(top);
        let biases: Vec<T> = self.parameters[b].iter().map(|&c| c * self.all).collect();
        let counted = &self.courses[top - 1].counted;
        affine(
            self.shape(top, batch),
            &self.parameters[w],
            Some(&biases),
            counted,
            &mut self.logits[answers],
        );
    }

    /// The read-out's part of the gradient; `scratch.d` receives what the last layer's spikes are worth.
    fn credit_readout(&mut self, by_answers: &[T]) {
        let top = self.courses.len();
        let (cells, outputs) = (self.sizes[top], self.sizes[top + 1]);
        let shape = self.shape(top, by_answers.len() / outputs);
        let (w, b) = self.place(top);
        let Scratch { d, below, weights, .. } = &mut self.scratch;
        weights.resize(cells * outputs, T::ZERO);
        outer(shape, by_answers, &self.courses[top - 1].counted, weights);
        add(weights, &mut self.gradient[w.clone()]);
        weights.resize(outputs, T::ZERO);
        row_sums(shape, by_answers, weights);
        weights.iter_mut().for_each(|c| *c *= self.all);
        add(weights, &mut self.gradient[b]);
        below.resize(shape.batch * cells, T::ZERO);
        transposed(shape, &self.parameters[w], by_answers, below);
        d.clear();
        for worth in below.chunks_exact(cells) {
            self.counts.iter().for_each(|&count| d.extend(worth.iter().map(|&worth| count * worth)));
        }
    }

    /// A layer's credit in a group of examples: from what its spikes are worth, in `scratch.d`, to what those below are.
    fn credit(&mut self, layer: usize, group: &Range<usize>) {
        let (steps, n_in, cells) = (self.counts.len(), self.sizes[layer], self.sizes[layer + 1]);
        let (w, b) = self.place(layer);
        let Scratch { d, below, weights, .. } = &mut self.scratch;
        let Course { s, slopes, .. } = &self.courses[layer];
        let length = steps * cells;
        let mut own = vec![T::ZERO; cells];
        let each = d.chunks_exact_mut(length).zip(s.chunks_exact(length)).zip(slopes.chunks_exact(length));
        for (((d, s), slopes), example) in each.zip(group.clone()) {
            unrolled::credit(&self.cell, s, slopes, d, &mut own);
            add(&own, &mut self.gradient[b.clone()]);
            if layer == 0 {
                self.totals[example * cells..][..cells].copy_from_slice(&own);
            }
        }
        if layer > 0 {
            let shape = Shape { n_in, n_out: cells, batch: group.len() * steps };
            weights.resize(n_in * cells, T::ZERO);
            outer(shape, d, &self.courses[layer - 1].s, weights);
            add(weights, &mut self.gradient[w.clone()]);
            below.resize(group.len() * steps * n_in, T::ZERO);
            transposed(shape, &self.parameters[w], d, below);
            std::mem::swap(d, below);
        }
    }
}

/// Where the weights and the biases into a layer of such a network are.
fn place(sizes: &[usize], layer: usize) -> (Range<usize>, Range<usize>) {
    let start: usize = sizes.windows(2).take(layer).map(|pair| (pair[0] + 1) * pair[1]).sum();
    let (weights, biases) = (sizes[layer] * sizes[layer + 1], sizes[layer + 1]);
    (start..start + weights, start + weights..start + weights + biases)
}

/// `sum += own`.
fn add<T: Real>(own: &[T], sum: &mut [T]) {
    sum.iter_mut().zip(own).for_each(|(sum, &own)| *sum += own);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gradient::surrogate::{ArcTangent, FastSigmoid};
    use crate::gradient::{Layer, Unrolled};
    use crate::neuron::{Subtract, Zero};
    use duet_random::Key;
    use duet_units::Time;

    const SIZES: [usize; 4] = [5, 70, 9, 3];
    const STEPS: usize = 11;
    const EXAMPLES: usize = 19;

    fn numbers(name: &str, n: usize) -> Vec<f64> {
        let mut x = vec![0.0; n];
        Key::new(3).stream(name, 0).fill_normal(&mut x);
        x
    }

    fn batched(reset: Reset, surrogate: &Surrogate) -> (Batched<f64>, IntegrateAndFire) {
        let cell = IntegrateAndFire { tau_m: Some(Time::new(8.0)), v_th: 0.8, reset, i_e: 0.03 };
        let mut batched = Batched::new(&SIZES, &cell, surrogate, 0.9, STEPS, 1.0);
        for (layer, scale) in [0.4, 0.3, 0.5].into_iter().enumerate() {
            let (w, b) = batched.place(layer);
            let drawn = numbers(&format!("layer{layer}"), w.len() + b.len());
            batched.parameters[w.start..b.end].copy_from_slice(&drawn);
            batched.parameters[w.start..b.end].iter_mut().for_each(|w| *w *= scale);
        }
        (batched, cell)
    }

    /// One by one, spelled out: answers and the gradient, biases as weights from an input that is always 1.
    fn spelled_out(
        network: &Batched<f64>,
        cell: &IntegrateAndFire,
        surrogate: &Surrogate,
        x: &[f64],
        by: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        // Unrolled cells have no biases: every layer has one more, which nobody can silence and which fires in every step.
        let mut layers = Vec::new();
        for layer in 0..2 {
            let ((w, b), n_out) = (network.place(layer), SIZES[layer + 1]);
            let mut weights: Vec<f64> =
                network.parameters[w].chunks(n_out).flat_map(|row| [row, &[0.0]].concat()).collect();
            weights.extend(&network.parameters[b]);
            // Enough to fire again after its own reset, whichever it is.
            weights.push(1e3);
            layers.push(Layer { weights, recurrent: vec![] });
        }
        let (v, c) = network.place(2);
        let readout = [&network.parameters[v], &network.parameters[c]].concat();
        let unrolled = Unrolled {
            layers,
            cell: cell.clone(),
            dt: 1.0,
            surrogate: surrogate.clone(),
            through_reset: false,
            readout,
            kappa: 0.9,
        };
        let input = [x, &[1.0]].concat();
        let trace = unrolled.run(&vec![input; STEPS]);
        let outputs = SIZES[3];
        let answer = (0..outputs).map(|k| trace.y.iter().map(|y| y[k]).sum::<f64>() / STEPS as f64).collect();
        let error = vec![by.iter().map(|by| by / STEPS as f64).collect::<Vec<f64>>(); STEPS];
        let gradient = unrolled.backward(&trace, &error);
        let mut all = Vec::new();
        for (layer, own) in gradient.layers.iter().enumerate() {
            // Without the cell that stands for biases.
            let n_out = SIZES[layer + 1];
            all.extend(own.weights.chunks(n_out + 1).flat_map(|row| row[..n_out].to_vec()));
        }
        all.extend(gradient.readout);
        (answer, all)
    }

    /// A batch is its examples one by one, in answers and in the gradient.
    #[test]
    fn a_batch_is_what_unrolled_spells_out() {
        let surrogates =
            [Surrogate::FastSigmoid(FastSigmoid { k: 5.0 }), Surrogate::ArcTangent(ArcTangent::default())];
        for surrogate in &surrogates {
            let reset = Reset::Subtract(Subtract {});
            let (mut network, cell) = batched(reset, surrogate);
            let x = numbers("x", SIZES[0] * EXAMPLES);
            let by = numbers("by", SIZES[3] * EXAMPLES);
            let answers = network.answer(&x).to_vec();
            let mut spikes = 0.0;
            network
                .learn(&x, |group, answers, to| {
                    assert_eq!(answers.len(), group.len() * SIZES[3]);
                    to.copy_from_slice(&by[group.start * SIZES[3]..group.end * SIZES[3]]);
                    Ok::<(), ()>(())
                })
                .unwrap();
            spikes += network.courses.iter().flat_map(|course| &course.s).sum::<f64>();
            assert!(network.logits == answers && spikes > 200.0, "{spikes} spikes of three examples");
            let mut sum = vec![0.0; network.gradient.len()];
            for ((x, by), answer) in x.chunks(SIZES[0]).zip(by.chunks(SIZES[3])).zip(answers.chunks(SIZES[3]))
            {
                let (expected, gradient) = spelled_out(&network, &cell, surrogate, x, by);
                assert!(answer.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12), "{answer:?}");
                sum.iter_mut().zip(gradient).for_each(|(sum, own)| *sum += own);
            }
            let largest = sum.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
            for (i, (a, b)) in network.gradient.iter().zip(&sum).enumerate() {
                assert!((a - b).abs() < 1e-12 * largest, "parameter {i}: {a} or {b}");
            }
            assert!(largest > 0.1);
        }
    }

    /// An example has the same answer alone and in a batch, to the bit, with either reset.
    #[test]
    fn an_example_is_the_same_alone() {
        for reset in [Reset::Subtract(Subtract {}), Reset::Zero(Zero {})] {
            let (mut network, _) = batched(reset, &Surrogate::FastSigmoid(FastSigmoid::default()));
            let x = numbers("x", SIZES[0] * EXAMPLES);
            let together = network.answer(&x).to_vec();
            for (x, answer) in x.chunks(SIZES[0]).zip(together.chunks(SIZES[3])) {
                assert_eq!(network.answer(x), answer);
            }
        }
    }
}
