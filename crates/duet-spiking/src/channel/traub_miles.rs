//! Sodium and delayed-rectifier potassium channels of hippocampal pyramidal cells, as networks of point neurons use them.
//!
//! # Equations
//! ```text
//! I_Na = g_na m^3 h (V - e_na)           I_K = g_k n^4 (V - e_k)           u = V - v_t
//! alpha_m = 0.32 (13 - u) / (exp((13 - u)/4) - 1)        beta_m = 0.28 (u - 40) / (exp((u - 40)/5) - 1)
//! alpha_h = 0.128 exp((17 - u)/18)                        beta_h = 4 / (1 + exp((40 - u)/5))
//! alpha_n = 0.032 (15 - u) / (exp((15 - u)/5) - 1)       beta_n = 0.5 exp((10 - u)/40)
//! ```
//! Rates per ms at 36 °C. Where a formula reads 0/0 its limit holds: alpha_m(13) = 1.28, beta_m(40) = 1.4, alpha_n(15) = 0.16.
//!
//! # References
//! - Traub & Miles 1991, Neuronal Networks of the Hippocampus, Cambridge University Press
//! - Brette et al. 2007, J. Comput. Neurosci. 23:349, appendix B

use super::Rates;
use duet_kernels::math::{exp, exprel};

/// m, which opens on depolarisation within a tenth of a millisecond.
///
/// ```
/// use duet_spiking::channel::traub_miles::sodium_activation;
/// assert_eq!(sodium_activation(13.0).alpha, 1.28);
/// assert_eq!(sodium_activation(40.0).beta, 1.4);
/// ```
pub fn sodium_activation(u: f64) -> Rates {
    Rates { alpha: 1.28 / exprel((13.0 - u) / 4.0), beta: 1.4 / exprel((u - 40.0) / 5.0) }
}

/// h, which closes on depolarisation and ends the spike.
///
/// ```
/// use duet_spiking::channel::traub_miles::sodium_inactivation;
/// assert_eq!((sodium_inactivation(17.0).alpha, sodium_inactivation(40.0).beta), (0.128, 2.0));
/// ```
pub fn sodium_inactivation(u: f64) -> Rates {
    Rates { alpha: 0.128 * exp((17.0 - u) / 18.0), beta: 4.0 / (1.0 + exp((40.0 - u) / 5.0)) }
}

/// n, which opens on depolarisation within a few milliseconds and brings the membrane back.
///
/// ```
/// use duet_spiking::channel::traub_miles::potassium_activation;
/// assert_eq!((potassium_activation(15.0).alpha, potassium_activation(10.0).beta), (0.16, 0.5));
/// ```
pub fn potassium_activation(u: f64) -> Rates {
    Rates { alpha: 0.16 / exprel((15.0 - u) / 5.0), beta: 0.5 * exp((10.0 - u) / 40.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formulas as they are printed, away from their gaps, and continuity across them.
    #[test]
    fn the_rates_are_those_of_the_paper() {
        for u in [-40.0, -3.3, 0.0, 12.0, 22.2, 39.0, 71.0, 110.0] {
            let (m, h, n) = (sodium_activation(u), sodium_inactivation(u), potassium_activation(u));
            let printed = [
                (m.alpha, 0.32 * (13.0 - u) / (exp((13.0 - u) / 4.0) - 1.0)),
                (m.beta, 0.28 * (u - 40.0) / (exp((u - 40.0) / 5.0) - 1.0)),
                (h.alpha, 0.128 * exp((17.0 - u) / 18.0)),
                (h.beta, 4.0 / (1.0 + exp((40.0 - u) / 5.0))),
                (n.alpha, 0.032 * (15.0 - u) / (exp((15.0 - u) / 5.0) - 1.0)),
                (n.beta, 0.5 * exp((10.0 - u) / 40.0)),
            ];
            for (rate, printed) in printed {
                assert!((rate - printed).abs() < 1e-12 * printed, "{u}: {rate} {printed}");
            }
        }
        for x in [1e-3, 1e-7, 1e-11, -1e-11, -1e-5] {
            assert!((sodium_activation(13.0 + x).alpha - 1.28 - 0.16 * x).abs() < 1e-7);
            assert!((sodium_activation(40.0 + x).beta - 1.4 + 0.14 * x).abs() < 1e-7);
            assert!((potassium_activation(15.0 + x).alpha - 0.16 - 0.016 * x).abs() < 1e-8);
        }
    }
}
