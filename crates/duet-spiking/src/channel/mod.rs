//! Channels: gates that open and close with the voltage, one channel per file.
//!
//! # Equations
//! ```text
//! dx/dt = alpha(V) (1 - x) - beta(V) x          x: share of gates that are open
//!       = (x_inf - x) / tau_x                   x_inf = alpha / (alpha + beta),  tau_x = 1 / (alpha + beta)
//! I = g x^k (V - E)
//! ```
//! Rates are per ms at the temperature at which they were measured; warmth makes all of them faster by the same factor
//! ([`crate::ion::q10`]).

pub mod leak;
pub mod potassium;
pub mod sodium;
pub mod traub_miles;

/// How fast a gate opens and closes at one voltage, per ms.
///
/// ```
/// use duet_spiking::channel::Rates;
/// let rates = Rates { alpha: 1.0, beta: 3.0 };
/// assert_eq!((rates.steady(), rates.time_constant()), (0.25, 0.25));
/// assert_eq!(rates.slope(0.5), 1.0 * 0.5 - 3.0 * 0.5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Of the closed gates, how many open per ms.
    pub alpha: f64,
    /// Of the open gates, how many close per ms.
    pub beta: f64,
}

impl Rates {
    /// The share of open gates after a long time at this voltage.
    pub fn steady(self) -> f64 {
        self.alpha / (self.alpha + self.beta)
    }

    /// The time constant in ms with which it is approached.
    pub fn time_constant(self) -> f64 {
        1.0 / (self.alpha + self.beta)
    }

    /// dx/dt per ms.
    pub fn slope(self, x: f64) -> f64 {
        self.alpha * (1.0 - x) - self.beta * x
    }

    /// The same gate where everything runs `phi` times faster.
    #[must_use]
    pub fn faster(self, phi: f64) -> Self {
        Self { alpha: phi * self.alpha, beta: phi * self.beta }
    }

    /// The share of open gates `dt` ms later, by the trapezoidal rule: second order where `self` holds in the middle of
    /// the step, and without an exponential.
    pub fn trapezoid(self, x: f64, dt: f64) -> f64 {
        let half = 0.5 * dt * (self.alpha + self.beta);
        ((1.0 - half) * x + dt * self.alpha) / (1.0 + half)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_kernels::math::exp;

    #[test]
    fn a_gate_at_rest_stays_and_a_moved_one_returns_with_its_time_constant() {
        let rates = sodium::activation(-50.0);
        let rest = rates.steady();
        assert!(rates.slope(rest).abs() < 1e-15);
        assert!((rates.trapezoid(rest, 0.1) - rest).abs() < 1e-15);
        // Half the step, a quarter of the error.
        let error = |steps: usize| {
            let dt = 0.2 / steps as f64;
            let x = (0..steps).fold(1.0, |x, _| rates.trapezoid(x, dt));
            (x - rest - (1.0 - rest) * exp(-0.2 / rates.time_constant())).abs()
        };
        let order = duet_kernels::math::log2(error(20) / error(40));
        assert!((order - 2.0).abs() < 0.01, "{order}");
    }
}
