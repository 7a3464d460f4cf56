//! `duet verify`: scenarios held against their published or required values.

use crate::arguments::{Changes, Manner, sources};
use crate::error::{CliError, Worst};
use crate::jobs::{Job, prepare};
use crate::summary::{got, wanted};
use crate::table::aligned;
use crate::watch::{Kind, Watch};
use crate::{output, signals};
use clap::Args;
use duet_harness::builtin::{Source, built_in};
use duet_harness::{HarnessError, Options};
use duet_kernels::CpuLevel;
use duet_record::{TargetResult, Verdict};
use duet_tasks::TaskError;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

const EXAMPLE: &str = "\
Example:
  duet verify                 all built-in scenarios that have targets
  duet verify xor --seeds 1

Exit code 1 if a target is missed. `near` (outside, but within twice the tolerance) and `skipped`
(its data are not on this machine) are no misses.";

/// Run scenarios and hold them against their targets
#[derive(Args, Debug)]
#[command(after_help = EXAMPLE)]
pub struct Arguments {
    /// Files, folders or names of built-in scenarios; without any, all built-in ones that have targets
    scenario: Vec<PathBuf>,
    /// Print the table as JSON
    #[arg(long)]
    json: bool,
    /// Keep the run folders there; without it they are thrown away
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    manner: Manner,
}

/// What became of one scenario.
enum Outcome {
    Judged(Vec<TargetResult>),
    Skipped(String),
    Failed(String),
}

/// A scenario and what became of it.
struct Held {
    scenario: String,
    outcome: Outcome,
}

pub fn carry_out(arguments: &Arguments) -> Result<(), CliError> {
    CpuLevel::from_env().map_err(HarnessError::from)?;
    let jobs = jobs(arguments)?;
    let temporary = match arguments.out {
        Some(_) => None,
        None => Some(tempfile::tempdir().map_err(|source| CliError::Temporary { source })?),
    };
    if let Some(folder) = &temporary {
        signals::scratch(folder.path());
    }
    let kept = arguments.out.clone();
    let options = Options {
        figures: kept.is_some(),
        out: kept.or_else(|| temporary.as_ref().map(|folder| folder.path().to_owned())).unwrap_or_default(),
        threads: usize::from(arguments.manner.threads),
    };
    signals::listen();
    let mut worst = Worst::default();
    let mut all = Vec::new();
    for job in &jobs {
        all.push(hold(job, &options, arguments, &mut worst)?);
    }
    if arguments.json {
        output::line(format!("{:#}", as_json(&all)))?;
    } else {
        output::line(as_table(&all).join("\n"))?;
    }
    worst.end()?;
    if missed(&all) { Err(CliError::Told(1)) } else { Ok(()) }
}

fn jobs(arguments: &Arguments) -> Result<Vec<Job>, CliError> {
    let all = arguments.scenario.is_empty();
    let sources = if all {
        built_in().into_iter().map(Source::BuiltIn).collect()
    } else {
        sources(&arguments.scenario)?
    };
    let (jobs, without): (Vec<Job>, Vec<Job>) = prepare(&sources, &arguments.changes)?
        .into_iter()
        .partition(|job| !job.checked.scenario.target.is_empty());
    if !all {
        without.iter().for_each(|job| output::warn(&format!("{} has no targets", job.checked.name)));
    }
    if jobs.is_empty() {
        return Err(CliError::Usage {
            words: "there is nothing to verify: no scenario has targets".to_owned(),
        });
    }
    Ok(jobs)
}

fn hold(job: &Job, options: &Options, arguments: &Arguments, worst: &mut Worst) -> Result<Held, CliError> {
    let kept = arguments.out.is_some();
    if signals::caught() {
        return Err(CliError::Stopped { folder: None });
    }
    if !arguments.manner.quiet {
        output::tell(&format!("verifying {}", job.origin.stem));
    }
    let watch = Watch::new(if kept { Kind::Run } else { Kind::Passing }, arguments.manner.quiet);
    let finished = duet_harness::run(&job.checked, &job.origin, options, &watch);
    watch.end();
    let outcome = match finished {
        Ok(finished) => Outcome::Judged(finished.targets),
        Err(HarnessError::Task(error @ TaskError::Missing { .. })) => Outcome::Skipped(error.to_string()),
        Err(HarnessError::Stopped { folder }) => {
            return Err(CliError::Stopped { folder: kept.then_some(folder) });
        }
        Err(error) => {
            let error = CliError::from(error);
            worst.note(&error);
            Outcome::Failed(error.to_string())
        }
    };
    Ok(Held { scenario: job.origin.stem.clone(), outcome })
}

fn missed(all: &[Held]) -> bool {
    let is_missed = |held: &Held| match &held.outcome {
        Outcome::Judged(results) => results.iter().any(|result| result.verdict == Verdict::Miss),
        Outcome::Skipped(_) | Outcome::Failed(_) => false,
    };
    all.iter().any(is_missed)
}

fn as_table(all: &[Held]) -> Vec<String> {
    let row = |cells: [&str; 6]| cells.map(str::to_owned).to_vec();
    let mut rows = vec![row(["scenario", "metric", "wanted", "got", "verdict", "source"])];
    for held in all {
        let name = held.scenario.as_str();
        match &held.outcome {
            Outcome::Judged(results) => rows.extend(results.iter().map(|result| {
                row([
                    name,
                    &result.metric,
                    &wanted(result),
                    &got(result),
                    result.verdict.name(),
                    &result.source,
                ])
            })),
            Outcome::Skipped(why) => rows.push(row([name, "", "", "", "skipped", why])),
            // The words stand on stderr.
            Outcome::Failed(_) => rows.push(row([name, "", "", "", "failed", ""])),
        }
    }
    aligned(&rows, output::terminal_width())
}

fn as_json(all: &[Held]) -> Value {
    let mut rows = Vec::new();
    for held in all {
        let without_result =
            |verdict: &str, why: &str| json!({ "scenario": held.scenario, "verdict": verdict, "why": why });
        match &held.outcome {
            Outcome::Judged(results) => rows.extend(results.iter().map(|result| {
                let mut row = Map::from_iter([("scenario".to_owned(), json!(held.scenario))]);
                if let Ok(Value::Object(result)) = serde_json::to_value(result) {
                    row.extend(result);
                }
                Value::Object(row)
            })),
            Outcome::Skipped(why) => rows.push(without_result("skipped", why)),
            Outcome::Failed(why) => rows.push(without_result("failed", why)),
        }
    }
    Value::Array(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_record::Bound;

    fn held(results: &[(f64, f64)]) -> Held {
        let result =
            |&(least, got): &(f64, f64)| TargetResult::new("a.x", Bound::AtLeast(least), Some(got), "book");
        Held { scenario: "s".into(), outcome: Outcome::Judged(results.iter().map(result).collect()) }
    }

    #[test]
    fn one_miss_is_a_miss_and_skipping_is_none() {
        let skipped = || Held { scenario: "t".into(), outcome: Outcome::Skipped("no data".into()) };
        assert!(!missed(&[held(&[(0.5, 0.6)]), skipped()]));
        assert!(missed(&[skipped(), held(&[(0.5, 0.6), (0.5, 0.4)])]));
    }

    #[test]
    fn table_and_json_say_the_same() {
        let all =
            [held(&[(0.5, 0.6)]), Held { scenario: "t".into(), outcome: Outcome::Skipped("no data".into()) }];
        let table = as_table(&all);
        assert_eq!(table[1], "s         a.x     at least 0.5  0.6  pass     book");
        assert!(table[2].ends_with("skipped  no data"), "{}", table[2]);
        let json = as_json(&all);
        assert_eq!(json[0]["scenario"], "s");
        assert_eq!(json[0]["verdict"], "pass");
        assert_eq!(json[1]["why"], "no data");
    }
}
