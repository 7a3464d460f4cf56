//! The sodium channel of the squid axon: opens fast (m), is blocked slowly (h).
//!
//! # Equations
//! ```text
//! I_Na = g_na m^3 h (V - e_na)
//! alpha_m = 0.1 (V + 40) / (1 - exp(-(V + 40)/10))       beta_m = 4 exp(-(V + 65)/18)
//! alpha_h = 0.07 exp(-(V + 65)/20)                        beta_h = 1 / (1 + exp(-(V + 35)/10))
//! ```
//! V in mV with rest near -65 mV, rates per ms at 6.3 °C. At V = -40 mV alpha_m reads 0/0; its limit is 1.
//!
//! # References
//! - Hodgkin & Huxley 1952, J. Physiol. 117:500, eqs. 20, 21, 23, 24 (shifted to rest at -65 mV, depolarisation upwards)

use super::Rates;
use duet_kernels::math::{exp, exprel};

/// m, which opens on depolarisation within a fraction of a millisecond.
///
/// ```
/// use duet_spiking::channel::sodium::activation;
/// assert_eq!(activation(-40.0).alpha, 1.0); // the limit of 0/0
/// // At -65 mV: 2.5 / (e^2.5 - 1) = 0.2236 and 4 per ms, so 5.3 % are open.
/// assert!((activation(-65.0).steady() - 0.052_932_485_257_2).abs() < 1e-12);
/// ```
pub fn activation(v: f64) -> Rates {
    // x / (exp(x) - 1) with x = -(V + 40)/10.
    Rates { alpha: 1.0 / exprel(-(v + 40.0) / 10.0), beta: 4.0 * exp(-(v + 65.0) / 18.0) }
}

/// h, which closes on depolarisation within milliseconds and so ends the spike.
///
/// ```
/// use duet_spiking::channel::sodium::inactivation;
/// // At -65 mV: 0.07 and 1 / (1 + e^3) = 0.0474 per ms.
/// assert!((inactivation(-65.0).steady() - 0.596_120_753_508).abs() < 1e-12);
/// ```
pub fn inactivation(v: f64) -> Rates {
    Rates { alpha: 0.07 * exp(-(v + 65.0) / 20.0), beta: 1.0 / (1.0 + exp(-(v + 35.0) / 10.0)) }
}

/// The share of channels that conduct.
pub fn open(m: f64, h: f64) -> f64 {
    m * m * m * h
}

#[cfg(test)]
mod tests {
    use super::activation;

    #[test]
    fn the_rate_is_smooth_where_its_formula_is_not() {
        // alpha_m = 1 + x/2 + x^2/12 - x^4/720 with x = (V + 40)/10.
        for x in [1e-2, 1e-4, 1e-6, 1e-8, 1e-12, -1e-12, -1e-6, -1e-2] {
            let series = 1.0 + x / 2.0 + x * x / 12.0 - x * x * x * x / 720.0;
            let got = activation(-40.0 + 10.0 * x).alpha;
            // -40 + 10 x is rounded to 7e-15.
            assert!((got - series).abs() < 1e-14, "{x}: {got} {series}");
        }
    }
}
