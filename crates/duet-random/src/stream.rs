//! A sequence of 64-bit words with random access.

use core::convert::Infallible;

use rand_core::TryRng;
use rand_philox::philox4x32_10;

/// The numbers of one purpose and entity, read in order or from any position.
///
/// A position counts 64-bit words. Two of them come from one Philox4x32-10 block: the block of the counter words
/// `[b, b >> 32, entity, entity >> 32]` with `b = position / 2` gives the words of positions `2 b` (output words 0 and 1,
/// low first) and `2 b + 1` (output words 2 and 3). After 2^64 words the stream begins again.
///
/// `uniform`, `uniform_in`, `normal` and `bernoulli` use one word each, `poisson` one below a mean of 10; the others
/// use as many as they need.
///
/// With `rand_core`'s traits a stream serves every distribution of `rand_distr` too, but see the crate's page for why
/// nothing that must repeat should be drawn that way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
    entity: u64,
    position: u64,
    /// The second word of the block in hand; meaningful at odd positions only.
    second: u64,
}

impl Stream {
    pub(crate) fn new(key: [u32; 2], entity: u64) -> Self {
        Self { key, entity, position: 0, second: 0 }
    }

    /// The position of the next word.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Goes to a position, forwards or back.
    pub fn seek(&mut self, position: u64) {
        self.position = position;
        if !position.is_multiple_of(2) {
            self.second = self.block(position / 2)[1];
        }
    }

    /// The same stream at another position; this one stays where it is.
    #[must_use]
    pub fn at(&self, position: u64) -> Self {
        let mut there = self.clone();
        there.seek(position);
        there
    }

    /// The next 64 random bits.
    #[inline]
    pub fn word(&mut self) -> u64 {
        let word = if self.position.is_multiple_of(2) {
            let [first, second] = self.block(self.position / 2);
            self.second = second;
            first
        } else {
            self.second
        };
        self.position = self.position.wrapping_add(1);
        word
    }

    /// As many calls of [`Stream::word`] as `words` is long, the same bits, faster from some dozens on.
    pub fn fill_words(&mut self, words: &mut [u64]) {
        self.fill(words, Self::word, duet_kernels::philox::words);
    }

    /// The next numbers of one word each: alone up to the next block, from there on together.
    pub(crate) fn fill<T>(
        &mut self,
        numbers: &mut [T],
        alone: impl Fn(&mut Self) -> T,
        together: impl Fn([u32; 2], u64, u64, &mut [T]),
    ) {
        let is_odd = !self.position.is_multiple_of(2) && !numbers.is_empty();
        let (first, rest) = numbers.split_at_mut(usize::from(is_odd));
        first.iter_mut().for_each(|first| *first = alone(self));
        if !rest.is_empty() {
            together(self.key, self.position / 2, self.entity, rest);
            self.seek(self.position.wrapping_add(rest.len() as u64));
        }
    }

    #[inline]
    fn block(&self, index: u64) -> [u64; 2] {
        let low = |x: u64| x as u32;
        let high = |x: u64| (x >> 32) as u32;
        let counter = [low(index), high(index), low(self.entity), high(self.entity)];
        let [a, b, c, d] = philox4x32_10(counter, self.key);
        [u64::from(a) | u64::from(b) << 32, u64::from(c) | u64::from(d) << 32]
    }
}

/// Every call takes whole 64-bit words, so positions stay simple: a 32-bit number is the upper half of one.
impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.word() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.word())
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        for chunk in destination.chunks_mut(8) {
            chunk.copy_from_slice(&self.word().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Stream;
    use crate::Key;
    use proptest::prelude::*;
    use rand_core::Rng;

    // The known-answer vectors of the Random123 distribution (kat_vectors, philox4x32 10), read through a stream:
    // counter = [block, block >> 32, entity, entity >> 32].
    #[test]
    fn random123_known_answers() {
        let blocks = |key, block: u64, entity| {
            let mut stream = Stream::new(key, entity).at(block.wrapping_mul(2));
            [stream.word(), stream.word()]
        };
        assert_eq!(blocks([0, 0], 0, 0), [0xe169_c58d_6627_e8d5, 0x9b00_dbd8_bc57_ac4c]);

        // A position has 64 bits, so block 2^64 - 1 is out of a stream's reach: the block function answers itself.
        let ones = Stream::new([u32::MAX; 2], u64::MAX);
        assert_eq!(ones.block(u64::MAX), [0x41c8_3b0e_408f_276d, 0x6d54_51fd_a20b_c7c6]);

        let pi = Stream::new([0xa409_3822, 0x299f_31d0], 0x0370_7344_1319_8a2e);
        assert_eq!(pi.block(0x85a3_08d3_243f_6a88), [0x94fd_cceb_d16c_fe09, 0x2412_6ea1_5001_e420]);
    }

    // Changing the hashing or the layout changes every saved run: these must never move. They come from an independent
    // program in Python.
    #[test]
    fn golden_words() {
        let mut stream = Key::new(7).child("input-hidden").stream("weights", 3);
        let words: Vec<u64> = (0..4).map(|_| stream.word()).collect();
        let want =
            [0xbdbe_a651_cc8f_a568, 0x153d_89e1_1265_e01d, 0xb1f6_7484_7020_7eb3, 0x7b05_667f_f95a_74be];
        assert_eq!(words, want);
    }

    #[test]
    fn the_end_joins_the_beginning() {
        let mut stream = Key::new(1).stream("wrap", 0).at(u64::MAX);
        stream.word();
        assert_eq!(stream.position(), 0);
        assert_eq!(stream.word(), Key::new(1).stream("wrap", 0).word());
    }

    #[test]
    fn rand_core_takes_whole_words() {
        let stream = Key::new(2).stream("bytes", 0);
        let words: Vec<u64> = (0..2).map(|i| stream.at(i).word()).collect();
        let mut bytes = [0; 11];
        stream.clone().fill_bytes(&mut bytes);
        assert_eq!(bytes[..8], words[0].to_le_bytes());
        assert_eq!(bytes[8..], words[1].to_le_bytes()[..3]);
        assert_eq!(stream.clone().next_u32(), (words[0] >> 32) as u32);
        assert_eq!(stream.clone().next_u64(), words[0]);
    }

    #[test]
    fn rand_distr_reads_streams() {
        use rand_distr::{Distribution, Gamma};
        let gamma = Gamma::new(4.0, 0.5).expect("a legal shape");
        let mut stream = Key::new(3).stream("gamma", 0);
        let n = 20_000;
        let mean = (0..n).map(|_| gamma.sample(&mut stream)).sum::<f64>() / f64::from(n);
        // Mean 2, variance 1.
        assert!((mean - 2.0).abs() < 5.0 / f64::from(n).sqrt(), "mean {mean}");
    }

    proptest! {
        #[test]
        fn seeking_equals_reading(seed: u64, entity: u64, start in 0..=u64::MAX - 40, skip in 0_u64..40) {
            let mut read = Key::new(seed).stream("seek", entity).at(start);
            for _ in 0..skip {
                read.word();
            }
            let mut sought = Key::new(seed).stream("seek", entity);
            sought.seek(start + skip);
            prop_assert_eq!(sought.position(), read.position());
            prop_assert_eq!(sought.word(), read.word());
        }
    }
}
