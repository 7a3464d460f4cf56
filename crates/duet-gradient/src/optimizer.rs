//! What to do with a gradient: one kind of optimizer per file.

mod adadelta;
mod adagrad;
mod adam;
mod adamw;
mod gradient_ascent;
mod gradient_descent;
mod momentum;
mod rmsprop;
mod sgd;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use gradient_ascent::GradientAscent;
pub use gradient_descent::GradientDescent;
pub use momentum::Momentum;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use crate::{Schedule, Stepper};
use duet_kernels::Real;
use duet_kernels::elementwise::{AdamStep, settle};
use duet_units::{Problem, choice};

choice! {
    /// How parameters follow the gradient.
    pub enum Optimizer: "optimizer" {
        GradientDescent(GradientDescent) = "gradient_descent",
        Sgd(Sgd) = "sgd",
        Momentum(Momentum) = "momentum",
        Adam(Adam) = "adam",
        AdamW(AdamW) = "adamw",
        Adagrad(Adagrad) = "adagrad",
        RmsProp(RmsProp) = "rmsprop",
        Adadelta(Adadelta) = "adadelta",
        GradientAscent(GradientAscent) = "gradient_ascent",
    }
}

impl Optimizer {
    /// Starts an optimizer for `parameters` numbers, its moments at zero, its rate constant, its gradients as they are.
    /// [`Stepper::new`] takes a schedule and clipping too.
    pub fn start<T: Real>(&self, parameters: usize) -> Stepper<T> {
        Stepper::new(self, &Schedule::default(), None, parameters)
    }

    /// Its learning rate.
    pub fn rate(&self) -> f64 {
        *self.clone().rate_mut()
    }

    /// The same optimizer with another learning rate.
    #[must_use]
    pub fn at_rate(&self, rate: f64) -> Self {
        let mut other = self.clone();
        *other.rate_mut() = rate;
        other
    }

    /// The constants of step number `step`, if this is Adam or AdamW as they were first published: what a kernel needs that
    /// takes a gradient into the weights while it computes it.
    pub(crate) fn adam_step<T: Real>(&self, step: u64) -> Option<AdamStep<T>> {
        match self {
            Self::Adam(rule) if !rule.amsgrad => Some(rule.step(step)),
            Self::AdamW(rule) if !rule.amsgrad => Some(rule.step(step)),
            _ => None,
        }
    }

    fn rate_mut(&mut self) -> &mut f64 {
        match self {
            Self::GradientDescent(rule) => &mut rule.rate,
            Self::Sgd(rule) => &mut rule.rate,
            Self::Momentum(rule) => &mut rule.rate,
            Self::Adam(rule) => &mut rule.rate,
            Self::AdamW(rule) => &mut rule.rate,
            Self::Adagrad(rule) => &mut rule.rate,
            Self::RmsProp(rule) => &mut rule.rate,
            Self::Adadelta(rule) => &mut rule.rate,
            Self::GradientAscent(rule) => &mut rule.rate,
        }
    }

    /// Whether each update takes the whole training set, so that a size of batches has no meaning.
    pub fn takes_all_examples(&self) -> bool {
        matches!(self, Self::GradientDescent(_) | Self::GradientAscent(_))
    }

    /// What is wrong with the settings as a whole although every number is in its range; paths start at the kind's name.
    pub fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Momentum(rule) => rule.problems(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn update<T: Real>(&self) -> &dyn Update<T> {
        match self {
            Self::GradientDescent(rule) => rule,
            Self::Sgd(rule) => rule,
            Self::Momentum(rule) => rule,
            Self::Adam(rule) => rule,
            Self::AdamW(rule) => rule,
            Self::Adagrad(rule) => rule,
            Self::RmsProp(rule) => rule,
            Self::Adadelta(rule) => rule,
            Self::GradientAscent(rule) => rule,
        }
    }
}

/// One kind of optimizer: the arithmetic of a step, without the memory.
pub trait Update<T: Real> {
    /// How many numbers it keeps for each parameter.
    fn moments(&self) -> usize;

    /// Moves `parameters` along `gradient` (equally long, as is each of `moments`); `step` counts from 1.
    fn update(&self, step: u64, moments: &mut [Vec<T>], parameters: &mut [T], gradient: &[T]);
}

/// Below this a running average is zero.
///
/// The moments of a silent unit's weights decay by a factor per step, for ever, until they become subnormal numbers,
/// which cost many times as much to compute with (up to 35 times, measured on Adam with black pixels). No step ever
/// feels a number this small: every square root of it is far below its optimizer's epsilon.
const SMALLEST: f64 = 1e-30;

#[cfg(test)]
pub(crate) mod tests;
