//! The membrane of Traub and Miles, by exponential Euler.
//!
//! # Equations
//! ```text
//! c_m du/dt = I - G u        G = g_l + g_na m^3 h + g_k n^4 + open conductances        u and all reversal potentials
//!                            I = i_e + sum of g E                                       relative to v_t
//! dx/dt     = alpha_x (1 - x) - beta_x x          for x = m, h, n
//! alpha_m = 0.32 (13 - u) / (exp((13 - u)/4) - 1)        beta_m = 0.28 (u - 40) / (exp((u - 40)/5) - 1)
//! alpha_h = 0.128 exp((17 - u)/18)                        beta_h = 4 / (1 + exp((40 - u)/5))
//! alpha_n = 0.032 (15 - u) / (exp((15 - u)/5) - 1)        beta_n = 0.5 exp((10 - u)/40)
//! x(t + dt) = x + (x_inf - x) (1 - exp(-(alpha_x + beta_x) dt))
//! ```
//! Every variable relaxes as if the others stood still, from where they all were at the beginning of the step.
//!
//! # References
//! - Traub & Miles 1991, Neuronal Networks of the Hippocampus; Brette et al. 2007, J. Comput. Neurosci. 23:349, benchmark 3
//!
//! # Example
//! At u = 40 with all gates shut, beta_m is 1.4: m opens by alpha_m (1 - exp(-(alpha_m + 1.4) dt)) / (alpha_m + 1.4).
//! ```
//! use duet_kernels::membrane::traub_miles::{TraubMiles, step};
//! let cell = TraubMiles { dt: 0.1, dt_per_c: 0.1 / 200.0, leak: 10.0, constant: 10.0 * 3.0,
//!                         sodium: [20_000.0, 113.0], potassium: [6_000.0, -27.0] };
//! let (mut m, mut h, mut n, mut next) = ([0.0], [0.0], [0.0], [0.0]);
//! step(&cell, &[0.0], &[0.0], &[40.0_f64], &mut m, &mut h, &mut n, &mut next);
//! // Towards 3 mV with 20 ms: 3 + 37 exp(-0.005). alpha_m is 0.32 · 27 / (1 - exp(-6.75)) = 8.650_13.
//! assert!((next[0] - 39.815_461_7).abs() < 1e-7);
//! assert!((m[0] - 0.545_648).abs() < 1e-6);
//! ```

use super::exponential::{exp, exp_m1, exprel, rectified};
use crate::dispatch::Arithmetic;
use crate::{CpuLevel, Real};

/// The constants of a step; conductances and what they draw towards, relative to v_t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraubMiles<T> {
    /// The step in ms.
    pub dt: T,
    /// dt / c_m.
    pub dt_per_c: T,
    /// g_l.
    pub leak: T,
    /// i_e + g_l e_l.
    pub constant: T,
    /// g_na and e_na.
    pub sodium: [T; 2],
    /// g_k and e_k.
    pub potassium: [T; 2],
}

/// Where the gates and, in `next`, `u` are after a step with these open conductances and currents.
///
/// # Panics
/// If the slices differ in length.
pub fn step<T: Real>(
    step: &TraubMiles<T>,
    conductance: &[T],
    current: &[T],
    u: &[T],
    m: &mut [T],
    h: &mut [T],
    n: &mut [T],
    next: &mut [T],
) {
    T::traub_miles_at(CpuLevel::current(), step, conductance, current, u, m, h, n, next);
}

/// A gate after a step of `dt` ms.
#[inline(always)]
fn gate<T: Real>(x: T, alpha: T, beta: T, dt: T) -> T {
    let rate = alpha + beta;
    x - (alpha / rate - x) * exp_m1(-(dt * rate))
}

#[inline(always)]
pub(super) fn traub_miles_body<T: Real, A: Arithmetic>(
    step: &TraubMiles<T>,
    conductance: &[T],
    current: &[T],
    u: &[T],
    m: &mut [T],
    h: &mut [T],
    n: &mut [T],
    next: &mut [T],
) {
    let cells = next.len();
    assert!(
        conductance.len() == cells && current.len() == cells && u.len() == cells,
        "one conductance, current and potential per cell"
    );
    assert!(m.len() == cells && h.len() == cells && n.len() == cells, "one of each gate per cell");
    let number = T::from_f64;
    let (dt, fifth) = (step.dt, number(0.2));
    for i in 0..cells {
        let v = u[i];
        let (open_m, open_h, open_n) = (m[i], h[i], n[i]);
        let sodium = step.sodium[0] * (open_m * open_m * open_m * open_h);
        let potassium = step.potassium[0] * ((open_n * open_n) * (open_n * open_n));
        let g = step.leak + sodium + potassium + conductance[i];
        let drive = step.constant + sodium * step.sodium[1] + potassium * step.potassium[1] + current[i];
        next[i] = v + (step.dt_per_c * (drive - g * v)) * exprel(-(step.dt_per_c * g));

        let alpha = number(1.28) * rectified((number(13.0) - v) * number(0.25));
        let beta = number(1.4) * rectified((v - number(40.0)) * fifth);
        m[i] = gate(open_m, alpha, beta, dt);
        let alpha = number(0.128) * exp((number(17.0) - v) * number(1.0 / 18.0));
        let beta = number(4.0) / (T::ONE + exp((number(40.0) - v) * fifth));
        h[i] = gate(open_h, alpha, beta, dt);
        let alpha = number(0.16) * rectified((number(15.0) - v) * fifth);
        let beta = number(0.5) * exp((number(10.0) - v) * number(0.025));
        n[i] = gate(open_n, alpha, beta, dt);
    }
}
