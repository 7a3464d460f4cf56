//! The ways into many cells, in the network's own precision: what kernels step, where
//! [`super::receptor::Ports`] asks cell by cell what stands where inside a step.

use super::{Block, Kinetics, Receptor};
use duet_kernels::math::exp;
use duet_kernels::membrane::receptor::{self, Course, Effect, Inlet, Parts, TwoParts};
use duet_kernels::{Buffer, Real};

/// The receptors of the cells of one population, between arrivals.
pub(super) struct Inlets<T> {
    pub(super) all: Vec<Inlet<T>>,
}

impl<T: Real> Inlets<T> {
    /// `size` cells at rest. `at` says what one unit of either part at the beginning of a step of `dt` ms is worth during it;
    /// potentials are relative to `origin`.
    pub(super) fn new(
        receptors: &[Receptor],
        (size, dt): (usize, f64),
        unit: f64,
        origin: f64,
        at: impl Fn(Kinetics) -> [f64; 2],
    ) -> Self {
        let parts = |kinetics: Kinetics| {
            let (at, (a, b), jump) = (at(kinetics).map(T::from_f64), kinetics.taus(), kinetics.jump());
            let (decay, unit) = ([a, b].map(|tau| T::from_f64(exp(-dt / tau))), T::from_f64(unit));
            let feeds = T::from_f64(if matches!(kinetics, Kinetics::Alpha { .. }) { dt } else { 0.0 });
            let none = || Buffer::zeros(size);
            match kinetics {
                Kinetics::Exponential { .. } => {
                    Parts::One { course: Course { at: at[0], decay: decay[0], unit }, part: none() }
                }
                Kinetics::Alpha { .. } | Kinetics::BiExponential { .. } => Parts::Two {
                    course: TwoParts { at, decay, feeds, jump: [jump.0, jump.1].map(T::from_f64), unit },
                    first: none(),
                    second: none(),
                },
            }
        };
        let inlet = |receptor: &Receptor| {
            let (effect, parts) = match *receptor {
                Receptor::Delta => (Effect::Kick(T::from_f64(unit)), Parts::None),
                Receptor::Gap => (Effect::Nothing, Parts::None),
                Receptor::Current(kinetics) => (Effect::Flow, parts(kinetics)),
                Receptor::Conductance { kinetics, e_rev, block } => {
                    let block = block.map(|Block { c, v }| receptor::Block {
                        c: T::from_f64(c * exp(-origin / v)),
                        per_v: T::from_f64(1.0 / v),
                    });
                    (Effect::Conduct { e_rev: T::from_f64(e_rev - origin), block }, parts(kinetics))
                }
            };
            Inlet { effect, parts }
        };
        Self { all: receptors.iter().map(inlet).collect() }
    }

    /// Whether there are open channels.
    pub(super) fn conduct(&self) -> bool {
        self.all.iter().any(|inlet| matches!(inlet.effect, Effect::Conduct { .. }))
    }

    /// No channel open, no current.
    pub(super) fn rest(&mut self) {
        for inlet in &mut self.all {
            match &mut inlet.parts {
                Parts::None => {}
                Parts::One { part, .. } => part.fill(T::ZERO),
                Parts::Two { first, second, .. } => {
                    first.fill(T::ZERO);
                    second.fill(T::ZERO);
                }
            }
        }
    }

    /// Adds what stands open at a cell.
    pub(super) fn save(&self, cell: usize, state: &mut Vec<f64>) {
        for inlet in &self.all {
            match &inlet.parts {
                Parts::None => {}
                Parts::One { part, .. } => state.push(part[cell].to_f64()),
                Parts::Two { first, second, .. } => {
                    state.extend([first[cell].to_f64(), second[cell].to_f64()]);
                }
            }
        }
    }

    /// Opens what [`Inlets::save`] found open.
    pub(super) fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        let mut next = || T::from_f64(state.next().unwrap_or(0.0));
        for inlet in &mut self.all {
            match &mut inlet.parts {
                Parts::None => {}
                Parts::One { part, .. } => part[cell] = next(),
                Parts::Two { first, second, .. } => (first[cell], second[cell]) = (next(), next()),
            }
        }
    }

    /// The current or the conductance of a receptor of a cell, now; 0 for a delta synapse.
    pub(super) fn value(&self, receptor: usize, cell: usize) -> f64 {
        self.all[receptor].value(cell).to_f64()
    }
}
