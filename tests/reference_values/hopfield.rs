//! Hopfield's memory: the theory for many units, and networks of a thousand.

use super::entry::Entry;
use super::figure::{Check, Model, Trouble, double};
use duet_ann::{HopfieldMemory, largest_load, one_step_error, overlap};
use duet_random::Key;

/// Units of the simulated networks.
const UNITS: usize = 1000;
/// Patterns that are recalled of each.
const RECALLED: usize = 20;

/// `hopfield.one_step_error`: bits that one update of a stored pattern turns over.
pub fn one_step(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let loads = entry.params.list("alpha")?;
    let listed = loads.clone();
    let model = Model::new(move |key| match (key.name.as_str(), key.at("")) {
        ("P", Some(load)) if listed.contains(&load) => double(one_step_error(load)),
        _ => Err(Trouble::key(key)),
    });
    Ok(model.with_checks(move || loads.iter().map(|&load| turned_over(load)).collect()))
}

/// A network of a thousand units against the formula, in units of four standard errors.
fn turned_over(load: f64) -> Result<Check, Trouble> {
    let (memory, patterns) = memory(load)?;
    let shown: Vec<&[f64]> = patterns.chunks(UNITS).take(RECALLED).collect();
    let wrong = shown.iter().map(|pattern| {
        memory.together(pattern).iter().zip(*pattern).filter(|(after, before)| after != before).count()
    });
    let (wrong, bits) = (wrong.sum::<usize>() as f64, (shown.len() * UNITS) as f64);
    let expected = one_step_error((patterns.len() / UNITS) as f64 / UNITS as f64);
    let standard_error = (expected * (1.0 - expected) / bits).sqrt();
    let deviation = (wrong / bits - expected).abs() / (4.0 * standard_error);
    Ok(Check::new(format!("{UNITS} units at alpha = {load}"), deviation))
}

/// A network that stores `load` random patterns per unit, and the patterns.
fn memory(load: f64) -> Result<(HopfieldMemory, Vec<f64>), Trouble> {
    let count = (load * UNITS as f64).round() as usize;
    let mut stream = Key::new(6).stream("patterns", count as u64);
    let patterns: Vec<f64> =
        (0..count * UNITS).map(|_| if stream.bernoulli(0.5) { 1.0 } else { -1.0 }).collect();
    Ok((HopfieldMemory::storing(UNITS, &patterns).map_err(Trouble::refused)?, patterns))
}

/// `hopfield.capacity`: where recall ends, and how good it is until there.
pub fn capacity(entry: &Entry) -> Result<Model<'_>, Trouble> {
    // The theory has no parameters; an entry may list its loads.
    let _: Option<Vec<f64>> = entry.params.optional("alpha")?;
    let model = Model::new(|key| {
        let (load, least) = largest_load();
        match (key.bare(), key.name.as_str(), key.at("alpha")) {
            ("alpha_c", ..) => double(load),
            ("m_at_alpha_c", ..) => double(least),
            ("error_rate_at_alpha_c", ..) => double((1.0 - least) / 2.0),
            (_, "m", Some(load)) => double(overlap(load)),
            (_, "error_rate", Some(load)) => double((1.0 - overlap(load)) / 2.0),
            _ => Err(Trouble::key(key)),
        }
    });
    Ok(model.with_checks(|| {
        Ok(vec![
            Check::that("a thousand units recall at alpha = 0.10", recalled(0.10)? > 0.95),
            Check::that("a thousand units recall no more at alpha = 0.20", recalled(0.20)? < 0.6),
        ])
    }))
}

/// The mean overlap with a stored pattern of the state in which the network comes to rest from it.
fn recalled(load: f64) -> Result<f64, Trouble> {
    let (memory, patterns) = memory(load)?;
    let overlaps = patterns.chunks(UNITS).take(RECALLED / 2).map(|pattern| {
        let mut state = pattern.to_vec();
        memory.settle(&mut state, |sweep| Key::new(7).stream("order", sweep as u64).permutation(UNITS), 60);
        state.iter().zip(pattern).map(|(a, b)| a * b).sum::<f64>() / UNITS as f64
    });
    Ok(overlaps.sum::<f64>() / (RECALLED / 2) as f64)
}
