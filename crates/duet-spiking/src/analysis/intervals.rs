//! The intervals between spikes, and how irregular they are.

use super::{Missing, moments};

/// The interspike intervals of one train, or of several whose intervals follow the same law.
///
/// # Equations
/// ```text
/// CV  = standard deviation of I / mean of I                        over all intervals I (divided by their number)
/// CV2 = mean of 2 |I_k - I_k+1| / (I_k + I_k+1)                     over neighbouring pairs
/// LV  = 3 / (n - 1) sum of ((I_k - I_k+1) / (I_k + I_k+1))^2        over the n - 1 neighbouring pairs
/// ```
///
/// # Behaviour
/// All three are 0 for a clock and 1 for a Poisson process. A slow change of rate raises the CV; CV2 and LV compare
/// neighbours only, and it hardly moves them. No pair reaches over the end of a train, and a pair of two empty intervals
/// (three spikes at one instant) is left out.
///
/// # References
/// - Softky & Koch 1993, J. Neurosci. 13:334 (CV)
/// - Holt, Softky, Koch & Douglas 1996, J. Neurophysiol. 75:1806 (CV2)
/// - Shinomoto, Shima & Tanji 2003, Neural Comput. 15:2823 (LV)
///
/// # Example
/// Intervals of 1 and 3 ms: mean 2, standard deviation 1; neighbours differ by 2 of 4.
/// ```
/// use duet_spiking::analysis::Intervals;
/// let intervals = Intervals::of(&[0.0, 1.0, 4.0, 5.0, 8.0]);
/// assert_eq!(intervals.mean(), Ok(2.0));
/// assert_eq!((intervals.cv(), intervals.cv2(), intervals.lv()), (Ok(0.5), Ok(1.0), Ok(0.75)));
/// assert_eq!(Intervals::of(&[3.0, 8.0]).cv().unwrap_err().to_string(), "needs 3 spikes");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intervals {
    /// All intervals in ms, train after train.
    all: Vec<f64>,
    /// (I_k - I_k+1) / (I_k + I_k+1) of every neighbouring pair of a train.
    contrasts: Vec<f64>,
}

impl Intervals {
    /// Of one train.
    pub fn of(times: &[f64]) -> Self {
        let mut intervals = Self::default();
        intervals.add(times);
        intervals
    }

    /// Adds those of another train.
    pub fn add(&mut self, times: &[f64]) {
        let begin = self.all.len();
        self.all.extend(times.windows(2).map(|pair| pair[1] - pair[0]));
        let pairs = self.all[begin..].windows(2);
        let contrast = |pair: &[f64]| {
            let sum = pair[0] + pair[1];
            (sum > 0.0).then(|| (pair[0] - pair[1]) / sum)
        };
        self.contrasts.extend(pairs.filter_map(contrast));
    }

    /// All intervals in ms, train after train.
    pub fn all(&self) -> &[f64] {
        &self.all
    }

    /// The mean interval in ms.
    ///
    /// # Errors
    /// [`Missing::Spikes`] where no train has two spikes.
    pub fn mean(&self) -> Result<f64, Missing> {
        if self.all.is_empty() { Err(Missing::Spikes(2)) } else { Ok(moments(&self.all, 0).0) }
    }

    /// The coefficient of variation.
    ///
    /// # Errors
    /// [`Missing::Spikes`] below two intervals, [`Missing::NoTime`] where all are empty.
    pub fn cv(&self) -> Result<f64, Missing> {
        if self.all.len() < 2 {
            return Err(Missing::Spikes(3));
        }
        let (mean, variance) = moments(&self.all, 0);
        if mean > 0.0 { Ok(variance.sqrt() / mean) } else { Err(Missing::NoTime) }
    }

    /// The irregularity of neighbours, Holt's CV2.
    ///
    /// # Errors
    /// [`Missing::Spikes`] where no train has two intervals, [`Missing::NoTime`] where all are empty.
    pub fn cv2(&self) -> Result<f64, Missing> {
        self.mean_contrast(|contrast| 2.0 * contrast.abs())
    }

    /// The local variation, Shinomoto's LV.
    ///
    /// # Errors
    /// As [`Intervals::cv2`].
    pub fn lv(&self) -> Result<f64, Missing> {
        self.mean_contrast(|contrast| 3.0 * contrast * contrast)
    }

    fn mean_contrast(&self, of: impl Fn(f64) -> f64) -> Result<f64, Missing> {
        match self.contrasts.len() {
            0 if self.all.len() < 2 => Err(Missing::Spikes(3)),
            0 => Err(Missing::NoTime),
            n => Ok(self.contrasts.iter().map(|&contrast| of(contrast)).sum::<f64>() / n as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_kernels::math::ln_1p;
    use duet_random::Key;
    use proptest::prelude::*;

    /// A Poisson train has CV = CV2 = LV = 1; one whose rate doubles halfway has a larger CV, and CV2 and LV as before.
    #[test]
    fn a_slow_change_of_rate_is_seen_by_cv_alone() {
        let n = 20_000;
        let mut stream = Key::new(3).stream("test", 0);
        let mut time = 0.0;
        let mut train = |rate: &dyn Fn(usize) -> f64| {
            let mut next = |k| {
                time -= ln_1p(-stream.uniform()) / rate(k);
                time
            };
            Intervals::of(&(0..n).map(&mut next).collect::<Vec<_>>())
        };
        let steady = train(&|_| 0.04);
        // Standard errors: 1 / sqrt(n) of CV, below that of the others.
        for value in [steady.cv(), steady.cv2(), steady.lv()] {
            assert!((value.unwrap() - 1.0).abs() < 4.0 / (n as f64).sqrt(), "{value:?}");
        }
        let drifting = train(&|k| if k < n / 2 { 0.04 } else { 0.08 });
        // Equal parts of both: mean 3/4, mean square 5/4 of the longer mean interval.
        let expected = (1.25_f64 / 0.5625 - 1.0).sqrt();
        assert!((drifting.cv().unwrap() - expected).abs() < 0.03, "{:?}", drifting.cv());
        for value in [drifting.cv2(), drifting.lv()] {
            assert!((value.unwrap() - 1.0).abs() < 4.0 / (n as f64).sqrt(), "{value:?}");
        }
    }

    #[test]
    fn no_interval_reaches_from_one_train_to_the_next() {
        let mut both = Intervals::of(&[0.0, 1.0, 4.0]);
        both.add(&[100.0, 103.0, 104.0]);
        assert_eq!(both.all(), [1.0, 3.0, 3.0, 1.0]);
        assert_eq!((both.cv2(), both.lv()), (Ok(1.0), Ok(0.75)));
    }

    proptest! {
        /// None of them knows the unit of time; CV2 and LV have their limits.
        #[test]
        fn scale_free_and_bounded(gaps in prop::collection::vec(0.01_f64..100.0, 3..40), scale in 0.1_f64..10.0) {
            let times = |scale: f64| {
                gaps.iter().scan(0.0, |time, gap| { *time += gap * scale; Some(*time) }).collect::<Vec<_>>()
            };
            let (one, other) = (Intervals::of(&times(1.0)), Intervals::of(&times(scale)));
            for (a, b) in [(one.cv(), other.cv()), (one.cv2(), other.cv2()), (one.lv(), other.lv())] {
                prop_assert!((a.unwrap() - b.unwrap()).abs() < 1e-9);
            }
            prop_assert!((0.0..=2.0).contains(&one.cv2().unwrap()) && (0.0..=3.0).contains(&one.lv().unwrap()));
        }
    }
}
