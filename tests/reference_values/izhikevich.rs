//! Izhikevich's cell: as equations, as its author's script, and as NEST has it.

use super::adex::{listed, located};
use super::entry::{Entry, Params};
use super::figure::{Model, Trouble, double};
use super::single_cell::Cell;
use duet_spiking::integrator::{Euler, Staggered};
use duet_spiking::neuron::Izhikevich;
use duet_spiking::{Integrator, Neuron};
use duet_units::Voltage;

fn cell(params: &Params) -> Result<Izhikevich, Trouble> {
    let [v_2, v_1, v_0] = match params.optional::<String>("v_polynomial")? {
        Some(text) => polynomial(&text).ok_or_else(|| Trouble::parameter("v_polynomial"))?,
        None => [0.04, 5.0, 140.0],
    };
    let (v_u, r) = match params.optional::<String>("u_input")? {
        Some(text) => recovery(&text).ok_or_else(|| Trouble::parameter("u_input"))?,
        None => (0.0, 1.0),
    };
    Ok(Izhikevich {
        a: params.number("a")?,
        b: params.number("b")?,
        c: Voltage::new(params.number("c")?),
        d: params.number("d")?,
        v_2,
        v_1,
        v_0,
        v_u: Voltage::new(v_u),
        r,
        ..Izhikevich::default()
    })
}

/// "0.04 v^2 + 4.1 v + 108" as its three coefficients.
fn polynomial(text: &str) -> Option<[f64; 3]> {
    let mut coefficients = [0.0; 3];
    for term in text.replace(' ', "").replace('-', "+-").split('+').filter(|term| !term.is_empty()) {
        let (place, number) = match (term.strip_suffix("v^2"), term.strip_suffix('v')) {
            (Some(number), _) => (0, number),
            (None, Some(number)) => (1, number),
            (None, None) => (2, term),
        };
        coefficients[place] += number.parse::<f64>().ok()?;
    }
    Some(coefficients)
}

/// "b V" or "b (V+65)": the potential at which it is zero, and how strongly u recalls itself. The script's line with an
/// offset is the one without - u: u += tau a b (V + 65).
fn recovery(text: &str) -> Option<(f64, f64)> {
    let inner = text.replace(' ', "");
    let inner = inner.strip_prefix('b')?.trim_start_matches('(').trim_end_matches(')').strip_prefix('V')?;
    if inner.is_empty() {
        return Some((0.0, 1.0));
    }
    inner.parse::<f64>().ok().map(|offset| (-offset, 0.0))
}

/// `izh2003`: the equations, spikes found where they are.
pub fn converged(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let neuron = Izhikevich { i_e: params.number("I")?, ..cell(params)? };
    let mut cell = located(Neuron::Izhikevich(neuron), 0.1);
    cell.initial = vec![(0, params.number("V0")?), (1, params.number("u0")?)];
    let run = cell.run(params.number("T_ms")?)?;
    Ok(Model::new(move |key| match key.bare() {
        "n_spikes" => double(run.spikes.len() as f64),
        "spike_times_ms" => double(listed(entry, &run)),
        "last_spike_ms" => double(run.spikes.last().copied()),
        _ => Err(Trouble::key(key)),
    }))
}

/// `izh2004`: the author's script. It looks at t = 0, tau ... T, and what it does at t is our step from t to t + tau.
pub fn published(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let (dt, time) = (params.number("tau_ms")?, params.number("T_ms")?);
    let cell = Cell {
        integrator: Some(Integrator::Staggered(Staggered { v_steps: 1 })),
        initial: vec![(0, params.number("V0")?), (1, params.number("u0")?)],
        course: params.required("I").map(Some)?,
        ..Cell::alone(Neuron::Izhikevich(cell(params)?), dt)
    };
    let run = cell.run(((time / dt + 1e-9).floor() + 1.0) * dt)?;
    Ok(Model::new(move |key| match key.bare() {
        "n_spikes" => double(run.spikes.len() as f64),
        "spike_times_ms" => double(run.spikes.iter().map(|time| time - dt).collect::<Vec<f64>>()),
        "V_end" => double(run.last(0)),
        "u_end" => double(run.last(1)),
        _ => Err(Trouble::key(key)),
    }))
}

/// `nest.izhikevich`: forward Euler, or the published scheme of 2003.
pub fn nest(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let dt = params.number("dt_ms")?;
    let neuron = Izhikevich {
        i_e: params.number_or("I_e", 0.0)?,
        v_peak: Voltage::new(params.number_or("V_th", 30.0)?),
        ..cell(params)?
    };
    let integrator = if params.optional("consistent_integration")?.unwrap_or(true) {
        Integrator::Euler(Euler {})
    } else {
        Integrator::Staggered(Staggered { v_steps: 2 })
    };
    let cell = Cell {
        integrator: Some(integrator),
        initial: vec![(0, params.number("V_m")?), (1, params.number("U_m")?)],
        ..Cell::alone(Neuron::Izhikevich(neuron), dt)
    };
    let run = cell.run(params.number("T_ms")?)?;
    Ok(Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        ("n_spikes", ..) => double(run.spikes.len() as f64),
        ("spike_times_ms", ..) => double(listed(entry, &run)),
        (_, "V_mV", Some(time)) => double(run.v(time).ok_or_else(|| Trouble::key(key))?),
        (_, "U_mV" | "U", Some(time)) => double(run.value(1, time).ok_or_else(|| Trouble::key(key))?),
        _ => Err(Trouble::key(key)),
    }))
}

#[test]
fn words_of_the_script() {
    assert_eq!(polynomial("0.04 v^2 + 4.1 v + 108"), Some([0.04, 4.1, 108.0]));
    assert_eq!(polynomial("0.04 v^2 - 5 v - 1"), Some([0.04, -5.0, -1.0]));
    assert_eq!(polynomial("v^3"), None);
    assert_eq!(recovery("b V"), Some((0.0, 1.0)));
    assert_eq!(recovery("b (V+65)"), Some((-65.0, 0.0)));
}
