//! The engine for networks at scale: the spikes of the engine in which everything can be observed, for any number of threads.

use duet_random::Key;
use duet_spiking::network::{Engine, Spike, refusals};
use duet_spiking::release::{Resources, Saturating};
use duet_spiking::{Simulation, SpikingSide};
use duet_topology::NetworkSpec;

/// Two populations of odd sizes, sources drawn by target and by source, delays of all kinds. Weights are whole numbers of 1/16,
/// so sums are exact in both engines.
const EXACT: &str = "
    population = { e.size = 333, i.size = 90 }
    [projection.exc]
    from = 'e'
    to = ['e', 'i']
    pattern.fixed_total = { n = 9000 }
    weights.constant = 0.5
    delay.normal = { mean = '1.5 ms', std = '0.8 ms' }
    [projection.inh]
    from = 'i'
    to = ['e', 'i']
    pattern.fixed_in_degree = { k = 20 }
    weights.constant = -2.0
    delay.constant = '0.8 ms'
    [projection.more]
    from = 'e'
    to = 'i'
    pattern.fixed_probability = { p = 0.05 }
    weights.constant = 0.25
    delay.uniform = { low = '0.3 ms', high = '2 ms' }
    bias.uniform = { low = 0.0, high = 1.0 }";

fn side(text: &str) -> SpikingSide {
    toml::from_str(text).unwrap()
}

/// The spikes of the small engine, numbered as those of the large one.
fn simulated(network: &str, side: &SpikingSide, steps: u64) -> Vec<Spike> {
    let spec: NetworkSpec = toml::from_str(network).unwrap();
    let drawn = spec.realize(Key::new(3)).unwrap();
    let mut simulation =
        Simulation::<f64>::new(&drawn, side, &[], drawn.populations.len(), Key::new(4)).unwrap();
    let mut spikes = Vec::new();
    for step in 1..=steps {
        simulation.step(&[]);
        let mut first = 0;
        for (index, population) in drawn.populations.values().enumerate() {
            spikes.extend(simulation.spikes(index).iter().map(|&cell| Spike { step, id: first + cell }));
            first += population.size as u32;
        }
    }
    spikes
}

fn engine<T: duet_kernels::Real>(network: &str, side: &SpikingSide, threads: usize) -> Engine<T> {
    let spec: NetworkSpec = toml::from_str(network).unwrap();
    let mut engine = Engine::new(&spec.sketch(Key::new(3)).unwrap(), side, Key::new(4), threads).unwrap();
    // Networks so small would stay on one thread.
    engine.set_threads(threads);
    engine
}

#[test]
fn spikes_are_those_of_the_engine_in_which_everything_can_be_observed() {
    let base = "dt = '0.1 ms'
        initial.v.uniform = { low = '-65 mV', high = '-50 mV' }
        stimulus.drive = { to = ['e', 'i'], step = { amplitude = '330 pA' } }
        stimulus.part = { to = 'e', cells = [100, 150], step = { amplitude = '20 pA' } }
        stimulus.wave = { to = 'e', sine = { amplitude = '30 pA', frequency = '40 Hz' } }";
    for (what, synapses, weight_unit) in [
        ("delta", "synapse.delta = {}", "0.5 mV"),
        (
            "two currents",
            "synapse.exponential.tau = '2 ms'\nprojection.inh.synapse.alpha.tau = '3 ms'",
            "40 pA",
        ),
        ("conductances", "synapse.ampa = {}\nprojection.inh.synapse.gaba_a = {}", "1 nS"),
    ] {
        // A conductance is not negative.
        let network = if what == "conductances" { EXACT.replace("-2.0", "2.0") } else { EXACT.to_owned() };
        let text = format!("{base}\n{synapses}\nweight_unit = '{weight_unit}'");
        let side = side(&text);
        let expected = simulated(&network, &side, 1500);
        assert!(expected.len() > 200, "{what}: {} spikes", expected.len());
        for threads in [1, 2, 3] {
            let mut engine = engine::<f64>(&network, &side, threads);
            assert_eq!(engine.advance(1500), expected, "{what}, {threads} threads");
        }
    }
}

const NOISY: &str = "
    population = { e.size = 1000, i.size = 250, far.size = 70 }
    [projection.all]
    from = ['e', 'far']
    to = ['e', 'i']
    pattern.fixed_total = { n = 40_000 }
    weights.normal = { mean = 1.0, std = 0.1 }
    delay.normal = { mean = '1.5 ms', std = '0.75 ms' }
    [projection.inh]
    from = 'i'
    to = ['e', 'i']
    pattern.fixed_probability = { p = 0.1 }
    weights.normal = { mean = -5.0, std = 0.5 }
    delay.normal = { mean = '0.8 ms', std = '0.4 ms' }";

const NOISY_SIDE: &str = "dt = '0.1 ms'
    weight_unit = '50 pA'
    synapse.exponential.tau = '0.5 ms'
    population.far.neuron.poisson.rate = '20 Hz'
    stimulus.background = { to = ['e', 'i'], poisson = { rate = '9 kHz', weight = 1.0 } }
    stimulus.kick = { to = 'e', poisson = { rate = '3 kHz', weight = 0.5, stop = '20 ms', independent = false } }";

#[test]
fn spikes_are_the_same_for_any_number_of_threads_and_of_parts() {
    let side = side(NOISY_SIDE);
    let expected = engine::<f32>(NOISY, &side, 1).advance(2000);
    assert!(expected.len() > 1000, "{} spikes", expected.len());
    for threads in [2, 4, 8] {
        let mut engine = engine::<f32>(NOISY, &side, threads);
        let parts: Vec<Spike> =
            [700, 1, 3, 1296].into_iter().flat_map(|steps| engine.advance(steps)).collect();
        assert_eq!(parts, expected, "{threads} threads");
        assert_eq!(engine.now(), 2000);
    }
}

#[test]
fn a_saved_state_goes_on_with_the_same_spikes() {
    let text = format!(
        "{NOISY_SIDE}\nstimulus.jolt = {{ to = 'i', spikes = {{ times = ['30 ms', '90 ms'], weight = 40.0 }} }}"
    );
    for model in ["", "neuron.adex = {}", "integrator.exponential_euler = {}", "integrator.rkf45 = {}"] {
        let side = side(&format!("{text}\n{model}"));
        let expected = engine::<f32>(NOISY, &side, 1).advance(1000);
        assert!(expected.len() > 100, "{model}: {}", expected.len());
        let mut spikes = Vec::new();
        let mut saved = None;
        for part in 0..10 {
            let mut engine = engine::<f32>(NOISY, &side, 1 + part % 3);
            if let Some(saved) = &saved {
                engine.restore(saved).unwrap();
            }
            spikes.extend(engine.advance(100));
            saved = Some(engine.save());
        }
        assert_eq!(spikes, expected, "{model}");
        let mut other = engine::<f32>(EXACT, &self::side(""), 1);
        assert!(other.restore(saved.as_ref().unwrap()).is_err());
    }
}

/// What sources have in store does not depend on who works it out, and outlives the engine.
#[test]
fn shares_are_the_same_for_any_number_of_threads_and_from_saved_states() {
    let whole = engine::<f32>(NOISY, &side(NOISY_SIDE), 1).advance(1000);
    let side = side(&format!(
        "{NOISY_SIDE}\nprojection.all.release.saturating = {{}}\n\
         projection.inh.release.tsodyks_markram = {{ utilization = 0.4, tau_rec = '80 ms', tau_fac = '50 ms' }}"
    ));
    let expected = engine::<f32>(NOISY, &side, 1).advance(1000);
    assert!(expected.len() > 100 && expected != whole, "{} spikes", expected.len());
    for threads in [1, 2, 4] {
        let mut engine = engine::<f32>(NOISY, &side, threads);
        let parts: Vec<Spike> = [300, 1, 699].into_iter().flat_map(|steps| engine.advance(steps)).collect();
        assert_eq!(parts, expected, "{threads} threads");
    }
    let (mut spikes, mut saved) = (Vec::new(), None);
    for (part, steps) in [3, 97, 1, 249, 650].into_iter().enumerate() {
        let mut engine = engine::<f32>(NOISY, &side, 1 << (part % 3));
        if let Some(saved) = &saved {
            engine.restore(saved).unwrap();
        }
        spikes.extend(engine.advance(steps));
        saved = Some(engine.save());
    }
    assert_eq!(spikes, expected);
    let mut without = engine::<f32>(NOISY, &self::side(NOISY_SIDE), 1);
    assert!(without.restore(saved.as_ref().unwrap()).is_err());
}

/// One cell that is made to fire, and what its spikes do to another: jumps by the share of the weight, with decay in between.
#[test]
fn what_arrives_is_the_share_that_the_model_says() {
    let network = "
        population = { source = { size = 1 }, cell = { size = 3 } }
        projection.p = { from = 'source', to = 'cell', weights.constant = 2.0, delay.constant = '1.5 ms' }";
    let side = side(
        "dt = '0.5 ms'\nweight_unit = '1 mV'\nsynapse.delta = {}\nneuron.lif = { tau_m = '10 ms', t_ref = '1 ms' }
         projection.p.release.saturating = { opening = 1.0, tau_rise = '2 ms', tau_decay = '40 ms' }
         stimulus.train = { to = 'source', spikes = { times = ['5 ms', '20 ms', '24 ms', '90 ms'], weight = 100.0 } }",
    );
    let mut engine = engine::<f64>(network, &side, 1);
    let model = Saturating { tau_decay: duet_units::Time::new(40.0), ..Saturating::default() };
    let (mut resources, mut last, mut due) = (Resources::default(), None, Vec::new());
    let rest = engine.value(1, 0, 0).unwrap();
    let (mut v, mut arrived) = (0.0, 0);
    for now in 1..=240_u64 {
        let fired = engine.advance(1);
        v *= duet_kernels::math::exp(-0.5 / 10.0);
        for (_, share) in due.iter().filter(|(step, _)| *step == now) {
            v += 2.0 * share;
            arrived += 1;
        }
        if !fired.is_empty() {
            let since = last.map(|last: u64| (now - last) as f64 * 0.5);
            due.push((now + 3, model.release(&mut resources, since)));
            last = Some(now);
        }
        for cell in 0..3 {
            // Every jump is rounded to a part in 32,767 of the weight.
            let found = engine.value(1, 0, cell).unwrap() - rest;
            assert!((found - v).abs() < 4.0 * 0.5 * 2.0 / 32_767.0 + 1e-12, "{found} {v} at step {now}");
        }
    }
    assert_eq!(arrived, 4);
}

#[test]
fn drawn_poisson_cells_fire_at_their_rate() {
    let side = side(NOISY_SIDE);
    let mut engine = engine::<f32>(NOISY, &side, 2);
    let spikes = engine.advance(10_000);
    let far = spikes.iter().filter(|spike| engine.who(spike.id).0 == 2).count() as f64;
    // 70 cells at 20 Hz for a second.
    assert!((far - 1400.0).abs() < 5.0 * 1400.0_f64.sqrt(), "{far}");
    engine.check().unwrap();
    assert!(engine.value(0, 0, 999).unwrap().is_finite());
    assert_eq!(engine.value(2, 0, 0), None);
}

#[test]
fn what_it_cannot_do_is_refused_with_its_place() {
    let spec: NetworkSpec = toml::from_str(NOISY).unwrap();
    let sketch = spec.sketch(Key::new(0)).unwrap();
    let side = side("projection.inh.plasticity.hebb = {}\npopulation.e.inhibition.winner_take_all = {}");
    let paths: Vec<String> = refusals(&sketch, &side).into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        paths,
        [
            "projection.inh:i-e.plasticity",
            "projection.inh:i-e.delay",
            "projection.inh:i-i.plasticity",
            "projection.inh:i-i.delay",
            "population.e.inhibition"
        ]
    );
    assert!(Engine::<f32>::new(&sketch, &side, Key::new(0), 1).is_err());
}

/// Trials of one number see the same noise, of different numbers other noise, and stimuli keep their times; a stimulus takes
/// another rate from one step to the next.
#[test]
fn trials_differ_in_their_noise_and_rates_can_be_set() {
    let network = "population.a.size = 130\npopulation.chance.size = 70";
    let side = side(
        "dt = '0.1 ms'
         neuron.lif = { e_l = '0 mV', v_th = '20 mV', v_reset = '10 mV' }
         population.chance.neuron.poisson = { rate = '100 Hz' }
         synapse.delta = {}
         weight_unit = '0.1 mV'
         stimulus.outside = { to = 'a', poisson = { rate = '25 kHz', stop = '40 ms' } }",
    );
    let mut engine = engine::<f32>(network, &side, 2);
    let begin = engine.save();
    let mut trial = |number: u64, rate: f64| {
        engine.restore(&begin).unwrap();
        engine.set_trial(number);
        engine.set_rate("outside", rate);
        engine.set_rate("nobody", 0.0);
        let (first, chance): (Vec<Spike>, _) =
            engine.advance(500).into_iter().partition(|spike| spike.id < 130);
        (first, chance)
    };
    let ((first, chance), (second, other)) = (trial(1, 25_000.0), trial(2, 25_000.0));
    assert!(first.len() > 150 && first != second, "{} spikes", first.len());
    assert!(first.iter().all(|spike| spike.step < 450), "it ends when it ended in the first trial");
    assert!(chance.len() > 200 && chance != other);
    assert_eq!(trial(1, 25_000.0), (first.clone(), chance));
    assert_eq!(trial(1, 0.0).0, []);
    assert!(trial(1, 50_000.0).0.len() > first.len() + 150);
}

/// A stimulus reaches the cells it names and no others, as many as there are threads.
#[test]
fn a_stimulus_of_some_cells_reaches_them_alone() {
    let network = "population.a.size = 300";
    let side = |stimulus: &str| {
        side(&format!(
            "dt = '0.1 ms'\nneuron.lif = {{}}\nsynapse.delta = {{}}\nweight_unit = '1 mV'\n{stimulus}"
        ))
    };
    let both = side(
        "stimulus.some = { to = 'a', cells = [70, 200], step = { amplitude = '3 nA' } }
         stimulus.few = { to = 'a', cells = [10, 12], poisson = { rate = '4 kHz', weight = 2.0 } }",
    );
    let fired = |engine: &mut Engine<f64>| engine.advance(500);
    let mut one = engine::<f64>(network, &both, 1);
    let spikes = fired(&mut one);
    let mut cells: Vec<u32> = spikes.iter().map(|spike| spike.id).collect();
    cells.sort_unstable();
    cells.dedup();
    assert_eq!(cells, (10..=12).chain(70..=200).collect::<Vec<u32>>());
    for threads in [2, 3] {
        assert_eq!(fired(&mut engine::<f64>(network, &both, threads)), spikes, "{threads} threads");
    }
    // Who is left out changes nothing for the others.
    let alone =
        side("stimulus.few = { to = 'a', cells = [0, 12], poisson = { rate = '4 kHz', weight = 2.0 } }");
    let others = fired(&mut engine::<f64>(network, &alone, 1)).into_iter().filter(|spike| spike.id >= 10);
    let few: Vec<Spike> = spikes.into_iter().filter(|spike| spike.id < 70).collect();
    assert_eq!(others.collect::<Vec<_>>(), few);
    let shared = side("stimulus.s = { to = 'a', cells = [0, 12], spikes.times = ['1 ms'] }");
    let spec: NetworkSpec = toml::from_str(network).unwrap();
    let refused = refusals(&spec.sketch(Key::new(1)).unwrap(), &shared);
    assert_eq!(refused[0].0, "stimulus.s");
}

/// One sentence for a list of times, and for a refractory period of more steps than are counted.
#[test]
fn what_is_rounded_is_said_once() {
    let side = side(
        "dt = '0.1 ms'
         neuron.lif.t_ref = '7 s'
         synapse.delta = {}
         stimulus.volley = { to = 'a', spikes.times = ['1 ms', '1.23 ms', '1.27 ms', '4.56 ms'] }",
    );
    let network: NetworkSpec = toml::from_str("population.a.size = 1").unwrap();
    assert_eq!(
        side.roundings(&network),
        [
            "t_ref = 7000 ms has more steps than 65,535; 6553.5 ms is used",
            "times of stimulus `volley` = 1.23 ms is not a multiple of dt = 0.1 ms; 1.2 ms is used, and 2 more are rounded",
        ]
    );
}

/// Cells that fire whatever their synapses do: what is learned is the same as in the engine in which everything can be observed, rule by
/// rule, sources drawn by target and by source, for any number of threads.
#[test]
fn what_is_learned_is_what_the_other_engine_learns() {
    for (pattern, delay) in
        [("fixed_in_degree = { k = 20 }", "1.5 ms"), ("fixed_total = { n = 2000 }", "0.1 ms")]
    {
        let network = format!(
            "population = {{ e.size = 150, i.size = 90 }}
             [projection.p]
             from = 'e'
             to = 'i'
             pattern.{pattern}
             weights.uniform = {{ low = 0.2, high = 0.8 }}
             delay.constant = '{delay}'"
        );
        for rule in [
            "stdp = { a_plus = 0.02, a_minus = 0.01, mu_minus = 1.0 }",
            "stdp = { a_plus = 0.02, a_minus = 0.03, once = true }",
            "triplet_stdp = {}",
            "vogels = { eta = 0.02, negative = false }",
        ] {
            let side = side(&format!(
                "dt = '0.1 ms'
                 neuron.lif = {{}}
                 synapse.exponential = {{}}
                 weight_unit = '1e-6 pA'
                 initial.v.uniform = {{ low = '-65 mV', high = '-50 mV' }}
                 projection.p.plasticity.{rule}
                 stimulus.e = {{ to = 'e', cells = [0, 80], step = {{ amplitude = '1 nA' }} }}
                 stimulus.f = {{ to = 'e', cells = [81, 149], step = {{ amplitude = '1.3 nA' }} }}
                 stimulus.i = {{ to = 'i', step = {{ amplitude = '1.1 nA' }} }}"
            ));
            let spec: NetworkSpec = toml::from_str(&network).unwrap();
            let drawn = spec.realize(Key::new(3)).unwrap();
            let mut observed = Simulation::<f64>::new(&drawn, &side, &[], 2, Key::new(4)).unwrap();
            observed.set_learning(true);
            (0..2000).for_each(|_| observed.step(&[]));
            let wiring = &drawn.projections["p"].wiring;
            let all: Vec<f64> = observed.weights(0).collect();
            let mut by_target = vec![Vec::new(); 90];
            for pre in 0..150 {
                wiring
                    .row(pre, 90)
                    .for_each(|position| by_target[wiring.target(position, 90)].push(all[position]));
            }
            let expected: Vec<f64> = by_target.into_iter().flatten().collect();
            let before: Vec<f64> = drawn.projections["p"].weights.clone();
            let sum = |weights: &[f64]| weights.iter().sum::<f64>();
            assert!((sum(&before) / sum(&expected) - 1.0).abs() > 0.01, "{rule} has changed something");
            for threads in [1, 2, 3] {
                let mut engine = engine::<f64>(&network, &side, threads);
                engine.advance(2000);
                assert_eq!(engine.plastic(), ["p"]);
                assert_eq!(engine.weights(0), expected, "{pattern}, {rule}, {threads} threads");
            }
        }
    }
}

/// A loop of cells whose synapses learn from each other: the same for any number of threads and through a saved state.
#[test]
fn a_network_that_learns_goes_on_from_a_saved_state() {
    let network = "
        population = { e.size = 200, i.size = 50 }
        [projection.e]
        from = 'e'
        to = ['e', 'i']
        pattern.fixed_probability = { p = 0.1 }
        weights.constant = 0.3
        delay.constant = '1.5 ms'
        [projection.i]
        from = 'i'
        to = 'e'
        pattern.fixed_probability = { p = 0.2 }
        weights.constant = 0.5
        delay.constant = '0.8 ms'";
    let side = side(
        "dt = '0.1 ms'
         neuron.lif = {}
         synapse.exponential = { tau = '5 ms', e_rev = '0 mV' }
         weight_unit = '1 nS'
         projection.i = { synapse.exponential = { tau = '10 ms', e_rev = '-80 mV' }, plasticity.vogels = { eta = 0.05, w_max = 20.0, negative = false } }
         projection.e.plasticity.stdp = { a_plus = 0.01, w_max = 2.0 }
         stimulus.drive = { to = ['e', 'i'], step = { amplitude = '320 pA' } }
         stimulus.noise = { to = 'e', poisson = { rate = '300 Hz', weight = 2.0 } }",
    );
    let mut whole = engine::<f32>(network, &side, 1);
    let spikes = whole.advance(3000);
    assert!(spikes.len() > 300, "{}", spikes.len());
    assert_eq!(whole.plastic(), ["e:e-e", "e:e-i", "i"]);
    for threads in [1, 2, 3] {
        let mut first = engine::<f32>(network, &side, threads);
        let begin = first.save();
        let mut parts = first.advance(1234);
        let saved = first.save();
        // Another one takes over, split over other threads; and one that has gone astray.
        let mut second = engine::<f32>(network, &side, 4 - threads);
        second.advance(77);
        second.restore(&saved).unwrap();
        parts.extend(second.advance(3000 - 1234));
        assert_eq!(parts, spikes, "{threads} threads");
        (0..3).for_each(|index| assert_eq!(second.weights(index), whole.weights(index)));
        assert_eq!(second.save(), whole.save());
        second.restore(&begin).unwrap();
        assert_eq!(second.advance(3000), spikes, "what was learned is forgotten with the rest");
    }
}
