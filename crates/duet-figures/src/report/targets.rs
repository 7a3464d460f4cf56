//! Published or required values, held against what was measured.

use duet_record::format::number;
use duet_record::{Bound, TargetResult, Verdict};

use super::{Section, Source, table};
use crate::escape::html;

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
    let asked = match target.bound() {
        Some(Bound::Value { value, within }) => format!("{} ± {}", number(value), number(within)),
        Some(Bound::AtLeast(least)) => format!("at least {}", number(least)),
        Some(Bound::AtMost(most)) => format!("at most {}", number(most)),
        None => "–".to_owned(),
    };
    let got =
        target.got.map_or_else(|| format!("<span class=\"none\">n/a{}</span>", why(source, target)), number);
    let verdict = target.verdict.name();
    // The sign says what the colour says.
    let sign = match target.verdict {
        Verdict::Pass => "✓",
        Verdict::Near => "≈",
        Verdict::Miss => "✗",
    };
    vec![
        format!("<code>{}</code>", html(&target.metric)),
        asked,
        got,
        format!("<span class=\"badge {verdict}\">{sign} {verdict}</span>"),
        html(&target.source),
    ]
}

/// Why the metric has no value, as its side says.
fn why(source: &Source<'_>, target: &TargetResult) -> String {
    let metric = source.metrics.sides.iter().find_map(|(side, metrics)| {
        metrics.get(target.metric.strip_prefix(side.as_str())?.strip_prefix('.')?)
    });
    metric
        .and_then(|metric| metric.why_null.as_ref())
        .map_or(String::new(), |why| format!(" ({})", html(why)))
}
