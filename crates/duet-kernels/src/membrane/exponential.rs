//! Exponentials without branches and tables, so that a loop over them becomes vector instructions.
//!
//! # Equations
//! ```text
//! x = n ln 2 + r,  n the nearest integer      e^x = 2^n e^r      e^r = 1 + r + r^2 P(r)
//! ```
//! P interpolates (e^r - 1 - r) / r^2 at the Chebyshev nodes of |r| <= ln 2 / 2 (f32, to 1e-8 of e^r), or is Taylor's
//! (f64, to 4e-18). n ln 2 is subtracted in two parts, of which the first is exact. Arguments are held within [-87, 88]
//! (f32) and [-708, 709] (f64), where 2^n has a normal number; NaN stays NaN. A product and a sum are rounded once: nearly half
//! of the operations, and every processor since 2013 has it. Older ones do it by many others, slowly, to the same bits.
//!
//! # Behaviour
//! Within 1.5e-7 (f32) and 4e-16 (f64) of e^x, relatively; e^x - 1 within 2.5e-7 and 6e-16 of itself, down to the smallest x.
//! These are not the functions of [`crate::math`], and their bits differ from those.
//!
//! # References
//! - Cody & Waite 1980, Software Manual for the Elementary Functions, chapter 6
//!
//! # Example
//! ```
//! use duet_kernels::membrane::exponential::{exp, exp_m1};
//! assert_eq!((exp(0.0_f32), exp_m1(0.0_f32)), (1.0, 0.0));
//! assert!((exp(1.0_f64) - core::f64::consts::E).abs() < 5e-16);
//! assert_eq!(exp_m1(1e-30_f32), 1e-30);
//! ```

use crate::dispatch::Arithmetic;
use crate::{CpuLevel, Real};

/// A number whose exponential can be taken in lanes.
pub trait Exponential: Sized {
    /// The ends of the arguments for which 2^n is a normal number.
    const ENDS: [Self; 2];
    /// (2^n, e^r - 1), of which e^x is made, for x within the ends.
    #[must_use]
    fn exp_parts(self) -> (Self, Self);
}

macro_rules! exponential {
    ($float:ident, low: $low:literal, high: $high:literal, round: $round:literal, ln_2: $ln_2:expr, bias: $bias:literal,
     mantissa: $mantissa:literal, polynomial: $polynomial:expr) => {
        impl Exponential for $float {
            const ENDS: [Self; 2] = [$low, $high];

            #[inline(always)]
            fn exp_parts(self) -> (Self, Self) {
                let x = self;
                // So large a sum has no room for a fraction: it rounds to the nearest integer, whose low bits stand in its own.
                let rounded = x.mul_add(core::$float::consts::LOG2_E, $round);
                let n = rounded - $round;
                let [high, low]: [$float; 2] = $ln_2;
                let r = n.mul_add(-low, n.mul_add(-high, x));
                let [first, rest @ ..] = $polynomial;
                let mut p: $float = first;
                for c in rest {
                    p = p.mul_add(r, c);
                }
                let power = $float::from_bits(rounded.to_bits().wrapping_add($bias) << $mantissa);
                (power, (r * r).mul_add(p, r))
            }
        }
    };
}

exponential!(
    f32, low: -87.0, high: 88.0, round: 12_582_912.0, ln_2: [355.0 / 512.0, -2.121_944_4e-4], bias: 127, mantissa: 23,
    polynomial: [1.392_632_6e-3, 8.363_293e-3, 0.041_666_554, 0.166_665_76, 0.5]
);
exponential!(
    f64, low: -708.0, high: 709.0, round: 6_755_399_441_055_744.0,
    ln_2: [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10], bias: 1023, mantissa: 52,
    polynomial: [
        1.0 / 6_227_020_800.0, 1.0 / 479_001_600.0, 1.0 / 39_916_800.0, 1.0 / 3_628_800.0, 1.0 / 362_880.0,
        1.0 / 40_320.0, 1.0 / 5_040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5,
    ]
);

/// e^x.
#[inline(always)]
pub fn exp<T: Real>(x: T) -> T {
    exp_within(not_above(not_below(x)))
}

/// e^x - 1, accurate near zero.
#[inline(always)]
pub fn exp_m1<T: Real>(x: T) -> T {
    exp_m1_within(not_above(not_below(x)))
}

/// e^x of an argument that is known to lie within the ends.
#[inline(always)]
pub(super) fn exp_within<T: Real>(x: T) -> T {
    let (power, rest) = x.exp_parts();
    power.mul_add(rest, power)
}

/// e^x - 1 of an argument that is known to lie within the ends.
#[inline(always)]
pub(super) fn exp_m1_within<T: Real>(x: T) -> T {
    let (power, rest) = x.exp_parts();
    power.mul_add(rest, power - T::ONE)
}

/// e^x - 1 of an argument that is known not to be positive.
#[inline(always)]
pub(super) fn exp_m1_below<T: Real>(x: T) -> T {
    exp_m1_within(not_below(x))
}

// Both written out, because a NaN has to go through.
#[inline(always)]
fn not_below<T: Real>(x: T) -> T {
    if x < T::ENDS[0] { T::ENDS[0] } else { x }
}

#[inline(always)]
fn not_above<T: Real>(x: T) -> T {
    if x > T::ENDS[1] { T::ENDS[1] } else { x }
}

/// (e^x - 1) / x, which is 1 at zero: the mean of e^(x s) over s from 0 to 1.
#[inline(always)]
pub fn exprel<T: Real>(x: T) -> T {
    let e = exp_m1(x);
    if x == T::ZERO { T::ONE } else { e / x }
}

/// `x = e^x`.
pub fn exp_all<T: Real>(x: &mut [T]) {
    T::exp_all_at(CpuLevel::current(), x);
}

#[inline(always)]
pub(super) fn exp_all_body<T: Real, A: Arithmetic>(x: &mut [T]) {
    for x in x {
        *x = exp(*x);
    }
}

#[cfg(test)]
mod tests {
    use super::{exp, exp_m1, exprel};
    use crate::Real;
    use crate::math;

    fn error<T: Real>(got: T, want: f64) -> f64 {
        (got.to_f64() - want).abs() / want.abs()
    }

    #[test]
    fn single_precision_over_all_its_range() {
        // Every 997th number of either sign, from the smallest on.
        let (mut worst, mut worst_m1) = (0.0_f64, 0.0_f64);
        for bits in (1..88.0_f32.to_bits()).step_by(997) {
            for x in [f32::from_bits(bits), -f32::from_bits(bits)] {
                let x = x.clamp(-87.0, 88.0);
                worst = worst.max(error(exp(x), math::exp(f64::from(x))));
                worst_m1 = worst_m1.max(error(exp_m1(x), math::exp_m1(f64::from(x))));
            }
        }
        assert!(worst < 1.5e-7 && worst_m1 < 2.5e-7, "{worst:e} {worst_m1:e}");
    }

    #[test]
    fn single_precision_where_gates_and_membranes_are() {
        // Every number of these stretches, ends of the reduced range among them.
        for from in [-0.3466_f32, 0.3465, -1.0397, -5.0, 3.0] {
            for bits in from.to_bits()..from.to_bits() + 20_000 {
                let x = f32::from_bits(bits);
                assert!(error(exp(x), math::exp(f64::from(x))) < 1.5e-7, "{x}");
                assert!(error(exp_m1(x), math::exp_m1(f64::from(x))) < 2.5e-7, "{x}");
            }
        }
    }

    #[test]
    fn double_precision_over_all_its_range() {
        let (mut worst, mut worst_m1) = (0.0_f64, 0.0_f64);
        for i in 0..400_000 {
            let share = f64::from(i) / 400_000.0;
            for x in [1417.0 * share - 708.0, 4.0 * share - 2.0, 1e-9 * share] {
                worst = worst.max(error(exp(x), math::exp(x)));
                if x != 0.0 {
                    worst_m1 = worst_m1.max(error(exp_m1(x), math::exp_m1(x)));
                }
            }
        }
        assert!(worst < 4e-16 && worst_m1 < 6e-16, "{worst:e} {worst_m1:e}");
    }

    #[test]
    fn edges() {
        assert_eq!((exp(0.0_f32), exp(-0.0_f32), exp_m1(0.0_f64)), (1.0, 1.0, 0.0));
        assert_eq!((exp(1e9_f32), exp(f32::INFINITY)), (exp(88.0), exp(88.0)));
        assert_eq!((exp(-1e9_f32), exp(f32::NEG_INFINITY)), (exp(-87.0), exp(-87.0)));
        assert_eq!((exp(1e9_f64), exp(f64::NEG_INFINITY)), (exp(709.0), exp(-708.0)));
        assert!(exp(f32::NAN).is_nan() && exp_m1(f64::NAN).is_nan());
        assert_eq!((exprel(0.0_f32), exprel(-0.0_f64), exprel(1e-40_f32)), (1.0, 1.0, 1.0));
        assert!((exprel(1.0_f64) - (core::f64::consts::E - 1.0)).abs() < 1e-15);
    }
}
