//! Short-term plasticity.

use super::entry::Entry;
use super::figure::{Check, Figure, Grade, Model, Trouble, double};
use duet_spiking::release::{Resources, TsodyksMarkram};
use duet_units::Time;

/// `tm`: a steady train in the long run, by the closed form and by going there, and its first spikes.
pub fn tsodyks_markram(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let synapse = TsodyksMarkram {
        utilization: params.number("U")?,
        tau_rec: Time::new(params.number("tau_d_ms")?),
        tau_fac: Time::new(params.number("tau_f_ms")?),
    };
    let rates = params.list("rates_Hz")?;
    let (own, asked) = (synapse.clone(), rates.clone());
    let model = Model::new(move |key| {
        if let Some((rate, first)) = transient(key.bare()) {
            let train = train(&synapse, rate, first).iter().map(|spike| spike.released).collect::<Vec<_>>();
            return double(train);
        }
        let rate = key.at("").filter(|rate| asked.contains(rate)).ok_or_else(|| Trouble::key(key))?;
        let steady = synapse.steady(rate);
        let last = train(&synapse, rate, 2000).pop().ok_or_else(|| Trouble::key(key))?;
        let ways = match key.name.as_str() {
            "u_plus" => [steady.u, last.u],
            "x_minus" => [steady.x, last.released / last.u],
            "ux" => [steady.u * steady.x, last.released],
            _ => return Err(Trouble::key(key)),
        };
        Ok(ways.map(|way| Figure::new(way, Grade::Double)).to_vec())
    });
    Ok(model.with_checks(move || {
        let settled = |&rate: &f64| {
            let (steady, train) = (own.steady(rate), train(&own, rate, 2000));
            let off = train.last().map_or(f64::NAN, |last| last.released - steady.u * steady.x);
            Check::new(format!("settles at {rate} Hz"), off.abs() / 1e-9)
        };
        Ok(rates.iter().map(settled).collect())
    }))
}

struct Spike {
    u: f64,
    released: f64,
}

fn train(synapse: &TsodyksMarkram, rate: f64, spikes: usize) -> Vec<Spike> {
    let mut resources = Resources::default();
    let spike = |n: usize| {
        let released = synapse.release(&mut resources, (n > 0).then_some(1000.0 / rate));
        Spike { u: resources.u, released }
    };
    (0..spikes).map(spike).collect()
}

/// The rate and the length in `transient_ux_20Hz_first6`.
fn transient(name: &str) -> Option<(f64, usize)> {
    let (rate, first) = name.strip_prefix("transient_ux_")?.split_once("Hz_first")?;
    Some((rate.parse().ok()?, first.parse().ok()?))
}
