//! From changes to metrics, sentences and diagnoses.

use super::Pairing;
use super::pairs::Course;
use crate::HarnessError;
use duet_kernels::math::ln;
use duet_record::{Diagnosis, Metric, Severity, SharedFact, Table, format};
use duet_units::{Frequency, Time};
use indexmap::IndexMap;

/// How much of the change hangs on the order of the spikes.
fn order(courses: &[Course]) -> Option<f64> {
    let (mut apart, mut whole) = (0.0, 0.0);
    for course in courses {
        for (&lag, &forth) in course.lags.iter().zip(&course.measured).filter(|&(&lag, _)| lag > 0.0) {
            if let Some(k) = course.lags.iter().position(|&l| l == -lag) {
                apart += (forth - course.measured[k]).abs();
                whole += forth.abs() + course.measured[k].abs();
            }
        }
    }
    // What sums of hundreds of steps leave by rounding is no order.
    (whole > 0.0).then(|| if apart < 1e-12 * whole { 0.0 } else { apart / whole })
}

/// One row per frequency and lag.
pub(super) fn table(courses: &[Course]) -> Result<Table, HarnessError> {
    let column = |of: fn(&Course) -> Vec<f64>| courses.iter().flat_map(of).collect::<Vec<f64>>();
    Ok(Table::new()
        .with_numbers("frequency_hz", column(|course| vec![course.frequency; course.lags.len()]))?
        .with_numbers("lag_ms", column(|course| course.lags.clone()))?
        .with_numbers("dw", column(|course| course.measured.clone()))?
        .with_numbers("closed_form", column(|course| course.closed_form.clone()))?)
}

impl Course {
    /// The changes at the shortest lag that was tried with either sign: (lag, source first, target first).
    fn shortest(&self) -> Option<(f64, f64, f64)> {
        let at = |lag: f64| self.lags.iter().position(|&l| l == lag).map(|k| self.measured[k]);
        self.lags.iter().filter(|&&lag| lag > 0.0).find_map(|&lag| Some((lag, at(lag)?, at(-lag)?)))
    }

    /// Time constant in ms of the exponential through |dw| over the lags of one sign.
    fn tau(&self, sign: f64) -> Option<f64> {
        let points: Vec<(f64, f64)> = self
            .lags
            .iter()
            .zip(&self.measured)
            .filter(|&(&lag, &dw)| lag * sign > 0.0 && dw != 0.0)
            .map(|(&lag, &dw)| (lag.abs(), ln(dw.abs())))
            .collect();
        let n = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
        let (x, y) = (mean(|p| p.0), mean(|p| p.1));
        let spread: f64 = points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
        let fall: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
        // A window that does not fall has no time constant.
        (points.len() > 1 && fall < -1e-9 * spread).then(|| -spread / fall)
    }
}

impl Pairing {
    pub(super) fn metrics(&self, courses: &[Course]) -> IndexMap<String, Metric> {
        let mut metrics = IndexMap::new();
        let projection = &self.projection;
        let metric = Metric::new(
            order(courses).unwrap_or(f64::NAN),
            "1",
            "share of the change that hangs on the order of the spikes: 0 none, 1 opposite or one-sided changes",
        );
        let why = "no lag was tried with both signs, or nothing changed";
        let known = order(courses).is_some();
        metrics.insert("order".to_owned(), if known { metric } else { metric.with_why_null(why) });
        if let [course] = courses {
            for (name, sign, words) in [
                (
                    "tau_plus",
                    1.0,
                    "time constant of the change over the lags at which the source fires first",
                ),
                (
                    "tau_minus",
                    -1.0,
                    "time constant of the change over the lags at which the target fires first",
                ),
            ] {
                let tau = course.tau(sign);
                let metric = Metric::new(tau.unwrap_or(f64::NAN), "ms", words);
                let why = "the change does not fall with the lag, or fewer than two lags of this sign change the weight";
                metrics.insert(
                    format!("{projection}.{name}"),
                    if tau.is_some() { metric } else { metric.with_why_null(why) },
                );
            }
        }
        let every = || courses.iter().flat_map(|course| course.measured.iter().zip(&course.closed_form));
        let worst = every().map(|(a, b)| (a - b).abs()).filter(|error| error.is_finite()).reduce(f64::max);
        let words = "largest difference between a measured change and the closed form";
        let metric = Metric::new(worst.unwrap_or(f64::NAN), "1", words);
        let metric =
            if worst.is_some() { metric } else { metric.with_why_null("the rule has no closed form here") };
        metrics.insert("largest_error".to_owned(), metric);
        for course in courses {
            for (&lag, &dw) in course.lags.iter().zip(&course.measured) {
                metrics.insert(
                    format!("{projection}.dw{}", self.key(lag, course.frequency)),
                    Metric::new(dw, "1", "change of the weight by all pairs at this lag"),
                );
            }
        }
        metrics
    }

    pub(super) fn verdict(&self, label: &str, courses: &[Course]) -> Option<String> {
        let signed = |dw: f64| if dw > 0.0 { format!("+{}", format::number(dw)) } else { format::number(dw) };
        let of = |course: &Course| {
            let (lag, forth, back) = course.shortest()?;
            let lag = Time::new(lag);
            Some(if forth == back {
                format!("{} at a lag of {lag}, whichever end fires first", signed(forth))
            } else {
                format!(
                    "{} where the source fires {lag} before the target, {} where it fires {lag} after",
                    signed(forth),
                    signed(back)
                )
            })
        };
        match courses {
            [course] => Some(format!("{label}: {} pairs change the weight by {}.", self.pairs, of(course)?)),
            [slow, .., fast] => Some(format!(
                "{label}: at {} the weight changes by {}; at {} by {}.",
                Frequency::new(slow.frequency),
                of(slow)?,
                Frequency::new(fast.frequency),
                of(fast)?
            )),
            [] => None,
        }
    }

    /// A window that is turned round.
    pub(super) fn diagnosis(&self, side: &str, courses: &[Course]) -> Option<Diagnosis> {
        let (lag, forth, back) = courses.first()?.shortest()?;
        let lag = Time::new(lag);
        (forth < 0.0 && back > 0.0).then(|| Diagnosis {
            severity: Severity::Warning,
            side: side.to_owned(),
            words: format!(
                "The window is turned round: a source that fires {lag} before its target is weakened by {}, one that fires \
                 {lag} after it is strengthened by {}. In cortex and hippocampus it is the other way (Bi & Poo 1998). Either \
                 both amplitudes have the wrong sign, or the lag was counted as t_pre - t_post. (Some synapses are built \
                 like this: the electrosensory lobe of a fish cancels what it predicts; Bell et al. 1997.)",
                format::number(-forth),
                format::number(back)
            ),
        })
    }

    pub(super) fn shared(&self) -> Vec<SharedFact> {
        let lags = &self.lags;
        let fact = |what: &str, words: String| SharedFact { what: what.to_owned(), words, same: true };
        let frequencies: Vec<String> =
            self.tried().into_iter().map(|f| Frequency::new(f).to_string()).collect();
        let mut facts = vec![
            fact("lags", format!("{} lags t_post - t_pre from {} to {}", lags.points, lags.from, lags.to)),
            fact("pairs", format!("{} at {}", self.pairs, frequencies.join(", "))),
        ];
        if let Some(reward) = &self.reward {
            facts.push(fact(
                "reward",
                format!("{} after every pair, {} after its later spike", reward.amount, reward.after),
            ));
        }
        facts
    }
}
