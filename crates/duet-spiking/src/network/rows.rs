//! Synapses in as few bytes as they need: compressed rows, one per source, in the memory of the shard that holds the targets.
//!
//! A synapse is the place of its target's sum (16 bits) and, where weights differ, a whole number of quanta (16 bits). A weight or
//! a delay that all synapses of a set share is stored once. Within a row synapses stand by delay, and roughly by target within
//! that, so that a spike reads one stretch of memory for each of its delays, and adds along the targets.
//!
//! Where weight and delay are shared and a source reaches a sixteenth of its targets or more, bits take no more room than a list:
//! a row is then the set of its targets, and the sets of all spikes that arrive in a step are counted together.

use super::quanta::rounded;
use duet_kernels::membrane::input;
use duet_kernels::sets::{self, LINE, Line};
use duet_kernels::{BLOCK, Buffer, in_large_pages, prefetch};

/// One place per target cell and way in: what 16 bits count.
pub(crate) const PLACES: usize = 1 << 16;

/// Sums of arriving weights, in quanta. Where all of them fit 16 bits, twice as many stay in the cache.
pub(crate) enum Sums {
    Narrow(Buffer<i16>),
    Wide(Buffer<i32>),
}

/// As an array, whose length the compiler knows: a place of 16 bits needs no check.
fn all<S>(sums: &mut Buffer<S>) -> &mut [S; PLACES] {
    (&mut sums[..]).try_into().expect("as long as it was made")
}

impl Sums {
    pub(crate) fn new(is_narrow: bool) -> Self {
        if is_narrow { Self::Narrow(Buffer::zeros(PLACES)) } else { Self::Wide(Buffer::zeros(PLACES)) }
    }

    /// All to 0.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Narrow(sums) => sums.fill(0),
            Self::Wide(sums) => sums.fill(0),
        }
    }

    /// Adds quanta at one place.
    #[inline]
    pub(crate) fn add(&mut self, place: usize, quanta: i32) {
        match self {
            Self::Narrow(sums) => sums[place] += quanta as i16,
            Self::Wide(sums) => sums[place] += quanta,
        }
    }

    /// As kernels take them.
    pub(crate) fn lent(&mut self) -> input::Sums<'_> {
        match self {
            Self::Narrow(sums) => input::Sums::Narrow(&mut sums[..]),
            Self::Wide(sums) => input::Sums::Wide(&mut sums[..]),
        }
    }
}

/// The synapses of one source population onto one shard that are stored alike.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The quanta of every synapse, where all are equal.
    pub(crate) weight: Option<i32>,
    /// Where the sums of the places are that sets speak of, if rows are sets.
    pub(crate) span: Option<Span>,
    /// One per 64 sources.
    pub(crate) blocks: Vec<Block>,
    /// Their lists, one after the other, so that the system can keep them in large pages: places of targets, or the place below
    /// and the quanta above.
    plain: Vec<u16>,
    weighted: Vec<u32>,
    /// Sets, as many lines each as the span has.
    lines: Vec<Line>,
}

/// A block, and its lists before they join the others'.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    block: Block,
    plain: Vec<u16>,
    weighted: Vec<u32>,
    lines: Vec<Line>,
}

/// The places of the targets of a projection on a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    first: usize,
    lines: usize,
    /// Of the places that have a cell, in bytes of a set.
    bytes: usize,
}

impl Span {
    /// From a place on, so many, in whole blocks of cells.
    pub(crate) fn new(first: usize, places: usize) -> Self {
        let lines = places.div_ceil(LINE);
        // Whole lines may pass the end of all places; then they begin earlier.
        Self { first: first.min(PLACES - lines * LINE), lines, bytes: places / 8 }
    }

    fn places(self) -> std::ops::Range<usize> {
        self.first..self.first + self.lines * LINE
    }
}

/// The rows of 64 sources.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Where each source's stretches begin; empty where rows are sets.
    first: Vec<u32>,
    /// Of sets only one, which is every source's: a spike then looks at nothing that belongs to its source alone.
    stretches: Vec<Stretch>,
    /// Where each source's synapses begin; empty where rows are sets.
    starts: Vec<u32>,
    synapses: Synapses,
}

/// Synapses of one source with one delay; of a set, its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// In steps, at least 1.
    pub(crate) delay: u16,
    pub(crate) synapses: u16,
}

#[derive(Debug)]
enum Synapses {
    /// Places of targets, from here on in all rows'.
    Plain(usize),
    /// With quanta, from here on.
    Weighted(usize),
    /// Sets of places, from here on, and what they would take without the rest of their last lines.
    Sets { begin: usize, bytes: usize },
}

impl Default for Synapses {
    fn default() -> Self {
        Self::Plain(0)
    }
}

/// Synapses that are due, or the lines of a set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    pub(crate) rows: u32,
    pub(crate) block: u32,
    pub(crate) start: u32,
    pub(crate) synapses: u32,
}

impl Visit {
    fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.synapses) as usize
    }
}

/// A synapse before it is packed: delay, place and quanta in one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// Orders synapses by delay and, of one delay, roughly by target: two counting sorts, the second of which leaves alike what the
/// first brought into order.
#[derive(Default)]
struct Sorter {
    by_place: Vec<Loose>,
    /// How many have each delay, and then where the next one with it goes.
    delays: Vec<u32>,
}

/// Places that are not told apart, as a power of two: their sums share a line of the cache.
const NEAR: u32 = 5;

impl Sorter {
    /// Appends the synapses of a source in order, and says how many there are of each delay.
    fn sort<S: Copy + Default>(
        &mut self,
        source: &[Loose],
        write: impl Fn(Loose) -> S,
        into: &mut Vec<S>,
        mut tell: impl FnMut(u16, usize),
    ) {
        let mut places = [0_u32; PLACES >> NEAR];
        let near = |loose: Loose| usize::from(loose.place()) >> NEAR;
        self.delays.clear();
        for &loose in source {
            places[near(loose)] += 1;
            let delay = usize::from(loose.delay());
            if delay >= self.delays.len() {
                self.delays.resize(delay + 1, 0);
            }
            self.delays[delay] += 1;
        }
        let begin = |counts: &mut [u32]| {
            counts.iter_mut().fold(0, |begin, count| begin + std::mem::replace(count, begin));
        };
        begin(&mut places);
        self.by_place.clear();
        self.by_place.resize(source.len(), Loose(0));
        for &loose in source {
            let next = &mut places[near(loose)];
            self.by_place[*next as usize] = loose;
            *next += 1;
        }
        (0..).zip(&self.delays).filter(|delay| *delay.1 > 0).for_each(|(delay, &n)| tell(delay, n as usize));
        begin(&mut self.delays);
        let already = into.len();
        into.resize(already + source.len(), S::default());
        let into = &mut into[already..];
        for &loose in &self.by_place {
            let next = &mut self.delays[usize::from(loose.delay())];
            into[*next as usize] = write(loose);
            *next += 1;
        }
    }
}

/// A block while its sources are drawn, one after the other: what is drawn of one is packed before the next, and stays in the cache.
pub(crate) struct Packing {
    packed: Packed,
    sorter: Sorter,
    /// Where sums are, of sets.
    span: Option<Span>,
}

impl Packing {
    /// Lists, with room for so many synapses.
    pub(crate) fn lists(is_weighted: bool, room: usize) -> Self {
        let (plain, weighted) = if is_weighted { (0, room) } else { (room, 0) };
        let synapses = if is_weighted { Synapses::Weighted(0) } else { Synapses::Plain(0) };
        Self {
            packed: Packed {
                block: Block { synapses, ..Block::default() },
                plain: Vec::with_capacity(plain),
                weighted: Vec::with_capacity(weighted),
                lines: Vec::new(),
            },
            sorter: Sorter::default(),
            span: None,
        }
    }

    /// Sets of places in a span.
    pub(crate) fn sets(span: Span) -> Self {
        let synapses = Synapses::Sets { begin: 0, bytes: 0 };
        let mut packing = Self::lists(false, 0);
        packing.packed.block.synapses = synapses;
        packing.span = Some(span);
        packing
    }

    /// Packs a source; says `false` where it has two synapses with one target, which no set can hold.
    pub(crate) fn push(&mut self, source: &[Loose]) -> bool {
        let Packed { block, plain, weighted, lines } = &mut self.packed;
        let stretches = &mut block.stretches;
        if let (Synapses::Sets { bytes, .. }, Some(span)) = (&mut block.synapses, self.span) {
            *bytes += span.bytes;
            if let (Some(loose), true) = (source.first(), stretches.is_empty()) {
                stretches.push(Stretch { delay: loose.delay(), synapses: span.lines as u16 });
            }
            let start = lines.len();
            lines.resize(start + span.lines, Line::EMPTY);
            let set = &mut lines[start..];
            return source.iter().all(|loose| {
                let place = usize::from(loose.place()) - span.first;
                set[place / LINE].insert(place % LINE)
            });
        }
        block.first.push(stretches.len() as u32);
        let tell = |delay: u16, synapses: usize| {
            const MOST: usize = u16::MAX as usize;
            let part = |done: usize| Stretch { delay, synapses: (synapses - done).min(MOST) as u16 };
            stretches.extend((0..synapses).step_by(MOST).map(part));
        };
        if let Synapses::Weighted(_) = block.synapses {
            block.starts.push(weighted.len() as u32);
            // The lower halves of the packed numbers trade places.
            self.sorter.sort(source, |loose| (loose.0 as u32).rotate_left(16), weighted, tell);
        } else {
            block.starts.push(plain.len() as u32);
            self.sorter.sort(source, Loose::place, plain, tell);
        }
        true
    }

    /// The block of the sources so far.
    pub(crate) fn finish(mut self) -> Packed {
        let Packed { block, plain, weighted, .. } = &mut self.packed;
        if !matches!(block.synapses, Synapses::Sets { .. }) {
            block.first.push(block.stretches.len() as u32);
            block.starts.push(plain.len().max(weighted.len()) as u32);
        }
        block.stretches.shrink_to_fit();
        self.packed
    }
}

impl Block {
    /// The stretches of a source, and where its synapses begin.
    #[inline]
    pub(crate) fn row(&self, source: usize) -> (&[Stretch], u32) {
        if let Synapses::Sets { .. } = self.synapses {
            let lines = self.stretches.first().map_or(0, |stretch| u32::from(stretch.synapses));
            return (&self.stretches, source as u32 * lines);
        }
        let row = self.first[source] as usize..self.first[source + 1] as usize;
        (&self.stretches[row], self.starts[source])
    }

    /// Bytes of the synapses themselves, without where rows begin: the same for any number of shards.
    pub(crate) fn bytes(&self) -> usize {
        match &self.synapses {
            Synapses::Plain(_) => self.synapses() * 2,
            Synapses::Weighted(_) => self.synapses() * 4,
            Synapses::Sets { bytes, .. } => *bytes,
        }
    }

    /// How many synapses are in its lists.
    fn synapses(&self) -> usize {
        self.starts.last().map_or(0, |&end| end as usize)
    }
}

impl Rows {
    /// The rows of all sources, block by block.
    pub(crate) fn new(weight: Option<i32>, span: Option<Span>, packed: Vec<Packed>) -> Self {
        let total = |length: fn(&Packed) -> usize| packed.iter().map(length).sum();
        let mut rows = Self {
            weight,
            span,
            blocks: Vec::with_capacity(packed.len()),
            plain: in_large_pages(total(|packed| packed.plain.len())),
            weighted: in_large_pages(total(|packed| packed.weighted.len())),
            lines: in_large_pages(total(|packed| packed.lines.len())),
        };
        for Packed { mut block, plain, weighted, lines } in packed {
            match &mut block.synapses {
                Synapses::Plain(begin) => *begin = rows.plain.len(),
                Synapses::Weighted(begin) => *begin = rows.weighted.len(),
                Synapses::Sets { begin, .. } => *begin = rows.lines.len(),
            }
            rows.plain.extend(plain);
            rows.weighted.extend(weighted);
            rows.lines.extend(lines);
            rows.blocks.push(block);
        }
        rows
    }

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
        let due = visit.range();
        match (&self.blocks[visit.block as usize].synapses, sums) {
            (&Synapses::Plain(begin), Sums::Narrow(sums)) => {
                // Every weight fits where all sums do.
                let (weight, sums) = (self.weight.unwrap_or(0) as i16, all(sums));
                for &place in &self.plain[begin..][due] {
                    sums[usize::from(place)] += weight;
                }
            }
            (&Synapses::Plain(begin), Sums::Wide(sums)) => {
                let (weight, sums) = (self.weight.unwrap_or(0), all(sums));
                for &place in &self.plain[begin..][due] {
                    sums[usize::from(place)] += weight;
                }
            }
            (&Synapses::Weighted(begin), Sums::Narrow(sums)) => {
                let sums = all(sums);
                for &synapse in &self.weighted[begin..][due] {
                    sums[synapse as usize & (PLACES - 1)] += (synapse >> 16) as i16;
                }
            }
            (&Synapses::Weighted(begin), Sums::Wide(sums)) => {
                let sums = all(sums);
                for &synapse in &self.weighted[begin..][due] {
                    sums[synapse as usize & (PLACES - 1)] += synapse.cast_signed() >> 16;
                }
            }
            (&Synapses::Sets { begin, .. }, sums) => self.count(&[&self.lines[begin..][due]], sums),
        }
    }

    /// Adds a share of what is due, every synapse's rounded to whole quanta. Rows of which shares are passed on are lists.
    pub(crate) fn add_share(&self, visit: Visit, share: f64, sums: &mut Sums) {
        let passed = |quanta: i32| rounded(f64::from(quanta) * share);
        let mut add = |place: usize, quanta: i32| sums.add(place, quanta);
        match &self.blocks[visit.block as usize].synapses {
            &Synapses::Plain(begin) => {
                let quanta = passed(self.weight.unwrap_or(0));
                self.plain[begin..][visit.range()].iter().for_each(|&place| add(usize::from(place), quanta));
            }
            &Synapses::Weighted(begin) => {
                for &synapse in &self.weighted[begin..][visit.range()] {
                    add(synapse as usize & (PLACES - 1), passed(synapse.cast_signed() >> 16));
                }
            }
            Synapses::Sets { .. } => {}
        }
    }

    /// Adds what is due of rows that are sets, but for some blocks whose rows are not. All visits are of these rows.
    pub(crate) fn add_sets(&self, visits: impl Iterator<Item = Visit>, sums: &mut Sums) {
        let (mut together, mut count): ([&[Line]; sets::MOST], _) = ([&[]; sets::MOST], 0);
        for visit in visits {
            let Synapses::Sets { begin, .. } = self.blocks[visit.block as usize].synapses else {
                self.add(visit, sums);
                continue;
            };
            together[count] = &self.lines[begin..][visit.range()];
            count += 1;
            if count == together.len() {
                self.count(&together, sums);
                count = 0;
            }
        }
        self.count(&together[..count], sums);
    }

    fn count(&self, together: &[&[Line]], sums: &mut Sums) {
        let (Some(span), Some(weight)) = (self.span, self.weight) else { return };
        if together.is_empty() {
            return;
        }
        match sums {
            // Every weight fits where all sums do.
            Sums::Narrow(sums) => sets::add(together, weight as i16, &mut sums[span.places()]),
            Sums::Wide(sums) => sets::add(together, weight, &mut sums[span.places()]),
        }
    }

    /// Has what will be due soon brought into the cache: its beginning, the rest follows by itself.
    #[inline]
    pub(crate) fn prefetch(&self, visit: Visit) {
        let start = visit.start as usize;
        let soon = start..start + (visit.synapses as usize).min(64);
        match self.blocks[visit.block as usize].synapses {
            Synapses::Plain(begin) => prefetch(&self.plain[begin..][soon]),
            Synapses::Weighted(begin) => prefetch(&self.weighted[begin..][soon]),
            // Counting asks for its lines itself.
            Synapses::Sets { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_kernels::Real;

    /// The sums from the first place on, in quanta of this size.
    fn taken<T: Real>(sums: &mut Sums, quantum: T, places: usize) -> Vec<T> {
        let mut numbers = vec![T::ZERO; places];
        let ways = [(0, quantum)];
        let mut arriving =
            input::Arriving::Quanta { sums: sums.lent(), ways: &ways, drawn: &[], constant: &[T::ZERO] };
        arriving.take(0, 0, &mut numbers);
        numbers
    }

    fn lists(sources: &[Vec<Loose>], is_weighted: bool) -> Packed {
        let mut packing = Packing::lists(is_weighted, 0);
        sources.iter().for_each(|source| assert!(packing.push(source)));
        packing.finish()
    }

    /// `None` where a source has two synapses with one target.
    fn sets(sources: &[Vec<Loose>], span: Span) -> Option<Packed> {
        let mut packing = Packing::sets(span);
        sources.iter().all(|source| packing.push(source)).then(|| packing.finish())
    }

    #[test]
    fn what_is_packed_arrives_when_it_is_due() {
        let sources = vec![
            vec![Loose::new(3, 9, -5), Loose::new(1, 65_535, 7), Loose::new(3, 2, 300), Loose::new(3, 9, 1)],
            vec![],
            vec![Loose::new(2, 0, -32_767)],
        ];
        let rows = Rows::new(None, None, vec![lists(&sources, true)]);
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
            let arrivals = taken(&mut sums, 0.5_f64, PLACES);
            assert_eq!(
                (arrivals[9], arrivals[2], arrivals[65_535], arrivals[0]),
                (-2.0, 150.0, 0.0, -16_383.5)
            );
        }

        let many = vec![(0..70_000_u32).map(|i| Loose::new(4, (i % 8) as u16, 0)).collect::<Vec<_>>()];
        let rows = Rows::new(Some(-3), None, vec![lists(&many, false)]);
        let (stretches, start) = rows.blocks[0].row(0);
        assert_eq!(stretches.len(), 2);
        let (mut at, mut sums) = (start, Sums::new(false));
        for stretch in stretches {
            let synapses = u32::from(stretch.synapses);
            rows.add(Visit { rows: 0, block: 0, start: at, synapses }, &mut sums);
            at += synapses;
        }
        let arrivals = taken(&mut sums, 1.0_f32, 8);
        assert_eq!((at, arrivals), (70_000, vec![-3.0 * 8750.0; 8]));
        assert_eq!(rows.blocks[0].bytes(), 2 * 70_000);
    }

    /// Sets say what lists say: some sources, one of them with two synapses onto one target, which no set can hold.
    #[test]
    fn sets_and_lists_add_the_same() {
        let span = Span::new(64, 1152);
        let loose = |place: usize| Loose::new(2, (64 + place) as u16, 0);
        let single = |block: usize| {
            let targets = move |source: usize| {
                (0..1152).filter(move |place| (place * 31 + source * 17 + block) % 7 < 2).map(loose).collect()
            };
            (0..if block == 0 { 64 } else { 30 }).map(targets).collect::<Vec<Vec<Loose>>>()
        };
        let mut drawn = [single(0), single(1)];
        let twice = drawn[1][4][0];
        drawn[1][4].push(twice);
        assert!(sets(&drawn[1], span).is_none());
        drawn[0][9].clear();
        let as_sets =
            |sources: &Vec<Vec<Loose>>| sets(sources, span).unwrap_or_else(|| lists(sources, false));
        let sets = Rows::new(Some(-2), Some(span), drawn.iter().map(as_sets).collect());
        let blocks = drawn.iter().map(|sources| lists(sources, false)).collect();
        let lists = Rows::new(Some(-2), None, blocks);
        assert_eq!(sets.blocks[0].bytes(), 64 * 1152 / 8);
        let visits = |rows: &Rows| {
            let mut visits = Vec::new();
            for source in (0..94).chain(0..94).chain(0..94).chain(3..17) {
                let (block, row) = Rows::find(source);
                let (stretches, start) = rows.blocks[block].row(row);
                assert!(stretches.len() < 2 && stretches.iter().all(|stretch| stretch.delay == 2));
                visits.extend(stretches.iter().map(|stretch| Visit {
                    rows: 0,
                    block: block as u32,
                    start,
                    synapses: u32::from(stretch.synapses),
                }));
            }
            visits
        };
        for is_narrow in [true, false] {
            let (mut one, mut other) = (Sums::new(is_narrow), Sums::new(is_narrow));
            sets.add_sets(visits(&sets).into_iter(), &mut one);
            visits(&lists).into_iter().for_each(|visit| lists.add(visit, &mut other));
            let (a, b) = (taken(&mut one, 1.0_f64, PLACES), taken(&mut other, 1.0_f64, PLACES));
            assert!(a == b && a.iter().any(|&sum| sum < -100.0));
        }
    }

    #[test]
    fn a_span_ends_with_the_places() {
        let span = Span::new(PLACES - 640, 640);
        assert_eq!(span.places(), PLACES - 1024..PLACES);
    }
}
