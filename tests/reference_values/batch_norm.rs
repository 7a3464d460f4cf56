//! Batch normalisation: what a batch becomes, and what is remembered of it.

use super::entry::Entry;
use super::figure::{Model, Trouble, double};
use duet_ann::{Ann, AnnSide, BatchNorm};
use duet_random::Key;
use duet_topology::NetworkSpec;

/// `batchnorm`: x is one example per row; every unit is a channel.
pub fn batch(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let x = entry.params.matrix("x")?;
    let norm = BatchNorm { momentum: entry.params.number("momentum")?, epsilon: entry.params.number("eps")? };
    let units = x.first().map_or(0, Vec::len);
    let columns = (0..units).map(|unit| norm.normalised(&x.iter().map(|row| row[unit]).collect::<Vec<_>>()));
    let columns: Vec<Vec<f64>> = columns.collect();
    let y: Vec<Vec<f64>> =
        (0..x.len()).map(|example| columns.iter().map(|column| column[example]).collect()).collect();

    let spec: NetworkSpec = toml::from_str(&format!(
        "population = {{ x.size = {units}, h.size = {units}, sum.size = 1 }}
         projection.a = {{ from = 'x', to = 'h', pattern.one_to_one = {{}}, weights.constant = 1.0 }}
         projection.b = {{ from = 'h', to = 'sum', weights.constant = 1.0 }}"
    ))
    .map_err(Trouble::refused)?;
    let side: AnnSide = toml::from_str(&format!(
        "activation.identity = {{}}
         learning.backprop.loss.mse = {{}}
         population.h.batch_norm = {{ momentum = {:?}, epsilon = {:?} }}",
        norm.momentum, norm.epsilon
    ))
    .map_err(Trouble::refused)?;
    let network = spec.realize(Key::new(0)).map_err(Trouble::refused)?;
    let mut ann = Ann::<f64>::new(&network, &side).map_err(Trouble::refused)?;
    let mut state = ann.save();
    state.running = [entry.params.list("running_mean0")?, entry.params.list("running_var0")?].concat();
    ann.restore(state).map_err(Trouble::refused)?;
    ann.fit_batch(&x.concat(), &vec![0; x.len()]).map_err(Trouble::refused)?;
    let running = ann.save().running;
    Ok(Model::new(move |key| match key.bare() {
        "y" => double(y.clone()),
        "running_mean" => double(running[..units].to_vec()),
        "running_var" => double(running[units..].to_vec()),
        _ => Err(Trouble::key(key)),
    }))
}
