//! How much spike counts vary from window to window.

use super::{Missing, moments};

/// Spikes of a train in `windows` windows of `length` ms, one after the other from `begin`. A window holds its first
/// instant and not its last.
///
/// ```
/// let counts = duet_spiking::analysis::counts(&[0.0, 4.0, 10.0, 25.0], 0.0, 10.0, 2);
/// assert_eq!(counts, [2.0, 1.0]);
/// ```
pub fn counts(times: &[f64], begin: f64, length: f64, windows: usize) -> Vec<f64> {
    let mut counts = vec![0.0; windows];
    for time in times {
        let window = ((time - begin) / length).floor();
        if window >= 0.0 && window < windows as f64 {
            counts[window as usize] += 1.0;
        }
    }
    counts
}

/// The Fano factor of spike counts: their variance over their mean.
///
/// # Equations
/// ```text
/// F = sum of (n_k - mean)^2 / (K - 1) / mean        over K counts
/// ```
///
/// # Behaviour
/// 1 for a Poisson process, whatever the window; 1 - p where each step holds a spike with probability p; CV^2 for any
/// other renewal process, in windows of many intervals. Standard error for a Poisson process: sqrt(2 / K).
///
/// # References
/// - Dayan & Abbott 2001, Theoretical Neuroscience, section 1.4
/// - Cox 1962, Renewal Theory, section 3.3 (variance of counts)
///
/// # Errors
/// [`Missing::Counts`] below two counts, [`Missing::Silent`] where all are zero.
///
/// # Example
/// ```
/// // Mean 4, variance (1 + 0 + 1) / 2.
/// assert_eq!(duet_spiking::analysis::fano(&[3.0, 4.0, 5.0]), Ok(0.25));
/// ```
pub fn fano(counts: &[f64]) -> Result<f64, Missing> {
    if counts.len() < 2 {
        return Err(Missing::Counts(2));
    }
    let (mean, variance) = moments(counts, 1);
    if mean > 0.0 { Ok(variance / mean) } else { Err(Missing::Silent) }
}
