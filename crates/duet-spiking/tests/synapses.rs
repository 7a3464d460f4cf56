//! Synapses from outside: short-term plasticity in a running network, gap junctions, a voltage clamp, signs.

use duet_random::Key;
use duet_spiking::release::{Resources, TsodyksMarkram};
use duet_spiking::{Simulation, SpikingError, SpikingSide};
use duet_topology::{Network, NetworkSpec};

fn network(text: &str) -> Network {
    let spec: NetworkSpec = toml::from_str(text).expect("a network");
    assert_eq!(spec.problems(), []);
    spec.realize(Key::new(1)).expect("a network")
}

fn side(text: &str) -> SpikingSide {
    toml::from_str(text).expect("a side")
}

/// A train at irregular intervals: what arrives is w u x, whatever the delay, and the same after a rest.
#[test]
fn a_synapse_releases_what_its_model_says() {
    let described = "population.input.size = 2\npopulation.cell.size = 3\n\
        projection.p = { from = 'input', to = 'cell', weights.constant = 2.0, delay.DELAY }";
    let side = side(
        "dt = '0.5 ms'\nsynapse.exponential = { tau = '1 ms' }\n\
         projection.p.release.tsodyks_markram = { utilization = 0.3, tau_rec = '100 ms', tau_fac = '200 ms' }",
    );
    let model = TsodyksMarkram {
        utilization: 0.3,
        tau_rec: duet_units::Time::new(100.0),
        tau_fac: duet_units::Time::new(200.0),
    };
    let train = [3_i64, 40, 41, 90, 200];
    for (delay, steps) in [("constant = '0.5 ms'", [1, 1, 1]), ("given = D", [2, 9, 5])] {
        let mut network = network(&described.replace(
            "delay.DELAY",
            &match delay {
                "given = D" => "delay.constant = '1 ms'".to_owned(),
                constant => format!("delay.{constant}"),
            },
        ));
        if delay == "given = D" {
            let each = steps.map(|steps: i64| steps as f64 * 0.5);
            network.projections["p"].delays = Some(duet_topology::Delays::PerSynapse([each, each].concat()));
        }
        let mut simulation = Simulation::<f64>::new(&network, &side, &[0], 1, Key::new(1)).unwrap();
        for _ in 0..2 {
            simulation.rest();
            let mut resources = [(Resources::default(), None::<i64>); 3];
            let mut before = [0.0; 3];
            for now in 1..=230_i64 {
                let fired: &[u32] = if train.contains(&now) { &[1] } else { &[] };
                simulation.step(&[(0, fired)]);
                for cell in 0..3 {
                    let open = simulation.synaptic_current(1, cell, -65.0);
                    let arrived = open - before[cell] * duet_kernels::math::exp(-0.5);
                    before[cell] = open;
                    let expected = if train.contains(&(now - steps[cell])) {
                        let (state, last) = &mut resources[cell];
                        let since = last.map(|last| (now - last) as f64 * 0.5);
                        *last = Some(now);
                        2.0 * model.release(state, since)
                    } else {
                        0.0
                    };
                    assert!((arrived - expected).abs() < 1e-12, "{delay}, cell {cell} at step {now}");
                }
            }
        }
    }
}

/// Two leaky cells and one junction: the sum of both potentials charges with tau_m, their difference with c_m / (g_l + 2 w).
#[test]
fn a_gap_junction_is_two_coupled_membranes() {
    let network = network(
        "population.a.size = 1\npopulation.b.size = 1\nprojection.p = { from = 'a', to = 'b', weights.constant = 2.0 }",
    );
    let deviation = |dt: f64| {
        // 10 nS of leak, a junction of 5 nS.
        let side = side(&format!(
            "dt = '{dt} ms'\nweight_unit = '2.5 nS'\nsynapse.gap = {{}}\n\
             neuron.lif = {{ tau_m = '20 ms', c_m = '200 pF', e_l = '-65 mV' }}"
        ));
        let mut simulation = Simulation::<f64>::new(&network, &side, &[], 1, Key::new(1)).unwrap();
        simulation.inject(0, 0, 100.0);
        let exp = duet_kernels::math::exp;
        let mut worst = 0.0_f64;
        for step in 1..=(40.0 / dt).round() as usize {
            simulation.step(&[]);
            let t = step as f64 * dt;
            let sum = 100.0 / 10.0 * (1.0 - exp(-t / 20.0));
            let difference = 100.0 / 20.0 * (1.0 - exp(-t / 10.0));
            for (population, expected) in [(0, 0.5 * (sum + difference)), (1, 0.5 * (sum - difference))] {
                worst = worst.max((simulation.v(population, 0).unwrap() + 65.0 - expected).abs());
            }
        }
        worst
    };
    let (coarse, fine) = (deviation(0.1), deviation(0.05));
    assert!(coarse < 0.02 && (coarse / fine - 2.0).abs() < 0.05, "first order: {coarse} {fine}");
}

#[test]
fn a_gap_junction_needs_two_membranes() {
    let network = network(
        "population.a.size = 1\npopulation.b.size = 1\nprojection.p = { from = 'a', to = 'b', weights.constant = 1.0 }",
    );
    let refused = Simulation::<f64>::new(&network, &side("synapse.gap = {}"), &[0], 1, Key::new(1)).err();
    let Some(SpikingError::Invalid { path, words }) = refused else { panic!("refused") };
    assert_eq!(
        (path.as_str(), words.as_str()),
        ("projection.p.synapse", "a gap junction needs a membrane on both sides")
    );
    let spec: NetworkSpec = toml::from_str(
        "population = { a.size = 1, b.size = 1 }\nprojection.p = { from = 'a', to = 'b', weights.constant = 1.0 }",
    )
    .unwrap();
    let asked = side("synapse.gap = {}\nprojection.p.release.tsodyks_markram = {}\nplasticity.stdp = {}");
    let paths: Vec<String> = asked.problems(&spec).into_iter().map(|problem| problem.path).collect();
    assert_eq!(paths, ["projection.p.release", "projection.p.plasticity"]);
}

/// The clamp sees what Ohm's law says, for every kind of way in at once.
#[test]
fn a_clamp_measures_the_synaptic_current() {
    let network = network(
        "population.g.size = 1\npopulation.cell.size = 1\n\
         projection.fast = { from = 'g', to = 'cell', weights.constant = 1.0 }\n\
         projection.slow = { from = 'g', to = 'cell', weights.constant = 4.0 }",
    );
    let side = side(
        "dt = '0.1 ms'\nweight_unit = '0.5 nS'\nprojection.fast.synapse.ampa = { tau = '2 ms' }\n\
         projection.slow.synapse.nmda = { tau_rise = '2 ms', tau_decay = '100 ms' }",
    );
    let mut simulation = Simulation::<f64>::new(&network, &side, &[0], 1, Key::new(1)).unwrap();
    simulation.step(&[(0, &[0])]);
    (0..31).for_each(|_| simulation.step(&[]));
    let exp = duet_kernels::math::exp;
    let (peak, t) = (2.0 * 100.0 / 98.0 * duet_kernels::math::ln(50.0), 3.0);
    let height = exp(-peak / 100.0) - exp(-peak / 2.0);
    for v in [-80.0, -40.0, 0.0, 30.0] {
        let open = 1.0 / (1.0 + exp(-0.062 * v) / 3.57);
        let nmda = 2.0 * (exp(-t / 100.0) - exp(-t / 2.0)) / height * open;
        let expected = (0.5 * exp(-t / 2.0) + nmda) * -v;
        assert!((simulation.synaptic_current(1, 0, v) - expected).abs() < 1e-11, "{v} mV");
    }
}

#[test]
fn a_network_that_breaks_dales_law_is_refused() {
    let network = network(
        "population.a.size = 2\npopulation.b.size = 2\nprojection.p = { from = 'a', to = 'b', weights.given = [1, 1, -1, 1] }",
    );
    let excitatory = side("population.a.dale = 'excitatory'");
    let refused = Simulation::<f32>::new(&network, &excitatory, &[0], 1, Key::new(1)).err();
    let Some(SpikingError::Invalid { path, words }) = refused else { panic!("refused") };
    assert_eq!(path, "projection.p");
    assert!(
        words.starts_with("the synapse from cell 1 of `a` to cell 0 of `b` has weight -1, but"),
        "{words}"
    );
    let own = side("population.a.dale = 'excitatory'\nprojection.p.initial.weights.constant = 0.5");
    assert!(Simulation::<f32>::new(&network, &own, &[0], 1, Key::new(1)).is_ok());
}
