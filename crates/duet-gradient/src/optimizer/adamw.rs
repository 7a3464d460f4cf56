//! Adam with decoupled weight decay.

use super::Update;
use super::adam::{Adam, Pace};
use duet_kernels::Real;
use duet_kernels::elementwise::AdamStep;
use duet_units::{Range, parameters};

parameters! {
    /// Adam whose weight decay acts on the weight itself, not through the gradient.
    ///
    /// # Equations
    /// ```text
    /// w <- (1 - rate * weight_decay) w
    /// w <- w - rate * m' / (sqrt(v') + epsilon),     m', v' as in adam with g = dL/dw
    /// ```
    ///
    /// # Behaviour
    /// In plain `adam` the decay term is divided by the size of past gradients, so weights with large gradients
    /// hardly decay. Here all decay by the same share. With `weight_decay = 0` it is `adam`, bit for bit.
    ///
    /// # References
    /// - Loshchilov & Hutter (2019), Decoupled weight decay regularization, ICLR.
    /// - The definition of `torch.optim.AdamW`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{AdamW, Optimizer};
    ///
    /// let adamw = AdamW { rate: 0.1, weight_decay: 0.5, ..AdamW::default() };
    /// let mut w = [1.0_f64];
    /// Optimizer::AdamW(adamw).start(1).step(&mut w, &[4.0]);
    /// assert!((w[0] - 0.85).abs() < 1e-9); // 1 * (1 - 0.1 * 0.5) - 0.1
    /// ```
    pub default struct AdamW {
        /// Learning rate: the size of a typical step.
        pub rate: f64 = 0.001, in Range::POSITIVE;
        /// Share of the mean gradient kept from step to step.
        pub beta_1: f64 = 0.9, in Range::BELOW_ONE;
        /// Share of the mean squared gradient kept from step to step.
        pub beta_2: f64 = 0.999, in Range::BELOW_ONE;
        /// Keeps the division finite; parameters with gradients below it move less.
        pub epsilon: f64 = 1e-8, in Range::POSITIVE;
        /// Share of a weight lost a step, in units of the rate.
        pub weight_decay: f64 = 0.01, in Range::NON_NEGATIVE;
        /// Whether the largest mean squared gradient so far counts instead of the current one.
        pub amsgrad: bool = false;
    }
}

impl AdamW {
    /// The Adam inside.
    fn adam(&self) -> Adam {
        Adam {
            rate: self.rate,
            beta_1: self.beta_1,
            beta_2: self.beta_2,
            epsilon: self.epsilon,
            weight_decay: 0.0,
            amsgrad: self.amsgrad,
        }
    }

    pub(super) fn step<T: Real>(&self, step: u64) -> AdamStep<T> {
        Pace::new(&self.adam(), step, self.weight_decay).0
    }
}

impl<T: Real> Update<T> for AdamW {
    fn moments(&self) -> usize {
        if self.amsgrad { 3 } else { 2 }
    }

    fn update(&self, step: u64, moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]) {
        let pace = Pace::new(&self.adam(), step, self.weight_decay);
        match moments {
            [m, v] => pace.advance(m, v, parameters, gradient),
            [m, v, largest] => pace.advance_amsgrad(m, v, largest, parameters, gradient),
            _ => unreachable!("AdamW keeps two or three numbers a parameter"),
        }
    }
}
