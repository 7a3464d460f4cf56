//! A realised network: the common ground of both engines.

use crate::{Delays, TopologyError, Wiring};
use indexmap::IndexMap;

/// A realised population.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Population {
    /// Its name.
    pub name: String,
    /// Number of units.
    pub size: usize,
    /// Extent along each axis; the product is `size`.
    pub shape: Vec<usize>,
}

/// A realised projection between two populations.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// Its name; where the description lists several populations, `NAME:FROM-TO`.
    pub name: String,
    /// Index of the presynaptic population.
    pub from: usize,
    /// Index of the postsynaptic population.
    pub to: usize,
    /// The pattern's name, for reports.
    pub pattern: String,
    /// Who is connected to whom.
    pub wiring: Wiring,
    /// One weight per synapse, dimensionless, in the order of `wiring` (full: `w[pre * n_post + post]`, which is the
    /// textbook's n_post x n_pre matrix in column-major order); the shared kernel of a convolution; none for pools.
    pub weights: Vec<f64>,
    /// One bias per target unit (per kernel of a convolution), dimensionless, if the projection has biases.
    pub bias: Option<Vec<f64>>,
    /// How long a spike travels, if the description says; else one time step.
    pub delays: Option<Delays>,
}

impl Projection {
    /// Number of its weights and biases.
    pub fn parameters(&self) -> usize {
        self.weights.len() + self.bias.as_ref().map_or(0, Vec::len)
    }

    /// The weights as a dense matrix, targets x sources in column-major order (`w[pre * rows + post]`), with its numbers of
    /// rows and columns: absent synapses are 0, synapses between the same units add up; a convolution's is its kernel,
    /// kernels x cells of the window. `None` for pools.
    pub fn matrix(&self, n_pre: usize, n_post: usize) -> Option<(usize, usize, Vec<f64>)> {
        match &self.wiring {
            Wiring::Full => Some((n_post, n_pre, self.weights.clone())),
            Wiring::Sparse { .. } => {
                let mut dense = vec![0.0; n_pre * n_post];
                for pre in 0..n_pre {
                    for position in self.wiring.row(pre, n_post) {
                        dense[pre * n_post + self.wiring.target(position, n_post)] += self.weights[position];
                    }
                }
                Some((n_post, n_pre, dense))
            }
            Wiring::Convolution(window) => {
                let kernels = self.wiring.biases(n_post);
                Some((kernels, window.channels * window.area(), self.weights.clone()))
            }
            Wiring::AveragePool(_) | Wiring::MaxPool(_) => None,
        }
    }
}

/// A realised network: populations and projections by name, in the order described.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// The populations.
    pub populations: IndexMap<String, Population>,
    /// The projections.
    pub projections: IndexMap<String, Projection>,
}

impl Network {
    /// Number of synapses in all: pairs of units that are connected.
    pub fn synapses(&self) -> u64 {
        self.projections.values().map(|projection| self.synapses_of(projection)).sum()
    }

    /// Number of synapses of one projection.
    pub fn synapses_of(&self, projection: &Projection) -> u64 {
        let size = |index: usize| self.populations[index].size;
        projection.wiring.synapses(size(projection.from), size(projection.to))
    }

    /// Number of weights and biases in all.
    pub fn parameters(&self) -> usize {
        self.projections.values().map(Projection::parameters).sum()
    }

    /// The network without one of its populations and the projections that begin or end there.
    #[must_use]
    pub fn without(&self, population: usize) -> Self {
        let place = |index: usize| index - usize::from(index > population);
        let stays = |p: &&Projection| p.from != population && p.to != population;
        let moved = |p: &Projection| Projection { from: place(p.from), to: place(p.to), ..p.clone() };
        let mut populations = self.populations.clone();
        populations.shift_remove_index(population);
        let projections =
            self.projections.values().filter(stays).map(|p| (p.name.clone(), moved(p))).collect();
        Self { populations, projections }
    }

    /// The populations in an order in which every one comes after all that feed it.
    ///
    /// Populations without input come first; among equals the order of the description is kept.
    ///
    /// # Errors
    /// [`TopologyError::Cycle`] names the populations that feed each other in a circle.
    pub fn layer_order(&self) -> Result<Vec<usize>, TopologyError> {
        let edges: Vec<(usize, usize)> = self.projections.values().map(|p| (p.from, p.to)).collect();
        crate::order::layer_order(self.populations.len(), &edges).map_err(|circle| {
            let names: Vec<&str> = circle.iter().map(|&i| self.populations[i].name.as_str()).collect();
            TopologyError::Cycle { names: names.join(", ") }
        })
    }

    /// The populations that nothing feeds, and those that feed nothing: where data enter and answers leave.
    pub fn ends(&self) -> (Vec<usize>, Vec<usize>) {
        let fed = |i: usize| self.projections.values().any(|p| p.to == i && p.from != i);
        let feeds = |i: usize| self.projections.values().any(|p| p.from == i && p.to != i);
        let all = 0..self.populations.len();
        (all.clone().filter(|&i| !fed(i)).collect(), all.filter(|&i| !feeds(i)).collect())
    }
}
