//! The McCulloch-Pitts unit.

use super::{Build, Group, Input, InputUnit, Levels, Model, Receptor, Variable};
use duet_kernels::Real;
use duet_units::parameters;

parameters! {
    /// A binary unit in discrete time: it fires in the very step in which enough arrives, and keeps nothing for the next.
    ///
    /// # Equations
    /// ```text
    /// s(t) = sum of the weights of all spikes that arrive at t + bias + i_e
    /// s(t) >= theta:  spike at t
    /// ```
    /// # Behaviour
    /// Inputs must coincide in one step, so a network of such units is a clocked logic circuit: weights 1, 1 make AND with
    /// theta = 2 and OR with theta = 1; weight -1 and theta = 0 make NOT, which fires in every step that brings no spike.
    /// What is not linearly separable (XOR) needs two layers. Spikes come by `synapse.delta`, weights are bare numbers.
    ///
    /// # References
    /// - McCulloch & Pitts 1943, Bull. Math. Biophys. 5:115
    ///
    /// # Example
    /// Two arrivals of weight 1 at cell 0, one at cell 1: only the first reaches theta = 2.
    /// ```
    /// use duet_spiking::neuron::{Build, Group, Input, McCullochPitts, Model, Receptor};
    /// let unit = McCullochPitts { theta: 2.0, ..McCullochPitts::default() };
    /// let mut group: Box<dyn Group<f64>> =
    ///     unit.group(&Build { receptors: &[Receptor::Delta], ..Build::cells(2, 1.0) });
    /// group.integrate(&Input { arrivals: &[vec![2.0, 1.0]], ..Input::constant(&[0.0, 0.0]) });
    /// let mut fired = Vec::new();
    /// group.crossed(&[], &mut fired);
    /// assert_eq!(fired, [0]);
    /// ```
    pub default struct McCullochPitts {
        /// Threshold.
        pub theta: f64 = 1.0;
        /// Constant drive.
        pub i_e: f64 = 0.0;
    }
}

/// The units of one population: what reached each of them in this step.
struct Units<T> {
    sums: Vec<T>,
    theta: T,
    i_e: T,
    unit: T,
}

impl Model for McCullochPitts {
    fn group<T: Real>(&self, build: &Build<'_>) -> Box<dyn Group<T>> {
        Box::new(Units {
            sums: vec![T::ZERO; build.size],
            theta: T::from_f64(self.theta),
            i_e: T::from_f64(self.i_e),
            unit: T::from_f64(build.unit),
        })
    }

    fn input_unit(&self) -> InputUnit {
        InputUnit::Number
    }

    fn shortest_time_constant(&self) -> Option<(&'static str, f64)> {
        None
    }

    fn refuses(&self, receptor: &Receptor) -> Option<&'static str> {
        (*receptor != Receptor::Delta)
            .then_some("choose synapse.delta: what arrives counts in its own step only")
    }

    fn is_exact(&self, _receptors: &[Receptor]) -> bool {
        true
    }

    fn has_spike_times(&self) -> bool {
        false
    }

    fn rheobase(&self) -> Option<f64> {
        Some(self.theta - self.i_e)
    }
}

impl<T: Real> Group<T> for Units<T> {
    fn size(&self) -> usize {
        self.sums.len()
    }

    fn rest(&mut self) {
        self.sums.fill(T::ZERO);
    }

    fn integrate(&mut self, input: &Input<'_, T>) {
        self.sums.fill(self.i_e);
        for (sum, &bias) in self.sums.iter_mut().zip(input.bias) {
            *sum += self.unit * bias;
        }
        for (sum, &current) in self.sums.iter_mut().zip(input.current) {
            *sum += current;
        }
        for arriving in input.arrivals {
            for (sum, &weight) in self.sums.iter_mut().zip(arriving) {
                *sum += self.unit * weight;
            }
        }
    }

    fn crossed(&self, shift: &[T], cells: &mut Vec<u32>) {
        let threshold = |cell: usize| self.theta + shift.get(cell).copied().unwrap_or(T::ZERO);
        let above = self.sums.iter().enumerate().filter(|&(cell, &sum)| sum >= threshold(cell));
        cells.extend(above.map(|(cell, _)| cell as u32));
    }

    fn fire(&mut self, _cell: usize) {}

    fn silence(&mut self, cell: usize) {
        self.sums[cell] = T::ZERO;
    }

    fn distance(&self, shift: &[T], out: &mut [T]) {
        // From 0, where nothing arrives, to theta; a theta of 0 is its own measure.
        let span = if self.theta == T::ZERO { T::ONE } else { self.theta };
        for (cell, (out, &sum)) in out.iter_mut().zip(&self.sums).enumerate() {
            *out = (sum - self.theta - shift.get(cell).copied().unwrap_or(T::ZERO)) / span;
        }
    }

    fn v(&self, cell: usize) -> f64 {
        self.sums[cell].to_f64()
    }

    fn variables(&self) -> &'static [Variable] {
        &[Variable { name: "s", unit: "1" }]
    }

    fn value(&self, _variable: usize, cell: usize) -> f64 {
        self.v(cell)
    }

    fn set(&mut self, _variable: usize, cell: usize, value: f64) {
        self.sums[cell] = T::from_f64(value);
    }

    fn save(&self, cell: usize, state: &mut Vec<f64>) {
        state.push(self.sums[cell].to_f64());
    }

    fn restore(&mut self, cell: usize, state: &mut dyn Iterator<Item = f64>) {
        self.sums[cell] = T::from_f64(state.next().unwrap_or(0.0));
    }

    fn synaptic(&self, _receptor: usize, _cell: usize) -> f64 {
        0.0
    }

    fn levels(&self) -> Levels {
        Levels { v_th: self.theta.to_f64(), v_reset: None, e_l: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The truth table of one unit, inputs in binary counting order.
    fn table(weights: &[f64], theta: f64) -> Vec<bool> {
        let unit = McCullochPitts { theta, ..McCullochPitts::default() };
        let build = Build { receptors: &[Receptor::Delta], ..Build::cells(1, 1.0) };
        let mut group: Box<dyn Group<f64>> = unit.group(&build);
        let fires = |row: usize| {
            let on = |i: usize| (row >> (weights.len() - 1 - i)) & 1 == 1;
            let sum = weights.iter().enumerate().filter(|&(i, _)| on(i)).map(|(_, w)| w).sum();
            group.integrate(&Input { arrivals: &[vec![sum]], ..Input::constant(&[0.0]) });
            let mut cells = Vec::new();
            group.crossed(&[], &mut cells);
            !cells.is_empty()
        };
        (0..1 << weights.len()).map(fires).collect()
    }

    #[test]
    fn gates() {
        assert_eq!(table(&[1.0, 1.0], 2.0), [false, false, false, true], "AND");
        assert_eq!(table(&[1.0, 1.0], 1.0), [false, true, true, true], "OR");
        assert_eq!(table(&[-1.0], 0.0), [true, false], "NOT");
        assert_eq!(table(&[-1.0, -1.0], -1.0), [true, true, true, false], "NAND");
        let majority = [false, false, false, true, false, true, true, true];
        assert_eq!(table(&[1.0, 1.0, 1.0], 2.0), majority);
    }

    #[test]
    fn nothing_is_kept_and_everything_adds() {
        let unit = McCullochPitts { theta: 2.0, i_e: 0.5 };
        let build = Build { receptors: &[Receptor::Delta], unit: 0.5, ..Build::cells(1, 1.0) };
        let mut group: Box<dyn Group<f64>> = unit.group(&build);
        let mut sum = |arriving: f64, bias: f64, current: f64| {
            let (arrivals, current) = ([vec![arriving]], [current]);
            group.integrate(&Input { arrivals: &arrivals, current: &current, ..Input::constant(&[bias]) });
            group.v(0)
        };
        assert_eq!(sum(2.0, 1.0, 0.25), 0.5 + 0.5 + 1.0 + 0.25);
        assert_eq!(sum(0.0, 0.0, 0.0), 0.5);
    }
}
