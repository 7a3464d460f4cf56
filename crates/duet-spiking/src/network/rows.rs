//! Synapses in as few bytes as they need: compressed rows, one per source, in the memory of the shard that holds the targets.
//!
//! A synapse is the place of its target's sum (16 bits) and, where weights differ, a whole number of quanta (16 bits). A weight or
//! a delay that all synapses of a set share is stored once. Within a row synapses stand by delay, and roughly by target within
//! that, so that a spike reads one stretch of memory for each of its delays, and adds along the targets.
//!
//! Where weight and delay are shared and a source reaches a sixteenth of its targets or more, bits take no more room than a list:
//! a row is then the set of its targets, and the sets of all spikes that arrive in a step are counted together.

use super::packing::Packed;
use duet_kernels::membrane::input;
use duet_kernels::sets::{self, LINE, Line};
use duet_kernels::whole::rounded;
use duet_kernels::{Buffer, in_large_pages, prefetch};

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
    /// One per source, and one more for the end.
    heads: Vec<Head>,
    stretches: Vec<Stretch>,
    /// Lists, one after the other, so that the system can keep them in large pages: places of targets, or the place below and the
    /// quanta above.
    plain: Vec<u16>,
    weighted: Vec<u32>,
    /// Sets, as many lines each as the span has.
    lines: Vec<Line>,
    bytes: usize,
}

/// Where a source's row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its first synapse; of a set, its first line.
    pub(crate) start: usize,
    /// Its first stretch; of a set, the first that is not its own.
    pub(crate) stretches: u32,
    /// The delay of a set; 0 for lists, and for a set of nothing.
    pub(crate) set: u16,
}

/// Synapses of one source with one delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// In steps, at least 1.
    pub(crate) delay: u16,
    pub(crate) synapses: u16,
}

/// Synapses that are due, or the lines of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Visit {
    start: usize,
    pub(crate) rows: u32,
    synapses: u16,
    pub(crate) is_set: bool,
}

impl Visit {
    fn range(self) -> std::ops::Range<usize> {
        self.start..self.start + usize::from(self.synapses)
    }
}

/// The places of the targets of a projection on a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: usize,
    pub(crate) lines: usize,
    /// Of the places that have a cell, in bytes of a set.
    pub(crate) bytes: usize,
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

impl Rows {
    /// The rows of all sources, in their order.
    pub(crate) fn new(weight: Option<i32>, span: Option<Span>, packed: Vec<Packed>) -> Self {
        let total = |length: fn(&Packed) -> usize| packed.iter().map(length).sum();
        let mut rows = Self {
            weight,
            span,
            heads: Vec::with_capacity(total(|packed| packed.heads.len()) + 1),
            stretches: Vec::with_capacity(total(|packed| packed.stretches.len())),
            plain: in_large_pages(total(|packed| packed.plain.len())),
            weighted: in_large_pages(total(|packed| packed.weighted.len())),
            lines: in_large_pages(total(|packed| packed.lines.len())),
            bytes: total(|packed| packed.bytes),
        };
        for Packed { heads, stretches, plain, weighted, lines, .. } in packed {
            // Of the three only one has anything.
            let start = if !lines.is_empty() {
                rows.lines.len()
            } else if !weighted.is_empty() {
                rows.weighted.len()
            } else {
                rows.plain.len()
            };
            let first = rows.stretches.len() as u32;
            let placed =
                |head: Head| Head { start: start + head.start, stretches: first + head.stretches, ..head };
            rows.heads.extend(heads.into_iter().map(placed));
            rows.stretches.extend(stretches);
            rows.plain.extend(plain);
            rows.weighted.extend(weighted);
            rows.lines.extend(lines);
        }
        rows.heads.push(Head { start: 0, stretches: rows.stretches.len() as u32, set: 0 });
        rows
    }

    /// Calls with the delay, in steps, and the visit of everything that a spike of a source leads to; the number is that of
    /// these rows.
    #[inline]
    pub(crate) fn each(&self, rows: u32, source: usize, mut call: impl FnMut(u16, Visit)) {
        let Head { mut start, stretches, set } = self.heads[source];
        if let (Some(span), true) = (self.span, set > 0) {
            return call(set, Visit { start, rows, synapses: span.lines as u16, is_set: true });
        }
        for &Stretch { delay, synapses } in &self.stretches[self.stretches_of(stretches, source)] {
            call(delay, Visit { start, rows, synapses, is_set: false });
            start += usize::from(synapses);
        }
    }

    fn stretches_of(&self, first: u32, source: usize) -> std::ops::Range<usize> {
        first as usize..self.heads[source + 1].stretches as usize
    }

    /// Has where a source's row is brought into the cache.
    #[inline]
    pub(crate) fn prefetch_head(&self, source: usize) {
        prefetch(&self.heads[source..=source]);
    }

    /// Has a source's stretches brought into the cache.
    #[inline]
    pub(crate) fn prefetch_stretches(&self, source: usize) {
        prefetch(&self.stretches[self.stretches_of(self.heads[source].stretches, source)]);
    }

    /// Every delay that occurs, some more than once.
    pub(crate) fn delays(&self) -> impl Iterator<Item = u16> {
        let sets = self.heads.iter().map(|head| head.set).filter(|&delay| delay > 0);
        self.stretches.iter().map(|stretch| stretch.delay).chain(sets)
    }

    /// Bytes of the synapses themselves, without where rows begin: the same for any number of shards.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds what is due of a list; for sets there is [`Rows::add_sets`].
    #[inline]
    pub(crate) fn add(&self, visit: Visit, sums: &mut Sums) {
        let due = visit.range();
        match (self.weight, sums) {
            (Some(weight), Sums::Narrow(sums)) => {
                // Every weight fits where all sums do.
                let (weight, sums) = (weight as i16, all(sums));
                for &place in &self.plain[due] {
                    sums[usize::from(place)] += weight;
                }
            }
            (Some(weight), Sums::Wide(sums)) => {
                let sums = all(sums);
                for &place in &self.plain[due] {
                    sums[usize::from(place)] += weight;
                }
            }
            (None, Sums::Narrow(sums)) => {
                let sums = all(sums);
                for &synapse in &self.weighted[due] {
                    sums[synapse as usize & (PLACES - 1)] += (synapse >> 16) as i16;
                }
            }
            (None, Sums::Wide(sums)) => {
                let sums = all(sums);
                for &synapse in &self.weighted[due] {
                    sums[synapse as usize & (PLACES - 1)] += synapse.cast_signed() >> 16;
                }
            }
        }
    }

    /// Adds a share of what is due, every synapse's rounded to whole quanta. Rows of which shares are passed on are lists.
    pub(crate) fn add_share(&self, visit: Visit, share: f64, sums: &mut Sums) {
        let passed = |quanta: i32| rounded(f64::from(quanta) * share);
        let mut add = |place: usize, quanta: i32| sums.add(place, quanta);
        if let Some(weight) = self.weight {
            let quanta = passed(weight);
            self.plain[visit.range()].iter().for_each(|&place| add(usize::from(place), quanta));
        } else {
            for &synapse in &self.weighted[visit.range()] {
                add(synapse as usize & (PLACES - 1), passed(synapse.cast_signed() >> 16));
            }
        }
    }

    /// Adds the sets that are due. All visits are of these rows.
    pub(crate) fn add_sets(&self, visits: impl Iterator<Item = Visit>, sums: &mut Sums) {
        let (mut together, mut count): ([&[Line]; sets::MOST], _) = ([&[]; sets::MOST], 0);
        for visit in visits {
            together[count] = &self.lines[visit.range()];
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

    /// Has what will be due soon brought into the cache: its beginning, the rest follows by itself. Counting asks for the lines
    /// of sets itself.
    #[inline]
    pub(crate) fn prefetch(&self, visit: Visit) {
        let soon = visit.start..visit.start + usize::from(visit.synapses.min(64));
        match self.weight {
            Some(_) => prefetch(&self.plain[soon]),
            None => prefetch(&self.weighted[soon]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::packing::{Loose, Packing};
    use super::*;
    use duet_kernels::Real;

    /// What a spike leads to.
    fn visits(rows: &Rows, source: usize) -> Vec<(u16, Visit)> {
        let mut visits = Vec::new();
        rows.each(5, source, |delay, visit| visits.push((delay, visit)));
        visits
    }

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
        let visit = |start, synapses| Visit { start, rows: 5, synapses, is_set: false };
        assert_eq!(visits(&rows, 0), [(1, visit(0, 1)), (3, visit(1, 3))]);
        assert_eq!(visits(&rows, 1), []);
        for is_narrow in [false, true] {
            let mut sums = Sums::new(is_narrow);
            rows.add(visit(1, 3), &mut sums);
            visits(&rows, 2).into_iter().for_each(|(_, visit)| rows.add(visit, &mut sums));
            let arrivals = taken(&mut sums, 0.5_f64, PLACES);
            assert_eq!(
                (arrivals[9], arrivals[2], arrivals[65_535], arrivals[0]),
                (-2.0, 150.0, 0.0, -16_383.5)
            );
        }

        let many = vec![(0..70_000_u32).map(|i| Loose::new(4, (i % 8) as u16, 0)).collect::<Vec<_>>()];
        let rows = Rows::new(Some(-3), None, vec![lists(&many, false)]);
        let (visits, mut sums) = (visits(&rows, 0), Sums::new(false));
        assert_eq!(visits.len(), 2);
        visits.into_iter().for_each(|(_, visit)| rows.add(visit, &mut sums));
        assert_eq!(taken(&mut sums, 1.0_f32, 8), [-3.0 * 8750.0; 8]);
        assert_eq!(rows.bytes(), 2 * 70_000);
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
        let in_lists: usize = drawn[1].iter().map(Vec::len).sum();
        assert_eq!(sets.bytes(), 64 * 1152 / 8 + 2 * in_lists);
        for is_narrow in [true, false] {
            let (mut one, mut other) = (Sums::new(is_narrow), Sums::new(is_narrow));
            let mut together = Vec::new();
            for source in (0..94).chain(0..94).chain(0..94).chain(3..17) {
                for (delay, visit) in visits(&sets, source) {
                    assert!(delay == 2 && visit.is_set == (source < 64));
                    if visit.is_set { together.push(visit) } else { sets.add(visit, &mut one) }
                }
                visits(&lists, source).into_iter().for_each(|(_, visit)| lists.add(visit, &mut other));
            }
            assert_eq!(visits(&sets, 9), []);
            sets.add_sets(together.into_iter(), &mut one);
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
