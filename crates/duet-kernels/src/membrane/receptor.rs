//! Receptors: what they let in during a step, how they decay, what arrives at its end.
//!
//! # Equations
//! ```text
//! exponential:   sum += at x                                x <- decay x + unit w
//! two parts:     sum += at_1 x_1 + at_2 x_2                 x_1 <- decay_1 (x_1 + feeds x_2) + jump_1 unit w
//!                                                           x_2 <- decay_2 x_2 + jump_2 unit w
//! conductance:   the same into the conductance, and e_rev times it into the current
//! blocked:       g B(u) (e_rev - u) by its tangent where the step begins: slope -G, G = g B (1 - (1 - B) (e_rev - u) / v)
//!                B(u) = 1 / (1 + c exp(-u/v))
//! ```
//! `at` is what one unit at the beginning of the step is worth: mV on an exact membrane, its mean conductance on one that
//! relaxes. An alpha function's second part is its slope and feeds the first; of a difference of exponentials it is the part
//! that rises.
//!
//! # Example
//! 4 nS towards 60 mV above the origin, of which sqrt(1/4) are left in the middle of the step, 1/4 at its end, where 3 arrive.
//! ```
//! use duet_kernels::membrane::receptor::{Block, Course, Effect, Inlet, Parts};
//! let course = Course { at: 0.5, decay: 0.25, unit: 2.0 };
//! let part = || Parts::One { course, part: [4.0_f32][..].into() };
//! let mut inlet = Inlet { effect: Effect::Conduct { e_rev: 60.0, block: None }, parts: part() };
//! let (mut conductance, mut current) = ([10.0], [1.0]);
//! inlet.open(0, &[0.0], &[3.0], &mut conductance, &mut current);
//! assert_eq!((conductance, current, inlet.value(0)), ([12.0], [121.0], 7.0));
//!
//! // Half of them blocked at u = 0: B = 1/2, v = 30 mV, G = 2 · 1/2 (1 - 1/2 · 60/30) = 0, and 2 · 1/2 · 60 = 60 pA flow.
//! let block = Some(Block { c: 1.0, per_v: 1.0 / 30.0 });
//! let mut inlet = Inlet { effect: Effect::Conduct { e_rev: 60.0, block }, parts: part() };
//! let (mut conductance, mut current) = ([10.0], [1.0]);
//! inlet.open(0, &[0.0], &[3.0], &mut conductance, &mut current);
//! assert!((conductance[0] - 10.0_f32).abs() < 1e-5 && (current[0] - 61.0_f32).abs() < 1e-5);
//! ```

use super::exponential::exp;
use crate::{Buffer, Real};

/// A way into many cells.
#[derive(Clone, Debug)]
pub struct Inlet<T> {
    /// What it does to a membrane.
    pub effect: Effect<T>,
    /// What stands there.
    pub parts: Parts<T>,
}

/// What a receptor does to a membrane.
#[derive(Clone, Copy, Debug)]
pub enum Effect<T> {
    /// Moves it when something arrives: by so much per weight.
    Kick(T),
    /// Lets a current in.
    Flow,
    /// Opens channels towards a potential.
    Conduct {
        /// The potential, relative to the membrane's origin.
        e_rev: T,
        /// What plugs them, where something does.
        block: Option<Block<T>>,
    },
    /// Nothing that depends on arrivals.
    Nothing,
}

/// A block that the potential drives out: of the channels 1 / (1 + c exp(-u/v)) are open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block<T> {
    /// c, at the membrane's origin.
    pub c: T,
    /// 1 / v, per mV.
    pub per_v: T,
}

/// What stands of the courses that arrivals set going, cell by cell: in pA, nS or per area; the second part as in [`TwoParts`].
#[derive(Clone, Debug)]
pub enum Parts<T> {
    /// Nothing is kept.
    None,
    /// One exponential.
    One {
        /// Its step.
        course: Course<T>,
        /// What stands.
        part: Buffer<T>,
    },
    /// Two of them, or an alpha function and its slope.
    Two {
        /// Their step.
        course: TwoParts<T>,
        /// What stands of the first.
        first: Buffer<T>,
        /// What stands of the second.
        second: Buffer<T>,
    },
}

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

impl<T: Real> Inlet<T> {
    /// The course and the state of a single exponential current.
    pub(super) fn one_current(&mut self) -> Option<(Course<T>, &mut [T])> {
        match (self.effect, &mut self.parts) {
            (Effect::Flow, Parts::One { course, part }) => Some((*course, part)),
            _ => None,
        }
    }

    /// Currents of the cells from `start` on: adds what they are worth to `sum`, goes to the end of the step, and adds what
    /// arrives there. Delta synapses move `sum` too.
    #[inline(always)]
    pub fn flow(&mut self, start: usize, arriving: &[T], sum: &mut [T]) {
        match self.effect {
            Effect::Kick(unit) => push(unit, arriving, sum),
            _ => self.parts.pass(start, arriving, |i, at, stands| sum[i] = at.mul_add(stands, sum[i])),
        }
    }

    /// The same where channels open at potentials `u`: `conductance` and `current` (the sum of g e_rev) are what is asked for.
    /// Delta synapses wait for [`Inlet::kick`].
    #[inline(always)]
    pub fn open(&mut self, start: usize, u: &[T], arriving: &[T], conductance: &mut [T], current: &mut [T]) {
        match self.effect {
            Effect::Kick(_) => {}
            Effect::Conduct { e_rev, block: Some(block) } => {
                self.parts.pass(start, arriving, |i, at, stands| {
                    let blocked = block.c * exp(-(block.per_v * u[i]));
                    let open = T::ONE / (T::ONE + blocked);
                    let (drive, g) = (e_rev - u[i], at * stands * open);
                    // Of the tangent at u: its slope is a conductance, below zero where driving out the block outweighs the drive.
                    let slope = g - g * (T::ONE - open) * (block.per_v * drive);
                    conductance[i] += slope;
                    current[i] += g.mul_add(drive, slope * u[i]);
                });
            }
            Effect::Conduct { e_rev, block: None } => self.parts.pass(start, arriving, |i, at, stands| {
                let open = at * stands;
                conductance[i] += open;
                current[i] = open.mul_add(e_rev, current[i]);
            }),
            _ => {
                self.parts.pass(start, arriving, |i, at, stands| current[i] = at.mul_add(stands, current[i]));
            }
        }
    }

    /// What delta synapses add to potentials.
    #[inline(always)]
    pub fn kick(&self, arriving: &[T], sum: &mut [T]) {
        if let Effect::Kick(unit) = self.effect {
            push(unit, arriving, sum);
        }
    }

    /// The current or the conductance of a cell, now; 0 for a delta synapse.
    pub fn value(&self, cell: usize) -> T {
        match &self.parts {
            Parts::None => T::ZERO,
            Parts::One { part, .. } => part[cell],
            // What feeds the first part is a slope; what does not is a part of it.
            Parts::Two { course, first, .. } if course.feeds != T::ZERO => first[cell],
            Parts::Two { first, second, .. } => first[cell] + second[cell],
        }
    }
}

impl<T: Real> Parts<T> {
    /// Calls with every cell, what one unit is worth in the step and how many stand there, and goes to its end.
    #[inline(always)]
    fn pass(&mut self, start: usize, arriving: &[T], mut worth: impl FnMut(usize, T, T)) {
        let n = arriving.len();
        match self {
            Self::None => {}
            Self::One { course, part } => {
                let part = &mut part[start..start + n];
                for i in 0..n {
                    worth(i, course.at, part[i]);
                    part[i] = course.decay.mul_add(part[i], course.unit * arriving[i]);
                }
            }
            Self::Two { course, first, second } => {
                let (first, second) = (&mut first[start..start + n], &mut second[start..start + n]);
                for i in 0..n {
                    let parts = [first[i], second[i]];
                    worth(i, T::ONE, course.value(parts));
                    [first[i], second[i]] = course.after(parts, arriving[i]);
                }
            }
        }
    }
}

/// `sum += factor x`.
#[inline(always)]
pub(super) fn push<T: Real>(factor: T, x: &[T], sum: &mut [T]) {
    for i in 0..sum.len() {
        sum[i] = factor.mul_add(x[i], sum[i]);
    }
}

impl<T: Real> TwoParts<T> {
    /// What stands there now is worth.
    #[inline(always)]
    fn value(&self, [first, second]: [T; 2]) -> T {
        self.at[0].mul_add(first, self.at[1] * second)
    }

    /// What stands there at the end of the step.
    #[inline(always)]
    fn after(&self, [first, second]: [T; 2], weight: T) -> [T; 2] {
        let arriving = self.unit * weight;
        [
            self.decay[0].mul_add(self.feeds.mul_add(second, first), self.jump[0] * arriving),
            self.decay[1].mul_add(second, self.jump[1] * arriving),
        ]
    }
}
