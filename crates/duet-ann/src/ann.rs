//! A network compiled for numbers, layers and gradients.

use crate::learning::{Backprop, Learning};
use crate::plan::{Plan, synapses};
use crate::workspace::{Credit, PIECE, Workspace};
use crate::{AnnError, AnnSide, LayerSummary, Place};
use duet_gradient::{Optimizer, State, Stepper};
use duet_kernels::Real;
use duet_topology::{Network, Projection};
use serde::{Deserialize, Serialize};

/// An artificial network that can learn and answer.
///
/// All its weights and biases stand in one list, projection after projection in the network's order: first the dense
/// matrix, column-major (`w[pre * n_post + post]`), then the biases. Delays are ignored: an artificial network has no
/// time. It computes on one thread and gives the same bits every time.
#[derive(Clone, Debug)]
pub struct Ann<T> {
    /// What it was compiled from; its weights are replaced when it is handed out.
    source: Network,
    pub(crate) plan: Plan,
    pub(crate) backprop: Backprop,
    pub(crate) parameters: Vec<T>,
    pub(crate) gradient: Vec<T>,
    /// The gradient of a further piece of a large batch; empty until there is one.
    pub(crate) partial: Vec<T>,
    pub(crate) stepper: Stepper<T>,
    pub(crate) workspace: Workspace<T>,
    pub(crate) epochs: u64,
}

/// Everything that training has changed. Written down and read back, it goes on bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnState<T> {
    /// All weights and biases, in [`Ann::parameters`]'s order.
    pub parameters: Vec<T>,
    /// The optimizer's memory.
    pub optimizer: State<T>,
    /// Calls of [`Ann::fit`] so far.
    pub epochs: u64,
}

impl<T: Real> Ann<T> {
    /// Compiles a network for a side.
    ///
    /// Examples enter at the one population that nothing feeds; answers leave at the one that feeds nothing. The
    /// weights are rounded to `T`.
    ///
    /// # Errors
    /// If the populations feed each other in a circle, more than one is fed by nothing or feeds nothing, the settings
    /// contradict each other or name an unknown population, a sparse projection has two synapses between the same
    /// units or too large a matrix, or a weight does not fit into `T`.
    pub fn new(network: &Network, side: &AnnSide) -> Result<Self, AnnError> {
        let Learning::Backprop(backprop) = &side.learning;
        let plan = Plan::new(network, side)?;
        let parameters = read_parameters(&plan, network)?;
        let capacity = backprop.batch_size().min(PIECE);
        Ok(Self {
            source: network.clone(),
            backprop: backprop.clone(),
            gradient: vec![T::ZERO; plan.parameters],
            partial: Vec::new(),
            stepper: backprop.stepper(plan.parameters),
            workspace: Workspace::new(&plan, capacity, Credit::Hidden),
            epochs: 0,
            parameters,
            plan,
        })
    }

    /// How many numbers an example has.
    pub fn inputs(&self) -> usize {
        self.plan.inputs()
    }

    /// How many numbers an answer has: one score per class.
    pub fn outputs(&self) -> usize {
        self.plan.outputs()
    }

    /// All weights and biases: for each projection its dense matrix `w[pre * n_post + post]`, then its biases.
    pub fn parameters(&self) -> &[T] {
        &self.parameters
    }

    /// The gradient of the last update, in the order of [`Ann::parameters`]; zeros before the first.
    pub fn gradient(&self) -> &[T] {
        &self.gradient
    }

    /// The optimizer in use.
    pub fn optimizer(&self) -> &Optimizer {
        self.stepper.optimizer()
    }

    /// How many updates were made.
    pub fn updates(&self) -> u64 {
        self.stepper.steps()
    }

    /// The network with its present weights and biases, in the structure it was compiled from.
    pub fn network(&self) -> Network {
        let mut network = self.source.clone();
        for (link, projection) in self.plan.links.iter().zip(network.projections.values_mut()) {
            let matrix = &self.parameters[link.weights.clone()];
            for (pre, post, position) in synapses(&projection.wiring, link.n_pre, link.n_post) {
                projection.weights[position] = matrix[pre * link.n_post + post].to_f64();
            }
            if let (Some(range), Some(bias)) = (&link.bias, &mut projection.bias) {
                for (bias, value) in bias.iter_mut().zip(&self.parameters[range.clone()]) {
                    *bias = value.to_f64();
                }
            }
        }
        network
    }

    /// Takes over the weights and biases of a network of the same structure. The optimizer starts afresh.
    ///
    /// # Errors
    /// [`AnnError::OtherNetwork`] if populations, projections or wiring differ, [`AnnError::NotFinite`] if a weight does
    /// not fit into `T`; nothing has changed then.
    pub fn set_network(&mut self, network: &Network) -> Result<(), AnnError> {
        check_same_structure(&self.source, network)?;
        self.parameters = read_parameters(&self.plan, network)?;
        self.stepper = self.stepper.afresh();
        self.epochs = 0;
        Ok(())
    }

    /// A copy of everything that training has changed.
    pub fn save(&self) -> AnnState<T> {
        AnnState { parameters: self.parameters.clone(), optimizer: self.stepper.save(), epochs: self.epochs }
    }

    /// Goes on from a saved state: every number to come is the same, bit for bit, as without the interruption.
    ///
    /// # Errors
    /// [`AnnError::Inputs`] or [`AnnError::Gradient`] if the state is of another network or another optimizer; nothing
    /// has changed then.
    pub fn restore(&mut self, state: AnnState<T>) -> Result<(), AnnError> {
        let (expected, got) = (self.parameters.len(), state.parameters.len());
        if expected != got {
            return Err(AnnError::Inputs { what: "the saved parameters", expected, got });
        }
        self.stepper.restore(state.optimizer)?;
        self.parameters = state.parameters;
        self.epochs = state.epochs;
        Ok(())
    }

    /// The layers in the order of computation, with their sizes and costs.
    pub fn summary(&self) -> Vec<LayerSummary> {
        crate::cost::summary(&self.plan)
    }
}

/// A network's weights and biases as one list, dense and rounded to `T`.
fn read_parameters<T: Real>(plan: &Plan, network: &Network) -> Result<Vec<T>, AnnError> {
    let mut parameters = vec![T::ZERO; plan.parameters];
    for (link, projection) in plan.links.iter().zip(network.projections.values()) {
        let matrix = &mut parameters[link.weights.clone()];
        for (pre, post, position) in synapses(&projection.wiring, link.n_pre, link.n_post) {
            matrix[pre * link.n_post + post] = T::from_f64(projection.weights[position]);
        }
        let mut finite = matrix.iter().all(|w| w.is_finite());
        if let (Some(range), Some(bias)) = (&link.bias, &projection.bias) {
            for (parameter, &bias) in parameters[range.clone()].iter_mut().zip(bias) {
                *parameter = T::from_f64(bias);
                finite &= parameter.is_finite();
            }
        }
        if !finite {
            return Err(AnnError::NotFinite { place: Place::Projection(link.name.clone()) });
        }
    }
    Ok(parameters)
}

fn check_same_structure(ours: &Network, theirs: &Network) -> Result<(), AnnError> {
    let differs = |what: String| Err(AnnError::OtherNetwork { what });
    if ours.populations != theirs.populations {
        return differs("a population".to_owned());
    }
    if !ours.projections.keys().eq(theirs.projections.keys()) {
        return differs("the list of projections".to_owned());
    }
    for (name, ours) in &ours.projections {
        let theirs = &theirs.projections[name];
        let lengths = |p: &Projection| (p.weights.len(), p.bias.as_ref().map(Vec::len));
        if (ours.from, ours.to, &ours.wiring) != (theirs.from, theirs.to, &theirs.wiring)
            || lengths(ours) != lengths(theirs)
        {
            return differs(format!("projection `{name}`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
