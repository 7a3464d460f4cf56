//! Every product at every level of this machine against its scalar twin, bit for bit.

use super::{Occupied, Products, Shape};
use crate::elementwise::{AdamStep, Elementwise};
use crate::{CpuLevel, Real};
use proptest::prelude::*;

/// Numbers without pattern, of both signs, from a linear congruential generator.
fn numbers<T: Real>(n: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        T::from_f64((state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0)
    };
    (0..n).map(|_| draw()).collect()
}

/// The level's own way to add a product.
fn multiply_add<T: Real>(level: CpuLevel, a: T, b: T, c: T) -> T {
    if level == CpuLevel::Baseline { a * b + c } else { a.mul_add(b, c) }
}

/// One result: `start` plus the products of `pairs`, in order.
fn chain<T: Real>(level: CpuLevel, start: T, pairs: impl Iterator<Item = (T, T)>) -> T {
    pairs.fold(start, |sum, (a, b)| multiply_add(level, a, b, sum))
}

fn bits<T: Real>(numbers: &[T]) -> Vec<u64> {
    numbers.iter().map(|x| x.to_f64().to_bits()).collect()
}

fn twins_agree<T: Real>(shape: Shape, seed: u64) {
    let Shape { n_in, n_out, batch } = shape;
    let (w, b) = (numbers::<T>(n_in * n_out, seed), numbers::<T>(n_out, seed + 1));
    let (x, dz) = (numbers::<T>(n_in * batch, seed + 2), numbers::<T>(n_out * batch, seed + 3));
    let nan = T::from_f64(f64::NAN);
    for level in CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected()) {
        // NaN shows a result that was not written.
        let (mut z, mut dx) = (vec![nan; n_out * batch], vec![nan; n_in * batch]);
        let (mut dw, mut db) = (vec![nan; n_in * n_out], vec![nan; n_out]);

        for bias in [Some(&b[..]), None] {
            z.fill(nan);
            T::affine_at(level, shape, &w, bias, &x, &mut z);
            let twin = |k: usize| {
                let (e, o) = (k / n_out, k % n_out);
                let start = bias.map_or(T::ZERO, |b| b[o]);
                chain(level, start, (0..n_in).map(|i| (w[i * n_out + o], x[e * n_in + i])))
            };
            let want: Vec<T> = (0..z.len()).map(twin).collect();
            assert_eq!(bits(&z), bits(&want), "affine, {level}, {shape:?}");
        }

        T::transposed_at(level, shape, &w, &dz, &mut dx);
        let twin = |k: usize| {
            let (e, i) = (k / n_in, k % n_in);
            chain(level, T::ZERO, (0..n_out).map(|o| (w[i * n_out + o], dz[e * n_out + o])))
        };
        let want: Vec<T> = (0..dx.len()).map(twin).collect();
        assert_eq!(bits(&dx), bits(&want), "transposed, {level}, {shape:?}");

        T::outer_at(level, shape, &dz, &x, &mut dw);
        let twin = |k: usize| {
            let (i, o) = (k / n_out, k % n_out);
            chain(level, T::ZERO, (0..batch).map(|e| (dz[e * n_out + o], x[e * n_in + i])))
        };
        let want: Vec<T> = (0..dw.len()).map(twin).collect();
        assert_eq!(bits(&dw), bits(&want), "outer, {level}, {shape:?}");

        T::row_sums_at(level, shape, &dz, &mut db);
        let twin = |o: usize| (0..batch).fold(T::ZERO, |sum, e| sum + dz[e * n_out + o]);
        let want: Vec<T> = (0..n_out).map(twin).collect();
        assert_eq!(bits(&db), bits(&want), "row_sums, {level}, {shape:?}");
    }
}

#[test]
fn shapes_in_use() {
    for (n_in, n_out, batch) in [(784, 64, 32), (64, 10, 32), (2, 1, 1), (10, 130, 33), (1, 200, 5)] {
        twins_agree::<f32>(Shape { n_in, n_out, batch }, 1);
        twins_agree::<f64>(Shape { n_in, n_out, batch }, 2);
    }
}

#[test]
fn empty_shapes() {
    for (n_in, n_out, batch) in [(0, 3, 2), (3, 0, 2), (3, 2, 0), (0, 0, 0), (0, 40, 0)] {
        twins_agree::<f32>(Shape { n_in, n_out, batch }, 3);
    }
}

proptest! {
    #[test]
    fn any_shape(n_in in 0_usize..80, n_out in 0_usize..150, batch in 0_usize..70, seed: u32) {
        twins_agree::<f32>(Shape { n_in, n_out, batch }, seed.into());
        twins_agree::<f64>(Shape { n_in, n_out, batch }, seed.into());
    }
}

// An example must not see its neighbours, nor a zero hide an infinity.
#[test]
fn a_nan_stays_in_its_own_example_and_zero_times_infinity_is_nan() {
    let shape = Shape { n_in: 3, n_out: 5, batch: 7 };
    let mut w = vec![1.0_f32; 15];
    w[2 * 5 + 4] = f32::INFINITY;
    let mut x = vec![1.0; 21];
    x[3 * 3 + 2] = 0.0;
    x[5 * 3] = f32::NAN;
    for level in CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected()) {
        let mut z = vec![0.0; 35];
        f32::affine_at(level, shape, &w, None, &x, &mut z);
        for (k, value) in z.iter().enumerate() {
            let (e, o) = (k / 5, k % 5);
            assert_eq!(value.is_nan(), e == 5 || (e == 3 && o == 4), "example {e}, output {o}: {value}");
        }
    }
}

#[test]
#[should_panic(expected = "x has 5 numbers, not 3 x 2 (n_in 3, n_out 1, batch 2)")]
fn wrong_lengths_are_refused() {
    let shape = Shape { n_in: 3, n_out: 1, batch: 2 };
    f64::affine_at(CpuLevel::Baseline, shape, &[0.0; 3], None, &[0.0; 5], &mut [0.0; 2]);
}

proptest! {
    // Zeros are of either sign where a sum is empty, so numbers are compared, not bits.
    #[test]
    fn leaving_out_zeros_changes_nothing(blocks in 1_usize..40, lanes in 1_usize..10, batch in 1_usize..33, seed: u32) {
        let shape = Shape { n_in: 4 * blocks, n_out: 16 * lanes, batch };
        let Shape { n_in, n_out, .. } = shape;
        let w = numbers::<f32>(n_in * n_out, u64::from(seed));
        let bias = numbers::<f32>(n_out, u64::from(seed) + 1);
        let dz = numbers::<f32>(n_out * batch, u64::from(seed) + 2);
        let mut occupied = Occupied::new(n_in);
        let mut bytes = vec![0_u8; n_in * batch];
        for (i, byte) in bytes.iter_mut().enumerate() {
            let draw = (i as u64 / 3).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(seed);
            *byte = if draw.count_ones().is_multiple_of(3) { (draw >> 20) as u8 } else { 0 };
        }
        for (example, bytes) in bytes.chunks(n_in).enumerate() {
            occupied.mark(example, bytes);
        }
        let x: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        for level in CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected()) {
            let (mut all, mut some) = (vec![0.0; n_out * batch], vec![1.0; n_out * batch]);
            f32::affine_at(level, shape, &w, Some(&bias), &x, &mut all);
            f32::affine_occupied_at(level, shape, &w, Some(&bias), &x, &occupied, &mut some);
            prop_assert_eq!(&all, &some);
            let (mut all, mut some) = (vec![0.0; n_out * n_in], vec![1.0; n_out * n_in]);
            f32::outer_at(level, shape, &dz, &x, &mut all);
            f32::outer_occupied_at(level, shape, &dz, &x, &occupied, &mut some);
            prop_assert_eq!(&all, &some);
            // And the step of Adam is that of the gradient.
            let step = AdamStep {
                beta_1: [0.9, 0.1], beta_2: [0.999, 0.001], rate: 0.01, widen: 31.6, epsilon: 1e-8, decay: 0.01,
                shrink: 0.999, smallest: 1e-30,
            };
            let start = || [numbers::<f32>(n_out * n_in, 7), vec![0.25; n_out * n_in], w.clone()];
            let ([mut m, mut v, mut by_two], [mut m1, mut v1, mut by_one]) = (start(), start());
            f32::adam_at(level, &step, &mut m, &mut v, &mut by_two, &some);
            f32::adam_occupied_at(level, shape, &dz, &x, &occupied, &step, &mut m1, &mut v1, &mut by_one);
            prop_assert_eq!((m, v, by_two), (m1, v1, by_one));
        }
    }
}
