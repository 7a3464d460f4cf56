//! A rate that falls in steps.

use duet_kernels::math;
use duet_units::{Range, parameters};

parameters! {
    /// The rate is multiplied by a factor every so many epochs.
    ///
    /// # Equations
    /// ```text
    /// rate(t) = rate * factor^floor(t / every),     t in epochs
    /// ```
    ///
    /// # Behaviour
    /// Within a step the loss comes to rest on a plateau of noise; at each drop it falls again, steeply. Drop when the
    /// plateau is reached: too early wastes the large rate, too late wastes epochs.
    ///
    /// # References
    /// - He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition (a tenth, every 30 epochs).
    /// - The definition of `torch.optim.lr_scheduler.StepLR`, stepped once an epoch.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::schedule::Step;
    ///
    /// let step = Step { every: 10, factor: 0.5 };
    /// assert_eq!(step.rate(0.8, 9.9), 0.8);
    /// assert_eq!(step.rate(0.8, 25.0), 0.2); // two drops
    /// ```
    pub struct Step {
        /// Epochs from one drop to the next.
        pub every: usize, in Range::at_least(1.0);
        /// What is left of the rate at each drop.
        pub factor: f64 = 0.1, in Range { includes_low: false, ..Range::UNIT };
    }
}

impl Step {
    /// The rate at a time in epochs.
    pub fn rate(&self, base: f64, epochs: f64) -> f64 {
        base * math::pow(self.factor, (epochs / self.every as f64).floor())
    }
}
