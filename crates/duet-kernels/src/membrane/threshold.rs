//! Who is above threshold.
//!
//! Spikes are rare: 64 cells are asked first whether anybody is above, in wide comparisons without short-circuits, and only then
//! who.
//!
//! # Example
//! The third cell's threshold is raised by 2 mV.
//! ```
//! use duet_kernels::membrane::threshold::above;
//! let (u, mut cells) = ([3.0_f32, 15.0, 16.0], Vec::new());
//! above(15.0, &u, &[], &mut cells);
//! above(15.0, &u, &[0.0, 0.0, 2.0], &mut cells);
//! assert_eq!(cells, [1, 2, 1]);
//! cells.clear();
//! duet_kernels::membrane::threshold::crossed(15.0, &[3.0, 15.0, 14.0], &u, &[], &mut cells);
//! assert_eq!(cells, [2]);
//! ```

use super::whole_then_rest;
use crate::dispatch::Arithmetic;
use crate::{CpuLevel, Real};

/// Appends the cells with `u >= threshold + shift`, ascending; an empty `shift` means none.
///
/// # Panics
/// If there are shifts, but not one for every cell.
pub fn above<T: Real>(threshold: T, u: &[T], shift: &[T], cells: &mut Vec<u32>) {
    T::above_at(CpuLevel::current(), threshold, u, shift, cells);
}

/// Appends the cells with `u >= threshold + shift` that were below `threshold` before (or nowhere), ascending.
///
/// # Panics
/// If the slices differ in length, but for `shift`, which may be empty.
pub fn crossed<T: Real>(threshold: T, before: &[T], u: &[T], shift: &[T], cells: &mut Vec<u32>) {
    T::crossed_at(CpuLevel::current(), threshold, before, u, shift, cells);
}

/// Cells that one wide comparison asks.
const VECTOR: usize = 16;

#[inline(always)]
pub(super) fn above_body<T: Real, A: Arithmetic>(threshold: T, u: &[T], shift: &[T], cells: &mut Vec<u32>) {
    assert!(shift.is_empty() || shift.len() == u.len(), "one shift per cell, or none");
    if shift.is_empty() {
        push_where(u.len(), |i| u[i] >= threshold, cells);
    } else {
        push_where(u.len(), |i| u[i] >= threshold + shift[i], cells);
    }
}

#[inline(always)]
pub(super) fn crossed_body<T: Real, A: Arithmetic>(
    threshold: T,
    before: &[T],
    u: &[T],
    shift: &[T],
    cells: &mut Vec<u32>,
) {
    assert_eq!(before.len(), u.len(), "one potential before for every cell");
    assert!(shift.is_empty() || shift.len() == u.len(), "one shift per cell, or none");
    // A NaN before is not above.
    let was_above = |i: usize| before[i] >= threshold;
    if shift.is_empty() {
        push_where(u.len(), |i| (u[i] >= threshold) & !was_above(i), cells);
    } else {
        push_where(u.len(), |i| (u[i] >= threshold + shift[i]) & !was_above(i), cells);
    }
}

#[inline(always)]
fn push_where(n: usize, is_meant: impl Fn(usize) -> bool, cells: &mut Vec<u32>) {
    whole_then_rest!(n, |start, few| push_few(start, few, |i| is_meant(start + i), cells));
}

/// The same of a few cells, the first of which has this number.
#[inline(always)]
pub(super) fn push_above<T: Real>(first: usize, u: &[T], threshold: T, cells: &mut Vec<u32>) {
    push_few(first, u.len(), |i| u[i] >= threshold, cells);
}

/// Asks a few cells together, and only then each: a length that the compiler knows makes the question a few comparisons.
#[inline(always)]
pub(super) fn push_few(first: usize, n: usize, is_meant: impl Fn(usize) -> bool, cells: &mut Vec<u32>) {
    let mut any = false;
    for i in 0..n {
        any |= is_meant(i);
    }
    if !any {
        return;
    }
    // Most vectors of a group that fires have nobody either.
    for vector in (0..n).step_by(VECTOR) {
        let end = n.min(vector + VECTOR);
        let mut any = false;
        for i in vector..end {
            any |= is_meant(i);
        }
        if any {
            (vector..end).filter(|&i| is_meant(i)).for_each(|i| cells.push((first + i) as u32));
        }
    }
}
