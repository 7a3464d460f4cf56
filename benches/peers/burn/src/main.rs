//! burn on its pure-Rust CPU backend (flex): the same networks, flags and JSON line as the peers in Python.
//!
//! `cargo run --release -- mlp --threads 1 --epochs 4`

use burn::module::{AutodiffModule, Initializer};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::prelude::*;
use burn::tensor::activation::{relu, tanh};
use flate2::read::GzDecoder;
use std::error::Error;
use std::io::{Read, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::time::Instant;

trait Net: AutodiffModule {
    fn forward(&self, x: Tensor<2>) -> Tensor<2>;
}

#[derive(Module, Debug)]
struct Mlp {
    layers: Vec<Linear>,
    with_tanh: bool,
}

impl Mlp {
    // burn draws as PyTorch does: within 1 / sqrt(fan_in), biases too.
    fn new(sizes: &[usize], device: &Device) -> Self {
        let layers = sizes.windows(2).map(|pair| LinearConfig::new(pair[0], pair[1]).init(device)).collect();
        Self { layers, with_tanh: false }
    }

    fn exclusive_or(device: &Device) -> Self {
        let layer = |inputs, outputs, std| {
            LinearConfig::new(inputs, outputs)
                .with_initializer(Initializer::Normal { mean: 0.0, std })
                .init(device)
        };
        Self { layers: vec![layer(2, 20, 1.0), layer(20, 2, 20_f64.powf(-0.5))], with_tanh: true }
    }
}

impl Net for Mlp {
    fn forward(&self, mut x: Tensor<2>) -> Tensor<2> {
        for (i, layer) in self.layers.iter().enumerate() {
            x = layer.forward(x);
            if i + 1 < self.layers.len() {
                x = if self.with_tanh { tanh(x) } else { relu(x) };
            }
        }
        x
    }
}

#[derive(Module, Debug)]
struct Cnn {
    conv1: Conv2d,
    conv2: Conv2d,
    pool: MaxPool2d,
    dense: Mlp,
}

impl Cnn {
    fn new(device: &Device) -> Self {
        Self {
            conv1: Conv2dConfig::new([3, 6], [5, 5]).init(device),
            conv2: Conv2dConfig::new([6, 16], [5, 5]).init(device),
            pool: MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init(),
            dense: Mlp::new(&[400, 120, 84, 10], device),
        }
    }
}

impl Net for Cnn {
    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let n = x.dims()[0];
        let x = self.pool.forward(relu(self.conv1.forward(x.reshape([n, 3, 32, 32]))));
        let x = self.pool.forward(relu(self.conv2.forward(x)));
        self.dense.forward(x.reshape([n, 400]))
    }
}

struct Arguments {
    net: String,
    threads: usize,
    epochs: usize,
    seed: u64,
    data: PathBuf,
    wait: bool,
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let data = std::env::var_os("NEURODUET_DATA").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".local/share/neuroduet"),
        PathBuf::from,
    );
    let mut arguments = Arguments { net: "mlp".into(), threads: 1, epochs: 4, seed: 1, data, wait: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "mlp" | "small" | "cnn" | "xor" => arguments.net = word,
            "--threads" => arguments.threads = value()?.parse()?,
            "--epochs" => arguments.epochs = value()?.parse()?,
            "--seed" => arguments.seed = value()?.parse()?,
            "--data" => arguments.data = value()?.into(),
            "--wait" => arguments.wait = true,
            _ => return Err(format!("what is `{word}`?").into()),
        }
    }
    if arguments.net == "xor" {
        arguments.epochs = 100;
    }
    if arguments.epochs < 2 {
        return Err("--epochs needs 2 at least: the first one warms up".into());
    }
    Ok(arguments)
}

/// Inputs, `features` of them for each label, and labels.
struct Split {
    pixels: Vec<f32>,
    labels: Vec<i64>,
}

impl Split {
    fn tensors(self, device: &Device) -> (Tensor<2>, Tensor<1, Int>) {
        let n = self.labels.len();
        let features = self.pixels.len() / n;
        let pixels = Tensor::from_data(TensorData::new(self.pixels, [n, features]), device);
        (pixels, Tensor::from_data(TensorData::new(self.labels, [n]), device))
    }
}

fn load(arguments: &Arguments) -> Result<(Split, Split), Box<dyn Error>> {
    match arguments.net.as_str() {
        "xor" => {
            let split = |repeats| Split {
                pixels: [0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0].repeat(repeats),
                labels: [0, 1, 1, 0].repeat(repeats),
            };
            Ok((split(10), split(1)))
        }
        "cnn" => {
            let folder = arguments.data.join("cifar10");
            let train = (1..=5).map(|i| folder.join(format!("data_batch_{i}.bin"))).collect::<Vec<_>>();
            Ok((cifar(&train)?, cifar(&[folder.join("test_batch.bin")])?))
        }
        _ => Ok((fashion(&arguments.data, "train")?, fashion(&arguments.data, "t10k")?)),
    }
}

fn cifar(files: &[PathBuf]) -> Result<Split, Box<dyn Error>> {
    let mut split = Split { pixels: Vec::new(), labels: Vec::new() };
    for file in files {
        let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        for record in bytes.chunks_exact(3073) {
            split.labels.push(record[0].into());
            split.pixels.extend(record[1..].iter().map(|&byte| (f32::from(byte) / 255.0 - 0.5) / 0.5));
        }
    }
    Ok(split)
}

fn fashion(data: &Path, part: &str) -> Result<Split, Box<dyn Error>> {
    let read = |name: String| -> Result<Vec<u8>, Box<dyn Error>> {
        let folders = [data.join("fashion_mnist"), "/usr/share/datasets/fashion-mnist".into()];
        let packed =
            folders.iter().map(|folder| folder.join(format!("{name}.gz"))).find(|file| file.is_file());
        let mut bytes = Vec::new();
        match packed {
            Some(file) => GzDecoder::new(std::fs::File::open(file)?).read_to_end(&mut bytes)?,
            None => std::fs::File::open(folders[0].join(&name))
                .map_err(|error| format!("{name}: {error}"))?
                .read_to_end(&mut bytes)?,
        };
        Ok(bytes)
    };
    let pixels = read(format!("{part}-images-idx3-ubyte"))?;
    let labels = read(format!("{part}-labels-idx1-ubyte"))?;
    Ok(Split {
        pixels: pixels[16..].iter().map(|&byte| f32::from(byte) / 255.0).collect(),
        labels: labels[8..].iter().map(|&label| label.into()).collect(),
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    // The pool is made at its first use, so this is early enough; nothing else runs yet.
    unsafe { std::env::set_var("RAYON_NUM_THREADS", arguments.threads.to_string()) };
    let device = Device::flex().autodiff();
    device.seed(arguments.seed);
    let adam = AdamConfig::new().with_epsilon(1e-8).init();
    match arguments.net.as_str() {
        "mlp" => train(&arguments, Mlp::new(&[784, 64, 64, 10], &device), adam, (32, 0.001), &device),
        "small" => train(&arguments, Mlp::new(&[784, 32, 10], &device), adam, (32, 0.001), &device),
        "xor" => train(&arguments, Mlp::exclusive_or(&device), adam, (4, 0.03), &device),
        _ => {
            let momentum = MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: false };
            let sgd = SgdConfig::new().with_momentum(Some(momentum)).init();
            train(&arguments, Cnn::new(&device), sgd, (100, 0.001), &device)
        }
    }
}

fn train<N: Net>(
    arguments: &Arguments,
    mut net: N,
    mut optimizer: ModuleOptimizer,
    (batch, rate): (usize, f64),
    device: &Device,
) -> Result<(), Box<dyn Error>> {
    let (train, test) = load(arguments)?;
    let n = train.labels.len();
    // The data need no gradient.
    let plain = device.clone().inner();
    let (x, y) = train.tensors(&plain);
    let loss = CrossEntropyLossConfig::new().init(device);
    let mut order: Vec<i64> = (0..n as i64).collect();
    let mut state = arguments.seed;
    let mut seconds = Vec::new();
    for epoch in 0..arguments.epochs {
        if arguments.wait {
            stdin().read_line(&mut String::new())?;
        }
        let start = Instant::now();
        shuffle(&mut order, &mut state);
        for rows in order.chunks(batch) {
            let rows: Tensor<1, Int> =
                Tensor::from_data(TensorData::new(rows.to_vec(), [rows.len()]), &plain);
            let inputs = Tensor::from_inner(x.clone().select(0, rows.clone()));
            let labels = Tensor::from_inner(y.clone().select(0, rows));
            let gradients = loss.forward(net.forward(inputs), labels).backward();
            let gradients = GradientsParams::from_grads(gradients, &net);
            net = optimizer.step(rate, net, gradients);
        }
        seconds.push((start.elapsed().as_secs_f64() * 1e4).round() / 1e4);
        if arguments.wait {
            println!("{{\"seconds\": {}}}", seconds[epoch]);
            stdout().flush()?;
        }
    }
    let (x, y) = test.tensors(device);
    let answers = net.forward(x).argmax(1).reshape([-1]);
    let accuracy: f32 = answers.equal(y).float().mean().into_scalar();

    let mut sorted = seconds[1..].to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    let line = serde_json::json!({
        "peer": "burn",
        "style": "flex",
        "version": "0.22.0",
        "net": arguments.net,
        "threads": arguments.threads,
        "seed": arguments.seed,
        "epochs": arguments.epochs,
        "warm_up": seconds[0],
        "median": median,
        "seconds": &seconds[1..],
        "accuracy": accuracy,
        "peak_mb": peak_mb(),
    });
    println!("{line}");
    Ok(())
}

/// Fisher and Yates's shuffle on the numbers of splitmix64.
fn shuffle(order: &mut [i64], state: &mut u64) {
    for i in (1..order.len()).rev() {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        order.swap(i, ((z ^ (z >> 31)) % (i as u64 + 1)) as usize);
    }
}

fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb / 1024)
}
