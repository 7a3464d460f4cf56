//! Convolution and pooling: a small window that moves over a grid, for sixteen examples at a time.
//!
//! The examples of a group lie side by side, one in each lane: the input is `x[unit][lane]`, where
//! `unit = (channel * rows + row) * columns + column`, and so is the output. Channels are few and odd in number where
//! convolutions are largest, near the picture; examples are not, so this is what fills a vector register, and every step of
//! every kernel is the same for all lanes. A batch is a sequence of groups; the lanes that the last one leaves empty are
//! computed and mean nothing, but a gradient must hold zeros there.
//!
//! The kernel's weights are `w[cell * kernels + kernel]`, where `cell = (channel * window rows + row) * window columns +
//! column`: the layout of a dense matrix whose inputs are the window's cells. There is no padding here: a caller who pads
//! brings a larger grid with zeros around.
//!
//! Each result is one chain of additions whose order depends on the geometry alone, with the product fused into the addition
//! at the levels that have the instruction.
//!
//! ```
//! use duet_kernels::window::{self, Geometry, LANES};
//!
//! // One row of four numbers under a window of two, one kernel: differences of neighbours.
//! let geometry =
//!     Geometry { channels: 1, input: [1, 4], kernels: 1, output: [1, 3], kernel: [1, 2], stride: [1, 1] };
//! let x: Vec<[f32; LANES]> = [1.0, 4.0, 9.0, 16.0].map(|x| [x; LANES]).to_vec();
//! let mut z = vec![[0.0; LANES]; 3];
//! window::convolve(&geometry, &[-1.0, 1.0], Some(&[0.5]), &x, &mut z);
//! assert_eq!([z[0][0], z[1][0], z[2][0]], [3.5, 5.5, 7.5]);
//! ```

mod convolve;
mod pool;

#[cfg(test)]
mod tests;

use crate::CpuLevel;
use crate::dispatch::dispatch;
use crate::real::Real;
pub(crate) use convolve::{add, total};
use convolve::{bias_body, convolve_body, input_body, weights_body};
use pool::{average_body, average_input_body, max_body, max_input_body};

/// Examples of a group.
pub const LANES: usize = 16;

/// One unit of a group: its number for each example.
pub type Lanes<T> = [T; LANES];

/// Extents of a window and of the two grids it joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Channels of the input.
    pub channels: usize,
    /// Rows and columns of the input.
    pub input: [usize; 2],
    /// Channels of the output; as many as those of the input for a pool.
    pub kernels: usize,
    /// Rows and columns of the output.
    pub output: [usize; 2],
    /// Rows and columns of the window.
    pub kernel: [usize; 2],
    /// How far it moves from one output row or column to the next.
    pub stride: [usize; 2],
}

impl Geometry {
    /// Units of the input.
    pub fn inputs(&self) -> usize {
        self.channels * self.input[0] * self.input[1]
    }

    /// Units of the output.
    pub fn outputs(&self) -> usize {
        self.kernels * self.output[0] * self.output[1]
    }

    /// Weights of a convolution.
    pub fn weights(&self) -> usize {
        self.kernels * self.channels * self.kernel[0] * self.kernel[1]
    }

    /// Panics unless the window stays on the input and the slices fit: groups, then what each slice holds per group.
    fn check(&self, inputs: usize, outputs: usize) -> usize {
        for axis in 0..2 {
            let reach = self.output[axis].saturating_sub(1) * self.stride[axis] + self.kernel[axis];
            assert!(
                self.output[axis] == 0 || reach <= self.input[axis],
                "the window reaches {reach} on an axis of {}",
                self.input[axis]
            );
        }
        let groups = if self.inputs() == 0 { 0 } else { inputs / self.inputs() };
        assert!(
            inputs == groups * self.inputs() && outputs == groups * self.outputs(),
            "{inputs} inputs and {outputs} outputs are not so many groups of {} and {}",
            self.inputs(),
            self.outputs()
        );
        groups
    }

    fn check_weights(&self, weights: usize) {
        assert_eq!(weights, self.weights(), "as many weights as kernels times cells");
    }
}

/// Z = the convolution of X with the kernels W, plus one bias per kernel; overwrites `z`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn convolve<T: Real>(g: &Geometry, w: &[T], bias: Option<&[T]>, x: &[Lanes<T>], z: &mut [Lanes<T>]) {
    T::convolve_at(CpuLevel::current(), g, w, bias, x, z);
}

/// dX from dZ: what each input passes on to all windows it is seen by; overwrites `dx`. `packed` is room for as many numbers
/// as there are weights.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn convolve_input<T: Real>(
    g: &Geometry,
    w: &[T],
    dz: &[Lanes<T>],
    packed: &mut [T],
    dx: &mut [Lanes<T>],
) {
    T::convolve_input_at(CpuLevel::current(), g, w, dz, packed, dx);
}

/// dW, summed over places and examples; overwrites `dw`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn convolve_weights<T: Real>(g: &Geometry, dz: &[Lanes<T>], x: &[Lanes<T>], dw: &mut [T]) {
    T::convolve_weights_at(CpuLevel::current(), g, dz, x, dw);
}

/// db, one per kernel, summed over places and examples; overwrites `db`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn convolve_bias<T: Real>(g: &Geometry, dz: &[Lanes<T>], db: &mut [T]) {
    T::convolve_bias_at(CpuLevel::current(), g, dz, db);
}

/// Z = the mean of every window of every channel; overwrites `z`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn average<T: Real>(g: &Geometry, x: &[Lanes<T>], z: &mut [Lanes<T>]) {
    T::average_at(CpuLevel::current(), g, x, z);
}

/// dX of [`average`] from dZ; overwrites `dx`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn average_input<T: Real>(g: &Geometry, dz: &[Lanes<T>], dx: &mut [Lanes<T>]) {
    T::average_input_at(CpuLevel::current(), g, dz, dx);
}

/// Z = the maximum of every window of every channel; overwrites `z`. A NaN anywhere in the window makes it NaN.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn max<T: Real>(g: &Geometry, x: &[Lanes<T>], z: &mut [Lanes<T>]) {
    T::max_at(CpuLevel::current(), g, x, z);
}

/// dX of [`max`]: all of a window's dZ goes to the first of its largest inputs; overwrites `dx`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn max_input<T: Real>(g: &Geometry, x: &[Lanes<T>], dz: &[Lanes<T>], dx: &mut [Lanes<T>]) {
    T::max_input_at(CpuLevel::current(), g, x, dz, dx);
}

dispatch! {
    /// The windows at a stated level, for tests and measurements; the functions of this module take the one in force.
    ///
    /// All panic if a slice's length does not fit the geometry, or the processor lacks the level.
    pub trait Windows<T> {
        /// [`convolve`].
        fn convolve_at(g: &Geometry, w: &[T], bias: Option<&[T]>, x: &[Lanes<T>], z: &mut [Lanes<T>]) = convolve_body;
        /// [`convolve_input`].
        fn convolve_input_at(g: &Geometry, w: &[T], dz: &[Lanes<T>], packed: &mut [T], dx: &mut [Lanes<T>]) = input_body;
        /// [`convolve_weights`].
        fn convolve_weights_at(g: &Geometry, dz: &[Lanes<T>], x: &[Lanes<T>], dw: &mut [T]) = weights_body;
        /// [`convolve_bias`].
        fn convolve_bias_at(g: &Geometry, dz: &[Lanes<T>], db: &mut [T]) = bias_body;
        /// [`average`].
        fn average_at(g: &Geometry, x: &[Lanes<T>], z: &mut [Lanes<T>]) = average_body;
        /// [`average_input`].
        fn average_input_at(g: &Geometry, dz: &[Lanes<T>], dx: &mut [Lanes<T>]) = average_input_body;
        /// [`max`].
        fn max_at(g: &Geometry, x: &[Lanes<T>], z: &mut [Lanes<T>]) = max_body;
        /// [`max_input`].
        fn max_input_at(g: &Geometry, x: &[Lanes<T>], dz: &[Lanes<T>], dx: &mut [Lanes<T>]) = max_input_body;
    }
}
