//! Every metric, with unit, definition, interval and what the interval ranges over.

use duet_record::Metric;
use duet_record::format::{number, with_unit};
use indexmap::{IndexMap, IndexSet};

use super::{Section, Source, each, side_name, table};
use crate::cast::Actor;
use crate::escape::{html, html_path, unit_words};

pub(super) fn section(source: &Source<'_>) -> Section {
    let body = sides(source) + &classes(source) + &pairs(source) + &network(source);
    Section { id: "numbers", heading: "Numbers", body }
}

fn sides(source: &Source<'_>) -> String {
    let of_side = |name: &str| source.metrics.sides.get(name);
    let paths: IndexSet<&String> = source
        .cast
        .iter()
        .filter_map(|actor| of_side(&actor.name))
        .flat_map(IndexMap::keys)
        // Those of single classes have a table of their own.
        .filter(|path| of_class(path).is_none())
        .collect();
    if paths.is_empty() {
        return String::new();
    }
    let mut columns = vec!["Metric".to_owned()];
    columns.extend(source.cast.iter().map(|actor| html(&actor.label)));
    columns.push("What it is".to_owned());
    let caption = "Mean over seeds; in small print the 95 % interval and what it ranges over. A number without a unit is a pure number.";
    let row = |path: &String| {
        let metrics: Vec<Option<&Metric>> =
            source.cast.iter().map(|actor| source.metrics.get(&actor.name, path)).collect();
        let mut cells = vec![html_path(path)];
        cells.extend(
            metrics.iter().map(|metric| metric.map_or("<span class=\"none\">–</span>".to_owned(), value)),
        );
        cells.push(definition(source, &metrics));
        cells
    };
    let rows: Vec<Vec<String>> = paths.into_iter().map(row).collect();
    table("metrics", caption, &columns, &rows)
}

/// What is measured for every class.
const OF_CLASSES: [&str; 3] = ["precision", "recall", "f1"];

/// Measure and class of a path such as `test_recall[7]`.
fn of_class(path: &str) -> Option<(&str, &str)> {
    let (what, class) = path.strip_prefix("test_")?.strip_suffix(']')?.split_once('[')?;
    OF_CLASSES.contains(&what).then_some((what, class))
}

/// Precision, recall and F1 of every class, one group of columns per side.
fn classes(source: &Source<'_>) -> String {
    let of_side = |name: &str| source.metrics.sides.get(name).into_iter().flat_map(IndexMap::keys);
    let names: IndexSet<&str> = source
        .cast
        .iter()
        .flat_map(|actor| of_side(&actor.name))
        .filter_map(|path| Some(of_class(path)?.1))
        .collect();
    if names.is_empty() {
        return String::new();
    }
    let shown: Vec<&Actor> = source
        .cast
        .iter()
        .filter(|actor| of_side(&actor.name).any(|path| of_class(path).is_some()))
        .collect();
    let mut columns = vec!["Class".to_owned()];
    let headings = ["Precision", "Recall", "F1"];
    columns.extend(shown.iter().flat_map(|actor| {
        headings
            .map(|what| if shown.len() > 1 { format!("{}: {what}", html(&actor.label)) } else { what.into() })
    }));
    let cell = |actor: &Actor, what: &str, class: &str| {
        let metric = source.metrics.get(&actor.name, &format!("test_{what}[{class}]"));
        match metric.map(|metric| (metric.value, &metric.why_null)) {
            Some((Some(value), _)) => format!("<span class=\"number\">{}</span>", number(value)),
            Some((None, Some(why))) => format!("<span class=\"none\">n/a ({})</span>", html(why)),
            _ => "<span class=\"none\">–</span>".to_owned(),
        }
    };
    let row = |class: &&str| {
        let cells = shown.iter().flat_map(|actor| OF_CLASSES.map(|what| cell(actor, what, class)));
        std::iter::once(html(class)).chain(cells).collect()
    };
    let rows: Vec<Vec<String>> = names.iter().map(row).collect();
    let caption = "Test examples, class by class, mean over seeds. Precision: of the answers that name the class, the share that is right. \
                   Recall: of the examples of the class, the share that is found. F1 is their harmonic mean.";
    table("classes", caption, &columns, &rows)
}

/// One wording where all sides agree, else each with its side's name.
fn definition(source: &Source<'_>, metrics: &[Option<&Metric>]) -> String {
    let words: Vec<(usize, String)> = metrics
        .iter()
        .enumerate()
        .filter_map(|(at, metric)| Some((at, html(&(*metric)?.definition))))
        .collect();
    match words.as_slice() {
        [] => String::new(),
        [(_, first), rest @ ..] if rest.iter().all(|(_, other)| other == first) => first.clone(),
        _ => each(words, |(at, words)| format!("<p>{}: {words}</p>", side_name(&source.cast[at]))),
    }
}

/// The value with its unit, its interval in small print.
fn value(metric: &Metric) -> String {
    let Some(value) = metric.value else {
        return match &metric.why_null {
            Some(why) => format!("<span class=\"none\">n/a ({})</span>", html(why)),
            None => "<span class=\"none\">n/a</span>".to_owned(),
        };
    };
    let interval = metric.ci95.map_or(String::new(), |[low, high]| {
        let source =
            if metric.source.is_empty() { String::new() } else { format!("<br/>{}", html(&metric.source)) };
        let range =
            if low < high { format!("{} to {}", number(low), number(high)) } else { "no spread".to_owned() };
        format!("<span class=\"small\">{range}{source}</span>")
    });
    format!("<span class=\"number\">{}</span>{interval}", html(&with_unit(value, &unit_words(&metric.unit))))
}

fn pairs(source: &Source<'_>) -> String {
    let mut rows = Vec::new();
    for (pair, metrics) in &source.metrics.pairs {
        let who = match pair.split_once(" - ") {
            Some((a, b)) => format!("{} − {}", source.label(a), source.label(b)),
            None => html(pair),
        };
        rows.extend(metrics.iter().map(|(path, metric)| {
            vec![who.clone(), html_path(path), value(metric), html(&metric.definition)]
        }));
    }
    let columns = ["Pair", "Metric", "Difference", "What it is"].map(str::to_owned);
    let caption = "Differences between sides, seed by seed: the same seed gives both the same data and starting weights.";
    if rows.is_empty() { String::new() } else { table("metrics", caption, &columns, &rows) }
}

fn network(source: &Source<'_>) -> String {
    let rows: Vec<Vec<String>> = source
        .metrics
        .network
        .iter()
        .map(|(path, metric)| vec![html_path(path), value(metric), html(&metric.definition)])
        .collect();
    let columns = ["Metric", "Value", "What it is"].map(str::to_owned);
    if rows.is_empty() {
        String::new()
    } else {
        table("metrics", "The network that all sides start from.", &columns, &rows)
    }
}
