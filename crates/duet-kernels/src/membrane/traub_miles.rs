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
//! With y = (13 - u)/4, z = (u - 40)/5, w = (15 - u)/5 and g = exp((u - 40)/40) the rates are quotients,
//! ```text
//! alpha_m = 1.28 y / (e^y - 1)       beta_m = 1.4 z / (g^8 - 1)
//! alpha_h = 0.128 exp((17 - u)/18)   beta_h = 4 g^8 / (1 + g^8)
//! alpha_n = 0.16 w g^8 / (e^-5 - g^8)   beta_n = 0.5 e^-0.75 / g
//! ```
//! so a gate's rate alpha + beta = N / D and its end alpha / (alpha + beta) cost one division between them, 1 / (N D), and three
//! exponentials do for six rates. Where z or w is below 0.1, a series stands for the quotient, which has lost its digits there.
//!
//! # Behaviour
//! Rates are those of u within [-120, 160], which no membrane leaves whose sodium and potassium end within it: beyond, the
//! products of two denominators would pass the range of single precision.
//!
//! # References
//! - Traub & Miles 1991, Neuronal Networks of the Hippocampus; Brette et al. 2007, J. Comput. Neurosci. 23:349, benchmark 3
//!
//! # Example
//! At u = 40 with all gates shut, beta_m is 1.4: m opens by alpha_m (1 - exp(-(alpha_m + 1.4) dt)) / (alpha_m + 1.4).
//! ```
//! use duet_kernels::membrane::{input::{Arriving, Input}, relax::Cells, traub_miles::{TraubMiles, step}};
//! let cell = TraubMiles { dt: 0.1, dt_per_c: 0.1 / 200.0, leak: 10.0, constant: 10.0 * 3.0,
//!                         sodium: [20_000.0, 113.0], potassium: [6_000.0, -27.0] };
//! let mut input = Input { arriving: Arriving::Numbers(&[]), bias: &[], current: &[] };
//! let (mut u, mut m, mut h, mut n) = ([40.0_f64], [0.0], [0.0], [0.0]);
//! let mut cells = Cells { per_bias: 1.0, inlets: &mut [], firing: None };
//! step(&cell, &mut input, &mut cells, [&mut u, &mut m, &mut h, &mut n], &mut vec![]);
//! // Towards 3 mV with 20 ms: 3 + 37 exp(-0.005). alpha_m is 0.32 · 27 / (1 - exp(-6.75)) = 8.650_13.
//! assert!((u[0] - 39.815_461_7).abs() < 1e-7);
//! assert!((m[0] - 0.545_648).abs() < 1e-6);
//! ```

use super::Few;
use super::exponential::{exp_m1_below, exp_m1_within, exp_within};
use super::input::Input;
use super::relax::{Cells, Relaxes, advance};
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

/// A step of many cells; the state is u, m, h, n. Who fires is appended, ascending.
///
/// # Panics
/// If there are not as many of everything as cells.
pub fn step<T: Real>(
    step: &TraubMiles<T>,
    input: &mut Input<'_, T>,
    cells: &mut Cells<'_, T>,
    state: [&mut [T]; 4],
    fired: &mut Vec<u32>,
) {
    T::traub_miles_at(CpuLevel::current(), step, input, cells, state, fired);
}

#[inline(always)]
pub(super) fn traub_miles_body<T: Real, A: Arithmetic>(
    step: &TraubMiles<T>,
    input: &mut Input<'_, T>,
    cells: &mut Cells<'_, T>,
    state: [&mut [T]; 4],
    fired: &mut Vec<u32>,
) {
    advance(step, input, cells, state, fired);
}

/// In three passes, because one cell's chain of operations is longer than what a processor looks ahead: the next cells are to
/// begin before this one ends.
impl<T: Real> Relaxes<T, 4> for TraubMiles<T> {
    #[inline(always)]
    fn relax(&self, conductance: &[T], current: &[T], [u, m, h, n]: [&mut [T]; 4], next: &mut [T]) {
        let mut eighth = Few::<T>::ZEROS;
        let eighth = &mut eighth.0[..next.len()];
        potential(self, conductance, current, u, m, h, n, eighth, next);
        sodium_activation(self.dt, u, eighth, m);
        two_gates(self.dt, u, eighth, h, n);
    }
}

/// What two rates are made of: alpha = `open` / D and alpha + beta = `both` / D with D = `under`.
struct Gate<T> {
    open: T,
    both: T,
    under: T,
}

impl<T: Real> Gate<T> {
    /// A gate after a step of `dt` ms.
    #[inline(always)]
    fn after(&self, x: T, dt: T) -> T {
        let inverse = T::ONE / (self.both * self.under);
        let rate = self.both * (self.both * inverse);
        let end = self.open * (self.under * inverse);
        (x - end).mul_add(exp_m1_below(-(dt * rate)), x)
    }
}

/// x / (e^x - 1) for |x| up to 0.1: its Taylor series, to 1e-14.
#[inline(always)]
fn series<T: Real>(x: T) -> T {
    let square = x * x;
    let even = square.mul_add(T::from_f64(1.0 / 30_240.0), T::from_f64(-1.0 / 720.0));
    let even = square.mul_add(even, T::from_f64(1.0 / 12.0));
    square.mul_add(even, x.mul_add(T::from_f64(-0.5), T::ONE))
}

/// `next = u + (drive / g - u) (1 - exp(-g dt / c_m))`, and what all rates share: exp((u - 40)/40).
#[inline(always)]
fn potential<T: Real>(
    step: &TraubMiles<T>,
    conductance: &[T],
    current: &[T],
    u: &[T],
    m: &[T],
    h: &[T],
    n: &[T],
    eighth: &mut [T],
    next: &mut [T],
) {
    for i in 0..u.len() {
        let sodium = step.sodium[0] * ((m[i] * m[i]) * (m[i] * h[i]));
        let potassium = step.potassium[0] * fourth(n[i]);
        let g = (step.leak + sodium) + (potassium + conductance[i]);
        let drive = sodium.mul_add(step.sodium[1], step.constant + current[i]);
        let drive = potassium.mul_add(step.potassium[1], drive);
        next[i] = (u[i] - drive / g).mul_add(exp_m1_below(-(step.dt_per_c * g)), u[i]);
        eighth[i] = exp_within((within(u[i]) - T::from_f64(40.0)) * T::from_f64(0.025));
    }
}

#[inline(always)]
fn sodium_activation<T: Real>(dt: T, u: &[T], eighth: &[T], m: &mut [T]) {
    let (number, one) = (T::from_f64, T::ONE);
    for i in 0..u.len() {
        let u = within(u[i]);
        let y = u.mul_add(number(-0.25), number(3.25));
        let z = u.mul_add(number(0.2), number(-8.0));
        let (e_y, e_z) = (exp_m1_within(y), fourth(eighth[i]) * fourth(eighth[i]));
        let (above, below) = if y == T::ZERO { (one, one) } else { (y, e_y) };
        let alpha = (number(1.28) * above, below);
        let (above, below) = if z.abs() < number(0.1) { (series(z), one) } else { (z, e_z - one) };
        let beta = (number(1.4) * above, below);
        let open = alpha.0 * beta.1;
        m[i] = Gate { open, both: beta.0.mul_add(alpha.1, open), under: alpha.1 * beta.1 }.after(m[i], dt);
    }
}

/// Sodium's inactivation and potassium's activation.
#[inline(always)]
fn two_gates<T: Real>(dt: T, u: &[T], eighth: &[T], h: &mut [T], n: &mut [T]) {
    let number = T::from_f64;
    // e^-5 and 0.5 e^-0.75.
    let (e_5, beta_n) = (number(0.006_737_946_999_085_467), number(0.5 * 0.472_366_552_741_014_7));
    for i in 0..u.len() {
        let u = within(u[i]);
        let e_z = fourth(eighth[i]) * fourth(eighth[i]);

        let alpha = number(0.128) * exp_within(u.mul_add(number(-1.0 / 18.0), number(17.0 / 18.0)));
        let open = alpha.mul_add(e_z, alpha);
        let gate = Gate { open, both: e_z.mul_add(number(4.0), open), under: T::ONE + e_z };
        h[i] = gate.after(h[i], dt);

        let w = u.mul_add(number(-0.2), number(3.0));
        let (above, below) = if w.abs() < number(0.1) { (series(w), T::ONE) } else { (w * e_z, e_5 - e_z) };
        let open = (number(0.16) * above) * eighth[i];
        let gate = Gate { open, both: beta_n.mul_add(below, open), under: below * eighth[i] };
        n[i] = gate.after(n[i], dt);
    }
}

/// The potential that rates are taken at. Written out, because a NaN has to go through.
#[inline(always)]
fn within<T: Real>(u: T) -> T {
    let (low, high) = (T::from_f64(-120.0), T::from_f64(160.0));
    let u = if u < low { low } else { u };
    if u > high { high } else { u }
}

/// x^4.
#[inline(always)]
fn fourth<T: Real>(x: T) -> T {
    let square = x * x;
    square * square
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{exp, exp_m1, exprel};
    use crate::membrane::input::Arriving;

    /// m, h and n after a step at `u`, straight from the six rates.
    fn plainly(u: f64, dt: f64, gates: [f64; 3]) -> [f64; 3] {
        let rates = [
            (1.28 / exprel((13.0 - u) / 4.0), 1.4 / exprel((u - 40.0) / 5.0)),
            (0.128 * exp((17.0 - u) / 18.0), 4.0 / (1.0 + exp((40.0 - u) / 5.0))),
            (0.16 / exprel((15.0 - u) / 5.0), 0.5 * exp((10.0 - u) / 40.0)),
        ];
        std::array::from_fn(|i| {
            let (alpha, beta) = rates[i];
            gates[i] - (alpha / (alpha + beta) - gates[i]) * exp_m1(-(alpha + beta) * dt)
        })
    }

    /// The furthest that gates come out from the plain rates, over all potentials that they are for: every quarter of a mV, the
    /// three where a quotient has no value of its own, and both sides of where series begin.
    fn furthest<T: Real>() -> f64 {
        let joints = [13.0, 15.0, 40.0, 39.5, 40.5, 14.5, 15.5];
        let near = joints.into_iter().flat_map(|u| [u - 1e-5, u, u + 1e-5]);
        let gates = [0.3, 0.6, 0.45];
        let cell = TraubMiles {
            dt: T::from_f64(0.1),
            dt_per_c: T::from_f64(0.0005),
            leak: T::from_f64(10.0),
            constant: T::ZERO,
            sodium: [T::from_f64(20_000.0), T::from_f64(113.0)],
            potassium: [T::from_f64(6_000.0), T::from_f64(-27.0)],
        };
        let off = |u: f64| {
            let mut input = Input { arriving: Arriving::Numbers(&[]), bias: &[], current: &[] };
            let mut cells = Cells { per_bias: T::ONE, inlets: &mut [], firing: None };
            let mut state = [u, gates[0], gates[1], gates[2]].map(|x| [T::from_f64(x)]);
            let [v, m, h, n] = &mut state;
            let before = v[0].to_f64();
            step(&cell, &mut input, &mut cells, [v, m, h, n], &mut Vec::new());
            let expected = plainly(before, 0.1, gates);
            (0..3).map(|i| (state[i + 1][0].to_f64() - expected[i]).abs()).fold(0.0, f64::max)
        };
        (-480..=640).map(|i| f64::from(i) / 4.0).chain(near).map(off).fold(0.0, f64::max)
    }

    #[test]
    fn gates_are_those_of_the_plain_rates() {
        let (single, double) = (furthest::<f32>(), furthest::<f64>());
        assert!(single < 2e-6 && double < 1e-13, "{single:e} {double:e}");
    }
}
