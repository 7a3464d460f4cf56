//! `duet summary`: the network of a scenario as a table.

use crate::arguments::{Changes, sources};
use crate::error::CliError;
use crate::jobs::{Job, prepare};
use crate::output;
use crate::table::aligned;
use clap::Args;
use duet_harness::{Checked, summary};
use duet_record::LayerStory;
use serde_json::{Value, json};
use std::path::PathBuf;

const EXAMPLE: &str = "\
Example:
  duet summary digits

Parameters are the weights and biases of the projections that feed a population; multiply-adds are
what one answer takes there, one per synapse.";

/// Show the network of a scenario: shapes, units, parameters and multiply-adds, layer by layer
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Files, folders of them, or names of built-in scenarios (see `duet list scenarios`)
    #[arg(required = true)]
    scenario: Vec<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    /// As JSON: [{"scenario": "digits", "layers": [{"population": "hidden", "parameters": 4160, ...}]}]
    #[arg(long)]
    json: bool,
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    let mut shown: Vec<(Job, Vec<LayerStory>)> = Vec::new();
    for job in prepare(&sources(&arguments.scenario)?, &arguments.changes)? {
        let layers = summary(&job.checked)?;
        shown.push((job, layers));
    }
    if arguments.json {
        let one =
            |(job, layers): &(Job, Vec<LayerStory>)| json!({ "scenario": job.origin.stem, "layers": layers });
        return output::line(format!("{:#}", Value::Array(shown.iter().map(one).collect())));
    }
    let texts: Vec<String> = shown.iter().map(|(job, layers)| text(&job.checked, layers)).collect();
    output::line(texts.join("\n\n"))
}

/// Title, table and totals.
fn text(checked: &Checked, layers: &[LayerStory]) -> String {
    let scenario = &checked.scenario;
    let mut head = vec!["population".to_owned(), "shape".to_owned()];
    head.extend(scenario.side.keys().cloned());
    let mut rows = vec![head];
    for layer in layers {
        let shape = layer.shape.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
        let mut row = vec![layer.population.clone(), shape];
        row.extend(layer.units.iter().cloned());
        rows.push(row);
    }
    let total = |of: fn(&LayerStory) -> u64| layers.iter().map(of).sum::<u64>();
    let (parameters, multiply_adds) = (total(|layer| layer.parameters), total(|layer| layer.multiply_adds));
    rows.push(vec!["total".to_owned()]);
    let numbers = [
        column("parameters", layers.iter().map(|layer| layer.parameters), parameters),
        column("multiply-adds", layers.iter().map(|layer| layer.multiply_adds), multiply_adds),
    ];
    let words = aligned(&rows, None);
    let width = words.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let line =
        |(at, words): (usize, &String)| format!("{words:width$}  {}  {}", numbers[0][at], numbers[1][at]);
    let mut table: Vec<String> = words.iter().enumerate().map(line).collect();
    let rule = "-".repeat(table[0].chars().count());
    table.insert(1, rule.clone());
    table.insert(table.len() - 1, rule);
    let closing =
        format!("{} parameters take {} in single precision", grouped(parameters), bytes(4 * parameters));
    format!("{}\n\n{}\n\n{closing}", scenario.title, table.join("\n"))
}

/// A column of numbers, the last digits below each other.
fn column(head: &str, numbers: impl Iterator<Item = u64>, total: u64) -> Vec<String> {
    let cells = numbers.chain([total]).map(grouped);
    let cells: Vec<String> = std::iter::once(head.to_owned()).chain(cells).collect();
    let width = cells.iter().map(|cell| cell.chars().count()).max().unwrap_or(0);
    cells.into_iter().map(|cell| format!("{cell:>width$}")).collect()
}

/// 4160 is "4 160".
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(digit);
    }
    out
}

fn bytes(n: u64) -> String {
    match n {
        n if n < 1 << 10 => format!("{n} bytes"),
        n if n < 1 << 20 => format!("{:.1} KiB", n as f64 / 1024.0),
        n => format!("{:.1} MiB", n as f64 / (1024.0 * 1024.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_can_be_read() {
        assert_eq!(column("n", [5, 12_345].into_iter(), 12_350), ["     n", "     5", "12 345", "12 350"]);
        assert_eq!((grouped(0).as_str(), grouped(55_050).as_str()), ("0", "55 050"));
        assert_eq!(
            (bytes(40), bytes(220_200), bytes(5 << 20)),
            ("40 bytes".into(), "215.0 KiB".into(), "5.0 MiB".into())
        );
    }
}
