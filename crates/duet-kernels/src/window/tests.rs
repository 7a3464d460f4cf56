use super::{Geometry, Width, Windows};
use crate::{CpuLevel, Real};
use proptest::prelude::*;

/// Numbers between -1 and 1 that repeat with a long period; small whole multiples of 1/64, so that sums of them are exact.
fn numbers<T: Real>(n: usize, seed: u64) -> Vec<T> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        T::from_f64(((state >> 57) as f64 - 64.0) / 64.0)
    };
    (0..n).map(|_| next()).collect()
}

/// The plain definition: every (place, cell, channel, kernel) with its output, input and weight.
fn taps(g: &Geometry) -> Vec<(usize, usize, usize)> {
    let mut taps = Vec::new();
    for kernel in 0..g.kernels {
        for y in 0..g.output[0] {
            for x in 0..g.output[1] {
                for channel in 0..g.channels {
                    for r in 0..g.kernel[0] {
                        for c in 0..g.kernel[1] {
                            let out = (kernel * g.output[0] + y) * g.output[1] + x;
                            let row = channel * g.input[0] + y * g.stride[0] + r;
                            let cell = (channel * g.kernel[0] + r) * g.kernel[1] + c;
                            taps.push((
                                out,
                                row * g.input[1] + x * g.stride[1] + c,
                                cell * g.kernels + kernel,
                            ));
                        }
                    }
                }
            }
        }
    }
    taps
}

fn levels() -> impl Iterator<Item = CpuLevel> {
    CpuLevel::ALL.into_iter().filter(|&level| level <= CpuLevel::detected())
}

/// All sums of small multiples of 1/64 are exact in either float, so every level must give the definition's bits.
fn convolution_is_its_definition<T: Real>(g: &Geometry, width: Width, groups: usize, seed: u64) {
    let lanes = width.lanes();
    let (w, bias) = (numbers::<T>(g.weights(), seed), numbers::<T>(g.kernels, seed + 1));
    let x = numbers::<T>(groups * g.inputs() * lanes, seed + 2);
    let dz = numbers::<T>(groups * g.outputs() * lanes, seed + 3);
    let places = (g.output[0] * g.output[1]).max(1);
    let kernel = |i: usize| i / lanes % g.outputs() / places;
    let mut z: Vec<T> = (0..dz.len()).map(|i| bias[kernel(i)]).collect();
    let mut dx = vec![T::ZERO; x.len()];
    let mut dw = vec![T::ZERO; w.len()];
    let mut db = vec![T::ZERO; g.kernels];
    for group in 0..groups {
        for &(out, input, weight) in &taps(g) {
            let (out, input) = (group * g.outputs() + out, group * g.inputs() + input);
            for l in 0..lanes {
                let (out, input) = (out * lanes + l, input * lanes + l);
                z[out] += w[weight] * x[input];
                dx[input] += w[weight] * dz[out];
                dw[weight] += x[input] * dz[out];
            }
        }
    }
    for (i, &dz) in dz.iter().enumerate() {
        db[kernel(i)] += dz;
    }
    for level in levels() {
        let mut got = vec![T::ZERO; z.len()];
        T::convolve_at(level, g, width, &w, Some(&bias), &x, &mut got);
        assert_eq!(got, z, "forward, {level}, {g:?}");
        let (mut packed, mut got) = (vec![T::ZERO; w.len()], vec![T::ONE; x.len()]);
        T::convolve_input_at(level, g, width, &w, &dz, &mut packed, &mut got);
        assert_eq!(got, dx, "to the input, {level}, {g:?}");
        let mut got = vec![T::ONE; w.len()];
        T::convolve_weights_at(level, g, width, &dz, &x, &mut got);
        assert_eq!(got, dw, "to the weights, {level}, {g:?}");
        let mut got = vec![T::ONE; g.kernels];
        T::convolve_bias_at(level, g, width, &dz, &mut got);
        assert_eq!(got, db, "to the bias, {level}, {g:?}");
    }
}

fn geometry(
    channels: usize,
    output: [usize; 2],
    kernels: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
) -> Geometry {
    let input = [0, 1].map(|axis| (output[axis] - 1) * stride[axis] + kernel[axis]);
    Geometry { channels, input, kernels, output, kernel, stride }
}

#[test]
fn convolutions_in_use() {
    for (channels, output, kernels, kernel) in
        [(3, [7, 9], 6, [5, 5]), (6, [10, 10], 16, [5, 5]), (2, [4, 3], 9, [3, 3]), (1, [1, 1], 1, [1, 1])]
    {
        let g = geometry(channels, output, kernels, kernel, [1, 1]);
        for width in Width::ALL {
            convolution_is_its_definition::<f32>(&g, width, 2, 1);
            convolution_is_its_definition::<f64>(&g, width, 1, 2);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_convolution(
        channels in 1_usize..8, rows in 1_usize..5, columns in 1_usize..8, kernels in 1_usize..12,
        kernel in [1_usize..7, 1_usize..7], stride in [1_usize..4, 1_usize..4], seed: u32,
    ) {
        let g = geometry(channels, [rows, columns], kernels, kernel, stride);
        for width in Width::ALL {
            convolution_is_its_definition::<f32>(&g, width, 1, seed.into());
        }
    }

    #[test]
    fn any_pool(
        channels in 1_usize..4, rows in 1_usize..5, columns in 1_usize..5,
        kernel in [1_usize..4, 1_usize..4], stride in [1_usize..4, 1_usize..4], seed: u32,
    ) {
        let g = geometry(channels, [rows, columns], channels, kernel, stride);
        for width in Width::ALL {
            pools_are_their_definition(&g, width, seed.into());
        }
    }
}

fn pools_are_their_definition(g: &Geometry, width: Width, seed: u64) {
    let lanes = width.lanes();
    let x = numbers::<f32>(2 * g.inputs() * lanes, seed);
    let dz = numbers::<f32>(2 * g.outputs() * lanes, seed + 1);
    let area = (g.kernel[0] * g.kernel[1]) as f32;
    // Every kernel of `taps` sees all channels; a pool only its own.
    let planes = (g.input[0] * g.input[1], g.output[0] * g.output[1]);
    let own: Vec<(usize, usize)> = taps(g)
        .into_iter()
        .map(|(out, input, _)| (out, input))
        .filter(|(out, input)| out / planes.1 == input / planes.0)
        .collect();
    for level in levels() {
        let (mut mean, mut most) = (vec![0.0; dz.len()], vec![0.0; dz.len()]);
        let (mut to_all, mut to_winner) = (vec![1.0; x.len()], vec![1.0; x.len()]);
        f32::average_at(level, g, width, &x, &mut mean);
        f32::average_input_at(level, g, width, &dz, &mut to_all);
        f32::max_at(level, g, width, &x, &mut most);
        f32::max_input_at(level, g, width, &x, &dz, &mut to_winner);
        let (mut given, mut shared) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        for group in 0..2 {
            for out in 0..g.outputs() {
                let window: Vec<usize> = own.iter().filter(|tap| tap.0 == out).map(|tap| tap.1).collect();
                for l in 0..lanes {
                    let at = (group * g.outputs() + out) * lanes + l;
                    let inputs = || window.iter().map(|&i| (group * g.inputs() + i) * lanes + l);
                    let sum: f32 = inputs().map(|i| x[i]).sum();
                    assert!((mean[at] - sum / area).abs() < 1e-6);
                    let largest = inputs().map(|i| x[i]).fold(f32::MIN, f32::max);
                    assert_eq!(most[at], largest);
                    let winner = inputs().find(|&i| x[i] == largest).unwrap();
                    given[winner] += dz[at];
                    inputs().for_each(|i| shared[i] += dz[at] / area);
                }
            }
        }
        assert_eq!(to_winner, given, "{level} {g:?}");
        assert!(to_all.iter().zip(&shared).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}

#[test]
fn a_nan_under_the_window_is_the_maximum() {
    let g = geometry(1, [1, 1], 1, [2, 2], [2, 2]);
    for place in 0..4 {
        let mut x = [[1.0_f32; 8]; 4];
        x[place][3] = f32::NAN;
        let mut z = [0.0; 8];
        for level in levels() {
            f32::max_at(level, &g, Width::Eight, x.as_flattened(), &mut z);
            assert!(z[3].is_nan() && z[2] == 1.0, "{place} {level}");
        }
    }
}

#[test]
#[should_panic(expected = "the window reaches 4 on an axis of 3")]
fn a_window_beyond_the_grid_is_refused() {
    let g =
        Geometry { channels: 1, input: [3, 3], kernels: 1, output: [2, 2], kernel: [3, 3], stride: [1, 1] };
    f32::max_at(CpuLevel::Baseline, &g, Width::Eight, &[0.0; 72], &mut [0.0; 32]);
}

proptest! {
    #[test]
    fn there_and_back(units in 1_usize..70, examples in 1_usize..40, seed: u32) {
        let rows = numbers::<f32>(units * examples, seed.into());
        for level in levels() {
            for width in Width::ALL {
                let lanes = width.lanes();
                let mut turned = vec![f32::NAN; units * examples.next_multiple_of(lanes)];
                f32::to_lanes_at(level, units, width, &rows, &mut turned);
                for (i, &x) in turned.iter().enumerate() {
                    let (group, unit, lane) = (i / lanes / units, i / lanes % units, i % lanes);
                    let wanted = rows.get((group * lanes + lane) * units + unit).copied().unwrap_or(0.0);
                    prop_assert_eq!(x, wanted);
                }
                let mut back = vec![f32::NAN; rows.len()];
                f32::from_lanes_at(level, units, width, &turned, &mut back);
                prop_assert_eq!(&back, &rows);
            }
        }
    }
}
