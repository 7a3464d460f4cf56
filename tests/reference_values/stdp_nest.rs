//! NEST's `stdp_synapse` between two parrot neurons.

use super::common_step::common_step;
use super::entry::Entry;
use super::figure::{Model, Trouble, double};
use super::plastic::{Plastic, Train};
use duet_spiking::plasticity::Stdp;
use duet_spiking::{DelaySite, Plasticity};
use duet_units::Time;

/// `nest.stdp_synapse`: the weight after fixed trains.
///
/// The generators' own delay is the same on both sides and cancels. NEST brings a weight up to date at presynaptic spikes
/// only, so what comes after the last of them does not count.
pub fn synapse(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let (w_max, lambda) = (params.number("Wmax")?, params.number("lambda")?);
    let rule = Plasticity::Stdp(Stdp {
        a_plus: w_max * lambda,
        a_minus: w_max * lambda * params.number("alpha")?,
        tau_plus: Time::new(params.number("tau_plus")?),
        tau_minus: Time::new(params.number("tau_minus")?),
        mu_plus: params.number("mu_plus")?,
        mu_minus: params.number("mu_minus")?,
        w_min: 0.0,
        w_max,
        nearest: false,
        once: false,
    });
    let (delay, end) = (params.number("delay_ms")?, params.number("T_ms")?);
    let mut pre = params.list("pre_generator_ms")?;
    let post = params.list("post_generator_ms")?;
    pre.retain(|&time| time < end);
    let dt = common_step(&[pre.as_slice(), post.as_slice(), &[delay]].concat())?;
    let (pre, post) = (Train::new(&pre, dt, 0)?, Train::new(&post, dt, 0)?);
    let w0 = params.number("w0")?;
    let plastic = Plastic { rule, synapses: 1, w0, dt, delay, site: DelaySite::Dendrite };
    let weights = plastic.weights_after(pre.last(), |step| pre.at(step), |step| post.at(step))?;
    Ok(Model::new(move |key| match key.bare() {
        "final_weight" => double(weights[0]),
        _ => Err(Trouble::key(key)),
    }))
}
