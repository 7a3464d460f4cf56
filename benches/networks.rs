//! What a network at scale is made of: random numbers by the hundred, construction, delivery. Items are numbers and synapses.

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use duet_kernels::PoissonBlocks;
use duet_random::Key;
use duet_spiking::SpikingSide;
use duet_spiking::network::Engine;
use duet_topology::NetworkSpec;

/// A million normal numbers of one stream.
#[divan::bench]
fn normal_numbers(bencher: Bencher<'_, '_>) {
    let mut x = vec![0.0; 1_000_000];
    bencher.counter(ItemsCount::new(x.len())).bench_local(|| {
        Key::new(1).stream("bench", 0).fill_normal(&mut x);
        black_box(&x);
    });
}

/// The Poisson background of 64,000 cells in a step, 2 spikes each on average.
#[divan::bench]
fn poisson_background(bencher: Bencher<'_, '_>) {
    let (blocks, mut counts) = (PoissonBlocks::new([1, 2], 2.0), vec![0; 64_000]);
    let mut step = 0;
    bencher.counter(ItemsCount::new(counts.len())).bench_local(|| {
        step += 1;
        blocks.draw(step, 0, 1, &mut counts);
        black_box(&counts);
    });
}

fn engine(pattern: &str, weights: &str, delay: &str) -> Engine<f32> {
    let spec: NetworkSpec = toml::from_str(&format!(
        "population = {{ from.size = 4000, to.size = 4000 }}
         projection.p = {{ from = 'from', to = 'to', pattern.{pattern}, weights.{weights}, delay.{delay} }}"
    ))
    .expect("a network");
    let side: SpikingSide = toml::from_str(
        "dt = '0.1 ms'
         neuron.lif = {}
         synapse.exponential = {}
         population.from.neuron.poisson = { rate = '20 Hz' }",
    )
    .expect("a side");
    Engine::new(&spec.sketch(Key::new(1)).expect("a sketch"), &side, Key::new(2), 1).expect("an engine")
}

const CONSTANT: [&str; 2] = ["constant = 0.1", "constant = '1.5 ms'"];
const NORMAL: [&str; 2] =
    ["normal = { mean = 1.0, std = 0.1 }", "normal = { mean = '1.5 ms', std = '0.7 ms' }"];

/// 1.6 million synapses, drawn and packed: each pair with probability 0.1, constant weight and delay (sets); 400 onto each target (sets);
/// as many scattered, normal weights and delays (lists of 4 bytes).
#[divan::bench(args = ["fixed_probability", "fixed_in_degree", "fixed_total"])]
fn construction(bencher: Bencher<'_, '_>, rule: &str) {
    let (pattern, [weights, delay]) = match rule {
        "fixed_probability" => ("fixed_probability = { p = 0.1 }", CONSTANT),
        "fixed_in_degree" => ("fixed_in_degree = { k = 400 }", CONSTANT),
        _ => ("fixed_total = { n = 1_600_000 }", NORMAL),
    };
    bencher.counter(ItemsCount::new(1_600_000_u32)).bench_local(|| engine(pattern, weights, delay));
}

/// 100 steps of 4,000 sources at 20 Hz: as many spikes through 400 synapses each as sets, 40 as lists of places, 400 as lists with
/// weights. The items are synapses; 8,000 cells' steps are in the time.
#[divan::bench(args = ["sets", "places", "weighted"])]
fn delivery(bencher: Bencher<'_, '_>, rows: &str) {
    let (pattern, [weights, delay], each) = match rows {
        "sets" => ("fixed_in_degree = { k = 400 }", CONSTANT, 400),
        "places" => ("fixed_in_degree = { k = 40 }", CONSTANT, 40),
        _ => ("fixed_total = { n = 1_600_000 }", NORMAL, 400),
    };
    let mut engine = engine(pattern, weights, delay);
    bencher.counter(ItemsCount::new(800_u32 * each)).bench_local(|| engine.advance(100));
}
