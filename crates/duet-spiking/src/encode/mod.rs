//! How numbers become spikes: one encoder per file.

mod bernoulli;
mod constant_current;
mod delta;
mod gamma;
mod latency;
mod poisson;
mod population;
mod regular;
mod renewal;

pub use bernoulli::Bernoulli;
pub use constant_current::ConstantCurrent;
pub use delta::Delta;
pub use gamma::Gamma;
pub use latency::Latency;
pub use poisson::Poisson;
pub use population::Population;
pub use regular::Regular;
pub use renewal::Renewal;

use crate::decode::OutputSpikes;
use duet_random::Stream;
use duet_units::choice;

choice! {
    /// How numbers between 0 and 1 become spikes.
    pub enum Encode: "encode" {
        Regular(Regular) = "regular",
        Poisson(Poisson) = "poisson",
        Gamma(Gamma) = "gamma",
        Bernoulli(Bernoulli) = "bernoulli",
        Latency(Latency) = "latency",
        Population(Population) = "population",
        Delta(Delta) = "delta",
        ConstantCurrent(ConstantCurrent) = "constant_current",
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
            Self::Gamma(encoder) => encoder.encode(values, dt, steps, stream, train),
            Self::Bernoulli(encoder) => encoder.encode(values, dt, steps, stream, train),
            Self::Latency(encoder) => encoder.encode(values, dt, steps, train),
            Self::Population(encoder) => encoder.encode(values, dt, steps, stream, train),
            Self::Delta(encoder) => encoder.encode(values, steps, train),
            Self::ConstantCurrent(_) => ConstantCurrent::encode(steps, train),
        }
    }

    /// The other way round: the numbers that the spikes of the first `elapsed` ms tell, as well as each code allows; one for
    /// each [`cells_per_value`](Self::cells_per_value) cells. A number may lie outside [0, 1] where chance added spikes, and is none where
    /// no spikes are sent.
    pub fn read_back(&self, spikes: &OutputSpikes, elapsed: f64, dt: f64) -> Vec<f64> {
        match self {
            Self::Regular(encoder) => encoder.read_back(spikes, elapsed),
            Self::Poisson(encoder) => encoder.read_back(spikes, elapsed),
            Self::Gamma(encoder) => encoder.read_back(spikes, elapsed),
            Self::Bernoulli(encoder) => encoder.read_back(spikes, elapsed),
            Self::Latency(encoder) => encoder.read_back(spikes, elapsed, dt),
            Self::Population(encoder) => encoder.read_back(spikes, elapsed),
            Self::Delta(encoder) => encoder.read_back(spikes),
            Self::ConstantCurrent(_) => vec![f64::NAN; spikes.count.len()],
        }
    }

    /// How many cells tell one number: they are shown it together, side by side.
    pub fn cells_per_value(&self) -> usize {
        match self {
            Self::Population(encoder) => encoder.cells,
            _ => 1,
        }
    }

    /// Whether spikes are sent at all, rather than the numbers themselves.
    pub fn sends_spikes(&self) -> bool {
        !matches!(self, Self::ConstantCurrent(_))
    }

    /// What a value of 1 becomes in a step of `dt` ms, in spikes or as a number, where that is proportional to the value; `None` for codes
    /// that tell it otherwise than by a rate.
    ///
    /// ```
    /// use duet_spiking::Encode;
    /// let encode: Encode = toml::from_str("regular = { rate_max = '100 Hz' }").unwrap();
    /// assert_eq!(encode.gain(2.0), Some(0.2));
    /// ```
    pub fn gain(&self, dt: f64) -> Option<f64> {
        let per_step = |rate: f64| rate * dt / 1000.0;
        match self {
            Self::ConstantCurrent(_) => Some(1.0),
            Self::Regular(encoder) => encoder.length.is_none().then(|| per_step(encoder.rate_max.get())),
            Self::Poisson(encoder) => (encoder.length.is_none() && encoder.t_ref.get() == 0.0)
                .then(|| per_step(encoder.rate_max.get())),
            Self::Bernoulli(encoder) => Some(per_step(encoder.rate_max.get()).min(1.0)),
            Self::Gamma(_) | Self::Latency(_) | Self::Population(_) | Self::Delta(_) => None,
        }
    }

    /// Whether examples are scaled to a length before they are told, so that a number alone cannot be read back.
    pub fn scales_examples(&self) -> bool {
        match self {
            Self::Regular(encoder) => encoder.length.is_some(),
            Self::Poisson(encoder) => encoder.length.is_some(),
            _ => false,
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

#[cfg(test)]
mod tests {
    use super::*;
    use duet_random::Key;

    /// What is sent for long enough is what is read, to the precision of each code.
    #[test]
    fn every_code_can_be_read() {
        let (dt, steps) = (0.1, 100_000);
        for (spec, precision) in [
            ("regular = {}", 1e-3),
            ("poisson = {}", 0.07),
            ("poisson = { t_ref = '2 ms' }", 0.07),
            ("gamma = { order = 9 }", 0.03),
            ("bernoulli = {}", 0.07),
            ("latency = {}", 0.0026),
            ("population = { cells = 5, width = 0.2 }", 0.02),
            ("delta = { change = 0.01 }", 0.0051),
        ] {
            let encode: Encode = toml::from_str(spec).unwrap();
            let group = encode.cells_per_value();
            let told = [0.13_f32, 0.5, 0.98];
            let shown: Vec<f32> = told.iter().flat_map(|&value| vec![value; group]).collect();
            let mut train = SpikeTrain::default();
            encode.encode(&shown, dt, steps, &mut Key::new(9).stream("test", 0), &mut train);
            let mut spikes =
                OutputSpikes { count: vec![0.0; shown.len()], first: vec![f64::INFINITY; shown.len()] };
            for step in 0..steps {
                for &cell in train.at(step) {
                    spikes.count[cell as usize] += 1.0;
                    spikes.first[cell as usize] = spikes.first[cell as usize].min(step as f64);
                }
            }
            let read = encode.read_back(&spikes, steps as f64 * dt, dt);
            assert_eq!(read.len(), told.len());
            for (read, &told) in read.iter().zip(&told) {
                assert!((read - f64::from(told)).abs() <= precision, "{spec}: {told} is read as {read}");
            }
        }
    }
}
