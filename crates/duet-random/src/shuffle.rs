//! Random orders.

use crate::Stream;

impl Stream {
    /// Brings `items` into a uniformly random order.
    ///
    /// Fisher and Yates's method in Durstenfeld's order: for `i` from the last index down to 1, item `i` changes places
    /// with item `below(i + 1)`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.below(i as u64 + 1) as usize;
            items.swap(i, j);
        }
    }

    /// The numbers 0 to `n - 1` in random order: what [`Stream::shuffle`] makes of them in rising order.
    ///
    /// # Panics
    /// If `n` is 2^32 or more.
    pub fn permutation(&mut self, n: usize) -> Vec<u32> {
        let n = u32::try_from(n).expect("a permutation has fewer than 2^32 elements");
        let mut order: Vec<u32> = (0..n).collect();
        self.shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests {
    use crate::Key;

    // From an independent program in Python. Never to move.
    #[test]
    fn golden_order() {
        assert_eq!(Key::new(7).stream("order", 0).permutation(8), [6, 4, 2, 5, 1, 0, 3, 7]);
    }

    #[test]
    fn every_element_stays_and_small_cases_work() {
        let mut stream = Key::new(1).stream("order", 0);
        let mut order = stream.permutation(1000);
        assert!(!order.is_sorted());
        order.sort_unstable();
        assert_eq!(order, (0..1000).collect::<Vec<u32>>());
        assert_eq!(stream.permutation(0), []);
        assert_eq!(stream.permutation(1), [0]);
    }

    // All 24 orders of four items: chi-square with 23 degrees of freedom, variance 46.
    #[test]
    fn all_orders_are_equally_likely() {
        let mut counts = [0.0; 256];
        let mut stream = Key::new(2).stream("order", 0);
        for _ in 0..24_000 {
            let p = stream.permutation(4);
            counts[(p[0] + 4 * p[1] + 16 * p[2] + 64 * p[3]) as usize] += 1.0;
        }
        let seen: Vec<f64> = counts.into_iter().filter(|&c| c > 0.0).collect();
        assert_eq!(seen.len(), 24);
        let chi_square: f64 = seen.iter().map(|c| (c - 1000.0) * (c - 1000.0) / 1000.0).sum();
        assert!(chi_square < 23.0 + 5.0 * 46.0_f64.sqrt(), "{chi_square}");
    }
}
