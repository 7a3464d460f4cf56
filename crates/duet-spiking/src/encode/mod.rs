//! How numbers become spikes: one encoder per file.

mod latency;
mod poisson;
mod regular;

pub use latency::Latency;
pub use poisson::Poisson;
pub use regular::Regular;

use duet_random::Stream;
use duet_units::choice;

choice! {
    /// How numbers between 0 and 1 become spikes.
    pub enum Encode: "encode" {
        Regular(Regular) = "regular",
        Poisson(Poisson) = "poisson",
        Latency(Latency) = "latency",
    }
}

/// The spikes of one presentation: the cells that fire in each step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpikeTrain {
    offsets: Vec<u32>,
    cells: Vec<u32>,
}

impl SpikeTrain {
    /// The cells that fire in a step, ascending; a cell may stand there more than once. Steps count from 0.
    pub fn at(&self, step: usize) -> &[u32] {
        match self.offsets.get(step..step + 2) {
            Some(&[from, to]) => &self.cells[from as usize..to as usize],
            _ => &[],
        }
    }

    /// Number of spikes in all.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether nothing fires.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    fn begin(&mut self) {
        self.offsets.clear();
        self.cells.clear();
        self.offsets.push(0);
    }

    fn end_step(&mut self) {
        self.offsets.push(self.cells.len() as u32);
    }

    /// Sorts (step, cell) events into steps.
    fn sort_in(&mut self, events: &mut [(u32, u32)], steps: usize) {
        events.sort_unstable();
        self.begin();
        let mut next = 0;
        for step in 0..steps as u32 {
            while next < events.len() && events[next].0 == step {
                self.cells.push(events[next].1);
                next += 1;
            }
            self.end_step();
        }
    }
}

impl Encode {
    /// Encodes `values` over `steps` steps of `dt` ms into `train`, replacing what it held.
    pub fn encode(&self, values: &[f32], dt: f64, steps: usize, stream: &mut Stream, train: &mut SpikeTrain) {
        match self {
            Self::Regular(encoder) => encoder.encode(values, dt, steps, stream, train),
            Self::Poisson(encoder) => encoder.encode(values, dt, steps, stream, train),
            Self::Latency(encoder) => encoder.encode(values, dt, steps, train),
        }
    }
}

/// The factor that brings a vector to Euclidean length `to`, or 1 where no length is asked for or there is none.
fn length_factor(values: &[f32], to: Option<f64>) -> f64 {
    let squares: f64 = values.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    match to {
        Some(length) if squares > 0.0 => length / squares.sqrt(),
        _ => 1.0,
    }
}
