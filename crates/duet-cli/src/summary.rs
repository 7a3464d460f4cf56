//! The few lines that close a run: what each side reached, how the targets came out, where the report lies.

use crate::error::CliError;
use crate::output;
use crate::table::aligned;
use crate::watch::Watch;
use duet_record::format::number;
use duet_record::{Bound, Metrics, Run, Severity, Story, TargetResult, layout};
use std::path::Path;

/// Tells how a finished run came out.
///
/// # Errors
/// [`CliError::Record`] when the run cannot be read back.
pub fn tell(folder: &Path, watch: &Watch, quiet: bool) -> Result<(), CliError> {
    let run = Run::open(folder)?;
    let (metrics, story) = (run.metrics()?, run.story()?);
    let mut lines = Vec::new();
    if !quiet {
        lines.extend(sides(&metrics, &story));
        lines.extend(targets(&metrics.targets));
    }
    lines.extend(diagnoses(&story, watch, quiet));
    if !quiet && folder.join(layout::REPORT).is_file() {
        lines.push(format!("open {}", folder.join(layout::REPORT).display()));
    }
    if !lines.is_empty() {
        output::tell(&lines.join("\n"));
    }
    Ok(())
}

fn sides(metrics: &Metrics, story: &Story) -> Vec<String> {
    let row = |name: &String| {
        let label = story.side(name).map_or(name.as_str(), |side| side.label.as_str());
        let metric = metrics.get(name, story.headline());
        let value = metric.and_then(|metric| metric.value).unwrap_or(f64::NAN);
        let interval = metric.and_then(|metric| Some((metric.ci95?, &metric.source)));
        let interval = interval.map_or_else(String::new, |([low, high], source)| {
            format!("95 % interval {} to {} ({source})", number(low), number(high))
        });
        vec![label.to_owned(), format!("{} {}", headline(story.headline()), number(value)), interval]
    };
    let rows: Vec<Vec<String>> = metrics.sides.keys().map(row).collect();
    aligned(&rows, None)
}

/// A metric's path as words; a grid point in brackets stays what it is: "reach[0.01]".
fn headline(path: &str) -> String {
    let (name, point) = path.split_at(path.find('[').unwrap_or(path.len()));
    format!("{}{point}", name.replace(['_', '.'], " "))
}

fn targets(targets: &[TargetResult]) -> Vec<String> {
    let row = |target: &TargetResult| {
        vec![
            target.verdict.name().to_owned(),
            target.metric.clone(),
            wanted(target),
            format!("got {}", got(target)),
        ]
    };
    aligned(&targets.iter().map(row).collect::<Vec<_>>(), None)
}

/// What a target asks for, in words.
pub fn wanted(target: &TargetResult) -> String {
    match target.bound() {
        Some(Bound::Value { value, within }) => format!("{} within {}", number(value), number(within)),
        Some(Bound::AtLeast(least)) => format!("at least {}", number(least)),
        Some(Bound::AtMost(most)) => format!("at most {}", number(most)),
        None => "nothing".to_owned(),
    }
}

/// What was measured, in words.
pub fn got(target: &TargetResult) -> String {
    target.got.map_or_else(|| "nothing".to_owned(), number)
}

fn diagnoses(story: &Story, watch: &Watch, quiet: bool) -> Vec<String> {
    let news = story.diagnoses.iter().filter(|diagnosis| !watch.has_warned(&diagnosis.words));
    let shown = news.filter(|diagnosis| !quiet || diagnosis.severity == Severity::Warning);
    let line = |diagnosis: &duet_record::Diagnosis| {
        let severity = match diagnosis.severity {
            Severity::Note => "note",
            Severity::Warning => "warning",
        };
        let side = story.side(&diagnosis.side).map_or("", |side| side.label.as_str());
        let colon = if side.is_empty() { "" } else { ": " };
        format!("{severity}: {side}{colon}{}", diagnosis.words)
    };
    shown.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_in_words() {
        let result = |bound, got| TargetResult::new("a.x", bound, got, "s");
        let value = result(Bound::Value { value: 0.9, within: 0.01 }, Some(0.905));
        assert_eq!((wanted(&value).as_str(), got(&value).as_str()), ("0.9 within 0.01", "0.905"));
        let least = result(Bound::AtLeast(0.96), None);
        assert_eq!((wanted(&least).as_str(), got(&least).as_str()), ("at least 0.96", "nothing"));
        assert_eq!(targets(&[least]), ["miss  a.x  at least 0.96  got nothing"]);
    }
}
