//! Steps of many membranes at once: what the cells of a large network are made of.
//!
//! A step is a chain of passes, each one idea: what arrives is read ([`input`]), receptors are read and decay ([`receptor`]), the
//! membrane follows ([`exact`], [`relax`], [`traub_miles`]), thresholds are asked ([`threshold`]). A few cells go through all of
//! them together, so that what passes hand to each other never leaves the first-level cache.
//!
//! A cell that is to stand still has NaN for a potential: every operation keeps it, no threshold is below it, and who holds it
//! puts it back. Asking every cell whether it is held would cost a fifth of a leaky cell's step.
//!
//! The same operations in the same order at every level, a product and a sum rounded once or twice by what is written and not by
//! what the processor has: the level changes the speed and not a bit. What
//! becomes of a cell does not depend on its neighbours or on its place.

pub mod exact;
pub mod exponential;
pub mod input;
pub mod receptor;
pub mod relax;
pub mod threshold;
pub mod traub_miles;

use crate::Real;
use crate::dispatch::dispatch;
use exact::{Leaky, leaky_body, two_currents_narrow_body, two_currents_wide_body};
use exponential::exp_all_body;
use input::Input;
use receptor::{Course, Inlet};
use relax::{Cells, Relaxation, relax_body};
use threshold::{above_body, crossed_body};
use traub_miles::{TraubMiles, traub_miles_body};

/// Cells that go through all passes of a step together.
pub(crate) const SIDE_BY_SIDE: usize = 64;

/// A number per cell of such a group, at the beginning of a line of the cache: a vector that straddles two costs twice.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Few<T>([T; SIDE_BY_SIDE]);

impl<T: Real> Few<T> {
    const ZEROS: Self = Self([T::ZERO; SIDE_BY_SIDE]);
}

/// Calls `pass(start, n)` for whole groups of cells, with a length that the compiler knows, and for what is left.
macro_rules! whole_then_rest {
    ($cells:expr, |$start:ident, $n:ident| $pass:expr) => {{
        let cells: usize = $cells;
        let whole = cells / $crate::membrane::SIDE_BY_SIDE * $crate::membrane::SIDE_BY_SIDE;
        let mut $start = 0;
        while $start < whole {
            let $n = $crate::membrane::SIDE_BY_SIDE;
            $pass;
            $start += $n;
        }
        let $n = cells - whole;
        if $n > 0 {
            $pass;
        }
    }};
}
pub(crate) use whole_then_rest;

dispatch! {
    /// The membrane kernels at a stated level; the functions of the modules take the one in force.
    pub trait Membranes<T> {
        /// [`exact::step`].
        fn leaky_at(
            leaky: &Leaky<T>, input: &mut Input<'_, T>, inlets: &mut [Inlet<T>], u: &mut [T],
            threshold: Option<T>, fired: &mut Vec<u32>
        ) = leaky_body;
        /// [`exact::step`] for two exponential currents alone.
        fn two_currents_narrow_at(
            leaky: &Leaky<T>, courses: [Course<T>; 2], quanta: [T; 2], u: &mut [T], one: &mut [T],
            two: &mut [T], sums_one: &mut [i16], sums_two: &mut [i16], threshold: T, fired: &mut Vec<u32>
        ) = two_currents_narrow_body;
        /// The same from wide sums.
        fn two_currents_wide_at(
            leaky: &Leaky<T>, courses: [Course<T>; 2], quanta: [T; 2], u: &mut [T], one: &mut [T],
            two: &mut [T], sums_one: &mut [i32], sums_two: &mut [i32], threshold: T, fired: &mut Vec<u32>
        ) = two_currents_wide_body;
        /// [`exponential::exp_all`].
        fn exp_all_at(x: &mut [T]) = exp_all_body;
        /// [`relax::step`].
        fn relax_at(
            step: &Relaxation<T>, input: &mut Input<'_, T>, cells: &mut Cells<'_, T>, state: [&mut [T]; 1],
            fired: &mut Vec<u32>
        ) = relax_body;
        /// [`threshold::above`].
        fn above_at(threshold: T, u: &[T], shift: &[T], cells: &mut Vec<u32>) = above_body;
        /// [`threshold::crossed`].
        fn crossed_at(threshold: T, before: &[T], u: &[T], shift: &[T], cells: &mut Vec<u32>) = crossed_body;
        /// [`traub_miles::step`].
        fn traub_miles_at(
            step: &TraubMiles<T>, input: &mut Input<'_, T>, cells: &mut Cells<'_, T>, state: [&mut [T]; 4],
            fired: &mut Vec<u32>
        ) = traub_miles_body;
    }
}

#[cfg(test)]
mod tests {
    use super::input::{Arriving, Drawn, Sums};
    use super::receptor::{Block, Effect, Parts, TwoParts};
    use super::relax::Firing;
    use super::*;
    use crate::CpuLevel;

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
        let leaky = Leaky { decay: f(0.99), drift: f(0.3), per_bias: f(0.7), per_current: f(0.3) };
        let relaxation = Relaxation { leak: f(10.0), constant: f(-3.0), dt_per_c: f(0.0005) };
        let traub_miles = TraubMiles {
            dt: f(0.1),
            dt_per_c: f(0.0005),
            leak: f(10.0),
            constant: f(30.0),
            sodium: [20_000.0, 113.0].map(f),
            potassium: [6_000.0, -27.0].map(f),
        };
        let (mut u, mut v, mut w) = (one(1, -5.0, 20.0), one(2, -5.0, 20.0), one(3, -130.0, 170.0));
        let (mut m, mut h, mut n) = (one(10, 0.0, 1.0), one(11, 0.0, 1.0), one(12, 0.0, 1.0));
        let (bias, shift) = (one(13, -1.0, 1.0), one(14, 0.0, 5.0));
        let inlets = |effects: [Effect<T>; 3]| {
            let [one_part, two_parts, kick] = effects;
            let first = Parts::One { course, part: one(7, 0.0, 9.0)[..].into() };
            let second = Parts::Two {
                course: two,
                first: one(8, 0.0, 9.0)[..].into(),
                second: one(9, 0.0, 9.0)[..].into(),
            };
            [(one_part, first), (two_parts, second), (kick, Parts::None)]
                .map(|(effect, parts)| Inlet { effect, parts })
        };
        let open = |e_rev: f64| Effect::Conduct { e_rev: f(e_rev), block: None };
        let blocked = Effect::Conduct { e_rev: f(60.0), block: Some(Block { c: f(9.0), per_v: f(0.062) }) };
        let mut flowing = inlets([Effect::Flow, Effect::Flow, Effect::Kick(f(0.3))]);
        let mut opening = inlets([open(60.0), blocked, Effect::Kick(f(0.2))]);
        let mut gating = inlets([open(60.0), Effect::Flow, Effect::Nothing]);
        let mut fired = Vec::new();
        let constant = [T::ZERO, f(0.7), T::ZERO];
        let ways = [(0, f(0.5)), (CELLS, f(0.25)), (2 * CELLS, f(2.0))];
        let counts: Vec<u8> = cells.clone().map(|i| (i * 31 % 7) as u8).collect();
        let drawn = [Drawn { way: 1, weight: f(0.1), counts, is_on: true }];
        for round in 0..3 {
            let sum = |i: usize| i32::from((((i % CELLS + cells.start) * 7919 + round) % 41) as u8) - 20;
            let mut wide: Vec<i32> = (0..3 * CELLS).map(sum).collect();
            let mut narrow: Vec<i16> = (0..3 * CELLS).map(|i| sum(i) as i16).collect();
            let input = |sums| Input {
                arriving: Arriving::Quanta { sums, ways: &ways, drawn: &drawn, constant: &constant },
                bias: &bias,
                current: &shift,
            };
            let mut narrowly = input(Sums::Narrow(&mut narrow));
            T::leaky_at(level, &leaky, &mut narrowly, &mut flowing, &mut u, Some(f(4.0)), &mut fired);
            let firing = |by_crossing| Some(Firing { threshold: f(3.0), by_crossing });
            let mut of_v = Cells { per_bias: f(2.0), inlets: &mut opening, firing: firing(false) };
            let mut widely = input(Sums::Wide(&mut wide));
            T::relax_at(level, &relaxation, &mut widely, &mut of_v, [&mut v], &mut fired);
            let lists = vec![bias.iter().map(|bias| bias.abs()).collect::<Vec<T>>(); 3];
            let mut listed = Input { arriving: Arriving::Numbers(&lists), bias: &[], current: &[] };
            let mut of_w = Cells { per_bias: f(2.0), inlets: &mut gating, firing: firing(true) };
            let state = [&mut w, &mut m, &mut h, &mut n].map(Vec::as_mut_slice);
            T::traub_miles_at(level, &traub_miles, &mut listed, &mut of_w, state, &mut fired);
            T::above_at(level, f(4.0), &u, &[], &mut fired);
            T::above_at(level, f(3.0), &v, &shift, &mut fired);
            T::crossed_at(level, f(4.0), &v, &u, &[], &mut fired);
            T::crossed_at(level, f(-4.0), &u, &v, &shift, &mut fired);
            let taken = |i: &usize| i % CELLS < cells.len();
            assert!((0..3 * CELLS).filter(taken).all(|i| wide[i] == 0 && narrow[i] == 0));
        }
        let mut exponentials = u.clone();
        T::exp_all_at(level, &mut exponentials);
        let mut spikes = vec![T::ZERO; cells.len()];
        fired.iter().for_each(|&cell| spikes[cell as usize] += T::ONE);
        let mut lists = vec![u, v, w, m, h, n, exponentials, spikes];
        for inlet in flowing.into_iter().chain(opening).chain(gating) {
            match inlet.parts {
                Parts::None => {}
                Parts::One { part, .. } => lists.push(part.to_vec()),
                Parts::Two { first, second, .. } => lists.extend([first.to_vec(), second.to_vec()]),
            }
        }
        lists
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
