//! Through the whole network: forward, and the gradient of every parameter.

use crate::lanes::{rows_from_lanes, rows_to_lanes};
use crate::link::{Activity, Link};
use crate::plan::{Layer, Plan};
use crate::workspace::{Moment, Workspace, Zeros};
use duet_kernels::{Buffer, Real};
use duet_random::Key;

/// What a pass is for.
pub(crate) enum Mode<'a, T> {
    /// Nothing changes; batch normalisation goes by its running averages.
    Answer {
        /// The running averages.
        running: &'a [T],
    },
    /// Units drop out, and batch normalisation goes by the batch.
    Learn {
        /// The running averages.
        running: &'a mut [T],
        /// The key from which units are drawn that drop out.
        key: Key,
        /// Which piece of which update this is: each draws its own.
        piece: u64,
    },
}

/// Computes all layers after the input from the first `batch` examples in the workspace.
pub(crate) fn forward<T: Real>(
    plan: &Plan,
    parameters: &[T],
    workspace: &mut Workspace<T>,
    batch: usize,
    mode: &mut Mode<'_, T>,
) {
    forward_from(plan, parameters, workspace, batch, mode, None);
}

/// The same; where layer `driven` has its drive already ([`Moment::drive`]), from there on.
pub(crate) fn forward_from<T: Real>(
    plan: &Plan,
    parameters: &[T],
    workspace: &mut Workspace<T>,
    batch: usize,
    mode: &mut Mode<'_, T>,
    driven: Option<usize>,
) {
    let Workspace { moments, scratch, nothing, zeros, .. } = workspace;
    for t in 0..plan.steps {
        let (past, now) = moments.split_at_mut(t);
        let (past, now) = (past.last(), &mut now[0]);
        if plan.layers[0].lanes {
            let (rows, numbers) = (plan.layers[0].size * batch, plan.layers[0].numbers(batch));
            rows_to_lanes(&now.rows[0][..rows], plan.layers[0].size, &mut now.values[0][..numbers]);
        }
        for (l, layer) in plan.layers.iter().enumerate().skip(driven.unwrap_or(1)) {
            let numbers = layer.numbers(batch);
            let Moment { drives, values, rows, .. } = now;
            let (before, from_here) = values.split_at_mut(l);
            let keeps_drive = !drives[l].is_empty();
            let drive = if keeps_drive { &mut drives[l][..numbers] } else { &mut from_here[0][..numbers] };
            let incoming = if driven == Some(l) { &[] } else { layer.incoming.as_slice() };
            for (nth, &link) in incoming.iter().enumerate() {
                let link = &plan.links[link];
                let activity = match (link.delayed, past) {
                    (false, _) => activity(plan, link.from, before, rows, zeros, batch),
                    (true, Some(past)) => activity(plan, link.from, &past.values, &past.rows, zeros, batch),
                    (true, None) => silence(plan, link, nothing, batch),
                };
                if nth == 0 {
                    link.forward(parameters, activity, drive, batch, scratch);
                } else {
                    let mut part = std::mem::take(&mut scratch.part);
                    link.forward(parameters, activity, &mut part[..numbers], batch, scratch);
                    add(&part[..numbers], drive);
                    scratch.part = part;
                }
            }
            activate(plan, l, parameters, now, (batch, t), mode);
            if layer.lanes && layer.needs_rows {
                copy_rows(layer, l, now, batch);
            }
        }
    }
}

/// A layer's activity, as the links that leave it read it.
fn activity<'a, T: Real>(
    plan: &Plan,
    from: usize,
    values: &'a [Buffer<T>],
    rows: &'a [Buffer<T>],
    zeros: &'a Zeros,
    batch: usize,
) -> Activity<'a, T> {
    let layer = &plan.layers[from];
    let own = &values[from][..layer.numbers(batch)];
    let rows = match (layer.lanes, layer.needs_rows) {
        (true, true) => &rows[from][..layer.size * batch],
        _ => own,
    };
    Activity { own, rows, occupied: if from == 0 { zeros.known() } else { None } }
}

/// What a connection from the moment before reads at the first one.
fn silence<'a, T: Real>(plan: &Plan, link: &Link, nothing: &'a [T], batch: usize) -> Activity<'a, T> {
    let own = &nothing[..plan.layers[link.from].numbers(batch)];
    Activity { own, rows: &nothing[..link.n_pre * batch], occupied: None }
}

fn copy_rows<T: Real>(layer: &Layer, l: usize, moment: &mut Moment<T>, batch: usize) {
    let rows = &mut moment.rows[l][..layer.size * batch];
    rows_from_lanes(&moment.values[l][..layer.numbers(batch)], layer.size, rows);
}

/// From a layer's drive to its activity: normalise, apply the activation, drop out.
fn activate<T: Real>(
    plan: &Plan,
    l: usize,
    parameters: &[T],
    now: &mut Moment<T>,
    (batch, t): (usize, usize),
    mode: &mut Mode<'_, T>,
) {
    let layer = &plan.layers[l];
    let numbers = layer.numbers(batch);
    let keeps_drive = !now.drives[l].is_empty();
    if let Some(norm) = &layer.norm {
        let drive = if keeps_drive { &mut now.drives[l][..numbers] } else { &mut now.values[l][..numbers] };
        let extent = (layer.size, layer.lanes, batch);
        match mode {
            Mode::Answer { running } => norm.answer(extent, parameters, running, drive),
            Mode::Learn { running, .. } => {
                let kept = (drive, &mut now.normed[l][..numbers], now.widths[l].as_mut_slice());
                norm.forward(extent, parameters, running, kept);
            }
        }
    }
    let curve = layer.activation.curve();
    if keeps_drive {
        curve.values(&now.drives[l][..numbers], &mut now.values[l][..numbers]);
    } else {
        curve.apply(&mut now.values[l][..numbers]);
    }
    if let (Mode::Learn { key, piece, .. }, true) = (mode, layer.dropout > 0.0) {
        let (values, kept) = (&mut now.values[l][..numbers], &mut now.kept[l][..numbers]);
        now.plain[l][..numbers].copy_from_slice(values);
        let mut stream = key.stream(&layer.name, *piece * plan.steps as u64 + t as u64);
        let factor = T::from_f64(1.0 / (1.0 - layer.dropout));
        for (y, kept) in values.iter_mut().zip(kept) {
            *kept = if stream.bernoulli(layer.dropout) { T::ZERO } else { factor };
            *y *= *kept;
        }
    }
}

/// From dL/dz of every layer at every moment to the gradient of all parameters, but for those of the link `but`; overwrites
/// `gradient`. The workspace's spare room grows to its length where an example is shown in more than one slice.
pub(crate) fn parameter_gradient<T: Real>(
    plan: &Plan,
    workspace: &mut Workspace<T>,
    batch: usize,
    gradient: &mut [T],
    but: Option<usize>,
) {
    let Workspace { moments, scratch, nothing, zeros, spare, .. } = workspace;
    for t in 0..plan.steps {
        let target = if t == 0 {
            &mut *gradient
        } else {
            spare.resize(gradient.len(), T::ZERO);
            spare.as_mut_slice()
        };
        let now = &moments[t];
        for (_, link) in plan.links.iter().enumerate().filter(|&(l, _)| Some(l) != but) {
            let at = if link.delayed { t.checked_sub(1) } else { Some(t) };
            let from = match at {
                Some(at) => activity(plan, link.from, &moments[at].values, &moments[at].rows, zeros, batch),
                None => silence(plan, link, nothing, batch),
            };
            let delta = &now.deltas[link.to][..plan.layers[link.to].numbers(batch)];
            link.gradient(from, delta, target, batch, scratch);
        }
        for (l, layer) in plan.layers.iter().enumerate() {
            if let Some(norm) = &layer.norm {
                target[norm.parameters.clone()].copy_from_slice(&now.norm_slopes[l]);
            }
        }
        if t > 0 {
            add(spare, gradient);
        }
    }
}

/// Adds `part` to `sum`.
pub(crate) fn add<T: Real>(part: &[T], sum: &mut [T]) {
    for (sum, &part) in sum.iter_mut().zip(part) {
        *sum += part;
    }
}
