//! The integrate-and-fire cell under a constant current.

use super::common_step::{common_step, steps};
use super::entry::{Entry, Params};
use super::figure::{Check, Figure, Grade, Model, Trouble, double};
use super::single_cell::{Cell, check};
use duet_random::Key;
use duet_spiking::neuron::Lif;
use duet_spiking::stimulus::{Amplitude, Source, Step, Stimulus};
use duet_spiking::{Neuron, Simulation, SpikingSide};
use duet_topology::{Names, NetworkSpec};
use duet_units::{Capacitance, Current, Time, Voltage};

/// Far above anything a membrane reaches: no threshold.
pub const NO_THRESHOLD: Voltage = Voltage::new(1e9);

/// A cell in the short names of the f-I families.
fn lif(params: &Params) -> Result<Lif, Trouble> {
    Ok(Lif {
        tau_m: Time::new(params.number("tau")?),
        c_m: Capacitance::new(params.number("C")?),
        e_l: Voltage::new(params.number("E_L")?),
        v_th: Voltage::new(params.number("V_th")?),
        v_reset: Voltage::new(params.number("V_r")?),
        t_ref: Time::new(params.number("t_ref")?),
        i_e: Current::new(0.0),
    })
}

/// Long enough for two spikes at any current that makes the cell fire at all: within 40 time constants the membrane
/// comes closer to its end than double precision resolves.
fn patience(lif: &Lif) -> f64 {
    2.0 * (40.0 * lif.tau_m.get() + lif.t_ref.get())
}

/// `lif.fI`: the rate in continuous time; on the grid, intervals are the same rounded up.
pub fn rate_curve(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let lif = lif(&entry.params)?;
    let cell = lif.clone();
    let model = Model::new(move |key| match (key.name.as_str(), key.at("I")) {
        ("rheobase_I", None) => double(lif.rheobase()),
        ("f_Hz", Some(current)) => double(lif.rate(current)),
        _ => Err(Trouble::key(key)),
    });
    Ok(model.with_checks(move || {
        let dt = 0.1;
        let mut checks = Vec::new();
        for key in entry.keys() {
            let Some(current) = key.at("I") else { continue };
            // At the rheobase itself the last bit decides; an unaligned refractory period is rounded.
            let grazes = (current / cell.rheobase() - 1.0).abs() < 1e-9;
            if grazes || steps(cell.t_ref.get(), dt).is_err() {
                continue;
            }
            let driven = Lif { i_e: Current::new(current), ..cell.clone() };
            let run = Cell::alone(Neuron::Lif(driven), dt).run_for_spikes(2, patience(&cell))?;
            let rate = cell.rate(current);
            let holds = match run.spikes.as_slice() {
                &[first, second] => {
                    let late = second - first - 1000.0 / rate;
                    (-1e-9..dt + 1e-9).contains(&late)
                }
                spikes => spikes.is_empty() && rate == 0.0,
            };
            checks.push(Check::that(format!("interval on the grid, {}", key.text), holds));
        }
        Ok(checks)
    }))
}

/// `lif.grid_isi`: intervals of the simulated cell.
pub fn grid_intervals(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (lif, dt) = (lif(&entry.params)?, entry.params.number("dt_ms")?);
    Ok(Model::new(move |key| {
        let current = key.at("I").ok_or_else(|| Trouble::key(key))?;
        let driven = Lif { i_e: Current::new(current), ..lif.clone() };
        let run = Cell::alone(Neuron::Lif(driven), dt).run_for_spikes(2, patience(&lif))?;
        match (key.name.as_str(), run.spikes.as_slice()) {
            ("first_spike_ms", spikes) => double(spikes.first().copied()),
            ("ISI_ms", &[first, second]) => double(second - first),
            ("ISI_ms", _) => double(None::<f64>),
            _ => Err(Trouble::key(key)),
        }
    }))
}

/// `lif.step`: the membrane without threshold while a current is on for some time.
pub fn current_step(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let lif = Lif {
        tau_m: Time::new(params.number("tau_m_ms")?),
        c_m: Capacitance::new(params.number("C_m_pF")?),
        e_l: Voltage::new(params.number("E_L_mV")?),
        v_th: NO_THRESHOLD,
        ..Lif::default()
    };
    let current = params.number("I_pA")?;
    let (on, off) = (params.number_or("t_on_ms", 0.0)?, params.optional::<f64>("t_off_ms")?);
    Ok(Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        ("R_MOhm", ..) => double(1000.0 * lif.resistance()),
        (_, "V_mV", Some(time)) => {
            let mut figures = vec![Figure::new(stepped(&lif, current, on, off, time)?, Grade::Double)];
            // A current that is on from the start is the simulation's own `i_e`.
            if on <= 0.0 && off.is_none_or(|off| off >= time) {
                let dt = common_step(&[time])?;
                let driven = Lif { i_e: Current::new(current), ..lif.clone() };
                figures.push(Figure::new(
                    Cell::alone(Neuron::Lif(driven), dt).run(time)?.v(time),
                    Grade::Double,
                ));
            }
            Ok(figures)
        }
        _ => Err(Trouble::key(key)),
    }))
}

/// The potential at `time` with `current` pA from `on` to `off` (in ms; before the start means always).
fn stepped(lif: &Lif, current: f64, on: f64, off: Option<f64>, time: f64) -> Result<f64, Trouble> {
    let dt = common_step(&[on, off.unwrap_or(on), time])?;
    let step = Step {
        amplitude: Amplitude::Current(Current::new(current)),
        start: Time::new(on.max(0.0)),
        stop: off.map(Time::new),
    };
    let stimulus = Stimulus {
        to: Names(vec!["cell".to_owned()]),
        cells: None,
        synapse: None,
        source: Source::Step(step),
    };
    let mut side =
        SpikingSide { dt: Time::new(dt), neuron: Neuron::Lif(lif.clone()), ..SpikingSide::default() };
    side.stimulus.insert("step".to_owned(), stimulus);
    let spec: NetworkSpec = toml::from_str("population.cell.size = 1").map_err(Trouble::refused)?;
    check(side.problems(&spec))?;
    let network = spec.realize(Key::new(0)).map_err(Trouble::refused)?;
    let mut cell = Simulation::<f64>::new(&network, &side, &[], 1, Key::new(0)).map_err(Trouble::refused)?;
    for _ in 0..steps(time, dt)? {
        cell.step(&[]);
    }
    cell.v(0, 0).ok_or_else(|| Trouble::refused("a cell without a membrane"))
}
