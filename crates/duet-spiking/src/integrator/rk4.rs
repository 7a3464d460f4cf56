//! The classical Runge-Kutta method.

use super::{System, along};
use duet_units::parameters;

parameters! {
    /// Four looks at the derivative: at the beginning, twice in the middle, at the end.
    ///
    /// # Equations
    /// ```text
    /// x(t + dt) = x + dt/6 (k1 + 2 k2 + 2 k3 + k4)
    /// k1 = f(t, x)   k2 = f(t + dt/2, x + dt/2 k1)   k3 = f(t + dt/2, x + dt/2 k2)   k4 = f(t + dt, x + dt k3)
    /// ```
    /// # Behaviour
    /// Fourth order between spikes: half the step, a sixteenth of the error. Spikes stay on the grid, so spike times are
    /// first order. The default of every membrane that has no exact solution.
    ///
    /// # References
    /// - Press et al. 2007, Numerical Recipes, section 17.1
    ///
    /// # Example
    /// One step of 0.1 ms of dx/dt = -x from 1: 1 - 0.1 + 0.1²/2 - 0.1³/6 + 0.1⁴/24 = 0.9048375.
    /// ```
    /// use duet_spiking::integrator::{Method, System};
    /// struct Decay;
    /// impl System<1> for Decay {
    ///     fn derivative(&self, _: f64, x: &[f64; 1]) -> [f64; 1] { [-x[0]] }
    ///     fn diagonal(&self, _: f64, _: &[f64; 1]) -> [f64; 1] { [-1.0] }
    /// }
    /// let mut x = [1.0];
    /// Method::Rk4.step(&Decay, 0.0, 0.1, &mut x);
    /// assert!((x[0] - 0.904_837_5).abs() < 1e-15);
    /// ```
    pub default struct Rk4 {}
}

pub(super) fn step<const N: usize>(system: &impl System<N>, s: f64, h: f64, x: &mut [f64; N]) {
    let half = 0.5 * h;
    let k1 = system.derivative(s, x);
    let k2 = system.derivative(s + half, &along(x, half, &k1));
    let k3 = system.derivative(s + half, &along(x, half, &k2));
    let k4 = system.derivative(s + h, &along(x, h, &k3));
    for i in 0..N {
        x[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
    }
}
