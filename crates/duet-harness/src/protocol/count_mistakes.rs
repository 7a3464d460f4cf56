//! `protocol.count_mistakes`: one example after the other, until an epoch passes without a mistake.

use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_ann::{Ann, AnnSide, Learning, Separation, Trace};
use duet_random::Key;
use duet_record::{Metric, Metrics, RunFolder, SharedFact, Table, format, layout};
use duet_tasks::{Dataset, Task};
use duet_topology::Network;
use duet_units::{Problem, Range, parameters};
use indexmap::IndexMap;

parameters! {
    /// Examples are shown one after the other, each is answered before it is learned from, and mistakes are counted.
    ///
    /// # Equations
    /// ```text
    /// mistake:  the unit of class 1 is on the wrong side (step output), or the other class scores higher (other outputs)
    /// bound:    (R / gamma)^2,   R = max |(x, 1)|,   gamma = min d(x) / |(w*, b*)| over the examples
    /// ```
    ///
    /// # Behaviour
    /// A side learns until it gets through an epoch without a mistake, or for `epochs`. For `task.separable` the parting line
    /// (w*, b*) is known, and with it Novikoff's bound on the perceptron's mistakes, before anything is learned. The bound
    /// holds for weights that begin at zero, and for `learning.perceptron` alone. The line that a side draws is recorded
    /// after every mistake.
    ///
    /// # References
    /// - Rosenblatt (1958), Psychological Review 65; Novikoff (1962), On convergence proofs for perceptrons.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::CountMistakes;
    /// let count: CountMistakes = toml::from_str("epochs = 50").unwrap();
    /// assert_eq!(count.epochs, 50);
    /// ```
    pub default struct CountMistakes {
        /// Epochs at most.
        pub epochs: usize = 100, in Range::between(1.0, 100_000.0);
    }
}

/// What one side did under one seed.
struct Course {
    /// Mistakes in every epoch.
    mistakes: Vec<u64>,
    /// Weights of the two inputs and bias of the line, and the epoch: at the start and after every mistake.
    lines: Vec<([f64; 3], usize)>,
}

impl CountMistakes {
    fn run(&self, side: &AnnSide, network: &Network, data: &Dataset, seed: u64) -> Result<Course, String> {
        let mut ann = Ann::<f64>::new(network, side).map_err(|error| error.to_string())?;
        let order = Key::new(seed).child("order");
        let examples: Vec<Vec<f64>> = (0..data.train.len())
            .map(|at| data.train.pixels.example(at).into_iter().map(f64::from).collect())
            .collect();
        let mut course = Course { mistakes: Vec::new(), lines: Vec::new() };
        for epoch in 0..self.epochs {
            let mut mistakes = 0;
            for at in order.stream("epoch", epoch as u64).permutation(data.train.len()) {
                let (example, label) = (&examples[at as usize], data.train.labels()[at as usize]);
                let trace = ann.trace(example, &[label]).map_err(|error| error.to_string())?;
                if course.lines.is_empty() {
                    course.lines.push((line(&trace), 0));
                }
                let wrong = says_one(&trace) != (label == 1);
                ann.fit_batch(example, &[label]).map_err(|error| error.to_string())?;
                if wrong {
                    mistakes += 1;
                    let after = ann.trace(example, &[label]).map_err(|error| error.to_string())?;
                    course.lines.push((line(&after), epoch + 1));
                }
            }
            course.mistakes.push(mistakes);
            if mistakes == 0 {
                break;
            }
        }
        Ok(course)
    }
}

/// Whether the answer is class 1.
fn says_one(trace: &Trace<f64>) -> bool {
    let Some(output) = trace.layers.last() else { return false };
    match output.activation {
        "step" => output.values[1] >= 0.5,
        _ => output.values[1] > output.values[0],
    }
}

/// The line at which the answer changes: that of the class's own threshold unit, or where both scores are equal.
fn line(trace: &Trace<f64>) -> [f64; 3] {
    let (Some(output), Some(projection)) = (trace.layers.last(), trace.projections.first()) else {
        return [0.0; 3];
    };
    let part = |list: &[f64], at: usize| list.get(at).copied().unwrap_or(0.0);
    let of = |list: &[f64], pre: usize| match output.activation {
        "step" => part(list, 2 * pre + 1),
        _ => part(list, 2 * pre + 1) - part(list, 2 * pre),
    };
    [of(&projection.weights, 0), of(&projection.weights, 1), of(&projection.biases, 0)]
}

/// Novikoff's bound from the known line; `None` where none is known.
fn bound(task: Option<&Task>, data: &Dataset, seed: u64) -> Option<f64> {
    let Some(Task::Separable(task)) = task else { return None };
    let (w, b) = task.line(Key::new(seed).child("task"));
    let points: Vec<[f64; 3]> = (0..data.train.len())
        .map(|at| {
            let x = data.train.pixels.example(at);
            [f64::from(x[0]), f64::from(x[1]), 1.0]
        })
        .collect();
    let classes = data.train.labels().iter().map(|&label| if label == 1 { 1.0 } else { -1.0 });
    Some(Separation::by(&[w[0], w[1], b], points.iter().map(|x| &x[..]).zip(classes)).bound())
}

impl CountMistakes {
    fn metrics(courses: &[Course], bounds: &[f64]) -> IndexMap<String, Metric> {
        let total = |course: &Course| course.mistakes.iter().sum::<u64>() as f64;
        let epochs = |course: &Course| match course.mistakes.last() {
            Some(0) => course.mistakes.len() as f64,
            _ => f64::NAN,
        };
        let epochs = over_seeds(
            courses.iter().map(epochs).collect(),
            "1",
            "epochs until one passed without a mistake, that one included",
        );
        let epochs = if epochs.value.is_none() {
            epochs.with_why_null("no epoch passed without a mistake")
        } else {
            epochs
        };
        let mut metrics = IndexMap::from([
            (
                "mistakes".to_owned(),
                over_seeds(
                    courses.iter().map(total).collect(),
                    "1",
                    "mistakes in all, each counted before it was learned from",
                ),
            ),
            ("epochs".to_owned(), epochs),
        ]);
        if bounds.len() == courses.len() {
            metrics.insert(
                "bound".to_owned(),
                over_seeds(
                    bounds.to_vec(),
                    "1",
                    "Novikoff's bound (R / gamma)^2 on the mistakes, from the task's own line",
                ),
            );
            let worst =
                courses.iter().zip(bounds).map(|(course, bound)| total(course) / bound).fold(0.0, f64::max);
            metrics.insert(
                "largest_share_of_bound".to_owned(),
                Metric::new(
                    worst,
                    "1",
                    "mistakes as a share of Novikoff's bound, under the seed where it is largest",
                ),
            );
        }
        metrics
    }

    fn write(folder: &RunFolder, name: &str, course: &Course, data: &Dataset) -> Result<(), HarnessError> {
        let lines = &course.lines;
        let table = Table::new()
            .with_numbers("mistake", (0..lines.len()).map(|at| at as f64).collect())?
            .with_numbers("epoch", lines.iter().map(|line| line.1 as f64).collect())?
            .with_numbers("w1", lines.iter().map(|line| line.0[0]).collect())?
            .with_numbers("w2", lines.iter().map(|line| line.0[1]).collect())?
            .with_numbers("bias", lines.iter().map(|line| line.0[2]).collect())?;
        folder.write(layout::trace(name, "lines"), table.to_csv())?;
        let table = Table::new()
            .with_numbers("epoch", (1..=course.mistakes.len()).map(|epoch| epoch as f64).collect())?
            .with_numbers("mistakes", course.mistakes.iter().map(|&n| n as f64).collect())?;
        folder.write(layout::trace(name, "mistakes"), table.to_csv())?;
        let points: Vec<Vec<f32>> = (0..data.train.len()).map(|at| data.train.pixels.example(at)).collect();
        let table = Table::new()
            .with_numbers("x1", points.iter().map(|point| f64::from(point[0])).collect())?
            .with_numbers("x2", points.iter().map(|point| f64::from(point[1])).collect())?
            .with_numbers("class", data.train.labels().iter().map(|&label| f64::from(label)).collect())?;
        folder.write(layout::trace(name, "points"), table.to_csv())?;
        Ok(())
    }
}

fn is_perceptron(side: &Side) -> bool {
    side.ann.as_ref().is_some_and(|ann| matches!(ann.learning, Learning::Perceptron(_)))
}

fn begins_at_zero(network: &Network) -> bool {
    let zero = |list: &[f64]| list.iter().all(|&w| w == 0.0);
    network.projections.values().all(|p| zero(&p.weights) && p.bias.as_deref().is_none_or(zero))
}

impl Conduct for CountMistakes {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let network = scenario.network();
        let shape = scenario.task.as_ref().and_then(Task::shape);
        if shape.as_deref() != Some(&[2])
            || scenario.task.as_ref().is_some_and(|task| task.classes().len() != 2)
        {
            let words = "protocol.count_mistakes needs a task of two numbers and two classes, so that a line can be drawn";
            problems.push(Problem::new("task", words).hint("add [task.separable]"));
        }
        let units: Vec<usize> =
            network.population.values().map(|p| p.extent().map_or(0, |size| size.units)).collect();
        let full = network.projection.values().all(|p| p.pattern.name() == "full");
        if units != [2, 2] || network.projection.len() != 1 || !full {
            let words =
                "protocol.count_mistakes needs one layer: two inputs, two outputs, and one full projection";
            problems.push(Problem::new("population", words));
        }
        for (name, side) in &scenario.side {
            problems.extend(super::untaught("count_mistakes", name, side));
            if side.ann.is_none() {
                let words = "protocol.count_mistakes counts the mistakes of artificial units; a spiking side has none to count here";
                problems.push(
                    Problem::new(format!("side.{name}"), words).hint("compare it under protocol.learn"),
                );
            }
        }
        problems
    }

    fn learns(&self) -> bool {
        true
    }

    fn headline(&self) -> Option<&'static str> {
        Some("mistakes")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            if let Some(ann) = &side.ann {
                Ann::<f64>::new(&stage.networks[0], ann)
                    .map_err(|error| Stage::refused(name, error.to_string()))?;
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
            let (mut courses, mut bounds) = (Vec::new(), Vec::new());
            for (index, &seed) in stage.seeds.iter().enumerate() {
                unless_stopped(progress, folder)?;
                let Some(data) = stage.data_of(index) else { continue };
                let network = &stage.networks[index];
                let course =
                    self.run(ann, network, data, seed).map_err(|words| Stage::refused(name, words))?;
                if index == 0 {
                    Self::write(folder, name, &course, data)?;
                }
                if is_perceptron(side) && begins_at_zero(network) {
                    bounds.extend(bound(stage.scenario.task.as_ref(), data, seed));
                }
                courses.push(course);
            }
            let metrics = Self::metrics(&courses, &bounds);
            let value = |path: &str| metrics.get(path).and_then(|metric| metric.value);
            let label = side.label(name);
            findings.verdicts.push(match (value("mistakes"), value("epochs"), value("bound")) {
                (Some(mistakes), Some(epochs), Some(bound)) => format!(
                    "{label} makes {} mistakes and none after {} epochs; the theorem allows {}.",
                    format::number(mistakes),
                    format::number(epochs),
                    format::number(bound)
                ),
                (Some(mistakes), Some(epochs), None) => {
                    format!(
                        "{label} makes {} mistakes and none after {} epochs.",
                        format::number(mistakes),
                        format::number(epochs)
                    )
                }
                (Some(mistakes), ..) => {
                    format!(
                        "{label} makes {} mistakes in {} epochs and does not come to an end.",
                        format::number(mistakes),
                        self.epochs
                    )
                }
                _ => format!("{label}: nothing was counted."),
            });
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let words = "one after the other, in an order that all sides share".to_owned();
        findings.shared = vec![SharedFact { what: "examples".to_owned(), words, same: true }];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let ann = side.ann.as_ref()?;
        Some(match &ann.learning {
            Learning::Hebb(_)
            | Learning::Oja(_)
            | Learning::Sanger(_)
            | Learning::Bcm(_)
            | Learning::Hopfield(_) => return None,
            Learning::Perceptron(_) => {
                "Threshold units that change their weights after a mistake, and only then.".to_owned()
            }
            Learning::StaleGradient(_) => {
                "One layer whose weights follow the gradient of the first batch for ever.".to_owned()
            }
            Learning::Backprop(backprop) => format!(
                "One layer of {} units whose weights follow the gradient of the {} after every batch of examples, mistake or not.",
                ann.activation.name(),
                backprop.loss.name().replace('_', "-")
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_tasks::Places;
    use duet_topology::NetworkSpec;

    /// Mistakes stay below Novikoff's bound for every one of many seeds and margins, and learning comes to an end.
    #[test]
    fn the_bound_holds_on_many_seeds() {
        let spec: NetworkSpec = toml::from_str(
            "population = { x.size = 2, y.size = 2 }\nprojection.w = { from = 'x', to = 'y', weights.constant = 0.0, bias.zero = {} }",
        )
        .unwrap();
        let side: AnnSide = toml::from_str("activation.step = {}\nlearning.perceptron = {}").unwrap();
        for seed in 0..40 {
            let margin = [0.02, 0.05, 0.1, 0.2][seed as usize % 4];
            let task: Task = Task::Separable(duet_tasks::Separable { train: 60, test: 1, margin });
            let data = task.load(&Key::new(seed).child("task"), &Places::default()).unwrap();
            let network = spec.realize(Key::new(seed)).unwrap();
            let course = CountMistakes { epochs: 3000 }.run(&side, &network, &data, seed).unwrap();
            let bound = bound(Some(&task), &data, seed).unwrap();
            let mistakes: u64 = course.mistakes.iter().sum();
            assert!(mistakes as f64 <= bound, "seed {seed}, margin {margin}: {mistakes} > {bound}");
            assert_eq!(course.mistakes.last(), Some(&0), "seed {seed} comes to an end");
            assert_eq!(course.lines.len() as u64, mistakes + 1);
        }
    }
}
