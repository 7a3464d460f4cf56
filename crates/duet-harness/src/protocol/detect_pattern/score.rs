//! How well a cell tells a pattern from its surroundings.

use super::DetectPattern;
use duet_units::Time;

/// What a spike is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// The first within a pattern, or shortly after it.
    Hit,
    /// Another one there.
    Again,
    /// One anywhere else.
    FalseAlarm,
}

impl Worth {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Again => "again",
            Self::FalseAlarm => "false_alarm",
        }
    }
}

/// A judged spike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Judged {
    pub(super) time: f64,
    /// Time since the latest pattern began; 0 before the first.
    pub(super) since: f64,
    pub(super) worth: Worth,
}

/// What became of a side in the last third.
#[derive(Clone, Copy, Debug)]
pub(super) struct Score {
    /// Share of the patterns with a spike; NaN without a pattern.
    pub(super) hit_rate: f64,
    /// False alarms per second.
    pub(super) false_alarms: f64,
    /// Mean time from the beginning of a pattern to the first spike in it, ms.
    pub(super) latency: f64,
    /// Spikes per second.
    pub(super) rate: f64,
    /// When the last false alarm of the whole run was, in s; NaN without one.
    pub(super) last_false_alarm: f64,
}

impl Score {
    /// 1 where the pattern is found and nothing else, 0 otherwise.
    pub(super) fn success(&self) -> f64 {
        f64::from(u8::from(self.hit_rate >= 0.95 && self.false_alarms == 0.0))
    }
}

impl DetectPattern {
    /// How long after its beginning a pattern may be answered, in ms: a spike cannot come before what makes it.
    fn window(&self) -> f64 {
        1.2 * Time::get(self.pattern)
    }

    /// Judges spikes (ms) by when the patterns began (ms), both ascending.
    pub(super) fn judge(&self, spikes: &[f64], starts: &[f64]) -> Vec<Judged> {
        let mut answered = None;
        let judge = |&time: &f64| {
            let place = starts.partition_point(|&start| start <= time).checked_sub(1);
            let since = place.map_or(0.0, |at| time - starts[at]);
            let worth = match place {
                Some(_) if since >= self.window() => Worth::FalseAlarm,
                None => Worth::FalseAlarm,
                Some(_) if answered == place => Worth::Again,
                Some(_) => {
                    answered = place;
                    Worth::Hit
                }
            };
            Judged { time, since, worth }
        };
        spikes.iter().map(judge).collect()
    }

    /// The score over the last third.
    pub(super) fn score(&self, judged: &[Judged], starts: &[f64]) -> Score {
        let end = self.duration.get();
        let from = end * (2.0 / 3.0);
        let seconds = (end - from) / 1000.0;
        // A pattern that the end cuts off does not count, and neither does one that began before.
        let counts = |start: f64| start >= from && start + self.window() <= end;
        let patterns = starts.iter().filter(|&&start| counts(start)).count() as f64;
        let late = || judged.iter().filter(|spike| spike.time >= from);
        let hits: Vec<f64> = late()
            .filter(|spike| spike.worth == Worth::Hit && counts(spike.time - spike.since))
            .map(|spike| spike.since)
            .collect();
        let alarm = |spike: &&Judged| spike.worth == Worth::FalseAlarm;
        Score {
            hit_rate: hits.len() as f64 / patterns,
            false_alarms: late().filter(alarm).count() as f64 / seconds,
            latency: hits.iter().sum::<f64>() / hits.len() as f64,
            rate: late().count() as f64 / seconds,
            last_false_alarm: judged.iter().rfind(alarm).map_or(f64::NAN, |spike| spike.time / 1000.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_repeats_and_false_alarms_by_hand() {
        let detect: DetectPattern = toml::from_str("duration = '1.5 s'").unwrap();
        // Patterns of 50 ms may be answered for 60 ms; the last third begins at 1 s.
        let starts = [100.0, 1000.0, 1200.0, 1300.0, 1450.0];
        let spikes = [50.0, 110.0, 160.0, 1004.0, 1030.0, 1100.0, 1206.0, 1460.0];
        let judged = detect.judge(&spikes, &starts);
        let worth: Vec<&str> = judged.iter().map(|spike| spike.worth.name()).collect();
        assert_eq!(worth, ["false_alarm", "hit", "false_alarm", "hit", "again", "false_alarm", "hit", "hit"]);
        assert_eq!(judged[3].since, 4.0);
        let score = detect.score(&judged, &starts);
        assert!((score.hit_rate - 2.0 / 3.0).abs() < 1e-12, "of three that end in time: {score:?}");
        assert_eq!((score.latency, score.last_false_alarm, score.success()), (5.0, 1.1, 0.0));
        assert!((score.false_alarms - 2.0).abs() < 1e-9 && (score.rate - 10.0).abs() < 1e-9, "{score:?}");
        let silent = detect.score(&[], &starts);
        assert!(silent.hit_rate == 0.0 && silent.latency.is_nan() && silent.success() == 0.0);
        let perfect = detect.judge(&[1003.0, 1203.0, 1303.0], &starts);
        assert_eq!(detect.score(&perfect, &starts).success(), 1.0);
    }
}
