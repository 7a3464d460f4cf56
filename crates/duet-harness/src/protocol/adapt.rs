//! `protocol.adapt`: inputs without labels, and what a local rate rule makes of them.

mod course;
mod inputs;

pub use inputs::{Cloud, Inputs, Patterns};

use super::{Conduct, Findings, Stage, unless_stopped};
use crate::HarnessError;
use crate::measure::over_seeds;
use crate::progress::Progress;
use crate::scenario::{Scenario, Side};
use course::Course;
use duet_ann::{Component, Learning, RateLayer, principal_components};
use duet_random::Key;
use duet_record::{Diagnosis, Metric, Metrics, RunFolder, Severity, SharedFact, Table, format, layout};
use duet_units::{Problem, Range, parameters};
use indexmap::IndexMap;

/// Inputs that are written down for the drawing.
const SHOWN: u64 = 400;

parameters! {
    /// A layer without a teacher is shown one input after the other, and changes its weights by a local rule.
    ///
    /// # Equations
    /// ```text
    /// |w| = sqrt(sum w_i^2)
    /// angle[k] = angle between the weights of unit k and principal component k of the inputs, 0 to 90 degrees
    /// growth = (ln |w_end| - ln |w_half|) / presentations between them
    /// selectivity = 1 - mean answer / largest answer          over the patterns
    /// norm, selectivity of several units: the longest, the mean; norm[k] ... of each, counted from 1
    /// ```
    ///
    /// # Behaviour
    /// All sides see the same inputs in the same order. Principal components are those of the true distribution of the inputs,
    /// not of the sample. Length, angle, threshold and answers are means over the last tenth of the presentations, because
    /// a rule with a rate never quite rests. A side whose weights run away is a result here and stops nobody: it ends at
    /// 10^12 times its first length. Sides need `learning.hebb`, `oja`, `sanger` or `bcm`, and for the textbook's linear unit
    /// `activation.identity`.
    ///
    /// # References
    /// - Hertz, Krogh & Palmer (1991), Introduction to the Theory of Neural Computation, chapter 8.
    /// - Gerstner, Kistler, Naud & Paninski (2014), Neuronal Dynamics, section 19.2.
    ///
    /// # Example
    /// ```
    /// use duet_harness::protocol::Adapt;
    /// let adapt: Adapt = toml::from_str("presentations = 1000\ninputs.cloud = { std = [1.0, 0.3], turned = 45.0 }").unwrap();
    /// assert_eq!(adapt.inputs.size(), 2);
    /// ```
    pub struct Adapt {
        /// How many inputs are shown.
        pub presentations: u64, in Range::between(1.0, 100_000_000.0);
        /// What is shown.
        pub inputs: Inputs;
    }
}

/// `name` for a layer of one unit, else `name[k]`, counted from 1.
fn numbered(name: &str, unit: usize, units: usize) -> String {
    if units == 1 { name.to_owned() } else { format!("{name}[{}]", unit + 1) }
}

impl Adapt {
    fn metrics(&self, side: &Side, courses: &[Course]) -> IndexMap<String, Metric> {
        let mut metrics = IndexMap::new();
        let units = courses.first().map_or(0, |course| course.moments[0].units.len());
        let late = "mean over the last tenth of the presentations";
        for unit in 0..units {
            let mut add = |name: &str, unit_words: &str, read: &dyn Fn(&Course) -> f64, words: String| {
                let metric = over_seeds(courses.iter().map(read).collect(), unit_words, &words);
                metrics.insert(numbered(name, unit, units), metric);
            };
            add("norm", "1", &|c| c.late(unit, |u| u.norm), format!("length of the unit's weights, {late}"));
            add(
                "angle",
                "deg",
                &|c| c.late(unit, |u| u.angle),
                format!(
                    "angle between the weights of unit {0} and principal component {0}, {late}",
                    unit + 1
                ),
            );
            add(
                "growth",
                "1",
                &|c| c.growth(unit),
                "growth of ln |w| at each presentation, mean over the second half".to_owned(),
            );
            if has_threshold(side) {
                add("theta", "1", &|c| c.late(unit, |u| u.theta), format!("sliding threshold, {late}"));
            }
            if !self.inputs.patterns().is_empty() {
                let answers = |c: &Course| self.answers(c, unit);
                let first = |c: &Course| answers(c).first().copied().unwrap_or(f64::NAN);
                add("selected", "1", &first, format!("largest answer to a pattern, {late}"));
                let others = |c: &Course| answers(c).iter().skip(1).map(|y| y.abs()).fold(0.0, f64::max);
                add(
                    "others",
                    "1",
                    &others,
                    format!("largest size of an answer to any other pattern, {late}"),
                );
                let selectivity = |c: &Course| self.selectivity(c, unit);
                let words = format!("1 - mean answer / largest answer over the patterns, {late}");
                add("selectivity", "1", &selectivity, words);
            }
        }
        if units > 1 {
            let all = |read: &dyn Fn(&Course, usize) -> f64| -> Vec<Vec<f64>> {
                courses.iter().map(|c| (0..units).map(|unit| read(c, unit)).collect()).collect()
            };
            let norms = all(&|c, unit| c.late(unit, |u| u.norm));
            let longest = norms.iter().map(|of_all| of_all.iter().copied().fold(0.0, f64::max)).collect();
            metrics.insert(
                "norm".to_owned(),
                over_seeds(longest, "1", &format!("length of the longest unit's weights, {late}")),
            );
            if !self.inputs.patterns().is_empty() {
                let mean = all(&|c, unit| self.selectivity(c, unit))
                    .iter()
                    .map(|s| s.iter().sum::<f64>() / units as f64)
                    .collect();
                metrics.insert(
                    "selectivity".to_owned(),
                    over_seeds(mean, "1", &format!("selectivity, mean over the units, {late}")),
                );
            }
        }
        metrics
    }

    /// 1 - mean answer / largest answer of a unit over the patterns.
    fn selectivity(&self, course: &Course, unit: usize) -> f64 {
        let answers = self.answers(course, unit);
        let largest = answers.first().copied().unwrap_or(f64::NAN);
        1.0 - answers.iter().sum::<f64>() / (answers.len() as f64 * largest)
    }

    /// A unit's late answers to the patterns, the largest first.
    fn answers(&self, course: &Course, unit: usize) -> Vec<f64> {
        let late = |k: usize| course.late(unit, |u| u.answers.get(k).copied().unwrap_or(f64::NAN));
        let mut answers: Vec<f64> = (0..self.inputs.patterns().len()).map(late).collect();
        answers.sort_by(|a, b| b.total_cmp(a));
        answers
    }

    fn verdict(&self, label: &str, metrics: &IndexMap<String, Metric>, courses: &[Course]) -> String {
        let units = courses.first().map_or(0, |course| course.moments[0].units.len());
        let one = |unit: usize| {
            let value =
                |name: &str| metrics.get(&numbered(name, unit, units)).and_then(|metric| metric.value);
            let number = |name: &str| format::number(value(name).unwrap_or(f64::NAN));
            if courses.iter().any(|course| course.runs_away(unit)) {
                let share = format::percent(value("growth").unwrap_or(f64::NAN));
                return format!("|w| grows by {share} at every presentation and does not stop");
            }
            let found = if self.inputs.patterns().is_empty() {
                let which = match units {
                    1 => "the first principal component".to_owned(),
                    _ => format!("component {}, its own", unit + 1),
                };
                format!("{} degrees from {which}", number("angle"))
            } else {
                let (selected, others) = (number("selected"), number("others"));
                format!("answers {selected} to one pattern and up to {others} to the others")
            };
            let threshold = value("theta").map(|theta| format!(", threshold {}", format::number(theta)));
            format!("|w| = {}, {found}{}", number("norm"), threshold.unwrap_or_default())
        };
        if units == 1 {
            return format!("{label}: {}.", one(0));
        }
        let all: Vec<String> = (0..units).map(|unit| format!("unit {}: {}", unit + 1, one(unit))).collect();
        format!("{label}: {}.", all.join("; "))
    }

    fn write(
        &self,
        folder: &RunFolder,
        name: &str,
        course: &Course,
        components: &[Component],
        key: Key,
    ) -> Result<(), HarnessError> {
        let rows: Vec<_> = course
            .moments
            .iter()
            .flat_map(|moment| {
                moment.units.iter().enumerate().map(move |(k, unit)| (moment.presentation, k, unit))
            })
            .collect();
        let column =
            |read: &dyn Fn(&course::Unit) -> f64| rows.iter().map(|row| read(row.2)).collect::<Vec<f64>>();
        let whens = || rows.iter().map(|row| row.0 as f64);
        let mut table = Table::new()
            .with_numbers("presentation", whens().collect())?
            .with_numbers("unit", rows.iter().map(|row| (row.1 + 1) as f64).collect())?
            .with_numbers("norm", column(&|unit| unit.norm))?
            .with_numbers("angle", column(&|unit| unit.angle))?
            .with_numbers("theta", column(&|unit| unit.theta))?;
        for input in 0..self.inputs.size() {
            table = table.with_numbers(&format!("w{}", input + 1), column(&|unit| unit.weights[input]))?;
        }
        folder.write(layout::trace(name, "adaptation"), table.to_csv())?;
        if !self.inputs.patterns().is_empty() {
            let mut table = Table::new()
                .with_numbers("presentation", whens().collect())?
                .with_numbers("unit", rows.iter().map(|row| (row.1 + 1) as f64).collect())?
                .with_numbers("theta", column(&|unit| unit.theta))?;
            for pattern in 0..self.inputs.patterns().len() {
                table = table.with_numbers(
                    &format!("pattern{}", pattern + 1),
                    column(&|unit| unit.answers[pattern]),
                )?;
            }
            folder.write(layout::trace(name, "answers"), table.to_csv())?;
        }
        let points: Vec<Vec<f64>> = match self.inputs.patterns() {
            [] => (0..self.presentations.min(SHOWN)).map(|t| self.inputs.draw(key, t)).collect(),
            patterns => patterns.to_vec(),
        };
        let mut table = Table::new();
        for input in 0..self.inputs.size() {
            table =
                table.with_numbers(&format!("x{}", input + 1), points.iter().map(|x| x[input]).collect())?;
        }
        folder.write(layout::trace(name, "inputs"), table.to_csv())?;
        let mut table =
            Table::new().with_numbers("variance", components.iter().map(|one| one.variance).collect())?;
        for input in 0..self.inputs.size() {
            table = table.with_numbers(
                &format!("x{}", input + 1),
                components.iter().map(|one| one.axis[input]).collect(),
            )?;
        }
        folder.write(layout::trace(name, "components"), table.to_csv())?;
        Ok(())
    }
}

fn has_threshold(side: &Side) -> bool {
    side.ann.as_ref().is_some_and(|ann| matches!(ann.learning, Learning::Bcm(_)))
}

/// What is wrong with a rule that lets the weights run away, and what would hold them.
fn diagnosis(side: &Side) -> &'static str {
    match side.ann.as_ref().map(|ann| &ann.learning) {
        Some(Learning::Hebb(_)) => {
            "runs away: Hebb's rule only ever confirms, a larger weight makes a larger answer, and that a larger weight. \
             A bound (w_max) stops it in a corner, `oja` forgets just enough to keep the length at 1, `bcm` lets a \
             threshold grow faster than the answer"
        }
        Some(Learning::Bcm(_)) => {
            "runs away: the threshold must be quicker than the weights; make rate or tau smaller, so that rate times tau \
             times the square of an input's length stays well below 1"
        }
        _ => {
            "runs away although its rule forgets: the rate is too large for inputs of this size; it must be small against 1 / |x|^2"
        }
    }
}

impl Conduct for Adapt {
    fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let mut problems: Vec<Problem> = self
            .inputs
            .problems()
            .into_iter()
            .map(|problem| problem.below("protocol.adapt.inputs"))
            .collect();
        let network = scenario.network();
        let one_layer = network.population.len() == 2
            && network.projection.len() == 1
            && network.projection.values().all(|p| {
                p.pattern.name() == "full" && p.bias.is_none() && p.from.0.len() == 1 && p.to.0.len() == 1
            });
        if one_layer {
            let from = network
                .projection
                .values()
                .next()
                .and_then(|p| p.from.0.first())
                .cloned()
                .unwrap_or_default();
            let units =
                network.population.get(&from).and_then(|p| p.extent().ok()).map_or(0, |size| size.units);
            let size = self.inputs.size();
            if size > 0 && units != size {
                let words =
                    format!("`{from}` has {units} units, but an input of protocol.adapt has {size} numbers");
                problems.push(
                    Problem::new(format!("population.{from}"), words).hint(format!("write size = {size}")),
                );
            }
        } else {
            let words = "protocol.adapt needs one layer: two populations and one full projection between them, without bias";
            problems.push(Problem::new("projection", words));
        }
        for (name, side) in &scenario.side {
            let problem = match &side.ann {
                None => Problem::new(
                    format!("side.{name}"),
                    "protocol.adapt shows numbers to artificial units; a spiking side has none to see",
                )
                .hint("measure its rule under protocol.pairing"),
                Some(ann) if ann.learning.has_teacher() => Problem::new(
                    format!("side.{name}.ann.learning"),
                    format!("protocol.adapt has no labels, and {} needs them", ann.learning.name()),
                )
                .hint("take learning.hebb, oja, sanger or bcm"),
                Some(ann) if matches!(ann.learning, Learning::Hopfield(_)) => Problem::new(
                    format!("side.{name}.ann.learning"),
                    "protocol.adapt changes weights input by input; hopfield stores whole patterns at once",
                )
                .hint("recall them under protocol.recall"),
                Some(_) => continue,
            };
            problems.push(problem);
        }
        problems
    }

    fn learns(&self) -> bool {
        true
    }

    fn headline(&self) -> Option<&'static str> {
        Some(if self.inputs.patterns().is_empty() { "norm" } else { "selectivity" })
    }

    fn rehearse(&self, stage: &Stage<'_>) -> Result<(), HarnessError> {
        for (name, side) in &stage.scenario.side {
            if let Some(ann) = &side.ann {
                RateLayer::new(&stage.networks[0], ann)
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
        let components = principal_components(&self.inputs.second_moments());
        for (name, side) in &stage.scenario.side {
            let Some(ann) = &side.ann else { continue };
            let mut courses = Vec::new();
            for (&seed, network) in stage.seeds.iter().zip(stage.networks) {
                unless_stopped(progress, folder)?;
                let key = Key::new(seed).child("adapt");
                let course = RateLayer::new(network, ann)
                    .map_err(|error| error.to_string())
                    .and_then(|layer| Course::of(layer, &self.inputs, &components, self.presentations, key))
                    .map_err(|words| Stage::refused(name, words))?;
                if courses.is_empty() {
                    self.write(folder, name, &course, &components, key)?;
                }
                courses.push(course);
            }
            let metrics = self.metrics(side, &courses);
            findings.verdicts.push(self.verdict(side.label(name), &metrics, &courses));
            let units = courses.first().map_or(0, |course| course.moments[0].units.len());
            if courses.iter().any(|course| (0..units).any(|unit| course.runs_away(unit))) {
                let words = diagnosis(side).to_owned();
                findings.diagnoses.push(Diagnosis { severity: Severity::Warning, side: name.clone(), words });
            }
            findings.metrics.sides.insert(name.clone(), metrics);
        }
        let shown = format::number(self.presentations as f64);
        let words = match self.inputs.patterns() {
            [] => format!("{shown} drawn from one cloud, the same for all sides"),
            patterns => format!("{shown} of {} patterns, in an order that all sides share", patterns.len()),
        };
        findings.shared = vec![SharedFact { what: "inputs".to_owned(), words, same: true }];
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use crate::HarnessError;
    use crate::scenario::{Document, check};

    const GOOD: &str = r#"
        title = "t"
        question = "q?"
        seed = 1
        [task.xor]
        [population.x]
        size = 2
        [population.y]
        size = 1
        [projection.w]
        from = "x"
        to = "y"
        weights.constant = 0.1
        [side.a.ann]
        learning.oja = {}
        [protocol.adapt]
        presentations = 10
        inputs.cloud = { std = [1.0, 0.5] }
    "#;

    fn problems(text: &str) -> Vec<String> {
        match check(Document::parse("t", text.to_owned()).unwrap(), &[]) {
            Ok(_) => Vec::new(),
            Err(HarnessError::Invalid { diagnostics, .. }) => {
                diagnostics.into_iter().map(|d| format!("{}: {}", d.path, d.words)).collect()
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(problems(GOOD), Vec::<String>::new());
        for (from, to, path, words) in [
            ("size = 2", "size = 3", "population.x", "has 2 numbers"),
            (
                "weights.constant = 0.1",
                "weights.constant = 0.1\nbias.zero = {}",
                "projection",
                "without bias",
            ),
            ("learning.oja = {}", "activation.identity = {}", "side.a.ann.learning", "backprop needs them"),
            (
                "[side.a.ann]\n        learning.oja = {}",
                "[side.a.spiking]\n        dt = \"1 ms\"",
                "side.a",
                "spiking",
            ),
            ("std = [1.0, 0.5]", "std = []", "protocol.adapt.inputs.cloud.std", "at least one axis"),
            ("std = [1.0, 0.5]", "std = [1.0, -0.5]", "protocol.adapt.inputs.cloud.std", "-0.5"),
        ] {
            let found = problems(&GOOD.replace(from, to));
            let named = |problem: &String| problem.starts_with(path) && problem.contains(words);
            assert!(found.iter().any(named), "{to}: {found:?}");
        }
    }

    #[test]
    fn labels_are_refused_to_rules_without_a_teacher() {
        let adapt =
            "[protocol.adapt]\n        presentations = 10\n        inputs.cloud = { std = [1.0, 0.5] }";
        for protocol in
            ["[protocol.learn]\nepochs = 1", "[protocol.gradient_check]", "[protocol.count_mistakes]"]
        {
            let found = problems(&GOOD.replace(adapt, protocol));
            let named = |problem: &String| {
                problem.starts_with("side.a.ann.learning: ") && problem.contains("oja has no teacher")
            };
            assert!(found.iter().any(named), "{protocol}: {found:?}");
        }
    }
}
