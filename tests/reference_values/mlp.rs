//! A small network of dense layers, forward, backward and one step.

use super::activations;
use super::entry::{Entry, Params};
use super::figure::{Figure, Grade, Model, Tree, Trouble};
use duet_ann::{Activation, Ann, AnnSide};
use duet_kernels::Real;
use duet_random::Key;
use duet_topology::{Network, NetworkSpec};
use nalgebra::DMatrix;
use serde_json::json;
use std::fmt::Write;

/// `mlp.tiny`: logits, mean cross-entropy, all gradients, and the loss after one step of gradient descent.
pub fn tiny(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let mlp = Mlp::read(entry)?;
    Ok(Model::new(move |key| {
        let unknown = || Trouble::key(key);
        let mut figures =
            vec![Figure::new(mlp.answer::<f64>(key.bare())?.ok_or_else(unknown)?, Grade::Double)];
        if entry.tolerance.single().is_some() {
            let single = mlp.answer::<f32>(key.bare())?.ok_or_else(unknown)?;
            figures.push(Figure::new(single, Grade::Single));
        }
        Ok(figures)
    }))
}

struct Mlp {
    network: Network,
    side: AnnSide,
    /// One example per row.
    inputs: Vec<Vec<f64>>,
    labels: Vec<u32>,
    /// Whether the entry writes y = x W, with one row per input; else y = W x.
    row_per_input: bool,
}

impl Mlp {
    fn read(entry: &Entry) -> Result<Self, Trouble> {
        let params = &entry.params;
        let row_per_input = match params.optional::<String>("layout")?.as_deref() {
            None | Some("y=xW+b") => true,
            Some("y=Wx+b") => false,
            Some(_) => return Err(Trouble::parameter("layout")),
        };
        let inputs = params.matrix("X")?;
        let network = network(params, row_per_input)?;
        let output = network.populations.keys().last().map_or("", String::as_str);
        Ok(Self {
            side: side(&activation(entry)?, output, step_size(entry)?, inputs.len())?,
            network,
            labels: params.required("Y")?,
            inputs,
            row_per_input,
        })
    }

    /// The value behind a key; `None` if there is no such value.
    fn answer<T: Real>(&self, key: &str) -> Result<Option<Tree>, Trouble> {
        let mut ann = Ann::<T>::new(&self.network, &self.side).map_err(Trouble::refused)?;
        let flat: Vec<T> = self.inputs.iter().flatten().map(|&x| T::from_f64(x)).collect();
        let batch = DMatrix::from_vec(ann.inputs(), self.inputs.len(), flat.clone());
        let logits = ann.predict(&batch).map_err(Trouble::refused)?;
        let mut fit = || ann.fit_batch(&flat, &self.labels).map_err(Trouble::refused);
        let before = fit()?;
        match key {
            "logits" => return Ok(Some(rows(logits.as_slice(), logits.nrows(), true))),
            "loss" => return Ok(Some(before.into())),
            "loss_after_step" => return Ok(Some(fit()?.into())),
            _ => {}
        }
        let mut rest = ann.gradient();
        for (i, projection) in self.network.projections.values().enumerate() {
            let n_post = self.network.populations[projection.to].size;
            let (weights, after) = rest.split_at(projection.weights.len());
            let (biases, after) = after.split_at(projection.bias.as_ref().map_or(0, Vec::len));
            rest = after;
            if key == format!("gW{}", i + 1) {
                return Ok(Some(rows(weights, n_post, self.row_per_input)));
            }
            if key == format!("gb{}", i + 1) {
                return Ok(Some(biases.iter().map(|slope| slope.to_f64()).collect::<Vec<_>>().into()));
            }
        }
        Ok(None)
    }
}

/// A flat list of columns as nested lists: one per column (`by_column`), or one per row.
fn rows<T: Real>(flat: &[T], nrows: usize, by_column: bool) -> Tree {
    let matrix = DMatrix::from_iterator(nrows, flat.len() / nrows, flat.iter().map(|x| x.to_f64()));
    let matrix = if by_column { matrix.transpose() } else { matrix };
    matrix.row_iter().map(|row| row.iter().copied().collect::<Vec<_>>()).collect::<Vec<_>>().into()
}

/// The network of the matrices W1, W2 ... and the biases b1, b2 ...
fn network(params: &Params, row_per_input: bool) -> Result<Network, Trouble> {
    let mut layers = Vec::new();
    while let Some(matrix) = params.optional::<Vec<Vec<f64>>>(&format!("W{}", layers.len() + 1))? {
        let bias: Option<Vec<f64>> = params.optional(&format!("b{}", layers.len() + 1))?;
        let columns = matrix.first().map_or(0, Vec::len);
        let matrix = DMatrix::from_row_iterator(matrix.len(), columns, matrix.into_iter().flatten());
        // Ours is the textbook's n_post x n_pre, column-major.
        layers.push((if row_per_input { matrix.transpose() } else { matrix }, bias));
    }
    let mut text = String::new();
    for (i, (matrix, bias)) in layers.iter().enumerate() {
        if i == 0 {
            let _ = writeln!(text, "population.l0.size = {}", matrix.ncols());
        }
        let bias = if bias.is_some() { ", bias.zero = {}" } else { "" };
        let (to, size) = (i + 1, matrix.nrows());
        let _ = writeln!(
            text,
            "population.l{to}.size = {size}\n\
             projection.p{to} = {{ from = 'l{i}', to = 'l{to}', weights.constant = 0.0{bias} }}"
        );
    }
    let spec: NetworkSpec = toml::from_str(&text).map_err(Trouble::refused)?;
    let mut network = spec.realize(Key::new(0)).map_err(Trouble::refused)?;
    for (projection, (matrix, bias)) in network.projections.values_mut().zip(layers) {
        projection.weights = matrix.as_slice().to_vec();
        projection.bias = bias;
    }
    Ok(network)
}

/// The activation that the identity (`mlp.tiny.tanh`) or the title names.
fn activation(entry: &Entry) -> Result<Activation, Trouble> {
    let words = entry.id.split('.').skip(2).chain(entry.title.split_whitespace());
    words.into_iter().find_map(activations::named).ok_or_else(|| Trouble::NotBuilt("activation".to_owned()))
}

/// The learning rate: a parameter, or as the title says it (`lr=0.5`).
fn step_size(entry: &Entry) -> Result<f64, Trouble> {
    let in_title = entry.title.split("lr=").nth(1).and_then(|rest| {
        let number: String = rest.chars().take_while(|c| c.is_ascii_digit() || ".e-".contains(*c)).collect();
        number.trim_end_matches('.').parse().ok()
    });
    entry.params.optional("lr")?.or(in_title).ok_or_else(|| Trouble::parameter("lr"))
}

fn side(hidden: &Activation, output: &str, rate: f64, batch: usize) -> Result<AnnSide, Trouble> {
    let description = json!({
        "activation": hidden,
        "population": { output: { "activation": { "identity": {} } } },
        "learning": { "backprop": { "batch": batch, "optimizer": { "sgd": { "rate": rate } } } },
    });
    serde_json::from_value(description).map_err(Trouble::refused)
}
