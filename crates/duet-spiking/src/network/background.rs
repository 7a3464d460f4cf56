//! What reaches a shard's cells of one population from outside.

use crate::stimulus::{Poisson, Source, common_current};
use duet_kernels::arrivals::add_counts;
use duet_kernels::{BLOCK, PoissonBlocks, Real};
use duet_random::Key;

/// Poisson trains onto every cell of a shard's part of a population, drawn in bulk.
pub(crate) struct Background {
    /// Which of the population's ways in.
    receptor: usize,
    weight: f64,
    /// The steps, counted from 0, in which it is on.
    from: u64,
    until: u64,
    draws: Draws,
}

enum Draws {
    /// A train of its own for every cell: the counts of whole blocks.
    Own { blocks: PoissonBlocks, first: u32, stride: u32, counts: Vec<u8> },
    /// The same train for all.
    Common { key: Key, mean: f64 },
}

/// The largest mean number of spikes in a step that can be drawn.
pub(crate) const MOST_PER_STEP: f64 = PoissonBlocks::MOST;

impl Background {
    pub(crate) fn new(
        poisson: &Poisson,
        dt: f64,
        receptor: usize,
        (cells, first, stride): (usize, u32, u32),
        key: Key,
    ) -> Self {
        // On while the middle of a step lies in [start, stop), as everywhere.
        let step = |time: f64| (time / dt - 0.5).ceil().max(0.0) as u64;
        let mean = poisson.per_step(dt);
        let draws = if poisson.independent {
            let counts = vec![0; cells.next_multiple_of(BLOCK)];
            Draws::Own { blocks: PoissonBlocks::new(key.words("poisson"), mean), first, stride, counts }
        } else {
            Draws::Common { key, mean }
        };
        Self {
            receptor,
            weight: poisson.weight,
            from: step(poisson.start.get()),
            until: poisson.stop.map_or(u64::MAX, |stop| step(stop.get())),
            draws,
        }
    }

    /// Adds the weights that arrive at the end of a step.
    pub(crate) fn add<T: Real>(&mut self, step: u64, arrivals: &mut [Vec<T>]) {
        if !(self.from..self.until).contains(&step) {
            return;
        }
        let arriving = &mut arrivals[self.receptor];
        match &mut self.draws {
            Draws::Own { blocks, first, stride, counts } => {
                blocks.draw(step, *first, *stride, counts);
                add_counts(&counts[..arriving.len()], T::from_f64(self.weight), arriving);
            }
            Draws::Common { key, mean } => {
                let sum = key.stream("poisson", step).poisson(*mean) as f64 * self.weight;
                arriving.iter_mut().for_each(|arriving| *arriving += T::from_f64(sum));
            }
        }
    }
}

/// The sum of the currents that are the same for all cells, in the middle of a step.
pub(crate) fn current(sources: &[Source], step: u64, dt: f64) -> f64 {
    let t = (step as f64 + 0.5) * dt;
    sources.iter().map(|source| common_current(source, t)).sum()
}
