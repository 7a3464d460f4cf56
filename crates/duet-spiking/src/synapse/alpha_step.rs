//! What a current that begins with a slope does to a membrane in one step.

use duet_kernels::math::{exp, exp_m1};

/// The potential (mV) that a current s exp(-s/tau) pA, which begins with a slope of 1 pA/ms, leaves on a membrane after `h` ms.
///
/// The second off-diagonal element of the joint propagator of an alpha function and a membrane (Rotter & Diesmann 1999),
/// (1/c_m) ∫₀ʰ exp(-(h-s)/tau_m) s exp(-s/tau) ds = (h²/c_m) exp(-h/tau) q(y) with q(y) = (eʸ - 1 - y)/y² and
/// y = h/tau - h/tau_m. It has no cancellation, so it holds for tau_m near tau and at tau_m = tau.
pub fn second_response(c_m: f64, tau_m: f64, tau: f64, h: f64) -> f64 {
    let y = h / tau - h / tau_m;
    let share = if y.abs() < 1.0 {
        exp(-h / tau) * remainder(y)
    } else {
        // The same with exp(-h/tau) multiplied out: neither factor overflows.
        (exp(-h / tau_m) - (1.0 + y) * exp(-h / tau)) / (y * y)
    };
    h * h / c_m * share
}

/// q(y) = (eʸ - 1 - y)/y², 1/2 at 0: by its series where the difference would cancel.
pub(super) fn remainder(y: f64) -> f64 {
    if y.abs() >= 1.0 {
        return (exp_m1(y) - y) / (y * y);
    }
    // 1/2! + y/3! + y²/4! + ..., from its smallest term on: the 19th is below the last bit.
    (3..=20).rev().fold(1.0, |sum, n| 1.0 + sum * y / f64::from(n)) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_propagator_is_the_convolution() {
        let by_quadrature = |tau_m: f64, tau: f64, h: f64| {
            let n = 200_000;
            let ds = h / n as f64;
            let slice = |k: usize| {
                let s = (k as f64 + 0.5) * ds;
                s * exp(-(h - s) / tau_m - s / tau)
            };
            (0..n).map(slice).sum::<f64>() * ds / 250.0
        };
        for (tau_m, tau) in [(10.0, 2.0), (10.0, 10.0), (10.0, 10.0 + 1e-9), (2.0, 30.0), (20.0, 0.1)] {
            for h in [0.1, 3.0, 12.0] {
                let (exact, sum) = (second_response(250.0, tau_m, tau, h), by_quadrature(tau_m, tau, h));
                assert!((exact / sum - 1.0).abs() < 1e-7, "{tau_m} {tau} {h}: {exact} {sum}");
            }
        }
    }

    #[test]
    fn series_and_closed_form_meet() {
        for y in [1.0 - 1e-12, -1.0 + 1e-12] {
            let closed = (exp_m1(y) - y) / (y * y);
            assert!((remainder(y) / closed - 1.0).abs() < 1e-14, "{y}");
        }
        assert_eq!(remainder(0.0), 0.5);
    }

    #[test]
    fn long_steps_do_not_overflow() {
        for (tau_m, tau) in [(1.0, 0.01), (0.01, 1.0), (1.0, 1.0)] {
            assert!(second_response(250.0, tau_m, tau, 5000.0).abs() < 1e-300);
        }
    }
}
