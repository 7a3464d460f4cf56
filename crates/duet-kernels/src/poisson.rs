//! Poisson numbers by the block of cells: the background of a large network, drawn in bulk.
//!
//! Every cell of every step has its own place in a Philox4x32-10 stream, so no state is kept and any part of the draws can
//! be made by any thread.
//!
//! # Equations
//! A count comes from a table of 32 bins of equal weight, each shared by two counts (an alias table): of 16 random bits five
//! choose the bin k, and eleven, f, choose within it,
//! ```text
//! count = k  if f < share_k,  else other_k          share_k in units of 2^-11
//! ```
//! Where f is the integer part of `share_k`, once in 2000 draws, 32 bits more decide, so that every probability is exact to 2^-48. A
//! block of 64 cells takes the 8 counters `[8 block + j, part, step, step >> 32]`, j = 0..7: the lower and the upper half of word w
//! of counter j belong to the cells `16 w + 2 j` and `16 w + 2 j + 1`.
//!
//! # References
//! - Walker 1977, An efficient method for generating discrete random variables with general distributions, ACM TOMS 3:253
//! - Vose 1991, A linear algorithm for generating random numbers with a given distribution, IEEE Trans. Softw. Eng. 17:972

use crate::CpuLevel;
use crate::math::exp;
use crate::philox::{WIDE, philox};
#[cfg(target_arch = "x86_64")]
use crate::philox::{philox_avx2, philox_avx512};

/// Cells that are drawn together.
pub const BLOCK: usize = 64;

/// The largest mean of one draw, which passes 31 once in 10^13; more is drawn as the sum of several.
const LARGEST_MEAN: f64 = 6.0;

/// Bins of the table: what five bits choose from.
const BINS: usize = 32;

/// The steps of a share that the other eleven bits tell apart.
const FINE: f64 = 2048.0;

/// Counters of a block.
const COUNTERS: usize = 8;

/// In a counter's `part`: the bits that are asked for where eleven do not decide, for the lower and for the upper half.
const DECIDING: [u32; 2] = [1 << 31, 3 << 30];

/// Poisson counts of one mean, for blocks of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct PoissonBlocks {
    key: [u32; 2],
    table: Box<Table>,
    /// Draws that are summed: each of the mean divided by this.
    parts: u32,
}

/// 32 bins of equal weight, of which each holds its own number and another one.
#[derive(Clone, Debug, PartialEq)]
#[repr(align(64))]
struct Table {
    /// The share of a bin that is its own number's, in steps of 2^-11: the whole ones, and 2^32 times the rest.
    whole: [u16; BINS],
    rest: [u32; BINS],
    /// The number that has what is left.
    other: [u16; BINS],
}

impl Table {
    /// The table of a distribution over 0..32.
    fn new(probabilities: [f64; BINS]) -> Self {
        let mut shares = probabilities.map(|p| p * BINS as f64);
        let mut other: [u16; BINS] = core::array::from_fn(|k| k as u16);
        let (mut poor, mut rich): (Vec<usize>, Vec<usize>) = (0..BINS).partition(|&k| shares[k] < 1.0);
        // A poor bin is filled up by a rich one, which may become poor by it. What rounding leaves over is full.
        while let (Some(&to), Some(&from)) = (poor.last(), rich.last()) {
            poor.pop();
            other[to] = from as u16;
            shares[from] -= 1.0 - shares[to];
            if shares[from] < 1.0 {
                rich.pop();
                poor.push(from);
            }
        }
        poor.into_iter().chain(rich).for_each(|full| shares[full] = 1.0);
        let whole = shares.map(|share| (share * FINE) as u16);
        let rest = shares.map(|share| ((share * FINE).fract() * 4_294_967_296.0) as u32);
        Self { whole, rest, other }
    }

    /// The number of 16 bits; 32 more are drawn where they must decide.
    #[inline(always)]
    fn number(&self, bits: u16, more: impl FnOnce() -> u32) -> u16 {
        let bin = usize::from(bits) % BINS;
        let fine = bits / BINS as u16;
        let is_own = fine < self.whole[bin] || fine == self.whole[bin] && more() < self.rest[bin];
        if is_own { bin as u16 } else { self.other[bin] }
    }
}

impl PoissonBlocks {
    /// Counts of a mean from the stream of a key.
    ///
    /// # Panics
    /// If the mean is negative, not finite, or so large that a count may pass 255.
    pub fn new(key: [u32; 2], mean: f64) -> Self {
        assert!((0.0..=Self::MOST).contains(&mean), "a mean lies in [0, {}], got {mean}", Self::MOST);
        let parts = (mean / LARGEST_MEAN).ceil().max(1.0);
        let mean = mean / parts;
        let (mut probabilities, mut probability) = ([0.0; BINS], exp(-mean));
        for k in 0..BINS {
            probabilities[k] = probability;
            probability *= mean / (k + 1) as f64;
        }
        Self { key, table: Box::new(Table::new(probabilities)), parts: parts as u32 }
    }

    /// Counts of another mean from the same stream.
    #[must_use]
    pub fn with_mean(&self, mean: f64) -> Self {
        Self::new(self.key, mean)
    }

    /// The largest mean: a count of twice as many does not happen.
    pub const MOST: f64 = 120.0;

    /// The counts of `counts.len() / 64` blocks: `first`, `first + stride` and so on.
    ///
    /// # Panics
    /// If the length is no multiple of 64.
    pub fn draw(&self, step: u64, first: u32, stride: u32, counts: &mut [u8]) {
        self.draw_at(CpuLevel::current(), step, first, stride, counts);
    }

    /// The same at a level; panics if the processor lacks it.
    fn draw_at(&self, level: CpuLevel, step: u64, first: u32, stride: u32, counts: &mut [u8]) {
        assert!(counts.len().is_multiple_of(BLOCK), "whole blocks");
        let detected = CpuLevel::detected();
        assert!(level <= detected, "this processor has no {level}, only {detected}");
        match level {
            // SAFETY: the assertion above: AVX2 was detected.
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx2 => unsafe { draw_avx2(self, step, first, stride, counts) },
            // SAFETY: the assertion above: AVX-512 F, VL, BW and DQ were detected.
            #[cfg(target_arch = "x86_64")]
            CpuLevel::Avx512 => unsafe { draw_avx512(self, step, first, stride, counts) },
            _ => draw_body(self, step, first, stride, counts),
        }
    }

    /// The bits that decide about a half of a counter's word.
    #[cold]
    fn more(&self, counter: u32, part: u32, step: u64, word: usize, half: usize) -> u32 {
        let counter = [counter, part | DECIDING[half], step as u32, (step >> 32) as u32];
        philox(self.key, counter.map(|word| [word]))[word][0]
    }

    /// Decides those of a register's numbers that eleven bits do not: `more` has the bits that come after.
    #[cfg(target_arch = "x86_64")]
    #[cold]
    fn decide<const N: usize>(
        &self,
        undecided: impl Fn(usize) -> bool,
        bits: &[u16; N],
        numbers: &mut [u16; N],
        more: impl Fn(usize) -> u32,
    ) {
        for place in (0..N).filter(|&place| undecided(place)) {
            numbers[place] = self.table.number(bits[place], || more(place));
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn draw_avx2(blocks: &PoissonBlocks, step: u64, first: u32, stride: u32, counts: &mut [u8]) {
    use core::arch::x86_64::{
        __m256i, _mm256_add_epi16, _mm256_and_si256, _mm256_blendv_epi8, _mm256_cmpeq_epi16,
        _mm256_cmpgt_epi16, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_packus_epi16,
        _mm256_permute4x64_epi64, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setr_epi32,
        _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_slli_epi16, _mm256_srli_epi16, _mm256_storeu_si256,
    };
    /// Numbers of 16 bits in a register.
    const NUMBERS: usize = 16;
    /// What makes a bin an index that only the lower or only the upper half of a column answers: the other gives 0, as it does
    /// to the upper byte.
    const ONLY: [u16; 2] = [0x8070, 0x80f0];
    let PoissonBlocks { key, table, parts } = blocks;
    let halves = |column: [u8; BINS]| -> [__m256i; 2] {
        [0, 1].map(|half| {
            let twice: [u8; BINS] = core::array::from_fn(|k| column[16 * half + k % 16]);
            // SAFETY: 32 bytes.
            unsafe { _mm256_loadu_si256(twice.as_ptr().cast()) }
        })
    };
    let (low_share, high_share) =
        (halves(table.whole.map(|share| share as u8)), halves(table.whole.map(|share| (share >> 8) as u8)));
    let other = halves(table.other.map(|number| number as u8));
    let all = |word: u32| _mm256_set1_epi32(word.cast_signed());
    let each = |number: u16| _mm256_set1_epi16(number.cast_signed());
    let (bin_of, low_byte, only) = (each(BINS as u16 - 1), each(0xff), ONLY.map(each));
    let mut block = first;
    for counts in counts.chunks_exact_mut(BLOCK) {
        let counter = |lane: u32| block.wrapping_mul(COUNTERS as u32).wrapping_add(lane).cast_signed();
        let first_words = _mm256_setr_epi32(
            counter(0),
            counter(1),
            counter(2),
            counter(3),
            counter(4),
            counter(5),
            counter(6),
            counter(7),
        );
        let mut sums = [_mm256_setzero_si256(); 4];
        for part in 0..*parts {
            let words =
                philox_avx2(*key, [first_words, all(part), all(step as u32), all((step >> 32) as u32)]);
            for (word, (&bits, sum)) in words.iter().zip(&mut sums).enumerate() {
                let bin = _mm256_and_si256(bits, bin_of);
                let index = only.map(|only| _mm256_add_epi16(bin, only));
                let of = |column: [__m256i; 2]| {
                    let [lower, upper] = [0, 1].map(|half| _mm256_shuffle_epi8(column[half], index[half]));
                    _mm256_or_si256(lower, upper)
                };
                let share = _mm256_or_si256(of(low_share), _mm256_slli_epi16::<8>(of(high_share)));
                let fine = _mm256_srli_epi16::<5>(bits);
                let is_own = _mm256_cmpgt_epi16(share, fine);
                let undecided = _mm256_movemask_epi8(_mm256_cmpeq_epi16(share, fine));
                let mut number = _mm256_blendv_epi8(of(other), bin, is_own);
                if undecided != 0 {
                    let (mut numbers, mut bit_places) = ([0; NUMBERS], [0; NUMBERS]);
                    // SAFETY: 16 numbers of 16 bits each.
                    unsafe {
                        _mm256_storeu_si256(numbers.as_mut_ptr().cast(), number);
                        _mm256_storeu_si256(bit_places.as_mut_ptr().cast(), bits);
                    }
                    let more = |place: usize| {
                        blocks.more(counter(place as u32 / 2).cast_unsigned(), part, step, word, place % 2)
                    };
                    blocks.decide(|place| undecided >> (2 * place) & 1 == 1, &bit_places, &mut numbers, more);
                    // SAFETY: the same.
                    number = unsafe { _mm256_loadu_si256(numbers.as_ptr().cast()) };
                }
                *sum = _mm256_add_epi16(*sum, number);
            }
        }
        let sums = sums.map(|sum| _mm256_and_si256(sum, low_byte));
        for (pair, counts) in sums.chunks_exact(2).zip(counts.chunks_exact_mut(2 * NUMBERS)) {
            // Packing goes by halves of a register.
            let bytes = _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(pair[0], pair[1]));
            // SAFETY: the chunk has 32 bytes.
            unsafe { _mm256_storeu_si256(counts.as_mut_ptr().cast(), bytes) };
        }
        block = block.wrapping_add(stride);
    }
}

/// Two blocks at a time: a vector has the words of sixteen counters, and a register one of the table's columns.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512vl,avx512bw,avx512dq")]
fn draw_avx512(blocks: &PoissonBlocks, step: u64, first: u32, stride: u32, counts: &mut [u8]) {
    use core::arch::x86_64::{
        _mm_storeu_si128, _mm256_castsi256_si128, _mm256_extracti128_si256, _mm512_add_epi16,
        _mm512_and_si512, _mm512_cmpeq_epu16_mask, _mm512_cmplt_epu16_mask, _mm512_cvtepi16_epi8,
        _mm512_loadu_si512, _mm512_mask_blend_epi16, _mm512_permutexvar_epi16, _mm512_set1_epi16,
        _mm512_set1_epi32, _mm512_setr_epi32, _mm512_setzero_si512, _mm512_srli_epi16, _mm512_storeu_si512,
    };
    let PoissonBlocks { key, table, parts } = blocks;
    // SAFETY: 32 numbers of 16 bits each.
    let (whole, other) = unsafe {
        (_mm512_loadu_si512(table.whole.as_ptr().cast()), _mm512_loadu_si512(table.other.as_ptr().cast()))
    };
    let low = _mm512_set1_epi16(31);
    let all = |word: u32| _mm512_set1_epi32(word.cast_signed());
    let mut block = first;
    for counts in counts.chunks_mut(2 * BLOCK) {
        let begin = [block, block.wrapping_add(stride)].map(|block| block.wrapping_mul(COUNTERS as u32));
        let counter = |lane: u32| {
            let [near, far] = begin;
            (if lane < 8 { near } else { far }).wrapping_add(lane % 8).cast_signed()
        };
        let first_words = _mm512_setr_epi32(
            counter(0),
            counter(1),
            counter(2),
            counter(3),
            counter(4),
            counter(5),
            counter(6),
            counter(7),
            counter(8),
            counter(9),
            counter(10),
            counter(11),
            counter(12),
            counter(13),
            counter(14),
            counter(15),
        );
        let mut sums = [_mm512_setzero_si512(); 4];
        for part in 0..*parts {
            let words =
                philox_avx512(*key, [first_words, all(part), all(step as u32), all((step >> 32) as u32)]);
            for (word, (&bits, sum)) in words.iter().zip(&mut sums).enumerate() {
                let fine = _mm512_srli_epi16::<5>(bits);
                // The lowest five bits of a place choose the number that comes to it.
                let share = _mm512_permutexvar_epi16(bits, whole);
                let is_own = _mm512_cmplt_epu16_mask(fine, share);
                let undecided = _mm512_cmpeq_epu16_mask(fine, share);
                let mut number = _mm512_mask_blend_epi16(
                    is_own,
                    _mm512_permutexvar_epi16(bits, other),
                    _mm512_and_si512(bits, low),
                );
                if undecided != 0 {
                    let (mut numbers, mut bit_places) = ([0; BINS], [0; BINS]);
                    // SAFETY: 32 numbers of 16 bits each.
                    unsafe {
                        _mm512_storeu_si512(numbers.as_mut_ptr().cast(), number);
                        _mm512_storeu_si512(bit_places.as_mut_ptr().cast(), bits);
                    }
                    let more = |place: usize| {
                        blocks.more(counter(place as u32 / 2).cast_unsigned(), part, step, word, place % 2)
                    };
                    blocks.decide(|place| undecided >> place & 1 == 1, &bit_places, &mut numbers, more);
                    // SAFETY: the same.
                    number = unsafe { _mm512_loadu_si512(numbers.as_ptr().cast()) };
                }
                *sum = _mm512_add_epi16(*sum, number);
            }
        }
        for (word, sum) in sums.into_iter().enumerate() {
            let bytes = _mm512_cvtepi16_epi8(sum);
            let halves = [_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes)];
            for (counts, half) in counts.chunks_exact_mut(BLOCK).zip(halves) {
                // SAFETY: a word's share of a block is sixteen cells.
                unsafe { _mm_storeu_si128(counts[16 * word..][..16].as_mut_ptr().cast(), half) };
            }
        }
        block = block.wrapping_add(stride.wrapping_mul(2));
    }
}

#[inline(always)]
fn draw_body(blocks: &PoissonBlocks, step: u64, first: u32, stride: u32, counts: &mut [u8]) {
    const TOGETHER: usize = WIDE / COUNTERS;
    let PoissonBlocks { key, table, parts } = blocks;
    let mut block = first;
    for counts in counts.chunks_mut(TOGETHER * BLOCK) {
        counts.fill(0);
        for part in 0..*parts {
            let mut counters = [0; WIDE];
            for (lane, counter) in counters.iter_mut().enumerate() {
                let block = block.wrapping_add(stride.wrapping_mul((lane / COUNTERS) as u32));
                *counter = block.wrapping_mul(COUNTERS as u32).wrapping_add((lane % COUNTERS) as u32);
            }
            let steps = [[step as u32; WIDE], [(step >> 32) as u32; WIDE]];
            let words = philox(*key, [counters, [part; WIDE], steps[0], steps[1]]);
            for (index, counts) in counts.chunks_exact_mut(BLOCK).enumerate() {
                for (word, counts) in counts.chunks_exact_mut(2 * COUNTERS).enumerate() {
                    for (place, count) in counts.iter_mut().enumerate() {
                        let (lane, half) = (index * COUNTERS + place / 2, place % 2);
                        let bits = (words[word][lane] >> (16 * half)) as u16;
                        let more = || blocks.more(counters[lane], part, step, word, half);
                        *count = count.wrapping_add(table.number(bits, more) as u8);
                    }
                }
            }
        }
        block = block.wrapping_add(stride.wrapping_mul(TOGETHER as u32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a table gives to every number: the distribution that it was made of.
    #[test]
    fn a_table_has_its_distribution() {
        for mean in [0.0, 0.3, 1.7, 6.0] {
            let Table { whole, rest, other } = *PoissonBlocks::new([0; 2], mean).table;
            let mut got = [0.0; BINS];
            for k in 0..BINS {
                let share = (f64::from(whole[k]) + f64::from(rest[k]) / 4_294_967_296.0) / FINE;
                got[k] += share / BINS as f64;
                got[usize::from(other[k])] += (1.0 - share) / BINS as f64;
            }
            let mut probability = exp(-mean);
            for (k, got) in got.into_iter().enumerate() {
                // 32 shares that each are exact to 2^-43, and a tail beyond 31 of 7.5e-14.
                assert!((got - probability).abs() < 2e-13, "{mean}: {k} has {got}, not {probability}");
                probability *= mean / (k + 1) as f64;
            }
        }
    }

    /// All 2^16 words of a table with shares that eleven bits do not hold: a number has the words that its share says, and one of
    /// every bin is decided by the bits that come after.
    #[test]
    fn bits_that_do_not_decide_ask_for_more() {
        let table = PoissonBlocks::new([0; 2], 1.7).table;
        let (mut asked, mut own) = (0, 0);
        for bits in 0..=u16::MAX {
            let bin = bits % 32;
            let low = table.number(bits, || {
                asked += 1;
                0
            });
            let high = table.number(bits, || u32::MAX);
            own += usize::from(low == bin && table.other[usize::from(bin)] != bin);
            let (is_decided, share) = (low == high, table.whole[usize::from(bin)]);
            assert!(is_decided || bits / 32 == share, "{bits}");
        }
        let shares = || (0..BINS).filter(|&k| table.whole[k] < 2048);
        assert_eq!(asked, shares().count());
        let expected: usize =
            shares().map(|k| usize::from(table.whole[k]) + usize::from(table.rest[k] > 0)).sum();
        assert_eq!(own, expected);
    }

    #[test]
    fn every_level_draws_the_same() {
        let blocks = PoissonBlocks::new([7, 9], 11.0);
        let draw = |level| {
            let mut counts = [0; 5 * BLOCK];
            blocks.draw_at(level, 1 << 33, 3, 2, &mut counts);
            counts
        };
        let expected = draw(CpuLevel::Baseline);
        for level in CpuLevel::ALL.into_iter().filter(|level| *level <= CpuLevel::detected()) {
            assert_eq!(draw(level), expected, "{level}");
        }
        // A block's counts do not depend on who draws it.
        let mut alone = [0; BLOCK];
        blocks.draw(1 << 33, 7, 1, &mut alone);
        assert_eq!(alone, expected[2 * BLOCK..3 * BLOCK]);
    }

    // Chi-square against the probability function, over the counts that are expected at least 20 times; mean and variance.
    #[test]
    fn counts_follow_the_probability_function() {
        for mean in [0.0, 0.01, 0.5, 2.0, 7.9, 30.0] {
            let blocks = PoissonBlocks::new([31, 4], mean);
            let (mut histogram, mut counts) = ([0.0; 256], [0; 10 * BLOCK]);
            let steps = 400;
            for step in 0..steps {
                blocks.draw(step, 0, 1, &mut counts);
                counts.iter().for_each(|&count| histogram[usize::from(count)] += 1.0);
            }
            let n = (steps * 640) as f64;
            let (mut chi_square, mut cells, mut probability) = (0.0, 0.0, exp(-mean));
            for (k, &count) in histogram.iter().enumerate() {
                if k > 0 {
                    probability *= mean / k as f64;
                }
                let expected = probability * n;
                if expected >= 20.0 {
                    chi_square += (count - expected) * (count - expected) / expected;
                    cells += 1.0;
                }
            }
            assert!(chi_square < cells + 5.0 * (2.0_f64 * cells).sqrt(), "{mean}: {chi_square} over {cells}");
            let sum: f64 = histogram.iter().enumerate().map(|(k, count)| k as f64 * count).sum();
            assert!((sum / n - mean).abs() <= 5.0 * (mean / n).sqrt(), "{mean}: {}", sum / n);
        }
    }

    #[test]
    #[should_panic(expected = "a mean lies in")]
    fn a_negative_mean_is_refused() {
        PoissonBlocks::new([0, 0], -1.0);
    }
}
