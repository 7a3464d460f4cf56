//! One threshold unit: gates, and what the perceptron's rule makes of it.

use super::entry::{Entry, Params};
use super::figure::{Check, Figure, Grade, Model, Tree, Trouble, double};
use duet_ann::{Ann, AnnSide, Perceptron, Separation, separable_share};
use duet_random::Key;
use duet_topology::NetworkSpec;
use nalgebra::DMatrix;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A unit that says 1 where the weighted sum reaches the threshold.
#[derive(Clone, Debug, Deserialize)]
struct Unit {
    w: Vec<f64>,
    theta: f64,
}

/// A layer of units, by its weights in the network's order (all of one input together) and its biases.
fn layer(units: &[Unit]) -> (String, String) {
    let (mut weights, mut biases) = (String::new(), String::new());
    for input in 0..units[0].w.len() {
        for unit in units {
            let _ = write!(weights, "{:?}, ", unit.w[input]);
        }
    }
    for unit in units {
        let _ = write!(biases, "{:?}, ", -unit.theta);
    }
    (weights, biases)
}

/// What the last unit says to all patterns in binary counting order, the first input the highest bit.
fn truth_table(layers: &[Vec<Unit>]) -> Result<Vec<f64>, Trouble> {
    let inputs = layers[0][0].w.len();
    let mut text = format!("population.p0.size = {inputs}\n");
    for (k, units) in layers.iter().enumerate() {
        let (to, size) = (k + 1, units.len());
        let (weights, biases) = layer(units);
        let _ = writeln!(
            text,
            "population.p{to}.size = {size}\nprojection.w{to} = {{ from = 'p{k}', to = 'p{to}', weights.given = [{weights}], bias.given = [{biases}] }}"
        );
    }
    let spec: NetworkSpec = toml::from_str(&text).map_err(Trouble::refused)?;
    let network = spec.realize(Key::new(0)).map_err(Trouble::refused)?;
    let side: AnnSide = toml::from_str("activation.step = {}").map_err(Trouble::refused)?;
    let ann = Ann::<f64>::new(&network, &side).map_err(Trouble::refused)?;
    let patterns = 1_usize << inputs;
    let bit = |input: usize, pattern: usize| (pattern >> (inputs - 1 - input) & 1) as f64;
    let answers = ann.predict(&DMatrix::from_fn(inputs, patterns, bit)).map_err(Trouble::refused)?;
    Ok(answers.iter().copied().collect())
}

/// `mcculloch_pitts.gates`: the gates, and what becomes of XOR.
pub fn gates(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let is_gate = |(_, value): &(&String, &serde_json::Value)| value.is_object();
    let names: Vec<String> =
        entry.params.values.iter().filter(is_gate).map(|(name, _)| name.clone()).collect();
    let gates: BTreeMap<String, Unit> = names
        .into_iter()
        .map(|name| entry.params.required(&name).map(|unit| (name, unit)))
        .collect::<Result<_, _>>()?;
    if gates.values().any(|unit| unit.w.is_empty() || unit.w.len() > 16) {
        return Err(Trouble::parameter("w"));
    }
    Ok(Model::new(move |key| {
        let exactly = |tree: Tree| Ok(vec![Figure::new(tree, Grade::Exactly)]);
        if let Some(unit) = gates.get(key.bare()) {
            return exactly(truth_table(&[vec![unit.clone()]])?.into());
        }
        match key.bare() {
            "XOR_single_unit_possible" => {
                exactly(f64::from(u8::from(single_unit_can(&[0.0, 1.0, 1.0, 0.0])?)).into())
            }
            "XOR_two_layer" => {
                // XOR = (OR and NAND): the entry's own gates, where it has them.
                let or = |name: &str, w: [f64; 2], theta: f64| {
                    gates.get(name).cloned().unwrap_or(Unit { w: w.to_vec(), theta })
                };
                let first = vec![or("OR", [1.0, 1.0], 1.0), or("NAND", [-1.0, -1.0], -1.0)];
                exactly(truth_table(&[first, vec![or("AND", [1.0, 1.0], 2.0)]])?.into())
            }
            "order" => exactly(Tree::Text("inputs in binary counting order".to_owned())),
            _ => Err(Trouble::key(key)),
        }
    }))
}

/// Whether some unit of two inputs says this to the four patterns. Weights of -2 ... 2 with all thresholds between the sums
/// that they can make are all threshold functions of two inputs (Muroga 1971).
fn single_unit_can(wanted: &[f64]) -> Result<bool, Trouble> {
    let weights = || (-2..=2).map(f64::from);
    for (a, b) in weights().flat_map(|a| weights().map(move |b| (a, b))) {
        for theta in (-9..=9).map(|half| f64::from(half) / 2.0) {
            if truth_table(&[vec![Unit { w: vec![a, b], theta }]])? == wanted {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Examples as (input, class of 1 or -1).
fn examples(params: &Params) -> Result<Vec<(Vec<f64>, f64)>, Trouble> {
    let (x, y) = (params.matrix("X")?, params.list("y")?);
    if x.len() == y.len() && y.iter().all(|y| y.abs() == 1.0) {
        Ok(x.into_iter().zip(y).collect())
    } else {
        Err(Trouble::parameter("y"))
    }
}

/// Shows examples epoch by epoch, in an order for each, until one passes without a mistake: the weights after every mistake.
fn learned(examples: &[(Vec<f64>, f64)], mut w: Vec<f64>, order: impl Fn(u64) -> Vec<u32>) -> Vec<Vec<f64>> {
    let mut history = Vec::new();
    for epoch in 0..100_000 {
        let before = history.len();
        for at in order(epoch) {
            let (x, y) = &examples[at as usize];
            if Perceptron::default().correct(&mut w, x, *y) {
                history.push(w.clone());
            }
        }
        if history.len() == before {
            break;
        }
    }
    history
}

fn in_order(n: usize) -> impl Fn(u64) -> Vec<u32> {
    move |_| (0..n as u32).collect()
}

/// `perceptron.sequence`: the weights after every mistake.
pub fn sequence(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (examples, start) = (examples(&entry.params)?, entry.params.list("w0")?);
    let history = learned(&examples, start.clone(), in_order(examples.len()));
    Ok(Model::new(move |key| match key.bare() {
        "mistakes" => double(history.len() as f64),
        "w_final" => double(history.last().unwrap_or(&start).clone()),
        "w_history" => double(history.clone()),
        _ => Err(Trouble::key(key)),
    }))
}

/// `perceptron.bound`: Novikoff's bound, and that it holds in two hundred orders.
pub fn bound(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (examples, u) = (examples(&entry.params)?, entry.params.list("u")?);
    let found = Separation::by(&u, examples.iter().map(|(x, y)| (&x[..], *y)));
    let start = vec![0.0; u.len()];
    let cyclic = learned(&examples, start.clone(), in_order(examples.len())).len();
    let model = Model::new(move |key| match key.bare() {
        "R" => double(found.radius),
        "gamma" => double(found.margin),
        "bound" => double(found.bound()),
        "mistakes_cyclic" => double(cyclic as f64),
        _ => Err(Trouble::key(key)),
    });
    Ok(model.with_checks(move || {
        let shuffled = |seed| {
            let order = |epoch| Key::new(seed).stream("order", epoch).permutation(examples.len());
            learned(&examples, start.clone(), order).len()
        };
        let worst = (0..200).map(shuffled).max().unwrap_or_default().max(cyclic);
        Ok(vec![Check::new("mistakes in any order", worst as f64 / found.bound())])
    }))
}

/// `perceptron.capacity`: the share of dichotomies that can be learned.
pub fn capacity(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let inputs: usize = entry.params.required("N")?;
    let listed: Vec<usize> = entry.params.required("p")?;
    Ok(Model::new(move |key| match (key.name.as_str(), key.at("p")) {
        ("P", Some(points)) if listed.contains(&(points as usize)) => {
            double(separable_share(points as usize, inputs))
        }
        _ => Err(Trouble::key(key)),
    }))
}
