//! One batch seen through: every number of a forward and a backward pass.

use crate::layer::{forward, parameter_gradient};
use crate::learning::assign_credit;
use crate::train::judge;
use crate::workspace::{Credit, Workspace};
use crate::{Ann, AnnError};
use core::ops::Range;
use duet_gradient::GradientError;
use duet_kernels::Real;

/// Every number of one forward and one backward pass. Nothing was changed by it.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace<T> {
    /// Mean loss over the batch.
    pub loss: f64,
    /// The layers in the order of computation, the input first.
    pub layers: Vec<LayerTrace<T>>,
    /// The projections in the network's order.
    pub projections: Vec<ProjectionTrace<T>>,
}

/// What happened in one layer, `[example * units + unit]`.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerTrace<T> {
    /// The population.
    pub population: String,
    /// The name of its activation.
    pub activation: &'static str,
    /// Number of units.
    pub units: usize,
    /// z = W x + b; empty for the input.
    pub drives: Vec<T>,
    /// y = f(z).
    pub values: Vec<T>,
    /// f'(z); empty for the input.
    pub slopes: Vec<T>,
    /// dL/dz; empty for the input.
    pub deltas: Vec<T>,
}

/// What happened in one projection.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectionTrace<T> {
    /// Its name.
    pub name: String,
    /// The layer that it leaves, as an index into the layers.
    pub from: usize,
    /// The layer that it feeds.
    pub to: usize,
    /// Where its weights and biases stand in [`Ann::parameters`].
    pub range: Range<usize>,
    /// Its weights.
    pub weights: Vec<T>,
    /// Its biases; empty where there are none.
    pub biases: Vec<T>,
    /// dL/dW, laid out as the weights.
    pub weight_gradient: Vec<T>,
    /// dL/db, laid out as the biases.
    pub bias_gradient: Vec<T>,
}

impl<T: Real> Ann<T> {
    /// Takes a batch, `inputs[example * inputs + i]`, forward and back, and keeps every number; learns nothing.
    ///
    /// ```
    /// use duet_ann::{Ann, AnnSide};
    /// use duet_random::Key;
    /// use duet_topology::NetworkSpec;
    ///
    /// let spec: NetworkSpec = toml::from_str("
    ///     population.x.size = 1
    ///     population.y.size = 2
    ///     projection.w = { from = 'x', to = 'y', weights.constant = 0.0 }
    /// ")?;
    /// let side: AnnSide = toml::from_str("activation.identity = {}")?;
    /// let trace = Ann::<f64>::new(&spec.realize(Key::new(0))?, &side)?.trace(&[3.0], &[1])?;
    /// assert_eq!(trace.layers[1].deltas, [0.5, -0.5]); // p - truth
    /// assert_eq!(trace.projections[0].weight_gradient, [1.5, -1.5]); // times x = 3
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`AnnError::Inputs`] if the numbers are not those of the labels' examples, [`AnnError::Gradient`] without
    /// examples or with a label that does not fit.
    pub fn trace(&self, inputs: &[T], labels: &[u32]) -> Result<Trace<T>, AnnError> {
        let (plan, batch) = (&self.plan, labels.len());
        let expected = self.inputs().saturating_mul(batch);
        if inputs.len() != expected {
            return Err(AnnError::Inputs { what: "the inputs of the batch", expected, got: inputs.len() });
        }
        if batch == 0 {
            return Err(GradientError::Empty.into());
        }
        let mut workspace = Workspace::new(plan, batch, Credit::Hidden);
        workspace.values[0].copy_from_slice(inputs);
        workspace.labels.copy_from_slice(labels);
        forward(plan, &self.parameters, &mut workspace, batch);
        let loss = judge(plan, &self.backprop.loss, &mut workspace, batch)?.loss;
        assign_credit(plan, &self.parameters, &mut workspace, batch);
        let mut gradient = vec![T::ZERO; self.parameters.len()];
        parameter_gradient(plan, &workspace, batch, &mut gradient);
        let layers = plan.layers.iter().enumerate().map(|(l, layer)| {
            let (drives, values) = (workspace.drives[l].clone(), workspace.values[l].clone());
            let curve = layer.activation.curve::<T>();
            LayerTrace {
                population: layer.name.clone(),
                activation: layer.activation.name(),
                units: layer.size,
                slopes: drives.iter().zip(&values).map(|(&z, &y)| curve.slope(z, y)).collect(),
                deltas: workspace.deltas[l].clone(),
                drives,
                values,
            }
        });
        let projections = plan.links.iter().map(|link| {
            let biases = link.bias.clone().unwrap_or(link.weights.end..link.weights.end);
            ProjectionTrace {
                name: link.name.clone(),
                from: link.from,
                to: link.to,
                range: link.weights.start..biases.end,
                weights: self.parameters[link.weights.clone()].to_vec(),
                biases: self.parameters[biases.clone()].to_vec(),
                weight_gradient: gradient[link.weights.clone()].to_vec(),
                bias_gradient: gradient[biases].to_vec(),
            }
        });
        Ok(Trace { loss, layers: layers.collect(), projections: projections.collect() })
    }
}

#[cfg(test)]
mod tests {
    use crate::samples::{CHAIN, SKIP, ann, numbers};
    use crate::{Ann, AnnError};

    #[test]
    fn the_gradient_seen_is_the_gradient_learned_from() {
        let side = "activation.tanh = {}\npopulation.output.activation.identity = {}";
        for (text, labels) in [(CHAIN, [1, 0, 1]), (SKIP, [2, 0, 1])] {
            let mut net: Ann<f64> = ann(text, side);
            let inputs = numbers::<f64>(net.inputs() * 3);
            let trace = net.trace(&inputs, &labels).unwrap();
            let loss = net.fit_batch(&inputs, &labels).unwrap();
            assert_eq!(trace.loss, loss);
            for projection in &trace.projections {
                let seen: Vec<f64> =
                    [projection.weight_gradient.clone(), projection.bias_gradient.clone()].concat();
                assert_eq!(seen, net.gradient()[projection.range.clone()], "{}", projection.name);
            }
        }
    }

    #[test]
    fn the_chain_rule_holds_between_the_numbers() {
        let net: Ann<f64> = ann(CHAIN, "activation.tanh = {}\npopulation.output.activation.identity = {}");
        let trace = net.trace(&[0.5, -1.0], &[1]).unwrap();
        let [_, hidden, output] = trace.layers.as_slice() else { panic!("three layers") };
        let below = &trace.projections[1];
        for j in 0..hidden.units {
            let back: f64 = (0..2).map(|k| below.weights[j * 2 + k] * output.deltas[k]).sum();
            assert!((hidden.deltas[j] - back * hidden.slopes[j]).abs() < 1e-15);
            assert!((below.weight_gradient[j * 2] - output.deltas[0] * hidden.values[j]).abs() < 1e-15);
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let net: Ann<f64> = ann(CHAIN, "");
        assert!(matches!(net.trace(&[1.0], &[0]), Err(AnnError::Inputs { expected: 2, got: 1, .. })));
        assert!(net.trace(&[], &[]).is_err());
        assert!(net.trace(&[0.0, 0.0], &[7]).is_err());
    }
}
