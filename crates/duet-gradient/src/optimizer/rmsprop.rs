//! `RMSprop`, with momentum and centering as options.

use super::{SMALLEST, Update, settle};
use duet_kernels::Real;
use duet_units::{Range, parameters};

parameters! {
    /// Each parameter's steps are divided by the recent size of its gradient.
    ///
    /// # Equations
    /// ```text
    /// g = dL/dw + weight_decay * w
    /// s <- alpha s + (1 - alpha) g^2
    /// b <- momentum * b + g / (sqrt(s) + epsilon)
    /// w <- w - rate * b
    /// centered: m <- alpha m + (1 - alpha) g, and s - m^2 (not below 0) stands under the root
    /// ```
    ///
    /// # Behaviour
    /// `adagrad` that forgets, so it never comes to rest. The average starts at zero and is not corrected for it: the
    /// first step is `1 / sqrt(1 - alpha)` (ten) times the rate, and steps settle after some `1 / (1 - alpha)`
    /// updates. With `momentum = 0`, b is the present step alone. Centered, a gradient is divided by its standard
    /// deviation: the more alike successive gradients are, the larger the steps, up to ten times and more.
    ///
    /// # References
    /// - Tieleman & Hinton (2012), Neural Networks for Machine Learning, lecture 6.5.
    /// - Graves (2013), Generating sequences with recurrent neural networks, arXiv:1308.0850 (centered).
    /// - The definition of `torch.optim.RMSprop`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{Optimizer, RmsProp};
    ///
    /// let rmsprop = RmsProp { rate: 0.25, alpha: 0.75, ..RmsProp::default() };
    /// let mut w = [1.0_f64];
    /// Optimizer::RmsProp(rmsprop).start(1).step(&mut w, &[3.0]); // s = 9/4: a step of 0.25 * 3 / 1.5
    /// assert!((w[0] - 0.5).abs() < 1e-8);
    /// ```
    pub default struct RmsProp {
        /// Learning rate: the size of a typical step.
        pub rate: f64 = 0.01, in Range::POSITIVE;
        /// Share of the mean squared gradient kept from step to step.
        pub alpha: f64 = 0.99, in Range::BELOW_ONE;
        /// Keeps the division finite.
        pub epsilon: f64 = 1e-8, in Range::POSITIVE;
        /// Share of the last step that is taken again.
        pub momentum: f64 = 0.0, in Range::BELOW_ONE;
        /// Whether the mean gradient is subtracted from the mean square first.
        pub centered: bool = false;
        /// Pull towards zero, added to the gradient.
        pub weight_decay: f64 = 0.0, in Range::NON_NEGATIVE;
    }
}

impl<T: Real> Update<T> for RmsProp {
    fn moments(&self) -> usize {
        if self.centered { 3 } else { 2 }
    }

    fn update(&self, _step: u64, moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]) {
        let (rate, decay) = (T::from_f64(self.rate), T::from_f64(self.weight_decay));
        let (keep, take) = (T::from_f64(self.alpha), T::from_f64(1.0 - self.alpha));
        let (epsilon, momentum) = (T::from_f64(self.epsilon), T::from_f64(self.momentum));
        let smallest = T::from_f64(SMALLEST);
        let advance = |w: &mut T, g: T, s: &mut T, b: &mut T, mean: Option<&mut T>| {
            let g = g + decay * *w;
            *s = settle(keep * *s + take * (g * g), smallest);
            let square = match mean {
                Some(m) => {
                    *m = settle(keep * *m + take * g, smallest);
                    (*s - *m * *m).max(T::ZERO)
                }
                None => *s,
            };
            *b = settle(momentum * *b + g / (square.sqrt() + epsilon), smallest);
            *w -= rate * *b;
        };
        match moments {
            [squares, steps] => {
                for (((w, &g), s), b) in parameters.iter_mut().zip(gradient).zip(squares).zip(steps) {
                    advance(w, g, s, b, None);
                }
            }
            [squares, steps, means] => {
                for ((((w, &g), s), b), m) in
                    parameters.iter_mut().zip(gradient).zip(squares).zip(steps).zip(means)
                {
                    advance(w, g, s, b, Some(m));
                }
            }
            _ => unreachable!("RMSprop keeps two or three numbers a parameter"),
        }
    }
}
