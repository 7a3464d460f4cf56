//! Pooling: means and maxima of windows, channel by channel.

use super::{Geometry, Width, by_width, groups, groups_mut};
use crate::Real;
use crate::dispatch::Arithmetic;

/// The same geometry, with the window that is most in use known to the compiler.
macro_rules! by_window {
    ($g:ident => $body:expr) => {
        if $g.kernel == [2, 2] {
            let $g = &Geometry { kernel: [2, 2], ..*$g };
            $body
        } else {
            $body
        }
    };
}

/// Where the windows of one row of places begin in the input; `row` counts through all channels of all groups.
#[inline(always)]
fn line(g: &Geometry, row: usize) -> usize {
    let (plane, row) = (row / g.output[0], row % g.output[0]);
    (plane * g.input[0] + row * g.stride[0]) * g.input[1]
}

/// Whether every input lies under exactly one window.
#[inline(always)]
fn tiles(g: &Geometry) -> bool {
    g.stride == g.kernel && [0, 1].iter().all(|&axis| g.output[axis] * g.stride[axis] == g.input[axis])
}

fn share<T: Real>(g: &Geometry) -> T {
    T::from_f64(1.0 / (g.kernel[0] * g.kernel[1]) as f64)
}

#[inline(always)]
pub(super) fn average_body<T: Real, A: Arithmetic>(g: &Geometry, width: Width, x: &[T], z: &mut [T]) {
    by_width!(width, L => by_window!(g => average::<T, L>(g, groups(x), groups_mut(z))));
}

#[inline(always)]
fn average<T: Real, const L: usize>(g: &Geometry, x: &[[T; L]], z: &mut [[T; L]]) {
    g.check(x.len(), z.len());
    let share = share::<T>(g);
    for (row, z) in z.chunks_exact_mut(g.output[1].max(1)).enumerate() {
        for (column, z) in z.iter_mut().enumerate() {
            let corner = line(g, row) + column * g.stride[1];
            let mut sums = [T::ZERO; L];
            for r in 0..g.kernel[0] {
                for x in &x[corner + r * g.input[1]..][..g.kernel[1]] {
                    for l in 0..L {
                        sums[l] += x[l];
                    }
                }
            }
            for l in 0..L {
                z[l] = sums[l] * share;
            }
        }
    }
}

#[inline(always)]
pub(super) fn average_input_body<T: Real, A: Arithmetic>(g: &Geometry, width: Width, dz: &[T], dx: &mut [T]) {
    by_width!(width, L => by_window!(g => average_input::<T, L>(g, groups(dz), groups_mut(dx))));
}

#[inline(always)]
fn average_input<T: Real, const L: usize>(g: &Geometry, dz: &[[T; L]], dx: &mut [[T; L]]) {
    g.check(dx.len(), dz.len());
    let share = share::<T>(g);
    dx.fill([T::ZERO; L]);
    for (row, dz) in dz.chunks_exact(g.output[1].max(1)).enumerate() {
        for (column, dz) in dz.iter().enumerate() {
            let corner = line(g, row) + column * g.stride[1];
            for r in 0..g.kernel[0] {
                for dx in &mut dx[corner + r * g.input[1]..][..g.kernel[1]] {
                    for l in 0..L {
                        dx[l] += dz[l] * share;
                    }
                }
            }
        }
    }
}

/// The largest of the inputs under a window.
#[inline(always)]
fn largest<T: Real, const L: usize>(g: &Geometry, x: &[[T; L]], corner: usize) -> [T; L] {
    let mut most = x[corner];
    for r in 0..g.kernel[0] {
        for x in &x[corner + r * g.input[1]..][..g.kernel[1]] {
            for l in 0..L {
                // A NaN replaces whatever there is, and nothing is larger than it.
                most[l] = if x[l] > most[l] || x[l].is_nan() { x[l] } else { most[l] };
            }
        }
    }
    most
}

#[inline(always)]
pub(super) fn max_body<T: Real, A: Arithmetic>(g: &Geometry, width: Width, x: &[T], z: &mut [T]) {
    by_width!(width, L => by_window!(g => max::<T, L>(g, groups(x), groups_mut(z))));
}

#[inline(always)]
fn max<T: Real, const L: usize>(g: &Geometry, x: &[[T; L]], z: &mut [[T; L]]) {
    g.check(x.len(), z.len());
    for (row, z) in z.chunks_exact_mut(g.output[1].max(1)).enumerate() {
        for (column, z) in z.iter_mut().enumerate() {
            *z = largest(g, x, line(g, row) + column * g.stride[1]);
        }
    }
}

#[inline(always)]
pub(super) fn max_input_body<T: Real, A: Arithmetic>(
    g: &Geometry,
    width: Width,
    x: &[T],
    dz: &[T],
    dx: &mut [T],
) {
    by_width!(width, L => by_window!(g => if tiles(g) {
        max_input::<T, L, true>(g, groups(x), groups(dz), groups_mut(dx));
    } else {
        max_input::<T, L, false>(g, groups(x), groups(dz), groups_mut(dx));
    }));
}

/// `TILES`: no two windows see the same input, and every input is seen, so that nothing needs to be added.
#[inline(always)]
fn max_input<T: Real, const L: usize, const TILES: bool>(
    g: &Geometry,
    x: &[[T; L]],
    dz: &[[T; L]],
    dx: &mut [[T; L]],
) {
    g.check(x.len(), dz.len());
    assert_eq!(dx.len(), x.len(), "a gradient is as long as what it belongs to");
    if !TILES {
        dx.fill([T::ZERO; L]);
    }
    for (row, dz) in dz.chunks_exact(g.output[1].max(1)).enumerate() {
        for (column, dz) in dz.iter().enumerate() {
            let corner = line(g, row) + column * g.stride[1];
            let most = largest(g, x, corner);
            // What has not found its winner yet: nothing is left for a second one.
            let mut left = *dz;
            for r in 0..g.kernel[0] {
                let cells = corner + r * g.input[1]..corner + r * g.input[1] + g.kernel[1];
                for (x, dx) in x[cells.clone()].iter().zip(&mut dx[cells]) {
                    let mut part = [T::ZERO; L];
                    for l in 0..L {
                        part[l] = if x[l] == most[l] { left[l] } else { T::ZERO };
                        left[l] = if x[l] == most[l] { T::ZERO } else { left[l] };
                    }
                    if TILES {
                        *dx = part;
                    } else {
                        for l in 0..L {
                            dx[l] += part[l];
                        }
                    }
                }
            }
        }
    }
}
