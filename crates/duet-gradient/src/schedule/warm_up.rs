//! A rate that rises at first.

use super::{Constant, Cosine, Step};
use duet_units::{Problem, Range, choice, parameters};

parameters! {
    /// The rate rises to its full size along a straight line, update by update, and then follows another schedule.
    ///
    /// # Equations
    /// ```text
    /// rate(t) = rate * (from + (1 - from) * t / epochs)     while t < epochs
    /// rate(t) = then(t - epochs)                            after that
    /// ```
    /// t is the time in epochs at the start of an update: 2.25 after two epochs and a quarter.
    ///
    /// # Behaviour
    /// The first gradients of a fresh network are large and point every way, and the moments of `adam` have not yet
    /// averaged enough of them; small first steps keep both from doing harm. It matters for large batches and deep
    /// networks, hardly for the small ones here. The epochs of `then` count from the end of the warm-up.
    ///
    /// # References
    /// - Goyal et al. (2017), Accurate, large minibatch SGD: training ImageNet in 1 hour, arXiv:1706.02677.
    /// - The definition of `torch.optim.lr_scheduler.LinearLR`, stepped at every update, and of `SequentialLR`.
    ///
    /// # Example
    /// ```
    /// use duet_gradient::schedule::WarmUp;
    ///
    /// let text = "epochs = 2.0\nfrom = 0.5\nthen.step = { every = 1, factor = 0.5 }";
    /// let warm_up: WarmUp = toml::from_str(text)?;
    /// // Half the rate, three quarters after one epoch, all of it after two; then it halves every epoch.
    /// let rates = [0.0, 1.0, 2.0, 3.0].map(|epochs| warm_up.rate(2.0, epochs));
    /// assert_eq!(rates, [1.0, 1.5, 2.0, 1.0]);
    /// # Ok::<(), toml::de::Error>(())
    /// ```
    pub default struct WarmUp {
        /// Epochs until the rate has its full size; a part of one will do.
        pub epochs: f64 = 1.0, in Range::POSITIVE;
        /// The share of the rate to begin with.
        pub from: f64 = 0.1, in Range { includes_low: false, ..Range::UNIT };
        /// What the rate does after that.
        pub then: WarmedUp = WarmedUp::Constant(Constant {});
    }
}

choice! {
    /// What the rate does after a warm-up.
    pub enum WarmedUp: "schedule" {
        Constant(Constant) = "constant",
        Step(Step) = "step",
        Cosine(Cosine) = "cosine",
    }
}

impl WarmUp {
    /// The rate at a time in epochs.
    pub fn rate(&self, base: f64, epochs: f64) -> f64 {
        if epochs < self.epochs {
            return base * (self.from + (1.0 - self.from) * (epochs / self.epochs));
        }
        let epochs = epochs - self.epochs;
        match &self.then {
            WarmedUp::Constant(_) => base,
            WarmedUp::Step(schedule) => schedule.rate(base, epochs),
            WarmedUp::Cosine(schedule) => schedule.rate(base, epochs),
        }
    }

    pub(super) fn problems(&self, base: f64) -> Vec<Problem> {
        match &self.then {
            WarmedUp::Constant(_) | WarmedUp::Step(_) => Vec::new(),
            WarmedUp::Cosine(schedule) => {
                schedule.problems(base).into_iter().map(|problem| problem.below("warm_up.then")).collect()
            }
        }
    }
}
