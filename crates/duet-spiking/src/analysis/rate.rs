//! Firing rates of one train.

use super::Missing;

/// Spikes per second over a whole recording of `duration` ms: 1000 n / T Hz. Silence has rate 0.
///
/// # References
/// - Dayan & Abbott 2001, Theoretical Neuroscience, section 1.2 (spike-count rate)
///
/// # Errors
/// [`Missing::NoTime`] where the duration is not above zero.
///
/// ```
/// assert_eq!(duet_spiking::analysis::rate(&[10.0, 20.0, 40.0], 50.0), Ok(60.0));
/// ```
pub fn rate(times: &[f64], duration: f64) -> Result<f64, Missing> {
    if duration > 0.0 { Ok(1000.0 * times.len() as f64 / duration) } else { Err(Missing::NoTime) }
}

/// One over the mean interval, 1000 (n - 1) / (t_last - t_first) Hz: what a steadily firing cell does, whenever the
/// recording begins and ends.
///
/// # Errors
/// [`Missing::Spikes`] below two spikes, [`Missing::NoTime`] where all come at once.
///
/// ```
/// // Two intervals, of 10 and 20 ms.
/// let rate = duet_spiking::analysis::interval_rate(&[10.0, 20.0, 40.0]).unwrap();
/// assert_eq!(rate, 2000.0 / 30.0);
/// ```
pub fn interval_rate(times: &[f64]) -> Result<f64, Missing> {
    let (Some(first), Some(last), true) = (times.first(), times.last(), times.len() > 1) else {
        return Err(Missing::Spikes(2));
    };
    if last > first { Ok(1000.0 * (times.len() - 1) as f64 / (last - first)) } else { Err(Missing::NoTime) }
}
