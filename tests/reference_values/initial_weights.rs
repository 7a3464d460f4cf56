//! How weights are drawn.

use super::entry::Entry;
use super::figure::{Check, Model, Trouble, double};
use duet_random::Key;
use duet_topology::NetworkSpec;
use duet_topology::weights::{Fans, He, Lecun, Pytorch, Xavier, uniform_bound};

/// The schemes by the names that keys use, the distributions that each offers, and how a scenario writes it.
const SCHEMES: [(&str, &[bool]); 4] = [
    ("xavier", &[false, true]),
    ("he", &[false, true]),
    ("lecun", &[false, true]),
    ("torch_default", &[true]),
];

/// `init.var`: variances and bounds by the formulas; what is really drawn keeps to them.
pub fn variances(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let fans = Fans { fan_in: entry.params.required("fan_in")?, fan_out: entry.params.required("fan_out")? };
    let model = Model::new(move |key| {
        let part = |suffix: &str| key.bare().strip_suffix(suffix).and_then(|scheme| variance(scheme, fans));
        let bound = || part("_uniform_bound").or_else(|| part("_bound")).map(uniform_bound);
        part("_var").or_else(bound).map_or_else(|| Err(Trouble::key(key)), double)
    });
    Ok(model.with_checks(move || {
        let mut checks = Vec::new();
        for (scheme, distributions) in SCHEMES {
            for &uniform in distributions {
                let weights = drawn(scheme, uniform, fans)?;
                let target = variance(scheme, fans).ok_or_else(|| Trouble::parameter(scheme))?;
                let n = weights.len() as f64;
                let found = weights.iter().map(|w| w * w).sum::<f64>() / n;
                // The standard error of a normal sample's variance is sqrt(2 / n); a uniform one's is smaller.
                let allowed = 4.0 * (2.0 / n).sqrt();
                checks.push(Check::new(
                    format!("sample variance of {scheme}"),
                    (found / target - 1.0).abs() / allowed,
                ));
                let kept = !uniform || weights.iter().all(|w| w.abs() <= uniform_bound(target));
                checks.push(Check::that(format!("bound of {scheme}"), kept));
            }
        }
        Ok(checks)
    }))
}

fn variance(scheme: &str, fans: Fans) -> Option<f64> {
    match scheme {
        "xavier" => Some(Xavier::default().variance(fans)),
        "he" => Some(He::default().variance(fans)),
        "lecun" => Some(Lecun::default().variance(fans)),
        "torch_default" => Some(Pytorch::default().variance(fans)),
        _ => None,
    }
}

fn drawn(scheme: &str, uniform: bool, fans: Fans) -> Result<Vec<f64>, Trouble> {
    let Fans { fan_in, fan_out } = fans;
    let weights = match scheme {
        "torch_default" => "pytorch = {}".to_owned(),
        scheme => format!("{scheme} = {{ uniform = {uniform} }}"),
    };
    let spec: NetworkSpec = toml::from_str(&format!(
        "population.pre.size = {fan_in}\npopulation.post.size = {fan_out}\n\
         [projection.link]\nfrom = 'pre'\nto = 'post'\nweights.{weights}"
    ))
    .map_err(Trouble::refused)?;
    let network = spec.realize(Key::new(1)).map_err(Trouble::refused)?;
    Ok(network.projections["link"].weights.clone())
}
