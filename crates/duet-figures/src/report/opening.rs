//! The question, the answer, and the numbers to remember.

use duet_record::format::{number, percent, with_unit};
use duet_record::{Diagnosis, Metric, Physics, Severity};

use super::{Section, Source, each, side_name};
use crate::cast::Actor;
use crate::escape::{html, unit_words, words};

pub(super) fn header(source: &Source<'_>, sections: &[Section]) -> String {
    let story = source.story;
    let headline = if story.question.trim().is_empty() { &story.title } else { &story.question };
    let kicker = if story.question.trim().is_empty() { String::new() } else { html(&story.title) };
    let verdicts = each(&story.verdicts, |verdict| format!("<p>{}</p>\n", html(verdict)));
    let verdicts =
        if verdicts.is_empty() { verdicts } else { format!("<div class=\"verdict\">\n{verdicts}</div>\n") };
    let cards: String = source.cast.iter().map(|actor| card(source, actor)).collect();
    let filled = sections.iter().filter(|section| !section.body.is_empty());
    let links = each(filled, |section| format!("<a href=\"#{}\">{}</a>\n", section.id, section.heading));
    format!(
        "<header>\n<p class=\"kicker\">{kicker}</p>\n<h1>{}</h1>\n{verdicts}<div class=\"cards\">\n{cards}</div>\n\
         {}<nav aria-label=\"Contents\">\n{links}</nav>\n</header>\n",
        html(headline),
        warnings(source)
    )
}

/// A side's key numbers: the metric that stands first, cost.
fn card(source: &Source<'_>, actor: &Actor) -> String {
    let physics = match actor.physics {
        Some(Physics::Artificial) => "artificial",
        Some(Physics::Biological) => "biological",
        None => "",
    };
    let headline = source.story.headline();
    let first = source.metrics.get(&actor.name, headline).map_or(String::new(), |metric| {
        if headline != "test_accuracy" {
            return other_than_accuracy(headline, metric);
        }
        let interval = metric.ci95.map_or(String::new(), |[low, high]| {
            let low = number((low * 1000.0).round() / 10.0);
            format!("<p class=\"small\">{low} to {} ({})</p>\n", percent(high), html(&metric.source))
        });
        match (metric.value, &metric.why_null) {
            (Some(value), _) => {
                format!("<p class=\"big\">{}</p>\n<p>of the test data right</p>\n{interval}", percent(value))
            }
            (None, why) => {
                let why = why.as_deref().map_or(String::new(), |why| format!(" ({})", html(why)));
                format!("<p class=\"big\">n/a</p>\n<p>test accuracy{why}</p>\n")
            }
        }
    });
    let costs = source.metrics.sides.get(&actor.name).into_iter().flatten().filter_map(|(path, metric)| {
        // Joules stand in a figure of their own, side by side for each set of prices.
        let what = path.strip_suffix("_per_inference").filter(|_| !metric.unit.ends_with('J'))?;
        let unit = if matches!(metric.unit.as_str(), "" | "1") {
            String::new()
        } else {
            format!(" {}", html(&metric.unit))
        };
        Some(format!(
            "<p class=\"small\">{}{unit} {} per answer</p>\n",
            number(metric.value?),
            html(&words(what))
        ))
    });
    let costs: String = costs.take(3).collect();
    format!(
        "<div class=\"card\" style=\"--side:{}\">\n<p class=\"who\">{} <span class=\"tag\">{physics}</span></p>\n{first}{costs}</div>\n",
        actor.color.hex(),
        html(&actor.label)
    )
}

/// A metric of a protocol that does not ask for answers, with its unit.
fn other_than_accuracy(path: &str, metric: &Metric) -> String {
    let shown = match (metric.value, &metric.why_null) {
        (Some(value), _) => html(&with_unit(value, &unit_words(&metric.unit))),
        (None, Some(why)) => format!("n/a ({})", html(why)),
        (None, None) => "n/a".to_owned(),
    };
    let what = words(path).replacen('.', ": ", 1);
    format!("<p class=\"big\">{shown}</p>\n<p>{}</p>\n", html(&what))
}

/// What puts a result in doubt is said before the result is shown.
fn warnings(source: &Source<'_>) -> String {
    let warnings: String = source
        .story
        .diagnoses
        .iter()
        .filter(|found| found.severity == Severity::Warning)
        .map(|found| line(source, found))
        .collect();
    if warnings.is_empty() {
        warnings
    } else {
        format!("<ul class=\"warnings\" aria-label=\"Warnings\">\n{warnings}</ul>\n")
    }
}

fn line(source: &Source<'_>, found: &Diagnosis) -> String {
    let who = source
        .cast
        .iter()
        .find(|actor| actor.name == found.side)
        .map_or_else(|| html(&found.side), side_name);
    format!("<li><strong>Warning</strong> {who}: {}</li>\n", html(&found.words))
}
