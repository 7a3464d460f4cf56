//! Rates of networks in theory: Brunel's network and the cortical microcircuit.

use super::entry::Entry;
use super::figure::{Check, Model, Trouble, double};
use duet_spiking::theory::mean_field::{Input, Source};
use duet_spiking::theory::{Brunel, FixedPoint, MeanField, Siegert};
use duet_topology::pattern::FixedTotal;

/// `brunel2000.meanfield`: the rate that a silent network comes to, and all others that reproduce themselves.
pub fn brunel(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let cell = Siegert {
        tau_m: params.number("tau_ms")?,
        t_ref: params.number("t_rp_ms")?,
        v_th: params.number("theta")?,
        v_reset: params.number("V_r")?,
        tau_s: 0.0,
    };
    let c_e = params.number("C_E")?;
    let gamma = params.number("C_I")? / c_e;
    let mut network =
        Brunel { cell, j: params.number("J_mV")?, c_e, gamma, g: params.number("g")?, eta: 1.0 };
    // The external rate is eta times the threshold rate that the entry gives.
    let nu_thr = params.number_or("nu_thr_Hz", network.nu_thr())?;
    network.eta = params.number("eta")? * nu_thr / network.nu_thr();
    let theory = network.mean_field();
    let points: Vec<FixedPoint> = theory.fixed_points();
    let rates = theory.rates().ok_or_else(|| Trouble::refused("no fixed point found"))?;
    let (mu, sigma) = theory.drive(0, &rates);
    let all: Vec<f64> = points.iter().map(|point| point.rate).collect();
    let lowest = points.iter().find(|point| point.stable).map(|point| point.rate);
    let rate = rates[0];
    let model = Model::new(move |key| match key.bare() {
        "nu_Hz" => double(rate),
        "all_fixed_points_Hz" => double(all.clone()),
        "mu_mV" => double(mu),
        "sigma_mV" => double(sigma),
        _ => Err(Trouble::key(key)),
    });
    Ok(model.with_checks(move || {
        let off = (network.nu_thr() / nu_thr - 1.0).abs() / 1e-9;
        let apart = lowest.map_or(f64::INFINITY, |lowest| (lowest - rate).abs() / (1e-6 * rate.max(1.0)));
        Ok(vec![
            Check::new("nu_thr = theta / (J C_E tau)", off),
            Check::new("silence comes to the lowest stable fixed point", apart),
        ])
    }))
}

/// `brunel2000.balanced_limit`: the rate that strong coupling leaves, for `g=5,eta=2` in the key.
pub fn balanced(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (nu_thr, gamma) = (entry.params.number("nu_thr_Hz")?, entry.params.number("gamma")?);
    Ok(Model::new(move |key| {
        let ("nu_Hz", Some([g, eta])) = (key.name.as_str(), key.both("g", "eta")) else {
            return Err(Trouble::key(key));
        };
        // As many synapses as make the threshold rate what it is.
        let base = Brunel::default();
        let c_e = base.c_e * base.nu_thr() / nu_thr;
        let network = Brunel { c_e, gamma, g, eta, ..base };
        double(network.mean_field().balanced().map(|rates| rates[0]))
    }))
}

/// The populations of the microcircuit, in the order of its tables.
const NAMES: [&str; 8] = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"];
const SIZES: [f64; 8] = [20_683.0, 5834.0, 21_915.0, 5479.0, 4850.0, 1065.0, 14_395.0, 2948.0];
const EXTERNAL: [f64; 8] = [1600.0, 1500.0, 2100.0, 1900.0, 2000.0, 1900.0, 2900.0, 2100.0];
/// Probabilities of a connection: a row for every target, a column for every source (Potjans & Diesmann 2014, table 5).
const PROBABILITIES: [[f64; 8]; 8] = [
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
];

/// `pd14.connectivity`: synapses and in-degrees from probabilities.
pub fn in_degrees(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (sizes, probabilities) = (entry.params.list("N")?, entry.params.matrix("C")?);
    let _: Vec<f64> = entry.params.required("K_ext")?;
    let n = sizes.len();
    if probabilities.len() != n || probabilities.iter().any(|row| row.len() != n) {
        return Err(Trouble::parameter("C"));
    }
    let count = {
        let sizes = sizes.clone();
        move |to: usize, from: usize| FixedTotal::synapses(probabilities[to][from], sizes[from], sizes[to])
    };
    let place = move |name: &str| NAMES.iter().position(|known| *known == name).filter(|&at| at < n);
    Ok(Model::new(move |key| {
        let name = key.bare();
        let in_degree = |to: usize, from: usize| count(to, from) / sizes[to];
        if let Some(to) = name.strip_prefix("indegree_row_").and_then(place) {
            return double((0..sizes.len()).map(|from| in_degree(to, from)).collect::<Vec<f64>>());
        }
        let ends = name.strip_prefix("indegree_").and_then(|ends| ends.split_once("_from_"));
        if let Some((Some(to), Some(from))) = ends.map(|(to, from)| (place(to), place(from))) {
            return double(in_degree(to, from));
        }
        match name {
            "total_neurons" => double(sizes.iter().sum::<f64>()),
            "total_synapses" => {
                let onto = |to| (0..sizes.len()).map(|from| count(to, from).round()).sum::<f64>();
                double((0..sizes.len()).map(onto).sum::<f64>())
            }
            _ => Err(Trouble::key(key)),
        }
    }))
}

/// `pd14.meanfield`: rates of all populations, with exponential synapses.
pub fn microcircuit(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let (tau_s, c_m) = (params.number("tau_s")?, params.number("C_m")?);
    let cell = Siegert {
        tau_m: params.number("tau_m")?,
        t_ref: params.number("t_ref")?,
        v_th: params.number("V_th_minus_E_L")?,
        v_reset: params.number("V_reset_minus_E_L")?,
        tau_s,
    };
    let (jump, g) = (params.number("w_pA")? * tau_s / c_m, params.number("g")?);
    let external = Source::External(params.number("nu_ext_Hz")?);
    let mut inputs = Vec::new();
    for to in 0..NAMES.len() {
        inputs.push(Input { to, from: external, in_degree: EXTERNAL[to], weight: jump });
        for from in 0..NAMES.len() {
            let synapses = FixedTotal::synapses(PROBABILITIES[to][from], SIZES[from], SIZES[to]);
            let strength = match (NAMES[to], NAMES[from]) {
                (_, inhibitory) if inhibitory.ends_with('I') => g,
                // The paper's one exception.
                ("L23E", "L4E") => 2.0,
                _ => 1.0,
            };
            let (in_degree, weight) = (synapses / SIZES[to], strength * jump);
            inputs.push(Input { to, from: Source::Population(from), in_degree, weight });
        }
    }
    let network = MeanField { cells: vec![cell; NAMES.len()], inputs };
    let rates = network.rates().ok_or_else(|| Trouble::refused("no fixed point found"))?;
    Ok(Model::new(move |key| {
        let at = NAMES.iter().position(|name| *name == key.bare()).ok_or_else(|| Trouble::key(key))?;
        double(rates[at])
    }))
}
