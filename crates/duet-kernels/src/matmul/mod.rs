//! The three dense products of a layer, for a batch.
//!
//! Every matrix is stored column by column: the weights W (`n_out` x `n_in`) as `w[i * n_out + o]`, inputs X
//! (`n_in` x `batch`) as `x[e * n_in + i]`, outputs Z (`n_out` x `batch`) as `z[e * n_out + o]`.
//!
//! Each result is one chain of additions in rising order of the summed index, with the product fused into the addition
//! at the levels that have the instruction. Tiles, caches and the rest of the batch never change it: an example has the
//! same result alone and in a batch, bit for bit. Zeros are not skipped, so an infinity or NaN always shows; the two products
//! of a first layer that do skip them, [`affine_occupied`] and [`outer_occupied`], give the same for finite weights.
//!
//! ```
//! use duet_kernels::matmul::{Shape, affine, outer, row_sums, transposed};
//!
//! let shape = Shape { n_in: 2, n_out: 3, batch: 1 };
//! // W = [1 4; 2 5; 3 6], b = (10, 20, 30), x = (1, -1).
//! let (w, b, x) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [10.0, 20.0, 30.0], [1.0, -1.0]);
//! let mut z = [0.0; 3];
//! affine(shape, &w, Some(&b), &x, &mut z);
//! assert_eq!(z, [7.0, 17.0, 27.0]);
//!
//! // From dL/dz = (1, 0, 2): dL/dx = W^T dz, dL/dW = dz x^T, dL/db = dz.
//! let dz = [1.0, 0.0, 2.0];
//! let (mut dx, mut dw, mut db) = ([0.0; 2], [0.0; 6], [0.0; 3]);
//! transposed(shape, &w, &dz, &mut dx);
//! outer(shape, &dz, &x, &mut dw);
//! row_sums(shape, &dz, &mut db);
//! assert_eq!(dx, [7.0, 16.0]);
//! assert_eq!(dw, [1.0, 0.0, 2.0, -1.0, 0.0, -2.0]);
//! assert_eq!(db, dz);
//! ```

mod body;
mod skip;
mod tile;

#[cfg(test)]
mod tests;

use crate::dispatch::dispatch;
use crate::elementwise::AdamStep;
use crate::{CpuLevel, Real};
use body::{affine_body, outer_body, row_sums_body, transposed_body};
pub use skip::Occupied;
use skip::{adam_occupied_body, affine_occupied_body, outer_occupied_body};

/// The sizes of a layer and of the batch it sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Inputs of the layer: columns of W, rows of X.
    pub n_in: usize,
    /// Outputs of the layer: rows of W and Z.
    pub n_out: usize,
    /// Examples: columns of X and Z.
    pub batch: usize,
}

impl Shape {
    fn check(self, what: &str, length: usize, rows: usize, columns: usize) {
        let Self { n_in, n_out, batch } = self;
        assert!(
            rows.checked_mul(columns) == Some(length),
            "{what} has {length} numbers, not {rows} x {columns} (n_in {n_in}, n_out {n_out}, batch {batch})"
        );
    }

    fn check_w(self, what: &str, length: usize) {
        self.check(what, length, self.n_out, self.n_in);
    }

    fn check_x(self, what: &str, length: usize) {
        self.check(what, length, self.n_in, self.batch);
    }

    fn check_z(self, what: &str, length: usize) {
        self.check(what, length, self.n_out, self.batch);
    }

    fn check_b(self, what: &str, length: usize) {
        self.check(what, length, self.n_out, 1);
    }
}

/// Z = W X + b, with `bias` added to every column, or 0; overwrites `z`. A sum starts with the bias.
///
/// # Panics
/// If a slice's length does not fit `shape`.
pub fn affine<T: Real>(shape: Shape, w: &[T], bias: Option<&[T]>, x: &[T], z: &mut [T]) {
    T::affine_at(CpuLevel::current(), shape, w, bias, x, z);
}

/// dX = W^T dZ; overwrites `dx`.
///
/// # Panics
/// If a slice's length does not fit `shape`.
pub fn transposed<T: Real>(shape: Shape, w: &[T], dz: &[T], dx: &mut [T]) {
    T::transposed_at(CpuLevel::current(), shape, w, dz, dx);
}

/// dW = dZ X^T, summed over the batch; overwrites `dw`.
///
/// # Panics
/// If a slice's length does not fit `shape`.
pub fn outer<T: Real>(shape: Shape, dz: &[T], x: &[T], dw: &mut [T]) {
    T::outer_at(CpuLevel::current(), shape, dz, x, dw);
}

/// [`affine`] that leaves out blocks of zeros in `x`.
///
/// # Panics
/// If a slice's length does not fit `shape`, or `occupied` does not suit it.
pub fn affine_occupied<T: Real>(
    shape: Shape,
    w: &[T],
    bias: Option<&[T]>,
    x: &[T],
    occupied: &Occupied,
    z: &mut [T],
) {
    T::affine_occupied_at(CpuLevel::current(), shape, w, bias, x, occupied, z);
}

/// [`outer`] that leaves out blocks of zeros in `x`.
///
/// # Panics
/// If a slice's length does not fit `shape`, or `occupied` does not suit it.
pub fn outer_occupied<T: Real>(shape: Shape, dz: &[T], x: &[T], occupied: &Occupied, dw: &mut [T]) {
    T::outer_occupied_at(CpuLevel::current(), shape, dz, x, occupied, dw);
}

/// [`outer_occupied`], and a step of Adam for the weights with that gradient, in one.
///
/// # Panics
/// If a slice's length does not fit `shape`, or `occupied` does not suit it.
pub fn adam_occupied<T: Real>(
    shape: Shape,
    dz: &[T],
    x: &[T],
    occupied: &Occupied,
    step: &AdamStep<T>,
    m: &mut [T],
    v: &mut [T],
    w: &mut [T],
) {
    T::adam_occupied_at(CpuLevel::current(), shape, dz, x, occupied, step, m, v, w);
}

/// db = the sum of the columns of dZ; overwrites `db`.
///
/// # Panics
/// If a slice's length does not fit `shape`.
pub fn row_sums<T: Real>(shape: Shape, dz: &[T], db: &mut [T]) {
    T::row_sums_at(CpuLevel::current(), shape, dz, db);
}

dispatch! {
    /// The products at a stated level, for tests and measurements; the functions of this module take the one in force.
    ///
    /// All panic if a slice's length does not fit the shape, or the processor lacks the level.
    pub trait Products<T> {
        /// [`affine`].
        fn affine_at(shape: Shape, w: &[T], bias: Option<&[T]>, x: &[T], z: &mut [T]) = affine_body;
        /// [`transposed`].
        fn transposed_at(shape: Shape, w: &[T], dz: &[T], dx: &mut [T]) = transposed_body;
        /// [`outer`].
        fn outer_at(shape: Shape, dz: &[T], x: &[T], dw: &mut [T]) = outer_body;
        /// [`row_sums`].
        fn row_sums_at(shape: Shape, dz: &[T], db: &mut [T]) = row_sums_body;
        /// [`affine_occupied`].
        fn affine_occupied_at(shape: Shape, w: &[T], bias: Option<&[T]>, x: &[T], occupied: &Occupied, z: &mut [T]) = affine_occupied_body;
        /// [`outer_occupied`].
        fn outer_occupied_at(shape: Shape, dz: &[T], x: &[T], occupied: &Occupied, dw: &mut [T]) = outer_occupied_body;
        /// [`adam_occupied`].
        fn adam_occupied_at(shape: Shape, dz: &[T], x: &[T], occupied: &Occupied, step: &AdamStep<T>, m: &mut [T], v: &mut [T], w: &mut [T]) = adam_occupied_body;
    }
}
