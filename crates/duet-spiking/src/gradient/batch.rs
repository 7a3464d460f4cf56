//! The same network for a batch of examples, in the network's own precision: what [`Unrolled`](super::Unrolled) spells out, as
//! matrix products and one pass over the steps of each example.
//!
//! # Equations
//! A spike of step t reaches the next layer in step t + 1, as in the engine:
//! ```text
//! z(t) = W x + b for the first layer, W s(t-1) + b of the layer below for the others
//! logits = sum over t of a(t) (V s(t-1) + c),   a(t): what arrives in step t counts in the score (decode.membrane)
//! ds(t) = a(t+1) V^T dlogits for the last layer, W^T d(t+1) of the layer above for the others
//! dW = sum over t of d(t) s(t-1)^T, or (sum over t of d(t)) x^T for the first layer
//! ```
//! # Behaviour
//! The drive of a static input is worked out once. The read-out is linear, so its own course is not needed. Examples go through
//! in groups small enough for the second-level cache; gradients of groups are added in their order, so nothing depends on who works
//! on them.

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
    /// What each step's spikes count in the score, a step later, and what a current that flows in every step does.
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
    /// A network of these sizes (the input, at least one layer, the output) in steps of `dt` ms; what arrives at the output in each
    /// step counts as `counts` says, and there are as many steps. All weights are 0.
    ///
    /// ```
    /// use duet_spiking::gradient::{Batched, Surrogate, surrogate::Triangle};
    /// use duet_spiking::neuron::IntegrateAndFire;
    /// let surrogate = Surrogate::Triangle(Triangle::default());
    /// let mut network = Batched::<f64>::new(&[1, 1, 1], &IntegrateAndFire::default(), &surrogate, &[1.0; 3], 1.0);
    /// // Input to cell 0.75 and no bias, cell to output 2 and bias 0.5: v = 0.75, 1.5 (a spike), 1.25 (another, too late to arrive).
    /// network.parameters_and_gradient().0.copy_from_slice(&[0.75, 0.0, 2.0, 0.5]);
    /// assert_eq!(network.answer(&[1.0]), [2.0 + 3.0 * 0.5]);
    /// // A derivative of 1 by the answer is worth 2 to each spike in time; ds/dv = 1 - |v - 1| = 0.75 and 0.5, so d = 2.5 and 1.
    /// network.learn(&[1.0], |_, _, by| { by[0] = 1.0; Ok::<(), ()>(()) }).unwrap();
    /// assert_eq!(network.parameters_and_gradient().1, &[3.5, 3.5, 1.0, 3.0]);
    /// ```
    ///
    /// # Panics
    /// If there is no layer, or a size or the steps are 0.
    pub fn new(
        sizes: &[usize],
        cell: &IntegrateAndFire,
        surrogate: &Surrogate,
        counts: &[f64],
        dt: f64,
    ) -> Self {
        assert!(
            sizes.len() > 2 && !sizes.contains(&0) && !counts.is_empty(),
            "an input, a layer, an output, a step"
        );
        let arrive = counts[1..].iter().chain(&[0.0]);
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
            counts: arrive.map(|&count| T::from_f64(count)).collect(),
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

    /// The gradient of the last [`Batched::learn`], laid out as the parameters.
    pub fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// Both, to change: the parameters and the gradient of the last [`Batched::learn`].
    pub fn parameters_and_gradient(&mut self) -> (&mut [T], &mut [T]) {
        (&mut self.parameters, &mut self.gradient)
    }

    /// Where the weights and the biases into a layer are; the read-out is the last.
    pub fn place(&self, layer: usize) -> (Range<usize>, Range<usize>) {
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
        self.watch(x, |_, _, _| {})
    }

    /// The same; `see` is told which examples, which layer, from 0, and its spikes, `[(example * steps + step) * cells + cell]`.
    ///
    /// # Panics
    /// If `x` is not whole examples.
    pub fn watch(&mut self, x: &[T], mut see: impl FnMut(Range<usize>, usize, &[T])) -> &[T] {
        let (batch, outputs) = self.begin(x);
        for (x, first) in x.chunks(GROUP * self.sizes[0]).zip((0..batch).step_by(GROUP)) {
            let last = batch.min(first + GROUP);
            self.forward(x, first * outputs..last * outputs);
            self.courses.iter().enumerate().for_each(|(layer, course)| see(first..last, layer, &course.s));
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

    /// The derivative of the loss by every number of the examples of the last [`Batched::learn`].
    pub fn input_gradient(&self) -> Vec<T> {
        let batch = self.totals.len() / self.sizes[1];
        let mut by = vec![T::ZERO; batch * self.sizes[0]];
        let (w, _) = self.place(0);
        transposed(self.shape(0, batch), &self.parameters[w], &self.totals, &mut by);
        by
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
            let (n_in, cells) = (self.sizes[layer], self.sizes[layer + 1]);
            let (w, b) = place(&self.sizes, layer);
            let (w, b) = (&self.parameters[w], &self.parameters[b]);
            let z = &mut self.scratch.z;
            // The drive of a static input is that of every step; spikes arrive a step later, so that the first has biases alone.
            let columns = if let Some(below) = below.last() {
                let arriving = batch * steps - 1;
                z.resize(batch * steps * cells, T::ZERO);
                let shape = Shape { n_in, n_out: cells, batch: arriving };
                affine(shape, w, Some(b), &below.s[..arriving * n_in], &mut z[cells..]);
                z.chunks_exact_mut(steps * cells).for_each(|z| z[..cells].copy_from_slice(b));
                steps
            } else {
                z.resize(batch * cells, T::ZERO);
                affine(Shape { n_in, n_out: cells, batch }, w, Some(b), x, z);
                1
            };
            if self.i_e != T::ZERO {
                z.iter_mut().for_each(|z| *z += self.i_e);
            }
            let Course { s, slopes, counted } = &mut here[0];
            s.resize(batch * steps * cells, T::ZERO);
            slopes.resize(batch * steps * cells, T::ZERO);
            counted.resize(batch * cells, T::ZERO);
            let z = z.chunks_exact(columns * cells);
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
            // The first step of every example has heard of no spikes: what is left are pairs of a step and the one before it.
            d.chunks_exact_mut(length).for_each(|d| d[..cells].fill(T::ZERO));
            let columns = group.len() * steps;
            let shape = Shape { n_in, n_out: cells, batch: columns - 1 };
            let heard = shape.batch * n_in;
            weights.resize(n_in * cells, T::ZERO);
            outer(shape, &d[cells..], &self.courses[layer - 1].s[..heard], weights);
            add(weights, &mut self.gradient[w.clone()]);
            below.resize(columns * n_in, T::ZERO);
            transposed(shape, &self.parameters[w], &d[cells..], &mut below[..heard]);
            below[heard..].fill(T::ZERO);
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
    use crate::decode::{Membrane, Take};
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
        let counts = Membrane { take: Take::Mean }.counts(0.9, STEPS);
        let mut batched = Batched::new(&SIZES, &cell, surrogate, &counts, 1.0);
        for (layer, scale) in [0.4, 0.3, 0.5].into_iter().enumerate() {
            let (w, b) = batched.place(layer);
            let drawn = numbers(&format!("layer{layer}"), w.len() + b.len());
            batched.parameters[w.start..b.end].copy_from_slice(&drawn);
            batched.parameters[w.start..b.end].iter_mut().for_each(|w| *w *= scale);
        }
        (batched, cell)
    }

    /// One by one, spelled out: answers and the gradient. [`Unrolled`] knows no delays and no biases. A layer that hears everything a
    /// step late is one whose clock is late by a step: the input begins two steps after the output, and biases are weights
    /// from cells that fire from the step on in which their target's clock begins.
    fn spelled_out(
        network: &Batched<f64>,
        cell: &IntegrateAndFire,
        surrogate: &Surrogate,
        x: &[f64],
        by: &[f64],
    ) -> (Vec<f64>, Vec<f64>) {
        // Enough to fire again after its own reset, whichever it is.
        const ALWAYS: f64 = 1e3;
        let drive = |biases: Range<usize>| network.parameters[biases].iter().map(|b| b + cell.i_e).collect();
        let rows = |layer: usize, more: usize| -> Vec<f64> {
            let n_out = SIZES[layer + 1];
            network.parameters[network.place(layer).0]
                .chunks(n_out)
                .flat_map(|row| [row, &vec![0.0; more]].concat())
                .collect()
        };
        let (none, mut first) = (vec![0.0; SIZES[1]], rows(0, 2));
        let biases: Vec<f64> = drive(network.place(0).1);
        first.extend(
            [&biases[..], &[0.0, 0.0], &none[..], &[ALWAYS, 0.0], &none[..], &[0.0, ALWAYS]].concat(),
        );
        let (none, mut second) = (vec![0.0; SIZES[2]], rows(1, 1));
        let biases: Vec<f64> = drive(network.place(1).1);
        second.extend([&biases[..], &[0.0], &none[..], &[ALWAYS]].concat());
        let (v, c) = network.place(2);
        let unrolled = Unrolled {
            layers: [first, second].map(|weights| Layer { weights, recurrent: vec![] }).to_vec(),
            cell: IntegrateAndFire { i_e: 0.0, ..cell.clone() },
            dt: 1.0,
            surrogate: surrogate.clone(),
            through_reset: false,
            readout: [&network.parameters[v], &network.parameters[c]].concat(),
            kappa: 0.9,
        };
        let input = |step: usize| {
            let x = x.iter().map(|x| if step >= 2 { *x } else { 0.0 });
            x.chain([f64::from(u8::from(step >= 2)), f64::from(u8::from(step >= 1)), 1.0]).collect()
        };
        let trace = unrolled.run(&(0..STEPS).map(input).collect::<Vec<_>>());
        let outputs = SIZES[3];
        let answer = (0..outputs).map(|k| trace.y.iter().map(|y| y[k]).sum::<f64>() / STEPS as f64).collect();
        let error = vec![by.iter().map(|by| by / STEPS as f64).collect::<Vec<f64>>(); STEPS];
        let gradient = unrolled.backward(&trace, &error);
        // Without what leads to cells that stand for biases, and without the rows of biases of others.
        let (mut all, layers) = (Vec::new(), &gradient.layers);
        let own = |layer: usize, more: usize| {
            let rows = layers[layer].weights.chunks(SIZES[layer + 1] + more).take(SIZES[layer] + 1);
            rows.flat_map(move |row| row[..SIZES[layer + 1]].to_vec())
        };
        all.extend(own(0, 2));
        all.extend(own(1, 1));
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
            let by_x = network.input_gradient();
            let mut sum = vec![0.0; network.gradient.len()];
            for ((x, by), answer) in x.chunks(SIZES[0]).zip(by.chunks(SIZES[3])).zip(answers.chunks(SIZES[3]))
            {
                let (expected, gradient) = spelled_out(&network, &cell, surrogate, x, by);
                assert!(answer.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-12), "{answer:?}");
                sum.iter_mut().zip(gradient).for_each(|(sum, own)| *sum += own);
            }
            // One example alone: W d is to its numbers what d x is to the weights.
            let first = &x[..SIZES[0]];
            let (_, of_weights) = spelled_out(&network, &cell, surrogate, first, &by[..SIZES[3]]);
            let (w, b) = (network.place(0).0, SIZES[0] * SIZES[1]);
            for (i, by_x) in by_x[..SIZES[0]].iter().enumerate() {
                let row = &network.parameters[w.clone()][i * SIZES[1]..][..SIZES[1]];
                let expected: f64 = row.iter().zip(&of_weights[b..]).map(|(w, d)| w * d).sum();
                assert!((by_x - expected).abs() < 1e-10 * expected.abs().max(1.0), "{by_x} {expected}");
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
