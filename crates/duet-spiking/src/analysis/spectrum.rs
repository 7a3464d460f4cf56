//! Rhythms in a train: its power spectrum.

use super::Missing;
use core::f64::consts::TAU;
use duet_kernels::math::{cos, sin};

/// The frequencies at which a recording of `duration` ms can be told apart, up to `highest` Hz: 1/T, 2/T, ... The mean
/// rate makes no leak into any of them.
pub fn frequencies(duration: f64, highest: f64) -> Vec<f64> {
    let lowest = 1000.0 / duration;
    let last = if duration > 0.0 && highest.is_finite() { (highest / lowest).floor().max(0.0) } else { 0.0 };
    (1..=last as usize).map(|k| k as f64 * lowest).collect()
}

/// The power spectrum of a train at the given frequencies (Hz), in Hz.
///
/// # Equations
/// ```text
/// S(f) = |sum over spikes of exp(-2 pi i f t_k)|^2 / T        the transform of the spikes themselves: no bins
/// ```
///
/// # Behaviour
/// A Poisson process has S(f) = rate at every f; a rhythm has a peak at its frequency and at multiples; a refractory
/// period takes power from below one over its length. Towards f = 0, S(f) / rate is the Fano factor. One recording gives
/// S(f) with a standard deviation as large as itself: take the mean over trains or over neighbouring frequencies.
///
/// # References
/// - Gerstner et al. 2014, Neuronal Dynamics, section 7.4
/// - Bair, Koch, Newsome & Britten 1994, J. Neurosci. 14:2870
///
/// # Errors
/// [`Missing::NoTime`] where the duration is not above zero.
///
/// # Example
/// Ten spikes at 10 Hz in one second: all in step at 10 Hz, cancelling at 5 Hz.
/// ```
/// let train: Vec<f64> = (0..10).map(|k| 100.0 * f64::from(k)).collect();
/// let power = duet_spiking::analysis::power(&train, 1000.0, &[5.0, 10.0]).unwrap();
/// assert!(power[0] < 1e-20 && (power[1] - 100.0).abs() < 1e-9);
/// ```
pub fn power(times: &[f64], duration: f64, frequencies: &[f64]) -> Result<Vec<f64>, Missing> {
    if duration.is_nan() || duration <= 0.0 {
        return Err(Missing::NoTime);
    }
    let at = |&frequency: &f64| {
        let (mut even, mut odd) = (0.0, 0.0);
        for time in times {
            let turns = frequency * time / 1000.0;
            // Whole turns are left out first, where sine and cosine would lose digits.
            let angle = TAU * (turns - turns.floor());
            even += cos(angle);
            odd += sin(angle);
        }
        1000.0 * (even * even + odd * odd) / duration
    };
    Ok(frequencies.iter().map(at).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_kernels::math::ln_1p;
    use duet_random::Key;

    /// Flat and as high as the rate; mean over 100 frequencies, each with a standard deviation of its own height.
    #[test]
    fn a_poisson_train_is_white() {
        let (duration, rate) = (20_000.0, 50.0);
        let mut stream = Key::new(11).stream("test", 0);
        let mut time = 0.0;
        let train: Vec<f64> = core::iter::from_fn(|| {
            time -= ln_1p(-stream.uniform()) * 1000.0 / rate;
            (time < duration).then_some(time)
        })
        .collect();
        let frequencies = frequencies(duration, 200.0);
        assert_eq!((frequencies[0], frequencies.len()), (0.05, 4000));
        let power = power(&train, duration, &frequencies).unwrap();
        for band in power.chunks(1000) {
            let mean = band.iter().sum::<f64>() / 1000.0;
            assert!((mean / rate - 1.0).abs() < 4.0 / 1000.0_f64.sqrt() + 0.04, "{mean}");
        }
    }
}
