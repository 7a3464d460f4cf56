//! How far apart two trains are, when each spike leaves a trace that decays.

use super::Missing;
use duet_kernels::math::exp;

/// The squared van Rossum distance of two trains.
///
/// # Equations
/// ```text
/// f(t) = sum over spikes of exp(-(t - t_k) / tau) for t > t_k
/// D^2  = 1 / tau  integral of (f_a - f_b)^2 dt
///      = 1/2 [ sum K(a, a) + sum K(b, b) - 2 sum K(a, b) ],   K(s, t) = exp(-|s - t| / tau) over all pairs
/// ```
///
/// # Behaviour
/// One spike too many costs 1/2; two spikes far apart cost 1, and less the closer they come. For a short `tau` (ms) the
/// distance counts coincidences, for a long one it compares spike counts: D^2 -> (n_a - n_b)^2 / 2.
///
/// # References
/// - van Rossum 2001, Neural Comput. 13:751
///
/// # Errors
/// [`Missing::NoTime`] where `tau` is not above zero.
///
/// # Example
/// A spike at 10 ms and one at 20 ms: 1/2 + 1/2 - exp(-1).
/// ```
/// let squared = duet_spiking::analysis::van_rossum(&[10.0], &[20.0], 10.0).unwrap();
/// assert!((squared - (1.0 - (-1.0_f64).exp())).abs() < 1e-15);
/// ```
pub fn van_rossum(a: &[f64], b: &[f64], tau: f64) -> Result<f64, Missing> {
    if tau.is_nan() || tau <= 0.0 {
        return Err(Missing::NoTime);
    }
    // The difference of the traces, just before each spike of either train in turn: pairs in linear time.
    let (mut trace, mut time, mut sum) = (0.0, f64::NEG_INFINITY, 0.0);
    let (mut rest_a, mut rest_b) = (a, b);
    while let Some((&next, sign)) = match (rest_a.first(), rest_b.first()) {
        (Some(first), Some(second)) if second < first => Some((second, -1.0)),
        (Some(first), _) => Some((first, 1.0)),
        (None, second) => second.map(|second| (second, -1.0)),
    } {
        if trace != 0.0 {
            trace *= exp((time - next) / tau);
        }
        sum += sign * trace + 0.5;
        trace += sign;
        time = next;
        if sign > 0.0 { rest_a = &rest_a[1..] } else { rest_b = &rest_b[1..] }
    }
    // Rounding must not make two equal trains differ by less than nothing.
    Ok(sum.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against the double sum; and a distance: zero from itself, the same from either side.
        #[test]
        fn linear_time_is_the_double_sum(
            mut a in prop::collection::vec(0.0_f64..200.0, 0..20),
            mut b in prop::collection::vec(0.0_f64..200.0, 0..20),
            tau in 0.5_f64..100.0,
        ) {
            a.sort_by(f64::total_cmp);
            b.sort_by(f64::total_cmp);
            let kernel = |s: &[f64], t: &[f64]| {
                s.iter().map(|s| t.iter().map(|t| exp(-(s - t).abs() / tau)).sum::<f64>()).sum::<f64>()
            };
            let wanted = 0.5 * (kernel(&a, &a) + kernel(&b, &b) - 2.0 * kernel(&a, &b));
            let squared = van_rossum(&a, &b, tau).unwrap();
            prop_assert!((squared - wanted).abs() < 1e-10, "{} {}", squared, wanted);
            prop_assert!((squared - van_rossum(&b, &a, tau).unwrap()).abs() < 1e-10);
            prop_assert!(van_rossum(&a, &a, tau).unwrap() < 1e-10);
        }
    }

    #[test]
    fn short_and_long_limits() {
        let (a, b) = ([1.0, 50.0, 90.0], [2.0]);
        assert!(
            (van_rossum(&a, &b, 1e-3).unwrap() - 2.0).abs() < 1e-12,
            "no coincidence: 1/2 for each spike"
        );
        assert!((van_rossum(&a, &b, 1e9).unwrap() - 2.0).abs() < 1e-6, "(3 - 1)^2 / 2");
        assert_eq!(van_rossum(&a, &b, 0.0), Err(Missing::NoTime));
    }
}
