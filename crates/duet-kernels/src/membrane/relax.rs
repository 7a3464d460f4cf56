//! A leaky membrane with open channels, by exponential Euler: it relaxes towards where they draw it.
//!
//! # Equations
//! ```text
//! c_m du/dt = I - G u           G = g_l + open conductances,  I = i_e + sum of g e_rev      u, e_rev relative to e_l
//! u(t + dt) = u + (I - G u) dt/c_m (exp(z) - 1) / z        z = -G dt/c_m
//! ```
//! # Behaviour
//! Exact while G and I stand still; second order where they are those of the middle of the step.
//!
//! # Example
//! One step of a time constant towards I / G = 4 mV leaves 1 / e of the way.
//! ```
//! use duet_kernels::membrane::{input::{Arriving, Input}, relax::{Cells, Relaxation, step}};
//! let leaky = Relaxation { leak: 4.0, constant: 3.0, dt_per_c: 0.25 };
//! let mut input = Input { arriving: Arriving::Numbers(&[]), bias: &[], current: &[13.0] };
//! let mut u = [0.0_f64];
//! step(&leaky, &mut input, &mut Cells { per_bias: 1.0, inlets: &mut [], firing: None }, [&mut u], &mut vec![]);
//! assert!((u[0] - 2.528_482_235_314_231).abs() < 1e-15); // 4 (1 - 1/e)
//! ```

use super::exponential::exprel;
use super::input::Input;
use super::receptor::{Inlet, push};
use super::threshold::{push_above, push_few};
use super::{Few, whole_then_rest};
use crate::dispatch::Arithmetic;
use crate::{CpuLevel, Real};

/// What all membranes that relax have besides their own state.
#[derive(Debug)]
pub struct Cells<'a, T> {
    /// Current per unit of bias.
    pub per_bias: T,
    /// The ways in.
    pub inlets: &'a mut [Inlet<T>],
    /// Who is to be told to have fired; `None` for nobody.
    pub firing: Option<Firing<T>>,
}

/// Which potentials count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing<T> {
    /// From here on.
    pub threshold: T,
    /// Only where the cell was below before.
    pub by_crossing: bool,
}

/// A membrane that relaxes during a step towards where its channels draw it.
pub trait Relaxes<T, const N: usize> {
    /// A step of some cells under open conductances and currents (with g e_rev): the state moves, but for the potential, the
    /// first variable, which `next` receives.
    fn relax(&self, conductance: &[T], current: &[T], state: [&mut [T]; N], next: &mut [T]);
}

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

impl<T: Real> Relaxes<T, 1> for Relaxation<T> {
    #[inline(always)]
    fn relax(&self, conductance: &[T], current: &[T], [u]: [&mut [T]; 1], next: &mut [T]) {
        for i in 0..next.len() {
            let g = self.leak + conductance[i];
            let inward = (self.constant + current[i]) - g * u[i];
            next[i] = u[i] + (self.dt_per_c * inward) * exprel(-(self.dt_per_c * g));
        }
    }
}

/// A step of many leaky cells; who fires is appended, ascending.
///
/// # Panics
/// If there are not as many of everything as cells.
pub fn step<T: Real>(
    step: &Relaxation<T>,
    input: &mut Input<'_, T>,
    cells: &mut Cells<'_, T>,
    state: [&mut [T]; 1],
    fired: &mut Vec<u32>,
) {
    T::relax_at(CpuLevel::current(), step, input, cells, state, fired);
}

#[inline(always)]
pub(super) fn relax_body<T: Real, A: Arithmetic>(
    step: &Relaxation<T>,
    input: &mut Input<'_, T>,
    cells: &mut Cells<'_, T>,
    state: [&mut [T]; 1],
    fired: &mut Vec<u32>,
) {
    advance(step, input, cells, state, fired);
}

/// The passes of a step, over a few cells at a time: what they hand to each other stays in the first-level cache.
#[inline(always)]
pub(super) fn advance<T: Real, M: Relaxes<T, N>, const N: usize>(
    membrane: &M,
    input: &mut Input<'_, T>,
    cells: &mut Cells<'_, T>,
    mut state: [&mut [T]; N],
    fired: &mut Vec<u32>,
) {
    let Cells { per_bias, inlets, firing } = cells;
    let mut few = [Few::<T>::ZEROS; 5];
    whole_then_rest!(state[0].len(), |start, n| {
        let [conductance, current, arriving, kicks, next] = few.each_mut().map(|few| &mut few.0[..n]);
        conductance.fill(T::ZERO);
        current.fill(T::ZERO);
        kicks.fill(T::ZERO);
        if let Some(bias) = input.bias.get(start..start + n) {
            push(*per_bias, bias, current);
        }
        if !input.current.is_empty() {
            push(T::ONE, &input.current[start..start + n], current);
        }
        for (way, inlet) in inlets.iter_mut().enumerate() {
            input.arriving.take(way, start, arriving);
            inlet.open(start, &state[0][start..start + n], arriving, conductance, current);
            inlet.kick(arriving, kicks);
        }
        let mut here = state.each_mut().map(|values| &mut values[start..start + n]);
        membrane.relax(conductance, current, here.each_mut().map(|values| &mut **values), next);
        push(T::ONE, kicks, next);
        let (u, before) = (&mut *here[0], arriving);
        before.copy_from_slice(u);
        u.copy_from_slice(next);
        match *firing {
            None => {}
            Some(Firing { threshold, by_crossing: false }) => push_above(start, next, threshold, fired),
            Some(Firing { threshold, by_crossing: true }) => {
                // A NaN before was not above.
                let was_above = |i: usize| before[i] >= threshold;
                push_few(start, n, |i| (next[i] >= threshold) & !was_above(i), fired);
            }
        }
    });
}
