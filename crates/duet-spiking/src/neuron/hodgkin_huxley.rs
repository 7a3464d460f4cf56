//! The squid giant axon's membrane: spikes from two voltage-gated conductances.

use super::{Build, Firing, Group, InputUnit, Levels, Membrane, Model, OdeGroup, Variable};
use crate::channel::{Rates, leak, potassium, sodium};
use crate::ion::{ABSOLUTE_ZERO, q10};
use duet_kernels::Real;
use duet_units::{
    CapacitanceDensity, ConductanceDensity, CurrentDensity, Range, Temperature, Voltage, parameters,
};

/// The temperature of the squid axons whose rates were measured.
const MEASURED_AT: Temperature = Temperature::new(6.3);
/// What counts as a spike, in mV, rising.
const CROSSING: f64 = 0.0;
/// How many times faster gates run when it is 10 degrees warmer.
const Q10: f64 = 3.0;

parameters! {
    /// A membrane whose sodium and potassium channels make the spike: nothing is reset.
    ///
    /// # Equations
    /// ```text
    /// c_m dV/dt = -g_na m^3 h (V - e_na) - g_k n^4 (V - e_k) - g_l (V - e_l) + i_e + I(t)
    /// dx/dt     = phi (alpha_x(V) (1 - x) - beta_x(V) x)          for x = m, h, n;  phi = 3^((temperature - 6.3)/10)
    /// alpha_m = 0.1 (V + 40) / (1 - exp(-(V + 40)/10))            beta_m = 4 exp(-(V + 65)/18)
    /// alpha_h = 0.07 exp(-(V + 65)/20)                             beta_h = 1 / (1 + exp(-(V + 35)/10))
    /// alpha_n = 0.01 (V + 55) / (1 - exp(-(V + 55)/10))           beta_n = 0.125 exp(-(V + 65)/80)
    /// V rises through 0 mV:  spike
    /// ```
    /// All is per area: currents in uA/cm2, conductances in mS/cm2, the capacitance in uF/cm2.
    ///
    /// # Behaviour
    /// Rests at -65.0 mV. A brief pulse makes a spike of 105 mV, about 1.5 ms wide, and an undershoot to -76 mV, after which
    /// the membrane is refractory until h has recovered and n has closed. A step from rest fires once from 2.24 uA/cm2 and
    /// without end from 6.26 uA/cm2, at once with 52 Hz: class II, the rate jumps. Above 154 uA/cm2 sodium stays blocked and
    /// the oscillation dies. The end of hyperpolarisation alone makes a spike (anode break), since it had unblocked sodium.
    ///
    /// # References
    /// - Hodgkin & Huxley 1952, J. Physiol. 117:500 (here with depolarisation upwards and rest at -65 mV)
    /// - Rinzel & Miller 1980, Math. Biosci. 49:27 (where rest loses and regains its stability)
    /// - Dayan & Abbott 2001, Theoretical Neuroscience, section 5.6
    ///
    /// # Example
    /// ```
    /// use duet_spiking::neuron::HodgkinHuxley;
    /// let squid = HodgkinHuxley::default();
    /// let [v, m, h, n] = squid.rest();
    /// assert!((v + 64.996_38).abs() < 1e-5 && (n - 0.317_732).abs() < 1e-6);
    /// // 10 uA/cm2 on 1 uF/cm2 at rest: 10 mV per ms, and no gate has moved yet.
    /// assert!((squid.slope([v, m, h, n], 10.0)[0] - 10.0).abs() < 1e-9);
    /// ```
    pub default struct HodgkinHuxley {
        /// Membrane capacitance per area.
        pub c_m: CapacitanceDensity = CapacitanceDensity::new(1.0), in Range::POSITIVE;
        /// Sodium conductance with all gates open.
        pub g_na: ConductanceDensity = ConductanceDensity::new(120.0), in Range::NON_NEGATIVE;
        /// Potassium conductance with all gates open.
        pub g_k: ConductanceDensity = ConductanceDensity::new(36.0), in Range::NON_NEGATIVE;
        /// Leak conductance.
        pub g_l: ConductanceDensity = ConductanceDensity::new(0.3), in Range::POSITIVE;
        /// Sodium's reversal potential.
        pub e_na: Voltage = Voltage::new(50.0);
        /// Potassium's reversal potential.
        pub e_k: Voltage = Voltage::new(-77.0);
        /// The leak's reversal potential.
        pub e_l: Voltage = Voltage::new(-54.387);
        /// Temperature, which sets the speed of the gates.
        pub temperature: Temperature = Temperature::new(6.3), in Range { low: ABSOLUTE_ZERO, ..Range::FINITE };
        /// Constant injected current per area.
        pub i_e: CurrentDensity = CurrentDensity::new(0.0);
    }
}

/// Currents through a membrane, outward positive, in uA/cm2.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Currents {
    /// Through sodium channels.
    pub sodium: f64,
    /// Through potassium channels.
    pub potassium: f64,
    /// Through the leak.
    pub leak: f64,
}

impl HodgkinHuxley {
    /// How many times faster the gates run than at 6.3 degrees.
    pub fn phi(&self) -> f64 {
        q10(Q10, self.temperature, MEASURED_AT)
    }

    /// The rates of m, h and n at a voltage, when everything runs `phi` times faster than at 6.3 degrees.
    pub fn rates(v: f64, phi: f64) -> [Rates; 3] {
        [sodium::activation(v), sodium::inactivation(v), potassium::activation(v)]
            .map(|rates| rates.faster(phi))
    }

    /// m, h and n after a long time at a voltage.
    pub fn steady(v: f64) -> [f64; 3] {
        Self::rates(v, 1.0).map(Rates::steady)
    }

    /// The currents at a voltage with given gates m, h and n.
    pub fn currents(&self, v: f64, [m, h, n]: [f64; 3]) -> Currents {
        Currents {
            sodium: leak::current(self.g_na.get() * sodium::open(m, h), v, self.e_na.get()),
            potassium: leak::current(self.g_k.get() * potassium::open(n), v, self.e_k.get()),
            leak: leak::current(self.g_l.get(), v, self.e_l.get()),
        }
    }

    /// The open conductance in mS/cm2, and what it draws the membrane with: the sum of g E in uA/cm2.
    pub fn conductance(&self, [m, h, n]: [f64; 3]) -> (f64, f64) {
        let (na, k, l) =
            (self.g_na.get() * sodium::open(m, h), self.g_k.get() * potassium::open(n), self.g_l.get());
        (na + k + l, na * self.e_na.get() + k * self.e_k.get() + l * self.e_l.get())
    }

    /// d/dt of (V, m, h, n) in mV and gates per ms, under a current in uA/cm2 besides i_e.
    pub fn slope(&self, state: [f64; 4], current: f64) -> [f64; 4] {
        self.slope_at(state, current, self.phi())
    }

    fn slope_at(&self, [v, m, h, n]: [f64; 4], current: f64, phi: f64) -> [f64; 4] {
        let Currents { sodium, potassium, leak } = self.currents(v, [m, h, n]);
        let inward = self.i_e.get() + current - sodium - potassium - leak;
        let [of_m, of_h, of_n] = Self::rates(v, phi);
        [inward / self.c_m.get(), of_m.slope(m), of_h.slope(h), of_n.slope(n)]
    }

    /// (V, m, h, n) where nothing moves without a current.
    pub fn rest(&self) -> [f64; 4] {
        self.steady_state(0.0)
    }

    /// (V, m, h, n) where nothing moves under a constant current in uA/cm2, which stands in for i_e: the lowest voltage at
    /// which the steady currents cancel it.
    pub fn steady_state(&self, current: f64) -> [f64; 4] {
        let outward = |v: f64| self.steady_current(v) - current;
        // Ions alone bring it to between their potentials; a constant current moves it by at most I / g_l.
        let batteries = [self.e_na.get(), self.e_k.get(), self.e_l.get()];
        let moved = current / self.g_l.get();
        let mut low = batteries.into_iter().fold(f64::INFINITY, f64::min) + moved.min(0.0) - 1.0;
        let end = batteries.into_iter().fold(f64::NEG_INFINITY, f64::max) + moved.max(0.0) + 1.0;
        // In steps finer than any bend of the steady current, so that of several zeros the lowest is found.
        let steps = ((end - low) / 0.25).clamp(1.0, 1e5);
        let stride = (end - low) / steps;
        let mut high = low + stride;
        while outward(high) < 0.0 && high < end {
            (low, high) = (high, high + stride);
        }
        while low.midpoint(high) > low && low.midpoint(high) < high {
            let middle = low.midpoint(high);
            if outward(middle) < 0.0 { low = middle } else { high = middle }
        }
        let [m, h, n] = Self::steady(high);
        [high, m, h, n]
    }

    /// The current in uA/cm2 that flows outward when all gates have had time.
    fn steady_current(&self, v: f64) -> f64 {
        let Currents { sodium, potassium, leak } = self.currents(v, Self::steady(v));
        sodium + potassium + leak
    }
}

/// The membrane with what follows from its parameters, computed once.
#[derive(Clone, Debug)]
pub struct Squid {
    membrane: HodgkinHuxley,
    phi: f64,
    rest: [f64; 4],
}

impl HodgkinHuxley {
    /// The membrane as the engine integrates it.
    pub fn equations(&self) -> Squid {
        Squid { membrane: self.clone(), phi: self.phi(), rest: self.rest() }
    }
}

impl Membrane<4> for Squid {
    const VARIABLES: [Variable; 4] = [
        Variable { name: "v", unit: "mV" },
        Variable { name: "m", unit: "1" },
        Variable { name: "h", unit: "1" },
        Variable { name: "n", unit: "1" },
    ];

    fn rest(&self) -> [f64; 4] {
        self.rest
    }

    fn derivative(&self, x: &[f64; 4], current: f64) -> [f64; 4] {
        self.membrane.slope_at(*x, current, self.phi)
    }

    fn diagonal(&self, &[v, m, h, n]: &[f64; 4], slope: f64) -> [f64; 4] {
        let conductance = self.membrane.conductance([m, h, n]).0;
        let [of_m, of_h, of_n] = HodgkinHuxley::rates(v, self.phi).map(|rates| -rates.alpha - rates.beta);
        [(slope - conductance) / self.membrane.c_m.get(), of_m, of_h, of_n]
    }

    fn firing(&self) -> Firing {
        Firing::Crossing { at: CROSSING }
    }

    fn resistance(&self) -> f64 {
        // The slope of the steady current, gates included.
        let (v, h) = (self.rest[0], 1e-3);
        2.0 * h / (self.membrane.steady_current(v + h) - self.membrane.steady_current(v - h))
    }

    fn levels(&self) -> Levels {
        Levels { v_th: CROSSING, v_reset: None, e_l: self.rest[0] }
    }
}

impl Model for HodgkinHuxley {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        Box::new(OdeGroup::new(self.equations(), build))
    }

    fn input_unit(&self) -> InputUnit {
        InputUnit::Density
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        Some(("m's time constant at e_k", sodium::activation(self.e_k.get()).time_constant() / self.phi()))
    }

    /// The currents through the channels, outward positive.
    fn derived(&self) -> &'static [Variable] {
        const UNIT: &str = "uA/cm2";
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
mod tests {
    use super::*;

    #[test]
    fn nothing_moves_at_rest() {
        for (e_l, i_e) in [(-54.387, 0.0), (-54.402, 0.0), (-54.387, 5.0), (-54.387, -40.0), (-20.0, 200.0)] {
            let squid = HodgkinHuxley {
                e_l: Voltage::new(e_l),
                i_e: CurrentDensity::new(i_e),
                ..HodgkinHuxley::default()
            };
            let slope = squid.slope(squid.steady_state(i_e), 0.0);
            assert!(slope.iter().all(|slope| slope.abs() < 1e-9), "{e_l} {i_e}: {slope:?}");
        }
    }

    #[test]
    fn the_conductance_carries_the_currents() {
        let squid = HodgkinHuxley::default();
        let gates = [0.3, 0.4, 0.5];
        let (conductance, drive) = squid.conductance(gates);
        let Currents { sodium, potassium, leak } = squid.currents(-20.0, gates);
        assert!((conductance * -20.0 - drive - (sodium + potassium + leak)).abs() < 1e-12);
    }

    #[test]
    fn the_diagonal_is_the_slope_of_the_slope() {
        let squid = HodgkinHuxley::default().equations();
        let x = [-30.0, 0.4, 0.3, 0.6];
        for (i, found) in squid.diagonal(&x, -0.7).into_iter().enumerate() {
            let h = 1e-5;
            let moved = |by: f64| {
                let mut at = x;
                at[i] += by;
                // A current that answers to V as a conductance does.
                squid.derivative(&at, -0.7 * at[0])[i]
            };
            let slope = (moved(h) - moved(-h)) / (2.0 * h);
            assert!((found - slope).abs() < 1e-6 * slope.abs(), "{i}: {found} {slope}");
        }
    }

    #[test]
    fn a_steady_current_fires_it_where_the_literature_says() {
        let spikes = |i_e: f64| {
            let squid = HodgkinHuxley { i_e: CurrentDensity::new(i_e), ..HodgkinHuxley::default() };
            let mut group: Box<dyn Group<f64>> = squid.group(&Build::cells(1, 0.02));
            let (mut times, mut cells) = (Vec::new(), Vec::new());
            for step in 1..=10_000_i32 {
                group.integrate(&crate::neuron::Input::constant(&[0.0]));
                cells.clear();
                group.crossed(&[], &mut cells);
                times.extend(cells.iter().map(|_| f64::from(step) * 0.02));
            }
            times
        };
        assert_eq!([2.0, 5.0, 6.0].map(|i| spikes(i).len()), [0, 1, 2]);
        // Truth entry hh.spike_times.I10, to a step.
        let reference = [1.901_231_541_22, 16.822_651_890_7, 31.471_887_517_9, 46.109_061_817_7];
        let found = spikes(10.0);
        for (time, reference) in found.iter().zip(reference) {
            assert!((-1e-4..0.0201).contains(&(time - reference)), "{time} {reference}");
        }
    }

    #[test]
    fn warmth_moves_the_gates_and_nothing_else() {
        let cold = HodgkinHuxley::default();
        let warm = HodgkinHuxley { temperature: Temperature::new(16.3), ..cold.clone() };
        let state = [-50.0, 0.1, 0.5, 0.4];
        let (a, b) = (cold.slope(state, 0.0), warm.slope(state, 0.0));
        assert_eq!(a[0], b[0]);
        for gate in 1..4 {
            assert!((b[gate] / a[gate] - 3.0).abs() < 1e-12);
        }
        assert_eq!(cold.rest(), warm.rest());
    }
}
