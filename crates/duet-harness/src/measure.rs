//! From the courses of all sides and seeds to `metrics.json` and `history.csv`.

use crate::compare::{energy, transfer};
use crate::learner::Cost;
use crate::panel::{Curve, cka, rsa};
use crate::protocol::learn::{Epoch, Outcome};
use crate::statistics::{Confusion, effect_size, interval_over_seeds, wilson};
use duet_record::{History, Metric, Metrics};
use duet_spiking::analysis::Missing;
use duet_topology::Network;
use indexmap::IndexMap;

/// All outcomes of one side, in the order of the seeds.
pub type Outcomes<'a> = IndexMap<&'a str, Vec<Outcome>>;

/// Always in the metrics of a `learn` run, null where there is none.
const ALWAYS: [(&str, &str); 4] =
    [("train", "accuracy"), ("test", "accuracy"), ("train", "loss"), ("test", "loss")];

/// In the metrics where they were measured.
const WHERE_MEASURED: [(&str, &str); 5] = [
    ("validation", "accuracy"),
    ("validation", "loss"),
    ("train", "r2"),
    ("test", "r2"),
    ("validation", "r2"),
];

/// The metrics of a `learn` run, without targets.
pub fn metrics(outcomes: &Outcomes<'_>) -> Metrics {
    let mut metrics = Metrics::default();
    for (&side, outcomes) in outcomes {
        metrics.sides.insert(side.to_owned(), of_side(outcomes));
    }
    let names: Vec<&&str> = outcomes.keys().collect();
    for (i, a) in names.iter().enumerate() {
        for b in &names[i + 1..] {
            let shared = ["test_accuracy", "train_accuracy", "test_r2", "train_r2"];
            let of_pair = shared
                .iter()
                .filter_map(|path| Some(((*path).to_owned(), difference(&metrics, a, b, path)?)));
            let mut of_pair: IndexMap<String, Metric> = of_pair.collect();
            let effects: Vec<(String, Metric)> = of_pair
                .iter()
                .filter_map(|(path, difference)| Some((format!("{path}.effect_size"), effect(difference)?)))
                .collect();
            of_pair.extend(effects);
            of_pair.extend(likeness(&outcomes[**a], &outcomes[**b]));
            metrics.pairs.insert(format!("{a} - {b}"), of_pair);
        }
    }
    metrics
}

/// What the network is made of, before learning.
pub fn of_network(network: &Network) -> IndexMap<String, Metric> {
    let count = |n: u64, definition: &str| Metric::new(n as f64, "1", definition);
    let units: usize = network.populations.values().map(|p| p.size).sum();
    IndexMap::from([
        ("units".to_owned(), count(units as u64, "units of all populations")),
        ("synapses".to_owned(), count(network.synapses(), "connections of all projections")),
        (
            "parameters".to_owned(),
            count(network.parameters() as u64, "weights and biases of all projections"),
        ),
    ])
}

fn of_side(outcomes: &[Outcome]) -> IndexMap<String, Metric> {
    let mut metrics = IndexMap::new();
    let Some(first) = outcomes.first() else { return metrics };
    let measured =
        |split: &str, what: &str| outcomes.iter().any(|outcome| kept(outcome).get(split, what).is_some());
    let more = WHERE_MEASURED.into_iter().filter(|&(split, what)| measured(split, what));
    for (split, what) in ALWAYS.into_iter().chain(more) {
        metrics.insert(format!("{split}_{what}"), judged(outcomes, first, split, what));
    }
    // One seed says nothing about seeds; the test images still bound its accuracy.
    if let ([Outcome { confusion: Some(confusion), .. }], Some(metric)) =
        (outcomes, metrics.get_mut("test_accuracy"))
        && let Some((low, high)) = wilson(confusion.correct(), confusion.total())
    {
        let source = format!("Wilson interval over {} test examples of one seed", confusion.total());
        *metric = metric.clone().with_ci95(low, high, &source);
    }
    metrics.extend(of_classes(outcomes));
    metrics.extend(of_course(outcomes));
    metrics.extend(of_layers(outcomes));
    metrics.extend(of_learning(outcomes));
    metrics.extend(of_transfer(outcomes));
    metrics.extend(of_panels(outcomes));
    for (index, cost) in first.cost.iter().enumerate() {
        let values = outcomes.iter().map(|outcome| outcome.cost[index].value).collect();
        metrics.insert(cost.metric.clone(), over_seeds(values, cost.unit, cost.definition));
    }
    metrics
}

/// The row of the epoch whose state a side ended with.
fn kept(outcome: &Outcome) -> &Epoch {
    // Every course has a row for each of its epochs, so the epoch kept is one of them.
    &outcome.course.history[outcome.kept]
}

/// Accuracy, loss or R^2 on one part of the data.
fn judged(outcomes: &[Outcome], first: &Outcome, split: &str, what: &str) -> Metric {
    let values = outcomes.iter().map(|outcome| kept(outcome).get(split, what).unwrap_or(f64::NAN)).collect();
    let set = match split {
        "test" => "the test examples",
        "validation" => "the validation examples",
        _ => "the first training examples, as many as the test set has",
    };
    let has_classes = first.confusion.is_some();
    let (unit, definition, why_null) = match what {
        "accuracy" => {
            let when = "after the last epoch, not learning";
            let why = "numbers are asked for, not classes: see the loss and R^2";
            ("1", format!("share of {set} answered correctly, {when}"), (!has_classes).then_some(why))
        }
        "r2" => {
            let definition =
                "R^2: 1 - squared error / squared distance from the mean, mean over the numbers asked for";
            ("1", format!("{definition}; over {set}"), Some("the right numbers do not vary"))
        }
        _ => {
            let (unit, definition) = first.loss_words;
            let why = "this read-out defines no loss";
            (unit, format!("{definition}; over {set}"), Some(why))
        }
    };
    let metric = over_seeds(values, unit, &definition);
    match why_null {
        Some(why) if metric.value.is_none() => metric.with_why_null(why),
        _ => metric,
    }
}

/// A number of a whole table.
type Means = fn(&Confusion) -> Option<f64>;
/// A number for each class of a table.
type Each = fn(&Confusion) -> Vec<Option<f64>>;

/// Precision, recall and F1: means over classes, then of each class.
fn of_classes(outcomes: &[Outcome]) -> IndexMap<String, Metric> {
    let tables: Option<Vec<&Confusion>> = outcomes.iter().map(|outcome| outcome.confusion.as_ref()).collect();
    let (Some(tables), Some(names)) = (tables, outcomes.first().map(|outcome| &outcome.classes)) else {
        return IndexMap::new();
    };
    let mut metrics = IndexMap::new();
    let means: [(&str, Means, &str); 3] = [
        ("f1", Confusion::macro_f1, "F1 = 2 TP / (2 TP + FP + FN)"),
        ("precision", Confusion::macro_precision, "precision = TP / (TP + FP)"),
        ("recall", Confusion::macro_recall, "recall = TP / (TP + FN)"),
    ];
    for (name, mean, formula) in means {
        let values = tables.iter().map(|table| mean(table).unwrap_or(f64::NAN)).collect();
        let definition = format!("mean over classes of {formula} on the test examples");
        metrics.insert(format!("test_macro_{name}"), over_seeds(values, "1", &definition));
    }
    let each: [(&str, Each, &str, &str); 3] = [
        ("precision", Confusion::precision, "share of the answers", "is never the answer"),
        ("recall", Confusion::recall, "share of the test examples of", "has no test example"),
        ("f1", Confusion::f1, "2 TP / (2 TP + FP + FN) of", "is neither asked for nor answered"),
    ];
    for (name, of, what, why) in each {
        let columns: Vec<Vec<Option<f64>>> = tables.iter().map(|table| of(table)).collect();
        for (class, label) in names.iter().enumerate() {
            let values = columns.iter().map(|column| column[class].unwrap_or(f64::NAN)).collect();
            let metric =
                over_seeds(values, "1", &format!("{what} `{label}` that are right, on the test examples"));
            let metric = if metric.values.contains(&None) {
                metric.with_why_null(&format!("the class `{label}` {why}"))
            } else {
                metric
            };
            metrics.insert(format!("test_{name}[{label}]"), metric);
        }
    }
    metrics
}

/// How long a side learned, and which epoch it ended with.
fn of_course(outcomes: &[Outcome]) -> IndexMap<String, Metric> {
    let count = |of: &dyn Fn(&Outcome) -> usize| outcomes.iter().map(|outcome| of(outcome) as f64).collect();
    let mut metrics = IndexMap::new();
    metrics.insert(
        "epochs".to_owned(),
        over_seeds(count(&|outcome| outcome.course.epochs), "1", "epochs learned"),
    );
    if outcomes.iter().any(|outcome| outcome.kept < outcome.course.epochs) {
        let definition =
            "the epoch with the smallest validation loss, whose weights are kept; 0 is before learning";
        metrics.insert("kept_epoch".to_owned(), over_seeds(count(&|outcome| outcome.kept), "1", definition));
    }
    metrics
}

/// Gradients of projections and units of populations.
fn of_layers(outcomes: &[Outcome]) -> IndexMap<String, Metric> {
    let mut metrics = IndexMap::new();
    let Some(first) = outcomes.first() else { return metrics };
    // The last row: gradients belong to the last update, whichever weights are kept.
    let rows = |outcome: &Outcome| outcome.course.history.last().cloned().unwrap_or_default();
    for own in rows(first).values.iter().filter(|own| own.metric.contains('.')) {
        let values =
            outcomes.iter().map(|outcome| rows(outcome).get(&own.split, &own.metric).unwrap_or(f64::NAN));
        let definition = match own.metric.rsplit('.').next() {
            Some("gradient_norm") => {
                "length of the gradient of the projection's weights and biases at the last update"
            }
            Some("silent") => "share of the population's cells that fire for no test example",
            Some("dead") => "share of the population's units that are 0 for every test example",
            Some("saturated") => {
                "share of the population's units that are active where their activation is flat (slope below 0.01) on more than 9 of 10 test examples"
            }
            _ => "",
        };
        metrics.insert(own.metric.clone(), over_seeds(values.collect(), "1", definition));
    }
    metrics
}

/// What learning took.
fn of_learning(outcomes: &[Outcome]) -> IndexMap<String, Metric> {
    let each = outcomes.iter().map(|outcome| {
        let exposures = outcome.course.epochs * outcome.learned_from;
        energy::of_learning(&outcome.course.spent, exposures as f64)
    });
    let each: Vec<_> = each.collect();
    // By name: what a side did none of under a seed has no line there.
    let of = |own: &[Cost], metric: &str| {
        own.iter().find(|cost| cost.metric == metric).map_or(f64::NAN, |cost| cost.value)
    };
    let line = |cost: &Cost| {
        let values = each.iter().map(|own| of(own, &cost.metric)).collect();
        (cost.metric.clone(), over_seeds(values, cost.unit, cost.definition))
    };
    each.first().map_or(&[][..], |first| first).iter().map(line).collect()
}

/// How well units say what those of the side said that handed over its weights.
fn of_transfer(outcomes: &[Outcome]) -> IndexMap<String, Metric> {
    type Measure = fn(&transfer::Layer) -> f64;
    let kinds: [(&str, Measure, &str); 4] = [
        (
            "transfer_correlation",
            |layer| layer.correlation().unwrap_or(f64::NAN),
            "correlation of what units do here with what they did on the side that handed over its weights, over units and test examples",
        ),
        (
            "transfer_error",
            transfer::Layer::error,
            "mean distance between a rate in spikes per step and the activation that it stands for, over units and test examples",
        ),
        (
            "transfer_saturated",
            transfer::Layer::saturated,
            "share of units and test examples that fire in every step: more they cannot say",
        ),
        ("transfer_scale", |layer| layer.lambda, "the activation that one spike per step stands for"),
    ];
    let mut metrics = IndexMap::new();
    let reports: Option<Vec<_>> = outcomes.iter().map(|outcome| outcome.transfer.as_ref()).collect();
    let Some(reports) = reports else { return metrics };
    for (index, layer) in reports.first().map_or(&[][..], |report| &report.layers).iter().enumerate() {
        for (name, of, definition) in kinds {
            let values = reports.iter().map(|report| report.layers.get(index).map_or(f64::NAN, of)).collect();
            let metric = over_seeds(values, "1", definition);
            let metric = if metric.values.contains(&None) {
                metric.with_why_null("the units of one of both sides do all the same")
            } else {
                metric
            };
            metrics.insert(format!("{}.{name}", layer.population), metric);
        }
    }
    metrics
}

/// What panels found, for every setting of every knob, and the area under each curve.
fn of_panels(outcomes: &[Outcome]) -> IndexMap<String, Metric> {
    let mut metrics = IndexMap::new();
    for (index, curve) in outcomes.first().map_or(&[][..], |outcome| &outcome.curves).iter().enumerate() {
        let Curve { panel, name, unit, definition, .. } = curve;
        for (at, metric) in along(outcomes, index) {
            let path =
                unit.map_or_else(|| format!("{panel}.{name}"), |unit| format!("{panel}.{name}[{at}{unit}]"));
            let silent = metric.values.contains(&None);
            let metric =
                if silent { metric.with_why_null("nothing varies there, or nobody speaks") } else { metric };
            metrics.insert(path, metric);
        }
        if curve.has_area {
            let areas =
                outcomes.iter().map(|outcome| outcome.curves[index].area().unwrap_or(f64::NAN)).collect();
            let definition = format!("mean over the settings, as a share of the first value: {definition}");
            metrics.insert(format!("{panel}.{name}.area"), over_seeds(areas, "1", &definition));
        }
    }
    metrics
}

/// The points of a curve over the seeds.
pub fn along(outcomes: &[Outcome], curve: usize) -> Vec<(f64, Metric)> {
    let Some(first) = outcomes.first().and_then(|outcome| outcome.curves.get(curve)) else {
        return Vec::new();
    };
    let of = |point: usize| outcomes.iter().map(|outcome| outcome.curves[curve].points[point].1).collect();
    let metric =
        |(point, &(at, _)): (usize, &(f64, f64))| (at, over_seeds(of(point), "1", &first.definition));
    first.points.iter().enumerate().map(metric).collect()
}

/// One number per seed, with the t interval of their mean.
pub fn over_seeds(values: Vec<f64>, unit: &str, definition: &str) -> Metric {
    let interval = interval_over_seeds(&values);
    let n = values.len();
    let metric = Metric::over_seeds(values, unit, definition);
    match interval {
        Some(((low, high), kind)) => metric.with_ci95(low, high, &format!("{kind} over {n} seeds")),
        None => metric,
    }
}

/// A statistic of spikes, one per seed; where a seed has none, the metric says why.
pub fn statistic(values: &[Result<f64, Missing>], unit: &str, definition: &str) -> Metric {
    let numbers = values.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
    let metric = over_seeds(numbers, unit, definition);
    match values.iter().find_map(|value| value.err()) {
        Some(why) => metric.with_why_null(&why.to_string()),
        None => metric,
    }
}

/// How alike the hidden layers of two sides are, where a panel asked.
fn likeness(a: &[Outcome], b: &[Outcome]) -> IndexMap<String, Metric> {
    type Likeness = fn(&[f64], &[f64], usize) -> Option<f64>;
    let kinds: [(&str, Likeness, &str); 2] = [
        (
            "cka",
            cka,
            "linear centred kernel alignment, without bias, of the two sides' layers over test examples",
        ),
        ("rsa", rsa, "correlation of the two sides' dissimilarities between test examples"),
    ];
    let mut metrics = IndexMap::new();
    for population in
        a.first().map_or_else(Vec::new, |outcome| outcome.seen.units.keys().cloned().collect::<Vec<_>>())
    {
        for (name, of, definition) in kinds {
            let one = |(a, b): (&Outcome, &Outcome)| {
                of(a.seen.units.get(&population)?, b.seen.units.get(&population)?, a.seen.examples)
            };
            let values = a.iter().zip(b).map(|pair| one(pair).unwrap_or(f64::NAN)).collect();
            let metric = over_seeds(values, "1", definition);
            let silent = metric.values.contains(&None);
            let metric = if silent { metric.with_why_null("a layer does not vary") } else { metric };
            metrics.insert(format!("{population}.{name}"), metric);
        }
    }
    metrics
}

/// Seed by seed, because both sides saw the same network, examples and order.
fn difference(metrics: &Metrics, a: &str, b: &str, path: &str) -> Option<Metric> {
    let (a, b) = (metrics.get(a, path)?, metrics.get(b, path)?);
    let pairs = a.values.iter().zip(&b.values).map(|(a, b)| Some((*a)? - (*b)?));
    let values: Vec<f64> = pairs.map(|difference| difference.unwrap_or(f64::NAN)).collect();
    let interval = interval_over_seeds(&values);
    let n = values.len();
    let metric = Metric::over_seeds(values, &a.unit, &format!("difference, seed by seed: {}", a.definition));
    Some(match interval {
        Some(((low, high), kind)) => {
            metric.with_ci95(low, high, &format!("{kind} of the paired differences over {n} seeds"))
        }
        None => metric,
    })
}

/// The mean difference in units of the differences' own spread.
fn effect(difference: &Metric) -> Option<Metric> {
    let values: Vec<f64> = difference.values.iter().copied().collect::<Option<_>>()?;
    let definition =
        "Cohen's d of the paired differences: their mean in units of their standard deviation over seeds";
    effect_size(&values).map(|d| Metric::new(d, "1", definition))
}

/// The history of a `learn` run.
pub fn history(outcomes: &Outcomes<'_>, seeds: &[u64]) -> History {
    let mut history = History::default();
    for (&side, outcomes) in outcomes {
        for (outcome, &seed) in outcomes.iter().zip(seeds) {
            for (epoch, row) in outcome.course.history.iter().enumerate() {
                for own in &row.values {
                    history.push(side, seed, epoch as u32, &own.split, &own.metric, own.value);
                }
            }
        }
    }
    history
}
