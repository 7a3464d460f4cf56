//! A step of 4,000 cells of every kind that the networks of Brette et al. 2007 have: their groups, thresholds included.
//!
//! `NEURODUET_CPU` (baseline, avx2, avx512) chooses the level. Divide by 4,000 for ns per cell and step.

use divan::{Bencher, black_box};
use duet_kernels::Real;
use duet_random::Key;
use duet_spiking::Neuron;
use duet_spiking::integrator::Method;
use duet_spiking::neuron::{Build, Input, Kinetics, Lif, Receptor, TraubMiles};
use duet_units::{Capacitance, Time, Voltage};

const CELLS: usize = 4000;

/// How the cells of a benchmark differ.
struct Cells {
    neuron: Neuron,
    receptors: Vec<Receptor>,
    method: Option<Method>,
}

fn lif() -> Neuron {
    Neuron::Lif(Lif {
        tau_m: Time::new(20.0),
        c_m: Capacitance::new(200.0),
        e_l: Voltage::new(-60.0),
        v_reset: Voltage::new(-60.0),
        v_th: Voltage::new(-50.0),
        t_ref: Time::new(5.0),
        ..Lif::default()
    })
}

/// Two exponential currents, or conductances with the reversal potentials of the benchmarks.
fn two(conductances: bool) -> Vec<Receptor> {
    [(5.0, 0.0), (10.0, -80.0)]
        .map(|(tau, e_rev)| {
            let kinetics = Kinetics::Exponential { tau };
            if conductances {
                Receptor::Conductance { kinetics, e_rev, block: None }
            } else {
                Receptor::Current(kinetics)
            }
        })
        .into()
}

fn delta() -> Cells {
    Cells { neuron: lif(), receptors: vec![Receptor::Delta], method: None }
}

fn currents() -> Cells {
    Cells { neuron: lif(), receptors: two(false), method: None }
}

fn conductances() -> Cells {
    Cells { neuron: lif(), receptors: two(true), method: Some(Method::ExponentialEuler) }
}

fn traub_miles() -> Cells {
    let neuron = Neuron::TraubMiles(TraubMiles::default());
    Cells { neuron, receptors: two(true), method: Some(Method::ExponentialEuler) }
}

/// One step under arrivals that keep every cell moving; whoever fires is reset.
fn step<T: Real>(bencher: Bencher<'_, '_>, cells: &Cells) {
    let build = Build { receptors: &cells.receptors, method: cells.method, ..Build::cells(CELLS, 0.1) };
    let mut group = cells.neuron.group::<T>(&build);
    let mut stream = Key::new(4).stream("bench", 0);
    let mut drawn = || (0..CELLS).map(|_| T::from_f64(0.1 * stream.uniform())).collect::<Vec<T>>();
    let arrivals: Vec<Vec<T>> = cells.receptors.iter().map(|_| drawn()).collect();
    let bias = drawn();
    let mut fired = Vec::new();
    bencher.counter(divan::counter::ItemsCount::new(CELLS)).bench_local(|| {
        group.integrate(&Input { arrivals: &arrivals, ..Input::constant(&bias) });
        fired.clear();
        group.crossed(&[], &mut fired);
        fired.iter().for_each(|&cell| group.fire(cell as usize));
        black_box(&fired);
    });
}

#[divan::bench(types = [f32, f64])]
fn lif_delta<T: Real>(bencher: Bencher<'_, '_>) {
    step::<T>(bencher, &delta());
}

#[divan::bench(types = [f32, f64])]
fn lif_two_currents<T: Real>(bencher: Bencher<'_, '_>) {
    step::<T>(bencher, &currents());
}

#[divan::bench(types = [f32, f64])]
fn lif_two_conductances<T: Real>(bencher: Bencher<'_, '_>) {
    step::<T>(bencher, &conductances());
}

#[divan::bench(types = [f32, f64])]
fn traub_miles_two_conductances<T: Real>(bencher: Bencher<'_, '_>) {
    step::<T>(bencher, &traub_miles());
}
