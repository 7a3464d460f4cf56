//! How spikes of two trains follow each other.

/// How near to an edge a pair lies on it, in bins: the noise of decimal fractions.
const EDGE: f64 = 1e-9;

/// Coincidences of two trains by lag.
#[derive(Clone, Debug, PartialEq)]
pub struct Correlogram {
    /// Middle of every bin, ms.
    pub lags: Vec<f64>,
    /// Pairs of spikes whose lag falls into the bin.
    pub pairs: Vec<f64>,
    /// The second train's rate around a spike of the first, in Hz; without correlation it is its mean rate.
    pub rate: Vec<f64>,
}

/// The cross-correlogram of two trains, or the auto-correlogram where both are the same.
///
/// # Equations
/// ```text
/// pairs(b)  = number of (i, j) with t_j - s_i within bin b
/// rate(b)   = 1000 pairs(b) / (n_s bin)  Hz
/// ```
///
/// # Behaviour
/// Bins of width `bin` (ms) stand around lags of 0, ± bin, ± 2 bin ... up to `reach`; a pair on the edge of two bins
/// counts half in each, so that neither side of zero is favoured and spikes on a grid of time fill all bins alike. An
/// auto-correlogram (`same`) leaves out each spike's pair with itself. A refractory period is a gap around zero, a rhythm
/// a row of peaks, a synapse a peak behind its delay. Pairs that would reach over the ends of the recording are missing, so
/// let `reach` be short beside it.
///
/// # References
/// - Perkel, Gerstein & Moore 1967, Biophys. J. 7:391 and 7:419
///
/// # Example
/// Spikes of the second train come 2 ms after those of the first.
/// ```
/// use duet_spiking::analysis::correlogram;
/// let found = correlogram(&[10.0, 30.0], &[12.0, 32.0], 1.0, 3.0, false);
/// assert_eq!(found.lags, [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]);
/// assert_eq!(found.pairs, [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0]);
/// assert_eq!(found.rate[5], 1000.0); // one spike per spike and millisecond
/// ```
pub fn correlogram(from: &[f64], to: &[f64], bin: f64, reach: f64, same: bool) -> Correlogram {
    let bin = if bin > 0.0 { bin } else { 1.0 };
    let side = if reach > 0.0 { (reach / bin).round() as usize } else { 0 };
    let mut pairs = vec![0.0; 2 * side + 1];
    let end = pairs.len() as f64;
    // In bins, from the left edge of the first.
    let place = |lag: f64| lag / bin + 0.5 * end;
    let mut begin = 0;
    for (i, &s) in from.iter().enumerate() {
        // Both trains rise, so what lies too far back now does so for good.
        while begin < to.len() && place(to[begin] - s) < -EDGE {
            begin += 1;
        }
        for (j, &t) in to.iter().enumerate().skip(begin) {
            let place = place(t - s);
            if place > end + EDGE {
                break;
            }
            if !(same && i == j) {
                // Twice the same bin, unless it is an edge.
                for bin in [place - EDGE, place + EDGE] {
                    if bin >= 0.0 && bin < end {
                        pairs[bin as usize] += 0.5;
                    }
                }
            }
        }
    }
    let lags = (0..pairs.len()).map(|k| (k as f64 - side as f64) * bin).collect();
    let per_pair = 1000.0 / (from.len().max(1) as f64 * bin);
    Correlogram { lags, rate: pairs.iter().map(|pairs| pairs * per_pair).collect(), pairs }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_clock_is_a_row_of_peaks_without_one_at_zero() {
        let clock: Vec<f64> = (0..100).map(|k| f64::from(k) * 10.0).collect();
        let found = correlogram(&clock, &clock, 2.0, 20.0, true);
        let peaks: Vec<(f64, f64)> =
            found.lags.into_iter().zip(found.pairs).filter(|&(_, pairs)| pairs > 0.0).collect();
        assert_eq!(peaks, [(-20.0, 98.0), (-10.0, 99.0), (10.0, 99.0), (20.0, 98.0)]);
    }

    #[test]
    fn spikes_on_a_grid_fill_all_bins_alike() {
        let grid: Vec<f64> = (0..400).map(|k| f64::from(k) * 0.1).collect();
        let found = correlogram(&[20.0], &grid, 0.2, 1.0, false);
        assert_eq!(found.pairs, [2.0; 11]);
    }

    proptest! {
        /// Against all pairs, one by one.
        #[test]
        fn every_pair_is_counted_once(
            mut a in prop::collection::vec(0.0_f64..100.0, 0..30),
            mut b in prop::collection::vec(0.0_f64..100.0, 0..30),
        ) {
            a.sort_by(f64::total_cmp);
            b.sort_by(f64::total_cmp);
            let found = correlogram(&a, &b, 1.5, 15.0, false);
            let mut all = vec![0.0; 21];
            for lag in a.iter().flat_map(|s| b.iter().map(move |t| t - s)).filter(|lag| lag.abs() < 15.75) {
                all[(lag / 1.5 + 10.5) as usize] += 1.0;
            }
            prop_assert_eq!(&found.pairs, &all);
            let mut mirrored = correlogram(&b, &a, 1.5, 15.0, false).pairs;
            mirrored.reverse();
            prop_assert_eq!(mirrored, all);
        }
    }
}
