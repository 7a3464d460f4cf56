//! What was measured, in what unit, by what definition, over what: `metrics.json`.

use std::path::Path;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::error::RecordError;

/// A measured number. There is no NaN in it: what is not finite is null, with the reason beside it.
///
/// Made by [`Metric::new`], [`Metric::over_seeds`] or [`Metric::null`].
///
/// ```
/// use duet_record::Metric;
/// let accuracy = Metric::over_seeds(vec![0.9, 0.92], "1", "part of the test set that is answered correctly")
///     .with_ci95(0.78, 1.0, "t interval over 2 seeds");
/// assert_eq!(accuracy.value, Some(0.91));
/// assert_eq!(accuracy.n, 2);
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Metric {
    /// The value: the mean of `values` where there are several.
    pub value: Option<f64>,
    /// The unit; "1" for a pure number.
    pub unit: String,
    /// How many numbers the value is the mean of.
    pub n: usize,
    /// One per seed.
    #[serde(default)]
    pub values: Vec<Option<f64>>,
    /// A 95 % interval of the value.
    #[serde(default)]
    pub ci95: Option<[f64; 2]>,
    /// What the interval ranges over and by which method: "t interval over 5 seeds".
    #[serde(default)]
    pub source: String,
    /// What is measured, in a sentence.
    pub definition: String,
    /// Why `value` (or one of `values`) is null.
    #[serde(default)]
    pub why_null: Option<String>,
}

impl Metric {
    /// A single number; one that is not finite becomes null.
    pub fn new(value: f64, unit: &str, definition: &str) -> Self {
        Self::over_seeds(vec![value], unit, definition)
    }

    /// One number per seed; the value is the mean of those that are finite.
    pub fn over_seeds(values: Vec<f64>, unit: &str, definition: &str) -> Self {
        let values = values.into_iter().map(|value| value.is_finite().then_some(value)).collect();
        let mut metric = Self {
            value: None,
            unit: unit.to_owned(),
            n: 0,
            values,
            ci95: None,
            source: String::new(),
            definition: definition.to_owned(),
            why_null: None,
        };
        let finite: Vec<f64> = metric.values.iter().flatten().copied().collect();
        metric.n = finite.len();
        if !finite.is_empty() {
            // Dividing first keeps the mean of huge numbers finite.
            let mean = finite.iter().sum::<f64>() / finite.len() as f64;
            let n = finite.len() as f64;
            metric.value =
                Some(if mean.is_finite() { mean } else { finite.iter().map(|value| value / n).sum() });
        }
        metric.explain_nulls();
        metric
    }

    /// A number that does not exist, and why: "fewer than 3 spikes".
    pub fn null(why: &str, unit: &str, definition: &str) -> Self {
        Self::over_seeds(Vec::new(), unit, definition).with_why_null(why)
    }

    /// Sets the 95 % interval and names what it ranges over and by which method; bounds that are not finite leave
    /// it null.
    #[must_use]
    pub fn with_ci95(mut self, low: f64, high: f64, source: &str) -> Self {
        self.ci95 = (low.is_finite() && high.is_finite()).then_some([low, high]);
        source.clone_into(&mut self.source);
        self
    }

    /// Says why `value`, or one of `values`, is null.
    #[must_use]
    pub fn with_why_null(mut self, why: &str) -> Self {
        self.why_null = Some(why.to_owned());
        self
    }

    /// Turns what is not finite into null and gives every null a reason.
    fn explain_nulls(&mut self) {
        let finite = |value: f64| value.is_finite().then_some(value);
        self.value = self.value.and_then(finite);
        for value in &mut self.values {
            *value = value.and_then(finite);
        }
        if self.ci95.is_some_and(|[low, high]| !low.is_finite() || !high.is_finite()) {
            self.ci95 = None;
        }
        if self.why_null.is_none() && (self.value.is_none() || self.values.contains(&None)) {
            self.why_null = Some("not a finite number".into());
        }
    }
}

/// What a target asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A value, with an absolute tolerance.
    Value {
        /// The value.
        value: f64,
        /// The tolerance, in the metric's unit.
        within: f64,
    },
    /// A lower bound.
    AtLeast(f64),
    /// An upper bound.
    AtMost(f64),
}

/// How a target came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Inside.
    Pass,
    /// Outside, but within twice the tolerance (only where there is one).
    Near,
    /// Outside, or not measured.
    Miss,
}

impl Verdict {
    /// "pass", "near" or "miss".
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Near => "near",
            Self::Miss => "miss",
        }
    }
}

/// A published or required value held against what was measured. Made by [`TargetResult::new`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TargetResult {
    /// Path of the metric, beginning with the side: `backprop.test_accuracy`; also `A - B`.
    pub metric: String,
    /// The value asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The lower bound asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The upper bound asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The absolute tolerance of `value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<f64>,
    /// What was measured.
    pub got: Option<f64>,
    /// How it came out.
    pub verdict: Verdict,
    /// Where the value asked for comes from.
    pub source: String,
}

impl TargetResult {
    /// Holds `got` against `bound`. A missing or non-finite `got` is a miss.
    ///
    /// ```
    /// use duet_record::{Bound, TargetResult, Verdict};
    /// let bound = Bound::Value { value: 10.0, within: 1.0 };
    /// let verdict = |got| TargetResult::new("cell.rate", bound, Some(got), "a paper").verdict;
    /// assert_eq!((verdict(11.0), verdict(12.0), verdict(12.1)), (Verdict::Pass, Verdict::Near, Verdict::Miss));
    /// ```
    pub fn new(metric: &str, bound: Bound, got: Option<f64>, source: &str) -> Self {
        let got = got.filter(|got| got.is_finite());
        let mut result = Self {
            metric: metric.to_owned(),
            value: None,
            at_least: None,
            at_most: None,
            within: None,
            got,
            verdict: got.map_or(Verdict::Miss, |got| judge(bound, got)),
            source: source.to_owned(),
        };
        match bound {
            Bound::Value { value, within } => (result.value, result.within) = (Some(value), Some(within)),
            Bound::AtLeast(least) => result.at_least = Some(least),
            Bound::AtMost(most) => result.at_most = Some(most),
        }
        result
    }

    /// What is asked for; `None` if the file names nothing.
    pub fn bound(&self) -> Option<Bound> {
        if let Some(value) = self.value {
            return Some(Bound::Value { value, within: self.within.unwrap_or(0.0) });
        }
        self.at_least.map(Bound::AtLeast).or_else(|| self.at_most.map(Bound::AtMost))
    }
}

fn judge(bound: Bound, got: f64) -> Verdict {
    let pass_or_miss = |pass| if pass { Verdict::Pass } else { Verdict::Miss };
    match bound {
        Bound::Value { value, within } if (got - value).abs() <= within => Verdict::Pass,
        Bound::Value { value, within } if (got - value).abs() <= 2.0 * within => Verdict::Near,
        Bound::Value { .. } => Verdict::Miss,
        Bound::AtLeast(least) => pass_or_miss(got >= least),
        Bound::AtMost(most) => pass_or_miss(got <= most),
    }
}

/// All of `metrics.json`. Paths inside a side are `METRIC`, `POPULATION.METRIC` or `PROJECTION.METRIC`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Side -> path -> metric.
    pub sides: IndexMap<String, IndexMap<String, Metric>>,
    /// "A - B" -> path -> metric of the paired differences.
    #[serde(default)]
    pub pairs: IndexMap<String, IndexMap<String, Metric>>,
    /// Measures of the network itself, shared by all sides.
    #[serde(default)]
    pub network: IndexMap<String, Metric>,
    /// Every target, held against what was measured.
    #[serde(default)]
    pub targets: Vec<TargetResult>,
}

impl Metrics {
    /// A metric of a side.
    pub fn get(&self, side: &str, path: &str) -> Option<&Metric> {
        self.sides.get(side)?.get(path)
    }

    /// The file's bytes: indented JSON in which no number is NaN and every null has its reason.
    pub fn to_json(&self) -> Vec<u8> {
        let mut clean = self.clone();
        for metric in clean.sides.values_mut().chain(clean.pairs.values_mut()).flat_map(IndexMap::values_mut)
        {
            metric.explain_nulls();
        }
        clean.network.values_mut().for_each(Metric::explain_nulls);
        crate::manifest::json_bytes(&clean)
    }

    pub(crate) fn read(path: &Path) -> Result<Self, RecordError> {
        crate::whole::read_json(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_finite_is_null_with_a_reason() {
        let metric = Metric::over_seeds(vec![1.0, f64::NAN, 3.0, f64::INFINITY], "Hz", "rate");
        assert_eq!((metric.value, metric.n), (Some(2.0), 2));
        assert_eq!(metric.values, [Some(1.0), None, Some(3.0), None]);
        assert!(metric.why_null.is_some());
        let none = Metric::new(f64::NAN, "1", "cv").with_ci95(f64::NAN, 1.0, "t interval over 1 seed");
        assert_eq!((none.value, none.ci95, none.n), (None, None, 0));
        assert_eq!(Metric::null("fewer than 3 spikes", "1", "cv").why_null.unwrap(), "fewer than 3 spikes");
    }

    #[test]
    fn a_number_changed_by_hand_still_writes_no_nan() {
        let mut metric = Metric::new(1.0, "1", "x");
        metric.value = Some(f64::NAN);
        metric.ci95 = Some([f64::NEG_INFINITY, 0.0]);
        let mut metrics = Metrics::default();
        metrics.sides.entry("a".into()).or_default().insert("x".into(), metric);
        let text = String::from_utf8(metrics.to_json()).unwrap();
        let back: Metrics = serde_json::from_str(&text).unwrap();
        assert_eq!(back.get("a", "x").unwrap().value, None);
        assert_eq!(back.get("a", "x").unwrap().why_null.as_deref(), Some("not a finite number"));
    }

    #[test]
    fn the_json_form_is_the_documented_one() {
        let metric = Metric::new(0.5, "1", "d").with_ci95(0.25, 0.75, "s");
        assert_eq!(
            serde_json::to_string(&metric).unwrap(),
            r#"{"value":0.5,"unit":"1","n":1,"values":[0.5],"ci95":[0.25,0.75],"source":"s","definition":"d","why_null":null}"#
        );
        let target = TargetResult::new("a.x", Bound::AtLeast(0.4), Some(0.5), "s");
        assert_eq!(
            serde_json::to_string(&target).unwrap(),
            r#"{"metric":"a.x","at_least":0.4,"got":0.5,"verdict":"pass","source":"s"}"#
        );
        assert_eq!(target.bound(), Some(Bound::AtLeast(0.4)));
    }

    #[test]
    fn bounds_have_no_near_and_nothing_measured_is_a_miss() {
        let verdict = |bound, got| TargetResult::new("a.x", bound, got, "s").verdict;
        assert_eq!(verdict(Bound::AtLeast(1.0), Some(0.999)), Verdict::Miss);
        assert_eq!(verdict(Bound::AtMost(1.0), Some(1.0)), Verdict::Pass);
        assert_eq!(verdict(Bound::AtMost(1.0), None), Verdict::Miss);
        assert_eq!(verdict(Bound::AtMost(1.0), Some(f64::NAN)), Verdict::Miss);
    }

    #[test]
    fn the_mean_of_huge_numbers_is_finite() {
        assert_eq!(Metric::over_seeds(vec![f64::MAX, f64::MAX], "1", "x").value, Some(f64::MAX));
    }
}
