//! The leaky integrate-and-fire neuron, integrated exactly.

use super::leaky::Leaky;
use super::precise::PreciseLif;
use super::relaxing::relaxing_or_ode;
use super::{Build, Group, LifGroup, Model, Receptor, Variable};
use crate::theory::Siegert;
use duet_kernels::Real;
use duet_kernels::math::{ln, sqrt};
use duet_units::{Capacitance, Current, Range, Time, Voltage, parameters};

parameters! {
    /// A leaky membrane that fires at a threshold and starts again from its reset potential.
    ///
    /// # Equations
    /// ```text
    /// tau_m dV/dt = -(V - e_l) + R I(t)        R = tau_m / c_m
    /// V >= v_th:  spike, V -> v_reset, clamped there for t_ref
    /// ```
    /// Between spikes the equation is linear, so a step is exact for any dt (Rotter & Diesmann 1999):
    /// ```text
    /// V(t + dt) = e_l + exp(-dt/tau_m) (V(t) - e_l) + R I (1 - exp(-dt/tau_m)) + synaptic terms
    /// ```
    /// # Behaviour
    /// Silent below the rheobase I = (v_th - e_l) / R; above it, a steady current gives the rate
    /// 1 / (t_ref + tau_m ln((R I + e_l - v_reset) / (R I + e_l - v_th))), which levels off at 1 / t_ref. On the grid an
    /// interval is rounded up to whole steps. While refractory, synaptic currents go on decaying and delta input is lost.
    ///
    /// # References
    /// - Lapicque 1907; Dayan & Abbott 2001, Theoretical Neuroscience, section 5.4 (potentials: Fig. 5.5)
    /// - Rotter & Diesmann 1999, Biol. Cybern. 81:381
    ///
    /// # Example
    /// 500 pA on 250 pF and 10 ms is R I = 20 mV; from -70 mV the threshold of -55 mV (15 mV up) is reached after
    /// 10 ms · ln(20 / 5) = 13.863 ms, and with t_ref = 2 ms the rate is 1000 / 15.863 = 63.04 Hz.
    /// ```
    /// use duet_spiking::neuron::Lif;
    /// use duet_units::{Time, Voltage};
    /// let lif = Lif { tau_m: Time::new(10.0), e_l: Voltage::new(-70.0), v_th: Voltage::new(-55.0),
    ///                 v_reset: Voltage::new(-70.0), ..Lif::default() };
    /// assert_eq!(lif.rheobase(), 375.0);
    /// assert!((lif.rate(500.0) - 63.040_002_190_6).abs() < 1e-9);
    /// ```
    pub default struct Lif {
        /// Membrane time constant.
        pub tau_m: Time = Time::new(20.0), in Range::POSITIVE;
        /// Membrane capacitance.
        pub c_m: Capacitance = Capacitance::new(250.0), in Range::POSITIVE;
        /// Leak (resting) potential.
        pub e_l: Voltage = Voltage::new(-65.0);
        /// Threshold.
        pub v_th: Voltage = Voltage::new(-50.0);
        /// Reset potential.
        pub v_reset: Voltage = Voltage::new(-65.0);
        /// Absolute refractory period.
        pub t_ref: Time = Time::new(2.0), in Range::NON_NEGATIVE;
        /// Constant injected current.
        pub i_e: Current = Current::new(0.0);
    }
    relations { v_reset < v_th; }
}

impl Lif {
    /// Membrane resistance tau_m / c_m, in mV per pA (GOhm).
    pub fn resistance(&self) -> f64 {
        self.tau_m.get() / self.c_m.get()
    }

    /// The smallest constant current that makes it fire, in pA.
    pub fn rheobase(&self) -> f64 {
        (self.v_th.get() - self.e_l.get()) / self.resistance()
    }

    /// Firing rate in Hz under a constant current in pA, in continuous time.
    pub fn rate(&self, current: f64) -> f64 {
        let end = self.resistance() * current + self.e_l.get();
        if end <= self.v_th.get() {
            return 0.0;
        }
        let climb = self.tau_m.get() * ln((end - self.v_reset.get()) / (end - self.v_th.get()));
        1000.0 / (self.t_ref.get() + climb)
    }

    /// Firing rate in Hz under white noise around a current in pA, in continuous time ([`Siegert`]). The strength of the
    /// noise is the area under its autocorrelation in pA^2 ms: of values held for h ms, their variance times h.
    pub fn rate_in_noise(&self, current: f64, strength: f64) -> f64 {
        let cell = Siegert {
            tau_m: self.tau_m.get(),
            t_ref: self.t_ref.get(),
            v_th: self.v_th.get(),
            v_reset: self.v_reset.get(),
            tau_s: 0.0,
        };
        let mean = self.resistance() * current + self.e_l.get();
        cell.rate(mean, self.resistance() * sqrt(strength / self.tau_m.get()))
    }
}

/// The only variable.
pub(super) const V: Variable = Variable { name: "v", unit: "mV" };

impl Model for Lif {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        let exact = if build.method.is_none() { LifGroup::new(self, build) } else { None };
        match exact {
            Some(_) if build.precise => Box::new(PreciseLif::new(self, build)),
            Some(exact) => Box::new(exact),
            None => relaxing_or_ode(Leaky { lif: self.clone() }, build),
        }
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        Some(("tau_m", self.tau_m.get()))
    }

    fn refractory_period(&self) -> f64 {
        self.t_ref.get()
    }

    fn is_exact(&self, receptors: &[Receptor]) -> bool {
        LifGroup::<f64>::new(self, &Build { receptors, ..Build::cells(0, 1.0) }).is_some()
    }

    fn rheobase(&self) -> Option<f64> {
        Some(Lif::rheobase(self) - self.i_e.get())
    }

    fn rate(&self, current: f64) -> Option<f64> {
        Some(Lif::rate(self, self.i_e.get() + current))
    }

    fn rate_in_noise(&self, current: f64, strength: f64) -> Option<f64> {
        Some(Lif::rate_in_noise(self, self.i_e.get() + current, strength))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrator::Method;
    use crate::neuron::Input;
    use duet_kernels::math::exp;

    fn lif(i_e: f64) -> Lif {
        Lif {
            tau_m: Time::new(10.0),
            e_l: Voltage::new(-70.0),
            v_th: Voltage::new(-55.0),
            v_reset: Voltage::new(-70.0),
            i_e: Current::new(i_e),
            ..Lif::default()
        }
    }

    fn spike_times(i_e: f64, dt: f64, until: f64) -> Vec<f64> {
        let build = Build::cells(1, dt);
        let mut group = LifGroup::<f64>::new(&lif(i_e), &build).unwrap();
        let (mut times, mut cells) = (Vec::new(), Vec::new());
        for step in 1..=(until / dt) as usize {
            group.integrate(&Input::constant(&[0.0]));
            group.crossed(&[], &mut cells);
            for cell in cells.drain(..) {
                group.fire(cell as usize);
                times.push(step as f64 * dt);
            }
        }
        times
    }

    #[test]
    fn grid_intervals_are_the_closed_form_rounded_up() {
        for (i_e, interval) in [(376.0, 61.3), (500.0, 15.9), (1000.0, 6.8)] {
            let times = spike_times(i_e, 0.1, 200.0);
            assert!((times[1] - times[0] - interval).abs() < 1e-9, "{i_e}: {times:?}");
            assert!((times[0] - (interval - 2.0)).abs() < 1e-9, "{i_e}: {times:?}");
        }
        assert!(spike_times(374.0, 0.1, 1000.0).is_empty());
    }

    #[test]
    fn subthreshold_steps_are_exact_for_any_dt() {
        for dt in [1.0, 0.5, 0.125] {
            let build = Build::cells(1, dt);
            let mut group = LifGroup::<f64>::new(&lif(200.0), &build).unwrap();
            (0..(10.0 / dt) as usize).for_each(|_| group.integrate(&Input::constant(&[0.0])));
            assert!((group.v(0) - (-70.0 + 8.0 * (1.0 - exp(-1.0)))).abs() < 1e-12, "{dt}");
        }
    }

    #[test]
    fn a_bias_is_a_constant_current() {
        let build = Build { unit: 50.0, ..Build::cells(2, 0.1) };
        let mut group = LifGroup::<f64>::new(&lif(0.0), &build).unwrap();
        let mut fixed = LifGroup::<f64>::new(&lif(100.0), &build).unwrap();
        let mut injected = LifGroup::<f64>::new(&lif(0.0), &build).unwrap();
        for _ in 0..50 {
            group.integrate(&Input::constant(&[2.0, 0.0]));
            injected.integrate(&Input { current: &[100.0, 0.0], ..Input::constant(&[0.0, 0.0]) });
            fixed.integrate(&Input::constant(&[0.0, 0.0]));
        }
        assert!((group.v(0) - fixed.v(0)).abs() < 1e-12);
        assert!((group.v(0) - injected.v(0)).abs() < 1e-12);
        assert_eq!(group.v(1), -70.0);
    }

    /// Alpha functions and differences of exponentials are stepped exactly too: for any dt the closed form of one spike, and
    /// what a fine Runge-Kutta makes of the same cell.
    #[test]
    fn courses_of_two_parts_are_exact() {
        use crate::synapse::{Alpha, BiExponential, Kinetic};
        let alpha = |tau: f64| Alpha { tau: Time::new(tau), e_rev: None };
        let both = BiExponential { tau_rise: Time::new(0.7), tau_decay: Time::new(10.0), e_rev: None };
        let cases: [(Receptor, &dyn Fn(f64) -> f64); 4] = [
            (alpha(2.0).receptor(), &|t| alpha(2.0).response(300.0, 250.0, 10.0, t)),
            (alpha(10.0).receptor(), &|t| alpha(10.0).response(300.0, 250.0, 10.0, t)),
            (alpha(10.000_001).receptor(), &|t| alpha(10.000_001).response(300.0, 250.0, 10.0, t)),
            (both.receptor(), &|t| both.response(300.0, 250.0, 10.0, t)),
        ];
        for (receptor, response) in cases {
            for (method, dt, within) in
                [(None, 1.0, 1e-12), (None, 0.125, 1e-12), (Some(Method::Rk4), 0.125, 1e-6)]
            {
                let receptors = [receptor.clone()];
                let build = Build { receptors: &receptors, method, ..Build::cells(1, dt) };
                let mut group: Box<dyn Group<f64>> = lif(0.0).group(&build);
                for step in 0..=(16.0 / dt) as usize {
                    let arrivals = [vec![if step == 0 { 300.0 } else { 0.0 }]];
                    group.integrate(&Input { arrivals: &arrivals, ..Input::constant(&[0.0]) });
                    let t = step as f64 * dt;
                    assert!((group.v(0) + 70.0 - response(t)).abs() < within, "{receptor:?} {dt} at {t}");
                    let Receptor::Current(kinetics) = receptor else { panic!("a current") };
                    assert!((group.synaptic(0, 0) - 300.0 * kinetics.course(t)).abs() < 1e-9);
                }
                group.rest();
                group.integrate(&Input { arrivals: &[vec![0.0]], ..Input::constant(&[0.0]) });
                assert_eq!((group.v(0), group.synaptic(0, 0)), (-70.0, 0.0));
            }
        }
    }

    #[test]
    fn the_equation_converges_to_the_closed_form() {
        let run = |method: Option<Method>, dt: f64| {
            let mut group: Box<dyn Group<f64>> = lif(300.0).group(&Build { method, ..Build::cells(1, dt) });
            (0..(8.0 / dt).round() as usize).for_each(|_| group.integrate(&Input::constant(&[0.0])));
            group.v(0)
        };
        let exact = run(None, 0.1);
        assert!((run(Some(Method::Rk4), 0.1) - exact).abs() < 1e-9);
        assert!((run(Some(Method::Rkf45(1e-10)), 0.1) - exact).abs() < 1e-8);
        assert!((run(Some(Method::ExponentialEuler), 0.1) - exact).abs() < 1e-12, "one linear variable");
        let error = |dt: f64| (run(Some(Method::Euler), dt) - exact).abs();
        assert!((error(0.1) / error(0.05) - 2.0).abs() < 0.05);
    }
}
