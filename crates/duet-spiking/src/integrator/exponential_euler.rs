//! Exponential Euler.

use super::System;
use duet_kernels::math::exp_m1;
use duet_units::parameters;

parameters! {
    /// Every variable relaxes exponentially, as if all others stood still for the step.
    ///
    /// # Equations
    /// ```text
    /// x_i(t + dt) = x_i + f_i (exp(J_i dt) - 1) / J_i        J_i = df_i/dx_i
    ///                                                        x at the beginning of the step, what drives it at its middle
    /// ```
    /// For a gate with dx/dt = (x_inf - x) / tau this is x_inf + (x - x_inf) exp(-dt/tau).
    ///
    /// # Behaviour
    /// First order where variables act on each other, but stable at any dt where they decay: the workhorse for
    /// Hodgkin-Huxley equations. Of a conductance or a current that changes by itself over the step it sees the value at
    /// mid-step, so that a membrane of one variable is followed to second order.
    ///
    /// # References
    /// - Moore & Ramon 1974, J. Theor. Biol. 45:249; MacGregor 1987, Neural and Brain Modeling
    ///
    /// # Example
    /// dx/dt = -x is followed exactly: exp(-0.1) after 0.1 ms.
    /// ```
    /// use duet_spiking::integrator::{Method, System};
    /// struct Decay;
    /// impl System<1> for Decay {
    ///     fn derivative(&self, _: f64, x: &[f64; 1]) -> [f64; 1] { [-x[0]] }
    ///     fn diagonal(&self, _: f64, _: &[f64; 1]) -> [f64; 1] { [-1.0] }
    /// }
    /// let mut x = [1.0];
    /// Method::ExponentialEuler.step(&Decay, 0.0, 0.1, &mut x);
    /// assert!((x[0] - 0.904_837_418_035_96).abs() < 1e-14);
    /// ```
    pub default struct ExponentialEuler {}
}

pub(super) fn step<const N: usize>(system: &impl System<N>, s: f64, h: f64, x: &mut [f64; N]) {
    // A conductance that decays is followed on the average of the step, not from its highest value.
    let middle = s + 0.5 * h;
    let (slope, diagonal) = (system.derivative(middle, x), system.diagonal(middle, x));
    for i in 0..N {
        let z = diagonal[i] * h;
        // (exp(z) - 1) / z without cancellation; 1 where the variable does not act on itself.
        let share = if z == 0.0 { 1.0 } else { exp_m1(z) / z };
        x[i] += h * share * slope[i];
    }
}
