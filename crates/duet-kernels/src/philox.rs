//! Philox4x32-10 by many counters at once.
//!
//! Source: Salmon, Moraes, Dror & Shaw 2011, Parallel random numbers: as easy as 1, 2, 3, SC'11.

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

/// [`philox`] with a counter in each of [`LANES`] lanes: written by hand, because compilers do not find the widening products.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512vl,avx512bw,avx512dq")]
#[inline]
pub(crate) fn philox_avx512(
    key: [u32; 2],
    counter: [core::arch::x86_64::__m512i; 4],
) -> [core::arch::x86_64::__m512i; 4] {
    use core::arch::x86_64::{
        _mm512_mask_blend_epi32, _mm512_mul_epu32, _mm512_set1_epi32, _mm512_slli_epi64, _mm512_srli_epi64,
        _mm512_xor_si512,
    };
    /// The odd lanes.
    const ODD: u16 = 0xaaaa;
    let multipliers = MULTIPLIERS.map(|multiplier| _mm512_set1_epi32(multiplier.cast_signed()));
    let [mut k0, mut k1] = key;
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    for round in 0..ROUNDS {
        if round > 0 {
            k0 = k0.wrapping_add(WEYL[0]);
            k1 = k1.wrapping_add(WEYL[1]);
        }
        let (even0, odd0) = (
            _mm512_mul_epu32(c0, multipliers[0]),
            _mm512_mul_epu32(_mm512_srli_epi64::<32>(c0), multipliers[0]),
        );
        let (even1, odd1) = (
            _mm512_mul_epu32(c2, multipliers[1]),
            _mm512_mul_epu32(_mm512_srli_epi64::<32>(c2), multipliers[1]),
        );
        let high = |even, odd| _mm512_mask_blend_epi32(ODD, _mm512_srli_epi64::<32>(even), odd);
        let low = |even, odd| _mm512_mask_blend_epi32(ODD, even, _mm512_slli_epi64::<32>(odd));
        let mixed = |high, word, key: u32| {
            _mm512_xor_si512(_mm512_xor_si512(high, word), _mm512_set1_epi32(key.cast_signed()))
        };
        c0 = mixed(high(even1, odd1), c1, k0);
        c2 = mixed(high(even0, odd0), c3, k1);
        c1 = low(even1, odd1);
        c3 = low(even0, odd0);
    }
    [c0, c1, c2, c3]
}

#[cfg(test)]
mod tests {
    use super::{WIDE, philox};

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
}
