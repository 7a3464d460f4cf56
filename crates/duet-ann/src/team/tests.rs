use super::Split;
use crate::samples::{CHAIN, CONVOLUTIONAL, SKIP, ann, numbers};
use crate::{Ann, AnnError, Examples, Pixels};

/// A first layer that does not divide evenly.
const WIDE: &str = "
    population = { input.size = 20, hidden.size = 72, output.size = 2 }
    projection.b = { from = 'hidden', to = 'output', weights.he = {}, bias.zero = {} }
    projection.a = { from = 'input', to = 'hidden', weights.he = {}, bias.uniform = { low = -0.1, high = 0.1 } }";

fn bytes() -> Vec<u8> {
    numbers::<f32>(20 * 70).into_iter().map(|x| if x > 0.0 { (90.0 * x) as u8 } else { 0 }).collect()
}

fn learned(network: &str, side: &str, threads: usize) -> Ann<f32> {
    let mut ann = ann::<f32>(network, side);
    ann.set_threads(threads);
    let (bytes, labels) = (bytes(), (0..70).map(|i| i % 2).collect::<Vec<u32>>());
    let features = ann.inputs();
    let bytes: Vec<u8> = bytes.into_iter().cycle().take(70 * features).collect();
    let pixels = Pixels::U8 { bytes: &bytes, scale: 1.0 / 255.0 };
    let examples = Examples::new(pixels, features, &labels).unwrap();
    let order: Vec<u32> = (0..70).rev().collect();
    for _ in 0..3 {
        ann.fit(&examples, &order).unwrap();
    }
    ann
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let sides = [
        "learning.backprop.batch = 32",
        "activation.gelu = {}\nlearning.backprop = { batch = 20, optimizer.momentum = { rate = 0.1 } }",
        "learning.backprop = { batch = 32, schedule.cosine = { epochs = 3 } }",
    ];
    for side in sides {
        let alone = learned(WIDE, side, 1);
        for threads in [2, 3, 4, 40] {
            let together = learned(WIDE, side, threads);
            assert_eq!(together.save(), alone.save(), "{threads} threads, {side}");
            assert_eq!(together.gradient(), alone.gradient());
        }
    }
}

#[test]
fn pieces_of_a_batch_give_the_same_bits_on_any_number_of_threads() {
    let side = "activation.tanh = {}\npopulation.conv.dropout = 0.2\nlearning.backprop.batch = 50";
    let alone = learned(CONVOLUTIONAL, side, 1);
    for threads in [2, 3, 8] {
        let together = learned(CONVOLUTIONAL, side, threads);
        assert_eq!(together.save(), alone.save(), "{threads} threads");
    }
}

#[test]
fn only_what_pays_is_split() {
    let split = |network: &str, side: &str| {
        let ann = ann::<f32>(network, side);
        Split::of(&ann.plan, &ann.backprop)
    };
    let wide = split(WIDE, "").unwrap();
    assert_eq!((wide.link, wide.layer), (1, 1));
    let plan = ann::<f32>(WIDE, "").plan;
    assert_eq!(wide.shares(&plan, 2), [0..32, 32..72]);
    assert_eq!(wide.shares(&plan, 9).len(), 5);
    assert_eq!(split(SKIP, ""), None);
    assert_eq!(split(CONVOLUTIONAL, ""), None);
    assert_eq!(split(WIDE, "population.hidden.batch_norm = {}"), None);
    assert_eq!(split(WIDE, "learning.backprop.clip.norm = 1.0"), None);
    assert_eq!(split(CHAIN, "population.hidden.dropout = 0.5"), None);
}

#[test]
fn what_runs_away_is_named_alike() {
    let error = |threads: usize| {
        let mut ann = ann::<f32>(WIDE, "learning.backprop.optimizer.sgd = { rate = 1e30 }");
        ann.set_threads(threads);
        let (bytes, labels) = (bytes(), vec![1; 70]);
        let pixels = Pixels::U8 { bytes: &bytes, scale: 1.0 };
        let examples = Examples::new(pixels, 20, &labels).unwrap();
        let order: Vec<u32> = (0..70).collect();
        ann.fit(&examples, &order).unwrap_err()
    };
    assert!(matches!(error(1), AnnError::Diverged { .. }));
    assert_eq!(error(2), error(1));
}
