//! The adaptive exponential integrate-and-fire neuron.

use super::{Build, Firing, Group, Levels, Membrane, Model, OdeGroup, Variable};
use duet_kernels::Real;
use duet_kernels::math::{exp, ln};
use duet_units::{Capacitance, Conductance, Current, Range, Time, Voltage, parameters};

parameters! {
    /// A membrane whose upstroke grows exponentially, with a slow current that its spikes feed.
    ///
    /// # Equations
    /// ```text
    /// c_m dV/dt   = -g_l (V - e_l) + g_l delta_t exp((V - v_t)/delta_t) - w + I(t)
    /// tau_w dw/dt = a (V - e_l) - w
    /// V >= v_peak:  spike, V -> v_reset (held there for t_ref), w -> w + b
    /// ```
    /// # Behaviour
    /// With few numbers it fires tonically, adapts, bursts, fires with delay, at rebound or irregularly. Under a slowly
    /// rising current it begins to fire at (g_l + a)(v_t - e_l - delta_t + delta_t ln(1 + a/g_l)), by a saddle-node
    /// bifurcation, where a/g_l < tau_m/tau_w; else a little earlier, by a Hopf bifurcation.
    ///
    /// # References
    /// - Brette & Gerstner 2005, J. Neurophysiol. 94:3637 (the defaults)
    /// - Touboul & Brette 2008, Biol. Cybern. 99:319; Naud et al. 2008, Biol. Cybern. 99:335 (firing patterns)
    ///
    /// # Example
    /// At rest only the exponential acts: dV/dt = (30/281) · 2 · exp((-70.6 + 50.4)/2) = 8.77e-6 mV per ms.
    /// ```
    /// use duet_spiking::neuron::{Adex, Membrane};
    /// let [dv, dw] = Adex::default().equations().derivative(&[-70.6, 0.0], 0.0);
    /// assert!((dv - 8.771_2e-6).abs() < 1e-9);
    /// assert_eq!(dw, 0.0);
    /// ```
    pub default struct Adex {
        /// Membrane capacitance.
        pub c_m: Capacitance = Capacitance::new(281.0), in Range::POSITIVE;
        /// Leak conductance.
        pub g_l: Conductance = Conductance::new(30.0), in Range::POSITIVE;
        /// Leak (resting) potential.
        pub e_l: Voltage = Voltage::new(-70.6);
        /// Threshold slope factor: the potential over which the upstroke grows e-fold.
        pub delta_t: Voltage = Voltage::new(2.0), in Range::POSITIVE;
        /// Where the exponential takes over.
        pub v_t: Voltage = Voltage::new(-50.4);
        /// Where the upstroke is cut off and counted as a spike.
        pub v_peak: Voltage = Voltage::new(0.0);
        /// Reset potential.
        pub v_reset: Voltage = Voltage::new(-70.6);
        /// Absolute refractory period.
        pub t_ref: Time = Time::new(0.0), in Range::NON_NEGATIVE;
        /// Time constant of adaptation.
        pub tau_w: Time = Time::new(144.0), in Range::POSITIVE;
        /// Adaptation below threshold.
        pub a: Conductance = Conductance::new(4.0);
        /// Adaptation by each spike.
        pub b: Current = Current::new(80.5);
        /// Constant injected current.
        pub i_e: Current = Current::new(0.0);
    }
    relations { v_reset < v_peak; v_t < v_peak; }
}

/// The numbers of the equations, in mV, ms, pA, nS, pF.
#[derive(Clone, Debug)]
pub struct Equations {
    adex: Adex,
}

impl Adex {
    /// The membrane.
    pub fn equations(&self) -> Equations {
        Equations { adex: self.clone() }
    }

    /// c_m / g_l in ms.
    pub fn tau_m(&self) -> f64 {
        self.c_m.get() / self.g_l.get()
    }

    /// The constant current (pA) above which there is no resting state: a saddle-node bifurcation.
    pub fn saddle_node(&self) -> f64 {
        let (g, a, d) = (self.g_l.get(), self.a.get(), self.delta_t.get());
        (g + a) * (self.v_t.get() - self.e_l.get() - d + d * ln(1.0 + a / g))
    }

    /// The constant current (pA) at which the resting state becomes an unstable focus; `None` where it never does before the
    /// saddle-node bifurcation.
    pub fn hopf(&self) -> Option<f64> {
        let (g, a, d) = (self.g_l.get(), self.a.get(), self.delta_t.get());
        let ratio = self.tau_m() / self.tau_w.get();
        (a / g > ratio).then(|| {
            (g + a) * (self.v_t.get() - self.e_l.get() - d + d * ln(1.0 + ratio)) + d * g * (a / g - ratio)
        })
    }

    /// The smallest constant current that makes it fire, in pA: whichever of the two comes first.
    pub fn rheobase(&self) -> f64 {
        self.hopf().map_or(self.saddle_node(), |hopf| hopf.min(self.saddle_node())) - self.i_e.get()
    }
}

impl Membrane<2> for Equations {
    const VARIABLES: [Variable; 2] = [Variable { name: "v", unit: "mV" }, Variable { name: "w", unit: "pA" }];

    fn rest(&self) -> [f64; 2] {
        [self.adex.e_l.get(), 0.0]
    }

    fn derivative(&self, &[v, w]: &[f64; 2], current: f64) -> [f64; 2] {
        let p = &self.adex;
        let (g, d, from_rest) = (p.g_l.get(), p.delta_t.get(), v - p.e_l.get());
        let upstroke = g * d * exp((v - p.v_t.get()) / d);
        [
            (-g * from_rest + upstroke - w + current + p.i_e.get()) / p.c_m.get(),
            (p.a.get() * from_rest - w) / p.tau_w.get(),
        ]
    }

    fn diagonal(&self, &[v, _]: &[f64; 2], slope: f64) -> [f64; 2] {
        let p = &self.adex;
        let g = p.g_l.get();
        let upstroke = g * exp((v - p.v_t.get()) / p.delta_t.get());
        [(-g + upstroke + slope) / p.c_m.get(), -1.0 / p.tau_w.get()]
    }

    fn firing(&self) -> Firing {
        Firing::Reset { at: self.adex.v_peak.get(), t_ref: self.adex.t_ref.get() }
    }

    fn reset(&self, x: &mut [f64; 2]) {
        *x = [self.adex.v_reset.get(), x[1] + self.adex.b.get()];
    }

    fn ceiling(&self) -> f64 {
        self.adex.v_peak.get()
    }

    fn resistance(&self) -> f64 {
        1.0 / self.adex.g_l.get()
    }

    fn levels(&self) -> Levels {
        let p = &self.adex;
        Levels { v_th: p.v_t.get(), v_reset: Some(p.v_reset.get()), e_l: p.e_l.get() }
    }
}

impl Model for Adex {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        Box::new(OdeGroup::new(self.equations(), build))
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        Some(("c_m / g_l", self.tau_m()))
    }

    fn refractory_period(&self) -> f64 {
        self.t_ref.get()
    }

    fn rheobase(&self) -> Option<f64> {
        Some(Adex::rheobase(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrator::Method;
    use crate::neuron::Input;

    fn spike_times(adex: &Adex, method: Method, dt: f64, until: f64) -> Vec<f64> {
        let build = Build { method: Some(method), ..Build::cells(1, dt) };
        let mut group: Box<dyn Group<f64>> = adex.group(&build);
        let (mut times, mut cells) = (Vec::new(), Vec::new());
        for step in 1..=(until / dt).round() as usize {
            group.integrate(&Input::constant(&[0.0]));
            group.crossed(&[], &mut cells);
            for cell in cells.drain(..) {
                group.fire(cell as usize);
                times.push(step as f64 * dt - group.before_end(cell as usize));
            }
        }
        times
    }

    #[test]
    fn first_spikes_are_the_reference_values() {
        // Truth entry adex.bg2005.1000: DOP853 with event location.
        let reference = [11.791_572_833_8, 25.376_060_301_8, 41.196_209_126];
        let adex = Adex { i_e: Current::new(1000.0), ..Adex::default() };
        for (method, dt, within) in [
            (Method::Rkf45(1e-10), 0.1, 1e-6),
            (Method::Rkf45(1e-10), 0.03, 1e-6),
            (Method::Rk4, 0.005, 0.03),
        ] {
            let times = spike_times(&adex, method, dt, 50.0);
            assert_eq!(times.len(), 3, "{method:?}");
            for (time, reference) in times.iter().zip(reference) {
                assert!((time - reference).abs() < within, "{method:?} {dt}: {time} {reference}");
            }
        }
    }

    #[test]
    fn rheobase_is_where_firing_begins() {
        let adex = Adex::default();
        assert!((adex.saddle_node() - 627.311_093_721).abs() < 1e-6);
        assert!((adex.hopf().unwrap() - 627.182_464_509).abs() < 1e-6);
        // The current's onset finds w at rest and may draw a spike below rheobase; what counts is whether firing goes on.
        for (i_e, fires) in [(620.0, false), (632.0, true)] {
            let steady = Adex { i_e: Current::new(i_e), ..adex.clone() };
            let times = spike_times(&steady, Method::Rk4, 0.05, 4000.0);
            assert_eq!(times.last().is_some_and(|&last| last > 3000.0), fires, "{i_e} pA: {times:?}");
        }
    }
}
