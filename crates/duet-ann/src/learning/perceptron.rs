//! Rosenblatt's rule: learn from mistakes, and from nothing else.

use super::Backprop;
use duet_gradient::{Loss, Mse, Optimizer, Sgd};
use duet_units::{Range, parameters};

parameters! {
    /// After every mistake of an output unit its weights move by the input, towards the right side.
    ///
    /// # Equations
    /// ```text
    /// y = step(w x + b),   t = 1 at the right class's unit, else 0
    /// w <- w + rate (t - y) x,   b <- b + rate (t - y)          one example at a time
    /// ```
    ///
    /// # Behaviour
    /// Give the output `activation.step`. A right answer changes nothing. If a plane parts the classes with margin gamma
    /// and no input is longer than R (both with a 1 appended for the bias), a unit that begins at zero makes at most
    /// (R / gamma)^2 mistakes, in whatever order the examples come; if none does, it never settles. The rule is local:
    /// error of the target times activity of the source. It says nothing of hidden layers, and leaves them as they are.
    ///
    /// # References
    /// - Rosenblatt (1958), The perceptron: a probabilistic model, Psychological Review 65.
    /// - Novikoff (1962), On convergence proofs for perceptrons.
    /// - Minsky & Papert (1969), Perceptrons.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Ann, AnnSide};
    /// use duet_random::Key;
    /// use duet_topology::NetworkSpec;
    ///
    /// let spec: NetworkSpec = toml::from_str("
    ///     population = { x.size = 2, y.size = 2 }
    ///     projection.w = { from = 'x', to = 'y', weights.constant = 0.0, bias.zero = {} }
    /// ")?;
    /// let side: AnnSide = toml::from_str("activation.step = {}\nlearning.perceptron = { rate = 0.5 }")?;
    /// let mut ann = Ann::<f64>::new(&spec.realize(Key::new(0))?, &side)?;
    /// ann.fit_batch(&[3.0, 1.0], &[1])?; // both say 1 at drive 0: right for class 1, wrong for class 0
    /// let network = ann.network();
    /// assert_eq!(network.projections["w"].weights, [-1.5, 0.0, -0.5, 0.0]);
    /// assert_eq!(network.projections["w"].bias, Some(vec![-0.5, 0.0]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub default struct Perceptron {
        /// Learning rate. From zero weights it scales them and changes no answer.
        pub rate: f64 = 1.0, in Range::POSITIVE;
    }
}

impl Perceptron {
    /// One presentation to a unit of classes 1 and -1, as the convergence theorem is written: if the answer to `x` is not
    /// clearly `y`, the weights move by it. A drive of exactly 0 counts as a mistake. Says whether it was one.
    ///
    /// ```text
    /// y (w x) <= 0:   w <- w + rate y x
    /// ```
    pub fn correct(&self, w: &mut [f64], x: &[f64], y: f64) -> bool {
        let drive: f64 = w.iter().zip(x).map(|(w, x)| w * x).sum();
        let mistaken = y * drive <= 0.0;
        if mistaken {
            w.iter_mut().zip(x).for_each(|(w, x)| *w += self.rate * y * x);
        }
        mistaken
    }

    /// The same as a descent: the squared error's derivative, 2 (y - t) / K for K outputs, with the step's slope left out.
    pub(super) fn descent(&self, outputs: usize) -> Backprop {
        let rate = self.rate * outputs as f64 / 2.0;
        Backprop {
            batch: Some(1),
            loss: Loss::Mse(Mse {}),
            optimizer: Optimizer::Sgd(Sgd { rate, weight_decay: 0.0 }),
            ..Backprop::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::samples::{network, side};
    use crate::{Ann, AnnSide};
    use duet_random::Key;

    const NET: &str = "
        population = { x.size = 2, y.size = 2 }
        projection.w = { from = 'x', to = 'y', weights.constant = 0.0, bias.zero = {} }";

    fn perceptron() -> AnnSide {
        side("activation.step = {}\nlearning.perceptron = {}")
    }

    /// Truth entry `perceptron.sequence`, for the unit of class 1: two corrections, then the weights stay. The entry counts
    /// a drive of 0 as a mistake, where our step says 1; the points are shown so that both agree.
    #[test]
    fn the_weights_go_through_the_reference_sequence() {
        let points = [([-1.0, -1.5], 0), ([1.0, 2.0], 1), ([2.0, 1.5], 1), ([-2.0, 0.5], 0)];
        let mut ann = Ann::<f64>::new(&network(NET), &perceptron()).unwrap();
        let unit = |ann: &Ann<f64>| {
            let p = &ann.network().projections["w"];
            [p.weights[1], p.weights[3], p.bias.as_ref().unwrap()[1]]
        };
        ann.fit_batch(&points[0].0, &[points[0].1]).unwrap();
        assert_eq!(unit(&ann), [1.0, 1.5, -1.0], "says 1 at drive 0, wrongly: minus the input");
        for _ in 0..3 {
            for (x, label) in points {
                ann.fit_batch(&x, &[label]).unwrap();
            }
        }
        let [a, b, c] = unit(&ann);
        for (x, label) in points {
            assert_eq!(a * x[0] + b * x[1] + c >= 0.0, label == 1);
        }
    }

    /// Novikoff's bound on the points of the truth entry `perceptron.bound` (bound 11.3), in many orders, without a bias.
    #[test]
    fn mistakes_stay_below_the_bound() {
        let net = network(&NET.replace(", bias.zero = {}", ""));
        let points: [([f64; 2], u32); 5] =
            [([2.0, 1.0], 1), ([1.0, 3.0], 1), ([-1.0, -2.0], 0), ([-3.0, 0.5], 0), ([0.5, 0.8], 1)];
        for seed in 0..200 {
            let mut ann = Ann::<f64>::new(&net, &perceptron()).unwrap();
            let mut mistakes = 0;
            for epoch in 0..20 {
                for at in Key::new(seed).stream("order", epoch).permutation(5) {
                    let (x, label) = points[at as usize];
                    let weights = ann.network().projections["w"].weights.clone();
                    let says = weights[1] * x[0] + weights[3] * x[1] >= 0.0;
                    mistakes += u32::from(says != (label == 1));
                    ann.fit_batch(&x, &[label]).unwrap();
                }
            }
            assert!(f64::from(mistakes) <= 11.317_338_162_1, "seed {seed}: {mistakes}");
        }
    }

    #[test]
    fn hidden_layers_stay_as_they_are() {
        let text = "
            population = { x.size = 2, h.size = 3, y.size = 2 }
            projection.a = { from = 'x', to = 'h', weights.he = {} }
            projection.b = { from = 'h', to = 'y', weights.constant = 0.0 }";
        let net = network(text);
        let mut ann = Ann::<f64>::new(&net, &perceptron()).unwrap();
        for (x, label) in [([1.0, 0.2], 0), ([0.3, -1.0], 1), ([0.1, 0.9], 0)] {
            ann.fit_batch(&x, &[label]).unwrap();
        }
        assert_eq!(ann.network().projections["a"].weights, net.projections["a"].weights);
        assert_ne!(ann.network().projections["b"].weights, net.projections["b"].weights);
    }
}
