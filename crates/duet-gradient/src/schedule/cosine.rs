//! A rate that falls along half a cosine.

use core::f64::consts::PI;
use duet_kernels::math;
use duet_units::{Problem, Range, parameters};

parameters! {
    /// The rate falls along half a cosine: slowly at first, fast in the middle, slowly at the end.
    ///
    /// # Equations
    /// ```text
    /// rate(t) = floor + (rate - floor) * (1 + cos(pi * t / epochs)) / 2,     t in whole epochs
    /// ```
    ///
    /// # Behaviour
    /// Long at a large rate, then long at a small one, with nothing to tune but the length. Give it as many epochs as
    /// training has (less those of a warm-up): beyond them the rate rises again, as PyTorch's does. The floor is
    /// reached one epoch after the last one trained.
    ///
    /// # References
    /// - Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, ICLR.
    /// - The definition of `torch.optim.lr_scheduler.CosineAnnealingLR`, stepped once an epoch.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::schedule::Cosine;
    ///
    /// let cosine = Cosine { epochs: 3, floor: 0.1 };
    /// assert_eq!(cosine.rate(0.5, 0.0), 0.5);
    /// assert!((cosine.rate(0.5, 1.0) - 0.4).abs() < 1e-15); // cos 60 degrees = 1/2: 0.1 + 0.4 * 3/4
    /// assert!((cosine.rate(0.5, 2.9) - 0.2).abs() < 1e-15); // still epoch 2: 0.1 + 0.4 * 1/4
    /// ```
    pub struct Cosine {
        /// Epochs from the full rate to the floor.
        pub epochs: usize, in Range::at_least(1.0);
        /// The lowest rate.
        pub floor: f64 = 0.0, in Range::NON_NEGATIVE;
    }
}

impl Cosine {
    /// The rate at a time in epochs.
    pub fn rate(&self, base: f64, epochs: f64) -> f64 {
        let phase = PI * (epochs.floor() / self.epochs as f64);
        self.floor + (base - self.floor) * (1.0 + math::cos(phase)) / 2.0
    }

    pub(super) fn problems(&self, base: f64) -> Vec<Problem> {
        if self.floor <= base {
            return Vec::new();
        }
        let words =
            format!("floor = {} is above the optimizer's rate, {base}: the rate would rise", self.floor);
        vec![Problem::new("cosine.floor", words).hint(format!("choose floor <= {base}"))]
    }
}
