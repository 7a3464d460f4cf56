//! The exponential integrate-and-fire neuron.

use super::{Build, Firing, Group, Levels, Membrane, Model, OdeGroup, Variable};
use duet_kernels::Real;
use duet_kernels::math::exp;
use duet_units::{Capacitance, Current, Range, Time, Voltage, parameters};

parameters! {
    /// A leaky membrane whose upstroke grows exponentially: the threshold is no line but a place where the current bends.
    ///
    /// # Equations
    /// ```text
    /// tau_m dV/dt = -(V - e_l) + delta_t exp((V - v_t)/delta_t) + R I(t)        R = tau_m / c_m
    /// V >= v_peak:  spike, V -> v_reset, held there for t_ref
    /// ```
    /// # Behaviour
    /// It has two thresholds. A current that is raised slowly makes it fire where the resting state meets the unstable one,
    /// at V = v_t and I = (v_t - e_l - delta_t) / R, so v_t is the threshold of the rheobase. A brief pulse must lift V
    /// above the unstable state, which without current lies higher. As delta_t shrinks, both become the threshold of `lif`.
    ///
    /// # References
    /// - Fourcaud-Trocmé et al. 2003, J. Neurosci. 23:11628
    /// - Gerstner et al. 2014, Neuronal Dynamics, section 5.2 (the defaults are those of its exercises)
    ///
    /// # Example
    /// R = 12 ms / 600 pF = 20 MOhm, so the rheobase is (-55 + 65 - 2) mV / 20 MOhm = 0.4 nA; at v_t the exponential is 1:
    /// dV/dt = (-10 + 2 + 8) / 12 = 0.
    /// ```
    /// use duet_spiking::neuron::{Eif, Membrane};
    /// let eif = Eif::default();
    /// assert!((eif.rheobase() - 400.0).abs() < 1e-12);
    /// assert!(eif.equations().derivative(&[-55.0], 400.0)[0].abs() < 1e-15);
    /// ```
    pub default struct Eif {
        /// Membrane time constant.
        pub tau_m: Time = Time::new(12.0), in Range::POSITIVE;
        /// Membrane capacitance.
        pub c_m: Capacitance = Capacitance::new(600.0), in Range::POSITIVE;
        /// Leak (resting) potential.
        pub e_l: Voltage = Voltage::new(-65.0);
        /// Threshold slope factor: the potential over which the upstroke grows e-fold.
        pub delta_t: Voltage = Voltage::new(2.0), in Range::POSITIVE;
        /// Where the exponential takes over: the threshold for a current that rises slowly.
        pub v_t: Voltage = Voltage::new(-55.0);
        /// Where the upstroke is cut off and counted as a spike.
        pub v_peak: Voltage = Voltage::new(-30.0);
        /// Reset potential.
        pub v_reset: Voltage = Voltage::new(-60.0);
        /// Absolute refractory period.
        pub t_ref: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// Constant injected current.
        pub i_e: Current = Current::new(0.0);
    }
    relations { v_reset < v_peak; v_t < v_peak; e_l < v_t; }
}

/// The numbers of the equation, in mV, ms, pA.
#[derive(Clone, Debug)]
pub struct Equations {
    eif: Eif,
}

impl Eif {
    /// The membrane.
    pub fn equations(&self) -> Equations {
        Equations { eif: self.clone() }
    }

    /// Membrane resistance tau_m / c_m, in mV per pA (GOhm).
    pub fn resistance(&self) -> f64 {
        self.tau_m.get() / self.c_m.get()
    }

    /// The smallest constant current that makes it fire, in pA.
    pub fn rheobase(&self) -> f64 {
        (self.v_t.get() - self.e_l.get() - self.delta_t.get()) / self.resistance() - self.i_e.get()
    }
}

impl Membrane<1> for Equations {
    const VARIABLES: [Variable; 1] = [Variable { name: "v", unit: "mV" }];

    fn rest(&self) -> [f64; 1] {
        [self.eif.e_l.get()]
    }

    fn derivative(&self, &[v]: &[f64; 1], current: f64) -> [f64; 1] {
        let Eif { tau_m, c_m, e_l, delta_t, v_t, i_e, .. } = &self.eif;
        let upstroke = delta_t.get() * exp((v - v_t.get()) / delta_t.get());
        [(e_l.get() - v + upstroke) / tau_m.get() + (current + i_e.get()) / c_m.get()]
    }

    fn diagonal(&self, &[v]: &[f64; 1], slope: f64) -> [f64; 1] {
        let Eif { tau_m, c_m, delta_t, v_t, .. } = &self.eif;
        [(exp((v - v_t.get()) / delta_t.get()) - 1.0) / tau_m.get() + slope / c_m.get()]
    }

    fn firing(&self) -> Firing {
        Firing::Reset { at: self.eif.v_peak.get(), t_ref: self.eif.t_ref.get() }
    }

    fn reset(&self, x: &mut [f64; 1]) {
        *x = [self.eif.v_reset.get()];
    }

    fn ceiling(&self) -> f64 {
        self.eif.v_peak.get()
    }

    fn resistance(&self) -> f64 {
        self.eif.resistance()
    }

    fn levels(&self) -> Levels {
        let Eif { v_t, v_reset, e_l, .. } = &self.eif;
        Levels { v_th: v_t.get(), v_reset: Some(v_reset.get()), e_l: e_l.get() }
    }
}

impl Model for Eif {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        Box::new(OdeGroup::new(self.equations(), build))
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        Some(("tau_m", self.tau_m.get()))
    }

    fn refractory_period(&self) -> f64 {
        self.t_ref.get()
    }

    fn rheobase(&self) -> Option<f64> {
        Some(Eif::rheobase(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrator::Method;
    use crate::neuron::Input;

    /// When it first fires under a current in pA that is on for `pulse` ms; `None` where it does not within 2 s.
    fn fires(eif: &Eif, current: f64, pulse: f64) -> Option<f64> {
        let build = Build { method: Some(Method::Rkf45(1e-9)), ..Build::cells(1, 0.1) };
        let mut group: Box<dyn Group<f64>> = eif.group(&build);
        for step in 0..20_000 {
            let now = [if f64::from(step) * 0.1 < pulse { current } else { 0.0 }];
            group.integrate(&Input { current: &now, ..Input::constant(&[0.0]) });
            let mut cells = Vec::new();
            group.crossed(&[], &mut cells);
            if !cells.is_empty() {
                return Some(f64::from(step + 1) * 0.1 - group.before_end(0));
            }
        }
        None
    }

    #[test]
    fn rheobase_is_where_firing_begins() {
        let eif = Eif::default();
        assert!(fires(&eif, 399.0, f64::INFINITY).is_none());
        assert!(fires(&eif, 402.0, f64::INFINITY).is_some());
    }

    #[test]
    fn the_first_spike_is_the_integral_of_the_flow() {
        // t = ∫ dV / V'(V) from rest to the cut-off, by Simpson's rule: nothing of the integrators is used.
        let (eif, current) = (Eif::default(), 800.0);
        let per_v = |v: f64| 1.0 / eif.equations().derivative(&[v], current)[0];
        let (n, low, high) = (20_000, -65.0, -30.0);
        let h = (high - low) / f64::from(n);
        let at = |k: i32| per_v(low + f64::from(k) * h);
        let weight = |k: i32| if k % 2 == 1 { 4.0 } else { 2.0 };
        let time = h / 3.0 * (at(0) + at(n) + (1..n).map(|k| weight(k) * at(k)).sum::<f64>());
        let first = fires(&eif, current, f64::INFINITY).unwrap();
        assert!((first - time).abs() < 1e-6, "{first} {time}");
    }

    #[test]
    fn a_sharp_upstroke_is_a_threshold() {
        let sharp = Eif { delta_t: Voltage::new(0.002), ..Eif::default() };
        // As of `lif`: tau_m ln(R I / (R I - 10 mV)) at R I = 16 mV, and a little later.
        let late = fires(&sharp, 800.0, f64::INFINITY).unwrap() - 12.0 * duet_kernels::math::ln(16.0 / 6.0);
        assert!((0.0..0.1).contains(&late), "{late}");
        // A pulse that ends just above the resting state's rival goes on by itself; one just below falls back.
        let eif = Eif::default();
        let unstable = {
            let (mut low, mut high) = (-55.0, -40.0);
            for _ in 0..60 {
                let middle: f64 = f64::midpoint(low, high);
                if eif.equations().derivative(&[middle], 0.0)[0] < 0.0 { low = middle } else { high = middle }
            }
            low
        };
        let mut group: Box<dyn Group<f64>> = eif.group(&Build::cells(2, 0.05));
        group.set(0, 0, unstable - 0.1);
        group.set(0, 1, unstable + 0.1);
        let mut cells = Vec::new();
        for _ in 0..1000 {
            group.integrate(&Input::constant(&[0.0, 0.0]));
            group.crossed(&[], &mut cells);
            cells.iter().for_each(|&cell| group.fire(cell as usize));
            if !cells.is_empty() {
                break;
            }
        }
        assert_eq!(cells, [1]);
    }
}
