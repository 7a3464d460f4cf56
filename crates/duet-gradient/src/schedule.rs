//! How the learning rate changes while training goes on.

mod constant;
mod cosine;
mod step;
#[cfg(test)]
mod tests;
mod warm_up;

pub use constant::Constant;
pub use cosine::Cosine;
pub use step::Step;
pub use warm_up::{WarmUp, WarmedUp};

use duet_units::{Problem, choice};

choice! {
    /// How the learning rate changes while training goes on.
    pub enum Schedule: "schedule" {
        Constant(Constant) = "constant",
        Step(Step) = "step",
        Cosine(Cosine) = "cosine",
        WarmUp(WarmUp) = "warm_up",
    }
}

impl Default for Schedule {
    fn default() -> Self {
        Self::Constant(Constant {})
    }
}

impl Schedule {
    /// The learning rate at a time in epochs, with its fraction, for an optimizer of the rate `base`.
    ///
    /// ```
    /// use duet_gradient::Schedule;
    ///
    /// let step: Schedule = toml::from_str("step = { every = 2, factor = 0.5 }")?;
    /// assert_eq!([0.0, 1.9, 2.0, 5.5].map(|epochs| step.rate(0.8, epochs)), [0.8, 0.8, 0.4, 0.2]);
    /// # Ok::<(), toml::de::Error>(())
    /// ```
    pub fn rate(&self, base: f64, epochs: f64) -> f64 {
        match self {
            Self::Constant(_) => base,
            Self::Step(schedule) => schedule.rate(base, epochs),
            Self::Cosine(schedule) => schedule.rate(base, epochs),
            Self::WarmUp(schedule) => schedule.rate(base, epochs),
        }
    }

    /// What does not fit an optimizer of the rate `base`; paths start at the kind's name.
    pub fn problems(&self, base: f64) -> Vec<Problem> {
        match self {
            Self::Constant(_) | Self::Step(_) => Vec::new(),
            Self::Cosine(schedule) => schedule.problems(base),
            Self::WarmUp(schedule) => schedule.problems(base),
        }
    }
}
