//! Synapses in as few bytes as they need: compressed rows, one per source, in the memory of the shard that holds the targets.
//!
//! A synapse is the place of its target's sum (16 bits) and, where weights differ, a whole number of quanta (16 bits). A weight or
//! a delay that all synapses of a set share is stored once. Within a row synapses stand by delay, and where many share one by
//! target, so that a spike reads one stretch of memory for each of its delays, and adds along the targets.

use duet_kernels::{BLOCK, Real, arrivals, prefetch};

/// One place per target cell and way in: what 16 bits count.
pub(crate) const PLACES: usize = 1 << 16;

/// Sums of arriving weights, in quanta. Where all of them fit 16 bits, twice as many stay in the cache.
pub(crate) enum Sums {
    Narrow(Box<[i16; PLACES]>),
    Wide(Box<[i32; PLACES]>),
}

impl Sums {
    pub(crate) fn new(is_narrow: bool) -> Self {
        // Made on the heap: an array of this size does not belong on a stack.
        #[expect(clippy::unnecessary_box_returns, reason = "the size")]
        fn zeros<N: Default + Clone + core::fmt::Debug>() -> Box<[N; PLACES]> {
            vec![N::default(); PLACES].into_boxed_slice().try_into().expect("as long as it was made")
        }
        if is_narrow { Self::Narrow(zeros()) } else { Self::Wide(zeros()) }
    }

    /// All to 0.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Narrow(sums) => sums.fill(0),
            Self::Wide(sums) => sums.fill(0),
        }
    }

    /// Hands over the sums from a place on, as arrivals, and begins them anew.
    pub(crate) fn collect<T: Real>(&mut self, start: usize, quantum: T, into: &mut [T]) {
        let places = start..start + into.len();
        match self {
            Self::Narrow(sums) => arrivals::collect_narrow(&mut sums[places], quantum, into),
            Self::Wide(sums) => arrivals::collect(&mut sums[places], quantum, into),
        }
    }
}

/// The synapses of one source population onto one shard that are stored alike.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The quanta of every synapse, where all are equal.
    pub(crate) weight: Option<i32>,
    /// One per 64 sources.
    pub(crate) blocks: Vec<Block>,
}

/// The rows of 64 sources.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Where each source's stretches begin.
    first: Vec<u32>,
    stretches: Vec<Stretch>,
    /// Where each source's synapses begin.
    starts: Vec<u32>,
    synapses: Synapses,
}

/// Synapses of one source with one delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// In steps, at least 1.
    pub(crate) delay: u16,
    pub(crate) synapses: u16,
}

#[derive(Debug)]
enum Synapses {
    /// Places of targets.
    Plain(Vec<u16>),
    /// The place below, the quanta above.
    Weighted(Vec<u32>),
}

impl Default for Synapses {
    fn default() -> Self {
        Self::Plain(Vec::new())
    }
}

/// Synapses that are due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) rows: u32,
    pub(crate) block: u32,
    pub(crate) start: u32,
    pub(crate) synapses: u32,
}

/// A synapse before it is packed: delay, place and quanta in one number that sorts by delay, then place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Loose(u64);

impl Loose {
    pub(crate) fn new(delay: u16, place: u16, quanta: i16) -> Self {
        Self(u64::from(delay) << 32 | u64::from(place) << 16 | u64::from(quanta as u16))
    }

    fn delay(self) -> u16 {
        (self.0 >> 32) as u16
    }

    fn place(self) -> u16 {
        (self.0 >> 16) as u16
    }
}

/// Synapses with one delay that are put in the order of their targets: fewer are too far apart to share a line of the cache.
const DENSE: usize = 64;

/// Orders synapses by delay, and by target where that helps.
#[derive(Default)]
struct Sorter {
    ends: Vec<usize>,
    sorted: Vec<Loose>,
}

impl Sorter {
    fn sort(&mut self, synapses: &mut Vec<Loose>) {
        // A counting sort: delays are small numbers.
        let longest = synapses.iter().map(|loose| loose.delay()).max().unwrap_or(0);
        self.ends.clear();
        self.ends.resize(usize::from(longest) + 2, 0);
        for loose in &*synapses {
            self.ends[usize::from(loose.delay()) + 1] += 1;
        }
        (1..self.ends.len()).for_each(|delay| self.ends[delay] += self.ends[delay - 1]);
        self.sorted.clear();
        self.sorted.resize(synapses.len(), Loose(0));
        for &loose in &*synapses {
            let end = &mut self.ends[usize::from(loose.delay())];
            self.sorted[*end] = loose;
            *end += 1;
        }
        std::mem::swap(synapses, &mut self.sorted);
        let dense = synapses.chunk_by_mut(|a, b| a.delay() == b.delay()).filter(|same| same.len() >= DENSE);
        dense.for_each(<[Loose]>::sort_unstable);
    }
}

impl Block {
    /// Packs the synapses of up to 64 sources; each list is sorted on the way.
    pub(crate) fn pack(sources: &mut [Vec<Loose>], weighted: bool) -> Self {
        let total = sources.iter().map(Vec::len).sum();
        let mut block = Self {
            synapses: if weighted {
                Synapses::Weighted(Vec::with_capacity(total))
            } else {
                Synapses::Plain(Vec::with_capacity(total))
            },
            ..Self::default()
        };
        let (mut start, mut sorter) = (0, Sorter::default());
        for source in sources {
            sorter.sort(source);
            block.first.push(block.stretches.len() as u32);
            block.starts.push(start);
            start += source.len() as u32;
            for same in source.chunk_by(|a, b| a.delay() == b.delay()) {
                let stretch =
                    |part: &[Loose]| Stretch { delay: same[0].delay(), synapses: part.len() as u16 };
                block.stretches.extend(same.chunks(usize::from(u16::MAX)).map(stretch));
            }
            match &mut block.synapses {
                Synapses::Plain(places) => places.extend(source.iter().map(|loose| loose.place())),
                // The lower halves of the packed numbers trade places.
                Synapses::Weighted(both) => both.extend(source.iter().map(|l| (l.0 as u32).rotate_left(16))),
            }
        }
        block.first.push(block.stretches.len() as u32);
        block.starts.push(start);
        block.stretches.shrink_to_fit();
        block
    }

    /// The stretches of a source, and where its synapses begin.
    #[inline]
    pub(crate) fn row(&self, source: usize) -> (&[Stretch], u32) {
        let row = self.first[source] as usize..self.first[source + 1] as usize;
        (&self.stretches[row], self.starts[source])
    }

    /// Bytes of the synapses themselves, without where rows begin: the same for any number of shards.
    pub(crate) fn bytes(&self) -> usize {
        match &self.synapses {
            Synapses::Plain(places) => places.len() * 2,
            Synapses::Weighted(both) => both.len() * 4,
        }
    }
}

impl Rows {
    /// The block and the row in it of a source.
    #[inline]
    pub(crate) fn find(source: usize) -> (usize, usize) {
        (source / BLOCK, source % BLOCK)
    }

    /// Every delay that occurs, some more than once.
    pub(crate) fn delays(&self) -> impl Iterator<Item = u16> {
        self.blocks.iter().flat_map(|block| &block.stretches).map(|stretch| stretch.delay)
    }

    /// Adds what is due.
    #[inline]
    pub(crate) fn add(&self, visit: Visit, sums: &mut Sums) {
        let due = visit.start as usize..(visit.start + visit.synapses) as usize;
        match (&self.blocks[visit.block as usize].synapses, sums) {
            (Synapses::Plain(places), Sums::Narrow(sums)) => {
                // Every weight fits where all sums do.
                let weight = self.weight.unwrap_or(0) as i16;
                for &place in &places[due] {
                    sums[usize::from(place)] += weight;
                }
            }
            (Synapses::Plain(places), Sums::Wide(sums)) => {
                let weight = self.weight.unwrap_or(0);
                for &place in &places[due] {
                    sums[usize::from(place)] += weight;
                }
            }
            (Synapses::Weighted(both), Sums::Narrow(sums)) => {
                for &synapse in &both[due] {
                    sums[synapse as usize & (PLACES - 1)] += (synapse >> 16) as i16;
                }
            }
            (Synapses::Weighted(both), Sums::Wide(sums)) => {
                for &synapse in &both[due] {
                    sums[synapse as usize & (PLACES - 1)] += synapse.cast_signed() >> 16;
                }
            }
        }
    }

    /// Has what will be due soon brought into the cache: its beginning, the rest follows by itself.
    #[inline]
    pub(crate) fn prefetch(&self, visit: Visit) {
        let end =
            |len: usize| (visit.start as usize + 64).min((visit.start + visit.synapses) as usize).min(len);
        let start = visit.start as usize;
        match &self.blocks[visit.block as usize].synapses {
            Synapses::Plain(places) => prefetch(&places[start..end(places.len())]),
            Synapses::Weighted(both) => prefetch(&both[start..end(both.len())]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_arrives_when_it_is_due() {
        let mut sources = vec![
            vec![Loose::new(3, 9, -5), Loose::new(1, 65_535, 7), Loose::new(3, 2, 300), Loose::new(3, 9, 1)],
            vec![],
            vec![Loose::new(2, 0, -32_767)],
        ];
        let rows = Rows { weight: None, blocks: vec![Block::pack(&mut sources, true)] };
        let (stretches, start) = rows.blocks[0].row(0);
        assert_eq!(
            (stretches, start),
            (&[Stretch { delay: 1, synapses: 1 }, Stretch { delay: 3, synapses: 3 }][..], 0)
        );
        assert_eq!(rows.blocks[0].row(1), (&[][..], 4));
        for is_narrow in [false, true] {
            let mut sums = Sums::new(is_narrow);
            rows.add(Visit { rows: 0, block: 0, start: 1, synapses: 3 }, &mut sums);
            rows.add(Visit { rows: 0, block: 0, start: 4, synapses: 1 }, &mut sums);
            let mut arrivals = vec![0.0_f64; PLACES];
            sums.collect(0, 0.5, &mut arrivals);
            assert_eq!(
                (arrivals[9], arrivals[2], arrivals[65_535], arrivals[0]),
                (-2.0, 150.0, 0.0, -16_383.5)
            );
        }

        let mut many = vec![(0..70_000_u32).map(|i| Loose::new(4, (i % 8) as u16, 0)).collect::<Vec<_>>()];
        let rows = Rows { weight: Some(-3), blocks: vec![Block::pack(&mut many, false)] };
        let (stretches, start) = rows.blocks[0].row(0);
        assert_eq!(stretches.len(), 2);
        let (mut at, mut sums) = (start, Sums::new(false));
        for stretch in stretches {
            let synapses = u32::from(stretch.synapses);
            rows.add(Visit { rows: 0, block: 0, start: at, synapses }, &mut sums);
            at += synapses;
        }
        let mut arrivals = [0.0_f32; 8];
        sums.collect(0, 1.0, &mut arrivals);
        assert_eq!((at, arrivals), (70_000, [-3.0 * 8750.0; 8]));
        assert_eq!(rows.blocks[0].bytes(), 2 * 70_000);
    }
}
