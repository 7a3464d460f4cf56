//! Pair-based plasticity under independent Poisson trains.

use super::entry::Entry;
use super::figure::{Check, Model, Trouble, double};
use super::plastic::Plastic;
use super::stdp::additive;
use duet_random::Key;
use duet_spiking::encode::{Encode, Poisson, SpikeTrain};
use duet_spiking::plasticity::Stdp;
use duet_spiking::{DelaySite, Plasticity};
use duet_units::Frequency;

/// The simulation that the formula is held against.
const SYNAPSES: usize = 1000;
const SECONDS: f64 = 100.0;
/// In ms; on a grid two spikes of one step form no pair, which at this step is far below the statistical error.
pub const DT: f64 = 0.1;

/// `stdp.poisson_drift`: the mean drift, by the formula; a simulation agrees within four standard errors.
pub fn poisson_drift(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let rule = additive(&entry.params)?;
    let (r_pre, r_post) = (entry.params.number("r_pre_Hz")?, entry.params.number("r_post_Hz")?);
    let variant = move |name: &str| {
        let nearest = match name {
            "drift_per_s_all_to_all" => false,
            "drift_per_s_nearest" => true,
            _ => return None,
        };
        Some(Stdp { nearest, ..rule.clone() })
    };
    let simulated = variant.clone();
    let model = Model::new(move |key| {
        let rule = variant(key.bare()).ok_or_else(|| Trouble::key(key))?;
        double(rule.poisson_drift(r_pre, r_post))
    });
    Ok(model.with_checks(move || {
        let (pre, post) = (poisson(r_pre, SECONDS, "pre"), poisson(r_post, SECONDS, "post"));
        let mut checks = Vec::new();
        for key in entry.keys() {
            let Some(rule) = simulated(key.bare()) else { continue };
            let wanted = rule.poisson_drift(r_pre, r_post);
            let (mean, error) = drift(Plasticity::Stdp(rule), (0.0, SECONDS), &pre, &post)?;
            checks.push(Check::new(format!("simulated {}", key.text), (mean - wanted).abs() / (4.0 * error)));
        }
        Ok(checks)
    }))
}

/// Independent trains for all synapses.
pub fn poisson(rate: f64, seconds: f64, purpose: &str) -> SpikeTrain {
    let encode = Encode::Poisson(Poisson { rate_max: Frequency::new(rate), ..Poisson::default() });
    let mut train = SpikeTrain::default();
    let steps = (seconds * 1000.0 / DT) as usize;
    encode.encode(&[1.0; SYNAPSES], DT, steps, &mut Key::new(1).stream(purpose, 0), &mut train);
    train
}

/// Mean drift per second over all synapses between two instants (in s), and its standard error.
pub fn drift(
    rule: Plasticity,
    (from, to): (f64, f64),
    pre: &SpikeTrain,
    post: &SpikeTrain,
) -> Result<(f64, f64), Trouble> {
    let plastic = Plastic { rule, synapses: SYNAPSES, w0: 0.0, dt: DT, delay: DT, site: DelaySite::Axon };
    let weights = |seconds: f64| {
        let steps = (seconds * 1000.0 / DT) as i64;
        plastic.weights_after(steps, |step| pre.at(step as usize - 1), |step| post.at(step as usize - 1))
    };
    let changes: Vec<f64> =
        weights(to)?.into_iter().zip(weights(from)?).map(|(late, early)| late - early).collect();
    let n = changes.len() as f64;
    let mean = changes.iter().sum::<f64>() / n;
    let variance = changes.iter().map(|change| (change - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Ok((mean / (to - from), (variance / n).sqrt() / (to - from)))
}
