//! `protocol.descend`: optimizers on a bowl, where everything can be seen and the truth is known.

use super::{Conduct, Findings, Stage};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use duet_ann::{Backprop, Learning};
use duet_gradient::Stepper;
use duet_kernels::math;
use duet_random::{Key, Stream};
use duet_record::{Diagnosis, Metric, Metrics, RunFolder, Severity, SharedFact, Table, format, layout};
use duet_topology::Network;
use duet_units::{Problem, Range, parameters};
use indexmap::IndexMap;

/// A path further out than this many times its start is over.
const FAR: f64 = 1e9;

parameters! {
    /// Every side walks down the same bowl from the same place, each by its own optimizer.
    ///
    /// # Equations
    /// ```text
    /// y = w1 x1 + w2 x2                       a linear unit that is to answer 0 to every input
    /// L(w) = 1/2 mean(y^2) = 1/2 w^T H w      H = mean(x x^T), with eigenvalues flat and steep
    /// dL/dw = H w                             exact, or the mean of x (w . x) over a batch of drawn inputs
    /// ```
    ///
    /// # Behaviour
    /// The network has two weights and nothing else; they are the place on the bowl, and its first weights are the start.
    /// A side with `learning.backprop.batch` feels the mean gradient of so many inputs drawn from a normal distribution
    /// with covariance H (stochastic descent); one without feels the exact gradient. Gradient descent multiplies the
    /// distance along each axis by 1 - rate * eigenvalue, so it diverges exactly if rate > 2 / steep. A side that diverges
    /// is a result here and stops nobody. A schedule counts every step as an epoch.
    ///
    /// # References
    /// - Goodfellow, Bengio & Courville (2016), Deep Learning, sections 4.3 and 8.3 to 8.5.
    /// - LeCun, Bottou, Orr & Mueller (1998), Efficient BackProp (learning rates and eigenvalues).
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Descend;
    /// let descend: Descend = toml::from_str("flat = 1.0\nsteep = 20.0").unwrap();
    /// assert_eq!(descend.limit(), 0.1); // 2 / 20
    /// assert_eq!(descend.loss([3.0, 0.0]), 0.5 * 9.0); // along the flat axis
    /// ```
    pub struct Descend {
        /// Curvature along the flat axis.
        pub flat: f64 = 1.0, in Range::POSITIVE;
        /// Curvature along the steep axis.
        pub steep: f64 = 20.0, in Range::POSITIVE;
        /// Degrees by which the flat axis is turned from the first weight's.
        pub turned: f64 = 0.0, in Range::between(-360.0, 360.0);
        /// Steps that every side takes.
        pub steps: usize = 100, in Range::between(1.0, 100_000.0);
    }
    relations { flat <= steep; }
}

/// Where a side has been: one place per step, the start first.
struct Path {
    places: Vec<[f64; 2]>,
}

impl Descend {
    /// The largest rate at which gradient descent does not diverge.
    pub fn limit(&self) -> f64 {
        2.0 / self.steep
    }

    /// The height of the bowl.
    pub fn loss(&self, w: [f64; 2]) -> f64 {
        let [along, across] = self.turn(w);
        0.5 * (self.flat * along * along + self.steep * across * across)
    }

    /// The coordinates along the flat and the steep axis.
    fn turn(&self, w: [f64; 2]) -> [f64; 2] {
        let (cos, sin) = self.axis();
        [cos * w[0] + sin * w[1], cos * w[1] - sin * w[0]]
    }

    fn turn_back(&self, u: [f64; 2]) -> [f64; 2] {
        let (cos, sin) = self.axis();
        [cos * u[0] - sin * u[1], sin * u[0] + cos * u[1]]
    }

    fn axis(&self) -> (f64, f64) {
        // Exact where the bowl is not turned.
        if self.turned == 0.0 {
            return (1.0, 0.0);
        }
        let angle = self.turned.to_radians();
        (math::cos(angle), math::sin(angle))
    }

    fn gradient(&self, w: [f64; 2], batch: Option<usize>, stream: &mut Stream) -> [f64; 2] {
        let Some(batch) = batch else {
            let [along, across] = self.turn(w);
            return self.turn_back([self.flat * along, self.steep * across]);
        };
        let (mut sum, scale) = ([0.0; 2], [self.flat.sqrt(), self.steep.sqrt()]);
        for _ in 0..batch {
            let x = self.turn_back([scale[0] * stream.normal(), scale[1] * stream.normal()]);
            let y = w[0] * x[0] + w[1] * x[1];
            sum = [sum[0] + y * x[0], sum[1] + y * x[1]];
        }
        sum.map(|sum| sum / batch as f64)
    }

    fn walk(&self, side: &Backprop, start: [f64; 2], key: Key) -> Path {
        let batch = side.batch.filter(|_| !side.optimizer.takes_all_examples());
        let mut stepper = Stepper::<f64>::new(&side.optimizer, &side.schedule, side.clip.as_ref(), 2);
        let (mut w, mut places) = (start, vec![start]);
        let far = FAR * distance(start).max(1.0);
        for step in 0..self.steps {
            let gradient = self.gradient(w, batch, &mut key.stream("inputs", step as u64));
            stepper.begin_epoch(step as u64, 1);
            stepper.step(&mut w, &gradient);
            if !w.iter().all(|w| w.is_finite()) {
                break;
            }
            places.push(w);
            if distance(w) > far {
                break;
            }
        }
        Path { places }
    }

    fn metrics(&self, paths: &[Path]) -> IndexMap<String, Metric> {
        let each = |read: &dyn Fn(&Path) -> f64| paths.iter().map(read).collect::<Vec<f64>>();
        let last = |path: &Path| path.places.last().copied().unwrap_or([f64::NAN; 2]);
        let steps_to = |path: &Path| {
            let goal = 0.01 * self.loss(path.places[0]);
            path.places.iter().position(|&w| self.loss(w) <= goal).map_or(f64::NAN, |step| step as f64)
        };
        let growth = |path: &Path| {
            // Over the second half, when the steep axis has shown whether it holds.
            let half = path.places.len() / 2;
            let across = |at: usize| distance(path.places[at]);
            let (from, to) = (across(half), across(path.places.len() - 1));
            math::exp(math::ln(to / from) / (path.places.len() - 1 - half) as f64)
        };
        let diverged = |path: &Path| f64::from(u8::from(self.loss(last(path)) > self.loss(path.places[0])));
        let steps = over_seeds(
            each(&steps_to),
            "1",
            "steps until the loss is at most 1 % of what it was at the start",
        );
        let steps = if steps.value.is_none() { steps.with_why_null("never") } else { steps };
        IndexMap::from([
            (
                "loss".to_owned(),
                over_seeds(
                    each(&|path| self.loss(last(path))),
                    "1",
                    "height of the bowl at the end of the path",
                ),
            ),
            (
                "distance".to_owned(),
                over_seeds(
                    each(&|path| distance(last(path))),
                    "1",
                    "distance from the minimum at the end of the path",
                ),
            ),
            ("steps_to_1_percent".to_owned(), steps),
            (
                "growth".to_owned(),
                over_seeds(
                    each(&growth),
                    "1",
                    "factor by which a step changes the distance from the minimum, geometric mean over the second half of the path",
                ),
            ),
            (
                "diverged".to_owned(),
                over_seeds(each(&diverged), "1", "1 if the path ends higher than it began, else 0"),
            ),
        ])
    }

    fn verdict(&self, label: &str, metrics: &IndexMap<String, Metric>) -> String {
        let value = |path: &str| metrics.get(path).and_then(|metric| metric.value);
        match (value("diverged"), value("steps_to_1_percent"), value("growth")) {
            (Some(diverged), _, Some(growth)) if diverged > 0.0 => format!(
                "{label} diverges: every step takes it {} further from the minimum.",
                format::percent(growth - 1.0)
            ),
            (_, Some(steps), _) => {
                format!("{label} needs {} steps to 1 % of the first loss.", format::number(steps))
            }
            _ => format!("{label} does not reach 1 % of the first loss in {} steps.", self.steps),
        }
    }
}

fn distance(w: [f64; 2]) -> f64 {
    (w[0] * w[0] + w[1] * w[1]).sqrt()
}

fn backprop(side: &Side) -> Option<&Backprop> {
    match side.ann.as_ref().map(|ann| &ann.learning) {
        Some(Learning::Backprop(backprop)) => Some(backprop),
        _ => None,
    }
}

/// The two weights of the network, in its order.
fn start(network: &Network) -> Option<[f64; 2]> {
    let weights: Vec<f64> = network.projections.values().flat_map(|p| p.weights.iter().copied()).collect();
    weights.try_into().ok()
}

impl Conduct for Descend {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems = Vec::new();
        let network = scenario.network();
        if network.most_weights() != 2 || network.projection.values().any(|p| p.bias.is_some()) {
            let words = "protocol.descend needs a network of exactly two weights and no bias: they are the place on the bowl";
            let hint = "one projection from an input of 2 units to an output of 1 unit, without bias";
            problems.push(Problem::new("projection", words).hint(hint));
        }
        for (name, side) in &scenario.side {
            if backprop(side).is_none() {
                let words = format!("protocol.descend compares optimizers; side `{name}` has none");
                let hint = format!("add side.{name}.ann.learning.backprop.optimizer");
                problems.push(Problem::new(format!("side.{name}"), words).hint(hint));
            }
        }
        problems
    }

    fn learns(&self) -> bool {
        true
    }

    fn headline(&self) -> Option<&'static str> {
        Some("steps_to_1_percent")
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        match start(&stage.networks[0]) {
            Some(_) => Ok(()),
            None => Err(Stage::refused("network", "it does not have exactly two weights")),
        }
    }

    fn carry_out(
        &self,
        stage: &Stage<'_>,
        folder: &RunFolder,
        _progress: &dyn Progress,
    ) -> Result<Findings, HarnessError> {
        let mut findings = Findings { metrics: Metrics::default(), ..Findings::default() };
        for (name, side) in &stage.scenario.side {
            let Some(backprop) = backprop(side) else { continue };
            let places = stage
                .networks
                .iter()
                .zip(stage.seeds)
                .filter_map(|(network, &seed)| Some((start(network)?, seed)));
            let paths: Vec<Path> = places
                .map(|(start, seed)| self.walk(backprop, start, Key::new(seed).child("descend")))
                .collect();
            if let Some(path) = paths.first() {
                let column = |read: &dyn Fn([f64; 2]) -> f64| path.places.iter().map(|&w| read(w)).collect();
                let table = Table::new()
                    .with_numbers("step", (0..path.places.len()).map(|step| step as f64).collect())?
                    .with_numbers("w1", column(&|w| w[0]))?
                    .with_numbers("w2", column(&|w| w[1]))?
                    .with_numbers("loss", column(&|w| self.loss(w)))?;
                folder.write(layout::trace(name, "path"), table.to_csv())?;
            }
            let metrics = self.metrics(&paths);
            let label = side.label(name);
            findings.verdicts.push(self.verdict(label, &metrics));
            let diverged = metrics["diverged"].value.is_some_and(|share| share > 0.0);
            if diverged {
                let words = format!(
                    "diverges: its steps are too long for the steep axis (gradient descent holds up to a rate of 2 / {} = {})",
                    self.steep,
                    self.limit()
                );
                findings.diagnoses.push(Diagnosis { severity: Severity::Note, side: name.clone(), words });
            }
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let bowl = Table::new()
            .with_numbers("flat", vec![self.flat])?
            .with_numbers("steep", vec![self.steep])?
            .with_numbers("turned", vec![self.turned])?;
        folder.write(layout::BOWL, bowl.to_csv())?;
        findings.shared = vec![
            SharedFact {
                what: "bowl".to_owned(),
                words: format!("curvatures {} and {}", self.flat, self.steep),
                same: true,
            },
            SharedFact {
                what: "start".to_owned(),
                words: "the network's two weights".to_owned(),
                same: true,
            },
            SharedFact { what: "steps".to_owned(), words: self.steps.to_string(), same: true },
        ];
        Ok(findings)
    }

    fn summary(&self, side: &Side) -> Option<String> {
        let backprop = backprop(side)?;
        let optimizer = backprop.optimizer.name().replace('_', " ");
        Some(match backprop.batch.filter(|_| !backprop.optimizer.takes_all_examples()) {
            Some(batch) => format!(
                "Walks by {optimizer}, feeling the mean gradient of {batch} drawn inputs at every step."
            ),
            None => format!("Walks by {optimizer}, feeling the exact gradient at every step."),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_gradient::{Optimizer, Sgd};

    fn sgd(rate: f64, batch: Option<usize>) -> Backprop {
        let optimizer = Optimizer::Sgd(Sgd { rate, weight_decay: 0.0 });
        Backprop { batch, optimizer, ..Backprop::default() }
    }

    const BOWL: Descend = Descend { flat: 1.0, steep: 20.0, turned: 0.0, steps: 400 };

    #[test]
    fn the_gradient_is_that_of_the_height() {
        let bowl = Descend { turned: 30.0, ..BOWL };
        let w = [0.7, -1.2];
        let slope = bowl.gradient(w, None, &mut Key::new(1).stream("x", 0));
        let check = duet_gradient::check_gradient(|w| bowl.loss([w[0], w[1]]), &slope, &w, 1e-6);
        assert!(check.max_relative < 1e-8, "{check:?}");
    }

    #[test]
    fn drawn_inputs_give_the_exact_gradient_in_the_mean() {
        let bowl = Descend { turned: 30.0, ..BOWL };
        let exact = bowl.gradient([1.0, 0.5], None, &mut Key::new(1).stream("x", 0));
        let drawn = bowl.gradient([1.0, 0.5], Some(200_000), &mut Key::new(1).stream("x", 0));
        // The standard error is about steep / sqrt(n).
        for (exact, drawn) in exact.iter().zip(drawn) {
            assert!((exact - drawn).abs() < 5.0 * 20.0 / 200_000.0_f64.sqrt(), "{exact} {drawn}");
        }
    }

    #[test]
    fn gradient_descent_diverges_beyond_two_over_the_largest_curvature_and_not_before() {
        for (factor, diverges) in
            [(0.5, false), (0.99, false), (0.999, false), (1.001, true), (1.01, true), (1.5, true)]
        {
            let rate = factor * BOWL.limit();
            let path = BOWL.walk(&sgd(rate, None), [1.0, 1.0], Key::new(1));
            let metrics = BOWL.metrics(&[path]);
            assert_eq!(metrics["diverged"].value, Some(f64::from(u8::from(diverges))), "{factor}");
            if factor > 0.98 {
                // In the end the steep axis is all that is left: its factor is |1 - rate * steep|.
                let expected = (1.0 - rate * BOWL.steep).abs();
                assert!((metrics["growth"].value.unwrap() - expected).abs() < 1e-9, "{factor}");
            }
        }
    }

    #[test]
    fn a_path_to_infinity_ends_without_a_nan() {
        let path = BOWL.walk(&sgd(1e300, None), [1.0, 1.0], Key::new(1));
        assert!(path.places.iter().flatten().all(|w| w.is_finite()));
        let path = Descend { steps: 5000, ..BOWL }.walk(&sgd(1.0, Some(3)), [1.0, 1.0], Key::new(1));
        assert!(path.places.len() < 100, "{}", path.places.len());
    }
}
