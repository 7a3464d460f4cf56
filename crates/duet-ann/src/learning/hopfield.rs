//! Hopfield's memory: patterns stored at once by Hebb's rule, recalled by letting the units settle.

mod capacity;

pub use capacity::{largest_load, one_step_error, overlap};

use duet_units::parameters;

parameters! {
    /// Patterns are stored all at once by Hebb's rule, and recalled by letting the units settle.
    ///
    /// # Equations
    /// ```text
    /// w_ij = (1 / N) sum over patterns of x_i x_j,   w_ii = 0          x = -1 or 1
    /// s_i <- sign(sum_j w_ij s_j)                    a unit with no drive stays as it is
    /// E = -1/2 sum_ij w_ij s_i s_j                   no update of one unit can raise it
    /// ```
    ///
    /// # Behaviour
    /// A stored pattern is a resting state as long as there are few of them: a state near it falls into it, and what falls
    /// there is recalled from a part. Beyond 0.138 patterns per unit the memory breaks down at once, not gradually. The
    /// opposite of every pattern is a resting state too, and mixtures of three. One unit after the other, the network
    /// always comes to rest, because the energy falls; all at once, it may swing between two states for ever.
    ///
    /// # References
    /// - Hopfield (1982), Neural networks and physical systems with emergent collective computational abilities, PNAS 79.
    /// - Amit, Gutfreund & Sompolinsky (1985), Storing infinite numbers of patterns in a spin-glass model of neural
    ///   networks, Physical Review Letters 55.
    /// - Hertz, Krogh & Palmer (1991), chapter 2.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Hopfield, HopfieldMemory};
    ///
    /// let memory = HopfieldMemory::storing(4, &[1.0, 1.0, -1.0, -1.0])?; // one pattern: w_ij = x_i x_j / 4
    /// assert_eq!((memory.weight(0, 1), memory.weight(0, 2), memory.weight(0, 0)), (0.25, -0.25, 0.0));
    /// let mut state = vec![1.0, -1.0, -1.0, -1.0]; // one unit wrong
    /// assert_eq!(memory.energy(&state), 0.0); // three pairs agree with their weight, three do not
    /// Hopfield { together: false }.settle(&memory, &mut state, |_| (0..4).collect(), 10);
    /// assert_eq!(state, [1.0, 1.0, -1.0, -1.0]);
    /// assert_eq!(memory.energy(&state), -1.5); // all six pairs agree: -6 / 4
    /// # Ok::<(), duet_ann::AnnError>(())
    /// ```
    pub default struct Hopfield {
        /// Whether all units are updated at once, instead of one after the other in random order.
        pub together: bool = false;
    }
}

impl Hopfield {
    /// Lets a state settle, for `most` sweeps over all units at most; `order` gives the order of each, where it matters. Says
    /// how many sweeps there were.
    pub fn settle(
        &self,
        memory: &HopfieldMemory,
        state: &mut Vec<f64>,
        order: impl FnMut(usize) -> Vec<u32>,
        most: usize,
    ) -> usize {
        if !self.together {
            return memory.settle(state, order, most);
        }
        for sweep in 0..most {
            let next = memory.together(state);
            if next == *state {
                return sweep + 1;
            }
            *state = next;
        }
        most
    }
}

/// The weights of a set of patterns, among units that all feed each other.
#[derive(Clone, Debug, PartialEq)]
pub struct HopfieldMemory {
    units: usize,
    /// Row by row.
    weights: Vec<f64>,
}

impl HopfieldMemory {
    /// Stores patterns of -1 and 1, one after the other in one list.
    ///
    /// # Errors
    /// [`AnnError::Inputs`](crate::AnnError::Inputs) if their length is no multiple of `units`.
    pub fn storing(units: usize, patterns: &[f64]) -> Result<Self, crate::AnnError> {
        let rest = if units == 0 { patterns.len() } else { patterns.len() % units };
        if rest != 0 {
            return Err(crate::AnnError::Inputs { what: "the last pattern", expected: units, got: rest });
        }
        let mut weights = vec![0.0; units * units];
        for pattern in patterns.chunks_exact(units.max(1)) {
            for (row, &post) in weights.chunks_exact_mut(units).zip(pattern) {
                row.iter_mut().zip(pattern).for_each(|(w, pre)| *w += post * pre);
            }
        }
        // Whole numbers until here: no order of the patterns changes a bit.
        weights.iter_mut().for_each(|w| *w /= units as f64);
        (0..units).for_each(|i| weights[i * units + i] = 0.0);
        Ok(Self { units, weights })
    }

    /// How many units there are.
    pub fn units(&self) -> usize {
        self.units
    }

    /// The weight from one unit to another; 0 for units that do not exist.
    pub fn weight(&self, post: usize, pre: usize) -> f64 {
        if post < self.units && pre < self.units { self.weights[post * self.units + pre] } else { 0.0 }
    }

    fn next(&self, state: &[f64], unit: usize) -> f64 {
        let row = &self.weights[unit * self.units..(unit + 1) * self.units];
        let drive: f64 = row.iter().zip(state).map(|(w, s)| w * s).sum();
        if drive == 0.0 { state[unit] } else { 1.0_f64.copysign(drive) }
    }

    /// The state after all units have been updated at once.
    pub fn together(&self, state: &[f64]) -> Vec<f64> {
        (0..self.units.min(state.len())).map(|unit| self.next(state, unit)).collect()
    }

    /// Updates one unit after the other, in the order that `order` gives for each sweep, until a sweep changes nothing or
    /// `most` are over. Says how many sweeps there were.
    pub fn settle(&self, state: &mut [f64], mut order: impl FnMut(usize) -> Vec<u32>, most: usize) -> usize {
        for sweep in 0..most {
            let mut changed = false;
            for unit in order(sweep).into_iter().map(|unit| unit as usize) {
                if unit < self.units.min(state.len()) {
                    let next = self.next(state, unit);
                    changed |= next != state[unit];
                    state[unit] = next;
                }
            }
            if !changed {
                return sweep + 1;
            }
        }
        most
    }

    /// The energy of a state.
    pub fn energy(&self, state: &[f64]) -> f64 {
        let rows = self.weights.chunks_exact(self.units.max(1)).zip(state);
        let drive = |row: &[f64]| row.iter().zip(state).map(|(w, s)| w * s).sum::<f64>();
        -0.5 * rows.map(|(row, s)| s * drive(row)).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::{Hopfield, HopfieldMemory};
    use duet_random::{Key, Stream};

    fn signs(stream: &mut Stream, n: usize) -> Vec<f64> {
        (0..n).map(|_| if stream.bernoulli(0.5) { 1.0 } else { -1.0 }).collect()
    }

    #[test]
    fn one_unit_after_the_other_the_energy_falls_until_it_rests() {
        let mut stream = Key::new(1).stream("patterns", 0);
        let memory = HopfieldMemory::storing(60, &signs(&mut stream, 60 * 12)).unwrap();
        for _ in 0..20 {
            let mut state = signs(&mut stream, 60);
            let mut energy = memory.energy(&state);
            for _ in 0..300 {
                let unit = stream.below(60) as u32;
                memory.settle(&mut state, |_| vec![unit], 1);
                let after = memory.energy(&state);
                assert!(after <= energy + 1e-12);
                energy = after;
            }
            assert!(memory.settle(&mut state, |_| (0..60).collect(), 100) < 100);
            assert_eq!(memory.together(&state), state, "at rest it also rests all at once");
        }
    }

    #[test]
    fn a_part_recalls_the_whole_and_the_opposite_is_stored_too() {
        let mut stream = Key::new(2).stream("patterns", 0);
        let patterns = signs(&mut stream, 100 * 5);
        let memory = HopfieldMemory::storing(100, &patterns).unwrap();
        for pattern in patterns.chunks(100) {
            let mut state = pattern.to_vec();
            state[..20].iter_mut().for_each(|s| *s = -*s);
            let mut opposite: Vec<f64> = state.iter().map(|s| -s).collect();
            memory.settle(&mut state, |_| (0..100).collect(), 100);
            memory.settle(&mut opposite, |_| (0..100).collect(), 100);
            assert_eq!(state, pattern);
            assert!(opposite.iter().zip(pattern).all(|(a, b)| a + b == 0.0));
        }
    }

    /// Two units that inhibit each other swing for ever if both move at once.
    #[test]
    fn all_at_once_it_may_swing() {
        let memory = HopfieldMemory::storing(2, &[1.0, -1.0]).unwrap();
        let swung = memory.together(&[1.0, 1.0]);
        assert_eq!((memory.together(&swung), swung), (vec![1.0, 1.0], vec![-1.0, -1.0]));
        let sweeps =
            |together| Hopfield { together }.settle(&memory, &mut vec![1.0, 1.0], |_| vec![0, 1], 20);
        assert_eq!((sweeps(true), sweeps(false)), (20, 2));
    }

    #[test]
    fn half_a_pattern_is_refused() {
        assert!(
            HopfieldMemory::storing(4, &[1.0; 6]).is_err() && HopfieldMemory::storing(0, &[1.0]).is_err()
        );
        assert_eq!(HopfieldMemory::storing(3, &[]).unwrap().energy(&[1.0; 3]), 0.0);
    }
}
