//! `duet explain`: the page of a model, a rule, a table, a kind or a scenario.

use super::list::entries;
use crate::error::CliError;
use crate::{markdown, output};
use clap::Args;
use duet_harness::builtin::{self, Source};
use duet_harness::protocol::Protocol;
use duet_harness::scenario::{Scenario, Target, nearest};
use duet_harness::{Checked, catalog, check};
use std::fmt::Write;
use std::path::Path;

const EXAMPLE: &str = "\
Example:
  duet explain lif
  duet explain side.spiking adam digits
  duet explain backprop --numbers";

/// Explain a model, a rule, a table of a scenario, or a built-in scenario
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// lif, neuron.lif, neuron (all of a kind), side.spiking (a table), digits (a scenario) ...
    #[arg(required = true)]
    name: Vec<String>,
    /// Work one small example through, with every number (for `backprop`)
    #[arg(long)]
    numbers: bool,
    /// Print the page as markdown
    #[arg(long)]
    markdown: bool,
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    let mut all = Vec::new();
    for word in &arguments.name {
        all.extend(pages(word)?);
        if arguments.numbers {
            all.push(numbers(word)?);
        }
    }
    let all = all.join("\n");
    if arguments.markdown {
        return output::line(all.trim_end());
    }
    output::line(markdown::rendered(&all, output::width(), output::is_styled()))
}

/// All pages that a word means, as markdown.
fn pages(word: &str) -> Result<Vec<String>, CliError> {
    let mut pages: Vec<String> =
        catalog::find(word).iter().map(|(name, page)| catalog::markdown(name, page, 1)).collect();
    pages.extend(catalog::kinds().iter().filter(|kind| kind.name == word).map(kind_page));
    // A scenario's file or folder is meant only where nothing else is.
    let alone = pages.is_empty();
    if alone || !Path::new(word).exists() {
        for source in builtin::find(word).unwrap_or_default() {
            if alone || source.stem() == word {
                let checked = check(source.document()?, &[])?;
                pages.push(scenario_page(&source, &checked));
            }
        }
    }
    if pages.is_empty() { Err(unknown(word)) } else { Ok(pages) }
}

/// Things that can be worked through, and the scenario that does it.
const WORKED: [(&str, &str); 1] = [("backprop", "step_through")];

/// One small example with every number, from the scenario that works it through.
fn numbers(word: &str) -> Result<String, CliError> {
    let plain = word.strip_prefix("learning.").unwrap_or(word);
    let Some((_, scenario)) = WORKED.iter().find(|(known, _)| *known == plain) else {
        let known: Vec<&str> = WORKED.iter().map(|(known, _)| *known).collect();
        return Err(CliError::Usage {
            words: format!("there are no numbers for `{word}`; --numbers works for: {}", known.join(", ")),
        });
    };
    let mut page = format!(
        "# {plain}, with every number\n\nThe scenario `{scenario}`; `duet run {scenario}` draws it.\n"
    );
    for source in builtin::find(scenario)? {
        let checked = check(source.document()?, &[])?;
        if let Protocol::StepThrough(step) = &checked.scenario.protocol {
            for (label, text) in step.pages(&checked.scenario)? {
                let _ = write!(page, "\n## {label}\n\n```text\n{text}```\n");
            }
        }
    }
    Ok(page)
}

fn unknown(word: &str) -> CliError {
    let mut known = catalog::words();
    known.extend(catalog::kinds().iter().map(|kind| kind.name.to_owned()));
    known.extend(builtin::built_in().into_iter().map(|path| Source::BuiltIn(path).stem()));
    let hint = nearest(word, known.iter().map(String::as_str))
        .unwrap_or_else(|| "`duet list` shows what there is".to_owned());
    CliError::Usage { words: format!("there is nothing called `{word}` to explain; {hint}") }
}

fn kind_page(kind: &catalog::Kind) -> String {
    let mut page = format!("# {}\n\n| name | what it is |\n|---|---|\n", kind.name);
    for (name, words) in entries(kind) {
        let _ = writeln!(page, "| `{name}` | {words} |");
    }
    page
}

fn scenario_page(source: &Source, checked: &Checked) -> String {
    let scenario = &checked.scenario;
    let mut page = format!("# {}\n\n{}\n\n{}\n\n", source.argument(), scenario.title, scenario.question);
    let _ = writeln!(page, "## Network\n\n{}\n", network(scenario));
    let _ = writeln!(page, "## Sides\n\n| name | label | made of |\n|---|---|---|");
    for (name, side) in &scenario.side {
        let made_of = match (&side.ann, &side.spiking) {
            (Some(ann), _) => format!("{} units, {}", ann.activation.name(), ann.learning.name()),
            (_, Some(spiking)) => format!(
                "{} cells, {} synapses, {}",
                spiking.neuron.name(),
                spiking.synapse.name(),
                spiking.plasticity.name()
            ),
            (None, None) => String::new(),
        };
        let _ = writeln!(page, "| `{name}` | {} | {made_of} |", side.label(name));
    }
    if !scenario.target.is_empty() {
        let _ = writeln!(page, "\n## Targets\n\n| metric | wanted | source |\n|---|---|---|");
        for target in &scenario.target {
            let _ = writeln!(page, "| `{}` | {} | {} |", target.metric, wanted(target), target.source);
        }
    }
    let _ = writeln!(page, "\n## Run\n\n```text\nduet run {}\n```", source.stem());
    page
}

fn network(scenario: &Scenario) -> String {
    let mut populations = Vec::new();
    for (name, population) in &scenario.population {
        let shape = population.extent().map(|size| size.shape).unwrap_or_default();
        let shape: Vec<String> = shape.iter().map(ToString::to_string).collect();
        populations.push(format!("{name} ({})", shape.join(" x ")));
    }
    let task = scenario.task.as_ref().map_or_else(String::new, |task| format!("; task: {}", task.name()));
    format!("{}{task}; {} seeds", populations.join(", "), scenario.seeds)
}

fn wanted(target: &Target) -> String {
    match (target.value, target.at_least, target.at_most) {
        (Some(value), ..) => {
            let percent = target.within_percent.map(|percent| format!(" within {percent} %"));
            let within = target.within.map(|within| format!(" within {within}"));
            format!("{value}{}", within.or(percent).unwrap_or_default())
        }
        (_, Some(least), _) => format!("at least {least}"),
        (.., Some(most)) => format!("at most {most}"),
        (None, None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_kinds_tables_and_scenarios_have_pages() {
        for (word, expected) in [
            ("lif", "tau_m dV/dt"),
            ("neuron.lif", "# neuron.lif"),
            ("neuron", "| `lif` |"),
            ("side.spiking", "`weight_unit`"),
            ("digits", "## Targets"),
            ("learning/digits", "local.test_accuracy"),
        ] {
            let pages = pages(word).unwrap().concat();
            assert!(pages.contains(expected), "{word}: {pages}");
        }
    }

    #[test]
    fn a_word_that_means_several_things_gives_them_all() {
        assert_eq!(pages("digits").unwrap().len(), 2, "the task and the scenario");
    }

    #[test]
    fn backpropagation_is_worked_through_with_numbers() {
        let page = numbers("learning.backprop").unwrap();
        assert!(
            page.contains("tanh(0.91) = 0.7211") && page.contains("0.5227 before, 0.2184 after"),
            "{page}"
        );
        assert!(numbers("adam").unwrap_err().to_string().contains("works for: backprop"));
    }

    #[test]
    fn unknown_words_are_guessed() {
        assert!(pages("adm").unwrap_err().to_string().contains("did you mean `adam`?"));
        assert_eq!(pages("qqqqqqqq").unwrap_err().exit_code(), 2);
    }
}
