//! Where every cell lives: blocks of 64 cells, dealt to the shards in turn.
//!
//! A shard is what one thread works on. Blocks are dealt one after the other, so that every shard gets its share of every
//! population, busy or silent. A cell has a number of its own (`id`) that does not depend on the shards.

use duet_kernels::BLOCK;
use std::ops::Range;

/// The cells of all populations over all shards.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) shards: usize,
    populations: Vec<Span>,
}

#[derive(Clone, Debug)]
struct Span {
    size: usize,
    first_id: u32,
    /// Number of its first block, counted over all populations.
    first_block: usize,
}

impl Places {
    pub(crate) fn new(sizes: &[usize], shards: usize) -> Self {
        let (mut first_id, mut first_block) = (0, 0);
        let span = |&size: &usize| {
            let span = Span { size, first_id, first_block };
            first_id += size as u32;
            first_block += size.div_ceil(BLOCK);
            span
        };
        Self { shards, populations: sizes.iter().map(span).collect() }
    }

    /// How many cells there are.
    pub(crate) fn cells(&self) -> usize {
        self.populations.iter().map(|span| span.size).sum()
    }

    pub(crate) fn size(&self, population: usize) -> usize {
        self.populations[population].size
    }

    pub(crate) fn id(&self, population: usize, cell: usize) -> u32 {
        self.populations[population].first_id + cell as u32
    }

    /// The population and the cell behind a number.
    pub(crate) fn who(&self, id: u32) -> (usize, usize) {
        // An empty population shares its first number with the next: the last that begins there is meant.
        let population = self.populations.partition_point(|span| span.first_id <= id) - 1;
        (population, (id - self.populations[population].first_id) as usize)
    }

    /// The shard of a cell, and its place among the shard's cells of this population.
    #[inline]
    pub(crate) fn find(&self, population: usize, cell: usize) -> (usize, usize) {
        let (block, within) = (cell / BLOCK, cell % BLOCK);
        let dealt = self.populations[population].first_block + block;
        // The blocks of the population that the shard got before this one are a whole number of rounds.
        (dealt % self.shards, block / self.shards * BLOCK + within)
    }

    /// The first of a population's blocks that a shard holds; it holds every `shards`-th from there.
    pub(crate) fn first_block(&self, population: usize, shard: usize) -> usize {
        (shard + self.shards - self.populations[population].first_block % self.shards) % self.shards
    }

    /// The cell at a place of a shard.
    pub(crate) fn cell(&self, population: usize, shard: usize, local: usize) -> usize {
        (self.first_block(population, shard) + local / BLOCK * self.shards) * BLOCK + local % BLOCK
    }

    /// Where those of a population's cells that lie in a span stand on a shard: they keep their order there.
    pub(crate) fn span(&self, population: usize, shard: usize, cells: &Range<usize>) -> Range<usize> {
        let locals = 0..self.count(population, shard);
        let before = |end: usize| {
            locals.clone().take_while(|&local| self.cell(population, shard, local) < end).count()
        };
        before(cells.start)..before(cells.end)
    }

    /// How many cells of a population a shard holds. Only the last block of a population is not full.
    pub(crate) fn count(&self, population: usize, shard: usize) -> usize {
        let size = self.populations[population].size;
        let blocks = (self.first_block(population, shard)..size.div_ceil(BLOCK)).step_by(self.shards);
        blocks.map(|block| BLOCK.min(size - block * BLOCK)).sum()
    }

    /// The largest number of places in use on any shard, if a population has so many ways in, each padded to whole blocks.
    pub(crate) fn most_places(sizes: &[usize], ways: &[usize], shards: usize) -> usize {
        let places = Self::new(sizes, shards);
        let of = |shard: usize| -> usize {
            let padded = |population: usize| places.count(population, shard).next_multiple_of(BLOCK);
            (0..sizes.len()).map(|population| ways[population] * padded(population)).sum()
        };
        (0..shards).map(of).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_has_one_place() {
        let sizes = [130, 0, 64, 1, 700];
        for shards in [1, 2, 3, 8] {
            let places = Places::new(&sizes, shards);
            for (population, &size) in sizes.iter().enumerate() {
                let counts: usize = (0..shards).map(|shard| places.count(population, shard)).sum();
                assert_eq!(counts, size);
                for cell in 0..size {
                    let (shard, local) = places.find(population, cell);
                    assert!(local < places.count(population, shard), "{shards} shards, {population}.{cell}");
                    assert_eq!(places.cell(population, shard, local), cell);
                    assert_eq!(places.who(places.id(population, cell)), (population, cell));
                }
            }
            assert_eq!(places.cells(), 895);
        }
        for shards in [1, 2, 3] {
            let places = Places::new(&sizes, shards);
            let cells = 60..333;
            let found = (0..shards).flat_map(|shard| {
                let places = &places;
                places.span(4, shard, &cells).map(move |local| places.cell(4, shard, local))
            });
            let mut found: Vec<usize> = found.collect();
            found.sort_unstable();
            assert_eq!(found, cells.collect::<Vec<_>>(), "{shards} shards");
        }
        assert_eq!(Places::most_places(&sizes, &[1, 1, 2, 0, 1], 1), 192 + 128 + 704);
    }
}
