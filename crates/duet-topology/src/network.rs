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
    /// textbook's n_post x n_pre matrix in column-major order).
    pub weights: Vec<f64>,
    /// One bias per target unit, dimensionless, if the projection has biases.
    pub bias: Option<Vec<f64>>,
    /// How long a spike travels, if the description says; else one time step.
    pub delays: Option<Delays>,
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
    /// Number of synapses in all.
    pub fn synapses(&self) -> usize {
        self.projections.values().map(|projection| projection.weights.len()).sum()
    }

    /// Number of weights and biases in all.
    pub fn parameters(&self) -> usize {
        let biases: usize = self.projections.values().filter_map(|p| p.bias.as_ref()).map(Vec::len).sum();
        self.synapses() + biases
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
