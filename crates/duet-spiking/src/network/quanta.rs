//! Weights as whole numbers of a quantum: sums that do not depend on the order of adding.

/// What one quantum is worth at one way into a population, and how far whole numbers go there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantum {
    pub(crate) size: f64,
    /// 1 / size.
    per_unit: f64,
    cap: i32,
}

/// What is known of the weights of one projection before they are drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Known {
    /// All are equal.
    Constant(f64),
    /// None is larger in magnitude.
    Bound(f64),
}

impl Quantum {
    /// The quantum of a way in, given what its projections weigh and a bound on how many synapses end at one cell. Weights
    /// that are all constants and have small whole ratios are kept exactly; others are rounded to one part in 32,767 of the
    /// largest. A sum of all synapses of a cell at once fits 32 bits.
    pub(crate) fn new(weights: &[Known], most_synapses: f64) -> Self {
        let cap = f64::from(i16::MAX).min(f64::from(i32::MAX) / most_synapses.max(1.0)).floor().max(1.0);
        let magnitude = |known: &Known| match *known {
            Known::Constant(w) | Known::Bound(w) => w.abs(),
        };
        let most = weights.iter().map(magnitude).fold(0.0, f64::max);
        if most == 0.0 {
            return Self { size: 1.0, per_unit: 1.0, cap: cap as i32 };
        }
        let constant = |known: &Known| matches!(known, Known::Constant(_));
        let least = weights.iter().map(magnitude).filter(|&w| w > 0.0).fold(f64::INFINITY, f64::min);
        let parts = (cap * least / most).floor() as u32;
        let fits = |n: u32| {
            let off = |known: &Known| {
                let ratio = magnitude(known) / least * f64::from(n);
                (ratio - ratio.round()).abs() > 1e-9 * ratio.max(1.0)
            };
            !weights.iter().any(off)
        };
        let exact = weights.iter().all(constant).then(|| {
            // Powers of two first: dividing by them loses nothing.
            let powers = (0..15).rev().map(|power| 1 << power).filter(|&n| n <= parts);
            powers.chain((1..=parts).rev()).find(|&n| fits(n))
        });
        let size = exact.flatten().map_or(most / cap, |n| least / f64::from(n));
        Self { size, per_unit: 1.0 / size, cap: cap as i32 }
    }

    /// A weight in quanta; what lies outside is cut off at the edge.
    #[inline]
    pub(crate) fn of(self, weight: f64) -> i32 {
        rounded(weight * self.per_unit).clamp(-self.cap, self.cap)
    }
}

/// The nearest whole number, halves away from zero: `f64::round` without a call.
#[inline]
pub(crate) fn rounded(x: f64) -> i32 {
    let whole = x as i32;
    let rest = x - f64::from(whole);
    whole.saturating_add(i32::from(rest >= 0.5) - i32::from(rest <= -0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_with_whole_ratios_are_exact() {
        for weights in [&[0.1, -0.5][..], &[0.1, -0.45], &[1.0, -4.0, 2.0], &[-3.0], &[87.8, -351.2]] {
            let known: Vec<Known> = weights.iter().map(|&w| Known::Constant(w)).collect();
            let quantum = Quantum::new(&known, 1250.0);
            for &w in weights {
                let back = f64::from(quantum.of(w)) * quantum.size;
                assert!((back / w - 1.0).abs() < 1e-12, "{w} became {back} in {weights:?}");
                assert!(quantum.of(w).abs() <= 32_767);
            }
        }
    }

    #[test]
    fn others_are_rounded_finely_and_sums_fit() {
        let quantum = Quantum::new(&[Known::Bound(500.0), Known::Constant(-0.3)], 200_000.0);
        let largest = i64::from(quantum.of(500.0));
        assert!(largest * 200_000 <= i64::from(i32::MAX) && largest > 10_000);
        assert_eq!(quantum.of(1e9), quantum.of(500.0));
        let back = f64::from(quantum.of(123.4)) * quantum.size;
        assert!((back - 123.4).abs() <= 0.5 * quantum.size);
        for x in [0.0, 0.5, -0.5, 1.5, -2.5, 0.499_999_999_999_999_94, 7.3, -7.7, 1e12, -1e12] {
            assert_eq!(rounded(x), x.round() as i32, "{x}");
        }
        assert_eq!(Quantum::new(&[], 0.0).of(0.0), 0);
        assert_eq!(Quantum::new(&[Known::Constant(0.0)], 10.0).of(0.0), 0);
    }
}
