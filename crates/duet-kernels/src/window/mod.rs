//! Convolution and pooling: a small window that moves over a grid, for sixteen examples at a time.
//!
//! The examples of a group lie side by side, one in each lane: the input is `x[unit * lanes + lane]`, where
//! `unit = (channel * rows + row) * columns + column`, and so is the output. Channels are few and odd in number where
//! convolutions are largest, near the picture; examples are not, so this is what fills a vector register, and every step of
//! every kernel is the same for all lanes. A batch is a sequence of groups of one [`Width`]; the lanes that the last one leaves
//! empty are computed and mean nothing, but a gradient must hold zeros there.
//!
//! The kernel's weights are `w[cell * kernels + kernel]`, where `cell = (channel * window rows + row) * window columns +
//! column`: the layout of a dense matrix whose inputs are the window's cells. There is no padding here: a caller who pads
//! brings a larger grid with zeros around.
//!
//! Each result is one chain of additions whose order depends on the geometry alone, with the product fused into the addition
//! at the levels that have the instruction.
//!
//! ```
//! use duet_kernels::window::{self, Geometry, Width};
//!
//! // One row of four numbers under a window of two, one kernel: differences of neighbours. All examples are alike.
//! let geometry =
//!     Geometry { channels: 1, input: [1, 4], kernels: 1, output: [1, 3], kernel: [1, 2], stride: [1, 1] };
//! let x = [1.0_f32, 4.0, 9.0, 16.0].map(|x| [x; 8]);
//! let mut z = [[0.0; 8]; 3];
//! let (all_x, all_z) = (x.as_flattened(), z.as_flattened_mut());
//! window::convolve(&geometry, Width::Eight, &[-1.0, 1.0], Some(&[0.5]), all_x, all_z);
//! assert_eq!([z[0][0], z[1][0], z[2][7]], [3.5, 5.5, 7.5]);
//! ```

mod convolve;
mod pool;
mod turn;

#[cfg(test)]
mod tests;

use crate::CpuLevel;
use crate::dispatch::dispatch;
use crate::real::Real;
pub(crate) use convolve::{add, total};
use convolve::{bias_body, convolve_body, input_body, weights_body};
use pool::{average_body, average_input_body, max_body, max_input_body};
use turn::{from_lanes_body, to_lanes_body};

/// How many examples lie side by side in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// Half as many: for a few examples that are left over, which then cost half.
    Eight,
    /// As many `f32` as the widest vector register holds.
    Sixteen,
}

impl Width {
    /// Both widths.
    pub const ALL: [Self; 2] = [Self::Eight, Self::Sixteen];

    /// The width for so many examples: the narrowest group that holds them all, else groups of sixteen.
    pub fn of(examples: usize) -> Self {
        if examples <= 8 { Self::Eight } else { Self::Sixteen }
    }

    /// Examples of a group.
    pub fn lanes(self) -> usize {
        match self {
            Self::Eight => 8,
            Self::Sixteen => 16,
        }
    }
}

/// One body for each width.
macro_rules! by_width {
    ($width:expr, $lanes:ident => $body:expr) => {
        match $width {
            $crate::window::Width::Eight => {
                const $lanes: usize = 8;
                $body
            }
            $crate::window::Width::Sixteen => {
                const $lanes: usize = 16;
                $body
            }
        }
    };
}
pub(crate) use by_width;

/// Numbers as what they are, units of a group.
#[inline(always)]
pub(crate) fn groups<T, const L: usize>(numbers: &[T]) -> &[[T; L]] {
    let (units, rest) = numbers.as_chunks();
    assert!(rest.is_empty(), "{} numbers are not so many units of {L} lanes", numbers.len());
    units
}

/// The same, to write to.
#[inline(always)]
pub(crate) fn groups_mut<T, const L: usize>(numbers: &mut [T]) -> &mut [[T; L]] {
    assert!(numbers.len().is_multiple_of(L), "{} numbers are not so many units of {L} lanes", numbers.len());
    numbers.as_chunks_mut().0
}

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
pub fn convolve<T: Real>(g: &Geometry, width: Width, w: &[T], bias: Option<&[T]>, x: &[T], z: &mut [T]) {
    T::convolve_at(CpuLevel::current(), g, width, w, bias, x, z);
}

/// dX from dZ: what each input passes on to all windows it is seen by; overwrites `dx`. `packed` is room for as many numbers
/// as there are weights.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn convolve_input<T: Real>(
    g: &Geometry,
    width: Width,
    w: &[T],
    dz: &[T],
    packed: &mut [T],
    dx: &mut [T],
) {
    T::convolve_input_at(CpuLevel::current(), g, width, w, dz, packed, dx);
}

/// dW, summed over places and examples; overwrites `dw`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn convolve_weights<T: Real>(g: &Geometry, width: Width, dz: &[T], x: &[T], dw: &mut [T]) {
    T::convolve_weights_at(CpuLevel::current(), g, width, dz, x, dw);
}

/// db, one per kernel, summed over places and examples; overwrites `db`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn convolve_bias<T: Real>(g: &Geometry, width: Width, dz: &[T], db: &mut [T]) {
    T::convolve_bias_at(CpuLevel::current(), g, width, dz, db);
}

/// Z = the mean of every window of every channel; overwrites `z`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn average<T: Real>(g: &Geometry, width: Width, x: &[T], z: &mut [T]) {
    T::average_at(CpuLevel::current(), g, width, x, z);
}

/// dX of [`average`] from dZ; overwrites `dx`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn average_input<T: Real>(g: &Geometry, width: Width, dz: &[T], dx: &mut [T]) {
    T::average_input_at(CpuLevel::current(), g, width, dz, dx);
}

/// Z = the maximum of every window of every channel; overwrites `z`. A NaN anywhere in the window makes it NaN.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn max<T: Real>(g: &Geometry, width: Width, x: &[T], z: &mut [T]) {
    T::max_at(CpuLevel::current(), g, width, x, z);
}

/// dX of [`max`]: all of a window's dZ goes to the first of its largest inputs; overwrites `dx`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
pub fn max_input<T: Real>(g: &Geometry, width: Width, x: &[T], dz: &[T], dx: &mut [T]) {
    T::max_input_at(CpuLevel::current(), g, width, x, dz, dx);
}

/// Examples of `units` numbers, one after the other in `rows`, side by side in `numbers`; lanes without an example become 0.
///
/// ```
/// use duet_kernels::window::{Width, from_lanes, to_lanes};
///
/// let rows = [1.0_f32, 2.0, 3.0, 4.0]; // two examples of two units
/// let mut numbers = [[9.0; 8]; 2];
/// to_lanes(2, Width::Eight, &rows, numbers.as_flattened_mut());
/// assert_eq!(numbers, [[1.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [2.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]);
/// let mut back = [0.0; 4];
/// from_lanes(2, Width::Eight, numbers.as_flattened(), &mut back);
/// assert_eq!(back, rows);
/// ```
///
/// # Panics
/// If the rows are not whole, or the groups not as many as hold them.
pub fn to_lanes<T: Real>(units: usize, width: Width, rows: &[T], numbers: &mut [T]) {
    T::to_lanes_at(CpuLevel::current(), units, width, rows, numbers);
}

/// The way back from [`to_lanes`]: as many examples as `rows` hold.
///
/// # Panics
/// As [`to_lanes`].
pub fn from_lanes<T: Real>(units: usize, width: Width, numbers: &[T], rows: &mut [T]) {
    T::from_lanes_at(CpuLevel::current(), units, width, numbers, rows);
}

dispatch! {
    /// The windows at a stated level, for tests and measurements; the functions of this module take the one in force.
    ///
    /// All panic if a slice's length does not fit the geometry, or the processor lacks the level.
    pub trait Windows<T> {
        /// [`convolve`].
        fn convolve_at(g: &Geometry, width: Width, w: &[T], bias: Option<&[T]>, x: &[T], z: &mut [T]) = convolve_body;
        /// [`convolve_input`].
        fn convolve_input_at(g: &Geometry, width: Width, w: &[T], dz: &[T], packed: &mut [T], dx: &mut [T]) = input_body;
        /// [`convolve_weights`].
        fn convolve_weights_at(g: &Geometry, width: Width, dz: &[T], x: &[T], dw: &mut [T]) = weights_body;
        /// [`convolve_bias`].
        fn convolve_bias_at(g: &Geometry, width: Width, dz: &[T], db: &mut [T]) = bias_body;
        /// [`average`].
        fn average_at(g: &Geometry, width: Width, x: &[T], z: &mut [T]) = average_body;
        /// [`average_input`].
        fn average_input_at(g: &Geometry, width: Width, dz: &[T], dx: &mut [T]) = average_input_body;
        /// [`max`].
        fn max_at(g: &Geometry, width: Width, x: &[T], z: &mut [T]) = max_body;
        /// [`max_input`].
        fn max_input_at(g: &Geometry, width: Width, x: &[T], dz: &[T], dx: &mut [T]) = max_input_body;
        /// [`to_lanes`].
        fn to_lanes_at(units: usize, width: Width, rows: &[T], numbers: &mut [T]) = to_lanes_body;
        /// [`from_lanes`].
        fn from_lanes_at(units: usize, width: Width, numbers: &[T], rows: &mut [T]) = from_lanes_body;
    }
}
