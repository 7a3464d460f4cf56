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
        // SAFETY: the assertions above: AVX2 was detected, and every set has a line for every 512 sums.
        #[cfg(target_arch = "x86_64")]
        CpuLevel::Avx2 => unsafe { avx2::add(sets, weight, sums) },
        // SAFETY: the same of AVX-512 F, VL, BW and DQ.
        #[cfg(target_arch = "x86_64")]
        CpuLevel::Avx512 => unsafe { avx512::add(sets, weight, sums) },
        // SAFETY: every set has a line for every 512 sums.
        _ => unsafe { words::add(sets, weight, sums) },
    }
}

use sealed::Sealed;
mod sealed {
    /// What a kernel needs of a sum.
    pub trait Sealed: Copy {
        /// Adds `weight` times a place's count to its sum.
        fn add_counts(counts: &[u8; super::LINE], weight: Self, sums: &mut [Self]);
        /// Adds `weight` times the number whose digits are given, 512 times.
        ///
        /// # Safety
        /// AVX-512 F, VL, BW and DQ, and 512 sums.
        #[cfg(target_arch = "x86_64")]
        unsafe fn add_digits(digits: &[super::Line], weight: Self, sums: &mut [Self]);
    }
}

macro_rules! sum {
    ($sum:ident, $mask:ident, $lanes:literal, $splat:ident, $masked:ident) => {
        impl Sum for $sum {}
        impl Sealed for $sum {
            #[inline(always)]
            fn add_counts(counts: &[u8; LINE], weight: Self, sums: &mut [Self]) {
                for (sum, &count) in sums.iter_mut().zip(counts) {
                    *sum = sum.wrapping_add(Self::from(count).wrapping_mul(weight));
                }
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
            #[inline]
            unsafe fn add_digits(digits: &[Line], weight: Self, sums: &mut [Self]) {
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
                        weight = weight.wrapping_shl(1);
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

/// The adder tree for registers of one kind, whose module gives `Register`, `AHEAD`, `zero`, `and`, `xor`, `full`, `load`, `store`
/// and, for 512 sums whose counts stand in digits, `write`. By hand: compilers keep the digits in memory.
macro_rules! tree {
    ($(#[$features:meta])*) => {
        /// Registers that a line fills.
        const PARTS: usize = size_of::<Line>() / size_of::<Register>();

        /// # Safety
        /// The processor has what the module is for, and every set has a line for every 512 sums.
        $(#[$features])*
        pub(super) unsafe fn add<S: Sum>(sets: &[&[Line]], weight: S, sums: &mut [S]) {
            let used = digits(sets.len());
            for set in sets {
                set.iter().take(AHEAD).for_each(|line| prefetch(line));
            }
            for (line, sums) in sums.chunks_exact_mut(LINE).enumerate() {
                let mut counts = [Line::EMPTY; DIGITS];
                for part in 0..PARTS {
                    let read = |set: &[Line]| {
                        let at = set.as_ptr().wrapping_add(line);
                        if AHEAD > 0 && part == 0 {
                            prefetch(at.wrapping_add(AHEAD));
                        }
                        // SAFETY: the set has this line, and the line this part.
                        unsafe { load(at.cast::<Register>().wrapping_add(part)) }
                    };
                    let (mut ones, mut twos, mut fours) = (zero(), zero(), zero());
                    let mut higher = [zero(); DIGITS - 3];
                    // Sets that are not there are empty.
                    for sets in sets.chunks(8) {
                        let read = |index: usize| if let Some(set) = sets.get(index) { read(set) } else { zero() };
                        let (two, one) = full(ones, read(0), read(1));
                        let (other_two, one) = full(one, read(2), read(3));
                        let (four, two) = full(twos, two, other_two);
                        let (third_two, one) = full(one, read(4), read(5));
                        let (fourth_two, one) = full(one, read(6), read(7));
                        let (other_four, two) = full(two, third_two, fourth_two);
                        let (mut carry, four) = full(fours, four, other_four);
                        (ones, twos, fours) = (one, two, four);
                        for (index, digit) in higher.iter_mut().enumerate() {
                            if index + 3 >= used {
                                break;
                            }
                            (carry, *digit) = (and(*digit, carry), xor(*digit, carry));
                        }
                    }
                    for (count, digit) in counts.iter_mut().zip([ones, twos, fours].into_iter().chain(higher)) {
                        // SAFETY: the line has this part.
                        unsafe { store(std::ptr::from_mut(count).cast::<Register>().wrapping_add(part), digit) };
                    }
                }
                // SAFETY: the features are this function's, and there are 512 sums.
                unsafe { write(&counts[..used], weight, sums) };
            }
        }
    };
}

/// Has a line that will be read soon brought into the cache.
#[inline]
fn prefetch(line: *const Line) {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 has it, and it may be given any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = line;
}

/// Any processor: 64 places in a word.
mod words {
    use super::{DIGITS, LINE, Line, Sum, digits, prefetch};
    use std::ptr::{read as load, write as store};

    type Register = u64;

    /// The processor sees words coming.
    const AHEAD: usize = 0;

    fn zero() -> u64 {
        0
    }

    fn and(a: u64, b: u64) -> u64 {
        a & b
    }

    fn xor(a: u64, b: u64) -> u64 {
        a ^ b
    }

    /// The carry and the sum of three bits.
    fn full(a: u64, b: u64, c: u64) -> (u64, u64) {
        let either = a ^ b;
        ((a & b) | (either & c), either ^ c)
    }

    /// # Safety
    /// None is needed; the other levels' have the same form.
    unsafe fn write<S: Sum>(digits: &[Line], weight: S, sums: &mut [S]) {
        const EACH: u64 = 0x0101_0101_0101_0101;
        let mut counts = [0; LINE];
        for (part, counts) in counts.as_chunks_mut::<8>().0.iter_mut().enumerate() {
            let mut count = 0;
            for (digit, line) in digits.iter().enumerate() {
                // Eight bits to eight bytes: a copy in every byte, of which its own bit is kept and carried to the top.
                let bits = (line.0[part / 8] >> (part % 8 * 8)) & 0xff;
                let own = (bits * EACH) & 0x8040_2010_0804_0201;
                let has = ((own + 0x7f7f_7f7f_7f7f_7f7f) >> 7) & EACH;
                count |= has << digit;
            }
            *counts = count.to_le_bytes();
        }
        S::add_counts(&counts, weight, sums);
    }

    tree!();
}

/// 256 places in a register.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{DIGITS, LINE, Line, Sum, digits, prefetch};
    use core::arch::x86_64::{
        __m256i, _mm256_add_epi8, _mm256_and_si256 as and, _mm256_cmpeq_epi8, _mm256_load_si256 as load,
        _mm256_or_si256, _mm256_set1_epi64x, _mm256_setr_epi64x, _mm256_setzero_si256 as zero,
        _mm256_shuffle_epi8, _mm256_store_si256 as store, _mm256_storeu_si256, _mm256_sub_epi8,
        _mm256_xor_si256 as xor,
    };

    type Register = __m256i;

    /// Lines ahead that are asked for: rows lie far apart, and many are read side by side.
    const AHEAD: usize = 3;

    /// The carry and the sum of three bits.
    #[target_feature(enable = "avx2")]
    #[inline]
    fn full(a: __m256i, b: __m256i, c: __m256i) -> (__m256i, __m256i) {
        let either = xor(a, b);
        (_mm256_or_si256(and(a, b), and(either, c)), xor(either, c))
    }

    /// # Safety
    /// None is needed; the other levels' have the same form.
    #[target_feature(enable = "avx2")]
    #[inline]
    unsafe fn write<S: Sum>(digits: &[Line], weight: S, sums: &mut [S]) {
        let mut counts = [0; LINE];
        // Of 64 bits in every eight bytes, each byte gets the one in which its bit is, and keeps that bit.
        let eighth = |byte: i64| byte * 0x0101_0101_0101_0101;
        let spread = [0, 4].map(|first| {
            _mm256_setr_epi64x(eighth(first), eighth(first + 1), eighth(first + 2), eighth(first + 3))
        });
        let own = _mm256_set1_epi64x(0x8040_2010_0804_0201_u64.cast_signed());
        for (word, counts) in counts.as_chunks_mut::<64>().0.iter_mut().enumerate() {
            let mut count = [zero(); 2];
            for line in digits.iter().rev() {
                let bits = _mm256_set1_epi64x(line.0[word].cast_signed());
                for half in 0..2 {
                    let bits = and(_mm256_shuffle_epi8(bits, spread[half]), own);
                    let minus_one = _mm256_cmpeq_epi8(bits, own);
                    count[half] = _mm256_sub_epi8(_mm256_add_epi8(count[half], count[half]), minus_one);
                }
            }
            for (count, counts) in count.into_iter().zip(counts.as_chunks_mut::<32>().0) {
                // SAFETY: the chunk has 32 bytes.
                unsafe { _mm256_storeu_si256(counts.as_mut_ptr().cast(), count) };
            }
        }
        S::add_counts(&counts, weight, sums);
    }

    tree!(#[target_feature(enable = "avx2")]);
}

/// 512 places in a register.
#[cfg(target_arch = "x86_64")]
mod avx512 {
    use super::{DIGITS, LINE, Line, Sum, digits, prefetch};
    use core::arch::x86_64::{
        __m512i, _mm512_and_si512 as and, _mm512_load_si512 as load, _mm512_setzero_si512 as zero,
        _mm512_store_si512 as store, _mm512_ternarylogic_epi64, _mm512_xor_si512 as xor,
    };

    type Register = __m512i;

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
    /// 512 sums.
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]
    #[inline]
    unsafe fn write<S: Sum>(digits: &[Line], weight: S, sums: &mut [S]) {
        // SAFETY: the caller's.
        unsafe { S::add_digits(digits, weight, sums) }
    }

    tree!(#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq")]);
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
