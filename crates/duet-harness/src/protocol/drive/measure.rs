//! From what cells did to numbers.

use super::Drive;
use super::course::{Course, Population};
use crate::measure::over_seeds;
use duet_record::Metric;
use duet_spiking::analysis::Intervals;
use indexmap::IndexMap;

/// The metrics of a side, from its courses under all seeds.
pub(super) fn metrics(drive: &Drive, duration: f64, courses: &[Course]) -> IndexMap<String, Metric> {
    let mut metrics = IndexMap::new();
    for (index, population) in courses[0].populations.iter().enumerate() {
        let name = &population.name;
        let mut add =
            |what: &str, unit: &str, definition: &str, of: &dyn Fn(&Population) -> Result<f64, String>| {
                let values: Vec<Result<f64, String>> =
                    courses.iter().map(|course| of(&course.populations[index])).collect();
                let why = values.iter().find_map(|value| value.as_ref().err().cloned());
                let numbers = values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect();
                let metric = over_seeds(numbers, unit, definition);
                let metric = if let Some(why) = why { metric.with_why_null(&why) } else { metric };
                metrics.insert(format!("{name}.{what}"), metric);
            };
        let transient = drive.transient.get();
        let steady = |population: &Population| {
            let late = |train: &Vec<f64>| train.iter().copied().filter(|&time| time > transient).collect();
            population.trains.iter().map(late).collect::<Vec<Vec<f64>>>()
        };
        let count = |trains: &[Vec<f64>]| trains.iter().map(Vec::len).sum::<usize>() as f64;
        add("spikes", "1", "spikes of all cells in all", &|p| Ok(count(&p.trains)));
        add("rate", "Hz", "spikes after the transient, per cell and second", &|p| {
            Ok(1000.0 * count(&steady(p)) / (p.trains.len() as f64 * (duration - transient)))
        });
        add("first_spike", "ms", "time of the first spike of any cell", &|p| {
            let firsts = p.trains.iter().filter_map(|train| train.first().copied());
            firsts.reduce(f64::min).ok_or_else(|| "no cell fired".to_owned())
        });
        let interval = |train: Option<&Vec<f64>>, last: bool| {
            let train = train.filter(|train| train.len() > 1).ok_or_else(|| "needs 2 spikes".to_owned())?;
            let pair = if last { &train[train.len() - 2..] } else { &train[..2] };
            Ok(pair[1] - pair[0])
        };
        add("first_interval", "ms", "time between the first two spikes of the first cell", &|p| {
            interval(p.trains.first(), false)
        });
        add("last_interval", "ms", "time between the last two spikes of the first cell", &|p| {
            interval(p.trains.first(), true)
        });
        let of_intervals = "standard deviation over mean of the intervals between spikes after the transient";
        add("cv", "1", of_intervals, &|p| {
            let mut intervals = Intervals::default();
            steady(p).iter().for_each(|train| intervals.add(train));
            intervals.cv().map_err(|missing| missing.to_string())
        });
        add("v_rest", "mV", "potential of the first cell at the beginning", &|p| Ok(p.v_rest));
        add("v_peak", "mV", "highest potential of the first cell at the end of a step", &|p| Ok(p.v_peak));
        add("v_min", "mV", "lowest potential of the first cell at the end of a step", &|p| Ok(p.v_min));
        for (at, time) in drive.at.iter().enumerate() {
            let definition = "potential of the first cell at this time";
            add(&format!("v[{time}]"), "mV", definition, &|p| {
                if p.v_at[at].is_nan() { Err("the side ends earlier".to_owned()) } else { Ok(p.v_at[at]) }
            });
        }
    }
    metrics
}

/// What learning made of the weights of a side, from its courses under all seeds.
pub(super) fn weights(courses: &[Course]) -> IndexMap<String, Metric> {
    let mut metrics = IndexMap::new();
    let Some(learned) = &courses[0].learned else { return metrics };
    for name in learned.projections.keys() {
        let mut add = |what: &str, definition: &str, of: fn(&[f64]) -> f64| {
            let of_course = |course: &Course| {
                let projection = course.learned.as_ref().and_then(|learned| learned.projections.get(name));
                projection.map_or(f64::NAN, |projection| of(&projection.weights))
            };
            let metric = over_seeds(courses.iter().map(of_course).collect(), "1", definition);
            let metric = if metric.value.is_none() {
                metric.with_why_null("the weights are all the same, or there are none")
            } else {
                metric
            };
            metrics.insert(format!("{name}.{what}"), metric);
        };
        add("w_mean", "mean weight at the end", |w| w.iter().sum::<f64>() / w.len() as f64);
        add(
            "w_extreme",
            "share of the weights in the lowest or highest fifth of their range at the end: 0.4 where they are spread evenly",
            |w| {
                let (low, high) = w
                    .iter()
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &w| (low.min(w), high.max(w)));
                let fifth = (high - low) / 5.0;
                let outside = w.iter().filter(|&&w| w < low + fifth || w > high - fifth).count();
                if fifth > 0.0 { outside as f64 / w.len() as f64 } else { f64::NAN }
            },
        );
    }
    metrics
}
