//! Forward Euler.

use super::{System, along};
use duet_units::parameters;

parameters! {
    /// The derivative at the beginning of the step, taken for the whole step.
    ///
    /// # Equations
    /// ```text
    /// x(t + dt) = x(t) + dt f(t, x(t))
    /// ```
    /// # Behaviour
    /// First order: half the step, half the error. Unstable where dt exceeds twice the shortest time constant. What many
    /// scripts use, and why their results depend on dt.
    ///
    /// # References
    /// - Press et al. 2007, Numerical Recipes, section 17.1
    ///
    /// # Example
    /// One step of 0.1 ms of dx/dt = -x from 1: 0.9 (exact: 0.9048).
    /// ```
    /// use duet_spiking::integrator::{Method, System};
    /// struct Decay;
    /// impl System<1> for Decay {
    ///     fn derivative(&self, _: f64, x: &[f64; 1]) -> [f64; 1] { [-x[0]] }
    ///     fn diagonal(&self, _: f64, _: &[f64; 1]) -> [f64; 1] { [-1.0] }
    /// }
    /// let mut x = [1.0];
    /// Method::Euler.step(&Decay, 0.0, 0.1, &mut x);
    /// assert_eq!(x, [0.9]);
    /// ```
    pub default struct Euler {}
}

pub(super) fn step<const N: usize>(system: &impl System<N>, s: f64, h: f64, x: &mut [f64; N]) {
    *x = along(x, h, &system.derivative(s, x));
}
