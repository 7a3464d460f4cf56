//! The one `exp`, `ln`, `tanh` ... that all crates use.
//!
//! The standard library's forms go to the platform's own mathematical library, whose last bits differ between systems
//! and even between processors. These are pure Rust (the crate `libm`), so equal arguments give equal bits everywhere.
//! Errors are below one unit in the last place or close to it.

/// The exponential function e^x.
#[inline]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// e^x - 1, accurate near zero.
#[inline]
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// (e^x - 1) / x, which is 1 at zero: 1 / `exprel` is how ions and gates rectify, x / (e^x - 1).
#[inline]
pub fn exprel(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { exp_m1(x) / x }
}

/// The natural logarithm; -inf at 0, NaN below.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// [`ln`] of a normal number above 0, without branches, so that a loop over it becomes vector instructions.
///
/// The operations of `libm`'s logarithm in its order, and so its bits; that is FreeBSD's `e_log.c` (Sun Microsystems 1993):
/// `x = 2^k (1 + f)` with 1 + f in [sqrt(1/2), sqrt(2)], s = f / (2 + f), and a polynomial in s^2.
#[inline(always)]
pub(crate) fn ln_of_positive(x: f64) -> f64 {
    /// The upper half of sqrt(1/2), and of what takes it to 1.
    const ROOT: u64 = 0x3fe6_a09e << 32;
    const TO_ONE: u64 = (0x3ff0_0000 << 32) - ROOT;
    /// 2^52, whose last digit is worth 1.
    const WHOLE: f64 = 4_503_599_627_370_496.0;
    let shifted = x.to_bits().wrapping_add(TO_ONE);
    let k = f64::from_bits(WHOLE.to_bits() | shifted >> 52) - (WHOLE + 1023.0);
    let f = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff) + ROOT) - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (LG[1] + w * (LG[3] + w * LG[5]));
    let odd = z * (LG[0] + w * (LG[2] + w * (LG[4] + w * LG[6])));
    s * (half_square + (odd + even)) + k * LN_2[1] - half_square + f + k * LN_2[0]
}

/// ln 2: what a product with a small whole number leaves exact, and the rest.
const LN_2: [f64; 2] = [6.931_471_803_691_238e-1, 1.908_214_929_270_587_7e-10];

/// ln((1 + s)/(1 - s)) = 2 s + s (s^2 L_1 + s^4 L_2 + ...).
const LG: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// ln(1 + x), accurate near zero.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// The logarithm to base 10; -inf at 0, NaN below.
#[inline]
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// The logarithm to base 2; -inf at 0, NaN below.
#[inline]
pub fn log2(x: f64) -> f64 {
    libm::log2(x)
}

/// The hyperbolic tangent.
#[inline]
pub fn tanh(x: f64) -> f64 {
    libm::tanh(x)
}

/// The sine of `x` radians.
#[inline]
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// The cosine of `x` radians.
#[inline]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// The angle of the point (`x`, `y`) from the positive x axis, in radians from -pi to pi.
#[inline]
pub fn atan2(y: f64, x: f64) -> f64 {
    libm::atan2(y, x)
}

/// The error function, 2/sqrt(pi) times the integral of exp(-t^2) from 0 to `x`.
#[inline]
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// The complementary error function 1 - erf(x), accurate where erf(x) is near 1.
#[inline]
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// The scaled complementary error function e^(x^2) erfc(x), which falls as 1 / (sqrt(pi) x) where erfc(x) itself underflows;
/// infinite below about -26.6.
///
/// From 4 on it is the continued fraction 1/sqrt(pi) 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))) (Abramowitz & Stegun
/// 7.1.14), which needs no exponential of a large number.
pub fn erfcx(x: f64) -> f64 {
    const INVERSE_ROOT_PI: f64 = core::f64::consts::FRAC_2_SQRT_PI / 2.0;
    // At 4 so many leave 3e-21 of the value unknown; beyond, less.
    const TERMS: u32 = 30;
    if x.is_nan() || x < 4.0 {
        return exp(x * x) * erfc(x);
    }
    // The terms after the first are below the last bit, and their squares beyond what a double holds.
    if x > 1e8 {
        return INVERSE_ROOT_PI / x;
    }
    let below = (1..=TERMS).rev().fold(x, |below, k| x + 0.5 * f64::from(k) / below);
    INVERSE_ROOT_PI / below
}

/// The square root, correctly rounded; NaN below zero.
#[inline]
pub fn sqrt(x: f64) -> f64 {
    libm::sqrt(x)
}

/// The natural logarithm of the absolute value of the gamma function.
#[inline]
pub fn lgamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// `base` to the power of `exponent`; NaN for a negative base with a fractional exponent.
#[inline]
pub fn pow(base: f64, exponent: f64) -> f64 {
    libm::pow(base, exponent)
}

#[cfg(test)]
mod tests {
    use core::f64::consts::{E, LN_2, LN_10, PI};

    /// Two units in the last place, or the same infinity.
    fn assert_close(got: f64, want: f64, what: &str) {
        let ok = got == want || (got - want).abs() <= 2.0 * f64::EPSILON * want.abs();
        assert!(ok, "{what}: got {got:e}, want {want:e}");
    }

    #[test]
    fn a_logarithm_without_branches_has_the_same_bits() {
        for i in 0..400_000_u64 {
            // From 2^-60 to 2^60, mantissas all over; and both ends of the reduction.
            let bits = (963 + i % 120) << 52 | i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 12;
            let x = f64::from_bits(bits);
            assert_eq!(super::ln_of_positive(x).to_bits(), super::ln(x).to_bits(), "{x:e}");
        }
        for x in [f64::MIN_POSITIVE, f64::MAX, 0.5, 2.0, core::f64::consts::FRAC_1_SQRT_2] {
            for x in [x.next_down().max(f64::MIN_POSITIVE), x, x.next_up().min(f64::MAX)] {
                assert_eq!(super::ln_of_positive(x).to_bits(), super::ln(x).to_bits(), "{x:e}");
            }
        }
    }

    // Values: Abramowitz & Stegun's tables and exact identities, to 17 digits.
    #[test]
    fn known_values() {
        assert_close(super::exp(1.0), E, "exp(1)");
        assert_close(super::exp(-20.0), 2.061_153_622_438_558e-9, "exp(-20)");
        assert_close(super::exp_m1(1e-10), 1.000_000_000_05e-10, "exp_m1(1e-10)");
        assert_close(super::exprel(1.0), E - 1.0, "exprel(1)");
        assert_close(super::exprel(-1e-8), 0.999_999_995, "exprel(-1e-8)");
        assert_close(super::ln(10.0), LN_10, "ln(10)");
        assert_close(super::ln_1p(1e-10), 9.999_999_999_5e-11, "ln_1p(1e-10)");
        assert_close(super::log10(2.0), LN_2 / LN_10, "log10(2)");
        assert_close(super::log2(10.0), LN_10 / LN_2, "log2(10)");
        assert_close(super::tanh(0.5), 0.462_117_157_260_009_76, "tanh(0.5)");
        assert_close(super::sin(PI / 6.0), 0.5, "sin(pi/6)");
        assert_close(super::cos(1.0), 0.540_302_305_868_139_7, "cos(1)");
        assert_close(super::atan2(1.0, -1.0), 0.75 * PI, "atan2(1, -1)");
        assert_close(super::pow(2.0, 0.5), core::f64::consts::SQRT_2, "2^0.5");
        assert_close(super::erf(1.0), 0.842_700_792_949_714_9, "erf(1)");
        assert_close(super::erfc(3.0), 2.209_049_699_858_544e-5, "erfc(3)");
        assert_close(super::erfcx(0.0), 1.0, "erfcx(0)");
        assert_close(super::erfcx(1.0), 0.427_583_576_155_807, "erfcx(1)");
        assert_close(super::erfcx(-1.0), 5.008_980_080_762_283, "erfcx(-1)");
        assert_close(super::erfcx(4.0), 0.136_999_457_625_061_4, "erfcx(4)");
        assert_close(super::erfcx(10.0), 0.056_140_992_743_822_59, "erfcx(10)");
        assert_close(super::erfcx(1e10), 5.641_895_835_477_563e-11, "erfcx(1e10)");
        assert_close(super::sqrt(2.0), core::f64::consts::SQRT_2, "sqrt(2)");
        assert_close(super::lgamma(0.5), 0.572_364_942_924_700_1, "lgamma(1/2) = ln(sqrt(pi))");
        assert_close(super::lgamma(11.0), 15.104_412_573_075_516, "lgamma(11) = ln(10!)");
    }

    #[test]
    fn edges() {
        assert_eq!(super::exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(super::exp(710.0), f64::INFINITY);
        assert_eq!((super::exprel(0.0), super::exprel(1e-320)), (1.0, 1.0));
        assert_eq!((super::exprel(1000.0), super::exprel(-1e300)), (f64::INFINITY, 1e-300));
        assert_eq!(super::ln(0.0), f64::NEG_INFINITY);
        assert!(super::ln(-1.0).is_nan() && super::sqrt(-1.0).is_nan() && super::pow(-1.0, 0.5).is_nan());
        assert_eq!(super::tanh(400.0), 1.0);
        assert_eq!(super::erf(f64::INFINITY), 1.0);
        assert_eq!((super::erfcx(f64::INFINITY), super::erfcx(-30.0)), (0.0, f64::INFINITY));
        assert!(super::erfcx(f64::NAN).is_nan());
    }
}
