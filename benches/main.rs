//! One benchmark suite: `cargo bench`. Motivation and last figures stand in `benches/README.md`.

mod membranes;
mod networks;

use divan::{Bencher, black_box};
use duet_ann::{Ann, AnnSide, Examples, Pixels};
use duet_kernels::matmul::{Shape, affine};
use duet_random::Key;
use duet_spiking::{SpikingNet, SpikingSide};
use duet_topology::{Network, NetworkSpec};

fn main() {
    divan::main();
}

fn network(input: usize, hidden: usize) -> Network {
    let text = format!(
        "population.input.size = {input}\npopulation.hidden.size = {hidden}\npopulation.output.size = 10\n\
         projection.a = {{ from = 'input', to = 'hidden', weights.lecun = {{}}, bias.zero = {{}} }}\n\
         projection.b = {{ from = 'hidden', to = 'output', weights.lecun = {{}}, bias.zero = {{}} }}"
    );
    let spec: NetworkSpec = toml::from_str(&text).expect("a network");
    spec.realize(Key::new(1)).expect("a network")
}

/// Numbers in [0, 1], about half of them zero, like the pixels of an image.
fn pixels(n: usize) -> Vec<f32> {
    let mut stream = Key::new(2).stream("bench", 0);
    (0..n).map(|_| (2.0 * stream.uniform() - 1.0).max(0.0) as f32).collect()
}

/// The product that dominates dense training: 784 inputs, 64 units, batch 32.
#[divan::bench]
fn affine_784_64_batch_32(bencher: Bencher<'_, '_>) {
    let shape = Shape { n_in: 784, n_out: 64, batch: 32 };
    let (w, x) = (pixels(784 * 64), pixels(784 * 32));
    let mut z = vec![0.0_f32; 64 * 32];
    bencher.counter(divan::counter::ItemsCount::new(2_u64 * 784 * 64 * 32)).bench_local(|| {
        affine(shape, &w, None, &x, &mut z);
        black_box(&z);
    });
}

/// An epoch of 1,437 digits, batch 32, Adam: the artificial side of the main scenario.
#[divan::bench]
fn ann_epoch_digits(bencher: Bencher<'_, '_>) {
    let side: AnnSide = toml::from_str("population.output.activation.identity = {}").expect("a side");
    let mut ann = Ann::<f32>::new(&network(64, 64), &side).expect("a net");
    let (inputs, labels) = (pixels(64 * 1437), (0..1437).map(|i| i % 10).collect::<Vec<u32>>());
    let examples = Examples::new(Pixels::F32(&inputs), 64, &labels).expect("examples");
    let order: Vec<u32> = (0..1437).collect();
    bencher
        .counter(divan::counter::ItemsCount::new(1437_u32))
        .bench_local(|| ann.fit(&examples, &order).expect("finite"));
}

fn spiking(plasticity: &str) -> SpikingNet<f32> {
    let text = format!(
        "neuron.lif = {{ tau_m = '10 ms', t_ref = '1 ms' }}\nsynapse.delta = {{}}\nweight_unit = '15 mV'\n\
         encode.regular = {{ rate_max = '500 Hz' }}\nplasticity.{plasticity} = {{}}"
    );
    let side: SpikingSide = toml::from_str(&text).expect("a side");
    SpikingNet::new(&network(64, 64), &side, 10, 50.0, Key::new(3)).expect("a net")
}

/// One example of 50 ms shown to 64-64-10 membranes that learn by the three-factor rule.
#[divan::bench]
fn spiking_learn_one_example(bencher: Bencher<'_, '_>) {
    let mut net = spiking("three_factor");
    let values = pixels(64);
    let mut moment = 0;
    bencher.bench_local(|| {
        moment += 1;
        net.learn(&values, 3, moment).expect("finite")
    });
}

/// The same, answering only.
#[divan::bench]
fn spiking_answer_one_example(bencher: Bencher<'_, '_>) {
    let mut net = spiking("fixed");
    let values = pixels(64);
    bencher.bench_local(|| net.answer(&values, None, 1).expect("finite"));
}

/// Drawing 784-64-10 from its key.
#[divan::bench]
fn realize_784_64_10(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| network(784, 64));
}

/// A million uniform numbers.
#[divan::bench]
fn uniform_numbers(bencher: Bencher<'_, '_>) {
    let mut stream = Key::new(1).stream("bench", 0);
    bencher
        .counter(divan::counter::ItemsCount::new(1_000_000_u32))
        .bench_local(|| (0..1_000_000).map(|_| stream.uniform()).sum::<f64>());
}
