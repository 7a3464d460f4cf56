//! Adadelta.

use super::{SMALLEST, Update, settle};
use duet_kernels::Real;
use duet_units::{Range, parameters};

parameters! {
    /// A step size without a learning rate: the recent size of a parameter's steps over that of its gradients.
    ///
    /// # Equations
    /// ```text
    /// g = dL/dw + weight_decay * w
    /// s <- rho s + (1 - rho) g^2
    /// d =  g * sqrt(u + epsilon) / sqrt(s + epsilon)
    /// u <- rho u + (1 - rho) d^2
    /// w <- w - rate * d
    /// ```
    ///
    /// # Behaviour
    /// Steps have the unit of the parameter, so rescaling the loss changes little. It starts very slowly, because the
    /// first steps are of the size sqrt(epsilon), and grows into its pace.
    ///
    /// # References
    /// - Zeiler (2012), ADADELTA: an adaptive learning rate method, arXiv:1212.5701.
    /// - The definition of `torch.optim.Adadelta`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{Adadelta, Optimizer};
    ///
    /// let adadelta = Adadelta { rho: 0.75, epsilon: 1.75, ..Adadelta::default() };
    /// let mut w = [1.0_f64];
    /// // s = 0.25 * 9 = 2.25; d = 3 * sqrt(1.75 / 4)
    /// Optimizer::Adadelta(adadelta).start(1).step(&mut w, &[3.0]);
    /// assert!((w[0] - (1.0 - 3.0 * 0.4375_f64.sqrt())).abs() < 1e-15);
    /// ```
    pub default struct Adadelta {
        /// Factor on every step; 1 in the paper.
        pub rate: f64 = 1.0, in Range::POSITIVE;
        /// Share of both averages kept from step to step.
        pub rho: f64 = 0.9, in Range::BELOW_ONE;
        /// Gives the first steps their size and keeps the division finite.
        pub epsilon: f64 = 1e-6, in Range::POSITIVE;
        /// Pull towards zero, added to the gradient.
        pub weight_decay: f64 = 0.0, in Range::NON_NEGATIVE;
    }
}

impl<T: Real> Update<T> for Adadelta {
    fn moments(&self) -> usize {
        2
    }

    fn update(&self, _step: u64, moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]) {
        let [squares, steps] = moments else { unreachable!("Adadelta keeps two numbers a parameter") };
        let (rate, decay) = (T::from_f64(self.rate), T::from_f64(self.weight_decay));
        let (keep, take) = (T::from_f64(self.rho), T::from_f64(1.0 - self.rho));
        let (epsilon, smallest) = (T::from_f64(self.epsilon), T::from_f64(SMALLEST));
        for (((w, &g), s), u) in parameters.iter_mut().zip(gradient).zip(squares).zip(steps) {
            let g = g + decay * *w;
            *s = settle(keep * *s + take * (g * g), smallest);
            let d = g * ((*u + epsilon).sqrt() / (*s + epsilon).sqrt());
            *u = settle(keep * *u + take * (d * d), smallest);
            *w -= rate * d;
        }
    }
}
