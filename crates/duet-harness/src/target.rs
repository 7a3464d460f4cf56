//! Published and required values held against a run's metrics.

use crate::scenario::Target;
use duet_record::{Bound, Metrics, TargetResult};

/// What a target's metric begins with where it is the network's and no side's.
pub const NETWORK: &str = "network";

/// Holds every target against the metrics.
pub fn judge(targets: &[Target], metrics: &Metrics) -> Vec<TargetResult> {
    let one = |target: &Target| {
        let bound = match (target.value, target.at_least, target.at_most) {
            (Some(value), ..) => {
                let percent = target.within_percent.map(|percent| value.abs() * percent / 100.0);
                Bound::Value { value, within: target.within.or(percent).unwrap_or(0.0) }
            }
            (_, Some(at_least), _) => Bound::AtLeast(at_least),
            (.., at_most) => Bound::AtMost(at_most.unwrap_or(f64::NEG_INFINITY)),
        };
        TargetResult::new(&target.metric, bound, measured(&target.metric, metrics), &target.source)
    };
    targets.iter().map(one).collect()
}

/// The value at `SIDE.PATH` or, for what the sides share, `network.PATH`; or the difference of two such.
fn measured(path: &str, metrics: &Metrics) -> Option<f64> {
    let value = |path: &str| {
        let (side, path) = path.trim().split_once('.')?;
        let shared = || metrics.network.get(path).filter(|_| side == NETWORK);
        metrics.get(side, path).or_else(shared)?.value
    };
    match path.split_once(" - ") {
        Some((a, b)) => Some(value(a)? - value(b)?),
        None => value(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use duet_record::{Metric, Verdict};

    #[test]
    fn paths_differences_and_tolerances() {
        let mut metrics = Metrics::default();
        for (side, value) in [("a", 0.9), ("b", 0.8)] {
            metrics
                .sides
                .entry(side.into())
                .or_default()
                .insert("test_accuracy".into(), Metric::new(value, "1", "x"));
        }
        metrics.network.insert("parameters".into(), Metric::new(25_450.0, "1", "x"));
        let target = |text: &str| toml::from_str::<Target>(&format!("source = 's'\n{text}")).unwrap();
        let targets = [
            target("metric = 'a.test_accuracy'\nat_least = 0.85"),
            target("metric = 'a.test_accuracy - b.test_accuracy'\nat_most = 0.05"),
            target("metric = 'b.test_accuracy'\nvalue = 1.0\nwithin_percent = 12"),
            target("metric = 'b.nothing'\nat_least = 0.0"),
            target("metric = 'network.parameters'\nvalue = 25_450\nwithin = 0"),
            target("metric = 'network.nothing'\nat_least = 0.0"),
        ];
        let verdicts: Vec<Verdict> = judge(&targets, &metrics).iter().map(|result| result.verdict).collect();
        assert_eq!(
            verdicts,
            [Verdict::Pass, Verdict::Miss, Verdict::Near, Verdict::Miss, Verdict::Pass, Verdict::Miss]
        );
    }
}
