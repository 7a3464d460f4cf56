//! Steps of many membranes at once: what the cells of a large network are made of.
//!
//! A step of a block of cells is a chain of passes, each one idea: receptors are read and decay ([`receptor`]), the membrane
//! follows ([`exact`], [`relax`], [`traub_miles`]), thresholds are asked ([`threshold`]). Passes over a block that the
//! first-level cache holds cost less than loops that do everything at once for every combination of receptors.
//!
//! The same operations in the same order at every level, without fusing: the level changes the speed and not a bit. What
//! becomes of a cell does not depend on its neighbours or on its place.

pub mod exact;
pub mod exponential;
pub mod receptor;
pub mod relax;
pub mod threshold;
pub mod traub_miles;

use crate::dispatch::dispatch;
use exact::{leak_body, settle_body};
use exponential::exp_all_body;
use receptor::{Course, TwoParts, conduct_body, conduct_two_body, flow_body, flow_two_body, push_body};
use relax::{Relaxation, relax_body};
use threshold::above_body;
use traub_miles::{TraubMiles, traub_miles_body};

dispatch! {
    /// The membrane kernels at a stated level; the functions of the modules take the one in force.
    pub trait Membranes<T> {
        /// [`exact::leak`].
        fn leak_at(decay: T, drift: T, per_bias: T, u: &[T], bias: &[T], next: &mut [T]) = leak_body;
        /// [`exact::settle`].
        fn settle_at(next: &[T], held: &mut [u32], u: &mut [T]) = settle_body;
        /// [`exponential::exp_all`].
        fn exp_all_at(x: &mut [T]) = exp_all_body;
        /// [`receptor::push`].
        fn push_at(factor: T, x: &[T], sum: &mut [T]) = push_body;
        /// [`receptor::flow`].
        fn flow_at(course: Course<T>, part: &mut [T], arriving: &[T], sum: &mut [T]) = flow_body;
        /// [`receptor::flow_two`].
        fn flow_two_at(
            course: &TwoParts<T>, first: &mut [T], second: &mut [T], arriving: &[T], sum: &mut [T]
        ) = flow_two_body;
        /// [`receptor::conduct`].
        fn conduct_at(
            course: Course<T>, e_rev: T, part: &mut [T], arriving: &[T], conductance: &mut [T], sum: &mut [T]
        ) = conduct_body;
        /// [`receptor::conduct_two`].
        fn conduct_two_at(
            course: &TwoParts<T>, e_rev: T, first: &mut [T], second: &mut [T], arriving: &[T],
            conductance: &mut [T], sum: &mut [T]
        ) = conduct_two_body;
        /// [`relax::relax`].
        fn relax_at(
            step: &Relaxation<T>, conductance: &[T], current: &[T], u: &[T], next: &mut [T]
        ) = relax_body;
        /// [`threshold::above`].
        fn above_at(threshold: T, u: &[T], shift: &[T], cells: &mut Vec<u32>) = above_body;
        /// [`traub_miles::step`].
        fn traub_miles_at(
            step: &TraubMiles<T>, conductance: &[T], current: &[T], u: &[T], m: &mut [T], h: &mut [T],
            n: &mut [T], next: &mut [T]
        ) = traub_miles_body;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CpuLevel, Real};

    const CELLS: usize = 301;

    /// Numbers between `low` and `high`, in no order.
    fn numbers<T: Real>(seed: usize, low: f64, high: f64) -> Vec<T> {
        let share = |i: usize| ((i * 7919 + seed * 104_729) % 1009) as f64 / 1009.0;
        (0..CELLS).map(|i| T::from_f64(low + (high - low) * share(i))).collect()
    }

    /// Everything that all kernels make of the cells of a range, after three steps.
    fn steps<T: Real>(level: CpuLevel, cells: std::ops::Range<usize>) -> Vec<Vec<T>> {
        let f = T::from_f64;
        let cut = |numbers: Vec<T>| numbers[cells.clone()].to_vec();
        let one = |seed: usize, low: f64, high: f64| cut(numbers(seed, low, high));
        let course = Course { at: f(0.37), decay: f(0.91), unit: f(1.7) };
        let two = TwoParts {
            at: [0.3, -0.2].map(f),
            decay: [0.9, 0.7].map(f),
            feeds: f(0.1),
            jump: [0.4, 1.3].map(f),
            unit: f(1.7),
        };
        let relaxation = Relaxation { leak: f(10.0), constant: f(-3.0), dt_per_c: f(0.0005) };
        let traub_miles = TraubMiles {
            dt: f(0.1),
            dt_per_c: f(0.0005),
            leak: f(10.0),
            constant: f(30.0),
            sodium: [20_000.0, 113.0].map(f),
            potassium: [6_000.0, -27.0].map(f),
        };
        let (mut u, mut v, mut w) = (one(1, -5.0, 20.0), one(2, -5.0, 20.0), one(3, -30.0, 60.0));
        let (mut next, mut conductance, mut current) =
            (one(4, 0.0, 1.0), one(5, 0.0, 90.0), one(6, -9.0, 9.0));
        let (mut a, mut b, mut c) = (one(7, 0.0, 9.0), one(8, 0.0, 9.0), one(9, 0.0, 9.0));
        let (mut m, mut h, mut n) = (one(10, 0.0, 1.0), one(11, 0.0, 1.0), one(12, 0.0, 1.0));
        let (bias, shift) = (one(13, -1.0, 1.0), one(14, 0.0, 5.0));
        let mut held: Vec<u32> = cells.clone().map(|i| (i % 5) as u32).collect();
        let mut fired = Vec::new();
        for _ in 0..3 {
            T::leak_at(level, f(0.99), f(0.3), f(0.7), &u, &bias, &mut next);
            T::push_at(level, f(0.3), &bias, &mut next);
            T::flow_at(level, course, &mut a, &bias, &mut next);
            T::flow_two_at(level, &two, &mut b, &mut c, &bias, &mut next);
            T::settle_at(level, &next, &mut held, &mut u);
            T::conduct_at(level, course, f(60.0), &mut a, &bias, &mut conductance, &mut current);
            T::conduct_two_at(level, &two, f(-20.0), &mut b, &mut c, &bias, &mut conductance, &mut current);
            T::relax_at(level, &relaxation, &conductance, &current, &v, &mut next);
            v.copy_from_slice(&next);
            T::traub_miles_at(
                level,
                &traub_miles,
                &conductance,
                &current,
                &w,
                &mut m,
                &mut h,
                &mut n,
                &mut next,
            );
            w.copy_from_slice(&next);
            T::above_at(level, f(4.0), &u, &[], &mut fired);
            T::above_at(level, f(3.0), &v, &shift, &mut fired);
        }
        next.copy_from_slice(&u);
        T::exp_all_at(level, &mut next);
        let held = held.iter().map(|&held| f(f64::from(held))).collect();
        let mut spikes = vec![T::ZERO; cells.len()];
        fired.iter().for_each(|&cell| spikes[cell as usize] += T::ONE);
        vec![u, v, w, a, b, c, m, h, n, conductance, current, next, held, spikes]
    }

    /// Neither the level nor the other cells change a bit.
    fn every_cell_is_alone<T: Real>() {
        let alone: Vec<Vec<Vec<T>>> = (0..CELLS).map(|i| steps(CpuLevel::Baseline, i..i + 1)).collect();
        for level in CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected()) {
            for start in [0, 1, 150] {
                for (k, together) in steps::<T>(level, start..CELLS).iter().enumerate() {
                    for (i, &x) in together.iter().enumerate() {
                        assert!(x.is_finite());
                        assert_eq!(x, alone[start + i][k][0], "{level}, list {k}, cell {}", start + i);
                    }
                }
            }
        }
    }

    #[test]
    fn a_cell_does_not_see_its_level_or_its_neighbours() {
        every_cell_is_alone::<f32>();
        every_cell_is_alone::<f64>();
    }
}
