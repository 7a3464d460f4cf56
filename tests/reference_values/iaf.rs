//! NEST's integrate-and-fire cells under a constant current and fixed spike trains.

use super::entry::{Entry, Params};
use super::figure::{Figure, Grade, Model, Trouble, double};
use super::single_cell::{Cell, Input};
use duet_spiking::neuron::Lif;
use duet_spiking::synapse::{Alpha, Delta, Exponential};
use duet_spiking::{Neuron, Synapse};
use duet_units::{Capacitance, Current, Time, Voltage};

/// `nest.iaf_psc_exp.*`: currents that decay exponentially.
pub fn exponential(entry: &Entry) -> Result<Model<'_>, Trouble> {
    driven(entry, "pA", &exponential_of(entry, "tau_syn_ex")?, &exponential_of(entry, "tau_syn_in")?)
}

fn exponential_of(entry: &Entry, tau: &str) -> Result<Synapse, Trouble> {
    let tau = Time::new(entry.params.number(tau)?);
    Ok(Synapse::Exponential(Exponential { tau, e_rev: None }))
}

/// `nest.iaf_psc_alpha.*`: currents that rise and fall.
pub fn alpha(entry: &Entry) -> Result<Model<'_>, Trouble> {
    driven(entry, "pA", &alpha_of(entry, "tau_syn_ex")?, &alpha_of(entry, "tau_syn_in")?)
}

fn alpha_of(entry: &Entry, tau: &str) -> Result<Synapse, Trouble> {
    let tau = Time::new(entry.params.number(tau)?);
    Ok(Synapse::Alpha(Alpha { tau, e_rev: None }))
}

/// `nest.iaf_cond_exp.train`, `nest.iaf_cond_alpha.train`: spikes that open channels. A negative weight is a conductance of the
/// inhibitory kind.
pub fn conductances(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let synapse = |kind: &str, e_rev: &str| {
        let tau = Time::new(params.number(kind)?);
        let e_rev = Some(Voltage::new(params.number(e_rev)?));
        Ok(if entry.family.contains("alpha") {
            Synapse::Alpha(Alpha { tau, e_rev })
        } else {
            Synapse::Exponential(Exponential { tau, e_rev })
        })
    };
    let (excitatory, inhibitory) = (synapse("tau_syn_ex", "E_ex")?, synapse("tau_syn_in", "E_in")?);
    let tau_m = params.number("C_m")? / params.number("g_L")?;
    let mut cell = Cell::alone(Neuron::Lif(lif(params, tau_m)?), params.number("dt_ms")?);
    cell.inputs = inputs(params, "nS", [&excitatory, &inhibitory])?;
    for input in &mut cell.inputs {
        input.synapse = if input.weight < 0.0 { inhibitory.clone() } else { excitatory.clone() };
        input.weight = input.weight.abs();
    }
    course(&cell, params)
}

/// `lif.exact_integration`: with all events on the coarsest grid the step does not matter.
pub fn any_step(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let (steps, time) = (params.list("h_ms")?, params.number("T_ms")?);
    let tau_m = params.number("tau_m")?;
    let synapse = if entry.id.contains("iaf_psc_exp") { exponential_of } else { alpha_of };
    let synapses = [synapse(entry, "tau_syn_ex")?, synapse(entry, "tau_syn_in")?];
    let run = |&dt: &f64| {
        let mut cell = Cell::alone(Neuron::Lif(lif(params, tau_m)?), dt);
        cell.inputs = inputs(params, "pA", synapses.each_ref())?;
        cell.run(time)
    };
    let runs = steps.iter().map(run).collect::<Result<Vec<_>, _>>()?;
    let at = move |time: f64| runs.iter().map(|run| run.v(time)).collect::<Option<Vec<f64>>>();
    Ok(Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        (_, "V_mV", Some(time)) => {
            let values = at(time).ok_or_else(|| Trouble::key(key))?;
            Ok(values.into_iter().map(|v| Figure::new(v, Grade::Double)).collect())
        }
        ("max_spread_across_h_mV", ..) => {
            let spread = |values: Vec<f64>| {
                let (low, high) = values
                    .iter()
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &v| (low.min(v), high.max(v)));
                high - low
            };
            let times = entry.keys().into_iter().filter_map(|key| key.at(""));
            double(times.filter_map(&at).map(spread).fold(0.0, f64::max))
        }
        _ => Err(Trouble::key(key)),
    }))
}

/// `nest.iaf_psc_delta.*`: jumps of the potential.
pub fn delta(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let synapse = Synapse::Delta(Delta::default());
    driven(entry, "mV", &synapse, &synapse)
}

fn driven<'a>(
    entry: &'a Entry,
    unit: &str,
    excitatory: &Synapse,
    inhibitory: &Synapse,
) -> Result<Model<'a>, Trouble> {
    let params = &entry.params;
    let mut cell = Cell::alone(Neuron::Lif(lif(params, params.number("tau_m")?)?), params.number("dt_ms")?);
    cell.initial.extend(params.optional("V0_mV")?.map(|v0| (0, v0)));
    cell.inputs = inputs(params, unit, [excitatory, inhibitory])?;
    course(&cell, params)
}

/// The generators, where there are such.
fn inputs(params: &Params, unit: &str, synapses: [&Synapse; 2]) -> Result<Vec<Input>, Trouble> {
    let mut inputs = Vec::new();
    for (name, synapse) in ["ex", "in"].into_iter().zip(synapses) {
        let times = if name == "ex" { "exc_times_ms" } else { "inh_times_ms" };
        if let Some(times) = params.optional(times)? {
            let weight = params.number(&format!("w_{name}_{unit}"))?;
            let delay = params.number(&format!("delay_{name}_ms"))?;
            inputs.push(Input { times, weight, delay, synapse: synapse.clone() });
        }
    }
    Ok(inputs)
}

/// Its spikes, and its potential at the times asked for.
fn course<'a>(cell: &Cell, params: &Params) -> Result<Model<'a>, Trouble> {
    let run = cell.run(params.number("T_ms")?)?;
    Ok(Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        ("n_spikes", ..) => Ok(vec![Figure::new(run.spikes.len() as f64, Grade::Exactly)]),
        ("spike_times_ms", ..) => double(run.spikes.clone()),
        (_, "V_mV", Some(time)) => double(run.v(time).ok_or_else(|| Trouble::key(key))?),
        _ => Err(Trouble::key(key)),
    }))
}

fn lif(params: &Params, tau_m: f64) -> Result<Lif, Trouble> {
    Ok(Lif {
        tau_m: Time::new(tau_m),
        c_m: Capacitance::new(params.number("C_m")?),
        e_l: Voltage::new(params.number("E_L")?),
        v_th: Voltage::new(params.number("V_th")?),
        v_reset: Voltage::new(params.number("V_reset")?),
        t_ref: Time::new(params.number("t_ref")?),
        i_e: Current::new(params.number_or("I_e", 0.0)?),
    })
}
