//! Uniform numbers: real, in a range, below a bound; and coin flips.

use crate::Stream;

/// Words that are drawn together.
const HUNDRED: usize = 128;

#[inline]
fn uniform(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

#[inline]
fn uniform_in(word: u64, low: f64, high: f64) -> f64 {
    let width = high - low;
    assert!(low <= high && width.is_finite(), "a uniform range needs low <= high, got {low} and {high}");
    let x = low + width * uniform(word);
    // Rounding may reach the open end.
    if x < high || width == 0.0 { x } else { high.next_down() }
}

impl Stream {
    /// A uniform number in [0, 1): the upper 53 bits of one word, times 2^-53.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        uniform(self.word())
    }

    /// A uniform number in [`low`, `high`), or `low` where the two are equal.
    ///
    /// # Panics
    /// If `low > high`, or a bound or the range's width is not finite.
    #[inline]
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        uniform_in(self.word(), low, high)
    }

    /// As many calls of [`Stream::uniform_in`] as `x` is long, the same bits, faster from some dozens on.
    ///
    /// # Panics
    /// As that does.
    pub fn fill_uniform_in(&mut self, low: f64, high: f64, x: &mut [f64]) {
        self.by_the_hundred(
            x,
            |stream| stream.uniform_in(low, high),
            |word| Some(uniform_in(word, low, high)),
        );
    }

    /// As many calls of [`Stream::below`] as `x` is long, the same bits, faster from some dozens on.
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn fill_below(&mut self, n: u64, x: &mut [u64]) {
        self.by_the_hundred(
            x,
            |stream| stream.below(n),
            |word| {
                let product = u128::from(word) * u128::from(n);
                // What may need another word is left to the other way.
                (product as u64 >= n).then_some((product >> 64) as u64)
            },
        );
    }

    /// Calls with `n` words, one after the other, whether each of them is true with probability `p`: as many calls of
    /// [`Stream::bernoulli`], faster from some dozens on.
    ///
    /// # Panics
    /// If `p` is not in [0, 1].
    pub fn coins(&mut self, p: f64, n: usize, mut heads: impl FnMut(usize)) {
        assert!((0.0..=1.0).contains(&p), "a probability lies in [0, 1], got {p}");
        // p 2^53 is exact, so `uniform() < p` is a comparison of whole numbers.
        let threshold = (p * 9_007_199_254_740_992.0).ceil() as u64;
        let mut words = [0; HUNDRED];
        for start in (0..n).step_by(HUNDRED) {
            let words = &mut words[..HUNDRED.min(n - start)];
            self.fill_words(words);
            for (i, word) in words.iter().enumerate() {
                if word >> 11 < threshold {
                    heads(start + i);
                }
            }
        }
    }

    /// Numbers of one word each, by the hundred where every word of them makes one, else one by one.
    fn by_the_hundred<T>(
        &mut self,
        x: &mut [T],
        alone: impl Fn(&mut Self) -> T,
        of_word: impl Fn(u64) -> Option<T>,
    ) {
        let mut words = [0; HUNDRED];
        for x in x.chunks_mut(HUNDRED) {
            let (words, start) = (&mut words[..x.len()], self.position());
            self.fill_words(words);
            let all =
                x.iter_mut().zip(&*words).all(|(x, &word)| of_word(word).map(|made| *x = made).is_some());
            if !all {
                self.seek(start);
                x.iter_mut().for_each(|x| *x = alone(self));
            }
        }
    }

    /// True with probability `p`.
    ///
    /// # Panics
    /// If `p` is not in [0, 1].
    #[inline]
    pub fn bernoulli(&mut self, p: f64) -> bool {
        assert!((0.0..=1.0).contains(&p), "a probability lies in [0, 1], got {p}");
        self.uniform() < p
    }

    /// A uniform integer in [0, `n`), without bias.
    ///
    /// Source: Lemire (2019), Fast random integer generation in an interval, ACM Trans. Model. Comput. Simul. 29: 3.
    /// One word, and another one with probability below n / 2^64.
    ///
    /// # Panics
    /// If `n` is 0.
    #[inline]
    pub fn below(&mut self, n: u64) -> u64 {
        assert!(n > 0, "there is no number below 0");
        let mut product = u128::from(self.word()) * u128::from(n);
        if (product as u64) < n {
            // 2^64 mod n: words whose product's lower half is smaller would favour some results.
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.word()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use crate::Key;

    // From an independent program in Python. Never to move.
    #[test]
    fn golden_values() {
        let mut stream = Key::new(7).stream("golden", 0);
        let got = (stream.uniform(), stream.uniform_in(-3.0, 5.0), stream.below(1000), stream.bernoulli(0.5));
        assert_eq!(got, (0.205_813_005_721_124_5, -1.920_723_086_709_694_3, 826, true));
    }

    #[test]
    fn moments_within_five_standard_errors() {
        let n = 200_000_u32;
        let mut stream = Key::new(11).stream("moments", 5);
        let (mut sum, mut squares, mut hits) = (0.0, 0.0, 0);
        for _ in 0..n {
            let x = stream.uniform();
            assert!((0.0..1.0).contains(&x));
            sum += x;
            squares += (x - 0.5) * (x - 0.5);
            hits += i32::from(stream.bernoulli(0.2));
        }
        let n = f64::from(n);
        assert!((sum / n - 0.5).abs() < 5.0 * (1.0 / 12.0 / n).sqrt());
        // The fourth central moment of the uniform distribution is 1/80.
        assert!((squares / n - 1.0 / 12.0).abs() < 5.0 * ((1.0 / 80.0 - 1.0 / 144.0) / n).sqrt());
        assert!((f64::from(hits) / n - 0.2).abs() < 5.0 * (0.2 * 0.8 / n).sqrt());
    }

    // Chi-square with 9 degrees of freedom: mean 9, variance 18.
    #[test]
    fn below_is_flat_and_so_are_first_words_of_neighbouring_streams() {
        let n = 100_000_u64;
        let key = Key::new(12);
        let mut one = key.stream("below", 0);
        let chi_square = |mut draw: Box<dyn FnMut(u64) -> u64>| {
            let mut counts = [0.0; 10];
            for i in 0..n {
                counts[draw(i) as usize] += 1.0;
            }
            let expected = n as f64 / 10.0;
            counts.iter().map(|c| (c - expected) * (c - expected) / expected).sum::<f64>()
        };
        let bound = 9.0 + 5.0 * 18.0_f64.sqrt();
        assert!(chi_square(Box::new(move |_| one.below(10))) < bound);
        assert!(chi_square(Box::new(move |i| key.stream("below", i).below(10))) < bound);
        assert!(chi_square(Box::new(move |i| Key::new(i).stream("below", 0).below(10))) < bound);
    }

    /// Whole runs of every kind, from even and odd positions; below 3/4 of 2^64, where a quarter of all words is thrown away.
    #[test]
    fn by_the_hundred_is_one_by_one() {
        let pair = || (Key::new(3).stream("many", 7).at(5), Key::new(3).stream("many", 7).at(5));
        let (mut many, mut one) = pair();
        for length in [1, 127, 128, 129, 0, 400] {
            let (mut x, mut k) = (vec![0.0; length], vec![0; length]);
            many.fill_uniform_in(-1.0, 2.5, &mut x);
            assert!(x.iter().all(|x| x.to_bits() == one.uniform_in(-1.0, 2.5).to_bits()));
            for n in [1, 7, 1000, 3 << 62] {
                many.fill_below(n, &mut k);
                assert!(k.iter().all(|&k| k == one.below(n)), "{n}");
            }
            for p in [0.0, 0.02, 0.5, 1.0] {
                let mut heads = Vec::new();
                many.coins(p, length, |i| heads.push(i));
                assert_eq!(heads, (0..length).filter(|_| one.bernoulli(p)).collect::<Vec<_>>(), "{p}");
            }
            assert_eq!(many.position(), one.position());
        }
    }

    // 3/4 of 2^64: without rejection the lower third of the results would come twice as often.
    #[test]
    fn below_rejects_where_it_must() {
        let n = 3 << 62;
        let mut stream = Key::new(13).stream("below", 0);
        let draws = 20_000_u32;
        let low = (0..draws).filter(|_| stream.below(n) < 1 << 62).count();
        let share = low as f64 / f64::from(draws);
        assert!((share - 1.0 / 3.0).abs() < 5.0 * (2.0 / 9.0 / f64::from(draws)).sqrt(), "{share}");
        assert!(stream.position() > u64::from(draws) * 5 / 4, "a quarter of the words should be rejected");
        assert_eq!(stream.below(1), 0);
    }

    #[test]
    fn ranges_are_half_open() {
        let mut stream = Key::new(14).stream("range", 0);
        let next = 1.0_f64.next_up();
        for _ in 0..100 {
            assert_eq!(stream.uniform_in(1.0, next), 1.0);
            assert!((-2.0..3.0).contains(&stream.uniform_in(-2.0, 3.0)));
        }
        assert_eq!(stream.uniform_in(4.0, 4.0), 4.0);
        assert!(!stream.bernoulli(0.0) && stream.bernoulli(1.0));
    }

    #[test]
    #[should_panic(expected = "low <= high")]
    fn a_backward_range_is_refused() {
        Key::new(0).stream("", 0).uniform_in(1.0, 0.0);
    }

    #[test]
    #[should_panic(expected = "no number below 0")]
    fn below_zero_is_refused() {
        Key::new(0).stream("", 0).below(0);
    }

    // No correlation between a stream and the same stream of the next entity, purpose or seed.
    #[test]
    fn neighbouring_streams_are_uncorrelated() {
        let n = 50_000_u32;
        let (key, other) = (Key::new(20), Key::new(21));
        for mut right in [key.stream("x", 1), key.stream("y", 0), other.stream("x", 0)] {
            let mut left = key.stream("x", 0);
            let product = |_| (left.uniform() - 0.5) * (right.uniform() - 0.5);
            let covariance = (0..n).map(product).sum::<f64>() / f64::from(n);
            assert!(covariance.abs() < 5.0 / 12.0 / f64::from(n).sqrt(), "{covariance}");
        }
    }
}
