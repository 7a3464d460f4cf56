//! The training loop: examples in, one update per batch.

use crate::fused::{self, first_matrix};
use crate::learning::assign_credit;
use crate::pass::{Mode, add, forward, parameter_gradient};
use crate::plan::Plan;
use crate::workspace::{Credit, Workspace};
use crate::{Ann, AnnError, Backprop, Examples, Place};
use core::ops::Range;
use duet_gradient::{GradientError, Logits, Loss, Targets};
use duet_kernels::{Buffer, Real};

/// Examples of the next update that are asked for early: more would not stay in the cache.
const LOOK_AHEAD: usize = 64;

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
    /// Nothing is allocated once the first batch has shown what room is needed.
    ///
    /// # Errors
    /// [`AnnError::Diverged`] at the first update whose loss is not finite, or at the end if a parameter is not;
    /// [`AnnError::NoTeacher`] under a rule that has none; otherwise if examples and network do not fit.
    pub fn fit(&mut self, examples: &Examples<'_>, order: &[u32]) -> Result<EpochReport, AnnError> {
        self.needs_teacher()?;
        examples.check(self.inputs(), self.outputs(), order)?;
        if self.may_split()
            && let Some(report) = self.fit_as_team(examples, order)
        {
            return self.close_epoch(report?);
        }
        let mut report = EpochReport::default();
        let batch_size = self.backprop.batch_size();
        self.stepper.begin_epoch(self.epochs, order.len().div_ceil(batch_size) as u64);
        let mut batches = order.chunks(batch_size).peekable();
        while let Some(batch) = batches.next() {
            let next = batches.peek().copied().unwrap_or_default();
            report.add(self.update(batch.len(), next.is_empty(), |plan, piece, workspace| {
                let last = piece.end == batch.len();
                workspace.gather(plan, examples, batch[piece].iter().map(|&index| index as usize));
                // Examples lie anywhere in memory: those of the next update arrive while this one computes.
                if last {
                    next.iter().take(LOOK_AHEAD).for_each(|&index| examples.prefetch(index as usize));
                }
            })?);
        }
        self.close_epoch(report)
    }

    /// Counts an epoch, unless it has left a parameter that is not finite.
    fn close_epoch(&mut self, report: EpochReport) -> Result<EpochReport, AnnError> {
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
        self.needs_teacher()?;
        let features = self.inputs();
        let expected = features.saturating_mul(labels.len());
        if inputs.len() != expected {
            return Err(AnnError::Inputs { what: "the inputs of the batch", expected, got: inputs.len() });
        }
        if labels.is_empty() {
            return Err(GradientError::Empty.into());
        }
        let report = self.update(labels.len(), true, |plan, piece, workspace| {
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

    /// One update from `batch` examples, which `fill` writes into a workspace piece by piece.
    ///
    /// The gradients of the pieces are added in the order of the pieces, whoever computed them. Where nobody will look at the
    /// gradient, some of it may be left unwritten.
    fn update(
        &mut self,
        batch: usize,
        looked_at: bool,
        fill: impl Fn(&Plan, Range<usize>, &mut Workspace<T>) + Sync,
    ) -> Result<EpochReport, AnnError> {
        // What is normalised over the batch must see all of it at once.
        if self.plan.running > 0 && self.workspace.capacity < batch {
            self.workspace = Workspace::new(&self.plan, batch, Credit::Hidden);
        }
        let pieces = batch.div_ceil(self.workspace.capacity);
        if self.threads > 1 && pieces > 1 {
            return self.update_together(batch, pieces, fill);
        }
        let Self { plan, parameters, gradient, workspace, running, .. } = self;
        let work = Work { plan, backprop: &self.backprop, parameters, batch, update: self.stepper.steps() };
        let mut report = EpochReport::default();
        // A gradient that is kept must be whole.
        let whole = looked_at || self.keeps_first_gradient;
        let first = if pieces == 1 && !whole { first_matrix(plan) } else { None };
        if let Some(first) = first {
            let mut mode = Mode::Learn { running, key: self.key, piece: work.name(0) };
            let judged = work.gradient(0, workspace, gradient, &mut mode, &fill, Some(first));
            let judged = judged.map_err(|error| error.diverged(self.epochs, work.update))?;
            let (link, moment) = (&plan.links[first], &workspace.moments[0]);
            let delta = &moment.deltas[link.to][..link.n_post * batch];
            let x = workspace.input(link.n_pre * batch);
            if !fused::step(link, (delta, x), batch, parameters, gradient, &mut self.stepper) {
                link.gradient_of_rows(x, delta, gradient, batch);
                self.stepper.step(parameters, gradient);
            }
            return Ok(judged);
        }
        for piece in 0..pieces {
            let mut mode = Mode::Learn { running, key: self.key, piece: work.name(piece) };
            let judged = if piece == 0 {
                work.gradient(piece, workspace, gradient, &mut mode, &fill, None)
            } else {
                self.partial.resize(gradient.len(), T::ZERO);
                let judged = work.gradient(piece, workspace, &mut self.partial, &mut mode, &fill, None);
                add(&self.partial, gradient);
                judged
            };
            report.add(judged.map_err(|error| error.diverged(self.epochs, work.update))?);
        }
        self.step();
        Ok(report)
    }

    /// The same, pieces dealt to threads in stretches.
    fn update_together(
        &mut self,
        batch: usize,
        pieces: usize,
        fill: impl Fn(&Plan, Range<usize>, &mut Workspace<T>) + Sync,
    ) -> Result<EpochReport, AnnError> {
        let threads = self.threads.min(pieces);
        let Self { plan, parameters, gradient, workspace, helpers, .. } = self;
        while helpers.len() + 1 < threads {
            helpers.push(Workspace::new(plan, workspace.capacity, Credit::Hidden));
        }
        while self.pieces.len() < pieces {
            self.pieces.push(Buffer::zeros(gradient.len()));
        }
        let work = Work { plan, backprop: &self.backprop, parameters, batch, update: self.stepper.steps() };
        let mut reports: Vec<Result<EpochReport, Bad>> =
            (0..pieces).map(|_| Ok(EpochReport::default())).collect();
        rayon::scope(|scope| {
            let (mut gradients, mut reports) = (&mut self.pieces[..pieces], reports.as_mut_slice());
            let workspaces = std::iter::once(workspace).chain(helpers);
            for (nth, workspace) in workspaces.take(threads).enumerate() {
                // Where pieces are not shared evenly the last thread has one more, for the last piece may be a small one.
                let (start, end) = (pieces * nth / threads, pieces * (nth + 1) / threads);
                let (own_gradients, own_reports);
                (own_gradients, gradients) = gradients.split_at_mut(end - start);
                (own_reports, reports) = reports.split_at_mut(end - start);
                let (work, fill, key) = (&work, &fill, self.key);
                scope.spawn(move |_| {
                    for (i, (gradient, report)) in own_gradients.iter_mut().zip(own_reports).enumerate() {
                        let piece = start + i;
                        // Nothing that is normalised over the batch gets here.
                        let mut mode = Mode::Learn { running: &mut [], key, piece: work.name(piece) };
                        *report = work.gradient(piece, workspace, gradient, &mut mode, fill, None);
                    }
                });
            }
        });
        let mut report = EpochReport::default();
        for (piece, judged) in reports.into_iter().enumerate() {
            report.add(judged.map_err(|error| error.diverged(self.epochs, work.update))?);
            if piece == 0 {
                gradient.copy_from_slice(&self.pieces[0]);
            } else {
                add(&self.pieces[piece], gradient);
            }
        }
        self.step();
        Ok(report)
    }
}

/// What all pieces of an update share.
struct Work<'a, T> {
    plan: &'a Plan,
    backprop: &'a Backprop,
    parameters: &'a [T],
    batch: usize,
    update: u64,
}

impl<T: Real> Work<'_, T> {
    /// A number that no other piece of any update has.
    fn name(&self, piece: usize) -> u64 {
        (self.update << 20) | piece as u64
    }

    /// Loss, right answers and gradient of one piece, but for the gradient of the link `but`.
    fn gradient(
        &self,
        piece: usize,
        workspace: &mut Workspace<T>,
        gradient: &mut [T],
        mode: &mut Mode<'_, T>,
        fill: &(impl Fn(&Plan, Range<usize>, &mut Workspace<T>) + Sync),
        but: Option<usize>,
    ) -> Result<EpochReport, Bad> {
        let Self { plan, parameters, .. } = self;
        let start = piece * workspace.capacity;
        let size = workspace.capacity.min(self.batch - start);
        fill(plan, start..start + size, workspace);
        forward(plan, parameters, workspace, size, mode);
        let judged = judge(plan, &self.backprop.loss, workspace, size)?;
        if !judged.loss.is_finite() {
            return Err(Bad::Diverged(not_finite(plan, parameters, workspace, size)));
        }
        if size < self.batch {
            let share = T::from_f64(size as f64 / self.batch as f64);
            for slope in &mut workspace.slopes[..plan.outputs() * size] {
                *slope *= share;
            }
        }
        assign_credit(plan, parameters, workspace, size, None);
        parameter_gradient(plan, workspace, size, gradient, but);
        Ok(judged)
    }
}

/// Why an update was not made.
pub(crate) enum Bad {
    /// Here is something that is not finite.
    Diverged(Place),
    /// Examples and loss do not fit.
    Refused(GradientError),
}

impl From<GradientError> for Bad {
    fn from(error: GradientError) -> Self {
        Self::Refused(error)
    }
}

impl Bad {
    pub(crate) fn diverged(self, epochs: u64, updates: u64) -> AnnError {
        match self {
            Self::Diverged(place) => AnnError::Diverged { epoch: epochs + 1, step: updates + 1, place },
            Self::Refused(error) => error.into(),
        }
    }
}

/// Loss and right answers of the first `batch` examples; leaves dL/dy of the output in the workspace's slopes.
pub(crate) fn judge<T: Real>(
    plan: &Plan,
    loss: &Loss,
    workspace: &mut Workspace<T>,
    batch: usize,
) -> Result<EpochReport, GradientError> {
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
