//! The adaptive exponential integrate-and-fire cell under a constant current.

use super::entry::{Entry, Params};
use super::figure::{Model, Tree, Trouble, double};
use super::single_cell::{Cell, Run};
use duet_spiking::integrator::Rkf45;
use duet_spiking::neuron::Adex;
use duet_spiking::{Integrator, Neuron};
use duet_units::{Capacitance, Conductance, Current, Time, Voltage};

/// A cell in the short names of the papers.
fn short(params: &Params) -> Result<Adex, Trouble> {
    Ok(Adex {
        c_m: Capacitance::new(params.number("C")?),
        g_l: Conductance::new(params.number("gL")?),
        e_l: Voltage::new(params.number("EL")?),
        delta_t: Voltage::new(params.number("DT")?),
        v_t: Voltage::new(params.number("VT")?),
        v_peak: Voltage::new(params.number_or("V_peak", 0.0)?),
        v_reset: Voltage::new(params.number("Vr")?),
        t_ref: Time::new(params.number_or("t_ref", 0.0)?),
        tau_w: Time::new(params.number("tw")?),
        a: Conductance::new(params.number("a")?),
        b: Current::new(params.number("b")?),
        i_e: Current::new(params.number_or("I_pA", 0.0)?),
    })
}

/// A cell that finds its spikes inside the step.
pub fn located(neuron: Neuron, dt: f64) -> Cell {
    Cell { integrator: Some(Integrator::Rkf45(Rkf45 { tolerance: 1e-10 })), ..Cell::alone(neuron, dt) }
}

/// As many of a run's spike times as the entry lists: some list the first few only.
pub fn listed(entry: &Entry, run: &Run) -> Vec<f64> {
    let shown = entry.expected.get("spike_times_ms").and_then(|list| list.as_array()).map_or(0, Vec::len);
    run.spikes.iter().take(shown.max(1)).copied().collect()
}

/// `adex.bg2005`, `adex.naud2008`: a constant current from t = 0 at rest.
pub fn driven(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let mut cell = located(Neuron::Adex(short(&entry.params)?), 0.1);
    let (v0, w0) = (entry.params.optional("V0")?, entry.params.optional("w0")?);
    cell.initial.extend(v0.map(|v| (0, v)).into_iter().chain(w0.map(|w| (1, w))));
    let run = cell.run(entry.params.number("T_ms")?)?;
    let interval = |pair: Option<&[f64]>| pair.map(|pair| pair[1] - pair[0]);
    Ok(Model::new(move |key| match key.bare() {
        "n_spikes" => double(run.spikes.len() as f64),
        "spike_times_ms" => double(listed(entry, &run)),
        "last_spike_ms" => double(run.spikes.last().copied()),
        "V_end" => double(run.last(0)),
        "w_end" => double(run.last(1)),
        "first_ISI" => double(interval(run.spikes.windows(2).next())),
        "last_ISI" => double(interval(run.spikes.windows(2).last())),
        _ => Err(Trouble::key(key)),
    }))
}

/// `adex.rheobase`: where rest ends, and how.
pub fn rheobase(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let adex = short(&entry.params)?;
    Ok(Model::new(move |key| match key.bare() {
        "tau_m_ms" => double(adex.tau_m()),
        "I_SN_pA" => double(adex.saddle_node()),
        "I_Hopf_pA" => double(adex.hopf()),
        "a_over_gL" => double(adex.a.get() / adex.g_l.get()),
        "taum_over_tw" => double(adex.tau_m() / adex.tau_w.get()),
        "type" => {
            let word = if adex.hopf().is_some() { "Hopf" } else { "saddle-node" };
            double(Tree::Text(word.to_owned()))
        }
        _ => Err(Trouble::key(key)),
    }))
}

/// `nest.aeif_psc_exp`: NEST finds the spike inside the step too, but stamps it at the step's end.
pub fn nest(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let adex = Adex {
        c_m: Capacitance::new(params.number("C_m")?),
        g_l: Conductance::new(params.number("g_L")?),
        e_l: Voltage::new(params.number("E_L")?),
        delta_t: Voltage::new(params.number("Delta_T")?),
        v_t: Voltage::new(params.number("V_th")?),
        v_peak: Voltage::new(params.number("V_peak")?),
        v_reset: Voltage::new(params.number("V_reset")?),
        t_ref: Time::new(params.number("t_ref")?),
        tau_w: Time::new(params.number("tau_w")?),
        a: Conductance::new(params.number("a")?),
        b: Current::new(params.number("b")?),
        i_e: Current::new(params.number_or("I_e", 0.0)?),
    };
    let dt = params.number("dt_ms")?;
    let mut cell = located(Neuron::Adex(adex.clone()), dt);
    cell.initial.push((0, params.number_or("V0", adex.e_l.get())?));
    cell.initial.push((1, params.number_or("w0", 0.0)?));
    let run = cell.run(params.number("T_ms")?)?;
    let stamped = move |time: f64| (time / dt - 1e-9).ceil() * dt;
    Ok(Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        ("n_spikes", ..) => double(run.spikes.len() as f64),
        ("spike_times_ms", ..) => double(listed(entry, &run).into_iter().map(stamped).collect::<Vec<f64>>()),
        (_, "V_mV", Some(time)) => double(run.v(time).ok_or_else(|| Trouble::key(key))?),
        (_, "w_pA", Some(time)) => double(run.value(1, time).ok_or_else(|| Trouble::key(key))?),
        _ => Err(Trouble::key(key)),
    }))
}
