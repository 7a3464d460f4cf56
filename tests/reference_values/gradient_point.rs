//! Small networks at points where a gradient can be told from its noise.

use super::figure::Trouble;
use duet_ann::{Ann, AnnSide, AnnState, Examples, Pixels};
use duet_gradient::{GradientCheck, Loss, check_gradient};
use duet_kernels::Real;
use duet_random::Key;
use duet_topology::{Network, NetworkSpec};
use nalgebra::DMatrix;
use serde_json::json;
use std::collections::BTreeSet;

const EXAMPLES: usize = 4;

/// Where inputs begin in the list of what was judged: beyond any parameter.
const INPUT: usize = 1 << 32;

/// What a network is made of.
#[derive(Clone, Copy, Debug)]
pub struct Kind<'a> {
    /// The projections between the populations x, h and y of two units each.
    pub wiring: &'a str,
    pub loss: &'a str,
    /// The activation of h, and of y too unless the loss is on logits.
    pub hidden: &'a str,
}

/// A network with its examples.
#[derive(Clone, Debug)]
pub struct Point {
    network: Network,
    side: AnnSide,
    inputs: Vec<f32>,
    labels: Vec<u32>,
}

impl Kind<'_> {
    /// Whether an activation has a kink (at zero).
    pub fn is_kinked(activation: &str) -> bool {
        ["relu", "leaky_relu"].contains(&activation)
    }

    /// The largest relative difference over draws of weights and examples, as many as it takes to judge every parameter
    /// and every input. Left out at a draw are kinks within reach of `h`, and slopes so small that rounding alone could
    /// push their relative difference beyond `limit`.
    pub fn worst_difference<T: Real>(&self, h: f64, limit: f64) -> Result<f64, Trouble> {
        let smallest = T::EPSILON.to_f64() / (h * limit);
        let (mut worst, mut judged) = (0.0_f64, BTreeSet::new());
        for seed in 0..2000 {
            let point = self.point(seed)?;
            if !self.far_from_kinks(&point, 20.0 * h)? {
                continue;
            }
            // A slope of exactly zero belongs to a silent unit, whose differences are zero too; but the slopes of absolute
            // errors, all of one size, can also cancel, and then the differences are rounding.
            let silent = |slope: f64| slope == 0.0 && self.loss != "mae";
            let clear = |slope: f64| silent(slope) || slope.abs() > smallest;
            let by_parameter = point.parameter_slopes::<f64>()?;
            let places: Vec<usize> =
                by_parameter.iter().filter(|(_, s)| clear(*s)).map(|&(at, _)| at).collect();
            let by_input = point.input_slopes::<f64>()?;
            let inputs: Vec<usize> = (0..by_input.len()).filter(|&at| clear(by_input[at])).collect();
            worst = worst.max(point.check_parameters::<T>(h, &places)?.max_relative);
            worst = worst.max(point.check_inputs::<T>(h, &inputs)?);

            let clear = |slope: f64| slope.abs() > smallest;
            judged.extend(by_parameter.iter().filter(|(_, s)| clear(*s)).map(|&(at, _)| at));
            judged.extend((0..by_input.len()).filter(|&at| clear(by_input[at])).map(|at| INPUT + at % 2));
            if judged.len() == by_parameter.len() + 2 {
                return Ok(worst);
            }
        }
        Err(Trouble::refused(format!("no point to check {} at", self.hidden)))
    }

    /// One draw.
    pub fn point(&self, seed: u64) -> Result<Point, Trouble> {
        let text =
            format!("population.x.size = 2\npopulation.h.size = 2\npopulation.y.size = 2\n{}", self.wiring)
                .replace("DRAWN", "weights.normal = { std = 1.0 }")
                .replace("BIASED", "bias.normal = { std = 1.0 }");
        let spec: NetworkSpec = toml::from_str(&text).map_err(Trouble::refused)?;
        let output = if self.loss()?.takes_logits() { "identity" } else { self.hidden };
        let mut stream = Key::new(seed).stream("examples", 0);
        Ok(Point {
            network: spec.realize(Key::new(seed)).map_err(Trouble::refused)?,
            side: self.side(self.hidden, output)?,
            inputs: (0..2 * EXAMPLES).map(|_| stream.normal() as f32).collect(),
            labels: (0..EXAMPLES as u32).map(|i| i % 2).collect(),
        })
    }

    fn loss(&self) -> Result<Loss, Trouble> {
        serde_json::from_value(json!({ self.loss: {} })).map_err(Trouble::refused)
    }

    fn side(&self, hidden: &str, output: &str) -> Result<AnnSide, Trouble> {
        let description = json!({
            "activation": { hidden: {} },
            "population": { "y": { "activation": { output: {} } } },
            "learning": { "backprop": { "loss": { self.loss: {} }, "optimizer": { "sgd": { "rate": 1.0 } } } },
        });
        serde_json::from_value(description).map_err(Trouble::refused)
    }

    fn far_from_kinks(&self, point: &Point, reach: f64) -> Result<bool, Trouble> {
        if self.loss == "mae" && !point.far_from_targets(reach)? {
            return Ok(false);
        }
        if !Self::is_kinked(self.hidden) {
            return Ok(true);
        }
        // A layer's drive is its activity if it were linear.
        for (layer, side) in
            [("h", self.side("identity", "identity")?), ("y", self.side(self.hidden, "identity")?)]
        {
            let linear = Point { side, ..point.clone() };
            let batch = DMatrix::from_vec(2, EXAMPLES, linear.batch());
            let activity = linear.ann::<f64>()?.activity(&batch).map_err(Trouble::refused)?;
            if activity[layer].iter().any(|drive| drive.abs() < reach) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Point {
    fn ann<T: Real>(&self) -> Result<Ann<T>, Trouble> {
        Ann::new(&self.network, &self.side).map_err(Trouble::refused)
    }

    fn batch<T: Real>(&self) -> Vec<T> {
        self.inputs.iter().map(|&x| T::from_f64(f64::from(x))).collect()
    }

    /// Whether every output misses its target by so much, or is a silent unit that rests on it.
    fn far_from_targets(&self, reach: f64) -> Result<bool, Trouble> {
        let batch = DMatrix::from_vec(2, EXAMPLES, self.batch::<f64>());
        let outputs = self.ann::<f64>()?.predict(&batch).map_err(Trouble::refused)?;
        let miss = |(at, y): (usize, &f64)| {
            let right = self.labels[at / 2] as usize == at % 2;
            (y - if right { 1.0 } else { 0.0 }).abs()
        };
        Ok(outputs.iter().enumerate().map(miss).all(|miss| miss == 0.0 || miss > reach))
    }

    /// The error of the central difference of the first weight.
    pub fn first_error(&self, h: f64) -> Result<f64, Trouble> {
        let check = self.check_parameters::<f64>(h, &[0])?;
        Ok((check.given - check.numerical).abs())
    }

    /// Differences in some of the parameters.
    fn check_parameters<T: Real>(&self, h: f64, places: &[usize]) -> Result<GradientCheck, Trouble> {
        let mut ann = self.ann::<T>()?;
        let AnnState { parameters, running, optimizer, epochs, kept_gradient } = ann.save();
        let slopes = self.gradient::<T>()?;
        let examples = Examples::new(Pixels::F32(&self.inputs), 2, &self.labels).map_err(Trouble::refused)?;
        let loss = |point: &[f64]| {
            let mut parameters = parameters.clone();
            places.iter().zip(point).for_each(|(&place, &x)| parameters[place] = T::from_f64(x));
            let moved = AnnState {
                parameters,
                running: running.clone(),
                optimizer: optimizer.clone(),
                epochs,
                kept_gradient: kept_gradient.clone(),
            };
            ann.restore(moved).and_then(|()| ann.evaluate(&examples)).map_or(f64::NAN, |report| report.loss)
        };
        let at = |values: &[T]| places.iter().map(|&place| values[place].to_f64()).collect::<Vec<_>>();
        Ok(check_gradient(loss, &at(&slopes), &at(&parameters), h))
    }

    /// Differences in some of the inputs, each in its own example's loss.
    fn check_inputs<T: Real>(&self, h: f64, places: &[usize]) -> Result<f64, Trouble> {
        let (batch, slopes) = (self.batch::<T>(), self.input_slopes::<T>()?);
        let ann = self.ann::<T>()?;
        let mut worst = 0.0_f64;
        for &at in places {
            let example = at / 2;
            let loss = |x: &[f64]| {
                let mut inputs = batch.clone();
                inputs[at] = T::from_f64(x[0]);
                let own = &inputs[2 * example..2 * example + 2];
                ann.clone().fit_batch(own, &self.labels[example..=example]).unwrap_or(f64::NAN)
            };
            worst = worst.max(check_gradient(loss, &slopes[at..=at], &[batch[at].to_f64()], h).max_relative);
        }
        Ok(worst)
    }

    fn gradient<T: Real>(&self) -> Result<Vec<T>, Trouble> {
        let mut ann = self.ann::<T>()?;
        ann.fit_batch(&self.batch(), &self.labels).map_err(Trouble::refused)?;
        Ok(ann.gradient().to_vec())
    }

    /// (place, slope) of every parameter.
    fn parameter_slopes<T: Real>(&self) -> Result<Vec<(usize, f64)>, Trouble> {
        let gradient = self.gradient::<T>()?;
        Ok(self.places().into_iter().map(|place| (place, gradient[place].to_f64())).collect())
    }

    fn input_slopes<T: Real>(&self) -> Result<Vec<f64>, Trouble> {
        let batch = DMatrix::from_vec(2, EXAMPLES, self.batch::<T>());
        let slopes = self.ann::<T>()?.input_gradient(&batch, &self.labels).map_err(Trouble::refused)?;
        Ok(slopes.iter().map(|slope| slope.to_f64()).collect())
    }

    /// Where in the list of parameters there is a synapse or a bias: a sparse projection is a dense matrix there.
    fn places(&self) -> Vec<usize> {
        let (mut places, mut start) = (Vec::new(), 0);
        for projection in self.network.projections.values() {
            let size = |population: usize| self.network.populations[population].size;
            let (n_pre, n_post) = (size(projection.from), size(projection.to));
            for pre in 0..n_pre {
                let row = projection.wiring.row(pre, n_post);
                places.extend(row.map(|at| start + pre * n_post + projection.wiring.target(at, n_post)));
            }
            let biases = start + n_pre * n_post;
            start = biases + projection.bias.as_ref().map_or(0, Vec::len);
            places.extend(biases..start);
        }
        places
    }
}
