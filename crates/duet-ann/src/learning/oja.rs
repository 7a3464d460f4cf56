//! Oja's rule: Hebb's, with just as much forgetting as keeps the length at 1.

use duet_units::{Range, parameters};

parameters! {
    /// Hebb's growth, less what keeps the weights of a unit at length 1.
    ///
    /// # Equations
    /// ```text
    /// y = w x
    /// w <- w + rate y (x - y w)                   y and w from before the step
    /// mean change:  rate (C w - (w C w) w)        zero at every eigenvector of C of length 1
    /// ```
    ///
    /// # Behaviour
    /// Of these fixed points only +e1 and -e1 are stable: the unit ends as the first principal component of its inputs, and
    /// y is the projection on it. The loss y^2 w is what dividing by the length after each step of Hebb's rule comes to, for
    /// a small rate. It is local: a synapse needs its own weight and the two activities. Give the unit
    /// `activation.identity`. All units of a layer end alike; `sanger` makes them differ. A rate that is not small against
    /// 1 / |x|^2 lets the weights run away all the same.
    ///
    /// # References
    /// - Oja (1982), A simplified neuron model as a principal component analyzer, Journal of Mathematical Biology 15.
    /// - Hertz, Krogh & Palmer (1991), section 8.2.
    ///
    /// # Example
    /// ```
    /// use duet_ann::Oja;
    ///
    /// let mut w = [1.0, 0.0];
    /// Oja { rate: 0.5 }.step(&mut w, &[1.0, 1.0], 1.0); // y = 1
    /// assert_eq!(w, [1.0, 0.5]); // 1 + 0.5 (1 - 1), 0 + 0.5 (1 - 0)
    /// ```
    pub default struct Oja {
        /// Learning rate.
        pub rate: f64 = 0.01, in Range::POSITIVE;
    }
}

impl Oja {
    /// One presentation to one unit with weights `w`, which answered `y` to `x`.
    pub fn step(&self, w: &mut [f64], x: &[f64], y: f64) {
        for (w, x) in w.iter_mut().zip(x) {
            *w += self.rate * y * (x - y * *w);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Oja;
    use crate::learning::rate_layer::samples::{Cloud, dot, length};

    #[test]
    fn it_ends_as_the_first_component_whatever_it_began_with() {
        let cloud = Cloud { std: [1.5, 0.5], turned: 60.0 };
        for start in [[3.0, 0.0], [0.0, 0.02], [-1.0, 1.0], [-2.0, -2.0]] {
            let mut w = start.to_vec();
            for t in 0..20_000 {
                let x = cloud.input(t);
                let y = dot(&w, &x);
                Oja { rate: 0.002 }.step(&mut w, &x, y);
            }
            assert!((length(&w) - 1.0).abs() < 0.01, "{w:?}");
            assert!(dot(&w, &cloud.axis()).abs() > 0.999, "{w:?}");
        }
    }
}
