//! Gradients against central differences, over every kind of layer that there is.

use super::activations;
use super::entry::Entry;
use super::figure::{Figure, Grade, Model, Trouble};
use duet_ann::{Ann, AnnSide, AnnState, Examples, Pixels};
use duet_gradient::{Loss, check_gradient};
use duet_kernels::{Real, math};
use duet_random::Key;
use duet_topology::{Network, NetworkSpec};
use duet_units::{Describe, Shape};
use nalgebra::DMatrix;

/// How the populations x, h and y may be joined.
const WIRINGS: [&str; 3] = [
    "projection.a = { from = 'x', to = 'h', WEIGHTS, BIAS }\nprojection.b = { from = 'h', to = 'y', WEIGHTS, BIAS }",
    "projection.a = { from = 'x', to = 'h', WEIGHTS, BIAS }\nprojection.b = { from = 'h', to = 'y', WEIGHTS }\n\
     projection.past = { from = 'x', to = 'y', WEIGHTS, BIAS }",
    "projection.a = { from = 'x', to = 'h', pattern.one_to_one = {}, WEIGHTS, BIAS }\n\
     projection.b = { from = 'h', to = 'y', WEIGHTS, BIAS }",
];

/// Activations with a kink at zero.
const KINKED: [&str; 2] = ["relu", "leaky_relu"];

const EXAMPLES: usize = 4;

/// `gradcheck`: the expected values are limits of the largest relative difference.
pub fn differences(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (h_double, h_single) = (entry.params.number("h_f64")?, entry.params.number("h_f32")?);
    Ok(Model::new(move |key| {
        let smooth = |name: &&str| !KINKED.contains(name);
        let names = activations::names().into_iter();
        let (smooth, kinked): (Vec<_>, Vec<_>) = names.partition(smooth);
        match key.bare() {
            "max_rel_f64_smooth" => limit(worst::<f64>(&smooth, h_double)?),
            "max_rel_f64_relu" => limit(worst::<f64>(&kinked, h_double)?),
            "max_rel_f32" => limit(worst::<f32>(&smooth, h_single)?.max(worst::<f32>(&kinked, h_single)?)),
            "order_of_central_difference" => Ok(vec![Figure::new(order()?.round(), Grade::Exactly)]),
            _ => Err(Trouble::key(key)),
        }
    }))
}

fn limit(found: f64) -> Result<Vec<Figure>, Trouble> {
    Ok(vec![Figure::new(found, Grade::AtMost)])
}

/// The largest relative difference over all wirings, losses and these activations.
fn worst<T: Real>(activations: &[&str], h: f64) -> Result<f64, Trouble> {
    let Shape::Choice { entries: losses, .. } = Loss::shape() else { return Ok(f64::NAN) };
    let mut worst = 0.0_f64;
    for wiring in WIRINGS {
        for loss in &losses {
            for activation in activations {
                let found = Setup::find(wiring, loss.name, activation, |setup| setup.suits::<T>(h))?.check::<T>(h)?;
                worst = if found > worst || found.is_nan() { found } else { worst };
            }
        }
    }
    Ok(worst)
}

/// The exponent with which the error of a central difference falls with h.
fn order() -> Result<f64, Trouble> {
    let setup = Setup::find(WIRINGS[0], "cross_entropy", "tanh", |_| Ok(true))?;
    let error = |h: f64| setup.parameters::<f64>(h, 1).map(|check| (check.given - check.numerical).abs());
    Ok(math::log10(error(1e-2)? / error(1e-3)?))
}

/// A network with its examples.
struct Setup {
    network: Network,
    side: AnnSide,
    hidden: String,
    loss: String,
    inputs: Vec<f32>,
    labels: Vec<u32>,
}

impl Setup {
    /// The first seed whose network suits.
    fn find(
        wiring: &str,
        loss: &str,
        hidden: &str,
        suits: impl Fn(&Self) -> Result<bool, Trouble>,
    ) -> Result<Self, Trouble> {
        for seed in 0..20_000 {
            let setup = Self::new(wiring, loss, hidden, seed)?;
            if suits(&setup)? {
                return Ok(setup);
            }
        }
        Err(Trouble::refused(format!("no point to check {hidden} at")))
    }

    fn new(wiring: &str, loss: &str, hidden: &str, seed: u64) -> Result<Self, Trouble> {
        let text = "population.x.size = 2\npopulation.h.size = 2\npopulation.y.size = 2\n".to_owned() + wiring;
        let text = text.replace("WEIGHTS", "weights.normal = { std = 1.0 }");
        let spec: NetworkSpec =
            toml::from_str(&text.replace("BIAS", "bias.normal = { std = 1.0 }")).map_err(Trouble::refused)?;
        let mut stream = Key::new(seed).stream("inputs", 0);
        Ok(Self {
            network: spec.realize(Key::new(seed)).map_err(Trouble::refused)?,
            side: side(loss, hidden, output(loss, hidden))?,
            hidden: hidden.to_owned(),
            loss: loss.to_owned(),
            inputs: (0..2 * EXAMPLES).map(|_| stream.normal() as f32).collect(),
            labels: (0..EXAMPLES as u32).map(|i| i % 2).collect(),
        })
    }

    fn ann<T: Real>(&self) -> Result<Ann<T>, Trouble> {
        Ann::new(&self.network, &self.side).map_err(Trouble::refused)
    }

    fn batch<T: Real>(&self) -> Vec<T> {
        self.inputs.iter().map(|&x| T::from_f64(f64::from(x))).collect()
    }

    /// Whether differences can be told from rounding here: no kink within reach of `h`, and in single precision no slope
    /// that is lost in the last bits of the loss.
    fn suits<T: Real>(&self, h: f64) -> Result<bool, Trouble> {
        let far = |drives: DMatrix<f64>| drives.iter().all(|drive| drive.abs() > 20.0 * h);
        if KINKED.contains(&self.hidden.as_str())
            && !(far(self.drives("h")?) && (self.loss == "cross_entropy" || far(self.drives("y")?)))
        {
            return Ok(false);
        }
        let lost = 20.0 * T::EPSILON.to_f64() / h;
        let (gradient, places) = self.gradient::<f64>()?;
        Ok(T::EPSILON.to_f64() < 1e-10 || places.iter().all(|&place| gradient[place].abs() > lost))
    }

    /// The drives of a population: its activity if it were linear.
    fn drives(&self, population: &str) -> Result<DMatrix<f64>, Trouble> {
        let hidden = if population == "h" { "identity" } else { self.hidden.as_str() };
        let linear = Self { side: side(&self.loss, hidden, "identity")?, network: self.network.clone(), ..Self::bare() };
        let batch = DMatrix::from_vec(2, EXAMPLES, self.batch());
        let activity = linear.ann::<f64>()?.activity(&batch).map_err(Trouble::refused)?;
        activity.get(population).cloned().ok_or_else(|| Trouble::refused(population))
    }

    fn bare() -> Self {
        Self {
            network: Network::default(),
            side: AnnSide::default(),
            hidden: String::new(),
            loss: String::new(),
            inputs: Vec::new(),
            labels: Vec::new(),
        }
    }

    /// The gradient of the loss, and the places in it that belong to a synapse or a bias.
    fn gradient<T: Real>(&self) -> Result<(Vec<f64>, Vec<usize>), Trouble> {
        let mut ann = self.ann::<T>()?;
        ann.fit_batch(&self.batch(), &self.labels).map_err(Trouble::refused)?;
        let (mut places, mut start) = (Vec::new(), 0);
        for projection in self.network.projections.values() {
            let size = |population: usize| self.network.populations[population].size;
            let (n_pre, n_post) = (size(projection.from), size(projection.to));
            for pre in 0..n_pre {
                let row = projection.wiring.row(pre, n_post);
                places.extend(row.map(|at| start + pre * n_post + projection.wiring.target(at, n_post)));
            }
            start += n_pre * n_post;
            let biases = projection.bias.as_ref().map_or(0, Vec::len);
            places.extend(start..start + biases);
            start += biases;
        }
        Ok((ann.gradient().iter().map(|slope| slope.to_f64()).collect(), places))
    }

    /// The larger of the differences in the parameters' and in the inputs' gradients.
    fn check<T: Real>(&self, h: f64) -> Result<f64, Trouble> {
        let parameters = self.parameters::<T>(h, usize::MAX)?.max_relative;
        let inputs = self.input_slopes::<T>(h)?;
        Ok(if parameters.is_nan() { parameters } else { parameters.max(inputs) })
    }
}
