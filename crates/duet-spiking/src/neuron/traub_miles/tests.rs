//! The membrane against its own laws, and its kernel against the integrator.

use super::*;
use crate::integrator::Method;
use crate::neuron::{Input, Kinetics, OdeGroup, Receptor};

const E_REV: [f64; 2] = [0.0, -80.0];
const TAU: [f64; 2] = [5.0, 10.0];
/// Benchmark 3's weights in nS.
const WEIGHT: [f64; 2] = [6.0, 67.0];

fn receptors() -> [Receptor; 2] {
    [0, 1].map(|k| Receptor::Conductance {
        kinetics: Kinetics::Exponential { tau: TAU[k] },
        e_rev: E_REV[k],
        block: None,
    })
}

#[test]
fn the_diagonal_is_the_slope_of_the_slope() {
    let cell = TraubMiles::default().equations();
    let x = [-30.0, 0.4, 0.3, 0.6];
    for (i, found) in cell.diagonal(&x, -7.0).into_iter().enumerate() {
        let h = 1e-5;
        let moved = |by: f64| {
            let mut at = x;
            at[i] += by;
            cell.derivative(&at, -7.0 * at[0])[i]
        };
        let slope = (moved(h) - moved(-h)) / (2.0 * h);
        assert!((found - slope).abs() < 1e-6 * slope.abs(), "{i}: {found} {slope}");
    }
}

/// Arrivals of a noisy drive at a step: Poisson-like counts from a hash, the same for every cell that is compared.
fn arrivals(step: usize, strength: f64) -> [f64; 2] {
    let mut hash = (step as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    hash ^= hash >> 32;
    let (excited, inhibited) = ((hash & 0xffff) as f64 / 65_536.0, (hash >> 16 & 0xffff) as f64 / 65_536.0);
    [if excited < 0.25 { strength } else { 0.0 }, if inhibited < 0.02 { 0.3 * strength } else { 0.0 }]
}

/// V at every step and the number of spikes that a group makes of it.
fn grouped<T: Real>(mut group: Box<dyn Group<T>>, steps: usize, strength: f64) -> (Vec<f64>, usize) {
    let (mut trace, mut spikes, mut cells) = (Vec::new(), 0, Vec::new());
    for step in 0..steps {
        let arriving = arrivals(step, strength);
        let arriving = [0, 1].map(|k| vec![T::from_f64(WEIGHT[k] * arriving[k])]);
        group.integrate(&Input { arrivals: &arriving, ..Input::constant(&[T::ZERO]) });
        cells.clear();
        group.crossed(&[], &mut cells);
        cells.iter().for_each(|&cell| group.fire(cell as usize));
        spikes += cells.len();
        trace.push(group.v(0));
    }
    (trace, spikes)
}

/// Cell by cell in f64.
fn scalar(dt: f64) -> Box<dyn Group<f64>> {
    let receptors = receptors();
    let method = Some(Method::ExponentialEuler);
    let build = Build { receptors: &receptors, method, ..Build::cells(1, dt) };
    Box::new(OdeGroup::new(TraubMiles::default().equations(), &build))
}

fn kernels<T: Real>(dt: f64) -> Box<dyn Group<T>> {
    let receptors = receptors();
    let method = Some(Method::ExponentialEuler);
    TraubMiles::default().group(&Build { receptors: &receptors, method, ..Build::cells(1, dt) })
}

fn furthest(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[test]
fn the_kernel_is_the_integrator_s_exponential_euler() {
    // 10 ms below threshold.
    let (expected, spikes) = grouped(scalar(0.1), 100, 0.005);
    assert_eq!(spikes, 0);
    assert!(furthest(&expected, &[-60.0; 100]) > 1.0, "{expected:?}");
    let (double, single) =
        (grouped(kernels::<f64>(0.1), 100, 0.005).0, grouped(kernels::<f32>(0.1), 100, 0.005).0);
    assert!(furthest(&expected, &double) < 1e-10, "{}", furthest(&expected, &double));
    assert!(furthest(&expected, &single) < 1e-3, "{}", furthest(&expected, &single));
    // A second of spikes.
    for strength in [0.05, 0.2, 0.5] {
        let (expected, spikes) = grouped(scalar(0.1), 10_000, strength);
        let (double, of_double) = grouped(kernels::<f64>(0.1), 10_000, strength);
        let (_, of_single) = grouped(kernels::<f32>(0.1), 10_000, strength);
        assert!(spikes > 5, "{strength}");
        assert_eq!((spikes, spikes), (of_double, of_single), "{strength}");
        assert!(furthest(&expected, &double) < 1e-6, "{}", furthest(&expected, &double));
    }
}

/// Half the step, half the error of V before the first spike; Runge-Kutta is the reference.
#[test]
fn it_converges_to_runge_kutta() {
    let v = |method: Method, dt: f64| {
        let build = Build { method: Some(method), ..Build::cells(1, dt) };
        let mut group: Box<dyn Group<f64>> = TraubMiles::default().group(&build);
        (0..(5.0 / dt).round() as usize)
            .for_each(|_| group.integrate(&Input { current: &[60.0], ..Input::constant(&[0.0]) }));
        group.v(0)
    };
    let reference = v(Method::Rk4, 0.005);
    let error = |dt: f64| (v(Method::ExponentialEuler, dt) - reference).abs();
    let order = duet_kernels::math::log2(error(0.02) / error(0.01));
    assert!((order - 1.0).abs() < 0.1, "{order}");
}

/// Sodium that is open at the leak's potential makes a pacemaker of it; a current that closes those channels lets it rest, and
/// where it begins to fire again it does so slowly.
#[test]
fn it_is_a_pacemaker_of_class_one() {
    let rate = |current: f64| {
        let mut group: Box<dyn Group<f64>> = TraubMiles::default().group(&Build::cells(1, 0.02));
        let (mut cells, mut times) = (Vec::new(), Vec::new());
        for step in 0..50_000 {
            group.integrate(&Input { current: &[current], ..Input::constant(&[0.0]) });
            cells.clear();
            group.crossed(&[], &mut cells);
            times.extend(cells.iter().map(|_| f64::from(step) * 0.02));
        }
        match times[..] {
            [.., a, b] => 1000.0 / (b - a),
            _ => 0.0,
        }
    };
    assert_eq!(rate(-40.0), 0.0);
    let slow = rate(-30.0);
    assert!(slow > 2.5 && slow < 4.5, "{slow}");
    let alone = rate(0.0);
    assert!((alone - 13.85).abs() < 0.05, "{alone}");
    assert!((rate(300.0) - 59.03).abs() < 0.2);
}
