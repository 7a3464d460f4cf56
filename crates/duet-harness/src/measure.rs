//! From the courses of all sides and seeds to `metrics.json` and `history.csv`.

use crate::protocol::learn::{Epoch, Outcome};
use crate::statistics::{t_interval, wilson};
use duet_record::{History, Metric, Metrics};
use duet_topology::Network;
use indexmap::IndexMap;

/// All outcomes of one side, in the order of the seeds.
pub type Outcomes<'a> = IndexMap<&'a str, Vec<Outcome>>;

type Read = fn(&Epoch) -> Option<f64>;

const ROWS: [(&str, &str, Read); 4] = [
    ("train", "accuracy", |row| row.train_accuracy),
    ("test", "accuracy", |row| row.test_accuracy),
    ("train", "loss", |row| row.train_loss),
    ("test", "loss", |row| row.test_loss),
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
            let shared = ["test_accuracy", "train_accuracy"];
            let of_pair = shared
                .iter()
                .filter_map(|path| Some(((*path).to_owned(), difference(&metrics, a, b, path)?)));
            let of_pair: IndexMap<String, Metric> = of_pair.collect();
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
    let (loss_unit, loss_definition) = first.loss_words;
    for (split, what, read) in ROWS {
        let values = outcomes
            .iter()
            .map(|outcome| outcome.course.history.last().and_then(read).unwrap_or(f64::NAN))
            .collect();
        let set = if split == "test" {
            "the test examples"
        } else {
            "the first training examples, as many as the test set has"
        };
        let metric = if what == "accuracy" {
            over_seeds(
                values,
                "1",
                &format!("share of {set} answered correctly, after the last epoch, not learning"),
            )
        } else {
            let metric = over_seeds(values, loss_unit, &format!("{loss_definition}; over {set}"));
            if metric.value.is_none() {
                metric.with_why_null("this read-out has no cell for each class, so no loss is defined")
            } else {
                metric
            }
        };
        metrics.insert(format!("{split}_{what}"), metric);
    }
    // One seed says nothing about seeds; the test images still bound its accuracy.
    if let ([outcome], Some(metric)) = (outcomes, metrics.get_mut("test_accuracy"))
        && let Some((low, high)) = wilson(outcome.confusion.correct(), outcome.confusion.total())
    {
        let source = format!("Wilson interval over {} test examples of one seed", outcome.confusion.total());
        *metric = metric.clone().with_ci95(low, high, &source);
    }
    let macro_f1 = outcomes.iter().map(|outcome| outcome.confusion.macro_f1().unwrap_or(f64::NAN)).collect();
    metrics.insert(
        "test_macro_f1".into(),
        over_seeds(macro_f1, "1", "mean over classes of F1 = 2 TP / (2 TP + FP + FN) on the test examples"),
    );
    for (index, cost) in first.cost.iter().enumerate() {
        let values = outcomes.iter().map(|outcome| outcome.cost[index].value).collect();
        metrics.insert(cost.metric.clone(), over_seeds(values, cost.unit, cost.definition));
    }
    metrics
}

/// One number per seed, with the t interval of their mean.
pub fn over_seeds(values: Vec<f64>, unit: &str, definition: &str) -> Metric {
    let interval = if values.iter().all(|value| value.is_finite()) { t_interval(&values) } else { None };
    let n = values.len();
    let metric = Metric::over_seeds(values, unit, definition);
    match interval {
        Some((low, high)) => metric.with_ci95(low, high, &format!("t interval over {n} seeds")),
        None => metric,
    }
}

/// Seed by seed, because both sides saw the same network, examples and order.
fn difference(metrics: &Metrics, a: &str, b: &str, path: &str) -> Option<Metric> {
    let (a, b) = (metrics.get(a, path)?, metrics.get(b, path)?);
    let pairs = a.values.iter().zip(&b.values).map(|(a, b)| Some((*a)? - (*b)?));
    let values: Vec<f64> = pairs.map(|difference| difference.unwrap_or(f64::NAN)).collect();
    let interval = if values.iter().all(|value| value.is_finite()) { t_interval(&values) } else { None };
    let n = values.len();
    let metric = Metric::over_seeds(values, &a.unit, &format!("difference, seed by seed: {}", a.definition));
    Some(match interval {
        Some((low, high)) => {
            metric.with_ci95(low, high, &format!("t interval of the paired differences over {n} seeds"))
        }
        None => metric,
    })
}

/// The history of a `learn` run.
pub fn history(outcomes: &Outcomes<'_>, seeds: &[u64]) -> History {
    let mut history = History::default();
    for (&side, outcomes) in outcomes {
        for (outcome, &seed) in outcomes.iter().zip(seeds) {
            for (epoch, row) in outcome.course.history.iter().enumerate() {
                for (split, what, read) in ROWS {
                    if let Some(value) = read(row) {
                        history.push(side, seed, epoch as u32, split, what, value);
                    }
                }
            }
        }
    }
    history
}
