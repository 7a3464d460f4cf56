//! How many patterns a Hopfield memory holds: the theory for many units, which simulations are held against.

use core::f64::consts::FRAC_2_SQRT_PI;
use duet_kernels::math::{erf, erfc, exp};

/// The probability that one update of a stored pattern turns a bit over, at `load` patterns per unit: the others' crosstalk
/// is normal with variance `load`, and a bit turns where it exceeds 1.
///
/// ```text
/// P = 1/2 erfc(sqrt(1 / (2 load)))
/// ```
///
/// # References
/// - Hertz, Krogh & Palmer (1991), section 2.2 and table 2.1.
///
/// ```
/// assert!((duet_ann::one_step_error(0.138) - 0.0036).abs() < 5e-5); // as the table prints it
/// ```
pub fn one_step_error(load: f64) -> f64 {
    if load > 0.0 { 0.5 * erfc((0.5 / load).sqrt()) } else { 0.0 }
}

/// The largest load at which stored patterns are recalled, and their overlap with what is recalled there.
///
/// ```
/// let (load, overlap) = duet_ann::largest_load();
/// assert!((load - 0.138).abs() < 5e-4 && (overlap - 0.967).abs() < 5e-4); // Amit, Gutfreund & Sompolinsky (1985)
/// ```
pub fn largest_load() -> (f64, f64) {
    let y = turning_point();
    (load(y), erf(y))
}

/// Where a network of many units comes to rest near a stored pattern, as the overlap m with it (1: no bit is wrong; the share
/// of wrong bits is (1 - m) / 2); 0 where nothing holds it there. Without noise, from replica theory.
///
/// ```text
/// m = erf(y),   erf(y) = y (sqrt(2 load) + 2 / sqrt(pi) exp(-y^2))        the largest y that solves it
/// ```
///
/// # References
/// - Amit, Gutfreund & Sompolinsky (1985), Physical Review Letters 55; Hertz, Krogh & Palmer (1991), section 2.5.
///
/// ```
/// assert!(duet_ann::overlap(0.05) > 0.9999 && duet_ann::overlap(0.15) == 0.0);
/// ```
pub fn overlap(patterns_per_unit: f64) -> f64 {
    let least = turning_point();
    if patterns_per_unit <= 0.0 {
        return 1.0;
    }
    if patterns_per_unit > load(least) {
        return 0.0;
    }
    // The load falls all the way out from the turning point.
    let mut far = 2.0 * least;
    while load(far) > patterns_per_unit {
        far *= 2.0;
    }
    erf(crossing(least, far, |y| load(y) - patterns_per_unit))
}

/// The load at which the overlap is erf(y).
fn load(y: f64) -> f64 {
    let root = erf(y) / y - FRAC_2_SQRT_PI * exp(-y * y);
    0.5 * root * root
}

/// The y of the largest load: where the slope of the root above is zero.
fn turning_point() -> f64 {
    crossing(1.0, 2.0, |y| FRAC_2_SQRT_PI * exp(-y * y) * (1.0 / y + 2.0 * y) - erf(y) / (y * y))
}

/// Where a function that falls from positive to negative is zero, by halving.
fn crossing(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if f(middle) > 0.0 { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// To 16 digits, from a program that computes with forty.
    #[test]
    fn the_turning_point_is_the_known_one() {
        let (load, overlap) = largest_load();
        assert!((load - 0.137_905_566_494_931_7).abs() < 1e-14, "{load}");
        assert!((overlap - 0.967_417_115_685_291_6).abs() < 1e-9, "{overlap}");
    }

    #[test]
    fn the_overlap_solves_its_equation() {
        for patterns in [0.01, 0.05, 0.1, 0.12, 0.13, 0.1379] {
            let m = overlap(patterns);
            assert!(m > 0.967 && m <= 1.0, "{patterns}: {m}");
            if m < 1.0 - 1e-9 {
                // y back from m by halving, and both sides of the equation.
                let y = crossing(0.0, 6.0, |y| m - erf(y));
                let right = y * ((2.0 * patterns).sqrt() + FRAC_2_SQRT_PI * exp(-y * y));
                assert!((m - right).abs() < 1e-7, "{patterns}: {m} {right}");
            }
        }
        assert_eq!((overlap(0.0), overlap(0.14)), (1.0, 0.0));
    }
}
