//! Drawn synapses become rows: sorted lists, or sets.

use super::rows::{Head, PLACES, Span, Stretch};
use duet_kernels::sets::{LINE, Line};

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

/// The rows of some sources, before they join the others'.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    pub(crate) heads: Vec<Head>,
    pub(crate) stretches: Vec<Stretch>,
    pub(crate) plain: Vec<u16>,
    pub(crate) weighted: Vec<u32>,
    pub(crate) lines: Vec<Line>,
    /// Of its synapses; sets without the rest of their last lines.
    pub(crate) bytes: usize,
}

/// What rows are while their sources are drawn, one after the other: what is drawn of one is packed before the next, and stays in
/// the cache.
pub(crate) struct Packing {
    packed: Packed,
    sorter: Sorter,
    kind: Kind,
}

/// How rows are kept.
enum Kind {
    Plain,
    Weighted,
    /// Where the sums are that the places stand for.
    Sets(Span),
}

impl Packing {
    /// Lists, with room for so many synapses.
    pub(crate) fn lists(is_weighted: bool, room: usize) -> Self {
        let (plain, weighted) = if is_weighted { (0, room) } else { (room, 0) };
        let packed = Packed {
            plain: Vec::with_capacity(plain),
            weighted: Vec::with_capacity(weighted),
            ..Packed::default()
        };
        let kind = if is_weighted { Kind::Weighted } else { Kind::Plain };
        Self { packed, sorter: Sorter::default(), kind }
    }

    /// Sets of places in a span.
    pub(crate) fn sets(span: Span) -> Self {
        Self { packed: Packed::default(), sorter: Sorter::default(), kind: Kind::Sets(span) }
    }

    /// Packs a source; says `false` where it has two synapses with one target, which no set can hold.
    pub(crate) fn push(&mut self, source: &[Loose]) -> bool {
        let Packed { heads, stretches, plain, weighted, lines, bytes } = &mut self.packed;
        let mut head = Head { start: 0, stretches: stretches.len() as u32, set: 0 };
        let tell = |delay: u16, synapses: usize| {
            const MOST: usize = u16::MAX as usize;
            let part = |done: usize| Stretch { delay, synapses: (synapses - done).min(MOST) as u16 };
            stretches.extend((0..synapses).step_by(MOST).map(part));
        };
        let mut is_single = true;
        match self.kind {
            Kind::Plain => {
                head.start = plain.len();
                *bytes += source.len() * size_of::<u16>();
                self.sorter.sort(source, Loose::place, plain, tell);
            }
            Kind::Weighted => {
                head.start = weighted.len();
                *bytes += source.len() * size_of::<u32>();
                // The lower halves of the packed numbers trade places.
                self.sorter.sort(source, |loose| (loose.0 as u32).rotate_left(16), weighted, tell);
            }
            Kind::Sets(span) => {
                head.start = lines.len();
                head.set = source.first().map_or(0, |loose| loose.delay());
                *bytes += span.bytes;
                lines.resize(head.start + span.lines, Line::EMPTY);
                let set = &mut lines[head.start..];
                is_single = source.iter().all(|loose| {
                    let place = usize::from(loose.place()) - span.first;
                    set[place / LINE].insert(place % LINE)
                });
            }
        }
        heads.push(head);
        is_single
    }

    /// The rows of the sources so far.
    pub(crate) fn finish(mut self) -> Packed {
        self.packed.stretches.shrink_to_fit();
        self.packed
    }
}
