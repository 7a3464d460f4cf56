//! How often each of many places is in one of many sets: what dense projections of equal weights come down to.
//!
//! A set is a row of bits, one per place, and 512 of them are one operation of the widest registers. The sets are added digit by
//! digit: a full adder turns three bits of one weight into a bit of that weight and one of the next, so eight sets cost seven
//! adders, and the counts of 512 places stand in eight registers, one per binary digit. Only then is every place's count
//! multiplied by the weight. Whole numbers: the level changes the speed and not a bit.
//!
//! Source of the adder tree: Muła, Kurz & Lemire 2018, Faster population counts using AVX2 instructions, Comput. J. 61:111
//! (after Harley and Seal).
//!
//! # Example
//! Place 3 is in both sets, place 70 in one.
//! ```
//! use duet_kernels::sets::{Line, add};
//! let (mut a, mut b) = ([Line::EMPTY], [Line::EMPTY]);
//! (a[0].insert(3), b[0].insert(3), b[0].insert(70));
//! let mut sums = [10_i16; 512];
//! add(&[&a, &b], -2, &mut sums);
//! assert_eq!((sums[3], sums[70], sums[71]), (6, 8, 10));
//! ```

use crate::CpuLevel;

/// Places of a line.
pub const LINE: usize = 512;

/// Sets that can be added at once: counts have eight digits.
pub const MOST: usize = 255;

/// Binary digits of a count.
const DIGITS: usize = 8;

/// Which of 512 places are in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Line([u64; WORDS]);

const WORDS: usize = LINE / 64;

impl Line {
    /// None of them.
    pub const EMPTY: Self = Self([0; WORDS]);

    /// Puts a place in; `false` where it was in already.
    ///
    /// # Panics
    /// If the place is none of the 512.
    pub fn insert(&mut self, place: usize) -> bool {
        let (word, bit) = (&mut self.0[place / 64], 1 << (place % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

/// What sums are kept in.
pub trait Sum: Copy + Sealed {}

/// Adds `weight` to a place's sum for every set that has the place; sums that pass their ends go on at the other.
///
/// # Panics
/// If there are more than [`MOST`] sets, or a set has not one line for every 512 sums.
pub fn add<S: Sum>(sets: &[&[Line]], weight: S, sums: &mut [S]) {
    add_at(CpuLevel::current(), sets, weight, sums);
}

/// The same at a level; panics if the processor lacks it.
fn add_at<S: Sum>(level: CpuLevel, sets: &[&[Line]], weight: S, sums: &mut [S]) {
    let lines = sums.len() / LINE;
    assert!(sets.len() <= MOST, "at most {MOST} sets, got {}", sets.len());
    assert!(
        sums.len().is_multiple_of(LINE) && sets.iter().all(|set| set.len() == lines),
        "a line for 512 sums"
    );
    let detected = CpuLevel::detected();
    assert!(level <= detected, "this processor has no {level}, only {detected}");
    match level {
        // SAFETY: the assertions above: AVX2 was detected.
        #[cfg(target_arch = "x86_64")]
        CpuLevel::Avx2 => unsafe { add_avx2(sets, weight, sums) },
        // SAFETY: the assertions above: AVX-512 F, VL, BW and DQ were detected, and every set has a line for every 512 sums.
        #[cfg(target_arch = "x86_64")]
        CpuLevel::Avx512 => unsafe { wide::add(sets, weight, sums) },
        _ => add_body(sets, weight, sums),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn add_avx2<S: Sum>(sets: &[&[Line]], weight: S, sums: &mut [S]) {
    add_body(sets, weight, sums);
}

use sealed::Sealed;
mod sealed {
    /// What a kernel needs of a sum.
    pub trait Sealed: Copy {
        /// Adds `weight` where a bit is set.
        fn add_where(sums: &mut [Self], bits: u64, weight: Self);
        /// Twice as much.
        #[must_use]
        fn twice(self) -> Self;
        /// Adds to 64 sums at a time, 512 of them, `weight` times the number whose digits are given.
        ///
        /// # Safety
        /// AVX-512 F, VL, BW and DQ, and 512 sums.
        #[cfg(target_arch = "x86_64")]
        unsafe fn add_counts(digits: &[super::Line], weight: Self, sums: &mut [Self]);
    }
}

macro_rules! sum {
    ($sum:ident, $mask:ident, $lanes:literal, $splat:ident, $masked:ident) => {
        impl Sum for $sum {}
        impl Sealed for $sum {
            #[inline(always)]
            fn add_where(sums: &mut [Self], bits: u64, weight: Self) {
                for (place, sum) in sums.iter_mut().enumerate() {
                    // All ones where the bit is set.
                    let chosen = ((bits >> place) as Self & 1).wrapping_neg();
                    *sum = sum.wrapping_add(chosen & weight);
                }
            }

            #[inline(always)]
            fn twice(self) -> Self {
                self.wrapping_shl(1)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
            #[inline]
            unsafe fn add_counts(digits: &[Line], weight: Self, sums: &mut [Self]) {
                use core::arch::x86_64::{__m512i, _mm512_loadu_si512, _mm512_storeu_si512, $masked, $splat};
                for (part, sums) in sums.chunks_exact_mut($lanes).enumerate() {
                    let at: *mut __m512i = sums.as_mut_ptr().cast();
                    // SAFETY: the chunk has 64 bytes.
                    let mut sum = unsafe { _mm512_loadu_si512(at) };
                    let mut weight = weight;
                    for digit in digits {
                        let place = part * $lanes;
                        let bits = digit.0[place / 64] >> (place % 64);
                        sum = $masked(sum, bits as $mask, sum, $splat(weight));
                        weight = weight.twice();
                    }
                    // SAFETY: as above.
                    unsafe { _mm512_storeu_si512(at, sum) };
                }
            }
        }
    };
}

sum!(i16, u32, 32, _mm512_set1_epi16, _mm512_mask_add_epi16);
sum!(i32, u16, 16, _mm512_set1_epi32, _mm512_mask_add_epi32);

/// Digits that counts up to `most` have.
fn digits(most: usize) -> usize {
    (usize::BITS - most.leading_zeros()) as usize
}

#[inline(always)]
fn add_body<S: Sum>(sets: &[&[Line]], weight: S, sums: &mut [S]) {
    let used = digits(sets.len());
    for (line, sums) in sums.chunks_exact_mut(LINE).enumerate() {
        let mut counts = [[0_u64; WORDS]; DIGITS];
        for set in sets {
            let mut carry = set[line].0;
            for digit in &mut counts[..used] {
                for word in 0..WORDS {
                    let both = digit[word] & carry[word];
                    digit[word] ^= carry[word];
                    carry[word] = both;
                }
            }
        }
        let mut weight = weight;
        for digit in &counts[..used] {
            for (sums, &bits) in sums.chunks_exact_mut(64).zip(digit) {
                S::add_where(sums, bits, weight);
            }
            weight = weight.twice();
        }
    }
}

/// By hand: compilers keep the digits in memory.
#[cfg(target_arch = "x86_64")]
mod wide {
    use super::{DIGITS, LINE, Line, Sum, digits};
    use core::arch::x86_64::{
        __m512i, _MM_HINT_T0, _mm_prefetch, _mm512_and_si512, _mm512_load_si512, _mm512_setzero_si512,
        _mm512_store_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512,
    };

    /// Lines ahead that are asked for: rows lie far apart, and many are read side by side.
    const AHEAD: usize = 6;

    /// The carry and the sum of three bits.
    #[target_feature(enable = "avx512f")]
    #[inline]
    fn full(a: __m512i, b: __m512i, c: __m512i) -> (__m512i, __m512i) {
        // Truth tables: at least two; an odd number.
        (_mm512_ternarylogic_epi64::<0xe8>(a, b, c), _mm512_ternarylogic_epi64::<0x96>(a, b, c))
    }

    /// # Safety
    /// Every set has a line for every 512 sums.
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
    pub(super) unsafe fn add<S: Sum>(sets: &[&[Line]], weight: S, sums: &mut [S]) {
        let used = digits(sets.len());
        for set in sets {
            for line in set.iter().take(AHEAD) {
                _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(line).cast());
            }
        }
        for (line, sums) in sums.chunks_exact_mut(LINE).enumerate() {
            let read = |set: &[Line]| {
                let at = set.as_ptr().wrapping_add(line);
                _mm_prefetch::<_MM_HINT_T0>(at.wrapping_add(AHEAD).cast());
                // SAFETY: the set has this line, which is aligned.
                unsafe { _mm512_load_si512(at.cast()) }
            };
            let zero = _mm512_setzero_si512();
            let (mut ones, mut twos, mut fours) = (zero, zero, zero);
            let mut higher = [zero; DIGITS - 3];
            let (eights, rest) = sets.as_chunks::<8>();
            for sets in eights {
                let (two, one) = full(ones, read(sets[0]), read(sets[1]));
                let (other_two, one) = full(one, read(sets[2]), read(sets[3]));
                let (four, two) = full(twos, two, other_two);
                let (third_two, one) = full(one, read(sets[4]), read(sets[5]));
                let (fourth_two, one) = full(one, read(sets[6]), read(sets[7]));
                let (other_four, two) = full(two, third_two, fourth_two);
                let (mut carry, four) = full(fours, four, other_four);
                (ones, twos, fours) = (one, two, four);
                for digit in &mut higher {
                    let both = _mm512_and_si512(*digit, carry);
                    *digit = _mm512_xor_si512(*digit, carry);
                    carry = both;
                }
            }
            for set in rest {
                let mut carry = read(set);
                for digit in [&mut ones, &mut twos, &mut fours].into_iter().chain(&mut higher) {
                    let both = _mm512_and_si512(*digit, carry);
                    *digit = _mm512_xor_si512(*digit, carry);
                    carry = both;
                }
            }
            let mut counts = [Line::EMPTY; DIGITS];
            for (count, digit) in counts.iter_mut().zip([ones, twos, fours].into_iter().chain(higher)) {
                // SAFETY: a line has 64 bytes and is aligned to as many.
                unsafe { _mm512_store_si512(std::ptr::from_mut(count).cast(), digit) };
            }
            // SAFETY: the features are this function's, and there are 512 sums.
            unsafe { S::add_counts(&counts[..used], weight, sums) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against counting one by one, at every level, for all the ways in which eights and rests can meet.
    fn counts_are_exact<S: Sum + std::fmt::Debug + PartialEq + From<i16>>(count: usize) {
        let lines = 3;
        let is_in =
            |set: usize, place: usize| (set * 7919 + place * 104_729) % 1009 % 7 < 3 || set.is_multiple_of(5);
        let mut sets = vec![vec![Line::EMPTY; lines]; count];
        let mut expected = vec![0_i16; lines * LINE];
        for (index, set) in sets.iter_mut().enumerate() {
            for place in (0..lines * LINE).filter(|&place| is_in(index, place)) {
                assert!(set[place / LINE].insert(place % LINE));
                expected[place] += 1;
            }
        }
        let sets: Vec<&[Line]> = sets.iter().map(Vec::as_slice).collect();
        for level in CpuLevel::ALL.into_iter().filter(|level| *level <= CpuLevel::detected()) {
            let mut sums = vec![S::from(5); lines * LINE];
            add_at(level, &sets, S::from(-3), &mut sums);
            let wanted: Vec<S> = expected.iter().map(|&n| S::from(5 - 3 * n)).collect();
            assert_eq!(sums, wanted, "{count} sets, {level}");
        }
    }

    #[test]
    fn every_level_counts_the_same() {
        for count in [0, 1, 2, 7, 8, 9, 15, 16, 63, 64, 100, 127, 128, 255] {
            counts_are_exact::<i16>(count);
            counts_are_exact::<i32>(count);
        }
    }

    #[test]
    fn a_place_is_in_or_not() {
        let mut line = Line::EMPTY;
        assert!(line.insert(511) && !line.insert(511) && line.insert(0));
    }

    #[test]
    #[should_panic(expected = "a line for 512 sums")]
    fn a_set_too_short_is_refused() {
        add(&[&[Line::EMPTY][..]], 1_i32, &mut [0; 1024]);
    }
}
