//! V first, then the rest with the new V.

use super::System;
use duet_units::{Range, parameters};

parameters! {
    /// Euler, but the potential moves first and all other variables then see where it has gone.
    ///
    /// # Equations
    /// ```text
    /// v_steps times:  V -> V + dt / v_steps · f_V(V, others)
    /// then:           x_i -> x_i + dt f_i(new V, others)      for every other variable
    /// ```
    /// # Behaviour
    /// Izhikevich's published scheme: the listing of 2003 with dt = 1 ms and two half steps of V, the script of 2004 with
    /// one. With steps that long it is part of the model: firing patterns change when dt becomes small.
    ///
    /// # References
    /// - Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569; 2004, 15:1063
    ///
    /// # Example
    /// dV/dt = w, dw/dt = V from (0, 1), dt = 0.5 ms: V = 0.5, and w sees it: 1 + 0.5 · 0.5 = 1.25.
    /// ```
    /// use duet_spiking::integrator::{Method, System};
    /// struct Pair;
    /// impl System<2> for Pair {
    ///     fn derivative(&self, _: f64, x: &[f64; 2]) -> [f64; 2] { [x[1], x[0]] }
    ///     fn diagonal(&self, _: f64, _: &[f64; 2]) -> [f64; 2] { [0.0, 0.0] }
    /// }
    /// let mut x = [0.0, 1.0];
    /// Method::Staggered(1).step(&Pair, 0.0, 0.5, &mut x);
    /// assert_eq!(x, [0.5, 1.25]);
    /// ```
    pub default struct Staggered {
        /// Euler steps of V in one time step.
        pub v_steps: usize = 2, in Range::between(1.0, 1000.0);
    }
}

pub(super) fn step<const N: usize>(
    system: &impl System<N>,
    s: f64,
    h: f64,
    v_steps: usize,
    x: &mut [f64; N],
) {
    let part = h / v_steps as f64;
    for k in 0..v_steps {
        x[0] += part * system.derivative(s + k as f64 * part, x)[0];
    }
    let slope = system.derivative(s, x);
    for i in 1..N {
        x[i] += h * slope[i];
    }
}
