//! The gradient of a first matrix and the step that follows it, in one.
//!
//! Where pictures enter through a matrix that holds most of the weights, their gradient would be written to memory only to be
//! read again a moment later. Here every few weights take their step as soon as their gradient is known. The operations are
//! those of [`crate::pass::parameter_gradient`] and [`Stepper::step`], in the same order: not a bit differs.

use crate::link::dense::Dense;
use crate::link::{Activity, Link, Operation};
use crate::plan::Plan;
use duet_gradient::{ByHand, Stepper};
use duet_kernels::Real;
use duet_kernels::elementwise::adam;
use duet_kernels::matmul::{Occupied, adam_occupied, row_sums};

/// The one link that leaves the input, if it is a dense matrix.
pub(crate) fn first_matrix(plan: &Plan) -> Option<usize> {
    let [link] = plan.layers[0].outgoing[..] else { return None };
    let dense = plan.links[link].operation == Operation::Dense(Dense::default());
    (dense && plan.steps == 1).then_some(link)
}

/// Steps all parameters, where `gradient` has those of all links but `link`, whose gradient follows from its target's `delta`
/// and the input `x`, both as rows. `false`, with nothing done, where that is not Adam's or the input's zeros are not known.
pub(crate) fn step<T: Real>(
    link: &Link,
    (delta, x): (&[T], Activity<'_, T>),
    batch: usize,
    parameters: &mut [T],
    gradient: &mut [T],
    stepper: &mut Stepper<T>,
) -> bool {
    let shape = link.shape(batch);
    let Some(occupied) = x.occupied.filter(|_| Occupied::suits(shape)) else { return false };
    let Some(ByHand { step, m, v }) = stepper.by_hand() else { return false };
    if let Some(bias) = &link.bias {
        row_sums(shape, delta, &mut gradient[bias.clone()]);
    }
    let w = link.weights.clone();
    for rest in [0..w.start, w.end..parameters.len()] {
        let (m, v) = (&mut m[rest.clone()], &mut v[rest.clone()]);
        adam(&step, m, v, &mut parameters[rest.clone()], &gradient[rest]);
    }
    let (m, v) = (&mut m[w.clone()], &mut v[w.clone()]);
    adam_occupied(shape, delta, x.rows, occupied, &step, m, v, &mut parameters[w]);
    true
}
