//! NEST's integrate-and-fire cells under a constant current and fixed spike trains.

use super::entry::{Entry, Params};
use super::figure::{Model, Trouble, double};
use super::single_cell::{Cell, Input};
use duet_spiking::neuron::Lif;
use duet_spiking::synapse::{Delta, Exponential};
use duet_spiking::{Neuron, Synapse};
use duet_units::{Capacitance, Current, Time, Voltage};

/// `nest.iaf_psc_exp.*`: currents that decay exponentially.
pub fn exponential(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let synapse = |tau: &str| {
        let tau = Time::new(entry.params.number(tau)?);
        Ok(Synapse::Exponential(Exponential { tau, e_rev: None }))
    };
    driven(entry, "pA", synapse("tau_syn_ex")?, synapse("tau_syn_in")?)
}

/// `nest.iaf_psc_delta.*`: jumps of the potential.
pub fn delta(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let synapse = Synapse::Delta(Delta::default());
    driven(entry, "mV", synapse.clone(), synapse)
}

fn driven<'a>(
    entry: &'a Entry,
    unit: &str,
    excitatory: Synapse,
    inhibitory: Synapse,
) -> Result<Model<'a>, Trouble> {
    let params = &entry.params;
    let (dt, time) = (params.number("dt_ms")?, params.number("T_ms")?);
    let mut cell = Cell::alone(Neuron::Lif(lif(params)?), dt);
    cell.initial.extend(params.optional("V0_mV")?.map(|v0| (0, v0)));
    for (name, synapse) in [("ex", excitatory), ("in", inhibitory)] {
        let times = if name == "ex" { "exc_times_ms" } else { "inh_times_ms" };
        if let Some(times) = params.optional(times)? {
            let weight = params.number(&format!("w_{name}_{unit}"))?;
            let delay = params.number(&format!("delay_{name}_ms"))?;
            cell.inputs.push(Input { times, weight, delay, synapse });
        }
    }
    let run = cell.run(time)?;
    Ok(Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        ("n_spikes", ..) => double(run.spikes.len() as f64),
        ("spike_times_ms", ..) => double(run.spikes.clone()),
        (_, "V_mV", Some(time)) => double(run.v(time).ok_or_else(|| Trouble::key(key))?),
        _ => Err(Trouble::key(key)),
    }))
}

fn lif(params: &Params) -> Result<Lif, Trouble> {
    Ok(Lif {
        tau_m: Time::new(params.number("tau_m")?),
        c_m: Capacitance::new(params.number("C_m")?),
        e_l: Voltage::new(params.number("E_L")?),
        v_th: Voltage::new(params.number("V_th")?),
        v_reset: Voltage::new(params.number("V_reset")?),
        t_ref: Time::new(params.number("t_ref")?),
        i_e: Current::new(params.number_or("I_e", 0.0)?),
    })
}
