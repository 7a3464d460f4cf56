//! A leaky membrane, exactly: the passes around those of its receptors.
//!
//! # Equations
//! ```text
//! next = exp(-dt/tau_m) u + R I (1 - exp(-dt/tau_m)) + what the receptors add
//! u    = next where the cell is not held, else u
//! ```
//! # References
//! - Rotter & Diesmann 1999, Biol. Cybern. 81:381
//!
//! # Example
//! Two cells half a time constant later, in f32; the second is held for two more steps.
//! ```
//! use duet_kernels::membrane::exact::{leak, settle};
//! let (mut u, mut held, mut next) = ([8.0_f32, 8.0], [0, 2], [0.0; 2]);
//! leak(0.5, 1.0, 2.0, &u, &[3.0, 3.0], &mut next); // 0.5 · 8 + (1 + 2 · 3)
//! settle(&next, &mut held, &mut u);
//! assert_eq!((u, held), ([11.0, 8.0], [0, 1]));
//! ```

use crate::dispatch::Arithmetic;
use crate::{CpuLevel, Real};

/// `next = decay u + (drift + per_bias bias)`.
///
/// # Panics
/// If the slices differ in length.
pub fn leak<T: Real>(decay: T, drift: T, per_bias: T, u: &[T], bias: &[T], next: &mut [T]) {
    T::leak_at(CpuLevel::current(), decay, drift, per_bias, u, bias, next);
}

/// `u = next` where a cell is not held; then one step less to hold it.
///
/// # Panics
/// If the slices differ in length.
pub fn settle<T: Real>(next: &[T], held: &mut [u32], u: &mut [T]) {
    T::settle_at(CpuLevel::current(), next, held, u);
}

#[inline(always)]
pub(super) fn leak_body<T: Real, A: Arithmetic>(
    decay: T,
    drift: T,
    per_bias: T,
    u: &[T],
    bias: &[T],
    next: &mut [T],
) {
    let n = next.len();
    assert!(u.len() == n && bias.len() == n, "as many potentials and biases as cells");
    for i in 0..n {
        next[i] = decay * u[i] + (drift + per_bias * bias[i]);
    }
}

#[inline(always)]
pub(super) fn settle_body<T: Real, A: Arithmetic>(next: &[T], held: &mut [u32], u: &mut [T]) {
    let n = u.len();
    assert!(next.len() == n && held.len() == n, "as many steps to hold as cells");
    for i in 0..n {
        // Both are read before one is chosen: a read that depends on a choice is a branch.
        let (moved, still, left) = (next[i], u[i], held[i]);
        u[i] = if left == 0 { moved } else { still };
        held[i] = left.saturating_sub(1);
    }
}
