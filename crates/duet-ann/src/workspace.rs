//! Room for one batch on its way through a network, allocated once.

use crate::plan::Plan;
use duet_kernels::Real;

/// Examples that go through a network at once. More are worked through in pieces of this size, so that memory does not
/// grow with the batch.
pub(crate) const PIECE: usize = 256;

/// Drives, activations and deltas of every layer, each `[example * size + unit]`, for up to `capacity` examples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Workspace<T> {
    /// Examples that fit.
    pub(crate) capacity: usize,
    /// z of each layer; none for the input.
    pub(crate) drives: Vec<Vec<T>>,
    /// y = f(z) of each layer; the examples themselves for the input.
    pub(crate) values: Vec<Vec<T>>,
    /// dL/dy, then dL/dz, of each layer. Empty where no gradient is wanted.
    pub(crate) deltas: Vec<Vec<T>>,
    /// The right classes.
    pub(crate) labels: Vec<u32>,
    /// The right numbers, `[example * outputs + output]`; empty where classes are asked for.
    pub(crate) targets: Vec<T>,
    /// What a further projection of a layer adds.
    pub(crate) scratch: Vec<T>,
}

/// For which layers a workspace keeps deltas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credit {
    /// For the output, which the loss needs.
    Output,
    /// For all layers with parameters before them.
    Hidden,
    /// For the input as well.
    Input,
}

impl<T: Real> Workspace<T> {
    pub(crate) fn new(plan: &Plan, capacity: usize, credit: Credit) -> Self {
        let room = |wanted: &dyn Fn(usize) -> bool| {
            let sizes = plan.layers.iter().enumerate();
            sizes.map(|(l, layer)| vec![T::ZERO; if wanted(l) { layer.size * capacity } else { 0 }]).collect()
        };
        // Needed only where several projections meet, so most networks have none.
        let meets = plan.layers.iter().filter(|layer| layer.incoming.len() > 1 || layer.outgoing.len() > 1);
        let scratch = meets.map(|layer| layer.size).max().unwrap_or(0);
        Self {
            capacity,
            drives: room(&|l| l > 0),
            values: room(&|_| true),
            deltas: room(&|l| match credit {
                Credit::Output => l == plan.output,
                Credit::Hidden => l > 0 || l == plan.output,
                Credit::Input => true,
            }),
            labels: vec![0; capacity],
            targets: Vec::new(),
            scratch: vec![T::ZERO; scratch * capacity],
        }
    }
}
