//! From drawn rows to packed ones.

use super::packing::{Loose, Packed, Packing};
use super::place::Places;
use super::quanta::Quantum;
use super::rows::{Rows, Span};
use super::shard::Shard;
use crate::Release;
use crate::deliver::Stores;
use duet_kernels::sets::LINE;
use duet_kernels::whole::{self, rounded};
use duet_kernels::{BLOCK, Real};
use duet_topology::{Outline, Row};
use rayon::prelude::*;
use std::ops::Range;

/// One projection, ready to be packed source by source.
pub(crate) struct Bundle<'a> {
    outline: &'a Outline,
    quantum: Quantum,
    dt: f64,
    /// What all synapses share, in quanta and in steps.
    class: Class,
    /// What its sources pass on; `None` where that is always all.
    release: Option<&'a Release>,
    /// For every 64 targets, their shard and the place of the first.
    homes: Vec<(u32, u16)>,
    listed: Listed,
}

/// What the synapses of a set share; they are stored alike where it is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Class {
    weight: Option<i32>,
    delay: Option<u16>,
}

/// How a projection's rows are come by.
enum Listed {
    /// The pattern draws them source by source: out-degrees.
    BySource(Vec<u32>),
    /// The pattern draws them target by target: turned around once.
    Turned(Turned),
}

/// Synapses by source, from lists by target.
struct Turned {
    offsets: Vec<usize>,
    targets: Vec<u32>,
    /// Empty where all are alike.
    quanta: Vec<i16>,
    delays: Vec<u16>,
}

/// A delay in whole steps, at least one.
#[inline]
pub(crate) fn steps(delay: f64, dt: f64) -> u16 {
    // What passes 16 bits was refused by the checks; here it is cut off.
    rounded(delay / dt).clamp(1, LONGEST) as u16
}

/// In steps.
const LONGEST: i32 = u16::MAX as i32;

impl<'a> Bundle<'a> {
    pub(crate) fn new(
        outline: &'a Outline,
        release: Option<&'a Release>,
        quantum: Quantum,
        places: &Places,
        starts: &[usize],
        dt: f64,
    ) -> Self {
        let delay = match (&outline.delay, outline.constant_delay()) {
            (None, _) => Some(1),
            (Some(_), constant) => constant.map(|delay| steps(delay, dt)),
        };
        let class = Class { weight: outline.constant_weight().map(|weight| quantum.of(weight)), delay };
        let home = |block: usize| {
            let (shard, local) = places.find(outline.to, block * BLOCK);
            (shard as u32, (starts[shard] + local) as u16)
        };
        let listed = match outline.out_degrees() {
            Some(degrees) => Listed::BySource(degrees),
            None => Listed::Turned(Turned::new(outline, quantum, dt)),
        };
        let homes = (0..outline.ends.n_post.div_ceil(BLOCK)).map(home).collect();
        Self { outline, quantum, dt, class, release, homes, listed }
    }

    /// Synapses of a source, on average.
    fn expected(&self) -> usize {
        let synapses = match &self.listed {
            Listed::BySource(degrees) => degrees.iter().map(|&degree| degree as usize).sum(),
            Listed::Turned(turned) => turned.targets.len(),
        };
        synapses / self.outline.ends.n_pre.max(1)
    }

    /// Whether rows are kept as sets: where that takes no more room than lists of 16 bits, and there are lines to fill. Two
    /// synapses of one pair show only when they are packed.
    fn is_dense(&self) -> bool {
        let n_post = self.outline.ends.n_post;
        let is_shared = self.class.weight.is_some() && self.class.delay.is_some() && self.release.is_none();
        is_shared && n_post >= 2 * LINE && self.expected() * 16 >= n_post
    }

    /// The places of the targets on a shard; `None` where there are none.
    fn span(&self, shard: usize) -> Option<Span> {
        let mut here =
            self.homes.iter().filter(|home| home.0 as usize == shard).map(|home| usize::from(home.1));
        let first = here.next()?;
        Some(Span::new(first, here.next_back().unwrap_or(first) + BLOCK - first))
    }

    /// Calls with the target, the quanta and the delay of every synapse of a source; shared ones are given as 0.
    fn each(&self, source: usize, drawn: &mut Drawn, mut call: impl FnMut(u32, i16, u16)) {
        match &self.listed {
            Listed::BySource(degrees) => {
                let Drawn { row, quanta, delays } = drawn;
                self.outline.row_of_source(source as u32, degrees[source], row);
                // Shared ones stay 0.
                quanta.resize(row.partners.len(), 0);
                delays.resize(row.partners.len(), 0);
                if self.class.weight.is_none() {
                    self.quantum.of_all(&row.weights, quanta);
                }
                if self.class.delay.is_none() {
                    whole::in_units(&row.delays, self.dt, (1, LONGEST), delays);
                }
                for ((&target, &quanta), &delay) in row.partners.iter().zip(&*quanta).zip(&*delays) {
                    call(target, quanta.cast_signed(), delay);
                }
            }
            Listed::Turned(turned) => {
                for at in turned.offsets[source]..turned.offsets[source + 1] {
                    let quanta = turned.quanta.get(at).copied().unwrap_or(0);
                    let delay = turned.delays.get(at).copied().unwrap_or(0);
                    call(turned.targets[at], quanta, delay);
                }
            }
        }
    }

    /// The shard and the place of a target.
    #[inline]
    fn home(&self, target: u32) -> (usize, u16) {
        let (shard, first) = self.homes[target as usize / BLOCK];
        (shard as usize, first + (target as usize % BLOCK) as u16)
    }
}

/// A row as it is drawn, and in the engine's numbers.
#[derive(Default)]
struct Drawn {
    row: Row,
    quanta: Vec<u16>,
    delays: Vec<u16>,
}

impl Turned {
    fn new(outline: &Outline, quantum: Quantum, dt: f64) -> Self {
        let (n_pre, n_post) = (outline.ends.n_pre, outline.ends.n_post);
        let sources = outline.sources();
        let mut offsets = vec![0; n_pre + 1];
        match &sources {
            Some(sources) => sources.iter().flatten().for_each(|&pre| offsets[pre as usize + 1] += 1),
            None => offsets[1..].fill(n_post),
        }
        (0..n_pre).for_each(|pre| offsets[pre + 1] += offsets[pre]);
        let synapses = offsets[n_pre];
        let delays_vary = outline.delay.is_some() && outline.constant_delay().is_none();
        let mut turned = Self {
            targets: vec![0; synapses],
            quanta: vec![0; if outline.constant_weight().is_none() { synapses } else { 0 }],
            delays: vec![0; if delays_vary { synapses } else { 0 }],
            offsets,
        };
        let mut next = turned.offsets.clone();
        let mut row = Row::default();
        for target in 0..n_post as u32 {
            outline.row_of_target(target, sources.as_ref().map(|lists| &*lists[target as usize]), &mut row);
            for (k, &pre) in row.partners.iter().enumerate() {
                let at = next[pre as usize];
                next[pre as usize] += 1;
                turned.targets[at] = target;
                if let Some(quanta) = turned.quanta.get_mut(at) {
                    *quanta = quantum.of(row.weights[k]) as i16;
                }
                if let Some(delay) = turned.delays.get_mut(at) {
                    *delay = steps(row.delays[k], dt);
                }
            }
        }
        turned
    }
}

/// Packs all synapses of a source population into the shards, and adds up how many each source has.
pub(crate) fn pack<T: Real>(
    population: usize,
    bundles: &[Bundle<'_>],
    sources: usize,
    shards: &mut [Shard<T>],
    out_degrees: &mut [u32],
) {
    // What is stored alike: lists share rows; every projection of sets has its own, which speak of its targets alone, and every
    // projection with stores.
    let mut alike: Vec<Vec<&Bundle<'_>>> = Vec::new();
    for bundle in bundles {
        let is_alone = |bundle: &Bundle<'_>| bundle.is_dense() || bundle.release.is_some();
        let joins = |rows: &&mut Vec<&Bundle<'_>>| rows[0].class == bundle.class && !is_alone(rows[0]);
        match alike.iter_mut().find(joins).filter(|_| !is_alone(bundle)) {
            Some(rows) => rows.push(bundle),
            None => alike.push(vec![bundle]),
        }
    }
    for members in alike {
        let (class, is_dense) = (members[0].class, members[0].is_dense());
        let spans: Vec<Option<Span>> =
            (0..shards.len()).map(|shard| members[0].span(shard).filter(|_| is_dense)).collect();
        let n = shards.len();
        // Room for a row at once: growing would move it several times.
        let each = members.iter().map(|bundle| bundle.expected()).sum::<usize>() / n;
        let pack = |here: Range<usize>, as_sets: bool| {
            let packing = |span: &Option<Span>| match span.filter(|_| as_sets) {
                Some(span) => Packing::sets(span),
                None if as_sets => Packing::lists(false, 0),
                None => Packing::lists(class.weight.is_none(), here.len() * (each + each / 16)),
            };
            let mut packings: Vec<Packing> = spans.iter().map(packing).collect();
            let mut degrees = Vec::with_capacity(here.len());
            let mut drawn = Drawn::default();
            let mut loose: Vec<Vec<Loose>> = vec![Vec::new(); n];
            for source in here {
                loose.iter_mut().for_each(Vec::clear);
                for bundle in &members {
                    bundle.each(source, &mut drawn, |target, quanta, delay| {
                        let (shard, place) = bundle.home(target);
                        loose[shard].push(Loose::new(class.delay.unwrap_or(delay), place, quanta));
                    });
                }
                degrees.push(loose.iter().map(|synapses| synapses.len() as u32).sum());
                if !packings.iter_mut().zip(&loose).all(|(packing, synapses)| packing.push(synapses)) {
                    return None;
                }
            }
            Some((packings.into_iter().map(Packing::finish).collect(), degrees))
        };
        let block = |block: usize| {
            let here = block * BLOCK..sources.min((block + 1) * BLOCK);
            // Sets on every shard or on none: how the cells are dealt is not to show in the bytes.
            let sets = if is_dense { pack(here.clone(), true) } else { None };
            sets.or_else(|| pack(here, false)).expect("lists hold everything")
        };
        let blocks: Vec<(Vec<Packed>, Vec<u32>)> =
            (0..sources.div_ceil(BLOCK)).into_par_iter().map(block).collect();
        let mut of_shards: Vec<Vec<Packed>> = (0..n).map(|_| Vec::with_capacity(blocks.len())).collect();
        for (index, (packed, degrees)) in blocks.into_iter().enumerate() {
            of_shards.iter_mut().zip(packed).for_each(|(of_shard, packed)| of_shard.push(packed));
            let here = &mut out_degrees[index * BLOCK..][..degrees.len()];
            here.iter_mut().zip(degrees).for_each(|(sum, degree)| *sum += degree);
        }
        shards.par_iter_mut().zip(spans).zip(of_shards).for_each(|((shard, span), packed)| {
            shard.outgoing[population].push(shard.rows.len() as u32);
            shard.stores.push(members[0].release.map(|release| Stores::new(release, sources)));
            shard.rows.push(Rows::new(class.weight, span, packed));
        });
    }
}
