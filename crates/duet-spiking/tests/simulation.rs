//! The engine from outside: hand counts, delays, inhibition, learning and checkpoints on networks of a few cells.

use duet_random::Key;
use duet_spiking::{Simulation, SpikingNet, SpikingSide};
use duet_topology::{Network, NetworkSpec};

fn network(text: &str) -> Network {
    let spec: NetworkSpec = toml::from_str(text).expect("a network");
    assert_eq!(spec.problems(), []);
    spec.realize(Key::new(1)).expect("a network")
}

fn side(text: &str) -> SpikingSide {
    toml::from_str(text).expect("a side")
}

/// 3 inputs, 2 hidden cells, 1 output cell; weights so large that every arrival fires its target.
fn three_two_one() -> Network {
    network(
        "population.input.size = 3\npopulation.hidden.size = 2\npopulation.output.size = 1\n\
         projection.a = { from = 'input', to = 'hidden', weights.constant = 1.0 }\n\
         projection.b = { from = 'hidden', to = 'output', weights.constant = 1.0 }",
    )
}

const STRONG: &str = "synapse.delta = {}\nweight_unit = '100 mV'\nneuron.lif = { t_ref = '0 ms' }\n";

#[test]
fn operations_are_counted_as_by_hand() {
    // One spike per input in 10 steps (100 Hz, 10 ms): 3 · 2 events at the hidden cells. Each arrival fires both hidden
    // cells, whose spikes make 1 event each; the last arrivals fall into later steps unless they come early enough.
    let encode = "encode.latency = { window = '4 ms' }\n";
    let mut net =
        SpikingNet::<f64>::new(&three_two_one(), &side(&format!("{STRONG}{encode}")), 1, 10.0, Key::new(1))
            .unwrap();
    net.answer(&[1.0, 0.5, 0.0], None, 0).unwrap();
    let activity = net.take_activity();
    // Input 0 fires in the first step, input 1 two steps later, input 2 never: 2 spikes, 2 · 2 events; each wave fires
    // both hidden cells (4 spikes, 4 events), each pair of them fires the output once (2 spikes).
    assert_eq!(activity.spikes, [2, 4, 2]);
    assert_eq!(activity.events, [4, 4]);
    assert_eq!(activity.updates, 10 * 3);
    assert_eq!(activity.examples, 1);
    assert_eq!(net.take_activity().examples, 0, "counters are cleared");
}

#[test]
fn a_silent_input_costs_no_synaptic_work() {
    let mut net = SpikingNet::<f32>::new(&three_two_one(), &side(STRONG), 1, 10.0, Key::new(1)).unwrap();
    net.answer(&[0.0; 3], None, 0).unwrap();
    assert_eq!(net.take_activity().events, [0, 0]);
}

#[test]
fn spikes_arrive_after_their_own_delay() {
    let network = network(
        "population.input.size = 1\npopulation.cell.size = 40\n\
         projection.a = { from = 'input', to = 'cell', weights.constant = 1.0, delay.uniform = { low = '2 ms', high = '9 ms' } }",
    );
    let Some(duet_topology::Delays::PerSynapse(delays)) = network.projections["a"].delays.clone() else {
        panic!("drawn delays")
    };
    let mut simulation = Simulation::<f64>::new(&network, &side(STRONG), &[0], 1, Key::new(1)).unwrap();
    simulation.step(&[(0, &[0])]);
    let mut fired = vec![None; 40];
    for _ in 0..12 {
        simulation.step(&[]);
        for &cell in simulation.spikes(1) {
            fired[cell as usize] = Some(simulation.time());
        }
    }
    for (cell, delay) in delays.iter().enumerate() {
        assert_eq!(fired[cell], Some(1.0 + delay.round()), "cell {cell}: a spike at 1 ms, {delay} ms away");
    }
}

#[test]
fn the_winner_takes_all() {
    let network = network(
        "population.input.size = 1\npopulation.cell.size = 5\n\
         projection.a = { from = 'input', to = 'cell', weights.uniform = { low = 0.5, high = 1.0 } }",
    );
    let text = format!("{STRONG}population.cell.inhibition.winner_take_all = {{}}");
    let mut simulation = Simulation::<f64>::new(&network, &side(&text), &[0], 1, Key::new(1)).unwrap();
    simulation.step(&[(0, &[0])]);
    simulation.step(&[]);
    let weights: Vec<f64> = simulation.weights(0).collect();
    let strongest = (0..5).reduce(|best, i| if weights[i] > weights[best] { i } else { best }).unwrap();
    assert_eq!(simulation.spikes(1), [strongest as u32], "all five crossed; the furthest above fires");
    for cell in 0..5 {
        assert_eq!(simulation.v(1, cell), Some(-65.0), "the others are put to rest, the winner is reset");
    }
}

#[test]
fn stdp_in_the_engine_is_the_window_at_either_delay_site() {
    let network = network(
        "population.pre.size = 1\npopulation.post.size = 1\n\
         projection.a = { from = 'pre', to = 'post', weights.constant = 0.5, delay.constant = '3 ms' }",
    );
    // (site, lag that the rule sees for spikes at t_pre = 20 and t_post): the axon delays the pre, the dendrite the post.
    for (site, shift) in [("axon", -3.0), ("dendrite", 3.0)] {
        for t_post in [10_u64, 17, 22, 24, 40] {
            let text = format!("plasticity.stdp = {{}}\nprojection.a.delay_site = '{site}'");
            let mut simulation =
                Simulation::<f64>::new(&network, &side(&text), &[0, 1], 1, Key::new(1)).unwrap();
            simulation.set_learning(true);
            for step in 1..=60_u64 {
                let spike: &[u32] = &[0];
                let (pre, post) =
                    (if step == 20 { spike } else { &[] }, if step == t_post { spike } else { &[] });
                simulation.step(&[(0, pre), (1, post)]);
            }
            let lag = t_post as f64 - 20.0 + shift;
            let expected = 0.5
                + duet_spiking::plasticity::PairRule::window(
                    &duet_spiking::plasticity::Stdp::default(),
                    0.5,
                    lag,
                );
            let weight = simulation.weights(0).next().unwrap();
            assert!((weight - expected).abs() < 1e-15, "{site}, lag {lag}: {weight} {expected}");
        }
    }
}

#[test]
fn a_restored_state_goes_on_to_the_same_bits() {
    let text = "synapse.exponential = {}\nweight_unit = '500 pA'\nplasticity.three_factor = { rate = 0.01 }\n\
                population.hidden.threshold.adaptive = { increment = '0.5 mV' }";
    let network = network(
        "population.input.size = 4\npopulation.hidden.size = 6\npopulation.output.size = 2\n\
         projection.a = { from = 'input', to = 'hidden', weights.he = {}, bias.uniform = { low = -1.0, high = 1.0 } }\n\
         projection.b = { from = 'hidden', to = 'output', weights.he = {}, bias.zero = {} }",
    );
    let new = || SpikingNet::<f32>::new(&network, &side(text), 2, 30.0, Key::new(5)).unwrap();
    let learn = |net: &mut SpikingNet<f32>, from: u64| {
        for moment in from..from + 20 {
            let values = [1.0, 0.2 * (moment % 3) as f32, 0.5, 0.9];
            net.learn(&values, (moment % 2) as u32, moment).unwrap();
        }
    };
    let mut straight = new();
    learn(&mut straight, 0);
    let saved = straight.save();
    learn(&mut straight, 20);
    let mut resumed = new();
    resumed.restore(&saved).unwrap();
    learn(&mut resumed, 20);
    assert_eq!(resumed.save(), straight.save());
    assert_ne!(straight.save(), saved, "learning changes something");
    let other = three_two_one();
    let mut other = SpikingNet::<f32>::new(&other, &side(STRONG), 1, 10.0, Key::new(1)).unwrap();
    assert!(other.restore(&saved).is_err(), "a state of another network is refused");
}

#[test]
fn single_and_double_precision_tell_the_same_story() {
    let text = "synapse.exponential = {}\nweight_unit = '600 pA'\nencode.poisson = {}";
    let count = |spikes: &[u64]| spikes.iter().sum::<u64>() as f64;
    let mut single = SpikingNet::<f32>::new(&three_two_one(), &side(text), 1, 500.0, Key::new(1)).unwrap();
    let mut double = SpikingNet::<f64>::new(&three_two_one(), &side(text), 1, 500.0, Key::new(1)).unwrap();
    single.answer(&[0.9, 0.5, 0.7], None, 3).unwrap();
    double.answer(&[0.9, 0.5, 0.7], None, 3).unwrap();
    let (a, b) = (count(&single.take_activity().spikes), count(&double.take_activity().spikes));
    assert!(a > 50.0 && (a - b).abs() <= 0.02 * b, "{a} and {b} spikes");
}

#[test]
fn a_step_of_current_is_the_cells_own_constant_current() {
    let network = network("population.cell.size = 2");
    let run = |text: &str| {
        let mut simulation = Simulation::<f64>::new(&network, &side(text), &[], 1, Key::new(1)).unwrap();
        let mut trace = Vec::new();
        for _ in 0..1000 {
            simulation.step(&[]);
            trace.push((simulation.v(0, 1).unwrap(), simulation.spikes(0).len(), simulation.injected(0, 1)));
        }
        trace
    };
    let own = run("dt = '0.1 ms'\nneuron.lif = { i_e = '400 pA' }");
    for stimulus in [
        "step = { amplitude = '0.4 nA' }",
        "pulses = { amplitude = '400 pA', width = '9 ms', period = '9 ms' }",
    ] {
        let injected =
            run(&format!("dt = '0.1 ms'\nneuron.lif = {{}}\nstimulus.x = {{ to = 'cell', {stimulus} }}"));
        for (a, b) in own.iter().zip(&injected) {
            assert!((a.0 - b.0).abs() < 1e-10 && a.1 == b.1, "{a:?} {b:?}");
            assert_eq!((a.2, b.2), (None, Some(400.0)));
        }
    }
    assert!(own.iter().any(|row| row.1 == 2), "both cells fire");
}

#[test]
fn spikes_from_outside_arrive_on_time_through_their_synapse() {
    let network = network("population.cell.size = 1");
    let run = |text: &str| {
        let text = format!("dt = '0.1 ms'\nneuron.lif = {{}}\n{text}");
        let mut simulation = Simulation::<f64>::new(&network, &side(&text), &[], 1, Key::new(1)).unwrap();
        let mut v = vec![simulation.v(0, 0).unwrap() + 65.0];
        for _ in 0..400 {
            simulation.step(&[]);
            v.push(simulation.v(0, 0).unwrap() + 65.0);
        }
        v
    };
    let spikes = "stimulus.x = { to = 'cell', spikes = { times = ['5 ms', '12 ms'], weight = 2.0 } }";
    let delta = run(&format!("synapse.delta = {{}}\nweight_unit = '1 mV'\n{spikes}"));
    let exponential =
        run(&format!("synapse.exponential = {{ tau = '3 ms' }}\nweight_unit = '100 pA'\n{spikes}"));
    let synapse = duet_spiking::synapse::Exponential { tau: "3 ms".parse().unwrap(), e_rev: None };
    for step in 0..=400_i32 {
        let after = |begin: f64| 0.1 * f64::from(step) - begin;
        let sum = |response: &dyn Fn(f64) -> f64| -> f64 {
            [5.0, 12.0].map(after).into_iter().filter(|&t| t > -1e-9).map(response).sum()
        };
        let expected = sum(&|t| duet_spiking::synapse::Delta::response(2.0, 20.0, t));
        assert!((delta[step as usize] - expected).abs() < 1e-12, "{step}");
        let expected = sum(&|t| synapse.response(200.0, 250.0, 20.0, t));
        assert!((exponential[step as usize] - expected).abs() < 1e-12, "{step}");
    }
}

#[test]
fn the_same_noise_comes_again_after_rest_and_differs_between_cells() {
    let network = network("population.cell.size = 3");
    let text = "dt = '0.1 ms'\nsynapse.delta = {}\nweight_unit = '0.1 mV'\n\
                stimulus.noise = { to = 'cell', noise = { sigma = '100 pA', tau = '2 ms' } }\n\
                stimulus.rain = { to = 'cell', poisson = { rate = '5 kHz', weight = 1.0 } }";
    let mut simulation = Simulation::<f64>::new(&network, &side(text), &[], 1, Key::new(1)).unwrap();
    let mut run = || {
        let mut rows = Vec::new();
        for _ in 0..200 {
            simulation.step(&[]);
            rows.push([0, 1, 2].map(|cell| simulation.v(0, cell).unwrap()));
        }
        simulation.rest();
        rows
    };
    let first = run();
    assert_eq!(run(), first);
    assert!(first.iter().any(|row| row[0] != row[1] && row[1] != row[2]));
}

#[test]
fn stimuli_that_fit_nothing_are_named() {
    let spec: NetworkSpec = toml::from_str("population.cell.size = 1").unwrap();
    let problems = |text: &str| {
        let side = side(&format!("dt = '0.1 ms'\nneuron.lif = {{}}\nstimulus.x = {text}"));
        side.problems(&spec).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(problems("{ to = 'cel', step = { amplitude = '1 nA' } }"), ["stimulus.x.to"]);
    assert_eq!(problems("{ to = 'cell', step = { amplitude = 1.0 } }"), ["stimulus.x.step.amplitude"]);
    assert_eq!(
        problems("{ to = 'cell', synapse.delta = {}, sine = { amplitude = '1 nA', frequency = '1 Hz' } }"),
        ["stimulus.x.synapse"]
    );
    assert_eq!(
        problems("{ to = [], spikes = { times = ['0.01 ms'] } }"),
        ["stimulus.x.to", "stimulus.x.spikes.times[0]"]
    );
    assert!(problems("{ to = 'cell', spikes = { times = ['0.1 ms'] } }").is_empty());
}

#[test]
fn cells_begin_where_they_are_told_to() {
    let network = network("population.cell.size = 200\npopulation.other.size = 1");
    let text = "dt = '0.1 ms'\nneuron.adex = {}\ninitial.v.uniform = { low = '-70 mV', high = '-60 mV' }\n\
                initial.w.constant = '20 pA'\npopulation.other.initial = {}";
    let mut simulation = Simulation::<f64>::new(&network, &side(text), &[], 2, Key::new(1)).unwrap();
    let first: Vec<f64> = (0..200).map(|cell| simulation.v(0, cell).unwrap()).collect();
    let mean = first.iter().sum::<f64>() / 200.0;
    assert!((mean + 65.0).abs() < 1.0 && first.iter().all(|v| (-70.0..=-60.0).contains(v)), "{mean}");
    assert_eq!((simulation.value(0, 1, 7), simulation.value(1, 1, 0)), (Some(20.0), Some(0.0)));
    simulation.step(&[]);
    simulation.rest();
    assert!((0..200).all(|cell| simulation.v(0, cell) == Some(first[cell])), "the same again after rest");
    let spec: NetworkSpec = toml::from_str("population.cell.size = 1").unwrap();
    let paths = |text: &str| {
        let side = side(&format!("dt = '0.1 ms'\n{text}"));
        side.problems(&spec).into_iter().map(|problem| problem.path).collect::<Vec<_>>()
    };
    assert_eq!(paths("neuron.lif = {}\ninitial.w.constant = '1 pA'"), ["initial.w"]);
    assert_eq!(paths("neuron.adex = {}\ninitial.w.constant = '1 mV'"), ["initial.w.constant"]);
    let turned = "neuron.lif = {}\ninitial.v.uniform = { low = '-60 mV', high = '-70 mV' }";
    assert_eq!(paths(turned), ["initial.v.uniform.low"]);
}
