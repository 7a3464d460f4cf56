//! A network compiled for numbers, layers and gradients.

use crate::learning::Backprop;
use crate::link::{Link, Operation};
use crate::plan::{Plan, synapses};
use crate::workspace::{Credit, Workspace, piece};
use crate::{AnnError, AnnSide, LayerSummary, Place};
use duet_gradient::{Optimizer, State, Stepper};
use duet_kernels::{Buffer, Real};
use duet_random::Key;
use duet_topology::{Network, Projection, Wiring};
use serde::{Deserialize, Serialize};

/// An artificial network that can learn and answer.
///
/// All its weights and biases stand in one list, projection after projection in the network's order: first the weights (a
/// matrix column-major, `w[pre * n_post + post]`; a kernel or a sparse matrix as the network has them), then the biases;
/// last come scale and shift of every population with batch normalisation. Delays are ignored. It gives the same bits every
/// time.
#[derive(Clone, Debug)]
pub struct Ann<T> {
    /// What it was compiled from; its weights are replaced when it is handed out.
    source: Network,
    pub(crate) plan: Plan,
    pub(crate) backprop: Backprop,
    pub(crate) parameters: Buffer<T>,
    pub(crate) gradient: Buffer<T>,
    /// Whether the first gradient is taken for ever.
    pub(crate) keeps_first_gradient: bool,
    /// The rule, if it is one that no labels can teach.
    untaught: Option<&'static str>,
    /// That gradient, once there is one.
    kept_gradient: Option<Vec<T>>,
    /// Running means and variances of batch normalisation.
    pub(crate) running: Vec<T>,
    /// The gradient of a further piece of a large batch; empty until there is one.
    pub(crate) partial: Vec<T>,
    pub(crate) key: Key,
    pub(crate) threads: usize,
    /// For the other threads, while several work on pieces of one batch: their workspaces, and the gradient of every piece.
    pub(crate) helpers: Vec<Workspace<T>>,
    pub(crate) pieces: Vec<Buffer<T>>,
    pub(crate) stepper: Stepper<T>,
    pub(crate) workspace: Workspace<T>,
    pub(crate) epochs: u64,
}

/// Everything that training has changed. Written down and read back, it goes on bit for bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AnnState<T> {
    /// All weights and biases, in [`Ann::parameters`]'s order.
    pub parameters: Vec<T>,
    /// Running means and variances of batch normalisation.
    pub running: Vec<T>,
    /// The optimizer's memory.
    pub optimizer: State<T>,
    /// Calls of [`Ann::fit`] so far.
    pub epochs: u64,
    /// The gradient that [`StaleGradient`](crate::StaleGradient) takes for ever.
    pub kept_gradient: Option<Vec<T>>,
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
        let plan = Plan::new(network, side)?;
        let backprop = side.learning.descent(plan.outputs());
        let parameters = read_parameters(&plan, network)?;
        let capacity = backprop.batch_size().min(piece(&plan));
        Ok(Self {
            source: network.clone(),
            gradient: Buffer::zeros(plan.parameters),
            keeps_first_gradient: side.learning.keeps_first_gradient(),
            untaught: (!side.learning.has_teacher()).then(|| side.learning.name()),
            kept_gradient: None,
            running: fresh_averages(&plan),
            partial: Vec::new(),
            key: Key::new(0),
            threads: 1,
            helpers: Vec::new(),
            pieces: Vec::new(),
            stepper: backprop.stepper(plan.parameters),
            backprop,
            workspace: Workspace::new(&plan, capacity, Credit::Hidden),
            epochs: 0,
            parameters: Buffer::from(&*parameters),
            plan,
        })
    }

    /// The same network with a key of its own, from which the units are drawn that drop out.
    #[must_use]
    pub fn with_key(mut self, key: Key) -> Self {
        self.key = key;
        self
    }

    /// How many threads learning may use, 1 at first. Not a bit of any result depends on it.
    pub fn set_threads(&mut self, threads: usize) {
        self.threads = threads.max(1);
    }

    /// How many numbers an example has: as many as the input has units, times the slices it is shown in.
    pub fn inputs(&self) -> usize {
        self.plan.inputs()
    }

    /// How many numbers an answer has: one score per class.
    pub fn outputs(&self) -> usize {
        self.plan.outputs()
    }

    /// All weights and biases: for each projection its weights, then its biases; then scales and shifts.
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
            let numbers = &self.parameters[link.weights.clone()];
            for (position, place) in places(link, &projection.wiring) {
                projection.weights[position] = numbers[place].to_f64();
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
        self.parameters = Buffer::from(&*read_parameters(&self.plan, network)?);
        self.running = fresh_averages(&self.plan);
        self.stepper = self.stepper.afresh();
        self.epochs = 0;
        self.kept_gradient = None;
        Ok(())
    }

    /// A copy of everything that training has changed.
    pub fn save(&self) -> AnnState<T> {
        AnnState {
            parameters: self.parameters.to_vec(),
            running: self.running.clone(),
            optimizer: self.stepper.save(),
            epochs: self.epochs,
            kept_gradient: self.kept_gradient.clone(),
        }
    }

    /// Goes on from a saved state: every number to come is the same, bit for bit, as without the interruption.
    ///
    /// # Errors
    /// [`AnnError::Inputs`] or [`AnnError::Gradient`] if the state is of another network or another optimizer; nothing
    /// has changed then.
    pub fn restore(&mut self, state: AnnState<T>) -> Result<(), AnnError> {
        let parameters = self.parameters.len();
        let kept = state.kept_gradient.as_ref().map_or(parameters, Vec::len);
        for (what, expected, got) in [
            ("the saved parameters", parameters, state.parameters.len()),
            ("the saved averages", self.running.len(), state.running.len()),
            ("the saved gradient", parameters, kept),
        ] {
            if expected != got {
                return Err(AnnError::Inputs { what, expected, got });
            }
        }
        self.stepper.restore(state.optimizer)?;
        self.parameters.copy_from_slice(&state.parameters);
        self.running = state.running;
        self.epochs = state.epochs;
        self.kept_gradient = state.kept_gradient;
        Ok(())
    }

    /// One step of the optimizer along the gradient, or along the first one where that is kept.
    pub(crate) fn step(&mut self) {
        if self.keeps_first_gradient {
            match &self.kept_gradient {
                Some(first) => self.gradient.copy_from_slice(first),
                None => self.kept_gradient = Some(self.gradient.to_vec()),
            }
        }
        self.stepper.step(&mut self.parameters, &self.gradient);
    }

    /// Refuses to learn from labels by a rule that has no use for them.
    pub(crate) fn needs_teacher(&self) -> Result<(), AnnError> {
        self.untaught.map_or(Ok(()), |rule| Err(AnnError::NoTeacher { rule }))
    }

    /// Whether threads may each keep a part of the gradient to themselves.
    pub(crate) fn may_split(&self) -> bool {
        self.threads > 1 && !self.keeps_first_gradient
    }

    /// The layers in the order of computation, with their sizes and costs.
    pub fn summary(&self) -> Vec<LayerSummary> {
        crate::cost::summary(&self.plan)
    }
}

/// Running averages before the first example: mean 0, variance 1.
fn fresh_averages<T: Real>(plan: &Plan) -> Vec<T> {
    let mut running = vec![T::ZERO; plan.running];
    for norm in plan.layers.iter().filter_map(|layer| layer.norm.as_ref()) {
        running[norm.running.clone()][norm.channels..].fill(T::ONE);
    }
    running
}

/// Where each of the network's weights stands among the link's: (position there, place here).
fn places(link: &Link, wiring: &Wiring) -> Vec<(usize, usize)> {
    match (&link.operation, wiring) {
        (Operation::Dense(_), Wiring::Sparse { .. }) => synapses(wiring, link.n_pre, link.n_post)
            .map(|(pre, post, position)| (position, pre * link.n_post + post))
            .collect(),
        _ => (0..link.weights.len()).map(|place| (place, place)).collect(),
    }
}

/// A network's weights and biases as one list, rounded to `T`.
fn read_parameters<T: Real>(plan: &Plan, network: &Network) -> Result<Vec<T>, AnnError> {
    let mut parameters = vec![T::ZERO; plan.parameters];
    for (link, projection) in plan.links.iter().zip(network.projections.values()) {
        let numbers = &mut parameters[link.weights.clone()];
        for (position, place) in places(link, &projection.wiring) {
            numbers[place] = T::from_f64(projection.weights[position]);
        }
        let mut finite = numbers.iter().all(|w| w.is_finite());
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
    for norm in plan.layers.iter().filter_map(|layer| layer.norm.as_ref()) {
        parameters[norm.parameters.clone()][..norm.channels].fill(T::ONE);
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
