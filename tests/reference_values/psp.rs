//! The potential that one spike leaves.

use super::entry::Entry;
use super::figure::{Check, Figure, Grade, Model, Trouble, double};
use super::lif::NO_THRESHOLD;
use super::quadrature::area;
use super::single_cell::{Cell, Input};
use duet_spiking::neuron::Lif;
use duet_spiking::synapse::{Delta, Exponential};
use duet_spiking::{Neuron, Synapse};
use duet_units::{Capacitance, Time, Voltage};

/// `psp.exp`: an exponential current, or the weight that gives a wanted peak.
pub fn exponential(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let (c_m, tau_m) = (params.number("C_pF")?, params.number("tau_m_ms")?);
    let tau = params.number("tau_s_ms")?;
    let weight = params.optional::<f64>("w_pA")?;
    let synapse = Exponential { tau: Time::new(tau), e_rev: None };
    let given = move || weight.ok_or_else(|| Trouble::parameter("w_pA"));
    let membrane = Lif { tau_m: Time::new(tau_m), c_m: Capacitance::new(c_m), ..silent() };
    let (cell, kinetics) = (membrane.clone(), synapse.clone());
    let model = Model::new(move |key| {
        let response = |weight: f64, time: f64| synapse.response(weight, c_m, tau_m, time);
        let peak = synapse.peak_time(tau_m);
        match (key.bare(), key.name.as_str(), key.at("")) {
            ("t_peak_ms", ..) => double(peak),
            ("V_peak_mV", ..) => both_ways(response(given()?, peak), &cell, &synapse, given()?, peak),
            ("area_mV_ms", ..) => {
                let weight = given()?;
                double(area(tau.min(tau_m), tau.max(tau_m), |time| response(weight, time)))
            }
            ("w_pA", ..) => double(params.number("PSP_mV")? / response(1.0, peak)),
            (_, "V_mV", Some(time)) => both_ways(response(given()?, time), &cell, &synapse, given()?, time),
            _ => Err(Trouble::key(key)),
        }
    });
    Ok(model.with_checks(move || {
        // Equal time constants are a removable singularity of the textbook's formula.
        let at = |tau: f64| -> Result<[f64; 2], Trouble> {
            let near = Exponential { tau: Time::new(tau), e_rev: None };
            let simulated = simulated(&membrane, &Synapse::Exponential(near.clone()), 100.0, tau_m)?;
            Ok([simulated, near.response(100.0, c_m, tau_m, tau_m)])
        };
        let mut checks = vec![Check::that("finite", kinetics.response(1.0, c_m, tau_m, tau_m).is_finite())];
        let limit = at(tau_m)?;
        for tau in [tau_m * (1.0 + 1e-6), tau_m * (1.0 - 1e-6), tau_m * (1.0 + 1e-12)] {
            for (near, limit) in at(tau)?.into_iter().zip(limit) {
                checks.push(Check::new("near equal time constants", (near / limit - 1.0).abs() / 1e-6));
            }
        }
        Ok(checks)
    }))
}

/// `psp.delta`: a jump that decays.
pub fn delta(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (weight, tau_m) = (entry.params.number("w_mV")?, entry.params.number("tau_m_ms")?);
    let cell = Lif { tau_m: Time::new(tau_m), ..silent() };
    Ok(Model::new(move |key| {
        let time = key.at("").filter(|_| key.name == "V_mV").ok_or_else(|| Trouble::key(key))?;
        let response = Delta::response(weight, tau_m, time);
        let simulated = simulated(&cell, &Synapse::Delta(Delta::default()), weight, time)?;
        Ok([response, simulated].map(|v| Figure::new(v, Grade::Double)).to_vec())
    }))
}

/// A membrane that rests at 0 mV and never fires.
fn silent() -> Lif {
    let rest = Voltage::new(0.0);
    Lif { e_l: rest, v_reset: rest, v_th: NO_THRESHOLD, ..Lif::default() }
}

/// The formula's value, and the simulation's.
fn both_ways(
    formula: f64,
    cell: &Lif,
    synapse: &Exponential,
    weight: f64,
    time: f64,
) -> Result<Vec<Figure>, Trouble> {
    let simulated = simulated(cell, &Synapse::Exponential(synapse.clone()), weight, time)?;
    Ok([formula, simulated].map(|v| Figure::new(v, Grade::Double)).to_vec())
}

/// The potential `time` ms after the arrival of one spike, in a simulation. A step is exact for any dt, so dt is chosen
/// such that the time lies on the grid.
fn simulated(cell: &Lif, synapse: &Synapse, weight: f64, time: f64) -> Result<f64, Trouble> {
    let steps = (time / 0.1).ceil().max(1.0);
    let dt = if time > 0.0 { time / steps } else { 0.1 };
    let input = Input { times: vec![dt], weight, delay: dt, synapse: synapse.clone() };
    let arrival = 2.0 * dt;
    let run =
        Cell { inputs: vec![input], ..Cell::alone(Neuron::Lif(cell.clone()), dt) }.run(arrival + time)?;
    run.v(arrival + time).ok_or(Trouble::OffGrid(time))
}
