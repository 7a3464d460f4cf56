//! The squid axon's membrane: gates, rest, spikes, and where rest loses its stability.

use super::entry::{Entry, Params};
use super::figure::{Model, Trouble, double};
use duet_spiking::channel::{potassium, sodium};
use duet_spiking::ion::q10;
use duet_spiking::neuron::HodgkinHuxley;
use duet_units::{CapacitanceDensity, ConductanceDensity, Temperature, Voltage};

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
