//! The Morris-Lecar neuron.

use super::rest::lowest_zero;
use super::{Build, Firing, Group, InputUnit, Levels, Membrane, Model, OdeGroup, Variable};
use duet_kernels::Real;
use duet_kernels::math::{exp, tanh};
use duet_units::{
    CapacitanceDensity, ConductanceDensity, CurrentDensity, Frequency, Range, Voltage, parameters,
};

parameters! {
    /// Spikes from calcium that opens at once and potassium that follows: two equations with the ions of a real membrane.
    ///
    /// # Equations
    /// ```text
    /// c_m dV/dt = -g_l (V - e_l) - g_ca m(V) (V - e_ca) - g_k w (V - e_k) + i_e + I(t)
    /// dw/dt     = phi cosh((V - v_3)/(2 v_4)) (w_inf(V) - w)
    /// m(V) = (1 + tanh((V - v_1)/v_2)) / 2        w_inf(V) = (1 + tanh((V - v_3)/v_4)) / 2
    /// V rises through v_spike:  spike
    /// ```
    /// All is per area: currents in uA/cm2, conductances in mS/cm2, the capacitance in uF/cm2.
    ///
    /// # Behaviour
    /// The defaults are class II: rest loses its stability by a Hopf bifurcation at 93.9 uA/cm2, and the rate jumps from zero to
    /// about 10 Hz. With g_ca = 4 mS/cm2, v_3 = 12 mV, v_4 = 17.4 mV and phi = 66.7 Hz (1/15 per ms) the same membrane is
    /// class I: at 40 uA/cm2 rest disappears on the orbit of the spike itself (saddle-node on an invariant circle), and
    /// the rate grows from zero like a square root.
    ///
    /// # References
    /// - Morris & Lecar 1981, Biophys. J. 35:193
    /// - Rinzel & Ermentrout 1998, in Koch & Segev, Methods in Neuronal Modeling, chapter 7 (both sets of numbers)
    ///
    /// # Example
    /// At V = v_1 half the calcium channels are open, so with w = 0 and no drive
    /// dV/dt = (-2 · (-1.2 + 60) + 2.2 · (120 + 1.2)) / 20 = 7.452 mV per ms.
    /// ```
    /// use duet_spiking::neuron::{Membrane, MorrisLecar};
    /// let slope = MorrisLecar::default().equations().derivative(&[-1.2, 0.0], 0.0);
    /// assert!((slope[0] - 7.452).abs() < 1e-12);
    /// ```
    pub default struct MorrisLecar {
        /// Membrane capacitance per area.
        pub c_m: CapacitanceDensity = CapacitanceDensity::new(20.0), in Range::POSITIVE;
        /// Leak conductance.
        pub g_l: ConductanceDensity = ConductanceDensity::new(2.0), in Range::POSITIVE;
        /// Calcium conductance with all channels open.
        pub g_ca: ConductanceDensity = ConductanceDensity::new(4.4), in Range::NON_NEGATIVE;
        /// Potassium conductance with all channels open.
        pub g_k: ConductanceDensity = ConductanceDensity::new(8.0), in Range::NON_NEGATIVE;
        /// The leak's reversal potential.
        pub e_l: Voltage = Voltage::new(-60.0);
        /// Calcium's reversal potential.
        pub e_ca: Voltage = Voltage::new(120.0);
        /// Potassium's reversal potential.
        pub e_k: Voltage = Voltage::new(-84.0);
        /// Where half the calcium channels are open.
        pub v_1: Voltage = Voltage::new(-1.2);
        /// How gently calcium channels open with the potential.
        pub v_2: Voltage = Voltage::new(18.0), in Range::POSITIVE;
        /// Where half the potassium channels are open in the end.
        pub v_3: Voltage = Voltage::new(2.0);
        /// How gently potassium channels open with the potential.
        pub v_4: Voltage = Voltage::new(30.0), in Range::POSITIVE;
        /// The slowest rate of the potassium channels, at V = v_3.
        pub phi: Frequency = Frequency::new(40.0), in Range::POSITIVE;
        /// An upward crossing of this potential counts as a spike.
        pub v_spike: Voltage = Voltage::new(0.0);
        /// Constant injected current per area.
        pub i_e: CurrentDensity = CurrentDensity::new(0.0);
    }
}

/// The numbers of the equations, in mV, ms, uA/cm2, mS/cm2, uF/cm2.
#[derive(Clone, Debug)]
pub struct Equations {
    cell: MorrisLecar,
}

impl MorrisLecar {
    /// The membrane.
    pub fn equations(&self) -> Equations {
        Equations { cell: self.clone() }
    }

    /// The shares of calcium and potassium channels that are open after a long time at a potential.
    pub fn steady(&self, v: f64) -> (f64, f64) {
        let half = |at: Voltage, width: Voltage| 0.5 * (1.0 + tanh((v - at.get()) / width.get()));
        (half(self.v_1, self.v_2), half(self.v_3, self.v_4))
    }

    /// The current that leaves the membrane at a potential when the potassium channels are open by `w`, in uA/cm2.
    pub fn outward(&self, v: f64, w: f64) -> f64 {
        let through = |g: ConductanceDensity, e: Voltage| g.get() * (v - e.get());
        through(self.g_l, self.e_l)
            + self.steady(v).0 * through(self.g_ca, self.e_ca)
            + w * through(self.g_k, self.e_k)
    }

    /// The same when the potassium channels have had their time.
    fn steady_outward(&self, v: f64) -> f64 {
        self.outward(v, self.steady(v).1)
    }
}

impl Membrane<2> for Equations {
    const VARIABLES: [Variable; 2] = [Variable { name: "v", unit: "mV" }, Variable { name: "w", unit: "1" }];

    fn rest(&self) -> [f64; 2] {
        let batteries = [self.cell.e_l, self.cell.e_ca, self.cell.e_k].map(Voltage::get);
        let low = batteries.into_iter().fold(f64::INFINITY, f64::min) - 1.0;
        let high = batteries.into_iter().fold(f64::NEG_INFINITY, f64::max) + 1.0;
        let v = lowest_zero(|v| self.cell.steady_outward(v), (low, high));
        [v, self.cell.steady(v).1]
    }

    fn derivative(&self, &[v, w]: &[f64; 2], current: f64) -> [f64; 2] {
        let cell = &self.cell;
        [
            (current + cell.i_e.get() - cell.outward(v, w)) / cell.c_m.get(),
            self.pace(v) * (cell.steady(v).1 - w),
        ]
    }

    fn diagonal(&self, &[v, w]: &[f64; 2], slope: f64) -> [f64; 2] {
        let cell = &self.cell;
        let open = cell.steady(v).0;
        // d/dx (1 + tanh x)/2 = 2 m (1 - m).
        let opening = 2.0 * open * (1.0 - open) / cell.v_2.get();
        let conductance =
            cell.g_l.get() + cell.g_ca.get() * (open + opening * (v - cell.e_ca.get())) + cell.g_k.get() * w;
        [(slope - conductance) / cell.c_m.get(), -self.pace(v)]
    }

    fn firing(&self) -> Firing {
        Firing::Crossing { at: self.cell.v_spike.get() }
    }

    fn resistance(&self) -> f64 {
        let v = self.rest()[0];
        let (open, slow) = self.cell.steady(v);
        let bend = |share: f64, width: Voltage| 2.0 * share * (1.0 - share) / width.get();
        let cell = &self.cell;
        1.0 / (cell.g_l.get()
            + cell.g_ca.get() * (open + bend(open, cell.v_2) * (v - cell.e_ca.get()))
            + cell.g_k.get() * (slow + bend(slow, cell.v_4) * (v - cell.e_k.get())))
    }

    fn levels(&self) -> Levels {
        Levels { v_th: self.cell.v_spike.get(), v_reset: None, e_l: self.rest()[0] }
    }
}

impl Equations {
    /// The rate of the potassium channels at a potential, per ms.
    fn pace(&self, v: f64) -> f64 {
        let x = (v - self.cell.v_3.get()) / (2.0 * self.cell.v_4.get());
        self.cell.phi.get() / 1000.0 * 0.5 * (exp(x) + exp(-x))
    }
}

impl Model for MorrisLecar {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        Box::new(OdeGroup::new(self.equations(), build))
    }

    fn input_unit(&self) -> InputUnit {
        InputUnit::Density
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::Input;

    fn class_one() -> MorrisLecar {
        MorrisLecar {
            g_ca: ConductanceDensity::new(4.0),
            v_3: Voltage::new(12.0),
            v_4: Voltage::new(17.4),
            phi: Frequency::new(1000.0 / 15.0),
            ..MorrisLecar::default()
        }
    }

    /// The rate in Hz in the last of `seconds` under a current that is raised slowly over the first half.
    fn rate(cell: &MorrisLecar, current: f64, seconds: usize) -> usize {
        let mut group: Box<dyn Group<f64>> = cell.group(&Build::cells(1, 0.1));
        let (mut spikes, mut cells) = (0, Vec::new());
        let steps = seconds * 10_000;
        for step in 0..steps {
            let now = current * (2.0 * step as f64 / steps as f64).min(1.0);
            group.integrate(&Input { current: &[now], ..Input::constant(&[0.0]) });
            group.crossed(&[], &mut cells);
            spikes += if step >= steps - 10_000 { cells.len() } else { 0 };
            cells.clear();
        }
        spikes
    }

    #[test]
    fn class_two_jumps_and_class_one_grows_from_zero() {
        // Rinzel & Ermentrout: Hopf bifurcation at 93.86 uA/cm2, saddle-node on the circle at 39.96 uA/cm2.
        let two = MorrisLecar::default();
        assert_eq!(rate(&two, 91.0, 20), 0);
        assert!(rate(&two, 96.0, 20) >= 9);
        let one = class_one();
        assert_eq!(rate(&one, 39.8, 10), 0);
        let (near, far) = (rate(&one, 40.3, 10), rate(&one, 50.0, 4));
        assert!((1..8).contains(&near) && far > 2 * near, "{near} {far}");
    }

    #[test]
    fn the_saddle_node_is_the_top_of_the_steady_current() {
        let one = class_one();
        let top = (0..6000).map(|k| one.steady_outward(-60.0 + f64::from(k) * 0.01)).fold(f64::MIN, f64::max);
        assert!((top - 39.96).abs() < 0.01, "{top}");
    }

    #[test]
    fn resistance_and_diagonal_are_derivatives() {
        for cell in [MorrisLecar::default(), class_one()] {
            let equations = cell.equations();
            let [v, w] = equations.rest();
            assert!(equations.derivative(&[v, w], 0.0).iter().all(|slope| slope.abs() < 1e-12));
            let h = 1e-5;
            let steady = (cell.steady_outward(v + h) - cell.steady_outward(v - h)) / (2.0 * h);
            assert!((equations.resistance() * steady - 1.0).abs() < 1e-6);
            let at = |v: f64, w: f64| equations.derivative(&[v, w], 0.0);
            let [dv, dw] = equations.diagonal(&[-20.0, 0.3], 0.0);
            assert!((dv - (at(-20.0 + h, 0.3)[0] - at(-20.0 - h, 0.3)[0]) / (2.0 * h)).abs() < 1e-6);
            assert!((dw - (at(-20.0, 0.3 + h)[1] - at(-20.0, 0.3 - h)[1]) / (2.0 * h)).abs() < 1e-6);
        }
    }
}
