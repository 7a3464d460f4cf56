//! Plain gradient descent on the whole training set.

use super::Update;
use duet_kernels::Real;
use duet_units::{Range, parameters};

parameters! {
    /// One step straight downhill after looking at the *whole* training set.
    ///
    /// # Equations
    /// ```text
    /// w <- w - rate * dL/dw,     L averaged over all training examples
    /// ```
    ///
    /// # Behaviour
    /// The textbook algorithm: deterministic, smooth, one update an epoch. On a quadratic bowl it converges if
    /// `rate < 2 / (largest curvature)`, and at a pace set by the ratio of largest to smallest curvature. Batches of
    /// examples (`sgd`) reach the same loss with far less work, because a rough gradient now is worth more than an
    /// exact one later. `batch` has no meaning here and is refused.
    ///
    /// # References
    /// - Cauchy (1847), Methode generale pour la resolution des systemes d'equations simultanees.
    /// - Bishop (2006), Pattern Recognition and Machine Learning, section 5.2.4.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{GradientDescent, Optimizer};
    ///
    /// let mut w = [1.0];
    /// Optimizer::GradientDescent(GradientDescent { rate: 0.5 }).start(1).step(&mut w, &[0.25]);
    /// assert_eq!(w, [0.875]); // 1 - 0.5 * 0.25
    /// ```
    pub struct GradientDescent {
        /// Learning rate: how far to go along the gradient.
        pub rate: f64, in Range::POSITIVE;
    }
}

impl<T: Real> Update<T> for GradientDescent {
    fn moments(&self) -> usize {
        0
    }

    fn update(&self, _step: u64, _moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]) {
        let rate = T::from_f64(self.rate);
        for (w, &g) in parameters.iter_mut().zip(gradient) {
            *w -= rate * g;
        }
    }
}
