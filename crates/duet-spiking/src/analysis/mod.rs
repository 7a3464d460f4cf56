//! What spike trains say: one statistic per file.
//!
//! A train is its spike times in ms, rising. Where there is too little to say anything, the answer is [`Missing`], a
//! reason in words, and never NaN.

mod correlation;
mod correlogram;
mod fano;
mod intervals;
mod rate;
mod spectrum;
mod van_rossum;
mod victor_purpura;

pub use correlation::count_correlation;
pub use correlogram::{Correlogram, correlogram};
pub use fano::{counts, fano};
pub use intervals::Intervals;
pub use rate::{interval_rate, rate};
pub use spectrum::{frequencies, power};
pub use van_rossum::van_rossum;
pub use victor_purpura::victor_purpura;

/// Why a statistic of spikes has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// There are too few spikes in a train.
    #[error("needs {0} spikes")]
    Spikes(usize),
    /// There are too few windows in which spikes were counted.
    #[error("needs {0} counts")]
    Counts(usize),
    /// There are too few cells.
    #[error("needs {0} cells")]
    Cells(usize),
    /// All counts are the same.
    #[error("no count varies")]
    Steady,
    /// Nothing fired at all.
    #[error("no spike was counted")]
    Silent,
    /// All spikes fell on one instant, or a duration is not above zero.
    #[error("needs time to pass")]
    NoTime,
}

/// Mean, and variance about it with n - `fewer` in the denominator; the caller knows that there are more than `fewer`.
fn moments(values: &[f64], fewer: usize) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    (mean, squares / (n - fewer as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No train, however odd, gives a number that is none.
    #[test]
    fn what_cannot_be_said_has_a_reason() {
        let odd: [&[f64]; 5] = [&[], &[5.0], &[5.0, 5.0], &[5.0, 5.0, 5.0], &[0.0, 1.0]];
        for train in odd {
            let of = Intervals::of(train);
            let all = [of.mean(), of.cv(), of.cv2(), of.lv(), rate(train, 0.0), interval_rate(train)];
            for value in all.into_iter().chain([fano(&counts(train, 0.0, 10.0, 1)), fano(&[0.0, 0.0])]) {
                assert!(value.is_ok_and(f64::is_finite) || !value.unwrap_err().to_string().is_empty());
            }
        }
        assert_eq!(Intervals::of(&[1.0, 2.0]).cv().unwrap_err().to_string(), "needs 3 spikes");
        assert_eq!(Intervals::of(&[1.0, 1.0, 1.0]).cv(), Err(Missing::NoTime));
        assert_eq!(rate(&[1.0], 0.0), Err(Missing::NoTime));
        assert_eq!(fano(&[0.0, 0.0]), Err(Missing::Silent));
        assert_eq!(fano(&[3.0]), Err(Missing::Counts(2)));
    }
}
