//! The integrate-and-fire cell of networks in discrete time: the one that gradients are sent through.

use super::{Build, Group, Input, InputUnit, Levels, Model, Receptor, Variable};
use duet_kernels::Real;
use duet_kernels::math::exp;
use duet_units::{Range, Time, choice, parameters};

parameters! {
    /// After a spike the threshold is taken off: what lay above it counts for the next spike.
    pub default struct Subtract {}
}

parameters! {
    /// After a spike the cell begins at 0, and what arrives in that step is lost.
    pub default struct Zero {}
}

choice! {
    /// What a spike does to the cell that fired it.
    pub enum Reset: "reset" {
        Subtract(Subtract) = "subtract",
        Zero(Zero) = "zero",
    }
}

parameters! {
    /// A cell that adds up what arrives, step by step, and fires above its threshold: the neuron of trained and of converted networks.
    ///
    /// # Equations
    /// ```text
    /// s(t) = 1 if v(t) > v_th, else 0        I(t) = sum of the weights of all spikes that arrive at t + bias + i_e
    /// v(t) = beta v(t - dt) + I(t) - v_th s(t - dt)              reset.subtract
    /// v(t) = (1 - s(t - dt)) (beta v(t - dt) + I(t))             reset.zero
    /// beta = exp(-dt/tau_m), or 1 without tau_m
    /// ```
    /// # Behaviour
    /// Time is counted in steps and everything else in bare numbers; the threshold must be passed, to reach it is not enough. A
    /// spike resets the cell in the step after it, as in the published code. Without leak and with `reset.subtract` the number of
    /// spikes under a constant drive I > 0 is I T / v_th, rounded down, at most one in a step: a rectified linear unit whose
    /// digits arrive one by one, which is why networks can be converted. `reset.zero` loses what lay above the threshold, and
    /// fires less. Spikes come by `synapse.delta`.
    ///
    /// # References
    /// - Eshraghian et al. 2023, Proc. IEEE 111:1016 (the class `Leaky` of snnTorch, with its reset delayed by a step)
    /// - Rueckauer et al. 2017, Front. Neurosci. 11:682 (reset by subtraction)
    ///
    /// # Example
    /// With beta = 0.9 (9.4912 ms), 0.5 in each step makes 0.5, 0.95, then 0.9 · 0.95 + 0.5 = 1.355: a spike. The next step takes
    /// the threshold off: 0.9 · 1.355 + 0.5 - 1 = 0.7195.
    /// ```
    /// use duet_spiking::neuron::{Build, Group, Input, IntegrateAndFire, Model};
    /// use duet_units::Time;
    /// let cell = IntegrateAndFire { tau_m: Some(Time::new(-1.0 / 0.9_f64.ln())), ..IntegrateAndFire::default() };
    /// let mut group: Box<dyn Group<f64>> = cell.group(&Build::cells(1, 1.0));
    /// let mut fired = Vec::new();
    /// for expected in [0.5, 0.95, 1.355, 0.7195] {
    ///     group.integrate(&Input { current: &[0.5], ..Input::constant(&[]) });
    ///     assert!((group.v(0) - expected).abs() < 1e-12);
    ///     let first = fired.len();
    ///     group.crossed(&[], &mut fired);
    ///     fired[first..].iter().for_each(|&cell| group.fire(cell as usize));
    /// }
    /// assert_eq!(fired, [0]);
    /// ```
    pub default struct IntegrateAndFire {
        /// Time constant with which it forgets; without it nothing is forgotten.
        pub tau_m: Option<Time> = None, in Range::POSITIVE;
        /// Threshold, above rest at 0.
        pub v_th: f64 = 1.0, in Range::POSITIVE;
        /// What a spike does to the cell.
        pub reset: Reset = Reset::Subtract(Subtract {});
        /// Constant drive.
        pub i_e: f64 = 0.0;
    }
}

impl IntegrateAndFire {
    /// The share of its potential that is left after a step of `dt` ms.
    pub fn beta(&self, dt: f64) -> f64 {
        self.tau_m.map_or(1.0, |tau| exp(-dt / tau.get()))
    }
}

/// The cells of one population.
struct Cells<T> {
    v: Vec<T>,
    /// Whether each fired in the step before.
    fired: Vec<bool>,
    beta: T,
    v_th: T,
    is_subtracted: bool,
    i_e: T,
    unit: T,
}

impl Model for IntegrateAndFire {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        Box::new(Cells {
            v: vec![T::ZERO; build.size],
            fired: vec![false; build.size],
            beta: T::from_f64(self.beta(build.dt)),
            v_th: T::from_f64(self.v_th),
            is_subtracted: matches!(self.reset, Reset::Subtract(_)),
            i_e: T::from_f64(self.i_e),
            unit: T::from_f64(build.unit),
        })
    }

    fn input_unit(&self) -> InputUnit {
        InputUnit::Number
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        self.tau_m.map(|tau| ("tau_m", tau.get()))
    }

    fn refuses(&self, receptor: &Receptor) -> Option<&'static str> {
        (*receptor != Receptor::Delta)
            .then_some("choose synapse.delta: what arrives is added in its own step")
    }

    fn is_exact(&self, _receptors: &[Receptor]) -> bool {
        true
    }

    fn has_spike_times(&self) -> bool {
        false
    }
}

impl<T: Real> Group<T> for Cells<T> {
    fn size(&self) -> usize {
        self.v.len()
    }

    fn rest(&mut self) {
        self.v.fill(T::ZERO);
        self.fired.fill(false);
    }

    fn integrate(&mut self, input: &Input<'_, T>) {
        for (cell, (v, fired)) in self.v.iter_mut().zip(&mut self.fired).enumerate() {
            let number = |list: &[T]| list.get(cell).copied().unwrap_or(T::ZERO);
            let weights = input.arrivals.iter().map(|way| number(way)).fold(number(input.bias), |a, b| a + b);
            let drive = self.i_e + number(input.current) + self.unit * weights;
            let next = self.beta * *v + drive;
            *v = match (std::mem::take(fired), self.is_subtracted) {
                (false, _) => next,
                (true, true) => next - self.v_th,
                (true, false) => T::ZERO,
            };
        }
    }

    fn crossed(&self, shift: &[T], cells: &mut Vec<u32>) {
        let threshold = |cell: usize| self.v_th + shift.get(cell).copied().unwrap_or(T::ZERO);
        let above = self.v.iter().enumerate().filter(|&(cell, &v)| v > threshold(cell));
        cells.extend(above.map(|(cell, _)| cell as u32));
    }

    fn fire(&mut self, cell: usize) {
        self.fired[cell] = true;
    }

    fn silence(&mut self, cell: usize) {
        (self.v[cell], self.fired[cell]) = (T::ZERO, false);
    }

    fn distance(&self, shift: &[T], out: &mut [T]) {
        for (cell, (out, &v)) in out.iter_mut().zip(&self.v).enumerate() {
            *out = (v - self.v_th - shift.get(cell).copied().unwrap_or(T::ZERO)) / self.v_th;
        }
    }

    fn v(&self, cell: usize) -> f64 {
        self.v[cell].to_f64()
    }

    fn variables(&self) -> &'static [Variable] {
        &[Variable { name: "v", unit: "1" }]
    }

    fn value(&self, _variable: usize, cell: usize) -> f64 {
        self.v(cell)
    }

    fn set(&mut self, _variable: usize, cell: usize, value: f64) {
        self.v[cell] = T::from_f64(value);
    }

    fn save(&self, cell: usize, state: &mut Vec<f64>) {
        state.extend([self.v[cell].to_f64(), f64::from(u8::from(self.fired[cell]))]);
    }

    fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        self.v[cell] = T::from_f64(state.next().unwrap_or(0.0));
        self.fired[cell] = state.next().unwrap_or(0.0) > 0.0;
    }

    fn synaptic(&self, _receptor: usize, _cell: usize) -> f64 {
        0.0
    }

    fn levels(&self) -> Levels {
        let v_reset = (!self.is_subtracted).then_some(0.0);
        Levels { v_th: self.v_th.to_f64(), v_reset, e_l: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Potentials and spikes of one cell under these drives.
    fn run(cell: &IntegrateAndFire, drives: &[f64]) -> (Vec<f64>, Vec<bool>) {
        let build = Build { receptors: &[Receptor::Delta], unit: 0.5, ..Build::cells(1, 1.0) };
        let mut group: Box<dyn Group<f64>> = cell.group(&build);
        let step = |&drive: &f64| {
            // Half of it as spikes of a unit of 0.5, a quarter each as bias and current.
            let (arrivals, bias, current) = ([vec![drive]], [0.5 * drive], [0.25 * drive]);
            group.integrate(&Input { arrivals: &arrivals, bias: &bias, current: &current, shift: &[] });
            let mut fired = Vec::new();
            group.crossed(&[], &mut fired);
            fired.iter().for_each(|&cell| group.fire(cell as usize));
            (group.v(0), !fired.is_empty())
        };
        drives.iter().map(step).unzip()
    }

    /// A constant drive is counted out in spikes, to the last one; the reset to zero gives fewer.
    #[test]
    fn spikes_are_a_rectified_drive() {
        let steps = 1000;
        for drive in [-0.3, 0.0, 0.127, 0.5, 0.93] {
            let count = |reset: Reset| {
                let cell = IntegrateAndFire { reset, ..IntegrateAndFire::default() };
                run(&cell, &vec![drive; steps]).1.iter().filter(|&&spike| spike).count() as f64
            };
            let (exact, short) = (drive.max(0.0) * steps as f64, count(Reset::Zero(Zero {})));
            let counted = count(Reset::Subtract(Subtract {}));
            assert!((exact - counted).abs() <= 1.0, "{drive}: {counted}");
            assert!(short <= counted && (drive <= 0.0 || short < counted), "{drive}: {short}");
        }
    }

    /// A threshold that is reached is not passed; the step after a spike loses its input.
    #[test]
    fn reset_to_zero_loses_a_step() {
        let cell = IntegrateAndFire { reset: Reset::Zero(Zero {}), ..IntegrateAndFire::default() };
        let (v, spikes) = run(&cell, &[0.5, 0.5, 0.25, 0.75, 0.25]);
        assert_eq!(v, [0.5, 1.0, 1.25, 0.0, 0.25]);
        assert_eq!(spikes, [false, false, true, false, false]);
    }
}
