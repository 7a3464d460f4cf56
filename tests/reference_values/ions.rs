//! Ions: the batteries of a membrane and what flows through it.

use super::entry::{Entry, Params};
use super::figure::{Model, Trouble, double};
use super::key::Key;
use duet_spiking::ion::{Ion, ghk_current, ghk_voltage, thermal_voltage};
use duet_units::{Concentration, Permeability, Temperature};
use serde::Deserialize;
use serde_json::{Map, Value};

/// An ion in the words of the entries.
#[derive(Deserialize)]
struct Told {
    z: Option<f64>,
    #[serde(rename = "out")]
    outside: f64,
    inside: f64,
}

fn ions(params: &Params) -> Result<Vec<(String, Ion)>, Trouble> {
    let told: Map<String, Value> = params.required("conc_mM")?;
    let read = |(name, value): (&String, &Value)| {
        let told = Told::deserialize(value).map_err(|_| Trouble::parameter("conc_mM"))?;
        // Where no charge is written it is that of the ion in seawater.
        let by_name = match name.as_str() {
            "K" | "Na" => Some(1.0),
            "Cl" => Some(-1.0),
            "Ca" | "Mg" => Some(2.0),
            _ => None,
        };
        let valence = told.z.or(by_name).ok_or_else(|| Trouble::parameter("conc_mM"))?;
        Ok((name.clone(), ion(valence, told.inside, told.outside)))
    };
    told.iter().map(read).collect()
}

fn ion(valence: f64, inside: f64, outside: f64) -> Ion {
    Ion { valence, inside: Concentration::new(inside), outside: Concentration::new(outside) }
}

/// What stands behind the `@` of a key, as a number before a unit that units of the crates do not have.
fn argument(key: &Key, unit: &str) -> Option<f64> {
    key.text.split_once('@')?.1.strip_suffix(unit)?.trim().parse().ok()
}

/// `nernst`: `NAME@20C_mV` for every ion, and RT/F.
pub fn nernst(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let ions = ions(&entry.params)?;
    let temperatures = match entry.params.optional::<Vec<f64>>("T_C") {
        Ok(Some(list)) => list,
        _ => vec![entry.params.number("T_C")?],
    };
    Ok(Model::new(move |key| {
        let at = argument(key, "C_mV").or_else(|| argument(key, "C"));
        let celsius = match (at, temperatures.as_slice()) {
            (Some(at), list) if list.contains(&at) => at,
            (None, &[only]) if !key.text.contains('@') => only,
            _ => return Err(Trouble::key(key)),
        };
        let temperature = Temperature::new(celsius);
        if key.name == "RT_over_F_mV" {
            return double(thermal_voltage(temperature));
        }
        let name = key.name.strip_suffix("_mV").unwrap_or(&key.name);
        let named = ions.iter().find(|(known, _)| known == name).ok_or_else(|| Trouble::key(key))?;
        double(named.1.reversal(temperature))
    }))
}

/// `ghk.voltage`: the potential of a membrane that several ions pass.
pub fn voltage(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let ions = ions(&entry.params)?;
    let permeabilities: Map<String, Value> = entry.params.required("P")?;
    let temperature = Temperature::new(entry.params.number("T_C")?);
    let passing = ions
        .into_iter()
        .map(|(name, ion)| {
            let p = permeabilities.get(&name).map_or(Some(0.0), Value::as_f64);
            Ok((ion, p.ok_or_else(|| Trouble::parameter("P"))?))
        })
        .collect::<Result<Vec<(Ion, f64)>, Trouble>>()?;
    Ok(Model::new(move |key| match key.bare() {
        "V_mV" => {
            double(ghk_voltage(&passing.iter().map(|(ion, p)| (ion, *p)).collect::<Vec<_>>(), temperature))
        }
        _ => Err(Trouble::key(key)),
    }))
}

/// `ghk.current`: the current density of one ion at several voltages.
pub fn current(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let ion = ion(params.number("z")?, params.number("ci_mM")?, params.number("co_mM")?);
    let permeability = Permeability::new(params.number("P_cm_s")?);
    let temperature = Temperature::new(params.number("T_C")?);
    Ok(Model::new(move |key| match (key.name.as_str(), key.at("")) {
        // uA to A.
        ("I_A_cm2", Some(v)) => double(1e-6 * ghk_current(&ion, permeability, v, temperature)),
        _ => Err(Trouble::key(key)),
    }))
}
