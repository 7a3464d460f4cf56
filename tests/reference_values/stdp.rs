//! Pair-based plasticity: the window, and whole trains.

use super::common_step::{common_step, steps};
use super::entry::{Entry, Params};
use super::figure::{Figure, Grade, Model, Trouble, double};
use super::plastic::{Plastic, Train};
use super::quadrature::area;
use duet_spiking::plasticity::{PairRule, Stdp};
use duet_spiking::{DelaySite, Plasticity};
use duet_units::Time;

/// The additive rule without bounds, in the names of these families.
pub fn additive(params: &Params) -> Result<Stdp, Trouble> {
    Ok(Stdp {
        a_plus: params.number("A_plus")?,
        a_minus: params.number("A_minus")?,
        tau_plus: Time::new(params.number("tau_plus_ms")?),
        tau_minus: Time::new(params.number("tau_minus_ms")?),
        mu_plus: 0.0,
        mu_minus: 0.0,
        w_min: -1e6,
        w_max: 1e6,
        nearest: false,
        once: false,
    })
}

/// `stdp.window`: one pair, by the formula and by the engine.
pub fn window(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let rule = additive(&entry.params)?;
    let (plus, minus) = (rule.tau_plus.get(), rule.tau_minus.get());
    Ok(Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        ("integral", ..) => {
            let growth = area(plus, plus, |lag| rule.window(0.0, lag));
            double(growth + area(minus, minus, |lag| rule.window(0.0, -lag)))
        }
        (_, "dw", Some(lag)) => {
            // Any grid will do on which the lag lies.
            let dt = if lag == 0.0 { 0.1 } else { lag.abs() / (lag.abs() / 0.1).ceil() };
            let simulated = change(Plasticity::Stdp(rule.clone()), &[0.0], &[lag], dt)?;
            Ok([rule.window(0.0, lag), simulated].map(|dw| Figure::new(dw, Grade::Double)).to_vec())
        }
        _ => Err(Trouble::key(key)),
    }))
}

/// `stdp.train`: all pairs, or nearest neighbours only.
pub fn trains(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let rule = additive(&entry.params)?;
    let (pre, post) = (entry.params.list("pre_ms")?, entry.params.list("post_ms")?);
    let dt = common_step(&[pre.as_slice(), post.as_slice()].concat())?;
    Ok(Model::new(move |key| {
        let nearest = match key.bare() {
            "all_to_all" => false,
            "nearest" => true,
            _ => return Err(Trouble::key(key)),
        };
        double(change(Plasticity::Stdp(Stdp { nearest, ..rule.clone() }), &pre, &post, dt)?)
    }))
}

/// How the weight changes in all when the ends of a synapse fire at these times (in ms).
pub fn change(rule: Plasticity, pre: &[f64], post: &[f64], dt: f64) -> Result<f64, Trouble> {
    let earliest = pre.iter().chain(post).copied().reduce(f64::min).unwrap_or_default();
    // The first spike falls into step 1. The synapse's delay of one step is in the axon, so the target waits for it.
    let lead = 1 - steps(earliest, dt)?;
    let (pre, post) = (Train::new(pre, dt, lead)?, Train::new(post, dt, lead + 1)?);
    let last = (pre.last() + 1).max(post.last());
    let plastic = Plastic { rule, synapses: 1, w0: 0.0, dt, delay: dt, site: DelaySite::Axon };
    Ok(plastic.weights_after(last, |step| pre.at(step), |step| post.at(step))?[0])
}
