//! One dense projection, forward and backward side by side.
//!
//! A sparse projection is a dense matrix whose other entries are held at zero: its synapses behave as they should, at
//! the price of computing with the zeros. Small networks gain nothing from better; large sparse ones are the spiking
//! side's.

use crate::plan::{Link, Plan};
use crate::workspace::Workspace;
use duet_kernels::Real;
use duet_kernels::matmul::{Shape, affine, outer, row_sums, transposed};

impl Link {
    fn shape(&self, batch: usize) -> Shape {
        Shape { n_in: self.n_pre, n_out: self.n_post, batch }
    }
}

/// Computes all layers after the input from `workspace.values[0]`, for the first `batch` examples.
pub(crate) fn forward<T: Real>(plan: &Plan, parameters: &[T], workspace: &mut Workspace<T>, batch: usize) {
    for (l, layer) in plan.layers.iter().enumerate().skip(1) {
        let numbers = layer.size * batch;
        let (before, from_here) = workspace.values.split_at_mut(l);
        let drive = &mut workspace.drives[l][..numbers];
        for (nth, &link) in layer.incoming.iter().enumerate() {
            let link = &plan.links[link];
            let x = &before[link.from][..link.n_pre * batch];
            let w = &parameters[link.weights.clone()];
            let bias = link.bias.clone().map(|range| &parameters[range]);
            if nth == 0 {
                affine(link.shape(batch), w, bias, x, drive);
            } else {
                let part = &mut workspace.scratch[..numbers];
                affine(link.shape(batch), w, bias, x, part);
                add(part, drive);
            }
        }
        layer.activation.curve().values(drive, &mut from_here[0][..numbers]);
    }
}

/// What the layer behind a link passes back through it: sets `delta` to W^T `next`, or adds it.
pub(crate) fn add_drive_credit<T: Real>(
    link: &Link,
    parameters: &[T],
    next: &[T],
    adds: bool,
    scratch: &mut [T],
    delta: &mut [T],
) {
    let shape = link.shape(delta.len() / link.n_pre);
    let w = &parameters[link.weights.clone()];
    if adds {
        let part = &mut scratch[..delta.len()];
        transposed(shape, w, next, part);
        add(part, delta);
    } else {
        transposed(shape, w, next, delta);
    }
}

/// dL/dW and dL/db of every link from the layers' activations and deltas; overwrites `gradient`.
pub(crate) fn parameter_gradient<T: Real>(
    plan: &Plan,
    workspace: &Workspace<T>,
    batch: usize,
    gradient: &mut [T],
) {
    for link in &plan.links {
        let x = &workspace.values[link.from][..link.n_pre * batch];
        let delta = &workspace.deltas[link.to][..link.n_post * batch];
        let weights = &mut gradient[link.weights.clone()];
        outer(link.shape(batch), delta, x, weights);
        if let Some(present) = &link.present {
            for (slope, &synapse) in weights.iter_mut().zip(present) {
                if !synapse {
                    *slope = T::ZERO;
                }
            }
        }
        if let Some(bias) = &link.bias {
            row_sums(link.shape(batch), delta, &mut gradient[bias.clone()]);
        }
    }
}

/// Adds `part` to `sum`.
pub(crate) fn add<T: Real>(part: &[T], sum: &mut [T]) {
    for (sum, &part) in sum.iter_mut().zip(part) {
        *sum += part;
    }
}
