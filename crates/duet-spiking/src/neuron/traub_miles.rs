//! The membrane of Traub and Miles: a cortical cell with sodium and potassium channels, for networks.

use super::relaxing::{Relaxing, relaxing_or_ode};
use super::{Build, Currents, Firing, Group, Levels, Membrane, Model, Variable};
use crate::channel::traub_miles::{potassium_activation, sodium_activation, sodium_inactivation};
use crate::channel::{Rates, leak, potassium, sodium};
use duet_kernels::Real;
use duet_kernels::membrane::input::Input;
use duet_kernels::membrane::relax::Cells;
use duet_kernels::membrane::traub_miles as kernel;
use duet_units::{Capacitance, Conductance, Current, Range, Voltage, parameters};

parameters! {
    /// Hodgkin and Huxley's equations with the rates of hippocampal pyramidal cells: the conductance-based cell of networks.
    ///
    /// # Equations
    /// ```text
    /// c_m dV/dt = -g_na m^3 h (V - e_na) - g_k n^4 (V - e_k) - g_l (V - e_l) + i_e + I(t)
    /// dx/dt     = alpha_x(u) (1 - x) - beta_x(u) x          for x = m, h, n;  u = V - v_t
    /// alpha_m = 0.32 (13 - u) / (exp((13 - u)/4) - 1)        beta_m = 0.28 (u - 40) / (exp((u - 40)/5) - 1)
    /// alpha_h = 0.128 exp((17 - u)/18)                        beta_h = 4 / (1 + exp((40 - u)/5))
    /// alpha_n = 0.032 (15 - u) / (exp((15 - u)/5) - 1)       beta_n = 0.5 exp((10 - u)/40)
    /// V rises through v_spike:  spike
    /// ```
    /// All is of the whole cell: currents in pA, conductances in nS, the capacitance in pF. The defaults are a cell of
    /// 20,000 um2 with 1 uF/cm2, 100 and 30 mS/cm2 and a leak of 0.05 mS/cm2.
    ///
    /// # Behaviour
    /// Spikes of 108 mV from -60 to +48 mV. With these numbers the cell has no rest: sodium that is open at -60 mV draws it up,
    /// and alone it fires with 13.9 Hz. -40 pA silence it. Class I: as that current is lifted the rate grows from zero, by
    /// way of 3 Hz at -30 pA; 300 pA make 59 Hz, 1000 pA 133 Hz. Begins at e_l, its gates settled there. m is faster than
    /// 0.1 ms: with exponential Euler, which networks use here, dt = 0.1 ms is stable all the same.
    ///
    /// # References
    /// - Traub & Miles 1991, Neuronal Networks of the Hippocampus, Cambridge University Press
    /// - Brette et al. 2007, J. Comput. Neurosci. 23:349, benchmark 3 (these numbers)
    ///
    /// # Example
    /// At u = 40, V = -23 mV, with all gates shut only the leak flows: 10 nS · (-60 + 23) mV / 200 pF = -1.85 mV per ms;
    /// n opens with 0.032 · 25 / (1 - exp(-5)) = 0.805 per ms.
    /// ```
    /// use duet_spiking::neuron::{Membrane, TraubMiles};
    /// let slope = TraubMiles::default().equations().derivative(&[-23.0, 0.0, 0.0, 0.0], 0.0);
    /// assert!((slope[0] + 1.85).abs() < 1e-12 && (slope[3] - 0.805_426_9).abs() < 1e-6);
    /// ```
    pub default struct TraubMiles {
        /// Membrane capacitance.
        pub c_m: Capacitance = Capacitance::new(200.0), in Range::POSITIVE;
        /// Sodium conductance with all gates open.
        pub g_na: Conductance = Conductance::new(20_000.0), in Range::NON_NEGATIVE;
        /// Potassium conductance with all gates open.
        pub g_k: Conductance = Conductance::new(6000.0), in Range::NON_NEGATIVE;
        /// Leak conductance.
        pub g_l: Conductance = Conductance::new(10.0), in Range::POSITIVE;
        /// Sodium's reversal potential.
        pub e_na: Voltage = Voltage::new(50.0);
        /// Potassium's reversal potential.
        pub e_k: Voltage = Voltage::new(-90.0);
        /// The leak's reversal potential.
        pub e_l: Voltage = Voltage::new(-60.0);
        /// What the rates are measured from; spikes begin some 10 mV above it.
        pub v_t: Voltage = Voltage::new(-63.0);
        /// An upward crossing of this potential counts as a spike.
        pub v_spike: Voltage = Voltage::new(-20.0);
        /// Constant injected current.
        pub i_e: Current = Current::new(0.0);
    }
}

impl TraubMiles {
    /// The membrane as the engine integrates it.
    pub fn equations(&self) -> Equations {
        Equations { cell: self.clone() }
    }

    /// The rates of m, h and n at a potential.
    pub fn rates(&self, v: f64) -> [Rates; 3] {
        let u = v - self.v_t.get();
        [sodium_activation(u), sodium_inactivation(u), potassium_activation(u)]
    }

    /// m, h and n after a long time at a potential.
    pub fn steady(&self, v: f64) -> [f64; 3] {
        self.rates(v).map(Rates::steady)
    }

    /// The currents in pA at a potential with given gates m, h and n.
    pub fn currents(&self, v: f64, [m, h, n]: [f64; 3]) -> Currents {
        Currents {
            sodium: leak::current(self.g_na.get() * sodium::open(m, h), v, self.e_na.get()),
            potassium: leak::current(self.g_k.get() * potassium::open(n), v, self.e_k.get()),
            leak: leak::current(self.g_l.get(), v, self.e_l.get()),
        }
    }
}

/// The membrane as differential equations.
#[derive(Clone, Debug)]
pub struct Equations {
    cell: TraubMiles,
}

impl Membrane<4> for Equations {
    const VARIABLES: [Variable; 4] = [
        Variable { name: "v", unit: "mV" },
        Variable { name: "m", unit: "1" },
        Variable { name: "h", unit: "1" },
        Variable { name: "n", unit: "1" },
    ];

    /// At the leak's potential with all gates settled: sodium that is open there may leave the cell no rest at all.
    fn rest(&self) -> [f64; 4] {
        let v = self.cell.e_l.get();
        let [m, h, n] = self.cell.steady(v);
        [v, m, h, n]
    }

    fn derivative(&self, &[v, m, h, n]: &[f64; 4], current: f64) -> [f64; 4] {
        let Currents { sodium, potassium, leak } = self.cell.currents(v, [m, h, n]);
        let inward = self.cell.i_e.get() + current - sodium - potassium - leak;
        let [of_m, of_h, of_n] = self.cell.rates(v);
        [inward / self.cell.c_m.get(), of_m.slope(m), of_h.slope(h), of_n.slope(n)]
    }

    fn diagonal(&self, &[v, m, h, n]: &[f64; 4], slope: f64) -> [f64; 4] {
        let TraubMiles { c_m, g_na, g_k, g_l, .. } = &self.cell;
        let open = g_na.get() * sodium::open(m, h) + g_k.get() * potassium::open(n) + g_l.get();
        let [of_m, of_h, of_n] = self.cell.rates(v).map(|rates| -rates.alpha - rates.beta);
        [(slope - open) / c_m.get(), of_m, of_h, of_n]
    }

    fn firing(&self) -> Firing {
        Firing::Crossing { at: self.cell.v_spike.get() }
    }

    /// The leak's: what sodium lets in around rest takes from the slope of the steady current, to below zero.
    fn resistance(&self) -> f64 {
        1.0 / self.cell.g_l.get()
    }

    fn levels(&self) -> Levels {
        Levels { v_th: self.cell.v_spike.get(), v_reset: None, e_l: self.cell.e_l.get() }
    }
}

impl Relaxing<4> for Equations {
    type Step<T: Real> = kernel::TraubMiles<T>;

    fn origin(&self) -> f64 {
        self.cell.v_t.get()
    }

    fn step<T: Real>(&self, dt: f64) -> Self::Step<T> {
        let TraubMiles { c_m, g_na, g_k, g_l, e_na, e_k, e_l, v_t, i_e, .. } = &self.cell;
        let from_v_t = |e: &Voltage| e.get() - v_t.get();
        kernel::TraubMiles {
            dt: T::from_f64(dt),
            dt_per_c: T::from_f64(dt / c_m.get()),
            leak: T::from_f64(g_l.get()),
            constant: T::from_f64(i_e.get() + g_l.get() * from_v_t(e_l)),
            sodium: [g_na.get(), from_v_t(e_na)].map(T::from_f64),
            potassium: [g_k.get(), from_v_t(e_k)].map(T::from_f64),
        }
    }

    fn advance<T: Real>(
        step: &Self::Step<T>,
        input: &mut Input<'_, T>,
        cells: &mut Cells<'_, T>,
        state: [&mut [T]; 4],
        fired: &mut Vec<u32>,
    ) {
        kernel::step(step, input, cells, state, fired);
    }
}

impl Model for TraubMiles {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        relaxing_or_ode(self.equations(), build)
    }

    /// m may well be at its end within a step, which exponential Euler is for; h, which ends the spike, may not.
    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        Some(("h's time constant at e_na", self.rates(self.e_na.get())[1].time_constant()))
    }

    /// The currents through the channels, outward positive.
    fn derived(&self) -> &'static [Variable] {
        const UNIT: &str = "pA";
        const {
            &[
                Variable { name: "i_na", unit: UNIT },
                Variable { name: "i_k", unit: UNIT },
                Variable { name: "i_l", unit: UNIT },
            ]
        }
    }

    fn derive(&self, variables: &[f64]) -> Vec<f64> {
        let &[v, m, h, n] = variables else { return Vec::new() };
        let Currents { sodium, potassium, leak } = self.currents(v, [m, h, n]);
        vec![sodium, potassium, leak]
    }
}

#[cfg(test)]
mod tests;
