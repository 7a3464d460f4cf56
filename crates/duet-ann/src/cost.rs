//! What an answer costs, in multiplications.

use crate::link::Link;
use crate::plan::Plan;
use crate::workspace::Moment;
use duet_kernels::Real;

/// Multiply-adds of one answer. Biases are not counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// One per synapse and slice: what a dense matrix product does.
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
    /// Weights and biases of the projections that feed it, and scale and shift of its batch normalisation.
    pub parameters: u64,
    /// Multiply-adds of one answer in those projections: one per synapse and slice, none for pools.
    pub multiply_adds: u64,
}

pub(crate) fn summary(plan: &Plan) -> Vec<LayerSummary> {
    let row = |layer: &crate::plan::Layer| {
        let incoming = || layer.incoming.iter().map(|&link| &plan.links[link]);
        let norm = layer.norm.as_ref().map_or(0, |norm| 2 * norm.channels as u64);
        LayerSummary {
            population: layer.name.clone(),
            shape: layer.shape.clone(),
            activation: layer.activation.name(),
            parameters: incoming().map(Link::parameters).sum::<u64>() + norm,
            multiply_adds: plan.steps as u64 * incoming().map(Link::multiply_adds).sum::<u64>(),
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
        let fan_outs = plan.links.iter().map(Link::fan_outs);
        Self { fan_outs: fan_outs.collect(), events: 0, examples: 0 }
    }

    /// Adds `batch` examples that have just gone through the network.
    pub(crate) fn count<T: Real>(&mut self, plan: &Plan, moments: &[Moment<T>], batch: usize) {
        for (t, moment) in moments.iter().enumerate() {
            for (link, fan_outs) in plan.links.iter().zip(&self.fan_outs) {
                // A connection from the moment before carries nothing at the first one, and its last is never read.
                if link.delayed && t + 1 == plan.steps {
                    continue;
                }
                let layer = &plan.layers[link.from];
                moment.visit(layer, link.from, batch, |_, unit, y| {
                    if y != T::ZERO {
                        self.events += fan_outs[unit];
                    }
                });
            }
        }
        self.examples += batch as u64;
    }

    pub(crate) fn cost(&self, plan: &Plan) -> Cost {
        Cost {
            dense: plan.steps as u64 * plan.links.iter().map(Link::multiply_adds).sum::<u64>(),
            effective: self.events as f64 / self.examples as f64,
        }
    }
}
