//! How long an epoch of training takes: 784-64-64-10, batch 32, Adam, 60,000 made-up byte images.
//!
//! `cargo run --release -p duet-ann --example epoch_time`

use duet_ann::{Ann, AnnSide, Examples, Pixels};
use duet_random::Key;
use duet_topology::NetworkSpec;
use std::error::Error;
use std::time::Instant;

const IMAGES: usize = 60_000;
const FEATURES: usize = 784;

fn main() -> Result<(), Box<dyn Error>> {
    let spec: NetworkSpec = toml::from_str(
        "population = { input.size = 784, h1.size = 64, h2.size = 64, output.size = 10 }
         projection.a = { from = 'input', to = 'h1', weights.he = {}, bias.zero = {} }
         projection.b = { from = 'h1', to = 'h2', weights.he = {}, bias.zero = {} }
         projection.c = { from = 'h2', to = 'output', weights.he = {}, bias.zero = {} }",
    )?;
    let side: AnnSide = toml::from_str("population.output.activation.identity = {}")?;
    let key = Key::new(1);
    let mut ann = Ann::<f32>::new(&spec.realize(key)?, &side)?;

    // Ten fixed patterns under noise, two thirds of the pixels black, as in pictures of digits or clothes.
    let mut draws = key.stream("images", 0);
    let patterns: Vec<f64> = (0..10 * FEATURES).map(|_| draws.uniform() * 2.0 - 1.0).collect();
    let mut bytes = vec![0_u8; IMAGES * FEATURES];
    let mut labels = vec![0_u32; IMAGES];
    for (i, (image, label)) in bytes.chunks_exact_mut(FEATURES).zip(&mut labels).enumerate() {
        *label = (i % 10) as u32;
        let pattern = &patterns[i % 10 * FEATURES..];
        for (pixel, &strength) in image.iter_mut().zip(pattern) {
            let value = 0.06 * strength + draws.uniform() - 0.6;
            *pixel = (value.max(0.0) * 255.0) as u8;
        }
    }
    let examples = Examples::new(Pixels::U8 { bytes: &bytes, scale: 1.0 / 255.0 }, FEATURES, &labels)?;

    let mut order: Vec<u32> = (0..IMAGES as u32).collect();
    for epoch in 0..5 {
        key.stream("order", epoch).shuffle(&mut order);
        let start = Instant::now();
        let report = ann.fit(&examples, &order)?;
        let seconds = start.elapsed().as_secs_f64();
        println!("epoch {epoch}: {seconds:.3} s, loss {:.4}, right {}", report.loss, report.correct);
    }
    Ok(())
}
