//! What `protocol.learn` cannot work with.

use super::examine::validation_size;
use super::{Keep, Learn};
use crate::scenario::{Scenario, Side};
use duet_gradient::Loss;
use duet_tasks::Task;
use duet_units::Problem;

impl Learn {
    /// Everything about the scenario that this protocol cannot work with.
    pub fn problems(&self, scenario: &Scenario) -> Vec<Problem> {
        let at = "protocol.learn";
        let Some(task) = &scenario.task else {
            return vec![
                Problem::new("task", "protocol.learn needs a task").hint("add for example [task.digits]"),
            ];
        };
        let mut problems = Vec::new();
        for (name, side) in &scenario.side {
            if side.spiking.as_ref().is_some_and(|spiking| !spiking.stimulus.is_empty()) {
                let words = format!(
                    "{at} shows a task's examples and nothing else; a stimulus is for protocol.drive"
                );
                problems.push(Problem::new(format!("side.{name}.spiking.stimulus"), words));
            }
        }
        let network = scenario.network();
        let (fed, feeds): (Vec<&String>, Vec<&String>) = {
            let projections = || network.projection.values();
            let other = |names: &[String], own: &String| names.iter().any(|name| name != own);
            let is_fed =
                |name: &&String| projections().any(|p| p.to.0.contains(*name) && other(&p.from.0, name));
            let is_feeding =
                |name: &&String| projections().any(|p| p.from.0.contains(*name) && other(&p.to.0, name));
            (
                network.population.keys().filter(|name| !is_fed(name)).collect(),
                network.population.keys().filter(|name| !is_feeding(name)).collect(),
            )
        };
        for (what, found) in
            [("that nothing feeds (the input)", &fed), ("that feeds nothing (the output)", &feeds)]
        {
            if found.len() != 1 {
                let names: Vec<&str> = found.iter().map(|name| name.as_str()).collect();
                let listed = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                problems.push(Problem::new(
                    "population",
                    format!("{at} needs exactly one population {what}; there are: {listed}"),
                ));
            }
        }
        if let ([input], Some(shape)) = (fed.as_slice(), task.shape()) {
            let units = network.population[*input].extent().map_or(0, |size| size.units);
            let features: usize = shape.iter().product();
            // A side may be shown an example in slices.
            let slices = |side: &Side| match (&side.ann, &side.spiking) {
                (Some(ann), _) => ann.steps,
                (None, spiking) => spiking.as_ref().map_or(1, |spiking| spiking.steps),
            };
            let misfit =
                scenario.side.values().map(slices).find(|steps| units.checked_mul(*steps) != Some(features));
            if let Some(steps) = misfit {
                let seen = if steps == 1 { String::new() } else { format!(" for each of {steps} slices") };
                problems.push(
                    Problem::new(
                        format!("population.{input}"),
                        format!(
                            "the input has {units} units{seen}, but an example of task.{} has {features} numbers",
                            task.name()
                        ),
                    )
                    .hint(if steps == 1 {
                        format!("write shape = {shape:?}")
                    } else {
                        format!("units times steps must be {features}")
                    }),
                );
            }
        }
        if let ([output], Some(outputs)) = (feeds.as_slice(), task.outputs()) {
            let units = network.population[*output].extent().map_or(0, |size| size.units);
            for (name, side) in &scenario.side {
                let votes = side
                    .spiking
                    .as_ref()
                    .is_some_and(|s| matches!(s.decode, duet_spiking::Decode::ClassVote(_)));
                if units != outputs && !votes {
                    let asked = if task.has_values() {
                        format!("asks for {outputs} numbers")
                    } else {
                        format!("has {outputs} classes (side `{name}` reads one unit per class)")
                    };
                    let words = format!("the output has {units} units, but task.{} {asked}", task.name());
                    problems.push(
                        Problem::new(format!("population.{output}"), words)
                            .hint(format!("write size = {outputs}")),
                    );
                    break;
                }
            }
        }
        for (name, side) in &scenario.side {
            problems.extend(super::super::untaught("learn", name, side));
            let found = self.side_problems(side, task);
            problems.extend(found.into_iter().map(|problem| problem.below(&format!("side.{name}"))));
        }
        problems.extend(self.validation_problems(scenario, task).into_iter().map(|p| p.below(at)));
        problems
    }

    /// Whether a side can learn this task.
    fn side_problems(&self, side: &Side, task: &Task) -> Vec<Problem> {
        let mut problems = Vec::new();
        if side.spiking.is_some() && task.has_values() {
            let words =
                format!("a spiking side answers with a class, but task.{} asks for numbers", task.name());
            problems.push(
                Problem::new("spiking", words).hint("take an artificial side, or a task that has classes"),
            );
        }
        if let Some(spiking) = &side.spiking {
            let steps = ((self.present.get() / spiking.dt.get()).round() as usize).max(1);
            if !steps.is_multiple_of(spiking.steps) {
                let words = format!(
                    "present = {} is {steps} time steps, which cannot be shared out evenly over {} parts of an example",
                    self.present, spiking.steps
                );
                problems.push(Problem::new("spiking.steps", words));
            }
        }
        let (at, layer) = match &side.read_out {
            Some(layer) => ("read_out", Some(layer)),
            None => ("ann", side.ann.as_ref()),
        };
        let (name, loss, batch) = match layer.map(|layer| &layer.learning) {
            Some(duet_ann::Learning::Backprop(rule)) => ("backprop", &rule.loss, rule.batch),
            Some(duet_ann::Learning::StaleGradient(rule)) => ("stale_gradient", &rule.loss, rule.batch),
            Some(other) if task.has_values() && other.has_teacher() => {
                let words =
                    format!("{} learns classes, but task.{} asks for numbers", other.name(), task.name());
                problems.push(
                    Problem::new(format!("{at}.learning"), words)
                        .hint("take learning.backprop with loss.mse"),
                );
                return problems;
            }
            _ => return problems,
        };
        let at = format!("{at}.learning.{name}");
        if task.has_values() && !judges_numbers(loss) {
            let words = format!("{} judges classes, but task.{} asks for numbers", loss.name(), task.name());
            problems.push(Problem::new(format!("{at}.loss"), words).hint("write loss.mse = {}"));
        }
        if let Some((train, _)) = task.examples() {
            let learned = train - validation_size(self.validation, train).min(train);
            if let Some(batch) = batch.filter(|&batch| batch > learned) {
                let rest = if learned < train { " that the validation set leaves" } else { "" };
                problems.push(Problem::new(
                    format!("{at}.batch"),
                    format!("batch = {batch} is larger than the training set of {learned} examples{rest}"),
                ));
            }
        }
        problems
    }

    /// Whether there is a validation set for what needs one.
    fn validation_problems(&self, scenario: &Scenario, task: &Task) -> Vec<Problem> {
        let mut problems = Vec::new();
        let needs = [("stop_early", self.stop_early.is_some()), ("keep", self.keep == Keep::Best)];
        let needs = || needs.iter().filter(|(_, wanted)| *wanted).map(|(key, _)| *key);
        if self.validation == 0.0 {
            problems.extend(needs().map(|key| {
                let what = if key == "keep" { "keep = \"best\"" } else { key };
                Problem::new(key, format!("{what} goes by the validation loss, but nothing is held out"))
                    .hint("add validation = 0.1 to protocol.learn")
            }));
            return problems;
        }
        if let Some((train, _)) = task.examples() {
            problems.extend(self.misses_a_set(train).map(|words| Problem::new("validation", words)));
        }
        for (name, side) in &scenario.side {
            let votes =
                |s: &duet_spiking::SpikingSide| matches!(s.decode, duet_spiking::Decode::ClassVote(_));
            if side.spiking.as_ref().is_some_and(votes) {
                problems.extend(needs().map(|key| {
                    let words = format!(
                        "side `{name}` reads its answer by decode.class_vote, which has no loss to go by"
                    );
                    Problem::new(key, words).hint("leave it out, or take decode.spike_count")
                }));
            }
        }
        problems
    }

    /// Why a validation set or a training set would be empty, given the number of training examples.
    pub(super) fn misses_a_set(&self, train: usize) -> Option<String> {
        let size = validation_size(self.validation, train);
        let misses = self.validation > 0.0 && (size == 0 || size >= train);
        misses.then(|| {
            format!(
                "validation = {} of {train} training examples is {size}; at least 1 must be held out and 1 learned from",
                self.validation
            )
        })
    }
}

/// Whether a loss can hold outputs against any numbers.
fn judges_numbers(loss: &Loss) -> bool {
    matches!(loss, Loss::Mse(_) | Loss::Mae(_))
}
