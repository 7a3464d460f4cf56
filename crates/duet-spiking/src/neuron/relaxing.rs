//! Many cells by exponential Euler, in the network's own precision: what [`super::OdeGroup`] does cell by cell in f64, as
//! kernels. Conductances decay exactly, and the membrane sees what they are in the middle of the step.

use super::held::Held;
use super::inlets::Inlets;
use super::{Build, Firing, Group, Input, Kinetics, Levels, Membrane, OdeGroup, Variable, held_steps};
use crate::integrator::Method;
use duet_kernels::math::exp;
use duet_kernels::membrane::threshold::{above, crossed};
use duet_kernels::membrane::{input, relax};
use duet_kernels::{Buffer, Real};

/// A membrane whose step by exponential Euler is a kernel.
pub(super) trait Relaxing<const N: usize>: Membrane<N> {
    /// The constants of a step.
    type Step<T: Real>: Send;
    /// Potentials are kept relative to this one, in mV: single precision is finest near zero.
    fn origin(&self) -> f64;
    /// The constants of a step of `dt` ms.
    fn step<T: Real>(&self, dt: f64) -> Self::Step<T>;
    /// A step of many cells: their state moves, and who fires is appended.
    fn advance<T: Real>(
        step: &Self::Step<T>,
        input: &mut input::Input<'_, T>,
        cells: &mut relax::Cells<'_, T>,
        state: [&mut [T]; N],
        fired: &mut Vec<u32>,
    );
}

/// Cells by the method that is asked for; kernels where it is exponential Euler.
pub(super) fn relaxing_or_ode<T: Real, M: Relaxing<N> + Clone + 'static, const N: usize>(
    membrane: M,
    build: &Build<'_>,
) -> Box<dyn Group<T>> {
    if build.method == Some(Method::ExponentialEuler) {
        return Box::new(RelaxingGroup::new(membrane, build));
    }
    Box::new(OdeGroup::new(membrane, build))
}

/// The cells of one population.
pub(super) struct RelaxingGroup<T: Real, M: Relaxing<N>, const N: usize> {
    membrane: M,
    step: M::Step<T>,
    origin: f64,
    /// One array per variable, the potential relative to the origin.
    state: [Buffer<T>; N],
    held: Held<T>,
    refractory_steps: u16,
    /// The potential that counts, relative to the origin.
    threshold: T,
    /// Potentials before the step, between [`Group::integrate`] and [`Group::crossed`]: only for models that fire by crossing.
    before: Vec<T>,
    inlets: Inlets<T>,
    /// Current per unit of bias.
    bias_to_current: T,
}

impl<T: Real, M: Relaxing<N>, const N: usize> RelaxingGroup<T, M, N> {
    /// Cells at rest.
    pub(super) fn new(membrane: M, build: &Build<'_>) -> Self {
        let (size, dt, origin) = (build.size, build.dt, membrane.origin());
        // Of either part, what is left in the middle of the step.
        let at = |kinetics: Kinetics| {
            let half = |tau: f64| exp(-0.5 * dt / tau);
            match kinetics {
                Kinetics::Exponential { tau } => [half(tau), 0.0],
                Kinetics::Alpha { tau } => [half(tau), 0.5 * dt * half(tau)],
                Kinetics::BiExponential { rise, decay } => [half(decay), half(rise)],
            }
        };
        let inlets = Inlets::new(build.receptors, (size, dt), build.unit, origin, at);
        let per_bias = if build.bias_is_voltage { build.unit / membrane.resistance() } else { build.unit };
        let (at, t_ref, crossing) = match membrane.firing() {
            Firing::Reset { at, t_ref } => (at, t_ref, false),
            Firing::Crossing { at } => (at, 0.0, true),
        };
        let refractory_steps = held_steps(t_ref, dt);
        let mut group = Self {
            step: membrane.step(dt),
            origin,
            state: std::array::from_fn(|_| Buffer::zeros(size)),
            held: Held::new(refractory_steps),
            refractory_steps,
            threshold: T::from_f64(at - origin),
            before: vec![T::ZERO; if crossing { size } else { 0 }],
            inlets,
            bias_to_current: T::from_f64(per_bias),
            membrane,
        };
        group.rest();
        group
    }

    fn step(&mut self, input: &mut input::Input<'_, T>, fired: Option<&mut Vec<u32>>) {
        self.held.begin_step(&mut self.state[0]);
        let by_crossing = !self.before.is_empty();
        let firing = fired.is_some().then_some(relax::Firing { threshold: self.threshold, by_crossing });
        let mut cells = relax::Cells { per_bias: self.bias_to_current, inlets: &mut self.inlets.all, firing };
        let state = self.state.each_mut().map(|values| &mut **values);
        M::advance(&self.step, input, &mut cells, state, fired.unwrap_or(&mut Vec::new()));
    }

    /// The state of a cell, with its potential in mV.
    fn cell(&self, cell: usize) -> [f64; N] {
        std::array::from_fn(|variable| self.value(variable, cell))
    }
}

impl<T: Real, M: Relaxing<N>, const N: usize> Group<T> for RelaxingGroup<T, M, N> {
    fn size(&self) -> usize {
        self.state[0].len()
    }

    fn rest(&mut self) {
        let mut rest = self.membrane.rest();
        rest[0] -= self.origin;
        for (values, rest) in self.state.iter_mut().zip(rest) {
            values.fill(T::from_f64(rest));
        }
        self.held.clear();
        self.inlets.rest();
    }

    fn integrate(&mut self, input: &Input<'_, T>) {
        if !self.before.is_empty() {
            self.before.copy_from_slice(&self.state[0]);
        }
        self.step(&mut input.of_numbers(), None);
    }

    fn advance(&mut self, input: &mut input::Input<'_, T>, fired: &mut Vec<u32>) -> bool {
        self.step(input, Some(fired));
        true
    }

    fn crossed(&self, shift: &[T], cells: &mut Vec<u32>) {
        if self.before.is_empty() {
            above(self.threshold, &self.state[0], shift, cells);
        } else {
            crossed(self.threshold, &self.before, &self.state[0], shift, cells);
        }
    }

    fn fire(&mut self, cell: usize) {
        if let Firing::Reset { .. } = self.membrane.firing() {
            let mut x = self.cell(cell);
            self.membrane.reset(&mut x);
            (0..N).for_each(|variable| self.set(variable, cell, x[variable]));
            let at = self.held.of(&self.state[0], cell);
            self.held.hold(&mut self.state[0], cell, at, self.refractory_steps);
        }
    }

    fn silence(&mut self, cell: usize) {
        self.set(0, cell, self.membrane.rest()[0]);
    }

    fn distance(&self, shift: &[T], out: &mut [T]) {
        let per_span =
            T::from_f64(1.0 / (self.threshold.to_f64() + self.origin - self.membrane.levels().e_l));
        for (cell, out) in out.iter_mut().enumerate() {
            *out = (self.held.of(&self.state[0], cell)
                - self.threshold
                - shift.get(cell).copied().unwrap_or(T::ZERO))
                * per_span;
        }
    }

    fn v(&self, cell: usize) -> f64 {
        self.value(0, cell)
    }

    fn variables(&self) -> &'static [Variable] {
        &M::VARIABLES
    }

    fn value(&self, variable: usize, cell: usize) -> f64 {
        match variable {
            0 => self.held.of(&self.state[0], cell).to_f64() + self.origin,
            _ => self.state[variable][cell].to_f64(),
        }
    }

    fn set(&mut self, variable: usize, cell: usize, value: f64) {
        match variable {
            0 => self.held.put(&mut self.state[0], cell, T::from_f64(value - self.origin)),
            _ => self.state[variable][cell] = T::from_f64(value),
        }
    }

    fn save(&self, cell: usize, state: &mut Vec<f64>) {
        state.push(self.held.of(&self.state[0], cell).to_f64());
        state.extend(self.state[1..].iter().map(|values| values[cell].to_f64()));
        state.push(f64::from(self.held.left(&self.state[0], cell)));
        self.inlets.save(cell, state);
    }

    fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        let mut next = || state.next().unwrap_or(0.0);
        let at = T::from_f64(next());
        self.state[1..].iter_mut().for_each(|values| values[cell] = T::from_f64(next()));
        // Of a cell that is held now, only this forgets until when.
        self.held.hold(&mut self.state[0], cell, at, next() as u16);
        self.inlets.restore(cell, state);
    }

    fn synaptic(&self, receptor: usize, cell: usize) -> f64 {
        self.inlets.value(receptor, cell)
    }

    fn levels(&self) -> Levels {
        self.membrane.levels()
    }

    fn derivative(&self, state: &[f64], current: f64, slope: &mut [f64]) -> bool {
        let Ok(x) = <&[f64; N]>::try_from(state) else { return false };
        let fits = slope.len() == N;
        if fits {
            slope.copy_from_slice(&self.membrane.derivative(x, current));
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Neuron;
    use crate::neuron::{Block, Lif, Receptor, TraubMiles};
    use std::ops::Range;

    /// What is more than some passes.
    const MANY: usize = 1024;

    /// Cells of a group that is larger than two blocks, each with a drive of its own, and the same cells alone: every bit.
    fn a_cell_is_alone<T: Real>(neuron: &Neuron, receptors: &[Receptor], method: Option<Method>) {
        const CELLS: usize = 2 * MANY + 77;
        let drive = |cell: usize| T::from_f64((cell * 7919 % 997) as f64 / 20.0);
        let run = |cells: Range<usize>| {
            let build = Build { receptors, method, ..Build::cells(cells.len(), 0.1) };
            let mut group = neuron.group::<T>(&build);
            let drives: Vec<T> = cells.map(drive).collect();
            let (arrivals, mut fired, mut count) = (vec![drives.clone(); receptors.len()], Vec::new(), 0);
            for _ in 0..60 {
                group.integrate(&Input { arrivals: &arrivals, current: &drives, ..Input::constant(&drives) });
                fired.clear();
                group.crossed(&[], &mut fired);
                count += fired.len();
                fired.iter().for_each(|&cell| group.fire(cell as usize));
            }
            let values = |cell: usize| {
                let variables = (0..group.variables().len()).map(|variable| group.value(variable, cell));
                let open = (0..receptors.len()).map(|receptor| group.synaptic(receptor, cell));
                variables.chain(open).map(f64::to_bits).collect::<Vec<u64>>()
            };
            ((0..group.size()).map(values).collect::<Vec<_>>(), count)
        };
        let (together, count) = run(0..CELLS);
        assert!(count > 100, "{neuron:?}: {count} spikes");
        for cell in [0, 1, 15, 16, MANY - 1, MANY, MANY + 1, 2 * MANY, CELLS - 1] {
            assert_eq!(run(cell..cell + 1).0[0], together[cell], "{neuron:?}, cell {cell}");
        }
    }

    #[test]
    fn a_cell_does_not_see_its_place() {
        let current = Receptor::Current(Kinetics::Exponential { tau: 5.0 });
        let two = Receptor::Current(Kinetics::Alpha { tau: 2.0 });
        let open = Receptor::Conductance {
            kinetics: Kinetics::BiExponential { rise: 0.5, decay: 5.0 },
            e_rev: 0.0,
            block: None,
        };
        let (lif, traub_miles) = (Neuron::Lif(Lif::default()), Neuron::TraubMiles(TraubMiles::default()));
        let euler = Some(Method::ExponentialEuler);
        let block = Some(Block { c: 1.0 / 3.57, v: 1.0 / 0.062 });
        let blocked =
            Receptor::Conductance { kinetics: Kinetics::Exponential { tau: 100.0 }, e_rev: 0.0, block };
        let exact = [current.clone(), two.clone(), Receptor::Delta];
        let opening = [blocked, open, current, Receptor::Delta];
        a_cell_is_alone::<f32>(&lif, &exact, None);
        a_cell_is_alone::<f64>(&lif, &exact, None);
        a_cell_is_alone::<f32>(&lif, &opening, euler);
        a_cell_is_alone::<f64>(&lif, &opening, euler);
        a_cell_is_alone::<f32>(&traub_miles, &opening[..3], euler);
        a_cell_is_alone::<f64>(&traub_miles, &opening[..3], euler);
    }

    /// Blocked channels against the equations, converged by another method: the tangent where a step begins leaves an error of
    /// second order.
    #[test]
    fn blocked_channels_follow_the_equations() {
        let receptor = Receptor::Conductance {
            kinetics: Kinetics::Exponential { tau: 100.0 },
            e_rev: 0.0,
            block: Some(Block { c: 1.0 / 3.57, v: 1.0 / 0.062 }),
        };
        let membrane = Lif::default();
        // 40 nS open at the end of a step at rest; then 0.3 nA beside them for 20 ms, without a spike.
        let end = |method: Method, dt: f64| {
            let receptors = [receptor.clone()];
            let build = Build { receptors: &receptors, method: Some(method), ..Build::cells(1, dt) };
            let neuron = Neuron::Lif(Lif { v_th: duet_units::Voltage::new(1000.0), ..membrane.clone() });
            let mut group: Box<dyn Group<f64>> = neuron.group(&build);
            for step in 0..=(20.0 / dt).round() as usize {
                let (arriving, current) = if step == 0 { (40.0, 0.0) } else { (0.0, 300.0) };
                let input = Input { arrivals: &[vec![arriving]], ..Input::constant(&[0.0]) };
                group.integrate(&Input { current: &[current], ..input });
            }
            group.v(0)
        };
        let converged = end(Method::Rk4, 0.0125);
        assert!(converged > -60.0, "{converged}");
        let errors = [0.2, 0.1, 0.05].map(|dt| end(Method::ExponentialEuler, dt) - converged);
        assert!(errors[2].abs() < 1e-6, "{errors:?}");
        for k in 0..2 {
            assert!((errors[k] / errors[k + 1] - 4.0).abs() < 0.5, "{errors:?}");
        }
    }
}
