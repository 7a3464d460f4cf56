//! The products of a layer as views on one common form.

use super::Shape;
use super::tile::{Extent, View, product};
use crate::Real;
use crate::dispatch::Arithmetic;

/// Z = W X + b: lanes are outputs, columns examples, steps inputs.
#[inline(always)]
pub(super) fn affine_body<T: Real, A: Arithmetic>(
    shape: Shape,
    w: &[T],
    bias: Option<&[T]>,
    x: &[T],
    z: &mut [T],
) {
    shape.check_w("w", w.len());
    shape.check_x("x", x.len());
    shape.check_z("z", z.len());
    if let Some(bias) = bias {
        shape.check_b("bias", bias.len());
    }
    let Shape { n_in, n_out, batch } = shape;
    product::<T, A>(
        Extent { lanes: n_out, columns: batch, steps: n_in },
        bias,
        View { numbers: w, per_i: n_out, per_j: 1 },
        View { numbers: x, per_i: 1, per_j: n_in },
        View { numbers: z, per_i: 1, per_j: n_out },
    );
}

/// dX = W^T dZ: lanes are examples, columns inputs, steps outputs.
#[inline(always)]
pub(super) fn transposed_body<T: Real, A: Arithmetic>(shape: Shape, w: &[T], dz: &[T], dx: &mut [T]) {
    shape.check_w("w", w.len());
    shape.check_z("dz", dz.len());
    shape.check_x("dx", dx.len());
    let Shape { n_in, n_out, batch } = shape;
    product::<T, A>(
        Extent { lanes: batch, columns: n_in, steps: n_out },
        None,
        View { numbers: dz, per_i: 1, per_j: n_out },
        View { numbers: w, per_i: 1, per_j: n_out },
        View { numbers: dx, per_i: n_in, per_j: 1 },
    );
}

/// dW = dZ X^T: lanes are outputs, columns inputs, steps examples.
#[inline(always)]
pub(super) fn outer_body<T: Real, A: Arithmetic>(shape: Shape, dz: &[T], x: &[T], dw: &mut [T]) {
    shape.check_z("dz", dz.len());
    shape.check_x("x", x.len());
    shape.check_w("dw", dw.len());
    let Shape { n_in, n_out, batch } = shape;
    product::<T, A>(
        Extent { lanes: n_out, columns: n_in, steps: batch },
        None,
        View { numbers: dz, per_i: n_out, per_j: 1 },
        View { numbers: x, per_i: n_in, per_j: 1 },
        View { numbers: dw, per_i: 1, per_j: n_out },
    );
}

/// db = the sum of dZ's columns.
#[inline(always)]
pub(super) fn row_sums_body<T: Real, A: Arithmetic>(shape: Shape, dz: &[T], db: &mut [T]) {
    shape.check_z("dz", dz.len());
    shape.check_b("db", db.len());
    db.fill(T::ZERO);
    if shape.n_out > 0 {
        for column in dz.chunks_exact(shape.n_out) {
            for (sum, &term) in db.iter_mut().zip(column) {
                *sum += term;
            }
        }
    }
}
