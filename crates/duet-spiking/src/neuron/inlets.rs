//! The ways into many cells, in the network's own precision and a block of cells at a time: kernels, where
//! [`super::receptor::Ports`] asks cell by cell what stands where inside a step.

use super::{Kinetics, Receptor};
use duet_kernels::Real;
use duet_kernels::math::exp;
use duet_kernels::membrane::receptor::{Course, TwoParts, conduct, conduct_two, flow, flow_two, push};
use std::ops::Range;

/// Cells that go through all passes of a step together: what passes hand to each other stays in the first-level cache.
pub(super) const BLOCK: usize = 1024;

/// The blocks of a group of cells.
pub(super) fn blocks(size: usize) -> impl Iterator<Item = Range<usize>> {
    (0..size).step_by(BLOCK).map(move |start| start..size.min(start + BLOCK))
}

/// The receptors of the cells of one population, between arrivals.
pub(super) struct Inlets<T> {
    inlets: Vec<Inlet<T>>,
    /// One unit of weight.
    unit: T,
}

struct Inlet<T> {
    effect: Effect<T>,
    parts: Parts<T>,
}

/// What a receptor does to a membrane.
enum Effect<T> {
    /// Moves it when something arrives.
    Kick,
    /// Lets a current in.
    Flow,
    /// Opens channels towards a potential.
    Conduct { e_rev: T },
    /// Nothing that depends on arrivals.
    Nothing,
}

/// What stands of the courses that arrivals set going: in pA, nS or per area; the second part as in [`TwoParts`].
enum Parts<T> {
    None,
    One { course: Course<T>, part: Vec<T> },
    Two { course: TwoParts<T>, first: Vec<T>, second: Vec<T> },
}

impl<T: Real> Inlets<T> {
    /// `size` cells at rest. `at` says what one unit of either part at the beginning of a step of `dt` ms is worth during it;
    /// potentials are relative to `origin`. `None` where a block depends on the potential.
    pub(super) fn new(
        receptors: &[Receptor],
        (size, dt): (usize, f64),
        unit: f64,
        origin: f64,
        at: impl Fn(Kinetics) -> [f64; 2],
    ) -> Option<Self> {
        let parts = |kinetics: Kinetics| {
            let (at, (a, b), jump) = (at(kinetics).map(T::from_f64), kinetics.taus(), kinetics.jump());
            let (decay, unit) = ([a, b].map(|tau| T::from_f64(exp(-dt / tau))), T::from_f64(unit));
            let feeds = T::from_f64(if matches!(kinetics, Kinetics::Alpha { .. }) { dt } else { 0.0 });
            let none = || vec![T::ZERO; size];
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
                Receptor::Delta => (Effect::Kick, Parts::None),
                Receptor::Gap => (Effect::Nothing, Parts::None),
                Receptor::Current(kinetics) => (Effect::Flow, parts(kinetics)),
                Receptor::Conductance { kinetics, e_rev, block: None } => {
                    (Effect::Conduct { e_rev: T::from_f64(e_rev - origin) }, parts(kinetics))
                }
                Receptor::Conductance { block: Some(_), .. } => return None,
            };
            Some(Inlet { effect, parts })
        };
        let inlets = receptors.iter().map(inlet).collect::<Option<_>>()?;
        Some(Self { inlets, unit: T::from_f64(unit) })
    }

    /// Whether there are open channels.
    pub(super) fn conduct(&self) -> bool {
        self.inlets.iter().any(|inlet| matches!(inlet.effect, Effect::Conduct { .. }))
    }

    /// No channel open, no current.
    pub(super) fn rest(&mut self) {
        for inlet in &mut self.inlets {
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

    /// Currents of a block of cells: adds what they are worth to `sum`, goes to the end of the step, and adds what arrives
    /// there. Delta synapses move `sum` too.
    pub(super) fn flow(&mut self, cells: &Range<usize>, arrivals: &[Vec<T>], sum: &mut [T]) {
        for (inlet, arriving) in self.inlets.iter_mut().zip(arrivals) {
            let arriving = &arriving[cells.clone()];
            match (&inlet.effect, &mut inlet.parts) {
                (Effect::Kick, _) => push(self.unit, arriving, sum),
                (_, parts) => parts.flow(cells, arriving, sum),
            }
        }
    }

    /// The same where channels open: `conductance` and `current` (the sum of g e_rev) are what is asked for. Delta synapses
    /// wait for [`Inlets::kick`].
    pub(super) fn open(
        &mut self,
        cells: &Range<usize>,
        arrivals: &[Vec<T>],
        conductance: &mut [T],
        current: &mut [T],
    ) {
        for (inlet, arriving) in self.inlets.iter_mut().zip(arrivals) {
            let arriving = &arriving[cells.clone()];
            match inlet.effect {
                Effect::Conduct { e_rev } => {
                    inlet.parts.conduct(cells, e_rev, arriving, conductance, current);
                }
                _ => inlet.parts.flow(cells, arriving, current),
            }
        }
    }

    /// Delta synapses of a block of cells.
    pub(super) fn kick(&self, cells: &Range<usize>, arrivals: &[Vec<T>], v: &mut [T]) {
        for (inlet, arriving) in self.inlets.iter().zip(arrivals) {
            if let Effect::Kick = inlet.effect {
                push(self.unit, &arriving[cells.clone()], v);
            }
        }
    }

    /// Adds what stands open at a cell.
    pub(super) fn save(&self, cell: usize, state: &mut Vec<f64>) {
        for inlet in &self.inlets {
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
        for inlet in &mut self.inlets {
            match &mut inlet.parts {
                Parts::None => {}
                Parts::One { part, .. } => part[cell] = next(),
                Parts::Two { first, second, .. } => (first[cell], second[cell]) = (next(), next()),
            }
        }
    }

    /// The current or the conductance of a receptor of a cell, now; 0 for a delta synapse.
    pub(super) fn value(&self, receptor: usize, cell: usize) -> f64 {
        match &self.inlets[receptor].parts {
            Parts::None => 0.0,
            Parts::One { part, .. } => part[cell].to_f64(),
            // What feeds the first part is a slope; what does not is a part of it.
            Parts::Two { course, first, .. } if course.feeds != T::ZERO => first[cell].to_f64(),
            Parts::Two { first, second, .. } => first[cell].to_f64() + second[cell].to_f64(),
        }
    }
}

impl<T: Real> Parts<T> {
    fn flow(&mut self, cells: &Range<usize>, arriving: &[T], sum: &mut [T]) {
        match self {
            Self::None => {}
            Self::One { course, part } => flow(*course, &mut part[cells.clone()], arriving, sum),
            Self::Two { course, first, second } => {
                flow_two(course, &mut first[cells.clone()], &mut second[cells.clone()], arriving, sum);
            }
        }
    }

    fn conduct(
        &mut self,
        cells: &Range<usize>,
        e_rev: T,
        arriving: &[T],
        conductance: &mut [T],
        current: &mut [T],
    ) {
        match self {
            Self::None => {}
            Self::One { course, part } => {
                conduct(*course, e_rev, &mut part[cells.clone()], arriving, conductance, current);
            }
            Self::Two { course, first, second } => {
                let (first, second) = (&mut first[cells.clone()], &mut second[cells.clone()]);
                conduct_two(course, e_rev, first, second, arriving, conductance, current);
            }
        }
    }
}
