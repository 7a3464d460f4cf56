//! A leaky membrane, exactly: the passes around those of its receptors.
//!
//! # Equations
//! ```text
//! u = exp(-dt/tau_m) u + R I (1 - exp(-dt/tau_m)) + what the receptors add
//! ```
//! # References
//! - Rotter & Diesmann 1999, Biol. Cybern. 81:381
//!
//! # Example
//! Two cells half a time constant later, in f32; the second stands still. The first passes the threshold of 10.
//! ```
//! use duet_kernels::membrane::{exact, input::{Arriving, Input}};
//! let leaky = exact::Leaky { decay: 0.5, drift: 1.0, per_bias: 2.0, per_current: 0.0 };
//! let mut input = Input { arriving: Arriving::Numbers(&[]), bias: &[3.0, 3.0], current: &[] };
//! let (mut u, mut fired) = ([8.0_f32, f32::NAN], vec![]);
//! exact::step(&leaky, &mut input, &mut [], &mut u, Some(10.0), &mut fired); // 0.5 · 8 + (1 + 2 · 3)
//! assert!(u[0] == 11.0 && u[1].is_nan() && fired == [0]);
//! ```

use super::input::{Input, Sums};
use super::receptor::{Course, Inlet, push};
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

/// A step of many cells: potentials and what stands at their receptors move on; who is
/// at `threshold` or above is appended to `fired`, ascending.
///
/// # Panics
/// If there are not as many of everything as cells.
pub fn step<T: Real>(
    leaky: &Leaky<T>,
    input: &mut Input<'_, T>,
    inlets: &mut [Inlet<T>],
    u: &mut [T],
    threshold: Option<T>,
    fired: &mut Vec<u32>,
) {
    step_at(CpuLevel::current(), leaky, input, inlets, u, threshold, fired);
}

/// The same at a level.
pub(super) fn step_at<T: Real>(
    level: CpuLevel,
    leaky: &Leaky<T>,
    input: &mut Input<'_, T>,
    inlets: &mut [Inlet<T>],
    u: &mut [T],
    threshold: Option<T>,
    fired: &mut Vec<u32>,
) {
    let n = u.len();
    let is_plain = input.bias.is_empty() && input.current.is_empty();
    if let ([one, two], Some(threshold), true) = (&mut *inlets, threshold, is_plain)
        && let (Some(one), Some(two)) = (one.one_current(), two.one_current())
        && let Some((sums, [(first, of_one), (second, of_two)])) = input.arriving.only_sums()
    {
        let (courses, quanta) = ([one.0, two.0], [of_one, of_two]);
        let (one, two) = (&mut *one.1, &mut *two.1);
        match sums {
            Sums::Narrow(sums) => {
                let (a, b) = two_ways(sums, first, second, n);
                T::two_currents_narrow_at(level, leaky, courses, quanta, u, one, two, a, b, threshold, fired);
            }
            Sums::Wide(sums) => {
                let (a, b) = two_ways(sums, first, second, n);
                T::two_currents_wide_at(level, leaky, courses, quanta, u, one, two, a, b, threshold, fired);
            }
        }
        return;
    }
    T::leaky_at(level, leaky, input, inlets, u, threshold, fired);
}

/// The sums of two ways.
fn two_ways<S>(sums: &mut [S], first: usize, second: usize, n: usize) -> (&mut [S], &mut [S]) {
    let (low, high) = sums.split_at_mut(first.max(second));
    let (low, high) = (&mut low[first.min(second)..][..n], &mut high[..n]);
    if first < second { (low, high) } else { (high, low) }
}

/// What [`leaky_body`] does, in one loop, for what most networks consist of: two exponential currents and nothing from outside.
/// What one pass hands to the next stays in registers.
#[inline(always)]
pub(super) fn two_currents_body<T: Real, S: Copy + Default + Into<i32>>(
    leaky: &Leaky<T>,
    courses: [Course<T>; 2],
    quanta: [T; 2],
    u: &mut [T],
    one: &mut [T],
    two: &mut [T],
    sums_one: &mut [S],
    sums_two: &mut [S],
    threshold: T,
    fired: &mut Vec<u32>,
) {
    let all = u.len();
    assert!(one.len() == all && two.len() == all, "as many of everything as cells");
    assert!(sums_one.len() == all && sums_two.len() == all, "as many sums as cells");
    let units = [courses[0].unit * quanta[0], courses[1].unit * quanta[1]];
    whole_then_rest!(all, |start, n| {
        let here = start..start + n;
        let u = &mut u[here.clone()];
        let (one, two) = (&mut one[here.clone()], &mut two[here.clone()]);
        let (sums_one, sums_two) = (&mut sums_one[here.clone()], &mut sums_two[here]);
        let mut any = false;
        for i in 0..n {
            let next = leaky.decay.mul_add(u[i], leaky.drift);
            let next = courses[0].at.mul_add(one[i], next);
            let next = courses[1].at.mul_add(two[i], next);
            let arriving = [T::from_i32(sums_one[i].into()), T::from_i32(sums_two[i].into())];
            one[i] = courses[0].decay.mul_add(one[i], units[0] * arriving[0]);
            two[i] = courses[1].decay.mul_add(two[i], units[1] * arriving[1]);
            (sums_one[i], sums_two[i]) = (S::default(), S::default());
            u[i] = next;
            any |= next >= threshold;
        }
        if any {
            push_above(start, u, threshold, fired);
        }
    });
}

#[inline(always)]
pub(super) fn two_currents_narrow_body<T: Real, A: Arithmetic>(
    leaky: &Leaky<T>,
    courses: [Course<T>; 2],
    quanta: [T; 2],
    u: &mut [T],
    one: &mut [T],
    two: &mut [T],
    sums_one: &mut [i16],
    sums_two: &mut [i16],
    threshold: T,
    fired: &mut Vec<u32>,
) {
    two_currents_body(leaky, courses, quanta, u, one, two, sums_one, sums_two, threshold, fired);
}

#[inline(always)]
pub(super) fn two_currents_wide_body<T: Real, A: Arithmetic>(
    leaky: &Leaky<T>,
    courses: [Course<T>; 2],
    quanta: [T; 2],
    u: &mut [T],
    one: &mut [T],
    two: &mut [T],
    sums_one: &mut [i32],
    sums_two: &mut [i32],
    threshold: T,
    fired: &mut Vec<u32>,
) {
    two_currents_body(leaky, courses, quanta, u, one, two, sums_one, sums_two, threshold, fired);
}

#[inline(always)]
pub(super) fn leaky_body<T: Real, A: Arithmetic>(
    leaky: &Leaky<T>,
    input: &mut Input<'_, T>,
    inlets: &mut [Inlet<T>],
    u: &mut [T],
    threshold: Option<T>,
    fired: &mut Vec<u32>,
) {
    let (mut next, mut arriving) = (Few::<T>::ZEROS, Few::<T>::ZEROS);
    whole_then_rest!(u.len(), |start, n| {
        let (next, arriving) = (&mut next.0[..n], &mut arriving.0[..n]);
        let u = &mut u[start..start + n];
        leak(leaky, u, input.bias.get(start..start + n), next);
        if !input.current.is_empty() {
            push(leaky.per_current, &input.current[start..start + n], next);
        }
        for (way, inlet) in inlets.iter_mut().enumerate() {
            input.arriving.take(way, start, arriving);
            inlet.flow(start, arriving, next);
        }
        u.copy_from_slice(next);
        if let Some(threshold) = threshold {
            push_above(start, next, threshold, fired);
        }
    });
}

#[inline(always)]
fn leak<T: Real>(leaky: &Leaky<T>, u: &[T], bias: Option<&[T]>, next: &mut [T]) {
    match bias {
        Some(bias) => {
            for i in 0..next.len() {
                next[i] = leaky.decay.mul_add(u[i], leaky.per_bias.mul_add(bias[i], leaky.drift));
            }
        }
        None => {
            for i in 0..next.len() {
                next[i] = leaky.decay.mul_add(u[i], leaky.drift);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::membrane::input::Arriving;
    use crate::membrane::receptor::{Effect, Parts};

    /// One loop does what the passes do, to the bit, from sums of either width, at every level. Quanta are powers of two: the
    /// loop takes quantum and unit together, which rounds others once instead of twice.
    fn one_loop_is_the_passes<T: Real>(is_narrow: bool) {
        const CELLS: usize = 205;
        let f = T::from_f64;
        let leaky = Leaky { decay: f(0.99), drift: f(0.13), per_bias: f(1.0), per_current: f(1.0) };
        let inlet = |at: f64, decay: f64| Inlet {
            effect: Effect::Flow,
            parts: Parts::One {
                course: Course { at: f(at), decay: f(decay), unit: f(1.3) },
                part: crate::Buffer::zeros(CELLS),
            },
        };
        let run = |level: Option<CpuLevel>| {
            let mut inlets = [inlet(0.02, 0.98), inlet(0.03, 0.9)];
            let mut u: Vec<T> = (0..CELLS).map(|i| f((i * 7919 % 101) as f64 / 10.0)).collect();
            let mut fired = Vec::new();
            for round in 0..40 {
                let sum = |i: usize| i32::from(((i * 31 + round * 17) % 23) as u8) - 7;
                let mut wide: Vec<i32> = (0..600).map(sum).collect();
                let mut narrow: Vec<i16> = wide.iter().map(|&sum| sum as i16).collect();
                let sums = if is_narrow { Sums::Narrow(&mut narrow) } else { Sums::Wide(&mut wide) };
                // The second way's sums lie before the first's.
                let ways = [(320, f(0.5)), (64, f(-0.25))];
                let arriving = Arriving::Quanta { sums, ways: &ways, drawn: &[], constant: &[T::ZERO; 2] };
                let mut input = Input { arriving, bias: &[], current: &[] };
                let first = fired.len();
                let threshold = Some(f(11.0));
                match level {
                    Some(level) => {
                        step_at(level, &leaky, &mut input, &mut inlets, &mut u, threshold, &mut fired);
                    }
                    None => T::leaky_at(
                        CpuLevel::Baseline,
                        &leaky,
                        &mut input,
                        &mut inlets,
                        &mut u,
                        threshold,
                        &mut fired,
                    ),
                }
                for &cell in &fired[first..] {
                    u[cell as usize] = T::ZERO;
                }
                let is_taken = |i: usize| (64..64 + CELLS).contains(&i) || (320..320 + CELLS).contains(&i);
                let left = |i: usize| if is_narrow { i32::from(narrow[i]) } else { wide[i] };
                assert!((0..600).all(|i| left(i) == if is_taken(i) { 0 } else { sum(i) }));
            }
            let standing =
                inlets.iter().flat_map(|inlet| (0..CELLS).map(|cell| inlet.value(cell))).collect::<Vec<T>>();
            (u, fired, standing)
        };
        let expected = run(None);
        assert!(expected.1.len() > 50, "{} spikes", expected.1.len());
        for level in CpuLevel::ALL.into_iter().filter(|level| *level <= CpuLevel::detected()) {
            assert_eq!(run(Some(level)), expected, "{level}");
        }
    }

    #[test]
    fn two_currents_in_one_loop() {
        for is_narrow in [true, false] {
            one_loop_is_the_passes::<f32>(is_narrow);
            one_loop_is_the_passes::<f64>(is_narrow);
        }
    }
}
