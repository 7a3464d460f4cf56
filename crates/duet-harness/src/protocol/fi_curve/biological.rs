//! The f-I curve of a cell.

use super::{FiCurve, SHARED, TABLE};
use crate::HarnessError;
use crate::protocol::Stage;
use crate::protocol::drive::Drive;
use crate::protocol::drive::course::Course;
use crate::protocol::drive::plan::Plan;
use crate::protocol::probe::Probe;
use duet_record::{Metric, RunFolder, Table};
use duet_spiking::Neuron;
use duet_spiking::analysis::{Intervals, Missing, count_correlation, counts, interval_rate};
use duet_spiking::stimulus::{Amplitude, Noise, Source};
use indexmap::IndexMap;
use rayon::prelude::*;

/// Bisections for the rheobase: to a millionth of the distance between two inputs.
const HALVINGS: usize = 20;

/// The tables of a side, by name, and its metrics.
type Found = (Vec<(&'static str, Table)>, IndexMap<String, Metric>);

/// What the cells did under one input.
struct Answer {
    /// Hz, mean over cells.
    rate: f64,
    cv: Result<f64, Missing>,
    correlation: Result<f64, Missing>,
}

impl FiCurve {
    /// What the cells do under a constant current, from rest.
    fn answer(&self, probe: &Probe<'_>, current: f64) -> Result<Answer, HarnessError> {
        let dt = probe.side.dt.get();
        let mut trains = probe.trains(probe.steps(self.duration.get()), current)?;
        let mut intervals = Intervals::default();
        let mut rate = 0.0;
        for train in &mut trains {
            train.drain(..train.partition_point(|&time| time <= self.transient.get()));
            intervals.add(train);
            // From the first spike to the last there is a whole number of regular intervals, but not of irregular ones.
            rate += if is_stimulated(self, probe) {
                1000.0 * train.len() as f64 / (self.duration.get() - self.transient.get())
            } else {
                interval_rate(train).unwrap_or(0.0)
            };
        }
        // A millionth of a window is the noise of decimal fractions.
        let windows = ((self.duration.get() - self.transient.get()) / self.window.get() + 1e-6) as usize;
        // Spikes are stamped at the end of their step, so the first window begins within the first step.
        let begin = self.transient.get() + 0.5 * dt;
        let counts: Vec<Vec<f64>> =
            trains.iter().map(|train| counts(train, begin, self.window.get(), windows)).collect();
        Ok(Answer {
            rate: rate / trains.len() as f64,
            cv: intervals.cv(),
            correlation: count_correlation(&counts),
        })
    }

    /// Whether one cell fires again and again.
    fn fires(&self, probe: &Probe<'_>, current: f64) -> Result<bool, HarnessError> {
        let is_twice = |times: &[f64]| times.iter().filter(|&&time| time > self.transient.get()).count() > 1;
        let times = probe.spikes(probe.steps(self.duration.get()), |_| current, is_twice)?;
        Ok(is_twice(&times))
    }
}

/// The curve, its onset, and the closed form beside it where there is one.
pub(super) fn curve(fi: &FiCurve, stage: &Stage<'_>, probe: &Probe<'_>) -> Result<Found, HarnessError> {
    let neuron = probe.side.neuron_of(&fi.population);
    let unit = neuron.input_unit().symbol();
    let range = fi.range(probe.name());
    let inputs = range.inputs();
    let at = |inputs: &[Amplitude]| {
        let answer = |input: &Amplitude| fi.answer(probe, input.get());
        stage.pool.install(|| inputs.par_iter().map(answer).collect::<Result<Vec<_>, _>>())
    };
    let answers = at(&inputs)?;
    let rates: Vec<f64> = answers.iter().map(|answer| answer.rate).collect();
    let alone = Probe::new(stage, probe.name(), probe.side, &fi.population)?;
    let mut metrics = onset(fi, &alone, (&inputs, &rates), unit)?;
    let highest = rates.iter().copied().fold(0.0, f64::max);
    let definition = "highest rate over all inputs tried";
    metrics.insert("highest_output".to_owned(), Metric::new(highest, "Hz", definition));
    let named = range.named();
    // What is on the grid has been tried.
    let on_grid = |input: &Amplitude| inputs.iter().position(|known| known.get() == input.get());
    let others: Vec<Amplitude> = named.iter().filter(|input| on_grid(input).is_none()).copied().collect();
    let elsewhere = at(&others)?;
    let mut elsewhere = elsewhere.iter();
    let of_named: Vec<&Answer> = named
        .iter()
        .filter_map(|input| on_grid(input).map_or_else(|| elsewhere.next(), |place| answers.get(place)))
        .collect();
    for (input, answer) in named.iter().zip(&of_named) {
        let definition = if is_stimulated(fi, probe) {
            "firing rate under this steady input: spikes of a cell after the transient over its time, mean over cells"
        } else {
            "firing rate under this steady input, from the first to the last spike after the transient"
        };
        metrics.insert(format!("rate[{input}]"), Metric::new(answer.rate, "Hz", definition));
    }
    let values: Vec<f64> = inputs.iter().map(|input| input.get()).collect();
    let mut table = Table::new().with_numbers("input", values)?.with_numbers("rate", rates.clone())?;
    let mut shared = None;
    if is_stimulated(fi, probe) {
        metrics.extend(irregularity(fi, probe, &named, &of_named));
        shared = shared_noise(fi, probe, &named, &of_named)?;
        let number = |result: &Result<f64, Missing>| result.unwrap_or(f64::NAN);
        table = table
            .with_numbers("cv", answers.iter().map(|answer| number(&answer.cv)).collect())?
            .with_numbers(
                "correlation",
                answers.iter().map(|answer| number(&answer.correlation)).collect(),
            )?;
    }
    if let Some(closed) = closed_form(fi, probe, neuron, &inputs) {
        // Under noise the difference is mostly chance.
        if !is_stimulated(fi, probe) {
            let off = closed.iter().zip(&rates).filter(|(closed, _)| **closed > 0.0);
            let worst = off.map(|(closed, rate)| ((closed - rate) / closed).abs()).fold(0.0, f64::max);
            let definition = "largest relative difference between the measured rate and the closed form, where that is above 0";
            metrics.insert("largest_error".to_owned(), Metric::new(worst, "1", definition));
        }
        table = table.with_numbers("closed_form", closed)?;
    }
    let tables = std::iter::once((TABLE, table)).chain(shared.map(|table| (SHARED, table)));
    Ok((tables.collect(), metrics))
}

/// How irregularly the cells fired at each input, and how much together.
fn irregularity(
    fi: &FiCurve,
    probe: &Probe<'_>,
    named: &[Amplitude],
    answers: &[&Answer],
) -> IndexMap<String, Metric> {
    let or_why = |result: Result<f64, Missing>, definition: &str| match result {
        Ok(value) => Metric::new(value, "1", definition),
        Err(missing) => Metric::null(&missing.to_string(), "1", definition),
    };
    let mut metrics = IndexMap::new();
    for (input, answer) in named.iter().zip(answers) {
        let definition = "standard deviation over mean of the intervals between spikes under this steady input, of all cells";
        metrics.insert(format!("cv[{input}]"), or_why(answer.cv, definition));
    }
    if fi.cells > 1 {
        let definition = "correlation of two cells' noise: the shared part of its variance";
        let metric = input_correlation(fi, probe).map_or_else(
            || Metric::null("there is no noise", "1", definition),
            |shared| Metric::new(shared, "1", definition),
        );
        metrics.insert("input_correlation".to_owned(), metric);
        for (input, answer) in named.iter().zip(answers) {
            let definition =
                "correlation of two cells' spike counts in a window under this steady input, mean over pairs";
            metrics.insert(format!("correlation[{input}]"), or_why(answer.correlation, definition));
        }
    }
    metrics
}

/// What the noise of two cells and their spike counts have in common at each input; `None` without noise or a second cell.
fn shared_noise(
    fi: &FiCurve,
    probe: &Probe<'_>,
    named: &[Amplitude],
    answers: &[&Answer],
) -> Result<Option<Table>, HarnessError> {
    let Some(shared) = input_correlation(fi, probe).filter(|_| fi.cells > 1) else { return Ok(None) };
    let found = answers.iter().map(|answer| answer.correlation.unwrap_or(f64::NAN)).collect();
    let table = Table::new()
        .with_texts("input", named.iter().map(ToString::to_string).collect())?
        .with_numbers("input_correlation", vec![shared; named.len()])?
        .with_numbers("correlation", found)?;
    Ok(Some(table))
}

/// The shared part of the variance of the cells' noise.
fn input_correlation(fi: &FiCurve, probe: &Probe<'_>) -> Option<f64> {
    let variance = |noise: &Noise| noise.sigma.get() * noise.sigma.get();
    let all: f64 = noises(fi, probe).map(variance).sum();
    let shared: f64 = noises(fi, probe).map(|noise| noise.shared * variance(noise)).sum();
    (all > 0.0).then_some(shared / all)
}

/// The noise that acts on the cells.
fn noises<'p>(fi: &'p FiCurve, probe: &'p Probe<'_>) -> impl Iterator<Item = &'p Noise> {
    probe.side.stimuli_of(&fi.population).filter_map(|(_, stimulus)| match &stimulus.source {
        Source::Noise(noise) => Some(noise),
        _ => None,
    })
}

/// Whether anything else acts on the cell.
fn is_stimulated(fi: &FiCurve, probe: &Probe<'_>) -> bool {
    probe.side.stimuli_of(&fi.population).next().is_some()
}

/// The rate in closed form at every input: that of the model alone, or under white noise that never stops.
fn closed_form(fi: &FiCurve, probe: &Probe<'_>, neuron: &Neuron, inputs: &[Amplitude]) -> Option<Vec<f64>> {
    if !is_stimulated(fi, probe) {
        return inputs.iter().map(|input| neuron.rate(input.get())).collect();
    }
    let is_noise = probe
        .side
        .stimuli_of(&fi.population)
        .all(|(_, stimulus)| matches!(stimulus.source, Source::Noise(_)));
    let dt = probe.side.dt.get();
    // White to a cell is what is drawn anew in every step.
    let is_white = |noise: &Noise| {
        noise.tau.is_none() && noise.hold.get() <= dt && noise.start.get() == 0.0 && noise.stop.is_none()
    };
    if !is_noise || !noises(fi, probe).all(is_white) {
        return None;
    }
    let mean: f64 = noises(fi, probe).filter_map(|noise| noise.mean).map(Amplitude::get).sum();
    let strength: f64 = noises(fi, probe).map(|noise| noise.sigma.get() * noise.sigma.get() * dt).sum();
    inputs.iter().map(|input| neuron.rate_in_noise(mean + input.get(), strength)).collect()
}

/// Where the curve leaves zero: rheobase and the rate just above it.
fn onset(
    fi: &FiCurve,
    probe: &Probe<'_>,
    (inputs, rates): (&[Amplitude], &[f64]),
    unit: &str,
) -> Result<IndexMap<String, Metric>, HarnessError> {
    let words = "smallest steady input at which the cell fires again and again, found by bisection";
    let of_rate = "firing rate just above the rheobase; near 0 for type I, a jump for type II";
    let mut metrics = IndexMap::new();
    let first = rates.iter().position(|&rate| rate > 0.0);
    let why = match first {
        None => Some("it fires at no input tried"),
        Some(0) => Some("it fires at every input tried"),
        Some(_) => None,
    };
    let Some(first) = first.filter(|&first| first > 0) else {
        let why = why.unwrap_or_default();
        metrics.insert("rheobase".to_owned(), Metric::null(why, unit, words));
        metrics.insert("onset_rate".to_owned(), Metric::null(why, "Hz", of_rate));
        return Ok(metrics);
    };
    let (mut silent, mut firing) = (inputs[first - 1].get(), inputs[first].get());
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(silent, firing);
        if fi.fires(probe, middle)? { firing = middle } else { silent = middle }
    }
    metrics.insert("rheobase".to_owned(), Metric::new(firing, unit, words));
    metrics.insert("onset_rate".to_owned(), Metric::new(fi.answer(probe, firing)?.rate, "Hz", of_rate));
    if let Some(closed) =
        probe.side.neuron_of(&fi.population).rheobase().filter(|_| !is_stimulated(fi, probe))
    {
        let definition = "the model's rheobase in closed form";
        metrics.insert("rheobase_closed_form".to_owned(), Metric::new(closed, unit, definition));
    }
    Ok(metrics)
}

/// Keeps what `[[record]]` asks for at its input.
pub(super) fn record(
    fi: &FiCurve,
    stage: &Stage<'_>,
    folder: &RunFolder,
    name: &str,
    probe: &Probe<'_>,
) -> Result<(), HarnessError> {
    let wanted =
        stage.scenario.record.iter().filter(|record| record.is_of(name)).find_map(|record| record.at);
    let Some(input) = wanted else { return Ok(()) };
    let drive =
        Drive { duration: fi.duration, transient: fi.transient, until: IndexMap::new(), at: Vec::new() };
    let steps = drive.steps(name, probe.side.dt);
    let plan = Plan::new(stage.scenario, name, (probe.side, true), &probe.network, steps);
    let mut course = Course::new(&drive, probe.side.dt.get(), &probe.network, plan);
    let mut cell = probe.cell()?;
    (0..fi.cells).for_each(|index| cell.inject(0, index, input.get()));
    course.observe(0, &cell);
    for step in 1..=steps {
        cell.step(&[]);
        cell.check().map_err(|error| probe.not_finite(&error))?;
        course.observe(step, &cell);
    }
    course.write(folder, name, probe.side, fi.duration.get())
}
