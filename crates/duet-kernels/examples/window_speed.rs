//! How fast the convolutions of a small picture network are, in GFLOP/s on one core, for every level of this machine.
//!
//! `cargo run --release -p duet-kernels --example window_speed`

use std::hint::black_box;
use std::time::Instant;

use duet_kernels::window::{Geometry, Width};
use duet_kernels::{CpuLevel, Real};

/// The two convolutions of a 3 x 32 x 32 network: 6 and 16 kernels of 5 x 5.
const LAYERS: [Geometry; 2] = [
    Geometry { channels: 3, input: [32, 32], kernels: 6, output: [28, 28], kernel: [5, 5], stride: [1, 1] },
    Geometry { channels: 6, input: [14, 14], kernels: 16, output: [10, 10], kernel: [5, 5], stride: [1, 1] },
];

fn main() {
    println!(
        "{:10} {:>5} {:5} {:>8} {:>9} {:>11} {:>8} {:>9}",
        "level", "lanes", "layer", "forward", "to input", "to weights", "max, us", "back, us"
    );
    for level in CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected()) {
        for width in Width::ALL {
            for (layer, g) in LAYERS.iter().enumerate() {
                measure::<f32>(level, width, layer + 1, g);
            }
        }
    }
}

fn measure<T: Real>(level: CpuLevel, width: Width, layer: usize, g: &Geometry) {
    let numbers = |n: usize| -> Vec<T> { (0..n).map(|i| T::from_f64((i % 17) as f64 / 8.0 - 1.0)).collect() };
    let lanes = |n: usize| numbers(n * width.lanes());
    let (w, b) = (numbers(g.weights()), numbers(g.kernels));
    let (x, mut z) = (lanes(g.inputs()), lanes(g.outputs()));
    let (mut dx, mut dw, mut packed) = (x.clone(), w.clone(), w.clone());
    let dz = z.clone();
    let operations = 2.0 * (g.output[0] * g.output[1] * g.weights() * width.lanes()) as f64;
    let speed = |seconds: f64| operations / seconds / 1e9;

    let forward = best(|| T::convolve_at(level, g, width, black_box(&w), Some(&b), &x, black_box(&mut z)));
    let input =
        best(|| T::convolve_input_at(level, g, width, black_box(&w), &dz, &mut packed, black_box(&mut dx)));
    let weights = best(|| T::convolve_weights_at(level, g, width, black_box(&dz), &x, black_box(&mut dw)));
    let pool = Geometry {
        channels: g.kernels,
        input: g.output,
        output: [g.output[0] / 2, g.output[1] / 2],
        kernel: [2, 2],
        stride: [2, 2],
        ..*g
    };
    let mut small = lanes(pool.outputs());
    let mut back = z.clone();
    let max = best(|| T::max_at(level, &pool, width, black_box(&z), black_box(&mut small)));
    let max_input =
        best(|| T::max_input_at(level, &pool, width, &z, black_box(&small), black_box(&mut back)));
    println!(
        "{level:10} {:5} {layer:5} {:8.1} {:9.1} {:11.1} {:8.1} {:9.1}",
        width.lanes(),
        speed(forward),
        speed(input),
        speed(weights),
        1e6 * max,
        1e6 * max_input
    );
}

/// The best of 200 calls, in seconds.
fn best(mut call: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..200 {
        let start = Instant::now();
        call();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}
