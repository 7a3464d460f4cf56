//! The order of computation: a network's populations as layers, its projections as links between them.

use crate::batch_norm::Norm;
use crate::lanes::room;
use crate::link::dense::Dense;
use crate::link::sparse::{Compressed, DENSE_FROM};
use crate::link::window::{Convolution, Pool, PoolKind};
use crate::link::{Layouts, Link, Operation};
use crate::{Activation, AnnError, AnnSide, Identity, Standardize};
use duet_kernels::sparse::Synapses;
use duet_topology::{Network, Projection, Wiring};

/// What is computed in which order. Layer 0 is the input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) layers: Vec<Layer>,
    pub(crate) links: Vec<Link>,
    /// The layer that answers.
    pub(crate) output: usize,
    /// Length of the arena that holds all weights and biases, then the scales and shifts of batch normalisation.
    pub(crate) parameters: usize,
    /// Running means and variances of batch normalisation.
    pub(crate) running: usize,
    /// What is done to the numbers of an example before they enter.
    pub(crate) standardize: Option<Standardize>,
    /// Slices in which an example is shown, one moment after the other.
    pub(crate) steps: usize,
    /// Whether the output's error is taken as it is, without the slope of its activation.
    pub(crate) ignores_slope: bool,
}

/// One population.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) shape: Vec<usize>,
    pub(crate) size: usize,
    pub(crate) activation: Activation,
    /// The links that feed it, as indices; none for the input.
    pub(crate) incoming: Vec<usize>,
    /// The links that leave it.
    pub(crate) outgoing: Vec<usize>,
    /// Whether it keeps examples side by side ([`crate::lanes`]).
    pub(crate) lanes: bool,
    /// Whether a matrix, or whoever asks for answers, reads it as rows.
    pub(crate) needs_rows: bool,
    /// Batch normalisation of its drives.
    pub(crate) norm: Option<Norm>,
    /// Share of its units that are silenced while learning.
    pub(crate) dropout: f64,
}

impl Layer {
    /// How many numbers `batch` examples take in its layout.
    pub(crate) fn numbers(&self, batch: usize) -> usize {
        if self.lanes { room(self.size, batch) } else { self.size * batch }
    }
}

impl Plan {
    /// Orders a network's populations and lays out its parameters.
    pub(crate) fn new(network: &Network, side: &AnnSide) -> Result<Self, AnnError> {
        check_side(side)?;
        let order = order(network, side.steps)?;
        let (input, output) = ends(network)?;
        check_overrides(network, side, input)?;

        let mut place = vec![0; order.len()];
        let mut layers = Vec::with_capacity(order.len());
        for (layer, &index) in order.iter().enumerate() {
            let population = &network.populations[index];
            place[index] = layer;
            let activation = if index == input {
                Activation::Identity(Identity {})
            } else {
                side.activation_of(&population.name).clone()
            };
            layers.push(Layer {
                name: population.name.clone(),
                shape: population.shape.clone(),
                size: population.size,
                activation,
                incoming: Vec::new(),
                outgoing: Vec::new(),
                lanes: false,
                needs_rows: index == output,
                norm: None,
                dropout: side.population.get(&population.name).map_or(0.0, |own| own.dropout),
            });
        }

        let mut links = Vec::with_capacity(network.projections.len());
        let mut parameters = 0;
        for (index, projection) in network.projections.values().enumerate() {
            let (from, to) = (place[projection.from], place[projection.to]);
            layers[from].outgoing.push(index);
            layers[to].incoming.push(index);
            let (n_pre, n_post) = (layers[from].size, layers[to].size);
            check_lengths(projection, n_pre, n_post)?;
            let operation = operation(projection, n_pre, n_post);
            if operation.wants_lanes() {
                layers[from].lanes = true;
                layers[to].lanes = true;
            } else {
                layers[from].needs_rows = true;
            }
            let stored = match &operation {
                Operation::Dense(_) => n_pre * n_post,
                _ => projection.weights.len(),
            };
            let weights = parameters..parameters + stored;
            parameters = weights.end;
            let bias = projection.bias.as_ref().map(|bias| parameters..parameters + bias.len());
            parameters = bias.as_ref().map_or(parameters, |bias| bias.end);
            links.push(Link {
                name: projection.name.clone(),
                from,
                to,
                n_pre,
                n_post,
                delayed: from >= to,
                weights,
                bias,
                operation,
                layouts: Layouts { from_lanes: false, to_lanes: false },
            });
        }
        for link in &mut links {
            link.layouts = Layouts { from_lanes: layers[link.from].lanes, to_lanes: layers[link.to].lanes };
        }
        let mut running = 0;
        for layer in &mut layers {
            let settings = side.population.get(&layer.name).and_then(|own| own.batch_norm.as_ref());
            layer.norm = settings.map(|settings| Norm::new(settings, &layer.shape, parameters, running));
            if let Some(norm) = &layer.norm {
                parameters += 2 * norm.channels;
                running += 2 * norm.channels;
            }
        }
        Ok(Self {
            layers,
            links,
            output: place[output],
            parameters,
            running,
            standardize: side.input.clone(),
            steps: side.steps,
            ignores_slope: side.learning.ignores_slope(),
        })
    }

    /// How many numbers an example has.
    pub(crate) fn inputs(&self) -> usize {
        self.layers[0].size * self.steps
    }

    /// How many numbers an answer has.
    pub(crate) fn outputs(&self) -> usize {
        self.layers[self.output].size
    }
}

fn check_side(side: &AnnSide) -> Result<(), AnnError> {
    match side.problems().into_iter().next() {
        Some(problem) => Err(AnnError::Side { path: problem.path, words: problem.words }),
        None => Ok(()),
    }
}

/// The input (first population that nothing feeds) and the output (last that feeds nothing); there must be one of each.
fn ends(network: &Network) -> Result<(usize, usize), AnnError> {
    let (sources, sinks) = network.ends();
    let (Some(&input), Some(&output)) = (sources.first(), sinks.last()) else {
        return Err(AnnError::NoPopulations);
    };
    let name = |index: usize| network.populations[index].name.clone();
    if let Some(&other) = sources.get(1) {
        return Err(AnnError::NotFed { population: name(other), input: name(input) });
    }
    if sinks.len() > 1 {
        return Err(AnnError::DeadEnd { population: name(sinks[0]), output: name(output) });
    }
    Ok((input, output))
}

fn check_overrides(network: &Network, side: &AnnSide, input: usize) -> Result<(), AnnError> {
    for (name, settings) in &side.population {
        let refused = |words| Err(AnnError::Override { name: name.clone(), words });
        match network.populations.get_index_of(name) {
            None => return refused("no population of the network has this name"),
            Some(index) if index == input && settings.activation.is_some() => {
                return refused("the input passes on what it is given and has no activation");
            }
            Some(_) => {}
        }
    }
    Ok(())
}

fn check_lengths(projection: &Projection, n_pre: usize, n_post: usize) -> Result<(), AnnError> {
    let shape = |what, expected, got| {
        if expected == got {
            return Ok(());
        }
        Err(AnnError::Shape { projection: projection.name.clone(), what, expected, got })
    };
    if let Wiring::Sparse { offsets, .. } = &projection.wiring {
        shape("the list of rows", n_pre + 1, offsets.len())?;
    }
    let wiring = &projection.wiring;
    shape("the list of weights", wiring.weights(n_pre, n_post), projection.weights.len())?;
    projection
        .bias
        .as_ref()
        .map_or(Ok(()), |bias| shape("the list of biases", wiring.biases(n_post), bias.len()))
}

/// How a projection is computed.
fn operation(projection: &Projection, n_pre: usize, n_post: usize) -> Operation {
    match &projection.wiring {
        Wiring::Full => Operation::Dense(Dense::default()),
        Wiring::Convolution(window) => {
            Operation::Convolution(Convolution::new(*window, projection.wiring.biases(n_post)))
        }
        Wiring::AveragePool(window) => Operation::Pool(Pool::new(window, PoolKind::Mean)),
        Wiring::MaxPool(window) => Operation::Pool(Pool::new(window, PoolKind::Maximum)),
        Wiring::Sparse { offsets, targets } => {
            let mut present = Vec::new();
            if targets.len() as f64 >= DENSE_FROM * (n_pre as f64 * n_post as f64) {
                present = vec![false; n_pre * n_post];
            }
            for (pre, post, _) in synapses(&projection.wiring, n_pre, n_post) {
                if let Some(entry) = present.get_mut(pre * n_post + post)
                    && std::mem::replace(entry, true)
                {
                    // Two synapses between the same units have no place in a matrix.
                    present.clear();
                    break;
                }
            }
            if present.is_empty() {
                let synapses = Synapses::new(n_post, offsets.clone(), targets.clone());
                Operation::Compressed(Compressed { synapses })
            } else {
                Operation::Dense(Dense { present: Some(present) })
            }
        }
    }
}

/// The populations in the order of computation. In time, what would close a circle carries the moment before: a projection
/// from a population to itself, and, where others feed each other, one back to a population described earlier.
fn order(network: &Network, steps: usize) -> Result<Vec<usize>, AnnError> {
    if steps == 1 {
        return Ok(network.layer_order()?);
    }
    let mut forward = network.clone();
    forward.projections.retain(|_, projection| projection.from != projection.to);
    Ok(forward.layer_order().unwrap_or_else(|_| (0..network.populations.len()).collect()))
}

/// The synapses of a projection as (pre, post, position in its weights).
pub(crate) fn synapses(
    wiring: &Wiring,
    n_pre: usize,
    n_post: usize,
) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
    (0..n_pre).flat_map(move |pre| {
        wiring.row(pre, n_post).map(move |position| (pre, wiring.target(position, n_post), position))
    })
}

#[cfg(test)]
mod tests;
