//! Adam, with `AMSGrad` as an option.

use super::{SMALLEST, Update};
use duet_kernels::elementwise::{self, AdamStep};
use duet_kernels::{Real, math};
use duet_units::{Range, parameters};

parameters! {
    /// Momentum with a step size of its own for each parameter, taken from how large its gradients have been.
    ///
    /// # Equations
    /// ```text
    /// g = dL/dw + weight_decay * w
    /// m <- beta_1 m + (1 - beta_1) g
    /// v <- beta_2 v + (1 - beta_2) g^2
    /// w <- w - rate * m' / (sqrt(v') + epsilon),     m' = m / (1 - beta_1^t),   v' = v / (1 - beta_2^t)
    /// amsgrad: v' is the largest v so far, divided by 1 - beta_2^t
    /// ```
    ///
    /// # Behaviour
    /// The first step has the size `rate` for every parameter, whatever the scale of the gradient; the default of
    /// 0.001 works for most networks. m' and v' undo the pull of the zero start. Moments below 1e-30 are set to zero:
    /// they move nothing and are slow to compute with.
    ///
    /// # References
    /// - Kingma & Ba (2015), Adam: a method for stochastic optimization, ICLR.
    /// - Reddi, Kale & Kumar (2018), On the convergence of Adam and beyond, ICLR (amsgrad).
    /// - The definition of `torch.optim.Adam`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::{Adam, Optimizer};
    ///
    /// let mut stepper = Optimizer::Adam(Adam { rate: 0.1, ..Adam::default() }).start(1);
    /// let mut w = [1.0_f64];
    /// stepper.step(&mut w, &[4.0]); // m' = 4, v' = 16: a step of 0.1
    /// assert!((w[0] - 0.9).abs() < 1e-9);
    /// // m' = (0.09 * 4 + 0.1 * 1) / 0.19 ... in full:
    /// stepper.step(&mut w, &[1.0]);
    /// let m = (0.9 * 0.1 * 4.0 + 0.1 * 1.0) / (1.0 - 0.81);
    /// let v = (0.999 * 0.001 * 16.0 + 0.001 * 1.0) / (1.0 - 0.998_001_f64);
    /// assert!((w[0] - (0.9 - 0.1 * m / v.sqrt())).abs() < 1e-9);
    /// ```
    pub default struct Adam {
        /// Learning rate: the size of a typical step.
        pub rate: f64 = 0.001, in Range::POSITIVE;
        /// Share of the mean gradient kept from step to step.
        pub beta_1: f64 = 0.9, in Range::BELOW_ONE;
        /// Share of the mean squared gradient kept from step to step.
        pub beta_2: f64 = 0.999, in Range::BELOW_ONE;
        /// Keeps the division finite; parameters with gradients below it move less.
        pub epsilon: f64 = 1e-8, in Range::POSITIVE;
        /// Pull towards zero, added to the gradient (and so divided like it; see adamw).
        pub weight_decay: f64 = 0.0, in Range::NON_NEGATIVE;
        /// Whether the largest mean squared gradient so far counts instead of the current one.
        pub amsgrad: bool = false;
    }
}

impl<T: Real> Update<T> for Adam {
    fn moments(&self) -> usize {
        if self.amsgrad { 3 } else { 2 }
    }

    fn update(&self, step: u64, moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]) {
        let pace = Pace::new(self, step, 0.0);
        match moments {
            [m, v] => pace.advance(m, v, parameters, gradient),
            [m, v, largest] => pace.advance_amsgrad(m, v, largest, parameters, gradient),
            _ => unreachable!("Adam keeps two or three numbers a parameter"),
        }
    }
}

impl Adam {
    pub(super) fn step<T: Real>(&self, step: u64) -> AdamStep<T> {
        Pace::new(self, step, 0.0).0
    }
}

/// The constants of one step, computed once in f64.
pub(super) struct Pace<T>(pub(super) AdamStep<T>);

impl<T: Real> Pace<T> {
    pub(super) fn new(adam: &Adam, step: u64, decoupled_decay: f64) -> Self {
        let lost = |beta: f64| 1.0 - math::pow(beta, step as f64);
        Self(AdamStep {
            beta_1: [adam.beta_1, 1.0 - adam.beta_1].map(T::from_f64),
            beta_2: [adam.beta_2, 1.0 - adam.beta_2].map(T::from_f64),
            rate: T::from_f64(adam.rate / lost(adam.beta_1)),
            widen: T::from_f64(1.0 / math::sqrt(lost(adam.beta_2))),
            epsilon: T::from_f64(adam.epsilon),
            decay: T::from_f64(adam.weight_decay),
            shrink: T::from_f64(1.0 - adam.rate * decoupled_decay),
            smallest: T::from_f64(SMALLEST),
        })
    }

    /// The fused step: every number is read and written once.
    pub(super) fn advance(&self, m: &mut [T], v: &mut [T], parameters: &mut [T], gradient: &[T]) {
        elementwise::adam(&self.0, m, v, parameters, gradient);
    }

    /// The same, divided by the largest second moment so far.
    pub(super) fn advance_amsgrad(
        &self,
        m: &mut [T],
        v: &mut [T],
        largest: &mut [T],
        parameters: &mut [T],
        gradient: &[T],
    ) {
        for ((((w, &g), m), v), largest) in parameters.iter_mut().zip(gradient).zip(m).zip(v).zip(largest) {
            let second = self.0.moments(*w, g, m, v);
            *largest = second.max(*largest);
            *w = self.0.stepped(*w, *m, *largest);
        }
    }
}
