//! The squid axon's membrane: gates, rest, spikes, and where rest loses its stability.

use super::common_step::{common_step, steps};
use super::entry::{Entry, Params};
use super::figure::{Model, Trouble, double};
use duet_kernels::math;
use duet_spiking::channel::{potassium, sodium};
use duet_spiking::integrator::Method;
use duet_spiking::ion::q10;
use duet_spiking::neuron::{Build, Group, HodgkinHuxley, Input, Model as _};
use duet_units::{CapacitanceDensity, ConductanceDensity, CurrentDensity, Temperature, Voltage};

/// The membrane in the words of the entries; what an entry leaves out is the squid's.
pub fn membrane(params: &Params) -> Result<HodgkinHuxley, Trouble> {
    let squid = HodgkinHuxley::default();
    Ok(HodgkinHuxley {
        c_m: CapacitanceDensity::new(params.number_or("C_uF_cm2", squid.c_m.get())?),
        g_na: ConductanceDensity::new(params.number_or("gNa", squid.g_na.get())?),
        g_k: ConductanceDensity::new(params.number_or("gK", squid.g_k.get())?),
        g_l: ConductanceDensity::new(params.number_or("gL", squid.g_l.get())?),
        e_na: Voltage::new(params.number_or("ENa_mV", squid.e_na.get())?),
        e_k: Voltage::new(params.number_or("EK_mV", squid.e_k.get())?),
        e_l: Voltage::new(params.number_or("EL_mV", squid.e_l.get())?),
        temperature: Temperature::new(params.number_or("T_C", squid.temperature.get())?),
        ..squid
    })
}

/// `minus40`, `40`, `-40`, with or without `at_`.
fn written_voltage(words: &str) -> Option<f64> {
    let words = words.trim_start_matches('_').trim_start_matches("at_");
    let (sign, number) = match words.strip_prefix("minus") {
        Some(number) => (-1.0, number),
        None => (1.0, words.strip_prefix("plus").unwrap_or(words)),
    };
    number.trim_end_matches("mV").parse::<f64>().ok().map(|number| sign * number)
}

/// `hh.gates`: rates, steady states and time constants. The voltage is a parameter, the end of the entry's name, or written
/// in the key, where it must be one of the parameter's.
pub fn gates(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let phi = membrane(params)?.phi();
    let given = match params.optional::<Vec<f64>>("V_mV") {
        Ok(list) => list.unwrap_or_default(),
        Err(_) => vec![params.number("V_mV")?],
    };
    let named = entry.id.rsplit_once("gates.").and_then(|(_, end)| written_voltage(end));
    Ok(Model::new(move |key| {
        let refused = || Trouble::key(key);
        let (quantity, place) = ["alpha", "beta", "tau"]
            .iter()
            .find_map(|&q| Some((q, key.text.strip_prefix(q)?.strip_prefix('_')?)))
            .map(|(quantity, rest)| (quantity, rest.to_owned()))
            .or_else(|| Some(("inf", key.text.replacen("_inf", "", 1))).filter(|_| key.text.contains("_inf")))
            .ok_or_else(refused)?;
        let gate = place.chars().next().ok_or_else(refused)?;
        let rest = place[gate.len_utf8()..].trim_start_matches('@');
        let v = match (rest, given.as_slice(), named) {
            ("", &[only], _) => only,
            ("", &[], Some(v)) => v,
            ("", ..) => return Err(refused()),
            (rest, list, _) => {
                written_voltage(rest).filter(|v| list.is_empty() || list.contains(v)).ok_or_else(refused)?
            }
        };
        let rates = match gate {
            'm' => sodium::activation(v),
            'h' => sodium::inactivation(v),
            'n' => potassium::activation(v),
            _ => return Err(refused()),
        }
        .faster(phi);
        double(match quantity {
            "alpha" => rates.alpha,
            "beta" => rates.beta,
            "tau" => rates.time_constant(),
            _ => rates.steady(),
        })
    }))
}

/// `hh.q10`: how much faster gates run when it is warm.
pub fn warmth(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let factor = entry.params.number("Q10")?;
    Ok(Model::new(move |key| {
        let celsius = key.text.split_once('@').and_then(|(_, at)| at.strip_suffix('C'));
        match (key.name.as_str(), celsius.and_then(|celsius| celsius.parse().ok())) {
            ("phi", Some(celsius)) => {
                double(q10(factor, Temperature::new(celsius), HodgkinHuxley::default().temperature))
            }
            _ => Err(Trouble::key(key)),
        }
    }))
}

/// `hh.rest`: where nothing moves.
pub fn rest(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let squid = membrane(&entry.params)?;
    let [v, m, h, n] = squid.rest();
    Ok(Model::new(move |key| {
        double(match key.bare() {
            "V_rest_mV" => v,
            "m" => m,
            "h" => h,
            "n" => n,
            "gNa_rest" => squid.g_na.get() * sodium::open(m, h),
            "gK_rest" => squid.g_k.get() * potassium::open(n),
            _ => return Err(Trouble::key(key)),
        })
    }))
}

/// A rectangular current in uA/cm2; both times in ms.
#[derive(Clone, Copy)]
struct Pulse {
    height: f64,
    on: f64,
    off: f64,
}

impl Pulse {
    fn forever(height: f64) -> Self {
        Self { height, on: 0.0, off: f64::INFINITY }
    }
}

/// A cell of the engine, one step after the other, with spikes located inside the steps.
struct Cell {
    group: Box<dyn Group<f64>>,
    dt: f64,
    step: i64,
}

impl Cell {
    fn new(squid: &HodgkinHuxley, dt: f64) -> Self {
        let build = Build { method: Some(Method::Rkf45(1e-9)), ..Build::cells(1, dt) };
        Self { group: squid.group(&build), dt, step: 0 }
    }

    /// One step, and the spike inside it.
    fn advance(&mut self, current: f64) -> Option<f64> {
        let input = Input { current: &[current], ..Input::constant(&[0.0]) };
        self.group.integrate(&input);
        self.step += 1;
        let mut cells = Vec::new();
        self.group.crossed(&[], &mut cells);
        cells.first().map(|_| self.step as f64 * self.dt - self.group.before_end(0))
    }
}

/// Spikes under a pulse, from rest, until `enough` says so.
fn fire(
    squid: &HodgkinHuxley,
    pulse: Pulse,
    time: f64,
    enough: impl Fn(&[f64]) -> bool,
) -> Result<Vec<f64>, Trouble> {
    let corners: Vec<f64> = [pulse.on, pulse.off, time].into_iter().filter(|t| t.is_finite()).collect();
    let dt = common_step(&corners)?;
    let on = steps(pulse.on, dt)?;
    let off = if pulse.off.is_finite() { steps(pulse.off, dt)? } else { i64::MAX };
    let (mut cell, mut spikes) = (Cell::new(squid, dt), Vec::new());
    for step in 0..steps(time, dt)? {
        let current = if (on..off).contains(&step) { pulse.height } else { 0.0 };
        spikes.extend(cell.advance(current));
        if enough(&spikes) {
            break;
        }
    }
    Ok(spikes)
}

/// `hh.fI`: counts, first spikes, and the steady rate from the intervals of the last half of the spikes.
pub fn rate_curve(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let squid = membrane(&entry.params)?;
    let (currents, time) = (entry.params.list("I_uA_cm2")?, entry.params.number("T_ms")?);
    let runs = currents
        .iter()
        .map(|&current| Ok((current, fire(&squid, Pulse::forever(current), time, |_| false)?)))
        .collect::<Result<Vec<_>, Trouble>>()?;
    Ok(Model::new(move |key| {
        let run = key.at("I").and_then(|at| runs.iter().find(|(current, _)| *current == at));
        let spikes = &run.ok_or_else(|| Trouble::key(key))?.1;
        match key.name.as_str() {
            "first_spike_ms" => double(spikes.first().copied()),
            "f_Hz" => {
                let half = &spikes[spikes.len() / 2..];
                double(match half {
                    [first, .., last] => Some(1000.0 * (half.len() - 1) as f64 / (last - first)),
                    _ => None,
                })
            }
            name if name.starts_with("n_spikes") => double(spikes.len() as f64),
            _ => Err(Trouble::key(key)),
        }
    }))
}

/// `hh.spike_times`, `hh.anode_break`: every spike under a pulse.
pub fn spike_times(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let pulse = Pulse {
        height: params.number("I")?,
        on: params.number_or("t_on", 0.0)?,
        off: params.optional("t_off")?.unwrap_or(f64::INFINITY),
    };
    let spikes = fire(&membrane(params)?, pulse, params.number("T_ms")?, |_| false)?;
    Ok(Model::new(move |key| match key.bare() {
        "n_spikes" => double(spikes.len() as f64),
        "spike_times_ms" => double(spikes.clone()),
        _ => Err(Trouble::key(key)),
    }))
}

/// Where a curve on a grid has its extremum near `at`: the vertex of the parabola through three points.
fn vertex(v: &[f64], at: usize, dt: f64) -> (f64, f64) {
    let (before, here, after) = (v[at - 1], v[at], v[at + 1]);
    let bend = before - 2.0 * here + after;
    let shift = if bend == 0.0 { 0.0 } else { 0.5 * (before - after) / bend };
    ((at as f64 + shift) * dt, here - 0.25 * (before - after) * shift)
}

/// `hh.spike_shape`: one action potential, measured.
pub fn spike_shape(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let mut squid = membrane(params)?;
    if let Some(phi) = params.optional::<f64>("phi")? {
        // The temperature at which gates are so fast.
        squid.temperature = Temperature::new(6.3 + 10.0 * math::ln(phi) / math::ln(3.0));
    }
    let (height, on) = (params.number("I_uA_cm2")?, params.number("t_on_ms")?);
    let off = on + params.number("dur_ms")?;
    let dt = common_step(&[on, off])?.min(0.01);
    let (first, last) = (steps(on, dt)?, steps(off, dt)?);
    let mut cell = Cell::new(&squid, dt);
    let rest = cell.group.v(0);
    let (mut v, mut spikes) = (vec![rest], 0);
    for step in 0..steps(off + 30.0, dt).unwrap_or(last + (30.0 / dt) as i64) {
        let current = if (first..last).contains(&step) { height } else { 0.0 };
        spikes += i32::from(cell.advance(current).is_some());
        v.push(cell.group.v(0));
    }
    let inner = 1..v.len() - 1;
    let peak = inner.clone().max_by(|&a, &b| v[a].total_cmp(&v[b])).unwrap_or(1);
    let trough = inner.filter(|&at| at >= peak).min_by(|&a, &b| v[a].total_cmp(&v[b])).unwrap_or(1);
    let ((t_peak, v_peak), (t_trough, v_trough)) = (vertex(&v, peak, dt), vertex(&v, trough, dt));
    let half = 0.5 * (rest + v_peak);
    // Where the line between two grid points passes half the height.
    let passing = |at: usize| (at as f64 + (half - v[at]) / (v[at + 1] - v[at])) * dt;
    let up = (0..peak).rev().find(|&at| v[at] < half).map(passing);
    let down = (peak..v.len() - 1).find(|&at| v[at + 1] < half).map(passing);
    let width = up.zip(down).map(|(up, down)| down - up);
    Ok(Model::new(move |key| match key.bare() {
        "n_spikes" => double(f64::from(spikes)),
        "V_peak_mV" => double(v_peak),
        "t_peak_ms" => double(t_peak),
        "amplitude_mV" => double(v_peak - rest),
        "half_width_ms" => double(width),
        "AHP_min_mV" => double(v_trough),
        "t_AHP_ms" => double(t_trough),
        _ => Err(Trouble::key(key)),
    }))
}

/// The smallest height at which `fires` holds, from below 1 upwards; relative precision 1e-4.
fn threshold(fires: impl Fn(f64) -> Result<bool, Trouble>) -> Result<f64, Trouble> {
    let (mut low, mut high) = (0.0, 1.0);
    while !fires(high)? {
        (low, high) = (high, 2.0 * high);
        if high > 1e4 {
            return Err(Trouble::refused("it never fires"));
        }
    }
    while high - low > 1e-4 * high {
        let middle = f64::midpoint(low, high);
        if fires(middle)? { high = middle } else { low = middle }
    }
    Ok(f64::midpoint(low, high))
}

/// `hh.strength_duration`: the weakest pulse of each duration that makes a spike.
pub fn strength_duration(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let squid = membrane(&entry.params)?;
    Ok(Model::new(move |key| match (key.name.as_str(), key.at("")) {
        ("I_th", Some(off)) => double(threshold(|height| {
            let spikes =
                fire(&squid, Pulse { height, on: 0.0, off }, off + 30.0, |spikes| !spikes.is_empty())?;
            Ok(!spikes.is_empty())
        })?),
        _ => Err(Trouble::key(key)),
    }))
}

/// The pair of eigenvalues with the largest real part around rest under a constant current: real and imaginary part.
fn leading(squid: &HodgkinHuxley, current: f64) -> (f64, f64) {
    let squid = HodgkinHuxley { i_e: CurrentDensity::new(current), ..squid.clone() };
    let rest = squid.steady_state(current);
    let columns: [[f64; 4]; 4] = std::array::from_fn(|j| {
        let h = if j == 0 { 1e-4 } else { 1e-6 };
        let moved = |by: f64| {
            let mut state = rest;
            state[j] += by;
            squid.slope(state, 0.0)
        };
        let (more, less) = (moved(h), moved(-h));
        std::array::from_fn(|i| (more[i] - less[i]) / (2.0 * h))
    });
    let jacobian = nalgebra::Matrix4::from_fn(|i, j| columns[j][i]);
    let leading = jacobian.complex_eigenvalues().iter().copied().max_by(|a, b| a.re.total_cmp(&b.re));
    leading.map_or((f64::NAN, f64::NAN), |value| (value.re, value.im.abs()))
}

/// The current between two others at which rest gains or loses its stability.
fn hopf(squid: &HodgkinHuxley, mut low: f64, mut high: f64) -> f64 {
    let unstable = |current: f64| leading(squid, current).0 > 0.0;
    let at_high = unstable(high);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if unstable(middle) == at_high { high = middle } else { low = middle }
    }
    f64::midpoint(low, high)
}

/// `hh.rheobase`: steps that make one spike, and spikes without end; where the resting state loses and regains stability.
pub fn rheobase(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let squid = membrane(&entry.params)?;
    let turns = {
        let squid = squid.clone();
        move || {
            let unstable: Vec<bool> = (0..=400).map(|i| leading(&squid, f64::from(i)).0 > 0.0).collect();
            let change = |from: usize| (from..400).find(|&i| unstable[i] != unstable[i + 1]);
            let first = change(0)?;
            let second = change(first + 1);
            let point = |i: usize| hopf(&squid, i as f64, (i + 1) as f64);
            Some((point(first), second.map(point)))
        }
    };
    Ok(Model::new(move |key| match key.bare() {
        "I_single_spike" => double(threshold(|height| {
            Ok(!fire(&squid, Pulse::forever(height), 100.0, |spikes| !spikes.is_empty())?.is_empty())
        })?),
        "I_repetitive_from_rest" => double(threshold(|height| {
            let spikes = fire(&squid, Pulse::forever(height), 1000.0, |_| false)?;
            Ok(spikes.last().is_some_and(|&last| last > 900.0))
        })?),
        "I_Hopf_1" => double(turns().map(|turns| turns.0)),
        "I_Hopf_2" => double(turns().and_then(|turns| turns.1)),
        "Hopf1_freq_Hz" => {
            double(turns().map(|turns| 1000.0 * leading(&squid, turns.0).1 / std::f64::consts::TAU))
        }
        _ => Err(Trouble::key(key)),
    }))
}

/// `nest.hh_psc_alpha.dc`: NEST's cell is 10^-4 cm2 of this membrane; its spike is the step after a maximum above 0 mV.
pub fn nest_constant_current(entry: &Entry) -> Result<Model<'_>, Trouble> {
    const AREA: f64 = 1e-4;
    /// NEST's refractory period, in which no second maximum counts, in ms.
    const T_REF: f64 = 2.0;
    const V0: f64 = -65.0;
    let params = &entry.params;
    let (dt, time) = (params.number("dt_ms")?, params.number("T_ms")?);
    // pA to uA.
    let current = 1e-6 * params.number("I_e")? / AREA;
    let squid = HodgkinHuxley { e_l: Voltage::new(-54.402), ..HodgkinHuxley::default() };
    let mut cell = Cell::new(&squid, dt);
    for (variable, value) in [V0].into_iter().chain(HodgkinHuxley::steady(V0)).enumerate() {
        cell.group.set(variable, 0, value);
    }
    let (mut v, mut spikes) = (vec![V0], Vec::<f64>::new());
    for step in 1..=steps(time, dt)? {
        cell.advance(current);
        let (before, now) = (v[v.len() - 1], cell.group.v(0));
        let end = step as f64 * dt;
        let refractory = spikes.last().is_some_and(|&last| end - last < T_REF - 1e-9);
        if now >= 0.0 && before > now && !refractory {
            spikes.push(end);
        }
        v.push(now);
    }
    Ok(Model::new(move |key| match (key.bare(), key.name.as_str(), key.at("")) {
        ("n_spikes", ..) => double(spikes.len() as f64),
        ("spike_times_ms", ..) => double(spikes.clone()),
        (_, "V_mV", Some(at)) => {
            double(v.get(usize::try_from(steps(at, dt)?).unwrap_or(usize::MAX)).copied())
        }
        _ => Err(Trouble::key(key)),
    }))
}
