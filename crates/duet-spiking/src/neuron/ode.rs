//! Cells of a membrane that is integrated step by step.

use super::receptor::Ports;
use super::{Build, Firing, Group, Input, Levels, Membrane, Variable};
use crate::integrator::{Adaptive, Method, System};
use duet_kernels::Real;

/// The cells of one population, each a copy of the membrane's equations. State is kept in f64: single cells are where a
/// number is the point.
pub struct OdeGroup<M, const N: usize> {
    membrane: M,
    method: Method,
    dt: f64,
    /// One array per variable.
    state: [Vec<f64>; N],
    ports: Ports,
    unit: f64,
    /// Current per unit of bias.
    bias_to_current: f64,
    /// Refractory time left at the end of the step, in ms; empty where the model has none.
    clamped: Vec<f64>,
    /// Whether a cell was above its threshold before the step: only for models that fire by crossing.
    above: Vec<bool>,
    /// Steps of a method that chooses them itself, and what happened inside the step: spikes, and how long before its end.
    walks: Vec<Adaptive>,
    fired: Vec<(u32, f64)>,
}

/// One cell's equations over one step.
struct Driven<'a, M> {
    membrane: &'a M,
    ports: &'a Ports,
    cell: usize,
    constant: f64,
    clamped: bool,
    ceiling: f64,
}

impl<M: Membrane<N>, const N: usize> System<N> for Driven<'_, M> {
    fn derivative(&self, s: f64, x: &[f64; N]) -> [f64; N] {
        let x = self.below_ceiling(x);
        let drive = self.ports.drive(self.cell, s, x[0]);
        let mut slope = self.membrane.derivative(&x, self.constant + drive.current);
        if self.clamped {
            slope[0] = 0.0;
        }
        slope
    }

    fn diagonal(&self, s: f64, x: &[f64; N]) -> [f64; N] {
        let x = self.below_ceiling(x);
        self.membrane.diagonal(&x, self.ports.drive(self.cell, s, x[0]).slope)
    }
}

impl<M> Driven<'_, M> {
    /// The state as a fixed method sees it: an upstroke that it looks ahead into must not overflow. A method with a step of
    /// its own needs the equations smooth, and goes back where they overflow.
    fn below_ceiling<const N: usize>(&self, x: &[f64; N]) -> [f64; N] {
        let mut x = *x;
        // A comparison that leaves NaN as it is.
        if x[0] > self.ceiling {
            x[0] = self.ceiling;
        }
        x
    }
}

impl<M: Membrane<N>, const N: usize> OdeGroup<M, N> {
    /// Cells at rest.
    pub fn new(membrane: M, build: &Build<'_>) -> Self {
        let (size, dt, rest) = (build.size, build.dt, membrane.rest());
        let method = build.method.unwrap_or(Method::Rk4);
        let refractory = matches!(membrane.firing(), Firing::Reset { t_ref, .. } if t_ref > 0.0);
        let crossing = matches!(membrane.firing(), Firing::Crossing { .. });
        let adaptive = if let Method::Rkf45(tolerance) = method { Some(tolerance) } else { None };
        Self {
            method,
            dt,
            state: rest.map(|x| vec![x; size]),
            ports: Ports::new(build.receptors, size, dt),
            unit: build.unit,
            bias_to_current: if build.bias_is_voltage {
                build.unit / membrane.resistance()
            } else {
                build.unit
            },
            clamped: vec![0.0; if refractory { size } else { 0 }],
            above: vec![false; if crossing { size } else { 0 }],
            walks: adaptive.map_or(Vec::new(), |tolerance| vec![Adaptive { tolerance, proposal: dt }; size]),
            fired: adaptive.map_or(Vec::new(), |_| vec![(0, 0.0); size]),
            membrane,
        }
    }

    /// The potential at which a cell fires.
    fn threshold(&self) -> f64 {
        match self.membrane.firing() {
            Firing::Reset { at, .. } | Firing::Crossing { at } => at,
        }
    }

    /// The refractory period; on the grid it is a whole number of steps.
    fn refractory_period(&self) -> f64 {
        match self.membrane.firing() {
            Firing::Reset { t_ref, .. } if self.walks.is_empty() => (t_ref / self.dt).round() * self.dt,
            Firing::Reset { t_ref, .. } => t_ref,
            Firing::Crossing { .. } => 0.0,
        }
    }

    /// Whether V is held. A half step of rounding noise does not make a step.
    fn is_clamped(&self, cell: usize) -> bool {
        self.clamped.get(cell).is_some_and(|&left| left > 0.5 * self.dt)
    }

    /// A step on the grid.
    fn fixed(&mut self, cell: usize, constant: f64, x: &mut [f64; N]) {
        let clamped = self.is_clamped(cell);
        let ceiling = self.membrane.ceiling();
        let system =
            Driven { membrane: &self.membrane, ports: &self.ports, cell, constant, clamped, ceiling };
        self.method.step(&system, 0.0, self.dt, x);
    }

    /// A step in which spikes are found where they are.
    fn adaptive(&mut self, cell: usize, constant: f64, threshold: f64, x: &mut [f64; N]) {
        let firing = self.membrane.firing();
        self.fired[cell].0 = 0;
        let mut walk = self.walks[cell];
        let mut system = Driven {
            membrane: &self.membrane,
            ports: &self.ports,
            cell,
            constant,
            clamped: false,
            ceiling: f64::INFINITY,
        };
        let mut s = 0.0;
        while s < self.dt {
            let held = self.clamped.get(cell).copied().unwrap_or(0.0);
            if held > 0.0 {
                let end = (s + held).min(self.dt);
                system.clamped = true;
                walk.walk(&system, (s, end), x, |_| -1.0);
                system.clamped = false;
                self.clamped[cell] = if end < self.dt { 0.0 } else { held - (end - s) };
                s = end;
                continue;
            }
            // Only a way up from below counts; what is above already has fired.
            let mut below = x[0] < threshold;
            if !below && matches!(firing, Firing::Crossing { .. }) {
                let (at, fell) = walk.walk(&system, (s, self.dt), x, |x| threshold - x[0]);
                s = at;
                below = fell;
                if !below {
                    break;
                }
            }
            let (at, happened) = walk.walk(&system, (s, self.dt), x, |x| x[0] - threshold);
            s = at;
            if happened {
                self.fired[cell] = (self.fired[cell].0 + 1, self.dt - s);
                if let Firing::Reset { t_ref, .. } = firing {
                    self.membrane.reset(x);
                    if let Some(left) = self.clamped.get_mut(cell) {
                        *left = t_ref;
                    }
                }
            }
        }
        self.walks[cell] = walk;
    }
}

impl<T: Real, M: Membrane<N>, const N: usize> Group<T> for OdeGroup<M, N> {
    fn size(&self) -> usize {
        self.state[0].len()
    }

    fn rest(&mut self) {
        for (values, rest) in self.state.iter_mut().zip(self.membrane.rest()) {
            values.fill(rest);
        }
        self.ports.rest();
        self.clamped.fill(0.0);
        self.above.fill(false);
        self.fired.fill((0, 0.0));
        self.walks.iter_mut().for_each(|walk| walk.proposal = self.dt);
    }

    fn integrate(&mut self, input: &Input<'_, T>) {
        let level = self.threshold();
        for cell in 0..self.state[0].len() {
            let mut x = std::array::from_fn(|i| self.state[i][cell]);
            let injected = input.current.get(cell).map_or(0.0, |current| current.to_f64());
            let constant =
                self.bias_to_current * input.bias.get(cell).map_or(0.0, |bias| bias.to_f64()) + injected;
            if let Some(above) = self.above.get_mut(cell) {
                *above = x[0] >= level;
            }
            if self.walks.is_empty() {
                self.fixed(cell, constant, &mut x);
            } else {
                let threshold = level + input.shift.get(cell).map_or(0.0, |shift| shift.to_f64());
                self.adaptive(cell, constant, threshold, &mut x);
            }
            for (values, x) in self.state.iter_mut().zip(x) {
                values[cell] = x;
            }
        }
        self.ports.decay();
        let (v, clamped, dt) = (&mut self.state[0], &self.clamped, self.dt);
        self.ports.arrive(input.arrivals, self.unit, |cell, kick| {
            if clamped.get(cell).is_none_or(|&left| left <= 0.5 * dt) {
                v[cell] += kick;
            }
        });
        if self.walks.is_empty() {
            self.clamped.iter_mut().for_each(|left| *left = (*left - dt).max(0.0));
        }
    }

    fn crossed(&self, shift: &[T], cells: &mut Vec<u32>) {
        let level = self.threshold();
        for (cell, &v) in self.state[0].iter().enumerate() {
            let threshold = level + shift.get(cell).map_or(0.0, |shift| shift.to_f64());
            let spikes = match self.fired.get(cell) {
                Some(&(spikes, _)) => spikes,
                None => u32::from(v >= threshold && !self.above.get(cell).copied().unwrap_or(false)),
            };
            cells.extend(std::iter::repeat_n(cell as u32, spikes as usize));
        }
    }

    fn fire(&mut self, cell: usize) {
        // A method with a step of its own has reset the cell at the moment of the spike.
        if self.walks.is_empty() && matches!(self.membrane.firing(), Firing::Reset { .. }) {
            let mut x = std::array::from_fn(|i| self.state[i][cell]);
            self.membrane.reset(&mut x);
            for (values, x) in self.state.iter_mut().zip(x) {
                values[cell] = x;
            }
            let period = self.refractory_period();
            if let Some(left) = self.clamped.get_mut(cell) {
                *left = period;
            }
        }
    }

    fn silence(&mut self, cell: usize) {
        self.state[0][cell] = self.membrane.rest()[0];
    }

    fn distance(&self, shift: &[T], out: &mut [T]) {
        let (level, rest) = (self.threshold(), self.membrane.levels().e_l);
        for (cell, (out, &v)) in out.iter_mut().zip(&self.state[0]).enumerate() {
            let threshold = level + shift.get(cell).map_or(0.0, |shift| shift.to_f64());
            *out = T::from_f64((v - threshold) / (level - rest));
        }
    }

    fn v(&self, cell: usize) -> f64 {
        self.state[0][cell]
    }

    fn variables(&self) -> &'static [Variable] {
        &M::VARIABLES
    }

    fn value(&self, variable: usize, cell: usize) -> f64 {
        self.state[variable][cell]
    }

    fn set(&mut self, variable: usize, cell: usize, value: f64) {
        self.state[variable][cell] = value;
    }

    fn save(&self, cell: usize, state: &mut Vec<f64>) {
        state.extend(self.state.iter().map(|values| values[cell]));
        state.extend(self.clamped.get(cell));
        state.extend(self.above.get(cell).map(|&above| f64::from(u8::from(above))));
        state.extend(self.walks.get(cell).map(|walk| walk.proposal));
        self.ports.save(cell, state);
    }

    fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        let mut next = || state.next().unwrap_or(0.0);
        self.state.iter_mut().for_each(|values| values[cell] = next());
        self.clamped.get_mut(cell).into_iter().for_each(|left| *left = next());
        self.above.get_mut(cell).into_iter().for_each(|above| *above = next() > 0.0);
        self.walks.get_mut(cell).into_iter().for_each(|walk| walk.proposal = next());
        self.ports.restore(cell, state);
    }

    fn synaptic(&self, receptor: usize, cell: usize) -> f64 {
        self.ports.value(receptor, cell)
    }

    fn before_end(&self, cell: usize) -> f64 {
        self.fired.get(cell).map_or(0.0, |&(_, before)| before)
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
