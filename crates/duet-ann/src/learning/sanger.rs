//! Sanger's rule: Oja's for many units, each of which sees what the ones before it leave over.

use duet_units::{Range, parameters};

parameters! {
    /// Each unit learns by Oja's rule what the units before it do not explain.
    ///
    /// # Equations
    /// ```text
    /// y_i = W_i x
    /// W_i <- W_i + rate y_i (x - sum over k <= i of y_k W_k)          all from before the step
    /// ```
    ///
    /// # Behaviour
    /// The first unit is Oja's and ends as the first principal component; the second sees the input without it and ends as
    /// the second; and so on, in order, all of length 1 and at right angles. Each settles only after those before it have.
    /// Order and signals from one unit to the next make it less local than Oja's rule. Give the units
    /// `activation.identity`; their order is that of the population.
    ///
    /// # References
    /// - Sanger (1989), Optimal unsupervised learning in a single-layer linear feedforward neural network, Neural Networks 2.
    ///
    /// # Example
    /// ```
    /// use duet_ann::Sanger;
    ///
    /// let mut w = [1.0, 0.0, 0.0, 1.0]; // two units of two inputs
    /// Sanger { rate: 0.5 }.step(&mut w, &[1.0, 1.0], &[1.0, 1.0]);
    /// // The first as by Oja's rule; of the second's input (1, 1) - 1 (1, 0) - 1 (0, 1) nothing is left.
    /// assert_eq!(w, [1.0, 0.5, 0.0, 1.0]);
    /// ```
    pub default struct Sanger {
        /// Learning rate.
        pub rate: f64 = 0.01, in Range::POSITIVE;
    }
}

impl Sanger {
    /// One presentation to a layer, `w[unit * inputs + input]`, whose units answered `y` to `x`.
    pub fn step(&self, w: &mut [f64], x: &[f64], y: &[f64]) {
        let n = x.len();
        let mut explained = vec![0.0; n];
        // What the units up to each one explain is taken from the weights before any of them moves.
        for (row, &y) in w.chunks_exact_mut(n.max(1)).zip(y) {
            for ((w, x), explained) in row.iter_mut().zip(x).zip(&mut explained) {
                *explained += y * *w;
                *w += self.rate * y * (x - *explained);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sanger;
    use crate::learning::rate_layer::samples::{Cloud, dot, length};
    use crate::{Hebb, Oja};

    #[test]
    fn the_second_unit_finds_the_second_component() {
        let cloud = Cloud { std: [2.0, 1.0], turned: 20.0 };
        let mut w = [0.3, 0.1, 0.2, 0.3];
        for t in 0..40_000 {
            let x = cloud.input(t);
            let y = [dot(&w[..2], &x), dot(&w[2..], &x)];
            Sanger { rate: 0.001 }.step(&mut w, &x, &y);
        }
        let (first, second) = (&w[..2], &w[2..]);
        assert!((length(first) - 1.0).abs() < 0.02 && (length(second) - 1.0).abs() < 0.02, "{w:?}");
        assert!(dot(first, &cloud.axis()).abs() > 0.999 && dot(second, &cloud.axis()).abs() < 0.05, "{w:?}");
    }

    #[test]
    fn one_unit_is_ojas_and_hebbs_growth_is_in_it() {
        let (x, start) = ([0.4, -1.1, 0.7], [0.3, 0.2, -0.5]);
        let y = dot(&start, &x);
        let (mut sanger, mut oja, mut hebb) = (start, start, start);
        Sanger { rate: 0.1 }.step(&mut sanger, &x, &[y]);
        Oja { rate: 0.1 }.step(&mut oja, &x, y);
        Hebb { rate: 0.1, w_max: None }.step(&mut hebb, &x, y);
        for i in 0..3 {
            assert!((sanger[i] - oja[i]).abs() < 1e-15);
            assert!((oja[i] - (hebb[i] - 0.1 * y * y * start[i])).abs() < 1e-15);
        }
    }
}
