//! The whole check: shape, then sense. All problems at once.

use super::document::{Document, Value};
use super::walk::walk;
use super::{Override, Scenario, Side, Target};
use crate::target::NETWORK;
use crate::{Diagnostic, HarnessError};
use duet_spiking::Decode;
use duet_topology::NetworkSpec;
use duet_units::{Describe, Problem};
use serde::Deserialize;

/// A scenario that has passed every check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The scenario.
    pub scenario: Scenario,
    /// What the file was called.
    pub name: String,
    /// The text as given, for the run folder.
    pub text: String,
    /// What was rounded: to be shown and recorded.
    pub warnings: Vec<String>,
}

/// Checks a document, with values from the command line put in first.
///
/// # Errors
/// [`HarnessError::Invalid`] with every problem, [`HarnessError::Usage`] for an override that leads nowhere.
pub fn check(mut document: Document, overrides: &[Override]) -> Result<Checked, HarnessError> {
    for set in overrides {
        set.apply(&mut document)?;
    }
    let mut problems = walk(&Scenario::shape(), &document.root);
    if problems.is_empty() {
        match Scenario::deserialize(document.root.to_toml()) {
            Ok(scenario) => {
                problems = sense(&scenario);
                if problems.is_empty() {
                    let warnings = roundings(&scenario);
                    return Ok(Checked { scenario, name: document.name, text: document.text, warnings });
                }
            }
            // The walk knows the same shapes and ranges; what only the types know is still told, without a place.
            Err(error) => problems.push(Problem::new("", error.message().to_owned())),
        }
    } else {
        // A slip must not hide what only the whole can show: the rest is looked at without the slips.
        let more = beyond_the_slips(&document, &problems).unwrap_or_else(|| loose_ends(&document));
        problems.extend(more);
    }
    let diagnostics = problems.into_iter().map(|problem| Diagnostic::at(&document, problem)).collect();
    Err(HarnessError::Invalid { file: document.name, text: document.text, diagnostics })
}

/// The problems that the scenario still has when every value with a problem of its own is taken out, as if it had been
/// left to its default; `None` where something that must be given is among them.
fn beyond_the_slips(document: &Document, slips: &[Problem]) -> Option<Vec<Problem>> {
    let mut root = document.root.clone();
    for slip in slips {
        root.remove(&slip.path);
    }
    let scenario = Scenario::deserialize(root.to_toml()).ok()?;
    // What speaks of a value that was taken out would speak of its default.
    let key = |slip: &Problem| slip.path.rsplit('.').next().unwrap_or_default().to_owned();
    let echo = |problem: &Problem| {
        let concerns = |slip: &Problem| {
            slip.path.starts_with(&problem.path)
                || problem.path.starts_with(&slip.path)
                || problem.words.contains(&key(slip))
        };
        slips.iter().any(concerns)
    };
    Some(sense(&scenario).into_iter().filter(|problem| !echo(problem)).collect())
}

/// Projections of a faulty scenario that begin or end at a population that does not exist.
fn loose_ends(document: &Document) -> Vec<Problem> {
    let table = |key: &str| match &document.root.value {
        Value::Table(root) => match root.get(key).map(|(_, node)| &node.value) {
            Some(Value::Table(table)) => Some(table),
            _ => None,
        },
        _ => None,
    };
    let (Some(populations), Some(projections)) = (table("population"), table("projection")) else {
        return Vec::new();
    };
    let known = || populations.keys().map(String::as_str);
    let mut problems = Vec::new();
    for (name, (_, projection)) in projections {
        let Value::Table(projection) = &projection.value else { continue };
        for key in ["from", "to"] {
            let ends: Vec<&Value> = match projection.get(key).map(|(_, node)| &node.value) {
                Some(Value::List(list)) => list.iter().map(|item| &item.value).collect(),
                Some(value) => vec![value],
                None => Vec::new(),
            };
            for end in ends {
                if let Value::Text(end) = end
                    && !populations.contains_key(end)
                {
                    let hint = super::walk::nearest(end, known());
                    let listed =
                        || format!("the populations are: {}", known().collect::<Vec<_>>().join(", "));
                    problems.push(
                        Problem::new(
                            format!("projection.{name}.{key}"),
                            format!("there is no population `{end}`"),
                        )
                        .hint(hint.unwrap_or_else(listed)),
                    );
                }
            }
        }
    }
    problems
}

/// What only the whole can show.
fn sense(scenario: &Scenario) -> Vec<Problem> {
    let network = scenario.network();
    let mut problems = network.problems();
    if scenario.population.is_empty() {
        problems.push(
            Problem::new("population", "there is no population").hint("add [population.input] with a size"),
        );
    }
    if scenario.side.is_empty() {
        problems.push(
            Problem::new("side", "there is no side").hint("add [side.NAME.ann] or [side.NAME.spiking]"),
        );
    }
    for (name, side) in &scenario.side {
        let at = format!("side.{name}");
        let found = match (&side.ann, &side.spiking) {
            (Some(ann), None) => ann_problems(ann, &network).into_iter().map(|p| p.below("ann")).collect(),
            (None, Some(spiking)) => {
                spiking.problems(&network).into_iter().map(|p| p.below("spiking")).collect()
            }
            (Some(_), Some(_)) => vec![
                Problem::new("", "both `ann` and `spiking` are given; a side has one physics")
                    .hint("make two sides"),
            ],
            (None, None) => vec![
                Problem::new("", "neither `ann` nor `spiking` is given")
                    .hint(format!("add [{at}.ann] or [{at}.spiking]")),
            ],
        };
        problems.extend(found.into_iter().map(|problem| problem.below(&at)));
        problems.extend(read_out_problems(side, &network).into_iter().map(|problem| problem.below(&at)));
    }
    for (index, target) in scenario.target.iter().enumerate() {
        problems.extend(
            target_problems(target, scenario).into_iter().map(|p| p.below(&format!("target[{index}]"))),
        );
    }
    problems.extend(crate::compare::transfer::problems(scenario));
    for (index, panel) in scenario.panel.iter().enumerate() {
        let at = format!("panel[{index}].{}", panel.name());
        let found = if matches!(scenario.protocol, crate::protocol::Protocol::Learn(_)) {
            panel.probe().problems(scenario)
        } else {
            let words = "panels are asked of sides that have learned a task, under protocol.learn";
            vec![Problem::new("", words).hint("leave the panel out")]
        };
        problems.extend(found.into_iter().map(|problem| problem.below(&at)));
    }
    problems.extend(super::record::problems(scenario));
    if !matches!(scenario.protocol, crate::protocol::Protocol::Cable(_)) {
        problems.extend(crate::protocol::cable::unused_cables(scenario, &network));
    }
    if problems.is_empty() {
        problems = scenario.protocol.conduct().problems(scenario);
    }
    problems
}

/// A layer that reads a spiking side, where there is one or should be one.
fn read_out_problems(side: &Side, network: &NetworkSpec) -> Vec<Problem> {
    let liquid = |spiking: &duet_spiking::SpikingSide| matches!(spiking.decode, Decode::LiquidState(_));
    let (spiking, layer) = match (side.spiking.as_ref().filter(|spiking| liquid(spiking)), &side.read_out) {
        (None, None) => return Vec::new(),
        (None, Some(_)) => {
            let words = "a read-out belongs to a spiking side that is read by decode.liquid_state";
            return vec![Problem::new("read_out", words).hint("add spiking.decode.liquid_state = {}")];
        }
        (Some(_), None) => {
            let words =
                "decode.liquid_state hands numbers to a layer that learns to read them, and there is none";
            let hint = "add read_out = { activation.identity = {}, learning.backprop = {} } to the side";
            return vec![Problem::new("spiking.decode", words).hint(hint)];
        }
        (Some(spiking), Some(layer)) => (spiking, layer),
    };
    let mut problems: Vec<Problem> =
        ann_problems(layer, network).into_iter().map(|problem| problem.below("read_out")).collect();
    if layer.steps != 1 {
        let words = "the layer sees what the spikes leave behind once, at the end; the parts are those of the spiking side";
        problems.push(Problem::new("read_out.steps", words).hint("write spiking.steps instead"));
    }
    let learning = network.projection.keys().find(|name| spiking.is_plastic(name));
    if let Some(name) = learning {
        let words = format!("projection `{name}` learns, and under a read-out nothing does but the layer");
        problems.push(Problem::new("spiking", words).hint("leave `plasticity` out"));
    }
    let outputs = network.population.keys().filter(|name| {
        let feeds = |p: &duet_topology::ProjectionSpec| {
            p.from.0.contains(name) && p.to.0.iter().any(|to| to != *name)
        };
        !network.projection.values().any(feeds)
    });
    for output in outputs {
        let into = network.projection.values().filter(|p| p.to.0.contains(output));
        let sources: usize = into.map(|p| p.from.0.len()).sum();
        if sources != 1 {
            let words = format!("a layer reads one population, and {sources} projections reach `{output}`");
            problems.push(Problem::new("read_out", words).hint("leave one of them"));
        }
    }
    problems
}

fn ann_problems(side: &duet_ann::AnnSide, network: &NetworkSpec) -> Vec<Problem> {
    let mut problems = side.problems();
    let known: Vec<&str> = network.population.keys().map(String::as_str).collect();
    for name in side.population.keys().filter(|name| !network.population.contains_key(*name)) {
        problems.push(
            Problem::new(format!("population.{name}"), format!("the network has no population `{name}`"))
                .hint(
                    super::walk::nearest(name, known.iter().copied())
                        .unwrap_or_else(|| format!("it has: {}", known.join(", "))),
                ),
        );
    }
    problems
}

fn target_problems(target: &Target, scenario: &Scenario) -> Vec<Problem> {
    let mut problems = Vec::new();
    let asked = [target.value, target.at_least, target.at_most].iter().flatten().count();
    if asked != 1 {
        problems.push(Problem::new(
            "",
            format!("a target asks for exactly one of value, at_least, at_most; {asked} are given"),
        ));
    }
    let tolerances = [target.within, target.within_percent].iter().flatten().count();
    if target.value.is_some() && tolerances != 1 {
        problems.push(Problem::new("value", "a value needs exactly one tolerance: within or within_percent"));
    }
    if target.value.is_none() && tolerances > 0 {
        problems.push(Problem::new("within", "a bound has no tolerance: it is reached or not"));
    }
    for path in target.metric.split(" - ") {
        let side = path.split('.').next().unwrap_or(path);
        if side != NETWORK && !scenario.side.contains_key(side) {
            let known: Vec<&str> = scenario.side.keys().map(String::as_str).collect();
            problems.push(
                Problem::new(
                    "metric",
                    format!("the metric `{path}` must begin with a side, or with `{NETWORK}`; there is no side `{side}`"),
                )
                .hint(format!("the sides are: {}", known.join(", "))),
            );
        }
    }
    problems
}

fn roundings(scenario: &Scenario) -> Vec<String> {
    let network = scenario.network();
    let of_side = |(name, side): (&String, &Side)| -> Vec<String> {
        let of_engine = side.spiking.as_ref().map_or_else(Vec::new, |spiking| spiking.roundings(&network));
        let words = of_engine.into_iter().chain(scenario.protocol.conduct().roundings(side));
        words.map(|words| format!("side `{name}`: {words}")).collect()
    };
    scenario.side.iter().flat_map(of_side).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        title = "t"
        question = "q?"
        seed = 1
        [task.xor]
        [population.input]
        size = 2
        [population.output]
        size = 2
        [projection.a]
        from = "input"
        to = "output"
        weights.he = {}
        [side.s.spiking]
        dt = "1 ms"
        neuron.lif = { tau_m = "20 ms" }
        [protocol.learn]
        epochs = 1
    "#;

    fn paths(text: &str) -> Vec<String> {
        match check(Document::parse("t", text.to_owned()).unwrap(), &[]) {
            Ok(_) => Vec::new(),
            Err(HarnessError::Invalid { diagnostics, .. }) => {
                diagnostics.into_iter().map(|d| d.path).collect()
            }
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_good_scenario_passes() {
        assert_eq!(paths(GOOD), Vec::<String>::new());
    }

    #[test]
    fn slips_do_not_hide_each_other() {
        let bad = GOOD
            .replace("to = \"output\"", "to = \"outptu\"")
            .replace("dt = \"1 ms\"", "dt = \"30 ms\"")
            .replace(
                "tau_m = \"20 ms\"",
                "tau_m = \"20 ms\", tau_membrane = 3, c_m = \"-1 pF\", t_ref = \"2 mV\"",
            )
            .replace("epochs = 1", "epochs = nan");
        let found = paths(&bad);
        for path in [
            "neuron.lif.tau_membrane",
            "neuron.lif.c_m",
            "neuron.lif.t_ref",
            "projection.a.to",
            "protocol.learn.epochs",
        ] {
            assert!(found.iter().any(|p| p.ends_with(path)), "{path} in {found:?}");
        }
    }

    #[test]
    fn what_only_the_whole_shows_stands_beside_a_slip() {
        let bad = GOOD
            .replace("dt = \"1 ms\"", "dt = \"30 ms\"")
            .replace("tau_m = \"20 ms\"", "tau_m = \"20 ms\", x = 1");
        assert_eq!(paths(&bad), ["side.s.spiking.neuron.lif.x", "side.s.spiking.dt"]);
        let only = GOOD
            .replace("dt = \"1 ms\"", "dt = \"30 ms\"")
            .replace("tau_m = \"20 ms\"", "tau_m = \"-20 ms\"");
        assert_eq!(
            paths(&only),
            ["side.s.spiking.neuron.lif.tau_m"],
            "nothing is said of a default nobody wrote"
        );
    }
}
