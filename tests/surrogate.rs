//! Spiking cells that learn by surrogate gradients, from the crates' public interfaces alone.

use duet_gradient::{Adam, CrossEntropy, GradientError, Logits, Optimizer};
use duet_random::Key;
use duet_spiking::gradient::surrogate::FastSigmoid;
use duet_spiking::gradient::{Batched, Surrogate};
use duet_spiking::neuron::IntegrateAndFire;
use duet_tasks::{Places, Split, Task};
use duet_units::Time;

const FEATURES: usize = 64;

/// Some examples side by side, and their labels.
fn gather(split: &Split, examples: &[u32]) -> (Vec<f32>, Vec<u32>) {
    let mut x = vec![0.0; examples.len() * FEATURES];
    for (&example, x) in examples.iter().zip(x.chunks_exact_mut(FEATURES)) {
        split.pixels.copy_example(example as usize, x);
    }
    (x, examples.iter().map(|&example| split.labels()[example as usize]).collect())
}

/// Digits through two layers of 64 cells in 25 steps. Two such networks from the same numbers end alike, to the bit.
#[test]
fn cells_learn_digits_through_their_spikes() {
    let task: Task = toml::from_str("digits = {}").expect("a task");
    let data = task.load(&Key::new(1), &Places::from_environment(None)).expect("digits");
    let cell = IntegrateAndFire { tau_m: Some(Time::new(20.0)), ..IntegrateAndFire::default() };
    let surrogate = Surrogate::FastSigmoid(FastSigmoid::default());
    let train = |epochs: u64| {
        let mut net = Batched::<f32>::new(&[FEATURES, 64, 64, 10], &cell, &surrogate, 0.95, 25, 1.0);
        let mut drawn = vec![0.0; net.parameters().len()];
        // Within 1 / sqrt(fan_in) = 1/8 for all layers.
        Key::new(1).stream("parameters", 0).fill_uniform_in(-0.125, 0.125, &mut drawn);
        net.parameters_and_gradient().0.iter_mut().zip(drawn).for_each(|(to, w)| *to = w as f32);
        let mut stepper =
            Optimizer::Adam(Adam { rate: 0.003, ..Adam::default() }).start(net.parameters().len());
        for epoch in 0..epochs {
            let order = Key::new(1).stream("order", epoch).permutation(data.train.len());
            for examples in order.chunks(32) {
                let (x, labels) = gather(&data.train, examples);
                net.learn(&x, |group, answers, by| {
                    let share = group.len() as f32 / labels.len() as f32;
                    CrossEntropy::default().evaluate(Logits::new(answers, 10)?, &labels[group], by)?;
                    by.iter_mut().for_each(|by| *by *= share);
                    Ok::<(), GradientError>(())
                })
                .expect("labels of ten classes");
                let (parameters, gradient) = net.parameters_and_gradient();
                stepper.step(parameters, gradient);
            }
        }
        net
    };
    let (one, other) = (train(1), train(1));
    assert_eq!(one.parameters(), other.parameters());
    let mut net = train(20);
    let all: Vec<u32> = (0..data.test.len() as u32).collect();
    let (x, labels) = gather(&data.test, &all);
    let is_right = |(scores, &label): (&[f32], &u32)| {
        let best = (0..10).reduce(|best, k| if scores[k] > scores[best] { k } else { best });
        best == Some(label as usize)
    };
    let right = net.answer(&x).chunks_exact(10).zip(&labels).filter(|&pair| is_right(pair)).count();
    let accuracy = right as f64 / labels.len() as f64;
    // An artificial 64-64-10 reaches 0.96 to 0.97.
    assert!(accuracy > 0.95, "{accuracy}");
}
