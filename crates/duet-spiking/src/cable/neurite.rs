//! A neurite in time: the voltage along a [`Fibre`], with gates where its membrane has them.
//!
//! # Equations
//! ```text
//! gates   x(t + dt/2) from x(t - dt/2) at V(t)              trapezoidal rule
//! voltage V(t + dt)   from V(t) with gates at t + dt/2      trapezoidal rule
//! ```
//! Neither waits for the other within a step, so that each is linear; together they are of second order in dt.
//!
//! # References
//! - Hines 1984, Int. J. Biomed. Comput. 15:69
//! - Mascagni & Sherman 1998, in Koch & Segev, Methods in Neuronal Modeling, chapter 14

use super::fibre::PER_INTERNODE;
use super::{Compartments, Cylinder, Fibre, FibreMembrane, Myelin};
use crate::SpikingError;
use crate::neuron::HodgkinHuxley;

/// A fibre cut into compartments.
///
/// ```
/// use duet_spiking::cable::{Fibre, Neurite};
/// let fibre: Fibre = toml::from_str("length = '1 mm'\ndiameter = '2 um'\nmembrane.passive = {}").unwrap();
/// let mut neurite = Neurite::new(&fibre);
/// neurite.hold(Some(-55.0)); // 10 mV above rest at its beginning
/// (0..1000).for_each(|_| neurite.step(0.1, 0.0));
/// // The far end of 1 mm, sealed, at a length constant of 1 mm: 10 mV / cosh(1) = 6.48 mV.
/// assert!((neurite.v().last().unwrap() + 65.0 - 6.4805).abs() < 1e-3);
/// ```
#[derive(Clone, Debug)]
pub struct Neurite {
    compartments: Compartments,
    gates: Option<Gates>,
}

/// The excitable part.
#[derive(Clone, Debug)]
struct Gates {
    membrane: HodgkinHuxley,
    phi: f64,
    /// Nodes with excitable membrane.
    nodes: Vec<usize>,
    /// m, h and n at each of them, half a step ahead of the voltage.
    open: Vec<[f64; 3]>,
    /// Conductance (mS) and what it pulls with (uA), at every node of the neurite.
    pull: Vec<(f64, f64)>,
}

impl Neurite {
    /// The fibre at rest.
    pub fn new(fibre: &Fibre) -> Self {
        let rest = fibre.rest();
        let mut compartments = Compartments::root(rest);
        let cylinder = |length: f64| {
            let (c_m, g_l, e_l) = match &fibre.membrane {
                FibreMembrane::Passive(passive) => {
                    (passive.c_m.get(), 1000.0 / passive.r_m.get(), passive.e_l.get())
                }
                // Its leak is one of the membrane's own currents.
                FibreMembrane::HodgkinHuxley(squid) => (squid.c_m.get(), 0.0, 0.0),
            };
            Cylinder {
                length,
                diameter: fibre.diameter.get(),
                r_i: fibre.r_i.get(),
                c_m,
                g_l,
                e_l,
                excitable: fibre.is_excitable(),
            }
        };
        let length = fibre.length.get();
        let mut last = 0;
        if let Some(myelin) = &fibre.myelin {
            let wrapped = wrapped(myelin, &cylinder(myelin.internode.get()), rest);
            let gap = cylinder(myelin.node.get());
            let stretches = (length / (myelin.internode.get() + myelin.node.get())).floor().max(1.0) as usize;
            last = compartments.grow(last, &gap, fibre.pieces(gap.length));
            for _ in 0..stretches {
                last = compartments.grow(last, &wrapped, PER_INTERNODE);
                last = compartments.grow(last, &gap, fibre.pieces(gap.length));
            }
        } else {
            last = compartments.grow(last, &cylinder(length), fibre.pieces(length));
        }
        if fibre.end == super::End::Killed {
            compartments.hold(last, Some(rest));
        }
        let gates = match &fibre.membrane {
            FibreMembrane::Passive(_) => None,
            FibreMembrane::HodgkinHuxley(squid) => Some(Gates::new(squid, &compartments)),
        };
        Self { compartments, gates }
    }

    /// Distance of every place from the beginning, in um.
    pub fn x(&self) -> &[f64] {
        self.compartments.x()
    }

    /// Voltages in mV.
    pub fn v(&self) -> &[f64] {
        self.compartments.v()
    }

    /// The places where spikes are made: all of a bare axon, the gaps of a wrapped one, none of a passive neurite.
    pub fn excitable(&self) -> &[usize] {
        self.gates.as_ref().map_or(&[], |gates| &gates.nodes)
    }

    /// Holds the beginning at a voltage in mV, or lets it go.
    pub fn hold(&mut self, v: Option<f64>) {
        self.compartments.hold(0, v);
    }

    /// Moves it by `dt` ms with a current in nA into its beginning.
    pub fn step(&mut self, dt: f64, current: f64) {
        let injected = |node: usize| if node == 0 { current / 1000.0 } else { 0.0 };
        match &mut self.gates {
            None => self.compartments.step(dt, |node| (0.0, injected(node))),
            Some(gates) => {
                gates.step(dt, &self.compartments);
                let pull = &gates.pull;
                self.compartments.step(dt, |node| (pull[node].0, pull[node].1 + injected(node)));
            }
        }
    }

    /// Refuses to go on with voltages that are no numbers.
    ///
    /// # Errors
    /// [`SpikingError::CableDiverged`] with the time given and the first such place.
    pub fn check(&self, time_ms: f64) -> Result<(), SpikingError> {
        match self.v().iter().position(|v| !v.is_finite()) {
            Some(node) => Err(SpikingError::CableDiverged { time_ms, x_um: self.x()[node] }),
            None => Ok(()),
        }
    }

    /// Puts a passive neurite where a steady current in nA into its beginning leaves it. Gates stay as they are.
    pub fn settle(&mut self, current: f64) {
        let pull = self.gates.as_ref().map(|gates| &gates.pull);
        self.compartments.settle(|node| {
            let (conductance, drive) = pull.map_or((0.0, 0.0), |pull| pull[node]);
            (conductance, drive + if node == 0 { current / 1000.0 } else { 0.0 })
        });
    }
}

/// A stretch under myelin: no channels, and a leak that rests where the axon does.
fn wrapped(myelin: &Myelin, bare: &Cylinder, rest: f64) -> Cylinder {
    Cylinder { c_m: myelin.c_m.get(), g_l: 1000.0 / myelin.r_m.get(), e_l: rest, excitable: false, ..*bare }
}

impl Gates {
    fn new(membrane: &HodgkinHuxley, compartments: &Compartments) -> Self {
        let [_, m, h, n] = membrane.steady_state(membrane.i_e.get());
        let nodes: Vec<usize> =
            (0..compartments.len()).filter(|&node| compartments.excitable()[node] > 0.0).collect();
        let mut gates = Self {
            membrane: membrane.clone(),
            phi: membrane.phi(),
            open: vec![[m, h, n]; nodes.len()],
            nodes,
            pull: vec![(0.0, 0.0); compartments.len()],
        };
        gates.step(0.0, compartments);
        gates
    }

    fn step(&mut self, dt: f64, compartments: &Compartments) {
        for (&node, open) in self.nodes.iter().zip(&mut self.open) {
            let rates = HodgkinHuxley::rates(compartments.v()[node], self.phi);
            for (x, rates) in open.iter_mut().zip(rates) {
                *x = rates.trapezoid(*x, dt);
            }
            let (conductance, drive) = self.membrane.conductance(*open);
            let area = compartments.excitable()[node];
            self.pull[node] = (area * conductance, area * (drive + self.membrane.i_e.get()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{End, Front};
    use super::*;
    use duet_kernels::math::log2;

    fn fibre(text: &str) -> Fibre {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_resting_axon_stays_at_rest() {
        for text in [
            "length = '1 mm'\nmembrane.hodgkin_huxley = {}",
            "length = '3 mm'\nmembrane.hodgkin_huxley = { temperature = '20 degC' }\nmyelin = {}",
        ] {
            let fibre = fibre(text);
            let mut axon = Neurite::new(&fibre);
            (0..1000).for_each(|_| axon.step(0.01, 0.0));
            assert!(axon.v().iter().all(|v| (v - fibre.rest()).abs() < 1e-9), "{text}");
        }
    }

    /// A short axon is one patch of membrane: the equations of [`HodgkinHuxley::slope`], which know nothing of this scheme.
    #[test]
    fn a_short_axon_is_the_cell_and_errors_fall_with_the_square_of_dt() {
        // With hardly any resistance inside, so that it is one patch to 1e-7 mV.
        let text = "length = '10 um'\ndiameter = '10 um'\nr_i = '0.01 Ohm cm'\nmembrane.hodgkin_huxley = {}";
        let fibre = fibre(text);
        let area = core::f64::consts::PI * 10.0 * 10.0 * 1e-8;
        let squid = HodgkinHuxley::default();
        let (end, current) = (3.0, 10.0); // ms, uA/cm2
        let mut state = squid.rest();
        let fine = 1e-3;
        for _ in 0..3000 {
            let moved = |k: [f64; 4], by: f64| core::array::from_fn(|i| state[i] + by * k[i]);
            let k1 = squid.slope(state, current);
            let k2 = squid.slope(moved(k1, 0.5 * fine), current);
            let k3 = squid.slope(moved(k2, 0.5 * fine), current);
            let k4 = squid.slope(moved(k3, fine), current);
            state =
                core::array::from_fn(|i| state[i] + fine / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
        }
        let error = |dt: f64| {
            let mut axon = Neurite::new(&fibre);
            (0..(end / dt).round() as usize).for_each(|_| axon.step(dt, 1000.0 * current * area));
            (axon.v()[0] - state[0]).abs()
        };
        let order = log2(error(0.01) / error(0.005));
        assert!((order - 2.0).abs() < 0.1, "{order}");
        assert!(error(0.001) < 1e-3, "{}", error(0.001));
    }

    #[test]
    fn the_spike_of_the_squid_runs_as_fast_as_hodgkin_and_huxley_computed() {
        let squid = fibre(
            "length = '7 cm'\ndiameter = '476 um'\nr_i = '35.4 Ohm cm'\ndx = '200 um'\n\
             membrane.hodgkin_huxley = { temperature = '18.5 degC' }",
        );
        let velocity = Front::of(&squid, 0.005, 60.0, 0.5, 20.0).unwrap().velocity().unwrap();
        // Their hand calculation; the axon itself did 21.2 m/s.
        assert!((velocity / 18.8 - 1.0).abs() < 0.01, "{velocity}");
        let half = squid.with_diameter(duet_units::Length::new(238.0));
        let slower = Front::of(&half, 0.005, 60.0, 0.5, 20.0).unwrap().velocity().unwrap();
        assert!((slower / velocity * 2.0_f64.sqrt() - 1.0).abs() < 1e-6, "{slower}");
    }

    #[test]
    fn myelin_makes_it_faster() {
        let wrapped = fibre(
            "length = '4 cm'\ndiameter = '10 um'\nr_i = '35.4 Ohm cm'\nmyelin = {}\n\
             membrane.hodgkin_huxley = { temperature = '18.5 degC' }",
        );
        let bare = Fibre { myelin: None, length: duet_units::Length::new(8000.0), ..wrapped.clone() };
        let [wrapped, bare] = [wrapped, bare]
            .map(|fibre| Front::of(&fibre, 0.005, 60.0, 0.3, 20.0).unwrap().velocity().unwrap());
        assert!(wrapped > 5.0 * bare, "{wrapped} {bare}");
    }

    #[test]
    fn with_all_of_the_wrapping_in_proportion_the_velocity_is_too() {
        let text = "length = '4 cm'\ndiameter = '10 um'\nr_i = '35.4 Ohm cm'\nmyelin = {}\n\
                    membrane.hodgkin_huxley = { temperature = '18.5 degC' }";
        let thin = fibre(text);
        let thick = thin.with_diameter(duet_units::Length::new(30.0));
        let [thin, thick] =
            [thin, thick].map(|fibre| Front::of(&fibre, 0.01, 60.0, 0.3, 20.0).unwrap().velocity().unwrap());
        // Not to the last digit: a node keeps its length, so its own resistance along the axon falls with the square.
        let ratio = thick / thin;
        assert!(ratio < 3.0 && ratio > 2.98, "{thin} {thick}");
    }

    #[test]
    fn a_killed_end_stays_where_it_is() {
        let cut = fibre("length = '1 mm'\ndiameter = '2 um'\nend = 'killed'\nmembrane.passive = {}");
        let mut neurite = Neurite::new(&cut);
        neurite.settle(0.1);
        let expected = 0.1 * cut.electrotonic().resistance(1000.0, End::Killed);
        assert_eq!(neurite.v().last(), Some(&-65.0));
        assert!(((neurite.v()[0] + 65.0) / expected - 1.0).abs() < 1e-4);
    }
}
