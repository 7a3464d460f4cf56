//! How much the spike counts of several cells vary together.

use super::{Missing, moments};

/// The correlation of spike counts between two cells, mean over all pairs of cells that are alike.
///
/// # Equations
/// ```text
/// rho = mean over pairs of cov(n_i, n_j) / mean over cells of var(n_i)          over windows, the same for all cells
/// ```
/// The covariances need no loop over pairs: their sum is the variance of the summed counts less the cells' own variances.
///
/// # Behaviour
/// 1 for cells that always count alike, 0 for independent ones; below 0, to -1 / (cells - 1), for cells that take turns.
/// Its standard error is about (1 / (cells - 1) + rho) sqrt(2 / windows).
///
/// # References
/// - Cohen & Kohn 2011, Nat. Neurosci. 14:811
/// - de la Rocha, Doiron, Shea-Brown, Josic & Reyes 2007, Nature 448:802
///
/// # Errors
/// [`Missing::Counts`] below two windows, [`Missing::Cells`] below two cells, [`Missing::Steady`] where no count varies.
///
/// # Example
/// Two cells that take turns.
/// ```
/// use duet_spiking::analysis::count_correlation;
/// let counts = [vec![0.0, 0.0, 2.0], vec![0.0, 2.0, 0.0]];
/// // Variances 4/3 each; sums 0, 2, 2 with a variance of 4/3: a covariance of (4/3 - 8/3) / 2.
/// assert!((count_correlation(&counts).unwrap() + 0.5).abs() < 1e-12);
/// assert_eq!(count_correlation(&counts[..1]).unwrap_err().to_string(), "needs 2 cells");
/// ```
pub fn count_correlation(counts: &[Vec<f64>]) -> Result<f64, Missing> {
    let cells = counts.len();
    if cells < 2 {
        return Err(Missing::Cells(2));
    }
    let windows = counts.iter().map(Vec::len).min().unwrap_or(0);
    if windows < 2 {
        return Err(Missing::Counts(2));
    }
    let own: f64 = counts.iter().map(|counts| moments(&counts[..windows], 1).1).sum();
    if own == 0.0 {
        return Err(Missing::Steady);
    }
    let sums: Vec<f64> =
        (0..windows).map(|window| counts.iter().map(|counts| counts[window]).sum()).collect();
    Ok((moments(&sums, 1).1 / own - 1.0) / (cells - 1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_random::Key;

    /// Counts that are a shared number and an own one: the correlation is the shared one's part of the variance.
    #[test]
    fn a_shared_part_is_found() {
        let mut common = Key::new(3).stream("common", 0);
        let shared: Vec<f64> = (0..20_000).map(|_| common.normal()).collect();
        let cell = |cell: u64| {
            let mut own = Key::new(3).stream("own", cell);
            shared.iter().map(|shared| shared + 2.0 * own.normal()).collect()
        };
        let counts: Vec<Vec<f64>> = (0..5).map(cell).collect();
        // Four standard errors: 4 (1/4 + 1/5) sqrt(2 / 20 000).
        assert!(
            (count_correlation(&counts).unwrap() - 0.2).abs() < 0.018,
            "{:?}",
            count_correlation(&counts)
        );
        assert!((count_correlation(&[shared.clone(), shared]).unwrap() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_said_has_a_reason() {
        assert_eq!(count_correlation(&[vec![1.0], vec![2.0]]), Err(Missing::Counts(2)));
        assert_eq!(count_correlation(&[vec![0.0; 3], vec![0.0; 3]]), Err(Missing::Steady));
    }
}
