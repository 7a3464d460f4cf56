//! A window that moves: convolutions and pools.

use duet_kernels::Real;
use duet_kernels::window::{
    Geometry, Width, average, average_input, convolve, convolve_bias, convolve_input, convolve_weights, max,
    max_input,
};
use duet_topology::Window;

/// A shared kernel.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Convolution {
    window: Window,
    /// The same on a grid that is larger by the padding.
    geometry: Geometry,
}

impl Convolution {
    pub(crate) fn new(window: Window, kernels: usize) -> Self {
        let input = [0, 1].map(|axis| window.input[axis] + 2 * window.padding[axis]);
        Self { geometry: Geometry { input, ..geometry(&window, kernels) }, window }
    }

    /// Units of the padded input; 0 without padding.
    pub(crate) fn padded(&self) -> usize {
        if self.window.padding == [0, 0] { 0 } else { self.geometry.inputs() }
    }

    /// `x` with zeros around it: in `padded`, or as it is where there is no padding.
    fn pad<'a, T: Real>(&self, width: Width, x: &'a [T], padded: &'a mut [T]) -> &'a [T] {
        if self.padded() == 0 {
            return x;
        }
        let padded = &mut padded[..x.len() / self.plane() * self.padded_plane()];
        padded.fill(T::ZERO);
        self.rows(width, x.len(), |inner, outer, row| {
            padded[outer..outer + row].copy_from_slice(&x[inner..inner + row]);
        });
        padded
    }

    fn plane(&self) -> usize {
        self.window.input[0] * self.window.input[1]
    }

    fn padded_plane(&self) -> usize {
        self.geometry.input[0] * self.geometry.input[1]
    }

    /// Visits every row of `numbers` numbers: where it begins without and with padding, and its length.
    fn rows(&self, width: Width, numbers: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let ([rows, columns], [above, left]) = (self.window.input, self.window.padding);
        let lanes = width.lanes();
        for plane in 0..numbers / (self.plane() * lanes) {
            for row in 0..rows {
                let outer = plane * self.padded_plane() + (row + above) * self.geometry.input[1] + left;
                visit((plane * self.plane() + row * columns) * lanes, outer * lanes, columns * lanes);
            }
        }
    }

    pub(super) fn forward<T: Real>(
        &self,
        width: Width,
        w: &[T],
        bias: Option<&[T]>,
        x: &[T],
        padded: &mut [T],
        z: &mut [T],
    ) {
        convolve(&self.geometry, width, w, bias, self.pad(width, x, padded), z);
    }

    pub(super) fn backward<T: Real>(
        &self,
        width: Width,
        w: &[T],
        next: &[T],
        packed: &mut [T],
        padded: &mut [T],
        delta: &mut [T],
    ) {
        if self.padded() == 0 {
            return convolve_input(&self.geometry, width, w, next, packed, delta);
        }
        let padded = &mut padded[..delta.len() / self.plane() * self.padded_plane()];
        convolve_input(&self.geometry, width, w, next, packed, padded);
        self.rows(width, delta.len(), |inner, outer, row| {
            delta[inner..inner + row].copy_from_slice(&padded[outer..outer + row]);
        });
    }

    pub(super) fn gradient<T: Real>(
        &self,
        width: Width,
        delta: &[T],
        x: &[T],
        padded: &mut [T],
        weights: &mut [T],
        bias: Option<&mut [T]>,
    ) {
        convolve_weights(&self.geometry, width, delta, self.pad(width, x, padded), weights);
        if let Some(bias) = bias {
            convolve_bias(&self.geometry, width, delta, bias);
        }
    }

    /// Windows that see each input, times kernels.
    pub(super) fn fan_outs(&self) -> Vec<u64> {
        let seen = |axis: usize, at: usize| {
            let at = at + self.window.padding[axis];
            let starts = (0..self.geometry.output[axis]).map(|place| place * self.window.stride[axis]);
            starts.filter(|&start| start <= at && at < start + self.window.kernel[axis]).count() as u64
        };
        let [rows, columns] = self.window.input;
        let plane = (0..rows).flat_map(|row| {
            (0..columns).map(move |column| seen(0, row) * seen(1, column) * self.geometry.kernels as u64)
        });
        let plane: Vec<u64> = plane.collect();
        plane.repeat(self.window.channels)
    }
}

/// A mean or a maximum.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pool {
    geometry: Geometry,
    kind: PoolKind,
}

/// What a pool takes from its window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PoolKind {
    Mean,
    Maximum,
}

impl Pool {
    pub(crate) fn new(window: &Window, kind: PoolKind) -> Self {
        Self { geometry: geometry(window, window.channels), kind }
    }

    pub(super) fn forward<T: Real>(&self, width: Width, x: &[T], z: &mut [T]) {
        match self.kind {
            PoolKind::Mean => average(&self.geometry, width, x, z),
            PoolKind::Maximum => max(&self.geometry, width, x, z),
        }
    }

    pub(super) fn backward<T: Real>(&self, width: Width, x: &[T], next: &[T], delta: &mut [T]) {
        match self.kind {
            PoolKind::Mean => average_input(&self.geometry, width, next, delta),
            PoolKind::Maximum => max_input(&self.geometry, width, x, next, delta),
        }
    }
}

fn geometry(window: &Window, kernels: usize) -> Geometry {
    Geometry {
        channels: window.channels,
        input: window.input,
        kernels,
        output: window.output(),
        kernel: window.kernel,
        stride: window.stride,
    }
}
