//! A matrix product: every source to every target, or a sparse matrix whose other entries are held at zero.

use super::{Activity, Link};
use duet_kernels::Real;
use duet_kernels::matmul::{
    Occupied, Shape, affine, affine_occupied, outer, outer_occupied, row_sums, transposed,
};

/// A dense matrix.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Dense {
    /// For a sparse matrix that is computed densely: which entries are synapses.
    pub(crate) present: Option<Vec<bool>>,
}

impl Link {
    pub(crate) fn shape(&self, batch: usize) -> Shape {
        Shape { n_in: self.n_pre, n_out: self.n_post, batch }
    }
}

impl Link {
    /// dL/dW and dL/db of a matrix between two layers that keep rows; overwrites the link's part of `gradient`.
    pub(crate) fn gradient_of_rows<T: Real>(
        &self,
        x: Activity<'_, T>,
        delta: &[T],
        gradient: &mut [T],
        batch: usize,
    ) {
        let (weights, after) = gradient.split_at_mut(self.weights.end);
        let bias = self.bias.as_ref().map(|range| &mut after[..range.len()]);
        let weights = &mut weights[self.weights.start..];
        Dense::default().gradient(self.shape(batch), delta, x, weights, bias);
    }
}

/// z = W x + b.
pub(crate) fn forward<T: Real>(shape: Shape, w: &[T], bias: Option<&[T]>, x: Activity<'_, T>, z: &mut [T]) {
    match x.occupied.filter(|_| Occupied::suits(shape)) {
        Some(occupied) => affine_occupied(shape, w, bias, x.rows, occupied, z),
        None => affine(shape, w, bias, x.rows, z),
    }
}

/// delta = W^T next.
pub(super) fn backward<T: Real>(shape: Shape, w: &[T], next: &[T], delta: &mut [T]) {
    transposed(shape, w, next, delta);
}

impl Dense {
    /// dW = delta x^T, db = delta, summed over examples; absent synapses have no gradient.
    pub(crate) fn gradient<T: Real>(
        &self,
        shape: Shape,
        delta: &[T],
        x: Activity<'_, T>,
        weights: &mut [T],
        bias: Option<&mut [T]>,
    ) {
        match x.occupied.filter(|_| Occupied::suits(shape)) {
            Some(occupied) => outer_occupied(shape, delta, x.rows, occupied, weights),
            None => outer(shape, delta, x.rows, weights),
        }
        if let Some(present) = &self.present {
            for (slope, &synapse) in weights.iter_mut().zip(present) {
                if !synapse {
                    *slope = T::ZERO;
                }
            }
        }
        if let Some(bias) = bias {
            row_sums(shape, delta, bias);
        }
    }

    /// How many synapses a source has.
    pub(super) fn fan_out(&self, pre: usize, n_post: usize) -> u64 {
        self.present.as_ref().map_or(n_post as u64, |present| {
            present[pre * n_post..(pre + 1) * n_post].iter().filter(|&&synapse| synapse).count() as u64
        })
    }
}
