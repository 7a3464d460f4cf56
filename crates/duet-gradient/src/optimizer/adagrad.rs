//! Adagrad.

use super::{SMALLEST, Update, settle};
use duet_kernels::Real;
use duet_units::{Range, parameters};

parameters! {
    /// Each parameter's steps shrink with all the gradient it has ever seen.
    ///
    /// # Equations
    /// ```text
    /// g = dL/dw + weight_decay * w
    /// s <- s + g^2                                                     from s = initial
    /// w <- w - rate_t * g / (sqrt(s) + epsilon),     rate_t = rate / (1 + rate_decay (t - 1)) at step t
    /// ```
    ///
    /// # Behaviour
    /// Good for features that are rare but telling: they keep a large step. Because `s` only grows, steps fall like
    /// 1 / sqrt(t) and learning can come to rest too early; `rmsprop` and `adam` forget instead.
    ///
    /// # References
    /// - Duchi, Hazan & Singer (2011), Adaptive subgradient methods for online learning and stochastic optimization.
    /// - The definition of `torch.optim.Adagrad`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{Adagrad, Optimizer};
    ///
    /// let mut stepper = Optimizer::Adagrad(Adagrad { rate: 0.5, ..Adagrad::default() }).start(1);
    /// let mut w = [1.0_f64];
    /// stepper.step(&mut w, &[3.0]); // s = 9: a step of 0.5
    /// stepper.step(&mut w, &[4.0]); // s = 25: a step of 0.5 * 4 / 5
    /// assert!((w[0] - 0.1).abs() < 1e-9);
    /// ```
    pub default struct Adagrad {
        /// Learning rate: the size of the first step.
        pub rate: f64 = 0.01, in Range::POSITIVE;
        /// How fast the rate itself falls, a step; 0 in the paper.
        pub rate_decay: f64 = 0.0, in Range::NON_NEGATIVE;
        /// What each sum of squares starts from; above 0 it tames the first steps.
        pub initial: f64 = 0.0, in Range::NON_NEGATIVE;
        /// Keeps the division finite.
        pub epsilon: f64 = 1e-10, in Range::POSITIVE;
        /// Pull towards zero, added to the gradient.
        pub weight_decay: f64 = 0.0, in Range::NON_NEGATIVE;
    }
}

impl<T: Real> Update<T> for Adagrad {
    fn moments(&self) -> usize {
        1
    }

    fn update(&self, step: u64, moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]) {
        let [squares] = moments else { unreachable!("Adagrad keeps one number a parameter") };
        let rate = T::from_f64(self.rate / (1.0 + self.rate_decay * (step - 1) as f64));
        let decay = T::from_f64(self.weight_decay);
        let initial = T::from_f64(if step == 1 { self.initial } else { 0.0 });
        let (epsilon, smallest) = (T::from_f64(self.epsilon), T::from_f64(SMALLEST));
        for ((w, &g), s) in parameters.iter_mut().zip(gradient).zip(squares) {
            let g = g + decay * *w;
            *s = settle((*s + initial) + g * g, smallest);
            *w -= rate * g / (s.sqrt() + epsilon);
        }
    }
}
