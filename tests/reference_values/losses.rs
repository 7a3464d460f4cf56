//! The cross-entropy of classifiers.

use super::entry::Entry;
use super::figure::{Check, Figure, Grade, Model, Tree, Trouble, double};
use duet_ann::{Ann, AnnSide};
use duet_gradient::{CrossEntropy, Logits};
use duet_kernels::Real;
use duet_random::Key;
use duet_topology::NetworkSpec;

/// `loss.init`: a classifier that knows nothing.
pub fn untrained(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let given = entry.params.list("K")?;
    let model = Model::new(move |key| {
        let classes = key.at("").filter(|_| key.name == "lnK").ok_or_else(|| Trouble::key(key))?;
        if !given.contains(&classes) {
            return Err(Trouble::parameter("K"));
        }
        let logits = vec![0.0; classes as usize];
        double(cross_entropy(&logits, logits.len(), &[0])?.0)
    });
    Ok(model.with_checks(|| {
        let mut checks = Vec::new();
        for key in entry.keys() {
            if let Some(classes) = key.at("") {
                let wanted = duet_kernels::math::ln(classes);
                let off = (first_loss(classes as usize)? / wanted - 1.0).abs();
                checks.push(Check::new(format!("fresh network of {classes} classes"), off / 0.15));
            }
        }
        Ok(checks)
    }))
}

/// The loss of a fresh network with one hidden layer on its first batch: 64 sparse examples, a fifth of 784 pixels lit.
fn first_loss(classes: usize) -> Result<f64, Trouble> {
    let spec: NetworkSpec = toml::from_str(&format!(
        "population.input.size = 784\npopulation.hidden.size = 128\npopulation.output.size = {classes}\n\
         projection.a = {{ from = 'input', to = 'hidden', weights.he = {{}}, bias.zero = {{}} }}\n\
         projection.b = {{ from = 'hidden', to = 'output', weights.he = {{}}, bias.zero = {{}} }}"
    ))
    .map_err(Trouble::refused)?;
    let side: AnnSide =
        toml::from_str("population.output.activation.identity = {}").map_err(Trouble::refused)?;
    let network = spec.realize(Key::new(1)).map_err(Trouble::refused)?;
    let mut pixels = Key::new(1).stream("pixels", 0);
    let batch: Vec<f64> =
        (0..64 * 784).map(|_| if pixels.bernoulli(0.2) { pixels.uniform() } else { 0.0 }).collect();
    let labels: Vec<u32> = (0..64).map(|i| i % classes as u32).collect();
    Ann::new(&network, &side).and_then(|mut ann| ann.fit_batch(&batch, &labels)).map_err(Trouble::refused)
}

/// `softmax_ce`: probabilities, losses and slopes, in both precisions.
pub fn softmax_cross_entropy(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let logits = entry.params.matrix("logits")?;
    let labels: Vec<u32> = entry.params.required("labels")?;
    let (rows, classes) = (logits.clone(), labels.clone());
    let model = Model::new(move |key| {
        let mut figures =
            vec![Figure::new(answer::<f64>(&logits, &labels, key.bare(), &key.text)?, Grade::Double)];
        if entry.tolerance.single().is_some() {
            let single = answer::<f32>(&logits, &labels, key.bare(), &key.text)?;
            figures.push(Figure::new(single, Grade::Single));
        }
        Ok(figures)
    });
    Ok(model.with_checks(move || {
        // The same scores, so far apart that their exponentials overflow.
        let largest = rows.iter().flatten().fold(f64::MIN_POSITIVE, |largest, z| largest.max(z.abs()));
        let huge: Vec<Vec<f64>> =
            rows.iter().map(|row| row.iter().map(|z| z / largest * 1e4).collect()).collect();
        let finite = finite::<f64>(&huge, &classes)? && finite::<f32>(&huge, &classes)?;
        Ok(vec![Check::that("finite for scores of 1e4", finite)])
    }))
}

fn cast<T: Real>(rows: &[Vec<f64>]) -> (Vec<T>, usize) {
    let flat = rows.iter().flatten().map(|&z| T::from_f64(z)).collect();
    (flat, rows.first().map_or(0, Vec::len))
}

/// The mean loss of a batch and its slopes.
fn cross_entropy<T: Real>(logits: &[T], classes: usize, labels: &[u32]) -> Result<(f64, Vec<T>), Trouble> {
    let mut slopes = vec![T::ZERO; logits.len()];
    let loss = Logits::new(logits, classes)
        .and_then(|logits| CrossEntropy::default().evaluate(logits, labels, &mut slopes))
        .map_err(Trouble::refused)?;
    Ok((loss, slopes))
}

fn answer<T: Real>(rows: &[Vec<f64>], labels: &[u32], name: &str, key: &str) -> Result<Tree, Trouble> {
    let (logits, classes) = cast::<T>(rows);
    let cut = |flat: &[T]| -> Tree {
        let row = |row: &[T]| row.iter().map(|x| x.to_f64()).collect::<Vec<_>>();
        flat.chunks(classes.max(1)).map(row).collect::<Vec<_>>().into()
    };
    match name {
        "p" => Ok(cut(Logits::new(&logits, classes).map_err(Trouble::refused)?.softmax().values())),
        "mean" => Ok(cross_entropy(&logits, classes, labels)?.0.into()),
        "grad" => Ok(cut(&cross_entropy(&logits, classes, labels)?.1)),
        "loss" => {
            let each = logits.chunks(classes.max(1)).zip(labels);
            let losses = each.map(|(row, &label)| Ok(cross_entropy(row, classes, &[label])?.0));
            Ok(losses.collect::<Result<Vec<f64>, Trouble>>()?.into())
        }
        _ => Err(Trouble::Key(key.to_owned())),
    }
}

fn finite<T: Real>(rows: &[Vec<f64>], labels: &[u32]) -> Result<bool, Trouble> {
    let (logits, classes) = cast::<T>(rows);
    let (loss, slopes) = cross_entropy(&logits, classes, labels)?;
    Ok(loss.is_finite() && slopes.iter().all(|slope| slope.is_finite()))
}
