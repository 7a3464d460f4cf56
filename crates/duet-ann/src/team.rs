//! A team of threads that trains one small network: each owns some units of the first hidden layer.
//!
//! In a network whose first matrix is by far the largest, splitting a batch gains nothing: every update would carry the whole
//! gradient from thread to thread. Splitting the units of the first layer keeps their weights, gradients and moments with
//! their owner. In every update each member computes its own units, all exchange a few kilobytes of drives at one barrier,
//! and everything above is computed by each of them, alike. A unit's sums do not depend on its neighbours, so the result has
//! the bits of a single thread.

use crate::fused;
use crate::learning::assign_credit;
use crate::link::Operation;
use crate::link::dense::{self, Dense};
use crate::pass::{Mode, forward_from, parameter_gradient};
use crate::plan::Plan;
use crate::train::{judge, not_finite};
use crate::workspace::{Credit, Workspace};
use crate::{Ann, AnnError, Backprop, EpochReport, Examples};
use core::ops::Range;
use duet_gradient::{GradientError, State, Stepper};
use duet_kernels::{Barrier, Buffer, Real};
use duet_random::Key;
use std::sync::{Mutex, PoisonError};

/// Fewer units than this for each member are not worth a barrier; and a register holds so many.
const FEWEST_UNITS: usize = 16;

/// How a network is dealt out: the link that is split, and the layer that it feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split {
    link: usize,
    layer: usize,
}

impl Split {
    /// Where a network can be split, if it pays: one dense matrix leaves the input and alone feeds its layer, it holds most
    /// of the parameters, and nothing looks at more than one unit's drives or all parameters at once.
    pub(crate) fn of(plan: &Plan, backprop: &Backprop) -> Option<Self> {
        let [link] = plan.layers[0].outgoing[..] else { return None };
        let first = &plan.links[link];
        let whole = first.operation == Operation::Dense(Dense::default());
        let alone = plan.layers[first.to].incoming.len() == 1;
        let most = 2 * first.weights.len() > plan.parameters;
        let simple = plan.steps == 1
            && plan.running == 0
            && plan.layers.iter().all(|layer| !layer.lanes && layer.dropout == 0.0)
            && backprop.clip.is_none();
        (whole && alone && most && simple).then_some(Self { link, layer: first.to })
    }

    /// The units of each of `members`: whole registers, as even as may be.
    fn shares(self, plan: &Plan, members: usize) -> Vec<Range<usize>> {
        let units = plan.layers[self.layer].size;
        let registers = units.div_ceil(FEWEST_UNITS);
        let members = members.min(registers);
        let at = |member: usize| (registers * member / members * FEWEST_UNITS).min(units);
        (0..members).map(|member| at(member)..at(member + 1)).collect()
    }
}

/// One thread's part of the network: the weights of its own units, and all that lies above.
struct Member<T> {
    units: Range<usize>,
    plan: Plan,
    /// Where each of its parameters stands in the whole network's list.
    places: Vec<usize>,
    parameters: Buffer<T>,
    gradient: Buffer<T>,
    stepper: Stepper<T>,
    workspace: Workspace<T>,
    /// The drives, then the deltas, of its own units, as rows.
    own: Buffer<T>,
}

impl<T: Real> Member<T> {
    fn new(ann: &Ann<T>, split: Split, units: Range<usize>) -> Result<Self, GradientError> {
        let mut plan = ann.plan.clone();
        let first = &mut plan.links[split.link];
        let (whole, bias) = (first.weights.clone(), first.bias.clone());
        let rows = whole.clone().step_by(first.n_post.max(1));
        let mut places: Vec<usize> = rows.flat_map(|row| row + units.start..row + units.end).collect();
        first.n_post = units.len();
        first.weights = 0..places.len();
        if let Some(bias) = &bias {
            let start = places.len();
            places.extend(bias.start + units.start..bias.start + units.end);
            first.bias = Some(start..places.len());
        }
        for (_, link) in plan.links.iter_mut().enumerate().filter(|&(l, _)| l != split.link) {
            for range in std::iter::once(&mut link.weights).chain(&mut link.bias) {
                let start = places.len();
                places.extend(range.clone());
                *range = start..places.len();
            }
        }
        plan.parameters = places.len();
        let pick = |all: &[T]| -> Vec<T> { places.iter().map(|&place| all[place]).collect() };
        let State { steps, progress, moments } = ann.stepper.save();
        let mut stepper = ann.backprop.stepper(places.len());
        stepper.restore(State { steps, progress, moments: moments.iter().map(|all| pick(all)).collect() })?;
        Ok(Self {
            parameters: Buffer::from(&*pick(&ann.parameters)),
            gradient: Buffer::zeros(places.len()),
            stepper,
            workspace: Workspace::new(&plan, ann.workspace.capacity, Credit::Hidden),
            own: Buffer::zeros(units.len() * ann.workspace.capacity),
            units,
            plan,
            places,
        })
    }

    /// Writes its numbers back into the whole network's.
    fn put(&self, own: &[T], all: &mut [T]) {
        for (&place, &x) in self.places.iter().zip(own) {
            all[place] = x;
        }
    }
}

/// What the members share while they learn.
struct Table<'a, T> {
    barrier: Barrier,
    split: Split,
    /// The drives of each member's units, in two rooms that take turns: the next update's are written while the slowest still
    /// reads this one's.
    drives: Vec<[Mutex<Vec<T>>; 2]>,
    shares: Vec<Range<usize>>,
    examples: &'a Examples<'a>,
    order: &'a [u32],
    backprop: &'a Backprop,
    key: Key,
}

/// Why the members stopped.
enum End {
    /// All batches are learned.
    Done(EpochReport),
    /// The loss is not finite, for a batch of this size.
    Diverged { batch: usize },
    /// Labels or outputs do not fit.
    Refused(GradientError),
    /// Another member is gone.
    Alone,
}

impl<T: Real> Ann<T> {
    /// [`Ann::fit`] by a team, where that is possible and pays; `None` where it is not, with nothing changed.
    pub(crate) fn fit_as_team(
        &mut self,
        examples: &Examples<'_>,
        order: &[u32],
    ) -> Option<Result<EpochReport, AnnError>> {
        let split = Split::of(&self.plan, &self.backprop)?;
        let shares = split.shares(&self.plan, self.threads);
        let batch = self.backprop.batch_size();
        if shares.len() < 2 || batch > self.workspace.capacity || order.is_empty() {
            return None;
        }
        let members = shares.iter().map(|units| Member::new(self, split, units.clone()));
        let mut members = members.collect::<Result<Vec<_>, _>>().ok()?;
        let table = Table {
            barrier: Barrier::new(members.len()),
            split,
            drives: shares.iter().map(|_| [const { Mutex::new(Vec::new()) }; 2]).collect(),
            shares,
            examples,
            order,
            backprop: &self.backprop,
            key: self.key,
        };
        let epoch = (self.epochs, order.len().div_ceil(batch) as u64);
        let end = table.gather_round(&mut members, epoch)?;

        let mut moments = self.stepper.save().moments;
        for member in &members {
            member.put(&member.parameters, &mut self.parameters);
            member.put(&member.gradient, &mut self.gradient);
            for (own, all) in member.stepper.save().moments.iter().zip(&mut moments) {
                member.put(own, all);
            }
        }
        let State { steps, progress, .. } = members[0].stepper.save();
        Some(match self.stepper.restore(State { steps, progress, moments }) {
            Err(error) => Err(error.into()),
            Ok(()) => match end {
                End::Done(report) => Ok(report),
                End::Refused(error) => Err(error.into()),
                End::Diverged { batch } => {
                    let place = not_finite(&self.plan, &self.parameters, &members[0].workspace, batch);
                    Err(AnnError::Diverged { epoch: self.epochs + 1, step: self.updates() + 1, place })
                }
                End::Alone => return None,
            },
        })
    }
}

impl<T: Real> Table<'_, T> {
    /// Runs the epoch with one thread for each member; `None` if the system gives no more threads.
    fn gather_round(&self, members: &mut [Member<T>], epoch: (u64, u64)) -> Option<End> {
        std::thread::scope(|scope| {
            let (first, others) = members.split_first_mut()?;
            for (nth, member) in others.iter_mut().enumerate() {
                let work = move || self.learn(nth + 1, member, epoch);
                if std::thread::Builder::new().spawn_scoped(scope, work).is_err() {
                    self.barrier.abandon();
                    return None;
                }
            }
            match self.learn(0, first, epoch) {
                End::Alone => None,
                end => Some(end),
            }
        })
    }

    /// One member's epoch. All members come to the same end, because all above the first layer they compute alike.
    fn learn(&self, me: usize, member: &mut Member<T>, (epoch, updates): (u64, u64)) -> End {
        let _leaving = Leaving(&self.barrier);
        // Nobody begins before all are there: a thread that cannot be had must change nothing.
        if !self.barrier.wait() {
            return End::Alone;
        }
        member.stepper.begin_epoch(epoch, updates);
        let mut report = EpochReport::default();
        for (nth, batch) in self.order.chunks(self.backprop.batch_size()).enumerate() {
            let next = self.order.chunks(self.backprop.batch_size()).nth(nth + 1).unwrap_or_default();
            let indices = batch.iter().map(|&index| index as usize);
            member.workspace.gather(&member.plan, self.examples, indices);
            next.iter().for_each(|&index| self.examples.prefetch(index as usize));
            if !self.exchange(me, member, nth % 2, batch.len()) {
                return End::Alone;
            }
            match self.update(member, batch.len(), next.is_empty()) {
                Ok(judged) if judged.loss.is_finite() => report.add(judged),
                Ok(_) => return End::Diverged { batch: batch.len() },
                Err(error) => return End::Refused(error),
            }
        }
        End::Done(report)
    }

    /// Computes the drives of the member's own units, and collects those of all.
    fn exchange(&self, me: usize, member: &mut Member<T>, room: usize, batch: usize) -> bool {
        let Member { plan, workspace, parameters, units, own, .. } = member;
        let link = &plan.links[self.split.link];
        let own = &mut own[..units.len() * batch];
        let bias = link.bias.clone().map(|range| &parameters[range]);
        let weights = &parameters[link.weights.clone()];
        let x = workspace.input(link.n_pre * batch);
        dense::forward(link.shape(batch), weights, bias, x, own);
        let lock = |of: usize| self.drives[of][room].lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut drives = lock(me);
            drives.clear();
            drives.extend_from_slice(own);
        }
        if !self.barrier.wait() {
            return false;
        }
        let size = plan.layers[self.split.layer].size;
        let drive = workspace.moments[0].drive(self.split.layer);
        for (of, units) in self.shares.iter().enumerate() {
            let drives = lock(of);
            for (row, drives) in drive.chunks_exact_mut(size).zip(drives.chunks_exact(units.len())) {
                row[units.clone()].copy_from_slice(drives);
            }
        }
        true
    }

    /// Everything above the first layer, and the step of all parameters that the member holds. A gradient that nobody will
    /// look at may be left unwritten.
    fn update(
        &self,
        member: &mut Member<T>,
        batch: usize,
        looked_at: bool,
    ) -> Result<EpochReport, GradientError> {
        let Member { plan, workspace, parameters, gradient, stepper, units, own, .. } = member;
        let mut mode = Mode::Learn { running: &mut [], key: self.key, piece: 0 };
        forward_from(plan, parameters, workspace, batch, &mut mode, Some(self.split.layer));
        let judged = judge(plan, &self.backprop.loss, workspace, batch)?;
        if !judged.loss.is_finite() {
            return Ok(judged);
        }
        assign_credit(plan, parameters, workspace, batch, None);
        parameter_gradient(plan, workspace, batch, gradient, Some(self.split.link));
        let size = plan.layers[self.split.layer].size;
        let deltas = workspace.moments[0].deltas[self.split.layer][..size * batch].chunks_exact(size);
        let own = &mut own[..units.len() * batch];
        for (own, row) in own.chunks_exact_mut(units.len()).zip(deltas) {
            own.copy_from_slice(&row[units.clone()]);
        }
        let link = &plan.links[self.split.link];
        let x = workspace.input(link.n_pre * batch);
        if looked_at || !fused::step(link, (own, x), batch, parameters, gradient, stepper) {
            link.gradient_of_rows(x, own, gradient, batch);
            stepper.step(parameters, gradient);
        }
        Ok(judged)
    }
}

/// A member that panics must not leave the others waiting.
struct Leaving<'a>(&'a Barrier);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.abandon();
        }
    }
}

#[cfg(test)]
mod tests;
