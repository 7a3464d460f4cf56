//! Normal numbers: quantiles of uniform ones, one by one or by the hundred.
//!
//! A word of 64 random bits is a uniform number in (0, 1): its upper 52 bits, plus one half, times 2^-52. Wichura's quantile has
//! three pieces. The inner one, 85 % of all numbers, is one polynomial by another, which goes through many numbers side by
//! side; so does the middle one, once its numbers are put together.
//!
//! Source: Wichura 1988, Algorithm AS 241: the percentage points of the normal distribution, Applied Statistics 37: 477-484
//! (routine PPND16).

use crate::CpuLevel;
use crate::math::{ln, ln_of_positive};
use crate::philox::{Finish, TOGETHER, fill_at};

/// How far from 1/2 the first of Wichura's three pieces reaches.
const CENTER: f64 = 0.425;

/// The root of -ln(tail) to which the second reaches.
const MIDDLE: f64 = 5.0;

/// A number within (0, 1), never an end, from the upper bits of a word.
#[inline]
pub fn between(word: u64) -> f64 {
    const TWO_52: f64 = 4_503_599_627_370_496.0;
    // 52 bits below the exponent of 2^52: an integer in every processor's lanes, which have no conversion of their own.
    let integer = f64::from_bits(TWO_52.to_bits() | word >> 12) - TWO_52;
    (integer + 0.5) * (1.0 / TWO_52)
}

/// The quantiles of a Philox4x32-10 stream's words, from block `first` on, in the order of [`philox::words`](crate::philox::words).
///
/// ```
/// let mut x = [0.0; 3];
/// duet_kernels::normal::fill([0, 0], 0, 0, &mut x);
/// // The first words of this stream stand in the generator's known answers: 0xe169c58d6627e8d5 is 0.8805 of 2^64.
/// assert_eq!(x[0], duet_kernels::normal::quantile(duet_kernels::normal::between(0xe169_c58d_6627_e8d5)));
/// assert!((x[0] - 1.1775).abs() < 1e-3);
/// ```
pub fn fill(key: [u32; 2], first: u64, entity: u64, x: &mut [f64]) {
    fill_at::<Quantiles>(CpuLevel::current(), key, first, entity, x);
}

/// What makes normal numbers of words.
struct Quantiles;

impl Finish for Quantiles {
    type Number = f64;

    #[inline(always)]
    fn finish(words: &[u64; TOGETHER]) -> [f64; TOGETHER] {
        let mut p = [0.0; TOGETHER];
        for i in 0..TOGETHER {
            p[i] = between(words[i]);
        }
        quantiles(p)
    }
}

/// [`quantile`] of many.
#[inline(always)]
fn quantiles(p: [f64; TOGETHER]) -> [f64; TOGETHER] {
    let mut x = [0.0; TOGETHER];
    for i in 0..TOGETHER {
        x[i] = center(p[i] - 0.5);
    }
    // The others, put together.
    let (mut outer, mut count) = ([0; TOGETHER], 0);
    for i in 0..TOGETHER {
        outer[count] = i;
        count += usize::from((p[i] - 0.5).abs() > CENTER);
    }
    let outer = &outer[..count];
    let (mut roots, mut sizes) = ([0.0; TOGETHER], [0.0; TOGETHER]);
    for (tail, &i) in roots.iter_mut().zip(outer) {
        *tail = p[i].min(1.0 - p[i]);
    }
    for (r, size) in roots[..count].iter_mut().zip(&mut sizes) {
        *r = (-ln_of_positive(*r)).sqrt();
        *size = middle(*r);
    }
    for ((&i, &size), &r) in outer.iter().zip(&sizes).zip(&roots) {
        let size = if r <= MIDDLE { size } else { far(r) };
        x[i] = size.copysign(p[i] - 0.5);
    }
    x
}

/// The number that a standard normal variable stays below with probability `p` in (0, 1).
///
/// Relative error about 1e-16. Source: Wichura (1988), Algorithm AS 241: the percentage points of the normal distribution,
/// Applied Statistics 37: 477-484 (routine PPND16).
pub fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= CENTER {
        return center(q);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = (-ln(tail)).sqrt();
    let x = if r <= MIDDLE { middle(r) } else { far(r) };
    x.copysign(q)
}

/// The quantile of 1/2 + `q`, |q| at most [`CENTER`].
#[inline(always)]
fn center(q: f64) -> f64 {
    let r = 0.180_625 - q * q;
    polynomial(&CENTER_NUMERATOR, r) * q / polynomial(&CENTER_DENOMINATOR, r)
}

/// The size of the quantile whose tail is exp(-r^2), r at most [`MIDDLE`].
#[inline(always)]
fn middle(r: f64) -> f64 {
    polynomial(&MIDDLE_NUMERATOR, r - 1.6) / polynomial(&MIDDLE_DENOMINATOR, r - 1.6)
}

/// The same beyond.
fn far(r: f64) -> f64 {
    polynomial(&FAR_NUMERATOR, r - 5.0) / polynomial(&FAR_DENOMINATOR, r - 5.0)
}

/// Horner's rule; `coefficients` from the constant upwards.
#[inline(always)]
fn polynomial(coefficients: &[f64; 8], x: f64) -> f64 {
    let mut value = coefficients[7];
    for &c in coefficients[..7].iter().rev() {
        value = value * x + c;
    }
    value
}

// Wichura's coefficients a, b (center), c, d (middle), e, f (far).
const CENTER_NUMERATOR: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTER_DENOMINATOR: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const MIDDLE_NUMERATOR: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    0.000_774_545_014_278_341_4,
];
const MIDDLE_DENOMINATOR: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    0.000_547_593_808_499_534_5,
    1.050_750_071_644_416_9e-9,
];
const FAR_NUMERATOR: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_DENOMINATOR: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    0.000_786_869_131_145_613_3,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    // Tables of the normal distribution.
    #[test]
    fn known_quantiles() {
        for (p, want) in [
            (0.5, 0.0),
            (0.75, 0.674_489_750_196_081_7),
            (0.975, 1.959_963_984_540_054),
            (0.999, 3.090_232_306_167_813_5),
            (1e-10, -6.361_340_902_404_056),
            (1e-15, -7.941_345_326_170_997),
        ] {
            assert!((quantile(p) - want).abs() < 4e-15 * (1.0 + want.abs()), "p = {p}: {}", quantile(p));
        }
    }

    // Independent of Wichura: the distribution function of the quantile is the probability, in all three pieces.
    #[test]
    fn quantile_inverts_the_distribution_function() {
        for k in 1..=53 {
            for mantissa in [1.0, 1.3, 1.7] {
                let p = mantissa * libm::exp2(-f64::from(k)) * 0.5;
                let x = quantile(p);
                let back = 0.5 * libm::erfc(-x / core::f64::consts::SQRT_2);
                // An error of one unit in x grows by x^2 in p.
                assert!((back / p - 1.0).abs() < 1e-15 * (4.0 + x * x), "p = {p:e}: {back:e}");
                // 1 - p is exact enough to compare only where p is not tiny.
                if k < 20 {
                    assert!((quantile(1.0 - p) + x).abs() < 1e-15 / p, "p = {p:e} and 1 - p differ");
                }
            }
        }
    }

    #[test]
    fn the_extreme_words_are_finite_and_opposite() {
        let smallest = 0.5 / 4_503_599_627_370_496.0;
        assert!(quantile(smallest) > -8.21);
        assert_eq!(quantile(1.0 - smallest), -quantile(smallest));
    }

    /// The quantiles of the same stream's words, to the bit; and the far piece, which so few numbers reach that it is asked apart.
    #[test]
    fn many_at_once_are_the_same_bits() {
        let (mut words, mut x) = (vec![0; 1000], vec![0.0; 1000]);
        for level in CpuLevel::ALL.into_iter().filter(|level| *level <= CpuLevel::detected()) {
            crate::philox::words([3, 4], 9, 5, &mut words);
            fill_at::<Quantiles>(level, [3, 4], 9, 5, &mut x);
            let same = |(x, &word): (&f64, &u64)| x.to_bits() == quantile(between(word)).to_bits();
            assert!(x.iter().zip(&words).all(same), "{level}");
        }
        let mut p = [0.5; TOGETHER];
        p[..6].copy_from_slice(&[1e-16, 1.0 - 1e-15, 0.01, 0.925, 0.075, 1e-12]);
        assert_eq!(quantiles(p), p.map(quantile));
    }
}
