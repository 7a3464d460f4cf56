//! Gradients against central differences, over every kind of layer that there is.

use super::activations;
use super::entry::Entry;
use super::figure::{Figure, Grade, Model, Trouble};
use super::gradient_point::Kind;
use duet_gradient::Loss;
use duet_kernels::{Real, math};
use duet_units::{Describe, Shape};

/// How the populations x, h and y are joined: densely, past the hidden layer too, sparsely.
const WIRINGS: [&str; 3] = [
    "projection.a = { from = 'x', to = 'h', DRAWN, BIASED }\n\
     projection.b = { from = 'h', to = 'y', DRAWN, BIASED }",
    "projection.a = { from = 'x', to = 'h', DRAWN, BIASED }\n\
     projection.b = { from = 'h', to = 'y', DRAWN }\n\
     projection.past = { from = 'x', to = 'y', DRAWN, BIASED }",
    "projection.a = { from = 'x', to = 'h', pattern.one_to_one = {}, DRAWN, BIASED }\n\
     projection.b = { from = 'h', to = 'y', DRAWN, BIASED }",
];

/// `gradcheck`: the expected values are limits of the largest relative difference.
pub fn differences(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (h_double, h_single) = (entry.params.number("h_f64")?, entry.params.number("h_f32")?);
    Ok(Model::new(move |key| {
        let limit = entry.expected[&key.text].as_f64().ok_or_else(|| Trouble::key(key))?;
        let (kinked, smooth): (Vec<_>, Vec<_>) =
            // A step has no slope that a difference could find.
            activations::names().into_iter().filter(|&name| name != "step").partition(|name| Kind::is_kinked(name));
        let found = match key.bare() {
            "max_rel_f64_smooth" => worst::<f64>(&smooth, h_double, limit)?,
            "max_rel_f64_relu" => worst::<f64>(&kinked, h_double, limit)?,
            "max_rel_f32" => {
                worst::<f32>(&smooth, h_single, limit)?.max(worst::<f32>(&kinked, h_single, limit)?)
            }
            "order_of_central_difference" => return Ok(vec![Figure::new(order()?.round(), Grade::Exactly)]),
            _ => return Err(Trouble::key(key)),
        };
        Ok(vec![Figure::new(found, Grade::AtMost)])
    }))
}

/// The largest relative difference over all wirings, losses and these activations.
fn worst<T: Real>(activations: &[&str], h: f64, limit: f64) -> Result<f64, Trouble> {
    let Shape::Choice { entries: losses, .. } = Loss::shape() else { return Ok(f64::NAN) };
    let mut worst = 0.0_f64;
    for wiring in WIRINGS {
        for loss in &losses {
            for hidden in activations {
                let kind = Kind { wiring, loss: loss.name, hidden };
                worst = worst.max(kind.worst_difference::<T>(h, limit)?);
            }
        }
    }
    Ok(worst)
}

/// The exponent with which the error of a central difference falls with h.
fn order() -> Result<f64, Trouble> {
    let kind = Kind { wiring: WIRINGS[0], loss: "cross_entropy", hidden: "tanh" };
    let point = kind.point(1)?;
    let error = |h: f64| point.first_error(h);
    Ok(math::log10(error(1e-2)? / error(1e-3)?))
}
