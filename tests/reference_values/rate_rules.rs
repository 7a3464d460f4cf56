//! Local rate rules: exact sequences, and where they settle.

use super::entry::Entry;
use super::figure::{Check, Figure, Grade, Model, Trouble, double};
use duet_ann::{AnnSide, Bcm, Oja, RateLayer, Sanger};
use duet_random::Key;
use duet_topology::{Network, NetworkSpec};
use serde_json::Value;
use std::fmt::Write;

/// Radians that "the averaged dynamics reach 1e-6" allows, in degrees.
const REACHED: f64 = 1e-6 * 180.0 / core::f64::consts::PI;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn length(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// `oja.sequence`: the weights after every step.
pub fn oja_sequence(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let rule = Oja { rate: params.number("eta")? };
    let (mut w, cycle) = (params.list("w0")?, params.matrix("x_cycle")?);
    let mut path = Vec::new();
    for x in cycle.iter().cycle().take(params.required("steps")?) {
        let y = dot(&w, x);
        rule.step(&mut w, x, y);
        path.push(w.clone());
    }
    Ok(Model::new(move |key| match key.bare() {
        "w" => double(path.clone()),
        "w_first" => double(path.first().cloned()),
        "w_last" => double(path.last().cloned()),
        _ => Err(Trouble::key(key)),
    }))
}

/// `sanger.sequence`: the weights after the first and the last step, by the engine.
pub fn sanger_sequence(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let start = params.matrix("W0")?;
    let mut layer = layer(&start, &format!("sanger = {{ rate = {} }}", params.number("eta")?))?;
    let rows =
        |layer: &RateLayer| (0..layer.units()).map(|unit| layer.weights(unit).to_vec()).collect::<Vec<_>>();
    let cycle = params.matrix("x_cycle")?;
    let mut path = Vec::new();
    for x in cycle.iter().cycle().take(params.required("steps")?) {
        layer.present(x).map_err(Trouble::refused)?;
        path.push(rows(&layer));
    }
    Ok(Model::new(move |key| match key.bare() {
        "W" => double(path.clone()),
        "W_first" => double(path.first().cloned()),
        "W_last" => double(path.last().cloned()),
        _ => Err(Trouble::key(key)),
    }))
}

/// A layer of linear units with these weights, a row for each.
fn layer(rows: &[Vec<f64>], learning: &str) -> Result<RateLayer, Trouble> {
    let inputs = rows.first().map_or(0, Vec::len);
    let mut given = String::new();
    for input in 0..inputs {
        for row in rows {
            let _ = write!(given, "{:?}, ", row.get(input).copied().unwrap_or(f64::NAN));
        }
    }
    let units = rows.len();
    let text = format!(
        "population = {{ x.size = {inputs}, y.size = {units} }}
         projection.w = {{ from = 'x', to = 'y', weights.given = [{given}] }}"
    );
    let spec: NetworkSpec = toml::from_str(&text).map_err(Trouble::refused)?;
    let network: Network = spec.realize(Key::new(0)).map_err(Trouble::refused)?;
    let text = format!("activation.identity = {{}}\nlearning.{learning}");
    let side: AnnSide = toml::from_str(&text).map_err(Trouble::refused)?;
    RateLayer::new(&network, &side).map_err(Trouble::refused)
}

/// The Cholesky factor L of a covariance matrix, L L^T = C: its rows.
fn factor(c: &[Vec<f64>]) -> Result<Vec<Vec<f64>>, Trouble> {
    let n = c.len();
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let entry = c[i].get(j).ok_or_else(|| Trouble::parameter("C"))?;
            let rest = entry - dot(&l[i][..j], &l[j][..j]);
            l[i][j] = if i == j { rest.sqrt() } else { rest / l[j][j] };
        }
    }
    if l.iter().flatten().all(|x| x.is_finite()) { Ok(l) } else { Err(Trouble::parameter("C")) }
}

/// Inputs whose second moments are exactly C, each to be shown equally often: the columns of sqrt(n) L. The mean of a step
/// over them is the averaged dynamics.
fn exact_inputs(l: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let scale = (l.len() as f64).sqrt();
    (0..l.len()).map(|k| l.iter().map(|row| scale * row[k]).collect()).collect()
}

/// Where the averaged dynamics come to rest: `step` moves all weights for one input.
fn settled(mut w: Vec<f64>, inputs: &[Vec<f64>], step: impl Fn(&mut [f64], &[f64])) -> Vec<f64> {
    for _ in 0..2_000_000 {
        let mut next = vec![0.0; w.len()];
        for x in inputs {
            let mut moved = w.clone();
            step(&mut moved, x);
            next.iter_mut().zip(moved).for_each(|(sum, w)| *sum += w / inputs.len() as f64);
        }
        let change = next.iter().zip(&w).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        w = next;
        if change < 1e-15 {
            break;
        }
    }
    w
}

/// w C w.
fn variance(c: &[Vec<f64>], w: &[f64]) -> f64 {
    c.iter().zip(w).map(|(row, x)| x * dot(row, w)).sum()
}

fn angle_limit(entry: &Entry) -> Result<f64, Trouble> {
    let limit = entry.tolerance.0.get("angle_deg").and_then(Value::as_f64);
    limit.ok_or_else(|| Trouble::Tolerance("angle_deg".to_owned()))
}

/// `oja.pc`: the first principal component, by the averaged dynamics and by a sample.
pub fn oja_component(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let c = entry.params.matrix("C")?;
    let n = c.len();
    let l = factor(&c)?;
    let start: Vec<f64> = (0..n).map(|i| 0.3 + 0.1 * i as f64).collect();
    let rate = 0.5 / trace(&c);
    let exact = settled(start.clone(), &exact_inputs(&l), |w, x| {
        let y = dot(w, x);
        Oja { rate }.step(w, x, y);
    });
    let sample = Plan::of(&c, 1).map(|plan| {
        plan.shown(&l, start, |rate, w, x| {
            let y = dot(w, x);
            Oja { rate }.step(w, x, y);
        })
    });
    let limit = angle_limit(entry)?;
    Ok(Model::new(move |key| {
        let found = || [Some(exact.clone()), sample.clone()].into_iter().flatten();
        Ok(match key.bare() {
            "e1" => {
                found().zip([REACHED, limit]).map(|(w, deg)| Figure::new(w, Grade::Direction(deg))).collect()
            }
            "norm" => found().map(|w| Figure::new(length(&w), Grade::Double)).collect(),
            "lambda1" => {
                vec![Figure::new(variance(&c, &exact), Grade::Within(1e-6 * trace(&c)))]
            }
            _ => return Err(Trouble::key(key)),
        })
    }))
}

/// `sanger.pcs`: all components in order, by the averaged dynamics and by a sample.
pub fn sanger_components(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let c = entry.params.matrix("C")?;
    let n = c.len();
    let l = factor(&c)?;
    // Unit k begins near axis k, with something of all others.
    let start: Vec<f64> = (0..n * n).map(|at| if at / n == at % n { 0.5 } else { 0.1 }).collect();
    let answers = |w: &[f64], x: &[f64]| w.chunks(n).map(|row| dot(row, x)).collect::<Vec<f64>>();
    let rate = 0.5 / trace(&c);
    let exact = settled(start.clone(), &exact_inputs(&l), |w, x| {
        let y = answers(w, x);
        Sanger { rate }.step(w, x, &y);
    });
    let sample = Plan::of(&c, n).map(|plan| {
        plan.shown(&l, start, |rate, w, x| {
            let y = answers(w, x);
            Sanger { rate }.step(w, x, &y);
        })
    });
    let limit = angle_limit(entry)?;
    let rows = move |w: &[f64]| w.chunks(n).map(<[f64]>::to_vec).collect::<Vec<_>>();
    let lengths: Vec<f64> = [Some(&exact), sample.as_ref()]
        .into_iter()
        .flatten()
        .flat_map(|w| rows(w))
        .map(|w| length(&w))
        .collect();
    let norm = entry.tolerance.0.get("norm_abs").and_then(Value::as_f64);
    let model = Model::new(move |key| {
        let found = || [Some(&exact), sample.as_ref()].into_iter().flatten();
        Ok(match key.bare() {
            "components" => found()
                .zip([REACHED, limit])
                .map(|(w, deg)| Figure::new(rows(w), Grade::Direction(deg)))
                .collect(),
            "eigenvalues" => {
                let values: Vec<f64> = rows(&exact).iter().map(|w| variance(&c, w)).collect();
                vec![Figure::new(values, Grade::Within(1e-6 * trace(&c)))]
            }
            _ => return Err(Trouble::key(key)),
        })
    });
    Ok(model.with_checks(move || {
        let norm = norm.ok_or_else(|| Trouble::Tolerance("norm_abs".to_owned()))?;
        let worst = lengths.iter().map(|length| (length - 1.0).abs()).fold(0.0, f64::max);
        Ok(vec![Check::new("lengths of 1", worst / norm)])
    }))
}

fn trace(c: &[Vec<f64>]) -> f64 {
    c.iter().enumerate().map(|(i, row)| row[i]).sum()
}

/// How a sample is shown: rates that decay as a / (t0 + t), and enough inputs that the directions of the first components are
/// known to about 0.2 degrees.
struct Plan {
    a: f64,
    t0: f64,
    inputs: u64,
}

impl Plan {
    /// For the first `wanted` components; `None` where they are so close together, or so small, that it would take too many
    /// inputs.
    fn of(c: &[Vec<f64>], wanted: usize) -> Option<Self> {
        let variances: Vec<f64> = duet_ann::principal_components(c).iter().map(|one| one.variance).collect();
        let pairs = || variances.windows(2).take(wanted).map(|pair| (pair[0], pair[1]));
        let gaps = pairs().map(|(large, small)| large - small);
        // What relaxes slowest: one direction towards the next, or the length of the smallest.
        let slowest = gaps.chain(variances.iter().copied().take(wanted)).fold(f64::INFINITY, f64::min);
        let a = 2.0 / slowest;
        // Under rates a / t an angle has variance a^2 l1 l2 / (2 a (l1 - l2) - 1) / t, a length about a l1 / 2 / t.
        let angle = pairs()
            .map(|(large, small)| a * a * large * small / (2.0 * a * (large - small) - 1.0) / 1.2e-5)
            .fold(1e5, f64::max);
        let inputs = angle.max(5e4 * a * variances.first().copied().unwrap_or(0.0));
        (slowest > 0.0 && inputs < 5e6).then_some(Self { a, t0: 200.0 * a * trace(c), inputs: inputs as u64 })
    }

    /// The weights after all inputs, drawn from the normal distribution with covariance L L^T.
    fn shown(&self, l: &[Vec<f64>], mut w: Vec<f64>, step: impl Fn(f64, &mut [f64], &[f64])) -> Vec<f64> {
        for t in 0..self.inputs {
            let mut stream = Key::new(1).stream("input", t);
            let n: Vec<f64> = l.iter().map(|_| stream.normal()).collect();
            let x: Vec<f64> = l.iter().map(|row| dot(row, &n)).collect();
            step(self.a / (self.t0 + t as f64), &mut w, &x);
        }
        w
    }
}

/// `bcm.selectivity`: where the mean dynamics settle with theta = E[y^2], and where a sliding threshold does.
pub fn bcm_selectivity(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let k: usize = params.required("K")?;
    let patterns = patterns(params.required("patterns")?, k)?;
    let share = 1.0 / k as f64;
    match params.required::<Value>("p")? {
        Value::String(text) if text == "1/K" => {}
        Value::Number(p) if p.as_f64().is_some_and(|p| (p - share).abs() < 1e-12) => {}
        _ => return Err(Trouble::parameter("p")),
    }
    let inputs = patterns.first().map_or(0, Vec::len);
    // The first pattern is a little ahead.
    let start: Vec<f64> = (0..inputs)
        .map(|i| patterns.iter().enumerate().map(|(k, x)| x[i] * if k == 0 { 1.0 } else { 0.5 }).sum())
        .collect();
    let rule = Bcm { rate: 0.05, ..Bcm::default() };
    let mut w = start.clone();
    for _ in 0..1_000_000 {
        let answers: Vec<f64> = patterns.iter().map(|x| dot(&w, x)).collect();
        let theta = dot(&answers, &answers) * share;
        let before = w.clone();
        patterns.iter().zip(&answers).for_each(|(x, &y)| rule.step(&mut w, theta, x, y));
        if w.iter().zip(&before).all(|(a, b)| (a - b).abs() < 1e-15) {
            break;
        }
    }
    // The more patterns, the slower it must be; beyond these it would take minutes.
    let slid = if k <= 16 { Some(slid(&patterns, &start)?) } else { None };
    Ok(Model::new(move |key| {
        let settled: Vec<f64> = patterns.iter().map(|x| dot(&w, x)).collect();
        let theta = dot(&settled, &settled) * share;
        let both =
            [Some((settled, theta)), slid.clone()].into_iter().flatten().map(|(mut answers, theta)| {
                answers.sort_by(|a, b| b.total_cmp(a));
                match key.bare() {
                    "y_selected" => Ok(answers[0]),
                    "y_others" => Ok(answers
                        .iter()
                        .skip(1)
                        .copied()
                        .fold(0.0, |most: f64, y| if y.abs() > most.abs() { y } else { most })),
                    "theta" => Ok(theta),
                    _ => Err(Trouble::key(key)),
                }
            });
        both.map(|value| Ok(Figure::new(value?, Grade::Double))).collect()
    }))
}

/// The answers and the threshold under the engine's sliding threshold: means over the last half of many presentations.
fn slid(patterns: &[Vec<f64>], start: &[f64]) -> Result<(Vec<f64>, f64), Trouble> {
    let k = patterns.len();
    // Between two of the chosen pattern the threshold falls by a share K / tau of K; the weights are ten times slower.
    let tau = 50.0 * (k * k) as f64;
    let mut layer = layer(&[start.to_vec()], &format!("bcm = {{ rate = {:?}, tau = {tau:?} }}", 0.1 / tau))?;
    let n = 20_000 * (k * k) as u64;
    let (mut answers, mut theta) = (vec![0.0; k], 0.0);
    for t in 0..n {
        // Every pattern once before any comes again: equally often, in the smallest stretch.
        let which = Key::new(2).stream("order", t / k as u64).permutation(k)[(t % k as u64) as usize];
        layer.present(&patterns[which as usize]).map_err(Trouble::refused)?;
        if t >= n / 2 {
            let share = 2.0 / n as f64;
            theta += share * layer.thresholds()[0];
            answers.iter_mut().zip(patterns).for_each(|(sum, x)| *sum += share * dot(layer.weights(0), x));
        }
    }
    Ok((answers, theta))
}

/// The patterns of an entry: given, or as many right angles as there are.
fn patterns(given: Value, k: usize) -> Result<Vec<Vec<f64>>, Trouble> {
    let unknown = || Trouble::parameter("patterns");
    let list: Vec<Vec<f64>> = match given {
        Value::String(text) if text.starts_with("orthonormal") => {
            (0..k).map(|i| (0..k).map(|j| f64::from(u8::from(i == j))).collect()).collect()
        }
        given @ Value::Array(_) => serde_json::from_value(given).map_err(|_| unknown())?,
        _ => return Err(unknown()),
    };
    let same = list.iter().all(|x| x.len() == list[0].len());
    if list.len() == k && k > 0 && same { Ok(list) } else { Err(unknown()) }
}
