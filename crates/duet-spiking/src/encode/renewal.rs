//! Spike trains whose intervals are drawn independently of each other.

use duet_kernels::math::ln_1p;
use duet_random::Stream;

/// A renewal process: a dead time, then a waiting time that is exponential (order 1: Poisson) or gamma-distributed.
///
/// # Equations
/// ```text
/// interval = t_ref + W,   W = sum of order exponential times, mean 1 / drive
/// rate = drive / (1 + drive t_ref)
/// CV   = 1 / (sqrt(order) (1 + drive t_ref))        Fano factor in long windows: CV^2
/// ```
///
/// # Behaviour
/// A train begins in the middle of an interval, as one that has run for ever: the rate is the same in every window.
///
/// # References
/// - Cox 1962, Renewal Theory, chapters 2 and 3
/// - Dayan & Abbott 2001, Theoretical Neuroscience, section 1.4
///
/// # Example
/// ```
/// use duet_spiking::encode::Renewal;
/// let process = Renewal { drive: 40.0, t_ref: 5.0, order: 1 };
/// assert!((process.rate() - 100.0 / 3.0).abs() < 1e-12); // 40 / 1.2
/// assert!((process.cv() - 1.0 / 1.2).abs() < 1e-15);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Renewal {
    /// Rate in Hz that it would have without dead time.
    pub drive: f64,
    /// Dead time in ms.
    pub t_ref: f64,
    /// Number of exponential times in an interval; at least 1.
    pub order: usize,
}

impl Renewal {
    /// Mean rate in Hz.
    pub fn rate(&self) -> f64 {
        self.drive / self.slowing()
    }

    /// Coefficient of variation of the intervals.
    pub fn cv(&self) -> f64 {
        1.0 / (self.slowing() * (self.order as f64).sqrt())
    }

    /// The drive in Hz that leads to a rate; infinite where no drive does.
    pub fn drive_of(rate: f64, t_ref: f64) -> f64 {
        let free = 1.0 - rate * t_ref / 1000.0;
        if free > 0.0 { rate / free } else { f64::INFINITY }
    }

    fn slowing(&self) -> f64 {
        1.0 + self.drive * self.t_ref / 1000.0
    }

    /// Hands on the steps (of `dt` ms) in which spikes fall, rising, up to `steps`.
    pub fn spikes(&self, dt: f64, steps: usize, stream: &mut Stream, mut spike: impl FnMut(u32)) {
        // Exponential times per step.
        let pace = self.drive * dt / 1000.0 * self.order as f64;
        if pace <= 0.0 {
            return;
        }
        let dead = self.t_ref / dt;
        let (mut time, mut waits) = (0.0, self.order);
        let mut in_wait = true;
        // Where in an interval the train begins: dead, or at any of the waits, as often as time is spent there.
        if dead > 0.0 {
            let place = stream.uniform() * (dead + self.order as f64 / pace);
            in_wait = place >= dead;
            time = (dead - place).max(0.0);
        }
        if in_wait && self.order > 1 {
            waits = 1 + (stream.uniform() * self.order as f64) as usize;
        }
        loop {
            for _ in 0..waits {
                time -= ln_1p(-stream.uniform()) / pace;
            }
            if time >= steps as f64 {
                break;
            }
            spike(time as u32);
            time += dead;
            waits = self.order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::{Intervals, fano};
    use duet_random::Key;

    /// Rate in the first window as in any other; CV, and Fano factor near CV^2.
    #[test]
    fn rate_cv_and_fano_are_the_closed_ones() {
        for (t_ref, order) in [(0.0, 1), (5.0, 1), (0.0, 4), (5.0, 3)] {
            let process = Renewal { drive: 40.0, t_ref, order };
            let (mut counts, mut intervals, mut early) = (Vec::new(), Intervals::default(), 0.0);
            for trial in 0..2000 {
                let mut times = Vec::new();
                let mut stream = Key::new(2).stream("test", trial);
                process.spikes(0.01, 100_000, &mut stream, |step| times.push(f64::from(step) * 0.01));
                early += times.iter().filter(|&&time| time < 10.0).count() as f64;
                counts.push(times.len() as f64);
                intervals.add(&times);
            }
            let (rate, cv) = (process.rate(), process.cv());
            let n = counts.len() as f64;
            let mean = counts.iter().sum::<f64>() / n;
            assert!((mean - rate).abs() < 4.0 * cv * (rate / n).sqrt() + 0.01, "{process:?}: {mean}");
            // In 10 ms a count is 0 or 1, mostly: a standard error of at most its root.
            let expected = rate * 0.01 * n;
            assert!((early - expected).abs() < 4.0 * expected.sqrt(), "{process:?}: {early} early");
            // Intervals that do not fit into the second are missing: some hundredths of a per cent of the CV.
            let measured = intervals.cv().unwrap();
            assert!((measured / cv - 1.0).abs() < 0.03, "{process:?}: {measured}");
            // Of order 1 / (rate T) above CV^2.
            let measured = fano(&counts).unwrap();
            let limit = 4.0 * (2.0 / n).sqrt() * cv * cv + 1.0 / rate;
            assert!((measured - cv * cv).abs() < limit, "{process:?}: {measured}");
        }
    }

    #[test]
    fn drive_and_rate_are_inverse() {
        for t_ref in [0.0, 2.0, 5.0] {
            let process = Renewal { drive: 70.0, t_ref, order: 1 };
            assert!((Renewal::drive_of(process.rate(), t_ref) - 70.0).abs() < 1e-10);
        }
        assert_eq!(Renewal::drive_of(200.0, 5.0), f64::INFINITY);
    }
}
