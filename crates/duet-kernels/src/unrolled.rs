//! A layer of integrate-and-fire cells through all steps of an example, and the credit of its potentials on the way back.
//!
//! # Equations
//! ```text
//! v(t) = beta v(t-1) + z(t) - v_th s(t-1)        or  (1 - s(t-1)) (beta v(t-1) + z(t))  where a reset begins at 0
//! s(t) = 1 where v(t) > v_th, else 0             slope(t) = h((v(t) - v_th) / v_th) / v_th
//! d(t) = keep(t) dv(t)        dv(t) = slope(t) ds(t) + beta keep(t+1) dv(t+1)       keep(t) = 1, or 1 - s(t-1)
//! ```
//! Cells stand side by side, steps one after the other: a whole example fits the first-level cache.
//!
//! # Example
//! One cell of beta = 1/2 and threshold 1 under a drive of 3/4: 0.75, then 1.125, a spike. The triangle is 1 - |v - 1|.
//! ```
//! use duet_kernels::unrolled::{Cell, Hill, credit, fire};
//! let cell = Cell { beta: 0.5, v_th: 1.0, begins_at_zero: false, hill: Hill::Triangle { height: 1.0 } };
//! let (mut s, mut slopes) = ([0.0; 3], [0.0; 3]);
//! let mut counted = [0.0];
//! fire(&cell, &[0.75], &[1.0, 10.0, 100.0], &mut s, &mut slopes, &mut counted);
//! assert_eq!((s, slopes), ([0.0, 1.0, 0.0], [0.75, 0.875, 0.3125])); // 0.5 · 1.125 + 0.75 - 1 = 0.3125
//! assert_eq!(counted, [10.0]);
//! let (mut d, mut total) = ([0.0, 1.0, 0.0], [0.0]);
//! credit(&cell, &s, &slopes, &mut d, &mut total);
//! assert_eq!((d, total), ([0.4375, 0.875, 0.0], [1.3125]));
//! ```

use crate::dispatch::{Arithmetic, dispatch};
use crate::membrane::exponential::exp;
use crate::membrane::{SIDE_BY_SIDE, whole_then_rest};
use crate::{CpuLevel, Real};

/// What stands in for the derivative of a spike, x thresholds from the threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hill<T> {
    /// 1 / (1 + k |x|)^2.
    FastSigmoid {
        /// k.
        k: T,
    },
    /// (k/2) / (1 + (pi k x / 2)^2).
    ArcTangent {
        /// k.
        k: T,
    },
    /// k e / (1 + e)^2 with e = exp(-k |x|).
    Sigmoid {
        /// k.
        k: T,
    },
    /// height max(0, 1 - |x|).
    Triangle {
        /// At the threshold.
        height: T,
    },
}

impl<T: Real> Hill<T> {
    /// h(x).
    #[inline(always)]
    pub fn at(self, x: T) -> T {
        match self {
            Self::FastSigmoid { k } => fast_sigmoid(k, x),
            Self::ArcTangent { k } => arc_tangent(k, x),
            Self::Sigmoid { k } => sigmoid(k, x),
            Self::Triangle { height } => triangle(height, x),
        }
    }
}

#[inline(always)]
fn fast_sigmoid<T: Real>(k: T, x: T) -> T {
    let under = T::ONE + k * x.abs();
    T::ONE / (under * under)
}

#[inline(always)]
fn arc_tangent<T: Real>(k: T, x: T) -> T {
    let turned = T::from_f64(core::f64::consts::FRAC_PI_2) * k * x;
    T::from_f64(0.5) * k / (T::ONE + turned * turned)
}

/// Of both ways to write it, the one that overflows on neither side.
#[inline(always)]
fn sigmoid<T: Real>(k: T, x: T) -> T {
    let e = exp(-(k * x.abs()));
    k * e / ((T::ONE + e) * (T::ONE + e))
}

#[inline(always)]
fn triangle<T: Real>(height: T, x: T) -> T {
    let near = T::ONE - x.abs();
    height * if near > T::ZERO { near } else { T::ZERO }
}

/// What the cells of a layer are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell<T> {
    /// The share of a potential that is left after a step.
    pub beta: T,
    /// The threshold.
    pub v_th: T,
    /// Whether a spike puts its cell to 0 instead of taking the threshold off.
    pub begins_at_zero: bool,
    /// What stands in for the derivative of a spike.
    pub hill: Hill<T>,
}

/// From drives to spikes and slopes, `[step * cells + cell]`. The drive of one step alone is that of every step. A spike in step t
/// counts `counts[t]`; `counted` receives the sums, per cell.
///
/// # Panics
/// If `s` and `slopes` are not as many steps of all cells as there are counts, or there are drives for neither one step nor all.
pub fn fire<T: Real>(
    cell: &Cell<T>,
    z: &[T],
    counts: &[T],
    s: &mut [T],
    slopes: &mut [T],
    counted: &mut [T],
) {
    T::fire_at(CpuLevel::current(), cell, z, counts, s, slopes, counted);
}

/// From what spikes are worth, in `d`, to what drives are worth, in its place; `total` receives their sums over the steps, per cell.
///
/// # Panics
/// If the lists differ in length, or are not whole steps of as many cells as `total` has.
pub fn credit<T: Real>(cell: &Cell<T>, s: &[T], slopes: &[T], d: &mut [T], total: &mut [T]) {
    T::credit_at(CpuLevel::current(), cell, s, slopes, d, total);
}

dispatch! {
    /// The kernels at a stated level; the functions of this module take the one in force.
    pub trait Unrolled<T> {
        /// [`fire`].
        fn fire_at(cell: &Cell<T>, z: &[T], counts: &[T], s: &mut [T], slopes: &mut [T], counted: &mut [T]) = fire_body;
        /// [`credit`].
        fn credit_at(cell: &Cell<T>, s: &[T], slopes: &[T], d: &mut [T], total: &mut [T]) = credit_body;
    }
}

#[inline(always)]
fn fire_body<T: Real, A: Arithmetic>(
    cell: &Cell<T>,
    z: &[T],
    counts: &[T],
    s: &mut [T],
    slopes: &mut [T],
    counted: &mut [T],
) {
    let all = counts.len() * counted.len();
    assert!(s.len() == all && slopes.len() == all, "all steps of all cells");
    assert!(z.len() == counted.len() || z.len() == all, "drives of one step, or of all");
    // The shape is chosen outside the loops.
    match cell.hill {
        Hill::FastSigmoid { k } => fire_with(cell, z, counts, s, slopes, counted, |x| fast_sigmoid(k, x)),
        Hill::ArcTangent { k } => fire_with(cell, z, counts, s, slopes, counted, |x| arc_tangent(k, x)),
        Hill::Sigmoid { k } => fire_with(cell, z, counts, s, slopes, counted, |x| sigmoid(k, x)),
        Hill::Triangle { height } => fire_with(cell, z, counts, s, slopes, counted, |x| triangle(height, x)),
    }
}

#[inline(always)]
fn fire_with<T: Real>(
    cell: &Cell<T>,
    z: &[T],
    counts: &[T],
    s: &mut [T],
    slopes: &mut [T],
    counted: &mut [T],
    hill: impl Fn(T) -> T + Copy,
) {
    whole_then_rest!(counted.len(), |start, n| {
        fire_group(cell, start, n, z, counts, s, slopes, counted, hill);
    });
}

#[inline(always)]
fn fire_group<T: Real>(
    cell: &Cell<T>,
    start: usize,
    n: usize,
    z: &[T],
    counts: &[T],
    s: &mut [T],
    slopes: &mut [T],
    counted: &mut [T],
    hill: impl Fn(T) -> T,
) {
    let (cells, per_threshold) = (counted.len(), T::ONE / cell.v_th);
    // What a spike takes off, and the share that it leaves: one of the two does nothing.
    let (taken, lost) = if cell.begins_at_zero { (T::ZERO, T::ONE) } else { (cell.v_th, T::ZERO) };
    let (mut v, mut fired, mut sums) =
        ([T::ZERO; SIDE_BY_SIDE], [T::ZERO; SIDE_BY_SIDE], [T::ZERO; SIDE_BY_SIDE]);
    let (v, fired, sums) = (&mut v[..n], &mut fired[..n], &mut sums[..n]);
    for (t, &count) in counts.iter().enumerate() {
        let here = t * cells + start..t * cells + start + n;
        let from = if z.len() == cells { start } else { here.start };
        let z = &z[from..from + n];
        let (s, slopes) = (&mut s[here.clone()], &mut slopes[here]);
        for i in 0..n {
            let sum = cell.beta.mul_add(v[i], z[i]);
            let next = (T::ONE - lost * fired[i]) * sum - taken * fired[i];
            v[i] = next;
            fired[i] = if next > cell.v_th { T::ONE } else { T::ZERO };
            s[i] = fired[i];
            sums[i] = count.mul_add(fired[i], sums[i]);
            slopes[i] = hill((next - cell.v_th) * per_threshold) * per_threshold;
        }
    }
    counted[start..start + n].copy_from_slice(sums);
}

#[inline(always)]
fn credit_body<T: Real, A: Arithmetic>(cell: &Cell<T>, s: &[T], slopes: &[T], d: &mut [T], total: &mut [T]) {
    let cells = total.len();
    assert!(s.len() == slopes.len() && s.len() == d.len(), "as many of everything");
    assert!(s.len().is_multiple_of(cells), "whole steps of all cells");
    whole_then_rest!(cells, |start, n| credit_group(cell, start, n, s, slopes, d, total));
}

#[inline(always)]
fn credit_group<T: Real>(
    cell: &Cell<T>,
    start: usize,
    n: usize,
    s: &[T],
    slopes: &[T],
    d: &mut [T],
    total: &mut [T],
) {
    let (cells, lost) = (total.len(), if cell.begins_at_zero { T::ONE } else { T::ZERO });
    // dv of the step after, times what the cell kept from this one.
    let (mut later, mut sums) = ([T::ZERO; SIDE_BY_SIDE], [T::ZERO; SIDE_BY_SIDE]);
    let (later, sums) = (&mut later[..n], &mut sums[..n]);
    let silence = [T::ZERO; SIDE_BY_SIDE];
    for t in (0..s.len() / cells).rev() {
        let here = t * cells + start..t * cells + start + n;
        let before = if t > 0 { &s[here.start - cells..here.end - cells] } else { &silence[..n] };
        let (slopes, d) = (&slopes[here.clone()], &mut d[here]);
        for i in 0..n {
            let dv = slopes[i].mul_add(d[i], cell.beta * later[i]);
            let kept = (T::ONE - lost * before[i]) * dv;
            d[i] = kept;
            later[i] = kept;
            sums[i] += kept;
        }
    }
    total[start..start + n].copy_from_slice(sums);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spikes, slopes, credit and sums of some cells in 9 steps.
    fn run<T: Real>(
        level: CpuLevel,
        cell: &Cell<T>,
        which: std::ops::Range<usize>,
        is_static: bool,
    ) -> Vec<Vec<T>> {
        const STEPS: usize = 9;
        let number = |cell: usize, t: usize, of: usize| {
            T::from_f64(((cell * 7919 + t * 131 + of * 17) % 101) as f64 / 60.0)
        };
        let cells = which.len();
        let all = |of: usize| {
            (0..STEPS).flat_map(|t| which.clone().map(move |cell| number(cell, t, of))).collect::<Vec<T>>()
        };
        let (mut z, mut d) = (all(1), all(2));
        z.truncate(if is_static { cells } else { z.len() });
        let (mut s, mut slopes) = (d.clone(), d.clone());
        let (mut counted, mut total) = (vec![T::ONE; cells], vec![T::ONE; cells]);
        let counts: Vec<T> = (0..STEPS).map(|t| number(3, t, 5)).collect();
        T::fire_at(level, cell, &z, &counts, &mut s, &mut slopes, &mut counted);
        T::credit_at(level, cell, &s, &slopes, &mut d, &mut total);
        vec![s, slopes, counted, d, total]
    }

    /// A cell does not see its level, its neighbours or its group.
    fn every_cell_is_alone<T: Real>(hill: Hill<T>, begins_at_zero: bool, is_static: bool) {
        const CELLS: usize = 150;
        let cell = Cell { beta: T::from_f64(0.9), v_th: T::from_f64(0.8), begins_at_zero, hill };
        let alone: Vec<Vec<Vec<T>>> =
            (0..CELLS).map(|i| run(CpuLevel::Baseline, &cell, i..i + 1, is_static)).collect();
        let spikes = alone.iter().flat_map(|lists| &lists[0]).filter(|&&s| s == T::ONE).count();
        assert!(spikes > 100 && spikes < 1200, "{spikes}");
        for level in CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected()) {
            let together = run(level, &cell, 0..CELLS, is_static);
            for (list, numbers) in together.iter().enumerate() {
                for (i, &number) in numbers.iter().enumerate() {
                    assert_eq!(number, alone[i % CELLS][list][i / CELLS], "{level}, {hill:?}, list {list}");
                }
            }
        }
    }

    #[test]
    fn levels_and_neighbours_change_nothing() {
        for begins_at_zero in [false, true] {
            let hills = [
                Hill::FastSigmoid { k: 25.0_f32 },
                Hill::ArcTangent { k: 2.0 },
                Hill::Sigmoid { k: 25.0 },
                Hill::Triangle { height: 0.3 },
            ];
            hills.into_iter().for_each(|hill| every_cell_is_alone(hill, begins_at_zero, false));
            every_cell_is_alone(Hill::FastSigmoid { k: 25.0_f64 }, begins_at_zero, true);
        }
    }
}
