//! Izhikevich's neuron: a quadratic membrane with a recovery variable.

use super::{Build, Firing, Group, InputUnit, Levels, Membrane, Model, OdeGroup, Variable};
use crate::integrator::Method;
use duet_kernels::Real;
use duet_kernels::math::sqrt;
use duet_units::{Range, Time, Voltage, parameters};

parameters! {
    /// A quadratic membrane with one recovery variable; four numbers make it any of the cortex's cell classes.
    ///
    /// # Equations
    /// ```text
    /// dV/dt = v_2 V² + v_1 V + v_0 - u + I(t)        V in mV, t in ms, u and I in mV/ms, written as bare numbers
    /// du/dt = a (b (V - v_u) - r u)
    /// V >= v_peak:  spike, V -> c (held there for t_ref), u -> u + d
    /// ```
    /// # Behaviour
    /// Cell classes of the paper of 2003, as a, b, c, d: regular spiking 0.02, 0.2, -65 mV, 8; intrinsically bursting
    /// 0.02, 0.2, -55 mV, 4; chattering 0.02, 0.2, -50 mV, 2; fast spiking 0.1, 0.2, -65 mV, 2; low-threshold spiking
    /// 0.02, 0.25, -65 mV, 2; thalamo-cortical 0.02, 0.25, -65 mV, 0.05; resonator 0.1, 0.26, -65 mV, 2.
    ///
    /// The published spike counts belong to the published scheme, `integrator.staggered` with dt = 1 ms: a chattering cell
    /// at I = 10 fires 43 times in a second there, and about twice as often where dt goes to 0. `rk4` and `rkf45` solve the
    /// equations as they stand. Some patterns of the paper of 2004 have other numbers: class 1 excitability and the
    /// integrator v_1 = 4.1, v_0 = 108; accommodation v_u = -65 mV, r = 0, so that recovery adds up what V does.
    ///
    /// # References
    /// - Izhikevich 2003, IEEE Trans. Neural Netw. 14:1569; 2004, 15:1063
    ///
    /// # Example
    /// At V = -70 mV, u = -14 nothing moves: 0.04 · 4900 - 350 + 140 + 14 = 0 and 0.2 · -70 + 14 = 0.
    /// ```
    /// use duet_spiking::neuron::{Izhikevich, Membrane};
    /// let regular = Izhikevich::default();
    /// let slope = regular.equations().derivative(&[-70.0, -14.0], 10.0);
    /// assert!((slope[0] - 10.0).abs() < 1e-12 && slope[1].abs() < 1e-12);
    /// assert!((regular.saddle_node() - 4.0).abs() < 1e-12); // (5 - 0.2)² / 0.16 - 140
    /// ```
    pub default struct Izhikevich {
        /// Rate of recovery, per ms.
        pub a: f64 = 0.02;
        /// How strongly recovery follows the potential below threshold, per ms.
        pub b: f64 = 0.2;
        /// Reset potential.
        pub c: Voltage = Voltage::new(-65.0);
        /// Recovery added by each spike, in mV/ms.
        pub d: f64 = 8.0;
        /// Where the upstroke is cut off and counted as a spike.
        pub v_peak: Voltage = Voltage::new(30.0);
        /// Curvature of the membrane current, per mV and ms.
        pub v_2: f64 = 0.04, in Range::POSITIVE;
        /// Slope of the membrane current at 0 mV, per ms.
        pub v_1: f64 = 5.0;
        /// Membrane current at 0 mV, in mV/ms.
        pub v_0: f64 = 140.0;
        /// The potential at which recovery tends to zero.
        pub v_u: Voltage = Voltage::new(0.0);
        /// How strongly recovery recalls itself: 1, or 0 where it adds up.
        pub r: f64 = 1.0, in Range::NON_NEGATIVE;
        /// Absolute refractory period; the published model has none.
        pub t_ref: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// Constant drive, in mV/ms.
        pub i_e: f64 = 0.0;
    }
    relations { c < v_peak; }
}

/// The numbers of the equations.
#[derive(Clone, Debug)]
pub struct Equations {
    cell: Izhikevich,
    ceiling: f64,
}

impl Izhikevich {
    /// The membrane.
    pub fn equations(&self) -> Equations {
        Equations { cell: self.clone(), ceiling: self.v_peak.get() }
    }

    /// The constant drive above which there is no resting state: a saddle-node bifurcation. Infinite where recovery adds up
    /// (r = 0), since then no drive moves the resting potential.
    pub fn saddle_node(&self) -> f64 {
        if self.r == 0.0 {
            return f64::INFINITY;
        }
        let slope = self.v_1 - self.b / self.r;
        slope * slope / (4.0 * self.v_2) - self.v_0 - self.b / self.r * self.v_u.get()
    }

    /// The constant drive at which the resting state becomes an unstable focus; `None` where it never does before the
    /// saddle-node bifurcation.
    pub fn hopf(&self) -> Option<f64> {
        let v = (self.a * self.r - self.v_1) / (2.0 * self.v_2);
        let comes_first = self.r > 0.0 && self.a * self.r * self.r < self.b;
        comes_first.then(|| self.b / self.r * (v - self.v_u.get()) - self.membrane(v))
    }

    /// The smallest constant drive that makes it fire: whichever of the two comes first. `None` where no drive does so for
    /// good (r = 0), or where recovery runs away (a <= 0), so that nothing rests.
    pub fn rheobase(&self) -> Option<f64> {
        let first = self.hopf().map_or(self.saddle_node(), |hopf| hopf.min(self.saddle_node()));
        (self.a > 0.0 && self.r > 0.0).then_some(first - self.i_e)
    }

    /// The membrane's own current, in mV/ms.
    fn membrane(&self, v: f64) -> f64 {
        self.v_2 * v * v + self.v_1 * v + self.v_0
    }

    /// Where nothing moves without input (of two such states that of lower potential), and how far a small constant drive
    /// lifts the potential there; `None` where there is no such state.
    fn fixed_point(&self) -> Option<([f64; 2], f64)> {
        if self.r == 0.0 {
            // A drive lifts V for a while only; by 1 mV per unit as far as a bias is concerned.
            let v = self.v_u.get();
            return Some(([v, self.membrane(v)], 1.0));
        }
        let slope = self.v_1 - self.b / self.r;
        let square = slope * slope - 4.0 * self.v_2 * (self.v_0 + self.b / self.r * self.v_u.get());
        let v = (-slope - sqrt(square)) / (2.0 * self.v_2);
        (square > 0.0).then(|| ([v, self.b / self.r * (v - self.v_u.get())], 1.0 / sqrt(square)))
    }
}

impl Membrane<2> for Equations {
    const VARIABLES: [Variable; 2] =
        [Variable { name: "v", unit: "mV" }, Variable { name: "u", unit: "mV/ms" }];

    fn rest(&self) -> [f64; 2] {
        let Izhikevich { b, c, v_u, r, .. } = &self.cell;
        let restless = [c.get(), b / r * (c.get() - v_u.get())];
        self.cell.fixed_point().map_or(restless, |(state, _)| state)
    }

    fn derivative(&self, &[v, u]: &[f64; 2], current: f64) -> [f64; 2] {
        let Izhikevich { a, b, v_u, r, i_e, .. } = &self.cell;
        [self.cell.membrane(v) - u + current + i_e, a * (b * (v - v_u.get()) - r * u)]
    }

    fn diagonal(&self, &[v, _]: &[f64; 2], slope: f64) -> [f64; 2] {
        [2.0 * self.cell.v_2 * v + self.cell.v_1 + slope, -self.cell.a * self.cell.r]
    }

    fn firing(&self) -> Firing {
        Firing::Reset { at: self.cell.v_peak.get(), t_ref: self.cell.t_ref.get() }
    }

    fn reset(&self, x: &mut [f64; 2]) {
        *x = [self.cell.c.get(), x[1] + self.cell.d];
    }

    fn ceiling(&self) -> f64 {
        self.ceiling
    }

    fn resistance(&self) -> f64 {
        self.cell.fixed_point().map_or(1.0, |(_, lift)| lift)
    }

    fn levels(&self) -> Levels {
        let Izhikevich { c, v_peak, .. } = &self.cell;
        Levels { v_th: v_peak.get(), v_reset: Some(c.get()), e_l: self.rest()[0] }
    }
}

impl Model for Izhikevich {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        let mut equations = self.equations();
        // In the published scheme u sees where V has gone, far above its peak. One or two steps cannot overflow.
        if matches!(build.method, Some(Method::Staggered(1 | 2))) {
            equations.ceiling = f64::INFINITY;
        }
        Box::new(OdeGroup::new(equations, build))
    }

    fn input_unit(&self) -> InputUnit {
        InputUnit::Number
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        None
    }

    fn refractory_period(&self) -> f64 {
        self.t_ref.get()
    }

    fn rheobase(&self) -> Option<f64> {
        Izhikevich::rheobase(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::Input;

    fn class(a: f64, b: f64, c: f64, d: f64) -> Izhikevich {
        Izhikevich { a, b, c: Voltage::new(c), d, ..Izhikevich::default() }
    }

    /// Spikes in a second from V = -65 mV, u = b V.
    fn count(cell: &Izhikevich, drive: f64, method: Method, dt: f64) -> usize {
        let build = Build { method: Some(method), ..Build::cells(1, dt) };
        let mut group: Box<dyn Group<f64>> = cell.group(&build);
        group.set(0, 0, -65.0);
        group.set(1, 0, -65.0 * cell.b);
        let (mut spikes, mut cells) = (0, Vec::new());
        for _ in 0..(1000.0 / dt).round() as usize {
            group.integrate(&Input { current: &[drive], ..Input::constant(&[0.0]) });
            group.crossed(&[], &mut cells);
            spikes += cells.len();
            cells.drain(..).for_each(|cell| group.fire(cell as usize));
        }
        spikes
    }

    #[test]
    fn the_published_scheme_and_the_equations_differ() {
        // (class, spikes at dt = 1 ms with two half steps of V, spikes as dt goes to 0): two other programs.
        for (cell, published, converged) in [
            (class(0.02, 0.2, -65.0, 8.0), 20, 23),
            (class(0.02, 0.2, -55.0, 4.0), 28, 34),
            (class(0.02, 0.2, -50.0, 2.0), 43, 87),
            (class(0.1, 0.2, -65.0, 2.0), 63, 136),
            (class(0.02, 0.25, -65.0, 2.0), 44, 78),
        ] {
            let at = |method, dt| count(&cell, 10.0, method, dt);
            assert_eq!(at(Method::Staggered(2), 1.0), published, "{cell:?}");
            for (method, dt) in [(Method::Rkf45(1e-9), 0.5), (Method::Rk4, 0.01), (Method::Euler, 0.01)] {
                assert!(at(method, dt).abs_diff(converged) <= 1, "{cell:?} {method:?}: {}", at(method, dt));
            }
        }
    }

    #[test]
    fn firing_begins_at_the_rheobase() {
        let cell = class(0.02, 0.2, -65.0, 8.0);
        let rheobase = cell.rheobase().unwrap();
        assert!((rheobase - 3.7975).abs() < 1e-12 && cell.saddle_node() > rheobase);
        let settled = |drive: f64| {
            let mut group: Box<dyn Group<f64>> = cell.group(&Build::cells(1, 0.1));
            let (mut late, mut cells) = (0, Vec::new());
            for step in 0..60_000 {
                // Raised slowly, so that only what holds on counts.
                let now = drive * f64::from(step.min(30_000)) / 30_000.0;
                group.integrate(&Input { current: &[now], ..Input::constant(&[0.0]) });
                group.crossed(&[], &mut cells);
                late += if step > 40_000 { cells.len() } else { 0 };
                cells.drain(..).for_each(|cell| group.fire(cell as usize));
            }
            late
        };
        assert_eq!(settled(rheobase - 0.03), 0);
        assert!(settled(rheobase + 0.03) > 2);
    }

    #[test]
    fn rest_is_a_fixed_point_where_there_is_one() {
        let integrator = Izhikevich { b: -0.1, v_1: 4.1, v_0: 108.0, ..Izhikevich::default() };
        let accommodating = Izhikevich { b: 1.0, v_u: Voltage::new(-65.0), r: 0.0, ..Izhikevich::default() };
        assert_eq!(accommodating.equations().rest(), [-65.0, -16.0], "as the script begins");
        assert_eq!(accommodating.equations().derivative(&[-65.0, -16.0], 0.0), [0.0, 0.0]);
        assert_eq!((accommodating.rheobase(), accommodating.saddle_node()), (None, f64::INFINITY));
        let halved = Izhikevich { r: 0.5, b: 0.1, ..Izhikevich::default() };
        assert_eq!(halved.saddle_node(), Izhikevich::default().saddle_node());
        for cell in [class(0.02, 0.2, -65.0, 8.0), class(0.1, 0.26, -65.0, 2.0), integrator, halved] {
            let equations = cell.equations();
            let slope = equations.derivative(&equations.rest(), 0.0);
            assert!(slope.iter().all(|slope| slope.abs() < 1e-10), "{cell:?}: {slope:?}");
            // A small current lifts the fixed point by the resistance.
            let lifted = Izhikevich { v_0: cell.v_0 + 1e-6, ..cell.clone() }.equations().rest()[0];
            assert!(((lifted - equations.rest()[0]) / 1e-6 / equations.resistance() - 1.0).abs() < 1e-3);
        }
        let restless = class(0.02, 0.2, -65.0, 8.0);
        let restless = Izhikevich { v_0: 150.0, ..restless }.equations();
        assert_eq!(restless.rest(), [-65.0, -13.0]);
    }
}
