//! `duet list`: what can stand in a scenario, and the scenarios that are built in.

use crate::error::CliError;
use crate::output;
use crate::table::aligned;
use clap::Args;
use duet_harness::builtin::{Source, built_in};
use duet_harness::scenario::nearest;
use duet_harness::{catalog, check};
use serde_json::{Map, Value, json};

const EXAMPLE: &str = "\
Example:
  duet list neurons
  duet list scenarios --json";

/// List models, rules, tasks ... and the built-in scenarios, each with one line
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Only this kind: neuron, synapse, plasticity, task, optimizer, scenario ... (singular or plural)
    kind: Option<String>,
    /// As JSON: {"neuron": [{"name": "lif", "summary": "..."}, ...], ...}
    #[arg(long)]
    json: bool,
}

/// A heading, and names with one line each.
struct Group {
    kind: &'static str,
    entries: Vec<(String, String)>,
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    let groups = match &arguments.kind {
        Some(word) => vec![find(word)?],
        None => groups(),
    };
    if arguments.json {
        return output::line(format!("{:#}", as_json(&groups)));
    }
    // Names line up over all groups.
    let rows = groups.iter().flat_map(|group| &group.entries);
    let mut lines =
        aligned(&rows.map(|(name, words)| vec![name.clone(), words.clone()]).collect::<Vec<_>>(), None)
            .into_iter();
    let mut out = Vec::new();
    for group in &groups {
        if !out.is_empty() {
            out.push(String::new());
        }
        out.push(group.kind.to_owned());
        out.extend(lines.by_ref().take(group.entries.len()).map(|line| format!("  {line}")));
    }
    output::line(out.join("\n"))
}

fn groups() -> Vec<Group> {
    let group = |kind: catalog::Kind| Group { kind: kind.name, entries: entries(&kind) };
    let mut groups: Vec<Group> = catalog::kinds().into_iter().map(group).collect();
    groups.push(Group { kind: "scenario", entries: scenarios() });
    groups
}

/// The entries of a kind, each with its one sentence.
pub fn entries(kind: &catalog::Kind) -> Vec<(String, String)> {
    kind.entries.iter().map(|entry| (entry.name.to_owned(), entry.page().summary())).collect()
}

fn scenarios() -> Vec<(String, String)> {
    let one = |path| {
        let source = Source::BuiltIn(path);
        let title = source.document().and_then(|document| check(document, &[]));
        (source.stem(), title.map_or_else(|error| error.to_string(), |checked| checked.scenario.title))
    };
    built_in().into_iter().map(one).collect()
}

fn find(word: &str) -> Result<Group, CliError> {
    let mut groups = groups();
    if let Some(index) = groups.iter().position(|group| group.kind == word || plural(group.kind) == word) {
        return Ok(groups.swap_remove(index));
    }
    let names: Vec<&str> = groups.iter().map(|group| group.kind).collect();
    let hint = nearest(word, names.iter().copied());
    let hint = hint.unwrap_or_else(|| format!("the kinds are: {}", names.join(", ")));
    Err(CliError::Usage { words: format!("there is no kind `{word}`; {hint}") })
}

/// "synapses", "plasticities", "losses".
fn plural(kind: &str) -> String {
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}

fn as_json(groups: &[Group]) -> Value {
    let one = |group: &Group| {
        let key = if group.kind == "scenario" { "title" } else { "summary" };
        let entry = |(name, words): &(String, String)| json!({ "name": name, key: words });
        (group.kind.to_owned(), Value::Array(group.entries.iter().map(entry).collect()))
    };
    Value::Object(groups.iter().map(one).collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_found_by_singular_and_plural() {
        for (word, kind) in [("neuron", "neuron"), ("losses", "loss"), ("plasticities", "plasticity")] {
            assert_eq!(find(word).unwrap().kind, kind);
        }
        let error = find("nueron").err().unwrap().to_string();
        assert!(error.contains("did you mean `neuron`?"), "{error}");
    }

    #[test]
    fn every_scenario_has_a_title() {
        for (name, title) in scenarios() {
            assert!(!title.is_empty() && !title.contains(".toml"), "{name}: {title}");
        }
    }
}
