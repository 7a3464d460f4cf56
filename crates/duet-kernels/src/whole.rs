//! The nearest whole number, halves away from zero: one by one or by the list.
//!
//! The same at every level: the level changes the speed and not a bit.
//!
//! # Example
//! Delays of 0.24, 0.25 and 9 ms in steps of 0.1 ms, at least 1 and at most 50.
//! ```
//! use duet_kernels::whole;
//! assert_eq!((whole::rounded(2.5), whole::rounded(-2.5)), (3, -3));
//! let mut steps = [0; 3];
//! whole::in_units(&[0.24, 0.25, 9.0], 0.1, (1, 50), &mut steps);
//! assert_eq!(steps, [2, 3, 50]);
//! ```

use crate::dispatch::{Arithmetic, dispatch};
use crate::{CpuLevel, Real};

/// The nearest whole number, cut off at the ends of 32 bits: `f64::round` without a call or a branch.
#[inline(always)]
pub fn rounded(x: f64) -> i32 {
    /// 1.5 times 2^52: a sum with it has no room for a fraction, and the whole number stands in its low bits.
    const WHOLE: f64 = 6_755_399_441_055_744.0;
    let x = x.max(f64::from(i32::MIN)).min(f64::from(i32::MAX));
    let even = (x + WHOLE) - WHOLE;
    // Halves went to the even neighbour: half of them towards zero.
    let away =
        f64::from(u8::from(x - even == 0.5 && x > 0.0)) - f64::from(u8::from(x - even == -0.5 && x < 0.0));
    (even + away + WHOLE).to_bits() as i32
}

/// `whole[i]` = x\[i\] / unit, rounded and not beyond the ends; of negative numbers the lower 16 bits.
///
/// # Panics
/// If the slices differ in length.
pub fn in_units<T: Real>(x: &[T], unit: T, ends: (i32, i32), whole: &mut [u16]) {
    T::in_units_at(CpuLevel::current(), x, unit, ends, whole);
}

dispatch! {
    /// Rounding of a list.
    pub trait Rounding<T> {
        /// [`in_units`] at a level.
        fn in_units_at(x: &[T], unit: T, ends: (i32, i32), whole: &mut [u16]) = in_units_body;
    }
}

#[inline(always)]
fn in_units_body<T: Real, A: Arithmetic>(x: &[T], unit: T, ends: (i32, i32), whole: &mut [u16]) {
    assert_eq!(x.len(), whole.len(), "as many whole numbers as numbers");
    for (&x, whole) in x.iter().zip(whole) {
        *whole = rounded((x / unit).to_f64()).max(ends.0).min(ends.1) as u16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLOSE_TO_HALF: [f64; 8] =
        [0.5, -0.5, 1.5, 2.5, -2.5, 0.5_f64.next_down(), 1e9 + 0.5, 2_147_483_646.5];
    const OTHERS: [f64; 8] = [0.0, 3.0, -7.0, 0.3, -0.7, 1e300, -1e300, f64::INFINITY];

    #[test]
    fn the_nearest_whole_number() {
        for x in CLOSE_TO_HALF.into_iter().chain(OTHERS) {
            for x in [x, x.next_up(), x.next_down(), -x] {
                assert_eq!(rounded(x), x.round() as i32, "{x:e}");
            }
        }
    }

    #[test]
    fn every_level_rounds_the_same() {
        let x: Vec<f64> = CLOSE_TO_HALF.into_iter().chain(OTHERS).cycle().take(67).collect();
        for level in CpuLevel::ALL.into_iter().filter(|level| *level <= CpuLevel::detected()) {
            let mut whole = vec![0; x.len()];
            f64::in_units_at(level, &x, 0.25, (-32_000, 32_000), &mut whole);
            for (x, whole) in x.iter().zip(whole) {
                let expected = (x / 0.25).round().clamp(-32_000.0, 32_000.0);
                assert_eq!(f64::from(whole.cast_signed()), expected, "{x:e}, {level}");
            }
        }
    }
}
