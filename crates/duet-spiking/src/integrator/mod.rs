//! How a membrane's differential equations are carried over a step: one method per file.

mod euler;
mod exponential_euler;
mod rk4;
mod rkf45;
mod staggered;

pub use euler::Euler;
pub use exponential_euler::ExponentialEuler;
pub use rk4::Rk4;
pub use rkf45::Rkf45;
pub use staggered::Staggered;

pub(crate) use rkf45::Adaptive;

use duet_units::{choice, parameters};

parameters! {
    /// The closed-form solution of a step, for linear membranes.
    ///
    /// # Equations
    /// ```text
    /// dx/dt = A x + b   =>   x(t + dt) = exp(A dt) x(t) + ∫₀ᵈᵗ exp(A (dt - s)) b ds
    /// ```
    /// # Behaviour
    /// No error at any dt, as long as arrivals lie on the grid. Only `lif` with current or delta synapses has it; any other
    /// membrane refuses it by name. Spikes lie on the grid, at the end of the step that brought V over the threshold, so
    /// intervals are rounded up to whole steps. With `precise` the moment of a spike is found inside the step to the last
    /// bit, V is reset there, and the refractory period ends where it ends; spikes are recorded with that time and sent at
    /// the end of the step.
    ///
    /// # References
    /// - Rotter & Diesmann 1999, Biol. Cybern. 81:381
    /// - Morrison et al. 2007, Neural Comput. 19:47 (spikes off the grid)
    ///
    /// # Example
    /// ```
    /// let side: duet_spiking::SpikingSide = toml::from_str("integrator.exact = {}").unwrap();
    /// assert!(side.integrator.unwrap().method().is_none()); // nothing to approximate
    /// ```
    pub default struct Exact {
        /// Whether spikes are found inside the step instead of at its end.
        pub precise: bool = false;
    }
}

choice! {
    /// How a membrane is carried over a time step.
    pub enum Integrator: "integrator" {
        Exact(Exact) = "exact",
        Euler(Euler) = "euler",
        ExponentialEuler(ExponentialEuler) = "exponential_euler",
        Staggered(Staggered) = "staggered",
        Rk4(Rk4) = "rk4",
        Rkf45(Rkf45) = "rkf45",
    }
}

/// N coupled differential equations over one time step.
pub trait System<const N: usize> {
    /// dx/dt at `s` ms after the step's beginning.
    fn derivative(&self, s: f64, x: &[f64; N]) -> [f64; N];
    /// How each derivative answers to its own variable, d(dx_i/dt)/dx_i: what exponential Euler needs.
    fn diagonal(&self, s: f64, x: &[f64; N]) -> [f64; N];
}

/// A method that approximates a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Forward Euler.
    Euler,
    /// Exponential Euler.
    ExponentialEuler,
    /// V first, in a number of Euler steps, then the others with the new V.
    Staggered(usize),
    /// Classical Runge-Kutta.
    Rk4,
    /// Runge-Kutta-Fehlberg with this tolerance; spikes are located inside the step.
    Rkf45(f64),
}

impl Integrator {
    /// The method of approximation; `None` for the exact solution.
    pub fn method(&self) -> Option<Method> {
        match self {
            Self::Exact(_) => None,
            Self::Euler(_) => Some(Method::Euler),
            Self::ExponentialEuler(_) => Some(Method::ExponentialEuler),
            Self::Staggered(staggered) => Some(Method::Staggered(staggered.v_steps)),
            Self::Rk4(_) => Some(Method::Rk4),
            Self::Rkf45(rkf45) => Some(Method::Rkf45(rkf45.tolerance)),
        }
    }
}

impl Integrator {
    /// Whether spikes of an exact step are found inside it.
    pub fn is_precise(&self) -> bool {
        matches!(self, Self::Exact(exact) if exact.precise)
    }

    /// Whether spikes are found inside the step, whatever the method.
    pub fn locates_spikes(&self) -> bool {
        self.is_precise() || matches!(self, Self::Rkf45(_))
    }
}

impl Method {
    /// Carries `x` from `s` over `h` ms in one step of the method, whatever its error.
    pub fn step<const N: usize>(self, system: &impl System<N>, s: f64, h: f64, x: &mut [f64; N]) {
        match self {
            Self::Euler => euler::step(system, s, h, x),
            Self::ExponentialEuler => exponential_euler::step(system, s, h, x),
            Self::Staggered(v_steps) => staggered::step(system, s, h, v_steps, x),
            Self::Rk4 => rk4::step(system, s, h, x),
            Self::Rkf45(_) => {
                rkf45::step(system, s, h, x);
            }
        }
    }
}

/// x + h d, element by element.
fn along<const N: usize>(x: &[f64; N], h: f64, d: &[f64; N]) -> [f64; N] {
    std::array::from_fn(|i| x[i] + h * d[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_kernels::math::{cos, exp, sin};

    /// dx/dt = -x/2 + cos t, dy/dt = x - y: linear, driven, with a known solution.
    struct Driven {
        t0: f64,
    }

    impl System<2> for Driven {
        fn derivative(&self, s: f64, x: &[f64; 2]) -> [f64; 2] {
            [-0.5 * x[0] + cos(self.t0 + s), x[0] - x[1]]
        }

        fn diagonal(&self, _: f64, _: &[f64; 2]) -> [f64; 2] {
            [-0.5, -1.0]
        }
    }

    /// From (1, 0). x: particular solution (0.5 cos t + sin t) / 1.25 and exp(-t/2); y: what x makes of it, and exp(-t).
    fn solution(t: f64) -> [f64; 2] {
        let particular = |t: f64| [0.4 * cos(t) + 0.8 * sin(t), 0.6 * sin(t) - 0.2 * cos(t)];
        let ([x, y], [x0, y0]) = (particular(t), particular(0.0));
        let slow = (1.0 - x0) * exp(-0.5 * t);
        [x + slow, y + 2.0 * slow - (y0 + 2.0 * (1.0 - x0)) * exp(-t)]
    }

    fn error(method: Method, steps: usize) -> [f64; 2] {
        let (h, mut x) = (4.0 / steps as f64, [1.0, 0.0]);
        for k in 0..steps {
            method.step(&Driven { t0: k as f64 * h }, 0.0, h, &mut x);
        }
        let exact = solution(4.0);
        std::array::from_fn(|i| (x[i] - exact[i]).abs())
    }

    /// Of a variable that is driven from outside, and of one that follows another. Exponential Euler sees the drive at
    /// mid-step and the other variable at the step's beginning.
    #[test]
    fn every_method_has_its_order() {
        for (method, orders) in [
            (Method::Euler, [1.0, 1.0]),
            (Method::ExponentialEuler, [2.0, 1.0]),
            (Method::Staggered(2), [1.0, 1.0]),
            (Method::Rk4, [4.0, 4.0]),
            (Method::Rkf45(1e-9), [5.0, 5.0]),
        ] {
            let (coarse, fine) = (error(method, 40), error(method, 80));
            for (variable, order) in orders.into_iter().enumerate() {
                let observed = duet_kernels::math::log2(coarse[variable] / fine[variable]);
                assert!((observed - order).abs() < 0.25, "{method:?}, {variable}: observed order {observed}");
            }
        }
    }
}
