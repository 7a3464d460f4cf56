//! The table `cable` of a projection: the shape of a neurite, and what its membrane is.

use super::Electrotonic;
use crate::neuron::HodgkinHuxley;
use duet_units::{
    AreaResistance, CapacitanceDensity, Describe, Length, Problem, Range, Resistivity, Shape, Voltage,
    choice, parameters,
};

/// More places than anybody waits for.
const MOST_NODES: f64 = 100_000.0;
/// Pieces of one internode.
pub(super) const PER_INTERNODE: usize = 10;

parameters! {
    /// A neurite that leads from one population to another: it has a length, so that what it carries fades or takes time.
    ///
    /// # Equations
    /// ```text
    /// c_m dV/dt = diameter/(4 r_i) d2V/dx2 - I_membrane(V)
    /// ```
    /// # Behaviour
    /// A passive membrane lets a signal fade with the length constant sqrt(diameter/4 · r_m/r_i); an excitable one makes it anew
    /// at every place, and carries a spike of constant height at a velocity that grows with the square root of the diameter.
    /// Only `protocol.cable` looks inside a projection; for all others it has a weight and a delay.
    ///
    /// # References
    /// - Koch 1999, Biophysics of Computation, chapters 2 and 6
    ///
    /// # Example
    /// ```
    /// use duet_spiking::cable::Fibre;
    /// let fibre: Fibre = toml::from_str("length = '5 mm'\ndiameter = '2 um'\nr_i = '50 Ohm cm'\n\
    ///                                    membrane.passive = { r_m = '12.5 kOhm cm2' }").unwrap();
    /// // sqrt(0.5e-4 cm · 12500/50) = 0.1118 cm
    /// assert!((fibre.electrotonic().length_constant() - 1118.033_988_75).abs() < 1e-6);
    /// ```
    pub struct Fibre {
        /// How long it is.
        pub length: Length, in Range::POSITIVE;
        /// How thick it is; with myelin, the axon inside.
        pub diameter: Length = Length::new(1.0), in Range::POSITIVE;
        /// Resistivity of what is inside.
        pub r_i: Resistivity = Resistivity::new(100.0), in Range::POSITIVE;
        /// What its membrane is.
        pub membrane: FibreMembrane = FibreMembrane::Passive(Passive::default());
        /// Myelin around it, open at the nodes only; without, the membrane is bare everywhere.
        pub myelin: Option<Myelin> = None;
        /// What the far end is.
        pub end: End = End::Sealed;
        /// Distance between places at which the voltage is computed; a fiftieth of the resting length constant unless given.
        pub dx: Option<Length> = None, in Range::POSITIVE;
    }
}

parameters! {
    /// A membrane that only leaks.
    ///
    /// # Equations
    /// ```text
    /// I = (V - e_l) / r_m        tau_m = r_m c_m
    /// ```
    /// # Behaviour
    /// Signals fade and are smoothed; none is ever made anew.
    ///
    /// # References
    /// - Rall 1977, Handbook of Physiology, The Nervous System I, chapter 3
    ///
    /// # Example
    /// ```
    /// let membrane = duet_spiking::cable::Passive::default();
    /// assert_eq!(membrane.r_m.get() * membrane.c_m.get() / 1000.0, 20.0); // tau_m in ms
    /// ```
    pub default struct Passive {
        /// Membrane resistance times area.
        pub r_m: AreaResistance = AreaResistance::new(20_000.0), in Range::POSITIVE;
        /// Membrane capacitance per area.
        pub c_m: CapacitanceDensity = CapacitanceDensity::new(1.0), in Range::POSITIVE;
        /// Leak (resting) potential.
        pub e_l: Voltage = Voltage::new(-65.0);
    }
}

choice! {
    /// What a neurite's membrane is.
    pub enum FibreMembrane: "membrane" {
        Passive(Passive) = "passive",
        HodgkinHuxley(HodgkinHuxley) = "hodgkin_huxley",
    }
}

parameters! {
    /// Layers of membrane around an axon: little capacitance, little leak, and gaps at which it is bare.
    ///
    /// # Behaviour
    /// Between the gaps the current has nowhere to go but along the axon, and little to charge: the spike seems to jump from
    /// gap to gap. Ten times the velocity of a bare axon of the same diameter is nothing unusual.
    ///
    /// # References
    /// - FitzHugh 1962, Biophys. J. 2:11; Koch 1999, Biophysics of Computation, section 6.6
    pub default struct Myelin {
        /// Length of a wrapped stretch.
        pub internode: Length = Length::new(1000.0), in Range::POSITIVE;
        /// Length of a gap (node of Ranvier). A mammal's are a few um long and hold ten times as many channels as the squid's
        /// membrane, with which shorter ones than this fail to raise the next.
        pub node: Length = Length::new(10.0), in Range::POSITIVE;
        /// Capacitance of the whole wrapping per area of axon.
        pub c_m: CapacitanceDensity = CapacitanceDensity::new(0.005), in Range::POSITIVE;
        /// Resistance of the whole wrapping times area of axon.
        pub r_m: AreaResistance = AreaResistance::new(250_000.0), in Range::POSITIVE;
    }
}

/// What the far end of a neurite is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Closed: no current leaves.
    Sealed,
    /// Cut open: held at rest.
    Killed,
}

impl Describe for End {
    fn shape() -> Shape {
        Shape::Text { allowed: &["sealed", "killed"] }
    }

    fn show(&self) -> String {
        match self {
            Self::Sealed => "\"sealed\"".to_owned(),
            Self::Killed => "\"killed\"".to_owned(),
        }
    }
}

impl Fibre {
    /// Its cable properties as long as it is at rest and bare.
    pub fn electrotonic(&self) -> Electrotonic {
        let (r_m, c_m) = match &self.membrane {
            FibreMembrane::Passive(passive) => (passive.r_m.get(), passive.c_m.get()),
            FibreMembrane::HodgkinHuxley(squid) => {
                let [_, m, h, n] = squid.steady_state(squid.i_e.get());
                (1000.0 / squid.conductance([m, h, n]).0, squid.c_m.get())
            }
        };
        Electrotonic { diameter: self.diameter.get(), r_m, r_i: self.r_i.get(), c_m }
    }

    /// Its resting potential in mV.
    pub fn rest(&self) -> f64 {
        match &self.membrane {
            FibreMembrane::Passive(passive) => passive.e_l.get(),
            FibreMembrane::HodgkinHuxley(squid) => squid.steady_state(squid.i_e.get())[0],
        }
    }

    /// Whether it carries spikes.
    pub fn is_excitable(&self) -> bool {
        matches!(self.membrane, FibreMembrane::HodgkinHuxley(_))
    }

    /// The same fibre at another diameter: as many length constants or, with myelin, all of the wrapping in proportion.
    #[must_use]
    pub fn with_diameter(&self, diameter: Length) -> Self {
        let ratio = diameter.get() / self.diameter.get();
        let stretch = if self.myelin.is_some() { ratio } else { ratio.sqrt() };
        let stretched = |length: Length| Length::new(length.get() * stretch);
        Self {
            diameter,
            length: stretched(self.length),
            dx: self.dx.map(stretched),
            // A thicker axon has as many more layers: the wrapping's share of the fibre's diameter stays.
            myelin: self.myelin.clone().map(|own| Myelin {
                internode: stretched(own.internode),
                c_m: CapacitanceDensity::new(own.c_m.get() / ratio),
                r_m: AreaResistance::new(own.r_m.get() * ratio),
                ..own
            }),
            ..self.clone()
        }
    }

    /// Distance between places on bare membrane, in um.
    fn spacing(&self) -> f64 {
        self.dx.map_or_else(|| self.electrotonic().length_constant() / 50.0, Length::get)
    }

    /// Into how many pieces a stretch of `length` um of bare membrane is cut.
    pub(super) fn pieces(&self, length: f64) -> usize {
        (length / self.spacing()).ceil().max(1.0) as usize
    }

    /// At about how many places its voltage is computed.
    pub fn places(&self) -> f64 {
        let length = self.length.get();
        match &self.myelin {
            None => length / self.spacing(),
            Some(myelin) => {
                let stretches = length / (myelin.internode.get() + myelin.node.get());
                stretches * (PER_INTERNODE as f64 + (myelin.node.get() / self.spacing()).ceil())
            }
        }
    }

    /// What about it cannot be computed.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(myelin) = &self.myelin {
            if !self.is_excitable() {
                let words = "myelin is given, but a passive membrane makes no spikes at its nodes";
                problems.push(Problem::new("myelin", words).hint("add membrane.hodgkin_huxley = {}"));
            }
            if myelin.internode.get() + myelin.node.get() > self.length.get() {
                let words = format!(
                    "an internode of {} and a node of {} do not fit into a length of {}",
                    myelin.internode, myelin.node, self.length
                );
                problems.push(Problem::new("myelin", words));
            }
        }
        let places = self.places();
        if places > MOST_NODES {
            let words = format!(
                "length = {} at dx = {} makes {places:.0} places; {MOST_NODES:.0} are the most",
                self.length,
                Length::new(self.spacing())
            );
            problems.push(Problem::new("length", words).hint("shorten it, or give a larger dx"));
        }
        problems
    }
}
