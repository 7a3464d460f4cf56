//! `protocol.gradient_check`: is backpropagation's gradient the slope of the loss?

use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_ann::{Ann, AnnSide, AnnState, Trace};
use duet_kernels::math;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_tasks::{Dataset, Task};
use duet_topology::Network;
use duet_units::{Problem, Range, parameters};
use indexmap::IndexMap;

/// Widths of the difference for the curve, largest first.
const WIDTHS: [f64; 11] = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11];

parameters! {
    /// The gradient that backpropagation computes is held against central differences of the loss, weight by weight.
    ///
    /// # Equations
    /// ```text
    /// n_i   = (L(w + h e_i) - L(w - h e_i)) / (2 h)        knows nothing of the chain rule
    /// error = |g - n| / (|g| + |n|)                        Euclidean lengths, over one projection
    /// ```
    ///
    /// # Behaviour
    /// The difference errs by the third derivative times h^2 / 6, and by rounding over h: its error falls a hundredfold for
    /// every tenfold smaller h until rounding takes over, and rises again. In f64 the best is near h = 1e-5. A right
    /// gradient of a smooth network then agrees to 1e-9 or so, a wrong one does not agree to any digit. Kinks (`relu`) that
    /// lie within h of a drive spoil single weights. A step has no slope and is not checked.
    ///
    /// # References
    /// - Goodfellow, Bengio & Courville (2016), Deep Learning, section 11.5.
    /// - Stanford CS231n, notes on neural networks 3, gradient checks.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::GradientCheck;
    /// let check: GradientCheck = toml::from_str("").unwrap();
    /// assert_eq!((check.h, check.examples), (1e-5, 10));
    /// ```
    pub default struct GradientCheck {
        /// Half the width of the difference.
        pub h: f64 = 1e-5, in Range::between(1e-12, 1.0);
        /// The first so many training examples make up the loss.
        pub examples: usize = 10, in Range::between(1.0, 1000.0);
        /// Weights and biases that are checked in each projection, evenly spread over it.
        pub most: usize = 100, in Range::between(1.0, 100_000.0);
    }
}

/// A network with the batch that its loss is taken over.
struct Point {
    ann: Ann<f64>,
    inputs: Vec<f64>,
    labels: Vec<u32>,
    trace: Trace<f64>,
    state: AnnState<f64>,
}

/// Slopes of the checked weights of one projection.
struct Slopes {
    projection: String,
    places: Vec<usize>,
    given: Vec<f64>,
}

impl Point {
    fn new(check: &GradientCheck, side: &AnnSide, network: &Network, data: &Dataset) -> Result<Self, String> {
        let ann = Ann::<f64>::new(network, side).map_err(|error| error.to_string())?;
        let count = check.examples.min(data.train.len());
        let inputs: Vec<f64> = (0..count).flat_map(|i| data.train.pixels.example(i)).map(f64::from).collect();
        let labels = data
            .train
            .labels()
            .get(..count)
            .ok_or("the gradient check needs examples with classes")?
            .to_vec();
        let trace = ann.trace(&inputs, &labels).map_err(|error| error.to_string())?;
        Ok(Self { state: ann.save(), ann, inputs, labels, trace })
    }

    /// The loss with one parameter moved.
    fn loss(&mut self, place: usize, by: f64) -> f64 {
        let mut moved = self.state.clone();
        moved.parameters[place] += by;
        let judged = self.ann.restore(moved).and_then(|()| self.ann.loss(&self.inputs, &self.labels));
        judged.unwrap_or(f64::NAN)
    }

    fn difference(&mut self, place: usize, h: f64) -> f64 {
        // The step that is really taken, which rounding makes differ from h.
        let at = self.state.parameters[place];
        let (above, below) = ((at + h) - at, at - (at - h));
        (self.loss(place, above) - self.loss(place, -below)) / (above + below)
    }

    fn differences(&mut self, slopes: &Slopes, h: f64) -> Vec<f64> {
        slopes.places.iter().map(|&place| self.difference(place, h)).collect()
    }

    /// For every projection the weights to check: those that are synapses, evenly spread.
    fn slopes(&self, most: usize) -> Vec<Slopes> {
        let one = |projection: &duet_ann::ProjectionTrace<f64>| {
            let given: Vec<f64> =
                projection.weight_gradient.iter().chain(&projection.bias_gradient).copied().collect();
            let count = given.len().min(most);
            let chosen: Vec<usize> = (0..count).map(|k| k * given.len() / count.max(1)).collect();
            Slopes {
                projection: projection.name.clone(),
                places: chosen.iter().map(|&at| projection.range.start + at).collect(),
                given: chosen.iter().map(|&at| given[at]).collect(),
            }
        };
        self.trace.projections.iter().map(one).collect()
    }
}

fn length(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// The error of a whole projection.
fn error(given: &[f64], numerical: &[f64]) -> f64 {
    let apart = length(given.iter().zip(numerical).map(|(g, n)| g - n));
    let sum = length(given.iter().copied()) + length(numerical.iter().copied());
    if apart == 0.0 { 0.0 } else { apart / sum }
}

impl GradientCheck {
    fn side(
        &self,
        point: &mut Point,
        name: &str,
        folder: &RunFolder,
    ) -> Result<IndexMap<String, Metric>, HarnessError> {
        let all = point.slopes(self.most);
        let mut metrics = IndexMap::new();
        let (mut rows, mut curve) = (Vec::new(), Vec::new());
        let (mut given, mut numerical, mut orders) = (Vec::new(), Vec::new(), Vec::new());
        for slopes in &all {
            let found = point.differences(slopes, self.h);
            let at = |k: usize| (slopes.places[k] - slopes.places[0]) as f64;
            rows.extend(
                found
                    .iter()
                    .enumerate()
                    .map(|(k, &n)| (slopes.projection.clone(), at(k), slopes.given[k], n)),
            );
            let words = "relative difference between backpropagation's gradient and central differences, over this projection";
            metrics.insert(
                format!("{}.error", slopes.projection),
                Metric::new(error(&slopes.given, &found), "1", words),
            );
            let by_width: Vec<f64> =
                WIDTHS.iter().map(|&h| error(&slopes.given, &point.differences(slopes, h))).collect();
            curve.extend(
                WIDTHS.iter().zip(&by_width).map(|(&h, &error)| (slopes.projection.clone(), h, error)),
            );
            orders.push(math::log10(by_width[1] / by_width[2]));
            given.extend_from_slice(&slopes.given);
            numerical.extend(found);
        }
        let worst = metrics.values().filter_map(|metric: &Metric| metric.value).fold(0.0, f64::max);
        metrics.insert("error".to_owned(), Metric::new(worst, "1", "the largest of the projections' errors"));
        let order = orders.iter().sum::<f64>() / orders.len().max(1) as f64;
        metrics.insert(
            "order".to_owned(),
            Metric::new(
                order,
                "1",
                "power of h with which the error falls, from h = 0.01 to 0.001, mean over projections",
            ),
        );
        metrics.insert(
            "checked".to_owned(),
            Metric::new(given.len() as f64, "1", "weights and biases that were checked"),
        );
        let table = Table::new()
            .with_texts("projection", rows.iter().map(|row| row.0.clone()).collect())?
            .with_numbers("parameter", rows.iter().map(|row| row.1).collect())?
            .with_numbers("given", rows.iter().map(|row| row.2).collect())?
            .with_numbers("numerical", rows.iter().map(|row| row.3).collect())?;
        folder.write(layout::trace(name, "slopes"), table.to_csv())?;
        let table = Table::new()
            .with_texts("projection", curve.iter().map(|row| row.0.clone()).collect())?
            .with_numbers("h", curve.iter().map(|row| row.1).collect())?
            .with_numbers("error", curve.iter().map(|row| row.2).collect())?;
        folder.write(layout::trace(name, "errors"), table.to_csv())?;
        Ok(metrics)
    }

    fn point(&self, stage: &Stage<'_>, name: &str, side: &AnnSide) -> Result<Point, HarnessError> {
        let data = stage.data_of(0).ok_or_else(|| Stage::refused(name, "there is no task"))?;
        Point::new(self, side, &stage.networks[0], data).map_err(|words| Stage::refused(name, words))
    }
}

impl Conduct for GradientCheck {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        if scenario.task.is_none() {
            let words = "protocol.gradient_check needs a task, whose examples make up the loss";
            problems.push(Problem::new("task", words).hint("add for example [task.digits]"));
        }
        if scenario.task.as_ref().is_some_and(Task::has_values) {
            let words = "protocol.gradient_check needs a task with classes, not numbers to predict";
            problems.push(Problem::new("task", words).hint("take for example [task.digits]"));
        }
        for (name, side) in &scenario.side {
            problems.extend(super::untaught("gradient_check", name, side));
            if side.ann.is_none() {
                let words = "protocol.gradient_check checks gradients; a spiking side has none";
                problems.push(
                    Problem::new(format!("side.{name}"), words)
                        .hint("give it an `ann` table, or leave it out"),
                );
            }
        }
        problems
    }

    fn learns(&self) -> bool {
        true
    }

    fn headline(&self) -> Option<&'static str> {
        Some("error")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            if let Some(ann) = &side.ann {
                self.point(stage, name, ann)?;
            }
        }
        Ok(())
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (name, side) in &stage.scenario.side {
            let Some(ann) = &side.ann else { continue };
            unless_stopped(progress, folder)?;
            let metrics = self.side(&mut self.point(stage, name, ann)?, name, folder)?;
            let value = |path: &str| metrics[path].value.map_or("n/a".to_owned(), format::number);
            findings.verdicts.push(format!(
                "{}: gradient and differences agree to {} at h = {}; the difference's error falls with h to the power {}.",
                side.label(name), value("error"), format::number(self.h), metrics["order"].value.map_or("n/a".to_owned(), |order| format!("{order:.2}"))
            ));
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let words = format!("the first {} training examples, in one batch", self.examples);
        findings.shared = vec![SharedFact { what: "loss".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let ann = side.ann.as_ref()?;
        Some(format!("Layers of {} units, with first weights; nothing is learned.", ann.activation.name()))
    }
}

#[cfg(test)]
mod tests {
    use super::error;

    #[test]
    fn the_error_compares_whole_projections() {
        assert_eq!(error(&[3.0, 4.0], &[3.0, 4.0]), 0.0);
        assert_eq!(error(&[0.0, 0.0], &[0.0, 0.0]), 0.0);
        // |(3, 4) - (0, 0)| / (5 + 0)
        assert_eq!(error(&[3.0, 4.0], &[0.0, 0.0]), 1.0);
        assert!(error(&[1.0], &[f64::NAN]).is_nan());
    }
}
