//! How fast the matrix products are, in GFLOP/s on one core, for every level of this machine.
//!
//! `cargo run --release -p duet-kernels --example matmul_speed [N_IN N_OUT BATCH]`

use std::hint::black_box;
use std::time::Instant;

use duet_kernels::matmul::{Occupied, Shape};
use duet_kernels::{Buffer, CpuLevel, Real};

fn main() {
    let sizes: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let (n_in, n_out, batch) = if let [a, b, c] = sizes[..] { (a, b, c) } else { (784, 64, 32) };
    let shape = Shape { n_in, n_out, batch };
    println!("n_in {n_in}, n_out {n_out}, batch {batch}: GFLOP/s");
    println!(
        "{:10} {:5} {:>8} {:>11} {:>8} {:>14}",
        "level", "float", "affine", "transposed", "outer", "half of x zero"
    );
    for level in CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected()) {
        measure::<f32>(level, shape, "f32");
        measure::<f64>(level, shape, "f64");
    }
}

fn measure<T: Real>(level: CpuLevel, shape: Shape, float: &str) {
    let Shape { n_in, n_out, batch } = shape;
    let numbers = |n: usize| -> Vec<T> { (0..n).map(|i| T::from_f64((i % 17) as f64 / 8.0 - 1.0)).collect() };
    let aligned = |n: usize| Buffer::from(&*numbers(n));
    let (w, b, x, dz) =
        (aligned(n_in * n_out), aligned(n_out), aligned(n_in * batch), aligned(n_out * batch));
    let (mut z, mut dx, mut dw) = (dz.clone(), x.clone(), w.clone());

    let forward = speed(shape, || T::affine_at(level, shape, black_box(&w), Some(&b), &x, black_box(&mut z)));
    let back = speed(shape, || T::transposed_at(level, shape, black_box(&w), &dz, black_box(&mut dx)));
    let gradient = speed(shape, || T::outer_at(level, shape, black_box(&dz), &x, black_box(&mut dw)));
    print!("{level:10} {float:5} {forward:8.1} {back:11.1} {gradient:8.1}");
    if Occupied::suits(shape) {
        // Blocks of four, every other one empty; counted as if the zeros were computed too.
        let mut occupied = Occupied::new(n_in);
        for example in 0..batch {
            let bytes: Vec<u8> = (0..n_in).map(|i| u8::from((i + 4 * example) % 8 < 4)).collect();
            occupied.mark(example, &bytes);
        }
        let forward = speed(shape, || {
            T::affine_occupied_at(level, shape, &w, Some(&b), black_box(&x), &occupied, &mut z);
        });
        let back =
            speed(shape, || T::outer_occupied_at(level, shape, &dz, black_box(&x), &occupied, &mut dw));
        print!(" {forward:6.1} {back:7.1}");
    }
    println!();
}

/// The best of 20 rounds of at least 10 ms each, in GFLOP/s.
fn speed(shape: Shape, mut product: impl FnMut()) -> f64 {
    let operations = 2.0 * (shape.n_in * shape.n_out * shape.batch) as f64;
    let calls = (2e8 / operations).ceil();
    let mut best = f64::INFINITY;
    for _ in 0..20 {
        let start = Instant::now();
        for _ in 0..calls as usize {
            product();
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    calls * operations / best / 1e9
}
