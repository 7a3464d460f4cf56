//! Gradient descent with the wrong sign, and what the wrong sign is good for.

use super::Update;
use duet_kernels::Real;
use duet_units::{Range, parameters};

parameters! {
    /// One step straight *uphill* after looking at the whole training set: the loss grows.
    ///
    /// # Equations
    /// ```text
    /// w <- w + rate * dL/dw,     L averaged over all training examples
    /// ```
    ///
    /// # Behaviour
    /// `gradient_descent` with a plus, kept so that a common sign error can be run beside its repair. On a bowl of
    /// curvature a the distance from the minimum grows by the factor 1 + rate * a a step, so a squared error grows
    /// exponentially until it is no number any more, and training stops as diverged. With `cross_entropy` the network
    /// becomes ever surer of wrong answers. Learning it is not; but climbing the loss along the gradient by the
    /// *input* instead of the weights makes adversarial examples: pictures that look the same and are misread.
    /// `batch` has no meaning here and is refused.
    ///
    /// # References
    /// - Cauchy (1847), Methode generale pour la resolution des systemes d'equations simultanees (with the minus).
    /// - Goodfellow, Shlens & Szegedy (2015), Explaining and harnessing adversarial examples, ICLR.
    /// - The definition of `torch.optim.SGD` with `maximize`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{GradientAscent, Optimizer};
    ///
    /// // L = w^2 / 2, whose slope is w: from 1 to 1 + 0.5, then to 1.5 + 0.75.
    /// let mut stepper = Optimizer::GradientAscent(GradientAscent { rate: 0.5 }).start(1);
    /// let mut w = [1.0];
    /// for _ in 0..2 {
    ///     let slope = w;
    ///     stepper.step(&mut w, &slope);
    /// }
    /// assert_eq!(w, [2.25]);
    /// ```
    pub struct GradientAscent {
        /// How far to go along the gradient.
        pub rate: f64, in Range::POSITIVE;
    }
}

impl<T: Real> Update<T> for GradientAscent {
    fn moments(&self) -> usize {
        0
    }

    fn update(&self, _step: u64, _moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]) {
        let rate = T::from_f64(self.rate);
        for (w, &g) in parameters.iter_mut().zip(gradient) {
            *w += rate * g;
        }
    }
}
