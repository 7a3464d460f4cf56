//! Credit through spikes: shapes, the cell in discrete time, and two ways through time.

use super::entry::{Entry, Params};
use super::figure::{Check, Figure, Grade, Model, Trouble, double};
use super::key::Key;
use duet_kernels::math::ln;
use duet_random::Key as Seed;
use duet_spiking::gradient::surrogate::{ArcTangent, FastSigmoid, Sigmoid, Triangle};
use duet_spiking::gradient::{Gradient, Layer, Surrogate, Unrolled};
use duet_spiking::neuron::{Build, Group, Input, IntegrateAndFire, Model as _, Reset, Subtract, Zero};
use duet_units::Time;
use std::collections::BTreeMap;

/// `surrogate.deriv`: what stands in for the derivative of a spike.
pub fn shapes(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let x = entry.params.list("x")?;
    let k: BTreeMap<String, f64> = entry.params.required("k")?;
    Ok(Model::new(move |key| {
        let k = |default: f64| k.get(key.bare()).copied().unwrap_or(default);
        let shape = match key.bare() {
            "fast_sigmoid" => Surrogate::FastSigmoid(FastSigmoid { k: k(25.0) }),
            "atan" => Surrogate::ArcTangent(ArcTangent { k: k(2.0) }),
            "sigmoid" => Surrogate::Sigmoid(Sigmoid { k: k(25.0) }),
            "triangle" => Surrogate::Triangle(Triangle::default()),
            _ => return Err(Trouble::key(key)),
        };
        double(x.iter().map(|&x| shape.derivative(x)).collect::<Vec<f64>>())
    }))
}

fn cell(params: &Params) -> Result<IntegrateAndFire, Trouble> {
    let beta = params.number("beta")?;
    let reset = match params.optional::<String>("reset")?.as_deref() {
        None | Some("subtract") => Reset::Subtract(Subtract {}),
        Some("zero") => Reset::Zero(Zero {}),
        Some(_) => return Err(Trouble::parameter("reset")),
    };
    let tau_m = (beta < 1.0).then(|| Time::new(-1.0 / ln(beta)));
    Ok(IntegrateAndFire { tau_m, v_th: params.number_or("threshold", 1.0)?, reset, i_e: 0.0 })
}

/// `lif.discrete`: potentials and spikes of one cell, by the engine and by what gradients go through.
pub fn discrete(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (cell, input) = (cell(&entry.params)?, entry.params.list("input")?);
    let mut group: Box<dyn Group<f64>> = cell.group(&Build::cells(1, 1.0));
    let (mut stepped, mut fired) = (Vec::new(), Vec::new());
    for &drive in &input {
        group.integrate(&Input { current: &[drive], ..Input::constant(&[]) });
        let mut cells = Vec::new();
        group.crossed(&[], &mut cells);
        cells.iter().for_each(|&cell| group.fire(cell as usize));
        stepped.push(group.v(0));
        fired.push(cells.len() as f64);
    }
    let network = unrolled(vec![Layer { weights: vec![1.0], recurrent: vec![] }], cell, vec![1.0]);
    let trace = network.run(&input.iter().map(|&drive| vec![drive]).collect::<Vec<_>>());
    let flat = |course: &[Vec<f64>]| course.concat();
    let (v, s) = (flat(&trace.v[0]), flat(&trace.s[0]));
    Ok(Model::new(move |key| {
        let both = |a: &Vec<f64>, b: &Vec<f64>| {
            Ok(vec![Figure::new(a.clone(), Grade::Double), Figure::new(b.clone(), Grade::Double)])
        };
        match key.bare() {
            "mem" => both(&stepped, &v),
            "spk" => both(&fired, &s),
            _ => Err(Trouble::key(key)),
        }
    }))
}

fn unrolled(layers: Vec<Layer>, cell: IntegrateAndFire, readout: Vec<f64>) -> Unrolled {
    let surrogate = Surrogate::FastSigmoid(FastSigmoid { k: 4.0 });
    Unrolled { layers, cell, dt: 1.0, surrogate, through_reset: false, readout, kappa: 0.9 }
}

const INPUTS: usize = 20;
const CELLS: usize = 30;
const OUTPUTS: usize = 3;
const STEPS: usize = 60;

/// The gradients of a layer of cells and a leaky read-out that is to follow a random course: back through time, forward in time.
fn both_ways(seed: u64, recurrent: f64, reset: Reset) -> (Vec<f64>, Vec<f64>) {
    let numbers = |name: &str, n: usize, scale: f64| {
        let mut x = vec![0.0; n];
        Seed::new(seed).stream(name, 0).fill_normal(&mut x);
        x.iter().map(|x| scale * x).collect::<Vec<f64>>()
    };
    let among = if recurrent > 0.0 { CELLS * CELLS } else { 0 };
    let layer = Layer {
        weights: numbers("weights", INPUTS * CELLS, 0.5),
        recurrent: numbers("recurrent", among, recurrent / (CELLS as f64).sqrt()),
    };
    let cell = IntegrateAndFire { tau_m: Some(Time::new(20.0)), reset, ..IntegrateAndFire::default() };
    let network = unrolled(vec![layer], cell, numbers("readout", CELLS * OUTPUTS, 0.3));
    let spikes = |x: f64| f64::from(u8::from(x > 1.0));
    let input: Vec<f64> = numbers("input", INPUTS * STEPS, 1.0).into_iter().map(spikes).collect();
    let trace = network.run(&input.chunks(INPUTS).map(<[f64]>::to_vec).collect::<Vec<_>>());
    let wish = numbers("wish", OUTPUTS * STEPS, 1.0);
    let difference = |(y, wish): (&Vec<f64>, &[f64])| y.iter().zip(wish).map(|(y, w)| y - w).collect();
    let error: Vec<Vec<f64>> = trace.y.iter().zip(wish.chunks(OUTPUTS)).map(difference).collect();
    let of_cells = |gradient: Gradient| {
        [gradient.layers[0].weights.clone(), gradient.layers[0].recurrent.clone()].concat()
    };
    (of_cells(network.backward(&trace, &error)), of_cells(network.forward_in_time(&trace, &error)))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `eprop.equivalence`: without recurrence the same gradient, with it one that points the same way.
#[expect(clippy::unnecessary_wraps, reason = "a family")]
pub fn equivalence(_entry: &Entry) -> Result<Model<'_>, Trouble> {
    let resets = || [Reset::Subtract(Subtract {}), Reset::Zero(Zero {})];
    let difference = |(back, forward): (Vec<f64>, Vec<f64>)| {
        let largest = back.iter().fold(0.0_f64, |most, g| most.max(g.abs()));
        let off = back.iter().zip(&forward).map(|(b, f)| (b - f).abs()).fold(0.0, f64::max);
        off / largest
    };
    let cosine = |(back, forward): (Vec<f64>, Vec<f64>)| {
        dot(&back, &forward) / (dot(&back, &back) * dot(&forward, &forward)).sqrt()
    };
    let all = || (1..=5).flat_map(move |seed| resets().map(move |reset| (seed, reset)));
    let furthest = all().map(|(seed, reset)| difference(both_ways(seed, 0.0, reset))).fold(0.0, f64::max);
    let cosines: Vec<f64> = all().map(|(seed, reset)| cosine(both_ways(seed, 0.5, reset))).collect();
    let least = cosines.iter().copied().fold(f64::INFINITY, f64::min);
    let answer = move |key: &Key| match key.bare() {
        "max_rel_gradient_difference" => Ok(vec![Figure::new(furthest, Grade::Within(1e-6))]),
        "cosine_with_recurrence_above" => Ok(vec![Figure::new(least, Grade::AtLeast)]),
        _ => Err(Trouble::key(key)),
    };
    let is_approximate = cosines.iter().all(|&cosine| cosine < 0.999_999);
    Ok(Model::new(answer).with_checks(move || {
        Ok(vec![Check::that("with recurrence e-prop leaves something out", is_approximate)])
    }))
}
