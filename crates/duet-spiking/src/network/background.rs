//! What reaches a shard's cells of one population from outside.

use crate::stimulus::{Poisson, Source, common_current};
use duet_kernels::membrane::input::Drawn;
use duet_kernels::{BLOCK, PoissonBlocks, Real};
use duet_random::Key;
use std::ops::Range;

/// Poisson trains onto every cell of a shard's part of a population, drawn in bulk.
pub(crate) struct Background {
    /// The stimulus that says so.
    name: String,
    /// The steps, counted from 0, in which it is on.
    from: u64,
    until: u64,
    draws: Draws,
    /// Where those of the shard's cells stand that it reaches.
    span: Range<usize>,
}

enum Draws {
    /// A train of its own for every cell: the counts of whole blocks.
    Own { blocks: PoissonBlocks, first: u32, stride: u32 },
    /// The same train for all.
    Common { key: Key, mean: f64 },
}

/// The largest mean number of spikes in a step that can be drawn.
pub const MOST_PER_STEP: f64 = PoissonBlocks::MOST;

impl Background {
    /// Trains into a way of so many cells, and room for what they draw.
    pub(crate) fn new<T: Real>(
        name: &str,
        poisson: &Poisson,
        dt: f64,
        way: usize,
        ((cells, first, stride), span): ((usize, u32, u32), Range<usize>),
        key: Key,
    ) -> (Self, Drawn<T>) {
        // On while the middle of a step lies in [start, stop), as everywhere.
        let step = |time: f64| (time / dt - 0.5).ceil().max(0.0) as u64;
        let mean = poisson.per_step(dt);
        let (draws, counts) = if poisson.independent {
            let counts = vec![0; cells.next_multiple_of(BLOCK)];
            (Draws::Own { blocks: PoissonBlocks::new(key.words("poisson"), mean), first, stride }, counts)
        } else {
            (Draws::Common { key, mean }, Vec::new())
        };
        let background = Self {
            name: name.to_owned(),
            from: step(poisson.start.get()),
            until: poisson.stop.map_or(u64::MAX, |stop| step(stop.get())),
            draws,
            span,
        };
        (background, Drawn { way, weight: T::from_f64(poisson.weight), counts, is_on: false })
    }

    /// Other counts from now on, if it is what a stimulus says: so many spikes in a step, on average.
    pub(crate) fn set_mean(&mut self, name: &str, per_step: f64) {
        if self.name == name {
            match &mut self.draws {
                Draws::Own { blocks, .. } => *blocks = blocks.with_mean(per_step),
                Draws::Common { mean, .. } => *mean = per_step,
            }
        }
    }

    /// Draws what arrives at the end of a step: counts by cell, or a weight that is the same for all. `apart` is how far in
    /// the noise this trial lies from the first.
    pub(crate) fn draw<T: Real>(&mut self, step: u64, apart: u64, drawn: &mut Drawn<T>, constant: &mut [T]) {
        let is_on = (self.from..self.until).contains(&step);
        match &mut self.draws {
            Draws::Own { blocks, first, stride } => {
                drawn.is_on = is_on;
                if is_on {
                    blocks.draw(step + apart, *first, *stride, &mut drawn.counts);
                    // Blocks are drawn whole; cells of other blocks must not notice who is left out.
                    drawn.counts[..self.span.start].fill(0);
                    drawn.counts[self.span.end..].fill(0);
                }
            }
            Draws::Common { key, mean } if is_on => {
                let spikes = key.stream("poisson", step + apart).poisson(*mean) as i32;
                constant[drawn.way] += T::from_i32(spikes) * drawn.weight;
            }
            Draws::Common { .. } => {}
        }
    }
}

/// The currents from outside in the middle of a step, each into the cells that it reaches.
pub(crate) fn currents<T: Real>(sources: &[(Source, Range<usize>)], step: u64, dt: f64, cells: &mut [T]) {
    let t = (step as f64 + 0.5) * dt;
    let all = 0..cells.len();
    let common = sources.iter().filter(|(_, span)| *span == all);
    cells.fill(T::from_f64(common.map(|(source, _)| common_current(source, t)).sum()));
    for (source, span) in sources.iter().filter(|(_, span)| *span != all) {
        let current = T::from_f64(common_current(source, t));
        cells[span.clone()].iter_mut().for_each(|sum| *sum += current);
    }
}
