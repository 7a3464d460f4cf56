//! Every neuron model of the registry, with every integrator that it accepts, under a current that makes it fire.

use duet_random::Key;
use duet_spiking::neuron::{Build, Group, Input, InputUnit};
use duet_spiking::{Integrator, Neuron, Simulation, SpikingSide};
use duet_topology::{Network, NetworkSpec};
use duet_units::{Describe, Shape};

/// The kinds of a choice by name.
fn kinds<T: Describe>() -> Vec<&'static str> {
    match T::shape() {
        Shape::Choice { entries, .. } => entries.iter().map(|entry| entry.name).collect(),
        _ => panic!("a choice"),
    }
}

fn network(size: usize) -> Network {
    let spec: NetworkSpec = toml::from_str(&format!("population.cell.size = {size}")).unwrap();
    spec.realize(Key::new(0)).unwrap()
}

fn side(neuron: &str, integrator: &str, dt: f64) -> SpikingSide {
    toml::from_str(&format!("dt = '{dt} ms'\nneuron.{neuron} = {{}}\nintegrator.{integrator} = {{}}"))
        .unwrap()
}

/// Twice the current at which it begins to fire; where that has no closed form, a current at which it is known to.
fn strong(neuron: &Neuron) -> f64 {
    let stated = match neuron.input_unit() {
        InputUnit::Current => 1000.0,
        // Between Hodgkin and Huxley's 6 and Morris and Lecar's 94 to 212 uA/cm2 there is one for both.
        InputUnit::Density => 110.0,
        InputUnit::Number => 20.0,
    };
    neuron.rheobase().map_or(stated, |rheobase| 2.0 * rheobase)
}

/// What cell 0 did in `ms`: its spikes and all its variables at every step, as bits.
struct Run {
    spikes: Vec<f64>,
    bits: Vec<u64>,
}

fn run(side: &SpikingSide, size: usize, ms: f64) -> Run {
    let (dt, current) = (side.dt.get(), strong(&side.neuron));
    let mut simulation = Simulation::<f64>::new(&network(size), side, &[], 0, Key::new(7)).unwrap();
    // Neighbours get other currents, so that a number taken from the wrong cell shows.
    (0..size).for_each(|cell| simulation.inject(0, cell, current * (1.0 - 0.3 * cell as f64)));
    let mut run = Run { spikes: Vec::new(), bits: Vec::new() };
    for _ in 0..(ms / dt).round() as usize {
        simulation.step(&[]);
        let fired = simulation.spikes(0).iter().filter(|&&cell| cell == 0);
        run.spikes.extend(fired.map(|_| simulation.spike_time(0, 0)));
        let variables = 0..simulation.variables(0).len();
        run.bits.extend(variables.map(|variable| simulation.value(0, variable, 0).unwrap().to_bits()));
    }
    simulation.check().unwrap_or_else(|error| panic!("{}: {error}", side.neuron.name()));
    run
}

/// The integrators that a model accepts, by name.
fn accepted(neuron: &str) -> Vec<&'static str> {
    let exact = side(neuron, "exact", 0.05).neuron.is_exact(&[]);
    kinds::<Integrator>().into_iter().filter(|&name| name != "exact" || exact).collect()
}

#[test]
fn every_model_fires_stays_finite_and_is_alone_in_its_cell() {
    assert!(kinds::<Neuron>().len() >= 8);
    for neuron in kinds::<Neuron>() {
        for integrator in accepted(neuron) {
            let side = side(neuron, integrator, 0.05);
            let (one, three) = (run(&side, 1, 400.0), run(&side, 3, 400.0));
            assert!(!one.spikes.is_empty(), "{neuron} by {integrator} is silent");
            assert!(one.bits == three.bits, "{neuron} by {integrator}: other cells make a difference");
            assert_eq!(one.spikes, three.spikes, "{neuron} by {integrator}");
        }
    }
}

#[test]
fn two_ways_of_solving_agree() {
    for neuron in kinds::<Neuron>() {
        // A model that is exact by itself asks no integrator.
        let (fixed, adaptive) = (side(neuron, "rk4", 0.01), side(neuron, "rkf45", 0.1));
        let (a, b) = (run(&fixed, 1, 100.0).spikes, run(&adaptive, 1, 100.0).spikes);
        // Chance, and what counts in steps: another step is another model.
        if ["poisson", "mcculloch_pitts", "integrate_and_fire"].contains(&neuron) {
            continue;
        }
        assert!(a.len().abs_diff(b.len()) <= 1, "{neuron}: {} and {} spikes", a.len(), b.len());
        // On the grid every spike is up to a step late, and what follows it with it.
        for (k, (a, b)) in a.iter().zip(&b).take(10).enumerate() {
            let late = a - b;
            assert!(late > -0.002 && late < 0.012 * (k + 1) as f64, "{neuron}: spike {k} at {a} and {b} ms");
        }
    }
}

#[test]
fn single_precision_fires_like_double_precision() {
    for neuron in kinds::<Neuron>() {
        let side = side(neuron, "rk4", 0.05);
        let mut simulation = Simulation::<f32>::new(&network(1), &side, &[], 0, Key::new(7)).unwrap();
        simulation.inject(0, 0, strong(&side.neuron));
        let mut spikes = 0;
        for _ in 0..8000 {
            simulation.step(&[]);
            spikes += simulation.spikes(0).len();
        }
        let double = run(&side, 1, 400.0).spikes.len();
        assert!(spikes.abs_diff(double) <= 1 + double / 100, "{neuron}: {spikes} and {double} spikes");
    }
}

/// A cell that is put back where it was does what it did then, wherever it has got to in the meantime: inside a refractory period
/// too.
#[test]
fn a_cell_that_is_put_back_forgets_what_came_after() {
    for neuron in kinds::<Neuron>().into_iter().filter(|&neuron| neuron != "poisson") {
        for integrator in accepted(neuron) {
            let side = side(neuron, integrator, 0.05);
            let method = side.integrator.as_ref().and_then(Integrator::method);
            let mut group = side.neuron.group::<f64>(&Build { method, ..Build::cells(1, 0.05) });
            let current = [strong(&side.neuron)];
            let step = |group: &mut Box<dyn Group<f64>>| {
                group.integrate(&Input { current: &current, ..Input::constant(&[]) });
                let mut fired = Vec::new();
                group.crossed(&[], &mut fired);
                fired.iter().for_each(|&cell| group.fire(cell as usize));
                (group.v(0).to_bits(), fired.len())
            };
            for _ in 0..37 {
                step(&mut group);
            }
            let mut saved = Vec::new();
            group.save(0, &mut saved);
            let course = |group: &mut Box<dyn Group<f64>>| (0..900).map(|_| step(group)).collect::<Vec<_>>();
            let expected = course(&mut group);
            // From right after each spike, and from between.
            for later in (0..900).filter(|&later| expected[later].1 > 0 || later % 60 == 59).take(30) {
                group.restore(0, &mut saved.iter().copied());
                for _ in 0..=later {
                    step(&mut group);
                }
                group.restore(0, &mut saved.iter().copied());
                assert!(
                    course(&mut group) == expected,
                    "{neuron} by {integrator}: put back after {later} steps"
                );
            }
        }
    }
}
