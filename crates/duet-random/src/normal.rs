//! Normal numbers, one word each.

use crate::Stream;

impl Stream {
    /// A number from the normal distribution with mean 0 and standard deviation 1.
    ///
    /// The quantile of a uniform number (the upper 52 bits of one word, plus one half, times 2^-52), so the number at a
    /// position is known without those before it. Its size is at most 8.21.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        quantile(self.between())
    }

    /// Up to [`NORMALS`] streams' next [`Stream::normal`] at once, the same bits: most of them come from one polynomial,
    /// which goes through all of them side by side.
    ///
    /// # Panics
    /// If there are more streams.
    pub fn normals<'a>(streams: impl Iterator<Item = &'a mut Self>) -> [f64; NORMALS] {
        let mut p = [0.5; NORMALS];
        streams.enumerate().for_each(|(i, stream)| p[i] = stream.between());
        let mut x = [0.0; NORMALS];
        // A loop of known length, which compilers turn into vectors; of `map` they make calls.
        for i in 0..NORMALS {
            x[i] = center(p[i] - 0.5);
        }
        for (x, p) in x.iter_mut().zip(p) {
            if (p - 0.5).abs() > CENTER {
                *x = quantile(p);
            }
        }
        x
    }

    /// A number within (0, 1), never an end.
    #[inline]
    fn between(&mut self) -> f64 {
        ((self.word() >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
    }
}

/// How many numbers [`Stream::normals`] draws at most.
pub const NORMALS: usize = 8;

/// How far from 1/2 the first of Wichura's three pieces reaches.
const CENTER: f64 = 0.425;

/// The number that a standard normal variable stays below with probability `p` in (0, 1).
///
/// Relative error about 1e-16. Source: Wichura (1988), Algorithm AS 241: the percentage points of the normal distribution,
/// Applied Statistics 37: 477-484 (routine PPND16).
fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= CENTER {
        return center(q);
    }
    let tail = if q < 0.0 { p } else { 1.0 - p };
    let r = libm::sqrt(-libm::log(tail));
    let x = if r <= 5.0 {
        polynomial(&MIDDLE_NUMERATOR, r - 1.6) / polynomial(&MIDDLE_DENOMINATOR, r - 1.6)
    } else {
        polynomial(&FAR_NUMERATOR, r - 5.0) / polynomial(&FAR_DENOMINATOR, r - 5.0)
    };
    x.copysign(q)
}

/// The quantile of 1/2 + `q`, |q| at most [`CENTER`].
#[inline]
fn center(q: f64) -> f64 {
    let r = 0.180_625 - q * q;
    polynomial(&CENTER_NUMERATOR, r) * q / polynomial(&CENTER_DENOMINATOR, r)
}

/// Horner's rule; `coefficients` from the constant upwards.
#[inline]
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
    use super::quantile;
    use crate::{Key, Stream};

    // Agree with an independent program (Python's own inv_cdf over a second Philox) to the last bit. Never to move.
    #[test]
    fn golden_values() {
        let mut stream = Key::new(7).stream("normal", 0);
        let want = [1.147_342_231_708_946_8, -1.169_993_754_265_867_8, 0.061_808_474_928_569_6];
        assert_eq!([stream.normal(), stream.normal(), stream.normal()], want);
    }

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

    #[test]
    fn many_at_once_are_the_same_bits() {
        let streams = || (0..8).map(|i| Key::new(3).stream("normals", i)).collect::<Vec<_>>();
        let (mut together, mut alone) = (streams(), streams());
        for count in (1..=8).cycle().take(2000) {
            let got = Stream::normals(together[..count].iter_mut());
            for (got, stream) in got.into_iter().zip(&mut alone[..count]) {
                assert_eq!(got.to_bits(), stream.normal().to_bits());
            }
        }
        assert_eq!(together, alone);
    }

    #[test]
    fn moments_within_five_standard_errors() {
        let n = 200_000_u32;
        let mut stream = Key::new(41).stream("normal", 9);
        let mut sums = [0.0; 4];
        for _ in 0..n {
            let x = stream.normal();
            for (sum, power) in sums.iter_mut().zip([x, x * x, x * x * x, x * x * x * x]) {
                *sum += power;
            }
        }
        assert_eq!(stream.position(), u64::from(n));
        let n = f64::from(n);
        // Moments 0, 1, 0, 3; the variances of x, x^2, x^3, x^4 are 1, 2, 15, 96.
        for (sum, (moment, variance)) in
            sums.into_iter().zip([(0.0, 1.0), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)])
        {
            let error: f64 = sum / n - moment;
            assert!(error.abs() < 5.0 * f64::sqrt(variance / n), "moment {moment}: off by {error}");
        }
    }
}
