//! Activation functions and their slopes.

use super::entry::Entry;
use super::figure::{Check, Model, Trouble, double};
use duet_ann::Activation;
use duet_kernels::Real;
use duet_units::{Describe, Shape};
use serde_json::json;

/// `activations`: `NAME` or `dNAME` over all `x`; `NAME_grad_at_X` at one place.
pub fn values(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let x = entry.params.list("x")?;
    Ok(Model::new(move |key| {
        let unknown = || Trouble::key(key);
        if let Some((name, place)) = key.bare().split_once("_grad_at_") {
            let (curve, place) = (named(name).ok_or_else(unknown)?, number(place).ok_or_else(unknown)?);
            return double(slope(&curve, place));
        }
        if let Some(curve) = named(key.bare()) {
            return double(x.iter().map(|&x| curve.curve::<f64>().value(x)).collect::<Vec<_>>());
        }
        let curve = key.bare().strip_prefix('d').and_then(named).ok_or_else(unknown)?;
        double(x.iter().map(|&x| slope(&curve, x)).collect::<Vec<_>>())
    }))
}

/// `activations.extreme`: the same, and nothing overflows, in either precision.
pub fn extremes(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let x = entry.params.list("x")?;
    Ok(values(entry)?.with_checks(move || {
        let finite = |name: &str| {
            let curve = named(name);
            let holds = curve
                .is_some_and(|curve| x.iter().all(|&x| tame::<f32>(&curve, x) && tame::<f64>(&curve, x)));
            Check::that(format!("{name} is finite"), holds)
        };
        Ok(names().into_iter().map(finite).collect())
    }))
}

/// All activations that the artificial side knows.
pub fn names() -> Vec<&'static str> {
    match Activation::shape() {
        Shape::Choice { entries, .. } => entries.iter().map(|entry| entry.name).collect(),
        _ => Vec::new(),
    }
}

fn slope(curve: &Activation, x: f64) -> f64 {
    let curve = curve.curve::<f64>();
    curve.slope(x, curve.value(x))
}

fn tame<T: Real>(curve: &Activation, x: f64) -> bool {
    let (curve, x) = (curve.curve::<T>(), T::from_f64(x));
    let y = curve.value(x);
    y.is_finite() && curve.slope(x, y).is_finite()
}

/// An activation by the name that entries use: some differ from ours, and a number may follow (`leaky_0p01`).
pub fn named(name: &str) -> Option<Activation> {
    let (stem, setting) = match name.rsplit_once('_') {
        Some((stem, last)) => number(last).map_or((name, None), |setting| (stem, Some(setting))),
        None => (name, None),
    };
    let own = match stem {
        "gelu_erf" => "gelu",
        "leaky" => "leaky_relu",
        other => other,
    };
    let settings = match (own, setting) {
        (_, None) => json!({}),
        ("leaky_relu", Some(slope)) => json!({ "slope": slope }),
        ("elu", Some(alpha)) => json!({ "alpha": alpha }),
        _ => return None,
    };
    serde_json::from_value(json!({ own: settings })).ok()
}

/// A number in a name: `0p01` is 0.01.
fn number(text: &str) -> Option<f64> {
    text.replacen('p', ".", 1).parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::{named, names};

    #[test]
    fn names_and_numbers() {
        for name in names() {
            assert_eq!(named(name).unwrap().name(), name);
        }
        assert_eq!(named("gelu_erf").unwrap().name(), "gelu");
        assert_eq!(named("leaky_0p25").unwrap().curve().value(-4.0), -1.0);
        assert!(named("tanh_2").is_none() && named("swish").is_none());
    }
}
