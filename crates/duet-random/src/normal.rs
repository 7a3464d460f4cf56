//! Normal numbers, one word each.

use duet_kernels::normal::{between, fill, quantile};

use crate::Stream;

impl Stream {
    /// A number from the normal distribution with mean 0 and standard deviation 1.
    ///
    /// The quantile of a uniform number (the upper 52 bits of one word, plus one half, times 2^-52), so the number at a
    /// position is known without those before it. Its size is at most 8.21.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        quantile(between(self.word()))
    }

    /// As many calls of [`Stream::normal`] as `x` is long, the same bits, faster from some dozens on.
    pub fn fill_normal(&mut self, x: &mut [f64]) {
        self.fill(x, Self::normal, fill);
    }
}

#[cfg(test)]
mod tests {
    use crate::Key;

    // Agree with an independent program (Python's own inv_cdf over a second Philox) to the last bit. Never to move.
    #[test]
    fn golden_values() {
        let mut stream = Key::new(7).stream("normal", 0);
        let want = [1.147_342_231_708_946_8, -1.169_993_754_265_867_8, 0.061_808_474_928_569_6];
        assert_eq!([stream.normal(), stream.normal(), stream.normal()], want);
    }

    /// From even and odd positions, of every length: the same bits, and the stream goes on where it would.
    #[test]
    fn many_at_once_are_the_same_bits() {
        let (mut together, mut alone) = (Key::new(3).stream("normals", 5), Key::new(3).stream("normals", 5));
        for length in [1, 2, 3, 128, 0, 131, 64, 257, 1] {
            let mut x = vec![0.0; length];
            together.fill_normal(&mut x);
            assert!(x.iter().all(|x| x.to_bits() == alone.normal().to_bits()), "{length}");
            assert_eq!(together.position(), alone.position());
        }
        assert_eq!(together.word(), alone.word());
    }

    #[test]
    fn moments_within_five_standard_errors() {
        let n = 200_000_u32;
        let mut stream = Key::new(41).stream("normal", 9);
        let mut sums = [0.0; 4];
        for _ in 0..n {
            let x = stream.normal();
            for (sum, power) in sums.iter_mut().zip([x, x * x, x * x * x, x * x * x * x]) {
                *sum += power;
            }
        }
        assert_eq!(stream.position(), u64::from(n));
        let n = f64::from(n);
        // Moments 0, 1, 0, 3; the variances of x, x^2, x^3, x^4 are 1, 2, 15, 96.
        for (sum, (moment, variance)) in
            sums.into_iter().zip([(0.0, 1.0), (1.0, 2.0), (0.0, 15.0), (3.0, 96.0)])
        {
            let error: f64 = sum / n - moment;
            assert!(error.abs() < 5.0 * f64::sqrt(variance / n), "moment {moment}: off by {error}");
        }
    }
}
