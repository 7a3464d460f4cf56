//! Philox4x32-10 by many counters at once: words of 64 random bits, and what is made of them.
//!
//! A stream is a key and an entity. Its block b is what the counter `[b, b >> 32, entity, entity >> 32]` gives: two words of 64 bits,
//! the low half of each first.
//!
//! Source: Salmon, Moraes, Dror & Shaw 2011, Parallel random numbers: as easy as 1, 2, 3, SC'11.

use crate::CpuLevel;

/// Counters that are a vector of the widest processors.
pub(crate) const LANES: usize = 16;

/// Such vectors side by side where the compiler makes the vectors: long loops, which it does not unroll first.
pub(crate) const SIDE_BY_SIDE: usize = 4;

/// Counters that go through [`philox`] together.
pub(crate) const WIDE: usize = SIDE_BY_SIDE * LANES;

const MULTIPLIERS: [u32; 2] = [0xd251_1f53, 0xcd9e_8d57];
const WEYL: [u32; 2] = [0x9e37_79b9, 0xbb67_ae85];
const ROUNDS: usize = 10;

/// Ten rounds of Philox4x32: word w of counter i is at `[w][i]`, of the counters and of what comes out.
#[inline(always)]
pub(crate) fn philox<const N: usize>(key: [u32; 2], counter: [[u32; N]; 4]) -> [[u32; N]; 4] {
    let [mut k0, mut k1] = key;
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    for round in 0..ROUNDS {
        if round > 0 {
            k0 = k0.wrapping_add(WEYL[0]);
            k1 = k1.wrapping_add(WEYL[1]);
        }
        for lane in 0..N {
            let p0 = u64::from(MULTIPLIERS[0]) * u64::from(c0[lane]);
            let p1 = u64::from(MULTIPLIERS[1]) * u64::from(c2[lane]);
            c0[lane] = (p1 >> 32) as u32 ^ c1[lane] ^ k0;
            c2[lane] = (p0 >> 32) as u32 ^ c3[lane] ^ k1;
            c1[lane] = p1 as u32;
            c3[lane] = p0 as u32;
        }
    }
    [c0, c1, c2, c3]
}

/// [`philox`] with a counter in each lane of a register, written by hand, because compilers do not find the widening products; and
/// [`fill_at`] with it.
macro_rules! by_lanes {
    ($name:ident, $fill:ident, $features:literal, $register:ident, $load:ident, $store:ident, $product:ident, $all:ident, $up:ident, $down:ident, $xor:ident, $blend:expr) => {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = $features)]
        #[inline]
        pub(crate) fn $name(
            key: [u32; 2],
            counter: [core::arch::x86_64::$register; 4],
        ) -> [core::arch::x86_64::$register; 4] {
            use core::arch::x86_64::{$all, $down, $product, $up, $xor};
            let multipliers = MULTIPLIERS.map(|multiplier| $all(multiplier.cast_signed()));
            // The odd lanes of the second.
            let blend = $blend;
            let [mut k0, mut k1] = key;
            let [mut c0, mut c1, mut c2, mut c3] = counter;
            for round in 0..ROUNDS {
                if round > 0 {
                    k0 = k0.wrapping_add(WEYL[0]);
                    k1 = k1.wrapping_add(WEYL[1]);
                }
                let products =
                    |c, multiplier| ($product(c, multiplier), $product($down::<32>(c), multiplier));
                let (even0, odd0) = products(c0, multipliers[0]);
                let (even1, odd1) = products(c2, multipliers[1]);
                let high = |even, odd| blend($down::<32>(even), odd);
                let low = |even, odd| blend(even, $up::<32>(odd));
                let mixed = |high, word, key: u32| $xor($xor(high, word), $all(key.cast_signed()));
                c0 = mixed(high(even1, odd1), c1, k0);
                c2 = mixed(high(even0, odd0), c3, k1);
                c1 = low(even1, odd1);
                c3 = low(even0, odd0);
            }
            [c0, c1, c2, c3]
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = $features)]
        fn $fill<F: Finish>(key: [u32; 2], first: u64, entity: u64, numbers: &mut [F::Number]) {
            use core::arch::x86_64::{$load, $register, $store};
            fill_body::<F>(key, first, entity, numbers, |key, mut words| {
                for start in (0..WIDE).step_by(size_of::<$register>() / size_of::<u32>()) {
                    // SAFETY: a word is whole registers of counters.
                    unsafe {
                        let counter = [0, 1, 2, 3].map(|word| $load(words[word][start..].as_ptr().cast()));
                        let drawn = $name(key, counter);
                        for word in 0..4 {
                            $store(words[word][start..].as_mut_ptr().cast(), drawn[word]);
                        }
                    }
                }
                words
            });
        }
    };
}

by_lanes!(
    philox_avx2,
    fill_avx2,
    "avx2",
    __m256i,
    _mm256_loadu_si256,
    _mm256_storeu_si256,
    _mm256_mul_epu32,
    _mm256_set1_epi32,
    _mm256_slli_epi64,
    _mm256_srli_epi64,
    _mm256_xor_si256,
    |even, odd| core::arch::x86_64::_mm256_blend_epi32::<0xaa>(even, odd)
);

by_lanes!(
    philox_avx512,
    fill_avx512,
    "avx2,avx512f,avx512vl,avx512bw,avx512dq",
    __m512i,
    _mm512_loadu_si512,
    _mm512_storeu_si512,
    _mm512_mul_epu32,
    _mm512_set1_epi32,
    _mm512_slli_epi64,
    _mm512_srli_epi64,
    _mm512_xor_si512,
    |even, odd| core::arch::x86_64::_mm512_mask_blend_epi32(0xaaaa, even, odd)
);

/// Numbers that are made together: two of every counter.
pub(crate) const TOGETHER: usize = 2 * WIDE;

/// What is made of a stream's words; compiled with them for every level.
pub(crate) trait Finish {
    /// What comes of a word.
    type Number: Copy;

    /// Must be `#[inline(always)]`.
    fn finish(words: &[u64; TOGETHER]) -> [Self::Number; TOGETHER];
}

/// Words as they are.
struct Words;

impl Finish for Words {
    type Number = u64;

    #[inline(always)]
    fn finish(words: &[u64; TOGETHER]) -> [u64; TOGETHER] {
        *words
    }
}

/// The words of a stream from block `first` on.
///
/// ```
/// // The generator's known answers for a counter and a key of zeros.
/// let mut words = [0; 2];
/// duet_kernels::philox::words([0, 0], 0, 0, &mut words);
/// assert_eq!(words, [0xe169_c58d_6627_e8d5, 0x9b00_dbd8_bc57_ac4c]);
/// ```
pub fn words(key: [u32; 2], first: u64, entity: u64, words: &mut [u64]) {
    fill_at::<Words>(CpuLevel::current(), key, first, entity, words);
}

/// What is made of a stream's words from block `first` on, at a level; panics if the processor lacks it.
pub(crate) fn fill_at<F: Finish>(
    level: CpuLevel,
    key: [u32; 2],
    first: u64,
    entity: u64,
    numbers: &mut [F::Number],
) {
    let detected = CpuLevel::detected();
    assert!(level <= detected, "this processor has no {level}, only {detected}");
    match level {
        // SAFETY: the assertion above: AVX2 was detected.
        #[cfg(target_arch = "x86_64")]
        CpuLevel::Avx2 => unsafe { fill_avx2::<F>(key, first, entity, numbers) },
        // SAFETY: the assertion above: AVX-512 F, VL, BW and DQ were detected.
        #[cfg(target_arch = "x86_64")]
        CpuLevel::Avx512 => unsafe { fill_avx512::<F>(key, first, entity, numbers) },
        _ => fill_body::<F>(key, first, entity, numbers, philox),
    }
}

#[inline(always)]
fn fill_body<F: Finish>(
    key: [u32; 2],
    first: u64,
    entity: u64,
    numbers: &mut [F::Number],
    philox: impl Fn([u32; 2], [[u32; WIDE]; 4]) -> [[u32; WIDE]; 4],
) {
    let mut block = first;
    for numbers in numbers.chunks_mut(TOGETHER) {
        let mut counter = [[0; WIDE], [0; WIDE], [entity as u32; WIDE], [(entity >> 32) as u32; WIDE]];
        for i in 0..WIDE {
            let block = block.wrapping_add(i as u64);
            counter[0][i] = block as u32;
            counter[1][i] = (block >> 32) as u32;
        }
        let halves = philox(key, counter);
        let mut words = [0; TOGETHER];
        for i in 0..WIDE {
            words[2 * i] = u64::from(halves[0][i]) | u64::from(halves[1][i]) << 32;
            words[2 * i + 1] = u64::from(halves[2][i]) | u64::from(halves[3][i]) << 32;
        }
        let made = F::finish(&words);
        numbers.copy_from_slice(&made[..numbers.len()]);
        block = block.wrapping_add(WIDE as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 10).
    #[test]
    fn random123_known_answers() {
        for (key, counter, words) in [
            ([0; 2], [0; 4], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 2], [u32::MAX; 4], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0xa409_3822, 0x299f_31d0],
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ] {
            let together = philox(key, counter.map(|word| [word; WIDE]));
            assert!(together.iter().zip(words).all(|(lanes, word)| *lanes == [word; WIDE]), "{key:x?}");
        }
    }

    /// Every level, lengths that are no multiple of anything, and the end of the counter's low word.
    #[test]
    fn many_words_are_those_of_one_counter_after_the_other() {
        for level in CpuLevel::ALL.into_iter().filter(|level| *level <= CpuLevel::detected()) {
            for (first, length) in [(0, 1), (7, 128), (u64::from(u32::MAX) - 3, 300), (u64::MAX - 1, 5)] {
                let mut together = vec![0; length];
                fill_at::<Words>(level, [3, 4], first, 1 << 33 | 5, &mut together);
                for (i, word) in together.into_iter().enumerate() {
                    let block = first.wrapping_add(i as u64 / 2);
                    let [a, b, c, d] =
                        philox([3, 4], [block as u32, (block >> 32) as u32, 5, 2].map(|word| [word]));
                    let [low, high] = if i.is_multiple_of(2) { [a, b] } else { [c, d] };
                    assert_eq!(word, u64::from(low[0]) | u64::from(high[0]) << 32, "{level} {first} {i}");
                }
            }
        }
    }
}
