//! `protocol.step_through`: one example, forward, backward and one update, with every number.

mod words;

use super::{Conduct, Findings, Stage};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_ann::{Ann, AnnSide, Learning, Trace};
use duet_gradient::{Logits, Loss, Optimizer, Targets};
use duet_random::Key;
use duet_record::{Equations, Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_topology::Network;
use duet_units::{Problem, Range, parameters};
use indexmap::IndexMap;

/// More numbers than this nobody follows.
const MOST_PARAMETERS: u128 = 60;

parameters! {
    /// One example goes forward through every artificial side and back, its weights take one step, and every number is shown.
    ///
    /// # Equations
    /// ```text
    /// forward    z = W x + b,   y = f(z)
    /// loss       L(y, class)
    /// backward   delta_out = dL/dy f'(z),   delta = (W^T delta_above) f'(z)
    /// gradient   dL/dW = delta x^T,   dL/db = delta
    /// update     W, b <- what the side's optimizer makes of it
    /// ```
    ///
    /// # Behaviour
    /// For nets that fit a blackboard: at most 60 weights and biases. Numbers are computed in f64 by the same code that
    /// trains; what is printed is rounded to four digits, and the files behind the figure are not.
    ///
    /// # References
    /// - Rumelhart, Hinton & Williams (1986), Learning representations by back-propagating errors, Nature 323.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::StepThrough;
    /// let step: StepThrough = toml::from_str("input = [1.0, 2.0]\nlabel = 0").unwrap();
    /// assert_eq!(step.input, [1.0, 2.0]);
    /// ```
    pub struct StepThrough {
        /// The example: one number per input unit.
        pub input: Vec<f64>, in Range::between(-1e6, 1e6);
        /// Its class, counted from 0.
        pub label: usize, in Range::between(0.0, 1e6);
    }
}

/// One side's step in full.
pub struct Worked {
    /// Every number of both passes, before the update.
    pub trace: Trace<f64>,
    /// dL/dy of every output.
    pub output_slopes: Vec<f64>,
    /// Softmax of the outputs, where the loss takes one.
    pub probabilities: Option<Vec<f64>>,
    /// Weights and biases after the update, in the order of the trace's ranges.
    pub updated: Vec<f64>,
    /// The same example's loss after the update.
    pub loss_after: f64,
    /// The loss in use.
    pub loss: Loss,
    /// The optimizer in use.
    pub optimizer: Optimizer,
}

impl StepThrough {
    /// Takes one side through its step.
    ///
    /// # Errors
    /// A sentence when side, network and example do not fit.
    pub fn work(&self, side: &AnnSide, network: &Network) -> Result<Worked, String> {
        let words = |error: &dyn std::fmt::Display| error.to_string();
        let Learning::Backprop(backprop) = &side.learning else {
            return Err("the step-through follows learning.backprop".to_owned());
        };
        let labels = [self.label as u32];
        let mut ann = Ann::<f64>::new(network, side).map_err(|error| words(&error))?;
        let trace = ann.trace(&self.input, &labels).map_err(|error| words(&error))?;
        let outputs = trace.layers.last().map(|layer| layer.values.clone()).unwrap_or_default();
        let logits = Logits::new(&outputs, outputs.len()).map_err(|error| words(&error))?;
        let mut output_slopes = vec![0.0; outputs.len()];
        backprop
            .loss
            .evaluate(logits, Targets::Classes(&labels), &mut output_slopes)
            .map_err(|error| words(&error))?;
        let probabilities =
            matches!(backprop.loss, Loss::CrossEntropy(_)).then(|| logits.softmax().values().to_vec());
        ann.fit_batch(&self.input, &labels).map_err(|error| words(&error))?;
        let updated = ann.parameters().to_vec();
        let loss_after = ann.trace(&self.input, &labels).map_err(|error| words(&error))?.loss;
        let (loss, optimizer) = (backprop.loss.clone(), backprop.optimizer.clone());
        Ok(Worked { trace, output_slopes, probabilities, updated, loss_after, loss, optimizer })
    }

    /// The worked page of every artificial side of a scenario, under its first seed: (label, page).
    ///
    /// # Errors
    /// [`HarnessError::Side`] when the network cannot be drawn or a side does not fit.
    pub fn pages(&self, scenario: &Scenario) -> Result<Vec<(String, String)>, HarnessError> {
        let key = Key::new(scenario.seed).child("network");
        let network =
            scenario.network().realize(key).map_err(|error| Stage::refused("network", error.to_string()))?;
        let mut pages = Vec::new();
        for (name, side) in &scenario.side {
            if let Some(ann) = &side.ann {
                let worked = self.work(ann, &network).map_err(|words| Stage::refused(name, words))?;
                pages.push((side.label(name).to_owned(), self.words(&worked)));
            }
        }
        Ok(pages)
    }

    /// The step in words and numbers, for the terminal and the report.
    pub fn words(&self, worked: &Worked) -> String {
        words::page(self, worked)
    }
}

impl Worked {
    /// Every unit: `population,unit,z,y,slope,delta`.
    fn units(&self) -> Result<Table, HarnessError> {
        let layers = || self.trace.layers.iter();
        let rows = || layers().flat_map(|layer| (0..layer.units).map(move |unit| (layer, unit)));
        let number = |list: &[f64], unit: usize| list.get(unit).copied().unwrap_or(f64::NAN);
        Ok(Table::new()
            .with_texts("population", rows().map(|(layer, _)| layer.population.clone()).collect())?
            .with_texts("activation", rows().map(|(layer, _)| layer.activation.to_owned()).collect())?
            .with_numbers("unit", rows().map(|(_, unit)| unit as f64).collect())?
            .with_numbers("z", rows().map(|(layer, unit)| number(&layer.drives, unit)).collect())?
            .with_numbers("y", rows().map(|(layer, unit)| number(&layer.values, unit)).collect())?
            .with_numbers("slope", rows().map(|(layer, unit)| number(&layer.slopes, unit)).collect())?
            .with_numbers("delta", rows().map(|(layer, unit)| number(&layer.deltas, unit)).collect())?)
    }

    /// Every weight and bias: `projection,from,pre,to,post,value,gradient,updated`; a bias has no `pre`.
    fn synapses(&self) -> Result<Table, HarnessError> {
        let mut rows = Vec::new();
        for projection in &self.trace.projections {
            let (from, to) = (&self.trace.layers[projection.from], &self.trace.layers[projection.to]);
            let updated = &self.updated[projection.range.clone()];
            for (at, &value) in projection.weights.iter().enumerate() {
                let (pre, post) = ((at / to.units) as f64, (at % to.units) as f64);
                rows.push((
                    projection,
                    from,
                    to,
                    pre,
                    post,
                    value,
                    projection.weight_gradient[at],
                    updated[at],
                ));
            }
            for (post, &value) in projection.biases.iter().enumerate() {
                let new = updated[projection.weights.len() + post];
                rows.push((
                    projection,
                    from,
                    to,
                    f64::NAN,
                    post as f64,
                    value,
                    projection.bias_gradient[post],
                    new,
                ));
            }
        }
        Ok(Table::new()
            .with_texts("projection", rows.iter().map(|row| row.0.name.clone()).collect())?
            .with_texts("from", rows.iter().map(|row| row.1.population.clone()).collect())?
            .with_numbers("pre", rows.iter().map(|row| row.3).collect())?
            .with_texts("to", rows.iter().map(|row| row.2.population.clone()).collect())?
            .with_numbers("post", rows.iter().map(|row| row.4).collect())?
            .with_numbers("value", rows.iter().map(|row| row.5).collect())?
            .with_numbers("gradient", rows.iter().map(|row| row.6).collect())?
            .with_numbers("updated", rows.iter().map(|row| row.7).collect())?)
    }

    fn metrics(&self) -> IndexMap<String, Metric> {
        let largest = self
            .trace
            .projections
            .iter()
            .flat_map(|p| p.weight_gradient.iter().chain(&p.bias_gradient))
            .fold(0.0_f64, |largest, slope| largest.max(slope.abs()));
        IndexMap::from([
            (
                "loss_before".to_owned(),
                Metric::new(self.trace.loss, "1", "loss of the example before the update"),
            ),
            (
                "loss_after".to_owned(),
                Metric::new(self.loss_after, "1", "loss of the same example after the update"),
            ),
            (
                "largest_slope".to_owned(),
                Metric::new(largest, "1", "largest derivative of the loss by a weight or bias, in size"),
            ),
        ])
    }
}

impl Conduct for StepThrough {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, side) in &scenario.side {
            if side.ann.is_none() {
                let words = "protocol.step_through follows backpropagation; a spiking side has none";
                problems.push(
                    Problem::new(format!("side.{name}"), words)
                        .hint("give it an `ann` table, or leave it out"),
                );
            }
        }
        let network = scenario.network();
        if let Some((name, projection)) = network.projection.iter().find(|(_, p)| p.pattern.name() != "full")
        {
            let words = format!(
                "protocol.step_through shows full projections; `{name}` is {}",
                projection.pattern.name()
            );
            problems.push(Problem::new(format!("projection.{name}.pattern"), words));
        }
        let synapses = network.most_weights();
        if synapses > MOST_PARAMETERS {
            let words = format!(
                "protocol.step_through shows every number; {synapses} weights are more than anybody follows (at most {MOST_PARAMETERS})"
            );
            problems.push(Problem::new("projection", words).hint("use a smaller network"));
        }
        problems
    }

    fn learns(&self) -> bool {
        true
    }

    fn headline(&self) -> Option<&'static str> {
        Some("loss_after")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            if let Some(ann) = &side.ann {
                self.work(ann, &stage.networks[0]).map_err(|words| Stage::refused(name, words))?;
            }
        }
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        _progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (name, side) in &stage.scenario.side {
            let Some(ann) = &side.ann else { continue };
            let worked = self.work(ann, &stage.networks[0]).map_err(|words| Stage::refused(name, words))?;
            folder.write(layout::trace(name, "units"), worked.units()?.to_csv())?;
            folder.write(layout::trace(name, "synapses"), worked.synapses()?.to_csv())?;
            findings.verdicts.push(format!(
                "{}: one step of {} takes the loss from {} to {}.",
                side.label(name),
                worked.optimizer.name().replace('_', " "),
                format::number(worked.trace.loss),
                format::number(worked.loss_after)
            ));
            findings.worked.insert(
                name.clone(),
                Equations {
                    name: "every number".to_owned(),
                    kind: "step".to_owned(),
                    text: self.words(&worked),
                    parameters: Vec::new(),
                },
            );
            findings.metrics.sides.insert(name.clone(), worked.metrics());
        }
        let words = format!("x = {:?}, class {}", self.input, self.label);
        findings.shared = vec![SharedFact { what: "example".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let ann = side.ann.as_ref()?;
        let Learning::Backprop(backprop) = &ann.learning else { return None };
        Some(format!(
            "One example, the gradient of its {} by the chain rule, and one step of {}.",
            backprop.loss.name().replace('_', "-"),
            backprop.optimizer.name().replace('_', " ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_topology::NetworkSpec;

    /// The network of the truth entry `mlp.tiny.tanh`, and its side.
    fn tiny() -> (Network, AnnSide) {
        let spec: NetworkSpec = toml::from_str(
            "population = { input.size = 2, hidden.size = 3, output.size = 2 }\n\
             projection.a = { from = 'input', to = 'hidden', weights.constant = 0.0, bias.zero = {} }\n\
             projection.b = { from = 'hidden', to = 'output', weights.constant = 0.0, bias.zero = {} }",
        )
        .unwrap();
        let mut network = spec.realize(Key::new(0)).unwrap();
        network.projections["a"].weights = vec![0.1, -0.2, 0.3, 0.4, 0.05, -0.15];
        network.projections["a"].bias = Some(vec![0.01, -0.02, 0.03]);
        network.projections["b"].weights = vec![0.2, -0.1, -0.3, 0.25, 0.15, 0.35];
        network.projections["b"].bias = Some(vec![0.05, -0.05]);
        let side = toml::from_str(
            "activation.tanh = {}\npopulation.output.activation.identity = {}\n\
             learning.backprop = { batch = 1, optimizer.sgd = { rate = 0.5 } }",
        );
        (network, side.unwrap())
    }

    /// Truth entry `mlp.tiny.tanh`: the mean over its three examples.
    #[test]
    fn three_steps_have_the_mean_gradient_of_the_reference() {
        let (network, side) = tiny();
        let examples = [([1.0, 2.0], 0), ([-1.0, 0.5], 1), ([0.3, -0.7], 1)];
        let mut mean = [0.0; 17];
        let mut loss = 0.0;
        for (input, label) in examples {
            let worked = StepThrough { input: input.to_vec(), label }.work(&side, &network).unwrap();
            loss += worked.trace.loss / 3.0;
            let slopes = worked
                .trace
                .projections
                .iter()
                .flat_map(|p| p.weight_gradient.iter().chain(&p.bias_gradient));
            mean.iter_mut().zip(slopes).for_each(|(mean, slope)| *mean += slope / 3.0);
        }
        let expected = [
            -0.056_603_698_732_9,
            0.137_564_540_87,
            0.048_341_487_954_3,
            -0.047_144_257_119_4,
            0.166_088_801_664,
            0.061_470_459_332_9,
            0.080_396_572_010_1,
            -0.110_859_213_842,
            -0.036_314_072_245_4,
            -0.118_983_440_042,
            0.118_983_440_042,
            0.031_843_143_232_9,
            -0.031_843_143_232_9,
            -0.024_060_201_758_8,
            0.024_060_201_758_8,
            0.208_976_441_122,
            -0.208_976_441_122,
        ];
        assert!((loss - 0.659_440_103_081).abs() < 1e-9);
        for (got, want) in mean.iter().zip(expected) {
            assert!((got - want).abs() < 1e-9, "{got} {want}");
        }
    }

    #[test]
    fn the_update_is_what_the_optimizer_makes_of_the_gradient() {
        let (network, side) = tiny();
        let worked = StepThrough { input: vec![1.0, 2.0], label: 0 }.work(&side, &network).unwrap();
        for projection in &worked.trace.projections {
            let before = projection.weights.iter().chain(&projection.biases);
            let slopes = projection.weight_gradient.iter().chain(&projection.bias_gradient);
            for ((old, slope), new) in before.zip(slopes).zip(&worked.updated[projection.range.clone()]) {
                assert!((old - 0.5 * slope - new).abs() < 1e-15);
            }
        }
        assert!(worked.loss_after < worked.trace.loss);
    }

    #[test]
    fn the_page_spells_out_the_chain_rule() {
        let (network, side) = tiny();
        let step = StepThrough { input: vec![1.0, 2.0], label: 0 };
        let page = step.words(&step.work(&side, &network).unwrap());
        for words in
            ["z0 = 0.1 · 1 + 0.4 · 2 + 0.01 = 0.91", "tanh(0.91) = 0.7211", "−ln", "BACKWARD", "UPDATE"]
        {
            assert!(page.contains(words), "{words}:\n{page}");
        }
        assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    }
}
