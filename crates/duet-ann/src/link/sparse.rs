//! A sparse matrix of which only the synapses are kept and computed.

use duet_kernels::Real;
use duet_kernels::sparse::{Synapses, affine, outer, transposed};
use duet_kernels::window::Width;

/// A matrix with a larger share of synapses than this is faster dense: a kept synapse costs about four times a matrix's
/// entry (measured, see `benches/README.md`).
pub(crate) const DENSE_FROM: f64 = 0.25;

/// A compressed sparse matrix.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compressed {
    pub(crate) synapses: Synapses,
}

impl Compressed {
    pub(super) fn forward<T: Real>(&self, width: Width, w: &[T], bias: Option<&[T]>, x: &[T], z: &mut [T]) {
        affine(&self.synapses, width, w, bias, x, z);
    }

    pub(super) fn backward<T: Real>(&self, width: Width, w: &[T], next: &[T], delta: &mut [T]) {
        transposed(&self.synapses, width, w, next, delta);
    }

    pub(super) fn gradient<T: Real>(
        &self,
        width: Width,
        delta: &[T],
        x: &[T],
        weights: &mut [T],
        bias: Option<&mut [T]>,
    ) {
        outer(&self.synapses, width, delta, x, weights);
        let Some(bias) = bias else { return };
        let n_post = self.synapses.n_post();
        for (post, sum) in bias.iter_mut().enumerate() {
            *sum = T::ZERO;
            for group in delta.chunks_exact(n_post * width.lanes()) {
                group[post * width.lanes()..][..width.lanes()].iter().for_each(|&delta| *sum += delta);
            }
        }
    }

    pub(super) fn fan_outs(&self) -> Vec<u64> {
        (0..self.synapses.n_pre()).map(|pre| self.synapses.fan_out(pre) as u64).collect()
    }
}
