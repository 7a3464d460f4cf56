//! The products of a first layer whose inputs are mostly zeros, as the pixels of a picture are.
//!
//! Inputs are looked at in blocks of four neighbours; a block of an example that holds nothing but zeros is left out. What is
//! left out would have added zero, so for finite weights the results are those of [`super::affine`] and [`super::outer`].

use super::Shape;
use crate::Real;
use crate::dispatch::Arithmetic;
use crate::elementwise::AdamStep;

/// Inputs of a block.
const BLOCK: usize = 4;

/// Which blocks of inputs hold anything but zeros, for up to 32 examples.
///
/// ```
/// use duet_kernels::matmul::{Occupied, Shape, affine, affine_occupied};
///
/// let shape = Shape { n_in: 8, n_out: 16, batch: 1 };
/// let bytes = [0, 0, 0, 0, 0, 3, 0, 0];
/// let mut occupied = Occupied::new(8);
/// occupied.mark(0, &bytes);
/// let (w, x) = (vec![0.5_f32; 128], bytes.map(f32::from));
/// let (mut z, mut all) = ([0.0; 16], [0.0; 16]);
/// affine_occupied(shape, &w, None, &x, &occupied, &mut z);
/// affine(shape, &w, None, &x, &mut all);
/// assert_eq!(z, all);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occupied {
    /// For each block the set of examples, one bit each.
    blocks: Vec<u32>,
}

impl Occupied {
    /// Examples that can be marked.
    pub const EXAMPLES: usize = 32;

    /// Whether a layer of this shape can be computed so.
    pub fn suits(shape: Shape) -> bool {
        shape.batch <= Self::EXAMPLES && shape.n_in.is_multiple_of(BLOCK) && shape.n_out.is_multiple_of(16)
    }

    /// For `n_in` inputs, nothing marked.
    pub fn new(n_in: usize) -> Self {
        Self { blocks: vec![0; n_in / BLOCK] }
    }

    /// Nothing marked.
    pub fn clear(&mut self) {
        self.blocks.fill(0);
    }

    /// Marks the blocks of `example` in which a byte is not zero.
    ///
    /// # Panics
    /// If there are more than 32 examples, or not as many bytes as inputs.
    pub fn mark(&mut self, example: usize, bytes: &[u8]) {
        assert!(example < Self::EXAMPLES, "example {example} of at most {}", Self::EXAMPLES);
        let (words, rest) = bytes.as_chunks::<BLOCK>();
        assert!(words.len() == self.blocks.len() && rest.is_empty(), "one byte for each input");
        for (block, &word) in self.blocks.iter_mut().zip(words) {
            *block |= u32::from(u32::from_ne_bytes(word) != 0) << example;
        }
    }

    fn check(&self, shape: Shape) {
        assert!(Self::suits(shape) && self.blocks.len() * BLOCK == shape.n_in, "made for another shape");
    }
}

#[inline(always)]
pub(super) fn affine_occupied_body<T: Real, A: Arithmetic>(
    shape: Shape,
    w: &[T],
    bias: Option<&[T]>,
    x: &[T],
    occupied: &Occupied,
    z: &mut [T],
) {
    shape.check_w("w", w.len());
    shape.check_x("x", x.len());
    shape.check_z("z", z.len());
    occupied.check(shape);
    match bias {
        Some(bias) => {
            shape.check_b("bias", bias.len());
            z.chunks_exact_mut(shape.n_out.max(1)).for_each(|z| z.copy_from_slice(bias));
        }
        None => z.fill(T::ZERO),
    }
    for (block, &set) in occupied.blocks.iter().enumerate() {
        let mut lane = 0;
        while lane < shape.n_out {
            lane += match shape.n_out - lane {
                64.. if A::COLUMN >= 256 => forward::<T, A, 64>(shape, w, x, set, (block, lane), z),
                32.. if A::COLUMN >= 256 => forward::<T, A, 32>(shape, w, x, set, (block, lane), z),
                _ => forward::<T, A, 16>(shape, w, x, set, (block, lane), z),
            };
        }
    }
}

/// What one block adds to `L` outputs of the examples that have something there. The block's weights stay in registers, and
/// no example waits for another. Returns `L`.
#[inline(always)]
fn forward<T: Real, A: Arithmetic, const L: usize>(
    shape: Shape,
    w: &[T],
    x: &[T],
    mut set: u32,
    (block, lane): (usize, usize),
    z: &mut [T],
) -> usize {
    let Shape { n_in, n_out, .. } = shape;
    let mut rows = [[T::ZERO; L]; BLOCK];
    for i in 0..BLOCK {
        rows[i].copy_from_slice(&w[(block * BLOCK + i) * n_out + lane..][..L]);
    }
    while set != 0 {
        let example = set.trailing_zeros() as usize;
        set &= set - 1;
        let x = &x[example * n_in + block * BLOCK..][..BLOCK];
        let z = &mut z[example * n_out + lane..][..L];
        for l in 0..L {
            let mut sum = z[l];
            for i in 0..BLOCK {
                sum = A::multiply_add(rows[i][l], x[i], sum);
            }
            z[l] = sum;
        }
    }
    L
}

#[inline(always)]
pub(super) fn outer_occupied_body<T: Real, A: Arithmetic>(
    shape: Shape,
    dz: &[T],
    x: &[T],
    occupied: &Occupied,
    dw: &mut [T],
) {
    shape.check_w("dw", dw.len());
    gradients::<T, A>(shape, dz, x, occupied, |start, sums| {
        dw[start..start + sums.len()].copy_from_slice(sums);
    });
}

/// The same gradient, taken into the weights at once by a step of Adam: while the divider is at work on one block, the next
/// block's products can be, and no gradient goes to memory and back.
#[inline(always)]
pub(super) fn adam_occupied_body<T: Real, A: Arithmetic>(
    shape: Shape,
    dz: &[T],
    x: &[T],
    occupied: &Occupied,
    step: &AdamStep<T>,
    m: &mut [T],
    v: &mut [T],
    w: &mut [T],
) {
    shape.check_w("w", w.len());
    assert!(m.len() == w.len() && v.len() == w.len(), "moments are as long as the weights");
    gradients::<T, A>(shape, dz, x, occupied, |start, sums| {
        let row = start..start + sums.len();
        let (m, v, w) = (&mut m[row.clone()], &mut v[row.clone()], &mut w[row]);
        for l in 0..sums.len() {
            let second = step.moments(w[l], sums[l], &mut m[l], &mut v[l]);
            w[l] = step.stepped(w[l], m[l], second);
        }
    });
}

/// Hands on the gradient of every input's weights to a stretch of outputs, with the place where that begins in the matrix.
#[inline(always)]
fn gradients<T: Real, A: Arithmetic>(
    shape: Shape,
    dz: &[T],
    x: &[T],
    occupied: &Occupied,
    mut take: impl FnMut(usize, &[T]),
) {
    shape.check_z("dz", dz.len());
    shape.check_x("x", x.len());
    occupied.check(shape);
    for (block, &set) in occupied.blocks.iter().enumerate() {
        let mut lane = 0;
        while lane < shape.n_out {
            let at = (block, lane);
            lane += match shape.n_out - lane {
                64.. if A::COLUMN >= 256 => gradient::<T, A, 64>(shape, dz, x, set, at, &mut take),
                32.. if A::COLUMN >= 256 => gradient::<T, A, 32>(shape, dz, x, set, at, &mut take),
                _ => gradient::<T, A, 16>(shape, dz, x, set, at, &mut take),
            };
        }
    }
}

/// One block's part of it, for `L` outputs. Returns `L`.
#[inline(always)]
fn gradient<T: Real, A: Arithmetic, const L: usize>(
    shape: Shape,
    dz: &[T],
    x: &[T],
    mut set: u32,
    (block, lane): (usize, usize),
    take: &mut impl FnMut(usize, &[T]),
) -> usize {
    let Shape { n_in, n_out, .. } = shape;
    let mut sums = [[T::ZERO; L]; BLOCK];
    while set != 0 {
        let example = set.trailing_zeros() as usize;
        set &= set - 1;
        let x = &x[example * n_in + block * BLOCK..][..BLOCK];
        let dz = &dz[example * n_out + lane..][..L];
        for i in 0..BLOCK {
            for l in 0..L {
                sums[i][l] = A::multiply_add(dz[l], x[i], sums[i][l]);
            }
        }
    }
    for i in 0..BLOCK {
        take((block * BLOCK + i) * n_out + lane, &sums[i]);
    }
    L
}
