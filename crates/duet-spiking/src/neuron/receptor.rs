//! The ways into a cell: where arrivals are collected, and what they do to the membrane at any instant of a step.

use duet_kernels::Real;
use duet_kernels::math::{exp, ln_1p};
use duet_units::Voltage;

/// A way into a cell: what the arrivals of one kind of synapse set going.
#[derive(Clone, Debug, PartialEq)]
pub enum Receptor {
    /// Arrivals move the membrane.
    Delta,
    /// Arrivals set a current going, whatever the potential.
    Current(Kinetics),
    /// Arrivals open channels: the current is g(t) (e_rev - V), less what a block holds back.
    Conductance {
        /// The course of the conductance.
        kinetics: Kinetics,
        /// Reversal potential in mV.
        e_rev: f64,
        /// What blocks the channel.
        block: Option<Block>,
    },
    /// No arrivals: a hole to another cell, whose current the engine works out from both potentials.
    Gap,
}

impl Receptor {
    /// A current of this course, or with a reversal potential open channels.
    pub fn of(kinetics: Kinetics, e_rev: Option<Voltage>) -> Self {
        match e_rev {
            None => Self::Current(kinetics),
            Some(e_rev) => Self::Conductance { kinetics, e_rev: e_rev.get(), block: None },
        }
    }

    /// The current that flows into a cell at potential `v` where the receptor stands at `open`: the current itself, or the
    /// conductance of its channels were none of them blocked. 0 for what has no course of its own.
    pub fn current(&self, open: f64, v: f64) -> f64 {
        match *self {
            Self::Delta | Self::Gap => 0.0,
            Self::Current(_) => open,
            Self::Conductance { e_rev, block, .. } => {
                open * block.map_or(1.0, |block| block.open(v).0) * (e_rev - v)
            }
        }
    }
}

/// The course that one arrival of weight 1 sets going.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kinetics {
    /// Jumps to 1 and decays: exp(-t/tau).
    Exponential {
        /// Time constant in ms.
        tau: f64,
    },
    /// Rises and falls with one time constant, peak 1 at t = tau: (t/tau) exp(1 - t/tau).
    Alpha {
        /// Time constant in ms.
        tau: f64,
    },
    /// A difference of exponentials, brought to a peak of 1.
    BiExponential {
        /// Time constant of the rise in ms; shorter than `decay`.
        rise: f64,
        /// Time constant of the fall in ms.
        decay: f64,
    },
}

/// A block that depends on the potential: the open share is 1 / (1 + c exp(-V/v)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Block {
    /// c, the concentration of the blocker over its dissociation constant at 0 mV.
    pub c: f64,
    /// v in mV: how steeply the potential drives the blocker out.
    pub v: f64,
}

impl Block {
    /// The share of channels that are open at a potential, and its derivative by the potential.
    pub fn open(self, v: f64) -> (f64, f64) {
        let held = self.c * exp(-v / self.v);
        let open = 1.0 / (1.0 + held);
        (open, open * open * held / self.v)
    }
}

impl Kinetics {
    /// The time constants of its two parts; an alpha function has one for both, an exponential only the first part.
    pub(super) fn taus(self) -> (f64, f64) {
        match self {
            Self::Exponential { tau } | Self::Alpha { tau } => (tau, tau),
            Self::BiExponential { rise, decay } => (decay, rise),
        }
    }

    /// What an arrival of weight 1 adds to the two parts.
    pub fn jump(self) -> (f64, f64) {
        match self {
            Self::Exponential { .. } => (1.0, 0.0),
            // The second part is the slope at s = 0: (t/tau) e exp(-t/tau).
            Self::Alpha { tau } => (0.0, exp(1.0) / tau),
            Self::BiExponential { rise, decay } => {
                // exp(-peak/decay) - exp(-peak/rise), without the difference.
                let height = exp(-Self::peak_of_two(rise, decay) / decay) * ((decay - rise) / decay);
                (1.0 / height, -1.0 / height)
            }
        }
    }

    /// The area below the course that one arrival of weight 1 sets going, in ms.
    pub fn area(self) -> f64 {
        let ((a, b), (first, second)) = (self.taus(), self.jump());
        match self {
            Self::Alpha { tau } => second * tau * tau,
            Self::Exponential { .. } | Self::BiExponential { .. } => first * a + second * b,
        }
    }

    /// When a difference of exponentials peaks, in ms.
    pub fn peak_of_two(rise: f64, decay: f64) -> f64 {
        rise * decay / (decay - rise) * ln_1p((decay - rise) / rise)
    }

    /// The course `t` ms after an arrival of weight 1.
    pub fn course(self, t: f64) -> f64 {
        let ((a, b), (first, second)) = (self.taus(), self.jump());
        match self {
            Self::Alpha { tau } => second * t * exp(-t / tau),
            Self::Exponential { .. } | Self::BiExponential { .. } => {
                first * exp(-t / a) + second * exp(-t / b)
            }
        }
    }
}

/// What all receptors of a cell do to its membrane at one instant: I = current - conductance V around the potential asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Drive {
    /// The current that flows in, in the membrane's own unit (pA, uA/cm2).
    pub current: f64,
    /// How it changes with the potential, dI/dV; negative for open channels.
    pub slope: f64,
}

/// The receptors of the cells of one population, between arrivals.
#[derive(Clone, Debug)]
pub(crate) struct Ports {
    ports: Vec<Port>,
}

#[derive(Clone, Debug)]
struct Port {
    receptor: Receptor,
    first: Vec<f64>,
    second: Vec<f64>,
    jump: (f64, f64),
    taus: (f64, f64),
    /// The step and, for either part, exp(-s/tau) at half of it and at its end.
    h: f64,
    half: (f64, f64),
    full: (f64, f64),
}

impl Ports {
    /// `size` cells at rest; steps of `h` ms.
    pub(crate) fn new(receptors: &[Receptor], size: usize, h: f64) -> Self {
        let port = |receptor: &Receptor| {
            let kinetics = match receptor {
                Receptor::Delta | Receptor::Gap => None,
                Receptor::Current(kinetics) | Receptor::Conductance { kinetics, .. } => Some(*kinetics),
            };
            let taus = kinetics.map_or((1.0, 1.0), Kinetics::taus);
            let at = |s: f64| (exp(-s / taus.0), exp(-s / taus.1));
            let cells = if kinetics.is_some() { size } else { 0 };
            Port {
                receptor: receptor.clone(),
                first: vec![0.0; cells],
                second: vec![0.0; cells],
                jump: kinetics.map_or((0.0, 0.0), Kinetics::jump),
                taus,
                h,
                half: at(0.5 * h),
                full: at(h),
            }
        };
        Self { ports: receptors.iter().map(port).collect() }
    }

    /// No channel open, no current.
    pub(crate) fn rest(&mut self) {
        for port in &mut self.ports {
            port.first.fill(0.0);
            port.second.fill(0.0);
        }
    }

    /// Adds what stands open at a cell.
    pub(crate) fn save(&self, cell: usize, state: &mut Vec<f64>) {
        for port in &self.ports {
            state.extend(port.first.get(cell));
            state.extend(port.second.get(cell));
        }
    }

    /// Opens what [`Ports::save`] found open.
    pub(crate) fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        for port in &mut self.ports {
            for part in [port.first.get_mut(cell), port.second.get_mut(cell)].into_iter().flatten() {
                *part = state.next().unwrap_or(0.0);
            }
        }
    }

    /// What flows into a cell at potential `v`, `s` ms after the beginning of the step.
    pub(crate) fn drive(&self, cell: usize, s: f64, v: f64) -> Drive {
        let mut drive = Drive::default();
        for port in self.ports.iter().filter(|port| !port.first.is_empty()) {
            let open = port.value(cell, s);
            match port.receptor {
                Receptor::Delta | Receptor::Gap => {}
                Receptor::Current(_) => drive.current += open,
                Receptor::Conductance { e_rev, block, .. } => {
                    let (share, steepness) = block.map_or((1.0, 0.0), |block| block.open(v));
                    drive.current += open * share * (e_rev - v);
                    drive.slope += open * (steepness * (e_rev - v) - share);
                }
            }
        }
        drive
    }

    /// The synaptic currents of a cell at the beginning of the step, by their two parts.
    pub(crate) fn currents(&self, cell: usize) -> impl Iterator<Item = (Kinetics, f64, f64)> + '_ {
        self.ports.iter().filter_map(move |port| match port.receptor {
            Receptor::Current(kinetics) => Some((kinetics, port.first[cell], port.second[cell])),
            _ => None,
        })
    }

    /// Goes to the end of the step.
    pub(crate) fn decay(&mut self) {
        for port in &mut self.ports {
            let alpha = matches!(
                port.receptor,
                Receptor::Current(Kinetics::Alpha { .. })
                    | Receptor::Conductance { kinetics: Kinetics::Alpha { .. }, .. }
            );
            for (first, second) in port.first.iter_mut().zip(&mut port.second) {
                if alpha {
                    *first += port.h * *second;
                }
                *first *= port.full.0;
                *second *= port.full.1;
            }
        }
    }

    /// Adds what arrives: `unit` times the summed weights of each cell. Returns what a delta receptor moves the membrane by.
    pub(crate) fn arrive<T: Real>(
        &mut self,
        arrivals: &[Vec<T>],
        unit: f64,
        mut kick: impl FnMut(usize, f64),
    ) {
        for (port, arriving) in self.ports.iter_mut().zip(arrivals) {
            for (cell, weight) in arriving.iter().enumerate().filter(|(_, weight)| **weight != T::ZERO) {
                let weight = unit * weight.to_f64();
                if port.receptor == Receptor::Delta {
                    kick(cell, weight);
                } else {
                    port.first[cell] += port.jump.0 * weight;
                    port.second[cell] += port.jump.1 * weight;
                }
            }
        }
    }

    /// The current in pA or the conductance in nS of a receptor of a cell, now.
    pub(crate) fn value(&self, receptor: usize, cell: usize) -> f64 {
        let port = &self.ports[receptor];
        if port.first.is_empty() { 0.0 } else { port.value(cell, 0.0) }
    }
}

impl Port {
    fn value(&self, cell: usize, s: f64) -> f64 {
        let (first, second) = (self.first[cell], self.second[cell]);
        if first == 0.0 && second == 0.0 {
            return 0.0;
        }
        // The instants that fixed methods ask for are at hand; adaptive ones choose their own.
        let (a, b) = if s == 0.0 {
            (1.0, 1.0)
        } else if s == 0.5 * self.h {
            self.half
        } else if s == self.h {
            self.full
        } else {
            (exp(-s / self.taus.0), exp(-s / self.taus.1))
        };
        match self.receptor {
            Receptor::Current(Kinetics::Alpha { .. })
            | Receptor::Conductance { kinetics: Kinetics::Alpha { .. }, .. } => (first + second * s) * a,
            _ => first * a + second * b,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_kernels::math::ln;

    /// Every course against its definition, at instants inside and after a step.
    #[test]
    fn courses_are_their_closed_forms() {
        let e = exp(1.0);
        let (rise, decay) = (0.5, 3.0);
        let peak = ln(6.0) * 1.5 / 2.5;
        let scale = 1.0 / (exp(-peak / decay) - exp(-peak / rise));
        let cases: [(Kinetics, &dyn Fn(f64) -> f64); 3] = [
            (Kinetics::Exponential { tau: 2.0 }, &|t| exp(-t / 2.0)),
            (Kinetics::Alpha { tau: 2.0 }, &|t| t / 2.0 * e * exp(-t / 2.0)),
            (Kinetics::BiExponential { rise, decay }, &|t| scale * (exp(-t / decay) - exp(-t / rise))),
        ];
        for (kinetics, course) in cases {
            let sum: f64 = (0..200_000).map(|k| 1e-3 * course((f64::from(k) + 0.5) * 1e-3)).sum();
            assert!((kinetics.area() / sum - 1.0).abs() < 1e-6, "{kinetics:?}");
            let mut ports = Ports::new(&[Receptor::Current(kinetics)], 2, 0.1);
            ports.arrive(&[vec![0.0, 3.0]], 10.0, |_, _| panic!("no delta synapse"));
            for step in 0..40 {
                for s in [0.0, 0.05, 0.1, 0.033] {
                    let t = f64::from(step) * 0.1 + s;
                    assert!((kinetics.course(t) - course(t)).abs() < 1e-13, "{kinetics:?} at {t}");
                    let drive = ports.drive(1, s, -60.0);
                    assert!((drive.current - 30.0 * course(t)).abs() < 1e-12, "{kinetics:?} at {t}");
                    assert_eq!(ports.drive(0, s, -60.0), Drive::default());
                }
                ports.decay();
            }
        }
    }

    #[test]
    fn a_conductance_drives_towards_its_reversal_potential() {
        let kinetics = Kinetics::Exponential { tau: 2.0 };
        let block = Some(Block { c: 1.0 / 3.57, v: 1.0 / 0.062 });
        for block in [None, block] {
            let mut ports = Ports::new(&[Receptor::Conductance { kinetics, e_rev: 0.0, block }], 1, 0.1);
            ports.arrive(&[vec![5.0_f32]], 2.0, |_, _| {});
            assert_eq!(ports.drive(0, 0.0, 0.0).current, 0.0);
            let at = |v: f64| ports.drive(0, 0.0, v);
            let difference = (at(-60.0 + 1e-5).current - at(-60.0 - 1e-5).current) / 2e-5;
            assert!((at(-60.0).slope - difference).abs() < 1e-6, "{block:?}");
            let share = if block.is_some() { 0.079_626_368_795_2 } else { 1.0 };
            assert!((at(-60.0).current - 600.0 * share).abs() < 1e-8);
        }
    }
}
