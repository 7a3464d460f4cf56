//! The delayed-rectifier potassium channel of the squid axon: opens slowly (n) and brings the membrane back.
//!
//! # Equations
//! ```text
//! I_K = g_k n^4 (V - e_k)
//! alpha_n = 0.01 (V + 55) / (1 - exp(-(V + 55)/10))      beta_n = 0.125 exp(-(V + 65)/80)
//! ```
//! V in mV with rest near -65 mV, rates per ms at 6.3 °C. At V = -55 mV alpha_n reads 0/0; its limit is 0.1.
//!
//! # References
//! - Hodgkin & Huxley 1952, J. Physiol. 117:500, eqs. 12 and 13 (shifted to rest at -65 mV, depolarisation upwards)

use super::Rates;
use duet_kernels::math::{exp, exprel};

/// n, which opens on depolarisation within milliseconds.
///
/// ```
/// use duet_spiking::channel::potassium::activation;
/// assert_eq!(activation(-55.0).alpha, 0.1); // the limit of 0/0
/// // At -65 mV: 0.1 · 1 / (e - 1) = 0.0582 and 0.125 per ms.
/// assert!((activation(-65.0).steady() - 0.317_676_914_061).abs() < 1e-12);
/// ```
pub fn activation(v: f64) -> Rates {
    // x / (exp(x) - 1) with x = -(V + 55)/10.
    Rates { alpha: 0.1 / exprel(-(v + 55.0) / 10.0), beta: 0.125 * exp(-(v + 65.0) / 80.0) }
}

/// The share of channels that conduct.
pub fn open(n: f64) -> f64 {
    let squared = n * n;
    squared * squared
}

#[cfg(test)]
mod tests {
    use super::activation;

    #[test]
    fn the_rate_is_smooth_where_its_formula_is_not() {
        for x in [1e-2, 1e-4, 1e-8, 1e-12, -1e-12, -1e-6, -1e-2] {
            let series = 0.1 * (1.0 + x / 2.0 + x * x / 12.0 - x * x * x * x / 720.0);
            let got = activation(-55.0 + 10.0 * x).alpha;
            assert!((got - series).abs() < 1e-14, "{x}: {got} {series}");
        }
    }
}
