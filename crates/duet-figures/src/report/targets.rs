//! Published or required values, held against what was measured.

use duet_record::format::{number, with_unit};
use duet_record::{Bound, Metric, TargetResult, Verdict};

use super::{Section, Source, table};
use crate::escape::{html, html_path, unit_words};

pub(super) fn section(source: &Source<'_>) -> Section {
    let targets = &source.metrics.targets;
    let rows: Vec<Vec<String>> = targets.iter().map(|target| row(source, target)).collect();
    let columns = ["Metric", "Asked for", "Got", "Verdict", "Where the value comes from"].map(str::to_owned);
    let passed = targets.iter().filter(|target| target.verdict == Verdict::Pass).count();
    let caption =
        format!("{passed} of {} pass. Near is outside, but within twice the tolerance.", targets.len());
    let body = if rows.is_empty() { String::new() } else { table("targets", &caption, &columns, &rows) };
    Section { id: "targets", heading: "Targets", body }
}

fn row(source: &Source<'_>, target: &TargetResult) -> Vec<String> {
    let metric = metric(source, target);
    let unit = metric.map_or_else(String::new, |metric| unit_words(&metric.unit));
    let in_unit = |value: f64| html(&with_unit(value, &unit));
    let asked = match target.bound() {
        Some(Bound::Value { value, within }) => format!("{} ± {}", number(value), in_unit(within)),
        Some(Bound::AtLeast(least)) => format!("at least {}", in_unit(least)),
        Some(Bound::AtMost(most)) => format!("at most {}", in_unit(most)),
        None => "–".to_owned(),
    };
    let why = metric.and_then(|metric| metric.why_null.as_ref());
    let why = why.map_or(String::new(), |why| format!(" ({})", html(why)));
    let got = target.got.map_or_else(|| format!("<span class=\"none\">n/a{why}</span>"), in_unit);
    let verdict = target.verdict.name();
    // The sign says what the colour says.
    let sign = match target.verdict {
        Verdict::Pass => "✓",
        Verdict::Near => "≈",
        Verdict::Miss => "✗",
    };
    vec![
        html_path(&target.metric),
        asked,
        got,
        format!("<span class=\"badge {verdict}\">{sign} {verdict}</span>"),
        html(&target.source),
    ]
}

/// What the target is about: it knows the unit, and why there is no value.
fn metric<'s>(source: &'s Source<'_>, target: &TargetResult) -> Option<&'s Metric> {
    source.metrics.sides.iter().find_map(|(side, metrics)| {
        metrics.get(target.metric.strip_prefix(side.as_str())?.strip_prefix('.')?)
    })
}
