//! From tallies to numbers.

use super::Simulate;
use super::course::Course;
use crate::measure::over_seeds;
use core::f64::consts::TAU;
use duet_kernels::math::{cos, sin};
use duet_record::Metric;
use duet_spiking::network::SPIKES_FOR_CV;
use indexmap::IndexMap;

/// Window of the synchrony, as in the literature on the cortical microcircuit, in ms.
const SYNCHRONY_WINDOW: f64 = 3.0;
/// Length of the stretches over which spectra are averaged, in ms.
const STRETCH: f64 = 500.0;
/// Below this no rhythm is looked for, in Hz: it is drift.
const SLOWEST: f64 = 2.0;

/// What the network is made of.
pub(super) fn of_network(course: &Course) -> IndexMap<String, Metric> {
    let count = |n: f64, unit: &str, definition: &str| Metric::new(n, unit, definition);
    let cells: usize =
        course.tally.populations().map(|population| course.tally.counts(population).count()).sum();
    let per_synapse = course.synapse_bytes as f64 / (course.synapses.max(1)) as f64;
    IndexMap::from([
        ("units".to_owned(), count(cells as f64, "1", "units of all populations")),
        (
            "synapses".to_owned(),
            count(course.synapses as f64, "1", "synapses of all projections, of the first seed"),
        ),
        (
            "bytes_per_synapse".to_owned(),
            count(
                per_synapse,
                "B",
                "memory of a synapse, without where rows begin, on average over the first seed",
            ),
        ),
    ])
}

/// The metrics of a side, from its courses under all seeds.
pub(super) fn metrics(
    simulate: &Simulate,
    dt: f64,
    names: &[&str],
    courses: &[Course],
) -> IndexMap<String, Metric> {
    let mut metrics = IndexMap::new();
    let mut add =
        |path: String, unit: &str, definition: &str, why: &str, of: &dyn Fn(&Course) -> Option<f64>| {
            let values: Vec<f64> = courses.iter().map(|course| of(course).unwrap_or(f64::NAN)).collect();
            let is_null = values.iter().any(|value| value.is_nan());
            let metric = over_seeds(values, unit, definition);
            metrics.insert(path, if is_null { metric.with_why_null(why) } else { metric });
        };
    let everybody: Vec<usize> = (0..names.len()).collect();
    let seconds = |course: &Course| course.biological_s() - simulate.transient.get() / 1000.0;
    let few = format!("no cell has {SPIKES_FOR_CV} spikes after the transient");
    let of_cv = format!(
        "mean over cells with {SPIKES_FOR_CV} spikes and more of standard deviation over mean of their intervals"
    );
    let rate = |course: &Course, who: &[usize]| {
        let rates = rates(course, who, seconds(course));
        Some(rates.iter().sum::<f64>() / rates.len() as f64)
    };
    add(
        "rate".to_owned(),
        "Hz",
        "spikes after the transient, per cell and second, over all cells",
        "",
        &|course| rate(course, &everybody),
    );
    add("cv".to_owned(), "1", &format!("{of_cv}, over all cells"), &few, &|course| cv(course, &everybody));
    add("spikes".to_owned(), "1", "spikes of all cells in all", "", &|course| Some(course.spikes as f64));
    add(
        "events".to_owned(),
        "1",
        "spikes times the synapses that each went through, in all",
        "",
        &|course| Some(course.events as f64),
    );
    let learned = courses.first().map_or(&[][..], |course| &course.learned);
    for (index, (name, ..)) in learned.iter().enumerate() {
        let of = |course: &Course| course.learned.get(index).cloned();
        let none = "it has no synapse";
        let words = "weight of its synapses at the end, mean";
        add(format!("{name}.weight"), "1", words, none, &|course| of(course).map(|learned| learned.1));
        let words = "standard deviation of its weights at the end";
        add(format!("{name}.weight_sd"), "1", words, none, &|course| of(course).map(|learned| learned.2));
    }
    let bin = super::steps(simulate.bin, duet_units::Time::new(dt)) as f64 * dt;
    for (index, name) in names.iter().enumerate() {
        let me = [index];
        let mut own =
            |what: &str, unit: &str, definition: &str, why: &str, of: &dyn Fn(&Course) -> Option<f64>| {
                add(format!("{name}.{what}"), unit, definition, why, of);
            };
        own("rate", "Hz", "spikes after the transient, per cell and second", "", &|course| rate(course, &me));
        own("rate_sd", "Hz", "standard deviation of the rates of its cells", "", &|course| {
            let rates = rates(course, &me, seconds(course));
            let mean = rates.iter().sum::<f64>() / rates.len() as f64;
            Some((rates.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / rates.len() as f64).sqrt())
        });
        own("silent", "1", "share of its cells without a spike after the transient", "", &|course| {
            let (mut silent, mut all) = (0, 0);
            for spikes in course.tally.counts(index) {
                silent += u32::from(spikes == 0);
                all += 1;
            }
            Some(f64::from(silent) / f64::from(all))
        });
        own("cv", "1", &of_cv, &few, &|course| cv(course, &me));
        let windows = (SYNCHRONY_WINDOW / bin).round().max(1.0) as usize;
        let definition = format!(
            "variance over mean of its spikes in windows of {} ms after the transient",
            windows as f64 * bin
        );
        own("synchrony", "1", &definition, "needs spikes, and two windows", &|course| {
            course.tally.synchrony(index, windows)
        });
        let definition =
            format!("frequency above {SLOWEST} Hz at which the power of its activity is largest");
        own("rhythm", "Hz", &definition, "needs spikes, and half a second", &|course| {
            let spectrum = spectrum(course.tally.steady(index), bin);
            let peak = spectrum.into_iter().filter(|&(frequency, _)| frequency > SLOWEST);
            peak.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|peak| peak.1 > 0.0).map(|peak| peak.0)
        });
    }
    metrics
}

/// Rates of the cells of some populations, in Hz.
fn rates(course: &Course, who: &[usize], seconds: f64) -> Vec<f64> {
    who.iter()
        .flat_map(|&population| course.tally.counts(population))
        .map(|n| f64::from(n) / seconds)
        .collect()
}

/// The mean CV of the cells of some populations that have one.
fn cv(course: &Course, who: &[usize]) -> Option<f64> {
    let cvs: Vec<f64> = who.iter().flat_map(|&population| course.tally.cvs(population)).flatten().collect();
    (!cvs.is_empty()).then(|| cvs.iter().sum::<f64>() / cvs.len() as f64)
}

/// The power of an activity in bins, averaged over stretches of half a second: (frequency in Hz, power in spikes per second). The
/// mean of each stretch is taken away first. Empty where there is no whole stretch.
pub(super) fn spectrum(activity: &[u32], bin: f64) -> Vec<(f64, f64)> {
    let n = (STRETCH / bin).round() as usize;
    let stretches: Vec<&[u32]> = activity.chunks_exact(n.max(2)).collect();
    // Whole turns are left out, where sine and cosine would lose digits; what is left has n values.
    let turns: Vec<[f64; 2]> =
        (0..n).map(|step| TAU / n as f64 * step as f64).map(|turn| [cos(turn), sin(turn)]).collect();
    let power = |k: usize| {
        let of = |stretch: &&[u32]| {
            let mean = stretch.iter().map(|&x| f64::from(x)).sum::<f64>() / n as f64;
            let (mut even, mut odd) = (0.0, 0.0);
            for (at, &x) in stretch.iter().enumerate() {
                let [cosine, sine] = turns[(k * at) % n];
                even += (f64::from(x) - mean) * cosine;
                odd += (f64::from(x) - mean) * sine;
            }
            1000.0 * (even * even + odd * odd) / (n as f64 * bin)
        };
        let mean = stretches.iter().map(of).sum::<f64>() / stretches.len() as f64;
        (k as f64 * 1000.0 / (n as f64 * bin), mean)
    };
    if stretches.is_empty() { Vec::new() } else { (1..=n / 2).map(power).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rhythm_stands_out_at_its_frequency() {
        // 40 Hz for a second and a half, in bins of 1 ms: a burst of 100 every 25 ms above a floor.
        let activity: Vec<u32> = (0..1500).map(|t| if t % 25 == 3 { 107 } else { 7 }).collect();
        let spectrum = spectrum(&activity, 1.0);
        assert_eq!(spectrum.len(), 250);
        let peak =
            spectrum.iter().copied().filter(|s| s.0 < 50.0).max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        assert_eq!(peak.0, 40.0);
        assert!(spectrum[0].1 < 1e-9 * peak.1, "no power at 2 Hz: {:?}", spectrum[0]);
        assert!(super::spectrum(&activity[..300], 1.0).is_empty());
    }
}
