//! Weights as whole numbers of a quantum: sums that do not depend on the order of adding.

use duet_kernels::whole::{self, rounded};

/// What one quantum is worth at one way into a population, and how far whole numbers go there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantum {
    pub(crate) size: f64,
    cap: i32,
    /// The magnitude that no sum passes, in quanta.
    reach: f64,
}

/// What is known of one projection before it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) weight: Weight,
    /// Synapses that end at one cell, at most.
    pub(crate) synapses: f64,
}

/// What is known of its weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Weight {
    /// All are equal.
    Constant(f64),
    /// None is larger in magnitude.
    Bound(f64),
}

impl Known {
    fn magnitude(&self) -> f64 {
        match self.weight {
            Weight::Constant(w) | Weight::Bound(w) => w.abs(),
        }
    }
}

impl Quantum {
    /// The quantum of a way in. Weights that are all constants and have small whole ratios are kept exactly, in as few quanta as
    /// possible; others are rounded to one part in 32,767 of the largest. A sum of all synapses of a cell at once fits 32 bits,
    /// and often 16 ([`Quantum::is_narrow`]).
    pub(crate) fn new(known: &[Known]) -> Self {
        let most = known.iter().map(Known::magnitude).fold(0.0, f64::max);
        if most == 0.0 {
            return Self { size: 1.0, cap: i32::from(i16::MAX), reach: 0.0 };
        }
        let synapses: f64 = known.iter().map(|known| known.synapses).sum();
        let cap = f64::from(i16::MAX).min(f64::from(i32::MAX) / synapses.max(1.0)).floor().max(1.0);
        let weights = known.iter().map(Known::magnitude).filter(|&w| w > 0.0);
        let least = weights.fold(f64::INFINITY, f64::min);
        let fits = |&n: &u32| {
            known.iter().all(|known| {
                let ratio = known.magnitude() / least * f64::from(n);
                (ratio - ratio.round()).abs() <= 1e-9 * ratio.max(1.0)
            })
        };
        let are_constant = known.iter().all(|known| matches!(known.weight, Weight::Constant(_)));
        let parts = (cap * least / most).floor() as u32;
        let exact = are_constant.then(|| (1..=parts).find(fits)).flatten();
        let size = exact.map_or(most / cap, |n| least / f64::from(n));
        let reach = known.iter().map(|known| (known.magnitude() / size).round() * known.synapses).sum();
        Self { size, cap: cap as i32, reach }
    }

    /// Whether every sum fits 16 bits.
    pub(crate) fn is_narrow(&self) -> bool {
        self.reach <= f64::from(i16::MAX)
    }

    /// A weight in quanta; what lies outside is cut off at the edge.
    #[inline]
    pub(crate) fn of(self, weight: f64) -> i32 {
        rounded(weight / self.size).clamp(-self.cap, self.cap)
    }

    /// Weights in quanta, as 16 bits.
    pub(crate) fn of_all(self, weights: &[f64], quanta: &mut [u16]) {
        whole::in_units(weights, self.size, (-self.cap, self.cap), quanta);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn constants(weights: &[f64], synapses: f64) -> Quantum {
        let known = |&w: &f64| Known { weight: Weight::Constant(w), synapses };
        Quantum::new(&weights.iter().map(known).collect::<Vec<_>>())
    }

    #[test]
    fn constants_with_whole_ratios_are_exact() {
        for weights in [&[0.1, -0.5][..], &[0.1, -0.45], &[1.0, -4.0, 2.0], &[-3.0], &[87.8, -351.2]] {
            let quantum = constants(weights, 1000.0);
            for &w in weights {
                let back = f64::from(quantum.of(w)) * quantum.size;
                assert!((back / w - 1.0).abs() < 1e-12, "{w} became {back} in {weights:?}");
                assert!(quantum.of(w).abs() <= 32_767);
            }
            assert!(quantum.is_narrow(), "{weights:?}");
        }
        assert_eq!(constants(&[0.1, -0.45], 1000.0).of(0.1), 2);
        assert!(!constants(&[1.0, -5.0], 6000.0).is_narrow());
    }

    #[test]
    fn others_are_rounded_finely_and_sums_fit() {
        let bound = Known { weight: Weight::Bound(500.0), synapses: 150_000.0 };
        let quantum = Quantum::new(&[bound, Known { weight: Weight::Constant(-0.3), synapses: 50_000.0 }]);
        let mut all = [0; 3];
        quantum.of_all(&[500.0, -0.3, 1e9], &mut all);
        let one_by_one = [500.0, -0.3, 1e9].map(|weight| quantum.of(weight));
        assert_eq!(all.map(|quanta| i32::from(quanta.cast_signed())), one_by_one);
        let largest = i64::from(quantum.of(500.0));
        assert!(largest * 200_000 <= i64::from(i32::MAX) && largest > 10_000 && !quantum.is_narrow());
        assert_eq!(quantum.of(1e9), quantum.of(500.0));
        let back = f64::from(quantum.of(123.4)) * quantum.size;
        assert!((back - 123.4).abs() <= 0.5 * quantum.size);
        for x in [0.0, 0.5, -0.5, 1.5, -2.5, 0.499_999_999_999_999_94, 7.3, -7.7, 1e12, -1e12] {
            assert_eq!(rounded(x), x.round() as i32, "{x}");
        }
        assert_eq!(Quantum::new(&[]).of(0.0), 0);
        assert_eq!(constants(&[0.0], 10.0).of(0.0), 0);
    }
}
