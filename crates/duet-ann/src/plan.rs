//! The order of computation: a network's populations as layers, its projections as links between them.

use crate::{Activation, AnnError, AnnSide, Identity};
use core::ops::Range;
use duet_topology::{Network, Projection, Wiring};

/// A larger matrix is not made for a sparse projection: 2^28 numbers are 1 GiB in single precision.
const LARGEST_MATRIX: usize = 1 << 28;

/// What is computed in which order. Layer 0 is the input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    pub(crate) layers: Vec<Layer>,
    pub(crate) links: Vec<Link>,
    /// The layer that answers.
    pub(crate) output: usize,
    /// Length of the arena that holds all weights and biases.
    pub(crate) parameters: usize,
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
}

/// One projection: where its numbers are and which layers it joins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Link {
    pub(crate) name: String,
    /// Index of the layer it leaves.
    pub(crate) from: usize,
    /// Index of the layer it feeds; always the larger.
    pub(crate) to: usize,
    pub(crate) n_pre: usize,
    pub(crate) n_post: usize,
    /// Place of the dense matrix in the arena: `w[pre * n_post + post]`.
    pub(crate) weights: Range<usize>,
    /// Place of the biases in the arena.
    pub(crate) bias: Option<Range<usize>>,
    /// For sparse wiring, which entries of the dense matrix are synapses.
    pub(crate) present: Option<Vec<bool>>,
}

impl Link {
    /// How many synapses each presynaptic unit has.
    pub(crate) fn fan_out(&self, pre: usize) -> u64 {
        match &self.present {
            None => self.n_post as u64,
            Some(present) => {
                let row = &present[pre * self.n_post..(pre + 1) * self.n_post];
                row.iter().filter(|&&synapse| synapse).count() as u64
            }
        }
    }

    /// How many synapses there are.
    pub(crate) fn synapses(&self) -> u64 {
        (0..self.n_pre).map(|pre| self.fan_out(pre)).sum()
    }
}

impl Plan {
    /// Orders a network's populations and lays out its parameters.
    pub(crate) fn new(network: &Network, side: &AnnSide) -> Result<Self, AnnError> {
        check_side(side)?;
        let order = network.layer_order()?;
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
            let present = present(projection, n_pre, n_post)?;
            let weights = parameters..parameters + n_pre * n_post;
            parameters = weights.end;
            let bias = projection.bias.as_ref().map(|bias| parameters..parameters + bias.len());
            parameters = bias.as_ref().map_or(parameters, |bias| bias.end);
            links.push(Link {
                name: projection.name.clone(),
                from,
                to,
                n_pre,
                n_post,
                weights,
                bias,
                present,
            });
        }
        Ok(Self { layers, links, output: place[output], parameters })
    }

    /// How many numbers an example has.
    pub(crate) fn inputs(&self) -> usize {
        self.layers[0].size
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
    match &projection.wiring {
        Wiring::Full => shape("the list of weights", n_pre * n_post, projection.weights.len())?,
        Wiring::Sparse { offsets, targets } => {
            shape("the list of rows", n_pre + 1, offsets.len())?;
            shape("the list of weights", targets.len(), projection.weights.len())?;
        }
    }
    projection.bias.as_ref().map_or(Ok(()), |bias| shape("the list of biases", n_post, bias.len()))
}

/// Which entries of the dense matrix are synapses; `None` means all.
fn present(projection: &Projection, n_pre: usize, n_post: usize) -> Result<Option<Vec<bool>>, AnnError> {
    if projection.wiring == Wiring::Full {
        return Ok(None);
    }
    let name = || projection.name.clone();
    let Some(numbers) = n_pre.checked_mul(n_post).filter(|&numbers| numbers <= LARGEST_MATRIX) else {
        return Err(AnnError::TooLarge { projection: name(), n_pre, n_post, limit: LARGEST_MATRIX });
    };
    let mut present = vec![false; numbers];
    for (pre, post, _) in synapses(&projection.wiring, n_pre, n_post) {
        if std::mem::replace(&mut present[pre * n_post + post], true) {
            return Err(AnnError::Multapse { projection: name(), pre, post });
        }
    }
    Ok(Some(present))
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
