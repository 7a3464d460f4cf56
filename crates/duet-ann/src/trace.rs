//! One batch seen through: every number of a forward and a backward pass.

use crate::learning::assign_credit;
use crate::pass::{Mode, forward, parameter_gradient};
use crate::plan::Plan;
use crate::train::judge;
use crate::workspace::{Credit, Workspace};
use crate::{Activation, Ann, AnnError, Identity};
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
    /// Takes a batch, `inputs[example * inputs + i]`, forward and back, and keeps every number; learns nothing. Batch
    /// normalisation goes by the batch, as it does while learning; no unit drops out. Of a network in time the numbers are
    /// those of the last moment, and the gradient is the whole.
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
        let plan = &self.still();
        let mut workspace = self.shown(plan, inputs, labels)?;
        let batch = labels.len();
        self.pass_once(plan, &mut workspace, batch);
        let loss = judge(plan, &self.backprop.loss, &mut workspace, batch)?.loss;
        assign_credit(plan, &self.parameters, &mut workspace, batch, None);
        let mut gradient = vec![T::ZERO; self.parameters.len()];
        parameter_gradient(plan, &mut workspace, batch, &mut gradient, None);
        let mut layers = Vec::with_capacity(plan.layers.len());
        for (l, layer) in plan.layers.iter().enumerate() {
            let mut trace = LayerTrace {
                population: layer.name.clone(),
                activation: layer.activation.name(),
                units: layer.size,
                drives: if l > 0 { self.drives(l, inputs, labels)? } else { Vec::new() },
                values: vec![T::ZERO; layer.size * batch],
                slopes: Vec::new(),
                deltas: vec![T::ZERO; if l > 0 { layer.size * batch } else { 0 }],
            };
            let last = &workspace.moments[plan.steps - 1];
            let (values, deltas) = (&mut trace.values, &mut trace.deltas);
            last.visit(layer, l, batch, |example, unit, y| values[example * layer.size + unit] = y);
            if l > 0 {
                last.visit_deltas(layer, l, batch, |example, unit, delta| {
                    deltas[example * layer.size + unit] = delta;
                });
            }
            let curve = layer.activation.curve::<T>();
            trace.slopes = trace.drives.iter().map(|&z| curve.slope(z, curve.value(z))).collect();
            layers.push(trace);
        }
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
        Ok(Trace { loss, layers, projections: projections.collect() })
    }

    /// The mean loss of a batch, and nothing else of [`Ann::trace`].
    ///
    /// # Errors
    /// As for [`Ann::trace`].
    pub fn loss(&self, inputs: &[T], labels: &[u32]) -> Result<f64, AnnError> {
        let plan = &self.still();
        let mut workspace = self.shown(plan, inputs, labels)?;
        self.pass_once(plan, &mut workspace, labels.len());
        Ok(judge(plan, &self.backprop.loss, &mut workspace, labels.len())?.loss)
    }

    /// The drives of a layer: what it would answer if it were linear. Layers do not keep drives that they can do without.
    fn drives(&self, l: usize, inputs: &[T], labels: &[u32]) -> Result<Vec<T>, AnnError> {
        let mut linear = self.still();
        linear.layers[l].activation = Activation::Identity(Identity {});
        let mut workspace = self.shown(&linear, inputs, labels)?;
        self.pass_once(&linear, &mut workspace, labels.len());
        let layer = &linear.layers[l];
        let mut drives = vec![T::ZERO; layer.size * labels.len()];
        let last = &workspace.moments[linear.steps - 1];
        last.visit(layer, l, labels.len(), |example, unit, z| drives[example * layer.size + unit] = z);
        Ok(drives)
    }

    /// A workspace with this batch at its input.
    fn shown(&self, plan: &Plan, inputs: &[T], labels: &[u32]) -> Result<Workspace<T>, AnnError> {
        let (features, batch) = (self.inputs(), labels.len());
        let expected = features.saturating_mul(batch);
        if inputs.len() != expected {
            return Err(AnnError::Inputs { what: "the inputs of the batch", expected, got: inputs.len() });
        }
        if batch == 0 {
            return Err(GradientError::Empty.into());
        }
        let mut workspace = Workspace::new(plan, batch, Credit::Hidden);
        for (i, example) in inputs.chunks_exact(features).enumerate() {
            workspace.set_example(plan, i, example);
        }
        workspace.labels.copy_from_slice(labels);
        Ok(workspace)
    }

    /// The plan without dropout: every number is to be seen.
    fn still(&self) -> Plan {
        let mut plan = self.plan.clone();
        plan.layers.iter_mut().for_each(|layer| layer.dropout = 0.0);
        plan
    }

    /// Forward as while learning (the batch normalises itself), but no average moves.
    fn pass_once(&self, plan: &Plan, workspace: &mut Workspace<T>, batch: usize) {
        let mut running = self.running.clone();
        let mut mode = Mode::Learn { running: &mut running, key: self.key, piece: 0 };
        forward(plan, &self.parameters, workspace, batch, &mut mode);
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
