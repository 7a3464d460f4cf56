//! A running optimizer: what it remembers, at which rate it steps, and how large a gradient may be.

use crate::{Clip, GradientError, Optimizer, Schedule};
use duet_kernels::Real;
use duet_kernels::elementwise::AdamStep;
use serde::{Deserialize, Serialize};

/// Everything an optimizer remembers between two steps. Written down and read back, it goes on bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State<T> {
    /// How many steps were taken.
    pub steps: u64,
    /// How far training has come, which decides the rate.
    pub progress: Progress,
    /// The optimizer's running averages, each as long as the parameters; which there are is the optimizer's affair.
    pub moments: Vec<Vec<T>>,
}

/// How far training has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Epochs completed before the present one.
    pub epoch: u64,
    /// Updates made in the present epoch.
    pub done: u64,
    /// Updates that an epoch has; 0 if nobody said.
    pub of: u64,
}

impl Progress {
    /// The time in epochs at the start of the next update. It does not leave the epoch before the next one is begun.
    ///
    /// ```
    /// use duet_gradient::Progress;
    ///
    /// assert_eq!(Progress { epoch: 2, done: 1, of: 4 }.epochs(), 2.25);
    /// ```
    pub fn epochs(self) -> f64 {
        let part = if self.of == 0 { 0.0 } else { self.done.min(self.of - 1) as f64 / self.of as f64 };
        self.epoch as f64 + part
    }
}

/// A running optimizer: its kind, its settings and its [`State`], the schedule of its rate, and the clipping of its
/// gradients.
///
/// ```
/// use duet_gradient::{Optimizer, Schedule, Sgd, Stepper, schedule::Step};
///
/// let sgd = Optimizer::Sgd(Sgd { rate: 0.5, weight_decay: 0.0 });
/// let halve = Schedule::Step(Step { every: 1, factor: 0.5 });
/// let mut stepper = Stepper::new(&sgd, &halve, None, 1);
/// let mut w = [4.0_f32];
/// for epoch in 0..2 {
///     stepper.begin_epoch(epoch, 1);
///     stepper.step(&mut w, &[2.0]);
/// }
/// assert_eq!(w, [2.5]); // 4 - 0.5 * 2 - 0.25 * 2
///
/// let mut again = Stepper::new(&sgd, &halve, None, 1);
/// again.restore(stepper.save())?;
/// assert_eq!(again, stepper);
/// # Ok::<(), duet_gradient::GradientError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Stepper<T> {
    optimizer: Optimizer,
    schedule: Schedule,
    clip: Option<Clip>,
    parameters: usize,
    state: State<T>,
    /// The epoch that the next step begins.
    begun: Option<Progress>,
    /// Where a clipped gradient is written; empty without clipping.
    room: Vec<T>,
}

/// Two steppers are equal if every step to come is: what the last clipped gradient left behind does not count.
impl<T: PartialEq> PartialEq for Stepper<T> {
    fn eq(&self, other: &Self) -> bool {
        (&self.optimizer, &self.schedule, &self.clip, self.parameters, &self.state, self.begun)
            == (&other.optimizer, &other.schedule, &other.clip, other.parameters, &other.state, other.begun)
    }
}

/// A step of Adam that a kernel of its own carries out: its constants and both moments of every parameter. All of them must
/// be stepped, each once.
#[derive(Debug)]
pub struct ByHand<'a, T> {
    /// The constants.
    pub step: AdamStep<T>,
    /// The mean gradients.
    pub m: &'a mut [T],
    /// The mean squared gradients.
    pub v: &'a mut [T],
}

impl<T: Real> Stepper<T> {
    /// Starts an optimizer for `parameters` numbers, its moments at zero.
    pub fn new(optimizer: &Optimizer, schedule: &Schedule, clip: Option<&Clip>, parameters: usize) -> Self {
        let moments = vec![vec![T::ZERO; parameters]; optimizer.update::<T>().moments()];
        Self {
            optimizer: optimizer.clone(),
            schedule: schedule.clone(),
            clip: clip.cloned(),
            parameters,
            state: State { steps: 0, progress: Progress::default(), moments },
            begun: None,
            room: vec![T::ZERO; if clip.is_some() { parameters } else { 0 }],
        }
    }

    /// The same settings for the same parameters, with nothing remembered.
    #[must_use]
    pub fn afresh(&self) -> Self {
        Self::new(&self.optimizer, &self.schedule, self.clip.as_ref(), self.parameters)
    }

    /// Says that the next step begins epoch number `epoch` (from 0), which will have so many updates.
    ///
    /// Only that step makes it part of the state: an epoch that fails before its first update leaves nothing behind.
    pub fn begin_epoch(&mut self, epoch: u64, updates: u64) {
        self.begun = Some(Progress { epoch, done: 0, of: updates });
    }

    fn progress(&self) -> Progress {
        self.begun.unwrap_or(self.state.progress)
    }

    /// Moves all parameters one step along their gradient, clipped, at the rate of the moment. Nothing is allocated.
    ///
    /// # Panics
    /// If `parameters` or `gradient` is not as long as the optimizer was started for.
    pub fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        assert_eq!(parameters.len(), self.parameters, "the optimizer was started for another network");
        assert_eq!(gradient.len(), self.parameters, "a gradient has one entry for each parameter");
        let now = self.optimizer.at_rate(self.rate());
        self.count();
        let gradient = match &self.clip {
            Some(clip) => clip.limit(gradient, &mut self.room),
            None => gradient,
        };
        now.update::<T>().update(self.state.steps, &mut self.state.moments, parameters, gradient);
    }

    /// Begins a step of Adam that the caller carries out; `None`, and nothing begun, for another optimizer or where gradients
    /// are clipped.
    pub fn by_hand(&mut self) -> Option<ByHand<'_, T>> {
        if self.clip.is_some() {
            return None;
        }
        let step = self.optimizer.at_rate(self.rate()).adam_step(self.state.steps + 1)?;
        self.count();
        let [m, v] = self.state.moments.as_mut_slice() else { return None };
        Some(ByHand { step, m, v })
    }

    fn count(&mut self) {
        let progress = self.begun.take().unwrap_or(self.state.progress);
        self.state.progress = Progress { done: progress.done + 1, ..progress };
        self.state.steps += 1;
    }

    /// The learning rate of the next step.
    pub fn rate(&self) -> f64 {
        self.schedule.rate(self.optimizer.rate(), self.progress().epochs())
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
        self.begun = None;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
