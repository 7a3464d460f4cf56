//! Gradient descent with momentum, classical and Nesterov's.

use super::{SMALLEST, Update, settle};
use duet_kernels::Real;
use duet_units::{Problem, Range, parameters};

parameters! {
    /// A heavy ball: steps add up in a velocity that forgets slowly.
    ///
    /// # Equations
    /// ```text
    /// g = dL/dw + weight_decay * w
    /// v <- g                                      at the first step
    /// v <- momentum * v + (1 - dampening) * g     from then on
    /// w <- w - rate * v                           classical
    /// w <- w - rate * (g + momentum * v)          nesterov
    /// ```
    ///
    /// # Behaviour
    /// Along a slope that stays the same the steps grow to `1 / (1 - momentum)` times those of `sgd` (ten times at
    /// 0.9); across a valley they cancel. On a steep wall the ball overshoots and swings back; Nesterov's form looks
    /// ahead and swings less.
    ///
    /// # References
    /// - Polyak (1964), Some methods of speeding up the convergence of iteration methods.
    /// - Sutskever, Martens, Dahl & Hinton (2013), On the importance of initialization and momentum in deep learning.
    /// - The definition of `torch.optim.SGD`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{Momentum, Optimizer};
    ///
    /// let momentum = Momentum { rate: 0.5, momentum: 0.5, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
    /// let mut stepper = Optimizer::Momentum(momentum).start(1);
    /// let mut w = [4.0];
    /// stepper.step(&mut w, &[2.0]);
    /// assert_eq!(w, [3.0]); // v = 2; 4 - 0.5 * 2
    /// stepper.step(&mut w, &[1.0]);
    /// assert_eq!(w, [2.0]); // v = 0.5 * 2 + 1 = 2; 3 - 0.5 * 2
    /// ```
    pub struct Momentum {
        /// Learning rate: how far to go along the velocity.
        pub rate: f64, in Range::POSITIVE;
        /// Share of the velocity that is kept from step to step.
        pub momentum: f64 = 0.9, in Range::BELOW_ONE;
        /// Share of each gradient that is kept out of the velocity.
        pub dampening: f64 = 0.0, in Range::UNIT;
        /// Whether to step with the velocity that the next step would have (needs dampening 0).
        pub nesterov: bool = false;
        /// Pull towards zero, added to the gradient.
        pub weight_decay: f64 = 0.0, in Range::NON_NEGATIVE;
    }
}

impl Momentum {
    pub(super) fn problems(&self) -> Vec<Problem> {
        if self.nesterov && (self.momentum == 0.0 || self.dampening != 0.0) {
            let words = "Nesterov's form needs a momentum above 0 and a dampening of 0";
            vec![Problem::new("momentum.nesterov", words).hint("leave `nesterov` or `dampening` out")]
        } else {
            Vec::new()
        }
    }
}

impl<T: Real> Update<T> for Momentum {
    fn moments(&self) -> usize {
        1
    }

    fn update(&self, step: u64, moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]) {
        let [velocity] = moments else { unreachable!("momentum keeps one number a parameter") };
        let (keep, take) = if step == 1 { (0.0, 1.0) } else { (self.momentum, 1.0 - self.dampening) };
        let (keep, take) = (T::from_f64(keep), T::from_f64(take));
        let (rate, decay) = (T::from_f64(self.rate), T::from_f64(self.weight_decay));
        // The step is rate * (ahead * g + follow * v).
        let (ahead, follow) =
            if self.nesterov { (T::ONE, T::from_f64(self.momentum)) } else { (T::ZERO, T::ONE) };
        let smallest = T::from_f64(SMALLEST);
        for ((w, &g), v) in parameters.iter_mut().zip(gradient).zip(velocity) {
            let g = g + decay * *w;
            *v = settle(keep * *v + take * g, smallest);
            *w -= rate * (ahead * g + follow * *v);
        }
    }
}
