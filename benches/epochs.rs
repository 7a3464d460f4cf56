//! Seconds per epoch of the networks of the seed articles: duet's own line of the table in `benches/peers`.
//!
//! `cargo bench --bench epochs -- mlp --threads 1 --epochs 4`
//!
//! `surrogate` is the `mlp`'s topology as spiking cells: 25 steps, surrogate gradients, batch 128, on one thread.

use duet_ann::{Ann, AnnSide, Examples, Pixels};
use duet_harness::learner::largest;
use duet_random::Key;
use duet_spiking::SpikingSide;
use duet_spiking::gradient::SurrogateNet;
use duet_tasks::{Dataset, Places, Split, Task, Values};
use duet_topology::{Network, NetworkSpec};
use serde::Deserialize;
use std::error::Error;
use std::io::{Write, stdin, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "cargo bench --bench epochs -- [mlp | small | cnn | surrogate] [--threads N] [--epochs N] [--seed N] \
                     [--data DIR] [--wait]";

/// The data, the topology and the side of a network, as a scenario would have them.
#[derive(Deserialize)]
struct Scenario {
    task: Task,
    #[serde(flatten)]
    network: NetworkSpec,
    side: AnnSide,
}

// First weights as PyTorch draws them, within 1 / sqrt(fan_in), biases too; the peers do the same.

/// The classifier of the articles 000 and 004.
const MLP: &str = "
    task.fashion_mnist = {}
    population = { input.size = 784, h1.size = 64, h2.size = 64, output.size = 10 }
    [projection]
    a = { from = 'input', to = 'h1', weights.pytorch = {}, bias.uniform = { low = -0.0357, high = 0.0357 } }
    b = { from = 'h1', to = 'h2', weights.pytorch = {}, bias.uniform = { low = -0.125, high = 0.125 } }
    c = { from = 'h2', to = 'output', weights.pytorch = {}, bias.uniform = { low = -0.125, high = 0.125 } }
    [side]
    activation.relu = {}
    learning.backprop = { batch = 32, optimizer.adam = { rate = 0.001 } }
    population.output.activation.identity = {}
";

/// The one with a single hidden layer, article 001.
const SMALL: &str = "
    task.fashion_mnist = {}
    population = { input.size = 784, hidden.size = 32, output.size = 10 }
    [projection]
    a = { from = 'input', to = 'hidden', weights.pytorch = {}, bias.uniform = { low = -0.0357, high = 0.0357 } }
    b = { from = 'hidden', to = 'output', weights.pytorch = {}, bias.uniform = { low = -0.177, high = 0.177 } }
    [side]
    activation.relu = {}
    learning.backprop = { batch = 32, optimizer.adam = { rate = 0.001 } }
    population.output.activation.identity = {}
";

/// The convolutional network of article 003.
const CNN: &str = "
    task.cifar10 = {}
    [population]
    image.shape = [3, 32, 32]
    conv1.shape = [6, 28, 28]
    pool1.shape = [6, 14, 14]
    conv2.shape = [16, 10, 10]
    pool2.shape = [16, 5, 5]
    h1.size = 120
    h2.size = 84
    output.size = 10
    [projection.a]
    from = 'image'
    to = 'conv1'
    pattern.conv2d = { kernel = [5, 5] }
    weights.pytorch = {}
    bias.uniform = { low = -0.115, high = 0.115 }
    [projection.b]
    from = 'conv1'
    to = 'pool1'
    pattern.max_pool2d = { kernel = [2, 2] }
    [projection.c]
    from = 'pool1'
    to = 'conv2'
    pattern.conv2d = { kernel = [5, 5] }
    weights.pytorch = {}
    bias.uniform = { low = -0.0816, high = 0.0816 }
    [projection.d]
    from = 'conv2'
    to = 'pool2'
    pattern.max_pool2d = { kernel = [2, 2] }
    [projection]
    e = { from = 'pool2', to = 'h1', weights.pytorch = {}, bias.uniform = { low = -0.05, high = 0.05 } }
    f = { from = 'h1', to = 'h2', weights.pytorch = {}, bias.uniform = { low = -0.0913, high = 0.0913 } }
    g = { from = 'h2', to = 'output', weights.pytorch = {}, bias.uniform = { low = -0.109, high = 0.109 } }
    [side]
    activation.relu = {}
    input = { mean = 0.5, std = 0.5 }
    learning.backprop = { batch = 100, optimizer.momentum = { rate = 0.001, momentum = 0.9 } }
    [side.population]
    pool1.activation.identity = {}
    pool2.activation.identity = {}
    output.activation.identity = {}
";

struct Arguments {
    net: String,
    threads: usize,
    /// In all; the first one warms up and is not in the median.
    epochs: usize,
    seed: u64,
    data: Option<PathBuf>,
    /// Read a line before each epoch and print its seconds: so that programs can be timed in turn.
    wait: bool,
}

impl Arguments {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut arguments =
            Self { net: "mlp".to_owned(), threads: 1, epochs: 4, seed: 1, data: None, wait: false };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value; {USAGE}"));
            match word.as_str() {
                "mlp" | "small" | "cnn" | "surrogate" => arguments.net = word,
                "--threads" => arguments.threads = value()?.parse()?,
                "--epochs" => arguments.epochs = value()?.parse()?,
                "--seed" => arguments.seed = value()?.parse()?,
                "--data" => arguments.data = Some(value()?.into()),
                "--wait" => arguments.wait = true,
                "--bench" => {} // cargo bench says so
                _ => return Err(format!("what is `{word}`? {USAGE}").into()),
            }
        }
        if arguments.epochs < 2 {
            return Err("--epochs needs 2 at least: the first one warms up".into());
        }
        Ok(arguments)
    }
}

fn main() -> ExitCode {
    match time_epochs() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn time_epochs() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read()?;
    let scenario: Scenario = toml::from_str(match arguments.net.as_str() {
        "small" => SMALL,
        "cnn" => CNN,
        _ => MLP,
    })?;
    let key = Key::new(arguments.seed);
    let mut places = Places::from_environment(None);
    places.data.splice(0..0, arguments.data.clone());
    let data = scenario.task.load(&key, &places)?;
    let network = scenario.network.realize(key)?;
    let mut learner: Box<dyn Learner + '_> = if arguments.net == "surrogate" {
        Box::new(Spiking::new(&network, &data)?)
    } else {
        let mut ann = Ann::<f32>::new(&network, &scenario.side)?;
        ann.set_threads(arguments.threads);
        let [train, test] = [&data.train, &data.test]
            .map(|split| Examples::new(pixels(split), features(&data), split.labels()));
        Box::new(Artificial { ann, train: train?, test: test? })
    };

    let mut order: Vec<u32> = (0..data.train.len() as u32).collect();
    let mut seconds = Vec::new();
    for epoch in 0..arguments.epochs {
        if arguments.wait && stdin().read_line(&mut String::new())? == 0 {
            return Err("whoever asked for --wait has gone".into());
        }
        let start = Instant::now();
        key.stream("order", epoch as u64).shuffle(&mut order);
        learner.fit(&order)?;
        seconds.push(start.elapsed().as_secs_f64());
        if arguments.wait {
            println!("{{\"seconds\": {}}}", seconds[epoch]);
            stdout().flush()?;
        }
    }
    let accuracy = learner.accuracy()?;
    println!("{}", report(&arguments, &seconds, accuracy));
    Ok(())
}

/// What is timed.
trait Learner {
    fn fit(&mut self, order: &[u32]) -> Result<(), Box<dyn Error>>;
    fn accuracy(&mut self) -> Result<Option<f64>, Box<dyn Error>>;
}

struct Artificial<'a> {
    ann: Ann<f32>,
    train: Examples<'a>,
    test: Examples<'a>,
}

impl Learner for Artificial<'_> {
    fn fit(&mut self, order: &[u32]) -> Result<(), Box<dyn Error>> {
        self.ann.fit(&self.train, order)?;
        Ok(())
    }

    fn accuracy(&mut self) -> Result<Option<f64>, Box<dyn Error>> {
        Ok(self.ann.evaluate(&self.test)?.accuracy())
    }
}

/// Integrate-and-fire cells with beta = 0.95 and a leaky read-out, 25 steps of a constant drive.
const SPIKING: &str = "
    neuron.integrate_and_fire = { tau_m = '19.4957 ms' }
    synapse.delta = {}
    encode.constant_current = {}
    decode.membrane = { take = 'mean' }
    learning.surrogate = { batch = 128, optimizer.adam = { rate = 0.002 } }
";

struct Spiking<'a> {
    net: SurrogateNet<f32>,
    data: &'a Dataset,
    epoch: usize,
}

impl<'a> Spiking<'a> {
    fn new(network: &Network, data: &'a Dataset) -> Result<Self, Box<dyn Error>> {
        let side: SpikingSide = toml::from_str(SPIKING)?;
        Ok(Self { net: SurrogateNet::new(network, &side, data.classes.len(), 25.0)?, data, epoch: 0 })
    }
}

impl Learner for Spiking<'_> {
    fn fit(&mut self, order: &[u32]) -> Result<(), Box<dyn Error>> {
        let train = &self.data.train;
        self.net.fit(self.epoch, order, train.labels(), |i, x| train.pixels.copy_example(i, x))?;
        self.epoch += 1;
        Ok(())
    }

    fn accuracy(&mut self) -> Result<Option<f64>, Box<dyn Error>> {
        let test = &self.data.test;
        let answered = self.net.answer(test.labels(), |i, x| test.pixels.copy_example(i, x))?;
        let right = answered.scores.chunks_exact(self.data.classes.len()).zip(test.labels());
        let right = right.filter(|(scores, label)| largest(scores) == **label).count();
        Ok(Some(right as f64 / test.len() as f64))
    }
}

/// The one line that all programs of the table end with.
fn report(arguments: &Arguments, seconds: &[f64], accuracy: Option<f64>) -> serde_json::Value {
    let rounded: Vec<f64> = seconds.iter().map(|s| (s * 1e4).round() / 1e4).collect();
    let mut sorted = rounded[1..].to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
    serde_json::json!({
        "peer": "duet",
        "style": "",
        "version": env!("CARGO_PKG_VERSION"),
        "net": arguments.net,
        "threads": arguments.threads,
        "seed": arguments.seed,
        "epochs": arguments.epochs,
        "warm_up": rounded[0],
        "median": median,
        "seconds": &rounded[1..],
        "accuracy": accuracy,
        "peak_mb": peak_mb(),
    })
}

fn features(data: &Dataset) -> usize {
    data.shape.iter().product()
}

fn pixels(split: &Split) -> Pixels<'_> {
    match split.pixels.values() {
        Values::F32(numbers) => Pixels::F32(numbers),
        Values::U8 { bytes, scale } => Pixels::U8 { bytes, scale: *scale },
    }
}

/// The most memory that this process ever had, in MiB, where the system says so (Linux).
fn peak_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb / 1024)
}
