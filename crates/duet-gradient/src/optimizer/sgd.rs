//! Stochastic gradient descent.

use super::Update;
use duet_kernels::Real;
use duet_units::{Range, parameters};

parameters! {
    /// One step straight downhill after each batch of examples.
    ///
    /// # Equations
    /// ```text
    /// g = dL/dw + weight_decay * w,     L averaged over the batch
    /// w <- w - rate * g
    /// ```
    ///
    /// # Behaviour
    /// The noise of small batches keeps the weights jittering around a minimum, the more the larger `rate / batch`
    /// is; it often finds wider minima than an exact gradient would. `weight_decay` pulls every weight (biases too)
    /// towards zero by the share `rate * weight_decay` a step.
    ///
    /// # References
    /// - Robbins & Monro (1951), A stochastic approximation method.
    /// - The definition of `torch.optim.SGD` without momentum.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{Optimizer, Sgd};
    ///
    /// let mut w = [1.0];
    /// Optimizer::Sgd(Sgd { rate: 0.5, weight_decay: 0.5 }).start(1).step(&mut w, &[0.25]);
    /// assert_eq!(w, [0.625]); // 1 - 0.5 * (0.25 + 0.5 * 1)
    /// ```
    pub struct Sgd {
        /// Learning rate: how far to go along the gradient.
        pub rate: f64, in Range::POSITIVE;
        /// Pull towards zero, added to the gradient (an L2 penalty of half this size).
        pub weight_decay: f64 = 0.0, in Range::NON_NEGATIVE;
    }
}

impl<T: Real> Update<T> for Sgd {
    fn moments(&self) -> usize {
        0
    }

    fn update(&self, _step: u64, _moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]) {
        let (rate, decay) = (T::from_f64(self.rate), T::from_f64(self.weight_decay));
        for (w, &g) in parameters.iter_mut().zip(gradient) {
            *w -= rate * (g + decay * *w);
        }
    }
}
