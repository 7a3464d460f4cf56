//! Synapses that open channels.

use super::entry::Entry;
use super::figure::{Check, Figure, Grade, Model, Trouble, double};
use super::key::Key;
use super::lif::NO_THRESHOLD;
use super::single_cell::{Cell, Input, Run};
use duet_spiking::integrator::{ExponentialEuler, Rkf45};
use duet_spiking::neuron::Lif;
use duet_spiking::synapse::{Exponential, Kinetic, Nmda};
use duet_spiking::{Integrator, Neuron, Synapse};
use duet_units::{Capacitance, Concentration, Time, Voltage};

/// A leaky membrane without a threshold.
fn membrane(entry: &Entry) -> Result<Lif, Trouble> {
    let (c_m, g_l) = (entry.params.number("C_pF")?, entry.params.number("g_L_nS")?);
    let e_l = Voltage::new(entry.params.number("E_L_mV")?);
    let (tau_m, c_m) = (Time::new(c_m / g_l), Capacitance::new(c_m));
    Ok(Lif { tau_m, c_m, e_l, v_th: NO_THRESHOLD, v_reset: e_l, ..Lif::default() })
}

/// A conductance that opens at t = 0.
fn opened(weight: f64, dt: f64, tau: f64, e_rev: f64) -> Input {
    let synapse = Synapse::Exponential(Exponential { tau: Time::new(tau), e_rev: Some(Voltage::new(e_rev)) });
    Input { times: vec![-dt], weight, delay: dt, synapse }
}

/// The words before the bound on exponential Euler in steps of 0.1 ms.
const EULER: &str = "exponential-Euler at dt=0.1:";

/// `cond.exp_psp`: what one spike through an exponential conductance leaves.
pub fn exponential(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let lif = membrane(entry)?;
    let (weight, tau) = (params.number("g0_nS")?, params.number("tau_s_ms")?);
    let (e_rev, v0) = (params.number("E_rev_mV")?, params.number("V0_mV")?);
    let run = move |integrator: Option<Integrator>, dt: f64, time: f64| {
        let mut cell = Cell::alone(Neuron::Lif(lif.clone()), dt);
        cell.integrator = integrator;
        cell.initial.push((0, v0));
        cell.inputs.push(opened(weight, dt, tau, e_rev));
        cell.run(time)
    };
    // Times off this grid get a grid of their own.
    let step = |time: f64| if time > 0.0 { time / (time / 0.01).ceil() } else { 0.01 };
    let at = |run: Run, time: f64| run.v(time).ok_or(Trouble::OffGrid(time));
    let span = 20.0 * params.number("C_pF")? / params.number("g_L_nS")?.max(1e-9) + 20.0 * tau;
    let (fine, again) = (run.clone(), run.clone());
    let model = Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        (_, "V_mV", Some(time)) => {
            let adaptive = Some(Integrator::Rkf45(Rkf45 { tolerance: 1e-11 }));
            let ways = [at(run(None, step(time), time)?, time)?, at(run(adaptive, step(time), time)?, time)?];
            let mut ways = ways.map(|v| Figure::new(v, Grade::Double)).to_vec();
            if entry.tolerance.noted(EULER).is_some() {
                let euler = Some(Integrator::ExponentialEuler(ExponentialEuler::default()));
                let coarse = if time > 0.0 { time / (time / 0.1).ceil() } else { 0.1 };
                ways.push(Figure::new(at(run(euler, coarse, time)?, time)?, Grade::Noted(EULER)));
            }
            Ok(ways)
        }
        ("V_extremum_mV", ..) => double(extremum(&fine(None, 0.01, span)?, e_rev > v0).1),
        ("t_extremum_ms", ..) => {
            let (time, _) = extremum(&fine(None, 0.01, span)?, e_rev > v0);
            Ok(vec![Figure::new(time, Grade::Noted("extremum time tolerance"))])
        }
        _ => Err(Trouble::key(key)),
    });
    Ok(model.with_checks(move || {
        // It takes the conductance at mid-step: half the step, a quarter of the error.
        let euler = || Some(Integrator::ExponentialEuler(ExponentialEuler::default()));
        let time = 4.0 * tau;
        let exact = at(again(None, step(time), time)?, time)?;
        let error = |dt: f64| Ok(at(again(euler(), time / (time / dt).ceil(), time)?, time)? - exact);
        let (coarse, fine) = (error(0.02)?, error(0.01)?);
        Ok(vec![Check::new("exponential Euler is of second order", (coarse / fine - 4.0).abs() / 0.05)])
    }))
}

/// The time and the value of the highest (or lowest) point: the vertex of the parabola through the three highest samples.
fn extremum(run: &Run, highest: bool) -> (f64, f64) {
    let dt = 0.01;
    let sign = if highest { 1.0 } else { -1.0 };
    let v = |step: usize| run.v(step as f64 * dt).map(|v| sign * v);
    let top = (0..)
        .map_while(v)
        .enumerate()
        .fold((0, f64::NEG_INFINITY), |best, (step, v)| if v > best.1 { (step, v) } else { best });
    let (Some(before), Some(after)) = (top.0.checked_sub(1).and_then(v), v(top.0 + 1)) else {
        return (top.0 as f64 * dt, sign * top.1);
    };
    let (slope, bend) = (0.5 * (after - before), after - 2.0 * top.1 + before);
    ((top.0 as f64 - slope / bend) * dt, sign * (top.1 - 0.5 * slope * slope / bend))
}

/// `cond.steady`: two conductances that stay open.
pub fn steady(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let lif = membrane(entry)?;
    let e_l = lif.e_l.get();
    let channel = |name: &str| -> Result<(f64, f64), Trouble> {
        Ok((params.number(&format!("g_{name}_nS"))?, params.number(&format!("E_{name}_mV"))?))
    };
    let [excitatory, inhibitory] = [channel("ex")?, channel("in")?];
    let (dt, steps) = (0.1 * lif.tau_m.get().min(1.0), 40.0);
    let mut cell = Cell::alone(Neuron::Lif(lif.clone()), dt);
    // Exact for one linear equation, however stiff the conductances make it.
    cell.integrator = Some(Integrator::ExponentialEuler(ExponentialEuler::default()));
    // Far from wherever it ends: reversal potentials lie between.
    cell.initial.push((0, e_l + 1000.0));
    for (g, e_rev) in [excitatory, inhibitory] {
        cell.inputs.push(opened(g, dt, 1e15, e_rev));
    }
    let run = cell.run((steps * lif.tau_m.get() / dt).ceil() * dt)?;
    let end = run.v((steps * lif.tau_m.get() / dt).ceil() * dt).ok_or(Trouble::OffGrid(steps))?;
    Ok(Model::new(move |key| {
        let current = |(g, e_rev): (f64, f64), name: &str| {
            let v = potential(name, e_l, excitatory.1, inhibitory.1).ok_or_else(|| Trouble::key(key))?;
            let receptor =
                Exponential { e_rev: Some(Voltage::new(e_rev)), ..Exponential::default() }.receptor();
            double(receptor.current(g, v))
        };
        match key.bare() {
            "V_inf_mV" => double(end),
            "tau_eff_ms" => {
                let distance = |steps: f64| run.v(steps * dt).map(|v| (v - end).abs());
                let (Some(begin), Some(later)) = (distance(0.0), distance(1.0)) else {
                    return Err(Trouble::key(key));
                };
                double(dt / duet_kernels::math::ln(begin / later))
            }
            name => match (name.strip_prefix("I_ex_pA_at_"), name.strip_prefix("I_in_pA_at_")) {
                (Some(place), _) => current(excitatory, place),
                (_, Some(place)) => current(inhibitory, place),
                _ => Err(Trouble::key(key)),
            },
        }
    }))
}

/// `EL`, `E_ex`, `E_in`, `minus_100mV`, `20mV`.
fn potential(name: &str, e_l: f64, e_ex: f64, e_in: f64) -> Option<f64> {
    match name {
        "EL" | "E_L" => Some(e_l),
        "E_ex" => Some(e_ex),
        "E_in" => Some(e_in),
        _ => {
            let (sign, size) = name.strip_prefix("minus_").map_or((1.0, name), |size| (-1.0, size));
            let size = size.strip_prefix("plus_").unwrap_or(size);
            Some(sign * size.parse::<Voltage>().ok()?.get())
        }
    }
}

/// `nmda.mgblock`: what magnesium leaves open.
pub fn magnesium(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let nmda = Nmda { mg: Concentration::new(entry.params.number("Mg_mM")?), ..Nmda::default() };
    Ok(Model::new(move |key: &Key| match (key.bare(), key.name.as_str(), key.at("")) {
        (_, "B", Some(v)) => {
            // The share, and what it makes of the current where there is a driving force.
            let drive = nmda.e_rev.get() - v;
            let of_current = (drive != 0.0).then(|| nmda.receptor().current(1.0, v) / drive);
            let ways = std::iter::once(nmda.open(v)).chain(of_current);
            Ok(ways.map(|share| Figure::new(share, Grade::Double)).collect())
        }
        ("V_half_mV", ..) => double(nmda.half_open().ok_or_else(|| Trouble::key(key))?),
        _ => Err(Trouble::key(key)),
    }))
}
