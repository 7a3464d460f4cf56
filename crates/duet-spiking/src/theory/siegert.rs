//! The rate of a leaky integrate-and-fire cell whose input is a mean and a noise.
//!
//! ```text
//! tau_m dV/dt = mu - V + sigma sqrt(tau_m) xi(t),   <xi(t) xi(t')> = delta(t - t')
//! 1/nu = t_ref + tau_m sqrt(pi) integral from (v_reset - mu)/sigma to (v_th - mu)/sigma of e^(x^2) (1 + erf x) dx
//! ```
//!
//! The membrane without a threshold has the stationary variance sigma²/2. Synapses that are not instantaneous, but
//! exponential with tau_s << tau_m, filter the noise; to first order in sqrt(tau_s/tau_m) that moves both potentials up:
//!
//! ```text
//! v -> v + sigma sqrt(tau_s/tau_m) |zeta(1/2)| / sqrt(2)
//! ```
//!
//! # Behaviour
//! Above threshold the rate is nearly that of the noiseless cell; below, noise alone drives it, and the rate falls as
//! e^(-y²) with the distance y from threshold in units of sigma, down to 0 where no double could hold it.
//!
//! # References
//! - Siegert 1951, Phys. Rev. 81:617; Ricciardi 1977, Diffusion Processes and Related Topics in Biology
//! - Brunel 2000, J. Comput. Neurosci. 8:183, equation 21
//! - Fourcaud & Brunel 2002, Neural Comput. 14:2057, equation 4.33 (the shift)

use core::f64::consts::{FRAC_1_SQRT_2, PI};
use duet_kernels::math::{erf, erfcx, exp, ln};

/// |zeta(1/2)|, Riemann's zeta function.
const ZETA_HALF: f64 = 1.460_354_508_809_586_8;

/// A leaky integrate-and-fire cell under white or slightly coloured noise.
///
/// At mu = v_th the integral runs from (v_reset - mu)/sigma = -1 to 0, where e^(x²) (1 + erf x) grows from 0.42758 to 1 by way
/// of 0.61569 at -1/2. Simpson: (0.42758 + 4 · 0.61569 + 1)/6 = 0.6484 (exactly 0.64726), so that with tau_m = 10 ms and
/// t_ref = 2 ms the interval is 2 + 10 · 1.77245 · 0.64726 = 13.4724 ms.
/// ```
/// use duet_spiking::theory::Siegert;
/// let cell = Siegert { tau_m: 10.0, t_ref: 2.0, v_th: 15.0, v_reset: 10.0, tau_s: 0.0 };
/// assert!((cell.rate(15.0, 5.0) - 1000.0 / 13.4724).abs() < 1e-3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Siegert {
    /// Membrane time constant in ms; positive.
    pub tau_m: f64,
    /// Refractory period in ms; not negative.
    pub t_ref: f64,
    /// Threshold in mV.
    pub v_th: f64,
    /// Reset potential in mV, below the threshold.
    pub v_reset: f64,
    /// Time constant in ms of exponential synapses, much shorter than tau_m; 0 for white noise.
    pub tau_s: f64,
}

impl Siegert {
    /// The rate in Hz under a mean input `mu` and a noise `sigma`, both in mV; without noise, that of the noiseless cell.
    pub fn rate(&self, mu: f64, sigma: f64) -> f64 {
        let shift = sigma * (self.tau_s / self.tau_m).sqrt() * ZETA_HALF * FRAC_1_SQRT_2;
        let place = |v: f64| (v + shift - mu) / sigma;
        let (low, high) = (place(self.v_reset), place(self.v_th));
        // So little noise that distances have no number any more is none.
        if !low.is_finite() || !high.is_finite() {
            return self.noiseless(mu);
        }
        // Both sides of 1/nu times e^(-high²) where that is small: neither the integral nor its inverse overflows.
        let scale = if high > 0.0 { exp(-high * high) } else { 1.0 };
        if scale == 0.0 {
            return 0.0;
        }
        let drift = self.tau_m * PI.sqrt() * scaled_integral(low, high, scale);
        1000.0 * scale / (self.t_ref * scale + drift)
    }

    /// The rate in Hz of the cell without noise.
    fn noiseless(&self, mu: f64) -> f64 {
        if mu <= self.v_th {
            return 0.0;
        }
        1000.0 / (self.t_ref + self.tau_m * ln((mu - self.v_reset) / (mu - self.v_th)))
    }
}

/// `scale` times the integral of e^(x²) (1 + erf x) from `low` to `high`; `scale` is e^(-high²) above 0, else 1.
///
/// Below 0 the integrand is erfcx(-x), which varies over distances of the size of x: panels grow with x. Above 0 it is
/// taken relative to its value at `high`, near which it lies within a few 1/high.
fn scaled_integral(low: f64, high: f64, scale: f64) -> f64 {
    let mut sum = 0.0;
    let mut at = high;
    while at > low.max(0.0) {
        let next = (at - 0.5_f64.min(0.5 / high)).max(low).max(0.0);
        if (at - high) * (at + high) < -45.0 {
            return sum;
        }
        sum += panel(next, at, |x| exp((x - high) * (x + high)) * (1.0 + erf(x)));
        at = next;
    }
    while at > low {
        let next = (at - 0.5_f64.max(-0.25 * at)).max(low);
        sum += scale * panel(next, at, |x| erfcx(-x));
        at = next;
    }
    sum
}

/// The integral of a smooth function over a short panel: Gauss-Legendre quadrature with ten nodes.
fn panel(from: f64, to: f64, f: impl Fn(f64) -> f64) -> f64 {
    const NODES: [(f64, f64); 5] = [
        (0.148_874_338_981_631_22, 0.295_524_224_714_752_87),
        (0.433_395_394_129_247_2, 0.269_266_719_309_996_35),
        (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
        (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
        (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
    ];
    let (middle, half) = (0.5 * (from + to), 0.5 * (to - from));
    half * NODES.iter().map(|&(x, w)| w * (f(middle - half * x) + f(middle + half * x))).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BRUNEL: Siegert = Siegert { tau_m: 20.0, t_ref: 2.0, v_th: 20.0, v_reset: 10.0, tau_s: 0.0 };

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() <= 1e-12 * want, "got {got:e}, want {want:e}");
    }

    /// Values by mpmath 1.3 with 40 digits.
    #[test]
    fn values_of_an_independent_quadrature() {
        near(BRUNEL.rate(15.0, 3.0), 2.288_043_015_777_02);
        near(BRUNEL.rate(25.0, 2.0), 42.849_613_799_210_1);
        near(BRUNEL.rate(10.0, 5.0), 0.881_923_455_975_667);
        near(BRUNEL.rate(20.0, 1.0), 14.763_103_880_520_4);
        near(BRUNEL.rate(21.0, 0.1), 20.036_591_800_966_7);
    }

    #[test]
    fn far_below_threshold_the_rate_falls_without_breaking_down() {
        let cell = Siegert { tau_m: 10.0, t_ref: 2.0, v_th: 15.0, v_reset: 0.0, tau_s: 0.0 };
        near(cell.rate(0.0, 1.0), 1.622_883_610_117_537_6e-95);
        near(cell.rate(-5.0, 0.8) / 1e-250, 5.187_591_256_304_186e-19);
        assert_eq!((cell.rate(0.0, 1e-3), cell.rate(-1e300, 1.0), cell.rate(0.0, 0.0)), (0.0, 0.0, 0.0));
    }

    #[test]
    fn far_above_threshold_the_noise_does_not_matter() {
        let want = 1000.0 / (2.0 + 20.0 * ln(390.0 / 380.0));
        assert_eq!(BRUNEL.rate(400.0, 0.0), want);
        for sigma in [1e-300, 1e-9, 1e-5] {
            near(BRUNEL.rate(400.0, sigma), want);
        }
        near(BRUNEL.rate(400.0, 0.5), 396.902_684_199_213_9);
        near(BRUNEL.rate(1e200, 1.0), 500.0);
    }

    /// The shift moves threshold and reset: the same as a mean that much lower.
    #[test]
    fn coloured_noise_lowers_the_mean() {
        let coloured = Siegert { tau_s: 0.5, ..BRUNEL };
        // sqrt(0.5/20) · 1.46035/1.41421 = 0.163272 times sigma = 3 mV
        assert!((coloured.rate(15.0, 3.0) - BRUNEL.rate(15.0 - 0.489_818, 3.0)).abs() < 1e-6);
    }

    #[test]
    fn rates_rise_with_the_mean_across_all_of_its_range() {
        for sigma in [0.01, 0.3, 3.0, 50.0] {
            let rates: Vec<f64> = (-400..400).map(|k| BRUNEL.rate(0.2 * f64::from(k), sigma)).collect();
            assert!(rates.windows(2).all(|pair| pair[0] <= pair[1]), "sigma = {sigma}");
            assert!(rates.iter().all(|rate| (0.0..500.0).contains(rate)), "sigma = {sigma}");
        }
    }
}
