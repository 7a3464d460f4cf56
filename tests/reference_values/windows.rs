//! Convolution and pooling, through a network whose output adds up what the window gives with the weights that the entry calls
//! the upstream gradient.

use super::entry::Entry;
use super::figure::{Model, Tree, Trouble, double};
use duet_ann::{Ann, AnnSide};
use duet_random::Key;
use duet_topology::NetworkSpec;
use nalgebra::DMatrix;

/// `conv2d`: x, w, b and the upstream gradient by the entry's formulas, in flat C order.
pub fn convolution(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let params = &entry.params;
    let [examples, channels, rows, columns]: [usize; 4] = params.required("x_shape")?;
    let [kernels, of, kernel_rows, kernel_columns]: [usize; 4] = params.required("w_shape")?;
    if of != channels {
        return Err(Trouble::parameter("w_shape"));
    }
    let (stride, padding) = (pair(entry, "stride", 1)?, pair(entry, "pad", 0)?);
    let kernel = [kernel_rows, kernel_columns];
    let extent = |axis: usize| {
        let input = [rows, columns][axis] + 2 * padding[axis];
        input
            .checked_sub(kernel[axis])
            .map(|room| room / stride[axis] + 1)
            .ok_or(Trouble::parameter("x_shape"))
    };
    let output = [kernels, extent(0)?, extent(1)?];
    let cells = channels * kernel_rows * kernel_columns;
    let formula = |n: usize, [by, plus, modulus]: [usize; 3], less: f64, over: f64| -> Vec<f64> {
        (0..n).map(|k| (((by * k + plus) % modulus) as f64 - less) / over).collect()
    };
    let x = formula(examples * channels * rows * columns, [7, 0, 11], 5.0, 4.0);
    let w = formula(kernels * cells, [5, 0, 7], 3.0, 3.0);
    let places: usize = output.iter().product();
    let upstream = formula(examples * places, [3, 0, 5], 2.0, 1.0);
    let pattern = format!("conv2d = {{ kernel = {kernel:?}, stride = {stride:?}, padding = {padding:?} }}");
    let mut window = Window::new([channels, rows, columns], output, &pattern, true)?;
    // The entry's kernel is kernels x channels x rows x columns; the network's has the kernels side by side.
    window.weights = (0..cells)
        .flat_map(|cell| (0..kernels).map(move |k| (k, cell)))
        .map(|(k, cell)| w[k * cells + cell])
        .collect();
    window.bias = (0..kernels).map(|k| [0.5, -0.25][k % 2]).collect();
    let (mut y, mut gx) = (Vec::new(), Vec::new());
    let (mut gw, mut gb) = (vec![0.0; kernels * cells], vec![0.0; kernels]);
    for (x, upstream) in x.chunks(x.len() / examples).zip(upstream.chunks(places)) {
        let seen = window.pass(x, upstream)?;
        y.extend(seen.y);
        gx.extend(seen.gx);
        for (cell, of_cell) in seen.gw.chunks(kernels).enumerate() {
            for (k, slope) in of_cell.iter().enumerate() {
                gw[k * cells + cell] += slope;
            }
        }
        gb.iter_mut().zip(seen.gb).for_each(|(sum, slope)| *sum += slope);
    }
    Ok(Model::new(move |key| match key.bare() {
        "y_shape" => double(Tree::from(
            [vec![examples], output.to_vec()].concat().iter().map(|&n| n as f64).collect::<Vec<_>>(),
        )),
        "y" => double(nested(&y, &[examples, output[0], output[1], output[2]])),
        "gx" => double(nested(&gx, &[examples, channels, rows, columns])),
        "gw" => double(nested(&gw, &[kernels, channels, kernel_rows, kernel_columns])),
        "gb" => double(gb.clone()),
        _ => Err(Trouble::key(key)),
    }))
}

/// `maxpool`: one channel, x and the upstream gradient as matrices.
pub fn max_pool(entry: &Entry) -> Result<Model<'_>, Trouble> {
    let (x, upstream) = (entry.params.matrix("x")?, entry.params.matrix("gy")?);
    let kernel = pair(entry, "k", 2)?;
    let stride = match entry.params.optional::<usize>("stride")? {
        Some(stride) => [stride; 2],
        None => kernel,
    };
    let shape = |matrix: &[Vec<f64>]| [1, matrix.len(), matrix.first().map_or(0, Vec::len)];
    let (input, output) = (shape(&x), shape(&upstream));
    let pattern = format!("max_pool2d = {{ kernel = {kernel:?}, stride = {stride:?} }}");
    let seen = Window::new(input, output, &pattern, false)?.pass(&x.concat(), &upstream.concat())?;
    Ok(Model::new(move |key| match key.bare() {
        "y" => double(nested(&seen.y, &output[1..])),
        // Of equals the first wins; an entry may ask for the sum alone, which every rule keeps.
        "gx" | "gx_first_max" => double(nested(&seen.gx, &input[1..])),
        "sum_gx" => double(seen.gx.iter().sum::<f64>()),
        _ => Err(Trouble::key(key)),
    }))
}

/// One number for both axes, or one for each.
fn pair(entry: &Entry, name: &str, default: usize) -> Result<[usize; 2], Trouble> {
    if let Ok(both) = entry.params.optional::<[usize; 2]>(name) {
        return Ok(both.unwrap_or([default; 2]));
    }
    Ok([entry.params.optional::<usize>(name)?.unwrap_or(default); 2])
}

/// A flat list as lists of lists.
fn nested(flat: &[f64], shape: &[usize]) -> Tree {
    match shape {
        [] | [_] => Tree::from(flat.to_vec()),
        [first, rest @ ..] => {
            let each = flat.len() / first.max(&1);
            Tree::List(flat.chunks(each.max(1)).map(|part| nested(part, rest)).collect())
        }
    }
}

/// A network of one window and one output.
struct Window {
    spec: NetworkSpec,
    weights: Vec<f64>,
    bias: Vec<f64>,
}

/// What one example gives.
struct Seen {
    y: Vec<f64>,
    gx: Vec<f64>,
    gw: Vec<f64>,
    gb: Vec<f64>,
}

impl Window {
    fn new(input: [usize; 3], output: [usize; 3], pattern: &str, learns: bool) -> Result<Self, Trouble> {
        let parameters = if learns { ", weights.constant = 0.0, bias.zero = {}" } else { "" };
        let text = format!(
            "population = {{ x.shape = {input:?}, y.shape = {output:?}, sum.size = 1 }}
             projection.window = {{ from = 'x', to = 'y', pattern.{pattern}{parameters} }}
             projection.sum = {{ from = 'y', to = 'sum', weights.constant = 0.0, bias.zero = {{}} }}"
        );
        let spec = toml::from_str(&text).map_err(Trouble::refused)?;
        Ok(Self { spec, weights: Vec::new(), bias: Vec::new() })
    }

    /// With L = (sum - 1)^2, every slope is that of the sum times 2 (sum - 1).
    fn pass(&self, x: &[f64], upstream: &[f64]) -> Result<Seen, Trouble> {
        let mut network = self.spec.realize(Key::new(0)).map_err(Trouble::refused)?;
        if !self.weights.is_empty() {
            network.projections["window"].weights.clone_from(&self.weights);
            network.projections["window"].bias = Some(self.bias.clone());
        }
        network.projections["sum"].weights = upstream.to_vec();
        let side: AnnSide = toml::from_str(
            "activation.identity = {}
             learning.backprop = { loss.mse = {}, optimizer.sgd = { rate = 1.0 } }",
        )
        .map_err(Trouble::refused)?;
        let inputs = DMatrix::from_column_slice(x.len(), 1, x);
        let ann = |shift: f64| {
            let mut network = network.clone();
            network.projections["sum"].bias = Some(vec![shift]);
            Ann::<f64>::new(&network, &side).map_err(Trouble::refused)
        };
        let sum = ann(0.0)?.predict(&inputs).map_err(Trouble::refused)?[0];
        // So that 2 (sum - 1) is exactly 1 but for rounding.
        let mut ann = ann(1.5 - sum)?;
        let y = ann.activity(&inputs).map_err(Trouble::refused)?["y"].as_slice().to_vec();
        let gx = ann.input_gradient(&inputs, &[0]).map_err(Trouble::refused)?.as_slice().to_vec();
        ann.fit_batch(x, &[0]).map_err(Trouble::refused)?;
        let (gw, rest) = ann.gradient().split_at(self.weights.len());
        Ok(Seen { y, gx, gw: gw.to_vec(), gb: rest[..self.bias.len()].to_vec() })
    }
}
