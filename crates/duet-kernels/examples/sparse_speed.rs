//! From which share of synapses on a dense matrix is faster than a compressed one: all three products, 16 examples at a time.
//!
//! `cargo run --release -p duet-kernels --example sparse_speed [N_IN N_OUT]`

use std::hint::black_box;
use std::time::Instant;

use duet_kernels::matmul::{self, Shape};
use duet_kernels::sparse::{self, Synapses};
use duet_kernels::window::Width;

/// Examples that go through at once.
const BATCH: usize = 16;

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let (n_in, n_out) = if let [a, b] = sizes[..] { (a, b) } else { (512, 512) };
    let numbers = |n: usize| -> Vec<f32> { (0..n).map(|i| (i % 17) as f32 / 8.0 - 1.0).collect() };
    let (x, dz) = (numbers(n_in * BATCH), numbers(n_out * BATCH));
    let (mut z, mut dx) = (dz.clone(), x.clone());

    let shape = Shape { n_in, n_out, batch: BATCH };
    let w = numbers(n_in * n_out);
    let mut dw = w.clone();
    let dense = best(|| {
        matmul::affine(shape, black_box(&w), None, &x, &mut z);
        matmul::transposed(shape, &w, &dz, &mut dx);
        matmul::outer(shape, &dz, &x, black_box(&mut dw));
    });
    println!("{n_in} x {n_out}, 16 examples, dense: {:.1} us", 1e6 * dense);
    for percent in [1, 5, 10, 15, 20, 25, 30, 40, 50] {
        let (mut offsets, mut targets) = (vec![0], Vec::new());
        for pre in 0..n_in {
            let here = |post: &usize| (pre * 7919 + post * 104_729) % 100_003 % 100 < percent;
            targets.extend((0..n_out).filter(here).map(|post| post as u32));
            offsets.push(targets.len());
        }
        let synapses = Synapses::new(n_out, offsets, targets);
        let w = numbers(synapses.len());
        let mut dw = w.clone();
        let width = Width::of(BATCH);
        let seconds = best(|| {
            sparse::affine(&synapses, width, black_box(&w), None, &x, &mut z);
            sparse::transposed(&synapses, width, &w, &dz, &mut dx);
            sparse::outer(&synapses, width, &dz, &x, black_box(&mut dw));
        });
        println!(
            "{:5.1} % of synapses: {:7.1} us, {:.2} of dense, a synapse as much as {:.1} entries",
            100.0 * synapses.len() as f64 / (n_in * n_out) as f64,
            1e6 * seconds,
            seconds / dense,
            seconds / dense * (n_in * n_out) as f64 / synapses.len() as f64
        );
    }
}

/// The best of 50 calls, in seconds.
fn best(mut call: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..50 {
        let start = Instant::now();
        call();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}
