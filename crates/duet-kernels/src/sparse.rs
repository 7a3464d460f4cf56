//! Products with a sparse matrix, for sixteen examples at a time.
//!
//! Examples lie side by side as in [`crate::window`]: `x[unit * lanes + lane]`, group after group. A synapse is one multiply-add of a
//! whole lane, forward, back and for its weight; nothing is done where there is no synapse.
//!
//! ```
//! use duet_kernels::sparse::{self, Synapses};
//! use duet_kernels::window::Width;
//!
//! // Two sources, two targets: 0 -> 0, 0 -> 1, 1 -> 1.
//! let synapses = Synapses::new(2, vec![0, 2, 3], vec![0, 1, 1]);
//! let (x, mut z) = ([[1.0; 8], [10.0; 8]], [[0.0; 8]; 2]);
//! let weights = [2.0, 3.0, 5.0];
//! sparse::affine(&synapses, Width::Eight, &weights, None, x.as_flattened(), z.as_flattened_mut());
//! assert_eq!((z[0][0], z[1][0]), (2.0, 53.0));
//! ```

use crate::dispatch::{Arithmetic, dispatch};
use crate::window::{Width, add, by_width, groups, groups_mut, total};
use crate::{CpuLevel, Real};

/// Who is connected to whom, by source and by target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synapses {
    /// Where each source's synapses begin; one more than there are sources.
    offsets: Vec<usize>,
    /// The target of each synapse.
    targets: Vec<u32>,
    /// Where each target's synapses begin in the next two lists; one more than there are targets.
    incoming: Vec<usize>,
    /// Their sources, ascending.
    sources: Vec<u32>,
    /// Their places among the weights.
    places: Vec<u32>,
}

impl Synapses {
    /// From rows by source: the targets of source `i` are `targets[offsets[i]..offsets[i + 1]]`.
    ///
    /// # Panics
    /// If the offsets do not rise from 0 to the number of synapses, a target is not below `n_post`, or there are more than
    /// 2^32 synapses.
    pub fn new(n_post: usize, offsets: Vec<usize>, targets: Vec<u32>) -> Self {
        assert!(
            offsets.first() == Some(&0) && offsets.is_sorted() && offsets.last() == Some(&targets.len()),
            "offsets rise from 0 to the number of synapses"
        );
        assert!(u32::try_from(targets.len()).is_ok(), "synapses are counted in 32 bits");
        let mut incoming = vec![0; n_post + 1];
        for &target in &targets {
            incoming[target as usize + 1] += 1;
        }
        for post in 0..n_post {
            incoming[post + 1] += incoming[post];
        }
        let mut next = incoming.clone();
        let (mut sources, mut places) = (vec![0; targets.len()], vec![0; targets.len()]);
        for pre in 0..offsets.len() - 1 {
            for place in offsets[pre]..offsets[pre + 1] {
                let slot = &mut next[targets[place] as usize];
                sources[*slot] = pre as u32;
                places[*slot] = place as u32;
                *slot += 1;
            }
        }
        Self { offsets, targets, incoming, sources, places }
    }

    /// Number of sources.
    pub fn n_pre(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Number of targets.
    pub fn n_post(&self) -> usize {
        self.incoming.len() - 1
    }

    /// Number of synapses.
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Whether nothing is connected.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// How many targets a source has.
    pub fn fan_out(&self, pre: usize) -> usize {
        self.offsets[pre + 1] - self.offsets[pre]
    }

    /// Panics unless the slices fit: one weight per synapse, whole groups. Returns the groups.
    fn check(&self, weights: usize, x: usize, z: usize) -> usize {
        assert_eq!(weights, self.len(), "one weight per synapse");
        let groups = x / self.n_pre().max(1);
        assert!(
            x == groups * self.n_pre() && z == groups * self.n_post(),
            "{x} sources and {z} targets are not so many groups of {} and {}",
            self.n_pre(),
            self.n_post()
        );
        groups
    }
}

/// Z = W X + b; overwrites `z`. A sum starts with the bias and goes on in rising order of the sources.
///
/// # Panics
/// If a slice's length does not fit.
pub fn affine<T: Real>(s: &Synapses, width: Width, w: &[T], bias: Option<&[T]>, x: &[T], z: &mut [T]) {
    T::sparse_affine_at(CpuLevel::current(), s, width, w, bias, x, z);
}

/// dX = W^T dZ; overwrites `dx`.
///
/// # Panics
/// If a slice's length does not fit.
pub fn transposed<T: Real>(s: &Synapses, width: Width, w: &[T], dz: &[T], dx: &mut [T]) {
    T::sparse_transposed_at(CpuLevel::current(), s, width, w, dz, dx);
}

/// The gradient of every synapse's weight, summed over examples; overwrites `dw`. Lanes that no example fills must hold
/// zeros in `dz`.
///
/// # Panics
/// If a slice's length does not fit.
pub fn outer<T: Real>(s: &Synapses, width: Width, dz: &[T], x: &[T], dw: &mut [T]) {
    T::sparse_outer_at(CpuLevel::current(), s, width, dz, x, dw);
}

dispatch! {
    /// The sparse products at a stated level; the functions of this module take the one in force.
    pub trait SparseProducts<T> {
        /// [`affine`].
        fn sparse_affine_at(s: &Synapses, width: Width, w: &[T], bias: Option<&[T]>, x: &[T], z: &mut [T]) = affine_body;
        /// [`transposed`].
        fn sparse_transposed_at(s: &Synapses, width: Width, w: &[T], dz: &[T], dx: &mut [T]) = transposed_body;
        /// [`outer`].
        fn sparse_outer_at(s: &Synapses, width: Width, dz: &[T], x: &[T], dw: &mut [T]) = outer_body;
    }
}

#[inline(always)]
fn affine_body<T: Real, A: Arithmetic>(
    s: &Synapses,
    width: Width,
    w: &[T],
    bias: Option<&[T]>,
    x: &[T],
    z: &mut [T],
) {
    by_width!(width, L => forward::<T, A, L>(s, w, bias, groups(x), groups_mut(z)));
}

#[inline(always)]
fn forward<T: Real, A: Arithmetic, const L: usize>(
    s: &Synapses,
    w: &[T],
    bias: Option<&[T]>,
    x: &[[T; L]],
    z: &mut [[T; L]],
) {
    let groups = s.check(w.len(), x.len(), z.len());
    assert!(bias.is_none_or(|bias| bias.len() == s.n_post()), "one bias per target");
    for group in 0..groups {
        let x = &x[group * s.n_pre()..][..s.n_pre()];
        for (post, z) in z[group * s.n_post()..][..s.n_post()].iter_mut().enumerate() {
            let mut sum = [bias.map_or(T::ZERO, |bias| bias[post]); L];
            let row = s.incoming[post]..s.incoming[post + 1];
            for (&pre, &place) in s.sources[row.clone()].iter().zip(&s.places[row]) {
                add::<T, A, L>(&mut sum, w[place as usize], &x[pre as usize]);
            }
            *z = sum;
        }
    }
}

#[inline(always)]
fn transposed_body<T: Real, A: Arithmetic>(s: &Synapses, width: Width, w: &[T], dz: &[T], dx: &mut [T]) {
    by_width!(width, L => backward::<T, A, L>(s, w, groups(dz), groups_mut(dx)));
}

#[inline(always)]
fn backward<T: Real, A: Arithmetic, const L: usize>(s: &Synapses, w: &[T], dz: &[[T; L]], dx: &mut [[T; L]]) {
    let groups = s.check(w.len(), dx.len(), dz.len());
    for group in 0..groups {
        let dz = &dz[group * s.n_post()..][..s.n_post()];
        for (pre, dx) in dx[group * s.n_pre()..][..s.n_pre()].iter_mut().enumerate() {
            let mut sum = [T::ZERO; L];
            let row = s.offsets[pre]..s.offsets[pre + 1];
            for (&post, &w) in s.targets[row.clone()].iter().zip(&w[row]) {
                add::<T, A, L>(&mut sum, w, &dz[post as usize]);
            }
            *dx = sum;
        }
    }
}

#[inline(always)]
fn outer_body<T: Real, A: Arithmetic>(s: &Synapses, width: Width, dz: &[T], x: &[T], dw: &mut [T]) {
    by_width!(width, L => gradient::<T, A, L>(s, groups(dz), groups(x), dw));
}

#[inline(always)]
fn gradient<T: Real, A: Arithmetic, const L: usize>(s: &Synapses, dz: &[[T; L]], x: &[[T; L]], dw: &mut [T]) {
    let groups = s.check(dw.len(), x.len(), dz.len());
    for pre in 0..s.n_pre() {
        let row = s.offsets[pre]..s.offsets[pre + 1];
        for (&post, dw) in s.targets[row.clone()].iter().zip(&mut dw[row]) {
            let mut sums = [T::ZERO; L];
            for group in 0..groups {
                let (x, dz) = (&x[group * s.n_pre() + pre], &dz[group * s.n_post() + post as usize]);
                for l in 0..L {
                    sums[l] = A::multiply_add(x[l], dz[l], sums[l]);
                }
            }
            *dw = total(&sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Synapses;
    use crate::window::Width;
    use crate::{CpuLevel, Real};
    use proptest::prelude::*;

    /// Whole numbers, so that all sums are exact and every level must give the definition's bits.
    fn agrees_with_the_definition<T: Real>(width: Width, n_pre: usize, n_post: usize, seed: u64) {
        let lanes = width.lanes();
        let mut state = seed | 1;
        let mut draw = |n: u64| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 40) % n
        };
        let (mut offsets, mut targets) = (vec![0], Vec::new());
        for _ in 0..n_pre {
            targets.extend((0..n_post as u32).filter(|_| draw(3) == 0));
            offsets.push(targets.len());
        }
        let synapses = Synapses::new(n_post, offsets.clone(), targets.clone());
        let mut numbers =
            |n: usize| -> Vec<T> { (0..n).map(|_| T::from_f64(draw(17) as f64 - 8.0)).collect() };
        let (w, bias) = (numbers(targets.len()), numbers(n_post));
        let (x, dz) = (numbers(2 * n_pre * lanes), numbers(2 * n_post * lanes));
        let mut z: Vec<T> = (0..dz.len()).map(|i| bias[i / lanes % n_post.max(1)]).collect();
        let mut dx = vec![T::ZERO; x.len()];
        let mut dw = vec![T::ZERO; w.len()];
        for group in 0..2 {
            for pre in 0..n_pre {
                for place in offsets[pre]..offsets[pre + 1] {
                    let (i, o) = (group * n_pre + pre, group * n_post + targets[place] as usize);
                    for l in 0..lanes {
                        let (i, o) = (i * lanes + l, o * lanes + l);
                        z[o] += w[place] * x[i];
                        dx[i] += w[place] * dz[o];
                        dw[place] += x[i] * dz[o];
                    }
                }
            }
        }
        for level in CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected()) {
            let mut got = vec![T::ONE; z.len()];
            T::sparse_affine_at(level, &synapses, width, &w, Some(&bias), &x, &mut got);
            assert_eq!(got, z, "{level}");
            let mut got = vec![T::ONE; x.len()];
            T::sparse_transposed_at(level, &synapses, width, &w, &dz, &mut got);
            assert_eq!(got, dx, "{level}");
            let mut got = vec![T::ONE; w.len()];
            T::sparse_outer_at(level, &synapses, width, &dz, &x, &mut got);
            assert_eq!(got, dw, "{level}");
        }
    }

    proptest! {
        #[test]
        fn any_matrix(n_pre in 1_usize..20, n_post in 1_usize..20, seed: u32) {
            for width in Width::ALL {
                agrees_with_the_definition::<f32>(width, n_pre, n_post, seed.into());
                agrees_with_the_definition::<f64>(width, n_pre, n_post, seed.into());
            }
        }
    }

    #[test]
    #[should_panic(expected = "one weight per synapse")]
    fn a_missing_weight_is_refused() {
        let synapses = Synapses::new(1, vec![0, 1], vec![0]);
        super::affine(&synapses, Width::Eight, &[], None, &[0.0_f32; 8], &mut [0.0; 8]);
    }
}
