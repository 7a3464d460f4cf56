//! Pooling: means and maxima of windows, channel by channel.

use super::{Geometry, LANES, Lanes};
use crate::Real;
use crate::dispatch::Arithmetic;

/// Every place of every channel of every group: its output, and where its window's corner lies in the input.
#[inline(always)]
fn places(g: &Geometry, groups: usize, mut visit: impl FnMut(usize, usize)) {
    let mut place = 0;
    for plane in 0..groups * g.channels {
        for row in 0..g.output[0] {
            let line = (plane * g.input[0] + row * g.stride[0]) * g.input[1];
            for column in 0..g.output[1] {
                visit(place, line + column * g.stride[1]);
                place += 1;
            }
        }
    }
}

/// Visits the inputs under a window whose corner is `corner`, in reading order.
#[inline(always)]
fn cells(g: &Geometry, corner: usize, mut visit: impl FnMut(usize)) {
    for r in 0..g.kernel[0] {
        for c in 0..g.kernel[1] {
            visit(corner + r * g.input[1] + c);
        }
    }
}

fn share<T: Real>(g: &Geometry) -> T {
    T::from_f64(1.0 / (g.kernel[0] * g.kernel[1]) as f64)
}

#[inline(always)]
pub(super) fn average_body<T: Real, A: Arithmetic>(g: &Geometry, x: &[Lanes<T>], z: &mut [Lanes<T>]) {
    let groups = g.check(x.len(), z.len());
    let share = share::<T>(g);
    places(g, groups, |place, corner| {
        let mut sums = [T::ZERO; LANES];
        cells(g, corner, |cell| {
            let x = &x[cell];
            for l in 0..LANES {
                sums[l] += x[l];
            }
        });
        z[place] = sums.map(|sum| sum * share);
    });
}

#[inline(always)]
pub(super) fn average_input_body<T: Real, A: Arithmetic>(g: &Geometry, dz: &[Lanes<T>], dx: &mut [Lanes<T>]) {
    let groups = g.check(dx.len(), dz.len());
    let share = share::<T>(g);
    dx.fill([T::ZERO; LANES]);
    places(g, groups, |place, corner| {
        let parts = dz[place].map(|dz| dz * share);
        cells(g, corner, |cell| {
            let dx = &mut dx[cell];
            for l in 0..LANES {
                dx[l] += parts[l];
            }
        });
    });
}

/// The largest of the inputs under a window.
#[inline(always)]
fn largest<T: Real>(g: &Geometry, x: &[Lanes<T>], corner: usize) -> Lanes<T> {
    let mut most = x[corner];
    cells(g, corner, |cell| {
        let x = x[cell];
        for l in 0..LANES {
            // A NaN replaces whatever there is, and nothing is larger than it.
            most[l] = if x[l] > most[l] || x[l].is_nan() { x[l] } else { most[l] };
        }
    });
    most
}

#[inline(always)]
pub(super) fn max_body<T: Real, A: Arithmetic>(g: &Geometry, x: &[Lanes<T>], z: &mut [Lanes<T>]) {
    let groups = g.check(x.len(), z.len());
    places(g, groups, |place, corner| z[place] = largest(g, x, corner));
}

#[inline(always)]
pub(super) fn max_input_body<T: Real, A: Arithmetic>(
    g: &Geometry,
    x: &[Lanes<T>],
    dz: &[Lanes<T>],
    dx: &mut [Lanes<T>],
) {
    let groups = g.check(x.len(), dz.len());
    assert_eq!(dx.len(), x.len(), "a gradient is as long as what it belongs to");
    dx.fill([T::ZERO; LANES]);
    places(g, groups, |place, corner| {
        let most = largest(g, x, corner);
        // What has not found its winner yet: nothing is left for a second one.
        let mut left = dz[place];
        cells(g, corner, |cell| {
            let (x, dx) = (x[cell], &mut dx[cell]);
            for l in 0..LANES {
                let wins = x[l] == most[l];
                dx[l] += if wins { left[l] } else { T::ZERO };
                left[l] = if wins { T::ZERO } else { left[l] };
            }
        });
    });
}
