//! NEST's integrate-and-fire cell with spikes off the grid.

use super::entry::Entry;
use super::figure::{Model, Trouble, double};
use super::single_cell::{Cell, Input};
use duet_spiking::integrator::Exact;
use duet_spiking::neuron::Lif;
use duet_spiking::synapse::Alpha;
use duet_spiking::{Integrator, Neuron, Synapse};
use duet_units::{Capacitance, Current, Time, Voltage};

/// `nest.iaf_psc_alpha_ps.dc`: a constant current; spike trains too, where an entry has them.
pub fn alpha(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let lif = Lif {
        tau_m: Time::new(params.number("tau_m")?),
        c_m: Capacitance::new(params.number("C_m")?),
        e_l: Voltage::new(params.number("E_L")?),
        v_th: Voltage::new(params.number("V_th")?),
        v_reset: Voltage::new(params.number("V_reset")?),
        t_ref: Time::new(params.number("t_ref")?),
        i_e: Current::new(params.number_or("I_e", 0.0)?),
    };
    let mut cell = Cell {
        integrator: Some(Integrator::Exact(Exact { precise: true })),
        ..Cell::alone(Neuron::Lif(lif), params.number("dt_ms")?)
    };
    for (short, long) in [("ex", "exc"), ("in", "inh")] {
        let tau = Time::new(params.number(&format!("tau_syn_{short}"))?);
        if let Some(times) = params.optional(&format!("{long}_times_ms"))? {
            let weight = params.number(&format!("w_{short}_pA"))?;
            let delay = params.number(&format!("delay_{short}_ms"))?;
            let synapse = Synapse::Alpha(Alpha { tau, e_rev: None });
            cell.inputs.push(Input { times, weight, delay, synapse });
        }
    }
    let run = cell.run(params.number("T_ms")?)?;
    Ok(Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        ("n_spikes", ..) => double(run.spikes.len() as f64),
        ("spike_times_ms", ..) => double(run.spikes.clone()),
        ("T1_ms", ..) => double(run.spikes.first().copied()),
        (_, "V_mV", Some(time)) => double(run.v(time).ok_or_else(|| Trouble::key(key))?),
        _ => Err(Trouble::key(key)),
    }))
}
