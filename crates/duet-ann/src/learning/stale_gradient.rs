//! A defect shown on purpose: the gradient is computed once, and every step takes it.

use super::Backprop;
use duet_gradient::{GradientDescent, Loss, Mse, Optimizer};
use duet_units::{Problem, Range, parameters};

parameters! {
    /// Every step takes the gradient of the first one: a loop that forgot to compute the answer anew.
    ///
    /// # Equations
    /// ```text
    /// g   = dL/dw at w_0              once and for all
    /// w_k = w_0 - k rate g            a straight line
    /// L_k = L_0 - k rate |g|^2 + (k rate)^2 gHg / 2
    /// ```
    /// The second line is that of `gradient_descent`; the third, a parabola, is that of a loss with constant curvature H.
    ///
    /// # Behaviour
    /// Falls as well as the right rule for one step. Then the line leaves the bottom of the valley behind and climbs the
    /// other side, and no number of steps leads back: the loss is least at k = |g|^2 / (rate gHg) and back at its first value
    /// at twice that. Nothing fails, and nothing converges. The defect is a common one: `y_pred = model(x)` stands above
    /// the loop and not in it. With batches it is the first batch's gradient that is kept. `backprop` is the repair.
    ///
    /// # References
    /// - Nocedal & Wright (2006), Numerical Optimization, chapter 3 (why the slope along a direction has to be taken anew).
    /// - The first listing of article 002, as printed: scenario `002a_linear_regression`.
    ///
    /// # Example
    /// ```
    /// use duet_ann::{Ann, AnnSide, Examples, Pixels};
    /// use duet_random::Key;
    /// use duet_topology::NetworkSpec;
    ///
    /// let spec: NetworkSpec = toml::from_str("
    ///     population = { x.size = 1, y.size = 1 }
    ///     projection.w = { from = 'x', to = 'y', weights.constant = 0.0 }
    /// ")?;
    /// let side: AnnSide = toml::from_str("
    ///     activation.identity = {}
    ///     learning.stale_gradient = { optimizer.gradient_descent = { rate = 0.25 } }
    /// ")?;
    /// let mut ann = Ann::<f64>::new(&spec.realize(Key::new(0))?, &side)?;
    /// // x = 1, y should be 2: L = (w - 2)^2, and g = 2 (0 - 2) = -4 for ever. Each step adds 0.25 * 4 = 1.
    /// let examples = Examples::with_values(Pixels::F32(&[1.0]), 1, 1, &[2.0])?;
    /// for (weight, loss) in [(1.0, 4.0), (2.0, 1.0), (3.0, 0.0), (4.0, 1.0)] {
    ///     assert_eq!(ann.fit(&examples, &[0])?.loss, loss); // before the step
    ///     assert_eq!(ann.network().projections["w"].weights, [weight]);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub default struct StaleGradient {
        /// Examples per update; 32 unless given. `gradient_descent` and `gradient_ascent` take the whole training set
        /// and no `batch`.
        pub batch: Option<usize> = None, in Range::at_least(1.0);
        /// What is meant to be made small.
        pub loss: Loss = Loss::Mse(Mse {});
        /// How the weights follow the gradient that is kept.
        pub optimizer: Optimizer = Optimizer::GradientDescent(GradientDescent { rate: 0.1 });
    }
}

impl StaleGradient {
    /// The descent that it would be if it looked again before every step.
    pub fn repaired(&self) -> Backprop {
        Backprop {
            batch: self.batch,
            loss: self.loss.clone(),
            optimizer: self.optimizer.clone(),
            ..Backprop::default()
        }
    }

    pub(crate) fn problems(&self) -> Vec<Problem> {
        self.repaired().problems()
    }
}

#[cfg(test)]
mod tests {
    use crate::samples::ann;
    use crate::{Ann, AnnError, AnnState, Examples, Pixels};

    /// Two inputs, two outputs, from the origin: L is quadratic in six numbers.
    const NET: &str = "
        population = { x.size = 2, y.size = 2 }
        projection.w = { from = 'x', to = 'y', weights.constant = 0.0, bias.zero = {} }";
    const INPUTS: [f32; 6] = [1.0, 0.5, -0.5, 2.0, 0.25, -1.0];
    const VALUES: [f32; 6] = [1.0, -2.0, 0.5, 3.0, -1.0, 0.0];

    fn examples() -> Examples<'static> {
        Examples::with_values(Pixels::F32(&INPUTS), 2, 2, &VALUES).unwrap()
    }

    fn stale(more: &str) -> Ann<f64> {
        ann(NET, &format!("activation.identity = {{}}\nlearning.stale_gradient = {{ {more} }}"))
    }

    fn losses(ann: &mut Ann<f64>, steps: usize) -> Vec<f64> {
        (0..steps).map(|_| ann.fit(&examples(), &[0, 1, 2]).unwrap().loss).collect()
    }

    #[test]
    fn the_loss_is_a_parabola_and_the_weights_lie_on_a_line() {
        let mut ann = stale("optimizer.gradient_descent = { rate = 0.1 }");
        let first = {
            losses(&mut ann, 1);
            ann.parameters().to_vec()
        };
        let seen = losses(&mut ann, 60);
        for (p, first) in ann.parameters().iter().zip(&first) {
            assert!((p - 61.0 * first).abs() < 1e-12, "{p} {first}");
        }
        // A parabola's third differences are zero; its second ones are not.
        let [.., a, b, c, d] = seen[..] else { panic!() };
        assert!((d - 3.0 * c + 3.0 * b - a).abs() < 1e-10 * d);
        assert!(d - 2.0 * c + b > 1e-3 && d > seen[0]);
    }

    /// The valley's bottom along the line, and the way back up, from the gradient and the loss alone.
    #[test]
    fn it_falls_and_is_back_where_it_began_at_twice_the_distance() {
        let rate = 1e-3;
        let mut ann = stale("optimizer.gradient_descent = { rate = 1e-3 }");
        let seen = losses(&mut ann, 8000);
        let steepness: f64 = ann.gradient().iter().map(|g| g * g).sum();
        // L_1 = L_0 - rate |g|^2 + rate^2 gHg / 2
        let curvature = 2.0 * (seen[1] - seen[0] + rate * steepness) / (rate * rate);
        let bottom = steepness / (rate * curvature);
        let least = (0..seen.len()).min_by(|&a, &b| seen[a].total_cmp(&seen[b])).unwrap();
        assert!((least as f64 - bottom).abs() <= 1.0, "{least} {bottom}");
        let back = seen.iter().skip(1).position(|&loss| loss >= seen[0]).unwrap() + 1;
        assert!((back as f64 - 2.0 * bottom).abs() <= 1.5, "{back} {bottom}");
    }

    #[test]
    fn the_first_step_is_the_right_one_and_the_second_is_not() {
        let mut right = ann::<f64>(
            NET,
            "activation.identity = {}
             learning.backprop = { loss.mse = {}, optimizer.gradient_descent = { rate = 0.1 } }",
        );
        let mut stale = stale("optimizer.gradient_descent = { rate = 0.1 }");
        for equal in [true, false] {
            losses(&mut right, 1);
            losses(&mut stale, 1);
            assert_eq!(right.parameters() == stale.parameters(), equal);
        }
    }

    #[test]
    fn a_resumed_one_keeps_its_gradient() {
        for text in ["batch = 2, optimizer.adam = {}", "optimizer.gradient_ascent = { rate = 0.1 }"] {
            let (mut whole, mut resumed) = (stale(text), stale(text));
            losses(&mut whole, 3);
            let bytes = postcard::to_stdvec(&whole.save()).unwrap();
            resumed.restore(postcard::from_bytes::<AnnState<f64>>(&bytes).unwrap()).unwrap();
            assert_eq!(losses(&mut whole, 3), losses(&mut resumed, 3));
            assert_eq!(whole.save(), resumed.save());
        }
        let mut state = stale("").save();
        state.kept_gradient = Some(vec![0.0]);
        assert!(matches!(stale("").restore(state), Err(AnnError::Inputs { expected: 6, got: 1, .. })));
    }

    #[test]
    fn another_network_begins_anew() {
        let mut ann = stale("");
        let start = ann.network();
        let first = losses(&mut ann, 4);
        ann.set_network(&start).unwrap();
        assert_eq!(losses(&mut ann, 4), first);
        assert_eq!(ann.save().kept_gradient.map(|kept| kept.len()), Some(6));
    }

    #[test]
    fn threads_change_nothing() {
        let net = "
            population = { x.size = 2, h.size = 64, y.size = 2 }
            projection.a = { from = 'x', to = 'h', weights.he = {} }
            projection.b = { from = 'h', to = 'y', weights.he = {} }";
        let order: Vec<u32> = (0..900).map(|i| i % 3).collect();
        let run = |threads| {
            let mut ann =
                ann::<f32>(net, "learning.stale_gradient = { batch = 300, optimizer.sgd = { rate = 0.01 } }");
            ann.set_threads(threads);
            ann.fit(&examples(), &order).unwrap();
            ann.save()
        };
        assert_eq!(run(1), run(4));
    }
}
