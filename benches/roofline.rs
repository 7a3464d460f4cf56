//! What bounds a network at scale: its synapses, cells and random numbers counted, and held against what this machine does with
//! each of them alone. The same for one thread, two and more: strong scaling.
//!
//! `cargo bench --bench roofline -- [SCENARIO ...] [--seconds S]`
//!
//! ```text
//! rows       bytes of the synapses that spikes went through    / bytes read in order from main memory per second
//! adds       synapses that spikes went through                 / adds at places in a row's order, into sums that lie in the cache
//! cells      bytes of state, read and written at every step    / bytes copied within the cache per second
//! roof       rows + adds + cells: what a step takes at least where nothing overlaps
//! ```
//! Rows that are sets add 64 synapses at once and can lie above a roof of single adds; networks whose state is worked on far more
//! than it is moved (exponentials, random numbers) lie far below a roof that counts moves alone.

use duet_harness::{Document, check};
use duet_random::Key;
use duet_spiking::SpikingSide;
use duet_spiking::network::Engine;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

const USAGE: &str = "cargo bench --bench roofline -- [cuba | coba | coba_hh | brunel | microcircuit_tenth | PATH ...] [--seconds S]";

/// What one thread of this machine does in a second.
struct Machine {
    /// Bytes read in order from main memory.
    streamed: f64,
    /// Adds at ascending places of a list into 256 kB.
    added: f64,
    /// Bytes read and written within 256 kB.
    copied: f64,
}

/// The best of some tries, in units per second.
fn fastest(units: f64, mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let begin = Instant::now();
        work();
        best = best.min(begin.elapsed().as_secs_f64());
    }
    units / best
}

impl Machine {
    fn measured() -> Self {
        let far = vec![1_u64; 32 << 20];
        let streamed = fastest(8.0 * far.len() as f64, || {
            // Eight sums, so that no add waits for the one before.
            let mut sums = [0_u64; 8];
            for eight in far.chunks_exact(8) {
                sums.iter_mut().zip(eight).for_each(|(sum, x)| *sum = sum.wrapping_add(*x));
            }
            black_box(sums);
        });
        let mut sums = vec![0_i32; 64 << 10];
        let mut stream = Key::new(1).stream("places", 0);
        let rows: Vec<Vec<u16>> = (0..64)
            .map(|_| {
                let mut row: Vec<u16> = (0..2000).map(|_| stream.below(64 << 10) as u16).collect();
                row.sort_unstable();
                row
            })
            .collect();
        let repeats = 100;
        let added = fastest((repeats * 64 * 2000) as f64, || {
            for row in rows.iter().cycle().take(repeats * 64) {
                row.iter().for_each(|&place| sums[usize::from(place)] += 3);
            }
            black_box(&sums);
        });
        let (near, mut copy) = (vec![1.5_f32; 16 << 10], vec![0.0_f32; 16 << 10]);
        let copied = fastest((2000 * 2 * 4 * near.len()) as f64, || {
            for _ in 0..2000 {
                copy.iter_mut().zip(black_box(&near)).for_each(|(to, from)| *to = 0.5 * from);
                black_box(&copy);
            }
        });
        Self { streamed, added, copied }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (mut names, mut seconds) = (Vec::new(), 1.0);
    // `cargo bench` passes --bench on.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => seconds = arguments.next().ok_or(USAGE)?.parse()?,
            option if option.starts_with("--") => return Err(USAGE.into()),
            name => names.push(name.to_owned()),
        }
    }
    if names.is_empty() {
        names = ["cuba", "coba", "coba_hh", "brunel", "microcircuit_tenth"].map(str::to_owned).to_vec();
    }
    let machine = Machine::measured();
    println!(
        "one thread: {:.1} GB/s in order from main memory, {:.2} G adds/s at places of a list, {:.1} GB/s within the cache\n",
        machine.streamed / 1e9,
        machine.added / 1e9,
        machine.copied / 1e9
    );
    println!(
        "{:<20} {:>7} {:>9} {:>8} {:>9} {:>8} {:>6} {:>6} {:>6} {:>6} {:>7} {:>8}",
        "",
        "threads",
        "factor",
        "speed-up",
        "events/s",
        "B/event",
        "rows",
        "adds",
        "cells",
        "roof",
        "of time",
        "GB/s"
    );
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    for name in names {
        let mut alone = f64::NAN;
        let mut threads = 1;
        while threads <= most {
            let line = measure(&name, threads, seconds, &machine, &mut alone)?;
            println!("{line}");
            threads *= 2;
        }
    }
    Ok(())
}

/// A network for so many seconds of its time, by so many threads.
fn measure(
    name: &str,
    threads: usize,
    seconds: f64,
    machine: &Machine,
    alone: &mut f64,
) -> Result<String, Box<dyn Error>> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/networks/{name}.toml"));
    let path = if own.is_file() { own } else { name.into() };
    let document = Document::parse(name, std::fs::read_to_string(&path)?)?;
    let scenario = check(document, &[])?.scenario;
    let side: &SpikingSide =
        scenario.side.values().find_map(|side| side.spiking.as_ref()).ok_or("no spiking side")?;
    let sketch = scenario.network().sketch(Key::new(scenario.seed).child("network"))?;
    let mut engine = Engine::<f32>::new(&sketch, side, Key::new(scenario.seed).child("side"), threads)?;
    let steps = |seconds: f64| (seconds * 1000.0 / engine.dt()).round() as u64;
    let (warm, timed) = (steps(0.2), steps(seconds));
    engine.advance(warm);
    let begin = Instant::now();
    let spikes = engine.advance(timed);
    let took = begin.elapsed().as_secs_f64();
    let events: f64 = spikes.iter().map(|spike| f64::from(engine.out_degree(spike.id))).sum();
    let each = engine.synapse_bytes() as f64 / engine.synapses().max(1) as f64;
    let state = 2.0 * engine.state_bytes() as f64 * timed as f64;
    let rows = events * each / machine.streamed;
    let adds = events / machine.added;
    let cells = state / machine.copied;
    let roof = (rows + adds + cells) / threads as f64;
    if threads == 1 {
        *alone = took;
    }
    let share = |part: f64| format!("{:.0}%", 100.0 * part / threads as f64 / took);
    Ok(format!(
        "{name:<20} {threads:>7} {:>9.3} {:>8.2} {:>9} {each:>8.2} {:>6} {:>6} {:>6} {:>6} {:>7} {:>8.2}",
        took / seconds,
        *alone / took,
        format!("{:.2} G", events / took / 1e9),
        share(rows),
        share(adds),
        share(cells),
        format!("{:.3}", roof / seconds),
        share(roof * threads as f64),
        events * each / took / 1e9
    ))
}
