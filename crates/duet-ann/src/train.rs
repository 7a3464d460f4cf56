//! The training loop: examples in, one update per batch.

use crate::learning::assign_credit;
use crate::pass::{Mode, add, forward, parameter_gradient};
use crate::plan::Plan;
use crate::workspace::{Credit, Workspace};
use crate::{Ann, AnnError, Examples, Place};
use core::ops::Range;
use duet_gradient::{GradientError, Logits, Loss, Targets};
use duet_kernels::Real;

/// What one pass over examples gave.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct EpochReport {
    /// Mean loss per example. While learning, each example is judged just before the update it takes part in.
    pub loss: f64,
    /// Examples whose largest score is that of the right class.
    pub correct: usize,
    /// Examples seen.
    pub examples: usize,
    /// Those of them whose answer is a class, not numbers.
    pub labelled: usize,
}

impl EpochReport {
    /// The share of right answers; `None` without classes.
    pub fn accuracy(&self) -> Option<f64> {
        (self.labelled > 0).then(|| self.correct as f64 / self.labelled as f64)
    }

    /// Joins the reports on two sets of examples.
    pub(crate) fn add(&mut self, other: Self) {
        let examples = self.examples + other.examples;
        if examples > 0 {
            let weighted = self.loss * self.examples as f64 + other.loss * other.examples as f64;
            self.loss = weighted / examples as f64;
        }
        self.correct += other.correct;
        self.labelled += other.labelled;
        self.examples = examples;
    }
}

impl<T: Real> Ann<T> {
    /// Learns from the examples at the indices `order`, in that order: one update per batch, the last one smaller if
    /// the batch does not divide them. This is one epoch if `order` is a permutation of all.
    ///
    /// Nothing is allocated, but for a second gradient at the first batch of more than 256 examples.
    ///
    /// # Errors
    /// [`AnnError::Diverged`] at the first update whose loss is not finite, or at the end if a parameter is not;
    /// otherwise if examples and network do not fit.
    pub fn fit(&mut self, examples: &Examples<'_>, order: &[u32]) -> Result<EpochReport, AnnError> {
        examples.check(self.inputs(), self.outputs(), order)?;
        let mut report = EpochReport::default();
        let batch_size = self.backprop.batch_size();
        self.stepper.begin_epoch(self.epochs, order.len().div_ceil(batch_size) as u64);
        for batch in order.chunks(batch_size) {
            report.add(self.update(batch.len(), |plan, piece, workspace| {
                workspace.gather(plan, examples, batch[piece].iter().map(|&index| index as usize));
            })?);
        }
        if let Some(place) = bad_parameter(&self.plan, &self.parameters) {
            return Err(AnnError::Diverged { epoch: self.epochs + 1, step: self.updates(), place });
        }
        self.epochs += 1;
        Ok(report)
    }

    /// Makes one update from one batch, `inputs[example * inputs + i]`, and returns the mean loss before it.
    ///
    /// # Errors
    /// As for [`Ann::fit`], and [`AnnError::Gradient`] for an empty batch.
    pub fn fit_batch(&mut self, inputs: &[T], labels: &[u32]) -> Result<f64, AnnError> {
        let features = self.inputs();
        let expected = features.saturating_mul(labels.len());
        if inputs.len() != expected {
            return Err(AnnError::Inputs { what: "the inputs of the batch", expected, got: inputs.len() });
        }
        if labels.is_empty() {
            return Err(GradientError::Empty.into());
        }
        let report = self.update(labels.len(), |plan, piece, workspace| {
            for (i, row) in
                inputs[piece.start * features..piece.end * features].chunks_exact(features).enumerate()
            {
                workspace.set_example(plan, i, row);
            }
            workspace.targets.clear();
            workspace.labels[..piece.len()].copy_from_slice(&labels[piece]);
        })?;
        Ok(report.loss)
    }

    /// One update from `batch` examples, which `fill` writes into the workspace piece by piece.
    fn update(
        &mut self,
        batch: usize,
        mut fill: impl FnMut(&Plan, Range<usize>, &mut Workspace<T>),
    ) -> Result<EpochReport, AnnError> {
        let Self { plan, parameters, gradient, workspace, running, .. } = self;
        // What is normalised over the batch must see all of it at once.
        if plan.running > 0 && workspace.capacity < batch {
            *workspace = Workspace::new(plan, batch, Credit::Hidden);
        }
        let mut report = EpochReport::default();
        let mut start = 0;
        while start < batch {
            let piece = workspace.capacity.min(batch - start);
            fill(plan, start..start + piece, workspace);
            let nth = (self.stepper.steps() << 20) | (start / workspace.capacity) as u64;
            let mut mode = Mode::Learn { running, key: self.key, piece: nth };
            forward(plan, parameters, workspace, piece, &mut mode);
            let judged = judge(plan, &self.backprop.loss, workspace, piece)?;
            if !judged.loss.is_finite() {
                let (epoch, step) = (self.epochs + 1, self.stepper.steps() + 1);
                let place = not_finite(plan, parameters, workspace, piece);
                return Err(AnnError::Diverged { epoch, step, place });
            }
            if piece < batch {
                let share = T::from_f64(piece as f64 / batch as f64);
                for slope in &mut workspace.slopes[..plan.outputs() * piece] {
                    *slope *= share;
                }
            }
            assign_credit(plan, parameters, workspace, piece);
            if start == 0 {
                parameter_gradient(plan, workspace, piece, gradient, &mut self.spare);
            } else {
                self.partial.resize(gradient.len(), T::ZERO);
                parameter_gradient(plan, workspace, piece, &mut self.partial, &mut self.spare);
                add(&self.partial, gradient);
            }
            report.add(judged);
            start += piece;
        }
        self.stepper.step(parameters, gradient);
        Ok(report)
    }
}

/// Loss and right answers of the first `batch` examples; leaves dL/dy of the output in the workspace's slopes.
pub(crate) fn judge<T: Real>(
    plan: &Plan,
    loss: &Loss,
    workspace: &mut Workspace<T>,
    batch: usize,
) -> Result<EpochReport, AnnError> {
    let numbers = plan.outputs() * batch;
    let Workspace { moments, slopes, labels, targets, .. } = workspace;
    let scores = moments[plan.steps - 1].rows_of(plan, plan.output, batch);
    let scores = Logits::new(scores, plan.outputs())?;
    let (labels, slopes) = (&labels[..batch], &mut slopes[..numbers]);
    if !targets.is_empty() {
        let loss = loss.evaluate(scores, Targets::Values(targets), slopes)?;
        return Ok(EpochReport { loss, examples: batch, ..EpochReport::default() });
    }
    let loss = loss.evaluate(scores, Targets::Classes(labels), slopes)?;
    let answers = scores.values().chunks_exact(plan.outputs()).map(largest);
    let correct = answers.zip(labels).filter(|&(answer, &label)| answer == label as usize).count();
    Ok(EpochReport { loss, correct, examples: batch, labelled: batch })
}

/// The index of the largest score, the first of equals.
fn largest<T: Real>(scores: &[T]) -> usize {
    let mut best = 0;
    for (i, &score) in scores.iter().enumerate() {
        if score > scores[best] {
            best = i;
        }
    }
    best
}

/// The first place, in the order of computation, that holds an infinity or a NaN.
pub(crate) fn not_finite<T: Real>(
    plan: &Plan,
    parameters: &[T],
    workspace: &Workspace<T>,
    batch: usize,
) -> Place {
    for (l, layer) in plan.layers.iter().enumerate() {
        for &link in &layer.incoming {
            if !link_is_finite(plan, parameters, link) {
                return Place::Projection(plan.links[link].name.clone());
            }
        }
        let numbers = layer.numbers(batch);
        let finite = |values: &[T]| values.iter().all(|y| y.is_finite());
        if !workspace.moments.iter().all(|moment| finite(&moment.values[l][..numbers])) {
            return Place::Population(layer.name.clone());
        }
    }
    // Every score is finite, but the loss computed from them is too large for a number.
    Place::Population(plan.layers[plan.output].name.clone())
}

fn bad_parameter<T: Real>(plan: &Plan, parameters: &[T]) -> Option<Place> {
    let bad = (0..plan.links.len()).find(|&link| !link_is_finite(plan, parameters, link))?;
    Some(Place::Projection(plan.links[bad].name.clone()))
}

fn link_is_finite<T: Real>(plan: &Plan, parameters: &[T], link: usize) -> bool {
    let link = &plan.links[link];
    let biases = link.bias.clone().unwrap_or(0..0);
    parameters[link.weights.clone()].iter().chain(&parameters[biases]).all(|p| p.is_finite())
}

#[cfg(test)]
mod tests;
