//! Every spike rule by its measured window, and what rules do over longer times.

use duet_kernels::math::exp;
use duet_random::Key;
use duet_spiking::encode::{Encode, Poisson, SpikeTrain};
use duet_spiking::plasticity::{Pairings, TripletStdp, Vogels};
use duet_spiking::{Plasticity, Simulation, SpikingSide};
use duet_topology::{Network, NetworkSpec};
use duet_units::{Describe, Frequency, Shape};

const DT: f64 = 0.5;
const W: f64 = 0.5;

fn network(text: &str) -> Network {
    let spec: NetworkSpec = toml::from_str(text).expect("a network");
    assert_eq!(spec.problems(), []);
    spec.realize(Key::new(1)).expect("a network")
}

fn side(text: &str) -> SpikingSide {
    toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Two cells and one synapse. A third makes the target fire when it is to: its synapse is so strong that any arrival does.
struct TwoCells(Simulation<f64>);

impl TwoCells {
    fn new(rule: &str, w: f64) -> Self {
        let network = network(&format!(
            "population = {{ pre.size = 1, drive.size = 1, post.size = 1 }}\n\
             projection.a = {{ from = 'pre', to = 'post', weights.constant = {w:?}, delay.constant = '2 ms' }}\n\
             projection.b = {{ from = 'drive', to = 'post', weights.constant = 100.0 }}"
        ));
        let side = side(&format!(
            "dt = '{DT} ms'\nsynapse.delta = {{}}\nweight_unit = '1 mV'\nneuron.lif = {{ t_ref = '0 ms' }}\n\
             projection.a.plasticity.{rule}"
        ));
        let mut simulation = Simulation::new(&network, &side, &[0, 1], 2, Key::new(1)).unwrap();
        simulation.set_learning(true);
        Self(simulation)
    }

    /// Steps until `end` ms, with spikes at these times as the synapse sees them.
    fn run(&mut self, pre: &[f64], post: &[f64], end: f64) {
        let steps = |ms: f64| (ms / DT).round() as i64;
        for step in steps(self.0.time()) + 1..=steps(end) {
            let fires = |times: &[f64], lead: i64| -> &[u32] {
                if times.iter().any(|&time| steps(time) - lead == step) { &[0] } else { &[] }
            };
            // The axon delays what the source sends; the third cell's own delay is one step.
            self.0.step(&[(0, fires(pre, steps(2.0))), (1, fires(post, 1))]);
        }
        self.0.settle();
    }

    fn weight(&self) -> f64 {
        self.0.weights(0).next().unwrap()
    }
}

/// Names of all rules, from the registry.
fn rules() -> Vec<&'static str> {
    let Shape::Choice { entries, .. } = Plasticity::shape() else { panic!("a choice") };
    entries.iter().map(|entry| entry.name).collect()
}

fn rule(text: &str) -> Plasticity {
    side(&format!("plasticity.{text}")).plasticity
}

/// The change by one pair at a lag, in closed form; a new rule does not compile without one.
fn window(rule: &Plasticity, w: f64, lag: f64) -> f64 {
    match rule {
        Plasticity::Fixed(_) => 0.0,
        // Rewarded with 0.7 after 150 ms.
        Plasticity::RewardStdp(rule) => rule.window(lag, 150.0, 0.7),
        // Without a label the error is less the target's averaged spike train, in units of the teacher's rate:
        // the sum over all steps after both spikes is a geometric series.
        Plasticity::ThreeFactor(rule) => {
            let teacher = duet_spiking::Teacher::default();
            let fade = |tau: f64, ms: f64| exp(-ms / tau);
            let (x, r) = (rule.tau.get(), teacher.tau.get());
            let per_spike = (1.0 - fade(r, DT)) * 1000.0 / (teacher.rate.get() * DT);
            let both = fade(x, lag.max(0.0)) * fade(r, (-lag).max(0.0));
            -rule.rate * DT * per_spike * both / (1.0 - fade(x, DT) * fade(r, DT))
        }
        Plasticity::Hebb(_)
        | Plasticity::Stdp(_)
        | Plasticity::TripletStdp(_)
        | Plasticity::Vogels(_)
        | Plasticity::Competition(_) => rule.pair_rule().expect("a rule on pairs").window(w, lag),
    }
}

#[test]
fn the_window_that_is_measured_is_the_rules_own() {
    let variants = [
        "stdp = { mu_plus = 1.0, mu_minus = 1.0 }",
        "stdp = { mu_plus = 0.5, mu_minus = 0.3, nearest = true, tau_plus = '10 ms', tau_minus = '35 ms' }",
        "stdp = { a_plus = 0.9, a_minus = 0.8 }",
        "stdp = { once = true }",
        "triplet_stdp = { a2_plus = 0.004, nearest = true }",
        "vogels = { negative = false, rate = '2 Hz' }",
        "reward_stdp = { tau_c = '300 ms', tau_d = '100 ms', tonic = 0.05 }",
    ];
    let defaults = rules().into_iter().map(|name| format!("{name} = {{}}"));
    for text in defaults.chain(variants.map(str::to_owned)) {
        let rule = rule(&text);
        let w = if matches!(&rule, Plasticity::Vogels(Vogels { negative: true, .. })) { -W } else { W };
        for lag in [-80.0, -20.0, -5.0, -0.5, 0.0, 0.5, 5.0, 10.0, 20.0, 60.0] {
            let mut cells = TwoCells::new(&text, w);
            let (pre, post) = (100.0_f64, 100.0 + lag);
            let last = pre.max(post);
            cells.run(&[pre], &[post], last + 150.0);
            cells.0.reward(0.7);
            // Long enough for whatever decays; what waits for dopamine takes longest.
            let end = if matches!(rule, Plasticity::RewardStdp(_)) { 40_000.0 } else { 1000.0 };
            cells.run(&[pre], &[post], end);
            let (got, expected) = (cells.weight() - w, window(&rule, w, lag));
            assert!((got - expected).abs() < 1e-12, "{text} at {lag} ms: {got} {expected}");
        }
    }
}

#[test]
fn trains_of_pairs_leave_what_the_series_says() {
    for text in [
        "stdp = { mu_plus = 0.4, mu_minus = 1.0 }",
        "stdp = { nearest = true }",
        "stdp = { once = true }",
        "triplet_stdp = {}",
        "triplet_stdp = { nearest = true }",
        "hebb = {}",
        "competition = {}",
        "vogels = { negative = false }",
    ] {
        for (lag, period) in [(10.0, 50.0), (-10.0, 20.0), (3.5, 200.0), (0.0, 40.0), (-80.0, 1000.0)] {
            let mut cells = TwoCells::new(text, W);
            let pre: Vec<f64> = (0..20).map(|k| 100.0 + f64::from(k) * period).collect();
            let post: Vec<f64> = pre.iter().map(|time| time + lag).collect();
            cells.run(&pre, &post, 100.0 + 21.0 * period);
            let rule = rule(text);
            let expected =
                Pairings { lag, period, count: 20 }.after(rule.pair_rule().expect("a rule on pairs"), W);
            assert!((cells.weight() - expected).abs() < 1e-12, "{text} at {lag} ms every {period} ms");
        }
    }
}

#[test]
fn a_rewarded_synapse_is_up_to_date_when_it_transmits() {
    let text = "reward_stdp = { a_plus = 0.5, tau_c = '300 ms', tonic = 0.02, w_min = -9.0, w_max = 9.0 }";
    let (pre, post) = ([50.0, 90.0, 300.0], [60.0, 80.0, 95.0, 310.0]);
    let reward_at = [100.0, 250.0, 251.0];
    let mut cells = TwoCells::new(text, W);
    for at in reward_at {
        cells.run(&pre, &post, at);
        cells.0.reward(1.0);
    }
    cells.run(&pre, &post, 700.0);
    // The definition, in steps so short that what Euler loses cannot be seen at this tolerance.
    let (mut w, mut c, mut d, mut x, mut y) = (W, 0.0, 0.0, 0.0, 0.0);
    let fine = 0.001;
    for step in 1..=700_000_i32 {
        let now = f64::from(step) * fine;
        w += fine / 1000.0 * c * (d + 0.02);
        c -= fine * c / 300.0;
        d -= fine * d / 200.0;
        x -= fine * x / 20.0;
        y -= fine * y / 20.0;
        let at = |times: &[f64]| times.iter().any(|time| (time - now).abs() < 0.5 * fine);
        let (fires, arrives) = (at(&post), at(&pre));
        c += if fires { 0.5 * x } else { 0.0 } - if arrives { 0.15 * y } else { 0.0 };
        y += f64::from(u8::from(fires));
        x += f64::from(u8::from(arrives));
        d += f64::from(u8::from(at(&reward_at)));
    }
    assert!((cells.weight() - w).abs() < 2e-5 * (w - W).abs(), "{} {w}", cells.weight());
    assert!((w - W).abs() > 0.05, "{w}: something happened");
}

/// Poisson trains for `sources` cells.
fn poisson(rate: f64, sources: usize, steps: usize, purpose: &str) -> SpikeTrain {
    let encode = Encode::Poisson(Poisson { rate_max: Frequency::new(rate), ..Poisson::default() });
    let mut train = SpikeTrain::default();
    encode.encode(&vec![1.0; sources], DT, steps, &mut Key::new(4).stream(purpose, 0), &mut train);
    train
}

/// The rate of a cell in the last half, that 100 Poisson sources excite and, where they are wanted, 200 inhibit.
fn settled_rate(text: &str, rate: f64, inhibited: bool, seconds: usize) -> f64 {
    let inhibitory =
        if inhibited { "projection.i = { from = 'i', to = 'cell', weights.constant = -0.01 }" } else { "" };
    let network = network(&format!(
        "population = {{ e.size = 100, i.size = 200, cell.size = 1 }}\n\
         projection.e = {{ from = 'e', to = 'cell', weights.constant = 0.5 }}\n{inhibitory}"
    ));
    let side =
        side(&format!("dt = '{DT} ms'\nweight_unit = '60 pA'\nneuron.lif = {{ t_ref = '2 ms' }}\n{text}"));
    let mut simulation = Simulation::<f64>::new(&network, &side, &[0, 1], 2, Key::new(1)).unwrap();
    simulation.set_learning(true);
    let steps = (seconds as f64 * 1000.0 / DT) as usize;
    let (e, i) = (poisson(rate, 100, steps, "e"), poisson(rate, 200, steps, "i"));
    let mut late = 0;
    for step in 0..steps {
        simulation.step(&[(0, e.at(step)), (1, i.at(step))]);
        late += if step >= steps / 2 { simulation.spikes(2).len() } else { 0 };
    }
    late as f64 / (seconds as f64 / 2.0)
}

#[test]
fn scaling_brings_a_cell_to_its_rate_from_either_side() {
    let text = "projection.e.normalise.scaling = { rate = '8 Hz', tau = '5 s', every = '500 ms' }";
    for drive in [5.0, 40.0] {
        let free = settled_rate("", drive, false, 20);
        let held = settled_rate(text, drive, false, 80);
        assert!((free - 8.0).abs() > 4.0, "{free} Hz without scaling: there is something to do");
        assert!((held - 8.0).abs() < 0.8, "{held} Hz at a drive of {drive} Hz");
    }
}

#[test]
fn scaling_keeps_the_ratios_of_the_weights() {
    let network = network(
        "population = { e.size = 3, cell.size = 2 }\n\
         projection.e = { from = 'e', to = 'cell', weights.given = [0.1, 0.0, 0.4, 0.2, 0.2, 0.3] }",
    );
    let text = "dt = '1 ms'\nprojection.e.normalise.scaling = { rate = '5 Hz', tau = '10 s', every = '2 s' }";
    let mut simulation = Simulation::<f64>::new(&network, &side(text), &[0, 1], 1, Key::new(1)).unwrap();
    simulation.set_learning(true);
    for step in 1..=2000 {
        // Cell 1 fires at 10 Hz, cell 0 never.
        simulation.step(&[(1, if step % 100 == 0 { &[1] } else { &[] })]);
    }
    let weights: Vec<f64> = simulation.weights(0).collect();
    // exp(2 s / 10 s · (1 - r / 5 Hz)): exp(0.2) for the silent cell, exp(-0.2) at 10 Hz.
    let (up, down) = (1.221_402_758_160_17, 0.818_730_753_077_98);
    let expected = [0.1 * up, 0.0, 0.4 * up, 0.2 * down, 0.2 * up, 0.3 * down];
    for (got, want) in weights.iter().zip(expected) {
        assert!((got - want).abs() < 1e-12, "{weights:?}");
    }
}

#[test]
fn inhibition_learns_the_rate_of_its_target() {
    let text = "projection.i.plasticity.vogels = { eta = 0.002, rate = '6 Hz', w_max = 20.0 }";
    let held = settled_rate(text, 20.0, true, 160);
    let free = settled_rate("", 20.0, true, 20);
    assert!(free > 12.0, "{free} Hz where inhibition does not learn");
    assert!((held - 6.0).abs() < 0.6, "{held} Hz");
}

/// One jump of 2 mV and then a threshold that falls back with its time constant: kicks of 16 mV against 15 mV + theta.
#[test]
fn a_threshold_rises_with_every_spike_and_falls_back() {
    let network = network(
        "population = { drive.size = 1, cell.size = 1 }\n\
         projection.a = { from = 'drive', to = 'cell', weights.constant = 16.0 }",
    );
    let text = "dt = '1 ms'\nsynapse.delta = {}\nweight_unit = '1 mV'\nneuron.lif = { tau_m = '1 ms', t_ref = '0 ms' }\n\
                population.cell.threshold.adaptive = { increment = '2 mV', tau = '100 ms' }";
    // theta = 2 exp(-t / 100 ms) is below 1 mV from 69.3 ms on.
    for (gap, fires) in [(30, false), (69, false), (70, true), (150, true)] {
        let mut simulation = Simulation::<f64>::new(&network, &side(text), &[0], 1, Key::new(1)).unwrap();
        simulation.set_learning(true);
        let mut spikes = Vec::new();
        for step in 1..=200 {
            simulation.step(&[(0, if step == 10 || step == 10 + gap { &[0] } else { &[] })]);
            spikes.extend(simulation.spikes(1).iter().map(|_| step));
        }
        assert_eq!(spikes.len(), if fires { 2 } else { 1 }, "{gap} ms: {spikes:?}");
    }
}

/// Table of the rule's page: the four fits, and what each says of slow pairs.
#[test]
fn triplets_of_the_visual_cortex_need_frequency() {
    let rule = TripletStdp { w_min: -9.0, w_max: 9.0, ..TripletStdp::default() };
    let change = |lag, frequency| Pairings { lag, period: 1000.0 / frequency, count: 60 }.after(&rule, 0.0);
    assert!(change(10.0, 0.1).abs() < 1e-7 && change(-10.0, 0.1) < -0.3);
    assert!(change(10.0, 50.0) > 0.7 && change(-10.0, 50.0) > 0.7);
}
