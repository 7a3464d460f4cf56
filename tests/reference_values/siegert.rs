//! The rate of a cell under noise.

use super::entry::Entry;
use super::figure::{Model, Trouble, double};
use duet_spiking::theory::Siegert;

/// `siegert`: rates at pairs of mean and noise, written in the key as `mu=15,sigma=3`.
pub fn rates(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let cell = Siegert {
        tau_m: params.number("tau_m_ms")?,
        t_ref: params.number("t_ref_ms")?,
        v_th: params.number("theta_mV")?,
        v_reset: params.number("V_r_mV")?,
        tau_s: params.number_or("tau_s_ms", 0.0)?,
    };
    let pairs: Vec<[f64; 2]> = params.required("mu_sigma_mV")?;
    Ok(Model::new(move |key| {
        let asked = key.both("mu", "sigma").filter(|pair| pairs.contains(pair));
        match (key.name.as_str(), asked) {
            ("nu_Hz", Some([mu, sigma])) => double(cell.rate(mu, sigma)),
            _ => Err(Trouble::key(key)),
        }
    }))
}
