//! What a `learn` run says in words.

use super::examine::validation_size;
use super::{Learn, health};
use crate::compare::energy;
use crate::scenario::Scenario;
use duet_record::{Diagnosis, Metric, Metrics, Severity, SharedFact, format};
use duet_tasks::Dataset;
use indexmap::IndexMap;

/// What all sides were shown.
pub fn shared(learn: &Learn, data: &Dataset) -> Vec<SharedFact> {
    let fact = |what: &str, words: String| SharedFact { what: what.to_owned(), words, same: true };
    let held_out = validation_size(learn.validation, data.train.len());
    let learned = data.train.len() - held_out.min(data.train.len());
    let validation = if held_out > 0 { format!("{held_out} for validation, ") } else { String::new() };
    let what = if data.classes.is_empty() { "example" } else { "label" };
    let at_most = if learn.stop_early.is_some() { "at most " } else { "" };
    vec![
        fact("examples", format!("{learned} for training, {validation}{} for testing", data.test.len())),
        fact("order", "the examples come in the same order in every epoch".to_owned()),
        fact(
            &format!("{what} exposures"),
            format!("every training {what} is shown {at_most}{} times", learn.epochs),
        ),
    ]
}

fn interval(metric: &Metric, print: impl Fn(f64) -> String) -> String {
    metric.ci95.map_or_else(String::new, |[low, high]| {
        format!(" (95 % interval {} to {}, {})", print(low), print(high), metric.source)
    })
}

/// The answer to the question in sentences made from the numbers.
pub fn verdicts(scenario: &Scenario, metrics: &Metrics) -> Vec<String> {
    let mut sentences = Vec::new();
    let label = |name: &str| scenario.side.get(name).map_or(name, |side| side.label(name)).to_owned();
    for name in scenario.side.keys() {
        if let Some(metric) = metrics.get(name, "test_accuracy")
            && let Some(value) = metric.value
        {
            sentences.push(format!(
                "{} answers {} of the test set correctly{}.",
                label(name),
                format::percent(value),
                interval(metric, format::percent)
            ));
        }
    }
    sentences.extend(scenario.side.keys().filter_map(|name| of_numbers(&label(name), name, metrics)));
    let compared = |paths: &IndexMap<String, Metric>| {
        let accuracy = paths.get("test_accuracy").filter(|metric| metric.value.is_some());
        accuracy.or_else(|| paths.get("test_r2")).cloned()
    };
    for (pair, paths) in &metrics.pairs {
        let (Some((a, b)), Some(metric)) = (pair.split_once(" - "), compared(paths)) else { continue };
        let metric = &metric;
        let Some(value) = metric.value else { continue };
        // A share is told in points; R^2 has no lower end.
        let numbers = paths.get("test_accuracy").is_none_or(|metric| metric.value.is_none());
        let points = |x: f64| {
            let x = x.abs();
            if numbers { format!("{} of R^2", format::number(x)) } else { format!("{:.1} points", 100.0 * x) }
        };
        let signed = |x: f64| if numbers { format::number(x) } else { format!("{:.1}", 100.0 * x) };
        let clear = metric.ci95.is_some_and(|[low, high]| low > 0.0 || high < 0.0);
        // Told as a lead of the better one, whichever was written first.
        let (better, worse) = if value >= 0.0 { (a, b) } else { (b, a) };
        let led = metric.ci95.filter(|_| clear && value < 0.0).map(|[low, high]| [-high, -low]);
        let mut metric = metric.clone();
        metric.ci95 = led.or(metric.ci95);
        let metric = &metric;
        let sentence = if metric.n < 2 {
            format!(
                "{} is {} ahead of {} under one seed: not enough seeds to say more",
                label(better),
                points(value),
                label(worse)
            )
        } else if clear {
            format!(
                "{} is {} {} {}{}",
                label(better),
                points(value),
                if numbers { "ahead of" } else { "more accurate than" },
                label(worse),
                interval(metric, signed)
            )
        } else {
            format!(
                "Seed by seed {} and {} cannot be told apart{}",
                label(a),
                label(b),
                interval(metric, signed)
            )
        };
        sentences.push(format!("{sentence}."));
    }
    let operations = |name: &str| {
        let of = |path: &str| metrics.get(name, path).and_then(|metric| metric.value);
        let kinds = [
            (of("synaptic_operations_per_inference"), "synaptic operations (additions)"),
            (of("multiply_adds_per_inference"), "multiply-adds"),
        ];
        let counted =
            kinds.into_iter().filter_map(|(n, what)| Some(format!("{} {what}", format::number(n?))));
        let counted = counted.collect::<Vec<_>>().join(" and ");
        (!counted.is_empty()).then(|| format!("{} takes {counted}", label(name)))
    };
    let costs: Vec<String> = scenario.side.keys().filter_map(|name| operations(name)).collect();
    if !costs.is_empty() {
        sentences.push(format!("For one answer {}.", costs.join(", ")));
    }
    let sides: Vec<&str> = scenario.side.keys().map(String::as_str).collect();
    for pair in sides.windows(2) {
        let of = |path: &str| {
            [pair[0], pair[1]].map(|name| metrics.get(name, path).and_then(|metric| metric.value))
        };
        sentences.extend(energy::verdict([&label(pair[0]), &label(pair[1])], of));
    }
    sentences
}

/// How well a side predicts numbers; `None` where classes are asked for.
fn of_numbers(label: &str, name: &str, metrics: &Metrics) -> Option<String> {
    let metric = metrics.get(name, "test_r2")?;
    let value = metric.value?;
    let error = metrics.get(name, "test_loss").and_then(|loss| loss.value);
    let error =
        error.map_or_else(String::new, |loss| format!("; its loss there is {}", format::number(loss)));
    let words = if value > 0.0 {
        format!("explains {} of the spread of the numbers in the test set", format::percent(value))
    } else {
        "predicts the numbers of the test set no better than their mean would".to_owned()
    };
    let r2 = format!("R^2 = {}", format::number(value));
    Some(format!("{label} {words}, {r2}{}{error}.", interval(metric, format::number)))
}

/// What puts a result in doubt, and what is worth knowing.
pub fn diagnoses(learn: &Learn, scenario: &Scenario, metrics: &Metrics, data: &Dataset) -> Vec<Diagnosis> {
    let mut list = Vec::new();
    let chance = data.test.counts(data.classes.len()).into_iter().max().unwrap_or(0) as f64
        / data.test.len().max(1) as f64;
    for (name, side) in &scenario.side {
        let mut note = |severity, words: String| list.push(Diagnosis { severity, side: name.clone(), words });
        let value = |path: &str| metrics.get(name, path).and_then(|metric| metric.value);
        if let Some(accuracy) = value("test_accuracy")
            && accuracy <= chance + 1e-9
        {
            note(
                Severity::Warning,
                format!(
                    "learned nothing: {} of the test set is no more than always answering the commonest class ({})",
                    format::percent(accuracy),
                    format::percent(chance)
                ),
            );
        }
        if let Some(r2) = value("test_r2").filter(|&r2| r2 <= 0.0) {
            let words = format!(
                "learned nothing: the mean of the right numbers would be as good an answer (R^2 = {})",
                format::number(r2)
            );
            note(Severity::Warning, words);
        }
        for population in scenario.population.keys() {
            if value(&format!("{population}.rate")) == Some(0.0) {
                note(
                    Severity::Warning,
                    format!(
                        "population `{population}` never fires: raise weight_unit, the input's rate or the bias"
                    ),
                );
            }
        }
        let own = (name.as_str(), side);
        let found = health::of_course(learn, own, metrics).into_iter().map(|words| (Severity::Note, words));
        for (severity, words) in found.chain(health::of_layers(name, metrics)) {
            note(severity, words);
        }
    }
    list
}
