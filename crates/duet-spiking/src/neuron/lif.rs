//! The leaky integrate-and-fire neuron, integrated exactly.

use super::precise::PreciseLif;
use super::{Build, Firing, Group, Input, Kinetics, Levels, Membrane, Model, OdeGroup, Receptor, Variable};
use crate::synapse::{membrane_response, second_response};
use crate::theory::Siegert;
use duet_kernels::Real;
use duet_kernels::math::{exp, exp_m1, ln, sqrt};
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
    relations { v_reset < v_th; e_l < v_th; }
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
const V: Variable = Variable { name: "v", unit: "mV" };

/// How one receptor enters a step.
struct Port<T> {
    /// The current of every cell in pA; empty for delta synapses.
    current: Vec<T>,
    /// exp(-dt/tau) of the current.
    decay: T,
    /// mV on the membrane per pA of current at the start of the step.
    to_v: T,
    /// What a course of two parts has besides.
    second: Option<Second<T>>,
}

/// The second part of an alpha function or of a difference of exponentials.
struct Second<T> {
    /// Of every cell: the slope of an alpha function in pA/ms, or the part that rises, in pA.
    part: Vec<T>,
    /// exp(-dt/tau) of it.
    decay: T,
    /// mV on the membrane per unit of it at the start of the step.
    to_v: T,
    /// How long it feeds the first part, in ms: a step for an alpha function's slope, else 0.
    feeds: T,
    /// What an arrival adds to the first part and to this one.
    jump: (T, T),
}

/// Leaky integrate-and-fire cells; potentials are kept relative to e_l.
pub struct LifGroup<T> {
    u: Vec<T>,
    refractory: Vec<u32>,
    ports: Vec<Port<T>>,
    /// exp(-dt/tau_m).
    decay: T,
    /// mV per step from the injected current.
    drift: T,
    /// mV per step from one unit of bias.
    bias_to_v: T,
    /// mV per step from 1 pA of injected current.
    current_to_v: T,
    /// One unit of weight, in mV or pA.
    unit: T,
    u_th: T,
    u_reset: T,
    /// 1 / (v_th - e_l).
    per_span: T,
    refractory_steps: u32,
    e_l: f64,
}

impl<T: Real> LifGroup<T> {
    /// Cells at rest, with all constants of the step computed once; `None` where a step with these receptors has no closed
    /// form.
    pub fn new(lif: &Lif, build: &Build<'_>) -> Option<Self> {
        let (tau_m, c_m, dt) = (lif.tau_m.get(), lif.c_m.get(), build.dt);
        // 1 - exp(-dt/tau_m) without cancellation.
        let approach = -exp_m1(-dt / tau_m);
        let jumping = |tau: f64, second: Option<Second<T>>| Port {
            current: vec![T::ZERO; build.size],
            decay: T::from_f64(exp(-dt / tau)),
            to_v: T::from_f64(membrane_response(c_m, tau_m, tau, dt)),
            second,
        };
        let second = |kinetics: Kinetics, tau: f64, to_v: f64, feeds: f64| {
            let (first, second) = kinetics.jump();
            Some(Second {
                part: vec![T::ZERO; build.size],
                decay: T::from_f64(exp(-dt / tau)),
                to_v: T::from_f64(to_v),
                feeds: T::from_f64(feeds),
                jump: (T::from_f64(first), T::from_f64(second)),
            })
        };
        let port = |receptor: &Receptor| match *receptor {
            Receptor::Delta | Receptor::Gap => {
                Some(Port { current: Vec::new(), decay: T::ZERO, to_v: T::ZERO, second: None })
            }
            Receptor::Current(Kinetics::Exponential { tau }) => Some(jumping(tau, None)),
            Receptor::Current(alpha @ Kinetics::Alpha { tau }) => {
                Some(jumping(tau, second(alpha, tau, second_response(c_m, tau_m, tau, dt), dt)))
            }
            Receptor::Current(both @ Kinetics::BiExponential { rise, decay }) => {
                Some(jumping(decay, second(both, rise, membrane_response(c_m, tau_m, rise, dt), 0.0)))
            }
            Receptor::Conductance { .. } => None,
        };
        let per_unit = if build.bias_is_voltage { approach } else { lif.resistance() * approach };
        let u_th = lif.v_th.get() - lif.e_l.get();
        Some(Self {
            u: vec![T::ZERO; build.size],
            refractory: vec![0; build.size],
            ports: build.receptors.iter().map(port).collect::<Option<_>>()?,
            decay: T::from_f64(exp(-dt / tau_m)),
            drift: T::from_f64(lif.resistance() * approach * lif.i_e.get()),
            bias_to_v: T::from_f64(per_unit * build.unit),
            current_to_v: T::from_f64(lif.resistance() * approach),
            unit: T::from_f64(build.unit),
            u_th: T::from_f64(u_th),
            u_reset: T::from_f64(lif.v_reset.get() - lif.e_l.get()),
            per_span: T::from_f64(1.0 / u_th),
            refractory_steps: (lif.t_ref.get() / dt).round() as u32,
            e_l: lif.e_l.get(),
        })
    }
}

impl<T: Real> Group<T> for LifGroup<T> {
    fn size(&self) -> usize {
        self.u.len()
    }

    fn rest(&mut self) {
        self.u.fill(T::ZERO);
        self.refractory.fill(0);
        for port in &mut self.ports {
            port.current.fill(T::ZERO);
            if let Some(second) = &mut port.second {
                second.part.fill(T::ZERO);
            }
        }
    }

    fn integrate(&mut self, input: &Input<'_, T>) {
        for ((u, &refractory), &bias) in self.u.iter_mut().zip(&self.refractory).zip(input.bias) {
            let next = self.decay * *u + (self.drift + self.bias_to_v * bias);
            *u = if refractory == 0 { next } else { *u };
        }
        for ((u, &refractory), &current) in self.u.iter_mut().zip(&self.refractory).zip(input.current) {
            let next = *u + self.current_to_v * current;
            *u = if refractory == 0 { next } else { *u };
        }
        for (port, arriving) in self.ports.iter_mut().zip(input.arrivals) {
            let cells = self.u.iter_mut().zip(&self.refractory).zip(arriving);
            if port.current.is_empty() {
                for ((u, &refractory), &weight) in cells {
                    let next = *u + self.unit * weight;
                    *u = if refractory == 0 { next } else { *u };
                }
            } else if let Some(second) = &mut port.second {
                let parts = port.current.iter_mut().zip(&mut second.part);
                for (((u, &refractory), &weight), (current, part)) in cells.zip(parts) {
                    let next = *u + (port.to_v * *current + second.to_v * *part);
                    *u = if refractory == 0 { next } else { *u };
                    let arriving = self.unit * weight;
                    *current = port.decay * (*current + second.feeds * *part) + second.jump.0 * arriving;
                    *part = second.decay * *part + second.jump.1 * arriving;
                }
            } else {
                for (((u, &refractory), &weight), current) in cells.zip(&mut port.current) {
                    let next = *u + port.to_v * *current;
                    *u = if refractory == 0 { next } else { *u };
                    *current = port.decay * *current + self.unit * weight;
                }
            }
        }
        for refractory in &mut self.refractory {
            *refractory = refractory.saturating_sub(1);
        }
    }

    fn crossed(&self, shift: &[T], cells: &mut Vec<u32>) {
        // A clamped cell sits at its reset potential, below threshold, so it needs no test of its own. Spikes are rare:
        // whole blocks are asked first whether anybody is above, which the compiler turns into wide comparisons.
        const BLOCK: usize = 32;
        for (block, us) in self.u.chunks(BLOCK).enumerate() {
            let shifts = shift.get(block * BLOCK..).unwrap_or_default();
            let threshold = |i: usize| if shift.is_empty() { self.u_th } else { self.u_th + shifts[i] };
            // Without short-circuits, so that the comparisons run side by side.
            #[allow(clippy::needless_bitwise_bool)]
            let anybody = if shift.is_empty() {
                us.iter().fold(false, |any, &u| any | (u >= self.u_th))
            } else {
                us.iter().zip(shifts).fold(false, |any, (&u, &shift)| any | (u >= self.u_th + shift))
            };
            if anybody {
                let above = us.iter().enumerate().filter(|&(i, &u)| u >= threshold(i));
                cells.extend(above.map(|(i, _)| (block * BLOCK + i) as u32));
            }
        }
    }

    fn fire(&mut self, cell: usize) {
        self.u[cell] = self.u_reset;
        self.refractory[cell] = self.refractory_steps;
    }

    fn silence(&mut self, cell: usize) {
        self.u[cell] = T::ZERO;
    }

    fn distance(&self, shift: &[T], out: &mut [T]) {
        for (i, (out, &u)) in out.iter_mut().zip(&self.u).enumerate() {
            *out = (u - self.u_th - shift.get(i).copied().unwrap_or(T::ZERO)) * self.per_span;
        }
    }

    fn v(&self, cell: usize) -> f64 {
        self.u[cell].to_f64() + self.e_l
    }

    fn variables(&self) -> &'static [Variable] {
        &[V]
    }

    fn value(&self, _variable: usize, cell: usize) -> f64 {
        self.u[cell].to_f64() + self.e_l
    }

    fn set(&mut self, _variable: usize, cell: usize, value: f64) {
        self.u[cell] = T::from_f64(value - self.e_l);
    }

    fn synaptic(&self, receptor: usize, cell: usize) -> f64 {
        let port = &self.ports[receptor];
        // What feeds the first part is a slope; what does not is a part of the current.
        let second = port.second.as_ref().filter(|second| second.feeds == T::ZERO);
        let second = second.map_or(0.0, |second| second.part[cell].to_f64());
        port.current.get(cell).map_or(0.0, |current| current.to_f64() + second)
    }

    fn levels(&self) -> Levels {
        Levels {
            v_th: self.u_th.to_f64() + self.e_l,
            v_reset: Some(self.u_reset.to_f64() + self.e_l),
            e_l: self.e_l,
        }
    }
}

/// The same membrane as a differential equation: for synapses that open channels, and for seeing what a method makes of it.
struct Leaky {
    lif: Lif,
}

impl Membrane<1> for Leaky {
    const VARIABLES: [Variable; 1] = [V];

    fn rest(&self) -> [f64; 1] {
        [self.lif.e_l.get()]
    }

    fn derivative(&self, &[v]: &[f64; 1], current: f64) -> [f64; 1] {
        let Lif { tau_m, c_m, e_l, i_e, .. } = &self.lif;
        [(e_l.get() - v) / tau_m.get() + (current + i_e.get()) / c_m.get()]
    }

    fn diagonal(&self, _: &[f64; 1], slope: f64) -> [f64; 1] {
        [slope / self.lif.c_m.get() - 1.0 / self.lif.tau_m.get()]
    }

    fn firing(&self) -> Firing {
        Firing::Reset { at: self.lif.v_th.get(), t_ref: self.lif.t_ref.get() }
    }

    fn reset(&self, x: &mut [f64; 1]) {
        *x = [self.lif.v_reset.get()];
    }

    fn resistance(&self) -> f64 {
        self.lif.resistance()
    }

    fn levels(&self) -> Levels {
        let Lif { v_th, v_reset, e_l, .. } = &self.lif;
        Levels { v_th: v_th.get(), v_reset: Some(v_reset.get()), e_l: e_l.get() }
    }
}

impl Model for Lif {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        match LifGroup::new(self, build).filter(|_| build.method.is_none()) {
            Some(_) if build.precise => Box::new(PreciseLif::new(self, build)),
            Some(exact) => Box::new(exact),
            None => Box::new(OdeGroup::new(Leaky { lif: self.clone() }, build)),
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
