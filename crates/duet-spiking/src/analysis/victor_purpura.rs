//! How far apart two trains are, as the cheapest way to turn one into the other.

/// The Victor-Purpura distance of two trains.
///
/// # Equations
/// ```text
/// deleting or adding a spike costs 1; moving one by dt (ms) costs q |dt|
/// G(i, j) = min( G(i-1, j) + 1,  G(i, j-1) + 1,  G(i-1, j-1) + q |s_i - t_j| ),   D = G(n, m)
/// ```
///
/// # Behaviour
/// q (per ms) is the precision that counts: for q = 0 the distance is the difference of the spike counts, and spikes
/// further apart than 2 / q are never moved into each other.
///
/// # References
/// - Victor & Purpura 1996, J. Neurophysiol. 76:1310
///
/// # Example
/// Move one spike by 2 ms, delete the other.
/// ```
/// use duet_spiking::analysis::victor_purpura;
/// assert_eq!(victor_purpura(&[10.0, 40.0], &[12.0], 0.25), 1.5);
/// assert_eq!(victor_purpura(&[10.0, 40.0], &[12.0], 0.0), 1.0);
/// ```
pub fn victor_purpura(a: &[f64], b: &[f64], q: f64) -> f64 {
    // One row of G at a time.
    let mut row: Vec<f64> = (0..=b.len()).map(|j| j as f64).collect();
    for (i, s) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = (i + 1) as f64;
        for (j, t) in b.iter().enumerate() {
            let moved = diagonal + q * (s - t).abs();
            diagonal = row[j + 1];
            row[j + 1] = moved.min(row[j] + 1.0).min(diagonal + 1.0);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn train() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0.0_f64..100.0, 0..8).prop_map(|mut times| {
            times.sort_by(f64::total_cmp);
            times
        })
    }

    proptest! {
        #[test]
        fn a_metric_between_its_limits(a in train(), b in train(), c in train(), q in 0.0_f64..2.0) {
            let d = victor_purpura;
            prop_assert_eq!(d(&a, &a, q), 0.0);
            prop_assert!((d(&a, &b, q) - d(&b, &a, q)).abs() < 1e-9);
            prop_assert!(d(&a, &c, q) <= d(&a, &b, q) + d(&b, &c, q) + 1e-9);
            prop_assert_eq!(d(&a, &b, 0.0), a.len().abs_diff(b.len()) as f64);
            prop_assert!(d(&a, &b, q) <= (a.len() + b.len()) as f64);
        }
    }
}
