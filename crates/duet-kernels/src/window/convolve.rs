//! Convolution: forward, to the input, to the weights. Sums stay in registers: a tile is a few kernels at a few places.

use super::{Geometry, Width, by_width, groups, groups_mut};
use crate::Real;
use crate::dispatch::Arithmetic;

/// Adds `factor` times `x` to `sum`, lane by lane.
#[inline(always)]
pub(crate) fn add<T: Real, A: Arithmetic, const L: usize>(sum: &mut [T; L], factor: T, x: &[T; L]) {
    for l in 0..L {
        sum[l] = A::multiply_add(factor, x[l], sum[l]);
    }
}

/// How many of `remaining` kernels the next tile takes.
#[inline(always)]
fn height<A: Arithmetic>(remaining: usize) -> usize {
    if A::COLUMN < 256 {
        // Sixteen registers: a tall tile would not stay in them.
        if remaining >= 2 { 2 } else { 1 }
    } else if remaining >= 6 && !remaining.is_multiple_of(4) {
        6
    } else if remaining >= 4 {
        4
    } else if remaining >= 2 {
        2
    } else {
        1
    }
}

#[inline(always)]
pub(super) fn convolve_body<T: Real, A: Arithmetic>(
    g: &Geometry,
    width: Width,
    w: &[T],
    bias: Option<&[T]>,
    x: &[T],
    z: &mut [T],
) {
    by_width!(width, L => convolve::<T, A, L>(g, w, bias, groups(x), groups_mut(z)));
}

#[inline(always)]
fn convolve<T: Real, A: Arithmetic, const L: usize>(
    g: &Geometry,
    w: &[T],
    bias: Option<&[T]>,
    x: &[[T; L]],
    z: &mut [[T; L]],
) {
    let groups = g.check(x.len(), z.len());
    g.check_weights(w.len());
    assert!(bias.is_none_or(|bias| bias.len() == g.kernels), "one bias per kernel");
    let mut forward = Forward::<T, L> { g, w, bias, x, z, places: g.output[0] * g.output[1] };
    for group in 0..groups {
        for row in 0..g.output[0] {
            let mut kernel = 0;
            while kernel < g.kernels {
                let at = [group, row, kernel];
                let height = height::<A>(g.kernels - kernel);
                match height {
                    6 => forward.row::<A, 6>(at),
                    4 => forward.row::<A, 4>(at),
                    2 => forward.row::<A, 2>(at),
                    _ => forward.row::<A, 1>(at),
                }
                kernel += height;
            }
        }
    }
}

struct Forward<'a, T, const L: usize> {
    g: &'a Geometry,
    w: &'a [T],
    bias: Option<&'a [T]>,
    x: &'a [[T; L]],
    z: &'a mut [[T; L]],
    places: usize,
}

impl<T: Real, const L: usize> Forward<'_, T, L> {
    /// One row of places under `K` kernels.
    #[inline(always)]
    fn row<A: Arithmetic, const K: usize>(&mut self, at: [usize; 3]) {
        let columns = self.g.output[1];
        let mut column = 0;
        while column + 4 <= columns {
            self.tile::<A, K, 4>(at, column);
            column += 4;
        }
        while column + 2 <= columns {
            self.tile::<A, K, 2>(at, column);
            column += 2;
        }
        if column < columns {
            self.tile::<A, K, 1>(at, column);
        }
    }

    #[inline(always)]
    fn tile<A: Arithmetic, const K: usize, const C: usize>(&mut self, at: [usize; 3], column: usize) {
        let [group, row, kernel] = at;
        let g = self.g;
        let mut sums = [[[T::ZERO; L]; C]; K];
        if let Some(bias) = self.bias {
            let bias = &bias[kernel..][..K];
            for k in 0..K {
                sums[k] = [[bias[k]; L]; C];
            }
        }
        let mut w = self.w[kernel..].chunks(g.kernels);
        for channel in 0..g.channels {
            for r in 0..g.kernel[0] {
                let line = (group * g.channels + channel) * g.input[0] + row * g.stride[0] + r;
                let line = &self.x[line * g.input[1] + column * g.stride[1]..];
                for c in 0..g.kernel[1] {
                    let Some(w) = w.next() else { return };
                    let w = &w[..K];
                    for j in 0..C {
                        let x = &line[j * g.stride[1] + c];
                        for k in 0..K {
                            add::<T, A, L>(&mut sums[k][j], w[k], x);
                        }
                    }
                }
            }
        }
        for k in 0..K {
            let place = (group * g.kernels + kernel + k) * self.places + row * g.output[1] + column;
            self.z[place..place + C].copy_from_slice(&sums[k]);
        }
    }
}

#[inline(always)]
pub(super) fn input_body<T: Real, A: Arithmetic>(
    g: &Geometry,
    width: Width,
    w: &[T],
    dz: &[T],
    packed: &mut [T],
    dx: &mut [T],
) {
    by_width!(width, L => input::<T, A, L>(g, w, groups(dz), packed, groups_mut(dx)));
}

#[inline(always)]
fn input<T: Real, A: Arithmetic, const L: usize>(
    g: &Geometry,
    w: &[T],
    dz: &[[T; L]],
    packed: &mut [T],
    dx: &mut [[T; L]],
) {
    let groups = g.check(dx.len(), dz.len());
    g.check_weights(w.len());
    g.check_weights(packed.len());
    // From [channel][row][column][kernel] to [row][kernel][channel][column], so that a tile's weights lie together.
    let [rows, columns] = g.kernel;
    for (cell, weights) in w.chunks_exact(g.kernels.max(1)).enumerate() {
        let (channel, r, c) = (cell / (rows * columns), cell / columns % rows, cell % columns);
        for (kernel, &weight) in weights.iter().enumerate() {
            packed[((r * g.kernels + kernel) * g.channels + channel) * columns + c] = weight;
        }
    }
    dx.fill([T::ZERO; L]);
    let mut backward = Backward { g, packed, dz, dx };
    for group in 0..groups {
        for row in 0..g.output[0] {
            for r in 0..rows {
                let mut channel = 0;
                while channel < g.channels {
                    let at = [group, row, r, channel];
                    let height = height::<A>(g.channels - channel);
                    match height {
                        6 => backward.row::<A, 6>(at),
                        4 => backward.row::<A, 4>(at),
                        2 => backward.row::<A, 2>(at),
                        _ => backward.row::<A, 1>(at),
                    }
                    channel += height;
                }
            }
        }
    }
}

struct Backward<'a, T, const L: usize> {
    g: &'a Geometry,
    packed: &'a [T],
    dz: &'a [[T; L]],
    dx: &'a mut [[T; L]],
}

impl<T: Real, const L: usize> Backward<'_, T, L> {
    /// What one row of the window passes back to `K` channels from one row of places.
    #[inline(always)]
    fn row<A: Arithmetic, const K: usize>(&mut self, at: [usize; 4]) {
        let columns = self.g.kernel[1];
        let mut c = 0;
        while c < columns {
            let width = match columns - c {
                5.. if A::COLUMN >= 256 => 5,
                3.. => 3,
                _ => 1,
            };
            for column in 0..self.g.output[1] {
                match width {
                    5 => self.tile::<A, K, 5>(at, column, c),
                    3 => self.tile::<A, K, 3>(at, column, c),
                    _ => self.tile::<A, K, 1>(at, column, c),
                }
            }
            c += width;
        }
    }

    #[inline(always)]
    fn tile<A: Arithmetic, const K: usize, const C: usize>(
        &mut self,
        at: [usize; 4],
        column: usize,
        c: usize,
    ) {
        let [group, row, r, channel] = at;
        let g = self.g;
        let places = g.output[0] * g.output[1];
        let line = |k: usize| {
            let line = (group * g.channels + channel + k) * g.input[0] + row * g.stride[0] + r;
            line * g.input[1] + column * g.stride[1] + c
        };
        let mut sums = [[[T::ZERO; L]; C]; K];
        for k in 0..K {
            sums[k].copy_from_slice(&self.dx[line(k)..][..C]);
        }
        let width = g.channels * g.kernel[1];
        let packed = &self.packed[r * g.kernels * width + channel * g.kernel[1] + c..];
        let dz = self.dz[group * g.kernels * places + row * g.output[1] + column..].iter().step_by(places);
        for (dz, w) in dz.zip(packed.chunks(width)).take(g.kernels) {
            for k in 0..K {
                let w = &w[k * g.kernel[1]..][..C];
                for j in 0..C {
                    add::<T, A, L>(&mut sums[k][j], w[j], dz);
                }
            }
        }
        for k in 0..K {
            let line = line(k);
            self.dx[line..line + C].copy_from_slice(&sums[k]);
        }
    }
}

#[inline(always)]
pub(super) fn weights_body<T: Real, A: Arithmetic>(
    g: &Geometry,
    width: Width,
    dz: &[T],
    x: &[T],
    dw: &mut [T],
) {
    by_width!(width, L => weights::<T, A, L>(g, groups(dz), groups(x), dw));
}

#[inline(always)]
fn weights<T: Real, A: Arithmetic, const L: usize>(g: &Geometry, dz: &[[T; L]], x: &[[T; L]], dw: &mut [T]) {
    let groups = g.check(x.len(), dz.len());
    g.check_weights(dw.len());
    let mut gradient = Gradient { g, groups, dz, x, dw };
    for channel in 0..g.channels {
        for r in 0..g.kernel[0] {
            let mut kernel = 0;
            while kernel < g.kernels {
                let at = [channel, r, kernel];
                kernel += match g.kernels - kernel {
                    // Sums, cells and one output's delta fit into 32 registers; without so many, two kernels do.
                    rest if A::COLUMN >= 256 && rest.is_multiple_of(4) => gradient.row::<A, 4>(at),
                    3.. if A::COLUMN >= 256 => gradient.row::<A, 3>(at),
                    2.. => gradient.row::<A, 2>(at),
                    _ => gradient.row::<A, 1>(at),
                };
            }
        }
    }
}

struct Gradient<'a, T, const L: usize> {
    g: &'a Geometry,
    groups: usize,
    dz: &'a [[T; L]],
    x: &'a [[T; L]],
    dw: &'a mut [T],
}

impl<T: Real, const L: usize> Gradient<'_, T, L> {
    /// One row of the window's cells in one channel, for `K` kernels. Returns `K`.
    #[inline(always)]
    fn row<A: Arithmetic, const K: usize>(&mut self, at: [usize; 3]) -> usize {
        let columns = self.g.kernel[1];
        let mut c = 0;
        while c < columns {
            c += match columns - c {
                5.. if A::COLUMN >= 256 => self.tile::<A, K, 5>(at, c),
                3.. => self.tile::<A, K, 3>(at, c),
                _ => self.tile::<A, K, 1>(at, c),
            };
        }
        K
    }

    /// `C` cells of it. Returns `C`.
    #[inline(always)]
    fn tile<A: Arithmetic, const K: usize, const C: usize>(&mut self, at: [usize; 3], c: usize) -> usize {
        let [channel, r, kernel] = at;
        let g = self.g;
        let places = g.output[0] * g.output[1];
        let mut sums = [[[T::ZERO; L]; C]; K];
        for group in 0..self.groups {
            let line = (group * g.channels + channel) * g.input[0] + r;
            let x = &self.x[line * g.input[1] + c..];
            let mut dz = [&self.dz[..0]; K];
            for k in 0..K {
                dz[k] = &self.dz[(group * g.kernels + kernel + k) * places..][..places];
            }
            sums = accumulate::<T, A, K, C, L>(sums, dz, x, g);
        }
        for j in 0..C {
            let cell = (channel * g.kernel[0] + r) * g.kernel[1] + c + j;
            for k in 0..K {
                self.dw[cell * g.kernels + kernel + k] = total(&sums[k][j]);
            }
        }
        C
    }
}

/// What all places of a group add to the sums of `K` kernels and `C` neighbouring cells. All rows in one function: sums that are
/// handed from one call to the next go through memory.
#[inline(always)]
fn accumulate<T: Real, A: Arithmetic, const K: usize, const C: usize, const L: usize>(
    mut sums: [[[T; L]; C]; K],
    dz: [&[[T; L]]; K],
    x: &[[T; L]],
    g: &Geometry,
) -> [[[T; L]; C]; K] {
    for row in 0..g.output[0] {
        let x = &x[row * g.stride[0] * g.input[1]..];
        for column in 0..g.output[1] {
            let place = row * g.output[1] + column;
            let x: &[[T; L]; C] = &x[column * g.stride[1]..].as_chunks().0[0];
            for k in 0..K {
                let dz = dz[k][place];
                for j in 0..C {
                    for l in 0..L {
                        sums[k][j][l] = A::multiply_add(dz[l], x[j][l], sums[k][j][l]);
                    }
                }
            }
        }
    }
    sums
}

/// The sum over lanes, always in the same order: halves onto halves.
#[inline(always)]
pub(crate) fn total<T: Real, const L: usize>(lanes: &[T; L]) -> T {
    let mut sums = *lanes;
    let mut half = L / 2;
    while half > 0 {
        for l in 0..half {
            sums[l] += sums[l + half];
        }
        half /= 2;
    }
    sums[0]
}

#[inline(always)]
pub(super) fn bias_body<T: Real, A: Arithmetic>(g: &Geometry, width: Width, dz: &[T], db: &mut [T]) {
    by_width!(width, L => bias::<T, L>(g, groups(dz), db));
}

#[inline(always)]
fn bias<T: Real, const L: usize>(g: &Geometry, dz: &[[T; L]], db: &mut [T]) {
    assert_eq!(db.len(), g.kernels, "one bias per kernel");
    assert!(dz.len().is_multiple_of(g.outputs().max(1)), "whole groups of outputs");
    let mut kernel = 0;
    while kernel < g.kernels {
        // Sums of several kernels side by side, so that no addition waits for the one before.
        kernel += match g.kernels - kernel {
            4.. => bias_of::<T, 4, L>(g, dz, db, kernel),
            2.. => bias_of::<T, 2, L>(g, dz, db, kernel),
            _ => bias_of::<T, 1, L>(g, dz, db, kernel),
        };
    }
}

/// The gradient of the biases of `K` kernels. Returns `K`.
#[inline(always)]
fn bias_of<T: Real, const K: usize, const L: usize>(
    g: &Geometry,
    dz: &[[T; L]],
    db: &mut [T],
    kernel: usize,
) -> usize {
    let places = g.output[0] * g.output[1];
    let mut sums = [[T::ZERO; L]; K];
    for group in dz.chunks_exact(g.outputs().max(1)) {
        let mut dz = [&group[..0]; K];
        for k in 0..K {
            dz[k] = &group[(kernel + k) * places..][..places];
        }
        for place in 0..places {
            for k in 0..K {
                let dz = dz[k][place];
                for l in 0..L {
                    sums[k][l] += dz[l];
                }
            }
        }
    }
    for k in 0..K {
        db[kernel + k] = total_apart(&sums[k]);
    }
    K
}

/// [`total`] as a function of its own: inlined, its halves would be taken for the lanes of the loop above it.
#[inline(never)]
fn total_apart<T: Real, const L: usize>(lanes: &[T; L]) -> T {
    total(lanes)
}
