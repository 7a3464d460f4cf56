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
//! Two cells half a time constant later, in f32; the second is held for two more steps. The first passes the threshold of 10.
//! ```
//! use duet_kernels::membrane::{exact, input::{Arriving, Input}};
//! let leaky = exact::Leaky { decay: 0.5, drift: 1.0, per_bias: 2.0, per_current: 0.0 };
//! let mut input = Input { arriving: Arriving::Numbers(&[]), bias: &[3.0, 3.0], current: &[] };
//! let (mut u, mut held, mut fired) = ([8.0_f32, 8.0], [0, 2], vec![]);
//! exact::step(&leaky, &mut input, &mut [], &mut u, &mut held, Some(10.0), &mut fired); // 0.5 · 8 + (1 + 2 · 3)
//! assert_eq!((u, held, fired), ([11.0, 8.0], [0, 1], vec![0]));
//! ```

use super::input::Input;
use super::receptor::{Inlet, push};
use super::threshold::push_above;
use super::{Few, whole_then_rest};
use crate::dispatch::Arithmetic;
use crate::{CpuLevel, Real};

/// The constants of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Leaky<T> {
    /// exp(-dt/tau_m).
    pub decay: T,
    /// What a constant current adds.
    pub drift: T,
    /// What one unit of bias adds.
    pub per_bias: T,
    /// What one unit of current adds.
    pub per_current: T,
}

/// A step of many cells: potentials, the steps for which cells are still held, and what stands at their receptors move on; who is
/// at `threshold` or above is appended to `fired`, ascending.
///
/// # Panics
/// If there are not as many of everything as cells.
pub fn step<T: Real>(
    leaky: &Leaky<T>,
    input: &mut Input<'_, T>,
    inlets: &mut [Inlet<T>],
    u: &mut [T],
    held: &mut [u32],
    threshold: Option<T>,
    fired: &mut Vec<u32>,
) {
    T::leaky_at(CpuLevel::current(), leaky, input, inlets, u, held, threshold, fired);
}

#[inline(always)]
pub(super) fn leaky_body<T: Real, A: Arithmetic>(
    leaky: &Leaky<T>,
    input: &mut Input<'_, T>,
    inlets: &mut [Inlet<T>],
    u: &mut [T],
    held: &mut [u32],
    threshold: Option<T>,
    fired: &mut Vec<u32>,
) {
    assert_eq!(held.len(), u.len(), "as many steps to hold as cells");
    let (mut next, mut arriving) = (Few::<T>::ZEROS, Few::<T>::ZEROS);
    whole_then_rest!(u.len(), |start, n| {
        let (next, arriving) = (&mut next.0[..n], &mut arriving.0[..n]);
        let (u, held) = (&mut u[start..start + n], &mut held[start..start + n]);
        leak(leaky, u, input.bias.get(start..start + n), next);
        if !input.current.is_empty() {
            push(leaky.per_current, &input.current[start..start + n], next);
        }
        for (way, inlet) in inlets.iter_mut().enumerate() {
            input.arriving.take(way, start, arriving);
            inlet.flow(start, arriving, next);
        }
        let settled = arriving;
        settle(next, held, u, settled);
        if let Some(threshold) = threshold {
            push_above(start, settled, threshold, fired);
        }
    });
}

#[inline(always)]
fn leak<T: Real>(leaky: &Leaky<T>, u: &[T], bias: Option<&[T]>, next: &mut [T]) {
    match bias {
        Some(bias) => {
            for i in 0..next.len() {
                next[i] = leaky.decay * u[i] + (leaky.drift + leaky.per_bias * bias[i]);
            }
        }
        None => {
            for i in 0..next.len() {
                next[i] = leaky.decay * u[i] + leaky.drift;
            }
        }
    }
}

/// Moves the cells that are not held; `settled` is where all are then.
///
/// What is asked next is asked of `settled`: of `u` only some numbers may have been written, and a processor waits with reading
/// what it wrote in part.
#[inline(always)]
pub(super) fn settle<T: Real>(next: &[T], held: &mut [u32], u: &mut [T], settled: &mut [T]) {
    for i in 0..u.len() {
        // Both are read before one is chosen: a read that depends on a choice is a branch.
        let (moved, still, left) = (next[i], u[i], held[i]);
        settled[i] = if left == 0 { moved } else { still };
        u[i] = settled[i];
        held[i] = left.saturating_sub(1);
    }
}
