//! What an answer costs, in multiplications.

use crate::plan::Plan;
use duet_kernels::Real;

/// Multiply-adds of one answer. Biases are not counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// One per synapse: what a dense matrix product does.
    pub dense: u64,
    /// Those whose presynaptic activation is not zero, averaged over the examples: what remains for hardware that skips
    /// zeros, and the fair counterpart of a spiking network's synaptic events.
    pub effective: f64,
}

/// One layer in a table of the network.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerSummary {
    /// The population.
    pub population: String,
    /// Its extent along each axis.
    pub shape: Vec<usize>,
    /// The name of its activation.
    pub activation: &'static str,
    /// Weights and biases of the projections that feed it.
    pub parameters: u64,
    /// Multiply-adds of one answer in those projections: one per synapse.
    pub multiply_adds: u64,
}

pub(crate) fn summary(plan: &Plan) -> Vec<LayerSummary> {
    let row = |layer: &crate::plan::Layer| {
        let incoming = || layer.incoming.iter().map(|&link| &plan.links[link]);
        let multiply_adds = incoming().map(crate::plan::Link::synapses).sum();
        let biases: u64 =
            incoming().filter_map(|link| link.bias.as_ref()).map(|bias| bias.len() as u64).sum();
        LayerSummary {
            population: layer.name.clone(),
            shape: layer.shape.clone(),
            activation: layer.activation.name(),
            parameters: multiply_adds + biases,
            multiply_adds,
        }
    };
    plan.layers.iter().map(row).collect()
}

/// Counts synapses whose presynaptic activation is not zero.
pub(crate) struct Meter {
    /// Synapses of each unit of each link's presynaptic layer.
    fan_outs: Vec<Vec<u64>>,
    events: u64,
    examples: u64,
}

impl Meter {
    pub(crate) fn new(plan: &Plan) -> Self {
        let fan_outs = plan.links.iter().map(|link| (0..link.n_pre).map(|pre| link.fan_out(pre)).collect());
        Self { fan_outs: fan_outs.collect(), events: 0, examples: 0 }
    }

    /// Adds `batch` examples whose activations are `values[layer]`.
    pub(crate) fn count<T: Real>(&mut self, plan: &Plan, values: &[Vec<T>], batch: usize) {
        for (link, fan_outs) in plan.links.iter().zip(&self.fan_outs) {
            for example in values[link.from][..link.n_pre * batch].chunks_exact(link.n_pre) {
                let active = example.iter().zip(fan_outs).filter(|&(&y, _)| y != T::ZERO);
                self.events += active.map(|(_, &synapses)| synapses).sum::<u64>();
            }
        }
        self.examples += batch as u64;
    }

    pub(crate) fn cost(&self, plan: &Plan) -> Cost {
        Cost {
            dense: plan.links.iter().map(crate::plan::Link::synapses).sum(),
            effective: self.events as f64 / self.examples as f64,
        }
    }
}
