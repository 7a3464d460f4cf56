//! Poisson numbers by the block of cells: the background of a large network, drawn in bulk.
//!
//! Every cell of every step has its own place in a Philox4x32-10 stream, so no state is kept and any part of the draws can
//! be made by any thread. A block of 64 cells takes the 16 counters `[16 block + j, stream, step, step >> 32]`, j = 0..15; word
//! w of counter j belongs to cell `16 w + j`. The count is the number of cumulative probabilities that a 32-bit uniform
//! number reaches: exact to 2^-32.

use crate::CpuLevel;
use crate::math::exp;
#[cfg(target_arch = "x86_64")]
use crate::philox::philox_avx512;
use crate::philox::{LANES, SIDE_BY_SIDE, WIDE, philox};

/// Cells that are drawn together.
pub const BLOCK: usize = 64;

/// The largest mean of one draw; more is drawn as the sum of several.
const LARGEST_MEAN: f64 = 8.0;

/// Poisson counts of one mean, for blocks of cells.
#[derive(Clone, Debug, PartialEq)]
pub struct PoissonBlocks {
    key: [u32; 2],
    /// 2^32 P(count <= k), until it is 2^32.
    thresholds: Vec<u32>,
    /// Draws that are summed: each of the mean divided by this.
    parts: u32,
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
        let (mut thresholds, mut probability, mut cumulative) = (Vec::new(), exp(-mean), 0.0);
        for k in 1.. {
            cumulative += probability;
            let threshold = (cumulative * 4_294_967_296.0).round();
            if threshold >= 4_294_967_296.0 {
                break;
            }
            thresholds.push(threshold as u32);
            // Rounding may leave the sum just below 1 for ever.
            if probability < 1e-12 && f64::from(k) > mean {
                break;
            }
            probability *= mean / f64::from(k);
        }
        Self { key, thresholds, parts: parts as u32 }
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
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn draw_avx2(blocks: &PoissonBlocks, step: u64, first: u32, stride: u32, counts: &mut [u8]) {
    draw_body(blocks, step, first, stride, counts);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512vl,avx512bw,avx512dq")]
fn draw_avx512(blocks: &PoissonBlocks, step: u64, first: u32, stride: u32, counts: &mut [u8]) {
    use core::arch::x86_64::{
        _mm_storeu_si128, _mm512_add_epi32, _mm512_cmpge_epu32_mask, _mm512_cvtepi32_epi8,
        _mm512_mask_sub_epi32, _mm512_set1_epi32, _mm512_setr_epi32, _mm512_setzero_si512,
    };
    let lanes = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    let less = _mm512_set1_epi32(-1);
    let mut block = first;
    for counts in counts.chunks_exact_mut(BLOCK) {
        let mut sums = [_mm512_setzero_si512(); 4];
        for part in 0..blocks.parts {
            let begin = _mm512_set1_epi32(block.wrapping_mul(LANES as u32).cast_signed());
            let all = |word: u32| _mm512_set1_epi32(word.cast_signed());
            let counter =
                [_mm512_add_epi32(begin, lanes), all(part), all(step as u32), all((step >> 32) as u32)];
            let words = philox_avx512(blocks.key, counter);
            for &threshold in &blocks.thresholds {
                let threshold = all(threshold);
                for word in 0..4 {
                    let reached = _mm512_cmpge_epu32_mask(words[word], threshold);
                    sums[word] = _mm512_mask_sub_epi32(sums[word], reached, sums[word], less);
                }
            }
        }
        for (counts, sums) in counts.chunks_exact_mut(LANES).zip(sums) {
            // SAFETY: the chunk has sixteen bytes.
            unsafe { _mm_storeu_si128(counts.as_mut_ptr().cast(), _mm512_cvtepi32_epi8(sums)) };
        }
        block = block.wrapping_add(stride);
    }
}

#[inline(always)]
fn draw_body(blocks: &PoissonBlocks, step: u64, first: u32, stride: u32, counts: &mut [u8]) {
    let mut block = first;
    for counts in counts.chunks_mut(SIDE_BY_SIDE * BLOCK) {
        let mut sums = [[0_u32; WIDE]; 4];
        for part in 0..blocks.parts {
            let mut c0 = [0; WIDE];
            for (lane, c0) in c0.iter_mut().enumerate() {
                let block = block.wrapping_add(stride.wrapping_mul((lane / LANES) as u32));
                *c0 = block.wrapping_mul(LANES as u32).wrapping_add((lane % LANES) as u32);
            }
            let words =
                philox(blocks.key, [c0, [part; WIDE], [step as u32; WIDE], [(step >> 32) as u32; WIDE]]);
            for &threshold in &blocks.thresholds {
                for word in 0..4 {
                    for lane in 0..WIDE {
                        sums[word][lane] += u32::from(words[word][lane] >= threshold);
                    }
                }
            }
        }
        for (index, counts) in counts.chunks_exact_mut(BLOCK).enumerate() {
            for (counts, sums) in counts.chunks_exact_mut(LANES).zip(&sums) {
                for (count, &sum) in counts.iter_mut().zip(&sums[index * LANES..]) {
                    *count = sum as u8;
                }
            }
        }
        block = block.wrapping_add(stride.wrapping_mul(SIDE_BY_SIDE as u32));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
