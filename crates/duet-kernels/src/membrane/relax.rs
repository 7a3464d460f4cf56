//! A leaky membrane with open channels, by exponential Euler: it relaxes towards where they draw it.
//!
//! # Equations
//! ```text
//! c_m du/dt = I - G u           G = g_l + open conductances,  I = i_e + sum of g e_rev      u, e_rev relative to e_l
//! u(t + dt) = u + (I - G u) dt/c_m (exp(z) - 1) / z        z = -G dt/c_m
//! ```
//! # Behaviour
//! Exact while G and I stand still; second order where they are those of the middle of the step. Whether a cell moves there
//! is settled afterwards ([`super::exact::settle`]).
//!
//! # Example
//! One step of a time constant towards I / G = 4 mV leaves 1 / e of the way.
//! ```
//! use duet_kernels::membrane::relax::{Relaxation, relax};
//! let step = Relaxation { leak: 1.0, constant: 3.0, dt_per_c: 0.25 };
//! let mut next = [0.0_f64];
//! relax(&step, &[3.0], &[13.0], &[0.0], &mut next);
//! assert!((next[0] - 2.528_482_235_314_231).abs() < 1e-15); // 4 (1 - 1/e)
//! ```

use super::exponential::exprel;
use crate::dispatch::Arithmetic;
use crate::{CpuLevel, Real};

/// The constants of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Relaxation<T> {
    /// g_l.
    pub leak: T,
    /// i_e.
    pub constant: T,
    /// dt / c_m.
    pub dt_per_c: T,
}

/// Where `u` is after a step with these conductances and currents.
///
/// # Panics
/// If the slices differ in length.
pub fn relax<T: Real>(step: &Relaxation<T>, conductance: &[T], current: &[T], u: &[T], next: &mut [T]) {
    T::relax_at(CpuLevel::current(), step, conductance, current, u, next);
}

#[inline(always)]
pub(super) fn relax_body<T: Real, A: Arithmetic>(
    step: &Relaxation<T>,
    conductance: &[T],
    current: &[T],
    u: &[T],
    next: &mut [T],
) {
    let n = next.len();
    assert!(conductance.len() == n && current.len() == n && u.len() == n, "one of each per cell");
    for i in 0..n {
        let g = step.leak + conductance[i];
        let inward = (step.constant + current[i]) - g * u[i];
        next[i] = u[i] + (step.dt_per_c * inward) * exprel(-(step.dt_per_c * g));
    }
}
