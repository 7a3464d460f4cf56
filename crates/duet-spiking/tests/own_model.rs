//! A neuron model from outside the crate: what the book's page on adding one shows.

use duet_kernels::Real;
use duet_spiking::integrator::Method;
use duet_spiking::neuron::{Build, Firing, Group, Input, Levels, Membrane, Model, OdeGroup, Variable};
use duet_units::{Capacitance, Range, Time, Voltage, parameters};

// ANCHOR: parameters
parameters! {
    /// The quadratic integrate-and-fire neuron: the simplest membrane whose upstroke feeds itself.
    ///
    /// # Equations
    /// ```text
    /// tau_m dV/dt = k (V - e_l)(V - v_c) + R I(t)        R = tau_m / c_m
    /// V >= v_peak:  spike, V -> v_reset
    /// ```
    /// # Behaviour
    /// Class I: above the rheobase I = k (v_c - e_l)² / (4 R) the rate grows like a square root.
    ///
    /// # References
    /// - Latham et al. 2000, J. Neurophysiol. 83:808
    ///
    /// # Example
    /// Half way between e_l and v_c, where V is slowest: 0.04 · 7.5 · -7.5 / 10 = -0.225 mV per ms.
    pub default struct Quadratic {
        /// Membrane time constant.
        pub tau_m: Time = Time::new(10.0), in Range::POSITIVE;
        /// Membrane capacitance.
        pub c_m: Capacitance = Capacitance::new(250.0), in Range::POSITIVE;
        /// Curvature, per mV.
        pub k: f64 = 0.04, in Range::POSITIVE;
        /// Resting potential.
        pub e_l: Voltage = Voltage::new(-65.0);
        /// The potential above which V rises by itself.
        pub v_c: Voltage = Voltage::new(-50.0);
        /// Where the upstroke is cut off and counted as a spike.
        pub v_peak: Voltage = Voltage::new(-37.5);
        /// Reset potential.
        pub v_reset: Voltage = Voltage::new(-77.5);
    }
    relations { e_l < v_c; v_c < v_peak; v_reset < v_peak; }
}
// ANCHOR_END: parameters

// ANCHOR: membrane
impl Membrane<1> for Quadratic {
    const VARIABLES: [Variable; 1] = [Variable { name: "v", unit: "mV" }];

    fn rest(&self) -> [f64; 1] {
        [self.e_l.get()]
    }

    fn derivative(&self, &[v]: &[f64; 1], current: f64) -> [f64; 1] {
        let own = self.k * (v - self.e_l.get()) * (v - self.v_c.get());
        [own / self.tau_m.get() + current / self.c_m.get()]
    }

    fn diagonal(&self, &[v]: &[f64; 1], slope: f64) -> [f64; 1] {
        [self.k * (2.0 * v - self.e_l.get() - self.v_c.get()) / self.tau_m.get() + slope / self.c_m.get()]
    }

    fn firing(&self) -> Firing {
        Firing::Reset { at: self.v_peak.get(), t_ref: 0.0 }
    }

    fn reset(&self, x: &mut [f64; 1]) {
        *x = [self.v_reset.get()];
    }

    fn ceiling(&self) -> f64 {
        self.v_peak.get()
    }

    fn resistance(&self) -> f64 {
        self.tau_m.get() / self.c_m.get() / (self.k * (self.v_c.get() - self.e_l.get()))
    }

    fn levels(&self) -> Levels {
        Levels { v_th: self.v_c.get(), v_reset: Some(self.v_reset.get()), e_l: self.e_l.get() }
    }
}
// ANCHOR_END: membrane

// ANCHOR: model
impl Model for Quadratic {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        Box::new(OdeGroup::new(self.clone(), build))
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        Some(("tau_m", self.tau_m.get()))
    }

    fn rheobase(&self) -> Option<f64> {
        let span = self.v_c.get() - self.e_l.get();
        Some(self.k * span * span / 4.0 * self.c_m.get() / self.tau_m.get())
    }
}
// ANCHOR_END: model

// ANCHOR: tests
/// Spike times under a constant current from V = v_reset on.
fn spike_times(cell: &Quadratic, current: f64, method: Method, dt: f64) -> Vec<f64> {
    let build = Build { method: Some(method), ..Build::cells(1, dt) };
    let mut group: Box<dyn Group<f64>> = cell.group(&build);
    group.set(0, 0, cell.v_reset.get());
    let (mut times, mut cells) = (Vec::new(), Vec::new());
    for step in 1..=(100.0 / dt).round() as usize {
        group.integrate(&Input { current: &[current], ..Input::constant(&[0.0]) });
        group.crossed(&[], &mut cells);
        for cell in cells.drain(..) {
            group.fire(cell as usize);
            times.push(step as f64 * dt - group.before_end(0));
        }
    }
    times
}

#[test]
fn intervals_are_the_closed_form() {
    // With c = R I - R I_rheobase the membrane runs from v_reset to v_peak, 20 mV below and above the middle of e_l and v_c,
    // in tau / sqrt(k c) · (atan(20 sqrt(k/c)) - atan(-20 sqrt(k/c))). At c = 16 mV the arguments are 1 and -1:
    // 10 ms / 0.8 · pi / 2.
    let cell = Quadratic::default();
    let current = cell.rheobase().unwrap() + 16.0 * 250.0 / 10.0;
    let interval = 12.5 * std::f64::consts::FRAC_PI_2;
    for (method, dt, within) in [(Method::Rkf45(1e-10), 0.1, 1e-7), (Method::Rk4, 0.001, 0.002)] {
        let times = spike_times(&cell, current, method, dt);
        assert_eq!(times.len(), 5, "{method:?}");
        for (k, time) in times.iter().enumerate() {
            let expected = (k + 1) as f64 * interval;
            assert!((time - expected).abs() < within * (k + 1) as f64, "{method:?}: {time} {expected}");
        }
    }
}

#[test]
fn below_the_rheobase_it_is_silent() {
    let cell = Quadratic::default();
    assert!(spike_times(&cell, 0.99 * cell.rheobase().unwrap(), Method::Rk4, 0.1).is_empty());
}

#[test]
fn the_diagonal_is_the_derivative_of_the_derivative() {
    let cell = Quadratic::default();
    assert!((cell.derivative(&[-57.5], 0.0)[0] + 0.225).abs() < 1e-15);
    let at = |v: f64| cell.derivative(&[v], 3.0 * v)[0];
    let difference = (at(-45.0 + 1e-4) - at(-45.0 - 1e-4)) / 2e-4;
    assert!((cell.diagonal(&[-45.0], 3.0)[0] - difference).abs() < 1e-8);
}
// ANCHOR_END: tests
