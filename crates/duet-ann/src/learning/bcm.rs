//! The rule of Bienenstock, Cooper and Munro: a threshold that slides decides between growth and shrinkage.

use duet_units::{Range, parameters};

parameters! {
    /// A synapse grows if its unit answers above a threshold and shrinks below it, and the threshold follows the unit's own past.
    ///
    /// # Equations
    /// ```text
    /// y = w x
    /// w <- w + rate y (y - theta) x              theta from before the step
    /// theta <- theta + (y^2 - theta) / tau       so that theta is about the mean of y^2
    /// ```
    ///
    /// # Behaviour
    /// The unit becomes selective. Shown K linearly independent patterns equally often, it ends with an answer of K to one of
    /// them and 0 to all others, and theta = K; which one, the start decides. Where Hebb's growth feeds itself, a threshold
    /// that grows faster than the answer (as its square) stops it: no bound is needed, and no synapse has to know the
    /// others. The threshold must be quicker than the weights: where rate times tau comes near 1, answer and threshold swing,
    /// and beyond it the unit never settles or falls silent. A more frequent pattern is worth less: the answer to one shown with
    /// probability p is 1 / p.
    ///
    /// # References
    /// - Bienenstock, Cooper & Munro (1982), Theory for the development of neuron selectivity, Journal of Neuroscience 2.
    /// - Intrator & Cooper (1992), Objective function formulation of the BCM theory, Neural Networks 5.
    /// - Castellani, Intrator, Shouval & Cooper (1999), Solutions of the BCM learning rule in a network of lateral interacting
    ///   nonlinear neurons, Network 10.
    ///
    /// # Example
    /// ```
    /// use duet_ann::Bcm;
    ///
    /// let bcm = Bcm { rate: 0.5, tau: 10.0, theta: 1.0 };
    /// let mut w = [1.0, 1.0];
    /// bcm.step(&mut w, 1.0, &[1.0, 1.0], 2.0); // y = 2, above theta = 1
    /// assert_eq!(w, [2.0, 2.0]); // 1 + 0.5 * 2 (2 - 1) * 1
    /// assert_eq!(bcm.slide(1.0, 2.0), 1.3); // 1 + (4 - 1) / 10
    /// ```
    pub default struct Bcm {
        /// Learning rate.
        pub rate: f64 = 0.001, in Range::POSITIVE;
        /// Presentations over which the threshold remembers.
        pub tau: f64 = 100.0, in Range::at_least(1.0);
        /// Threshold at the start.
        pub theta: f64 = 1.0, in Range::NON_NEGATIVE;
    }
}

impl Bcm {
    /// One presentation to one unit with weights `w` and threshold `theta`, which answered `y` to `x`.
    pub fn step(&self, w: &mut [f64], theta: f64, x: &[f64], y: f64) {
        for (w, x) in w.iter_mut().zip(x) {
            *w += self.rate * y * (y - theta) * x;
        }
    }

    /// The threshold after an answer of `y`.
    pub fn slide(&self, theta: f64, y: f64) -> f64 {
        theta + (y * y - theta) / self.tau
    }
}

#[cfg(test)]
mod tests {
    use super::Bcm;
    use crate::learning::rate_layer::samples::dot;

    /// Answers to the patterns and the threshold, means over the last fifth.
    fn run(bcm: &Bcm, patterns: &[Vec<f64>], mut w: Vec<f64>, n: u64) -> (Vec<f64>, f64) {
        let mut theta = bcm.theta;
        let (mut answers, mut mean_theta, mut counted) = (vec![0.0; patterns.len()], 0.0, 0.0);
        for t in 0..n {
            let which = duet_random::Key::new(3).stream("pattern", t).below(patterns.len() as u64);
            let x = &patterns[which as usize];
            let y = dot(&w, x);
            bcm.step(&mut w, theta, x, y);
            theta = bcm.slide(theta, y);
            if t >= n - n / 5 {
                counted += 1.0;
                mean_theta += theta;
                answers.iter_mut().zip(patterns).for_each(|(sum, x)| *sum += dot(&w, x));
            }
        }
        (answers.iter().map(|sum| sum / counted).collect(), mean_theta / counted)
    }

    /// The published fixed point, for patterns that are no right angles apart.
    #[test]
    fn it_chooses_one_pattern_and_answers_it_with_their_number() {
        let patterns = [vec![1.0, 0.2, 0.0], vec![0.3, 1.0, 0.1], vec![0.1, 0.4, 0.9]];
        for (favoured, start) in [[0.6, 0.1, 0.1], [0.1, 0.6, 0.1], [0.1, 0.1, 0.6]].into_iter().enumerate() {
            let (answers, theta) =
                run(&Bcm { rate: 0.001, tau: 100.0, theta: 1.0 }, &patterns, start.to_vec(), 200_000);
            for (k, answer) in answers.iter().enumerate() {
                let expected = if k == favoured { 3.0 } else { 0.0 };
                assert!((answer - expected).abs() < 0.1, "{answers:?}");
            }
            assert!((theta - 3.0).abs() < 0.1, "{theta}");
        }
    }

    #[test]
    fn a_threshold_slower_than_the_weights_never_settles() {
        let patterns = [vec![1.0, 0.0], vec![0.0, 1.0]];
        let settled = |tau| {
            let (answers, _) = run(&Bcm { rate: 0.01, tau, theta: 1.0 }, &patterns, vec![0.6, 0.4], 20_000);
            (answers[0] - 2.0).abs() < 0.2 && answers[1].abs() < 0.2
        };
        assert!(settled(20.0) && !settled(1000.0));
    }
}
