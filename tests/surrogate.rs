//! Spiking cells that learn by surrogate gradients, from the crates' public interfaces alone.

use duet_harness::learner::largest;
use duet_random::Key;
use duet_spiking::SpikingSide;
use duet_spiking::gradient::SurrogateNet;
use duet_tasks::{Places, Task};
use duet_topology::NetworkSpec;

/// Digits through two layers of 64 cells in 25 steps. Two such networks from the same numbers end alike, to the bit.
#[test]
fn cells_learn_digits_through_their_spikes() {
    let task: Task = toml::from_str("digits = {}").expect("a task");
    let data = task.load(&Key::new(1), &Places::from_environment(None)).expect("digits");
    let spec: NetworkSpec = toml::from_str(
        "population = { input.size = 64, a.size = 64, b.size = 64, output.size = 10 }
         [projection]
         a = { from = 'input', to = 'a', weights.pytorch = {}, bias.zero = {} }
         b = { from = 'a', to = 'b', weights.pytorch = {}, bias.zero = {} }
         c = { from = 'b', to = 'output', weights.pytorch = {}, bias.zero = {} }",
    )
    .expect("a network");
    let side: SpikingSide = toml::from_str(
        "neuron.integrate_and_fire = { tau_m = '20 ms' }
         synapse.delta = {}
         encode.constant_current = {}
         decode.membrane = { take = 'mean' }
         learning.surrogate = { batch = 32, optimizer.adam = { rate = 0.003 } }",
    )
    .expect("a side");
    let network = spec.realize(Key::new(1)).expect("a network");
    let train = |epochs: usize| {
        let mut net = SurrogateNet::<f32>::new(&network, &side, 10, 25.0).expect("a network that fits");
        for epoch in 0..epochs {
            let order = Key::new(1).stream("order", epoch as u64).permutation(data.train.len());
            let copy = |example: usize, x: &mut [f32]| data.train.pixels.copy_example(example, x);
            net.fit(epoch, &order, data.train.labels(), copy).expect("finite weights");
        }
        net
    };
    assert_eq!(train(1).save(), train(1).save());
    let copy = |example: usize, x: &mut [f32]| data.test.pixels.copy_example(example, x);
    let answered = train(20).answer(data.test.labels(), copy).expect("answers");
    let answers = answered.scores.chunks_exact(10).map(largest);
    let right = answers.zip(data.test.labels()).filter(|(answer, label)| answer == *label).count();
    let accuracy = right as f64 / data.test.len() as f64;
    // An artificial 64-64-10 reaches 0.96 to 0.97.
    assert!(accuracy > 0.95, "{accuracy}");
}
