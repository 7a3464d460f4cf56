//! Hebb's rule: what takes part in firing a unit is strengthened, and nothing is ever weakened.

use duet_units::{Range, parameters};

parameters! {
    /// A weight grows by the product of the activities at its two ends.
    ///
    /// # Equations
    /// ```text
    /// y = w x
    /// w <- w + rate y x                  with w_max: each weight then cut to [-w_max, w_max]
    /// mean change:  rate C w             C = mean(x x^T)
    /// ```
    ///
    /// # Behaviour
    /// A linear unit (`activation.identity`) turns towards the first principal component of its inputs, along which C
    /// stretches most, and grows without end: by about rate times the largest eigenvalue of C at every presentation. The
    /// product can only confirm what is there: a larger weight makes a larger y, which makes a larger weight. With `w_max`
    /// the growth ends where the weights stop, in a corner of the box that they are kept in, and the direction is lost.
    /// Both ends count at the same moment, so the rule sees no order of events: which end was first, it cannot tell.
    ///
    /// # References
    /// - Hebb (1949), The Organization of Behavior, p. 62.
    /// - Hertz, Krogh & Palmer (1991), Introduction to the Theory of Neural Computation, section 8.2.
    /// - Miller & MacKay (1994), The role of constraints in Hebbian learning, Neural Computation 6.
    ///
    /// # Example
    /// ```
    /// use duet_ann::Hebb;
    ///
    /// let hebb = Hebb { rate: 0.5, w_max: None };
    /// let mut w = [1.0, 0.5];
    /// hebb.step(&mut w, &[1.0, 2.0], 2.0); // y = 1 * 1 + 0.5 * 2 = 2
    /// assert_eq!(w, [2.0, 2.5]); // 1 + 0.5 * 2 * 1, 0.5 + 0.5 * 2 * 2
    /// Hebb { w_max: Some(2.2), ..hebb }.step(&mut w, &[0.0, 0.0], 0.0);
    /// assert_eq!(w, [2.0, 2.2]);
    /// ```
    pub default struct Hebb {
        /// Learning rate.
        pub rate: f64 = 0.01, in Range::POSITIVE;
        /// Largest size of a weight; without it there is none.
        pub w_max: Option<f64> = None, in Range::POSITIVE;
    }
}

impl Hebb {
    /// One presentation to one unit with weights `w`, which answered `y` to `x`.
    pub fn step(&self, w: &mut [f64], x: &[f64], y: f64) {
        for (w, x) in w.iter_mut().zip(x) {
            *w += self.rate * y * x;
            if let Some(most) = self.w_max {
                *w = w.clamp(-most, most);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Hebb;
    use crate::learning::rate_layer::samples::{Cloud, dot, length};

    /// The mean change is rate C w: along the first eigenvector the length grows by 1 + rate lambda_1 per presentation.
    #[test]
    fn the_length_grows_by_the_largest_eigenvalue() {
        let cloud = Cloud { std: [2.0, 1.0], turned: 30.0 };
        let hebb = Hebb { rate: 1e-5, w_max: None };
        let (axis, n) = (cloud.axis(), 100_000);
        let mut w = axis.to_vec();
        for t in 0..n {
            let x = cloud.input(t);
            let y = dot(&w, &x);
            hebb.step(&mut w, &x, y);
        }
        // ln|w| has mean rate 4 n = 4 and, from the sampled variance of y, a standard error of 4 sqrt(2 / n) = 0.018.
        let grown = duet_kernels::math::ln(length(&w));
        assert!((grown - 4.0).abs() < 0.06, "{grown}");
        assert!(dot(&w, &axis) / length(&w) > 0.999);
    }

    #[test]
    fn bounded_weights_end_in_a_corner() {
        let cloud = Cloud { std: [2.0, 0.5], turned: 30.0 };
        let hebb = Hebb { rate: 0.01, w_max: Some(1.0) };
        let mut w = vec![0.1, 0.05];
        for t in 0..3000 {
            let x = cloud.input(t);
            let y = dot(&w, &x);
            hebb.step(&mut w, &x, y);
        }
        let near = |w: f64| (w.abs() - 1.0).abs() < 0.2;
        assert!(w.iter().all(|&w| near(w)) && w[0] * w[1] > 0.0, "{w:?}");
    }
}
