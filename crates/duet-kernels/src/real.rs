//! The float type an engine is generic over: `f32` where size counts, `f64` where a number is the point.

use core::fmt::Debug;
use core::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

use crate::elementwise::Elementwise;
use crate::matmul::Products;
use crate::membrane::Membranes;
use crate::membrane::exponential::Exponential;
use crate::sparse::SparseProducts;
use crate::unrolled::Unrolled;
use crate::whole::Rounding;
use crate::window::Windows;

/// A floating-point number: `f32` or `f64`, and nothing else.
///
/// Every function gives the same bits on every platform: the basic operations are IEEE 754's, and `exp`, `ln` and
/// `tanh` are those of [`crate::math`] (for `f32`, the same library's single-precision forms).
///
/// ```
/// use duet_kernels::Real;
///
/// fn relu<T: Real>(x: T) -> T {
///     x.max(T::ZERO)
/// }
/// assert_eq!(relu(-1.5_f32), 0.0);
/// assert_eq!(relu(1.5_f64), 1.5);
/// assert!(relu(f64::NAN).is_nan());
/// ```
pub trait Real:
    Copy
    + PartialOrd
    + Debug
    + Default
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Products<Self>
    + Windows<Self>
    + SparseProducts<Self>
    + Elementwise<Self>
    + Exponential
    + Membranes<Self>
    + Unrolled<Self>
    + Rounding<Self>
{
    /// The number 0.
    const ZERO: Self;
    /// The number 1.
    const ONE: Self;
    /// The gap between 1 and the next larger number.
    const EPSILON: Self;

    /// The number nearest to `x`.
    fn from_f64(x: f64) -> Self;
    /// The number nearest to a whole number.
    fn from_i32(x: i32) -> Self;
    /// This number as `f64`, exactly.
    fn to_f64(self) -> f64;
    /// The absolute value.
    #[must_use]
    fn abs(self) -> Self;
    /// The square root, correctly rounded; NaN below zero.
    #[must_use]
    fn sqrt(self) -> Self;
    /// The larger of the two; `self` where they cannot be compared, so a NaN in `self` is never hidden.
    #[must_use]
    fn max(self, other: Self) -> Self;
    /// The smaller of the two; `self` where they cannot be compared, so a NaN in `self` is never hidden.
    #[must_use]
    fn min(self, other: Self) -> Self;
    /// `self * factor + term`, rounded once.
    #[must_use]
    fn mul_add(self, factor: Self, term: Self) -> Self;
    /// The exponential function.
    #[must_use]
    fn exp(self) -> Self;
    /// The natural logarithm.
    #[must_use]
    fn ln(self) -> Self;
    /// The hyperbolic tangent.
    #[must_use]
    fn tanh(self) -> Self;
    /// Four rows of four numbers as four columns.
    #[must_use]
    fn turned(rows: [[Self; 4]; 4]) -> [[Self; 4]; 4];
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
    /// Not a number.
    fn is_nan(self) -> bool;
}

macro_rules! real {
    ($float:ident, exp: $exp:path, ln: $ln:path, tanh: $tanh:path, turned: $turned:path) => {
        impl Real for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const EPSILON: Self = $float::EPSILON;

            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $float
            }
            #[inline(always)]
            fn from_i32(x: i32) -> Self {
                x as $float
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $float::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $float::sqrt(self)
            }
            // Written out: the standard `max` and `min` leave the sign of zero open and drop a NaN.
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if other > self { other } else { self }
            }
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if other < self { other } else { self }
            }
            #[inline(always)]
            fn mul_add(self, factor: Self, term: Self) -> Self {
                $float::mul_add(self, factor, term)
            }
            #[inline]
            fn exp(self) -> Self {
                $exp(self)
            }
            #[inline]
            fn ln(self) -> Self {
                $ln(self)
            }
            #[inline]
            fn tanh(self) -> Self {
                $tanh(self)
            }
            #[inline(always)]
            fn turned(rows: [[Self; 4]; 4]) -> [[Self; 4]; 4] {
                $turned(rows)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $float::is_finite(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $float::is_nan(self)
            }
        }
    };
}

real!(f32, exp: libm::expf, ln: libm::logf, tanh: libm::tanhf, turned: turned_f32);
real!(f64, exp: crate::math::exp, ln: crate::math::ln, tanh: crate::math::tanh, turned: turned);

#[inline(always)]
fn turned<T: Copy>(rows: [[T; 4]; 4]) -> [[T; 4]; 4] {
    core::array::from_fn(|i| rows.map(|row| row[i]))
}

/// The same in eight shuffles, which the compiler does not find by itself.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn turned_f32(rows: [[f32; 4]; 4]) -> [[f32; 4]; 4] {
    use core::arch::x86_64::{__m128, _mm_movehl_ps, _mm_movelh_ps, _mm_unpackhi_ps, _mm_unpacklo_ps};
    // SAFETY: four floats and a vector of four are the same bytes, and SSE is part of every x86-64.
    unsafe {
        let [a, b, c, d] = core::mem::transmute::<[[f32; 4]; 4], [__m128; 4]>(rows);
        let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        let (more_ab, more_cd) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        core::mem::transmute::<[__m128; 4], [[f32; 4]; 4]>([
            _mm_movelh_ps(ab, cd),
            _mm_movehl_ps(cd, ab),
            _mm_movelh_ps(more_ab, more_cd),
            _mm_movehl_ps(more_cd, more_ab),
        ])
    }
}

#[cfg(not(target_arch = "x86_64"))]
use turned as turned_f32;

#[cfg(test)]
mod tests {
    use super::Real;

    fn laws<T: Real>(tolerance: f64) {
        let close = |x: T, want: f64| assert!((x.to_f64() - want).abs() < tolerance, "{x:?} {want}");
        assert_eq!(T::from_f64(0.0), T::ZERO);
        assert_eq!(T::default(), T::ZERO);
        assert_eq!(T::from_f64(1.0), T::ONE);
        assert!(T::ONE + T::EPSILON > T::ONE);
        assert_eq!(T::ONE + T::EPSILON / T::from_f64(2.0), T::ONE);
        assert_eq!((-T::ONE).abs(), T::ONE);
        assert_eq!(T::from_f64(9.0).sqrt(), T::from_f64(3.0));
        close(T::ONE.exp(), core::f64::consts::E);
        close(T::from_f64(2.0).ln(), core::f64::consts::LN_2);
        close(T::ONE.tanh(), 0.761_594_155_955_764_9);
        assert_eq!(T::from_f64(2.0).mul_add(T::from_f64(3.0), T::ONE), T::from_f64(7.0));
        let rows: [[T; 4]; 4] =
            core::array::from_fn(|i| core::array::from_fn(|j| T::from_f64((10 * i + j) as f64)));
        for (j, column) in T::turned(rows).iter().enumerate() {
            assert_eq!(*column, rows.map(|row| row[j]));
        }
        assert!(!T::ZERO.ln().is_finite() && T::ONE.is_finite());
    }

    #[test]
    fn both_floats_keep_the_laws() {
        laws::<f32>(3e-7);
        laws::<f64>(1e-15);
    }

    fn nan_in_self_is_kept<T: Real>() {
        let nan = T::from_f64(f64::NAN);
        assert!(!nan.max(T::ONE).is_finite() && !nan.min(T::ONE).is_finite());
        assert_eq!(T::ONE.max(nan), T::ONE);
        assert_eq!(T::ONE.max(T::ZERO), T::ONE);
        assert_eq!(T::ONE.min(T::ZERO), T::ZERO);
    }

    #[test]
    fn max_and_min_do_not_hide_a_nan() {
        nan_in_self_is_kept::<f32>();
        nan_in_self_is_kept::<f64>();
    }
}
