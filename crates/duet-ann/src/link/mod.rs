//! One projection, forward and backward: one way of computing it per file.

pub(crate) mod dense;
pub(crate) mod sparse;
pub(crate) mod window;

use crate::lanes::{rows_from_lanes, rows_to_lanes};
use crate::workspace::Scratch;
use core::ops::Range;
use dense::Dense;
use duet_kernels::Real;
use duet_kernels::matmul::Occupied;
use duet_kernels::window::Width;
use sparse::Compressed;
use window::{Convolution, Pool};

/// One projection: where its numbers are and which layers it joins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    pub(crate) name: String,
    /// Index of the layer it leaves.
    pub(crate) from: usize,
    /// Index of the layer it feeds.
    pub(crate) to: usize,
    pub(crate) n_pre: usize,
    pub(crate) n_post: usize,
    /// Whether it carries the activity of the moment before: a connection back, or from a population to itself.
    pub(crate) delayed: bool,
    /// Place of the weights in the arena, in the order of the network's own (dense for a masked matrix).
    pub(crate) weights: Range<usize>,
    /// Place of the biases in the arena.
    pub(crate) bias: Option<Range<usize>>,
    pub(crate) operation: Operation,
    /// How the two layers keep their numbers.
    pub(crate) layouts: Layouts,
}

/// How the layers at the two ends keep their examples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Layouts {
    /// Whether the layer that it leaves keeps examples side by side ([`crate::lanes`]).
    pub(crate) from_lanes: bool,
    /// The layer that it feeds.
    pub(crate) to_lanes: bool,
}

/// What a projection computes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    /// A matrix, `w[pre * n_post + post]`.
    Dense(Dense),
    /// The synapses of a sparse matrix alone.
    Compressed(Compressed),
    /// A kernel that moves.
    Convolution(Convolution),
    /// A mean or maximum that moves.
    Pool(Pool),
}

impl Operation {
    /// Whether it works on examples that lie side by side.
    pub(crate) fn wants_lanes(&self) -> bool {
        !matches!(self, Self::Dense(_))
    }
}

/// The activity of a layer: in its own layout, and as rows where that differs and a matrix reads it.
#[derive(Clone, Copy)]
pub(crate) struct Activity<'a, T> {
    pub(crate) own: &'a [T],
    pub(crate) rows: &'a [T],
    /// Where an input holds anything but zeros, if that is known.
    pub(crate) occupied: Option<&'a Occupied>,
}

impl Link {
    /// Sets `drive` (in the target's layout) to what the link contributes.
    pub(crate) fn forward<T: Real>(
        &self,
        parameters: &[T],
        from: Activity<'_, T>,
        drive: &mut [T],
        batch: usize,
        scratch: &mut Scratch<T>,
    ) {
        let w = &parameters[self.weights.clone()];
        let bias = self.bias.clone().map(|range| &parameters[range]);
        let width = Width::of(batch);
        match &self.operation {
            Operation::Dense(_) => {
                let shape = self.shape(batch);
                if self.layouts.to_lanes {
                    let rows = &mut scratch.rows[..self.n_post * batch];
                    dense::forward(shape, w, bias, from, rows);
                    rows_to_lanes(rows, self.n_post, drive);
                } else {
                    dense::forward(shape, w, bias, from, drive);
                }
            }
            Operation::Compressed(op) => op.forward(width, w, bias, from.own, drive),
            Operation::Convolution(op) => {
                op.forward(width, w, bias, from.own, &mut scratch.padded, drive);
            }
            Operation::Pool(op) => op.forward(width, from.own, drive),
        }
    }

    /// What the layer behind the link passes back through it: sets `delta` (in the source's layout) from `next` (in the
    /// target's). A maximum also needs to know what it saw (`from`).
    pub(crate) fn backward<T: Real>(
        &self,
        parameters: &[T],
        from: &[T],
        next: &[T],
        delta: &mut [T],
        batch: usize,
        scratch: &mut Scratch<T>,
    ) {
        let w = &parameters[self.weights.clone()];
        let width = Width::of(batch);
        match &self.operation {
            Operation::Dense(_) => {
                let shape = self.shape(batch);
                let Scratch { rows, back, .. } = scratch;
                let next = if self.layouts.to_lanes {
                    let rows = &mut rows[..self.n_post * batch];
                    rows_from_lanes(next, self.n_post, rows);
                    &*rows
                } else {
                    next
                };
                if self.layouts.from_lanes {
                    let back = &mut back[..self.n_pre * batch];
                    dense::backward(shape, w, next, back);
                    rows_to_lanes(back, self.n_pre, delta);
                } else {
                    dense::backward(shape, w, next, delta);
                }
            }
            Operation::Compressed(op) => op.backward(width, w, next, delta),
            Operation::Convolution(op) => {
                let Scratch { padded, packed, .. } = scratch;
                let packed = &mut packed[..w.len()];
                op.backward(width, w, next, packed, padded, delta);
            }
            Operation::Pool(op) => op.backward(width, from, next, delta),
        }
    }

    /// dL/dW and dL/db from the source's activity and the target's delta; overwrites the link's part of `gradient`.
    pub(crate) fn gradient<T: Real>(
        &self,
        from: Activity<'_, T>,
        delta: &[T],
        gradient: &mut [T],
        batch: usize,
        scratch: &mut Scratch<T>,
    ) {
        // The biases follow the weights in the arena.
        let split = self.weights.end;
        let (weights, after) = gradient.split_at_mut(split);
        let weights = &mut weights[self.weights.start..];
        let bias = self.bias.as_ref().map(|range| &mut after[range.start - split..range.end - split]);
        let width = Width::of(batch);
        match &self.operation {
            Operation::Dense(op) => {
                let delta = if self.layouts.to_lanes {
                    let rows = &mut scratch.rows[..self.n_post * batch];
                    rows_from_lanes(delta, self.n_post, rows);
                    &*rows
                } else {
                    delta
                };
                op.gradient(self.shape(batch), delta, from, weights, bias);
            }
            Operation::Compressed(op) => op.gradient(width, delta, from.own, weights, bias),
            Operation::Convolution(op) => {
                op.gradient(width, delta, from.own, &mut scratch.padded, weights, bias);
            }
            Operation::Pool(_) => {}
        }
    }

    /// How many synapses each presynaptic unit has.
    pub(crate) fn fan_outs(&self) -> Vec<u64> {
        match &self.operation {
            Operation::Dense(op) => (0..self.n_pre).map(|pre| op.fan_out(pre, self.n_post)).collect(),
            Operation::Compressed(op) => op.fan_outs(),
            Operation::Convolution(op) => op.fan_outs(),
            // No multiplication: a mean adds and divides, a maximum compares.
            Operation::Pool(_) => vec![0; self.n_pre],
        }
    }

    /// How many multiply-adds it takes for one example.
    pub(crate) fn multiply_adds(&self) -> u64 {
        self.fan_outs().iter().sum()
    }

    /// How many weights and biases it has.
    pub(crate) fn parameters(&self) -> u64 {
        let weights = match &self.operation {
            Operation::Dense(op) => (0..self.n_pre).map(|pre| op.fan_out(pre, self.n_post)).sum(),
            _ => self.weights.len() as u64,
        };
        weights + self.bias.as_ref().map_or(0, |bias| bias.len() as u64)
    }
}
