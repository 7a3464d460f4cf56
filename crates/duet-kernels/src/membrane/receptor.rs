//! Receptors: what they let in during a step, how they decay, what arrives at its end.
//!
//! # Equations
//! ```text
//! exponential:   sum += at x                                x <- decay x + unit w
//! two parts:     sum += at_1 x_1 + at_2 x_2                 x_1 <- decay_1 (x_1 + feeds x_2) + jump_1 unit w
//!                                                           x_2 <- decay_2 x_2 + jump_2 unit w
//! conductance:   the same into the conductance, and e_rev times it into the current
//! ```
//! `at` is what one unit at the beginning of the step is worth: mV on an exact membrane, its mean conductance on one that
//! relaxes. An alpha function's second part is its slope and feeds the first; of a difference of exponentials it is the part
//! that rises.
//!
//! # Example
//! 4 nS towards 60 mV above the origin, of which sqrt(1/4) are left in the middle of the step, 1/4 at its end, where 3 arrive.
//! ```
//! use duet_kernels::membrane::receptor::{Course, conduct};
//! let (mut g, mut conductance, mut current) = ([4.0_f32], [10.0], [1.0]);
//! let course = Course { at: 0.5, decay: 0.25, unit: 2.0 };
//! conduct(course, 60.0, &mut g, &[3.0], &mut conductance, &mut current);
//! assert_eq!((conductance, current, g), ([12.0], [121.0], [7.0]));
//! ```

use crate::dispatch::Arithmetic;
use crate::{CpuLevel, Real};

/// A step of one exponential.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course<T> {
    /// What one unit at the beginning of the step is worth.
    pub at: T,
    /// The share that is left at the end of the step.
    pub decay: T,
    /// What a weight of 1 adds.
    pub unit: T,
}

/// A step of a course that has two parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TwoParts<T> {
    /// What one unit of either at the beginning of the step is worth.
    pub at: [T; 2],
    /// The shares that are left at the end of the step.
    pub decay: [T; 2],
    /// How long the second feeds the first, in ms.
    pub feeds: T,
    /// What a weight of 1 adds, in units.
    pub jump: [T; 2],
    /// One unit.
    pub unit: T,
}

/// `sum += factor x`: delta synapses, injected currents.
///
/// # Panics
/// If the slices differ in length; so do the others.
pub fn push<T: Real>(factor: T, x: &[T], sum: &mut [T]) {
    T::push_at(CpuLevel::current(), factor, x, sum);
}

/// An exponential current.
pub fn flow<T: Real>(course: Course<T>, part: &mut [T], arriving: &[T], sum: &mut [T]) {
    T::flow_at(CpuLevel::current(), course, part, arriving, sum);
}

/// A current of two parts.
pub fn flow_two<T: Real>(
    course: &TwoParts<T>,
    first: &mut [T],
    second: &mut [T],
    arriving: &[T],
    sum: &mut [T],
) {
    T::flow_two_at(CpuLevel::current(), course, first, second, arriving, sum);
}

/// An exponential conductance.
pub fn conduct<T: Real>(
    course: Course<T>,
    e_rev: T,
    part: &mut [T],
    arriving: &[T],
    conductance: &mut [T],
    current: &mut [T],
) {
    T::conduct_at(CpuLevel::current(), course, e_rev, part, arriving, conductance, current);
}

/// A conductance of two parts.
pub fn conduct_two<T: Real>(
    course: &TwoParts<T>,
    e_rev: T,
    first: &mut [T],
    second: &mut [T],
    arriving: &[T],
    conductance: &mut [T],
    current: &mut [T],
) {
    T::conduct_two_at(CpuLevel::current(), course, e_rev, first, second, arriving, conductance, current);
}

#[inline(always)]
pub(super) fn push_body<T: Real, A: Arithmetic>(factor: T, x: &[T], sum: &mut [T]) {
    let n = sum.len();
    assert_eq!(x.len(), n, "one number per cell");
    for i in 0..n {
        sum[i] += factor * x[i];
    }
}

#[inline(always)]
pub(super) fn flow_body<T: Real, A: Arithmetic>(
    course: Course<T>,
    part: &mut [T],
    arriving: &[T],
    sum: &mut [T],
) {
    let n = sum.len();
    assert!(part.len() == n && arriving.len() == n, "one current and one arrival per cell");
    for i in 0..n {
        sum[i] += course.at * part[i];
        part[i] = course.decay * part[i] + course.unit * arriving[i];
    }
}

#[inline(always)]
pub(super) fn flow_two_body<T: Real, A: Arithmetic>(
    course: &TwoParts<T>,
    first: &mut [T],
    second: &mut [T],
    arriving: &[T],
    sum: &mut [T],
) {
    let n = sum.len();
    assert!(first.len() == n && second.len() == n && arriving.len() == n, "two parts, one arrival per cell");
    for i in 0..n {
        let parts = [first[i], second[i]];
        sum[i] += course.value(parts);
        [first[i], second[i]] = course.after(parts, arriving[i]);
    }
}

#[inline(always)]
pub(super) fn conduct_body<T: Real, A: Arithmetic>(
    course: Course<T>,
    e_rev: T,
    part: &mut [T],
    arriving: &[T],
    conductance: &mut [T],
    current: &mut [T],
) {
    let n = current.len();
    assert!(
        part.len() == n && arriving.len() == n && conductance.len() == n,
        "one conductance and one arrival per cell"
    );
    for i in 0..n {
        let open = course.at * part[i];
        conductance[i] += open;
        current[i] += open * e_rev;
        part[i] = course.decay * part[i] + course.unit * arriving[i];
    }
}

#[inline(always)]
pub(super) fn conduct_two_body<T: Real, A: Arithmetic>(
    course: &TwoParts<T>,
    e_rev: T,
    first: &mut [T],
    second: &mut [T],
    arriving: &[T],
    conductance: &mut [T],
    current: &mut [T],
) {
    let n = current.len();
    assert!(
        first.len() == n && second.len() == n && arriving.len() == n && conductance.len() == n,
        "two parts, one arrival per cell"
    );
    for i in 0..n {
        let parts = [first[i], second[i]];
        let open = course.value(parts);
        conductance[i] += open;
        current[i] += open * e_rev;
        [first[i], second[i]] = course.after(parts, arriving[i]);
    }
}

impl<T: Real> TwoParts<T> {
    /// What stands there now is worth.
    #[inline(always)]
    fn value(&self, [first, second]: [T; 2]) -> T {
        self.at[0] * first + self.at[1] * second
    }

    /// What stands there at the end of the step.
    #[inline(always)]
    fn after(&self, [first, second]: [T; 2], weight: T) -> [T; 2] {
        let arriving = self.unit * weight;
        [
            self.decay[0] * (first + self.feeds * second) + self.jump[0] * arriving,
            self.decay[1] * second + self.jump[1] * arriving,
        ]
    }
}
