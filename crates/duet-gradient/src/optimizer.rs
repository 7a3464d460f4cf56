//! What to do with a gradient.

mod adadelta;
mod adagrad;
mod adam;
mod adamw;
mod gradient_descent;
mod momentum;
mod rmsprop;
mod sgd;

pub use adadelta::Adadelta;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamw::AdamW;
pub use gradient_descent::GradientDescent;
pub use momentum::Momentum;
pub use rmsprop::RmsProp;
pub use sgd::Sgd;

use crate::GradientError;
use duet_kernels::Real;
use duet_kernels::elementwise::settle;
use duet_units::{Problem, choice};
use serde::{Deserialize, Serialize};

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
    }
}

impl Optimizer {
    /// Starts an optimizer for `parameters` numbers, its moments at zero.
    pub fn start<T: Real>(&self, parameters: usize) -> Stepper<T> {
        let moments = vec![vec![T::ZERO; parameters]; self.update::<T>().moments()];
        Stepper { optimizer: self.clone(), parameters, state: State { steps: 0, moments } }
    }

    /// What is wrong with the settings as a whole although every number is in its range; paths start at the kind's name.
    pub fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Momentum(rule) => rule.problems(),
            _ => Vec::new(),
        }
    }

    fn update<T: Real>(&self) -> &dyn Update<T> {
        match self {
            Self::GradientDescent(rule) => rule,
            Self::Sgd(rule) => rule,
            Self::Momentum(rule) => rule,
            Self::Adam(rule) => rule,
            Self::AdamW(rule) => rule,
            Self::Adagrad(rule) => rule,
            Self::RmsProp(rule) => rule,
            Self::Adadelta(rule) => rule,
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

/// Everything an optimizer remembers between two steps. Written down and read back, it goes on bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State<T> {
    /// How many steps were taken.
    pub steps: u64,
    /// The optimizer's running averages, each as long as the parameters; which there are is the optimizer's affair.
    pub moments: Vec<Vec<T>>,
}

/// A running optimizer: its kind, its settings and its [`State`].
///
/// ```
/// use duet_gradient::{Adam, Optimizer};
///
/// let mut w = [1.0_f32];
/// let mut stepper = Optimizer::Adam(Adam::default()).start(1);
/// stepper.step(&mut w, &[0.3]);
/// let saved = stepper.save();
/// stepper.step(&mut w, &[0.1]);
///
/// let mut again = [1.0 - 0.001];
/// let mut resumed = Optimizer::Adam(Adam::default()).start(1);
/// resumed.restore(saved)?;
/// resumed.step(&mut again, &[0.1]);
/// assert_eq!(again, w);
/// # Ok::<(), duet_gradient::GradientError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Stepper<T> {
    optimizer: Optimizer,
    parameters: usize,
    state: State<T>,
}

impl<T: Real> Stepper<T> {
    /// Moves all parameters one step along their gradient. Nothing is allocated.
    ///
    /// # Panics
    /// If `parameters` or `gradient` is not as long as the optimizer was started for.
    pub fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        assert_eq!(parameters.len(), self.parameters, "the optimizer was started for another network");
        assert_eq!(gradient.len(), self.parameters, "a gradient has one entry for each parameter");
        self.state.steps += 1;
        self.optimizer.update::<T>().update(self.state.steps, &mut self.state.moments, parameters, gradient);
    }

    /// The kind and settings of this optimizer.
    pub fn optimizer(&self) -> &Optimizer {
        &self.optimizer
    }

    /// How many steps were taken.
    pub fn steps(&self) -> u64 {
        self.state.steps
    }

    /// A copy of everything it remembers.
    pub fn save(&self) -> State<T> {
        self.state.clone()
    }

    /// Goes on from a saved state.
    ///
    /// # Errors
    /// [`GradientError::Moments`] or [`GradientError::Length`] if the state is of another optimizer or another network;
    /// the running state then stays as it was.
    pub fn restore(&mut self, state: State<T>) -> Result<(), GradientError> {
        let expected = self.state.moments.len();
        if state.moments.len() != expected {
            let (optimizer, got) = (self.optimizer.name(), state.moments.len());
            return Err(GradientError::Moments { optimizer, expected, got });
        }
        if let Some(odd) = state.moments.iter().find(|moment| moment.len() != self.parameters) {
            let (expected, got) = (self.parameters, odd.len());
            return Err(GradientError::Length { what: "a saved moment", expected, got });
        }
        self.state = state;
        Ok(())
    }
}

/// Below this a running average is zero.
///
/// The moments of a silent unit's weights decay by a factor per step, for ever, until they become subnormal numbers,
/// which cost many times as much to compute with (up to 35 times, measured on Adam with black pixels). No step ever
/// feels a number this small: every square root of it is far below its optimizer's epsilon.
const SMALLEST: f64 = 1e-30;

#[cfg(test)]
mod tests;
